"""Fit the weights of the cells of tables on papers whose right cells were written down by hand.

    python tools/fit_cells.py LIBRARY... [--onto] [--columns NAME...] [--write]

tools/cells.tsv lists them: id of the document, its file's name, column, "all" where every right value is listed ("some"
where a cell with one of them is right), right values ("a || b"; "a | b": two spellings of one; "" for an empty cell).
The libraries hold the documents. Printed is what is right when seven eighths of the papers are fitted on and the rest
are read, eight times; --write fits on all of them and writes kb/data/cells.toml. --onto holds weights to what they are:
papers that can no longer be had keep their say through the weights that were fitted on them.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from kb import KnowledgeBase
from kb.study.names import data_sets, measures
from kb.study.papers import Paper
from kb.study.results import features, told
from kb.study.signs import may_be_data, may_be_model, most_of, named
from kb.types import Document

LIST = Path(__file__).parent / "cells.tsv"
WEIGHTS = Path(__file__).parent.parent / "kb" / "data" / "cells.toml"
N_FOLDS, LEAST_SEEN = 8, 4  # candidates that have a feature, for it to get a weight
# How strongly weights are held to what they were before, and what that is where the papers say too little of it: a
# work names what it extends and its title names what it is about; a difference is no result.
# For data sets papers are fitted on once more without what is known of a name: names that nobody knows are weighed too.
OF_THE_NAME = ("known data", "known source", "begins as known data", "stem of known data", "known model",
               "architecture")
UNKNOWN = 0.25  # how much these count
L2 = {"data set": 5.0, "model": 3.0, "result": 10.0}
ONTO = 10.0  # the same to what weights are, where few papers are added to those they were fitted on
BEFORE = {"data set": {"any list of data": 1.5, "list of data": 0.5, "among data": 1.0,
                       "trained before": -1.5, "any trained before": -0.5},
          "model": {"the base": 2.0, "any the base": 1.0, "built on": 0.4,
                    "built on, abstract": 0.6, "in title": 0.6, "no known model": -1.5},
          "result": {"any difference": -1.5, "any cost": -1.0, "any set of parts": -0.5, "any unnamed row": -0.5,
                     "bettered": -0.7, "any bettered": -0.3, "best of its sentence": 0.3}}
HEAD = """# How clearly what stands around a name or a number says that it fills a cell of a table: log odds
# (kb/study/weights.py), fitted by tools/fit_cells.py on the papers of tools/cells.tsv.
"""


class Sample(NamedTuple):
    name: str
    right: tuple[str, ...]
    is_whole: bool
    texts: list[str]
    counts: np.ndarray  # [n_candidates, n_features]
    is_right: np.ndarray  # [n_candidates]
    shares: np.ndarray  # [n_candidates]: 0 for one that nobody judged


def main() -> None:
    """Read, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--onto", action="store_true")
    parser.add_argument("--columns", nargs="*", choices=list(L2), default=list(L2))
    asked = parser.parse_args()
    documents = list(_documents(asked.libraries))
    lines, fitted_before = [HEAD], tomllib.loads(WEIGHTS.read_text(encoding="utf-8"))
    for column in L2:
        found = BEFORE[column] | fitted_before[column]
        if column in asked.columns:
            held = fitted_before[column] if asked.onto else {}
            names, samples = _samples(column, documents, held)
            before = np.array([held.get(name, BEFORE[column].get(name, 0.0)) for name in names])
            l2 = ONTO if asked.onto else L2[column]
            print(column, _judged(column, names, samples, before, l2))
            found = dict(zip(names, _fitted(column, names, samples, before, l2), strict=True))
        lines.append(f'\n["{column}"]\n')
        lines += [f'"{name}" = {weight:.3f}\n' for name, weight in sorted(
            found.items(), key=lambda pair: (-abs(pair[1]), pair[0])) if abs(weight) >= 0.005]
    if asked.write:
        WEIGHTS.write_text("".join(lines), encoding="utf-8")


def _documents(libraries: Sequence[Path]) -> Iterator[tuple[Document, dict[str, tuple[bool, tuple[str, ...]]]]]:
    listed: dict[str, dict[str, tuple[bool, tuple[str, ...]]]] = defaultdict(dict)
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, column, whole, right = line.split("\t")
            listed[name][column] = whole == "all", tuple(filter(None, right.split(" || ")))
    seen = set()
    for folder in libraries:
        with KnowledgeBase.open(folder) as base:
            for info in base.documents():
                if info.id in listed and info.id not in seen:
                    seen.add(info.id)
                    yield base.document(info.id), listed[info.id]


def _samples(column: str, documents: Sequence[tuple[Document, Mapping[str, tuple[bool, tuple[str, ...]]]]],
             held: Mapping[str, float]) -> tuple[list[str], list[Sample]]:
    raw = []
    for document, columns in documents:
        if column in columns:
            is_whole, right = columns[column]
            raw.append((document.path, right, is_whole, list(_candidates(column, Paper(document)))))
    seen = Counter(name for *_, found in raw for _, counted in found for name in counted)
    names = sorted({name for name, n in seen.items() if n >= LEAST_SEEN} | set(held) | set(BEFORE[column]))
    at = {name: i for i, name in enumerate(names)}
    samples = []
    for path, right, is_whole, found in raw:
        counts = np.zeros((len(found), len(names)))
        for i, (_, counted) in enumerate(found):
            for name, value in counted.items():
                if name in at:
                    counts[i, at[name]] = value
        is_right = np.array([_is_right(column, text, right) for text, _ in found], bool)
        unjudged = column == "data set" and bool(right) and not is_whole
        shares = np.array([0.0 if unjudged and not ok and _may_be_another(counted) else 1.0
                           for ok, (_, counted) in zip(is_right, found, strict=True)])
        samples.append(Sample(path, right, is_whole, [text for text, _ in found], counts, is_right, shares))
    return names, samples


def _candidates(column: str, paper: Paper) -> Iterator[tuple[str, dict[str, float]]]:
    if column == "result":
        for group in told(paper, measures(paper), data_sets(paper)):
            yield paper.document.text[group[0].start:group[0].end], features(group)
        return
    found = named(paper)
    for each in filter(may_be_model if column == "model" else may_be_data, found):
        yield each.text, each.features(most_of(found))


def _may_be_another(counted: Mapping[str, float]) -> bool:
    return any(name in counted for name in ("known data", "known source", "beside data, experiment", "listed with data",
                                            "in data column"))


def _is_right(column: str, text: str, right: Sequence[str]) -> bool:
    spellings = [spelling for value in right for spelling in value.split(" | ")]
    if column == "result":
        return any(_is_number(text, spelling) for spelling in spellings)
    return any(_is_name(text, spelling) for spelling in spellings)


def _is_number(text: str, right: str) -> bool:
    found, wanted = (re.search(r"\d+(?:\.\d+)?", re.sub(r"[,\s$\\]", "", each)) for each in (text, right))
    if not found or not wanted:
        return False
    a, b = float(found[0]), float(wanted[0])
    return min(abs(a - b), abs(100 * a - b), abs(a - 100 * b)) < 1e-6


def _is_name(text: str, right: str) -> bool:
    a, b = (re.sub(r"[\s’'-]", "", each.casefold()) for each in (text, right))
    return b in a or (len(a) > 2 and a in b and bool(re.search(
        rf"(?<![A-Za-z]){re.escape(text)}(?![A-Za-z])", right)))


def _fitted(column: str, names: Sequence[str], samples: Sequence[Sample], before: np.ndarray,
            l2: float) -> np.ndarray:
    """Weights that make what is right most likely: each data set by itself; of models and results any of the right ones
    of a paper, or "none of them"."""
    hidden = [i for i, name in enumerate(names) if name in OF_THE_NAME]
    fitted = [(sample.counts, sample, 1.0) for sample in samples]
    if column == "data set":
        for sample in samples:
            counts = sample.counts.copy()
            counts[:, hidden] = 0.0
            fitted.append((counts, sample, UNKNOWN))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        away = weights - before
        total, slope = l2 * away @ away / 2, l2 * away
        for counts, sample, share in fitted:
            if not len(counts):
                continue
            scores = np.clip(counts @ weights, -40, 40)
            if column == "data set":
                chances = 1 / (1 + np.exp(-scores))
                total -= share * sample.shares @ np.log(np.where(sample.is_right, chances, 1 - chances) + 1e-300)
                slope = slope - share * counts.T @ (sample.shares * (sample.is_right - chances))
                continue
            every = np.exp(np.append(scores, 0.0) - max(scores.max(), 0.0))
            right = every * np.append(sample.is_right, not sample.is_right.any())
            total -= share * np.log(right.sum() / every.sum() + 1e-300)
            slope = slope - share * counts.T @ (right / right.sum() - every / every.sum())[:-1]
        return total, slope

    return minimize(loss, before, jac=True, method="L-BFGS-B").x


def _judged(column: str, names: Sequence[str], samples: Sequence[Sample], before: np.ndarray, l2: float) -> str:
    """What is right of papers that were not fitted on, by the least log odds that fill a cell."""
    scored = []
    for fold in range(N_FOLDS):
        weights = _fitted(column, names, [s for i, s in enumerate(samples) if i % N_FOLDS != fold], before, l2)
        scored += [(s, s.counts @ weights) for i, s in enumerate(samples) if i % N_FOLDS == fold]
    lines = []
    for least in (-1.0, -0.5, 0.0, 0.5, 1.0):
        n: Counter[str] = Counter()
        for sample, scores in scored:
            best = int(np.argmax(scores)) if len(scores) else -1
            is_told = best >= 0 and scores[best] >= least
            if not sample.right:
                n["filled, empty"] += is_told
                n["empty"] += 1
                continue
            n["right" if is_told and sample.is_right[best] else "wrong" if is_told else "missed"] += 1
            if sample.is_whole and column == "data set":
                n["values"] += len(sample.right)
                inside = [text for text, score in zip(sample.texts, scores, strict=True) if score >= least]
                n["values told"] += sum(any(_is_right(column, text, [value]) for text in inside)
                                        for value in sample.right)
                n["others told"] += sum(not _is_right(column, text, sample.right) for text in inside)
        lines.append(f"  least {least}: " + ", ".join(f"{name} {count}" for name, count in sorted(n.items())))
    return "\n".join(["", *lines])


if __name__ == "__main__":
    main()
