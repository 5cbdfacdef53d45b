"""A survey as Markdown."""

from __future__ import annotations

import re

from kb.survey.records import Survey
from kb.survey.render.drawing import Drawing, to_svg
from kb.survey.render.layout import Block, Layout, Piece
from kb.text import one_line

_MARKS = re.compile(r"([\\`*_\[\]<>#|!])")
_FEW = re.compile(r"([*<]|\]\(|!\[)")


def to_markdown(survey: Survey) -> str:
    """The whole survey, its figures as files beside (to_figures). Text from documents is escaped where Markdown would
    read it as markup; nothing in it can become a link or an image."""
    layout = Layout(survey)
    return "\n\n".join(_block(block, layout) for block in layout.blocks()) + "\n"


def _block(block: Block, layout: Layout) -> str:
    if block.kind == "title":
        return f"# {_plain(block.text)}"
    if block.kind in ("banner", "note"):
        return f"> {_plain(block.text)}"
    if block.kind == "heading":
        return f"{'#' * (block.level + 1)} {block.number + ' ' if block.number else ''}{_plain(block.text)}"
    if block.kind == "paragraph":
        joined = ""
        for piece in block.pieces:
            said = _piece(piece, layout)
            joined += layout.gap(joined, said) + said
        return joined
    if block.kind == "table":
        rows = [[_cell(piece, layout) for piece in row] for row in block.rows]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
    if block.drawing is not None:
        said = f"{block.drawing.title}{'：' if layout.language == 'zh' else ': '}{block.drawing.description}"
        return f"![{_plain(said)}]({file_of(block.drawing)})\n\n*{_plain(block.text)}*"
    if block.kind == "references":
        return "\n\n".join(f"{row[0].frame + ' ' if row[0].frame else ''}{_plain(row[0].text)}" for row in block.rows)
    return "\n".join(_item(row[0]) for row in block.rows)


def file_of(drawing: Drawing) -> str:
    """Where a figure lies beside survey.md."""
    return f"figures/{drawing.name}.svg"


def to_figures(survey: Survey) -> dict[str, str]:
    """The figures that the Markdown shows: file name -> SVG."""
    drawings = [drawing for found in Layout(survey).figures.values() for drawing in found]
    return {file_of(drawing): to_svg(drawing) for drawing in drawings}


def _piece(piece: Piece, layout: Layout) -> str:
    frame, text, mark = layout.spoken(piece)
    frame, text = _few(frame), _few(text)
    said = frame + layout.gap(frame, text) + text
    return f"{said} {_few(mark)}" if mark else said


def _cell(piece: Piece, layout: Layout) -> str:
    _, text, mark = layout.spoken(piece)
    return _plain(f"{piece.frame}{text}{' ' + mark if mark else ''}").replace("\\[", "[").replace("\\]", "]")


def _item(piece: Piece) -> str:
    indent = len(piece.frame) - len(piece.frame.lstrip())
    return f"{' ' * indent}- {_plain(piece.frame.strip())}" + (
        f": {_plain(piece.text)}".replace("\\[", "[").replace("\\]", "]") if piece.text else ""
    )


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", one_line(text, 5000))


def _few(text: str) -> str:
    """A quote with as few escapes as it takes to stay text: a reader may search for its words."""
    return _FEW.sub(lambda found: "\\" + found.group(), text)
