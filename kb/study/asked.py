"""A question of the reader's own, put to one document: what stands beside its words, and what the trained reader says.

Reads: a Paper with its passages and their vectors, a question in both languages.  Gives: Asked, the clearest first.
Next: cells.py. Each passage is read by itself, and only those that the search inside the document finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from kb.answer.terms import bundled_concepts
from kb.study.mentions import any_of, support_of, weight_of
from kb.study.numbers import NUMBER, SCIENTIFIC
from kb.study.papers import Line, Paper
from kb.study.spans import is_common, names_in, nearness
from kb.text import guess_language, search_terms
from kb.types import Candidate, CrossEncoder, ExtractionColumn, Language, Passage, Vectors
from kb.words import phrases

READ_PASSAGES = 4  # of a document for a column
_WORDS, _MEANING = 1.0, 1.0  # weight of the share of a column's words, and of the cosine, in the search
_LEAST_SHARE = 0.5  # of a column's words that stand in the sentence, before it, or in its heading
_LONGEST = 160  # characters of a span that fills a cell by itself
# What the reader's word adds, (answerable + logit) / 2 times this, and no more than this either way; and what a span
# has that it alone found, with words of the column around it.
_READ, _MOST_READ, _BY_READER = 0.3, 0.9, -0.2
_BESIDE = 1.3  # a value beside the column's words, times the weight of its line
_LEAST_WEIGHT, _SETTINGS = 0.4, 1.7  # of any line; times that of a method, which gives its settings
_AFTER, _BEFORE = 30, 14  # characters between them
_LINKS = re.compile(r"(?:s|es)?\s*(?:\([^)]*\)|（[^）]*）)?\s*(?:of|is|was|are|were|=|:|：|to|at|as|set|equals?|"
                    r"about|around|only|the|"
                    r"为|是|设置?|取|定|约|共|有|达|到|了|和|分别|均|\s|\$|\\\w+|[A-Za-z]\s*=)*", re.IGNORECASE)
_SKIPPED = ("references", "related")
_NO_WORD = re.compile(r"^(?:what|which|is|are|the|of|how|many|much|does|do|was|were|a|an|是|什么|多少|哪|哪个|哪些|"
                      r"的)$")
_LEADS = re.compile(r"^(?:the\s+)?(?:number|amount|size|percentage)\s+of\s+(?:the\s+)?|^(?:模型|实验)?的|(?:是|"
                    r"为)?(?:什么|多少|几).*$",
                    re.IGNORECASE)


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
    lines = [line for line in paper.lines if line.part not in _SKIPPED and not line.is_other]
    beside = [] if column.kind == "yes-no" else _beside(paper, column, lines)
    groups = _concepts(column)
    shares = [_share(groups, passage.text + " ".join(passage.section[-1:])) for passage in passages]
    own = cosines.get(paper.document.language)
    meaning = own if own is not None and len(own) == len(passages) else np.zeros(len(passages), np.float32)
    near = [any(passages[i].start <= asked.start < passages[i].end for asked in beside[:READ_PASSAGES])
            for i in range(len(passages))]
    order = sorted(range(len(passages)),
                   key=lambda i: -(near[i] + _WORDS * shares[i] + _MEANING * float(meaning[i])))
    found = list(beside)
    for i in order[:READ_PASSAGES]:
        inside = [line for line in lines if passages[i].start <= line.start and line.end <= passages[i].end]
        if shares[i] > 0 and inside and reader is not None:
            found = _read(paper, column, passages[i], inside, groups, reader, found)
    return sorted(found, key=lambda asked: (-asked.weight, asked.start))


def _beside(paper: Paper, column: ExtractionColumn, lines: Sequence[Line]) -> list[Asked]:
    """Numbers and names that stand beside the column's words; what is told twice is told more clearly."""
    pattern = _pattern(column)
    found: dict[str, Asked] = {}
    for line in lines:
        weight = _BESIDE * max(_LEAST_WEIGHT, weight_of(line, is_survey=paper.is_survey))
        weight *= (_SETTINGS if line.part == "method" else 1.0) * (1.2 if line.is_own else 1.0)
        nouns = [match.span() for match in pattern.finditer(line.masked)]
        if not nouns or line.part == "title":
            continue
        spans = [(a, b, 1.0) for a, b in _numbers(line, nouns)]
        if column.kind != "number":
            spans += [(a, b, near) for a, b in names_in(line)
                      if (near := nearness(line.masked, a, b, nouns)) >= 0.7 and not pattern.search(line.text[a:b])
                      and not is_common(line.text[a:b], paper)]
        for a, b, near in spans:
            asked = Asked(line.start + a, line.start + b, line, weight * near)
            known = found.get(line.text[a:b].casefold())
            found[line.text[a:b].casefold()] = asked if known is None else replace(
                max(known, asked, key=lambda each: each.weight), weight=known.weight + 0.5 * asked.weight)
    return sorted(found.values(), key=lambda asked: (-asked.weight, asked.start))


def _numbers(line: Line, nouns: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The numbers that a line gives for the nouns: "batch size of 32", "60 M parameters"."""
    found = []
    numbers = sorted({match.span() for pattern in (SCIENTIFIC, NUMBER) for match in pattern.finditer(line.masked)})
    numbers = [n for n in numbers if not any(o != n and o[0] <= n[0] and n[1] <= o[1] for o in numbers)]
    for start, end in nouns:
        after = [n for n in numbers if 0 <= n[0] - end <= _AFTER and _LINKS.fullmatch(line.masked[end:n[0]])]
        before = [n for n in numbers if 0 <= start - n[1] <= _BEFORE
                  and re.fullmatch(r"\s*[KMBkmb万亿]?\s*[a-z]{0,12}\s*", line.masked[n[1]:start])]
        found += after[:1] or before[-1:]
    return found


def _read(paper: Paper, column: ExtractionColumn, passage: Passage, lines: Sequence[Line],
          groups: Sequence[frozenset[str]], reader: CrossEncoder, found: list[Asked]) -> list[Asked]:
    """What was found, with the reader's word on those of this passage, and the spans that it found by itself."""
    question = column.question.in_(passage.language)
    spans = [(line.start - passage.start, line.end - passage.start) for line in lines]
    reading = reader.score(question, [Candidate(paper.document.metadata.title, passage.section, passage.text,
                                                spans)])[0]
    made = []
    words = {line.start: max(-_MOST_READ, min(_MOST_READ, _READ * (float(logit) + reading.answerable) / 2))
             for line, logit in zip(lines, reading.sentences, strict=True)}
    for i, line in enumerate(lines):
        span = reading.spans[i]
        near = " ".join((lines[i - 1].text if i else "", line.text, *line.section[-1:]))
        if span is None or _share(groups, near) < _LEAST_SHARE:
            continue
        start, end = _fitting(column, line, passage.start + span[0], passage.start + span[1])
        if start < end:
            weight = _BY_READER + 2 * words[line.start] + 1.6 * _share(groups, line.text)
            made.append(Asked(start, end, line, weight))
    return [*(replace(asked, weight=asked.weight + words[asked.line.start]) if asked.line.start in words else asked
              for asked in found), *made]


def _fitting(column: ExtractionColumn, line: Line, start: int, end: int) -> tuple[int, int]:
    """The part of a span that is of the column's kind: its number, all of it, or the whole sentence; (0, 0) where it is
    of another kind."""
    if column.kind == "yes-no":
        return line.start, line.end
    if column.kind == "number":
        inside = NUMBER.search(line.text, max(0, start - line.start), max(0, end - line.start))
        return (line.start + inside.start(), max(line.start + inside.end(), min(end, line.end))) if inside else (0, 0)
    return (start, end) if end - start <= _LONGEST else (line.start, line.end)


@cache
def _pattern(column: ExtractionColumn) -> re.Pattern[str]:
    """The column's words, or another name of them."""
    name = _LEADS.sub("", column.name.rstrip("?？ ")).strip() or column.name
    names = [name, *(other for concept in bundled_concepts(name) for other in concept.others), *_other_names(name)]
    return re.compile(f"(?i:{any_of(tuple(dict.fromkeys(names)))})(?:s\\b)?")


@cache
def _concepts(column: ExtractionColumn) -> tuple[frozenset[str], ...]:
    """The terms that stand for each word of a column: its own, and those of its other names."""
    name = column.name.rstrip("?？")
    own = [term for term in dict.fromkeys(search_terms(name)) if not _NO_WORD.match(term)]
    if guess_language(name) == "zh":
        own = [term for term in own if len(term) > 1] or own
    others = {frozenset(search_terms(concept.words)): concept.others for concept in bundled_concepts(name)}
    others[frozenset(own)] = (*others.get(frozenset(own), ()), *_other_names(name))
    found = []
    for term in own:
        also = [other for words, names in others.items() if term in words for other in names]
        found.append(frozenset((term, *(t for other in also for t in search_terms(other)))))
    return tuple(found)


def _other_names(name: str) -> tuple[str, ...]:
    """What papers in either language call it as well."""
    groups = [line.split(" | ") for line in phrases("columns", "names")]
    return tuple(other for group in groups if name.casefold() in group for other in group if other != name.casefold())


def _share(groups: Sequence[frozenset[str]], text: str) -> float:
    """The share of the column's words that a text has, by any of their names."""
    terms = frozenset(search_terms(text))
    return sum(bool(group & terms) for group in groups) / len(groups) if groups else 0.0
