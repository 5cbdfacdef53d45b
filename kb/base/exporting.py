"""Bibliographies out: what is known of documents as entries, in every format.

Reads: one view of the library.  Gives: Entry for each document, text for all of them. What a bibliography said of a
document that its metadata do not have (volume, pages, publisher) comes from there; what a reader set wins.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from kb.bibliography.bibtex import to_bibtex
from kb.bibliography.csl import to_item
from kb.bibliography.obsidian import Work, to_notes
from kb.bibliography.ris import to_ris
from kb.bibliography.styles import apa, gbt7714
from kb.readers.entry import KIND, said_by
from kb.store import View
from kb.survey.citing import citation_graph
from kb.survey.entries import entry_of, person_of
from kb.survey.references import make_reference
from kb.types import Document, Entry, Language

FORMATS = ("bibtex", "ris", "csl", "apa", "gbt7714")
_ABSTRACT = re.compile(r"^\W*(?:\d\W+)?(?:abstract|摘\s*要)\W*$", re.IGNORECASE)
_LONGEST_ABSTRACT = 3000


def entries_of(view: View, documents: Sequence[str]) -> dict[str, Entry]:
    """Document -> its entry, with keys of which none is twice."""
    rows = {row.document: row for row in reversed(view.entries.rows())}
    found = {name: _entry(view.document(name), rows[name].record if name in rows else None) for name in documents}
    n = Counter(entry.key for entry in found.values())
    return {name: dataclasses.replace(entry, key=f"{entry.key}-{name[:6]}") if n[entry.key] > 1 else entry
            for name, entry in found.items()}


def _entry(document: Document, imported: Entry | None) -> Entry:
    reference = make_reference(document, 0.0)
    guessed = "; ".join([f"guessed: {', '.join(reference.guessed)}"] if reference.guessed else [])
    made = entry_of(reference, guessed)
    if imported is None:
        return dataclasses.replace(made, abstract=abstract_of(document))
    m, said = document.metadata, said_by(imported)[0]
    values: dict[str, object] = {"title": m.title, "key": re.sub(r"[\s,{}\\\"#%~'=()]", "", imported.key) or made.key,
                                 "doi": m.doi or "", "arxiv": m.arxiv or ""}
    if m.authors != said.authors:
        people = {person.full: person for person in imported.authors}
        values["authors"] = tuple(people.get(name, person_of(name)) for name in m.authors)
    if m.year != imported.year:
        values["issued"] = str(m.year) if m.year else ""
    if m.venue != said.venue:
        values |= {"container": made.container, "publisher": made.publisher, "type": made.type}
    return dataclasses.replace(imported, **values)  # type: ignore[arg-type]


def abstract_of(document: Document) -> str:
    """What a document says under a heading "Abstract"; "" where it has none."""
    found = next((section for section in document.sections if _ABSTRACT.match(section.heading)), None)
    if found is None:
        return ""
    _, _, text = document.text[found.start:found.end].partition("\n")
    return " ".join(text.split())[:_LONGEST_ABSTRACT]


def written(entries: Iterable[Entry], style: str) -> str:
    """The entries as one text. style: of FORMATS."""
    several = list(entries)
    if style == "csl":
        return json.dumps([to_item(entry) for entry in several], ensure_ascii=False, indent=2) + "\n"
    if style in ("bibtex", "ris"):
        return "\n".join(map(to_bibtex if style == "bibtex" else to_ris, several))
    return "\n".join(map(apa if style == "apa" else gbt7714, several)) + ("\n" if several else "")


def fullest(view: View, documents: Sequence[str]) -> list[str]:
    """Of each work the document that has most of its text, of these documents and in their order."""
    chosen = set(view.works().once(documents))
    return [name for name in documents if name in chosen]


def notes_of(view: View, documents: Sequence[str], language: Language) -> dict[str, str]:
    """File name -> Markdown, one for each work, with a reader's notes and highlights on it."""
    entries, filed = entries_of(view, documents), view.filing.of(documents)
    infos = {info.id: info for info in view.documents()}
    works = [Work(name, entries[name], filed[name].collections if name in filed else (),
                  filed[name].tags if name in filed else (), _own(view, name), infos[name].kind == KIND)
             for name in documents]
    edges = citation_graph([view.document(name) for name in documents]).edges
    return to_notes(works, [(edge.citing, edge.cited) for edge in edges], language)


def _own(view: View, document: str) -> tuple[str, ...]:
    """What a reader wrote on a document, each in one line: the quote it is on, then the words."""
    return tuple(" ".join(": ".join(part for part in (f"“{note.quote}”" if note.quote else "", note.text)
                                    if part).split()) for note in view.notes.of(document))
