"""A question that was put to the library itself, and what was said to it: what every way of answering takes and gives.

Reads: LibraryIntent, a View, a Finder.  Gives: Study, which the ways (records.py, citing.py, …) work on, and Said.
"""

from __future__ import annotations

from dataclasses import dataclass

from kb.answer.evidence import Finder
from kb.store import View
from kb.study.intents import LibraryIntent, Name
from kb.study.naming import Naming
from kb.types import Claim, DocumentInfo, Language, Support, Words

_UNKNOWN = Words("No document here is called “{name}”.", "资料库中没有名为“{name}”的文献。")


@dataclass(frozen=True, slots=True)
class Said:
    """Claims, in order, and how much they answer. empty, n_unasked: see Answer."""

    claims: tuple[Claim, ...]
    status: Support
    empty: tuple[str, ...] = ()
    n_unasked: int = 0


@dataclass(frozen=True, slots=True)
class Study:
    """A question about the library: what it asks, in one generation, with who finds and names there."""

    question: str
    intent: LibraryIntent
    view: View
    finder: Finder
    naming: Naming

    @property
    def language(self) -> Language:
        """Of the question, and so of the words round what is quoted."""
        return self.intent.language

    def works(self, name: Name) -> tuple[DocumentInfo, ...]:
        """Every document that is called so, for sure: RoBERTa's title speaks of BERT, and is not its name."""
        named = self.naming.works(name)
        return named.documents if named.is_sure else ()

    def unknown(self, name: Name) -> Said:
        """That no document is called so."""
        return Said((Claim(_UNKNOWN.in_(self.language).format(name=name.text), ()),), "not_found")
