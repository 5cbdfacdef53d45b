"""What a survey says more than once, wherever it says it: abstract, introduction, conclusion and sections alike.

Reads: Survey.  Gives: pairs of sentences that say the same. Next: audit.py counts them, review.py names them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kb.survey.outline.repeats import DUPLICATE
from kb.survey.records import Sentence, Survey
from kb.text import search_terms


@dataclass(frozen=True, slots=True)
class Repeat:
    """Two sentences that say the same, by their ids, the earlier one first."""

    first: str
    again: str


def terms_of(text: str) -> frozenset[str]:
    """The terms of a sentence by which it is compared."""
    return frozenset(search_terms(text))


def alike(a: frozenset[str], b: frozenset[str]) -> float:
    """Cosine of two sentences' terms, each counted once, in [0, 1]."""
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


def repeats(survey: Survey) -> list[Repeat]:
    """Each sentence that says what an earlier one of the survey says: a claim beside a claim or a quote, a quote beside
    the same quote. Frames and sentences that join are counted words, and may be alike."""
    placed = _in_order(survey)
    terms = [terms_of(sentence.text) for sentence in placed]
    found = []
    for i, sentence in enumerate(placed):
        first = next((other for j, other in enumerate(placed[:i]) if _says_again(sentence, other)
                      and alike(terms[i], terms[j]) >= DUPLICATE), None)
        if first is not None:
            found.append(Repeat(first.id, sentence.id))
    return found


def _says_again(sentence: Sentence, other: Sentence) -> bool:
    return "claim" in (sentence.kind, other.kind) or sentence.text == other.text


def _in_order(survey: Survey) -> Sequence[Sentence]:
    known = {sentence.id: sentence for sentence in survey.sentences}
    return [known[name] for node in survey.nodes() for paragraph in node.paragraphs for name in paragraph
            if known[name].kind in ("claim", "quote")]
