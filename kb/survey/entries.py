"""References as entries of a bibliography, for every format that is written.

Reads: Reference.  Gives: Entry; a name that cannot be parted is a name in one piece.
"""

from __future__ import annotations

import re
import unicodedata

from kb.answer.works import WorkKind, form_of, kind_of_work, place_of
from kb.survey.records import Reference
from kb.text import CJK
from kb.types import Entry, Person
from kb.works import BODY
from kb.works import family_name as family_name

_CJK = re.compile(f"[{CJK}]")

# kind of a work -> (type of CSL, whether its venue is what it stands in)
_TYPES: dict[WorkKind, tuple[str, bool]] = {
    "journal": ("article-journal", True), "conference": ("paper-conference", True),
    "workshop": ("paper-conference", True), "preprint": ("article", False), "thesis": ("thesis", False),
    "book": ("book", False), "report": ("report", False), "web": ("webpage", True), "other": ("document", False),
}


def entry_of(r: Reference, note: str = "") -> Entry:
    """What is known of the work of a reference."""
    type_, is_container = _TYPES[kind_of_work(r)]
    venue = " ".join(place_of(r)[1].split())
    genre = {"mastersthesis": "Master's thesis", "phdthesis": "PhD thesis"}.get(form_of(r).bibtex, "")
    return Entry(r.key, type_, " ".join(r.title.split()), tuple(map(person_of, r.authors)), (),
                 str(r.year) if r.year else "", venue if is_container else "", publisher="" if is_container else venue,
                 genre=genre, doi=r.doi or "", arxiv=r.arxiv or "",
                 url="" if r.doi or r.arxiv else link_of(r) or "",
                 language="zh-CN" if r.language == "zh" else "en", note=note)


def person_of(author: str) -> Person:
    """Family and given name; whole where it is no person's, a Chinese one or one that cannot be told apart."""
    author = " ".join(author.split())
    family = family_name(author)
    given = " ".join(author.replace(family, "", 1).replace(",", " ").split())
    return Person(family, given) if given and is_person(author) else Person(author)


def is_person(author: str) -> bool:
    """Whether an author's name can be parted into a given and a family's name: no body, no Chinese name, not several
    names in one, no signs that no name has."""
    is_plain = all(c.isalpha() or unicodedata.combining(c) or c in " .,-–’'‘ʼ·" for c in author)
    return is_plain and author.count(",") < 2 and not _CJK.search(author) and not BODY.search(author) \
        and len(author.split()) < 8 and not re.search(r"\band\b|^,|,\s*$", author, re.I)


def link_of(reference: Reference) -> str | None:
    """An address a reader can open: DOI, arXiv, else the URL; None for anything that is not http."""
    if reference.doi:
        return f"https://doi.org/{reference.doi}"
    if reference.arxiv:
        return f"https://arxiv.org/abs/{reference.arxiv}"
    return reference.url if reference.url and re.match(r"https?://", reference.url) else None
