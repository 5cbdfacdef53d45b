"""Spans of a line that are names, and what they are: known measures and models, how near they stand to a noun.

Reads: a Line.  Gives: spans in it.  Next: signs.py and names.py count them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kb.study.mentions import any_of
from kb.study.papers import Line, Paper
from kb.text import CJK
from kb.words import Phrases, phrases

# A name: words with a capital or a digit in them, joined ("Universal Dependencies", "NLP&CC-2013", "mT5"); a title in
# 《》; "Don't Patronize Me!".
_TOKEN = r"(?:[A-Z][\w’'+]*|[a-z]+[A-Z][\w+]*|[a-z]+\d\w*(?:\+[\w+]+)?)(?:[-&/@][\w+]+|\.(?=\d)[\w+]+)*"
_JOINED = rf"(?:[ ](?:{_TOKEN}|\d\w*(?:\.\d+)*(?![\w%])|of(?=[ ][A-Z])|for(?=[ ][A-Z])))*"
NAME = re.compile(rf"《[^》]{{1,40}}》|(?<![A-Za-z0-9_-]){_TOKEN}{_JOINED}[!]?", re.ASCII)
DATA_NOUN = Phrases(r"(?<![A-Za-z])(?:«cells: data nouns en»)(?![A-Za-z])|(?:«cells: data nouns zh»)", re.IGNORECASE)
_WEAK_NOUN = re.compile(r"data|collection|challenge|数据库|评测|基准", re.IGNORECASE)
_NO_NAME = re.compile(r"(?:Figs?|Figures?|Tables?|Tabs?|Secs?|Sections?|Sub-?sections?|Eqs?|Equations?|Algorithms?|"
                      r"Theorems?|Chapters?|Appendix|Appendices|Steps?|Lines?|Phases?|Stages?|Versions?|Exps?|"
                      r"Params?|Parameters?|FLOPs?|Depth|Size|Time|Avg|Average|Overall|Mean|Total|Train|Test|Dev)"
                      r"(?![a-z])", re.IGNORECASE)
_DECIMALS = re.compile(r"\s\d+\.\d")  # the row of a table
_NUMBERED = re.compile(r"(?:Figure|Fig|Table|Tab|Section)\.?\s*\d", re.IGNORECASE)
_NEXT_TO = re.compile(rf"[\s\"“”’'‘\w-]{{0,28}}|[\s{CJK}“”\"的\w]{{0,14}}")
_OPENS_LIST = re.compile(
    r"(?:such as|including|include|includes|namely|called|named|are|is|of|were|was|from|:|：|,|，|、|包括|包含|如|"
    r"有|为|是|分别|来自|\(|（|\s)"
    r"|the|three|two|four|five|six|public|benchmark|datasets?|and|popular|widely|used|\w+ly")
_IS_NAMED = re.compile(r"(?:\b(?:is|was|are|were|named|called)\s+(?:the\s+)?|[为是]|名为)\s*$")
_IS_ONE = re.compile(r"\s*[,，]?\s*(?:which\s+(?:is|was)|is|was|an?)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}$")
_IS_METHOD = re.compile(r"\s*(?:method|algorithm|model|framework|classifier|approach|tool(?:kit)?|library|"
                        r"software)s?\b|"
                        rf"\s*(?:(?!数据|语料)[{CJK}]){{0,4}}(?:方法|算法|模型|网络|框架|工具|软件|分类器|技术)",
                        re.IGNORECASE)
_TAKEN_FROM = re.compile(r"\s+(?:(?:is|are|was|were)\s+)?(?:collected\s+|crawled\s+|obtained\s+|built\s+|"
                         r"constructed\s+|mined\s+|derived\s+|drawn\s+|taken\s+|"
                         r"sampled\s+)?from\s+[^.;:()]*",
                         re.IGNORECASE)
_NOT_BETWEEN = Phrases(r"\b(?:«cells: no data between en»)\b|(?:«cells: no data between zh»)", re.IGNORECASE)
_ON = re.compile(r"\b(?:on|over|from|using)\s+(?:the\s+)?$|(?:在|使用|采用|选用|基于|来自|来源于)\s*$")
# Letters of a name that is known in any case, with capitals side by side, or a net: "ComplEx" in small letters is
# a word.
_LEAST_UNIQUE, _CAPITALS = 6, re.compile(r"[A-Z]{2}.*[a-z]|[a-z].*[A-Z]{2}|[a-z]Net")
_SHORT = re.compile(r"[A-Za-z0-9@]{1,5}")
_PLAIN = re.compile(r"[A-Z][a-z]+")
LANGUAGE = Phrases(r"(?<![A-Za-z])(?:«cells: language en»)(?![a-z])|(?:«cells: language zh»)")
_NO_LOSS = r"(?!\s*(?:loss\b|系数损失|[联混复]合损失|损失))"  # what is trained with is not what is measured with


def names_in(line: Line) -> Iterator[tuple[int, int]]:
    """Where names stand in a line, without the words before them that begin a sentence."""
    for found in NAME.finditer(line.masked):
        start, end = found.span()
        words = line.masked[start:end].split(" ")
        if not re.search(r"\w", line.masked[:start]) and _PLAIN.fullmatch(words[0]):  # it may only begin the sentence
            start += len(words[0]) + 1
            words = words[1:]
        while words and words[0].casefold() in no_names():
            start += len(words[0]) + 1
            words = words[1:]
        while words and words[-1].casefold() in no_names():
            end -= len(words[-1]) + 1
            words = words[:-1]
        if words and end - start > 1:
            yield start, end


def nearness(text: str, start: int, end: int, nouns: Sequence[tuple[int, int]]) -> float:
    """How close a name stands to one of the nouns: 1 beside it, less in a list that it opens, .1 somewhere."""
    best = 0.25 if nouns and _ON.search(text[:start]) else 0.1 if nouns else 0.2 if _ON.search(text[:start]) else 0.0
    for a, b in nouns:
        if start <= a and b <= end:  # "Stanford Question Answering Dataset"
            return 1.0
        if a >= end and a - end < 30 and _NEXT_TO.fullmatch(text[end:a]) and not _NOT_BETWEEN.search(text[end:a]):
            best = max(best, 1.0 if a - end < 14 else 0.7)
        elif (a >= end and a - end < 60 and _IS_ONE.fullmatch(text[end:a])) or (
                b <= start and start - b < 80 and _IS_NAMED.search(text[b:start])):
            best = max(best, 0.9)
        elif b <= start and start - b < 90 and _TAKEN_FROM.fullmatch(text[b:start]):
            best = max(best, 0.7)
        elif b <= start and start - b < 160 and not re.search(r"[.;。；]\s", text[b:start]):
            gap = NAME.sub("", text[b:start])
            rest = _OPENS_LIST.sub("", gap)
            best = max(best, 0.8 if len(rest.strip()) < 12 and start - b < 130 else best)
    return best


def is_no_name(text: str, paper: Paper) -> bool:
    """Whether a name is that of a model, a measure, a language, or of what the work proposes."""
    if len(text) < 3 or is_known(text) or text.casefold() in no_names() or _NO_NAME.match(text) or (
            _NUMBERED.search(text)):
        return True
    if _DECIMALS.search(text):
        return True
    if text.startswith("《"):
        return False
    if "@" in text or DATA_NOUN.fullmatch(text.strip("_")):
        return True
    if any(measure_pattern().fullmatch(part) for part in re.split(r"[/\s]", text)):
        return True
    words = [word for word in re.split(r"[\s-]+", text) if word not in ("of", "for")]
    if len(words) > 1 and any(model_pattern().fullmatch(word) for word in text.split("-")):
        return True
    return all(len(word) < 2 or LANGUAGE.fullmatch(word) or _is_small(word, paper) for word in words)


def is_initials(text: str, paper: Paper) -> bool:
    """Whether a name is made of the first letters of the title: "UDA" of "Unsupervised Data Augmentation for …"."""
    title = "".join(word[0] for word in re.findall(r"[A-Za-z]+", paper.document.metadata.title)).casefold()
    return len(text) > 2 and text.isupper() and text.casefold() in title


def is_common(text: str, paper: Paper) -> bool:
    """Whether every word of a name is one that the document also writes small."""
    return all(_is_small(word, paper) for word in re.split(r"[\s-]+", text) if word not in ("of", "for"))


def _is_small(word: str, paper: Paper) -> bool:
    """Whether a word with a capital is one that the document also writes without: it begins a sentence or a title."""
    is_marked = any(c.isupper() for c in word[1:]) or any(c.isdigit() for c in word)
    return not is_marked and word.casefold() in paper.small_words


def is_known(text: str) -> bool:
    return bool(model_pattern().fullmatch(text) or measure_pattern().fullmatch(text))


@cache
def measure_pattern() -> re.Pattern[str]:
    """Any known measure, as papers write it; a short one (MAP, EM) in capitals as it is known."""
    words = phrases("measures", "measure")
    long = [word for word in words if not _SHORT.fullmatch(word)]
    short = [word for word in words if _SHORT.fullmatch(word)]
    return re.compile(rf"(?:(?i:{any_of(long)})|{any_of(short)}){_NO_LOSS}")


@cache
def model_pattern() -> re.Pattern[str]:
    """Any known model, as papers write it, and any architecture; not inside the name of another ("GECToR-BERT"). A name
    with capitals side by side is known however it is written: LLaMa, roberta."""
    words = phrases("models", "model")
    known = any_of((*words, *architectures()))
    unique = any_of([word for word in words if len(word) >= _LEAST_UNIQUE and _CAPITALS.search(word)])
    return re.compile(rf"(?<![A-Za-z]-)(?<!\\)(?:{known}|(?i:{unique}))")


@cache
def architectures() -> frozenset[str]:
    return frozenset(phrases("models", "architecture"))


@cache
def no_names() -> frozenset[str]:
    return frozenset(phrases("cells", "no data en"))


def is_method_behind(text: str, end: int) -> bool:
    """Whether "model" or the like follows."""
    return bool(_IS_METHOD.match(text, end))


def is_weak_noun(text: str) -> bool:
    """Whether a noun for data stands beside much that is no data set: "data", "collection"."""
    return bool(_WEAK_NOUN.fullmatch(text))
