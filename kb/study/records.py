"""Answers from what the library records of its documents: who wrote them, when, where, how many there are of a kind.

Reads: a LibraryIntent and the documents it is about.  Gives: claims, whose words are frames around recorded values,
each with its RecordPlace. A value that nobody gave is said to be missing, a guessed one to be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kb.messages import fill
from kb.store import View
from kb.study.filters import Filters, is_institution
from kb.study.intents import LibraryIntent
from kb.study.naming import Naming, places_of
from kb.study.people import people_in, persons_in, written_by
from kb.study.question import Said
from kb.study.times import Span
from kb.text import search_terms, trim
from kb.types import Citation, Claim, DocumentInfo, Language, RecordPlace, Support, Words
from kb.words import Phrases

_FIELDS = {"author": "authors", "date": "year", "venue": "venue"}
_FIRST = {"first", "第一", "首位"}
_LAST = {"last", "末位"}
_SECOND = {"second", "第二"}
_SAYS = {
    "authors": Words("The authors of {title}: {value}{guessed}.", "{title}的作者：{value}{guessed}。"),
    "author": Words("The author of {title}: {value}{guessed}.", "{title}的作者：{value}{guessed}。"),
    "first": Words("The first author of {title}: {value}{guessed}.", "{title}的第一作者：{value}{guessed}。"),
    "second": Words("The second author of {title}: {value}{guessed}.", "{title}的第二作者：{value}{guessed}。"),
    "last": Words("The last author of {title}: {value}{guessed}.", "{title}的末位作者：{value}{guessed}。"),
    "n_authors": Words("{title} has {n} recorded authors: {value}{guessed}.",
                       "{title}记录有 {n} 位作者：{value}{guessed}。"),
    "year": Words("The year of {title}: {value}{guessed}.", "{title}的年份：{value}{guessed}。"),
    "venue": Words("Where {title} appeared: {value}{guessed}.", "{title}的出处：{value}{guessed}。"),
}
_MISSING = {
    "authors": Words("No author is recorded of {title}.", "没有记录{title}的作者。"),
    "year": Words("No year is recorded of {title}.", "没有记录{title}的年份。"),
    "venue": Words("No venue is recorded of {title}.", "没有记录{title}的出处。"),
}
_GUESSED = Words(" (guessed)", "（推测）")
_COUNTED = Words("{n} documents{what}", "{what} {n} 篇文献")
_COUNTED_ONE = Words("1 document{what}", "{what} 1 篇文献")
_NONE = Words("No document{what} is recorded.", "没有{what}文献的记录。")
_WITHOUT_YEAR = Words("{n} document{n:|s} {n:has|have} no recorded year and {n:is|are} not counted.",
                      "另有 {n} 篇文献没有记录年份，未计入。")
_FIRST_PAGE = 3000  # characters of a document in which its authors' institutions stand
_LONGEST_LINE = 300
_ABSTRACT = Phrases(r"^\W*(?:«headings: named~»)\b", re.I | re.MULTILINE)
_ON_FIRST_PAGE = Words("{n} document{n:|s} {n:names|name} {name} in {n:its|their} beginning:",
                       "{n} 篇文献的开头提到{name}：")
_NO_PERSON = Words("No document records an author called {name}.", "没有文献记录名为{name}的作者。")
_WHAT = {
    "person": Words(" by {value}", "{value}的"), "topic": Words(" about “{value}”, by title or beginning",
                                                            "题名或开头提到“{value}”的"),
    "venue": Words(" from {value}", "出自{value}的"),
    "zh": Words(" in Chinese", "中文"), "en": Words(" in English", "英文"),
    "published": Words(" of {value}", "{value}的"), "added": Words(" added {value}", "{value}加入的"),
}
_FROM, _UNTIL = Words("{first} and later", "{first} 及以后"), Words("{last} and earlier", "{last} 及以前")
_BETWEEN = Words("{first} to {last}", "{first} 至 {last}")


class Records:
    """What the documents of one generation record, said in claims."""

    def __init__(self, view: View, naming: Naming) -> None:
        self._view, self._naming = view, naming

    def of_works(self, intent: LibraryIntent, documents: Sequence[DocumentInfo]) -> Said:
        """Author, year or venue of each of these documents."""
        fields = ("year", "venue") if intent.both else (_FIELDS[intent.kind],)
        claims = [self._of_work(intent, text, field) for info in documents for field in fields
                  for text in self._naming.telling(info, field)[:1 if field == "authors" else None]]
        n_known = sum(bool(claim.records[0].value) for claim in claims)
        return Said(tuple(claims), "found" if n_known == len(claims) else "weak" if n_known else "not_found")

    def _of_work(self, intent: LibraryIntent, info: DocumentInfo, field: str) -> Claim:
        language, place = intent.language, self.place(info, field)
        says, values = _SAYS["author" if field == "authors" and len(info.authors) == 1 else field], info.authors
        if field == "authors" and values:
            values, says = _by_order(intent, values, says)
            shown = _joined(values, language)
        else:
            shown = place.value
        if not place.value:
            return Claim(_MISSING[field].in_(language).format(title=titled(info, language)), (), records=(place,))
        text = says.in_(language).format(title=titled(info, language), value=shown, n=len(info.authors),
                                         guessed=_GUESSED.in_(language) if place.origin == "guessed" else "")
        return Claim(text, (), records=(place,))

    def field(self, info: DocumentInfo, field: str, language: Language) -> Claim | None:
        """One field of a document, under its title; None where nothing is recorded."""
        place = self.place(info, field)
        if not place.value:
            return None
        if field == "title":
            return Claim(titled(info, language), (), info.title, (place,))
        says = _SAYS["author" if field == "authors" and len(info.authors) == 1 else field]
        value = _joined(info.authors, language) if field == "authors" else place.value
        guessed = _GUESSED.in_(language) if place.origin == "guessed" else ""
        text = says.in_(language).format(title=titled(info, language), value=value, guessed=guessed)
        return Claim(text, (), info.title, (place,))

    def of_kind(self, intent: LibraryIntent) -> Said | None:
        """The documents that fit the filters, counted or listed; None where the person may be none."""
        filters = intent.filters
        if filters.person:
            return self._of_person(intent)
        found = fitting(self._naming, filters, self._naming.documents)
        what = described(filters, intent.language)
        claims = [self._row(info, filters, intent.language) for info in found]
        head = [_count(found, what, intent.language, self._places(found, filters))]
        return Said((*head, *claims, *self._undated(filters, intent.language)), _status(intent, found))

    def _of_person(self, intent: LibraryIntent) -> Said | None:
        """A group for each author who is called so."""
        filters, language = intent.filters, intent.language
        people = persons_in(filters.person)
        if not people:  # a word that joins names, and no name
            return None
        known = written_by(tuple(self._naming.known.values()), *people)
        if not known and is_institution(filters.person) and (said := self._of_institution(filters, language)):
            return said
        if not known and not filters.is_written:
            about = replace(intent, kind="about", filters=replace(filters, person="", topic=filters.person))
            is_said = bool(self._view.documents_with(search_terms(filters.person)))
            return self.of_kind(about) if self._naming.about(filters.person) or not is_said else None
        if not known:
            text = _NO_PERSON.in_(language).format(name=quoted(filters.person, language))
            return Said((Claim(text, ()),), "not_found") if intent.is_sure else None
        claims: list[Claim] = []
        n = 0
        for author, written in known.items():
            found = fitting(self._naming, filters, self._naming.once(written))
            n += len(found)
            what = described(filters, language, author if len(people) == 1 else filters.person)
            subject = author if len(known) > 1 else ""
            records = tuple(self.place(info, "authors") for info in found)
            claims += [_count(found, what, language, records, subject)] if found or len(known) == 1 else []
            claims += [self._row(info, filters, language, subject) for info in found]
        return Said((*claims, *self._undated(filters, language)), "found" if n or intent.counts else "not_found")

    def _of_institution(self, filters: Filters, language: Language) -> Said | None:
        """The documents whose beginning names it, each with the line: records have no institutions."""
        infos = fitting(self._naming, filters, self._naming.documents)
        claims = [claim for info in infos if (claim := self._line_with(filters.person, info)) is not None]
        if not claims:
            return None
        says = fill(_ON_FIRST_PAGE.in_(language), {"n": len(claims), "name": f"“{filters.person}”"})
        return Said((Claim(says, ()), *claims), "found")

    def _line_with(self, name: str, info: DocumentInfo) -> Claim | None:
        """The first line of a document's beginning that has the name."""
        beginning = self._naming.beginning(info.id)[:_FIRST_PAGE]
        abstract = _ABSTRACT.search(beginning)
        at = next(iter(places_of(beginning[:abstract.start() if abstract else None], name)), -1)
        if at < 0:
            return None
        document = self._view.document(info.id)
        end = document.text.find("\n", at)
        start, end = trim(document.text, document.text.rfind("\n", 0, at) + 1, len(document.text) if end < 0 else end)
        text = document.text[start:end]
        if len(text) > _LONGEST_LINE:
            return None
        place = Citation(info.id, info.title, info.path, document.page_at(start), start, end, text, 1.0,
                         language=document.language, is_gone=self._view.is_gone(info.id))
        return Claim(text, (place,), info.title)

    def _row(self, info: DocumentInfo, filters: Filters, language: Language, subject: str = "") -> Claim:
        """A document of a list: its title, first author and year as recorded."""
        who = (people_in(info.authors) or [""])[0]
        who = who + ((" 等" if language == "zh" else " et al.") if len(info.authors) > 1 else "")
        beside = [part for part in (who, str(info.year or "")) if part]
        beside += [info.added[:10]] if filters.added else []
        gap = "，" if language == "zh" else ", "
        note = f"（{gap.join(beside)}）" if language == "zh" else f" ({gap.join(beside)})"
        fields = [field for field, value in (("title", info.title), ("authors", info.authors), ("year", info.year),
                                             ("added", filters.added)) if value]
        return Claim(titled(info, language) + (note if beside else ""), (), subject,
                     tuple(self.place(info, field) for field in fields))

    def _places(self, found: Iterable[DocumentInfo], filters: Filters) -> tuple[RecordPlace, ...]:
        field = ("year" if filters.published else "added" if filters.added else "venue" if filters.venue else
                 "language" if filters.language else "title")
        return tuple(self.place(info, field) for info in found)

    def _undated(self, filters: Filters, language: Language) -> list[Claim]:
        """That documents without a year were not looked at, where years were asked for."""
        without = [info for info in self._naming.documents if filters.published
                   and all(text.year is None for text in self._naming.texts(info))]
        if not without:
            return []
        return [Claim(fill(_WITHOUT_YEAR.in_(language), {"n": len(without)}), (),
                      records=tuple(self.place(info, "year") for info in without))]

    def place(self, info: DocumentInfo, field: str) -> RecordPlace:
        """What is recorded of one field of a document, and where it comes from."""
        value = getattr(info, field)
        text = "; ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        edited = next((item for item in info.edited if item.field == field), None)
        if field in info.guessed:
            return RecordPlace(info.id, info.title, info.path, field, text, "guessed")
        if edited is not None:
            return RecordPlace(info.id, info.title, info.path, field, text, "index" if edited.source else "set",
                               edited.source)
        row = self._view.origins.of(info.id)
        is_beside = row is not None and f'"{field}"' in row.beside
        return RecordPlace(info.id, info.title, info.path, field, text, "beside" if is_beside else "read")


def fitting(naming: Naming, filters: Filters, documents: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """The works that are as the filters say, whoever wrote them, each once: by a text that is so in all of them, where
    there is one."""
    tests: list[Callable[[DocumentInfo], bool]] = []
    if filters.published:
        tests.append(lambda info: _is_of(info, filters.published))
    if filters.added:
        tests.append(lambda info: filters.added is not None and filters.added.holds_time(info.added))
    if filters.venue:
        venue = filters.venue.strip("《》“”\"")
        tests.append(lambda info: bool(places_of(info.venue or "", venue)))
    if filters.language:
        tests.append(lambda info: info.language == filters.language)
    if filters.topic:
        about = naming.own(naming.about(filters.topic))
        tests.append(lambda info: info.id in about)
    found = []
    for info in documents:
        texts = (info, *(text for text in naming.texts(info) if text.id != info.id))
        if all(any(map(test, texts)) for test in tests):
            found.append(next((text for text in texts if all(test(text) for test in tests)), info))
    return found


def _by_order(intent: LibraryIntent, authors: tuple[str, ...], says: Words) -> tuple[tuple[str, ...], Words]:
    """The authors that are asked for, and the words for it."""
    order = intent.order.lower()
    if order in _FIRST:
        return authors[:1], _SAYS["first"]
    if order in _LAST:
        return authors[-1:], _SAYS["last"]
    if order in _SECOND and len(authors) > 1:
        return authors[1:2], _SAYS["second"]
    return authors, _SAYS["n_authors"] if intent.counts else says


def _is_of(info: DocumentInfo, span: Span | None) -> bool:
    return info.year is not None and span is not None and span.holds_year(info.year)


def _count(found: Sequence[DocumentInfo], what: str, language: Language, records: tuple[RecordPlace, ...],
           subject: str = "") -> Claim:
    says = _NONE if not found else _COUNTED_ONE if len(found) == 1 else _COUNTED
    end = "：" if language == "zh" else ":"
    return Claim(says.in_(language).format(n=len(found), what=what) + (end if found else ""), (), subject, records)


def _status(intent: LibraryIntent, found: Sequence[DocumentInfo]) -> Support:
    """A count of none is an answer; a list of none is not."""
    return "found" if found or intent.counts else "not_found"


def described(filters: Filters, language: Language, author: str = "") -> str:
    """The filters in words: " by Nils Reimers of 2020"."""
    parts = {"person": author or filters.person, "topic": filters.topic, "venue": filters.venue,
             "published": _span(filters.published, language, is_years=True) if filters.published else "",
             "added": _span(filters.added, language, is_years=False) if filters.added else ""}
    said = [_WHAT[name].in_(language).format(value=value) for name, value in parts.items() if value]
    said += [_WHAT[filters.language].in_(language)] if filters.language else []
    return "".join(said)


def _span(span: Span, language: Language, *, is_years: bool) -> str:
    said = ["" if day is None else str(day.year) if is_years else day.isoformat() for day in (span.first, span.last)]
    first, last = said[0], said[1]
    if first and last:
        return first if first == last else _BETWEEN.in_(language).format(first=first, last=last)
    says = _FROM if first else _UNTIL
    return says.in_(language).format(first=first, last=last)


def titled(info: DocumentInfo, language: Language) -> str:
    """The title in the quotation marks of the question's language."""
    return quoted(info.title, language, "《》")


def quoted(text: str, language: Language, chinese: str = "“”") -> str:
    """A recorded value in quotation marks; spaces and line ends as one space."""
    marks = chinese if language == "zh" else "“”"
    return f"{marks[0]}{' '.join(text.split())}{marks[1]}"


def _joined(values: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(values)
