"""A file of bibliographic entries: BibTeX, RIS, CSL JSON or the XML of EndNote, by what stands in it.

Reads: bytes.  Gives: Extract whose text is the entries as JSON, to be taken apart by `from_extract`; with each entry
that could not be read, and why.
"""

from __future__ import annotations

import json
import re

from kb.errors import FileProblem
from kb.readers import Limits
from kb.readers.decode import read_text
from kb.readers.entry_fields import Entries, Unread
from kb.readers.extract import Extract
from kb.types import Entry, Words

_RIS = re.compile(r"^\s*TY {0,2}- ?", re.MULTILINE)
_BIBTEX = re.compile(r"^[^\S\n]*@\s*[A-Za-z]+\s*[{(]", re.MULTILINE)
_XML = re.compile(rb"\s*(?:<\?xml[^>]*>)?\s*(?:<!DOCTYPE[^>]*>|<!--.*?-->|\s)*<(?:xml|records|record)\b",
                  re.DOTALL | re.IGNORECASE)


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The entries of a file as JSON. Errors: FileProblem E_BIBLIOGRAPHY for a file that is no bibliography."""
    found = _read(data, limits, encoding)
    return Extract("bibliography", json.dumps({
        "kind": found.kind, "entries": [entry.to_json() for entry in found.entries],
        "problems": [[where, why.en, why.zh] for where, why in found.problems]}))


def from_extract(extract: Extract) -> Entries:
    """What `read` found."""
    found = json.loads(extract.text)
    return Entries(found["kind"], tuple(Entry.from_dict(item) for item in found["entries"]),
                   tuple(Unread(where, Words(en, zh)) for where, en, zh in found["problems"]))


def _read(data: bytes, limits: Limits, encoding: str | None) -> Entries:
    if _XML.match(data[:4000].lstrip(b"\xef\xbb\xbf")):
        from kb.readers.endnote_xml import read_endnote

        return read_endnote(data)
    text, _ = read_text(data, limits, encoding)
    if text.lstrip("\ufeff \r\n\t")[:1] in ("[", "{"):
        from kb.readers.csl_json import read_csl

        return read_csl(text)
    if _RIS.search(text) and not _BIBTEX.search(text[:_RIS.search(text).start()]):  # type: ignore[union-attr]
        from kb.readers.ris import read_ris

        return read_ris(text)
    if _BIBTEX.search(text):
        from kb.readers.bibtex_entries import read_bibtex

        return read_bibtex(text)
    raise FileProblem("E_BIBLIOGRAPHY", detail=Words("no entry of BibTeX, RIS, CSL JSON or EndNote XML in it",
                                                     "其中没有 BibTeX、RIS、CSL JSON 或 EndNote XML 的条目"))
