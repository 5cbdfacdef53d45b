"""The title block of a text without pages: authors, year, DOI and arXiv number between its title and its abstract.

Reads: an Extract.  Gives: it with what its first lines say, each a guess. A block is only one if an abstract follows,
or if a line says that it names the authors ("作者：", "By …").
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from kb.readers.extract import Extract
from kb.readers.identifiers import doi_of
from kb.readers.names import Names
from kb.readers.note_head import is_of_other, said_of_paper
from kb.readers.said_year import year_of_doi, year_said
from kb.words import Phrases

KINDS = frozenset(("docx", "markdown", "text", "odt", "rtf", "rst"))
_FIRST_LINES, _LONGEST = 40, 400
_BELOW = 6  # lines from the abstract on, in which a DOI says that it is one
_END = Phrases(r"^\W*(?:\d\W+)?(?:«metadata: abstract~»|key\s?words|关\s*键\s*词)(?:\W|$)", re.IGNORECASE)
_SAYS_SO = re.compile(r"^\W*(?:作\s*者|authors?|by)\s*(?:[:：]|\s(?=[A-Z]))\s*\S", re.IGNORECASE)
_SAYS_DOI = re.compile(r"\bdoi\s*[:：]\s*10\.", re.IGNORECASE)
_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5})", re.IGNORECASE)


def with_title_block(extract: Extract) -> Extract:
    """The extract with what the lines above its abstract say and it does not declare."""
    if extract.kind not in KINDS:
        return extract
    lines = [line.strip(" \t#*_>") for line in extract.text[:20_000].split("\n")]
    lines = [line for line in lines if line][:_FIRST_LINES]
    end = next((i for i, line in enumerate(lines) if i and _END.match(line)), 0)
    block = [line for line in lines[1:end] if len(line) <= _LONGEST] if end else []
    said = [line for line in lines[:8] if _SAYS_SO.match(line) and len(line) <= _LONGEST]
    m, names = extract.metadata, Names(extract.text[:100_000])
    found: dict[str, Any] = {}
    if not m.authors:
        found["authors"] = _authors(said[:1] or [line for line in block if not is_of_other(line)], names)
    words, latest = "\n".join(block), datetime.now(UTC).year + 1
    below = [unicodedata.normalize("NFKC", line) for line in lines[end:end + _BELOW]] if end else []
    if not m.doi:
        found["doi"] = doi_of(block) or doi_of(line[label.start():] for line in below
                                               if (label := _SAYS_DOI.search(line)))
    if end and not m.year or m.year and "year" in m.guessed:
        found["year"] = year_said([(line, True) for line in block], latest) or year_of_doi(
            found.get("doi") or m.doi or "")
    if not m.arxiv and (arxiv := _ARXIV.search(words)):
        found["arxiv"] = arxiv[1]
        found.setdefault("year", 2000 + int(arxiv[1][:2]))
    found = {**{name: value for name, value in said_of_paper(extract.text, names).items() if not getattr(m, name)},
             **{name: value for name, value in found.items() if value}}
    guessed = tuple(dict.fromkeys((*m.guessed, *found)))
    return dataclasses.replace(extract, metadata=dataclasses.replace(m, **found, guessed=guessed)) if found else extract


def _authors(lines: list[str], names: Names) -> tuple[str, ...]:
    """The names of the first lines that are names; what follows them is their address."""
    found: list[str] = []
    for line in lines:
        one = names.of(line)
        if not one.is_line and found:
            break
        found += one.names
    return tuple(dict.fromkeys(found))
