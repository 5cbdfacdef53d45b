"""Which works a topic concerns, on libraries mixed of related-work sets: precision, recall, and topics that are not
held.

    KB_RELATED_WORK=FILE python -m tests.bench.relevance

FILE: as for `tests.bench.survey`; its topics are the titles of the citing papers, the works that each cites are on the
topic, those of the other sets in the library are off it. Every library has the works of _SETS sets; each of its topics
and as many of other sets are asked for.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kb import KnowledgeBase
from kb.survey.outline.relevance import measure
from tests.bench.survey import RelatedWork, sets

_SETS = 4


def measured(mixed: Sequence[RelatedWork], others: Sequence[RelatedWork]) -> dict[str, list[float]]:
    """Of one library: precision and recall of each topic of its own that is found, and shares of topics found."""
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
