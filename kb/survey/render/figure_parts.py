"""What the figures of a survey share: how works are named and coloured, chips, labels, the legend of the sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kb.survey.records import Node, Reference, Survey
from kb.survey.references import short_name
from kb.survey.render.drawing import COLOURS, PALE_INK, Box, Drawing, Label, Shape, flow, shortened, width_of
from kb.survey.words import word

_T = TypeVar("_T")
WIDTH, MARGIN = 760.0, 10.0
SIZE, SMALL = 12.0, 11.0
CHIP, GAP = 20.0, 6.0
_NO_SECTION = "#e9e6df"


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


def name_of(reference: Reference, survey: Survey, called: Callable[[str], str]) -> str:
    who = short_name(reference, survey.request.language, with_year=False)
    return who if survey.request.style == "author-year" else f"[{called(reference.document)}] {who}"


def colour_of(section: int) -> str:
    return COLOURS[section % len(COLOURS)] if section >= 0 else _NO_SECTION


def parted(rows: Sequence[_T], most: int) -> list[Sequence[_T]]:
    """Rows in as few parts as hold at most so many, of about one length."""
    n = -(-len(rows) // most)
    return [rows[i * len(rows) // n:(i + 1) * len(rows) // n] for i in range(n)]


def drawing_of(name: str, survey: Survey, height: float, shapes: Sequence[Shape], width: float = WIDTH,
           **values: object) -> Drawing:
    language = survey.request.language
    return Drawing(name, word(f"figure_{name}", language, **values), word(f"figure_{name}_said", language, **values),
                   width, height, tuple(shapes))


def chip(work: Work, x: float, y: float, width: float) -> list[Shape]:
    """A work's name in a box of its section's colour. y: the upper edge."""
    return [Box(x, y, width, CHIP, colour_of(work.section), radius=4),
            label_of(work, x + 7, y + 14, width - 14)]


def label_of(work: Work, x: float, y: float, room: float, text: str = "") -> Label:
    text = text or work.name
    whole = f"{text} {work.reference.title}" if work.reference.title not in text else text
    return Label(x, y, shortened(text, room, SIZE), SIZE, whole=whole, reference=work.reference.key)


def chip_width(work: Work, most: float = 190) -> float:
    return min(most, width_of(work.name, SIZE) + 14)


def legend(themes: Sequence[Node], y: float, *, has_others: str = "") -> tuple[list[Shape], float]:
    """The sections' colours with their headings, and where it ends. has_others: what works of no section are called,
    where there are some."""
    entries = [(colour_of(i), node.heading) for i, node in enumerate(themes)]
    entries += [(_NO_SECTION, has_others)] if has_others else []
    said = [(colour, shortened(heading, 330, SMALL), heading) for colour, heading in entries]
    widths = [width_of(text, SMALL) + 18 for _, text, _ in said]
    shapes: list[Shape] = []
    for line in flow(widths, WIDTH - 2 * MARGIN, 14):
        x = MARGIN
        for i in line:
            colour, text, heading = said[i]
            shapes += [Box(x, y, 12, 12, colour, radius=2),
                       Label(x + 18, y + 10, text, SMALL, PALE_INK, whole=heading)]
            x += widths[i] + 14
        y += 18
    return shapes, y
