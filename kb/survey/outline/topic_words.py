"""The words of a topic that speak for a document: the topic's own, other names of what it names, in either language.

Reads: a topic, and what each document says of itself.  Gives: for each the share of the topic's weight that it holds,
and the words it is held by.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from kb.answer.terms import bundled_concepts
from kb.survey.glossary import pattern, terms, with_narrower
from kb.survey.outline.field import Named, named_in, names_in
from kb.text import CJK, question_tokens, search_terms, simplified
from kb.types import Record
from kb.words import phrases

_LEAST_IDF = 0.5  # of a word that every document has: it still tells that they are on the topic
_HALF = 2  # how often a part is met for half of its weight
_FIELD, _HEAD = 0.2, 0.25  # of the documents: who has what a library is on; who has too common a head to part it
_FEW = 8  # documents, too few to tell which words all of them have
_MOST_OTHERS = 2  # other names of a concept that the topic is read with
_HAN = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Held(Record):
    """share, in_title: of the topic's idf, in [0, 1]; often: the same, each part by how often it is met; count: the
    share with each part counted once.  head: the share of what the topic is, least: of what it has least of, but for
    the library's field; of parts that stand side by side the best one counts.  words: of the topic, as it has them, in
    its order."""

    share: float = 0.0
    in_title: float = 0.0
    often: float = 0.0
    count: float = 0.0
    head: float = 0.0
    least: float = 0.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A word or a name in the topic. names: the search terms of each of its names.  wider: forms of what belongs under
    it; below: names of it in the field's table."""

    words: str
    names: tuple[frozenset[str], ...]
    wider: tuple[re.Pattern[str], ...] = ()
    below: frozenset[str] = frozenset()

    def met(self, text: str, counts: Mapping[str, int], telling: Mapping[str, float]) -> tuple[float, int]:
        """(how much of a name is there, in [0, 1]; how often a whole one is).  telling: how much each term counts where
        only a part of a name is there."""
        share = max((_part_of(name, counts, telling) for name in self.names), default=0.0)
        n = sum(min(counts.get(term, 0) for term in name) for name in self.names if len(name) == 1 or share == 1)
        n += sum(len(form.findall(text)) for form in self.wider)
        if self.below:
            n += len(self.below & names_in(text))
        return (1.0 if n else share), n


def _part_of(name: Collection[str], counts: Mapping[str, int], telling: Mapping[str, float]) -> float:
    """How much of a name is there, in [0, 1]: of "model compression" in a library on models, "model" is nothing."""
    there = [term for term in name if term in counts]
    whole = sum(telling[term] for term in name)
    return sum(telling[term] for term in there) / whole if whole else len(there) / len(name)


def _telling(parts: Sequence[_Part], texts: Sequence[Mapping[str, int]]) -> dict[str, float]:
    """What each term of a name tells of the text that it stands in: 0 of a term that half of them have; of few texts
    nothing is known."""
    terms = {term for part in parts for name in part.names for term in name}
    if len(texts) < _FEW:
        return dict.fromkeys(terms, 1.0)
    n = {term: sum(term in counts for counts in texts) for term in terms}
    return {term: max(0.0, math.log((len(texts) - held + 0.5) / (held + 0.5))) for term, held in n.items()}


def held_words(topic: str, titles: Sequence[str], texts: Sequence[str]) -> list[Held]:
    """What each document holds of the topic, by its title and by what it says of itself. A part that stands in no text
    counts as well, as the rarest does, but for the end of one Chinese word with the beginning of the next; one that
    the topic has twice counts once."""
    placed = _placed(topic)
    parts = [part for _, _, part in placed]
    counted = [_counts(text) for text in texts]
    telling = _telling(parts, counted)
    rows = [[part.met(text, counts, telling) for part in parts] for text, counts in zip(texts, counted, strict=True)]
    n_held = [sum(row[i][0] >= 1 for row in rows) for i in range(len(parts))]
    named = [part.names for part in parts]
    is_word = [1.0 - (_is_seam(placed, n_held, i) or part.names in named[:i]) for i, part in enumerate(parts)]
    idf = [weight * _idf(n, len(texts)) for weight, n in zip(is_word, n_held, strict=True)]
    held = [[share for share, _ in row] for row in rows]
    kinds = _without_field(_kinds(topic, placed), [[share >= 1 for share in shares] for shares in held], topic)
    found = []
    for title, row, shares in zip(titles, rows, held, strict=True):
        kind = [max(_share([shares[i] for i in side], [is_word[i] for i in side]) for side in sides) for sides in kinds]
        found.append(Held(
            _share(shares, idf), _share([part.met(title, _counts(title), telling)[0] for part in parts], idf),
            _share([n / (n + _HALF) for _, n in row], idf), _share(shares, is_word),
            kind[head_of(topic)] if kind else 0.0, min(kind, default=0.0),
            tuple(part.words for part, share in zip(parts, shares, strict=True) if share >= 1)))
    return found


def _is_seam(placed: Sequence[tuple[int, int, _Part]], n_held: Sequence[int], i: int) -> bool:
    """Whether two Han characters that no text has are the end of a word and the beginning of the next, both of which
    some text has."""
    start, end, part = placed[i]
    if n_held[i] or part.words.isascii() or end - start != 2 or not 0 < i < len(placed) - 1:
        return False
    return bool(placed[i - 1][1] == start + 1 and placed[i + 1][0] == end - 1 and n_held[i - 1] and n_held[i + 1])


def head_of(topic: str) -> int:
    """Which of `sides_of` says what the topic is, the others of what: in Chinese it comes last."""
    return -1 if _HAN.search(topic) else 0


def sides_of(topic: str) -> list[list[str]]:
    """What the topic is and what it is of, in its own words, in each what stands side by side: [["pruning",
    "quantization"], ["language models"]]."""
    placed = _placed(topic)
    return [[topic[placed[side[0]][0]:placed[side[-1]][1]] for side in sides] for sides in _kinds(topic, placed)]


def telling_sides(topic: str, held: Sequence[Held]) -> list[list[str]]:
    """The same without what the topic is of, where that is the field of the library: where a fifth of the documents
    have it, more than what the topic is, and not a quarter that: of “pruning of language models” only pruning tells
    one from another."""
    placed = _placed(topic)
    whole = [[part.words in row.words for _, _, part in placed] for row in held]
    kinds = _without_field(_kinds(topic, placed), whole, topic)
    return [[topic[placed[side[0]][0]:placed[side[-1]][1]] for side in sides] for sides in kinds]


def _without_field(kinds: list[list[list[int]]], whole: Sequence[Sequence[bool]], topic: str) -> list[list[list[int]]]:
    """whole: of each document, which parts of the topic it has."""
    head = kinds[head_of(topic)] if kinds else []
    spread = [sum(any(all(row[i] for i in side) for side in kind) for row in whole) for kind in kinds]
    return [kind for kind, n in zip(kinds, spread, strict=True)
            if kind is head or n < _FIELD * len(whole) or spread[head_of(topic)] >= min(n, _HEAD * len(whole))]


def _kinds(topic: str, placed: Sequence[tuple[int, int, _Part]]) -> list[list[list[int]]]:
    """The topic's parts by their numbers: what it is and what it is of, in each what stands side by side.

    "pruning and quantization of language models": [[[0], [1]], [[2]]].
    """
    cuts = sorted([(match.start(), is_of) for is_of in (True, False) for match in _joint(is_of).finditer(topic)
                   if not any(start < match.end() and match.start() < end for start, end, _ in placed)])
    kinds: list[list[list[int]]] = [[[]]]
    for i, (start, _, _) in enumerate(placed):
        while cuts and cuts[0][0] < start:
            if cuts.pop(0)[1]:
                kinds.append([[]])
            else:
                kinds[-1].append([])
        kinds[-1][-1].append(i)
    return [sides for kind in kinds if (sides := [side for side in kind if side])]


@cache
def _joint(is_of: bool) -> re.Pattern[str]:
    words = sorted(phrases("topics", "between") if is_of else phrases("topics", "beside"), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![A-Za-z-]){re.escape(word)}(?![A-Za-z-])" if word.isalpha() and word.isascii()
                               else re.escape(word) for word in words), re.IGNORECASE)


def _counts(text: str) -> Counter[str]:
    return Counter(search_terms(simplified(text)))


def _share(row: Sequence[float], idf: Sequence[float]) -> float:
    return round(sum(weight * share for weight, share in zip(idf, row, strict=True)) / (sum(idf) or 1.0), 4)


def wider(topic: str) -> str:
    """The topic with the other names of what it names behind it, and what belongs under it, in both languages."""
    narrow = with_narrower([term.en for term in terms() if pattern(term).search(topic)])
    names = [name for concept in bundled_concepts(topic) for name in concept.others[:_MOST_OTHERS]]
    names += [name for term in terms() if term.en in narrow for name in (term.en, term.zh)]
    return ", ".join(dict.fromkeys([topic, *(name for name in names if name.casefold() not in topic.casefold())]))


def narrower(words: str) -> list[str]:
    """The names of what belongs under what these words are the name of, in both languages: quantization under
    "compression", nothing under "compression of a cache"."""
    named = [term.en for term in terms() if pattern(term).fullmatch(words)]
    below = [name for name in with_narrower(named) if name not in named]
    return [name for term in terms() if term.en in below for name in (term.en, term.zh)]


def _idf(n_held: int, n: int) -> float:
    return max(_LEAST_IDF, math.log(1 + (n - n_held + 0.5) / (n_held + 0.5)))


def unheld(topic: str, held: Sequence[Held]) -> list[str]:
    """The words of the topic that no document has, as they stand in it: what lies together as one. Of pairs of Han
    characters nothing that a document has as another pair: 境污 of 环境污染 is no word where both others are there."""
    had = {words for row in held for words in row.words}
    placed = _placed(topic)
    there = {at for start, end, part in placed if part.words in had for at in range(start, end)}
    joined: list[tuple[int, int]] = []
    for start, end, part in placed:
        if part.words in had:
            continue
        if not topic[start:end].isascii():
            own = [at for at in range(start, end) if at not in there]
            start, end = (own[0], own[-1] + 1) if own else (end, end)
        if joined and start <= joined[-1][1] + 1 and not topic[start:end].isascii():
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return list(dict.fromkeys(topic[start:end] for start, end in joined
                              if end - start > 1 or topic[start:end].isascii() and end > start))


def topic_parts(topic: str) -> list[_Part]:
    """The names in the topic that the glossary or the pairs of the field know, and its other words."""
    return [part for _, _, part in _placed(topic)]


def n_words(topic: str) -> float:
    """How many words and names the topic has: a pair of Han characters that shares one with the pair before adds a
    half."""
    placed = _placed(topic)
    return sum(0.5 if i and placed[i - 1][1] > start else 1.0 for i, (start, _, _) in enumerate(placed))


def _placed(topic: str) -> list[tuple[int, int, _Part]]:
    parts: dict[int, tuple[int, _Part]] = {}
    for term in terms():
        for match in pattern(term).finditer(topic):
            family = [other for other in terms() if other.en in with_narrower([term.en])]
            _put(parts, match.start(), match.end(),
                 _Part(match.group(), _names(match.group(), *term.forms), tuple(pattern(t) for t in family)))
    for concept in bundled_concepts(topic):
        start = topic.find(concept.words)
        _put(parts, start, start + len(concept.words), _Part(concept.words, _names(concept.words, *concept.others)))
    named = named_in(topic)
    for one in named:
        if one.below:
            _put_wide(parts, one, topic)
    masked = _general().sub(lambda found: " " * len(found.group()), topic)
    known = [(start, end) for start, (end, _) in parts.items()]
    for token in question_tokens(masked if masked.strip() else topic):
        if any(start < token.end and token.start < end for start, end in known):
            continue  # within a name, or, in Chinese, the end of one with the beginning of the next
        if token.term in phrases("topics", "general"):
            continue  # "LLM-based"
        if len(token.term) > 1 or token.term.isascii():
            words = topic[token.start:token.end]
            apart = _names(words.replace("-", " ")) if "-" in words else ()  # "protein-protein" is met as "protein"
            whole = [name for one in named if one.start <= token.start and token.end <= one.end
                     for name in _names(*one.names) if token.term not in name]
            _put(parts, token.start, token.end, _Part(words, (frozenset((token.term,)), *apart, *whole)))
    return [(start, end, part) for start, (end, part) in sorted(parts.items())]


def _put_wide(parts: dict[int, tuple[int, _Part]], wide: Named, topic: str) -> None:
    """A wide name of the field, with what belongs under it; what the glossary has at its place keeps its forms. None is
    made of the end of one name and the beginning of another, 模型剪枝 in 语言模型剪枝."""
    last, same = parts.get(wide.start, (wide.end, None))
    names = _names(*wide.names)
    if same and last == wide.end:
        names = tuple(dict.fromkeys((*same.names, *names)))
        parts[wide.start] = last, replace(same, names=names, below=wide.below)
    elif not any(a < wide.start < b or a < wide.end < b for a, (b, _) in parts.items()):
        _put(parts, wide.start, wide.end, _Part(topic[wide.start:wide.end], names, below=wide.below))


@cache
def _general() -> re.Pattern[str]:
    words = sorted(phrases("topics", "general"), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![A-Za-z-]){re.escape(word)}(?![A-Za-z-])" for word in words), re.IGNORECASE)


def _names(*names: str) -> tuple[frozenset[str], ...]:
    """The search terms of each name; of Chinese only pairs of characters, a single one is in almost every text."""
    found = (frozenset(term for term in search_terms(simplified(name)) if len(term) > 1 or term.isascii())
             for name in names)
    return tuple(dict.fromkeys(filter(None, found)))


def _put(parts: dict[int, tuple[int, _Part]], start: int, end: int, part: _Part) -> None:
    """Keeps the part unless it lies within one that is kept; those that lie within it go."""
    if any(a <= start and end <= b for a, (b, _) in parts.items()):
        return
    for a in [a for a, (b, _) in parts.items() if start <= a and b <= end]:
        del parts[a]
    parts[start] = (end, part)
