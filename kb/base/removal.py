"""What is told of documents besides their rows: surveys, runs, fitted encoders. It goes with them, or is named.

Reads: the documents that are about to be removed.  Gives: notes, what was taken out where and what stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kb.errors import note
from kb.runs.forget import forget as forget_runs
from kb.store import Gone, View
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


def notes_of_rows(gone: Sequence[Gone]) -> tuple[Note, ...]:
    """What went out of the log of conversations, of kept tables, questions and notes."""
    counts = {"N_GONE_TURNS": sum(one.turns for one in gone), "N_GONE_QUESTIONS": sum(one.questions for one in gone),
              "N_GONE_NOTES": sum(one.notes for one in gone), "N_GONE_FEEDBACK": sum(one.feedback for one in gone)}
    found = {code: (note(code, n=n),) if n else () for code, n in counts.items()}
    names = dict.fromkeys(name for one in gone for name in one.tables)
    return (*found["N_GONE_TURNS"], *(note("N_GONE_TABLE", name=name) for name in names),
            *found["N_GONE_QUESTIONS"], *found["N_GONE_FEEDBACK"], *found["N_GONE_NOTES"])


def _is_fitted(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
