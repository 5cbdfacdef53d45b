"""The figures of a survey, drawn from its record alone: timeline, citations, taxonomy; tick_map.py draws the attribute
matrix, heat_map.py the comparison table of a survey without one.

Reads: Survey, and what each of its documents is called in a citation.  Gives: Drawings. Every label has a place of its
own: rows and boxes are made as large as their text, so nothing is drawn over anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from kb.survey.records import Node, Survey
from kb.survey.render.drawing import (
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
from kb.survey.render.figure_parts import (
    CHIP,
    GAP,
    MARGIN,
    SIZE,
    SMALL,
    WIDTH,
    Work,
    chip,
    chip_width,
    colour_of,
    drawing_of,
    label_of,
    legend,
    name_of,
)
from kb.survey.render.heat_map import heat_map
from kb.survey.render.tick_map import tick_map
from kb.survey.words import word


def figures(survey: Survey, called: Callable[[str], str]) -> dict[str, tuple[Drawing, ...]]:
    """Name of the figure -> its drawings, more than one where it does not fit a page; none where there is nothing to
    draw. called: a document's id -> its number, or author and year."""
    themes = [node for node in survey.outline if node.kind == "theme"]
    sections: dict[str, int] = {}
    for i, theme in enumerate(themes):
        for node in theme.walk():
            for document in node.documents:
                sections.setdefault(document, i)
    works = {r.document: Work(r, name_of(r, survey, called), sections.get(r.document, -1)) for r in survey.references}
    return {
        "timeline": _timeline(survey, works, themes), "citations": _citations(survey, works, themes),
        "taxonomy": _taxonomy(survey, works, themes), "matrix": tick_map(survey, works) or heat_map(survey, works)
    }


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
    left = MARGIN + max([40.0, *(width_of(undated, SIZE) for year in rows if not year)]) + 14
    y, before = MARGIN, None
    for year, found in rows.items():
        if before and year and year > before + 1:
            shapes += [Dot(left, y + 5 + 5 * i, 1.2, LINE) for i in range(3)]
            y += 20
        lines = flow([chip_width(work) for work in found], WIDTH - left - 20 - MARGIN, GAP)
        height = len(lines) * (CHIP + GAP) - GAP
        shapes.append(Label(left - 14, y + 14, str(year or undated), SIZE, anchor="end", is_bold=bool(year)))
        shapes.append(Path(((left, y), (left, y + height)), INK, 2))
        for i, line in enumerate(lines):
            x = left + 20
            for j in line:
                shapes += chip(found[j], x, y + i * (CHIP + GAP), chip_width(found[j]))
                x += chip_width(found[j]) + GAP
        y += height + 12
        before = year
    others = word("figure_no_section", language) if any(w.section < 0 for row in rows.values() for w in row) else ""
    key, y = legend(themes, y + 6, has_others=others)
    known = sorted(year for year in rows if year)
    n = sum(map(len, rows.values()))
    return (drawing_of("timeline", survey, y + MARGIN, [*shapes, *key], n=n, first=known[0] if known else undated,
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
    step, left = CHIP, 250.0
    places = {work.reference.key: MARGIN + 10 + i * step for i, work in enumerate(order)}
    shapes: list[Shape] = []
    for citing, cited in sorted(edges, key=lambda e: (places[e[0].reference.key], places[e[1].reference.key])):
        shapes += _arc(places[citing.reference.key], places[cited.reference.key], left, len(order) * step)
    for work in order:
        shapes += _cited_row(work, places[work.reference.key], left, n_cited[work.reference.key], survey)
    others = word("figure_no_section", language) if any(work.section < 0 for work in order) else ""
    key, y = legend(themes, MARGIN + len(order) * step + 14, has_others=others)
    most = [f"{by_key[key].name}: {n}" for key, n in sorted(n_cited.items(), key=lambda item: (-item[1], item[0]))[:5]]
    return (drawing_of("citations", survey, y + MARGIN, [*shapes, *key], n=len(edges), works=len(order),
                   others=len(works) - len(order), most="; ".join(most)),)


def _arc(start: float, end: float, x: float, whole: float) -> list[Shape]:
    """From the citing work's row to the cited one's, the further the wider, with a head at the cited one."""
    reach = 24 + (x - 2 * MARGIN - 30) * abs(start - end) / whole
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
    room = WIDTH - MARGIN - x - 62 - (width_of(said, SMALL) + 12 if said else 0)
    text = f"{work.name}  {work.reference.title}" if work.reference.authors else work.name
    return [Box(x, y - 8, 42, 16, colour_of(work.section), radius=3),
            Label(x + 21, y + 4, shortened(year, 40, SMALL), SMALL, anchor="middle"),
            label_of(work, x + 50, y + 4, room, text),
            *([Label(WIDTH - MARGIN, y + 4, said, SMALL, PALE_INK, "end")] if said else [])]


# --- what belongs together


_ROOT, _NODE, _WORKS, _BETWEEN, _LINE_HEIGHT = 120.0, 165.0, 330.0, 26.0, 16.0


def _taxonomy(survey: Survey, works: dict[str, Work], themes: Sequence[Node]) -> tuple[Drawing, ...]:
    """The topic, its sections and their parts from left to right, the works at the end of each branch."""
    if not themes:
        return ()
    depth = max(_depth(theme) for theme in themes)
    width = 2 * MARGIN + _ROOT + depth * (_NODE + _BETWEEN) + _BETWEEN + _WORKS
    topic = survey.request.topic
    half = (len(_lines_of(topic, _ROOT, is_bold=True)) * _LINE_HEIGHT + 10) / 2
    shapes, y, middle = _branches(themes, MARGIN, width, works)
    if middle - half < MARGIN:  # the topic's own box is higher than all there is beside it
        shapes, y, middle = _branches(themes, MARGIN + half - (middle - MARGIN), width, works)
    shapes += _named(topic, MARGIN, middle, _ROOT, "#2f3b52", "#ffffff", is_bold=True)
    leaves = [node for theme in themes for node in theme.walk() if not node.children]
    return (drawing_of("taxonomy", survey, max(y, middle + half) + MARGIN, shapes, width, n=len(themes),
                   leaves=len(leaves), parts="; ".join(f"{node.heading}: {len(node.documents)}" for node in leaves)),)


def _branches(themes: Sequence[Node], y: float, width: float,
              works: dict[str, Work]) -> tuple[list[Shape], float, float]:
    """All sections below each other from y on, joined to the topic: shapes, their end, and the topic's height."""
    shapes: list[Shape] = []
    middles = []
    for i, theme in enumerate(themes):
        found, y, middle = _branch(theme, 0, y, colour_of(i), width, works)
        shapes += found
        middles.append(middle)
    middle = (middles[0] + middles[-1]) / 2
    return [*_elbows(MARGIN + _ROOT, middle, middles), *shapes], y, middle


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children), default=0)


def _branch(node: Node, level: int, y: float, colour: str, width: float,
            works: dict[str, Work]) -> tuple[list[Shape], float, float]:
    """A section with all below it: its shapes, where they end, and the height its name stands at."""
    x = MARGIN + _ROOT + _BETWEEN + level * (_NODE + _BETWEEN)
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
        ends = [width - MARGIN - _WORKS] if found else []
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
    x = width - MARGIN - _WORKS
    names = [f"{work.name} {work.year}" if work.year else work.name for work in found]
    names = [shortened(name, _WORKS - 16, SMALL) for name in names]
    widths = [width_of(name, SMALL) for name in names]
    lines = flow(widths, _WORKS - 16, 12)
    text_height = len(lines) * _LINE_HEIGHT + 8
    height = max(text_height, least)
    top = y + (height - text_height) / 2
    shapes: list[Shape] = [Box(x, y, _WORKS, height, EMPTY, colour, 4)]
    for i, line in enumerate(lines):
        at = x + 8
        for j in line:
            shapes.append(Label(at, top + 16 + i * _LINE_HEIGHT, names[j], SMALL,
                                whole=f"{names[j]} {found[j].reference.title}", reference=found[j].reference.key))
            at += widths[j] + 12
    return shapes, y + height + 8, y + height / 2


def _lines_of(text: str, width: float, *, is_bold: bool = False) -> list[str]:
    return wrapped(text, width - 16, SIZE, most=5, is_bold=is_bold)


def _named(text: str, x: float, middle: float, width: float, fill: str, ink: str, *,
           is_bold: bool = False) -> list[Shape]:
    """A box with its text in the middle."""
    lines = _lines_of(text, width, is_bold=is_bold)
    height = len(lines) * _LINE_HEIGHT + 10
    top = middle - height / 2
    return [Box(x, top, width, height, fill, radius=5),
            *(Label(x + width / 2, top + 17 + i * _LINE_HEIGHT, line, SIZE, ink, "middle", is_bold, whole=text)
              for i, line in enumerate(lines))]


def _elbows(x: float, y: float, ends: Sequence[float]) -> list[Shape]:
    """From the right edge of a box to the boxes on its right."""
    return [Path(((x, y), (x + _BETWEEN / 2, y), (x + _BETWEEN / 2, end), (x + _BETWEEN, end))) for end in ends]
