"""Whether a library holds a topic, on libraries of tests.bench.pairs: topics of the other libraries under their usual
names, and topics that are held and not held in other words.

    python -m tests.bench.pairs CLONE... OUT
    python -m tests.bench.held OUT

A topic of another library counts as not held where no document has all of its words; a work may be on it all the same.
tests/bench/held.tsv: a topic of tests.bench.pairs, a tab, the same in other words, written by somebody who saw nothing
of what is found.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kb import KnowledgeBase
from kb.survey.outline.relevance import measure
from kb.survey.outline.topic_words import n_words

OTHERWISE = Path(__file__).with_name("held.tsv")
_NAME = 4  # words: a name has fewer


class Asked(NamedTuple):
    """A topic in a library. is_whole: whether some document has all of its words."""

    is_held: bool
    is_named: bool
    topic: str
    is_whole: bool
    is_found: bool

    @property
    def kind(self) -> str:
        held = "held" if self.is_held else "of another library"
        how = "its own name" if self.is_named else "other words"
        whole = "a document has it whole" if self.is_whole else "none has it whole"
        return f"{held}, {how}, {whole}, {'fewer than' if n_words(self.topic) < _NAME else 'at least'} {_NAME} words"


def topics_of(home: Path) -> list[str]:
    """The topics that works of a library are on."""
    lines = (line.split("\t") for line in (home / "topics.tsv").read_text(encoding="utf-8").splitlines())
    return [line[0] for line in lines if line[1].strip()]


def otherwise() -> dict[str, list[str]]:
    """Topic -> the same in other words."""
    found: dict[str, list[str]] = {}
    for line in OTHERWISE.read_text(encoding="utf-8").splitlines():
        topic, _, other = line.partition("\t")
        found.setdefault(topic, []).append(other)
    return found


def asked(folder: Path) -> Iterator[Asked]:
    """All topics of all libraries in each: its own under their names and in all other words, the others' under their
    names and in one other wording, drawn."""
    homes = sorted(path.parent for path in folder.glob("*/topics.tsv"))
    every, words, drawn = sorted({topic for home in homes for topic in topics_of(home)}), otherwise(), random.Random(1)
    for home in homes:
        own = topics_of(home)
        with tempfile.TemporaryDirectory() as scratch, KnowledgeBase.open(Path(scratch)) as base:
            base.add([home / "papers"])
            documents = sorted((base.document(info.id) for info in base.documents()), key=lambda one: one.id)
            encoder = base.encoder()
            reader = base.surveyor().reader(encoder)
            for topic in every:
                others = words.get(topic, [])
                is_held = topic in own
                for said in [topic, *(others if is_held else drawn.sample(others, min(1, len(others))))]:
                    found = measure(said, documents, encoder, reader)
                    yield Asked(is_held, said == topic, said, any(row.count == 1 for row in found.held),
                                found.is_found)
        print(home.name, file=sys.stderr)


def main() -> None:
    """Prints how many topics of each kind pass."""
    every, passed = Counter[str](), Counter[str]()
    for one in asked(Path(sys.argv[1])):
        every[one.kind] += 1
        passed[one.kind] += one.is_found
    for kind in sorted(every):
        print(f"{passed[kind]:4} of {every[kind]:4} pass: {kind}")


if __name__ == "__main__":
    main()
