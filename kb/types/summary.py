"""What a work says of itself, part by part, in its own sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.messages import Language
from kb.types.answer import Claim
from kb.types.record import Record

Part = Literal["problem", "method", "results", "limits", "definitions", "tables"]


@dataclass(frozen=True, slots=True)
class SummaryPart(Record):
    """One part of a summary: sentences of the work, each a quote with its place, in reading order; of "tables" the
    captions. claims: empty where the work says nothing of the kind, or nothing that could be told from the rest.
    n_more: how many tables are not shown."""

    part: Part
    claims: tuple[Claim, ...]
    n_more: int = 0


@dataclass(frozen=True, slots=True)
class Summary(Record):
    """A document in its own sentences. language: whose sentences were preferred; parts: all of them, in order, the
    empty ones too.  is_read: a trained reader had a say; False where words and places alone chose."""

    document: str
    title: str
    path: str
    language: Language
    parts: tuple[SummaryPart, ...]
    is_read: bool = True

    @property
    def empty(self) -> tuple[Part, ...]:
        """The parts without a sentence."""
        return tuple(part.part for part in self.parts if not part.claims)
