"""Whether what stands between dollar signs is a formula that TeX can set: a small grammar of it, read to the end.

Everything else stays text: a wrong bracket would stop TeX, and an unknown command could do anything. The commands are
those of data/words/tex.txt, each with the number of its arguments.
"""

from __future__ import annotations

import re
from functools import cache

from kb.words import phrases

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|[,;:! {}|%])|[{}^_&]|'+|[A-Za-z0-9]|[-+*/=<>()\[\].,;:|!?]|\s+")
_WORDS = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}\s+[A-Za-z]{2,}(?![A-Za-z]*[{}])")
_DELIMITERS = frozenset("( ) [ ] | . / < > \\{ \\} \\| \\langle \\rangle \\lfloor \\rfloor \\lceil \\rceil "
                        "\\vert \\Vert \\lvert \\rvert \\lVert \\rVert".split())


def is_maths(text: str) -> bool:
    """Whether TeX sets this text as a formula without an error. Words with a space between them are none: "$5 or
    $"."""
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            return False
        if not found.group().isspace():
            tokens.append(found.group())
        at = found.end()
    if not tokens or _WORDS.search(text):
        return False
    try:
        return _formula(tokens, 0, "") == len(tokens)
    except (IndexError, RecursionError):
        return False


@cache
def _arguments() -> dict[str, int]:
    """Command -> how many arguments it takes."""
    lists = (phrases("tex", "symbols"), phrases("tex", "one argument"), phrases("tex", "two arguments"))
    return {f"\\{name}": n for n, lines in enumerate(lists) for line in lines for name in line.split()}


def _formula(tokens: list[str], i: int, end: str) -> int:
    """Where the formula that begins at token i stops: at `end`, or -1 if it is none. Errors: IndexError."""
    while i < len(tokens) and tokens[i] != end:
        i = _scripts(tokens, _atom(tokens, i)) if tokens[i] not in "^_" else -1
        if i < 0:
            return -1
    return i if i < len(tokens) or not end else -1


def _atom(tokens: list[str], i: int) -> int:
    token = tokens[i]
    if token == "{":
        end = _formula(tokens, i + 1, "}")
        return -1 if end < 0 else end + 1
    if token == r"\left":
        if tokens[i + 1] not in _DELIMITERS:
            return -1
        end = _formula(tokens, i + 2, r"\right")
        return -1 if end < 0 or tokens[end + 1] not in _DELIMITERS else end + 2
    if token in ("}", "&", "^", "_", r"\right"):
        return -1
    if not token.startswith("\\") or len(token) == 2 and not token[1].isalpha():
        return i + 1
    n = _arguments().get(token)
    i += 1
    for _ in range(n or 0):
        i = _argument(tokens, i) if i >= 0 else -1
    return -1 if n is None else i


def _argument(tokens: list[str], i: int) -> int:
    """One group, letter or command without arguments of its own."""
    if tokens[i] == "{":
        return _atom(tokens, i)
    return i + 1 if tokens[i].isalnum() or _arguments().get(tokens[i]) == 0 else -1


def _scripts(tokens: list[str], i: int) -> int:
    """At most one of each behind an atom; primes are an exponent too."""
    seen: set[str] = set()
    while 0 <= i < len(tokens) and tokens[i][0] in "^_'":
        kind = "_" if tokens[i] == "_" else "^"
        if kind in seen:
            return -1
        seen.add(kind)
        i = i + 1 if tokens[i][0] == "'" else _argument(tokens, i + 1)
    return i
