"""The references of a survey as BibTeX and RIS, for other programs. What is missing is left out and said in a note."""

from __future__ import annotations

from kb.bibliography.bibtex import render
from kb.bibliography.ris import to_ris as to_record
from kb.survey.entries import entry_of
from kb.survey.records import Reference, Survey
from kb.survey.references import form_of, gaps, is_person, link_of, place_of
from kb.survey.render.layout import sure_of
from kb.survey.render.tex import escape


def to_bibtex(survey: Survey) -> str:
    """One entry a reference, in the order of keys. Text that is not ASCII stays as it is (UTF-8)."""
    sure = recognised(survey)
    return "\n".join(_bibtex(r, sure.get(r.document, "")) for r in sorted(survey.references, key=lambda r: r.key))


def recognised(survey: Survey) -> dict[str, str]:
    """Document -> how sure the recogniser is of the worst of its quotes that were pictures of pages."""
    rows = [row for row in survey.evidence if row.recognised is not None]
    return {row.document: sure_of(row) for row in sorted(rows, key=lambda row: row.recognised or 0, reverse=True)}


def _bibtex(r: Reference, sure: str) -> str:
    kind, (place, venue) = form_of(r).bibtex, place_of(r)
    # what its style asks for and is not there, BibTeX would complain of
    if not r.authors or not venue and kind != "misc":
        kind, place = "misc", "howpublished"
    authors = [name for author in r.authors if (name := _name(author))]
    fields = {
        "author": " and ".join(authors), "title": f"{{{escape(r.title)}}}",
        place: escape(venue), "year": str(r.year or "n.d."), "key": "" if authors else f"{{{escape(r.title)}}}",
        "doi": r.doi or "", "eprint": r.arxiv or "", "archiveprefix": "arXiv" if r.arxiv else "",
        "url": "" if r.doi else link_of(r) or "", "note": escape("; ".join(notes_of(r, sure)))
    }
    return render(kind, r.key, fields)


def notes_of(r: Reference, sure: str) -> list[str]:
    """What is missing, where it was read instead, what was guessed and what was recognised."""
    missing = [f"not given: {', '.join(gaps(r))}"] if gaps(r) else []
    return [
        *missing, *([f"read from the file {r.file}"] if r.file and not link_of(r) else []),
        *([f"guessed: {', '.join(r.guessed)}"] if r.guessed else []),
        *([f"quotes recognised in pictures of its pages (OCR), confidence {sure} at the least"] if sure else [])
    ]


def _name(author: str) -> str:
    """A person's name for BibTeX to split; anything else whole, between braces: a body, a Chinese name, several names
    in one, brackets, which would end the label that natbib makes of it."""
    author = " ".join(author.replace("{", "").replace("}", "").split())
    return escape(author) if is_person(author) and " " in author else f"{{{escape(author)}}}" if author else ""


def to_ris(survey: Survey) -> str:
    """One record a reference. """
    sure = recognised(survey)
    return "\n".join(_ris(r, sure.get(r.document, "")) for r in sorted(survey.references, key=lambda r: r.key))


def _ris(r: Reference, sure: str) -> str:
    return to_record(entry_of(r, "; ".join(notes_of(r, sure))))
