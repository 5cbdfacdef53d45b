"""Notebooks (.ipynb): cells of Markdown and code with what they printed, cut where that is long.

Reads: bytes.  Gives: Extract. A notebook is JSON of a plain form (versions 3 and 4), so json reads it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from kb.errors import FileProblem, Unreadable, note
from kb.outside import read_json
from kb.readers import Limits
from kb.readers.decode import decode
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.markdown import code_spans
from kb.readers.marks import without_marks
from kb.readers.metadata import split_authors
from kb.text import guess_language, mend, one_line
from kb.types import Metadata, Words

MAX_OUTPUT = 4_000  # characters of one cell's output that are kept
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a notebook. Errors: FileProblem E_ENCODING, E_PARSE, E_TOO_BIG."""
    try:
        book = read_json(decode(data, encoding)[0], largest=len(data), is_strict=False)
    except ValueError as error:
        raise Unreadable("E_PARSE", detail=one_line(str(error), 160)) from error
    cells = _cells(book)
    if cells is None:
        raise FileProblem("E_TYPE", suffix=".ipynb", found=Words("JSON of another kind", "另一种 JSON"))
    writer = _Writer(limits, _language(book))
    for cell in cells:
        if isinstance(cell, dict):
            writer.cell(cell)
    notes = []
    if writer.n_cut:
        notes.append(note("N_OUTPUTS", n=writer.n_cut, left=_megabytes(writer.n_left), limit=f"{MAX_OUTPUT:,}"))
    notes += left_out(writer.left_out)
    # what is said about the code tells the language, not the code
    said = " ".join(writer.said)[:20_000]
    return writer.draft.extract("notebook", _metadata(book), notes,
                                language=guess_language(said) if said.strip() else None)


def _cells(book: Any) -> list[Any] | None:
    if not isinstance(book, dict):
        return None
    if isinstance(book.get("cells"), list):
        return list(book["cells"])
    if isinstance(book.get("worksheets"), list):  # version 3
        sheets = [sheet.get("cells") for sheet in book["worksheets"] if isinstance(sheet, dict)]
        return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    return None


def _of(book: Any, *names: str) -> Any:
    for name in names:
        book = book.get(name) if isinstance(book, dict) else None
    return book


def _language(book: Any) -> str:
    name = _of(book, "metadata", "language_info", "name") or _of(book, "metadata", "kernelspec", "language")
    return name if isinstance(name, str) else "python"


def _metadata(book: Any) -> Metadata:
    title, authors = _of(book, "metadata", "title"), _of(book, "metadata", "authors")
    return Metadata(title=one_line(title) if isinstance(title, str) else "",
                    authors=split_authors(authors) if isinstance(authors, list) else ())


def _text(value: Any) -> str:
    """A source or an output, which may be one text or a list of lines."""
    if isinstance(value, list):
        return "".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _megabytes(n: int) -> str:
    return f"{n / 2**20:.1f}" if n >= 0.1 * 2**20 else "< 0.1"


class _Writer:
    """Writes cell after cell and counts what it leaves out."""

    def __init__(self, limits: Limits, language: str) -> None:
        self.draft = Draft(limits)
        self.n_cut = self.n_left = 0
        self.left_out: Counter[str] = Counter()
        self.said: list[str] = []
        self._language = language

    def cell(self, cell: dict[str, Any]) -> None:
        kind, source = cell.get("cell_type"), _text(cell.get("source", cell.get("input")))
        if kind == "code":
            self.draft.code(source, self._language)
            outputs = cell.get("outputs")
            printed = [self._output(item) for item in outputs if isinstance(item, dict)] if isinstance(outputs,
                                                                                                      list) else []
            self._print("\n".join(words for words in printed if words.strip()))
        elif kind == "heading":
            level = cell.get("level")
            self.draft.heading(level if isinstance(level, int) and 1 <= level <= 6 else 1, source)
        elif kind == "raw":
            self.draft.paragraph(source)
        else:
            words, lost = without_marks(mend(source), code_spans(mend(source)))
            self.left_out += lost
            self.said.append(words)
            self.draft.markdown(words)

    def _output(self, output: dict[str, Any]) -> str:
        if output.get("output_type") in ("error", "pyerr"):
            return f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
        data = output.get("data")
        formats = data if isinstance(data, dict) else output
        self.left_out["picture"] += any(str(name).startswith("image/") or name in ("png", "jpeg", "svg")
                                        for name in formats)
        for name in ("text/markdown", "text/plain", "text/latex", "text"):
            if name in formats:
                return _text(formats[name])
        return ""

    def _print(self, words: str) -> None:
        words = _ANSI.sub("", words)
        # a progress bar writes over its line again and again: the last state is what one sees
        words = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in words.split("\n"))
        if len(words) > MAX_OUTPUT:
            self.n_cut += 1
            self.n_left += len(words) - MAX_OUTPUT
            words = words[:MAX_OUTPUT] + "…"
        self.draft.code(words, "text")
