"""A survey as LaTeX, for XeLaTeX or LuaLaTeX where it holds Chinese, any engine otherwise; the references are a BibTeX
file beside it."""

from __future__ import annotations

import re
import unicodedata

from kb.survey.records import Survey
from kb.survey.render.layout import Block, Layout, Piece
from kb.survey.words import word
from kb.text import CJK, one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "“": "``", "”": "''", "‘": "`", "’": "'", "–": "--", "—": "---", "…": r"\ldots{}", "\u00a0": "~"
}
# What fonts of text lack: written as mathematics.
_MATHS = {
    "×": r"\times",
    "≤": r"\leq",
    "≥": r"\geq",
    "≈": r"\approx",
    "±": r"\pm",
    "→": r"\rightarrow",
    "−": "-",
    "∈": r"\in",
    "∞": r"\infty",
    "√": r"\surd",
    "·": r"\cdot",
    "∑": r"\sum",
    "≠": r"\neq",
    "∼": r"\sim",
    "ℓ": r"\ell",
    "′": "'",
    "←": r"\leftarrow",
    "↔": r"\leftrightarrow",
    "⇒": r"\Rightarrow",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "∀": r"\forall",
    "∃": r"\exists",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∪": r"\cup",
    "∩": r"\cap",
    "⊂": r"\subset",
    "⊆": r"\subseteq",
    "∥": r"\parallel",
    "⊙": r"\odot",
    "⊕": r"\oplus",
    "⊗": r"\otimes",
    "≡": r"\equiv",
    "≪": r"\ll",
    "≫": r"\gg",
    "∝": r"\propto",
    "∏": r"\prod",
    "∫": r"\int",
    "⟨": r"\langle",
    "⟩": r"\rangle",
    "∘": r"\circ",
    "÷": r"\div",
    "²": "^2",
    "³": "^3",
    "¹": "^1",
    "⁰": "^0",
    "⁻": "^-",
    **dict(
        zip(
            "αβγδεζηθικλμνξπρστυφχψω",
            (
                rf"\{name}"
                for name in "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
                            "upsilon phi chi psi omega".split()
            ),
            strict=True,
        )
    ),
    **dict(
        zip(
            "ΓΔΘΛΞΠΣΦΨΩ",
            (rf"\{name}" for name in "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split()),
            strict=True,
        )
    ),
}
_HAN = re.compile(f"[{CJK}]")


def escape(text: str) -> str:
    """Text that TeX prints as it is."""
    return "".join(
        _SPECIAL.get(c) or (f"\\ensuremath{{{_MATHS[c]}}}" if c in _MATHS else c)
        for c in unicodedata.normalize("NFC", text))


def to_latex(survey: Survey) -> str:
    """The whole survey as one .tex file that reads references.bib."""
    layout = Layout(survey)
    body = "\n\n".join(_block(block, layout) for block in layout.blocks())
    has_han = bool(_HAN.search(body) or any(_HAN.search(" ".join((r.title, *r.authors))) for r in survey.references))
    return _head(layout, has_han) + body + "\n\n\\end{document}\n"


def _head(layout: Layout, has_han: bool) -> str:
    chinese = (
        "\\usepackage[UTF8,scheme=" + ("chinese" if layout.language == "zh" else "plain") + "]{ctex}\n"
        if has_han
        else "\\usepackage{iftex}\n\\ifPDFTeX\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\fi\n"
    )
    style = "[round]" if layout.survey.request.style == "author-year" else "[numbers,square]"
    return (
        "\\documentclass{article}\n"
        + chinese
        + "\\usepackage[a4paper,margin=2.7cm]{geometry}\n\\usepackage{longtable}\n"
        + f"\\usepackage{style}{{natbib}}\n"
        + "\\usepackage[hidelinks]{hyperref}\n"
        "\\setlength{\\parskip}{.5em}\\setlength{\\parindent}{0pt}\\emergencystretch=3em\n\\begin{document}\n\n"
    )


def _block(block: Block, layout: Layout) -> str:
    if block.kind == "title":
        return f"\\title{{{escape(one_line(block.text))}}}\\author{{}}\\date{{}}\\maketitle"
    if block.kind in ("banner", "note"):
        return f"\\begin{{quote}}\\small {escape(one_line(block.text, 2000))}\\end{{quote}}"
    if block.kind == "heading":
        star = "" if block.number else "*"
        return (
            ""
            if block.text == word("references", layout.language) and not block.number
            else f"\\{'sub' * (block.level - 1)}section{star}{{{escape(one_line(block.text))}}}"
        )
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
    if block.kind == "table":
        width = f"{0.86 / len(block.rows[0]):.2f}"
        columns = (
            "".join(f"p{{{width}\\linewidth}}" for _ in block.rows[0])
            if len(block.rows[0]) > 2
            else "p{.08\\linewidth}p{.84\\linewidth}"
        )
        lines = [" & ".join(_cell(piece, layout) for piece in row) + r" \\" for row in block.rows]
        return (
            "\\begin{longtable}{"
            + columns
            + "}\n\\hline\n"
            + lines[0]
            + "\n\\hline\\endhead\n"
            + "\n".join(lines[1:])
            + "\n\\hline\n\\end{longtable}"
        )
    lines = [_item(row[0]) for row in block.rows]
    return "\\begin{itemize}\n" + "\n".join(lines) + "\n\\end{itemize}" if lines else ""




def _cite(piece: Piece, layout: Layout) -> str:
    parts = []
    for row in piece.evidence:
        place = ", ".join(layout.place(row)).replace("p. ", "p.~", 1)
        parts.append(f"\\citep{f'[{place}]' if place else ''}{{{layout.references[row.document].key}}}")
    return "".join(dict.fromkeys(parts))


def _piece(piece: Piece, layout: Layout) -> str:
    frame, text, _ = layout.spoken(piece)
    frame, text = escape(frame), escape(text)
    said = frame + layout.gap(frame, text) + text
    return f"{said} {_cite(piece, layout)}" if piece.evidence else said


def _cell(piece: Piece, layout: Layout) -> str:
    text = escape(one_line(piece.frame + piece.text, 600))
    return f"{text} {_cite(piece, layout)}" if piece.evidence else text


def _item(piece: Piece) -> str:
    text = f": {escape(piece.text)}" if piece.text else ""
    return f"\\item {escape(piece.frame.strip())}{text}"
