"""References as entries of a bibliography, for every format that is written.

Reads: Reference.  Gives: Entry; a name that cannot be parted is a name in one piece.
"""

from __future__ import annotations

from kb.answer.works import WorkKind, form_of, kind_of_work, place_of
from kb.survey.records import Reference
from kb.survey.references import family_name, is_person, link_of
from kb.types import Entry, Person

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
