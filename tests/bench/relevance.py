"""Which works a topic concerns, on libraries whose works somebody has put on and off each topic: precision, recall,
topics that are not held; and the weights of kb/survey/outline/relevance.py, fitted to such libraries.

    python -m tests.bench.relevance FOLDER        as they are
    python -m tests.bench.relevance FOLDER fit    fitted to all libraries but one, measured on that one, in turn
    python -m tests.bench.relevance FOLDER halves
        topics of five works and more, in libraries of these and as many others
    KB_RELATED_WORK=FILE python -m tests.bench.relevance

FOLDER: a folder for each library, with `papers/`, files as `kb add` reads them, and `topics.tsv`: a topic, a tab, the
names of the files on it, a tab, those that may be either, names without ending, a space between; a line without a file
is a topic that the library does not hold.
FILE: as for `tests.bench.survey`; libraries are mixed of _SETS sets, the titles of the citing papers are the topics.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb import KnowledgeBase
from kb.survey.outline.relevance import LIBRARY, READ, UNDER, Features, Weights, among, best, features, measure
from kb.text import guess_language
from kb.types import Candidate, CrossEncoder, Reading
from tests.bench.survey import RelatedWork, sets

_SETS = 4
_CUT = 0.2  # of the fitted chance, from which on a work is used; the weights are moved so that it becomes .5
_BROAD = 0.25  # power of the number of works on it with which a topic counts
_ABSENT = 0.3  # weight of a topic without works
_LEAST_HALF, _LEAST_OTHERS = 5, 8
_RIDGE, _STEPS = (50.0, 20.0), 60  # of both models; of Newton's method
_PARTS, _RIDGE_PARTS = slice(12, 16), 500.0  # what a topic is and is of, which few topics tell apart
_HELD, _RIDGE_LIBRARY = 3, 0.5

Matrix = NDArray[np.float64]


@dataclass
class Asked:
    """A topic in a library. on [n]: 1 for a work on it, 0 off it, NaN for either."""

    library: str
    topic: str
    languages: tuple[str, ...]
    on: Matrix
    seen: Features
    belongs: tuple[bool, ...]
    is_found: bool


def asked(folder: Path, *, is_half: bool = False) -> Iterator[Asked]:
    """Every topic of every library, with what is known of each work and whether it is used today. is_half: in a library
    of the works on it and as many others, drawn, at least _LEAST_OTHERS; topics of _LEAST_HALF works and more."""
    drawn = random.Random(1)
    for home in sorted(path.parent for path in folder.glob("*/topics.tsv")):
        with tempfile.TemporaryDirectory() as scratch, KnowledgeBase.open(Path(scratch)) as base:
            base.add([home / "papers"])
            infos = sorted(base.documents(), key=lambda info: info.id)
            documents = [base.document(info.id) for info in infos]
            names = [Path(info.path).stem for info in infos]
            encoder = base.encoder()
            reader = Kept(base.surveyor().reader(encoder))
            for line in (home / "topics.tsv").read_text(encoding="utf-8").splitlines():
                topic, held, either = (*line.split("\t"), "", "")[:3]
                on = np.array([1.0 * (name in held.split()) for name in names])
                on[[name in either.split() for name in names]] = np.nan
                rows = list(range(len(documents)))
                if is_half:
                    held_rows, others = ([i for i in rows if on[i] == value] for value in (1, 0))
                    if len(held_rows) < _LEAST_HALF:
                        continue
                    n = min(len(others), max(_LEAST_OTHERS, len(held_rows)))
                    rows = sorted((*held_rows, *drawn.sample(others, n)))
                some = [documents[i] for i in rows]
                measured = measure(topic, some, encoder, reader)
                yield Asked(home.name, topic, tuple(d.language for d in some), on[rows],
                            features(topic, some, encoder, reader), measured.belongs, measured.is_found)


class Kept:
    """A reader that reads each topic once."""

    def __init__(self, reader: CrossEncoder | None) -> None:
        assert reader is not None, "nothing reads beside this encoder"
        self.reader = reader
        self.last: tuple[str, list[Reading]] = ("", [])

    def score(self, question: str, passages: Sequence[Candidate]) -> list[Reading]:
        key = "\n".join((question, *(passage.text for passage in passages)))
        if self.last[0] != key:
            self.last = (key, list(self.reader.score(question, passages)))
        return self.last[1]


def logistic(x: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def fitted(columns: Matrix, on: Matrix, weight: Matrix, ridge: float | Matrix,
           known: Sequence[float] | None = None) -> tuple[float, ...]:
    """A logistic model, the intercept first, by Newton's method over columns of one spread. known: weights that it
    stays near, so that what few topics tell stays as it was; none at all where none are given."""
    known = known or [0.0] * (columns.shape[1] + 1)
    mean, spread = columns.mean(axis=0), columns.std(axis=0) + 1e-6
    x = np.column_stack([np.ones(len(columns)), (columns - mean) / spread])
    before = np.array([known[0] + np.dot(known[1:], mean), *(np.array(known[1:]) * spread)])
    found, penalty = before.copy(), np.diag([1e-6, *np.broadcast_to(ridge, columns.shape[1])])
    for _ in range(_STEPS):
        chance = logistic(x @ found)
        slope = x.T @ (weight * (chance - on)) + penalty @ (found - before)
        bend = (x * (weight * chance * (1 - chance))[:, None]).T @ x + penalty
        step = np.linalg.solve(bend, slope)
        found -= step
        if np.abs(step).max() < 1e-8:
            break
    slopes = found[1:] / spread
    return (float(found[0] - slopes @ mean), *map(float, slopes))


def logits(row: Asked, weights: Weights) -> Matrix:
    alone = weights.alone[0] + row.seen.alone @ np.array(weights.alone[1:])
    return np.asarray(weights.among[0] + among(alone, row.seen) @ np.array(weights.among[1:]))


def fit(rows: Sequence[Asked]) -> Weights:
    """Both models, to all topics, near the weights as they are; the second is moved so that _CUT becomes one half."""
    moved = float(np.log(_CUT / (1 - _CUT)))
    ridge = np.full(rows[0].seen.alone.shape[1], _RIDGE[0])
    ridge[_PARTS] = _RIDGE_PARTS
    first = fitted(*_stacked(rows, [row.seen.alone for row in rows]), ridge, READ.alone)
    near = [among(first[0] + row.seen.alone @ np.array(first[1:]), row.seen) for row in rows]
    second = fitted(*_stacked(rows, near), _RIDGE[1], (READ.among[0] + moved, *READ.among[1:]))
    return Weights(first, (second[0] - moved, *second[1:]))


def fit_library(rows: Sequence[Asked], weights: Weights) -> tuple[float, ...]:
    """Whether a library holds a topic, to topics of _HELD works and more and to those of none, which count double."""
    known = [(row, n) for row in rows if (n := int(np.nansum(row.on))) == 0 or n >= _HELD]
    columns = np.array([[best(logits(row, weights)), best(row.seen.alone[:, UNDER])] for row, _ in known])
    on = np.array([1.0 * (n >= _HELD) for _, n in known])
    return fitted(columns, on, 2.0 - on, _RIDGE_LIBRARY, LIBRARY)


def _stacked(rows: Sequence[Asked], columns: Sequence[Matrix]) -> tuple[Matrix, Matrix, Matrix]:
    known = [~np.isnan(row.on) for row in rows]
    counts = [float(np.nansum(row.on)) for row in rows]
    weight = [np.full(int(k.sum()), max(1.0, n)**_BROAD * (1.0 if n else _ABSENT))
              for k, n in zip(known, counts, strict=True)]
    return (np.vstack([c[k] for c, k in zip(columns, known, strict=True)]),
            np.concatenate([row.on[k] for row, k in zip(rows, known, strict=True)]), np.concatenate(weight))


def told(rows: Sequence[Asked], used: Sequence[Any]) -> None:
    """Precision and recall of topics that are held, by the languages of topic and work, and by how broad they are."""
    counts: dict[str, list[int]] = {}
    for row, chosen in zip(rows, used, strict=True):
        n = int(np.nansum(row.on))
        if not n:
            continue
        size = "8 works or more" if n >= 8 else "4 to 7 works" if n >= 4 else "1 to 3 works"
        for i, language in enumerate(row.languages):
            for name in ("all", size, f"{guess_language(row.topic)} -> {language}"):
                found = counts.setdefault(name, [0, 0, 0])
                found[0] += bool(chosen[i]) and row.on[i] == 1
                found[1] += bool(chosen[i]) and row.on[i] == 0
                found[2] += row.on[i] == 1
    for name, (right, wrong, n) in sorted(counts.items()):
        print(f"{name:18} precision {right / max(1, right + wrong):.3f}  recall {right / max(1, n):.3f}  of {n}")


def labelled(folder: Path, *, is_fitted: bool, is_half: bool = False) -> None:
    rows = list(asked(folder, is_half=is_half))
    for name, is_held in (("held", True), ("not held", False)):
        found = [row.is_found for row in rows if bool(np.nansum(row.on)) == is_held]
        print(f"{name}: {sum(found)} of {len(found)} topics found")
    print("as they are")
    told(rows, [np.array(row.belongs) & row.is_found for row in rows])
    if is_fitted:
        others = {name: fit([row for row in rows if row.library != name]) for name in {row.library for row in rows}}
        print("fitted to the other libraries")
        told(rows, [logits(row, others[row.library]) >= 0 for row in rows])
        weights = fit(rows)
        for name, new, old in (("alone", weights.alone, READ.alone), ("among", weights.among, READ.among)):
            print(name, *(f"{value:.3f}" for value in new), "\n  now", *old)
        if not all(np.nansum(row.on) for row in rows):
            print("library", *(f"{value:.3f}" for value in fit_library(rows, weights)), "\n  now", *LIBRARY)


def measured(mixed: Sequence[RelatedWork], others: Sequence[RelatedWork]) -> dict[str, list[float]]:
    """Of one library of related-work sets: precision and recall of each topic of its own that is found, and shares of
    topics found."""
    found: dict[str, list[float]] = {"precision": [], "recall": [], "held: found": [], "not held: found": []}
    with tempfile.TemporaryDirectory() as folder:
        for i, work in enumerate(mixed):
            (Path(folder) / "papers" / str(i)).mkdir(parents=True)
            for name, text in work.papers:
                (Path(folder) / "papers" / str(i) / name).write_text(text, encoding="utf-8")
        with KnowledgeBase.open(Path(folder) / "library") as base:
            base.add([Path(folder) / "papers"])
            infos = sorted(base.documents(), key=lambda info: info.id)
            documents = [base.document(info.id) for info in infos]
            encoder = base.encoder()
            reader = base.surveyor().reader(encoder)
            for work in mixed:
                titles = {text.split("\n# ")[1].split("\n")[0] for _, text in work.papers}
                result = measure(work.topic, documents, encoder, reader)
                used = [d for d, belongs in zip(documents, result.belongs, strict=True) if belongs]
                right = sum(document.metadata.title in titles for document in used)
                found["held: found"].append(result.is_found)
                if result.is_found and used:
                    found["precision"].append(right / len(used))
                    found["recall"].append(right / sum(d.metadata.title in titles for d in documents))
            for work in others:
                found["not held: found"].append(measure(work.topic, documents, encoder, reader).is_found)
    return found


def main() -> int:
    if sys.argv[1:]:
        labelled(Path(sys.argv[1]), is_fitted="fit" in sys.argv[2:], is_half="halves" in sys.argv[2:])
    if not os.environ.get("KB_RELATED_WORK"):
        return 0
    works = list(sets())
    rows: dict[str, list[float]] = {}
    for i in range(0, len(works) - _SETS + 1, _SETS):
        others = [works[(i + _SETS + j) % len(works)] for j in range(_SETS)]
        for name, values in measured(works[i:i + _SETS], others).items():
            rows.setdefault(name, []).extend(values)
    for name, values in rows.items():
        print(f"{name:20} {statistics.mean(values):.3f} of {len(values)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
