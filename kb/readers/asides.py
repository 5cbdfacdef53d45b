"""What of a PDF's pages is not in its text, or not of the file: pages that cannot be read as letters, those that are
pictures, what was recognised in these, and the words that stand aside.

Reads: frames from pdf.py.  Gives: status and notes. Used by layout.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.errors import note
from kb.types import DOUBTFUL, Note, RecognisedLine

_SOME = 5  # letters that nobody can read: fewer are a bullet or a logo


def words_aside(pages: Sequence[dict[str, Any]]) -> str:
    """The text beside that of these pages, a line each: an arXiv number stands there."""
    return "\n".join(text for page in pages for kind, text in page.get("aside", ()) if kind != "outside")


def with_illegible(status: str, notes: tuple[Note, ...],
                   pages: Sequence[dict[str, Any]]) -> tuple[str, tuple[Note, ...]]:
    """Status and notes with the pages whose text has no real map, and the letters without one on other pages.

    A document none of whose pages has legible text, though some have text, is "unmapped"; where some pages are
    legible it is "partial".
    """
    n_illegible = sum(page.get("illegible", False) for page in pages)
    if n_illegible:
        told = note("N_UNMAPPED", n=n_illegible, total=len(pages))
        status, notes = ("unmapped", (told, )) if status == "no_text" else ("partial", (*notes, told))
    unknown = [page["n_unknown"] for page in pages if page.get("n_unknown") and not page.get("illegible")]
    if sum(unknown) >= _SOME:
        status = "partial" if status == "ok" else status
        notes += (note("N_UNKNOWN_LETTERS", n=sum(unknown), pages=len(unknown)), )
    return status, notes


def with_pictures(status: str, notes: tuple[Note, ...], pages: Sequence[dict[str, Any]],
                  recognised: Sequence[RecognisedLine]) -> tuple[str, tuple[Note, ...]]:
    """Status and notes with the pages that are pictures: how many were recognised, how surely, and how many were
    not."""
    n_recognised = sum("recognised" in page for page in pages)
    if n_recognised:
        n = sum(line.end - line.start for line in recognised)
        mean = sum(line.confidence * (line.end - line.start) for line in recognised) / n if n else 0.0
        n_doubtful = sum(line.confidence < DOUBTFUL for line in recognised)
        notes = tuple(item for item in notes if item.code != "N_SCAN")
        notes += (note("N_RECOGNISED", n=n_recognised, total=len(pages), confidence=f"{mean:.2f}",
                       doubtful=n_doubtful, least=f"{DOUBTFUL:.2f}"), )
    n_pictures = sum(page.get("is_picture", False) for page in pages)
    if n_pictures and (status != "no_text" or n_recognised):
        status = "partial" if status == "ok" else status
        notes += (note("N_PICTURES", n=n_pictures, total=len(pages)), )
    return status, notes
