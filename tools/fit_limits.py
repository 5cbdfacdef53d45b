"""Fit the weights of sentences that say a work's own limits on works that were read by hand.

    python tools/fit_limits.py LIBRARY... [--write]

tools/limits.tsv lists them: id of the document, where the sentence begins in its text, 1 where it says a limit of the
work, "?" where that can be argued, its first words; a work without any is listed with 0 and nothing else. Any other
sentence says none. The libraries hold the documents. Printed is what is right of works that were not fitted on, one in
twelve left out at a time, by the least log odds that fill a cell; --write fits on all and writes kb/data/limits.toml.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from kb import KnowledgeBase
from kb.study.limits import candidates
from kb.study.papers import Paper

LIST = Path(__file__).parent / "limits.tsv"
WEIGHTS = Path(__file__).parent.parent / "kb" / "data" / "limits.toml"
N_FOLDS, LEAST_SEEN, L2 = 12, 4, 3.0
ALONE = 0.1  # how much each sentence counts by itself, beside the question which of a work's is told
# What weights are held to where the works say too little of it. Chosen by hand
BEFORE = {"at": -4.5, "strong": 1.2, "in limitation": 2.0, "in limitation, late": 1.0, "strong, own": 0.8, "own": 0.5,
          "in conclusion": 0.8, "looks ahead": 0.5, "behind an announcement": 1.8, "counts up, announced": 1.0,
          "announces": -4.0,
          "of the field": -1.0, "mended": -2.0, "proposes": -2.0, "late": 0.5,
          "says limit": 0.5, "lacks": 0.5, "labelled": 3.0,
          "its method": 0.5, "heading": -3.0, "bounded": -1.0, "in back": -1.0, "in introduction": -1.0,
          "in abstract": -0.3, "says aim": -0.3, "cites": -0.3}
HEAD = """# How surely a sentence says what its work does not do well: log odds against "it says none"
# (kb/study/limits.py), fitted by tools/fit_limits.py on the works of tools/limits.tsv.

[limitation]
"""


class Work(NamedTuple):
    name: str
    counts: np.ndarray  # [n_sentences, n_features]
    says: np.ndarray  # [n_sentences]: 1, 0, -1 where it can be argued


def main() -> None:
    """Read, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    names, works = _works(asked.libraries)
    before = np.array([BEFORE.get(name, 0.0) for name in names])
    left_out = [(work, _fitted([w for i, w in enumerate(works) if i % N_FOLDS != at % N_FOLDS], before))
                for at, work in enumerate(works)]
    for least in (-1.0, -0.5, 0.0, 0.5):
        told = Counter(_told(work, weights, least) for work, weights in left_out)
        print(f"least {least}: " + ", ".join(f"{name} {n}" for name, n in sorted(told.items())))
    if asked.write:
        ranked = sorted(zip(names, _fitted(works, before), strict=True), key=lambda pair: (-abs(pair[1]), pair[0]))
        lines = [f'"{name}" = {weight:.2f}\n' for name, weight in ranked if abs(weight) >= 0.005]
        WEIGHTS.write_text(HEAD + "".join(lines), encoding="utf-8")


def _works(libraries: Sequence[Path]) -> tuple[list[str], list[Work]]:
    listed: dict[str, dict[int, int]] = defaultdict(dict)
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            document, start, says = line.split("\t")[:3]
            listed[document] |= {int(start): {"1": 1, "?": -1}[says]} if says != "0" else {}
    raw = [(paper.document.path, candidates(paper), listed[paper.document.id])
           for paper in _papers(libraries, listed.keys())]
    seen = Counter(name for _, found, _ in raw for _, counted in found for name in counted)
    names = sorted({name for name, n in seen.items() if n >= LEAST_SEEN} | set(BEFORE))
    works = [Work(path, np.array([[counted.get(name, 0.0) for name in names] for _, counted in found]).reshape(
        len(found), len(names)), np.array([says.get(line.start, 0) for line, _ in found], int))
        for path, found, says in raw]
    return names, works


def _papers(libraries: Sequence[Path], listed: Sequence[str] | set[str]) -> Iterator[Paper]:
    for folder in libraries:
        with KnowledgeBase.open(folder) as base:
            for info in base.documents():
                if info.id in listed:
                    yield Paper(base.document(info.id))


def _fitted(works: Sequence[Work], before: np.ndarray) -> np.ndarray:
    """Weights that make it likeliest that a sentence that says a limit is the surest of its work, or "none"."""
    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        away = weights - before
        total, slope = L2 * away @ away / 2, L2 * away
        for work in works:
            counts, says = work.counts[work.says >= 0], work.says[work.says >= 0] == 1
            if not len(counts):
                continue
            scores = counts @ weights
            every = np.exp(np.append(scores, 0.0) - max(scores.max(), 0.0))
            right = every * np.append(says, not says.any())
            total -= np.log(right.sum() / every.sum())
            slope = slope - counts.T @ (right / right.sum() - every / every.sum())[:-1]
            chances = 1 / (1 + np.exp(-scores))
            total -= ALONE * np.log(np.where(says, chances, 1 - chances)).sum()
            slope = slope - ALONE * counts.T @ (says - chances)
        return total, slope

    return minimize(loss, before, jac=True, method="L-BFGS-B").x


def _told(work: Work, weights: np.ndarray, least: float) -> str:
    """What becomes of the cell of a work."""
    scores = work.counts @ weights
    best = int(np.argmax(scores)) if len(scores) else -1
    has_any = bool((work.says == 1).any())
    if best < 0 or np.log(np.exp(scores).sum()) < least:
        return "missed" if has_any else "rightly empty"
    return {1: "right", 0: "wrong" if has_any else "nothing stands there", -1: "arguable"}[int(work.says[best])]


if __name__ == "__main__":
    main()
