"""Numbers in sentences: which may be results, in what measure, and what stands around them.

Reads: the lines of a Paper.  Gives: Figure.  Next: results.py weighs them. Another work's number is none: lines that
tell of others, parts that do, and numbers behind "than" or "from".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.study.mentions import folded
from kb.study.papers import Line, Paper, Part
from kb.study.spans import measure_pattern
from kb.words import Phrases

# A number; one that a recogniser set as a formula is "$9 3 . 1 \\%$".
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,/–%{-])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![A-Za-z0-9_]|\.\d|,\d{3}|[ ]\d|[ ]\.[ ]\d)|"
    r"\$\s*\d(?:[ ]?\d)*(?:\s*\.(?:[ ]?\d)+)?\s*(?:\\\s*%)?\s*\$")
SCIENTIFIC = re.compile(r"(?<![\d.])\d+(?:\.\d+)?\s*(?:[eE]\s?[-−–]?\s?\d+|"
                        r"[×x*]\s*10\s*\^?\s*[{]?\s*[-−–⁻]?\s*[\d⁰¹²³⁴⁵⁶⁷⁸⁹]+[}]?)")
# Any of these, and one that a letter follows at once: "60M".
_ANY = re.compile(rf"{SCIENTIFIC.pattern}|{NUMBER.pattern}|[-−]?\d[\d,]*(?:\.\d+)?")
_UNIT = re.compile(r"\s*(?:[%％]|个?百分点|(?:percentage\s+)?points?\b|percent\b|倍|×|times\b|ms\b|seconds?\b|s\b|"
                   r"秒|毫秒|dB\b)",
                   re.IGNORECASE)
_VERB = Phrases(r"\b(?:«cells: result verbs en»)\b|(?:«cells: result verbs zh»)", re.IGNORECASE)
_BEST = Phrases(r"\b(?:«cells: result best en»)\b|(?:«cells: result best zh»)", re.IGNORECASE)
_NO_RESULT = Phrases(r"\b(?:«cells: no result en»)\b|(?:«cells: no result zh»)", re.IGNORECASE)
_OF_OTHERS = re.compile(r"(?:\bthan\b|\bcompared\s+(?:to|with)\b|\bversus\b|\bvs\.?|\bfrom\b|\bbaseline\b|"
                        r"\bprevious\b|\brather than\b|\bover\b(?!\s+all)|相比|对比|比|从|由|"
                        r"基线)[^,，;；.。]{0,60}$", re.IGNORECASE)
_TO = re.compile(r"(?:\bto\b|到|至|为|达)[^,，;；]{0,12}$", re.IGNORECASE)
_DIFFERENCE = re.compile(r"(?:\bby\b|improv\w+|increas\w+|gain\w*|outperform\w*|boost\w*|surpass\w*|exceed\w*|"
                         r"margin|高于|优于|超过|提升了?|提高了?|降低了?|增加了?|高出|高了)[^,，;；。]{0,40}"
                         r"(?:\d\s*[%％]?\s*[,，、]\s*(?:and\s*)?(?:\d+\.)?)*$",
                         re.IGNORECASE)
_RISES_BY = re.compile(r"(?:提升|提高|降低|下降|增加|相差|差距)(?:幅度)?(?:达到|达|约|了|为|最高|最多|\s)*\$?$")
_IS_DIFFERENCE = re.compile(r"(?:\s*[-–~]\s*\d[\d.]*\s*[%％]?)?\s*(?:absolute|relative)?\s*(?:improvement|gains?|"
                            r"boost|higher|lower|better|increase|以上|的?提升|的?提高|的改进)",
                            re.IGNORECASE)
_NOT_NUMBER = re.compile(r"[^\d.-]")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–", "0123456789---")
_POWER = re.compile(r"[eE]|[×x*]\s*10(?!\d)")
_AGREEMENT = re.compile(r"\b(?:raters?|annotators?|agreement|inter-annotator|judges)\b|一致性|标注者", re.IGNORECASE)
_COUNTS = re.compile(r"^\s*(?:images?|sentences?|samples?|documents?|papers?|languages?|epochs?|layers?|years?|"
                     r"users?|words|"
                     r"tokens|examples|instances|participants|pages|[KMB]\b|[万亿]|张|条|篇|个(?!百分)|份|名|轮|年|月|日|层|次|人|种|类|折|以后|之后|以前|之前)",
                     re.IGNORECASE)
_FOLLOWS = re.compile(r"\s*(?:in|of|的|macro|micro|average|on average|points?|test|[-(（])?\s*", re.IGNORECASE)
_BOUND = re.compile(r"(?:[<>≥≤＜＞]|\\[lg]eq?|\b[Pp]\s*\$?\s*=)\s*\$?\s*$")  # a bound or a level of significance
_LEVEL = re.compile(r"\s*(?:的?(?:信度|置信|显著)|(?:confidence|significance)\b)", re.IGNORECASE)
_NEAR_VERB = 30  # characters before a number in which a verb says that it was reached
_FAR = 80  # characters between a number and the measure it is in
_LOSS = re.compile(r"\bloss\b|损失值?", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:Tables?|Figures?|Sections?|Fig\.|Exps?\.?|Experiments?|Eqs?\.?|Equations?|Appendix|"
                        r"Chapter|and|"
                        r"表|图|式|公式|章|节|第|[vV]|version)\s*[(（]?\s*$", re.IGNORECASE)
_RELATION = re.compile(r"correlation|pearson|spearman|相关系数|sensitivity", re.IGNORECASE)
_OF_COST = re.compile(r"ms|s|seconds?|times|[×倍秒]|毫秒", re.IGNORECASE)
_NO_PARTS = ("related", "references", "back", "title")
_HEADED = re.compile(r"(?:\.\d+)*\.?\s+[A-Z\u4e00-\u9fff]")  # behind the number of a section
_IN_NAME = re.compile(r"[A-Za-z][\w+-]*\((?:[\w.]+\s*=\s*)?$")  # "noise(0.8)" is what a method is called
_TIMES = re.compile(r"\s*[×*x]\s*\d")  # a size: "32 × 32"
_THEY = re.compile(r"\W*(?:They|Their|These authors|He|She|他们|该文|其)\b")
_OWN_WORD = re.compile(r"\b(?:we|our|ours|this (?:paper|work))\b|本文|我们|所提", re.IGNORECASE)
_SETS = re.compile(r"\b(?:validation|development|dev|ablat\w+|without|w/o)\b|验证集|消融|去掉|移除", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that may be a result. [start, end): in the document, with its unit; measure: as it is written beside it;
    quote: what it stands in; marks: what stands around it."""

    start: int
    end: int
    value: float
    unit: str
    measure: str
    quote: tuple[int, int]
    part: Part
    marks: frozenset[str]
    is_difference: bool = False


def of_line(line: Line, paper: Paper, ranks: Mapping[str, int], data: Sequence[str]) -> Iterator[Figure]:
    """The numbers of a sentence. ranks: folded measure -> its place among those of the paper; data: names of the
    paper's data sets."""
    text = line.masked
    if line.part in _NO_PARTS or line.is_other or _AGREEMENT.search(text) or _THEY.match(text):
        return
    measured = sorted((found.start(), found.end(), found[0]) for pattern in (measure_pattern(), _LOSS)
                      for found in pattern.finditer(text))
    is_about = line.is_own or any(name in text.casefold() for name in paper.own_names)
    is_best, has_verb = bool(_BEST.search(text)), bool(_VERB.search(text))
    # A number whose sentence cites somebody is that one's, unless the sentence speaks of this work.
    if (line.text != text and not is_about) or (not measured and not (has_verb and is_about and is_best)):
        return
    common = {"sentence", f"in {line.part}"}
    common |= {name for name, so in (
        ("own", is_about), ("best", is_best), ("verb", has_verb), ("caption", line.is_caption),
        ("cites", line.text != text), ("measured", bool(measured)), ("set of parts", bool(_SETS.search(text))),
        ("on data", any(name in text for name in data))) if so}
    common |= {f"{mark}, {line.part}" for mark in ("own", "best") if mark in common}
    for found in NUMBER.finditer(text):
        unit = None if _TIMES.match(text, found.end()) else _UNIT.match(text, found.end())
        end = unit.end() if unit else found.end()
        written = "%" if "%" in found[0] else unit[0] if unit else ""
        before, after = text[:found.start()], text[end:]
        if not _is_result(found[0], written, before, after, is_measured=bool(measured)) or (
                _OF_OTHERS.search(before) and not _TO.search(before)):
            continue
        if line.text != text and not _is_ours(line, found.start()):
            continue
        measure = _nearest(text, measured, found.start(), end)
        if (found[0][0] in "-−" and not _RELATION.search(measure)) or _LOSS.fullmatch(measure):
            continue
        if not measure and not _VERB.search(before[-_NEAR_VERB:]):
            continue
        rises = _DIFFERENCE.search(before) and not _TO.search(before)
        is_difference = bool(rises or _RISES_BY.search(before) or _IS_DIFFERENCE.match(after))
        place = {0: "first", 1: "second"}.get(ranks.get(folded(measure), 9), "other") if measure else "none"
        marks = common | {f"measure {place}"}
        marks |= {name for name, so in (
            ("difference", is_difference), ("cost", bool(unit and _OF_COST.fullmatch(unit[0].strip()))),
            ("relation", bool(_RELATION.search(measure))), ("percent", _unit(written) == "%"),
            ("points", _unit(written) == "points"), ("whole number", "." not in found[0]),
            ("to", bool(_TO.search(before))), ("near a verb", bool(_VERB.search(before[-_NEAR_VERB:])))) if so}
        yield Figure(line.start + found.start(), line.start + end, number(found[0]), _unit(written), measure,
                     (line.start, line.end), line.part, frozenset(marks), is_difference)


def _is_ours(line: Line, at: int) -> bool:
    """Whether a sentence that cites somebody speaks of this work before a number, and of nobody else in between."""
    words = [found.end() for found in _OWN_WORD.finditer(line.masked, 0, at)]
    since = words[-1] if words else 0
    return line.text[since:at] == line.masked[since:at]


def _is_result(number: str, unit: str, before: str, after: str, *, is_measured: bool) -> bool:
    """Whether a number can be one that was measured: with a decimal or a unit, no setting, no count, no reference, no
    number of a section or a formula, and no part of a method's name."""
    if "." not in number and not unit:
        return False
    if _COUNTS.match(after) or _NO_RESULT.search(before[-40:]) or (_REFERENCE.search(before) and not unit):
        return False
    is_bracketed = before.endswith(("(", "（")) and after.startswith((")", "）"))
    if (_IN_NAME.search(before) and is_bracketed) or (not unit and (
            (not before.strip(" #*") and _HEADED.match(after)) or (is_bracketed and not after[1:].strip(" .。")))):
        return False
    if _LEVEL.match(after) or _BOUND.search(before) or (re.search(r"[=±β]\s*$", before) and not is_measured):
        return False
    return is_measured or bool(unit)


def _nearest(text: str, measured: Sequence[tuple[int, int, str]], start: int, end: int) -> str:
    """The measure that a number is in: the last one before it in its clause, one that follows at once, or the closest
    before it."""
    for a, _, name in measured:
        if a >= end and _FOLLOWS.fullmatch(text[end:a]):
            return name
    before = [(b, name) for _, b, name in measured if b <= start]
    clause = max((text.rfind(mark, 0, start) for mark in ",，;；。"), default=-1)
    inside = [name for b, name in before if b > clause]
    if inside:
        return inside[-1]
    if before and start - before[-1][0] <= _FAR:
        return before[-1][1]
    return next((name for a, _, name in measured if 0 <= a - end <= _FAR // 2), "")


def value_in(text: str) -> float | None:
    """The value of the first number in a text; None where there is none, or none that a float holds."""
    found = _ANY.search(text)
    value = number(found[0]) if found else math.inf
    return value if math.isfinite(value) else None


def number(text: str) -> float:
    """The value of a number as it is written: "1,234", "−3.2", "$9 3 . 1 \\%$", "2 × 10^-5"."""
    base, _, exponent = _POWER.sub("|", text, count=1).partition("|")
    return float(f"{_bare(base)}e{_bare(exponent) or 0}")


def _bare(text: str) -> str:
    return _NOT_NUMBER.sub("", text.translate(_RAISED))


def _unit(text: str) -> str:
    text = text.strip().casefold()
    if text in ("%", "％", "percent"):
        return "%"
    return "points" if "point" in text or "百分点" in text else text
