"""A survey as LaTeX, for XeLaTeX or LuaLaTeX where it holds Chinese, any engine otherwise; the references are a BibTeX
file beside it, the figures are drawn with TikZ."""

from __future__ import annotations

from collections.abc import Sequence

from kb.survey.records import Survey
from kb.survey.render.layout import Block, Layout, Piece
from kb.survey.render.tex import escape, for_bookmark, has_han, has_other_script, has_rare_han, named
from kb.survey.render.tikz import to_tikz
from kb.survey.words import word
from kb.text import one_line
from kb.types import Language

# The text's width and height on A4 with these margins, in points of TeX, less a heading and a caption of some lines.
_WIDTH, _HEIGHT = 443.0, 580.0
_LEVELS = ("section", "subsection", "subsubsection", "paragraph")
# A typeface of the system for letters that TeX has none for; the first of these that is there.
_OTHER_FONTS = ("Noto Sans", "DejaVu Sans", "Arial", "FreeSans", "CMU Sans Serif")


# The same for characters that ctex's own typefaces, of GB 2312, lack.
_HAN_FONTS = ("Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "Songti SC", "AR PL UMing CN",
              "HaranoAjiMincho-Regular.otf")


def to_latex(survey: Survey) -> str:
    """The whole survey as one .tex file that reads references.bib."""
    layout = Layout(survey)
    blocks = layout.blocks()
    said = [text for block in blocks for text in _texts(block)]
    said += [text for r in survey.references for text in (r.title, r.venue or "", *r.authors)]
    if unknown := named(" ".join(said)):
        note = word("no_typeface", layout.language, n=len(unknown))
        first = next((i for i, block in enumerate(blocks) if block.kind == "heading"), len(blocks))
        blocks[first:first] = [Block("note", note)]
    body = "\n\n".join(made for block in blocks if (made := _block(block, layout)))
    other = has_other_script(body) or any(has_other_script(escape(text)) for text in said)
    head = _head(layout, is_han=any(map(has_han, [body, *said])), is_rare=any(map(has_rare_han, said)), is_other=other)
    return head + body + "\n\n\\end{document}\n"


def _texts(block: Block) -> list[str]:
    pieces = [*block.pieces, *(piece for row in block.rows for piece in row)]
    return [block.text, *(text for piece in pieces for text in (piece.frame, piece.text))]


def _head(layout: Layout, *, is_han: bool, is_rare: bool, is_other: bool) -> str:
    lines = head_lines("\\documentclass{article}", layout.language, "a4paper,margin=2.7cm", is_han=is_han,
                       is_rare=is_rare, is_other=is_other)
    style = "[round]" if layout.survey.request.style == "author-year" else "[numbers,square]"
    lines += [
        f"\\usepackage{style}{{natbib}}", "\\usepackage[hidelinks]{hyperref}",
        "\\setlength{\\parskip}{.5em}\\setlength{\\parindent}{0pt}\\emergencystretch=3em",
        # Chinese beside long numbers leaves lines that TeX finds loose, and nobody else
        "\\hbadness=10000\\vbadness=10000", "\\begin{document}", ""
    ]
    return "\n".join(lines) + "\n"


def head_lines(first: str, language: Language, paper: str, *, is_han: bool, is_rare: bool,
               is_other: bool) -> list[str]:
    """The class and what text of these scripts needs: typefaces, signs, tables; what `escape` may write is known."""
    lines = ["% !TeX program = xelatex"] if is_han or is_other else []
    lines.append(first)
    if is_han:
        # ctex's own typefaces lack a table that says they are Chinese, and fontspec warns of each
        lines.append("\\PassOptionsToPackage{quiet}{fontspec}")
        lines.append(f"\\usepackage[UTF8,scheme={'chinese' if language == 'zh' else 'plain'}]{{ctex}}")
    else:
        lines.append("\\usepackage{iftex}\n\\ifPDFTeX\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}"
                     "\\usepackage{lmodern}\\fi")
    lines += [f"\\usepackage[{paper}]{{geometry}}", "\\usepackage{amsmath,amssymb,array,longtable,tikz}"]
    if is_rare:
        families = "".join(f"\\setCJKfallbackfamilyfont{{\\CJK{name}default}}{{FONT}}" for name in ("rm", "sf", "tt"))
        lines.append(f"\\ifXeTeX\\xeCJKsetup{{AutoFallBack=true}}{_first(_HAN_FONTS, families, '')}\\fi")
    if is_other:
        chosen = _first(_OTHER_FONTS, "\\newfontfamily\\otherfont{FONT}", "\\let\\otherfont\\relax")
        lines += ["\\usepackage{fontspec}", chosen, "\\newcommand\\otherscript[1]{{\\otherfont #1}}"]
    return lines


def _first(fonts: Sequence[str], use: str, none: str) -> str:
    """TeX that uses the first of these typefaces that the computer has."""
    made = none
    for font in reversed(fonts):
        made = f"\\IfFontExistsTF{{{font}}}{{{use.replace('FONT', font)}}}{{{made}}}"
    return made


def _block(block: Block, layout: Layout) -> str:
    if block.kind == "title":
        return f"\\title{{{escape(one_line(block.text))}}}\\author{{}}\\date{{}}\\maketitle"
    if block.kind in ("banner", "note"):
        return f"\\begin{{quote}}\\small {escape(one_line(block.text, 2000))}\\end{{quote}}"
    if block.kind == "heading":
        is_references = block.text == word("references", layout.language) and not block.number
        return "" if is_references else _heading(block)
    if block.drawing is not None:
        # no float: it stands under its heading, whatever the page
        return (f"\\begin{{minipage}}{{\\linewidth}}\\centering\n{to_tikz(block.drawing, _WIDTH, _HEIGHT)}\n"
                "\\makeatletter\\def\\@captype{figure}\\makeatother\n"
                f"\\caption{{{escape(block.drawing.title)}}}\n\\end{{minipage}}")
    if block.kind == "paragraph":
        joined = ""
        for piece in block.pieces:
            said = _piece(piece, layout)
            joined += layout.gap(joined, said) + said
        return joined
    if block.kind == "references":
        style = "plainnat" if layout.survey.request.style == "author-year" else "unsrtnat"
        keys = ",".join(reference.key for reference in layout.ordered_references())
        return f"\\bibliographystyle{{{style}}}\n\\nocite{{{keys}}}\n\\bibliography{{references}}"
    return _table(block, layout) if block.kind == "table" else _list(block)


def _heading(block: Block) -> str:
    """A section of the level that the survey's outline gives it, the fourth and deeper as a paragraph's heading."""
    text = one_line(block.text)
    made, plain = escape(text), for_bookmark(text)
    title = made if made == plain else f"\\texorpdfstring{{{made}}}{{{plain}}}"
    star = "" if block.number else "*"
    return f"\\{_LEVELS[min(block.level, len(_LEVELS)) - 1]}{star}{{{title}}}"


def _table(block: Block, layout: Layout) -> str:
    n = len(block.rows[0])
    shares = [.86 / n] * n if n > 2 else [.08, .84]
    columns = "".join(f">{{\\raggedright\\arraybackslash}}p{{{share:.2f}\\linewidth}}" for share in shares)
    # {}: a row that began with a star or a bracket would be an option of the line before
    head, *lines = ["{}" + " & ".join(_cell(piece, layout) for piece in row) + r" \\" for row in block.rows]
    return (f"\\begin{{longtable}}{{{columns}}}\n\\hline\n{head}\n\\hline\\endhead\n" + "\n".join(lines)
            + "\n\\hline\n\\end{longtable}")


def _list(block: Block) -> str:
    """A list with the lists in it that its lines' depths ask for."""
    lines: list[str] = []
    depth = 0
    for (piece,) in block.rows:
        wanted = min(piece.depth(), depth, 3) + 1
        lines += ["\\begin{itemize}"] * (wanted - depth) + ["\\end{itemize}"] * (depth - wanted)
        depth = wanted
        text = f": {escape(piece.text)}" if piece.text else ""
        lines.append(f"\\item{{}} {escape(piece.frame.strip())}{text}")
    return "\n".join([*lines, *["\\end{itemize}"] * depth])


def _cite(piece: Piece, layout: Layout) -> str:
    """All places of a piece in one pair of brackets."""
    parts = []
    for row in piece.evidence:
        place = escape(", ".join(layout.place(row))).replace("p. ", "p.~", 1)
        parts.append(f"\\citealp{f'[{place}]' if place else ''}{{{layout.references[row.document].key}}}")
    parts = list(dict.fromkeys(parts))
    if len(parts) == 1:
        return parts[0].replace("\\citealp", "\\citep", 1)
    return f"\\citetext{{{'; '.join(parts)}}}"


def _piece(piece: Piece, layout: Layout) -> str:
    frame, text, _ = layout.spoken(piece)
    frame, text = escape(frame), escape(text)
    said = frame + layout.gap(frame, text) + text
    return f"{said} {_cite(piece, layout)}" if piece.evidence else said


def _cell(piece: Piece, layout: Layout) -> str:
    text = escape(one_line(piece.frame + piece.text, 600))
    return f"{text} {_cite(piece, layout)}" if piece.evidence else text
