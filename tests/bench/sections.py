"""Which terms are headings: fits the weights of kb/survey/outline/worth.py, and tells what they reach on libraries that
were left out.

`python -m tests.bench.sections FOLDER`: a folder for each library, with `library/` (as `kb add --home` makes it) and
`sections.tsv`, whose lines are: the topic, the names of the files of its works, with a bar between, the terms that
somebody who read the titles would write as headings over works of them, and the terms that one may: neither good nor
bad. Every other term that stands at the front of two works counts as bad.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb import KnowledgeBase
from kb.survey import make_request
from kb.survey.outline.arrange import _holders
from kb.survey.outline.phrases import terms_of
from kb.survey.outline.worth import WEIGHTS, features
from tests.bench.relevance import fitted

_PRIOR, _MOST, _BARS = 3.0, 0.75, (0.35, 0.45, 0.6)


class Rows(NamedTuple):
    """Of a topic. table: features [n, d].  good: 1, 0, -1 for what counts neither way."""

    library: str
    table: NDArray[np.float64]
    good: NDArray[np.float64]


def rows_of(folder: Path) -> list[Rows]:
    """A row for each topic of a library."""
    found = []
    with KnowledgeBase.open(folder / "library") as base:
        names = {Path(info.path).name: info.id for info in base.documents()}
        for line in (folder / "sections.tsv").read_text(encoding="utf-8").splitlines():
            topic, works, good, may = line.split("\t")
            documents = [base.document(i) for i in sorted(names[name] for name in works.split("|") if name in names)]
            language = make_request(topic).language
            table, said = [], []
            for term in terms_of(documents, topic):
                held = [documents[i] for i in _holders(term, documents, language)]
                if 2 <= len(held) <= _MOST * len(documents):
                    table.append(features(term, held, len(documents), topic, language))
                    said.append(1.0 if term.shown in good.split("|") else -1.0 if term.shown in may.split("|") else 0.0)
            if table:
                found.append(Rows(folder.name, np.array(table), np.array(said)))
    return found


def weights_of(rows: list[Rows]) -> tuple[float, ...]:
    """The weights of a logistic model, the intercept first."""
    table, good = np.vstack([row.table for row in rows]), np.concatenate([row.good for row in rows])
    known = good >= 0
    found = fitted(table[known][:, 1:], good[known], np.ones(int(known.sum())), _PRIOR)
    return tuple(round(weight, 2) for weight in found)


def main() -> None:
    """Prints what weights of the other libraries reach in each, the terms counted, and the weights of all."""
    rows = [row for folder in sorted(Path(sys.argv[1]).iterdir()) for row in rows_of(folder)]
    chance, good = [], []
    for name in sorted({row.library for row in rows}):
        weights = np.array(weights_of([row for row in rows if row.library != name]))
        for row in rows:
            if row.library == name:
                chance.append(1 / (1 + np.exp(-row.table @ weights))[row.good >= 0])
                good.append(row.good[row.good >= 0])
    told, said = np.concatenate(chance), np.concatenate(good)
    print(f"{len(rows)} topics of {len({row.library for row in rows})} libraries, {len(said)} terms, "
          f"{said.sum():.0f} good")
    for bar in _BARS:
        over = told >= bar
        print(f"left out, from {bar}: {said[over].mean():.3f} of {over.sum()} are good, "
              f"{said[over].sum() / said.sum():.3f} of the good ones are told")
    print(found := weights_of(rows), "in use" if found == WEIGHTS else f"in use: {WEIGHTS}")


if __name__ == "__main__":
    main()
