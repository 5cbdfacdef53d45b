"""Which works are on a term that stands at their front: fits the weights of kb/survey/outline/about.py, and tells what
they reach on libraries that were left out.

    python -m tests.bench.about                     fits to tests/bench/about.tsv
    python -m tests.bench.about FOLDER > about.tsv  counts the features again

FOLDER: a folder for each library, with `library/` (as `kb add --home` makes it) and `about.tsv`, whose lines are: the
name of a file, a term, its name in the other language, and 2 where a work may be filed under the term, 0 where somebody
who knows the field would object, 1 where either may be. Lines of tests/bench/about.tsv: the library, the title, the
term, what was read, the features.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb import KnowledgeBase
from kb.survey.outline.about import FEATURES, ON, WEIGHTS, About, features
from kb.survey.outline.relevance import lead, own_of
from tests.bench.relevance import fitted

TABLE = Path(__file__).with_name("about.tsv")
_PRIOR, _EITHER, _BARS = 2.0, 0.5, (0.5, 0.6, ON, 0.8)


class Rows(NamedTuple):
    """libraries [n]; table: features [n, d]; read [n]: 0, 1, 2."""

    libraries: list[str]
    table: NDArray[np.float64]
    read: NDArray[np.int64]


def counted(folder: Path) -> list[str]:
    """The lines of a library."""
    found = []
    with KnowledgeBase.open(folder / "library") as base:
        documents = sorted((base.document(info.id) for info in base.documents()), key=lambda one: one.id)
        names = {Path(info.path).name: info.id for info in base.documents()}
        encoder = base.encoder()
        own = own_of(encoder.encode([lead(one) for one in documents]), [one.language for one in documents])
        about = About({one.id: i for i, one in enumerate(documents)}, own,
                      lambda texts: encoder.encode(texts, role="question"))
        by_id = {one.id: one for one in documents}
        for line in (folder / "about.tsv").read_text(encoding="utf-8").splitlines():
            name, shown, pair, read = line.split("\t")
            document = by_id[names[name]]
            called = tuple(filter(None, (shown, pair)))
            near = dict(zip(called, about.near(called)[about.rows[document.id]], strict=True))
            row = features(called, document, near)
            said = " ".join(f"{value:.3g}" for value in row[1:])
            found.append(f"{folder.name}\t{document.metadata.title}\t{shown}\t{read}\t{said}")
    return found


def rows_of(lines: list[str]) -> Rows:
    """The lines of a table."""
    parts = [line.split("\t") for line in lines]
    return Rows([part[0] for part in parts], np.array([[1.0, *map(float, part[4].split())] for part in parts]),
                np.array([int(part[3]) for part in parts]))


def weights_of(rows: Rows) -> tuple[float, ...]:
    """The weights of a logistic model, the intercept first. What may be either counts half, as being on it."""
    found = fitted(rows.table[:, 1:], 1.0 * (rows.read > 0), np.where(rows.read == 1, _EITHER, 1.0), _PRIOR)
    return tuple(round(weight, 2) for weight in found)


def left_out(rows: Rows) -> NDArray[np.float64]:
    """What weights of the other libraries say of each row."""
    told = np.zeros(len(rows.read))
    libraries = np.array(rows.libraries)
    for name in sorted(set(rows.libraries)):
        kept = libraries != name
        weights = weights_of(Rows([], rows.table[kept], rows.read[kept]))
        told[~kept] = 1 / (1 + np.exp(-rows.table[~kept] @ np.array(weights)))
    return told


def main() -> None:
    """Prints what weights of the other libraries reach in each, and the weights of all."""
    if sys.argv[1:]:
        print("\n".join(line for folder in sorted(Path(sys.argv[1]).iterdir()) for line in counted(folder)))
        return
    rows = rows_of(TABLE.read_text(encoding="utf-8").splitlines())
    told = left_out(rows)
    print(f"{len(rows.read)} pairs of {len(set(rows.libraries))} libraries; not on it: {(rows.read == 0).mean():.3f}")
    for bar in _BARS:
        over = told >= bar
        print(f"left out, from {bar}: {over.mean():.3f} pass, of them {(rows.read[over] == 0).mean():.3f} are not on "
              f"it; {over[rows.read == 2].mean():.3f} of those that are")
    found = weights_of(rows)
    for name, weight in zip(FEATURES, found, strict=True):
        print(f"{weight:6.2f}  {name}")
    print(found, "in use" if found == WEIGHTS else f"in use: {WEIGHTS}")


if __name__ == "__main__":
    main()
