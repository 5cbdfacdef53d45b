"""A document as cells are looked for in it: its lines, each with the part of the paper it stands in and whose it is.

Reads: a Document.  Gives: a Paper.  Next: cells.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from kb.study.grids import Grid, grids
from kb.text import CJK, sentence_spans, trim
from kb.types import Document
from kb.words import Phrases, phrases

Part = Literal["title", "abstract", "introduction", "related", "method", "experiment", "conclusion", "limitation",
               "references", "back", "text"]
# An earlier one wins: "Analysis of related work" is related work. Of a heading that is two things ("Results and
# discussion") the first in this order.
_PARTS: tuple[tuple[Part, tuple[str, ...]], ...] = (
    ("references", phrases("papers", "part references")), ("back", phrases("papers", "part back")),
    ("limitation", phrases("papers", "part limitation")), ("related", phrases("papers", "part related")),
    ("conclusion", phrases("papers", "part conclusion")), ("abstract", phrases("papers", "part abstract")),
    ("introduction", phrases("papers", "part introduction")), ("experiment", phrases("papers", "part experiment")),
    ("method", phrases("papers", "part method")))
_SKIPPED = {"table", "reference", "contents", "code", "formula", "figure", "keywords", "notice"}
_SMALL = re.compile(r"(?<![A-Za-z0-9_-])[a-z][a-z’']+(?![A-Za-z0-9_])")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")
_OF_CHAPTER = re.compile(r"本章")  # 本章小结 sums up a chapter, whatever that is
# Words that mean this as a whole heading alone: "Multiple references", "2.4 摘要生成" are about something else.
_WHOLE = frozenset((*phrases("papers", "part abstract"), *phrases("papers", "part references")))
_BESIDE_WORD = re.compile(r"[(（\[][^()（）\[\]]*[)）\]]|[\s\d:：.#*]+")  # "参考文献(References)："
_HEADING_LENGTH = 80  # a longer line is a sentence that stands where a heading should
_OWN = Phrases(r"\b(?:«papers: own en»)\b|(?:«papers: own zh»)", re.IGNORECASE)
_OTHER_EN = Phrases(
    r"(?:\bet\s+al\.?(?:\s*[(（\[][^)）\]]{0,40}[)）\]])?|[\])]|\b[A-Z][a-z]+\s+(?:and|&)\s+[A-Z][a-z]+\s*[(\[][^)\]]{0,20}[)\]])"
    r"[’'s]*\s+(?:\w+\s+){0,2}?(?:«papers: other en»)\b")
_OTHER_ZH = Phrases(r"(?:«papers: other zh»)\s*(?:\[[\d,，\s-]+\]|［\d+］)?|^\s*(?:\[\d+\]|［\d+］)")
_CITED_FIRST = re.compile(r"^\W*(?:\[\d[\d,\s–-]*\]|[A-Z][\w’'-]+(?:\s+(?:et\s+al\.?|(?:and|"
                          r"&)\s+[A-Z][\w-]+))?\s*[(（]\s*\d{4}[a-z]?)")
_CITATION = re.compile(
    r"\[\d[\d,，;\s–-]*\]|［\d+］|\[\^?\w+\d{4}\w*\]"
    r"|[(（][^()（）]{0,160}?\b(?:19|20)\d{2}[a-z]?[^()（）]{0,80}[)）]")
_QUOTED = re.compile(r"“[^”]{1,200}”|\"[^\"]{1,200}\"|「[^」]{1,200}」")
_SURVEY_EN = Phrases(r"(?<!-)\b(?:«papers: survey en»)\b", re.IGNORECASE)
_SURVEY_ZH = Phrases(r"(?:«papers: survey zh»)")
_TITLED = re.compile(r"^\s*[\"“]?([A-Z][\w@+-]*[\w+](?:\s?[A-Z0-9][\w-]*)?)\s*[:：]")
# "Team at Task 2025: how it works": what takes part in a task is called by the team's name.
_TAKES_PART = re.compile(r"^\s*([A-Z][\w.&+ -]{1,30}?)\s*(?:@|\bat\b)\s*[A-Z][^:：]{0,60}?\d[^:：]{0,40}[:：]")
_NAMED = re.compile(
    r"\b(?:we|paper|work|study|thesis)\s+(?:also\s+|further\s+|then\s+)?(?:propose|proposes|introduce|introduces|present|presents|develop|develops)\b"
    r"[^.;。]{0,80}?[\s(,]((?:[A-Z][\w-]*[A-Z\d][\w-]*)|(?:[A-Z]{2,}[\w-]*))(?=[\s,.;:)])|"
    r"(?:called|named|dubbed|termed)\s+((?:[A-Z][\w-]*[A-Z\d][\w-]*))|"
    r"\b[Oo]ur\s+[\w\s-]{0,60}?\((?:called\s+|named\s+)?([A-Z][\w-]*[A-Z\d][\w-]*)|"
    rf"(?:简称|称为|命名为|记为|名为)[为作“\"]?\s*([A-Za-z][\w-]*[A-Z\d_][\w-]*)|"
    rf"提出(?:了|的)?(?:一种|一个)?[{CJK}的]{{0,20}}?\s?([A-Z][\w-]*[A-Z\d][\w-]*)\s?(?:模型|方法|算法|网络)")
_IN_BRACKETS = re.compile(r"(?:模型|方法|算法|网络|框架)\s?[（(](?:简称|"
                          r"[^()（）]{0,60}[,，]\s?)?([A-Za-z][\w-]*[A-Z\d][\w-]*)[)）]")
_PROPOSES = re.compile(r"提出|本文|构建|设计")
# "PodNet (ours)" of a table, and "our PodNet" more than once
_A_NAME = r"([A-Z][\w+-]*[A-Z\d][\w+-]*)"
_OURS = re.compile(rf"(?<![\w-]){_A_NAME}\s*[(（](?:[Oo]urs|OURS|[Oo]ur\s+(?:method|model)|[Pp]roposed|"
                   r"本文(?:方法|模型)?)[)）]", re.ASCII)
_CALLED_OURS = re.compile(rf"\b[Oo]ur\s+{_A_NAME}(?![\w-])|本文的?{_A_NAME}(?![\w-])", re.ASCII)
_OFTEN_OURS = 2
_NAMING_PARTS = ("abstract", "introduction", "method", "experiment", "conclusion")
_ABSTRACT = re.compile(r"^\s*(?:[#*]*\s*)?(?:abstract|摘\s*要)[\s:：.—*-]*", re.IGNORECASE | re.MULTILINE)
_ABSTRACT_ENDS = re.compile(r"\n\s*(?:#+\s*)?(?:key\s?words?|index terms|关键词|关键字|1\.?\s+introduction|"
                            r"introduction|引言)",
                            re.IGNORECASE)
# A line that opens the references of a document whose reader took it for no heading.
_REFERENCES = Phrases(r"^[ \t#*]*(?:«papers: part references»)[ \t]*(?:[(（][^()（）\n]{0,30}[)）])?[ \t*:：]*$",
                      re.IGNORECASE | re.MULTILINE)
# What the label of a row says besides the name of a method, and where the work speaks of its own method by name.
_BARE, _LATIN_OR_HAN = re.compile(r"[(（\[].*$|[+*†‡].*$"), re.compile(rf"[A-Za-z{CJK}]{{2}}")
_TELLING, _TOLD_OFTEN, _LABEL_LENGTH, _BEHIND = (
    "title", "abstract", "method", "introduction", "conclusion", "text"), 2, 40, 6
_ABSTRACT_LENGTH, _ABSTRACT_WITHIN = 3000, 12000
_LEARNS = Phrases(r"\b(?:«papers: learning en»)\b|(?:«papers: learning zh»)", re.IGNORECASE)
_OFTEN = 10_000  # characters of a work on learning, in which such a word stands at least once


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or a caption. text: verbatim; masked: the same with what cites others in brackets blanked, so that
    offsets hold.  is_own: it speaks of this work; is_other: it tells what another one says or did."""

    start: int
    end: int
    text: str
    masked: str
    part: Part
    section: tuple[str, ...]
    is_caption: bool
    is_own: bool
    is_other: bool


def titled_as_survey(title: str) -> bool:
    """Whether a work tells of others' works, by its title."""
    return bool(_SURVEY_EN.search(title) or _SURVEY_ZH.search(title))


@dataclass(frozen=True)
class Paper:
    """A document, cut for cells. is_survey: it tells of others' works, by its title."""

    document: Document

    @property
    def language(self) -> str:
        return self.document.language

    @cached_property
    def is_survey(self) -> bool:
        return titled_as_survey(self.document.metadata.title) or self._tells_of_others

    @property
    def _tells_of_others(self) -> bool:
        """Whether nothing but related work is in it: a chapter."""
        parts = {line.part for line in self.lines}
        return bool(parts) and parts <= {"related", "references", "back"}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its sentences and captions in order, the title first."""
        return tuple(_lines(self.document, self.parts))

    @cached_property
    def parts(self) -> list[tuple[int, int, Part, tuple[str, ...]]]:
        """Its sections, as parts_of gives them."""
        return parts_of(self.document)

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """Its tables."""
        return grids(self.document)

    @cached_property
    def small_words(self) -> frozenset[str]:
        """The words that stand in it in small letters."""
        return frozenset(_SMALL.findall(self.document.text))

    @cached_property
    def is_of_learning(self) -> bool:
        """Whether the work trains anything: one on an operating system has no base model."""
        text = self.document.text
        return len(_LEARNS.pattern.findall(text)) * _OFTEN >= len(text)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """What the work calls what it proposes, in small letters."""
        found: list[str] = []
        if titled := _TITLED.match(self.document.metadata.title):
            found.append(titled[1])
        if takes_part := _TAKES_PART.match(self.document.metadata.title):
            found.append(takes_part[1])
        for line in self.lines:
            if line.part in _NAMING_PARTS and not line.is_other:
                found += [next(filter(None, match.groups())) for match in _NAMED.finditer(line.masked)]
            if line.part in ("abstract", "conclusion") and _PROPOSES.search(line.text):
                found += _IN_BRACKETS.findall(line.text)
        titled_as = _joined(self.document.metadata.title)
        text = self.document.text
        called = Counter(next(filter(None, match.groups())) for match in _CALLED_OURS.finditer(text))
        ours = [match[1] for match in _OURS.finditer(text)]
        ours += [name for name, n in called.items() if n >= _OFTEN_OURS]
        found += [name for name in ours if _joined(name) not in _known_models()]
        found = [name for name in found if _joined(name) not in _known_models() or not (
            self.cites(name) or f"{_joined(name)}based" in titled_as)]
        found = [name for name in found if len(name) > 1 and _joined(name) not in _no_own()]
        return frozenset(_singular(name.casefold()) for name in found)

    def tells(self, label: str) -> bool:
        """Whether a name stands where the work says what it does, and nobody is cited for it."""
        mentions = self._mentions(label)
        told = sum(line.part in _TELLING for line, _ in mentions)
        return told >= _TOLD_OFTEN and not self.cites(label)

    def cites(self, label: str) -> bool:
        """Whether somebody is cited right behind a name."""
        return any(line.text[end:end + _BEHIND] != line.masked[end:end + _BEHIND]
                   for line, end in self._mentions(label))

    def _mentions(self, label: str) -> list[tuple[Line, int]]:
        """The sentences that a name stands in, each with where it ends there."""
        name = _BARE.sub("", label).strip()
        if not 1 < len(name) <= _LABEL_LENGTH or not _LATIN_OR_HAN.search(name):
            return []
        whole = re.compile(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9])")
        return [(line, found.end()) for line in self.lines if not line.is_caption and name in line.text
                for found in whole.finditer(line.text)]

    def part_at(self, offset: int) -> Part:
        """The part of the paper that a character stands in."""
        for start, end, part, _ in self.parts:
            if start <= offset < end:
                return part
        return "text"


@cache
def _known_models() -> frozenset[str]:
    return frozenset(_joined(name) for section in ("model", "architecture") for name in phrases("models", section))


@cache
def _no_own() -> frozenset[str]:
    """What nobody proposes, though it is called so in brackets: measures, ways of optimizing."""
    lists = (("measures", "measure"), ("settings", "value optimizer"))
    return frozenset(_joined(name) for file, section in lists for name in phrases(file, section))


def _joined(name: str) -> str:
    return name.casefold().replace("-", "")


def _singular(name: str) -> str:
    """MobileNets are rows of "MobileNet" in a table."""
    return name.removesuffix("s") if name.endswith("nets") else name


def parts_of(document: Document) -> list[tuple[int, int, Part, tuple[str, ...]]]:
    """(start, end, part, headings from the outermost) of each section; what a heading does not say, the one above it
    says."""
    found: list[tuple[int, int, Part, tuple[str, ...]]] = []
    above: list[tuple[int, str, Part]] = []
    ended = is_anothers = False
    for section in document.sections:
        level = _level(section.heading, section.level)
        above = [each for each in above if each[0] < level]
        inherited: Part = above[-1][2] if above else "text"
        part = part_named(section.heading) or inherited
        if part == "method" and inherited in ("experiment", "related"):
            part = inherited
        if inherited in ("related", "references", "back", "limitation"):
            part = inherited
        if section.heading and section.heading == document.metadata.title:
            part = "text"
        ended = ended or part == "references"
        if ended and part not in ("references", "limitation"):
            part = "back" if part != "experiment" or section.level > 1 else part
        is_anothers = is_anothers or any(word in section.heading for word in phrases("papers", "translated"))
        part = "back" if is_anothers else part
        above.append((level, section.heading, part))
        found.append((section.start, section.end, part, tuple(each[1] for each in above if each[1])))
    return found or [(0, len(document.text), "text", ())]


def _level(heading: str, level: int) -> int:
    """A heading's level: in a document whose headings are all of one level, their numbers say which stands below."""
    number = _NUMBERED.match(heading)
    return 10 * level + (number[0].count(".") if number else 0)


def part_named(heading: str) -> Part | None:
    """The part that a heading opens, None where it does not say."""
    folded = heading.casefold()
    if not folded.strip() or len(heading) > _HEADING_LENGTH or _OF_CHAPTER.search(heading):
        return None
    for part, words in _PARTS:
        if any(_in_heading(word, folded) for word in words):
            return part
    return None


def _in_heading(word: str, heading: str) -> bool:
    at = heading.find(word)
    if word in _WHOLE:
        return _BESIDE_WORD.sub("", heading) == word.replace(" ", "")
    return at >= 0 and (not word.isascii() or not heading[max(0, at - 1):at].isalpha())


def _lines(document: Document, parts: Sequence[tuple[int, int, Part, tuple[str, ...]]]) -> Iterator[Line]:
    title = document.metadata.title
    at = document.text.find(title) if title else -1
    if at >= 0:
        yield Line(at, at + len(title), title, title, "title", (), False, True, False)
    blocks = [block for block in document.blocks if block.kind in _SKIPPED]
    captions = [(block.start, block.end) for block in document.blocks if block.kind == "caption"]
    abstract = _abstract(document)
    listed = max((found.start() for found in _REFERENCES.finditer(document.text)), default=None)
    for start, end, part, headings in parts:
        for a, b in sentence_spans(document.text, start, end):
            a, b = trim(document.text, a, b)
            if a >= b or any(block.start <= a < block.end for block in blocks):
                continue
            here: Part = "abstract" if abstract and abstract[0] <= a < abstract[1] else part
            here = "references" if listed is not None and start <= listed < a else here
            text = document.text[a:b]
            if "<td" in text or (text.startswith("|") and text.count("|") > 2):
                continue
            masked = _CITATION.sub(lambda found: " " * len(found[0]), text)
            is_own = bool(_OWN.search(_QUOTED.sub("", masked)))
            is_other = not is_own and _is_other(text)
            is_caption = any(x <= a < y for x, y in captions)
            yield Line(a, b, text, masked, here, headings, is_caption, is_own, is_other)


def _is_other(text: str) -> bool:
    return bool(_CITED_FIRST.match(text) or _OTHER_EN.search(text) or _OTHER_ZH.search(text))


def _abstract(document: Document) -> tuple[int, int] | None:
    """Where the abstract stands, at most up to the next heading; None where the text does not say."""
    text = document.text
    found = _ABSTRACT.search(text, 0, _ABSTRACT_WITHIN)
    if found is None:
        return None
    ends = _ABSTRACT_ENDS.search(text, found.end(), found.end() + _ABSTRACT_LENGTH)
    longest = ends.start() if ends else min(len(text), found.end() + _ABSTRACT_LENGTH // 2)
    headed = (section.start for section in document.sections if section.heading and section.start > found.start())
    return found.end(), min(longest, next((start for start in headed if start >= found.end()), longest))
