"""A survey as one HTML file: no script, nothing fetched; a contents list, figures drawn in the page, and citations
that open their quote in place, with the sentences round it and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kb.survey.records import Evidence, Reference, Survey
from kb.survey.references import link_of
from kb.survey.render.drawing import to_svg
from kb.survey.render.layout import Block, Layout, Piece
from kb.survey.words import word
from kb.types import Document

_AROUND = 160  # characters shown on each side of an opened quote
_CSS = """
:root { color-scheme: light dark; --ink: #24211c; --paper: #fbf9f4; --pale: #efeade; --line: #d8d1c0; \
--blue: #2f5bb7; --mark: #f7dd93; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6df; --paper: #17181a; --pale: #232528; \
--line: #3a3d42; --blue: #8aa6f0; --mark: #5f4d12; } }
body { margin: 0; background: var(--paper); color: var(--ink); \
font: 17px/1.75 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.2rem 5rem; overflow-wrap: anywhere; }
h1, h2, h3, h4 { font-family: Georgia, "Noto Serif CJK SC", "Songti SC", serif; line-height: 1.3; \
font-weight: 600; margin: 2.2em 0 .6em; }
h1 { font-size: 2rem; margin-top: 0; } \
h2 { font-size: 1.4rem; } \
h3 { font-size: 1.12rem; }
.banner { background: var(--pale); border-left: 3px solid var(--blue); padding: .6rem .9rem; font-size: .9rem; }
.frame { opacity: .78; } \
details { display: inline; } \
details[open] { display: block; margin: .4rem 0 .8rem; border: 1px solid var(--line); border-radius: .4rem; \
background: var(--pale); padding: .5rem .8rem; font-size: .92rem; }
details:not([open])::details-content { display: none; } \
summary { display: inline; cursor: pointer; color: var(--blue); font-size: .85em; list-style: none; \
white-space: nowrap; } \
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--blue); } \
mark { background: var(--mark); color: inherit; } \
.place { display: block; opacity: .75; font-size: .88em; }
.scroll { overflow-x: auto; } \
table { border-collapse: collapse; font-size: .88rem; width: 100%; } \
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); \
padding: .35rem .6rem .35rem 0; }
.text { margin: 0 0 1em; } \
td:first-child { min-width: 3em; } \
.references p, li { font-size: .92rem; margin: .35rem 0; } \
a { color: var(--blue); }
nav { background: var(--pale); border-radius: .4rem; padding: .3rem 1.2rem .6rem; font-size: .92rem; } \
nav h2 { font-size: 1rem; margin: .6em 0 .2em; } \
nav ol { list-style: none; padding-left: 1.2em; margin: 0; } \
nav > ol { padding-left: 0; } \
nav a { text-decoration: none; }
figure { margin: 1.2rem 0 1.6rem; } \
figure .scroll { border: 1px solid var(--line); border-radius: .4rem; background: #fff; } \
figure svg { display: block; height: auto; min-width: 34rem; max-width: 100%; margin: 0 auto; } \
figcaption { font-size: .9rem; margin-top: .4rem; } \
figure a { text-decoration: none; }
@page { margin: 2cm; }
@media print { :root { --ink: #000; --paper: #fff; --pale: #fff; --line: #999; --blue: #000; --mark: #fff; } \
body { font-size: 10.5pt; line-height: 1.5; } \
main { max-width: none; padding: 0; } \
.frame { opacity: 1; } \
h1, h2, h3, h4 { break-after: avoid; } \
figure, tr, .references p { break-inside: avoid; } \
.scroll { overflow: visible; } \
figure svg { min-width: 0; max-height: 23cm; } \
nav a, figure a, .references a { color: inherit; } \
details[open] { display: inline; border: 0; padding: 0; } }
"""


def to_html(survey: Survey, documents: Mapping[str, Document]) -> str:
    """The whole survey. documents: those that are still in the library, for the sentences round each quote."""
    layout = Layout(survey)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = (
        f'<!doctype html>\n<html lang="{"zh-CN" if layout.language == "zh" else "en"}">\n<head>\n<meta '
        f'charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" '
        f'content="{policy}">\n<title>{escape(survey.title)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>\n'
    )
    blocks = layout.blocks()
    headings = [block for block in blocks if block.kind == "heading"]
    body = [_block(block, layout, documents, headings) for block in blocks]
    first = next((i for i, block in enumerate(blocks) if block.kind == "heading"), len(blocks))
    return head + "\n".join([*body[:first], _contents(headings, layout), *body[first:]]) + _END


_END = "\n</main>\n</body>\n</html>\n"


def _contents(headings: Sequence[Block], layout: Layout) -> str:
    """The headings as nested lists, each leading to its place."""
    lines, level = [], 0
    for i, block in enumerate(headings):
        if block.level > level:
            lines += ["<ol>"] * (block.level - level)
        else:
            lines += ["</li></ol>"] * (level - block.level) + ["</li>"]
        level = block.level
        lines.append(f'<li><a href="#s{i}">{escape(f"{block.number} {block.text}".strip())}</a>')
    lines += ["</li></ol>"] * level
    title = word("contents", layout.language)
    return f'<nav aria-label="{title}"><h2>{title}</h2>{"".join(lines)}</nav>'


def _block(block: Block, layout: Layout, documents: Mapping[str, Document], headings: Sequence[Block]) -> str:
    if block.kind == "title":
        return f"<h1>{escape(block.text)}</h1>"
    if block.kind in ("banner", "note"):
        return f'<p class="banner">{escape(block.text)}</p>'
    if block.kind == "heading":
        level = min(6, block.level + 1)
        place = next(i for i, heading in enumerate(headings) if heading is block)
        return f'<h{level} id="s{place}">{escape(f"{block.number} {block.text}".strip())}</h{level}>'
    if block.drawing is not None:
        return (f'<figure><div class="scroll">{to_svg(block.drawing, is_inline=True)}</div>'
                f"<figcaption>{escape(block.text)}</figcaption></figure>")
    if block.kind == "paragraph":
        # No <p>: a paragraph would end where a citation opens.
        return '<div class="text">' + " ".join(_piece(piece, layout, documents) for piece in block.pieces) + "</div>"
    if block.kind == "table":
        head = "".join(f'<th scope="col">{escape(piece.frame)}</th>' for piece in block.rows[0])
        rows = "\n".join(
            "<tr>" + "".join(f"<td>{_piece(piece, layout, documents)}</td>" for piece in row) + "</tr>"
            for row in block.rows[1:]
        )
        return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
    if block.kind == "references":
        return (
            '<div class="references">'
            + "\n".join(
                _reference(row[0], reference)
                for row, reference in zip(block.rows, layout.ordered_references(), strict=True)
            )
            + "</div>"
        )
    return "<ul>" + "\n".join(_item(row[0]) for row in block.rows) + "</ul>"


def _reference(piece: Piece, reference: Reference) -> str:
    link = link_of(reference)
    opened = f' <a href="{escape(link)}" rel="noreferrer">↗</a>' if link else ""
    return f'<p id="ref-{escape(reference.key)}">{escape(piece.frame)} {escape(piece.text)}{opened}</p>'


def _piece(piece: Piece, layout: Layout, documents: Mapping[str, Document]) -> str:
    frame, text, _ = layout.spoken(piece)
    said = f'<span class="frame">{escape(frame)}</span>{layout.gap(frame, text)}' if frame and text else escape(frame)
    said += escape(text)
    return said + "".join(" " + _opened(row, layout, documents.get(row.document)) for row in piece.evidence)


def _opened(row: Evidence, layout: Layout, document: Document | None) -> str:
    """The citation as something to open: the quote marked between the text before and after it."""
    reference = layout.references[row.document]
    before = after = ""
    if document is not None and document.text[row.start:row.end] == row.quote:
        before = ("…" if row.start > _AROUND else "") + document.text[max(0, row.start - _AROUND):row.start]
        after = document.text[row.end:row.end + _AROUND] + ("…" if row.end + _AROUND < len(document.text) else "")
    place = " · ".join([escape(reference.title), *layout.place(row), f"{row.start}–{row.end}"])
    name = layout.part(row) if layout.survey.request.style == "author-year" else f"[{layout.part(row)}]"
    return (
        f'<details><summary>{escape(name)}</summary> {escape(before)}<mark>{escape(row.quote)}</mark>{escape(after)} '
        f'<span class="place">{place} · <a href="#ref-{escape(reference.key)}">↓</a></span></details>')


def _item(piece: Piece) -> str:
    indent = len(piece.frame) - len(piece.frame.lstrip())
    style = f' style="margin-left:{indent}em"' if indent else ""
    return f"<li{style}>{escape(piece.frame.strip())}{': ' + escape(piece.text) if piece.text else ''}</li>"
