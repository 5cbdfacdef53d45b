"""A question of the reader's own, put to one document: its passages searched, the best read with the question.

Reads: a Paper with its passages and their vectors, a question in both languages.  Gives: Asked, the clearest first.
Next: cells.py. Each passage is read by itself, and only those that the search inside the document finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from kb.answer.terms import bundled_concepts
from kb.study.mentions import support_of
from kb.study.papers import Line, Paper
from kb.study.results import NUMBER
from kb.text import guess_language, search_terms
from kb.types import Candidate, CrossEncoder, ExtractionColumn, Language, Passage, Vectors

READ_PASSAGES = 4  # of a document for a column
_WORDS, _MEANING = 1.0, 1.0  # weight of the share of a column's words, and of the cosine, in the search
_LEAST_SHARE = 0.5  # of a column's words that stand in the sentence, before it, or in its heading
_LONGEST = 160  # characters of a span that fills a cell by itself
_BIAS, _READ, _SHARE = -1.0, 0.5, 2.0  # support: bias + read * (answerable + logit) / 2 + share * words
_SKIPPED = ("references", "related")
_NO_WORD = re.compile(r"^(?:what|which|is|are|the|of|how|many|much|does|do|was|were|a|an|是|什么|多少|哪|哪个|哪些|的)$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A span that answers, inside its line. weight: how clearly."""

    start: int
    end: int
    line: Line
    weight: float

    @property
    def support(self) -> float:
        """The weight as a number in [0, 1)."""
        return support_of(self.weight) if self.weight > 0 else 0.0


def ask(paper: Paper, column: ExtractionColumn, passages: Sequence[Passage], cosines: Mapping[Language, Vectors],
        reader: CrossEncoder | None) -> list[Asked]:
    """What the document says to a column, the clearest first. cosines: of each passage with the question in each
    language; without vectors words alone choose."""
    groups = _concepts(column)
    lines = [line for line in paper.lines if line.part not in _SKIPPED and not line.is_other]
    shares = [_share(groups, passage.text + " ".join(passage.section[-1:])) for passage in passages]
    own = cosines.get(paper.document.language)
    meaning = own if own is not None and len(own) == len(passages) else np.zeros(len(passages), np.float32)
    order = sorted(range(len(passages)), key=lambda i: -(_WORDS * shares[i] + _MEANING * float(meaning[i])))
    found: list[Asked] = []
    for i in order[:READ_PASSAGES]:
        inside = [line for line in lines if passages[i].start <= line.start and line.end <= passages[i].end]
        if shares[i] > 0 and inside:
            found += _read(paper, column, passages[i], inside, groups, reader)
    return sorted(found, key=lambda asked: (-asked.weight, asked.start))


def _read(paper: Paper, column: ExtractionColumn, passage: Passage, lines: Sequence[Line],
          groups: Sequence[frozenset[str]], reader: CrossEncoder | None) -> list[Asked]:
    if reader is None:
        return [Asked(line.start, line.end, line, _SHARE * share) for line in lines
                if (share := _share(groups, line.text)) >= _LEAST_SHARE]
    question = column.questions[0] if passage.language == "en" else column.questions[1]
    spans = [(line.start - passage.start, line.end - passage.start) for line in lines]
    reading = reader.score(question, [Candidate(paper.document.metadata.title, passage.section, passage.text, spans)])[0]
    found = []
    for i, line in enumerate(lines):
        span = reading.spans[i]
        near = " ".join((lines[i - 1].text if i else "", line.text, *line.section[-1:]))
        share = _share(groups, near)
        if span is None or share < _LEAST_SHARE:
            continue
        start, end = _fitting(column, line, passage.start + span[0], passage.start + span[1])
        if start < end:
            read = (float(reading.sentences[i]) + reading.answerable) / 2
            found.append(Asked(start, end, line, _BIAS + _READ * read + _SHARE * _share(groups, line.text)))
    return found


def _fitting(column: ExtractionColumn, line: Line, start: int, end: int) -> tuple[int, int]:
    """The part of a span that is of the column's kind: its number, all of it, or the whole sentence; (0, 0) where it is
    of another kind."""
    if column.kind == "yes-no":
        return line.start, line.end
    if column.kind == "number":
        inside = NUMBER.search(line.text, max(0, start - line.start), max(0, end - line.start))
        inside = inside or NUMBER.search(line.text)
        return (line.start + inside.start(), max(line.start + inside.end(), min(end, line.end))) if inside else (0, 0)
    return (start, end) if end - start <= _LONGEST else (line.start, line.end)


@cache
def _concepts(column: ExtractionColumn) -> tuple[frozenset[str], ...]:
    """The terms that stand for each word of a column: its own, and those of its other names."""
    name = column.name.rstrip("?？")
    own = [term for term in dict.fromkeys(search_terms(name)) if not _NO_WORD.match(term)]
    if guess_language(name) == "zh":
        own = [term for term in own if len(term) > 1] or own
    others = {frozenset(search_terms(concept.words)): concept.others for concept in bundled_concepts(name)}
    found = []
    for term in own:
        also = [other for words, names in others.items() if term in words for other in names]
        found.append(frozenset((term, *(t for other in also for t in search_terms(other)))))
    return tuple(found)


def _share(groups: Sequence[frozenset[str]], text: str) -> float:
    """The share of the column's words that a text has, by any of their names."""
    terms = frozenset(search_terms(text))
    return sum(bool(group & terms) for group in groups) / len(groups) if groups else 0.0
