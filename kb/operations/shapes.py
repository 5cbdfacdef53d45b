"""Results as plain values: what every door says, the command with --json, MCP and HTTP alike.

Reads: records.  Gives: dicts that JSON can hold. What is a record by itself says `to_dict` and has no shape here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb.base.places import Place
    from kb.base.reading import Edit, Field
    from kb.survey import Audit
    from kb.survey.cite import CitedWork
    from kb.types import (
        Collection,
        Document,
        DocumentInfo,
        Feedback,
        FilePath,
        Hit,
        KeptQuestion,
        QuestionCheck,
        Removal,
        Summary,
        Tag,
        UserNote,
    )


def hits(found: Iterable[Hit], own: Iterable[UserNote] = ()) -> dict[str, Any]:
    """Of `search`; own: the reader's notes on it."""
    return {"hits": [hit.to_dict() for hit in found], **notes(own)}


def notes(found: Iterable[UserNote]) -> dict[str, Any]:
    """Of `notes`."""
    return {"notes": [note.to_dict() for note in found]}


def questions(found: Iterable[KeptQuestion]) -> dict[str, Any]:
    """Of `questions`."""
    return {"questions": [one.to_dict() for one in found]}


def feedback(found: Iterable[Feedback]) -> dict[str, Any]:
    """Of `feedback`."""
    return {"feedback": [one.to_dict() for one in found]}


def checks(found: Iterable[QuestionCheck]) -> dict[str, Any]:
    """Of `check_questions`."""
    return {"checks": [{**one.to_dict(), "different": one.is_different} for one in found]}


def documents(infos: Sequence[DocumentInfo], offset: int = 0, limit: int | None = None) -> dict[str, Any]:
    """Of `list`; with a limit one page of it. next: the offset of the page after it, None where this is the last."""
    if limit is None:
        return {"documents": [info.to_dict() for info in infos]}
    end = min(len(infos), offset + limit)
    return {"documents": [info.to_dict() for info in infos[offset:end]], "n_documents": len(infos),
            "next": end if offset < end < len(infos) else None}


def filing(collections: Iterable[Collection], tags: Iterable[Tag]) -> dict[str, Any]:
    """Of `collections`."""
    return {"collections": [item.to_dict() for item in collections], "tags": [item.to_dict() for item in tags]}


def place(found: Place, files: Sequence[FilePath]) -> dict[str, Any]:
    """Of `show` with a span."""
    return {**found.to_dict(), "is_gone": _is_gone(files)}


def document(shown: Document, files: Sequence[FilePath], text: str | None) -> dict[str, Any]:
    """Of `show`: all that is known of a document, with a text of it where one was asked for."""
    values = {**shown.to_dict(), "paths": [path.to_dict() for path in files], "is_gone": _is_gone(files), "text": text}
    return {name: value for name, value in values.items() if name != "text" or text is not None}


def _is_gone(files: Sequence[FilePath]) -> bool:
    return bool(files) and all(path.is_gone for path in files)


def summaries(found: Iterable[Summary]) -> dict[str, Any]:
    """Of `read`."""
    return {"summaries": [summary.to_dict() for summary in found]}


def references(found: Iterable[CitedWork]) -> dict[str, Any]:
    """Of `cite`."""
    return {"references": [work.to_dict() for work in found]}


def removed(found: Removal) -> dict[str, Any]:
    """Of `remove`."""
    return {"removed": [info.to_dict() for info in found.documents], "notes": [note.to_dict() for note in found.notes]}


def edited(made: Edit) -> dict[str, Any]:
    """Of `edit`."""
    return {"document": made.document, "before": _fields(made.before), "after": _fields(made.after)}


def _fields(fields: Sequence[Field]) -> dict[str, dict[str, Any]]:
    return {field.name: {name: value for name, value in field.to_dict().items() if name != "name"} for field in fields}


def audited(found: Audit, **more: str) -> dict[str, Any]:
    """Of `survey`: what the audit counts, behind what else there is to say."""
    return {**more, "sound": found.is_sound, **found.to_dict()}
