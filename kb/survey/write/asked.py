"""Terms that somebody named, looked for in every work: what a model proposes for the matrix.

Reads: a term, documents.  Gives: Held, as for the terms that the works themselves show, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.survey.outline.standing import plain
from kb.survey.write.terms import Held, is_weak, placed
from kb.types import Document
from kb.words import phrases

ASPECTS = ("task", "method", "subject")  # of terms


@dataclass(frozen=True, slots=True)
class Asked:
    """A term that somebody named. aspect: one of ASPECTS."""

    aspect: str
    term: str


def held_asked(asked: Asked, documents: Sequence[Document], known: Sequence[Held]) -> Held | None:
    """A term that somebody named, with all works at whose front it stands; None where these are fewer than two, where
    it stands among the known ones, or names nothing by itself."""
    words = plain(asked.term).strip()
    general = {plain(name).strip() for name in phrases("terms", "general")}
    names = {plain(name).strip() for held in known for name in (held.shown, *held.others)}
    if not words or words in names | general or all(is_weak(word) for word in words.split()):
        return None
    held = Held(asked.aspect, asked.term)
    if not placed(held, documents):
        return None
    as_written = (document.text[slice(*tick.words)] for document in documents
                  if (tick := held.ticks.get(document.id)))
    held.shown = next((surface for surface in as_written if plain(surface).strip() == words), held.shown)
    return held
