"""Rows and cells of LaTeX tables, each cell in its column.

Reads: the inside of a tabular and its column specification.  Gives: rows of cells; a cell over several columns is
followed by empty ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kb.readers.latex_source import argument, braced, bracketed
from kb.readers.latex_units import number

_PART = re.compile(r"\\(?P<edge>begin|end)\s*\{|\\(?P<row>\\|tabularnewline(?![A-Za-z])|cr(?![A-Za-z]))|\\.|"
                   r"(?P<brace>[{}])|(?P<cell>&)", re.DOTALL)
_RULES = re.compile(
    r"\s*\\(?:[hc]line|toprule|midrule|bottomrule|cmidrule|hhline|cdashline|hdashline|Xhline|specialrule|addlinespace|"
    r"morecmidrules|noalign|rowcolor|rowcolors|arrayrulecolor|heavyrule|thickhline|endhead|endfoot|endlastfoot|"
    r"endfirsthead|midrulesep|tablehead|tabletail|caption\*?|label|SetRow|SetCell|kill)"
    r"(?![A-Za-z])(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]|(?=\{)))*")
_WITH_ARGUMENTS = {"specialrule": 3, "caption": 0, "rowcolors": 3}


def rows_of(tex: str, specification: str, read: Callable[[str], str]) -> list[list[str]]:
    """The rows of a table as text; `read` gives the text of a cell. Rows without any are left out."""
    columns = _columns(specification)
    head = tex.find("\\endfirsthead")
    if head >= 0 and (again := tex.find("\\endhead", head)) >= 0:  # the head once more, for the pages after the first
        tex = tex[:head] + tex[again + len("\\endhead"):]
    for foot in ("\\endfoot", "\\endlastfoot"):
        if (end := tex.find(foot)) >= 0 and (start := max(tex.rfind("\\endhead", 0, end), tex.rfind(
                "\\endfirsthead", 0, end), tex.rfind("\\endfoot", 0, end))) >= 0:
            tex = tex[:start] + tex[end + len(foot):]
    rows = []
    for row in _split(tex):
        cells: list[str] = []
        for cell in row:
            cells += _cell(cell, columns[len(cells)] if len(cells) < len(columns) else "", read)
        if any(cells):
            rows.append(cells)
    return rows


def _split(tex: str) -> list[list[str]]:
    """The source of the rows and cells, those of tables inside a cell not parted."""
    rows: list[list[str]] = [[]]
    depth = begin = position = 0
    while found := _PART.search(tex, position):
        position = found.end()
        if found["edge"]:
            depth += 1 if found["edge"] == "begin" else -1
            position = tex.find("}", position) + 1 or len(tex)
        elif found["brace"]:
            depth += 1 if found["brace"] == "{" else -1
        elif depth <= 0 and (found["cell"] or found["row"]):
            rows[-1].append(tex[begin:found.start()])
            if found["row"]:
                options = re.compile(r"\*?(?:[ \t]*\[[^\]\n]*\])?").match(tex, position)
                position = options.end() if options else position
                rows.append([])
            begin = position
    rows[-1].append(tex[begin:])
    return rows


def _cell(tex: str, column: str, read: Callable[[str], str]) -> list[str]:
    """The text of a cell, and an empty one for each further column that it takes."""
    tex = _without_rules(tex)
    span = 1
    if found := re.compile(r"\s*\\multicolumn(?![A-Za-z])").match(tex):
        width, position = argument(tex, found.end())
        position = argument(tex, position)[1]
        inside, position = argument(tex, position)
        tex, column = inside + tex[position:], ""
        span = min(int(width), 60) if width.strip().isdigit() else 1
    elif found := re.compile(r"\s*\\SetCell\s*\[([^\]]*)\]\s*(?=\{)").match(tex):
        tex = tex[braced(tex, found.end())[1]:]  # the cells that it covers are written out, empty
    text = tex.strip()
    if column == "S" and re.fullmatch(r"[-+−\d.,()eE\s]+|\\num\s*\{[^{}]*\}", text):
        text = number(text)
    words = read(text).replace("|", "\\|")
    return [re.sub(r"\s+", " ", words).strip()] + [""] * (span - 1)


def _without_rules(tex: str) -> str:
    while found := _RULES.match(tex):
        name = re.match(r"\s*\\([A-Za-z]+)", found.group())
        if name and name[1] == "caption":
            break
        position = found.end()
        for _ in range(_WITH_ARGUMENTS.get(name[1] if name else "", 1)):
            if tex[position:position + 1] != "{":
                break
            position = braced(tex, position)[1]
        tex = tex[position:]
    return tex


def _columns(specification: str) -> list[str]:
    """The letters of the columns ("l", "S", "p"), one for each; *{3}{c} is written out."""
    columns: list[str] = []
    position = 0
    while position < len(specification) and len(columns) < 200:
        letter = specification[position]
        position += 1
        if letter == "*":
            count, position = argument(specification, position)
            inside, position = argument(specification, position)
            columns += _columns(inside)[:60] * min(int(count) if count.strip().isdigit() else 0, 60)
        elif letter in "@!><":
            position = argument(specification, position)[1]
        elif letter.isalpha():
            columns.append(letter)
            _, position = bracketed(specification, position)
            if specification[position:position + 1] == "{":
                position = braced(specification, position)[1]
    return columns
