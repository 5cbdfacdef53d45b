"""The DOI and the arXiv number of a document, off its first page.

Reads: rows of text.  Gives: a number or "". A DOI is found however it is set: in full-width letters, with spaces beside
its marks, over a line end, with the underscore drawn as a rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from kb.readers.refused import is_no_doi

_ARXIV = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE)
_BODY = r"[^\s\"<>，。；;、]+"
_DOI = re.compile(rf"\b(10\.\d{{4,9}}/{_BODY}[^\s\"<>.,;:)\]，。；])")
_LABELLED = re.compile(r"\bdoi\s*[:：]?\s*(?:https?://(?:dx\.)?doi\.org/)?(?=10\s?\.)", re.IGNORECASE)
_SPACED = re.compile(r"(?<=[\w/])\s*([./_])\s*(?=[\w])|(?<=\d)\s+(-)\s*(?=\d)|(?<=\d)\s*(-)\s+(?=\d)")
_CHAPTER = re.compile(r"(10\.\d{4,5}/97[89][\d-]{10,15})(?:\s|˙|¯|_\s)\s?(\d{1,3})$")
_SLASH = re.compile(r"(?<=10\.\d{4})(\d?)\s*[?∕⁄\\\ufffd]\s*(?=\w)")  # whose letter the font does not say
_OPEN = re.compile(r"[./_-]$")


def arxiv_of(text: str) -> str:
    """The arXiv number in a text, without its version."""
    found = _ARXIV.search(text)
    return found[1] if found else ""


def doi_of(lines: Iterable[str]) -> str:
    """The DOI that lines of text name, or "": one behind "DOI:" before any other. lines: as they stand in the file."""
    lines = [unicodedata.normalize("NFKC", line).strip() for line in lines]
    labelled = (_joined(lines, i, found.end()) for i, line in enumerate(lines) if (found := _LABELLED.search(line)))
    for text in (*labelled, *(_chapter(line) for line in lines), "\n".join(lines)):
        for found in _DOI.finditer(text):
            doi = _unclosed(found[1])
            if not is_no_doi(doi):
                return doi
    return ""


def _joined(lines: list[str], i: int, start: int) -> str:
    """What stands behind a label, its marks closed up, with the next line where the end asks for one."""
    text = _SPACED.sub(r"\1\2\3", _SLASH.sub(r"\1/", _chapter(lines[i][start:])))
    after = lines[i + 1] if i + 1 < len(lines) else ""
    if _OPEN.search(text) and " " not in text and re.match(r"[\w.-]*\d[\w.-]*$", after):
        text += after
    return text


def _chapter(text: str) -> str:
    """A chapter's DOI with its underscore, which is drawn as a rule: 10.1007/978-3-030-12345-6_13."""
    return _CHAPTER.sub(r"\1_\2", text.strip())


def _unclosed(doi: str) -> str:
    """A DOI without the bracket that closes what it stands in."""
    while doi[-1:] in ")]" and doi.count("(") < doi.count(")"):
        doi = doi[:-1]
    return doi.rstrip(".,;:")
