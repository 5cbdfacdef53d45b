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
from kb.survey.outline.about import FEATURES, ON, WEIGHTS, WIDE, About, features
from kb.survey.outline.broader import wide_terms
from kb.survey.outline.phrases import Term
from kb.survey.outline.relevance import lead, own_of
from kb.survey.outline.standing import plain
from tests.bench.relevance import fitted

TABLE = Path(__file__).with_name("about.tsv")
_PRIOR, _EITHER, _BARS = 2.0, 0.5, (0.5, 0.7, 0.9, ON)


class Rows(NamedTuple):
    """libraries [n]; table: features [n, d], of a term alone 0 in the last column; read [n]: 0, 1, 2; is_wide [n]."""

    libraries: list[str]
    table: NDArray[np.float64]
    read: NDArray[np.int64]
    is_wide: NDArray[np.bool_]

    def of(self, kept: NDArray[np.bool_]) -> Rows:
        return Rows([name for name, keeps in zip(self.libraries, kept, strict=True) if keeps], self.table[kept],
                    self.read[kept], self.is_wide[kept])


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
        wide = {term.shown: term for term in wide_terms(documents, "", "en")}
        for line in (folder / "about.tsv").read_text(encoding="utf-8").splitlines():
            name, shown, pair, read = line.split("\t")
            document = by_id[names[name]]
            term = wide.get(shown) or Term(plain(shown), shown, frozenset(), frozenset(), pair=pair)
            called = (shown, *term.called)
            near = dict(zip(called, map(float, about.near(called)[about.rows[document.id]]), strict=True))
            row = features(term, document, near)
            said = " ".join(f"{value:.3g}" for value in row[1:])
            found.append(f"{folder.name}\t{document.metadata.title}\t{shown}\t{read}\t{said}")
    return found


def rows_of(lines: list[str]) -> Rows:
    """The lines of a table."""
    parts = [line.split("\t") for line in lines]
    found = [[1.0, *map(float, part[4].split())] for part in parts]
    return Rows([part[0] for part in parts], np.array([row + [0.0] * (len(FEATURES) - len(row)) for row in found]),
                np.array([int(part[3]) for part in parts]), np.array([len(row) == len(FEATURES) for row in found]))


def weights_of(rows: Rows) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The weights of a logistic model for terms and of one for wide names, the intercept first. What may be either
    counts half, as being on it."""
    found = []
    for of, n in ((~rows.is_wide, len(WEIGHTS)), (rows.is_wide, len(WIDE))):
        read = rows.read[of]
        weights = fitted(rows.table[of, 1:n], 1.0 * (read > 0), np.where(read == 1, _EITHER, 1.0), _PRIOR)
        found.append(tuple(round(weight, 2) for weight in weights))
    return found[0], found[1]


def left_out(rows: Rows) -> NDArray[np.float64]:
    """What weights of the other libraries say of each row."""
    told = np.zeros(len(rows.read))
    libraries = np.array(rows.libraries)
    for name in sorted(set(rows.libraries)):
        weights = weights_of(rows.of(libraries != name))
        for i in np.flatnonzero(libraries == name):
            own = weights[int(rows.is_wide[i])]
            told[i] = 1 / (1 + np.exp(-rows.table[i, :len(own)] @ np.array(own)))
    return told


def main() -> None:
    """Prints what weights of the other libraries reach in each, and the weights of all."""
    if sys.argv[1:]:
        print("\n".join(line for folder in sorted(Path(sys.argv[1]).iterdir()) for line in counted(folder)))
        return
    rows = rows_of(TABLE.read_text(encoding="utf-8").splitlines())
    told = left_out(rows)
    for what, of in (("terms", ~rows.is_wide), ("wide names", rows.is_wide)):
        read = rows.read[of]
        print(f"{what}: {len(read)} pairs of {len({*rows.of(of).libraries})} libraries; not on it: "
              f"{(read == 0).mean():.3f}")
        for bar in _BARS:
            over = told[of] >= bar
            print(f"left out, from {bar}: {over.mean():.3f} pass, of them {(read[over] == 0).mean():.3f} are not on "
                  f"it; {over[read == 2].mean():.3f} of those that are")
    found = weights_of(rows)
    for name, weight, wide in zip(FEATURES, (*found[0], 0.0), found[1], strict=True):
        print(f"{weight:6.2f} {wide:6.2f}  {name}")
    for weights, used in zip(found, (WEIGHTS, WIDE), strict=True):
        print(weights, "in use" if weights == used else f"in use: {used}")


if __name__ == "__main__":
    main()
