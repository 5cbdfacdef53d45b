"""The numbers that a paper's own work reached: from its sentences, and from the rows of its tables that are its own.

Reads: a Paper, and the measures and data sets it uses.  Gives: Result, the likeliest headline first; how likely is
weighed by weights that were fitted (data/cells.toml).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from kb.study.mentions import Mentioned, folded
from kb.study.numbers import Figure, of_line
from kb.study.papers import Paper, Part
from kb.study.rows import LESS_IS_BETTER, loose_rows, of_grid
from kb.study.weights import chance, clearness, counted, log_odds
from kb.words import phrases

CLEAR = 0.6  # of a result that fills a cell
_NEARLY = 0.8  # of the support of the clearest, for one that stands before it to be told instead
_JOINED = 12  # characters between two numbers of one list
_CLEAR, _MOST_DATA = 0.6, 8  # of the data sets that numbers may be said to be on
_BOTH = {"in both": ("sentence", "table"), "abstract and table": ("in abstract", "table"),
         "abstract and conclusion": ("in abstract", "in conclusion")}


@dataclass(frozen=True, slots=True)
class Result:
    """A number of the work's own. [start, end): in the document, with its unit; value, unit; measure: as it is written
    beside it; quote: what it stands in; support: how clearly it is the headline, in [0, 1]."""

    start: int
    end: int
    value: float
    unit: str
    measure: str
    quote: tuple[int, int]
    support: float
    part: Part
    is_difference: bool = False


def results(paper: Paper, used: Sequence[Mentioned], data: Sequence[Mentioned], wanted: str = "") -> list[Result]:
    """The work's own results, the headline first. used: measures of the paper, the main one first; data: its data sets;
    wanted: the measure that is asked for, "" for any."""
    found = []
    for group in told(paper, used, data):
        group = [figure for figure in group if not wanted or is_measure(figure.measure, wanted)]
        if group:
            best = max(group, key=lambda figure: (clearness("result", figure.marks), -figure.start))
            found.append(Result(best.start, best.end, best.value, best.unit, best.measure, best.quote,
                                chance(log_odds("result", features(group))), best.part,
                                2 * sum(figure.is_difference for figure in group) >= len(group)))
    # How much better it is than another is no result, unless nothing else is clear.
    is_clear = any(result.support >= CLEAR and not result.is_difference for result in found)
    found.sort(key=lambda result: (is_clear and result.is_difference, -result.support, result.start))
    # A sentence or row that counts up several data sets tells the main one first.
    names = [each.text for each in data]
    beside = [result for result in found[1:] if _counts_up(found[0], result, paper.document.text, names)]
    return sorted(found, key=lambda result: result is not min(beside, key=lambda each: each.start)) if beside else found


def _counts_up(first: Result, other: Result, text: str, names: Sequence[str]) -> bool:
    """Whether a number stands before another in one row, or in one sentence that names several data sets, or nothing
    between the two; in the same measure, and nearly as clearly. Else they are of two ways of doing it."""
    quote = text[slice(*first.quote)]
    is_one_list = "|" in quote or first.start - other.end <= _JOINED or sum(name in quote for name in names) > 1
    return (is_one_list and other.quote == first.quote and other.start < first.start
            and other.is_difference == first.is_difference
            and (other.unit, folded(other.measure)) == (first.unit, folded(first.measure))
            and other.support >= max(CLEAR, _NEARLY * first.support))


def told(paper: Paper, used: Sequence[Mentioned], data: Sequence[Mentioned]) -> list[list[Figure]]:
    """The numbers of a paper that may be its results, those of one value together."""
    if paper.is_survey:
        return []
    ranks: dict[str, int] = {}
    for i, measure in enumerate(used):
        ranks.setdefault(folded(measure.text), i)
    names = [each.text for each in data if each.support >= _CLEAR][:_MOST_DATA]
    figures = [figure for line in paper.lines for figure in of_line(line, paper, ranks, names)]
    nth = 0
    for grid in paper.grids:
        inside = list(of_grid(grid, paper, ranks, names, nth))
        figures += inside
        nth += bool(inside)
    figures += loose_rows(paper)
    figures = [figure for figure in figures if figure.part != "back"] or figures  # a supplement tells no headline
    figures = _compared(figures)
    groups: dict[float, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(round(figure.value, 4), []).append(figure)
    for share in [value for value in groups if 0 < value < 1 and round(100 * value, 4) in groups]:
        groups[round(100 * share, 4)] += groups.pop(share)  # 0.9985 in a table is 99.85 % in the text
    return list(groups.values())


def _compared(figures: Sequence[Figure]) -> list[Figure]:
    """The same, those marked that another one in their own sentence betters, and those that better it."""
    beside: dict[tuple[tuple[int, int], str, str], set[float]] = {}
    for figure in figures:
        if not figure.is_difference:
            beside.setdefault(_where(figure), set()).add(figure.value)
    found = []
    for figure in figures:
        values = beside.get(_where(figure), set())
        if "sentence" in figure.marks and not figure.is_difference and len(values) > 1:
            pick = min if LESS_IS_BETTER.search(figure.measure) else max
            mark = "best of its sentence" if pick(values) == figure.value else "bettered"
            figure = replace(figure, marks=figure.marks | {mark})
        found.append(figure)
    return found


def _where(figure: Figure) -> tuple[tuple[int, int], str, str]:
    return figure.quote, folded(figure.measure), figure.unit


def features(group: Sequence[Figure]) -> dict[str, float]:
    """What weights are of, for a number that is told in these places."""
    found = counted(mark for figure in group for mark in figure.marks)
    found |= {name: 1.0 for name, marks in _BOTH.items() if all(mark in found for mark in marks)}
    return found | {"told": math.log1p(len(group))}


def is_measure(written: str, wanted: str) -> bool:
    """Whether what is written beside a number is the measure that is asked for, by any of its names."""
    a, own = folded(written), folded(wanted)
    is_part = a in own and a != "precision"  # of "average precision", which is another
    return bool(a) and (is_part or any(a == b or (len(b) > 1 and b in a) for b in _names_of_measure(own)))


def is_called(written: str, wanted: str) -> bool:
    """Whether a word is one of the names of a measure, and nothing more."""
    return folded(written) in _names_of_measure(folded(wanted))


@cache
def _names_of_measure(wanted: str) -> tuple[str, ...]:
    """The other names of a measure, folded, its own first."""
    lines = ([folded(name) for name in line.split(" | ")] for line in phrases("measures", "same measure"))
    return tuple(dict.fromkeys((wanted, *next((names for names in lines if wanted in names), ()))))
