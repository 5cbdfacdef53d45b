"""Fields of Word: which of their text is shown, and what those show that keep no result (EQ, SYMBOL).

Reads: the marks of a field (begin, instruction, separate, end) as they come in a paragraph.  Gives: text.
"""

from __future__ import annotations

import re

from kb.readers.scripts import lowered, raised
from kb.readers.symbol_fonts import symbol

_DEEPEST = 20
_SWITCH = re.compile(r"\\([A-Za-z]\w?)((?:\s*\\[A-Za-z]{2}\d*\s*\d*(?:\\?[{}\[\]()|])?|\s*\\\* ?\S+)*)\s*\(")


class Fields:
    """The fields that are open at a place of a paragraph, each with its instruction."""

    def __init__(self) -> None:
        self._open: list[list[str]] = []
        self._is_result: list[bool] = []

    @property
    def is_instruction(self) -> bool:
        """Whether text here belongs to an instruction, which is not shown."""
        return not all(self._is_result)

    def begin(self) -> None:
        """A field begins with its instruction."""
        self._open.append([])
        self._is_result.append(False)

    def add(self, instruction: str) -> None:
        """A part of the instruction of the innermost field."""
        if self._open:
            self._open[-1].append(instruction)

    def separate(self) -> None:
        """What follows is the result."""
        if self._is_result:
            self._is_result[-1] = True

    def end(self) -> str:
        """The innermost field ends; gives what it shows, if that is not its result."""
        if not self._open:
            return ""
        instruction, had_result = "".join(self._open.pop()), self._is_result.pop()
        return "" if had_result else shown(instruction)


def shown(instruction: str) -> str:
    """What a field shows that keeps no result: an equation (EQ) or a symbol (SYMBOL); "" for any other."""
    name, _, rest = instruction.strip().partition(" ")
    if name.upper() == "EQ" or name.upper().startswith("EQ\\"):
        return equation(instruction.strip()[2:])
    if name.upper() == "SYMBOL":
        found = re.match(r"\s*(0x[0-9A-Fa-f]{1,6}|\d{1,7})", rest)
        font = re.search(r'\\f\s*"?([^"\\]+)', rest)
        return symbol((font[1] if font else "").strip(), int(found[1], 0)) if found else ""
    return ""


def equation(source: str, depth: int = 0) -> str:
    """The text of an EQ instruction: \\f(1,2) is 1/2, \\r(3,x) a root, \\s\\up5(2) raised, \\o\\ac(○,1) a digit in a
    circle, \\o\\ad(\\s\\up9(reading),base) a base with its reading."""
    if depth > _DEEPEST:
        return source
    written, position = "", 0
    while found := _SWITCH.search(source, position):
        written += _plain(source[position:found.start()])
        arguments, position = _arguments(source, found.end())
        written += _switch(found[1].lower(), found[2], [equation(part, depth + 1) for part in arguments], written)
    return (written + _plain(source[position:])).strip()


def _plain(source: str) -> str:
    source = re.sub(r'\\\*\s*(?:jc\d|hps\d+|"[^"]*"|\S+)', "", source)
    return re.sub(r"\\([,;()\\])", r"\1", source).strip(" ")


def _arguments(source: str, position: int) -> tuple[list[str], int]:
    """The arguments behind an open bracket, and where its closing one ends."""
    arguments: list[str] = []
    depth, begin = 0, position
    for found in re.compile(r"\\.|[(),;，]").finditer(source, position):
        sign = found.group()
        if sign == ")" and depth == 0:
            return [*arguments, source[begin:found.start()]], found.end()
        if sign in ",;，" and depth == 0:
            arguments.append(source[begin:found.start()])
            begin = found.end()
        depth += (sign == "(") - (sign == ")")
    return [*arguments, source[begin:]], len(source)


def _switch(name: str, options: str, arguments: list[str], before: str) -> str:
    first, last = arguments[0], arguments[-1]
    if name == "f" and len(arguments) == 2:
        return "/".join(part if re.fullmatch(r"\w*", part) else f"({part})" for part in arguments)
    if name == "r":
        return f"\\sqrt[{first}]{{{last}}}" if len(arguments) > 1 and first else f"\\sqrt{{{last}}}"
    if name == "s" and "\\up" in options:
        return raised(before, first) + (lowered(before, last) if len(arguments) > 1 else "")
    if name == "s" and "\\do" in options:
        return lowered(before, first)
    if name == "o" and "\\ac" in options and first in "○〇" and re.fullmatch(r"[1-9]|1\d|20", last):
        return chr(0x2460 + int(last) - 1)
    if name == "o" and "\\ad" in options and len(arguments) == 2:
        return f"{last}({first})"
    if name == "b":
        found = re.search(r"\\[lrb]c\\?([{(\[|])", options)
        left = found[1] if found else "("
        return left + first + {"{": "}", "(": ")", "[": "]", "|": "|"}[left]
    if name == "i" and len(arguments) == 3:
        sign = "∑" if "\\su" in options else "∏" if "\\pr" in options else "∫"
        return f"{sign}_{{{first}}}^{{{arguments[1]}}} {last}"
    return " ".join(part for part in arguments if part) if name == "a" else "".join(arguments)
