"""Works as Markdown files that Obsidian and others link: front matter, abstract, who cites whom.

Reads: Entry and what the library knows beside it.  Gives: file name -> text. Below the last line of ours the file is
the reader's own: what stands there stays when it is written again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.types import Entry, Language, Words

OWN = "%% kb: {words} %%"
_OWN = Words("what stands below this line is yours and stays", "此行以下由你书写，重新导出时保留")
_MARK = re.compile(r"^%% kb: [^\n]* %%[ \t]*$", re.MULTILINE)
_FORBIDDEN = re.compile(r'[\[\]#^|\\/:*?"<>\x00-\x1f%]+')
_LONGEST = 120
_WORDS = {"abstract": Words("Abstract", "摘要"), "cites": Words("Cites", "引用"),
          "cited": Words("Cited by", "被引"), "notes": Words("Notes", "笔记"),
          "alone": Words("Only the abstract is in the library.", "库中只有摘要。")}


@dataclass(frozen=True, slots=True)
class Work:
    """A work to be written. document: the id of its fullest text; notes: what a reader wrote on it; is_abstract:
    whether nothing else of its text is there."""

    document: str
    entry: Entry
    collections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_abstract: bool = False


def file_names(works: Sequence[Work]) -> dict[str, str]:
    """Document -> a file's name without suffix, each once: "Vaswani 2017 Attention Is All You Need"."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for work in works:
        e = work.entry
        who = e.authors[0].family if e.authors else ""
        name = " ".join(_FORBIDDEN.sub(" ", f"{who} {e.issued[:4]} {e.title}").split())[:_LONGEST].strip(" .") or e.key
        if name.casefold() in taken:
            name = f"{name} {work.document[:6]}"
        taken.add(name.casefold())
        found[work.document] = name
    return found


def to_notes(works: Sequence[Work], cites: Sequence[tuple[str, str]], language: Language) -> dict[str, str]:
    """File name -> text, for all works. cites: (citing document, cited document)."""
    names = file_names(works)
    out: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for one, two in cites:
        if one in names and two in names and one != two:
            out.setdefault(one, []).append(names[two])
            back.setdefault(two, []).append(names[one])
    return {f"{names[w.document]}.md": _text(w, out.get(w.document, []), back.get(w.document, []), language)
            for w in works}


def merged(new: str, old: str) -> str | None:
    """The new text with what a reader wrote below the mark of the old one; None for an old one that is not ours."""
    found = list(_MARK.finditer(old))
    return new.rstrip("\n") + old[found[-1].end():] if found else None


def _text(work: Work, cites: Sequence[str], cited: Sequence[str], language: Language) -> str:
    e = work.entry
    front: Mapping[str, object] = {
        "title": e.title, "aliases": [e.title], "authors": [person.full for person in e.authors], "year": e.year,
        "date": e.issued if len(e.issued) > 4 else "", "venue": e.container or e.publisher, "type": e.type,
        "doi": e.doi, "arxiv": e.arxiv, "url": e.url, "citekey": e.key, "tags": [_tag(tag) for tag in work.tags],
        "collections": list(work.collections), "kb-document": work.document}
    lines = ["---", *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items() if value),
             "---", "", f"# {_line(e.title)}", ""]
    if work.is_abstract:
        lines += [f"> {_WORDS['alone'].in_(language)}", ""]
    if e.abstract:
        lines += [f"## {_WORDS['abstract'].in_(language)}", "", _line(e.abstract), ""]
    for word, several in (("cites", cites), ("cited", cited)):
        if several:
            lines += [f"## {_WORDS[word].in_(language)}", "", *(f"- [[{name}]]" for name in dict.fromkeys(several)), ""]
    if work.notes:
        lines += [f"## {_WORDS['notes'].in_(language)}", "", *(f"- {note}" for note in work.notes), ""]
    return "\n".join([*lines, OWN.format(words=_OWN.in_(language)), ""])


def _tag(tag: str) -> str:
    """A tag as Obsidian takes it: no spaces or signs."""
    return re.sub(r"[^\w/-]+", "-", tag).strip("-") or "tag"


def _line(text: str) -> str:
    """Text that is no Markdown of its own, nor a link."""
    return re.sub(r"([\\`*_\[\]<>#%])", r"\\\1", " ".join(text.split()))
