"""The references of a survey as CSL JSON, which Zotero, Pandoc and citeproc read. What is missing is left out and said
in a note."""

from __future__ import annotations

from typing import Any

from kb.survey.folder import dumps
from kb.survey.records import Reference, Survey
from kb.survey.references import family_name, is_person, kind_of_work, link_of, place_of
from kb.survey.render.bibliography import notes_of, recognised

# kind of a work -> (type, the variable its venue stands in). Source: CSL 1.0.2, appendices III and IV.
_TYPES = {
    "journal": ("article-journal", "container-title"), "conference": ("paper-conference", "container-title"),
    "workshop": ("paper-conference", "container-title"), "preprint": ("article", "publisher"),
    "thesis": ("thesis", "publisher"), "book": ("book", "publisher"), "report": ("report", "publisher"),
    "web": ("webpage", "container-title"), "other": ("document", "publisher")
}


def to_csl(survey: Survey) -> str:
    """A list of items, in the order of keys."""
    sure = recognised(survey)
    return dumps([_item(r, sure.get(r.document, "")) for r in sorted(survey.references, key=lambda r: r.key)])


def _item(r: Reference, sure: str) -> dict[str, Any]:
    kind, place = _TYPES[kind_of_work(r)]
    fields: dict[str, Any] = {
        "author": [_name(author) for author in r.authors], "title": _line(r.title), place: _line(place_of(r)[1]),
        "issued": {"date-parts": [[r.year]]} if r.year else None, "DOI": r.doi,
        "number": f"arXiv:{r.arxiv}" if r.arxiv and kind == "article" else None, "URL": link_of(r),
        "language": "zh-CN" if r.language == "zh" else "en", "note": "; ".join(notes_of(r, sure))
    }
    return {"id": r.key, "type": kind, **{name: value for name, value in fields.items() if value}}


def _name(author: str) -> dict[str, str]:
    """Family and given name; whole where it is no person's, a Chinese one or one that cannot be told apart."""
    author = _line(author)
    family = family_name(author)
    given = " ".join(author.replace(family, "", 1).replace(",", " ").split())
    return {"family": family, "given": given} if given and is_person(author) else {"literal": author}


def _line(value: str) -> str:
    return " ".join(value.split())
