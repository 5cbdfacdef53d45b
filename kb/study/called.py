"""What a question calls a work or a thing: a slot of a form as a name.

Reads: the words of a slot, Asked.  Gives: Name, or None where a slot holds no name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kb.study.grammar import Asked
from kb.text import CJK, simplified
from kb.words import Phrases, phrases

QUOTES = "《》“”\"'「」 "
_ARTICLE = re.compile(r"^(?:the|a|an|this|that)\s+", re.I)
_NOUN_EN = Phrases(r"\s+(?:«intents: paper noun en»)$", re.I)
_NOUN_FIRST_EN = Phrases(r"^(?:«intents: paper noun en»)\s+(?:(?:«intents: called en»)\s+)?", re.I)
_NOUN_ZH = Phrases(r"(?:的?(?:«intents: paper noun zh»))$")
_NOUN_FIRST_ZH = Phrases(r"^(?:«intents: before noun zh»)(?=\S)")
_THAT_BRINGS = Phrases(r"^(?:that|which)\s+(?:«intents: introduces en»)\s+(?:the\s+)?|"
                       r"^(?:«intents: introduces zh»)了?", re.I)
_ASKS = Phrases(r"\b(?:«intents: question word en»)\b|«intents: question word zh»")
CLAUSE = Phrases(r"\b(?:«intents: clause en»)\b")
# 那篇 of "WaveNet那篇", 的基础上 of "YOLOv5的基础上": words behind a Latin name, all of them of the list
_BESIDE_ZH = Phrases(r"(?<=[A-Za-z0-9+])\s*(?:«intents: beside a name zh»)(?:\s*(?:«intents: beside a name zh»))*$")
_BEFORE_EN = Phrases(r"^(?:«intents: before a name en»)\s+(?=\S)", re.I)
_AS_EN = Phrases(r"\s+as\s+(?:(?:an?|the|its|their|one)\s+)?(?:\w+\s+)?(?:«intents: as what en»)\b.*$", re.I)
_ET_AL = re.compile(r"\set\s+al\.?$")
_LONGEST_NAME = 250
_MOST_AROUND = 14  # words or Chinese characters beside a title in quotation marks: authors, a year, a noun
_ONE_MORE = re.compile(f"的[{CJK}]$")  # a word that goes on behind it: 的全写, 的部分


@dataclass(frozen=True, slots=True)
class Name:
    """What a question calls a work, or a thing. is_quoted: it stood in quotation marks, around: what stood beside
    these; says_work: a word like "paper" stood beside it; is_name: it looks like a name, by its capitals or digits."""

    text: str
    is_quoted: bool = False
    says_work: bool = False
    is_name: bool = False
    around: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether a work is meant whatever the library holds."""
        return self.is_quoted or self.says_work or self.is_name


def read_name(slot: str, asked: Asked) -> Name | None:
    """A slot as a name; None where it is a question or too long."""
    text, says_work = slot.strip(" ,，的" if asked.language == "zh" else " ,"), False
    if asked.language == "zh":
        if text.endswith(phrases("intents", "cut zh")) or _ONE_MORE.search(text):
            return None
        bare = _NOUN_FIRST_ZH.pattern.sub("", _NOUN_ZH.pattern.sub("", text)) or text
        says_work = bare != text
        bare = _BESIDE_ZH.pattern.sub("", bare) or bare
    else:
        text = bare_thing(text)
        bare = _ARTICLE.sub("", text)
        without = _NOUN_FIRST_EN.pattern.sub("", _NOUN_EN.pattern.sub("", bare)) or bare
        says_work, bare = without != bare, without
    if says_work:
        bare = _THAT_BRINGS.pattern.sub("", bare) or bare
    inside = re.search("[\ue000-\ue0ff]", bare)
    if inside:
        whole = asked.restored(inside[0])
        around = " ".join((bare[:inside.start()] + " " + bare[inside.end():]).split())
        if _ASKS.search(simplified(around)) or len(around.split()) > _MOST_AROUND or len(
                re.findall(f"[{CJK}]", around)) > _MOST_AROUND:
            return None
        return Name(whole.strip(QUOTES), is_quoted=True, says_work=True, around=around)
    if not 1 <= len(bare) <= _LONGEST_NAME or _ASKS.search(bare) or _is_cut(bare):
        return None
    return Name(bare.strip(QUOTES), says_work=says_work, is_name=_is_name(bare, text))


def bare_thing(text: str) -> str:
    """A thing without what leads to it and what it serves as: "top of BERT", "BERT as their backbone", "MSRA上测评"."""
    text = _AS_EN.pattern.sub("", _BEFORE_EN.pattern.sub("", text.strip()))
    return _BESIDE_ZH.pattern.sub("", text) or text


def _is_cut(bare: str) -> bool:
    """Whether more would follow: no name ends in a small word."""
    return len(bare.split()) > 1 and bare.split()[-1] in phrases("intents", "small en") and not _ET_AL.search(bare)


def _is_name(bare: str, text: str) -> bool:
    """Whether it is written like a name: in Chinese with a Latin word or a digit, in English with every word that is
    not small in capitals or with a digit."""
    if re.search(f"[{CJK}]", bare):
        return bool(re.search(r"[A-Z][A-Za-z0-9+-]+", bare)) and len(re.findall(f"[{CJK}]", bare)) <= 2
    words = [word for word in bare.split() if word.lower() not in phrases("intents", "small en")]
    has_capital = [bool(re.search(r"[A-Z0-9&+]", word)) for word in words]
    if CLAUSE.search(bare) or not words:
        return False
    return all(has_capital) and not (bare != text and text.split()[0].lower() in ("a", "an") and len(words) == 1)
