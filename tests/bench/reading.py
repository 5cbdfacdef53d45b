"""Answers on documents that nobody here wrote: with and without the trained reader, without each part, and the fit.

    python -m tests.bench.reading readers FOLDER [QUESTIONS]    off, three, six
    python -m tests.bench.reading parts FOLDER [QUESTIONS]      what each part of the answer brings
    python -m tests.bench.reading fit FOLDER [QUESTIONS]        the constants of kb/answer/support.py that fit best

FOLDER/docs holds the documents, FOLDER/answers.jsonl the sentences that answer each question, word for word ("id",
"answers"; none for a near-miss): both are others' texts and no part of the project. QUESTIONS ("id", "q", "pair") is
unseen.jsonl unless it is given; the sources of its documents stand in READING.md. A claim is right where it holds one
of these sentences or is most of one: a lower bound, for other sentences answer as well; unseen.jsonl has what reading
said of each answer.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kb import KnowledgeBase
from kb.answer import evidence, reading, retrieve
from kb.answer.intent import Intent
from kb.answer.support import READ, estimate_support
from kb.types import Answer
from tests.bench.measure import machine

QUESTIONS = Path(__file__).with_name("unseen.jsonl")
_LEAST = 0.5  # share of the right sentence that a claim has to be
_DRAWS = 2000  # of the bootstrap
_SURE = 1e-4
HEADER = ("right first", "right in three", "answerable, not found", "found, none of these sentences", "near-miss found")
# What an answer is made of, and how it is done without: attribute of a module, what stands in for it.
PARTS: dict[str, tuple[tuple[Any, str, Any], ...]] = {
    "everything": (),
    "the reader alone chooses": ((reading, "W_SCORE", 0.0),),
    "without the names of the question": (
        (evidence, "about", lambda _, ranked, concepts: (list(ranked), True)),),
    "without its numbers": ((evidence, "with_numbers", lambda ranked, intent: (list(ranked), True)),),
    "without other names": ((retrieve, "find_concepts", lambda *_: ()),),
    "without the form of a sentence": ((evidence, "is_statement", lambda text, is_set=False: True),),
    "without the form of a definition": ((Intent, "clearly_defined", lambda *_, **__: 0.0),),
    "without a search for what is defined": ((Intent, "other_questions", lambda *_: []),),
    "without the question's language first": ((reading, "_SAME_LANGUAGE", 0.0),),
    "four passages read": ((reading, "N_READ", 4),),
    "eight passages read": ((reading, "N_READ", 8),),
}


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def is_right(question: dict[str, Any], text: str) -> bool:
    said = letters(text)
    return any(gold in said or (said in gold and len(said) >= _LEAST * len(gold))
               for gold in map(letters, question["answers"]) if gold)


def interval(values: Sequence[bool]) -> str:
    """The mean and its 95 % bootstrap interval."""
    rng = random.Random(0)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(_DRAWS))
    low, high = means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS)]
    return f"{sum(values) / len(values):.3f} ({low:.3f} to {high:.3f})"


def row(name: str, questions: Sequence[dict[str, Any]], answers: Sequence[Answer]) -> str:
    """A line of the table."""
    pairs = [(q, a, [is_right(q, claim.text) for claim in a.claims[:3]])
             for q, a in zip(questions, answers, strict=True)]
    asked = [(a, right) for q, a, right in pairs if q["answers"]]
    near = [a.status == "found" for q, a, _ in pairs if not q["answers"]]
    found = [not any(right) for a, right in asked if a.status == "found"]
    cells = [interval([any(right[:1]) for _, right in asked]), interval([any(right) for _, right in asked]),
             interval([a.status == "not_found" for a, _ in asked]), f"{sum(found)} of {len(found)}",
             f"{sum(near)} of {len(near)}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def read_questions(folder: Path, questions: Path) -> list[dict[str, Any]]:
    answers = {item["id"]: item for item in map(json.loads, (folder / "answers.jsonl").read_text("utf-8").splitlines())}
    return [{**item, **answers[item["id"]]} for item in map(json.loads, questions.read_text("utf-8").splitlines())]


@contextmanager
def library(folder: Path, reader: str = "six") -> Iterator[KnowledgeBase]:
    """The documents of a folder, in a library that is gone afterwards."""
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, {"KB_READER": reader}), \
            KnowledgeBase.open(home) as base:
        base.add(folder / "docs")
        yield base


def readers(folder: Path, questions: Sequence[dict[str, Any]]) -> None:
    for name in ("off", "three", "six"):
        with library(folder, name) as base:
            print(row(name, questions, [base.ask(q["q"]) for q in questions]), flush=True)


def parts(folder: Path, questions: Sequence[dict[str, Any]]) -> None:
    with library(folder) as base:
        for name, changes in PARTS.items():
            patches = [patch.object(*change) for change in changes]
            for one in patches:
                one.start()
            print(row(name, questions, [base.ask(q["q"]) for q in questions]), flush=True)
            for one in patches:
                one.stop()


def fit(folder: Path, questions: Sequence[dict[str, Any]]) -> None:
    """A logistic regression on what is known of each question's first sentence: does one of three claims answer?"""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    seen: list[tuple[float, float, float]] = []
    with library(folder) as base, patch.object(evidence, "estimate_support", _noting(seen)), \
            patch.object(evidence, "support_word", lambda *_, **__: "weak"):
        answers = [base.ask(q["q"]) for q in questions]
    right = [any(is_right(q, claim.text) for claim in a.claims[:3]) for q, a in zip(questions, answers, strict=True)]
    x, y = np.array(seen), np.array(right)
    near = np.array([not q["answers"] for q in questions])
    # Near-misses weigh as much as questions with an answer: a wrong "found" costs more than a right "weak".
    weight = np.where(near, (~near).sum() / max(1, near.sum()), 1.0)
    model = LogisticRegression(C=10, max_iter=3000).fit(x, y, sample_weight=weight)
    print("in use", READ)
    print("a fresh fit", tuple(round(float(v), 2) for v in (model.intercept_[0], *model.coef_[0])))
    for name, constants in (("in use", READ), ("fresh", (model.intercept_[0], *model.coef_[0]))):
        said = constants[0] + x @ np.array(constants[1:])
        for at in (-1.0, -0.5, 0.0, 0.5, 1.0):
            found = said >= at
            print(f"{name} at {at:+.1f}: answerable found {found[~near].mean():.3f}, of these none right "
                  f"{(found & ~y & ~near).sum() / max(1, (found & ~near).sum()):.3f}, near-miss found "
                  f"{found[near].mean():.3f}")


def _noting(seen: list[tuple[float, float, float]]) -> Callable[..., float]:
    def estimate(retrieval: Any, ranked: Sequence[Any], *, is_named: bool = True, defines: float = 0.0) -> float:
        value = estimate_support(retrieval, ranked, is_named=is_named, defines=defines)
        words = estimate_support(retrieval, [_unread(s) for s in ranked[:1]])
        words = min(max(words, _SURE), 1 - _SURE)
        answerable = ranked[0].answerable if ranked and ranked[0].answerable is not None else -10.0
        seen.append((math.log(words / (1 - words)), answerable, float(not is_named)))
        return value
    return estimate


def _unread(sentence: Any) -> Any:
    from dataclasses import replace

    return replace(sentence, answerable=None)


def main(task: str, folder: Path, questions: Path = QUESTIONS) -> None:
    print(machine())
    if task != "fit":
        print("| | " + " | ".join(HEADER) + " |\n" + "|---" * (len(HEADER) + 1) + "|")
    {"readers": readers, "parts": parts, "fit": fit}[task](folder, read_questions(folder, questions))


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
