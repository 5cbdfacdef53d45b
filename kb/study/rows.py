"""Numbers in the rows of tables that are the work's own, the best of each column that is a measure's.

Reads: the grids of a Paper.  Gives: Figure (numbers.py).  Next: results.py weighs them. Rows that cite others, or are
named as a known model is, are never the work's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from kb.study.grids import Grid
from kb.study.mentions import folded
from kb.study.numbers import NUMBER, Figure
from kb.study.papers import Paper
from kb.study.spans import measure_pattern, model_pattern
from kb.types import Cell
from kb.words import Phrases, phrases

_OWN_ROW = Phrases(r"(?<![A-Za-z])(?:«cells: own row»)(?![A-Za-z])", re.IGNORECASE)
LESS_IS_BETTER = re.compile(r"error|perplexity|PPL|WER|CER|EER|MAE|MSE|RMSE|MAPE|loss|latency|FID|TER|time|错误率|"
                             r"困惑度|误差|损失|耗时",
                             re.IGNORECASE)
_VALUE = re.compile(r"^[^\w.]{0,3}?(\d{1,3}(?:\.\d+)?|\.\d+)(?![.\d]|\s\.?\d)\s*([%％]?)(?:\W.*)?$|"
                    r"^[^\w.]{0,3}?(\d{0,3}\.\d+)(?:\s+\d{0,3}\.\d+)+$")  # or several
_HEAD = re.compile(r"(?!(?i:baseline|method|model|params?|size|time))[A-Za-z][A-Za-z -]{2,24}[↑↓]?|[一-鿿]{2,8}")
_LONG_NAME = 4  # characters of a name that a row may have inside another word ("wordGREEN")
_NAMED_FOR = re.compile(r"(?:R|Rouge|rouge)-[12L]$|[Tt]op-?\d+$")
CITED = re.compile(r"\[[^\]\d]*\d[^\]]*\]|\(?\b(?:19|20)\d\d\b|et al|等人|"
                    r"\([A-Z][a-z]+(?:\s+(?:and|&)\s+[A-Z][a-z]+)?\)")
_OF_PARTS = re.compile(r"ablation|effects? of|impact of|influence of|sensitivity|development set|dev set|"
                       r"validation set|statistics|hyper-?parameter|消融|参数|影响|敏感", re.IGNORECASE)
_OF_SETTINGS = re.compile(r"hyper-?\s?param|\bsettings?\s+(?:of|for|used)|\bstatistics of\b|超参数|参数设置|统计信息",
                          re.IGNORECASE)
_OF_RESULTS = re.compile(r"results?|comparison|compar\w+|performance|accurac|scores?|state-of-the-art|结果|对比|比较|"
                         r"性能", re.IGNORECASE)
_BASELINE = re.compile(r"baseline|majority|random|human|oracle|基线|随机", re.IGNORECASE)
_COUNTED = re.compile(r"^#|\bnumber of\b|^(?:train|dev|valid\w*|params?|size|classes|average|max|min|year|layers?|"
                      r"depth|dim\w*)\b|数量|个数|大小|序号", re.IGNORECASE)
_SIZE = re.compile(r"[\s-]*(?:\d[\w.]*|base|large|small|tiny)?\s*(?:[(（].*)?", re.IGNORECASE)
_POINT_FIRST = re.compile(r"(?<![\d.])\.\d+")
_OF_A_METHOD = re.compile(r"[A-Za-z][\w.³²]*[A-Z0-9][\w.-]*(?:[ +-][\w.()\[\]-]+){0,2}")
_LEAST_METHODS = 2  # above its columns, for a table to be turned over
_LOOSE = re.compile(r"(?:(?<=\n)|(?<=\d[ ]))(?P<label>[A-Za-z][\w/+-]*(?:[ ][\w/+()-]+){0,4}?)"
                    r"(?P<numbers>(?:[ ]+(?:[-–—]|\d{1,4}(?:\.\d+)?%?)){3,})(?=\s)")
_NO_PARTS = ("related", "references")
_OF_DIFFERENCE = re.compile(r"differ|\bgaps?\b|\bgains?\b|improv|increase|decrease|\bdrop\b|[Δ∆]|\\Delta|"
                            r"提升|提高|下降|差值|差距|增益|变化", re.IGNORECASE)
_MEASURES_IN = re.compile(r"\s*[(（\[↑↓%,/].*$|\s+(?=[A-Z][a-z]*[A-Z]|[A-Z]{2,}\b)")  # "DUT-O MaxF ↑"
_COST = re.compile(r"time|param|size|speed|flops|latency|memory|epoch|时间|参数量|耗时|大小", re.IGNORECASE)


def of_grid(grid: Grid, paper: Paper, ranks: Mapping[str, int], data: Sequence[str], nth: int) -> Iterator[Figure]:
    """The numbers of a table. ranks, data: as for a sentence; nth: which of the paper's tables it is."""
    part, lying = paper.part_at(grid.start), grid.rows
    if part in _NO_PARTS or _OF_SETTINGS.search(grid.caption):
        return
    grid = _by_method(grid, paper)
    own, whose = own_rows(grid, paper)
    is_named = whose == "named"
    if not own:
        return
    shared = measure_pattern().search(grid.caption)
    heads = _heads(grid)
    is_known = bool(shared) or any(measure_pattern().search(head) for head in heads)
    n_others = sum(_is_anothers_row(row) for row in grid.rows)
    common = {"table", f"table in {part}", f"{whose} row"}
    common |= {name for name, so in (
        ("table of parts", bool(_OF_PARTS.search(grid.caption))), ("others beside it", n_others > 1),
        ("table of results", bool(_OF_RESULTS.search(grid.caption))), ("first table", nth == 0),
        ("second table", nth == 1), ("of few rows", len(grid.rows) < 3), ("one own row", len(own) == 1),
        ("caption names data", any(name in grid.caption for name in data)),
        ("caption names a measure", bool(shared))) if so}
    for i in range(1, max(len(row) for row in own)):
        head = heads[i].strip() if i < len(heads) else ""
        found = measure_pattern().search(head)
        measure = found[0] if found else head if _NAMED_FOR.search(head) else shared[0] if shared else ""
        if not measure and is_named and not is_known and _HEAD.fullmatch(head):
            measure = head  # a measure that only this paper has
        values = [(value, row[i]) for row in own if i < len(row) and (value := _value(row[i].text))]  # 0 is none
        if not values or _COUNTED.search(head) or _OF_DIFFERENCE.search(head) or (
                not measure and _COST.search(head)):
            continue
        main = next(iter(ranks), "")
        pick = min if LESS_IS_BETTER.search(measure or main) else max
        value, cell = pick(values, key=lambda pair: pair[0])
        every = [v for row in grid.rows if i < len(row) and (v := _value(row[i].text)) is not None]
        rank = ranks.get(folded(measure), 5)
        marks = common | {f"head {({0: 'first', 1: 'second'}.get(rank, 'other') if measure else 'none')}"}
        marks |= {name for name, so in (
            ("best of its column", value == pick(every)), ("head is a measure", bool(found)), ("first column", i == 1),
            ("last column", i == len(heads) - 1), ("head is data", any(name in head for name in data)),
            ("percent", "%" in cell.text), ("head is of cost", bool(_COST.search(head))),
            ("last row", bool(grid.rows) and cell in grid.rows[-1]), ("many own rows", len(values) > 3)) if so}
        marks |= {f"{mark}, {whose}" for mark in marks & {
            "best of its column", "others beside it", "table of results", "first table"}}
        written = _as_written(cell.text)
        at = cell.start + cell.text.find(written)
        yield Figure(at, at + len(written), value, "%" if "%" in cell.text else "", measure, _row_span(lying, cell),
                     part, frozenset(marks))


def _by_method(grid: Grid, paper: Paper) -> Grid:
    """A table with a row for each method: where methods stand above the columns, the work's own or several known ones
    among them, the table turned over."""
    heads = [(cell,) for cell in grid.header[1:]]
    own = sum(_is_own_row(head, paper) for head in heads) - sum(_is_own_row(row, paper) for row in grid.rows)
    others = sum(map(_is_anothers_row, heads)) - sum(map(_is_anothers_row, grid.rows))
    if own < 0 or (own == 0 and others < _LEAST_METHODS):
        return grid
    lines = [grid.header, *grid.rows]
    turned = [tuple(line[i] for line in lines if i < len(line)) for i in range(max(map(len, lines)))]
    return replace(grid, header=turned[0], rows=tuple(turned[1:]))


def row_in(paper: Paper, is_wanted: Callable[[str], bool]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The row of the work's own method, with its value below a head that is wanted, whole numbers too: of the first
    table in which others stand beside it, else of the first; None where no row says that it is the work's own."""
    found = []
    for grid in paper.grids:
        if paper.part_at(grid.start) in _NO_PARTS or _OF_SETTINGS.search(grid.caption):
            continue
        own, whose = own_rows(grid, paper)
        is_decimal = any(_value(cell.text) is not None for row in grid.rows for cell in row)
        heads = _heads(grid) if is_decimal else [cell.text for cell in grid.header]
        columns = [i for i, head in enumerate(heads) if i and any(map(is_wanted, _MEASURES_IN.split(head)))]
        values = [(float(number[0].replace(",", "")), row, row[i]) for row in own for i in columns[:1]
                  if whose != "unnamed" and i < len(row) and (number := NUMBER.search(row[i].text))]
        if values:
            pick = min if LESS_IS_BETTER.search(heads[columns[0]]) else max
            _, row, cell = pick(values, key=lambda value: value[0])
            n_others = sum(_is_anothers_row(row) for row in grid.rows)
            found.append((bool(n_others), (row[0].start, row[-1].end), (cell.start, cell.end)))
    best = next((one for one in found if one[0]), found[0] if found else None)
    return best[1:] if best else None


def loose_rows(paper: Paper) -> Iterator[Figure]:
    """The numbers of rows that no reader took for those of a table: "PodNet 91.4 89.7 88.2"."""
    inside = [(grid.start, grid.end) for grid in paper.grids]
    for start, end, part, _ in paper.parts:
        if part in (*_NO_PARTS, "back", "abstract"):
            continue
        for row in _LOOSE.finditer(paper.document.text, start, end):
            is_cell = any(a <= row.start() < b for a, b in inside)
            label = (Cell(row["label"], row.start("label"), row.end("label")),)
            if is_cell or _is_anothers_row(label):
                continue
            whose = "named" if _is_own_row(label, paper) else "told" if paper.tells(row["label"]) else ""
            numbers = [n for n in NUMBER.finditer(paper.document.text, *row.span("numbers")) if "." in n[0]]
            for i, number in enumerate(numbers if whose else ()):
                marks = frozenset({"table", "loose row", f"{whose} row", f"loose row, {whose}",
                                   *(["first of a loose row"] if i == 0 else [])})
                yield Figure(number.start(), number.end(), float(number[0]), "", "", row.span(), part, marks)


def _heads(grid: Grid) -> list[str]:
    """What stands above each column: the header, and the first rows as long as there is no number in them."""
    rows = [grid.header]
    for row in grid.rows:
        if any(_value(cell.text) is not None for cell in row):
            break
        rows.append(row)
    return [" ".join(row[i].text for row in rows if i < len(row)) for i in range(max(map(len, rows)))]


def own_rows(grid: Grid, paper: Paper) -> tuple[Sequence[Sequence[Cell]], str]:
    """The rows that are the work's own, and how they say so: "named" as it is or "ours"; "told" of where the work says
    what it does; "unnamed", all that are no other's."""
    named = [row for row in grid.rows if _is_own_row(row, paper)]
    if named:
        return named, "named"
    rest = [row for row in grid.rows if not _is_anothers_row(row) and not any(map(paper.cites, _labels(row)))]
    told = [row for row in rest if any(paper.tells(label) for label in _labels(row))]
    if told:
        return told, "told"
    names = sum(any(_OF_A_METHOD.fullmatch(label) for label in _labels(row)) for row in grid.rows)
    return (rest, "unnamed") if 2 * names < len(grid.rows) else ([], "unnamed")  # names that nobody knows are others'


def _labels(row: Sequence[Cell]) -> list[str]:
    return [cell.text.strip() for cell in row[:2] if cell.text.strip() and _value(cell.text) is None]


def _is_own_row(row: Sequence[Cell], paper: Paper) -> bool:
    """Whether the label of a row names the work's own method."""
    labels = _labels(row)
    if any(_BASELINE.search(label) or CITED.search(label) for label in labels):
        return False
    if any(_OWN_ROW.search(label) for label in labels):
        return True
    names = [folded(name) for name in paper.own_names]
    return any(folded(label).startswith(name) or (len(name) >= _LONG_NAME and name in folded(label))
               for label in labels for name in names if len(name) > 2)


def _is_anothers_row(row: Sequence[Cell]) -> bool:
    """Whether the label of a row cites a work, or is the name of a known model and nothing else."""
    return any(CITED.search(label) or _BASELINE.search(label) or _is_known_model(label) for label in _labels(row))


def _is_known_model(label: str) -> bool:
    found = model_pattern().match(label)
    return folded(label) in _known() or (found is not None and bool(_SIZE.fullmatch(label, found.end())))


@cache
def _known() -> frozenset[str]:
    return frozenset(folded(name) for section in ("model", "architecture") for name in phrases("models", section))


def _row_span(rows: Sequence[Sequence[Cell]], cell: Cell) -> tuple[int, int]:
    """The row of a table that a cell stands in, as it stands in the text; the cell alone where it is above them."""
    row = next((row for row in rows if cell in row), (cell,))
    return row[0].start, row[-1].end


def _value(text: str) -> float | None:
    found = _VALUE.match(text.strip("* †‡"))
    if found is None:
        return None
    number = found[1] or found[3]
    return float(number) if "." in number or found[2] else None


def _as_written(text: str) -> str:
    found = [each for each in (_POINT_FIRST.search(text), NUMBER.search(text)) if each]
    return min(found, key=lambda each: each.start())[0] if found else text
