"""The sections of an outline: groups of documents that are alike, each under a heading that is true of it.

Reads: documents, their vectors, the terms of the library.  Gives: Group, in no order; the last may have no heading.
Headings come first: terms are chosen that cover the documents, hold alike ones together and are likely headings
(worth.py); then each document goes where the heading stands in it and it is nearest. What no heading stands in has
none.
Source: Osiński & Weiss 2005, "A concept-driven algorithm for clustering search results".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kb.survey.outline.about import About
from kb.survey.outline.headings import Named, named_by
from kb.survey.outline.phrases import Term
from kb.survey.outline.standing import plain, spoken, standing
from kb.survey.outline.worth import chance, is_wide
from kb.types import Document, Language, Vectors
from kb.words import phrases

# Chosen by hand, on the libraries of kb/survey/README.md.
_LEAST = 2  # documents under a heading
_MOST = 0.6  # share of the documents that a heading among several may be true of
_COVERS, _ALIKE = 0.7, 3  # powers of how many documents a heading covers, and of how alike they are
_NARROW, _NARROWS = 60, 0.15  # names of a wide heading that is narrow; the power by which a wider one is worth less
_LEAST_WORTH = 0.5  # chance that somebody who knows the field would write it
_ROUNDS = 4
_RARE = 0.08  # of a cosine, for each doubling of the documents that a heading is true of
_STEM = 6  # letters by which a verb and its noun are one word
_MANY_FOREIGN = 8  # works in it from which on what half of them share is the topic in that language


@dataclass(frozen=True, slots=True)
class Group:
    """rows: of the documents, ascending.  named: None for what no heading is true of."""

    rows: tuple[int, ...]
    named: Named | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A term, the rows of the documents that it may head, and how good a heading it is for them."""

    term: Term
    rows: list[int]
    worth: float


def arrange(documents: Sequence[Document], vectors: Vectors, wanted: int, known: Sequence[Term], topic: str,
            language: Language, about: About, taken: Iterable[frozenset[str]] = (), *,
            is_part: bool = False) -> list[Group]:
    """About `wanted` groups with their names, no two alike and none said by `taken`, and at most one without. is_part:
    of a section, which keeps what none of its parts is true of."""
    if wanted < 2:
        return [Group(tuple(range(len(documents))), heading_for(documents, known, topic, language, about, taken))]
    usable = _usable(documents, known, language, taken, is_part)
    candidates = _candidates(documents, vectors, _on(usable, documents, language, about), topic, language)
    groups: list[tuple[tuple[int, ...], Term]] = []
    for _ in range(_ROUNDS):
        chosen = _choose(candidates, wanted)
        groups = _placed(documents, vectors, chosen)
        lost = {term for term, _ in chosen} - {term for _, term in groups}
        if not lost:
            break
        candidates = [one for one in candidates if one.term not in lost]  # its works are nearer to other sections
    left = sorted(set(range(len(documents))) - {row for rows, _ in groups for row in rows})
    found = [Group(rows, named_by(term, [documents[i] for i in rows], language)) for rows, term in groups]
    return [*found, *([Group(tuple(left), None)] if left else [])]


def heading_for(documents: Sequence[Document], known: Sequence[Term], topic: str, language: Language, about: About,
                taken: Iterable[frozenset[str]] = ()) -> Named | None:
    """The best heading that is true of every one of these documents, if there is one."""
    n, usable = len(documents), _usable(documents, known, language, taken, is_part=False)
    found = [(chance(term, documents, n, topic, language), term)
             for term, rows in _on(usable, documents, language, about, n) if len(rows) == n]
    worth, best = max(found, key=lambda one: (round(one[0], 4), one[1].words), default=(0.0, None))
    return named_by(best, documents, language) if best and worth >= _LEAST_WORTH else None


def _usable(documents: Sequence[Document], known: Sequence[Term], language: Language, taken: Iterable[frozenset[str]],
            is_part: bool) -> list[Term]:
    """The terms that say more than the headings `taken`, and than the topic in the other language; no Chinese word of
    two characters that is neither a concept of the field nor a keyword (生成, 性状): few are subjects."""
    taken, named = set(taken), {term.words: term for term in known}
    wide = _wide_in_the_other(documents, language)
    return [term for term in known if (term.size or term.is_keyword)
            and not any(_says(term, words, named, is_part) for words in taken)
            and (term.language == language or not set(term.words.split()) <= wide)]


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
    """The documents that a heading of this term may speak of: one in the other language only of works in it, where
    these are most."""
    n_own = sum(document.language == language for document in documents)
    if term.language != language and (term.pair or 2 * n_own >= len(documents)):
        return []
    return [i for i, document in enumerate(documents)
            if standing(term.called, document)
            and (term.language == language or document.language == term.language)]


def _on(usable: Sequence[Term], documents: Sequence[Document], language: Language, about: About,
        least: int = _LEAST) -> list[tuple[Term, list[int]]]:
    """The terms that `least` of the documents may be headed with, each with those that are on it and do not only say
    it."""
    held = [(term, rows) for term in usable if len(rows := _holders(term, documents, language)) >= least]
    on = about.on([term for term, _ in held], [[documents[i] for i in rows] for _, rows in held])
    return [(term, [i for i, is_on in zip(rows, are_on, strict=True) if is_on])
            for (term, rows), are_on in zip(held, on, strict=True)]


def _candidates(documents: Sequence[Document], vectors: Vectors, usable: Sequence[tuple[Term, list[int]]], topic: str,
                language: Language) -> list[_Candidate]:
    """The terms that may head some of the documents. usable: each with the rows of those that are on it."""
    found, whole = [], _closeness(vectors, list(range(len(documents))))
    for term, rows in usable:
        if not _LEAST <= len(rows) <= _MOST * len(documents):
            continue
        worth = chance(term, [documents[i] for i in rows], len(documents), topic, language)
        titles = sum(documents[i].id in term.titled for i in rows)
        if worth < _LEAST_WORTH or is_wide(term) and 2 * titles <= len(rows):
            continue  # what half of a field uses says what works are on where their titles have it
        alike = (_closeness(vectors, rows) / whole) ** _ALIKE if whole else 1.0
        narrow = min(1.0, _NARROW / max(1, len(term.names))) ** _NARROWS if term.below else 1.0
        found.append(_Candidate(term, rows, worth * alike * narrow))
    return found


def _choose(candidates: Sequence[_Candidate], wanted: int) -> list[tuple[Term, list[int]]]:
    chosen: list[tuple[Term, list[int]]] = []
    covered: set[int] = set()
    left = list(candidates)
    while left and len(chosen) < wanted:
        gains = [(round(one.worth * n ** _COVERS, 4), -i) for i, one in enumerate(left)
                 if (n := len(set(one.rows) - covered)) >= _LEAST]
        if not gains:
            break
        best = left[-max(gains)[1]]
        chosen.append((best.term, best.rows))
        covered.update(best.rows)
        left = [one for one in left if not _is_like(one.term, best.term)]
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
            or other.words in term.names or term.words in other.names)


def _closeness(vectors: Vectors, rows: Sequence[int]) -> float:
    """Mean cosine to the centre; of few rows less, as if one more lay across."""
    if not rows:
        return 0.0
    return float(np.mean(vectors[list(rows)] @ _centre(vectors, rows)) * len(rows) / (len(rows) + 1))


def _placed(documents: Sequence[Document], vectors: Vectors,
            chosen: Sequence[tuple[Term, list[int]]]) -> list[tuple[tuple[int, ...], Term]]:
    """Each document where its heading stands in it and it is nearest; what too few have gives way to their next one."""
    open_ = list(chosen)
    while True:
        groups: list[list[int]] = [[] for _ in open_]
        centres = [_centre(vectors, rows) for _, rows in open_]
        near = np.round(vectors @ np.stack(centres).T, 4) if centres else np.zeros((len(documents), 0))
        for row in range(len(documents)):
            here = [j for j, (_, rows) in enumerate(open_) if row in rows]
            if here:  # of two headings that stand in it rather the one that few have
                groups[max(here, key=lambda j: (near[row, j] - _RARE * np.log2(len(open_[j][1])), -j))].append(row)
        few = [(len(group), -j) for j, group in enumerate(groups) if len(group) < _LEAST]
        if not few:
            return [(tuple(sorted(group)), term) for group, (term, _) in zip(groups, open_, strict=True)]
        del open_[-min(few)[1]]


def _centre(vectors: Vectors, rows: Sequence[int]) -> Vectors:
    mean = vectors[list(rows)].mean(axis=0)
    centre: Vectors = mean / max(1e-9, float(np.linalg.norm(mean)))
    return centre
