"""A span of a document as a claim with its place.

Reads: a document of one generation.  Gives: Claim, whose text is its quote. Summaries, comparisons and lists quote so.
"""

from __future__ import annotations

from kb.answer.evidence import Finder
from kb.store import View
from kb.text import guess_language
from kb.types import Citation, Claim


class Quoting:
    """Quotes one document."""

    def __init__(self, finder: Finder, view: View, document: str) -> None:
        """document: its whole id."""
        self.document = finder.document(document)
        self.passages = view.passages_of(self.document.id)
        self._is_gone = view.is_gone(self.document.id)

    def claim(self, start: int, end: int, subject: str = "", answer: tuple[int, int] | None = None,
              score: float = 1.0) -> Claim:
        """document.text[start:end] as a claim. answer: where in the document the answer stands in it; score: how
        surely it answers."""
        document = self.document
        text = document.text[start:end]
        section = next((p.section for p in self.passages if p.start <= start < p.end), ())
        place = Citation(document.id, document.metadata.title, document.path, document.page_at(start), start, end,
                         text, round(score, 4), section, guess_language(text), answer=answer, is_gone=self._is_gone,
                         recognised=document.confidence(start, end))
        return Claim(text, (place,), subject)
