"""The source of LaTeX before its macros: comments gone, what is verbatim set aside, arguments found.

Reads: source.  Gives: the source without comments, in which listings, \\verb and addresses are \\kbkept{n}; `braced`,
`argument` and `environment_end` find where things end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LISTINGS = frozenset("verbatim Verbatim BVerbatim LVerbatim lstlisting minted alltt pycode code".split())
_LISTING = "|".join(LISTINGS)
_PATTERN = re.compile(
    rf"\\begin\{{(?P<listing>{_LISTING})(?P<star>\*?)\}}(?P<code>.*?)\\end\{{(?P=listing)(?P=star)\}}"
    r"|\\(?:verb\*?|lstinline(?:\[[^\]\n]*\])?|mintinline(?:\[[^\]\n]*\])?\{\w+\}|mint(?:\[[^\]\n]*\])?\{\w+\})"
    r"(?:(?P<bar>[^A-Za-z\s*{\[])(?P<verb>[^\n]*?)(?P=bar)|(?=\{))"
    r"|\\(?P<address>url|path|nolinkurl|href)\s*(?:\{(?P<to>(?:[^{}\n]|\{[^{}\n]*\})*)\}|(?P<rod>[|!+])(?P<at>[^\n]*?)(?P=rod))"
    r"|\\begin\{(?P<out>comment|filecontents\*?)\}.*?\\end\{(?P=out)\}(?:[ \t]*\n)?"
    r"|(?P<sign>\\[\\%])"
    r"|(?P<line>(?m:^)[ \t]*%[^\n]*(?:\n|\Z))|%[^\n]*(?:\n[ \t]*(?=\S))?", re.DOTALL)
TOKEN = re.compile(
    r"""\\begin\s*\{(?P<begin>[^{}\\\n]{1,60})\}
    |\\end\s*\{(?P<end>[^{}\\\n]{1,60})\}
    |(?P<maths>\$\$|\$|\\\[|\\\()
    |\\(?P<command>[A-Za-z]+|@[A-Za-z@]+|[A-Za-z]+@[A-Za-z@]*)(?P<star>\*?)(?P<gap>[ \t]*)
    |\\(?P<sign>.|\n)
    |(?P<blank>\n[ \t]*\n\s*)
    |(?P<quote>``|''|---|--|~|`)
    |(?P<brace>[{}])
    |(?P<cell>&)""", re.VERBOSE,
)
DIMENSION = re.compile(
    r"\s*+=?\s*+(?:-?[\d.]+\s*+)?(?:(?:pt|em|ex|cm|mm|in|bp|mu|sp|pc|dd|fil+)\b|\\[A-Za-z]+)?"
    r"(?:\s*(?:plus|minus)\s*-?[\d.]+\s*(?:pt|em|ex|cm|mm|in|fil+))*")


class Kept(NamedTuple):
    """kind: "code", "verb" or "address"."""

    kind: str
    text: str


def prepare(source: str, kept: list[Kept]) -> str:
    """The source without its comments; what it holds verbatim is added to `kept`, \\kbkept{its number} in its place."""
    def write(found: re.Match[str]) -> str:
        if found["listing"]:
            options, end = bracketed(found["code"], 0)
            end = _LANGUAGE.match(found["code"], end).end()  # type: ignore[union-attr]  # it matches nothing, too
            caption = title_of(options)
            return (f"\\caption{{{caption}}}" if caption else "") + keep("code", found["code"][end:].strip("\n"))
        if found["verb"] is not None:
            return keep("verb", found["verb"])
        if found["address"]:
            address = found["to"] if found["to"] is not None else found["at"]
            address = re.sub(r"\\([%#&_~])", r"\1", address)
            return keep("address", address) if found["address"] != "href" else "\\href{}"
        if found["sign"]:
            return found["sign"]
        if found["out"]:  # a line of its own ends with it, any other line goes on
            return "" if found.start() == 0 or source[found.start() - 1] == "\n" else "\n"
        return found.group() if found["bar"] is None and found.group().startswith("\\") else ""

    def keep(kind: str, text: str) -> str:
        kept.append(Kept(kind, text))
        return f"\\kbkept{{{len(kept) - 1}}}"

    out = "|".join(map(re.escape, _EXCLUDED.findall(source)))
    if out:
        source = re.sub(rf"\\begin\{{({out})\}}.*?\\end\{{\1\}}(?:[ \t]*\n)?", "", source, flags=re.DOTALL)
    return _PATTERN.sub(write, source.replace("\\kbkept", ""))


_LANGUAGE = re.compile(r"(?:\{\w+\})?[ \t]*\n?")
_EXCLUDED = re.compile(r"^[^%\n]*?\\exclude(?:comment|version)\s*\{(\w+\*?)\}", re.MULTILINE)


def braced(tex: str, position: int) -> tuple[str, int]:
    """What stands in the braces that open at `position`, and where they end; ("", position) if none open there."""
    if tex[position:position + 1] != "{":
        return "", position
    depth = 0
    for found in _BRACES.finditer(tex, position):
        depth += (found.group() == "{") - (found.group() == "}")
        if depth == 0 and found.group() == "}":
            return tex[position + 1:found.start()], found.end()
    return tex[position + 1:], len(tex)


_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def bracketed(tex: str, position: int) -> tuple[str | None, int]:
    """What stands in square brackets at `position` (after blanks), and where they end; (None, position) without."""
    start = _SPACE.match(tex, position).end()  # type: ignore[union-attr]  # it matches nothing, too
    if tex[start:start + 1] != "[":
        return None, position
    end = tex.find("\n\n", start, start + _LONGEST_OPTION)
    end = end if end >= 0 else min(start + _LONGEST_OPTION, len(tex))
    depth = 0
    for found in _BRACKETS.finditer(tex, start + 1, end) if tex.find("]", start, end) >= 0 else ():
        sign = found.group()
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            break
        if sign == "]" and depth == 0:
            return tex[start + 1:found.start()], found.end()
    return None, position


_LONGEST_OPTION = 2000
_BRACKETS = re.compile(r"\\.|[{}\]]", re.DOTALL)
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")


def argument(tex: str, position: int) -> tuple[str, int]:
    """The argument of a command at `position`: what stands in braces, or one command, or one character."""
    start = re.compile(r"\s*").match(tex, position).end()  # type: ignore[union-attr]  # it matches nothing, too
    if tex[start:start + 1] == "{":
        return braced(tex, start)
    found = re.compile(r"\\(?:[A-Za-z@]+|.)|[^{}\s]", re.DOTALL).match(tex, start)
    return (found.group(), found.end()) if found else ("", position)


def environment_end(tex: str, name: str, position: int) -> tuple[int, int]:
    """Where the \\end{name} begins and ends that belongs to a \\begin{name} before `position`; (-1, -1) if none
    does."""
    depth = 1
    for found in re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}").finditer(tex, position):
        depth += 1 if found[1] == "begin" else -1
        if depth == 0:
            return found.start(), found.end()
    return -1, -1


def skip(tex: str, position: int, n: int) -> int:
    """Past the optional arguments here and n in braces."""
    for i in range(n + 1):
        inside, after = bracketed(tex, position)
        while inside is not None:
            position = after
            inside, after = bracketed(tex, position)
        blank = re.compile(r"\s*(?=\{)").match(tex, position) if i < n else None
        if blank is None:
            break
        position = braced(tex, blank.end())[1]
    return position


def title_of(options: str | None) -> str:
    """The title or caption among the options of an environment; "" if there is none. A short one before it, for the
    list of contents, is no part of it."""
    found = _TITLE.search(options or "")
    if found is None:
        return ""
    words = braced(options or "", found.end())[0] if found[1] is None else found[1]
    return re.sub(r"^\s*\[[^\]]*\]", "", words).strip()


_TITLE = re.compile(r"(?:^|[,\[\s])(?:frame)?(?:title|caption)\s*=\s*(?:(?=\{)|([^,{}\]]*))")
