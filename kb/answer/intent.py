"""What kind of answer a question wants: a definition, a number, a time, a list, a comparison.

Reads: the question's words.  Gives: Intent, whose `bonus` scores a sentence's form. Patterns for Chinese and English
side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.text import guess_language
from kb.types import Language
from kb.words import Phrases, phrases

_DEFINITION = (
    Phrases(r"^(?:«questions: please zh»)?\s*(?:«questions: what is zh»)\s*(?P<x>.+?)\s*[?？。]*$"),
    Phrases(r"^(?P<x>.+?)\s*(?:«questions: is what zh»)\s*[?？。]*$"),
    Phrases(r"^(?:«questions: what is en~»)\s+(?:(?:«questions: article en»)\s+)?"
            r"(?:(?:«questions: meaning en»)\s+of\s+)?(?P<x>.+?)\s*[?.]*$", re.I),
    Phrases(r"^what\s+does\s+(?P<x>.+?)\s+(?:«questions: means en~»)\s*\??$", re.I),
)
_COMPARISON = (
    Phrases(r"(?P<x>[^，,。？?]+?)\s*(?:«questions: and zh»)\s*(?P<y>[^，,。？?]+?)\s*(?:«questions: between zh»)?"
            r"(?:«questions: has what zh»)?\s*(?:«questions: mainly zh»)?(?:«questions: difference zh»)", re.I),
    Phrases(r"(?:«questions: difference en»)\s+between\s+(?P<x>.+?)\s+and\s+(?P<y>.+?)\s*[?.]*$", re.I),
    Phrases(r"^compare\s+(?P<x>.+?)\s+(?:«questions: compared with en»)\s+(?P<y>.+?)\s*[?.]*$", re.I),
    Phrases(r"^how\s+(?:«questions: auxiliary en»)\s+(?P<x>.+?)\s+(?:«questions: differs en~»)\s+"
            r"(?P<y>.+?)\s*[?.]*$", re.I),
    Phrases(r"^(?P<x>[^?？]{1,40}?)\s+(?:«questions: versus»)\s+(?P<y>[^?？]{1,40}?)\s*[?？]*$", re.I),
)
_SHARE = Phrases("«questions: share zh»|«questions: share en~»", re.I)
_MONEY = Phrases(
    r"«questions: money zh»|(?:«questions: money en~»)\b|\bwhat\s+(?:\w+\s+){0,2}(?:«questions: sum en»)\b", re.I)
_NUMBER = Phrases(
    r"«questions: number zh»|«questions: number en~»|\bwhat\s+(?:(?!do\b|does\b)[\w-]+\s+){0,4}"
    r"(?:«questions: measure en~»)\s+(?:«questions: of a measure en»)\b", re.I)
_TIME = Phrases(r"«questions: time zh»|(?:«questions: time word en»)\b|«questions: time en~»", re.I)
_LIST = Phrases(
    r"«questions: list zh»|which\s+(?:\w+\s+)?(?:«questions: several en»)|(?:«questions: list word en~»)\b|"
    r"«questions: list en~»", re.I)
_WHO = Phrases(r"«questions: name zh»|(?:«questions: name word en»)\b|«questions: name en~»", re.I)
_PURPOSE = Phrases(r"«questions: purpose zh»|(?:«questions: purpose word en~»)\b|«questions: purpose en~»", re.I)
_ASKING = Phrases(r"^(?:«questions: asking zh»|(?:«questions: article en»)\s+)\s*(?=\S)", re.I)
_HAS_PURPOSE = Phrases(r"«answers: purpose zh»|(?:«answers: purpose word en»)\b|«answers: purpose en~»", re.I)
_HAS_NUMBER = Phrases(
    r"\d|[一二三四五六七八九十百千万亿两]+(?:«numbers: unit zh»)|\b(?:«numbers: count en»)\b", re.I)
_HAS_SHARE = Phrases(r"(?:\d|[一二三四五六七八九十])\s*\\?(?:«numbers: percent»)|百分之|分之|\d/\d|\b0?\.\d|"
                     r"(?:«numbers: share zh»)|\b(?:«numbers: share en»)\b", re.I)
_HAS_MONEY = Phrases(r"[$€£¥￥]\s*\d|\d[\d.,]*\s*(?:«numbers: scale zh»)?(?:«numbers: money zh»)|"
                     r"\d[\d.,]*\s*(?:(?:«numbers: scale en»)\s+)?(?:«numbers: money en»)\b", re.I)
_HAS_TIME = Phrases(r"\d{2,4}\s*年|\d{1,2}\s*月|\d{1,2}\s*日|\b(?:1[5-9]|20)\d\d\b|«answers: time zh»")
# What stands behind the thing: "是指", "is a"; ":"; "，即", "which is"; nothing of the kind.
_IS = Phrases(
    r"«answers: defines zh»|(?:就|便)?是(?:«answers: is begins zh»)|是.{1,30}(?:«answers: is ends zh»)|"
    r"(?:«answers: is en»)\s+(?:«answers: is begins en»)\b|«answers: defines en~»|(?:«answers: defines word en»)\b",
    re.I)
_COLON = re.compile(r"[:：]\s*\S")
# What stands before the thing: "we call this", "known as"; "we propose".
_NAMES_IT = Phrases(
    r"(?:(?:«answers: names zh»)|(?:«answers: names en~»))\s*(?:(?:«questions: article en»)\s+)?$", re.I)
_BRINGS_IT = Phrases(
    r"(?:(?:«answers: brings zh»)|(?:«answers: brings en»)\s*(?:(?:«questions: article en»)\s+)?)$", re.I)
# The thing itself in "the yield of a fishery that …", "以太坊里的 Gas".
_HEAD = Phrases(
    r"^(?:.*(?:«questions: of zh»)(?P<zh>[^的]{2,})|(?P<en>.{2,}?)\s+(?:«questions: of en»)\s.*)$", re.I)
_IS_CALLED = Phrases(
    r"——|—|–|[,，]\s*(?:(?:«answers: called zh»)|an?\s)|(?:,\s*)?(?:which|that)\s+is|(?:是|is|are)(?![否不])|"
    r"«answers: does zh»|(?:«answers: does en»)\b", re.I)


# What the form of a sentence adds to its score. Chosen by hand; `python -m tests.bench quality` measures the score as a
# whole.
_MORE_DEFINITION, _MORE_TIME, _MORE_NUMBER, _MORE_PURPOSE = 0.6, 0.3, 0.2, 0.1
# How clearly a sentence defines what it speaks of, by what stands behind the name; the first is for a name at the
# beginning and nothing of the kind. Chosen by hand.
_ONLY_NAMED, _DOES, _BRINGS, _BY_COLON, _DEFINED = 0.1, 0.55, 0.6, 0.95, 1.0
_BY_OTHER_NAME = 0.7  # of that, for another name: two sentences alike, and the question's own word comes first
_OF_ITS_HEAD = 0.8  # of that, for the thing itself without what is said of it: "yield" of "the yield of a lake"
# Of that, where so many characters stand before the name: at most, the share; and the share beyond. Chosen by hand.
_AT_THE_BEGINNING, _NEAR_IT, _SHARE_NEAR, _SHARE_FURTHER = 2, 12, 0.6, 0.35
_HEAD_WITHIN = 60  # characters before it, at most, for what stands behind it to count
_LONGEST_SUBJECT = {"zh": 24, "en": 60}  # characters; a longer one is a clause


@dataclass(frozen=True, slots=True)
class Intent:
    """The form of answer wanted. subject: what a definition is of; names: what else it is called.  wants_share: the
    number is a part of a whole; wants_money: it is a sum of money.  subjects: the two sides of a comparison, else
    empty."""

    wants_definition: bool = False
    subject: str = ""
    wants_number: bool = False
    wants_time: bool = False
    wants_list: bool = False
    wants_name: bool = False
    wants_purpose: bool = False
    wants_share: bool = False
    wants_money: bool = False
    subjects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """What a definition is of, by all its names, the question's first."""
        return (self.subject, *self.names) if self.subject else ()

    def other_questions(self, limit: int) -> list[str]:
        """What to search for besides the question, where a definition is asked of something: the thing itself, then
        what its other names are."""
        return [name if not i else _what_is(name) for i, name in enumerate(self.asked[:limit])]

    def with_names(self, names: Iterable[str]) -> Intent:
        """The same, where what a definition is of has other names too."""
        return replace(self, names=tuple(dict.fromkeys((*self.names, *names)))) if self.subject else self

    def clearly_defined(self, sentence: str, before: str = "", *, by_other_name: float = 1.0) -> float:
        """How clearly a sentence defines what a definition is asked of, by any of its names, 0 to 1. before: the
        sentence or heading before it; by_other_name: what another name than the question's counts."""
        if not self.subject:
            return 0.0
        asked = self.asked
        clear = max(defines(sentence, name) * (by_other_name if i else 1) for i, name in enumerate(asked))
        if bare(before).casefold() in {name.casefold() for name in asked}:
            clear = max(clear, _BY_COLON)
        head = _head(self.subject)
        return max(clear, _OF_ITS_HEAD * defines(sentence, head)) if head else clear

    def bonus(self, sentence: str, before: str = "") -> float:
        """How much the sentence's form speaks for it, 0 to 0.6."""
        score = _MORE_DEFINITION * self.clearly_defined(sentence, before, by_other_name=_BY_OTHER_NAME)
        if self.wants_time and _HAS_TIME.search(sentence):
            score += _MORE_TIME
        elif self.wants_number and self.has_number(sentence):
            score += _MORE_NUMBER
        if self.wants_purpose and _HAS_PURPOSE.search(sentence):
            score += _MORE_PURPOSE
        return score

    def has_number(self, sentence: str) -> bool:
        """Whether a number of the kind that is asked for stands in it, in digits or words."""
        kind = _HAS_SHARE if self.wants_share else _HAS_MONEY if self.wants_money else _HAS_NUMBER
        return bool(kind.search(sentence))


def read_intent(question: str, language: Language) -> Intent:
    """What the question asks for, by its words."""
    text = question.strip()
    for pattern in _COMPARISON:
        found = pattern.search(text)
        if found and all(len(bare(found[side])) > 1 for side in "xy"):
            return Intent(subjects=(bare(found["x"]), bare(found["y"])))
    subject = ""
    for pattern in _DEFINITION:
        found = pattern.match(text)
        if found and len(_head(found["x"]) or found["x"]) <= _LONGEST_SUBJECT[language]:
            subject = bare(found["x"])
            break
    wants_share, wants_money = bool(_SHARE.search(text)), bool(_MONEY.search(text))
    wants_number = wants_share or wants_money or bool(_NUMBER.search(text))
    return Intent(bool(subject), subject, wants_number, bool(_TIME.search(text)), bool(_LIST.search(text)),
                  bool(_WHO.search(text)), bool(_PURPOSE.search(text)), wants_share, wants_money)


def bare(subject: str) -> str:
    """The subject without a leading article or verb of asking, quotation marks and a trailing 的."""
    subject = _ASKING.pattern.sub("", subject.strip(" 「」『』《》“”\"'`?？。."))
    return subject.strip().removesuffix("的")


def _what_is(name: str) -> str:
    """The question what it is, in the language of its name."""
    if guess_language(name) == "zh":
        return phrases("questions", "what is zh")[0] + name
    return f"{phrases('questions', 'what is en')[0]} {name}"


def _head(subject: str) -> str:
    """The thing itself in a subject that says more of it: "以太坊里的 Gas", "yield of a fishery"; "" if it does not."""
    found = _HEAD.match(subject)
    return bare(found["zh"] or found["en"]) if found else ""


def defines(sentence: str, subject: str) -> float:
    """How clearly a sentence defines the subject, 0 to 1: "X 是指…", "X is a…", "X (…): …" near the beginning and not
    as a legend, "…称为 X", "known as X", "we propose X" anywhere."""
    x = r"\s*".join(re.escape(part) for part in subject.split())
    if subject.isascii():
        x = rf"(?<![A-Za-z]){x}(?:e?s)?(?![A-Za-z])"
    return max((_defines_at(sentence, found) for found in re.finditer(x, sentence, re.I)), default=0.0)


def _defines_at(sentence: str, head: re.Match[str]) -> float:
    """The same by one place where the subject stands."""
    before = sentence[: head.start()].rstrip(" *_`\"“「《\\{")
    if before and _NAMES_IT.search(before):
        return _BY_COLON
    brings = _BRINGS if before and _BRINGS_IT.search(before) else 0.0
    if head.start() > len(head[0]) + _HEAD_WITHIN:
        return brings
    lead = len(sentence[: head.start()].strip(" *_`\"“「《-（("))
    tail = re.match(r"[\s*_`”」》\"]*(?:\s*[（(][^（()）]{1,80}[)）])?[\s*_`]*(?:,[^,]{1,40},\s*)?(?P<rest>.{0,40})",
                    sentence[head.end():], re.S)
    rest = tail["rest"] if tail else ""
    if _IS.match(rest):
        kind = _DEFINED
    elif _COLON.match(rest):
        kind = _BY_COLON
    elif _IS_CALLED.match(rest):
        kind = _DOES
    else:
        return max(brings, _ONLY_NAMED if lead <= _AT_THE_BEGINNING else 0.0)
    share = 1.0 if lead <= _AT_THE_BEGINNING else _SHARE_NEAR if lead <= _NEAR_IT else _SHARE_FURTHER
    return max(brings, kind * share)
