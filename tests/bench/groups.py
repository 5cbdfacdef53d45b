"""Which documents a subject means: fits the weights of kb/study/members.py, and tells what they reach on libraries that
were left out.

`python -m tests.bench.groups FOLDER`: a folder for each library, with `papers/` (a file for each document) and
`topics.tsv`, whose lines are: the subject, the stems of the files that belong to it, and of those that may, with spaces
between stems and tabs between these.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from kb import KnowledgeBase
from kb.study.intents import LibraryIntent
from kb.study.members import WEIGHTS, Matrix, chances_of, features
from kb.study.naming import Naming
from kb.study.question import Study

_ROUNDS, _PRIOR, _LEAST = 60, 1.0, 0.5
Row = tuple[str, Matrix, Matrix]  # library, features, 1 on the subject, 0 not, -1 may be


def rows_of(folder: Path) -> list[Row]:
    """A row for each subject of a library."""
    found = []
    with tempfile.TemporaryDirectory() as home, KnowledgeBase.open(Path(home)) as base:
        base.add([folder / "papers"])
        with base.reading() as view:
            finder = base._finder(view)
            for line in (folder / "topics.tsv").read_text(encoding="utf-8").splitlines():
                subject, on, may = ([*line.split("\t"), "", ""])[:3]
                study = Study(subject, LibraryIntent("list", "en"), view, finder, Naming(view))
                infos = [info for info in study.naming.documents if info.n_passages]
                stems = [Path(info.path).stem for info in infos]
                belongs = [1.0 if stem in on.split() else -1.0 if stem in may.split() else 0.0 for stem in stems]
                found.append((folder.name, features(study, subject, infos), np.array(belongs)))
    return found


def fitted(rows: list[Row]) -> tuple[float, ...]:
    """The weights of a logistic model, the intercept first."""
    table, belongs = np.vstack([row for _, row, _ in rows]), np.concatenate([said for _, _, said in rows])
    table, belongs = np.hstack([np.ones((len(table), 1)), table])[belongs >= 0], belongs[belongs >= 0]
    weights = np.zeros(table.shape[1])
    prior = np.diag([1e-6, *[_PRIOR] * (table.shape[1] - 1)])
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (chance - belongs) + prior @ weights
        weights -= np.linalg.solve((table * (chance * (1 - chance))[:, None]).T @ table + prior, slope)
    return tuple(round(float(weight), 3) for weight in weights)


def reached(rows: list[Row], weights: tuple[float, ...]) -> tuple[int, int, int]:
    """Told and on the subject, told and not, on it and not told."""
    right = wrong = missed = 0
    for _, table, belongs in rows:
        told = chances_of(table, weights) >= _LEAST
        right += int((told & (belongs == 1)).sum())
        wrong += int((told & (belongs == 0)).sum())
        missed += int((~told & (belongs == 1)).sum())
    return right, wrong, missed


def main() -> None:
    """Prints what weights of the other libraries reach in each, and the weights of all."""
    rows = [row for folder in sorted(Path(sys.argv[1]).iterdir()) for row in rows_of(folder)]
    sums = np.zeros(3, int)
    for name in sorted({library for library, _, _ in rows}):
        others = fitted([row for row in rows if row[0] != name])
        sums += reached([row for row in rows if row[0] == name], others)
    print(f"left out: {sums[0]} right, {sums[1]} wrong, {sums[2]} missed; in use: {reached(rows, WEIGHTS)}")
    print(fitted(rows))


if __name__ == "__main__":
    main()
