"""Rich text (.rtf): its words, headings by their outline level.

Reads: bytes.  Gives: Extract. striprtf (8 KB, Python) pays its rent with code pages, Unicode escapes and the groups
that hold no words. It knows no headings: their level is put into the text as a sign before, and taken out after.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kb.errors import FileProblem, Unreadable
from kb.readers import Limits
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.metadata import split_authors, year_of
from kb.readers.plain import headings
from kb.readers.refused import is_no_title, persons
from kb.text import mend, one_line
from kb.types import Metadata, Words

Convert = Callable[..., str]
# Signs of our own in the text of the file: letters of Linear A, which no letter has (a private-use one may be there).
_LEVEL = 0x10600
_LEVELS = re.compile("[\U00010600-\U00010608]")
_CELL = chr(_LEVEL + 9) + "|"  # our sign and striprtf's at the end of a cell
_IN_TABLE = re.compile(r"\\(intbl|pard|par|line|cell)(?![a-z])")
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?!\d)(?![^{}]*\})")
_PICTURE = re.compile(rb"[0-9a-fA-F\r\n]{2000,}")  # no words: the bytes of a picture or an object
_HIDDEN = re.compile(r"\{(?:\\[a-z]+-?\d* ?)*\\(?:v|deleted|strike)(?![a-z\d])[^{}]*\}")
_INFO = re.compile(r"\{\\(title|author|doccomm)((?:[^{}\\]|\\.)*)\}", re.DOTALL)
_YEAR = re.compile(r"\{\\creatim\\yr(\d{4})")


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a rich text. Errors: FileProblem E_TYPE, E_PARSE, E_TOO_BIG."""
    from striprtf import striprtf

    rtf_to_text: Convert = striprtf.rtf_to_text

    if not data.lstrip()[:5].startswith(b"{\\rtf"):
        raise FileProblem("E_TYPE", suffix=".rtf", found=Words("no rich text", "不是 RTF"))
    source = _PICTURE.sub(b"", data).decode("latin-1")
    metadata = _metadata(source, encoding, rtf_to_text)
    source, n_hidden = _HIDDEN.subn("", source)
    source = _cells_marked(source)
    pairs = {level: _escaped(chr(_LEVEL + level)) for level in range(9)}
    source = _OUTLINE.sub(lambda found: f"\\outlinelevel{found[1]} {pairs[int(found[1])]}", source)
    try:
        text = rtf_to_text(source, encoding or "cp1252", errors="replace")
    except (ValueError, LookupError, IndexError, TypeError, KeyError, OverflowError, AttributeError) as error:
        # striprtf takes numbers in the right places for granted
        raise Unreadable("E_PARSE", detail=one_line(f"{type(error).__name__}: {error}", 160)) from error
    draft = Draft(limits)
    _write(draft, mend(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
    return draft.extract("rtf", metadata, left_out({"hidden": n_hidden}))


def _escaped(letter: str) -> str:
    """A character as rich text writes it: its two halves, signed, each with a sign for older programs."""
    data = letter.encode("utf-16-be")
    halves = [int.from_bytes(data[i:i + 2], "big", signed=True) for i in (0, 2)]
    return "{\\uc0" + "".join(f"\\u{half} " for half in halves) + "}"


def _cells_marked(source: str) -> str:
    """The source with a sign of ours at the end of each cell, and with the paragraphs inside cells joined, so that a
    row is one line."""
    is_inside = False

    def marked(found: re.Match[str]) -> str:
        nonlocal is_inside
        word = found[1]
        if word in ("intbl", "pard"):
            is_inside = word == "intbl"
        elif word == "cell":
            return _escaped(_CELL[0]) + found.group()
        elif is_inside:
            return "\\tab"
        return found.group()

    return _IN_TABLE.sub(marked, source)


def _write(draft: Draft, text: str) -> None:
    """Each line is a paragraph of the file; rows of tables end with the sign that parts their cells."""
    own = {text[heading.start:].split("\n", 1)[0].strip(): heading.level for heading in headings(text)} \
        if not _LEVELS.search(text) else {}
    rows: list[list[str]] = []
    for line in [*text.split("\n"), ""]:
        level = _LEVELS.search(line)
        words = _LEVELS.sub("", line).strip()
        if _CELL in words:
            rows.append(words.split(_CELL)[:-1])
            continue
        if rows:
            if max(map(len, rows)) > 1:
                draft.table(rows)
            else:  # a frame round some words
                for row in rows:
                    draft.paragraph(row[0])
            rows = []
        if level:
            draft.heading(ord(level.group()) - _LEVEL + 1, words)
        elif words in own:
            draft.heading(own[words], words)
        else:
            draft.paragraph(words)


def _metadata(source: str, encoding: str | None, convert: Convert) -> Metadata:
    head = source[:200_000]
    page = re.search(r"\\ansicpg\d+", head)
    found: dict[str, str] = {}
    for name, words in _INFO.findall(head):
        try:
            one = "{\\rtf1" + (page.group() if page else "") + " " + words.strip() + "}"
            plain = convert(one, encoding or "cp1252", errors="replace")
        except (ValueError, LookupError, IndexError, TypeError, KeyError, OverflowError):
            continue
        found.setdefault(name, one_line(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
    year = _YEAR.search(head)
    title = found.get("title", "")
    return Metadata(title="" if is_no_title(title) else title, authors=persons(split_authors(found.get("author", ""))),
                    year=year_of(year[1]) if year else None, guessed=("year",) if year and year_of(year[1]) else ())
