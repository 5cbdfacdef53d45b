"""The numbers that a paper's own work reached: from its sentences, and from the rows of its tables that are its own.

Reads: a Paper, and the measures it uses.  Gives: Result, the likeliest headline first. Another work's number is never
one: lines that tell of others, parts that do (related work), rows of other names, and numbers behind "than" or "from".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.study.grids import Grid
from kb.study.mentions import Mentioned, folded, support_of
from kb.study.names import measure_pattern, model_pattern
from kb.study.papers import Line, Paper, Part
from kb.types import Cell
from kb.words import Phrases

# As for names, but conclusion and abstract say what is the headline.
_WEIGHTS: dict[Part, float] = {"title": 1.0, "abstract": 3.0, "introduction": 1.0, "related": 0.0, "method": 0.2,
                               "experiment": 1.6, "conclusion": 2.4, "limitation": 0.4, "references": 0.0, "back": 0.0,
                               "text": 0.8}
# A number; one that a recogniser set as a formula is "$9 3 . 1 \\%$".
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,/–%-])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![A-Za-z0-9_]|\.\d|,\d{3}|[ ]\d|[ ]\.[ ]\d)|"
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
_OF_OTHERS = re.compile(r"(?:\bthan\b|\bcompared\s+(?:to|with)\b|\bversus\b|\bvs\.?|\bfrom\b|\bbaseline\b|\bprevious\b|"
                        r"\brather than\b|相比|对比|比|从|由|基线)[^,，;；.。]{0,60}$", re.IGNORECASE)
_TO = re.compile(r"(?:\bto\b|到|至|为|达)[^,，;；]{0,12}$", re.IGNORECASE)
_DIFFERENCE = re.compile(r"(?:\bby\b|improv\w+|increas\w+|gain\w*|outperform\w*|boost\w*|surpass\w*|exceed\w*|"
                         r"margin|高于|优于|超过|提升了?|提高了?|降低了?|增加了?|高出|高了)[^,，;；。]{0,40}$",
                         re.IGNORECASE)
_RISES_BY = re.compile(r"(?:提升|提高|降低|下降|增加|相差|差距)(?:幅度)?(?:达到|达|约|了|为|最高|最多|\s)*\$?$")
_IS_DIFFERENCE = re.compile(r"(?:\s*[-–~]\s*\d[\d.]*\s*[%％]?)?\s*(?:absolute|relative)?\s*(?:improvement|gains?|"
                            r"boost|higher|lower|better|increase|以上|的?提升|的?提高|的改进)",
                            re.IGNORECASE)
_NOT_NUMBER = re.compile(r"[^\d.-]")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–", "0123456789---")
_POWER = re.compile(r"[eE]|[×x*]\s*10(?!\d)")
# What says how two things go together is rarely what a method is judged by.
_CORRELATED, _RELATION = 0.6, re.compile(r"correlation|pearson|spearman|相关系数|sensitivity", re.IGNORECASE)
_AGREEMENT = re.compile(r"\b(?:raters?|annotators?|agreement|inter-annotator|judges)\b|一致性|标注者", re.IGNORECASE)
_OWN_ROW = Phrases(r"(?<![A-Za-z])(?:«cells: own row»)(?![A-Za-z])", re.IGNORECASE)
_COUNTS = re.compile(r"^\s*(?:images?|sentences?|samples?|documents?|papers?|languages?|epochs?|layers?|years?|"
                     r"users?|words|"
                     r"tokens|examples|instances|participants|pages|[KMB]\b|[万亿]|张|条|篇|个(?!百分)|份|名|轮|年|月|日|层|次|人|种|类|折|以后|之后|以前|之前)",
                     re.IGNORECASE)
_LESS_IS_BETTER = re.compile(r"error|perplexity|PPL|WER|CER|EER|MAE|MSE|RMSE|MAPE|loss|latency|FID|TER|time|错误率|"
                             r"困惑度|误差|损失|耗时",
                             re.IGNORECASE)
_VALUE = re.compile(r"^\W{0,3}?(\d{1,3}(?:\.\d+)?)(?!\s\d)\s*([%％]?)(?:\W.*)?$")
_FOLLOWS = re.compile(r"\s*(?:in|of|的|macro|micro|average|on average|points?|test|[-(（])?\s*", re.IGNORECASE)
_BOUND = re.compile(r"(?:[<>≥≤＜＞]|\\[lg]eq?|\b[Pp]\s*\$?\s*=)\s*\$?\s*$")  # a bound or a level of significance
_LEVEL = re.compile(r"\s*(?:的?(?:信度|置信|显著)|(?:confidence|significance)\b)", re.IGNORECASE)
_AGAIN = 0.3  # of its weight for every time that a number is told
_ALIKE = 0.8  # of the weight of the first
_NEAR_VERB = 30  # characters before a number in which a verb says that it was reached
# A table none of whose rows names the work's own method: all may be variants of it, the best one is then told. Rows
# that cite others never are.
_UNNAMED = 0.4
_CITED = re.compile(r"\[[^\]\d]*\d[^\]]*\]|\(?\b(?:19|20)\d\d\b|et al|等人")
_HEAD = re.compile(r"(?!(?i:baseline|method|model|params?|size|time))[A-Za-z][A-Za-z -]{2,24}[↑↓]?|[一-鿿]{2,8}")
_LONG_NAME = 4  # characters of a name that a row may have inside another word ("wordGREEN")
# What a method costs is seldom its result, nor what its parts and settings give.
_COST, _OF_COST = 0.25, re.compile(r"ms|s|seconds?|times|[×倍秒]|毫秒", re.IGNORECASE)
_OF_PARTS, _PARTS_OF = 0.4, re.compile(r"ablation|effects? of|impact of|influence of|sensitivity|development set|"
                                       r"dev set|validation set|statistics|hyper-?parameter|"
                                       r"消融|参数|影响|敏感", re.IGNORECASE)
_FAR = 80  # characters between a number and the measure it is in
_LOSS = re.compile(r"\bloss\b|损失值?", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:Tables?|Figures?|Sections?|Fig\.|Exps?\.?|Experiments?|Eqs?\.?|Equations?|Appendix|"
                        r"Chapter|and|"
                        r"表|图|式|公式|章|节|第|[vV]|version)\s*[(（]?\s*$", re.IGNORECASE)
_NAMED_FOR = re.compile(r"(?:R|Rouge|rouge)-[12L]$|[Tt]op-?\d+$")


@dataclass(frozen=True, slots=True)
class Result:
    """A number of the work's own. [start, end): in the document, with its unit; value, unit; measure: as it is written
    beside it; quote: what it stands in; weight: how much speaks for it."""

    start: int
    end: int
    value: float
    unit: str
    measure: str
    quote: tuple[int, int]
    weight: float
    part: Part
    is_difference: bool = False

    @property
    def support(self) -> float:
        """The weight as a number in [0, 1)."""
        return support_of(self.weight)


def results(paper: Paper, used: Sequence[Mentioned], wanted: str = "") -> list[Result]:
    """The work's own results, the headline first. used: measures of the paper, the main one first; wanted: the measure
    that is asked for, "" for any."""
    if paper.is_survey:
        return []
    ranks = {folded(found.text): i for i, found in enumerate(used)}
    found = [result for line in paper.lines for result in _of_line(line, paper, ranks)]
    for grid in paper.grids:
        found += _of_grid(grid, paper, ranks)
    if wanted:
        found = [result for result in found if _is_measure(result.measure, wanted)]
    best: dict[float, Result] = {}
    told: dict[float, float] = {}
    for result in sorted(found, key=lambda result: -result.weight):
        best.setdefault(result.value, result)
        told[result.value] = told.get(result.value, 0.7 * result.weight) + _AGAIN * result.weight
    ordered = sorted(best.values(), key=lambda result: (-told[result.value], result.start))
    return _best_first(ordered)


def _best_first(ordered: list[Result]) -> list[Result]:
    """Where several numbers in one measure are told alike, the best of them is the headline."""
    if not ordered:
        return []
    first = ordered[0]
    alike = [result for result in ordered if result.part == first.part and result.unit == first.unit
             and result.is_difference == first.is_difference
             and folded(result.measure) == folded(first.measure) and result.weight >= _ALIKE * first.weight]
    pick = min if _LESS_IS_BETTER.search(first.measure) else max
    best = pick(alike, key=lambda result: result.value)
    return [best, *(result for result in ordered if result is not best)]


def _is_measure(written: str, wanted: str) -> bool:
    a, b = folded(written), folded(wanted)
    return bool(a) and (a in b or b in a)


def _of_line(line: Line, paper: Paper, ranks: dict[str, int]) -> Iterator[Result]:
    weight = _WEIGHTS[line.part]
    if weight <= 0 or line.is_other or _AGREEMENT.search(line.masked):
        return
    measured = [(found.start(), found.end(), found[0]) for found in measure_pattern().finditer(line.masked)]
    measured = sorted([*measured, *((found.start(), found.end(), found[0]) for found in _LOSS.finditer(line.masked))])
    is_about = line.is_own or any(name in line.masked.casefold() for name in paper.own_names)
    is_best, has_verb = bool(_BEST.search(line.masked)), bool(_VERB.search(line.masked))
    # A number whose sentence cites somebody is that one's, unless the sentence speaks of this work.
    if (line.text != line.masked and not is_about) or (
            not measured and not (has_verb and is_about and is_best)):
        return
    weight *= (1.5 if is_about else 1.0) * (1.4 if is_best else 1.0) * (1.3 if has_verb else 0.6)
    for found in NUMBER.finditer(line.masked):
        unit = _UNIT.match(line.masked, found.end())
        end = unit.end() if unit else found.end()
        written = "%" if "%" in found[0] else unit[0] if unit else ""
        before, after = line.masked[:found.start()], line.masked[end:]
        if not _is_result(found[0], written, before, after, is_measured=bool(measured)):
            continue
        factor, is_difference = _COST if _OF_COST.fullmatch(unit[0].strip() if unit else "") else 1.0, False
        if _OF_OTHERS.search(before) and not _TO.search(before):
            continue
        rises = _DIFFERENCE.search(before) and not _TO.search(before)
        if rises or _RISES_BY.search(before) or _IS_DIFFERENCE.match(after):
            factor, is_difference = 0.3, True
        measure = _nearest(line.masked, measured, found.start(), end)
        if found[0][0] in "-−" and not _RELATION.search(measure):
            continue
        if _LOSS.fullmatch(measure) or (not measure and not _VERB.search(before[-_NEAR_VERB:])):
            continue
        factor *= _CORRELATED if _RELATION.search(measure) else 1.0
        factor *= 1.2 if measure and ranks.get(folded(measure), 9) < 2 else 1.0 if measure else 0.5
        yield Result(line.start + found.start(), line.start + end, _number(found[0]), _unit(written),
                     measure, (line.start, line.end), weight * factor, line.part, is_difference)


def _is_result(number: str, unit: str, before: str, after: str, *, is_measured: bool) -> bool:
    """Whether a number can be one that was measured: with a decimal or a unit, no setting, no count, no reference."""
    if "." not in number and not unit:
        return False
    if _COUNTS.match(after) or _NO_RESULT.search(before[-40:]) or (_REFERENCE.search(before) and not unit):
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


def _of_grid(grid: Grid, paper: Paper, ranks: dict[str, int]) -> Iterator[Result]:
    """The numbers in the rows of a table that are the work's own, the best of each column that is a measure's."""
    part = paper.part_at(grid.start)
    weight = {"experiment": 3.0, "abstract": 3.0, "method": 1.0, "text": 1.2, "conclusion": 1.2, "introduction": 1.0,
              "limitation": 0.8}.get(part, 0.3 if part == "back" else 0.0)
    weight *= _OF_PARTS if _PARTS_OF.search(grid.caption) else 1.0
    own = [row for row in grid.rows if _is_own_row(row, paper)]
    is_named = bool(own)
    if not own:
        own = [row for row in grid.rows if not _is_anothers_row(row)]
        weight *= _UNNAMED
    if weight <= 0 or not own:
        return
    shared = measure_pattern().search(grid.caption)
    heads = _heads(grid)
    n = max(len(row) for row in own)
    is_known = bool(shared) or any(measure_pattern().search(head) for head in heads)
    for i in range(1, n):
        head = heads[i].strip() if i < len(heads) else ""
        found = measure_pattern().search(head)
        measure = found[0] if found else head if _NAMED_FOR.search(head) else shared[0] if shared else ""
        if not measure and is_named and not is_known and _HEAD.fullmatch(head):
            measure = head  # a measure that only this paper has
        if not measure:
            continue
        values = [(value, row[i]) for row in own if i < len(row) and (value := _value(row[i].text)) is not None]
        if not values:
            continue
        pick = min if _LESS_IS_BETTER.search(measure) else max
        value, cell = pick(values, key=lambda pair: pair[0])
        rank = ranks.get(folded(measure), 5)
        inside = cell.text.find(_as_written(cell.text))
        written = _as_written(cell.text)
        yield Result(cell.start + inside, cell.start + inside + len(written), value, "%" if "%" in cell.text else "",
                     measure, _row_span(own, cell), weight * (1.4 if rank < 2 else 1.0) * (1.2 if found else 1.0)
                     - 0.01 * i, part)


def _heads(grid: Grid) -> list[str]:
    """What stands above each column: the header, and the first rows as long as there is no number in them."""
    rows = [grid.header]
    for row in grid.rows:
        if any(_value(cell.text) is not None for cell in row):
            break
        rows.append(row)
    return [" ".join(row[i].text for row in rows if i < len(row)) for i in range(max(map(len, rows)))]


def _is_own_row(row: Sequence[Cell], paper: Paper) -> bool:
    """Whether the label of a row names the work's own method."""
    labels = [cell.text for cell in row[:2] if _value(cell.text) is None]
    if any(_OWN_ROW.search(label) for label in labels):
        return True
    names = [folded(name) for name in paper.own_names]
    return any(folded(label).startswith(name) or (len(name) >= _LONG_NAME and name in folded(label))
               for label in labels for name in names if len(name) > 2)


def _is_anothers_row(row: Sequence[Cell]) -> bool:
    """Whether the label of a row cites a work, or is the name of a known model and nothing else."""
    labels = [cell.text.strip() for cell in row[:2] if _value(cell.text) is None]
    return any(_CITED.search(label) or model_pattern().fullmatch(label) for label in labels)


def _row_span(rows: Sequence[Sequence[Cell]], cell: Cell) -> tuple[int, int]:
    row = next(row for row in rows if cell in row)
    return row[0].start, row[-1].end


def _value(text: str) -> float | None:
    found = _VALUE.match(text.strip("* †‡"))
    return float(found[1]) if found and ("." in found[1] or found[2]) else None


def _as_written(text: str) -> str:
    found = NUMBER.search(text)
    return found[0] if found else text


def value_in(text: str) -> float | None:
    """The value of the first number in a text; None where there is none, or none that a float holds."""
    found = _ANY.search(text)
    value = _number(found[0]) if found else math.inf
    return value if math.isfinite(value) else None


def _number(text: str) -> float:
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
