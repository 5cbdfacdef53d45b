"""Who cites whom: entries of reference lists, each at its place, of every document that has one for a work.

Reads: Study.  Gives: Said, a claim for each citing document (or each work cited), whose text is the entry. A work need
not be in the library: then its name, or its author and year, is looked for in the lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.store import View
from kb.study.asked import Said, Study
from kb.study.intents import Name
from kb.study.naming import AUTHOR_YEAR, letters, places_of
from kb.study.records import titled
from kb.survey.citing import has_title, known_as, matches, reference_spans
from kb.text import CJK
from kb.types import Citation, Claim, Document, DocumentInfo, RecordPlace, Words

_LEAST_TITLE, _LEAST_GUESSED = 14, 24  # letters of a title that an entry is known by; of a guessed one
_CITED = Words("{n} documents cite {name}:", "{n} 篇文献引用了{name}：")
_CITED_ONE = Words("1 document cites {name}:", "1 篇文献引用了{name}：")
_NOT_CITED = Words("None of the {n} reference lists that were read has {name}.",
                   "已读的 {n} 份参考文献列表中没有{name}。")
_UNREAD = Words("No reference list was found in {n} documents.", "有 {n} 篇文献没有找到参考文献列表。")
_NO_LIST = Words("No reference list was found in {name}.", "没有在{name}中找到参考文献列表。")
_NONE_HERE = Words("No entry of the reference list of {name} is in the library.",
                   "{name}的参考文献中没有资料库里的文献。")
_HERE, _ELSEWHERE = Words("In this library", "资料库中有"), Words("Not in this library", "资料库中没有")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a reference list."""

    document: Document
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.document.text[self.start:self.end]


def cites(asked: Study) -> Said | None:
    """Every document that has an entry for what is named."""
    name = asked.intent.names[0]
    works = asked.works(name)
    if not works and not asked.intent.is_sure:
        return None
    fits = _test(name, [asked.view.document(info.id) for info in works])
    own = {info.id for info in works}
    found: list[Entry] = []
    n_lists = n_without = 0
    for info in asked.naming.documents:
        if info.id in own:
            continue
        document = asked.view.document(info.id)
        entries = [Entry(document, start, end) for start, end in reference_spans(document)]
        n_lists, n_without = n_lists + bool(entries), n_without + (not entries)
        found += [entry for entry in entries if fits(entry.text)][:1]
    shown = titled(works[0], asked.language) if works else f"“{name.text}”"
    unread = [Claim(_UNREAD.in_(asked.language).format(n=n_without), ())] if n_without else []
    if not found:
        none = Claim(_NOT_CITED.in_(asked.language).format(n=n_lists, name=shown), ())
        return Said((none, *unread), "found" if asked.intent.counts and n_lists else "not_found")
    says = _CITED_ONE if len(found) == 1 else _CITED
    head = Claim(says.in_(asked.language).format(n=len(found), name=shown), ())
    claims = [_claim(entry, asked.view, entry.document.metadata.title) for entry in found]
    return Said((head, *claims, *unread), "found")


def cited(asked: Study) -> Said | None:
    """What the work that is named has in its reference list: first what is in the library as well."""
    name = asked.intent.names[0]
    works = asked.works(name)
    if not works:
        return asked.unknown(name) if asked.intent.is_sure else None
    claims: list[Claim] = []
    for info in works:
        document = asked.view.document(info.id)
        entries = [Entry(document, start, end) for start, end in reference_spans(document)]
        found = _cited_by(entries, asked) if entries else []
        claims += found or [Claim((_NONE_HERE if entries else _NO_LIST).in_(asked.language).format(
            name=titled(info, asked.language)), ())]
    return Said(tuple(claims), "found" if any(claim.citations for claim in claims) else "not_found")


def _cited_by(entries: Sequence[Entry], asked: Study) -> list[Claim]:
    """The entries of one list, with what the library records of those that are in it."""
    citing, its_own = entries[0].document, _test(Name(""), [entries[0].document])
    tests = [(info, _test(Name(info.title), [asked.view.document(info.id)])) for info in asked.naming.documents
             if info.id != citing.id]
    here: list[Claim] = []
    elsewhere: list[Claim] = []
    for entry in (entry for entry in entries if not its_own(entry.text)):
        info = next((info for info, fits in tests if fits(entry.text)), None)
        subject = (_HERE if info else _ELSEWHERE).in_(asked.language)
        claim = _claim(entry, asked.view, subject, info)
        (here if info else elsewhere).append(claim)
    return here if asked.intent.is_here else here + elsewhere


def _claim(entry: Entry, view: View, subject: str, cited: DocumentInfo | None = None) -> Claim:
    document = entry.document
    place: tuple[RecordPlace, ...] = ()
    if cited is not None:
        place = (RecordPlace(cited.id, cited.title, cited.path, "title", cited.title,
                             "guessed" if "title" in cited.guessed else "read"),)
    section = next((s.heading for s in document.sections if s.start <= entry.start < s.end), "")
    citation = Citation(document.id, document.metadata.title, document.path, document.page_at(entry.start), entry.start,
                        entry.end, entry.text, 1.0, (section,) if section else (), document.language,
                        is_gone=view.is_gone(document.id))
    return Claim(entry.text, (citation,), subject, place)


def _test(name: Name, works: Sequence[Document]) -> Callable[[str], bool]:
    """Whether an entry is about the works: by DOI, arXiv number or title; about a work that is not here: by its name,
    or author and year."""
    known = [known_as(work) for work in works]
    guessed = [letters(work.metadata.title) for work in works if "title" in work.metadata.guessed]
    guessed = [title for title in guessed if len(title) >= _LEAST_GUESSED]
    wanted = letters(name.text) if len(letters(name.text)) >= _LEAST_TITLE else ""
    dated = AUTHOR_YEAR.match(name.text)

    def fits(entry: str) -> bool:
        if matches(entry, known):
            return True
        if any(has_title(entry, title) for title in (*guessed, wanted) if title):
            return True
        if works:
            return False
        if dated is not None:
            return bool(places_of(entry, dated["who"].strip(" ,，"))) and dated["year"] in entry
        return _is_short_name(name.text) and bool(places_of(entry, name.text))

    return fits


def _is_short_name(text: str) -> bool:
    """Whether a name can be looked for as a word: with a capital or a digit, or in Chinese."""
    return bool(re.search(f"[A-Z0-9{CJK}]", text)) and len(text) > 1
