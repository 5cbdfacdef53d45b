"""PDF files: lines of text with their place on the page.

Reads: bytes.  Gives: Extract (placed.py finds the lines of a page, layout.py puts them in order). pypdfium2 reads text,
title, outline and page labels (its text alone comes 17 times as fast as pypdf's, and the characters of Chinese fonts
come out right: `python -m tests.bench pdf`); pypdf is loaded for a file or page that pdfium cannot read, and tells why
an encrypted one cannot be read.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from kb.errors import FileProblem, Unreadable
from kb.readers import Limits
from kb.readers.drawn import drawn, is_picture
from kb.readers.extract import Extract, too_long
from kb.readers.font_maps import FontMaps
from kb.readers.form_fields import FormFields
from kb.readers.layout import Line, assemble
from kb.readers.legible import is_legible
from kb.readers.line_numbers import LineNumbers
from kb.readers.placed import PageLines, page_lines
from kb.text import one_line
from kb.types import Words

Emit = Callable[[dict[str, Any]], None]
_DEEPEST = 6  # levels of the outline


def read(data: bytes, limits: Limits, emit: Emit = lambda frame: None) -> Extract:
    """The Extract of a PDF. `emit` gets a head frame and then each page's lines as soon as they are read.

    Errors: FileProblem E_PASSWORD, E_CIPHER, E_PARSE, E_TOO_BIG. A page that cannot be read makes the status "partial".
    """
    document = _pdfium_document(data)
    fallback = _Fallback(data)
    if document is None and fallback.reader is None:
        raise Unreadable("E_PARSE", detail=Words(
            "neither pdfium nor pypdf can open it", "pdfium 和 pypdf 都打不开它"))
    n_pages = len(document) if document is not None else fallback.n_pages()
    if n_pages > limits.max_pages:
        raise FileProblem("E_TOO_BIG", what=Words(f"{n_pages:,} pages", f"{n_pages:,} 页"),
                          limit=Words(f"{limits.max_pages:,} pages", f"{limits.max_pages:,} 页"))
    frames = [{
        "n_pages": n_pages,
        **_description(_asked(document, n_pages) if document is not None else fallback.asked(n_pages))
    }]
    emit(frames[0])
    n_characters = 0
    seen, fields = (LineNumbers(), FontMaps(document)), _fields(document)
    for number in range(1, n_pages + 1):
        placed, shapes = _lines(document, number, seen, fields) if document is not None else (None, None)
        lines = placed.lines if placed is not None else fallback.lines(number)
        frames.append({**_frame(number, lines, placed.aside if placed is not None else []), "drawn": shapes})
        if document is not None and not frames[-1]["lines"] and is_picture(document, number):
            frames[-1]["is_picture"] = True
        n_characters += sum(len(line[0]) for line in frames[-1]["lines"] or ())
        if n_characters > limits.max_characters:
            raise FileProblem("E_TOO_BIG", **too_long(n_characters, limits.max_characters))
        emit(frames[-1])
    return assemble(frames)


def _frame(number: int, lines: list[Line] | None, aside: list[list[str]]) -> dict[str, Any]:
    """What is passed on of a page. Text that is no language's is not: its fonts do not say what their letters are."""
    text = "\n".join(line[0] for line in lines or ())
    is_legible_text = is_legible(text)
    frame: dict[str, Any] = {"number": number, "lines": lines if is_legible_text or lines is None else [],
                             "aside": aside, "n_unknown": text.count("\ufffd")}
    return frame if is_legible_text else {**frame, "illegible": True}


# --- what the file says about itself


def _description(asked: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Title, authors, outline [[title, level, page]] and labels, as far as the file has them in order."""
    found: dict[str, Any] = {"title": "", "author": "", "outline": [], "labels": []}
    for name, get in asked.items():
        try:
            found[name] = get()
        except Exception:  # damaged in this part only: what it would have said is missing, and shown as missing
            continue
    return found


def _asked(document: Any, n_pages: int) -> dict[str, Callable[[], Any]]:
    return {
        "title": lambda: document.get_metadata_value("Title"),
        "author": lambda: document.get_metadata_value("Author"),
        "labels": lambda: [document.get_page_label(i) for i in range(n_pages)],
        "outline": lambda: list(_outline(document)),
    }


def _outline(document: Any) -> Iterator[list[Any]]:
    for item in document.get_toc(max_depth=_DEEPEST):
        place = item.get_dest()
        number = place.get_index() if place is not None else None
        if number is not None:
            yield [one_line(item.get_title()), item.level + 1, number + 1]


# --- pdfium: the text


def _pdfium_document(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None


def _fields(document: Any) -> FormFields | None:
    """The form of a document; None where there is none or pdfium cannot open it."""
    import pypdfium2

    try:
        return FormFields(document) if document is not None and document.get_formtype() else None
    except pypdfium2.PdfiumError:
        return None


def _lines(document: Any, number: int, seen: tuple[LineNumbers, FontMaps],
           fields: FormFields | None) -> tuple[PageLines | None, dict[str, Any] | None]:
    """The lines of a page in the file's own order and what is drawn beside them, or None if pdfium cannot read it."""
    import pypdfium2

    try:
        page = document[number - 1]
        textpage = page.get_textpage()
        try:
            placed = page_lines(page, textpage, *seen)
            shapes = drawn(page, textpage, placed.lines, placed.glyphs)
            if fields is not None:
                placed = PageLines(placed.lines + fields.lines(page), placed.aside)
            return placed, shapes
        finally:
            textpage.close()
            page.close()
    except pypdfium2.PdfiumError:
        return None, None


# --- pypdf: what pdfium cannot read


class _Fallback:
    """The same file by pypdf, opened when something is asked of it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def reader(self) -> Any:
        """A pypdf reader, or None if pypdf cannot open the file. Errors: FileProblem E_PASSWORD, E_CIPHER."""
        import pypdf
        from pypdf.errors import DependencyError, PyPdfError

        try:
            reader = pypdf.PdfReader(io.BytesIO(self._data), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise FileProblem("E_PASSWORD")
            return reader
        except (NotImplementedError, DependencyError) as error:
            raise FileProblem("E_CIPHER", detail=one_line(str(error), 120)) from error
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError,
                AssertionError):
            return None

    def n_pages(self) -> int:
        try:
            return len(self.reader.pages)
        except Exception as error:  # pypdf raises bare built-in errors on damaged page trees
            raise Unreadable("E_PARSE", detail=one_line(f"{type(error).__name__}: {error}", 120)) from error

    def asked(self, n_pages: int) -> dict[str, Callable[[], Any]]:
        reader = self.reader
        return {
            "title": lambda: str(reader.metadata.title or ""), "author": lambda: str(reader.metadata.author or ""),
            "labels": lambda: [str(label) for label in reader.page_labels][:n_pages],
            "outline": lambda: list(self._outline(reader.outline, 1))
        }

    def _outline(self, items: Any, level: int) -> Iterator[list[Any]]:
        for item in items if level <= _DEEPEST else ():
            if isinstance(item, list):
                yield from self._outline(item, level + 1)
            elif (number := self.reader.get_destination_page_number(item)) is not None:
                yield [one_line(str(item.title)), level, number + 1]

    def lines(self, number: int) -> list[Line] | None:
        """The lines of a page without their places, or None if it cannot be read at all."""
        try:
            text = self.reader.pages[number - 1].extract_text() or ""
        except Exception:  # any parser error on one page: the page is counted as unread and the note says so
            return None
        return [
            (line, 0.0, 1.0 - i / 1000, 1.0, 10.0, False) for i, line in enumerate(text.split("\n")) if line.strip()
        ]
