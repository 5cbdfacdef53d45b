"""What of rich text its converter does not know, put into the source as signs: raised and lowered characters, the ends
of cells, levels of headings; and what it leaves out, notes and boxes, as pieces of their own.

Reads: the source of a rich text.  Gives: the source with signs of ours, and what the signs say in the text made of it.
The signs are letters of Linear A, which no letter has (a private-use one may be there).
"""

from __future__ import annotations

import re

from kb.readers.scripts import scripted

_FIRST = 0x10600
_RAISED, _LOWERED, _END = (chr(_FIRST + i) for i in (10, 11, 12))
LEVELS = re.compile("[\U00010600-\U00010608]")
CELL = chr(_FIRST + 9) + "|"  # our sign and striprtf's at the end of a cell
_IN_TABLE = re.compile(r"\\(intbl|pard|par|line|cell)(?![a-z])")
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?!\d)(?![^{}]*\})")
_TOKEN = re.compile(r"\\[\\{}]|[{}]|\\(super|sub|nosupersub|plain|up|dn)(-?\d+)?(?![a-z\d]) ?")
_RUN = re.compile(f"([{_RAISED}{_LOWERED}])([^{_RAISED}{_LOWERED}{_END}\\n]*){_END}")
_SIGNS = re.compile(f"[{_RAISED}{_LOWERED}{_END}]")
_APART = re.compile(r"\{\\(footnote|shp)(?![a-z])|\\[\\{}]")
_BOX = re.compile(r"\{\\shptxt(?![a-z])")
_BRACE = re.compile(r"\\[\\{}]|[{}]")


def marked(source: str) -> str:
    """The source with signs at raised and lowered characters, cells and headings."""
    source = _cells_marked(_scripts_marked(source))
    return _OUTLINE.sub(lambda found: f"\\outlinelevel{found[1]} {_escaped(chr(_FIRST + int(found[1])))}", source)


def level_of(line: str) -> int:
    """The level of the heading that a line is; 0 if it is none."""
    found = LEVELS.search(line)
    return ord(found.group()) - _FIRST + 1 if found else 0


def with_scripts(text: str) -> str:
    """The text with what is written for its raised and lowered characters."""
    parts: list[str] = []
    position = 0
    for found in _RUN.finditer(text):
        parts.append(text[position:found.start()])
        before = "".join(parts[-3:])[-40:]
        parts.append(found[2] if found[2].lstrip().startswith("[^") else
                     scripted(before, found[2], "^" if found[1] == _RAISED else "_"))
        position = found.end()
    return _SIGNS.sub("", "".join([*parts, text[position:]]))


def set_apart(source: str) -> tuple[str, list[str], list[str]]:
    """(source, its notes, its boxes): a note leaves [^1] in its place, a box nothing."""
    parts: list[str] = []
    notes: list[str] = []
    boxes: list[str] = []
    position = 0
    while found := _APART.search(source, position):
        if found[1] is None:
            parts.append(source[position:found.end()])
            position = found.end()
            continue
        end = _group_end(source, found.start())
        inside = source[found.end():end - 1]
        parts.append(source[position:found.start()])
        if found[1] == "footnote":
            notes.append(inside)
            parts.append(f"[^{len(notes)}]")
        else:
            boxes += [inside[box.end():_group_end(inside, box.start()) - 1] for box in _BOX.finditer(inside)]
        position = end
    return "".join([*parts, source[position:]]), notes, boxes


def head_of(source: str) -> str:
    """The beginning of a rich text of the same code page and fonts."""
    page = re.search(r"\\ansicpg\d+", source[:2000])
    start = source.find("{\\fonttbl")
    fonts = source[start:_group_end(source, start)] if start >= 0 else ""
    return "{\\rtf1\\ansi" + (page.group() if page else "") + fonts + " "


def _group_end(source: str, start: int) -> int:
    depth = 0
    for found in _BRACE.finditer(source, start):
        depth += (found.group() == "{") - (found.group() == "}")
        if depth == 0:
            return found.end()
    return len(source)


def _scripts_marked(source: str) -> str:
    parts: list[str] = []
    states = [""]
    position = 0

    def turn(new: str) -> None:
        if new != states[-1]:
            parts.append((_escaped(_END) if states[-1] else "") + (_escaped(new) if new else ""))

    for found in _TOKEN.finditer(source):
        parts.append(source[position:found.start()])
        position = found.end()
        if found.group() == "{":
            parts.append("{")
            states.append(states[-1])
        elif found.group() == "}":
            if len(states) > 1:
                turn(states[-2])
                states.pop()
            parts.append("}")
        elif found[1]:
            parts.append(found.group())
            new = "" if found[2] == "0" or found[1] in ("plain", "nosupersub") else _sign(found[1], found[2])
            turn(new)
            states[-1] = new
        else:
            parts.append(found.group())
    return "".join([*parts, source[position:]])


def _sign(word: str, number: str | None) -> str:
    is_raised = word in ("super", "up") if not (number or "").startswith("-") else word == "dn"
    return _RAISED if is_raised else _LOWERED


def _cells_marked(source: str) -> str:
    """The source with a sign of ours at the end of each cell, and with the paragraphs inside cells joined, so that a
    row is one line."""
    is_inside = False

    def sign(found: re.Match[str]) -> str:
        nonlocal is_inside
        word = found[1]
        if word in ("intbl", "pard"):
            is_inside = word == "intbl"
        elif word == "cell":
            return _escaped(CELL[0]) + found.group()
        elif is_inside:
            return "\\tab"
        return found.group()

    return _IN_TABLE.sub(sign, source)


def _escaped(letter: str) -> str:
    """A character as rich text writes it: its two halves, signed, each with a sign for older programs."""
    data = letter.encode("utf-16-be")
    halves = [int.from_bytes(data[i:i + 2], "big", signed=True) for i in (0, 2)]
    return "{\\uc0" + "".join(f"\\u{half} " for half in halves) + "}"
