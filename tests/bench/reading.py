"""Answers on documents that nobody here wrote: with and without the trained reader, without each part, and the fit.

    python -m tests.bench.reading readers FOLDER    off, three, six
    python -m tests.bench.reading parts FOLDER      what each part of the answer brings
    python -m tests.bench.reading fit FOLDER …      the constants of kb/answer/support.py that fit all of them best

A FOLDER holds the documents in docs/, questions.jsonl ("id", "q", and more) and answers.jsonl ("id", "answers": the
sentences that answer, word for word; none for a near-miss). Documents and answers are others' texts and no part of the
project; the questions are: unseen.jsonl, unseen_second.jsonl and held_out.jsonl, with the sources of their documents in
READING.md. A claim is right where it holds one of the sentences or is most of one: a lower bound, for other sentences
answer as well; what reading said of each answer stands in the first two files.
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kb import KnowledgeBase
from kb.answer import evidence, reading, retrieve
from kb.answer.intent import Intent
from kb.answer.support import FOUND, READ, WEAK, WEAK_READ, estimate_support
from kb.types import Answer
from tests.bench.measure import machine

_LEAST = 0.5  # share of the right sentence that a claim has to be
_DRAWS = 2000  # of the bootstrap
_SURE = 1e-4  # a probability is kept so far from 0 and 1
_NEVER = -10.0  # that a passage answers, where there is none
HEADER = ("right first", "right in three", "answerable, not found", "found, none of these sentences", "near-miss found",
          "ms of one core")
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
    "six passages in any case": ((reading, "TURNS", ((6, math.inf),)),),
    "at most three passages": ((reading, "TURNS", ((2, 2.0), (1, math.inf))),),
    "at most four passages": ((reading, "TURNS", ((2, 2.0), (2, math.inf))),),
    "at most eight passages": ((reading, "TURNS", ((2, 2.0), (2, -1.0), (4, math.inf))),),
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


def row(name: str, base: KnowledgeBase, questions: Sequence[dict[str, Any]]) -> str:
    """A line of the table. The last cell is the median of the CPU time of a question."""
    answers, seconds = [], []
    base.ask(questions[0]["q"])
    for question in questions:
        started = time.process_time()
        answers.append(base.ask(question["q"]))
        seconds.append(time.process_time() - started)
    pairs = [(q, a, rights(q, a)) for q, a in zip(questions, answers, strict=True)]
    asked = [(a, right) for q, a, right in pairs if q["answers"]]
    near = [a.status == "found" for q, a, _ in pairs if not q["answers"]]
    found = [not any(right) for a, right in asked if a.status == "found"]
    cells = [interval([any(right[:1]) for _, right in asked]), interval([any(right) for _, right in asked]),
             interval([a.status == "not_found" for a, _ in asked]), f"{sum(found)} of {len(found)}",
             f"{sum(near)} of {len(near)}", f"{1000 * sorted(seconds)[len(seconds) // 2]:.0f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def rights(question: dict[str, Any], answer: Answer) -> list[bool]:
    """Whether each of the first three claims is right."""
    return [is_right(question, claim.text) for claim in answer.claims[:3]]


def read_questions(folder: Path) -> list[dict[str, Any]]:
    questions, answers = (list(map(json.loads, (folder / name).read_text("utf-8").splitlines()))
                          for name in ("questions.jsonl", "answers.jsonl"))
    known = {item["id"]: item["answers"] for item in answers}
    return [{**item, "answers": known[item["id"]]} for item in questions]


@contextmanager
def library(folder: Path, reader: str = "six") -> Iterator[KnowledgeBase]:
    """The documents of a folder, in a library that is gone afterwards."""
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, {"KB_READER": reader}), \
            KnowledgeBase.open(home) as base:
        base.add(folder / "docs")
        yield base


def readers(folder: Path) -> None:
    _print_header()
    for name in ("off", "three", "six"):
        with library(folder, name) as base:
            print(row(name, base, read_questions(folder)), flush=True)


def parts(folder: Path) -> None:
    _print_header()
    with library(folder) as base:
        for name, changes in PARTS.items():
            with ExitStack() as stack:
                for change in changes:
                    stack.enter_context(patch.object(*change))
                print(row(name, base, read_questions(folder)), flush=True)


def _print_header() -> None:
    print("| | " + " | ".join(HEADER) + " |\n" + "|---" * (len(HEADER) + 1) + "|")


def fit(*folders: Path) -> None:
    """A logistic regression on what is known of each question's first sentence: does one of three claims answer? Every
    set weighs the same, and in it near-misses as much as the others: a wrong "found" costs more than a right "weak"."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    x: list[tuple[float, float, float]] = []
    words: list[float] = []
    weight: list[float] = []
    right: list[bool] = []
    near: list[bool] = []
    for folder in folders:
        questions = read_questions(folder)
        seen = _seen(folder, questions, right)
        x += [values for values, _ in seen]
        words += [by_words for _, by_words in seen]
        kinds = [not q["answers"] for q in questions]
        near += kinds
        weight += [1 / (kinds.count(kind) * len(set(kinds))) for kind in kinds]
    features, y, is_near, by_words = np.array(x), np.array(right), np.array(near), np.array(words)
    scaled = np.array(weight) * len(weight) / sum(weight)
    model = LogisticRegression(C=10, max_iter=3000).fit(features, y, sample_weight=scaled)
    fresh = (model.intercept_[0], *model.coef_[0])
    print("in use", READ, "a fresh fit", tuple(round(float(v), 2) for v in fresh))
    for name, constants in (("in use", READ), ("fresh", fresh)):
        p = 1 / (1 + np.exp(-(constants[0] + features @ np.array(constants[1:]))))
        found = p >= FOUND
        print(f"{name}: answerable found {found[~is_near].mean():.3f}, of these none right "
              f"{(found & ~y & ~is_near).sum() / max(1, (found & ~is_near).sum()):.3f}, near-miss found "
              f"{found[is_near].mean():.3f}")
        for least in (WEAK, WEAK_READ):
            kept_back = (p < least) & (by_words < FOUND)
            print(f"{name}, weak from {least}: answerable not found {kept_back[~is_near].mean():.3f}, right among them "
                  f"{(kept_back & y).sum()}, near-miss not found {kept_back[is_near].mean():.3f}")


def _seen(folder: Path, questions: Sequence[dict[str, Any]],
          right: list[bool]) -> list[tuple[tuple[float, float, float], float]]:
    """What support is told of each question, and what words alone say; right is told whether a claim answers."""
    seen: list[tuple[tuple[float, float, float], float]] = []

    def estimate(retrieval: Any, ranked: Sequence[Any], *, is_named: bool = True, defines: float = 0.0) -> float:
        words = estimate_support(retrieval, [replace(s, answerable=None) for s in ranked[:1]])
        sure = min(max(words, _SURE), 1 - _SURE)
        answerable = ranked[0].answerable if ranked and ranked[0].answerable is not None else _NEVER
        seen.append(((math.log(sure / (1 - sure)), answerable, float(not is_named)), words))
        return estimate_support(retrieval, ranked, is_named=is_named, defines=defines)

    with library(folder) as base, patch.object(evidence, "estimate_support", estimate), \
            patch.object(evidence, "support_word", lambda *_, **__: "weak"):
        right += [any(rights(q, base.ask(q["q"]))) for q in questions]
    return seen


TASKS: dict[str, Callable[..., None]] = {"readers": readers, "parts": parts, "fit": fit}

if __name__ == "__main__":
    print(machine())
    TASKS[sys.argv[1]](*map(Path, sys.argv[2:]))
