"""Rows that tie quotes and places of documents to what they show.

Reads: a document and a place.  Gives: Evidence.
"""

from __future__ import annotations

import hashlib

from kb.survey.records import Evidence
from kb.survey.sentences import Unit
from kb.types import Document


def make_evidence(name: str, sentence: str, unit: Unit, score: float, document: Document, method: str) -> Evidence:
    """The row that ties a quote to its place."""
    return Evidence(name, sentence, document.id, document.page_at(unit.start), unit.start, unit.end, unit.text,
                    page_digest(document, unit.start), round(score, 4), method,
                    document.confidence(unit.start, unit.end))


def place_evidence(name: str, sentence: str, document: Document, span: tuple[int, int]) -> Evidence:
    """The row that ties a place of a document to what it shows."""
    start, end = span
    return Evidence(name, sentence, document.id, document.page_at(start), start, end, document.text[start:end],
                    page_digest(document, start), 1.0, "extract", document.confidence(start, end))


def letter(i: int) -> str:
    """a, b … z, aa, ab …"""
    return (letter(i // 26 - 1) if i >= 26 else "") + chr(97 + i % 26)


def page_digest(document: Document, offset: int) -> str:
    """sha-256 of the text of the page that holds the offset; of the whole text where there are no pages."""
    page = next((page for page in document.pages if page.start <= offset < page.end), None)
    text = document.text[page.start:page.end] if page else document.text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
