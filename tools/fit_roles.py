"""Fit the weights of roles.py on sentences of papers whose roles were read by hand.

    python -m tools.fit_roles FOLDER [--write]

tools/roles.tsv lists the documents and their sentences; FOLDER has the documents under any names, got by `git cat-file
blob ID` in a clone. Printed is how often each role is right, and how many of it are found: on the documents of part
"fit", each told by weights that were fitted on seven eighths of the others, and on those of the other parts, which are
never fitted on. A sentence of two roles is right with either; one that is unsure is right with none. --write writes
kb/data/role_weights.toml.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kb import KnowledgeBase
from kb.survey.roles import EITHER, FROM, IN_LIMITS, SURE, TOLD, WEIGHTS, Told, either, features, may_be
from kb.survey.sentences import placed
from kb.types import Document
from tools.fitting import weights_of, written

LIST = Path(__file__).parent / "roles.tsv"
PARTS = 8


class Labelled(NamedTuple):
    """A sentence, whose it is, and what it tells."""

    blob: str
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
    rows = list(_labelled(asked.folder))
    fitted_on = [row for row in rows if row.part == "fit"]
    documents = sorted({row.blob for row in fitted_on})
    print(f"{len(fitted_on)} sentences of {len(documents)} documents, told by the others:")
    chances: dict[int, dict[Told, float]] = {}
    for part in range(PARTS):
        own = [i for i, row in enumerate(fitted_on) if documents.index(row.blob) % PARTS == part]
        weights = _fitted([row for i, row in enumerate(fitted_on) if i not in set(own)])
        chances |= {i: _chances(fitted_on[i], weights) for i in own}
    _tell(fitted_on, [chances[i] for i in range(len(fitted_on))])
    weights = _fitted(fitted_on)
    for part in sorted({row.part for row in rows} - {"fit"}):
        held = [row for row in rows if row.part == part]
        print(f"{len(held)} sentences of {len({row.blob for row in held})} documents of part {part!r}:")
        _tell(held, [_chances(row, weights) for row in held])
    if asked.write:
        WEIGHTS.write_text("\n".join(written(role, weights[role]) for role in TOLD), encoding="utf-8")


def _labelled(folder: Path) -> Iterator[Labelled]:
    wanted: dict[str, tuple[str, dict[str, frozenset[str]]]] = {}
    blob = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("\t"):
            _, digest, labels = line.split("\t")
            wanted[blob][1][digest] = frozenset(labels.split(", "))
        elif not line.startswith("#"):
            blob, _, _, part = line.split("\t")
            wanted[blob] = part, {}
    missing = sum(len(own) for _, own in wanted.values())
    for blob, document in _documents(folder, set(wanted)):
        part, own = wanted[blob]
        for unit, place in placed(document):
            labels = own.pop(hashlib.sha256(" ".join(unit.text.split()).encode()).hexdigest()[:16], None)
            if labels:
                missing -= 1
                yield Labelled(blob, part, unit.language, labels, features(unit.text, place, unit.language))
    print(f"{missing} sentences of the list are not in the documents of {folder}, as they are read now")


def _documents(folder: Path, wanted: set[str]) -> Iterator[tuple[str, Document]]:
    paths = {_blob(path): path for path in sorted(folder.rglob("*")) if path.is_file()}
    own = {path: blob for blob, path in paths.items() if blob in wanted}
    with tempfile.TemporaryDirectory() as home, KnowledgeBase.open(Path(home) / "lib", encoder="hashing") as base:
        base.add(list(own))
        for info in base.documents():
            yield own[Path(info.path)], base.document(info.id)


def _blob(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()[:16]


def _fitted(rows: Sequence[Labelled]) -> dict[Told, dict[str, float]]:
    return weights_of(TOLD, [row.counted for row in rows], [row.labels for row in rows])


def _chances(row: Labelled, weights: Mapping[Told, Mapping[str, float]]) -> dict[Told, float]:
    return {role: float(1 / (1 + np.exp(-sum(own.get(name, 0.0) * value for name, value in row.counted.items()))))
            if may_be(role, row.counted) else 0.0 for role, own in weights.items()}


def _tell(rows: Sequence[Labelled], chances: Sequence[Mapping[Told, float]]) -> None:
    for role in TOLD:
        _tell_one(role, [found[role] for found in chances], SURE[role], [role in row.labels for row in rows], rows)
    is_one = [bool(row.labels & {"limitation", "open"}) for row in rows]
    _tell_one("limitation or open", [either(found) for found in chances], EITHER, is_one, rows)
    in_limits = [either(found) if "in limits" in row.counted and row.counted["position"] >= FROM else 0.0
                 for row, found in zip(rows, chances, strict=True)]
    _tell_one("limitation or open, under a heading on limits", in_limits, IN_LIMITS, is_one, rows)


def _tell_one(name: str, likely: Sequence[float], sure: float, is_so: Sequence[bool], rows: Sequence[Labelled]) -> None:
    said = []
    for cut in sorted({0.5, 0.6, 0.7, 0.8, 0.9, sure}):
        told = [i for i, value in enumerate(likely) if value >= cut]
        right = [i for i in told if is_so[i]]
        here = ", ".join(f"{language} {sum(rows[i].language == language for i in right)} of "
                         f"{sum(rows[i].language == language for i in told)}" for language in ("en", "zh"))
        said.append(f"{'>' if cut == sure else ' '} {cut:.2f}: {len(right)} of {len(told)} right ({here})")
    print(f"  {name}, {sum(is_so)} in all", *said, sep="\n    ")


if __name__ == "__main__":
    main()
