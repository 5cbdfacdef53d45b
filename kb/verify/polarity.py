"""Does a sentence turn round what a quote says: an antonym in the place of a word, a prefix that denies (biased for
unbiased), two numbers or two things compared that have changed places?

Reads: a sentence and the sentences of its evidence.  Gives: the words that are turned round. Words decide, from
data/words/antonyms.txt, and only where they stand beside the same word as their counterpart; how many turns it sees and
how many true sentences it blames is counted by `python -m tests.bench flips`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from kb.text import CJK, question_tokens
from kb.types import Language
from kb.words import Phrases, phrases

_BREAK = re.compile(r"[,;:.，；：。（）()、](?!\d)|\n")
_WORD = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*")
_HAN = re.compile(f"[{CJK}]")
_SKIPPED_ZH = frozenset("了的地着过得到为至也都则还仍很较更最比将把被使所在是而且与和及")
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er", "est", "ation", "ment", "ness", "ity")
_LEAST_BASE = 4  # letters that a prefix may stand before
_REACH = 3  # words or characters before a word in which what denies it stands
_BESIDE = 4  # words to a neighbour
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*\s*[%％]?")
# Parts of a sentence, each of which speaks of its own thing.
PART = Phrases(r"[,;:，；：、](?!\d)|\b(?:«antonyms: parts en»)\b|«antonyms: parts zh»")
_BEFORE = 0.5  # what the word before a number counts, beside the terms of its part
_CLEARLY = 0.6  # how much more the places must speak for an exchange than for none. Both by hand


@dataclass(frozen=True, slots=True)
class _Turn:
    """A word that has an opposite. group, side: of the list; -1 for one that any word may deny by its prefix.  before,
    after: the content words beside it in its clause, "" without one.  denied: how often it is denied there."""

    word: str
    key: str
    group: int
    side: int
    before: str
    after: str
    denied: int


def turned(sentence: str, evidence: Sequence[str], language: Language) -> tuple[str, ...]:
    """The words of the sentence that say the opposite of the evidence. evidence: sentences in the same language."""
    held = [turn for text in evidence for turn in _turns(text, language)]
    words = {turn.key for turn in held}
    found = []
    for turn in _turns(sentence, language):
        beside = [other for other in held if _is_beside(turn, other)]
        same = [other for other in beside if _agrees(turn, other)]
        against = [other for other in beside if _opposes(turn, other)]
        if against and not same and not (turn.key in words and _stands_alone(turn)):
            found.append(f"{turn.word} / {against[0].word}")
    return tuple(dict.fromkeys(found))


def denies_the_same(sentence: str, evidence: str, language: Language) -> bool:
    """Whether what the sentence denies is also denied by the evidence, by whatever word, or is there as an opposite."""
    said, held = _denied(sentence, language), _denied(evidence, language)
    if said and all(any(2 * len(own & other) > len(own) for other in held) for own in said):
        return True
    turns = [turn for turn in _turns(evidence, language) if turn.group >= 0 or turn.key]
    return any(turn.denied % 2 and any(_is_beside(turn, other) and _is_opposite(turn, other) and not other.denied % 2
                                       for other in turns)
               for turn in _turns(sentence, language))


# --- words with an opposite


def _agrees(turn: _Turn, other: _Turn) -> bool:
    """The same word or side, denied as often; or the opposite, denied once more."""
    is_same = turn.key == other.key or turn.group >= 0 and (turn.group, turn.side) == (other.group, other.side)
    odd = (turn.denied + other.denied) % 2
    return is_same and not odd or _is_opposite(turn, other) and bool(odd)


def _opposes(turn: _Turn, other: _Turn) -> bool:
    return _is_opposite(turn, other) and not (turn.denied + other.denied) % 2


def _is_opposite(turn: _Turn, other: _Turn) -> bool:
    if turn.group >= 0 and turn.group == other.group:
        return turn.side != other.side
    return _is_prefixed(turn.key, other.key) or _is_prefixed(other.key, turn.key)


def _is_prefixed(word: str, base: str) -> bool:
    return len(base) >= _LEAST_BASE and len(base) < len(word) <= len(base) + 5 and word.endswith(base) and (
        word[: -len(base)] in phrases("antonyms", "prefix"))


def _is_beside(turn: _Turn, other: _Turn) -> bool:
    """Whether the two stand beside the same word: that behind them decides where both have one."""
    if turn.after and other.after:
        return turn.after == other.after
    around = {turn.before, turn.after} & {other.before, other.after} - {""}
    return bool(around)


def _stands_alone(turn: _Turn) -> bool:
    return not turn.before and not turn.after


def _turns(text: str, language: Language) -> Iterator[_Turn]:
    begin = 0
    for end in [*(found.start() for found in _BREAK.finditer(text)), len(text)]:
        yield from (_turns_zh if language == "zh" else _turns_en)(text[begin:end])
        begin = end


def _turns_en(clause: str) -> Iterator[_Turn]:
    words = [word.lower().replace("’", "'") for word in _WORD.findall(re.sub(r"\bwith no\b", "without", clause))]
    content = {token.term for token in question_tokens(clause)}
    keys = [_key(word) for word in words]
    negates = frozenset(phrases("antonyms", "negates en"))
    for i, word in enumerate(words):
        places = _sides("en").get(keys[i], ())
        if not places and len(word) < _LEAST_BASE:
            continue
        before = next((keys[j] for j in range(i - 1, max(-1, i - 1 - _BESIDE), -1) if _counts(words[j], content)), "")
        after = next((keys[j] for j in range(i + 1, min(len(words), i + 1 + _BESIDE)) if _counts(words[j], content)),
                     "")
        near = words[max(0, i - _REACH):i]
        denied = sum(other in negates or other.endswith("n't") for other in near)
        for group, side in places or ((-1, 0),):
            yield _Turn(word, keys[i], group, side, before, after, denied)


def _counts(word: str, content: set[str]) -> bool:
    """Whether a word tells what a statement is about."""
    return bool({term.term for term in question_tokens(word)} & content)


@cache
def _key(word: str) -> str:
    """A word as the lists have it, or without its ending."""
    sides = _sides("en")
    if word in sides:
        return word
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if base == word or len(base) < 3:
            continue
        for form in (base, base + "e", base[:-1] if base[-1:] == base[-2:-1] else base,
                     base[:-1] + "y" if base.endswith("i") else base):
            if form in sides:
                return form
    stem = re.sub(r"(?:ing|ed|es|s|ly)$", "", word)
    return stem if len(stem) >= 3 else word


def _turns_zh(clause: str) -> Iterator[_Turn]:
    pattern = _pattern_zh()
    negates = sorted(phrases("antonyms", "negates zh"), key=len, reverse=True)
    for found in pattern.finditer(clause):
        left = [c for c in clause[:found.start()] if _HAN.match(c)]
        right = [c for c in clause[found.end():] if _HAN.match(c) or c.isalnum()]
        while left and left[-1] in _SKIPPED_ZH:
            left.pop()
        while right and right[0] in _SKIPPED_ZH:
            right.pop(0)
        after = "" if right and right[0].isdigit() else "".join(right[:2])
        near = clause[max(0, found.start() - _REACH):found.start()]
        denied = int(any(word in near for word in negates))
        for group, side in _sides("zh")[found[0]]:
            yield _Turn(found[0], found[0], group, side, "".join(left[-2:]), after, denied)


@cache
def _sides(language: Language) -> dict[str, tuple[tuple[int, int], ...]]:
    """word -> (number of its line, which side of the slash)."""
    found: dict[str, list[tuple[int, int]]] = {}
    for group, line in enumerate(phrases("antonyms", language)):
        for side, words in enumerate(line.split(" / ")):
            for word in words.split(", "):
                found.setdefault(word.strip(), []).append((group, side))
    return {word: tuple(places) for word, places in found.items()}


@cache
def _pattern_zh() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(_sides("zh"), key=len, reverse=True))))


def _denied(text: str, language: Language) -> list[frozenset[str]]:
    """What stands behind each word that denies: two words, or four characters as pairs."""
    if language == "en":
        words = [word.lower() for word in _WORD.findall(text)]
        content = {token.term for token in question_tokens(text)}
        negates = frozenset(phrases("antonyms", "negates en"))
        return [frozenset([_key(other) for other in words[i + 1:] if _counts(other, content)][:3])
                for i, word in enumerate(words) if word in negates or word.endswith("n't")]
    pattern = "|".join(sorted(phrases("antonyms", "negates zh"), key=len, reverse=True))
    return [frozenset(rest[i:i + 2] for i in range(len(rest) - 1))
            for found in re.finditer(pattern, text)
            if (rest := "".join(c for c in text[found.end():found.end() + 6] if c not in _SKIPPED_ZH)[:4])]


# --- numbers and things that have changed places


def exchanged(sentence: str, evidence: str) -> tuple[str, ...]:
    """Two numbers of the sentence, each of which stands in the evidence where the other belongs; () if none do."""
    said, held = _numbers(sentence), _numbers(evidence)
    both = [number for number in said if number in held]
    for i, first in enumerate(both):
        for second in both[i + 1:]:
            own = said[first].likeness(held[first]) + said[second].likeness(held[second])
            other = said[first].likeness(held[second]) + said[second].likeness(held[first])
            if other > own + _CLEARLY:
                return first, second
    return ()


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands round a number: the terms of its part of the sentence, and the word before it."""

    terms: frozenset[str]
    before: str

    def likeness(self, other: _Place) -> float:
        shared = len(self.terms & other.terms) / max(1, min(len(self.terms), len(other.terms)))
        return shared + _BEFORE * (bool(self.before) and self.before == other.before)


def _numbers(text: str) -> dict[str, _Place]:
    """Each number that stands once -> where it stands."""
    spans = [found.span() for found in _NUMBER.finditer(text)]
    values = [re.sub(r"[\s,]", "", text[a:b]).replace("％", "%") for a, b in spans]
    breaks = [0, *(found.end() for found in PART.finditer(text)), len(text)]
    found = {}
    for value, (start, end) in zip(values, spans, strict=True):
        if values.count(value) == 1:
            begin = max(point for point in breaks if point <= start)
            stop = min((point for point in breaks if point >= end), default=len(text))
            part = text[begin:start] + " " + text[end:stop]
            terms = frozenset(token.term for token in question_tokens(part) if not token.term[0].isdigit())
            words = re.findall(rf"[A-Za-z]+|[{CJK}]", text[begin:start])
            found[value] = _Place(terms, words[-1].lower() if words else "")
    return found
