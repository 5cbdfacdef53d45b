"""What of a PDF's pages is not in its text: pages that cannot be read as letters, and the words that stand aside.

Reads: frames from pdf.py.  Gives: status and notes. Used by layout.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.errors import note
from kb.types import Note


def words_aside(pages: Sequence[dict[str, Any]]) -> str:
    """The text beside that of these pages, a line each: an arXiv number stands there."""
    return "\n".join(text for page in pages for _, text in page.get("aside", ()))


def with_illegible(status: str, notes: tuple[Note, ...],
                   pages: Sequence[dict[str, Any]]) -> tuple[str, tuple[Note, ...]]:
    """Status and notes with the pages whose text has no real map.

    A document none of whose pages has legible text, though some have text, is "unmapped"; where some pages are
    legible it is "partial".
    """
    n_illegible = sum(page.get("illegible", False) for page in pages)
    if n_illegible:
        told = note("N_UNMAPPED", n=n_illegible, total=len(pages))
        status, notes = ("unmapped", (told, )) if status == "no_text" else ("partial", (*notes, told))
    return status, notes
