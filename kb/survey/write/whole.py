"""The whole name round a term at its place: "Joint Beat and Downbeat Tracking" round "Downbeat Tracking", "Wave-U-Net"
round "U-Net", 双重注意力机制 round 注意力机制.

Reads: a document, a place in it, and how the library uses words (Wording).  Gives: the place of the whole name, or None
where the text does not say where it begins or ends: half a name stands in no cell. Which words belong together is
counted as in outline/phrases.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from kb.survey.outline.standing import STOP, pieces, plain, spoken
from kb.survey.outline.usage import Usage, function_words
from kb.text import CJK
from kb.types import Document
from kb.words import phrases

Span = tuple[int, int]
_BEFORE = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:[-\u2010\u2011][A-Za-z0-9]+)*)([ \n]|[-\u2010\u2011])$")
_AFTER = re.compile(r"[ \n]([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*)")
_BOTH = re.compile(r"([A-Za-z][\w-]*) (?:and|or) $")
_LISTED = re.compile(r"[\w)], (?:and |or )?$|[\w)] ?[/&] ?$")
_BEFORE_GERUND = re.compile(r"(?:\b(?:by|for|of|in|to|when|while|and|at|from|on|with)\s|[,.:;(]\s?)$", re.IGNORECASE)
_LOOKED_AT = 80  # characters before a place
_JOINED_AFTER = re.compile(r"[-–/·+]\w|[A-Za-z0-9]|\s?(?:神经网络|网络|模型|算法)|\s(?:v?\d|[A-Z]{2,})")
_HAN = re.compile(f"[{CJK}]")
_HAN_BEFORE = re.compile(f"[{CJK}]*$")
_PLURAL = re.compile(r"(?:[^su]s)$", re.IGNORECASE)
_MOST_WORDS, _MOST_HAN = 6, 8  # that belong to a name at its left
_LEAST_SHARED = 2  # places of two words side by side, for them to be one name


class Wording:
    """How the works of a survey use words: beside Usage, which stand side by side and how often, and what Chinese they
    write."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._usage = Usage(documents)
        self._beside: Counter[tuple[str, str]] = Counter()
        self._fronts = [(document.metadata.title, spoken(document)) for document in documents]
        for _, text in self._fronts:
            norms = [piece.norm for piece in pieces(text)]
            self._beside.update(zip(norms, norms[1:], strict=False))

    def is_one(self, word: str, following: str) -> bool:
        """Whether two words stand side by side in several places."""
        a, b = plain(word).split(), plain(following).split()
        return bool(a and b) and self._beside[a[-1], b[0]] >= _LEAST_SHARED

    def is_ever_one(self, word: str, following: str) -> bool:
        a, b = plain(word).split(), plain(following).split()
        return bool(a and b) and self._beside[a[-1], b[0]] > 0

    def is_noun(self, word: str) -> bool:
        return self._usage.is_noun((plain(word).split() or [STOP])[-1])

    def is_verb(self, word: str) -> bool:
        return self._usage.is_verb((plain(word).split() or [STOP])[-1])

    def has_often(self, han: str) -> bool:
        """Whether a Chinese run stands in several places; a title and the same heading are one."""
        return sum(text.count(han) - (max(1, text.count(title)) - 1) * title.count(han) if title else text.count(han)
                   for title, text in self._fronts) >= _LEAST_SHARED


def whole_name(text: str, span: Span, aspect: str, wording: Wording) -> Span | None:
    """The place of the name that holds a term's place; None where the text does not show where it begins or ends."""
    start, end = span
    if _HAN.match(text[start]):
        return _chinese(text, span, wording)
    found = _to_the_left(text, start, text[start:end], wording)
    if found is None:
        return None
    stop = _to_the_right(text, end, aspect)
    return None if stop is None else (found, stop)


def _to_the_left(text: str, start: int, term: str, wording: Wording) -> int | None:
    """Where an English name begins."""
    at, is_title, following = start, _is_in_capitals(text, start), term.split()[0]
    for _ in range(_MOST_WORDS):
        word = _BEFORE.search(text[max(0, at - _LOOKED_AT):at])
        if word is None:
            return at
        low, begin = word[1].casefold(), at - len(word[0])
        if not word[2].isspace():  # a part of one word: "Wave-U-Net"
            at, following = begin, word[1]
            continue
        if low in ("and", "or"):
            return _with_first_half(text, at, term, wording)
        if low.endswith("ly") and not (wording.is_noun(low) or wording.is_one(low, following)):
            return start  # "Adaptively Select Reward Models": what is behind an adverb is a verb
        if opens(low) and not _is_called(text, word[1], following) or wording.is_verb(low):
            return at
        if _may_be_verb(word[1], following, wording, is_title=is_title):
            is_gerund = low.endswith("ing") and (is_title or _BEFORE_GERUND.search(text[:begin]))
            return at if is_gerund else None
        at, following = begin, word[1]
    return None


def _is_called(text: str, word: str, following: str) -> bool:
    """Whether a word of praise is a part of a name: within a sentence it has a capital there ("we use Fast R-CNN")."""
    return word[0].isupper() and any(not _is_in_capitals(text, found.start()) for found in re.finditer(
        rf"(?<=[a-z,(] ){re.escape(word)}[ -]{re.escape(following)}", text))


def _with_first_half(text: str, at: int, term: str, wording: Wording) -> int | None:
    """Where a name begins before whose last part "and" stands: at its first half, where both share the last word ("beat
    and downbeat tracking"); behind "and" where the first half is a name by itself; None where it is neither for
    sure."""
    both = _BOTH.search(text[max(0, at - _LOOKED_AT):at])
    if both is None:
        return at if not _LISTED.search(text[max(0, at - _LOOKED_AT):at]) else None
    head, half = term.split()[-1], both[1]
    is_name = any(c.isupper() or c.isdigit() for c in half[1:]) or bool(_PLURAL.search(half))
    if is_name or opens(half) or half.casefold() in _heads():
        return at
    if not wording.is_ever_one(half, head) and wording.is_noun(half):
        return None
    begin = at - len(both[0])
    return None if _LISTED.search(text[max(0, begin - _LOOKED_AT):begin]) else _to_the_left(text, begin, half, wording)


def _may_be_verb(word: str, following: str, wording: Wording, *, is_title: bool) -> bool:
    """Whether a word may be a verb with the term as its object: no form of one stands side by side with it elsewhere,
    or has an inner capital or a hyphen."""
    is_name = "-" in word or any(c.isupper() or c.isdigit() for c in word[1:])
    if is_name or wording.is_one(word, following):
        return False
    if word.casefold().endswith("ing"):
        return True
    return word.islower() and not is_title and bool(_PLURAL.search(word))


def _to_the_right(text: str, end: int, aspect: str) -> int | None:
    """Where an English name ends: with the network that a method's name goes on as; None inside another word, or where
    another task begins ("machine translation evaluation")."""
    if _JOINED_AFTER.match(text[end:end + 16]):
        return None
    heads, stop = phrases("aspects", f"{aspect} en") if aspect in ("task", "method") else (), end
    for _ in range(3):
        following = _AFTER.match(text, stop)
        if following is None or following[1].casefold() in function_words() or following[1].casefold() in _kinds():
            break
        stop = following.end()
        if following[1].casefold() in heads:
            return None if aspect == "task" else stop
    return end


def goes_on(text: str, end: int) -> bool:
    """Whether behind an English name a word stands that may belong to it: no function word, nor one for a kind."""
    following = _AFTER.match(text, end)
    if following is None:
        return bool(_JOINED_AFTER.match(text[end:end + 16]))
    low = following[1].casefold()
    return low not in function_words() and low not in _kinds() and not opens(low) and not low.endswith(
        ("s", "ed", "ing", "ly"))


def _chinese(text: str, span: Span, wording: Wording) -> Span | None:
    """A Chinese name with what stands before it up to a word that is no part of a name, where the works write both as
    one in several places."""
    start, end = span
    if _JOINED_AFTER.match(text[end:end + 16]):
        return None
    before = _HAN_BEFORE.search(text[max(0, start - 40):start])
    run = before[0] if before else ""
    if _HAN.match(text[end:end + 1]) and not text.startswith(_closings(), end):
        return None  # a longer name, 语言模型幻觉, or a verb
    if not run and re.search(r"[\w)）][-–/·+]?$", text[:start]):
        return None
    for n in range(min(len(run), _MOST_HAN) + 1):
        if n == len(run) or run[:len(run) - n].endswith(_openings()):
            is_name = n == 0 or wording.has_often(run[len(run) - n:] + text[start:end])
            return (start - n, end) if is_name else None
    return None


def _is_in_capitals(text: str, at: int) -> bool:
    """Whether a place stands in a line that writes most words with a capital, as titles do."""
    line = text[text.rfind("\n", 0, at) + 1:at + 60].split("\n")[0]
    words = [word for word in re.findall(r"[A-Za-z]+", line) if len(word) > 3]
    return bool(2 * sum(word[0].isupper() for word in words) > len(words))


def opens(word: str) -> bool:
    """Whether an English word belongs to no name: one that begins a phrase, or says how good or large a thing is."""
    low = word.casefold()
    return low in _openers() or low.split("-")[-1] in _praise()


@cache
def _praise() -> frozenset[str]:
    return frozenset((*phrases("aspects", "quality en"), *phrases("aspects", "weak en")))


@cache
def _openers() -> frozenset[str]:
    """English words that begin a phrase and belong to no name."""
    return frozenset((*phrases("stop", "function en"), *phrases("aspects", "own verb en"),
                      *phrases("aspects", "own subject en")))


@cache
def _openings() -> tuple[str, ...]:
    """What may stand before a Chinese name and is no part of it."""
    return (*phrases("aspects", "weak zh"), *phrases("stop", "function zh"))


@cache
def _closings() -> tuple[str, ...]:
    """What may stand behind a Chinese name and is no part of it."""
    return (*_openings(), *phrases("aspects", "kind zh"))


@cache
def _kinds() -> frozenset[str]:
    return frozenset((*phrases("aspects", "kind en"), *phrases("aspects", "weak en"),
                      *phrases("stop", "also general en")))


@cache
def _heads() -> frozenset[str]:
    return frozenset(word for kind in ("task", "method", "subject") for word in phrases("aspects", f"{kind} en"))


_known: dict[tuple[tuple[str, str, int], ...], Wording] = {}


def wording_of(documents: Sequence[Document]) -> Wording:
    """Of these works, made once: the table and its audit ask for the same."""
    key = tuple((document.id, document.sha256, hash(document.text)) for document in documents)
    if key not in _known:
        _known.clear()
        _known[key] = Wording(documents)
    return _known[key]
