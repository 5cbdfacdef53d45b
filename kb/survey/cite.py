"""Documents as references by themselves, without a survey around them.

Reads: documents.  Gives: CitedWork for each, in a style of the surveys' or as an entry for other programs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kb.bibliography.bibtex import to_bibtex
from kb.bibliography.csl import to_item
from kb.bibliography.ris import to_ris
from kb.bibliography.styles import gbt7714
from kb.errors import SettingError
from kb.messages import one_of
from kb.survey.folder import dumps
from kb.survey.records import STYLES, Request, Style, Survey
from kb.survey.references import entry, gaps, make_reference, with_distinct_keys
from kb.survey.render.export import export
from kb.types import Document, Entry, Language, Record

# Said again in cli/quote.py, so that no other command loads the surveys; tests/survey/test_cite.py holds them equal.
FORMS = (*STYLES, "bibtex", "ris", "csl")


@dataclass(frozen=True, slots=True)
class CitedWork(Record):
    """A document's entry in a list of references. key: what BibTeX calls it.  missing: of author, year, and DOI, arXiv
    number or address, what is not known; guessed: fields that were inferred."""

    document: str
    title: str
    key: str
    entry: str
    missing: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()


_WRITTEN: dict[str, Callable[[Entry], str]] = {
    "bibtex": to_bibtex, "ris": to_ris, "gbt7714": gbt7714, "csl": lambda entry: dumps([to_item(entry)])}


def cite(documents: Sequence[Document], style: str | None, language: Language | None,
         entries: Mapping[str, Entry] | None = None) -> tuple[CitedWork, ...]:
    """An entry for each document, in their order. style: None for what is usual in the entry's language.  language: of
    our words in it; None for the document's own.  entries: what a bibliography said of documents, with volume
    and pages; BibTeX, RIS, CSL and GB/T 7714 are written of that. Errors: SettingError for a style that is none."""
    if style is not None and style not in FORMS:
        raise SettingError("E_SETTING", name="--style", value=style, detail=one_of(FORMS))
    references = with_distinct_keys([make_reference(document, 0.0) for document in documents])
    found = []
    for document, reference in zip(documents, references, strict=True):
        spoken = language or document.language
        chosen: Style | None = next((known for known in STYLES if known == style), None)
        usual = style or ("gbt7714" if spoken == "zh" else "numeric")
        known_entry = (entries or {}).get(document.id)
        if known_entry is not None and usual in _WRITTEN:
            reference = replace(reference, key=known_entry.key)
            text = _WRITTEN[usual](known_entry)
        elif style is None or chosen is not None:
            text = entry(reference, chosen or ("gbt7714" if spoken == "zh" else "numeric"), spoken)
        else:
            alone = Survey(Request(document.metadata.title, spoken), "", "extractive", "", (), (), (), (reference,))
            text = "".join(data.decode() for data in export(alone, style, {document.id: document}).values())
        found.append(CitedWork(document.id, reference.title, reference.key, text.strip(), tuple(gaps(reference)),
                               reference.guessed))
    return tuple(found)
