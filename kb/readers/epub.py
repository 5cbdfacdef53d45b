"""Books (.epub): the chapters in the order of the spine, as Markdown.

Reads: bytes.  Gives: Extract. The archive and its three kinds of XML are read here; a chapter is a page without menus,
so all of its body is text (markup.py).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from kb.errors import FileProblem, Unreadable, note
from kb.readers import Limits
from kb.readers.archive import Package, resolved
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.markup import markdown_of
from kb.readers.metadata import clean_doi, split_authors, year_of
from kb.text import one_line
from kb.types import Language, Metadata, Words

_LARGEST = 500 * 2**20  # pictures make the most of a book
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # fonts made unreadable, not words


class _Book(NamedTuple):
    """chapters: the entries with text, in reading order.  titles: of entries, from the table of contents."""

    chapters: list[str]
    titles: dict[str, str]
    metadata: Metadata
    language: Language | None
    n_missing: int


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a book. Errors: FileProblem E_BOMB, E_LOCKED (rights management), E_PARSE, E_TOO_BIG."""
    package = Package(data, _LARGEST)
    _refuse_locked(package)
    book = _open(package)
    draft = Draft(limits)
    n_lost = book.n_missing
    lost: Counter[str] = Counter()
    for name in book.chapters:
        try:
            words = markdown_of(package.bytes_of(name), lost=lost)
        except Unreadable:
            n_lost += 1
            continue
        title = book.titles.get(name, "")
        if title and words and not re.search(r"^#{1,6} ", words, re.MULTILINE):
            draft.heading(1, title)
            if words.split("\n")[0].strip() == title:
                words = words.partition("\n")[2]
        draft.markdown(words)
    if n_lost and not len(draft):
        raise Unreadable("E_PARSE", detail=Words("none of its chapters can be read", "没有一章可以读取"))
    notes = [note("N_CHAPTERS", n=n_lost, total=len(book.chapters) + book.n_missing)] if n_lost else []
    del lost[""]
    notes += left_out(lost)
    return draft.extract("epub", book.metadata, notes, language=book.language, is_partial=bool(n_lost))


def _refuse_locked(package: Package) -> None:
    """Errors: FileProblem E_LOCKED if more than fonts is encrypted."""
    if "META-INF/encryption.xml" not in package.names:
        return
    for method in package.tree("META-INF/encryption.xml").iter("{*}EncryptionMethod"):
        if method.get("Algorithm") not in _FONTS:
            raise FileProblem("E_LOCKED")


def _open(package: Package) -> _Book:
    container = package.tree("META-INF/container.xml")
    file = next((item.get("full-path") or "" for item in container.iter("{*}rootfile")), "")
    root = package.tree(file)
    items = {item.get("id"): item for item in root.iter("{*}item")}
    chapters: list[str] = []
    n_missing = 0
    toc = ""
    for spine in root.iter("{*}spine"):
        toc = spine.get("toc") or ""
    for reference in root.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        name = resolved(file, item.get("href") or "") if item is not None else ""
        if item is not None and "nav" in (item.get("properties") or "").split():
            continue
        if name not in package.names:
            n_missing += 1
        elif name not in chapters and item is not None and "html" in (item.get("media-type") or "html") + name:
            chapters.append(name)
    if not chapters:
        raise Unreadable("E_PARSE", detail=Words("no chapter is named in it", "其中没有列出章节"))
    titles: dict[str, str] = {}
    for item in items.values():
        name = resolved(file, item.get("href") or "")
        is_toc = item.get("id") == toc or "nav" in (item.get("properties") or "").split()
        if is_toc and name in package.names:
            _add_titles(titles, package, name)
    metadata, language = _metadata(root)
    return _Book(chapters, titles, metadata, language, n_missing)


def _add_titles(titles: dict[str, str], package: Package, name: str) -> None:
    """What the table of contents calls an entry: the first that leads to it."""
    try:
        root = package.tree(name)
    except Unreadable:
        return
    for link in root.iter("{*}a"):
        titles.setdefault(resolved(name, link.get("href") or ""), one_line("".join(link.itertext()), 200))
    for point in root.iter("{*}navPoint"):
        content, label = point.find("{*}content"), point.find("{*}navLabel")
        if content is not None and label is not None:
            titles.setdefault(resolved(name, content.get("src") or ""), one_line("".join(label.itertext()), 200))


def _metadata(root: Any) -> tuple[Metadata, Language | None]:
    def all_of(name: str) -> list[str]:
        found = root.iter("{http://purl.org/dc/elements/1.1/}" + name)
        return [words for item in found if (words := one_line("".join(item.itertext()), 500))]

    language = next(iter(all_of("language")), "").lower()[:2]
    dois = [doi for item in (*all_of("identifier"), *all_of("source")) if (doi := clean_doi(item))]
    return Metadata(title=next(iter(all_of("title")), ""), authors=split_authors(all_of("creator")),
                    year=next((year for date in all_of("date") if (year := year_of(date))), None),
                    venue=next(iter(all_of("publisher")), None),
                    doi=dois[0] if dois else None), "zh" if language == "zh" else "en" if language == "en" else None
