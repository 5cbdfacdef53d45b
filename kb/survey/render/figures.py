"""The figures of a survey, drawn from its record alone: timeline, citations, taxonomy, matrix.

Reads: Survey, and what each of its documents is called in a citation.  Gives: Drawings. Every label has a place of its
own: rows and boxes are made as large as their text, so nothing is drawn over anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.survey.records import Node, Reference, Survey, TableRow
from kb.survey.references import short_name
from kb.survey.render.drawing import (
    COLOURS,
    EMPTY,
    INK,
    LINE,
    PALE_INK,
    Box,
    Curve,
    Dot,
    Drawing,
    Label,
    Path,
    Shape,
    flow,
    shortened,
    width_of,
    wrapped,
)
from kb.survey.words import word

_WIDTH, _MARGIN = 760.0, 10.0
_SIZE, _SMALL = 12.0, 11.0
_CHIP, _GAP = 20.0, 6.0
_NO_SECTION = "#e9e6df"
_ROWS = 45  # rows of a matrix that stay readable on one page of A4


@dataclass(frozen=True, slots=True)
class Work:
    """A document as the figures name it. name: "[3] Vaswani et al."; section: of the first section that has it, -1
    for none."""

    reference: Reference
    name: str
    section: int

    @property
    def year(self) -> int | None:
        return self.reference.year


def figures(survey: Survey, called: Callable[[str], str]) -> dict[str, tuple[Drawing, ...]]:
    """Name of the figure -> its drawings, more than one where it does not fit a page; none where there is nothing to
    draw. called: a document's id -> its number, or author and year."""
    themes = [node for node in survey.outline if node.kind == "theme"]
    sections: dict[str, int] = {}
    for i, theme in enumerate(themes):
        for node in theme.walk():
            for document in node.documents:
                sections.setdefault(document, i)
    works = {r.document: Work(r, _name(r, survey, called), sections.get(r.document, -1)) for r in survey.references}
    return {
        "timeline": _timeline(survey, works, themes), "citations": _citations(survey, works, themes),
        "taxonomy": _taxonomy(survey, works, themes), "matrix": _matrix(survey, works)
    }


def _name(reference: Reference, survey: Survey, called: Callable[[str], str]) -> str:
    who = short_name(reference, survey.request.language, with_year=False)
    return who if survey.request.style == "author-year" else f"[{called(reference.document)}] {who}"


def _colour(section: int) -> str:
    return COLOURS[section % len(COLOURS)] if section >= 0 else _NO_SECTION


def _drawn(name: str, survey: Survey, height: float, shapes: Sequence[Shape], width: float = _WIDTH,
           **values: object) -> Drawing:
    language = survey.request.language
    return Drawing(name, word(f"figure_{name}", language, **values), word(f"figure_{name}_said", language, **values),
                   width, height, tuple(shapes))


def _chip(work: Work, x: float, y: float, width: float) -> list[Shape]:
    """A work's name in a box of its section's colour. y: the upper edge."""
    return [Box(x, y, width, _CHIP, _colour(work.section), radius=4),
            _label(work, x + 7, y + 14, width - 14)]


def _label(work: Work, x: float, y: float, room: float, text: str = "") -> Label:
    text = text or work.name
    whole = f"{text} {work.reference.title}" if work.reference.title not in text else text
    return Label(x, y, shortened(text, room, _SIZE), _SIZE, whole=whole, reference=work.reference.key)


def _chip_width(work: Work, most: float = 190) -> float:
    return min(most, width_of(work.name, _SIZE) + 14)


def _legend(themes: Sequence[Node], y: float, *, has_others: str = "") -> tuple[list[Shape], float]:
    """The sections' colours with their headings, and where it ends. has_others: what works of no section are called,
    where there are some."""
    entries = [(_colour(i), node.heading) for i, node in enumerate(themes)]
    entries += [(_NO_SECTION, has_others)] if has_others else []
    said = [(colour, shortened(heading, 330, _SMALL), heading) for colour, heading in entries]
    widths = [width_of(text, _SMALL) + 18 for _, text, _ in said]
    shapes: list[Shape] = []
    for line in flow(widths, _WIDTH - 2 * _MARGIN, 14):
        x = _MARGIN
        for i in line:
            colour, text, heading = said[i]
            shapes += [Box(x, y, 12, 12, colour, radius=2),
                       Label(x + 18, y + 10, text, _SMALL, PALE_INK, whole=heading)]
            x += widths[i] + 14
        y += 18
    return shapes, y


# --- the years


def _timeline(survey: Survey, works: dict[str, Work], themes: Sequence[Node]) -> tuple[Drawing, ...]:
    """A row for each year that has works, as long as they take; a break where years without any lie between."""
    rows: dict[int | None, list[Work]] = {}
    for moment in survey.timeline:
        if moment.document in works:
            rows.setdefault(moment.year, []).append(works[moment.document])
    if not rows:
        return ()
    language = survey.request.language
    shapes: list[Shape] = []
    undated = word("undated", language)
    left = _MARGIN + max([40.0, *(width_of(undated, _SIZE) for year in rows if not year)]) + 14
    y, before = _MARGIN, None
    for year, found in rows.items():
        if before and year and year > before + 1:
            shapes += [Dot(left, y + 5 + 5 * i, 1.2, LINE) for i in range(3)]
            y += 20
        lines = flow([_chip_width(work) for work in found], _WIDTH - left - 20 - _MARGIN, _GAP)
        height = len(lines) * (_CHIP + _GAP) - _GAP
        shapes.append(Label(left - 14, y + 14, str(year or undated), _SIZE, anchor="end", is_bold=bool(year)))
        shapes.append(Path(((left, y), (left, y + height)), INK, 2))
        for i, line in enumerate(lines):
            x = left + 20
            for j in line:
                shapes += _chip(found[j], x, y + i * (_CHIP + _GAP), _chip_width(found[j]))
                x += _chip_width(found[j]) + _GAP
        y += height + 12
        before = year
    others = word("figure_no_section", language) if any(w.section < 0 for row in rows.values() for w in row) else ""
    legend, y = _legend(themes, y + 6, has_others=others)
    known = sorted(year for year in rows if year)
    n = sum(map(len, rows.values()))
    return (_drawn("timeline", survey, y + _MARGIN, [*shapes, *legend], n=n, first=known[0] if known else undated,
                   last=known[-1] if known else undated,
                   counts="; ".join(f"{year or undated}: {len(found)}" for year, found in rows.items())),)


# --- who cites whom


def _citations(survey: Survey, works: dict[str, Work], themes: Sequence[Node]) -> tuple[Drawing, ...]:
    """The works that cite or are cited, one below the other by year, and an arc from each to what it cites: however
    many there are, no label meets another."""
    by_key = {work.reference.key: work for work in works.values()}
    edges = [(by_key[m.key], by_key[key]) for m in survey.timeline if m.key in by_key
             for key in m.cites if key in by_key and key != m.key]
    if not edges:
        return ()
    language = survey.request.language
    linked = {work.reference.key for edge in edges for work in edge}
    order = [by_key[m.key] for m in survey.timeline if m.key in linked]
    n_cited = Counter(cited.reference.key for _, cited in edges)
    step, left = _CHIP, 250.0
    places = {work.reference.key: _MARGIN + 10 + i * step for i, work in enumerate(order)}
    shapes: list[Shape] = []
    for citing, cited in sorted(edges, key=lambda e: (places[e[0].reference.key], places[e[1].reference.key])):
        shapes += _arc(places[citing.reference.key], places[cited.reference.key], left, len(order) * step)
    for work in order:
        shapes += _cited_row(work, places[work.reference.key], left, n_cited[work.reference.key], survey)
    others = word("figure_no_section", language) if any(work.section < 0 for work in order) else ""
    legend, y = _legend(themes, _MARGIN + len(order) * step + 14, has_others=others)
    most = [f"{by_key[key].name}: {n}" for key, n in sorted(n_cited.items(), key=lambda item: (-item[1], item[0]))[:5]]
    return (_drawn("citations", survey, y + _MARGIN, [*shapes, *legend], n=len(edges), works=len(order),
                   others=len(works) - len(order), most="; ".join(most)),)


def _arc(start: float, end: float, x: float, whole: float) -> list[Shape]:
    """From the citing work's row to the cited one's, the further the wider, with a head at the cited one."""
    reach = 24 + (x - 2 * _MARGIN - 30) * abs(start - end) / whole
    # 4/3: a cubic curve goes three quarters of the way to its control points
    bend = x - 8 - reach * 4 / 3
    bend = max(bend, -60)
    ends = 2 if end < start else -2
    return [Curve(((x - 8, start), (bend, start), (bend, end + ends), (x - 13, end)), "#8a98b3", 1),
            Path(((x - 8, end), (x - 14, end - 3), (x - 14, end + 3)), fill="#4a6396")]


def _cited_row(work: Work, y: float, x: float, n_cited: int, survey: Survey) -> list[Shape]:
    language = survey.request.language
    year = str(work.year or word("gap_year", language))
    said = word("figure_cited", language, n=n_cited) if n_cited else ""
    room = _WIDTH - _MARGIN - x - 62 - (width_of(said, _SMALL) + 12 if said else 0)
    text = f"{work.name}  {work.reference.title}" if work.reference.authors else work.name
    return [Box(x, y - 8, 42, 16, _colour(work.section), radius=3),
            Label(x + 21, y + 4, shortened(year, 40, _SMALL), _SMALL, anchor="middle"),
            _label(work, x + 50, y + 4, room, text),
            *([Label(_WIDTH - _MARGIN, y + 4, said, _SMALL, PALE_INK, "end")] if said else [])]


# --- what belongs together


_ROOT, _NODE, _WORKS, _BETWEEN, _LINE_HEIGHT = 120.0, 165.0, 330.0, 26.0, 16.0


def _taxonomy(survey: Survey, works: dict[str, Work], themes: Sequence[Node]) -> tuple[Drawing, ...]:
    """The topic, its sections and their parts from left to right, the works at the end of each branch."""
    if not themes:
        return ()
    depth = max(_depth(theme) for theme in themes)
    width = 2 * _MARGIN + _ROOT + depth * (_NODE + _BETWEEN) + _BETWEEN + _WORKS
    topic = survey.request.topic
    half = (len(_lines_of(topic, _ROOT, is_bold=True)) * _LINE_HEIGHT + 10) / 2
    shapes, y, middle = _branches(themes, _MARGIN, width, works)
    if middle - half < _MARGIN:  # the topic's own box is higher than all there is beside it
        shapes, y, middle = _branches(themes, _MARGIN + half - (middle - _MARGIN), width, works)
    shapes += _named(topic, _MARGIN, middle, _ROOT, "#2f3b52", "#ffffff", is_bold=True)
    leaves = [node for theme in themes for node in theme.walk() if not node.children]
    return (_drawn("taxonomy", survey, max(y, middle + half) + _MARGIN, shapes, width, n=len(themes),
                   leaves=len(leaves), parts="; ".join(f"{node.heading}: {len(node.documents)}" for node in leaves)),)


def _branches(themes: Sequence[Node], y: float, width: float,
              works: dict[str, Work]) -> tuple[list[Shape], float, float]:
    """All sections below each other from y on, joined to the topic: shapes, their end, and the topic's height."""
    shapes: list[Shape] = []
    middles = []
    for i, theme in enumerate(themes):
        found, y, middle = _branch(theme, 0, y, _colour(i), width, works)
        shapes += found
        middles.append(middle)
    middle = (middles[0] + middles[-1]) / 2
    return [*_elbows(_MARGIN + _ROOT, middle, middles), *shapes], y, middle


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children), default=0)


def _branch(node: Node, level: int, y: float, colour: str, width: float,
            works: dict[str, Work]) -> tuple[list[Shape], float, float]:
    """A section with all below it: its shapes, where they end, and the height its name stands at."""
    x = _MARGIN + _ROOT + _BETWEEN + level * (_NODE + _BETWEEN)
    below = [d for d in node.documents if not any(d in child.documents for child in node.children)]
    shapes: list[Shape] = []
    top, middles = y, []
    for child in node.children:
        found, y, middle = _branch(child, level + 1, y, colour, width, works)
        shapes += found
        middles.append(middle)
    name_height = len(_lines_of(node.heading, _NODE)) * _LINE_HEIGHT + 10
    if below or not node.children:
        least = 0 if node.children else name_height
        found, y, middle = _leaf([works[d] for d in below if d in works], y, colour, width, least)
        shapes += found
        middles.append(middle)
        ends = [width - _MARGIN - _WORKS] if found else []
    else:
        ends = []
    middle = max((middles[0] + middles[-1]) / 2, top + name_height / 2)
    y = max(y, middle + name_height / 2 + 8)
    for m in middles[:len(node.children)]:
        shapes = [*_elbows(x + _NODE, middle, [m]), *shapes]
    if ends:
        way = Path(((x + _NODE, middle), (x + _NODE + _BETWEEN / 2, middle), (x + _NODE + _BETWEEN / 2, middles[-1]),
                    (ends[0], middles[-1])))
        shapes = [way, *shapes]
    return [*shapes, *_named(node.heading, x, middle, _NODE, colour, INK)], y, middle


def _leaf(found: Sequence[Work], y: float, colour: str, width: float,
          least: float) -> tuple[list[Shape], float, float]:
    """The works of a branch in a box at the right edge, at least so high."""
    if not found:
        return [], y, y + least / 2
    x = width - _MARGIN - _WORKS
    names = [f"{work.name} {work.year}" if work.year else work.name for work in found]
    names = [shortened(name, _WORKS - 16, _SMALL) for name in names]
    widths = [width_of(name, _SMALL) for name in names]
    lines = flow(widths, _WORKS - 16, 12)
    text_height = len(lines) * _LINE_HEIGHT + 8
    height = max(text_height, least)
    top = y + (height - text_height) / 2
    shapes: list[Shape] = [Box(x, y, _WORKS, height, EMPTY, colour, 4)]
    for i, line in enumerate(lines):
        at = x + 8
        for j in line:
            shapes.append(Label(at, top + 16 + i * _LINE_HEIGHT, names[j], _SMALL,
                                whole=f"{names[j]} {found[j].reference.title}", reference=found[j].reference.key))
            at += widths[j] + 12
    return shapes, y + height + 8, y + height / 2


def _lines_of(text: str, width: float, *, is_bold: bool = False) -> list[str]:
    return wrapped(text, width - 16, _SIZE, most=5, is_bold=is_bold)


def _named(text: str, x: float, middle: float, width: float, fill: str, ink: str, *,
           is_bold: bool = False) -> list[Shape]:
    """A box with its text in the middle."""
    lines = _lines_of(text, width, is_bold=is_bold)
    height = len(lines) * _LINE_HEIGHT + 10
    top = middle - height / 2
    return [Box(x, top, width, height, fill, radius=5),
            *(Label(x + width / 2, top + 17 + i * _LINE_HEIGHT, line, _SIZE, ink, "middle", is_bold, whole=text)
              for i, line in enumerate(lines))]


def _elbows(x: float, y: float, ends: Sequence[float]) -> list[Shape]:
    """From the right edge of a box to the boxes on its right."""
    return [Path(((x, y), (x + _BETWEEN / 2, y), (x + _BETWEEN / 2, end), (x + _BETWEEN, end))) for end in ends]


# --- what each work says of each aspect


_SHADES = ("#e3ecf8", "#bcd3ef", "#8fb6e4", "#6397d6")


def _matrix(survey: Survey, works: dict[str, Work]) -> tuple[Drawing, ...]:
    """A cell for each work and aspect: blank where its text gives no value, the darker the more works have the same
    one."""
    rows = [row for row in survey.table.rows if row.document in works]
    columns = survey.table.columns
    if not rows or not columns:
        return ()
    same = [Counter(_alike(row, i) for row in rows if row.cells[i]) for i in range(len(columns))]
    parts = [rows[i:i + _ROWS] for i in range(0, len(rows), _ROWS)]
    n_filled = sum(sum(counter.values()) for counter in same)
    return tuple(_matrix_part(survey, works, part, same, i if len(parts) > 1 else 0, n_filled)
                 for i, part in enumerate(parts, 1))


def _alike(row: TableRow, column: int) -> str:
    cell = row.cells[column]
    return " ".join(cell.text.casefold().split()) if cell else ""


def _matrix_part(survey: Survey, works: dict[str, Work], rows: Sequence[TableRow], same: Sequence[Counter[str]],
                 part: int, n_filled: int) -> Drawing:
    columns, language = survey.table.columns, survey.request.language
    names = 200.0
    each = max(96.0, (_WIDTH - 2 * _MARGIN - names) / len(columns))
    width = 2 * _MARGIN + names + each * len(columns)
    heads = [wrapped(column, each - 10, _SMALL, most=3, is_bold=True) for column in columns]
    y = _MARGIN + max(map(len, heads)) * 14 + 6
    shapes: list[Shape] = [
        Label(_MARGIN + names + i * each + each / 2, y - 8 - (len(lines) - 1 - j) * 14, line, _SMALL, anchor="middle",
              is_bold=True, whole=columns[i]) for i, lines in enumerate(heads) for j, line in enumerate(lines)]
    for row in rows:
        work = works[row.document]
        name = f"{work.name} {work.year}" if work.year else work.name
        shapes.append(_label(work, _MARGIN, y + 14, names - 10, name))
        for i, cell in enumerate(row.cells):
            x = _MARGIN + names + i * each
            n = same[i][_alike(row, i)] if cell else 0
            shapes.append(Box(x + 1, y + 1, each - 2, 18, _SHADES[min(n, len(_SHADES)) - 1] if n else EMPTY))
            if cell:
                text = " ".join(cell.text.split())
                shapes.append(Label(x + each / 2, y + 14, shortened(text, each - 8, _SMALL), _SMALL, anchor="middle",
                                    whole=text))
        y += 20
    y += 10
    x = _MARGIN
    for n, shade in ((0, EMPTY), *enumerate(_SHADES, 1)):
        said = word("figure_blank" if not n else "figure_same_more" if n == len(_SHADES) else "figure_same", language,
                    n=n)
        shapes += [Box(x, y, 12, 12, shade), Label(x + 18, y + 10, said, _SMALL, PALE_INK)]
        x += width_of(said, _SMALL) + 32
    drawn = _drawn("matrix", survey, y + 12 + _MARGIN, shapes, max(width, x), n=len(survey.table.rows),
                   columns=", ".join(columns), filled=n_filled)
    return drawn if not part else Drawing(f"matrix-{part}", f"{drawn.title} ({part})", drawn.description, drawn.width,
                                          drawn.height, drawn.shapes)
