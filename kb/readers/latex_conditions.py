"""Conditions of TeX: which branch of \\if… \\else … \\fi is there.

Reads: source, and what it has defined.  Gives: whether a condition is true, where that can be told, and its branches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

# Commands that begin with "if" and have no \\fi.
NO_CONDITIONS = frozenset(
    "iff ifthenelse ifbool iftoggle ifboolexpr ifdef ifcsdef ifundef ifcsundef ifdefmacro ifdefempty ifcsempty ifempty "
    "ifdefvoid ifdefstring ifdefequal ifstrequal ifstrempty ifblank ifnumcomp ifnumequal ifnumgreater ifnumless "
    "ifdimcomp ifinlist ifinlistcs iflanguage ifpackageloaded ifclassloaded ifcurrentfield iffieldundef "
    "ifnameundef iflistundef ifentrytype ifpunct ifciteseen ifsubfile".split())
_CONSTANTS = {
    "iftrue": True, "iffalse": False, "ifmmode": False, "ifvmode": True, "ifhmode": True, "ifinner": False,
    "ifpdf": True, "ifPDFTeX": True, "ifxetex": False, "ifluatex": False, "ifXeTeX": False, "ifLuaTeX": False,
    "ifxetexorluatex": False, "iftutex": False, "iftwocolumn": False, "if@twocolumn": False, "ifodd": None,
}
_MARK = re.compile(r"\\(if[A-Za-z@]*|else|or|fi)(?![A-Za-z@])")
_BLANK = re.compile(r"[ \t]*\n?[ \t]*")  # TeX passes over it after the name of a command
_TOKENS = re.compile(r"\s*(\\[A-Za-z@]+|\\.|[^\s\\{}])\s*(\\[A-Za-z@]+|\\.|[^\s\\{}])", re.DOTALL)


class Branches(NamedTuple):
    """The two branches of a condition, and where it ends."""

    first: str
    other: str
    end: int


def branches(tex: str, position: int) -> Branches | None:
    """The branches of a condition that is decided before `position`; None if it has no end."""
    depth, parting = 0, -1
    for found in _MARK.finditer(tex, position):
        mark = found[1]
        if mark.startswith("if"):
            depth += mark not in NO_CONDITIONS
        elif mark == "fi" and depth:
            depth -= 1
        elif mark == "fi":
            cut = parting if parting >= 0 else found.start()
            other = re.sub(r"^\\(?:else|or)", "", tex[parting:found.start()]) if parting >= 0 else ""
            first, other = (_without_blank(branch) for branch in (tex[position:cut], other))
            end = _BLANK.match(tex, found.end())
            return Branches(first, other, end.end() if end else found.end())
        elif depth == 0 and parting < 0:
            parting = found.start()
    return None


def _without_blank(branch: str) -> str:
    return _BLANK.sub("", branch, count=1) if branch[:1].isspace() else branch


def decide(tex: str, name: str, position: int, switches: Mapping[str, bool],
           commands: Mapping[str, str]) -> tuple[bool | None, int]:
    """Whether a condition is true (None: not to be told), and where its first branch begins."""
    if name[2:] in switches:
        return switches[name[2:]], position
    if name in ("ifdefined", "ifx", "if", "ifcat"):
        return _compared(tex, name, position, commands)
    if name == "ifcsname":
        end = tex.find("\\endcsname", position)
        return (tex[position:end].strip() in commands, end + 10) if end >= 0 else (None, position)
    if name in ("ifnum", "ifdim", "ifodd", "ifcase"):
        found = re.compile(r"\s*(-?\d+)\s*([<=>])\s*(-?\d+)(?:\s|\\relax|(?=\\)|)").match(tex, position)
        if found:
            left, right = int(found[1]), int(found[3])
            return {"<": left < right, "=": left == right, ">": left > right}[found[2]], found.end()
        rest = re.compile(r"[^\n]*?(?:\\relax(?![A-Za-z])|\s(?=[^\s<=>])|\n)").match(tex, position)
        return None, rest.end() if rest else position
    return _CONSTANTS.get(name), position


def _compared(tex: str, name: str, position: int, commands: Mapping[str, str]) -> tuple[bool | None, int]:
    if name == "ifdefined":
        found = re.compile(r"\s*\\([A-Za-z@]+)").match(tex, position)
        return (found[1] in commands, found.end()) if found else (None, position)
    found = _TOKENS.match(tex, position)
    if found is None:
        return None, position
    left, right = (_meaning(token, commands) for token in found.groups())
    if left is None and right is None:
        is_same = found[1] == found[2] or name == "ifx" and "\\undefined" in found.groups()
        return True if is_same else None, found.end()
    if name == "ifx" or "\\" not in found[1] + found[2]:
        return left == right, found.end()
    return None, found.end()


def _meaning(token: str, commands: Mapping[str, str]) -> str | None:
    """What a token stands for; None if that is not known here."""
    if not token.startswith("\\"):
        return token
    if token in ("\\@empty", "\\empty"):
        return ""
    return commands.get(token[1:])
