"""Which data sets, measures, models and languages a paper is about: counted over the whole of it.

Reads: a Paper.  Gives: Mentioned, the one that most speaks for first.  Next: cells.py takes the first if it is clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kb.study.mentions import WEIGHTS, Mentioned, Tally, weight_of
from kb.study.papers import Line, Paper
from kb.study.signs import Named, Spot, key_of, may_be_data, may_be_model, most_of, named
from kb.study.spans import DATA_NOUN as DATA_NOUN
from kb.study.spans import LANGUAGE, is_common, is_known, names_in, nearness
from kb.study.spans import measure_pattern as measure_pattern
from kb.study.spans import model_pattern as model_pattern
from kb.study.weights import clearness, log_odds
from kb.words import Phrases

_LANGUAGE_NOUN = Phrases(r"^[\s-]*(?:\w+(?:-\w+)*[\s-]+){0,2}?(?:«cells: language nouns en»)\b|"
                         r"^的?(?:«cells: language nouns zh»)",
                         re.IGNORECASE)
_NO_LANGUAGE = Phrases(r"^[\s-]*(?:\w+(?:-\w+)*-*\s+)?(?:«cells: no language en»)\b|"
                       r"^(?:«cells: no language zh»)", re.IGNORECASE)
_IN_LANGUAGE = re.compile(r"\b(?:in|for|from|into|to|of)\s+$|[-–→]\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:[-–→]|to\b|and\b|,|/)\s*[A-Z]")
_MEASURE_NOUN = Phrases(r"\b(?:«cells: measure nouns en»)\b|(?:«cells: measure nouns zh»)", re.IGNORECASE)
_DECIMAL = re.compile(r"\d\.\d|\d\s?[%％]")
# What a method costs is seldom what it is judged by.
_TORN = re.compile(r"[-\u2010-\u2013\u00ad]\s*$")  # the end of a line took the rest of the name
_OF_COST, _COST = 0.3, re.compile(r"(?:throughput|latency|speedup|吞吐量|加速比)$", re.IGNORECASE)
_COMMON = re.compile(r"^(?:accuracy|precision|recall|correlation\s+\w+|sensitivity|specificity|fluency|relevance|"
                     r"coherence|informativeness|diversity|"
                     r"originality|consistency|adequacy|throughput|latency|"
                     r"精度|精确度|准确度|相似度|检测率|识别率|误检率|漏检率)$", re.IGNORECASE)
_FELT = re.compile(r"(?:fluency|relevance|coherence|informativeness|diversity|originality|consistency|adequacy)$",
                   re.IGNORECASE)
_SETTING, _SET = 0.1, re.compile(r"\s*(?:threshold|cut-?off|loss\b|阈值|门限|损失)", re.IGNORECASE)
_IN_HEAD = 1.4  # of a measure above a column
# Log odds more, chosen by hand, for what the experiments list as data sets; and for a name of which half of what is
# listed with it, or stands above the columns beside it, is clearly one.
_TOLD_SO, _OUTRIGHT = 1.7, ({"list of data", "in experiment", "own"}, {"list of data", "in experiment", "data verb"})
# The same for a known model that the abstract says the work begins with, and against what is only compared with.
_SAID, _BEGINS_WITH = 1.5, ({"pretrained", "in abstract"}, {"built on", "in abstract"})
_RIVAL, _RIVALS = 1.5, re.compile(r"baseline|compar(?:ed|ison)|competitor|基线|对比|比较", re.IGNORECASE)
_CLEAR, _HALF, _WITH_CLEAR = 0.6, 0.5, (("listed", 1.5), ("head", 3.4))



def data_sets(paper: Paper, found: Sequence[Named] | None = None) -> list[Mentioned]:
    """Names of what the work is tried on. found: the names of the paper, where they are known already."""
    every = named(paper) if found is None else found
    ranked = _weighed_names(paper, "data set", may_be_data, every)
    spots = {key_of(each.text): each.spots for each in every}
    for each in ranked:
        each.score += _TOLD_SO * any(marks <= spot.marks for spot in spots.get(key_of(each.text), ())
                                     for marks in _OUTRIGHT)
    for mark, more in _WITH_CLEAR:
        clear = {key_of(each.text) for each in ranked if each.support >= _CLEAR}
        for each in ranked:
            each.score += more * any(mark in spot.marks and len(spot.beside & clear) >= _HALF * len(spot.beside)
                                     for spot in spots.get(key_of(each.text), ()) if spot.beside)
    return sorted(ranked, key=lambda each: (-each.score, each.best[2]))


def models(paper: Paper, found: Sequence[Named] | None = None) -> list[Mentioned]:
    """Models that the work builds on: known ones, and names of which it says so; not the work's own."""
    every = named(paper) if found is None else found
    ranked = _weighed_names(paper, "model", may_be_model, every)
    if not paper.is_of_learning:  # what an operating system is built on is no model
        ranked = [each for each in ranked if model_pattern().fullmatch(each.text)]
    known = {key_of(each.text): each for each in every}
    for each in ranked:
        spots = known[key_of(each.text)].spots
        is_known = "known model" in known[key_of(each.text)].shape
        each.score += _SAID * (is_known and any(marks <= spot.marks for spot in spots for marks in _BEGINS_WITH))
        each.score -= _RIVAL * all(_is_rival(spot) for spot in spots)
    return sorted(ranked, key=lambda each: (-each.score, each.best[2]))


def _is_rival(spot: Spot) -> bool:
    """Whether a mention is one of what the work is compared with: in a table, in a comparison, under such a heading."""
    return spot.line is None or bool(spot.marks & {"compared to", "against"}) or any(
        _RIVALS.search(heading) for heading in spot.line.section[-1:])


def _weighed_names(paper: Paper, column: str, may_be: Callable[[Named], bool],
                   every: Sequence[Named]) -> list[Mentioned]:
    most = most_of(every)
    ranked = []
    for each in filter(may_be, every):
        if _TORN.search(each.text):
            continue
        best = max(each.spots, key=lambda spot: (clearness(column, spot.marks), -spot.start))
        text = paper.document.text[best.start:best.end]
        ranked.append(Mentioned(text, log_odds(column, each.features(most)), (0.0, best.line, best.start, best.end),
                                [(spot.start, spot.end) for spot in each.spots], is_fitted=True))
    return sorted(ranked, key=lambda each: (-each.score, each.best[2]))


def measures(paper: Paper) -> list[Mentioned]:
    """Measures, and names that are called one."""
    tally = Tally()
    for line, weight in _weighed(paper):
        nouns = [found.span() for found in _MEASURE_NOUN.finditer(line.masked)]
        has_number = bool(_DECIMAL.search(line.masked))
        known = []
        for found in measure_pattern().finditer(line.masked):
            known.append(found.span())
            factor = (1.5 if nouns else 1.0) * (1.3 if has_number else 1.0) * (1.5 if line.is_caption else 1.0)
            if _COMMON.match(found[0]) and not nouns and not has_number:
                factor = 0.3
            factor *= _OF_COST if _COST.match(found[0]) else 1.0
            # what a reader feels is a measure where it is called one; a threshold is none
            factor *= _OF_COST if _FELT.match(found[0]) and not nouns else 1.0
            factor *= _SETTING if _SET.match(line.masked, found.end()) else 1.0
            tally.add(found[0], weight * factor, line, line.start + found.start(), line.start + found.end())
        for start, end in names_in(line):
            text = line.text[start:end]
            near = nearness(line.masked, start, end, nouns)
            is_new = " " not in text and not is_known(text) and not is_common(text, paper)
            if near >= 0.8 and is_new and not any(a < end and start < b for a, b in known):
                tally.add(text, 0.5 * weight * near, line, line.start + start, line.start + end)
    for grid in paper.grids:
        if WEIGHTS[paper.part_at(grid.start)] > 0 and not paper.is_survey:
            for cell in grid.header:
                if head := measure_pattern().search(cell.text):
                    at = cell.start + head.start()
                    tally.add(head[0], _IN_HEAD, None, at, at + len(head[0]))
    return tally.ranked()


def languages(paper: Paper) -> list[Mentioned]:
    """Languages that the work's data are in."""
    tally = Tally()
    for line, weight in _weighed(paper):
        for found in LANGUAGE.finditer(line.masked):
            after, before = line.masked[found.end():], line.masked[:found.start()]
            if _NO_LANGUAGE.match(after):
                continue
            near = 1.0 if _LANGUAGE_NOUN.match(after) else 0.5 if _IN_LANGUAGE.search(before) or _BETWEEN.match(
                after) else 0.15
            tally.add(found[0], weight * near, line, line.start + found.start(), line.start + found.end())
    return tally.ranked()


def _weighed(paper: Paper) -> Iterator[tuple[Line, float]]:
    """The lines in which a mention counts, and how much."""
    for line in paper.lines:
        weight = weight_of(line, is_survey=paper.is_survey)
        if weight > 0:
            yield line, weight


