"""What is told of documents besides their rows: surveys, runs, fitted encoders. It goes with them, or is named.

Reads: the documents that are about to be removed.  Gives: notes, what was taken out where and what stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kb.errors import note
from kb.runs.forget import forget as forget_runs
from kb.store import View
from kb.survey.forget import forget as forget_surveys
from kb.types import Marks, Note


def marks_of(view: View, documents: Iterable[str]) -> Marks:
    """What tells that something is of these documents (whole ids)."""
    ids = list(documents)
    names: list[str] = []
    texts: list[str] = []
    for document in map(view.document, ids):
        files = view.paths.of(document.id)
        names += [document.sha256, document.path, document.metadata.title, view.title_as_read(document.id)]
        names += [name for row in files for name in (row.shown, os.fsdecode(row.path), os.path.basename(row.shown))]
        texts += [document.text, *(item.text for item in document.left_out)]
    return Marks.of(ids, names, texts)


def clear_traces(home: Path, marks: Marks) -> tuple[Note, ...]:
    """Takes what quotes these documents out of the library's folder, outside its database; says where, and what it
    could not take out."""
    surveys = forget_surveys(home, marks)
    found = [note("N_GONE_SURVEY", name=name) for name in surveys]
    for kind in ("jobs", "labs"):
        told, left = forget_runs(home / kind, marks)
        found += [note("N_GONE_RUN", name=f"{kind}/{name}") for name in told if name not in left]
        found += [note("N_LEFT_RUN", name=f"{kind}/{name}") for name in left]
    found += [note("N_LEFT_FITTED", name=name) for name in ("encoder", "reader") if _is_fitted(home / name)]
    return tuple(found)


def notes_of_rows(n_turns: int, tables: Sequence[str]) -> tuple[Note, ...]:
    """What went out of the log of conversations and of kept tables."""
    turns = (note("N_GONE_TURNS", n=n_turns),) if n_turns else ()
    return (*turns, *(note("N_GONE_TABLE", name=name) for name in dict.fromkeys(tables)))


def _is_fitted(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
