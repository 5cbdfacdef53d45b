"""Commands of LaTeX packages whose arguments become text in a way of their own: scripts, quantities, glossaries.

Reads: source at a command.  Gives: what is written for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kb.readers import latex_units
from kb.readers.latex_source import argument, braced, bracketed, skip
from kb.readers.scripts import lowered, raised

Inner = Callable[[str], str]
_UNITS = frozenset(
    "num tablenum si unit SI qty ang SIrange qtyrange numrange SIlist qtylist numlist numproduct qtyproduct ce cf "
    "complexnum complexqty nicefrac sfrac textfrac".split())
_SCRIPTS = {"textsuperscript": raised, "textsubscript": lowered, "up": raised, "superscript": raised,
            "subscript": lowered, "ts": raised, "tss": raised, "textsup": raised, "textsub": lowered, "tnote": raised}
_QUOTES = {"enquote": "“{}”", "textquote": "“{}”", "blockquote": "“{}”", "say": "“{}”", "uline": "{}"}
_ENTRIES = re.compile(r"[A-Za-z]*gls[A-Za-z]*|Gls[A-Za-z]*|ac[rsplf]*[a-z]*\*?|Ac[a-z]*|acr(?:short|long|full)(?:pl)?")
_IN_TEXT = re.compile(r"\s*+(?:\{\})?\s*+([\^_])\s*+(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\\[A-Za-z]+|[^\\{}\s]))\s*")
_FORMULA_MARKS = re.compile(r"\$([^$\\]*)\$|\\\(([^\\]*)\\\)")
_SIGNS = {"circ": "°", "degree": "°", "dagger": "†", "dag": "†", "ddagger": "‡", "ddag": "‡", "prime": "′", "ast": "*",
          "star": "⋆", "pm": "±", "S": "§", "P": "¶", "copyright": "©", "textregistered": "®", "circledR": "®"}


class Entry(NamedTuple):
    """An entry of a glossary or list of acronyms."""

    short: str
    long: str = ""


def special(name: str, tex: str, position: int, before: str, inner: Inner,
            entries: Mapping[str, Entry]) -> tuple[str, int] | None:
    """(text, where to go on) of such a command; None for any other. before: what was written last."""
    if name in _SCRIPTS:
        text, position = argument(tex, position)
        return _SCRIPTS[name](before, inner(_FORMULA_MARKS.sub(r"\1\2", text))), position
    if name == "footnotemark":  # its note stands elsewhere
        number, position = bracketed(tex, position)
        return raised(before, number or ""), position
    if name == "raisebox":
        height, position = argument(tex, position)
        text, position = argument(tex, skip(tex, position, 0))
        text = inner(text)
        is_script = re.fullmatch(r"[\d+\-−–,]+", text)
        return (lowered if height.strip().startswith("-") else raised)(before, text) if is_script else text, position
    if name in _UNITS:
        return _quantity(name, tex, bracketed(tex, position)[1])
    if name in _QUOTES:
        text, position = argument(tex, bracketed(tex, position + (tex[position:position + 1] == "*"))[1])
        return _QUOTES[name].format(inner(text)), position
    if _ENTRIES.fullmatch(name) and tex[bracketed(tex, position)[1]:][:1] == "{" and entries:
        key, after = braced(tex, bracketed(tex, position)[1])
        if key in entries:
            return _entry(name, entries[key], inner), bracketed(tex, after)[1]
    return None


def _quantity(name: str, tex: str, position: int) -> tuple[str, int]:
    n = {"SI": 2, "qty": 2, "SIlist": 2, "qtylist": 2, "numrange": 2, "SIrange": 3, "qtyrange": 3, "qtyproduct": 2,
         "complexqty": 2, "nicefrac": 2, "sfrac": 2, "textfrac": 2}.get(name, 1)
    values = []
    for i in range(n):
        if i:
            position = bracketed(tex, position)[1]  # what is printed before the number
        value, position = argument(tex, position)
        values.append(value)
    first, last = values[0], values[-1]
    if name in ("nicefrac", "sfrac", "textfrac"):
        return f"{first}/{last}", position
    if name in ("si", "unit"):
        return latex_units.unit(first), position
    if name in ("ce", "cf"):
        return latex_units.chemical(first), position
    if name == "ang":
        return latex_units.angle(first), position
    if name.endswith("list"):
        return latex_units.listed(first, last if n == 2 else ""), position
    if name.endswith("range"):
        return latex_units.ranged(first, values[1], last if n == 3 else ""), position
    return latex_units.quantity(first, last) if n == 2 else latex_units.number(first), position


def _entry(name: str, entry: Entry, inner: Inner) -> str:
    is_plural = name.endswith("pl") or name in ("acp", "acsp", "aclp", "acfp")
    if "long" in name or name in ("acl", "aclp"):
        text = entry.long or entry.short
    elif "full" in name or name in ("acf", "acfp"):
        text = f"{entry.long} ({entry.short})" if entry.long else entry.short
    else:
        text = entry.short
    text = inner(text) + ("s" if is_plural else "")
    return text[:1].upper() + text[1:] if name[0] in "GA" else text


def entries_of(source: str) -> dict[str, Entry]:
    """The acronyms and glossary entries that a source defines."""
    entries: dict[str, Entry] = {}
    for found in re.finditer(r"\\(newacronym|newglossaryentry|acrodef|acro|DeclareAcronym)(?![A-Za-z])", source):
        position = bracketed(source, found.end())[1]
        key, position = argument(source, position)
        if found[1] in ("newglossaryentry", "DeclareAcronym"):
            said = dict(re.findall(r"(\w+)\s*=\s*(?:\{([^{}]*)\}|)", argument(source, position)[0]))
            entries[key] = Entry(said.get("short") or said.get("name") or key, said.get("long") or "")
            continue
        short, position = bracketed(source, position)
        if found[1] == "newacronym" or short is None and found[1] == "acrodef":
            short, position = argument(source, position) if found[1] == "newacronym" else (key, position)
        entries[key] = Entry(short or key, argument(source, position)[0])
    return entries


def script_in_text(maths: str, before: str, inner: Inner) -> str | None:
    """A formula that is nothing but a script on the text before it ($^{3}$, $_2$), as such; None for any other."""
    found = _IN_TEXT.fullmatch(maths)
    if found is None:
        return None
    text = found[2] if found[2] is not None else found[3]
    text = re.sub(r"\\(?:text|textrm|mathrm|rm|mathsf|textit|textbf|mathbf)(?![A-Za-z])", "", text)
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda sign: _SIGNS.get(sign[1], sign.group()), text)
    if "\\" in text:
        return None
    text = inner(text)
    return (raised if found[1] == "^" else lowered)(before, text.replace(" ", "") if len(text) < 12 else text)
