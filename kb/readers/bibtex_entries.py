"""BibTeX and BibLaTeX as entries: what each type and field means, and what an entry takes from the one it refers to.

Reads: the text of a .bib file.  Gives: Entries.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from kb.readers.bibtex import parse, shown
from kb.readers.entry_fields import (
    NO_TITLE,
    Entries,
    Unread,
    arxiv_in,
    date_of,
    doi_in,
    keywords_of,
    pages_of,
    settled,
)
from kb.readers.person_names import bibtex_names
from kb.text import one_line
from kb.types import ENTRY_TYPES, Entry, Words

_TYPES = {
    "article": "article-journal", "inproceedings": "paper-conference", "conference": "paper-conference", "book": "book",
    "mvbook": "book", "collection": "book", "proceedings": "book", "booklet": "book", "manual": "book",
    "inbook": "chapter", "incollection": "chapter", "phdthesis": "thesis", "mastersthesis": "thesis",
    "thesis": "thesis", "techreport": "report", "report": "report", "online": "webpage", "electronic": "webpage",
    "www": "webpage", "unpublished": "manuscript", "patent": "patent", "dataset": "dataset", "software": "software",
    "standard": "standard", "newspaper": "article-newspaper", "periodical": "article-journal",
}
_GENRES = {"phdthesis": "PhD thesis", "mastersthesis": "Master's thesis", "mathesis": "Master's thesis",
           "candthesis": "Candidate thesis"}
_NOT_TEXT = ("url", "doi", "file", "eprint", "urldate", "localfile", "pdf", "bdsk-url-1", "bdsk-file-1")
_NOT_TAKEN = ("title", "subtitle", "key", "crossref", "xdata", "label", "note", "keywords", "abstract", "ids", "doi",
              "url", "pages")
_NUMBERED = ("report", "patent", "standard")
_KEY = re.compile(r"[^\S\n]*@\s*[A-Za-z]+\s*[{(]\s*([^\s,=(){}]+)")
# What bibtexparser says, in words for who has to mend it.
_SAYS = (("Unexpected block start", Words("a brace or a quotation mark in it is not closed",
                                          "其中有括号或引号没有闭合")),
         ("Unexpectedly reached end", Words("it is not closed before the end of the file", "到文件末尾仍没有闭合")),
         ("Expected comma after entry key", Words("there is no comma after its key", "条目键之后缺少逗号")),
         ("Expected either a `,`", Words("a comma or its last brace is missing", "缺少逗号或最后的括号")),
         ("Expected", Words("there is no = after the name of a field", "字段名之后缺少等号")))


def read_bibtex(text: str) -> Entries:
    """Every entry of a .bib file that has a title."""
    found = parse(text, is_plain=False)
    lines = text.split("\n")
    problems = [_unread(problem, lines) for problem in found.problems]
    entries = []
    for key, fields in found.entries.items():
        kind = found.types[key]
        if kind == "xdata" or kind == "set":
            continue
        entry = _entry(key.partition("\0")[0], kind, _with_parents(fields, kind, found.entries))
        if entry.title:
            entries.append(entry)
        else:
            problems.append(Unread(entry.key, NO_TITLE))
    return Entries("BibTeX", tuple(dict.fromkeys(entries)), tuple(problems))


def _unread(problem: str, lines: Sequence[str]) -> Unread:
    """What could not be understood, by the key that stands in its line, in plain words where they are known."""
    line, _, said = problem.partition(": ")
    number = int(line.removeprefix("line ")) if line.removeprefix("line ").isdigit() else 0
    key = _KEY.match(lines[number - 1]) if 0 < number <= len(lines) else None
    words = next((words for begins, words in _SAYS if said.startswith(begins)), Words(said, said))
    return Unread(f"{key[1]} ({line})" if key else line, words)


def _with_parents(fields: Mapping[str, str], kind: str, every: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """The fields with those of the entries that `crossref` and `xdata` name, where it has none of its own; the title of
    a parent is the book it stands in."""
    for name in re.findall(r"[^,\s]+", f"{fields.get('crossref', '')} {fields.get('xdata', '')}"):
        parent = every.get(name)
        if parent is None or parent is fields:
            continue
        taken = {key: value for key, value in parent.items() if key not in _NOT_TAKEN or name in
                 fields.get("xdata", "").split(",") and key != "xdata"}
        if "title" in parent and kind in ("inproceedings", "incollection", "inbook", "conference"):
            taken.setdefault("booktitle", parent["title"])
        fields = {**taken, **fields}
    return fields


def _entry(key: str, kind: str, fields: Mapping[str, str]) -> Entry:
    def said(*names: str) -> str:
        for name in names:
            value = fields.get(name, "")
            if line := one_line(value if name in _NOT_TEXT else shown(value), 20_000):
                return line
        return ""

    type_, genre = _TYPES.get(kind, "document"), said("type")
    is_said = said("entrysubtype") in ENTRY_TYPES
    type_ = said("entrysubtype") if is_said else type_
    genre = _GENRES.get(genre, genre or _GENRES.get(kind, ""))
    if type_ not in ("thesis", "report", "document", "webpage", "patent", "standard", "manuscript"):
        genre = ""  # "Journal Article", which its type says
    title, subtitle = said("title"), said("subtitle")
    how = said("howpublished")
    url = next((link for text in (said("url", "link"), fields.get("howpublished", ""), fields.get("note", ""))
                if "://" in (link := _bare(text))), "")
    if not is_said and type_ == "document" and url and not said("booktitle", "journal", "publisher"):
        type_ = "webpage"
    eprint = said("eprint")
    is_arxiv = said("archiveprefix", "eprinttype").lower() == "arxiv" or "arxiv" in eprint.lower()
    publisher = said("publisher", "school", "institution", "organization")
    publisher = publisher or (how if "://" not in how else "")
    doi = doi_in(_bare(said("doi")), said("url") if "doi.org" in said("url") else "")
    if not is_said and type_ == "document" and is_arxiv:
        type_ = "article"
    container = said("journal", "journaltitle", "booktitle")
    publisher = "" if publisher == container and how else publisher
    entry = Entry(
        key=key, type=type_, title=f"{title}: {subtitle}" if subtitle and title else title,
        authors=bibtex_names(fields.get("author", "")), editors=bibtex_names(fields.get("editor", "")),
        issued=date_of(said("date", "year"), said("month"), said("day")),
        container=container, volume=said("volume"),
        issue=said("number", "issue") if type_ not in _NUMBERED else "", pages=pages_of(said("pages", "eid")),
        publisher=publisher, place=said("address", "location"), edition=said("edition"),
        number=said("number") if type_ in _NUMBERED else "", genre=genre, doi=doi,
        arxiv=arxiv_in(eprint) if is_arxiv else "", isbn=said("isbn"), issn=said("issn"), url=url,
        accessed=date_of(said("urldate")), abstract=said("abstract"),
        keywords=keywords_of([said("keywords", "keyword")]), language=said("language", "langid"),
        note=said("note", "annote", "annotation"), files=_files(fields.get("file", "")))
    found = settled(entry)
    return dataclasses.replace(found, type=type_) if is_said else found


def _bare(value: str) -> str:
    r"""An address or a number as it is meant: without \url{…}, and without the backslashes that TeX wanted."""
    value = re.sub(r"\\(?:url|href)\s*\{([^{}]*)\}(?:\{[^{}]*\})?", r"\1", value)
    value = re.sub(r"\{?\\(?:textunderscore|_)\}?(?:\{\})?", "_", value)
    value = value.replace(r"{\textasciitilde}", "~").replace(r"\textasciitilde{}", "~").replace(r"\~{}", "~")
    value = re.sub(r"\\([%&#$~_{}])", r"\1", value)
    found = re.search(r"https?://\S+", value)
    return found.group().rstrip("},;") if found else value.strip("{} ")


def _files(value: str) -> tuple[str, ...]:
    """The paths in the field `file`: "Full Text:files/1/a.pdf:application/pdf;…" of Zotero, ":a.pdf:PDF" of JabRef,
    paths alone."""
    found = []
    for part in re.split(r"(?<!\\);", value):
        pieces = [re.sub(r"\\([:;\\_{}&%#$])", r"\1", piece) for piece in re.split(r"(?<!\\):", part)]
        if len(pieces) >= 3:
            path = ":".join(pieces[1:-1])
        elif len(pieces) == 2 and len(pieces[0]) != 1:  # not a drive
            path = pieces[0] if "." in pieces[0] else pieces[1]
        else:
            path = ":".join(pieces)
        found += [path.strip()] if path.strip() else []
    return tuple(found)
