"""Markdown without what is no text in it: comments, struck words, embedded files, encoded data.

Reads: Markdown without its front matter.  Gives: the text as it is written otherwise, and what was left out. Links of
wikis become their words, callouts their titles. Code keeps what it shows; only encoded data leave it.
"""

from __future__ import annotations

import re
from collections import Counter

_NO_BLANK_LINE = r"(?:(?!\n[ \t]*\n)[^\0])"
# In the order in which they are tried at each place: code and formulas shield what they hold.
_MARKS = re.compile(
    rf"""
    (?P<open><!--(?!-?>) | <(?:del|s|strike)>)
  | (?P<comment>^[ ]{{0,3}}\[(?://|comment|\#)\]:[ \t]*(?:\#|<>|<\#>)[^\n]*$ )
  | (?P<code>(?<!`)(?P<ticks>`+)(?!`){_NO_BLANK_LINE}{{0,2000}}?(?<!`)(?P=ticks)(?!`))
  | (?P<picture>!\[(?P<alt>[^\]\n]{{0,500}})\]\(\s*<?data:[^)]*\)
      | <img\b[^>]{{0,500}}?\bsrc\s*=\s*["']?data:[^>]*> | ^[ ]{{0,3}}\[[^\]\n]+\]:[ \t]*<?data:[^\n]*$ )
  | (?P<formula>\$\$(?:(?!\$\$)[^\0])+\$\$ | (?<![\\$\w])\$(?=[^\s$])[^$\n\0]*?(?<=[^\s\\])\$(?![\d$]))
  | (?P<percent>^[ \t]*%%(?!%).*?(?<!%)%%(?!%) | (?<![%\d\\])%%(?!%)[^\n\0]{{0,2000}}?(?<!%)%%(?!%))
  | (?P<embed>(?<!\\)!\[\[[^\[\]\n]+\]\])
  | (?<![\\A-Za-z0-9_\]])\[\[(?P<wiki>(?![\d,.\s]+\]\])[^\[\]\n]+)\]\](?![(\[:])
  | (?P<struck>(?<![\\~])~~(?=[^\s~]){_NO_BLANK_LINE}{{1,600}}?(?<=[^\s~])~~(?!~))
  | ^(?P<quote>[ ]{{0,3}}(?:>[ ]?)+)\[!(?P<callout>[\w-]+)(?:\|[^\]\n]*)?\][+-]?[ \t]*(?P<title>[^\n]*)$
    """, re.DOTALL | re.MULTILINE | re.VERBOSE)
_DATA_URI = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.=-]+)*;base64,[A-Za-z0-9+/=%_-]{40,}", re.IGNORECASE)
# Base64: a long run of all its letters, or lines of one length as PEM and MIME cut them.
_RUN = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{200,}={0,2}(?![\w+/=])")
_LINES = re.compile(r"^(?:[ \t]*[A-Za-z0-9+/]{60,80}\n){3,}[ \t]*[A-Za-z0-9+/]{1,80}={0,2}$", re.MULTILINE)
_LEAST_LETTERS = 24


def without_data(text: str) -> tuple[str, int]:
    """(text without data URIs and base64, how many characters that were)."""
    n_before = len(text)
    text = _DATA_URI.sub("", text)

    def shortened(found: re.Match[str]) -> str:
        return "" if _is_base64(found.group()) else found.group()

    text = _LINES.sub(shortened, _RUN.sub(shortened, text))
    return text, n_before - len(text)


def _is_base64(run: str) -> bool:
    """Whether a run has capitals, small letters and digits, many of each: no sequence of a protein, no long number, no
    word."""
    letters = set(run) - set("\n \t=")
    return len(letters) >= _LEAST_LETTERS and all(re.search(kind, run) for kind in ("[A-Z]", "[a-z]", "[0-9]"))


def without_marks(text: str, code: list[tuple[int, int]]) -> tuple[str, Counter[str]]:
    """(text, what was left out of it by kind). code: spans of code blocks, which stay."""
    masked, parts, lost = _masked(text, code), [], Counter[str]()
    position = last = 0
    while found := _MARKS.search(masked, position):
        kind, start, end = str(found.lastgroup), found.start(), found.end()
        if kind == "open":
            end = _closing(masked, found)
        position = end
        if kind in ("code", "formula") or end == found.end() and kind == "open":
            continue
        words = ""
        if kind == "wiki":
            words = _shown(text[found.start(kind):found.end(kind)])
        elif kind == "title":
            words = found["quote"] + (text[found.start(kind):found.end(kind)].strip() or found["callout"].capitalize())
        else:
            lost[_LOST["comment" if masked.startswith("<!--", start) else kind]] += 1
            words = found["alt"] or "" if kind == "picture" else ""
            start, end = (start, end) if words else _with_its_space(text, start, end, last)
        parts += [text[last:start], words]
        position = last = end
    return "".join([*parts, text[last:]]), lost


def _closing(masked: str, found: re.Match[str]) -> int:
    """Where a comment or an element ends that begins here; where it began if it never ends."""
    close = "-->" if found.group() == "<!--" else found.group().replace("<", "</")
    at = masked.find(close, found.end())
    return found.end() if at < 0 else at + len(close)


_LOST = {"comment": "comment", "percent": "comment", "embed": "chunk", "picture": "picture", "struck": "struck",
         "open": "struck"}


def _masked(text: str, code: list[tuple[int, int]]) -> str:
    """The text with NULs for the code, as long as it was."""
    parts, position = [], 0
    for start, end in code:
        parts += [text[position:start], re.sub(r"[^\n]", "\0", text[start:end])]
        position = end
    return "".join([*parts, text[position:]])


def _shown(link: str) -> str:
    """The words of a link in a wiki: its alias, else the page and the heading."""
    target, bar, alias = link.replace("\\|", "|").partition("|")
    if bar and alias.strip():
        return alias.strip()
    page, _, heading = target.partition("#")
    heading = heading.split("^")[0].replace("#", " > ").strip()
    return " > ".join(filter(None, (page.strip(), heading))) or target


def _with_its_space(text: str, start: int, end: int, least: int) -> tuple[int, int]:
    """The span with the line end or the space that would stand there twice without it."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    if first >= least and not text[first:start].strip(" \t") and not text[end:last].strip(" \t"):
        blank_before = first == 0 or text[:first].endswith("\n\n")
        while blank_before and text[last:last + 2] == "\n\n":
            last += 1
        return first, min(last + 1, len(text))
    if end < len(text) and text[end] == " " and start > least and text[start - 1] in " \n":
        return start, end + 1
    return start, end
