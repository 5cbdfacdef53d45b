"""What became of a document when it was read: what is there, what was left out and why, what is only a guess.

Reads: a Document as it is stored.  Gives: ReadingReport, with what is doubtful about it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from kb.errors import finding
from kb.readers.left_out import name_of, reason
from kb.readers.legible import is_legible
from kb.types import DOUBTFUL, Document, Finding, Language, Metadata, Note, Record, Words

Origin = Literal["file", "beside", "edited", "index", "guess", "missing"]
_FIELDS = ("title", "authors", "year", "venue", "doi", "arxiv", "url", "language")
_NEARLY_EMPTY = 25  # characters that are seen on a page: a number, a running head, the title of a part
_SLIDES = ("pptx", "odp")  # kinds in which a page of few words is usual
_DATA = ("sheet", "csv", "notebook")  # kinds that seldom say a title, authors and a year
_SHOWN = 3  # texts of each kind that was left out
# Letters without a meaning, but not at the beginning of a line, where they are the bullets of a symbol font.
_UNUSUAL = re.compile("\ufffd|(?<=[^\n])[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_FEW = 0.001  # of the characters
# How much each speaks for looking at a document first.
_WEIGHTS = {"F_DOUBT_UNREAD": 200, "F_DOUBT_LETTERS": 50, "F_DOUBT_PARTIAL": 40, "F_DOUBT_RECOGNISED": 35,
            "F_DOUBT_LEFT_OUT": 30, "F_DOUBT_PAGES": 20, "F_DOUBT_NO_TITLE": 15, "F_DOUBT_TITLE": 10,
            "F_DOUBT_TWICE": 10, "F_DOUBT_AUTHORS": 4, "F_DOUBT_YEAR": 3}

_OF_METADATA = ("F_DOUBT_NO_TITLE", "F_DOUBT_TITLE", "F_DOUBT_TWICE", "F_DOUBT_AUTHORS", "F_DOUBT_YEAR")


@dataclass(frozen=True, slots=True)
class Field(Record):
    """A field of a document's metadata. origin: "file" (the document says it itself), "beside" (a metadata file beside
    it), "edited" (a reader set it, at the ISO time `when`), "index" (it was looked up then, in `source`), "guess" or
    "missing"."""

    name: str
    value: str | int | tuple[str, ...] | None
    origin: Origin
    when: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Edit(Record):
    """What an edit changed: all fields as they were and as they are."""

    document: str
    before: tuple[Field, ...]
    after: tuple[Field, ...]

    def changed(self) -> tuple[tuple[Field, Field], ...]:
        """(before, after) of the fields that are not what they were, or no longer come from where they came."""
        return tuple((old, new) for old, new in zip(self.before, self.after, strict=True) if old != new)


@dataclass(frozen=True, slots=True)
class Omission(Record):
    """What is not in the text, by kind: how often, on which pages (numbers in the file, where they are known), and some
    of it verbatim."""

    kind: str
    n: int
    pages: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """The number and the kind: "14 running heads and feet"."""
        return name_of(self.kind, self.n).in_(language)

    def why(self, language: Language) -> str:
        """Why this kind is left out."""
        return reason(self.kind).in_(language)


@dataclass(frozen=True, slots=True)
class ReadingReport(Record):
    """What was read of a document.

    parts: kind -> how many, of sections, tables, captions and the other kinds of Block.  left_out: what is not in the
    text; notes: what else is to be said of it.  nearly_empty: numbers of pages with hardly a character.  recognised:
    (number, how sure the recogniser is, in [0, 1]) of the pages whose text was recognised in their picture.  doubts:
    what a reader should look at, the weightiest first; of level "error" where nothing of it can be found.
    """

    document: str
    title: str
    path: str
    kind: str
    language: Language
    status: str
    n_characters: int
    n_pages: int
    n_passages: int
    parts: dict[str, int]
    fields: tuple[Field, ...]
    left_out: tuple[Omission, ...] = ()
    notes: tuple[Note, ...] = ()
    nearly_empty: tuple[int, ...] = ()
    recognised: tuple[tuple[int, float], ...] = ()
    doubts: tuple[Finding, ...] = ()

    @property
    def weight(self) -> int:
        """How doubtful it is, to order by."""
        return sum(_WEIGHTS[doubt.code] for doubt in self.doubts)

    def sure_in_words(self) -> str:
        """How sure the recogniser is of its pages: "93%", or "81%–97%"; "" without any."""
        said = [f"{sure:.0%}" for sure in sorted({sure for _, sure in self.recognised})]
        return "–".join(dict.fromkeys((said[0], said[-1]))) if said else ""

    @property
    def lacks_only_metadata(self) -> bool:
        """Whether its text raises no doubt, only what is known of it."""
        return all(doubt.code in _OF_METADATA for doubt in self.doubts)

    @property
    def is_sound(self) -> bool:
        """Whether something of it can be found."""
        return all(doubt.level != "error" for doubt in self.doubts)


def fields_of(metadata: Metadata, language: Language) -> tuple[Field, ...]:
    """The fields of a document and where each comes from."""
    # what the references of other documents say is a guess, whoever set it
    set_later = {item.field: item for item in metadata.edited if item.source != "library"}
    found = []
    for name in _FIELDS:
        value = language if name == "language" else getattr(metadata, name)
        if item := set_later.get(name):
            found.append(Field(name, value or None, "index" if item.source else "edited", item.when, item.source))
            continue
        origin: Origin = ("missing" if not value else "guess" if name in metadata.guessed
                          else "beside" if name in metadata.beside else "file")
        found.append(Field(name, value or None, origin))
    return tuple(found)


def report_of(document: Document, n_passages: int, same_title: Sequence[str] = ()) -> ReadingReport:
    """The report on a document. same_title: files of the other documents that are called so."""
    parts = Counter(block.kind for block in document.blocks)
    sections = sum(bool(section.heading) for section in document.sections)
    left_out, notes = _left_out(document)
    empty = tuple(page.number for page in document.pages
                  if len("".join(document.text[page.start:page.end].split())) < _NEARLY_EMPTY)
    return ReadingReport(
        document.id, document.metadata.title, document.path, document.kind, document.language, document.status,
        len(document.text), len(document.pages), n_passages, {"section": sections, **dict(sorted(parts.items()))},
        fields_of(document.metadata, document.language), left_out, notes, empty,
        tuple((page.number, page.recognised) for page in document.pages if page.recognised is not None),
        _doubts(document, n_passages, left_out, empty, same_title))


def _left_out(document: Document) -> tuple[tuple[Omission, ...], tuple[Note, ...]]:
    """(what was left out, the other notes): readers tell it by place in `Document.left_out`, or by counts in a note."""
    n: Counter[str] = Counter()
    pages: dict[str, set[int]] = {}
    texts: dict[str, list[str]] = {}
    for item in sorted(document.left_out, key=lambda item: -len(item.pages)):
        n[item.kind] += max(1, len(item.pages))
        pages.setdefault(item.kind, set()).update(item.pages)
        if shown := "".join(c for c in item.text if unicodedata.category(c) != "Co").strip():
            texts.setdefault(item.kind, []).append(shown)  # without letters that only its own font knows
    notes = []
    for note in document.notes:
        counts = {kind: int(value) for kind, value in note.values.items() if isinstance(value, str) and value.isdigit()}
        if note.code == "N_LEFT_OUT" and counts:
            n.update(counts)
        else:
            notes.append(note)
    return tuple(Omission(kind, many, tuple(sorted(pages.get(kind, ()))),
                          tuple(dict.fromkeys(texts.get(kind, ())))[:_SHOWN]) for kind, many in n.items()), tuple(notes)


def _doubts(document: Document, n_passages: int, left_out: Sequence[Omission], empty: Sequence[int],
            same_title: Sequence[str]) -> tuple[Finding, ...]:
    m, own = document.metadata, {"document": document.id}
    found: list[Finding | None] = [
        _status(document, n_passages), _letters(document), _recognised(document), _much(document, left_out),
        _doubt("F_DOUBT_PAGES", n=len(empty), total=len(document.pages), pages=pages_in_words(empty))
        if empty and n_passages and (document.kind not in _SLIDES or len(empty) > len(document.pages) / 2) else None]
    if document.kind in _DATA and m.title:
        return tuple(doubt for doubt in found if doubt)
    if not m.title or "title" in m.guessed:
        found.append(_doubt("F_DOUBT_TITLE" if m.title else "F_DOUBT_NO_TITLE", **own))
    if same_title:
        others = ", ".join(same_title[:5]) + (" …" if same_title[5:] else "")
        found.append(_doubt("F_DOUBT_TWICE", others=others, **own))
    edited = {item.field for item in m.edited}  # a reader who says that there is none knows it
    found += [_doubt(code, **own) for name, code in (("authors", "F_DOUBT_AUTHORS"), ("year", "F_DOUBT_YEAR"))
              if not getattr(m, name) and name not in edited]
    return tuple(sorted((doubt for doubt in found if doubt), key=lambda doubt: -_WEIGHTS[doubt.code]))


def _doubt(code: str, **values: object) -> Finding:
    return finding("error" if code == "F_DOUBT_UNREAD" else "warning", "document", code, **values)


def _status(document: Document, n_passages: int) -> Finding | None:
    if document.status == "ok" and n_passages or document.kind == "entry":  # all there is of it was read
        return None
    said = Words(document.note_in("en") or document.status, document.note_in("zh") or document.status)
    return _doubt("F_DOUBT_PARTIAL" if n_passages else "F_DOUBT_UNREAD", note=said)


def _letters(document: Document) -> Finding | None:
    pieces = [document.text[page.start:page.end] for page in document.pages] or [document.text]
    illegible = sum(not is_legible(piece) for piece in pieces) if document.kind not in _DATA else 0
    n = len(_UNUSUAL.findall(document.text))
    if not illegible and n <= _FEW * len(document.text):
        return None
    return _doubt("F_DOUBT_LETTERS", document=document.id, n=n, pages=illegible)


def _recognised(document: Document) -> Finding | None:
    unsure = [page.number for page in document.pages if page.recognised is not None and page.recognised < DOUBTFUL]
    if not unsure:
        return None
    return _doubt("F_DOUBT_RECOGNISED", n=len(unsure), total=len(document.pages), pages=pages_in_words(unsure))


def _much(document: Document, left_out: Sequence[Omission]) -> Finding | None:
    """Whether more characters are known to be left out than are in the text."""
    left = sum(len(item.text) * max(1, len(item.pages)) for item in document.left_out)
    left += sum(item.n for item in left_out if item.kind == "data")
    if not document.text.strip() or left <= len(document.text):
        return None  # that nothing was read is told already
    return _doubt("F_DOUBT_LEFT_OUT", document=document.id, left=f"{left:,}", all=f"{left + len(document.text):,}")


def same_titles(titles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Document -> the others that have its title, whatever the case and the marks in it; titles: document -> its."""
    groups: dict[str, list[str]] = {}
    for document, title in titles.items():
        if letters := "".join(filter(str.isalnum, title.casefold())):
            groups.setdefault(letters, []).append(document)
    return {document: tuple(other for other in group if other != document)
            for group in groups.values() if len(group) > 1 for document in group}


def file_names(paths: Sequence[str], than: str) -> tuple[str, ...]:
    """How a reader knows these files from another one: by their names, by where they are if they are called alike."""
    own = PurePath(than).name
    return tuple(path if PurePath(path).name == own else PurePath(path).name for path in paths)


def pages_in_words(pages: Sequence[int]) -> str:
    """ "2-4, 7" """
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    said = [str(a) if a == b else f"{a}-{b}" for a, b in runs]
    return ", ".join(said[:8]) + (" …" if said[8:] else "")
