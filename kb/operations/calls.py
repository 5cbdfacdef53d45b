"""What each operation does with an opened library. The table in __init__.py says what may be given to it.

Reads: a KnowledgeBase, arguments within their bounds.  Gives: plain values in the shapes of the command's --json.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kb.errors import RequestError
from kb.messages import Words
from kb.operations import shapes
from kb.operations.filing import scope_of

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.types import Language, NoteKind

_LONG_TEXT = Words("an address, a path, or text with a title", "网址或路径，或带标题的文本")


def search(base: KnowledgeBase, question: str, k: int, **filters: Any) -> dict[str, Any]:
    """The best passages."""
    scope = scope_of(filters)
    return shapes.hits(base.search(question, k, scope=scope), base.search_notes(question, k, scope=scope))


def ask(base: KnowledgeBase, question: str, llm: bool, deep: bool, without: Sequence[str],
        **filters: Any) -> dict[str, Any]:
    """An answer with the place of every sentence."""
    return base.ask(question, llm=llm, deep=deep, scope=scope_of(filters), without=without).to_dict()


def table(base: KnowledgeBase, columns: Sequence[str], preset: str | None, documents: Sequence[str],
          **filters: Any) -> dict[str, Any]:
    """A row for each document, a cell for each column."""
    from kb.base.tabling import preset as columns_of
    from kb.text import guess_language

    language = guess_language(" ".join(columns)) if columns else "en"
    named = columns_of(preset, language) if preset else ()
    return base.table([*named, *columns], documents=documents, scope=scope_of(filters)).to_dict()


def read(base: KnowledgeBase, documents: Sequence[str], language: Language | None) -> dict[str, Any]:
    """What documents say of themselves."""
    return shapes.summaries(base.read(documents, language=language))


def cite(base: KnowledgeBase, documents: Sequence[str], style: str | None, language: Language | None) -> dict[str, Any]:
    """Documents as entries of a list of references."""
    return shapes.references(base.cite(documents, style=style, language=language))


def bibliography(base: KnowledgeBase, documents: Sequence[str], style: str, collections: Sequence[str]) -> dict[
        str, Any]:
    """Documents as one bibliography."""
    return {"style": style, "text": base.bibliography(documents, style=style, collections=collections)}


def works(base: KnowledgeBase) -> dict[str, Any]:
    """The works that the documents are texts of."""
    return {"works": [work.to_dict() for work in base.works()]}


def map_documents(base: KnowledgeBase, **filters: Any) -> dict[str, Any]:
    """Where documents lie by meaning, and which lie together."""
    return base.map(scope_of(filters)).to_dict()


def where(base: KnowledgeBase, quote: str, documents: Sequence[str], k: int) -> dict[str, Any]:
    """Where a sentence stands word for word."""
    return base.where(quote, documents=documents, k=k).to_dict()


def list_documents(base: KnowledgeBase, offset: int, limit: int, sort: str, **filters: Any) -> dict[str, Any]:
    """A page of the documents."""
    return shapes.documents(base.documents(scope_of(filters), sort=sort), offset, limit)


def show(base: KnowledgeBase, document: str, place: str, offset: int, limit: int) -> dict[str, Any]:
    """A document, a page or a span of it; a long text in parts."""
    from kb.base.places import page_text, place_at

    found = base.document(document)
    files = base.files(found.id)
    if span := re.fullmatch(r"([0-9]{1,12})-([0-9]{1,12})", place):
        return shapes.place(place_at(found, int(span[1]), int(span[2])), files)
    text = page_text(found, place) if place else found.text
    end = min(len(text), offset + limit)
    return {**shapes.document(found, files, text[offset:end]), "n_characters": len(text),
            "next": end if offset < end < len(text) else None}


def survey(base: KnowledgeBase, topic: str, language: str | None, length: str, style: str | None,
           documents: Sequence[str], works: int, columns: Sequence[str], llm: bool, **filters: Any) -> dict[str, Any]:
    """A survey as text, its references, and what its audit counts."""
    written = base.survey(topic, language=language, length=length, style=style, documents=documents, works=works,
                          columns=columns, llm=llm, scope=scope_of(filters))
    surveyor = base.surveyor()
    made = {**surveyor.export(written, "markdown"), **surveyor.export(written, "bibtex")}
    return {**shapes.audited(surveyor.audit(written), title=written.title),
            "markdown": made["survey.md"].decode(), "bibtex": made["references.bib"].decode()}


def add(base: KnowledgeBase, paths: Sequence[str], title: str | None, text: str | None) -> dict[str, Any]:
    """What became of each file, or of the text. Errors: RequestError for both at once, or neither."""
    if bool(paths) == (text is not None) or (text is None) != (title is None):
        raise RequestError("E_ARGUMENT", name="paths", wanted=_LONG_TEXT)
    report = base.add(paths) if paths else base.add_text(text or "", title or "")
    return report.to_dict()


def import_bibliography(base: KnowledgeBase, paths: Sequence[str]) -> dict[str, Any]:
    """What became of each entry."""
    return base.import_bibliography(paths).to_dict()


def edit(base: KnowledgeBase, document: str, clear: Sequence[str], **fields: Any) -> dict[str, Any]:
    """The metadata as they were and as they are."""
    return shapes.edited(base.edit(document, clear=clear, **fields))


def notes(base: KnowledgeBase, question: str | None, documents: Sequence[str], tags: Sequence[str],
          kind: NoteKind | None) -> dict[str, Any]:
    """The reader's notes: all of them, or those that a question is about."""
    found = base.notes(documents, tags=tags, kind=kind)
    if question is not None:
        wanted = {note.id for note in found}
        found = tuple(note for note in base.search_notes(question, 100) if note.id in wanted)
    return shapes.notes(found)


def note(base: KnowledgeBase, document: str, text: str, quote: str, place: str, tags: Sequence[str]) -> dict[str, Any]:
    """A note that is made, or a highlight where it has no text. Errors: RequestError for a place that is none."""
    span = re.fullmatch(r"([0-9]{1,12})-([0-9]{1,12})", place)
    if place and span is None:
        raise RequestError("E_ARGUMENT", name="place", wanted=Words("a span like 100-200", "形如 100-200 的位置"))
    at = (int(span[1]), int(span[2])) if span else None
    made = base.add_note(document, text, quote=quote, place=at, tags=tags) if text.strip() else base.highlight(
        document, quote, place=at, tags=tags)
    return made.to_dict()


def edit_note(base: KnowledgeBase, note: str, text: str | None, tags: Sequence[str] | None) -> dict[str, Any]:
    """The note as it is now."""
    return base.edit_note(note, text=text, tags=tags).to_dict()


def remove_notes(base: KnowledgeBase, notes: Sequence[str]) -> dict[str, Any]:
    """The notes that are gone now."""
    return shapes.notes(base.remove_notes(notes))


def questions(base: KnowledgeBase, unanswered: bool) -> dict[str, Any]:
    """The kept questions, or those without an answer."""
    return shapes.questions(base.unanswered() if unanswered else base.questions())


def keep_question(base: KnowledgeBase, question: str) -> dict[str, Any]:
    """A question that is kept with its answer."""
    return base.keep_question(question).to_dict()


def check_questions(base: KnowledgeBase, questions: Sequence[str], update: bool) -> dict[str, Any]:
    """What would now be answered differently."""
    return shapes.checks(base.check_questions(questions, update=update))


def remove_questions(base: KnowledgeBase, questions: Sequence[str]) -> dict[str, Any]:
    """The kept questions that are gone now."""
    return shapes.questions(base.remove_questions(questions))


def remove(base: KnowledgeBase, documents: Sequence[str]) -> dict[str, Any]:
    """The documents that are gone now, and what may still have something of them."""
    return shapes.removed(base.remove(documents))
