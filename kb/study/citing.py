"""Who cites whom: entries of reference lists, each at its place, of every document that has one for a work.

Reads: Study.  Gives: Said, a claim for each citing document (or each work cited), whose text is the entry. A work need
not be in the library: then its name, or its author and year, is looked for in the lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kb.store import View
from kb.study.called import Name
from kb.study.calling import Called, readings
from kb.study.naming import letters, places_of
from kb.study.people import family_name
from kb.study.question import Said, Study
from kb.study.records import titled
from kb.survey.citing import has_title, known_as, matches, reference_spans, weight_of
from kb.text import CJK, search_terms, trim
from kb.types import Citation, Claim, Document, DocumentInfo, RecordPlace, Words

_LEAST_TITLE, _LEAST_GUESSED = 14, 18  # letters of a title that an entry is known by; of a guessed one nobody named
_CITES, _LEAST_CITED = re.compile(r"[\[［]\d{1,3}[\]］]|\bet al\b|[(（][A-Z]\w+,? (?:19|20)\d\d[)）]"), 3
_BLANK = re.compile(r"\n\s*\n")
_LAST_PART = 0.6  # of a text, behind which a list of sources without a heading is looked for
_LEAST_WORDS, _MOST_OF = 4, 0.75  # of a title, and the share of them that an entry has which is nearly the one
_FIRST_AUTHOR = 50  # characters of an entry in which its first author stands
_LONGEST = 700  # characters of an entry
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
    is_partly = bool(works) and (asked.naming.works(name).is_partly or _is_of_other_year(name, works))
    from_elsewhere = is_partly or not works
    # of titles with the name in them, those that are it, or begin with it and a colon
    scan = _scan(asked, name, (), _is_headed) if from_elsewhere else _scan(asked, name, works)
    is_loose = False
    if from_elsewhere and not scan.found:
        scan = _scan(asked, name, ())
        is_loose = bool(scan.found) and _is_bare(name)  # titles of other works may have the name in them
    elif works and not scan.found:  # a title too short to be looked for among letters
        scan = _scan(asked, name, works, _is_headed, tuple(
            title for info in works for title in asked.naming.names_of_work(info)))
    if is_partly and scan.found:  # a work of just this title is meant, not those here that have it in theirs
        works = ()
    elif is_partly:
        scan = _scan(asked, name, works)
    found, n_lists, n_without = scan.found, scan.n_lists, scan.n_without
    shown = titled(works[0], asked.language) if works else f"“{name.text}”"
    unread = [Claim(_UNREAD.in_(asked.language).format(n=n_without), ())] if n_without else []
    if not found:
        none = Claim(_NOT_CITED.in_(asked.language).format(n=n_lists, name=shown), ())
        return Said((none, *unread), "found" if asked.intent.counts and n_lists else "not_found")
    says = _CITED_ONE if len(found) == 1 else _CITED
    head = Claim(says.in_(asked.language).format(n=len(found), name=shown), ())
    claims = [_claim(entry, asked.view, entry.document.metadata.title) for entry in found]
    # a list that was not found, or an entry that is nearly the one, may be one more
    return Said((head, *claims, *unread), "weak" if scan.n_near or is_loose else "found")


def _is_bare(name: Name) -> bool:
    """Whether a name is short, and no author or year beside it tells which work is meant."""
    return weight_of(letters(name.text)) < _LEAST_TITLE and not any(way.authors or way.year for way in readings(name))


def _is_of_other_year(name: Name, works: Sequence[DocumentInfo]) -> bool:
    """Whether the year that is asked for is of none of them: a work from elsewhere may be meant."""
    years = {called.year for called in readings(name) if called.year}
    return bool(years) and all(info.year is not None and info.year not in years for info in works)


@dataclass(frozen=True, slots=True)
class _Scan:
    """What was found in reference lists; n_lists: those that were read, n_without: documents without one; n_near: with
    an entry that is nearly the one, or with citations and no list."""

    found: list[Entry]
    n_lists: int
    n_without: int
    n_near: int = 0


def _is_headed(entry: str, way: Called) -> bool:
    """Whether the title of an entry is what a work is called, or begins with it: "Kiln: a slow way", not "On Kiln"."""
    title = r"\s+".join(map(re.escape, way.title.split()))
    form = rf"(?:^|[.．。”“\"’‘《\]）),，;:：]\s*|\s[-–—]\s+){title}\s*(?=[:：.．。,，”\"’》?\[［]|$)"
    is_name = bool(title) and not way.authors and _is_short_name(way.title)
    return is_name and re.search(form, entry, re.IGNORECASE) is not None


def _scan(asked: Study, name: Name, works: Sequence[DocumentInfo],
          is_meant: Callable[[str, Called], bool] | None = None, titles: Sequence[str] = ()) -> _Scan:
    """The first entry about the works, or about what is called so, of every other document. is_meant: what tells
    that of what the question calls it, or of titles, instead of DOI, number and title."""
    own = asked.naming.own(works)
    documents = [asked.view.document(text) for text in sorted(own)]
    fits, has_the_title = _test(name, documents), _test(name, documents, by_title=True)
    if is_meant is not None:
        called = [Called(title) for title in titles] or list(readings(name))
        fits = has_the_title = lambda entry: any(is_meant(entry, way) for way in called)
    found: list[Entry] = []
    n_lists = n_without = n_near = 0
    is_near = _near(name, documents)
    for info in asked.naming.documents:
        if info.id not in own:
            document, entries = _list_of(asked, info)
            n_lists, n_without = n_lists + bool(entries), n_without + (not entries)
            fitting = _fitting(entries or _paragraphs(document), fits, has_the_title)[:1]
            n_near += not fitting and (any(is_near(entry.text) for entry in entries) or (
                not entries and len(_CITES.findall(document.text)) >= _LEAST_CITED))
            found += fitting
    return _Scan(found, n_lists, n_without, n_near)


def _list_of(asked: Study, info: DocumentInfo) -> tuple[Document, list[Entry]]:
    """The first text of a work that has a reference list, with its entries; the fullest where none has one."""
    for text in asked.naming.texts(info):
        document = asked.view.document(text.id)
        if spans := reference_spans(document):
            return document, [Entry(document, start, end) for start, end in spans]
    return asked.view.document(info.id), []


def _fitting(entries: Sequence[Entry], fits: Callable[[str], bool],
             has_the_title: Callable[[str], bool]) -> list[Entry]:
    """The entries that fit; where none does, two that follow each other and fit as one, cut at a column or a page."""
    alone = [entry for entry in entries if fits(entry.text)]
    if alone:
        return alone
    pairs = (Entry(one.document, one.start, other.end) for one, other in pairwise(entries)
             if other.end - one.start <= _LONGEST)
    return [pair for pair in pairs if has_the_title(pair.text)]


def _paragraphs(document: Document) -> list[Entry]:
    """The paragraphs of the last part of a document in which no reference list was found."""
    text, start = document.text, int(_LAST_PART * len(document.text))
    bounds = [start, *(found.end() for found in _BLANK.finditer(text, start)), len(text)]
    spans = (trim(text, a, b) for a, b in pairwise(bounds))
    return [Entry(document, a, b) for a, b in spans if 0 < b - a <= _LONGEST]


def cited(asked: Study) -> Said | None:
    """What the work that is named has in its reference list: first what is in the library as well."""
    name = asked.intent.names[0]
    works = asked.works(name)
    if not works:
        return asked.unknown(name) if asked.intent.is_sure else None
    claims: list[Claim] = []
    for info in works:
        _, entries = _list_of(asked, info)
        found = _cited_by(entries, asked) if entries else []
        claims += found or [Claim((_NONE_HERE if entries else _NO_LIST).in_(asked.language).format(
            name=titled(info, asked.language)), ())]
    return Said(tuple(claims), "found" if any(claim.citations for claim in claims) else "not_found")


def _cited_by(entries: Sequence[Entry], asked: Study) -> list[Claim]:
    """The entries of one list, with what the library records of those that are in it."""
    citing, its_own = entries[0].document, _test(Name(""), [entries[0].document])
    tests = [(info, _test(Name(""), [asked.view.document(text.id) for text in asked.naming.texts(info)],
                          _LEAST_GUESSED))
             for info in asked.naming.documents if info.id != asked.naming.work(citing.id).id]
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


def _test(name: Name, works: Sequence[Document], least_guessed: int = _LEAST_TITLE, *,
          by_title: bool = False) -> Callable[[str], bool]:
    """Whether an entry is about the works: by DOI, arXiv number or title; about a work that is not here: by its name,
    or authors, year and what else is said of it. least_guessed: letters of a guessed title; by_title: by
    that alone."""
    known = [known_as(work) for work in works]
    titles = [letters(work.metadata.title) for work in works if "title" in work.metadata.guessed]
    titles = [title for title in titles if weight_of(title) >= least_guessed]
    called = list(readings(name))
    titles += [title for way in called if weight_of(title := letters(way.title)) >= _LEAST_TITLE]

    def fits(entry: str) -> bool:
        if matches(entry, known) or any(has_title(entry, title) for title in titles):
            return True
        return not works and not by_title and any(_is_meant(entry, way) for way in called)

    return fits


def _near(name: Name, works: Sequence[Document]) -> Callable[[str], bool]:
    """Whether an entry has most words of the title: a part of it may be lost, or stand in another entry."""
    titles = [work.metadata.title for work in works] or [way.title for way in readings(name)]
    wanted = [frozenset(search_terms(title)) for title in titles]
    wanted = [words for words in wanted if len(words) >= _LEAST_WORDS]
    return lambda entry: any(len(words & frozenset(search_terms(entry))) >= _MOST_OF * len(words) for words in wanted)


def _is_meant(entry: str, way: Called) -> bool:
    """Whether an entry has the authors, the year and the words that are said of a work, enough to mean it alone."""
    families = [family_name(author) for author in way.authors]
    if len(families) == 1 and not way.title and not places_of(entry[:_FIRST_AUTHOR], families[0]):
        return False
    if not all(places_of(entry, family) for family in families) or (way.year and str(way.year) not in entry):
        return False
    if way.title and not (letters(way.title) in letters(entry) or set(search_terms(way.title)) <= set(
            search_terms(entry))):
        return False
    if families:
        return bool(way.title) or way.year is not None or len(families) > 1
    return _is_short_name(way.title) and bool(places_of(entry, way.title)) and " " not in way.title


def _is_short_name(text: str) -> bool:
    """Whether a name can be looked for as a word: with a capital or a digit, or in Chinese."""
    return bool(re.search(f"[A-Z0-9{CJK}]", text)) and len(text) > 1
