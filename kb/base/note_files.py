"""Notes as the text of a file: Markdown for the eye, a W3C annotation collection in JSON for programs.

Source: Web Annotation Data Model (w3.org/TR/annotation-model): TextQuoteSelector, TextPositionSelector.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from kb.text import in_markdown, one_line
from kb.types import DocumentInfo, Language, UserNote, Words

_SAID = {"changed": Words("the words there are now", "原文现为"),
         "gone": Words("not in this version any more", "现版本中已没有"),
         "removed": Words("the document was removed", "文档已移除")}


def to_markdown(notes: Sequence[UserNote], documents: Mapping[str, DocumentInfo], language: Language) -> str:
    """A heading for each document; the document's words as a quotation, the reader's below it."""
    parts = []
    for document, group in groupby(notes, key=lambda note: note.document):
        info = documents.get(document)
        year = f" ({info.year})" if info is not None and info.year else ""
        title = in_markdown(one_line(info.title if info else document, 300))
        parts.append(f"## {title}{year}\n\n`{document}`\n")
        parts += [_entry(note, language) for note in group]
    return "\n".join(parts)


def _entry(note: UserNote, language: Language) -> str:
    lines = [f"> {in_markdown(line)}" for line in note.quote.strip().splitlines() if line.strip()]
    page = f", p. {note.page}" if note.page is not None else ""
    place = f"`{note.document}:{note.start}-{note.end}`{page}" if note.quote and note.state in ("there", "changed") \
        else f"`{note.document}`"
    state = f" · {_SAID[note.state].in_(language)}" if note.state in _SAID else ""
    if note.state == "changed":
        state += f": {in_markdown(one_line(note.now, 400))}"
    tags = " ".join(f"#{in_markdown(tag.replace(' ', '-'))}" for tag in note.tags)
    lines += [">", f"> {place}{state}"] if note.quote else [f"{place}{state}"]
    lines += ["", note.text] if note.text else []
    lines += ["", tags] if tags else []
    return "\n".join([*lines, "", f"<!-- {note.kind} {note.id} {note.made} -->", ""])


def to_json(notes: Sequence[UserNote], documents: Mapping[str, DocumentInfo]) -> str:
    """An AnnotationCollection with a page of all annotations."""
    made = {"@context": "http://www.w3.org/ns/anno.jsonld", "type": "AnnotationCollection", "total": len(notes),
            "first": {"type": "AnnotationPage", "startIndex": 0,
                      "items": [_annotation(note, documents.get(note.document)) for note in notes]}}
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _annotation(note: UserNote, info: DocumentInfo | None) -> dict[str, Any]:
    bodies = [{"type": "TextualBody", "value": note.text, "format": "text/plain", "purpose": "commenting"}]
    bodies = (bodies if note.text else []) + [
        {"type": "TextualBody", "value": tag, "purpose": "tagging"} for tag in note.tags]
    selectors: list[dict[str, Any]] = []
    if note.quote:
        selectors.append({"type": "TextQuoteSelector", "exact": note.quote, "prefix": note.prefix,
                          "suffix": note.suffix})
    if note.quote and note.state in ("there", "changed"):
        selectors.append({"type": "TextPositionSelector", "start": note.start, "end": note.end})
    target: dict[str, Any] = {"source": f"urn:kb:{note.document}", "selector": selectors}
    if info is not None:
        target |= {"title": info.title, "path": info.path, "doi": info.doi, "year": info.year}
    return {"id": f"urn:kb:note:{note.id}", "type": "Annotation", "created": note.made, "modified": note.changed,
            "motivation": "commenting" if note.kind == "note" else "highlighting", "body": bodies, "target": target,
            "kb": {"state": note.state, "now": note.now, "page": note.page, "section": list(note.section)}}
