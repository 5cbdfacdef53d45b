"""Plain text: kept as it is; headings only where they are unmistakable.

Reads: bytes.  Gives: Extract with sections.  rst.py finds its underlined titles here too.
"""

from __future__ import annotations

import re
from collections import Counter

from kb.readers import Limits
from kb.readers.accents import join_accents
from kb.readers.decode import read_text
from kb.readers.extract import Extract, Heading, tile
from kb.readers.left_out import left_out
from kb.readers.marks import without_data
from kb.text import one_line
from kb.words import Phrases, table

_CHAPTER = Phrases(
    r"第\s*[一二三四五六七八九十百零〇两\d]{1,4}\s*(«headings: chapter»)(?:[\s:：、.．]\s*\S.{0,40}|.{0,30})")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s{1,4}(?=[A-Z\u4e00-\u9fff]).{1,70}")
_NAMED = Phrases("«headings: named~»", re.IGNORECASE)
_UNDERLINE = re.compile(r"([=\-~^\"'*+#`])\1{2,}\s*")
_ENDS_SENTENCE = tuple(".。，,；;：:!！?？")


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a plain text file. Errors: FileProblem E_ENCODING, E_TOO_BIG."""
    text, notes = read_text(data, limits, encoding)
    text, n_data = without_data(join_accents(text))
    notes = (*notes, *left_out(Counter(data=n_data)))
    return Extract("text", text, tile(len(text), headings(text)), notes=notes)


def headings(text: str) -> list[Heading]:
    """Headings of plain text: alone between blank lines and numbered, named or underlined as headings are.

    Numbers must count up from 1 with text between them: a numbered list spaced by blank lines is not a table of
    sections.
    """
    lines = text.split("\n")
    found: list[Heading] = []
    numbered: list[Heading] = []
    underlines: list[str] = []
    offset = 0
    for i, line in enumerate(lines):
        start, bare = offset, line.strip()
        offset += len(line) + 1
        if not bare or len(bare) > 80 or (i > 0 and lines[i - 1].strip()):
            continue
        below = lines[i + 1].strip() if i + 1 < len(lines) else ""
        underline = _UNDERLINE.fullmatch(below)
        if underline and len(below) >= len(bare) / 2 and not _UNDERLINE.fullmatch(bare):
            mark = underline.group(1)
            underlines += [mark] if mark not in underlines else []
            found.append(Heading(start, underlines.index(mark) + 1, one_line(bare)))
        elif not below and not bare.endswith(_ENDS_SENTENCE):
            if chapter := _CHAPTER.fullmatch(bare):
                found.append(Heading(start, int(table("headings", "chapter")[chapter.group(1)]), one_line(bare)))
            elif number := _NUMBERED.fullmatch(bare):
                numbered.append(Heading(start, number.group(1).count(".") + 1, one_line(bare)))
            elif _NAMED.fullmatch(bare):
                found.append(Heading(start, 1, one_line(bare)))
    return found + (numbered if _counts_up(text, numbered) else [])


def _counts_up(text: str, numbered: list[Heading]) -> bool:
    outer = [heading for heading in numbered if heading.level == 1]
    numbers = [int(heading.text.split(".")[0].split()[0]) for heading in outer]
    if len(outer) < 2 or numbers != list(range(1, len(outer) + 1)):
        return False
    between = [text[a.start:b.start].count("\n\n") for a, b in zip(outer, outer[1:], strict=False)]
    return all(n >= 2 for n in between)
