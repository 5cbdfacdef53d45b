"""Formulas of Word (OMML) in the words of LaTeX.

Reads: an m:oMath element.  Gives: the formula, without the $ around it. Every structure of OMML is there; characters
without a structure (Greek letters, relations) stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kb.readers.ooxml import M, W
from kb.text import mend

_DELETED = {W + "del", W + "moveFrom"}
_OPERATORS = {
    "∑": "\\sum", "∏": "\\prod", "∐": "\\coprod", "∫": "\\int", "∬": "\\iint", "∭": "\\iiint", "∮": "\\oint",
    "∯": "\\oiint", "∰": "\\oiiint", "⋃": "\\bigcup", "⋂": "\\bigcap", "⋁": "\\bigvee", "⋀": "\\bigwedge",
    "⨁": "\\bigoplus", "⨂": "\\bigotimes", "⨀": "\\bigodot", "⨄": "\\biguplus", "⨆": "\\bigsqcup",
}
_ACCENTS = {
    "\u0302": "\\hat", "^": "\\hat", "ˆ": "\\hat", "\u0303": "\\tilde", "~": "\\tilde", "˜": "\\tilde",
    "\u0304": "\\bar", "\u0305": "\\overline", "¯": "\\bar", "‾": "\\overline", "\u0306": "\\breve",
    "\u0307": "\\dot", "˙": "\\dot", "\u0308": "\\ddot", "¨": "\\ddot", "\u20db": "\\dddot", "\u030c": "\\check",
    "ˇ": "\\check", "\u0300": "\\grave", "`": "\\grave", "\u0301": "\\acute", "´": "\\acute", "\u20d7": "\\vec",
    "→": "\\vec", "\u20d6": "\\overleftarrow", "\u20e1": "\\overleftrightarrow", "\u030a": "\\mathring",
}
_BRACKETS = {
    "{": "\\{", "}": "\\}", "⟨": "\\langle", "⟩": "\\rangle", "〈": "\\langle", "〉": "\\rangle", "‖": "\\|",
    "∥": "\\|", "⌊": "\\lfloor", "⌋": "\\rfloor", "⌈": "\\lceil", "⌉": "\\rceil",
}
_MATRICES = {("(", ")"): "pmatrix", ("[", "]"): "bmatrix", ("|", "|"): "vmatrix", ("‖", "‖"): "Vmatrix",
             ("{", "}"): "Bmatrix"}
_FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max "
    "min Pr sec sin sinh sup tan tanh".split())
_ALPHABETS = {"double-struck": "\\mathbb", "script": "\\mathcal", "fraktur": "\\mathfrak", "sans-serif": "\\mathsf",
              "monospace": "\\mathtt"}
_SIGNS = {"%": "\\%", "#": "\\#", "&": "\\&", "_": "\\_", "$": "\\$", "{": "\\{", "}": "\\}", "\\": "\\backslash "}
_DEEPEST = 200
_NUMBER = re.compile(r"\\#\s*[(（]?([^()（）#\\]*)[)）]?\s*$")  # how Word sets the number of an equation


def formula(element: Any, depth: int = 0) -> str:
    """A formula, or a part of one, in the words of LaTeX."""
    if not isinstance(element.tag, str) or element.tag in _DELETED or depth > _DEEPEST:
        return ""
    name = element.tag.removeprefix(M)
    if name == "r":
        return _run(element)
    if name.endswith("Pr"):
        return ""
    write = _STRUCTURES.get(name)
    return write(_Part(element, depth)) if write else _all(element, depth)


class _Part:
    """An element of a formula: its arguments by name, and what its properties say."""

    def __init__(self, element: Any, depth: int) -> None:
        self.element, self._depth = element, depth
        self._properties = next((child for child in element if str(child.tag).endswith("Pr")), None)

    def __getitem__(self, name: str) -> str:
        return _join(_all(child, self._depth) for child in self.element.iterchildren(M + name))

    def each(self, name: str) -> list[str]:
        return [_all(child, self._depth) for child in self.element.iterchildren(M + name)]

    def property(self, name: str, otherwise: str) -> str:
        """The value of a property; "" where it is there and empty."""
        found = self._properties.find(M + name) if self._properties is not None else None
        return otherwise if found is None else found.get(M + "val") or ""

    def is_on(self, name: str) -> bool:
        found = self._properties.find(M + name) if self._properties is not None else None
        return found is not None and found.get(M + "val") not in ("0", "off", "false")


def _all(element: Any, depth: int) -> str:
    return _join(formula(child, depth + 1) for child in element)


def _join(parts: Any) -> str:
    """The parts in a row, a space where the name of a command would run into the next letter."""
    text = ""
    for part in parts:
        text += " " + part if re.search(r"\\[A-Za-z]+$", text) and re.match(r"[A-Za-z]", part) else part
    return text


def _run(element: Any) -> str:
    text = "".join(mend(child.text or "") for child in element.iterchildren(M + "t"))
    properties = element.find(M + "rPr")
    kind = properties.find(M + "scr") if properties is not None else None
    if properties is not None and properties.find(M + "nor") is not None and re.search(r"\w", text):
        return "\\text{" + text + "}"
    text = "".join(_SIGNS.get(character, character) for character in text)
    alphabet = _ALPHABETS.get(kind.get(M + "val") or "") if kind is not None else None
    return f"{alphabet}{{{text}}}" if alphabet and text.strip() else text


def _scripts(base: str, lower: str, upper: str) -> str:
    return base + (f"_{{{lower}}}" if lower else "") + (f"^{{{upper}}}" if upper else "")


def _base(text: str) -> str:
    """What carries a script: in braces, where it is more than one thing."""
    return text if re.fullmatch(r"\w*|\\[A-Za-z]+|\\[A-Za-z]+\{[^{}]*\}|[(\[].*[)\]]", text) else f"{{{text}}}"


def _fraction(part: _Part) -> str:
    kind = part.property("type", "bar")
    if kind == "noBar":
        return f"\\binom{{{part['num']}}}{{{part['den']}}}"
    if kind == "lin":
        return f"{part['num']}/{part['den']}"
    return f"\\frac{{{part['num']}}}{{{part['den']}}}"


def _radical(part: _Part) -> str:
    degree = "" if part.is_on("degHide") else part["deg"]
    return f"\\sqrt[{degree}]{{{part['e']}}}" if degree else f"\\sqrt{{{part['e']}}}"


def _n_ary(part: _Part) -> str:
    sign = part.property("chr", "∫")
    lower, upper = ("" if part.is_on(name + "Hide") else part[name] for name in ("sub", "sup"))
    return f"{_scripts(_OPERATORS.get(sign, sign), lower, upper)} {part['e']}"


def _delimited(part: _Part) -> str:
    left, right = part.property("begChr", "("), part.property("endChr", ")")
    separator = part.property("sepChr", "|")
    arguments = part.each("e")
    matrix = re.fullmatch(r"\\begin\{matrix\}(.*)\\end\{matrix\}", arguments[0], re.DOTALL) if arguments else None
    if matrix and len(arguments) == 1 and "\\begin{matrix}" not in matrix[1] and (left, right) in _MATRICES:
        name = _MATRICES[left, right]
        return f"\\begin{{{name}}}{matrix[1]}\\end{{{name}}}"
    cases = re.fullmatch(r"\\begin\{(aligned|matrix)\}(.*)\\end\{\1\}", arguments[0], re.DOTALL) if arguments else None
    if cases and left == "{" and not right:
        return f"\\begin{{cases}}{cases[2]}\\end{{cases}}"
    inner = separator.join(arguments)
    if left and right:
        return _join((_BRACKETS.get(left, left), inner, _BRACKETS.get(right, right)))
    left, right = (_BRACKETS.get(bracket, bracket) or "." for bracket in (left, right))
    return _join(("\\left" + left, inner, "\\right" + right))


def _matrix(part: _Part) -> str:
    rows = [" & ".join(_all(cell, 0) for cell in row.iterchildren(M + "e"))
            for row in part.element.iterchildren(M + "mr")]
    return "\\begin{matrix} " + " \\\\ ".join(rows) + " \\end{matrix}"


def _equations(part: _Part) -> str:
    rows = [row.replace("\\&", "&") for row in part.each("e")]  # here the sign says where the lines stand in a row
    rows = [_NUMBER.sub(lambda found: f" \\tag{{{found[1]}}}" if found[1] else "", row) for row in rows]
    if len(rows) == 1:
        return rows[0]
    return "\\begin{aligned} " + " \\\\ ".join(rows) + " \\end{aligned}"


def _accent(part: _Part) -> str:
    sign = part.property("chr", "\u0302")
    return f"{_ACCENTS[sign]}{{{part['e']}}}" if sign in _ACCENTS else f"\\overset{{{sign}}}{{{part['e']}}}"


def _bar(part: _Part) -> str:
    return f"\\{'overline' if part.property('pos', 'bot') == 'top' else 'underline'}{{{part['e']}}}"


def _group(part: _Part) -> str:
    sign, place = part.property("chr", "⏟"), part.property("pos", "bot")
    name = {"⏟": "\\underbrace", "⏞": "\\overbrace", "→": "\\overrightarrow", "←": "\\overleftarrow"}.get(sign)
    if name and (sign in "⏟⏞" or place == "top"):
        return f"{name}{{{part['e']}}}"
    return f"\\{'overset' if place == 'top' else 'underset'}{{{sign}}}{{{part['e']}}}"


def _limit(part: _Part, sign: str) -> str:
    base = part["e"]
    if re.fullmatch(r"\\(?:underbrace|overbrace)\{.*\}", base, re.DOTALL) or base.strip().lstrip("\\") in _FUNCTIONS:
        return f"{_named(base)}{sign}{{{part['lim']}}}"
    return f"\\{'underset' if sign == '_' else 'overset'}{{{part['lim']}}}{{{base}}}"


def _named(name: str) -> str:
    found = re.fullmatch(r"\s*([A-Za-z]+)(\W.*)?\s*", name, re.DOTALL)
    return "\\" + name.strip() if found and found[1] in _FUNCTIONS else name


def _phantom(part: _Part) -> str:
    return "" if part.property("show", "1") in ("0", "off", "false") else part["e"]


_STRUCTURES: dict[str, Callable[[_Part], str]] = {
    "f": _fraction, "rad": _radical, "nary": _n_ary, "d": _delimited, "m": _matrix, "eqArr": _equations,
    "acc": _accent, "bar": _bar, "groupChr": _group, "phant": _phantom,
    "limLow": lambda part: _limit(part, "_"), "limUpp": lambda part: _limit(part, "^"),
    "sSup": lambda part: _scripts(_base(part["e"]), "", part["sup"]),
    "sSub": lambda part: _scripts(_base(part["e"]), part["sub"], ""),
    "sSubSup": lambda part: _scripts(_base(part["e"]), part["sub"], part["sup"]),
    "sPre": lambda part: "{}" + _scripts("", part["sub"], part["sup"]) + part["e"],
    "func": lambda part: f"{_named(part['fName'])} {part['e']}",
    "borderBox": lambda part: f"\\boxed{{{part['e']}}}",
}
