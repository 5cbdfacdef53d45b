"""Results that one sentence, or one row of a table, states whole: value, unit, measure, and whose it is; the data set,
where it stands there too.

Reads: a Paper, and names of its data sets.  Gives: Stated, the clearest first. `cells.py` finds the likeliest headline;
what is here is only what stands side by side, so that it may stand in a survey: a number behind "against" or "than", in
brackets, a gain, a time, a bound, another work's, is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.study.grids import Grid
from kb.study.mentions import folded
from kb.study.names import measure_pattern, model_pattern
from kb.study.papers import Line, Paper, Part
from kb.study.rows import CITED, LESS_IS_BETTER
from kb.words import Phrases

Span = tuple[int, int]
_WEIGHTS: dict[Part, float] = {"abstract": 3.0, "conclusion": 2.4, "experiment": 2.0, "introduction": 1.2, "text": 1.2,
                               "method": 0.6, "limitation": 0.4}
# A table about its parts is not about the work as a whole.
_PARTS_OF = re.compile(r"ablation|effects? of|impact of|influence of|sensitivity|development set|"
                       r"dev set|validation set|statistics|hyper-?parameter|消融|参数|影响|敏感", re.IGNORECASE)
_VALUE = re.compile(r"(?<![A-Za-z0-9_.,/–%+±\\^-])(\d{1,3}(?:\.\d+)?)(?![A-Za-z0-9_/]|\.\d|,\d)"
                    r"(\s?\\?[%％]|\s(?:percent|per cent)\b)?")
# Between a measure and its value, and between a value and the measure behind it, nothing else may stand.
_TO_VALUE = Phrases(r"\s*(?:«results: score»)?\s*(?:«results: comes to»)\s*", re.IGNORECASE)
_TO_MEASURE = Phrases(r"\s*(?:«results: of measure»)?\s*(?:(?:«results: kind of measure»)\s*)?", re.IGNORECASE)
# What makes a number doubtful: another number beside it, a gain, a bound, a comparison.
_LISTED_AFTER = re.compile(r"\s*(?:\([^()]*\))?\s*(?:[,，、/±~–-]|\b(?:and|to|or|vs\.?)\b|[和与至到或及])\s*"
                           r"[-+±]?\d")
_LISTED_BEFORE = re.compile(r"\d\s?[%％]?\s*(?:[,，、/±~–-]|\b(?:and|to|or)\b|[和与至到或及])\s*$")
_SHARE_OF = re.compile(r"\s*of\s+(?:the|its|all|their|that|this|what|human)\b|"
                       r"\s*的(?!精|准|召|F|f|B|R|平均|正确|识别|分类|测试)")
_OTHERS = Phrases(r"(?<![A-Za-z])(?:«results: others en»)(?![A-Za-z])|(?:«results: others zh»)", re.IGNORECASE)
_DOUBT = Phrases(r"(?<![A-Za-z])(?:«results: doubt en»)(?![A-Za-z])|(?:«results: doubt zh»)", re.IGNORECASE)
_GAIN = Phrases(r"(?<![A-Za-z])(?:«results: gain en»)(?![A-Za-z])|(?:«results: gain zh»)", re.IGNORECASE)
_GAIN_AFTER = re.compile(r"\s*(?:absolute|relative)?\s*(?:improvement|gains?|boost|higher|lower|better|worse|more|less|"
                         r"increase|drop|reduction|以上|左右|以下|的?提升|的?提高|的?改进|的?增益|的?下降)",
                         re.IGNORECASE)
_OWN = Phrases(r"(?<![A-Za-z])(?:«results: subject en»)(?![A-Za-z])|(?:«results: subject zh»)", re.IGNORECASE)
_OWN_THERE = Phrases(r"«results: subject of summary»")
_NO_MEASURE = Phrases(r"(?:«results: no measure»)", re.IGNORECASE)
_BREAK = re.compile(r"[;；。]|[,，]\s*(?:while|whereas|but|compared|然而|而|但|比|较|相比)")
# Measures that are shares: a number of one is the same with a sign of percent and without.
SHARE = re.compile(r"acc|精度|准确|precision|recall|精确|召回|正确率|识别率|F1|F₁|F-|BLEU|ROUGE|MAP|MRR|NDCG|"
                   r"AUC|EM\b|exact|match|IoU|top-\d|error rate|错误率", re.IGNORECASE)
_ON = re.compile(r"(?:\b(?:on|over|for|using|from)\s+(?:both\s+)?(?:the\s+)?(?:\w+\s+)?|在\s*|基于\s*|[(（]\s*)$",
                 re.IGNORECASE)
_TRAINED = re.compile(r"(?:train|tun)\w*\s+(?:on|over|using|with|from)\s+(?:the\s+)?(?:\w+\s+)?$", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(?:on|in|for)\s+(?:the\s+)?[A-Z]|在|上[^，。]*在")
# A number that was set or asked for, not reached: "a target recall of 98%", "precision at a recall of 90%".
_SET_BEFORE = Phrases(r"(?:(?<![A-Za-z])(?:«results: target en»)(?![A-Za-z])|(?:«results: target zh»))"
                      r"[^,;.，；。]{0,24}$", re.IGNORECASE)
_AT = re.compile(r"(?<![A-Za-z])(?:at|under|given|fixing|assuming)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?$", re.IGNORECASE)
_SET_AFTER = Phrases(r"[^,;.，；。]{0,12}?(?:(?<![A-Za-z])(?:«results: target en»)(?![A-Za-z])|"
                     r"(?:«results: target zh»))", re.IGNORECASE)
_TORN = re.compile(r"[-\u2010-\u2013\u00ad]\s*$")
_OWN_LABEL = Phrases(r"\W*(?:«cells: own row»)\W*(?:\([^()]*\))?\W*", re.IGNORECASE)
_CELL_VALUE = re.compile(r"[*†‡ ]{0,2}(\d{1,3}(?:\.\d+)?)\s?([%％]?)(?:\s*±\s*[\d.]+)?[*†‡ ]{0,2}")
_NAME_BEFORE, _SIGN = re.compile(r"[A-Z][\w-]*[\s-]?$"), re.compile(r"[%％]|cent")  # "SQuAD 2.0 F1" is no 2.0
_DEPTH = re.compile(r"@\d+")
_CAPTION = re.compile(r"\W*(?:Table|Tab\.|表)\s*[\dIVX]+", re.IGNORECASE)
_SHORT_HEAD = re.compile(r"\bAcc\b\.?|准确率|精度")
_SET_APART = re.compile(r"\b(?:dev(?:elopment)?|valid(?:ation)?|val|train(?:ing)?|single)\b|验证|训练", re.IGNORECASE)
_BESIDE_MEASURE = re.compile(r"[\s()（）%％↑↓*/±.]|(?i:test|score|avg|average|std)")
_LEAST_PERCENT = 10  # of a share without its sign: below, it may be a score or a gain
_ROW_WEIGHT, _WITH_DATA = 1.8, 1.6
_LEAST_DATA = 0.6  # support of a name that is a data set here (cells.LEAST)
_CALLED = re.compile(r"(?<![A-Za-z0-9-])(?:[A-Z][a-z]*[A-Z0-9][\w-]*|[A-Z]{2,}[\w-]*|[A-Z][a-z]{3,}-?\d[\w.]*)",
                     re.ASCII)
_HEADED = re.compile(r"\A(?:---\n.*?\n---\n)?[#\s]*([A-Z][\w@+-]*[\w+])\s?[:：]", re.DOTALL)
_OFTEN, _FAR_MORE, _SELDOM = 6, 2, 0.05  # times, times, share of the lines
_FIRST = 4000  # characters of a text that say what it proposes
_LONGEST = 600  # characters of a sentence that is one


@dataclass(frozen=True, slots=True)
class Stated:
    """A result of the work's own, by places in the document. quote: the sentence, or the row; data: None where no data
    set stands there.  subject: what says whose it is.  text of value holds its unit."""

    value: Span
    number: float
    unit: str
    measure: Span
    data: Span | None
    subject: Span
    quote: Span
    weight: float


def stated(paper: Paper, data_names: Sequence[str]) -> list[Stated]:
    """What a paper states of its own results, the clearest first. data_names: of its data sets."""
    if paper.is_survey:
        return []
    found = [one for line in paper.lines for one in _of_line(line, paper, data_names)]
    for grid in paper.grids:
        found += _of_grid(grid, paper, data_names)
    return sorted(found, key=lambda one: (-one.weight, one.value))


def own_subject(line: Line, paper: Paper, end: int) -> Span | None:
    """Where a sentence, before an offset of it and in the same clause, says that it speaks of this work: "we", or the
    work's own name with no other's behind it."""
    spots = [found.span() for found in _OWN.finditer(line.masked[:end])]
    if line.part in ("abstract", "conclusion"):
        spots += [found.span() for found in _OWN_THERE.finditer(line.masked[:end])]
    low = line.masked.casefold()
    for name in own_names(paper):
        at = re.search(rf"(?<![a-z0-9-]){re.escape(name)}(?![a-z0-9])(?!-)", low[:end])
        if at:
            spots.append(at.span())
    spots = [spot for spot in spots if spot[0] >= _begin_of_clause(line.masked, end)]
    if not spots:
        return None
    last = max(spots)
    for other in model_pattern().finditer(line.masked, last[1], end):
        if folded(other[0]) not in {folded(name) for name in own_names(paper)}:
            return None
    return line.start + last[0], line.start + last[1]


def is_stated(line: Line, paper: Paper, value: Span, measure: Span) -> Span | None:
    """The place of the subject, if a sentence states that the measure of this work is the value: both side by side in
    it (offsets in the line), of this work, no gain, no bound, not behind a comparison; else None."""
    text = line.masked
    start, end = value
    before, after = text[:start], text[end:]
    if len(text) > _LONGEST or line.is_other or line.is_caption or _DOUBT.search(text):
        return None
    if not _are_adjacent(text, value, measure) or _in_brackets(text, start):
        return None
    if _LISTED_AFTER.match(after) or _LISTED_BEFORE.search(before) or _GAIN_AFTER.match(after):
        return None
    if _SHARE_OF.match(after) and measure[0] < start:
        return None
    if _is_set(text, value, measure):
        return None
    if not is_of_this_work(text, value) or _GAIN.search(_clause(text, start)[-60:]):
        return None
    return own_subject(line, paper, min(start, measure[0]) if measure[0] > start else start)


def _is_set(text: str, value: Span, measure: Span) -> bool:
    """Whether a number is a target or a setting."""
    before, after = text[:min(value[0], measure[0])], text[max(value[1], measure[1]):]
    return bool(_SET_BEFORE.search(before) or _AT.search(before) or _SET_AFTER.match(after)
                or _SET_BEFORE.search(text[:value[0]]))


def is_of_this_work(text: str, span: Span) -> bool:
    """Whether a number stands behind no word of comparison in its clause."""
    return not _OTHERS.search(_clause(text, span[0]))


def _clause(text: str, end: int) -> str:
    """What stands before an offset in its clause."""
    return text[_begin_of_clause(text, end):end]


def _begin_of_clause(text: str, end: int) -> int:
    return max((found.end() for found in _BREAK.finditer(text[:end])), default=0)


def _are_adjacent(text: str, value: Span, measure: Span) -> bool:
    if value[1] <= measure[0] and _NAME_BEFORE.search(text[:value[0]]) and not _SIGN.search(text[slice(*value)]):
        return False
    if measure[1] <= value[0]:
        return bool(_TO_VALUE.fullmatch(text[measure[1]:value[0]]))
    return bool(value[1] <= measure[0] and _TO_MEASURE.fullmatch(text[value[1]:measure[0]]))


def _in_brackets(text: str, at: int) -> bool:
    """Whether a bracket is open before an offset."""
    before = text[:at]
    return any(before.count(a) > before.count(b) for a, b in ("()", "（）", "[]"))


def _of_line(line: Line, paper: Paper, data_names: Sequence[str]) -> Iterator[Stated]:
    weight = _WEIGHTS.get(line.part, 0.0)
    if weight <= 0:
        return
    measures = _measures(line.masked)
    for found in _VALUE.finditer(line.masked) if measures else ():
        written, unit = found[1], "%" if found[2] else ""
        span = found.span()
        for measure in measures:
            name = line.masked[slice(*measure)]
            if not _fits(name, float(written), written, unit):
                continue
            subject = is_stated(line, paper, span, measure)
            if subject:
                data = _data_of(line, span, measure, data_names)
                yield Stated(_at(line, span), float(written), unit, _at(line, measure), data, subject,
                             (line.start, line.end), weight * (_WITH_DATA if data else 1.0))
                break


def _measures(text: str) -> list[Span]:
    """Where measures stand, with the depth they are cut at: "MRR@10"."""
    found = (found for found in measure_pattern().finditer(text)
             if not _NO_MEASURE.fullmatch(found[0]) and text[found.start() - 1:found.start()] != "@")
    return [(one.start(), depth.end() if (depth := _DEPTH.match(text, one.end())) else one.end()) for one in found]


def _at(line: Line, span: Span) -> Span:
    return line.start + span[0], line.start + span[1]


def _fits(measure: str, value: float, written: str, unit: str) -> bool:
    """Whether a number can be of this measure: a share up to 100, with a sign of percent or a decimal."""
    if not unit and ("." not in written or (SHARE.search(measure) and 1 < value <= _LEAST_PERCENT)):
        return False
    return bool(SHARE.search(measure)) <= (value <= 100)


def _data_of(line: Line, value: Span, measure: Span, names: Sequence[str]) -> Span | None:
    """The one data set that the sentence names, on which the number is; None where it names none, or several of which
    none stands beside the number."""
    low = line.masked
    spots = [found.span() for name in names
             for found in re.finditer(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z])[A-Za-z0-9_-]*", low)]
    spots = [span for span in spots if not any(other != span and other[0] <= span[0] and span[1] <= other[1]
                                               for other in spots)]
    spots = [span for span in spots if not (span[0] < measure[1] and measure[0] < span[1])]
    if not spots:
        return None
    if len({folded(low[slice(*span)]) for span in spots}) == 1:
        first = spots[0]
        is_on = _ON.search(low[:first[0]]) and not _TRAINED.search(low[:first[0]])
        leads = first[1] <= min(value[0], measure[0]) and not _ELSEWHERE.search(low[first[1]:value[0]])
        if is_on and (leads or not _other_values(low, value)):
            return _at(line, first)
    end = max(value[1], measure[1])
    behind = [span for span in spots if span[0] >= end and _ON.search(low[end:span[0]])
              and not _TRAINED.search(low[:span[0]])
              and not re.search(r"\d\s*[%％]|[;；。]|\band\b|[,，]", low[end:span[0]])]
    if behind and not re.match(r"\s*(?:,|，|、|and\b|和|与)", low[behind[0][1]:]):
        return _at(line, behind[0])
    return None


def _other_values(text: str, value: Span) -> bool:
    """Whether a sentence has other numbers that may be results."""
    return any(found.span() != value and ("." in found[1] or found[2]) for found in _VALUE.finditer(text))


# --- rows of tables

def _of_grid(grid: Grid, paper: Paper, data_names: Sequence[str]) -> Iterator[Stated]:
    """Of a table with a row that is called as the work is: the numbers under a measure, or under a data set where the
    caption names one measure."""
    weight = _WEIGHTS.get(paper.part_at(grid.start), 0.0)
    if weight <= 0 or _PARTS_OF.search(grid.caption) or _SET_APART.search(grid.caption) or not grid.header:
        return
    caption = _caption_span(grid, paper)
    heads = [cell.text.strip() for cell in grid.header]
    for row in grid.rows:
        label = next((cell for cell in row[:2] if is_own_label(cell.text, paper)), None)
        if label is None or len(row) != len(grid.header):
            continue
        for i in range(1, len(row)):
            found = _CELL_VALUE.fullmatch(row[i].text.strip())
            if not found:
                continue
            measure, data = _of_column(grid, i, heads, data_names, caption, paper)
            if measure is None:
                continue
            name = paper.document.text[slice(*measure)]
            if not _fits(name, float(found[1]), found[1], found[2]):
                continue
            inside = row[i].text.find(found[1])
            start = row[i].start + inside
            end = start + len(found[1]) + (len(row[i].text[inside + len(found[1]):].split("%")[0]) + 1 if found[2]
                                           else 0)
            if paper.document.text[start:end].strip() and paper.document.text[start:start + len(found[1])] == found[1]:
                yield Stated((start, end), float(found[1]), "%" if found[2] else "", measure, data,
                             (label.start, label.end), (row[0].start, row[-1].end),
                             weight * _ROW_WEIGHT * (_WITH_DATA if data else 1.0) / 2)


def is_own_label(label: str, paper: Paper) -> bool:
    """Whether the label of a row is the work's own name, or says that it is ours, and nothing else."""
    if CITED.search(label):
        return False
    bare = folded(re.sub(r"[()（）*†‡]|\b(?:ours|our|single|ensemble)\b", " ", label.casefold()))
    return bool(_OWN_LABEL.fullmatch(label)) or any(bare == folded(name) for name in own_names(paper) if len(name) > 2)


def own_names(paper: Paper) -> tuple[str, ...]:
    """What the work calls what it proposes, by its title or its first page: a name that only later pages have may be
    another's."""
    kept: dict[str, tuple[str, ...]] = paper.__dict__  # beside the paper's own cached properties
    if "called" not in kept:
        kept["called"] = _own_names(paper)
    return kept["called"]


def _own_names(paper: Paper) -> tuple[str, ...]:
    title, text = paper.document.metadata.title, paper.document.text[:_FIRST]
    found = {name for name in paper.own_names if name in f"{title} {text}".casefold()}
    headed = _HEADED.search(text)  # the title as it stands, whatever the record calls the work
    found |= {headed[1].casefold()} if headed else set()
    return tuple(sorted(found) or _told_of(paper))


def _told_of(paper: Paper) -> list[str]:
    """What a text that hardly says "we" tells of, a note on a work: the name that it has far more often than any other,
    if its title or its file is called so."""
    if sum(line.is_own for line in paper.lines) > _SELDOM * len(paper.lines):
        return []
    counts = Counter(found[0].casefold() for line in paper.lines if line.part != "references"
                     for found in _CALLED.finditer(line.masked) if not measure_pattern().fullmatch(found[0]))
    (name, n), *rest = [*counts.most_common(2), ("", 0)]
    is_clear = n >= _OFTEN and n >= _FAR_MORE * (rest[0][1] if rest else 0)
    called = f"{paper.document.metadata.title} {Path(paper.document.path).stem}"
    return [name] if is_clear and folded(name) in folded(called) else []


def _of_column(grid: Grid, i: int, heads: Sequence[str], names: Sequence[str], caption: Span | None,
               paper: Paper) -> tuple[Span | None, Span | None]:
    """(measure, data set) of a column: its head is one of them, alone among the heads, the caption says the other."""
    cell, known = grid.header[i], {folded(name) for name in names}
    found = measure_pattern().search(cell.text) or _SHORT_HEAD.search(cell.text)
    if sum(folded(head) == folded(cell.text) for head in heads) > 1 or _SET_APART.search(cell.text):
        return None, None
    if found and not _NO_MEASURE.fullmatch(found[0]):
        at = (cell.start + found.start(), cell.start + found.end())
        rest = f"{cell.text[:found.start()]} {cell.text[found.end():]}"
        bare = _BESIDE_MEASURE.sub("", rest)
        if _TORN.search(cell.text[:found.start()]):  # "Wiki Ma-F1" is another measure
            return None, None
        if not bare:
            return at, _in_caption(caption, names, paper)
        inside = cell.text.find(rest.strip())
        if folded(rest.strip(" ()（）%％")) in known and inside >= 0:
            return at, (cell.start + inside, cell.start + inside + len(rest.strip()))
        return None, None
    measures = {folded(one[0]): one.span() for one in measure_pattern().finditer(paper.document.text, *caption)
                if not _NO_MEASURE.fullmatch(one[0])} if caption else {}
    if folded(cell.text) in known and len(measures) == 1:
        return next(iter(measures.values())), (cell.start, cell.end)
    return None, None


def _in_caption(caption: Span | None, names: Sequence[str], paper: Paper) -> Span | None:
    """The one data set that a caption names."""
    if caption is None:
        return None
    text = paper.document.text[slice(*caption)]
    spots = [found.span() for name in names
             if (found := re.search(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9])", text))]
    alone = [span for span in spots if not any(
        other != span and other[0] <= span[0] and span[1] <= other[1] for other in spots)]
    return (caption[0] + alone[0][0], caption[0] + alone[0][1]) if len(alone) == 1 else None


def _caption_span(grid: Grid, paper: Paper) -> Span | None:
    """Where the caption of a table stands."""
    if not _CAPTION.match(grid.caption):
        return None
    text = paper.document.text
    at = text.find(grid.caption, max(0, grid.start - 1500), grid.end + 1500)
    return (at, at + len(grid.caption)) if at >= 0 else None


def better(one: Stated, other: Stated, measure: str) -> bool:
    """Whether a number is the better of two in a measure."""
    return one.number < other.number if LESS_IS_BETTER.search(measure) else one.number > other.number
