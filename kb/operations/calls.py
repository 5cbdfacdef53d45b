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

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.types import Language

_LONG_TEXT = Words("an address, a path, or text with a title", "网址或路径，或带标题的文本")


def search(base: KnowledgeBase, question: str, k: int) -> dict[str, Any]:
    """The best passages."""
    return shapes.hits(base.search(question, k))


def ask(base: KnowledgeBase, question: str, llm: bool, deep: bool) -> dict[str, Any]:
    """An answer with the place of every sentence."""
    return base.ask(question, llm=llm, deep=deep).to_dict()


def table(base: KnowledgeBase, columns: Sequence[str], preset: str | None, documents: Sequence[str]) -> dict[str, Any]:
    """A row for each document, a cell for each column."""
    from kb.base.tabling import preset as columns_of
    from kb.text import guess_language

    language = guess_language(" ".join(columns)) if columns else "en"
    named = columns_of(preset, language) if preset else ()
    return base.table([*named, *columns], documents=documents).to_dict()


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


def where(base: KnowledgeBase, quote: str, documents: Sequence[str], k: int) -> dict[str, Any]:
    """Where a sentence stands word for word."""
    return base.where(quote, documents=documents, k=k).to_dict()


def list_documents(base: KnowledgeBase, offset: int, limit: int) -> dict[str, Any]:
    """A page of the documents."""
    return shapes.documents(base.documents(), offset, limit)


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
           documents: Sequence[str], works: int, columns: Sequence[str], llm: bool) -> dict[str, Any]:
    """A survey as text, its references, and what its audit counts."""
    written = base.survey(topic, language=language, length=length, style=style, documents=documents, works=works,
                          columns=columns, llm=llm)
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


def remove(base: KnowledgeBase, documents: Sequence[str]) -> dict[str, Any]:
    """The documents that are gone now, and what may still have something of them."""
    return shapes.removed(base.remove(documents))
