"""What one work says where it cites another: the sentence, found by the number or the author and year of the entry.

Reads: two documents.  Gives: the place of the sentence, and of the cited work's own title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.answer.claims import is_statement
from kb.survey.citing import known_as, matches, reference_spans
from kb.survey.references import family_name
from kb.survey.sentences import Unit, units
from kb.survey.write.remembered import remembered
from kb.types import Document

Span = tuple[int, int]
_NUMBER = re.compile(r"^\s*[\[［]?(\d{1,3})[\]］.)、]")
_MARK = re.compile(r"[\[［]\s*\d{1,3}(?:\s*[-–,，、]\s*\d{1,3})*\s*[\]］]")
_YEARS = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
_FORMULA = re.compile(r"[=≈∑$\\]")
_LEAST, _LONGEST = 40, 320  # characters of a sentence that says something of it


@remembered
def sentences_of(document: Document) -> tuple[Unit, ...]:
    """All sentences of a document that can be quoted."""
    return tuple(units(document, None))


def said_of(citing: Document, cited: Document) -> Unit | None:
    """The sentence in which a document cites another and nothing else, the one that says most; None where none does."""
    marks = list(_marks(citing, cited))
    if not marks:
        return None
    found = [unit for unit in sentences_of(citing)
             if _LEAST <= len(unit.text) <= _LONGEST and is_statement(unit.text) and not unit.is_pair
             and any(mark.search(unit.text) for mark in marks) and _cites_one(unit.text)
             and _is_of(unit.text, cited)]
    return max(found, key=lambda unit: (len(unit.terms), -unit.start), default=None)


def _marks(citing: Document, cited: Document) -> Iterator[re.Pattern[str]]:
    """How a document refers to the entry of the other."""
    known = [known_as(cited)]
    for start, end in reference_spans(citing):
        entry = citing.text[start:end]
        if not matches(entry, known):
            continue
        if number := _NUMBER.match(entry):
            yield re.compile(rf"[\[［]\s*{number[1]}\s*[\]］]")
        if cited.metadata.authors and cited.metadata.year:
            name = re.escape(family_name(cited.metadata.authors[0]))
            yield re.compile(rf"\b{name}\b[^.;。；]{{0,40}}?\b{cited.metadata.year}\b")


def _is_of(text: str, cited: Document) -> bool:
    """Whether a sentence names the work it cites, by its first author or by the name that its title begins with, and is
    no formula and no note."""
    title = re.split(r"[:：]", cited.metadata.title)[0].strip()
    names = [family_name(author) for author in cited.metadata.authors[:1]] + [title] * (title != cited.metadata.title)
    return (any(name and name in text for name in names) and not _FORMULA.search(text)
            and not text[0].isdigit() and text[0] not in "¹²³⁴⁵⁶⁷⁸⁹")


def _cites_one(text: str) -> bool:
    """Whether a sentence cites one work only."""
    marks = _MARK.findall(text)
    return (len(marks) == 1 and not re.search(r"[-–,，、]", marks[0]) and not _YEARS.search(text)) or (
        not marks and len(_YEARS.findall(text)) == 1)
