"""A question that was put to the library itself, and what was said to it: what every way of answering takes and gives.

Reads: LibraryIntent, a View, a Finder.  Gives: Study, which the ways (records.py, citing.py, …) work on, and Said.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kb.answer.evidence import Finder
from kb.store import View
from kb.study.called import Name
from kb.study.intents import LibraryIntent
from kb.study.naming import Naming
from kb.text import search_terms
from kb.types import Claim, DocumentInfo, Language, Support, Words

_RECORDED = 0.2  # of the documents, whose authors are recorded
_UNKNOWN = Words("No document here is called “{name}”.", "资料库中没有名为“{name}”的文献。")


@dataclass(frozen=True, slots=True)
class Said:
    """Claims, in order, and how much they answer. empty, n_unasked: see Answer."""

    claims: tuple[Claim, ...]
    status: Support
    empty: tuple[str, ...] = ()
    n_unasked: int = 0


@dataclass(frozen=True)
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

    @cached_property
    def is_of_papers(self) -> bool:
        """Whether the library records who wrote its documents, of some at least: in an encyclopaedia a title in
        quotation marks is of anything, and no document here."""
        documents = self.naming.documents
        return sum(bool(info.authors) for info in documents) >= _RECORDED * len(documents)

    def unknown(self, name: Name) -> Said | None:
        """That no document is called so; None where nobody expects one to be, and a text has the name."""
        if not self.is_of_papers and self.view.documents_with(search_terms(name.text)):
            return None
        return Said((Claim(_UNKNOWN.in_(self.language).format(name=name.text), ()),), "not_found")
