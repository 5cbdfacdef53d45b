"""The sections of an outline: groups of documents that are alike, each under a heading that is true of it.

Reads: documents, their vectors, the terms of the library.  Gives: Group, in no order; the last may have no heading.
Headings come first: terms are chosen that cover the documents and hold alike ones together; then each document goes
where the heading stands in it and it is nearest, and what no heading stands in joins what it is nearest to, as long as
the heading is true of most.
Source: Osiński & Weiss 2005, "A concept-driven algorithm for clustering search results".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb.survey.outline.headings import Named, named_by, quality
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import plain, spoken
from kb.types import Document, Language, Vectors
from kb.words import phrases

# Chosen by hand, on the libraries of kb/survey/README.md.
_MOST = 0.6  # share of the documents that a heading among several may be true of
_COVERS, _ALIKE = 0.7, 3  # powers of how many documents a heading covers, and of how alike they are
_LARGE = 12  # documents from which on a section has at least three
_LEAST_QUALITY = 0.6  # a word alone has to stand in most titles, or in a keyword line and some titles
_ROUNDS = 4
_UNTITLED = {"en": 4, "zh": 3}  # works of a heading that no title has; Chinese notes stand under titles in English
_RARE = 0.08  # of a cosine, for each doubling of the documents that a heading is true of
_AGAIN = 6  # documents left over that are worth sections of their own
_PER_GROUP = 5
_TRUE_OF = 0.75  # share of a section's works in which its heading stands, while others join it
_FARTHER = 0.1  # by how much less alike than a section's own works one may be that its heading does not stand in
_STEM = 6  # letters by which a verb and its noun are one word
_FOREIGN = 0.4  # times, for a heading of works in the other language
_MANY_FOREIGN = 8  # works in it from which on what half of them share is the topic in that language


@dataclass(frozen=True, slots=True)
class Group:
    """rows: of the documents, ascending.  named: None for what no heading is true of."""

    rows: tuple[int, ...]
    named: Named | None


def arrange(documents: Sequence[Document], vectors: Vectors, wanted: int, known: Sequence[Term], language: Language,
            taken: Iterable[frozenset[str]] = (), *, is_part: bool = False) -> list[Group]:
    """About `wanted` groups with their names, no two alike and none said by `taken`, and at most one without. is_part:
    of a section, which keeps what none of its parts is true of."""
    taken = set(taken)
    named = {term.words: term for term in known}
    wide = _wide_in_the_other(documents, language)
    usable = [term for term in known if not any(_says(term, words, named, is_part) for words in taken)
              and (term.language == language or not set(term.words.split()) <= wide)]
    groups: list[tuple[tuple[int, ...], Term]] = []
    for _ in range(_ROUNDS):
        chosen = _choose(documents, vectors, wanted, usable, language, is_part)
        groups = _placed(documents, vectors, chosen, language, is_part)
        kept = {term for _, term in groups}
        lost = {term for term, _ in chosen} - kept
        if not lost:
            break
        usable = [term for term in usable if term not in lost]  # its works are nearer to other sections
    left = sorted(set(range(len(documents))) - {row for rows, _ in groups for row in rows})
    found = [Group(rows, named_by(term, [documents[i] for i in rows], language)) for rows, term in groups]
    if len(left) < _AGAIN or is_part or not found:
        return [*found, *([Group(tuple(left), None)] if left else [])]
    others = [term for term in usable if not any(_is_like(term, other) for _, other in groups)]
    more = arrange([documents[i] for i in left], vectors[left], -(-len(left) // _PER_GROUP), others, language, taken,
                   is_part=True)
    return [*found, *(Group(tuple(left[i] for i in group.rows), group.named) for group in more)]


def _says(term: Term, words: frozenset[str], named: Mapping[str, Term], is_part: bool) -> bool:
    """Whether a term says no more than a heading of these words; of a part also not with a word for a kind of thing,
    nor under another of its names: 长短期记忆网络 and "LSTM model" under 长短期记忆."""
    own = term.words.split()
    if set(own) <= words or not is_part:
        return set(own) <= words
    kinds = phrases("aspects", "kind zh")
    core = [word for word in own if word not in (*phrases("terms", "general"), *phrases("aspects", "kind en"))]
    alone = named.get(f" {' '.join(core)} ")
    names = {*term.names, plain(term.pair), *((*alone.names, plain(alone.pair)) if alone else ())}
    return "".join(word for word in own if word not in words) in kinds and words <= set(own) or any(
        words == frozenset(name.split()) for name in names if name.strip())


def _wide_in_the_other(documents: Sequence[Document], language: Language) -> frozenset[str]:
    """The words that more than half of the works in the other language have at their front, where these are many: what
    is made of them alone is the topic in that language."""
    fronts = [set(plain(spoken(document)).split()) for document in documents if document.language != language]
    spread = Counter(word for words in fronts for word in words)
    return frozenset(word for word, n in spread.items() if len(fronts) >= _MANY_FOREIGN and 2 * n > len(fronts))


def _holders(term: Term, documents: Sequence[Document], language: Language) -> list[int]:
    """The documents that a heading of this term may speak of: one in the other language only of works in it."""
    return [i for i, document in enumerate(documents)
            if document.id in term.held and (term.language == language or document.language == term.language)]


def _choose(documents: Sequence[Document], vectors: Vectors, wanted: int, known: Sequence[Term],
            language: Language, is_part: bool) -> list[tuple[Term, list[int]]]:
    n = len(documents)
    least = 1 if n == 1 else 3 if n >= _LARGE and not is_part else 2
    candidates = []
    whole = _closeness(vectors, list(range(n)))
    for term in known:
        if term.language != language and term.pair:
            continue
        rows = _holders(term, documents, language)
        held = [documents[i].id for i in rows]
        worth = quality(term, held)
        if not (term.titled.intersection(held) or term.is_listed or len(rows) >= _UNTITLED[term.language]):
            continue
        if len(rows) < (max(least, min(n, 3)) if term.size < 2 and not term.is_keyword else least) \
                or worth < _LEAST_QUALITY:
            continue
        if (2 * len(rows) <= n) if wanted == 1 else (len(rows) > _MOST * n):
            continue
        alike = (_closeness(vectors, rows) / whole) ** _ALIKE if whole else 1.0
        candidates.append((worth * alike * (1.0 if term.language == language else _FOREIGN), term, rows))
    chosen: list[tuple[Term, list[int]]] = []
    covered: set[int] = set()
    while candidates and len(chosen) < wanted:
        gains = [(round(worth * max(0, len(set(rows) - covered)) ** _COVERS, 4), -i)
                 for i, (worth, _, rows) in enumerate(candidates) if len(set(rows) - covered) >= min(least, 2)]
        if not gains:
            break
        _, term, rows = candidates[-max(gains)[1]]
        chosen.append((term, rows))
        covered |= set(rows)
        candidates = [one for one in candidates if not _is_like(one[1], term)]
    return chosen


def _is_like(term: Term, other: Term) -> bool:
    """Whether two terms would make two headings of one: all words of one are the other's, or they are names of the same
    thing."""
    words, before = set(term.words.split()), set(other.words.split())
    if term.language == other.language == "en":  # "recommending items" beside "item recommendation"
        stem, stem_before = ({word[:_STEM] for word in one} for one in (words, before))
        if stem <= stem_before or stem_before <= stem:
            return True
    flat, flat_before = term.words.replace(" ", ""), other.words.replace(" ", "")
    return (words <= before or before <= words or flat in flat_before or flat_before in flat
            or other.words in term.names)


def _closeness(vectors: Vectors, rows: Sequence[int]) -> float:
    """Mean cosine to the centre; of few rows less, as if one more lay across."""
    if not rows:
        return 0.0
    return float(np.mean(vectors[list(rows)] @ _centre(vectors, rows)) * len(rows) / (len(rows) + 1))


def _placed(documents: Sequence[Document], vectors: Vectors,
            chosen: Sequence[tuple[Term, list[int]]], language: Language,
            is_part: bool) -> list[tuple[tuple[int, ...], Term]]:
    """Each document where its heading stands in it and it is nearest; the others where they are nearest, while the
    heading is true of most."""
    centres = [_centre(vectors, rows) for _, rows in chosen]
    near = np.round(vectors @ np.stack(centres).T, 4) if centres else np.zeros((len(documents), 0))
    groups: list[list[int]] = [[] for _ in chosen]
    rest: list[int] = []
    for row in range(len(documents)):
        here = [j for j, (_, rows) in enumerate(chosen) if row in rows]
        # of two headings that stand in it rather the one that few have
        best = max(here, key=lambda j: (near[row, j] - _RARE * np.log2(len(chosen[j][1])), -j), default=-1)
        (groups[best] if best >= 0 else rest).append(row)
    small = 3 if len(documents) >= _LARGE and not is_part else 2
    alone = {row for group, (term, _) in zip(groups, chosen, strict=True)
             if len(group) < min(len(documents), 2 if _is_sure(term, documents, group) else small) for row in group}
    groups = [[] if set(group) <= alone else group for group in groups]
    held = [len(group) for group in groups]
    least = [min((near[i, j] for i in group), default=1.0) for j, group in enumerate(groups)]
    for row in sorted((*rest, *alone), key=lambda row: (-max(near[row], default=0.0), row)):
        for j in sorted(range(len(chosen)), key=lambda j: (-near[row, j], j)):
            term, rows = chosen[j]
            if row in rows and held[j]:
                held[j] += 1
            elif (is_part or not held[j] or held[j] < _TRUE_OF * (len(groups[j]) + 1)
                    or near[row, j] < least[j] - _FARTHER):
                continue
            elif term.language not in (language, documents[row].language):
                continue  # a heading of works in the other language
            groups[j].append(row)
            break
    return [(tuple(sorted(group)), term) for group, (term, _) in zip(groups, chosen, strict=True) if group]


def _is_sure(term: Term, documents: Sequence[Document], rows: Sequence[int]) -> bool:
    """Whether two works are enough for a section: a keyword, or a term of both titles."""
    return term.is_keyword or all(documents[i].id in term.titled for i in rows)


def _centre(vectors: Vectors, rows: Sequence[int]) -> Vectors:
    mean = vectors[list(rows)].mean(axis=0)
    centre: Vectors = mean / max(1e-9, float(np.linalg.norm(mean)))
    return centre
