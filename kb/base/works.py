"""The works of a library as a reader sees them listed: kb/works.py says which documents are one, this what it is.

Reads: documents as they are listed, and what a reader joined or parted.  Gives: WorkInfo for each work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kb.store.works import fullest_first
from kb.types import DocumentInfo, WorkInfo
from kb.works import ENTRY, OneWork, grouped


def group(infos: Sequence[DocumentInfo], joined: Mapping[tuple[str, str], bool]) -> list[WorkInfo]:
    """The works of a library, in the order of their first documents."""
    known = {info.id: info for info in infos}
    entries = frozenset(info.id for info in infos if info.kind == ENTRY)
    return [_work([known[name] for name in work.names], work) for work in grouped(known.items(), joined, entries)]


def _work(several: Sequence[DocumentInfo], work: OneWork) -> WorkInfo:
    first, *_ = ordered = sorted(several, key=lambda i: fullest_first(i.kind, i.n_characters, i.id))
    year = min((info.year for info in ordered if info.year), default=None)
    authors = next((info.authors for info in ordered if info.authors), ())
    return WorkInfo(first.id, first.title, authors, year, tuple(info.id for info in ordered),
                    tuple(info.kind for info in ordered), work.why)
