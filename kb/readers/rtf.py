"""Rich text (.rtf): its words, headings by their outline level.

Reads: bytes.  Gives: Extract. striprtf (8 KB, Python) pays its rent with code pages, Unicode escapes and the groups
that hold no words. What it does not know, headings, cells, raised characters, is put into the text as signs before
(rtf_marks.py), and taken out after.
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
from kb.readers.rtf_marks import CELL, LEVELS, head_of, level_of, marked, set_apart, with_scripts
from kb.text import mend, one_line
from kb.types import Metadata, Words

Convert = Callable[..., str]
_PICTURE = re.compile(rb"[0-9a-fA-F\r\n]{2000,}")  # no words: the bytes of a picture or an object
_HIDDEN = re.compile(r"\{(?:\\[a-z]+-?\d* ?)*\\(?:v|deleted|strike)(?![a-z\d])[^{}]*\}")
_INFO = re.compile(r"\{\\(title|author|doccomm)((?:[^{}\\]|\\.)*)\}", re.DOTALL)
_LONGEST_NOTE = 5000
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
    n_comments = len(re.findall(r"\{\\\*\\annotation(?![a-z])", source))
    source, notes, boxes = set_apart(source)
    head = head_of(source)

    def text_of(part: str) -> str:
        try:
            text = rtf_to_text(marked(part), encoding or "cp1252", errors="replace")
        except (ValueError, LookupError, IndexError, TypeError, KeyError, OverflowError, AttributeError) as error:
            # striprtf takes numbers in the right places for granted
            raise Unreadable("E_PARSE", detail=one_line(f"{type(error).__name__}: {error}", 160)) from error
        return with_scripts(mend(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))

    draft = Draft(limits)
    _write(draft, text_of(source))
    for box in boxes:
        _write(draft, text_of(head + box + "}"))
    for number, words in enumerate(notes, 1):
        draft.paragraph(f"[^{number}]: {one_line(text_of(head + words + '}'), _LONGEST_NOTE)}")
    return draft.extract("rtf", metadata, left_out({"hidden": n_hidden, "comment": n_comments}))


def _write(draft: Draft, text: str) -> None:
    """Each line is a paragraph of the file; rows of tables end with the sign that parts their cells."""
    own = {text[heading.start:].split("\n", 1)[0].strip(): heading.level for heading in headings(text)} \
        if not LEVELS.search(text) else {}
    rows: list[list[str]] = []
    for line in [*text.split("\n"), ""]:
        level = level_of(line)
        words = LEVELS.sub("", line).strip()
        if CELL in words:
            rows.append(words.split(CELL)[:-1])
            continue
        if rows:
            if max(map(len, rows)) > 1:
                draft.table(rows)
            else:  # a frame round some words
                for row in rows:
                    draft.paragraph(row[0])
            rows = []
        if level:
            draft.heading(level, words)
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
