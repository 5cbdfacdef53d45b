"""Fit the weights of kb/survey/abstracts.py on sentences of abstracts that were read by hand.

    python -m tools.fit_abstracts FOLDER [--write]

tools/abstracts.tsv lists the abstracts and their sentences; FOLDER has them as Markdown, under any names: a title, the
heading "Abstract" or "摘要", and the text. Printed is how often each is right, and how many of it are found: on the
abstracts of part "fit", each told by weights that were fitted on seven eighths of the others; on those of part "kept",
by weights fitted on "fit" alone. A sentence of two roles is right with either. --write fits on both parts and writes
kb/data/abstract_weights.toml.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kb import KnowledgeBase
from kb.survey.abstracts import EITHER, NAMED, SURE, WEIGHTS, Named, chances, either, features
from kb.survey.sentences import placed
from tools.fitting import weights_of, written

LIST = Path(__file__).parent / "abstracts.tsv"
PARTS = 8


class Labelled(NamedTuple):
    """A sentence, whose it is, and what it names."""

    abstract: str
    part: str
    language: str
    labels: frozenset[str]
    counted: Mapping[str, float]


def main() -> None:
    """Read, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rows = [row for row in _labelled(asked.folder) if row.labels != {"unsure"}]
    fitted_on = [row for row in rows if row.part == "fit"]
    abstracts = sorted({row.abstract for row in fitted_on})
    print(f"{len(fitted_on)} sentences of {len(abstracts)} abstracts, told by the others:")
    likely: dict[int, dict[Named, float]] = {}
    for part in range(PARTS):
        own = {i for i, row in enumerate(fitted_on) if abstracts.index(row.abstract) % PARTS == part}
        weights = _fitted([row for i, row in enumerate(fitted_on) if i not in own])
        likely |= {i: chances(fitted_on[i].counted, weights) for i in own}
    _tell(fitted_on, [likely[i] for i in range(len(fitted_on))])
    kept = [row for row in rows if row.part == "kept"]
    weights = _fitted(fitted_on)
    print(f"{len(kept)} sentences of {len({row.abstract for row in kept})} abstracts kept aside:")
    _tell(kept, [chances(row.counted, weights) for row in kept])
    if asked.write:
        weights = _fitted(rows)
        WEIGHTS.write_text("\n".join(written(name, weights[name]) for name in NAMED), encoding="utf-8")


def _labelled(folder: Path) -> Iterator[Labelled]:
    wanted: dict[str, tuple[str, str, frozenset[str]]] = {}
    abstract = part = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("\t"):
            _, digest, labels = line.split("\t")
            wanted[digest] = abstract, part, frozenset(labels.split(", "))
        elif not line.startswith("#"):
            abstract, part = line.rsplit("\t", 1)
    n_wanted = len(wanted)
    with tempfile.TemporaryDirectory() as home, KnowledgeBase.open(Path(home) / "lib", encoder="hashing") as base:
        base.add(sorted(folder.glob("*.md")))
        for info in base.documents():
            for unit, place in placed(base.document(info.id)):
                found = wanted.pop(hashlib.sha256(" ".join(unit.text.split()).encode()).hexdigest()[:16], None)
                if found:
                    yield Labelled(found[0], found[1], unit.language, found[2],
                                   features(unit.text, place, unit.language))
    print(f"{len(wanted)} of {n_wanted} sentences of the list are not in the abstracts of {folder}")


def _fitted(rows: Sequence[Labelled]) -> dict[Named, dict[str, float]]:
    return weights_of(NAMED, [row.counted for row in rows], [row.labels for row in rows])


def _tell(rows: Sequence[Labelled], likely: Sequence[Mapping[Named, float]]) -> None:
    for role in NAMED:
        _tell_one(role, rows, likely, lambda found, role=role: found[role] >= SURE[role], {role})
    ends = {"limitation", "open"}
    _tell_one("limitation or open", rows, likely, lambda found: either(found) >= EITHER, ends)


def _tell_one(name: str, rows: Sequence[Labelled], likely: Sequence[Mapping[Named, float]],
              is_told: Callable[[Mapping[Named, float]], bool], wanted: set[str]) -> None:
    told = [row for row, found in zip(rows, likely, strict=True) if is_told(found)]
    of = [row for row in rows if row.labels & wanted]
    right = [row for row in told if row.labels & wanted]
    here = ", ".join(f"{language} {sum(row.language == language for row in right)} of "
                     f"{sum(row.language == language for row in told)} told, "
                     f"{sum(row.language == language for row in of)} in all" for language in ("en", "zh"))
    print(f"  {name}: {len(right)} of {len(told)} right, {len(of)} in all ({here})")


if __name__ == "__main__":
    main()
