"""What of a PDF's pages is not in its text, in words: pages that cannot be read as letters, and what stands aside.

Reads: frames from pdf.py.  Gives: status and notes. Used by layout.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.errors import note
from kb.types import Note, Words

_NAMES = {
    "stamp": Words("stamps along the edge on {} pages", "{} 页边缘的印记"),
    "watermark": Words("turned text across {} pages", "{} 页上的斜置文字"),
    "line number": Words("line numbers on {} pages", "{} 页的行号"),
    "symbol": Words("drawn symbols on {} pages", "{} 页上的图形符号"),
}


def words_aside(pages: Sequence[dict[str, Any]]) -> str:
    """The text beside that of these pages, a line each: an arXiv number stands there."""
    return "\n".join(text for page in pages for _, text in page.get("aside", ()))


def with_told(status: str, notes: tuple[Note, ...], pages: Sequence[dict[str, Any]]) -> tuple[str, tuple[Note, ...]]:
    """Status and notes with what is not in the text of these pages.

    A document none of whose pages has legible text, though some have text, is "unmapped"; where some pages are
    legible it is "partial".
    """
    n_illegible = sum(page.get("illegible", False) for page in pages)
    if n_illegible:
        told = note("N_UNMAPPED", n=n_illegible, total=len(pages))
        status, notes = ("unmapped", (told, )) if status == "no_text" else ("partial", (*notes, told))
    n_of = {kind: sum(any(own == kind for own, _ in page.get("aside", ())) for page in pages) for kind in _NAMES}
    told_aside = [(_NAMES[kind], n) for kind, n in n_of.items() if n]
    if told_aside:
        notes = (*notes, note("N_ASIDE", what=Words(
            ", ".join(words.en.format(n) for words, n in told_aside),
            "、".join(words.zh.format(n) for words, n in told_aside))))
    return status, notes
