"""Fits kb/data/intents.safetensors, for kb/study/learned.py, to the forms of intent_forms.txt, and tells how it does on
forms that were left out:

    python -m tests.bench.intents fit
    python -m tests.bench.intents measure      five parts, a form in one of them only

A form is filled with names, persons, times and topics written here. Of each question the right slot teaches its kind;
every other slot, and any of a question for sentences, teaches "none". Needs scikit-learn to fit.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from kb.study.grammar import asked_in, has_han
from kb.study.intents import LibraryIntent, read_form
from kb.study.learned import _TOKEN, NONE, Model, Reading, features, read_freely, spans
from kb.types import Language
from kb.words import phrases

FORMS, FILLS = (Path(__file__).parent / f"intent_{name}.txt" for name in ("forms", "fills"))
OUT = Path(__file__).resolve().parents[2] / "kb/data/intents.safetensors"
N_QUESTIONS, N_WRONG, N_PARTS, N_GRAMMAR = 8, 8, 5, 4
POOL = Path(os.environ.get("KB_QUESTIONS", "")) / "questions.jsonl.gz"
OTHERS, N_OTHERS = ("cmrc", "squad_nqg", "nq", "covidqa", "clapnq", "syn_zh", "syn_en"), 250
LEAST_SEEN, HARD = 2, 0.15
LEAST = 0.75  # the chance from which a reading counts
UNSEEN = 0.06  # of a form's words, which are made unknown
SMALLEST = 0.1  # weight that is kept
STRENGTH = 3.0  # of the fit, scikit-learn's C

_CHOICE = re.compile(r"\(([^()]*)\)(\s?)(\?)?")
_PIECE = re.compile(r"<[^>]+>\??|\{\w+\}\??|\S+")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
PARTS_OF_SUMMARY = ("problem", "method", "results", "limits")
_PLACE = re.compile(r"\{(\w)\}")


class Form(NamedTuple):
    """A line: its kind, what it is filled into, its language."""

    kind: str
    text: str
    language: Language
    is_other: bool = False


class Row(NamedTuple):
    """What teaches."""

    features: dict[str, int]
    kind: str
    weight: float


class Question(NamedTuple):
    """A question made of a form: its tokens and where its slot stands, (0, 0) where it has none."""

    kind: str
    text: str
    language: Language
    slot: str


def forms() -> list[Form]:
    """All forms. is_other: by another hand."""
    found, is_other = [], False
    for line in FORMS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            is_other = line.startswith("# By another hand")
        else:
            kind, text = line.split("\t")
            found.append(Form(kind, text, "zh" if has_han(text) else "en", is_other))
    return found


def of_grammar(n: int) -> list[Form]:
    """Questions that fit the forms of the grammar, n of each of its lines."""
    chance, found = random.Random(3), []
    for kind in ("author", "date", "venue", "cites", "cited", "uses", "extends", "evaluates", "summary", "problem",
                 "method", "results", "limits"):
        for language in LANGUAGES:
            for line in phrases("intents", f"ask {kind} {language}"):
                for _ in range(n if "{other}" not in line else 0):
                    text = (" " if language == "en" else "").join(_filled(line, language, chance))
                    found.append(Form("summary" if kind in PARTS_OF_SUMMARY else kind, text, language))
    return found


def _filled(line: str, language: Language, chance: random.Random) -> Iterator[str]:
    for word in _PIECE.findall(line):
        is_left, bare = word.endswith("?") and chance.random() < 0.5, word.rstrip("?")
        if bare.startswith("{"):
            yield "{w}"
        elif not is_left:
            yield chance.choice(phrases("intents", f"{bare[1:-1]} {language}")) if bare.startswith("<") else bare


@cache
def fills(place: str, language: Language) -> list[str]:
    """What may stand at a place of forms."""
    lines = [line.split("\t") for line in FILLS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [fill for at, of, fill in lines if (at, of) == (place, language)]


def questions(form: Form, n: int, chance: random.Random) -> Iterator[Question]:
    for _ in range(n):
        text = form.text
        while found := _CHOICE.search(text):
            chosen = "" if found[3] and chance.random() < 0.5 else chance.choice(found[1].split("|"))
            text = text[:found.start()] + chosen + found[2] + text[found.end():]
        slot = ""
        while place := _PLACE.search(text):
            slot = chance.choice(fills(place[1], form.language))
            text = text[:place.start()] + slot + text[place.end():]
        text = " ".join(text.split()).replace(" ,", ",").replace(" :", ":")
        yield Question(form.kind, text, form.language, slot)


def taught(found: Question, chance: random.Random) -> Iterator[tuple[str, list[str], int, int, float]]:
    """Kind, tokens, place of the slot and weight: of the right reading and of wrong ones."""
    asked = asked_in(found.text, found.language)
    tokens = _TOKEN.findall(asked.text)
    places = [(i, j) for i, j in spans(tokens)]
    wanted = _TOKEN.findall(asked_in(f"{found.slot}", found.language).text) if found.slot else []
    if any("\ue000" <= token <= "\ue0ff" for token in wanted):
        right = [(i, j) for i, j in places if tokens[i:j] == [t for t in tokens if "\ue000" <= t <= "\ue0ff"]
                 or tokens[i:j] == wanted]
    else:
        right = [(i, j) for i, j in places if tokens[i:j] == wanted]
    if found.kind == NONE:
        chosen = chance.sample(places, min(len(places), 2 * N_WRONG))
        if right and right[0] not in chosen:
            chosen.append(right[0])
        yield from ((NONE, tokens, i, j, 1.0) for i, j in chosen)
        return
    if not right and found.slot:
        return
    i, j = right[0] if right else (0, 0)
    if tokens[i:j] != tokens:
        yield found.kind, tokens, i, j, 3.0
    near = [(a, b) for a, b in places if (a, b) != (i, j) and abs(a - i) + abs(b - j) <= 2]
    far = [place for place in places if place != (i, j) and place not in near]
    for a, b in chance.sample(near, min(len(near), N_WRONG // 2)) + chance.sample(far, min(len(far), N_WRONG // 2)):
        yield NONE, tokens, a, b, 1.0


def asked_of_texts(part: str) -> list[Question]:
    """Questions for sentences that others wrote, from POOL: some to fit on, some to measure."""
    if not POOL.exists():
        return []
    found: dict[str, list[str]] = {}
    with gzip.open(POOL, "rt", encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            if item["split"] == "train" and item["src"] in OTHERS:
                found.setdefault(item["src"], []).append(item["q"].strip(" ?？"))
    chance, chosen = random.Random(11), []
    for source in OTHERS:
        some = chance.sample(sorted(set(found.get(source, ()))), 2 * N_OTHERS)
        chosen += some[:N_OTHERS] if part == "fit" else some[N_OTHERS:]
    return [Question(NONE, text, "zh" if has_han(text) else "en", "") for text in chosen]


def fit(chosen: Sequence[Form]) -> Model:
    """Weights; fitted twice, the second time with the readings that the first wrongly gives to questions for
    sentences."""
    chance, words = random.Random(5), set[str]()
    for form in chosen:
        words |= {token.lower() for token in _TOKEN.findall(_PLACE.sub(" ", re.sub(r"[()|?]", " ", form.text)))}
    known = frozenset(words)
    every = [found for form in chosen for found in questions(form, N_QUESTIONS if "(" in form.text else 3, chance)]
    every += asked_of_texts("fit")
    rows: list[Row] = []
    for found in every:
        for kind, tokens, i, j, weight in taught(found, chance):
            seen = known - {token.lower() for token in tokens if chance.random() < UNSEEN}
            rows.append(Row(dict.fromkeys(features(tokens, i, j, found.language, seen), 1), kind, weight))
    first = _fitted(rows, known)
    for found in every:
        asked = asked_in(found.text, found.language)
        wrong = read_freely(asked, first) if found.kind == NONE else None
        if wrong is not None and wrong.chance >= HARD:
            tokens = _TOKEN.findall(asked.text)
            inside = _TOKEN.findall(wrong.slot)
            i = next((n for n in range(len(tokens)) if tokens[n:n + len(inside)] == inside), 0)
            rows.append(Row(dict.fromkeys(features(tokens, i, i + len(inside), found.language, known), 1), NONE, 4.0))
    return _fitted(rows, known)


def _fitted(rows: Sequence[Row], known: frozenset[str]) -> Model:
    import numpy as np
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    counted = Counter(feature for row in rows for feature in row.features)
    names = DictVectorizer()
    matrix = names.fit_transform([{name: 1 for name in row.features if counted[name] > LEAST_SEEN} for row in rows])
    fitted = LogisticRegression(C=STRENGTH, max_iter=150, tol=1e-3)
    fitted.fit(matrix, [row.kind for row in rows], sample_weight=np.array([row.weight for row in rows]))
    coefficients = np.round(fitted.coef_.T, 2).astype(np.float32)
    kept = [n for n, weights in enumerate(coefficients) if abs(weights).max() >= SMALLEST]
    given = [str(name) for name in names.get_feature_names_out()]
    weights = np.vstack([np.zeros((1, len(fitted.classes_)), np.float32), coefficients[kept]])
    return Model(tuple(map(str, fitted.classes_)), known,
                 {name: n for n, name in enumerate(["", *(given[n] for n in kept)])}, weights,
                 fitted.intercept_.astype(np.float32), LEAST)


def measure(is_crossed: bool) -> None:
    """What is read of the questions of forms that were left out, at several chances; is_crossed: fitted to one hand's,
    asked the other's."""
    every, chance = forms(), random.Random(7)
    order = list(range(len(every)))
    chance.shuffle(order)
    parts = [order[n::N_PARTS] for n in range(N_PARTS)]
    if is_crossed:
        parts = [[n for n in order if every[n].is_other]]
    told: list[tuple[Question, LibraryIntent | None, Reading]] = []
    for part in parts:
        model = fit([form for n, form in enumerate(every) if n not in set(part)] + of_grammar(N_GRAMMAR))
        for n in part:
            told += [(found, read_form(found.text), read_freely(asked_in(found.text, found.language), model))
                     for found in questions(every[n], 1, chance)]
    others = [(read_form(q.text), read_freely(asked_in(q.text, q.language), model)) for q in asked_of_texts("measure")]
    wanted = sum(q.kind != NONE for q, _, _ in told)
    for least in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 2.0):
        for name, seen in (("weights", [(q, _kind_of(r, least)) for q, _, r in told]),
                           ("forms, then weights", [(q, i.kind if i else _kind_of(r, least)) for q, i, r in told])):
            taken = [(q, kind) for q, kind in seen if kind != NONE]
            right = sum(q.kind.split()[0] == kind for q, kind in taken)
            false = sum(q.kind == NONE for q, _ in taken)
            print(f"{least} {name}: precision {right}/{len(taken)} = {right / max(1, len(taken)):.2f}, recall {right}/"
                  f"{wanted} = {right / wanted:.2f}, of {len(told) - wanted} traps {false}")
        n_taken = sum(form is None and _kind_of(reading, least) != NONE for form, reading in others)
        print(f"{least}: of {len(others)} questions for sentences by others, forms take "
              f"{sum(form is not None for form, _ in others)}, weights {n_taken} more")


def _kind_of(reading: Reading, least: float) -> str:
    return reading.kind.split()[0] if reading.chance >= least else NONE


if __name__ == "__main__":
    if sys.argv[1:] == ["fit"]:
        fit(forms() + of_grammar(N_GRAMMAR)).save(OUT)
    else:
        measure(sys.argv[2:] == ["crossed"])
