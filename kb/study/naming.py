"""Which documents a question names: by title, short name, file, abbreviation, author and year, or what they introduce.

Reads: the documents of a View and what a question calls one.  Gives: every document that is called so. Two works of one
title are both given; where the name says too little, nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from pathlib import PurePath

from kb.store import View
from kb.study.called import Name
from kb.study.calling import readings
from kb.study.people import is_same_person, people_in
from kb.text import CJK, search_terms, simplified
from kb.types import DocumentInfo
from kb.words import Phrases, phrases
from kb.works import ENTRY

_BEGINNING = 6000  # characters of a document in which it says what it is about
_LEAST_LETTERS = 14  # of a title that a document's beginning is looked through for
_LEAST_PART = 4  # characters of a part of a Chinese title
_LEAST_ALIKE = 0.88  # of the letters, for a title that was mistyped
_MANY = 6  # documents, from which words in common do not name one any more
_SHARE = 0.5  # of the mentions in the document that has most, for another to be about the same name
AUTHOR_YEAR = re.compile(r"^(?P<who>.+?)[\s,，]*(?:et al\.?|等人?|and colleagues)?[\s,，（(]*"
                          r"(?P<year>(?:19|20)\d\d)[)）]?\s*年?$")
_ET_AL = re.compile(r"^(?P<who>.+?)(?:\s+et al\.?|\s+and colleagues|等人?|[’']s?)$")
_SHORT = re.compile(r"^(?P<name>[^:：—–]{2,40}?)\s*(?:[:：—–]|\s-\s)")
_IN_BRACKETS = re.compile(r"[（(]([^（()）]{3,160})[)）]")
_CALLS_IT = Phrases(r"(?:«intents: calls it zh»|\b(?:«intents: calls it en»))[\s\"“‘'*_]*"
                    r"(?:(?:the|an?|it)\s+|[^.。,，;；]{2,60}[(（])?$", re.I)
_CODE_OF = re.compile(r"(?:github|gitlab|bitbucket|gitee)\.\s?(?:com|org)/\s?[\w.-]+/\s?$", re.I)
_INTRODUCES = Phrases(r"«intents: introduces zh»|\b(?:«intents: introduces en»)\b", re.I)
_LEAST_QUOTED = 3  # words in quotation marks that are a title
_FEW, _FEW_SHARE = 3, 0.2  # documents that may have the words with which a title begins, for them to mean it
_LITTLE = 0.35  # of a title's letters: less of them may be another work's whole title
_QUOTED_PART = 0.4  # of a title's letters
_OF_TITLES = ("title", "short name", "file", "part of the title", "a title alike")
_LONGEST_SHORT = 30  # characters of a short name
_ANOTHER = re.compile(r"[,，]|[A-Z][A-Za-z]*[A-Z]|\b[A-Z][a-z]+")  # a name that stands nearer to what introduces
_BY_MEANS_OF = Phrases(r"\b(?:«intents: by means of en»)\b|«intents: by means of zh»", re.I)
_BY_ITSELF = Phrases(r"\b(?:«mentions: self en»)\b|«mentions: self zh»", re.I)
_OF_OTHERS = Phrases(r"\b(?:«mentions: others en»)\b|«mentions: others zh»|\b(?:19|20)\d\d[)\]）]", re.I)
_NO_LETTERS = re.compile(r"[\W_]+")
_LONGEST_NAME = 400  # characters
_SHORT_NAME = 6  # letters, under which a name may be a word as well: DIN, Adam
_MEANS = 12  # characters of a title before a name, in which a word says that the work is made with it
_AROUND = 90  # characters before a name, in which a word says that it is introduced


@dataclass(frozen=True, slots=True)
class Named:
    """The documents that a name names, and by what: "title", "short name", "part of the title", "author and year" …"""

    documents: tuple[DocumentInfo, ...] = ()
    by: str = ""

    def __bool__(self) -> bool:
        return bool(self.documents)

    @property
    def is_partly(self) -> bool:
        """Whether their titles have the name in them, and more."""
        return self.by in ("part of the title", "words of the title", "words in a title")

    @property
    def is_sure(self) -> bool:
        """Whether they are called so, and not only speak of it in their titles."""
        return self.by not in ("a word of the title", "a title alike", "words in a title")


class Naming:
    """The names of the documents of one generation."""

    def __init__(self, view: View) -> None:
        """known: every document, for a name may be that of any; documents: of each work its fullest text, which is what
        is listed, counted and asked."""
        self._view, self._works = view, view.works()
        self.known = {info.id: info for info in view.documents()}
        self.documents = tuple(self.known[name] for name in self._works.once(self.known))

    def texts(self, info: DocumentInfo) -> tuple[DocumentInfo, ...]:
        """The texts of a document's work that are here, the fullest first."""
        return tuple(self.known[name] for name in self._works.texts(info.id) if name in self.known)

    def work(self, document: str) -> DocumentInfo:
        """The fullest text of a document's work."""
        return self.texts(self.known[document])[0]

    def telling(self, info: DocumentInfo, field: str) -> tuple[DocumentInfo, ...]:
        """The texts of a document's work that record a field, one for each value, this one before the others and what
        is guessed only where nothing else is there; the document itself where none does."""
        own = (info, *(text for text in self.texts(info) if text.id != info.id))
        telling = [text for text in own if getattr(text, field)]
        sure = [text for text in telling if field not in text.guessed] or telling[:1]
        return tuple({getattr(text, field): text for text in reversed(sure)}.values())[::-1] or (info,)

    def own(self, infos: Iterable[DocumentInfo]) -> set[str]:
        """The ids of all texts of these works."""
        return {text.id for info in infos for text in self.texts(info)}

    def once(self, infos: Iterable[DocumentInfo]) -> tuple[DocumentInfo, ...]:
        """Each work once, by the fullest of its texts that are given; what is known of it by its bibliography alone by
        the fullest of all."""
        found = (self.known[name] for name in self._works.once(info.id for info in infos))
        return tuple(info if info.n_characters and info.kind != ENTRY else self.work(info.id) for info in found)

    @cached_property
    def _beginnings(self) -> dict[str, str]:
        return self._view.beginnings(_BEGINNING)

    @cached_property
    def _folded(self) -> dict[str, str]:
        """The beginnings in one case, to see quickly which of them cannot hold a name."""
        return {document: text.casefold() for document, text in self._beginnings.items()}

    def beginning(self, document: str) -> str:
        """The first characters of a document's text."""
        return self._beginnings.get(document, "")

    def works(self, name: Name) -> Named:
        """All documents that are called so; the surest way of naming that fits any of them."""
        ways: tuple[tuple[str, Callable[[str], Iterable[DocumentInfo]]], ...] = (
            ("title", self._by_title), ("short name", self._by_short_name), ("file", self._by_file),
            ("part of the title", lambda text: self._by_part(text, name)), ("abbreviation", self._by_initials),
            ("what it introduces", self._by_introducing), ("author and year", lambda text: self._by_author(text, name)),
            ("words of the title", self._by_words), ("a title alike", self._by_likeness),
            ("a word of the title", lambda text: self._by_word(text, name)))
        is_title = name.is_quoted and len(name.text.split()) >= _LEAST_QUOTED
        for by, way in ways[:-1] if name.around else ways:
            for called in readings(name):
                if is_title and by not in _OF_TITLES:
                    continue
                found = self.known.values() if not called.title and by == "author and year" else way(called.title)
                if fitting := tuple(info for info in found if called.fits(info)):
                    fitting = tuple(info for info in fitting if called.is_of_year(info)) or fitting
                    is_little = by == "part of the title" and not (name.says_work or called.authors) and max(
                        len(letters(called.title)) / len(letters(info.title)) for info in fitting) < _LITTLE
                    is_little = is_little and not self._begins_one(called.title, fitting)
                    return Named(self.once(fitting), "words in a title" if is_little else by)
        return Named()

    def _begins_one(self, text: str, found: Sequence[DocumentInfo]) -> bool:
        """Whether one title alone begins so, with words that few documents have: "Bag of Tricks"."""
        if len(self.once(found)) > 1 or not letters(found[0].title).startswith(letters(text)):
            return False
        n_naming = len(self._view.documents_with(search_terms(text)))
        return n_naming <= max(_FEW, _FEW_SHARE * len(self.known))

    def about(self, topic: str) -> list[DocumentInfo]:
        """The documents whose title or beginning names the topic."""
        return list(self.once(info for info in self.known.values() if places_of(info.title, topic)
                              or places_of(self._beginnings.get(info.id, ""), topic)))

    def _by_title(self, text: str) -> Iterable[DocumentInfo]:
        key = letters(text)
        return [info for info in self.known.values() if key and key in (letters(info.title), info.id, _plain(info.doi),
                                                                   _plain(info.arxiv))]

    def _by_short_name(self, text: str) -> Iterable[DocumentInfo]:
        """What stands before the colon of a title, or in brackets in the first heading."""
        key = letters(text)
        return [info for info in self.known.values() if key in {letters(name) for name in self._short_names(info)}]

    def _short_names(self, info: DocumentInfo) -> Iterable[str]:
        heading = self._beginnings.get(info.id, "").lstrip("#* \n").split("\n")[0][:300]
        for title in (info.title, heading):
            if found := _SHORT.match(title):
                yield found["name"]
            for inside in _IN_BRACKETS.findall(title):
                yield inside
                yield from (part for part in re.split("[,，]", inside))
        yield heading

    def names_of_work(self, info: DocumentInfo) -> list[str]:
        """The title of a work and the short names that are written like names: one word, or with capitals inside."""
        short = [name for name in self._short_names(info) if len(name) <= _LONGEST_SHORT and (
            re.search(r"[a-z][A-Z]|[A-Z]{2}|[A-Z].*\d", name) or re.fullmatch(r"[A-Z][\w-]+", name))]
        return list(dict.fromkeys([info.title, *short]))

    def _by_file(self, text: str) -> Iterable[DocumentInfo]:
        key = letters(text)
        return [info for info in self.known.values() if len(key) > 1 and key in _file_names(info.path)]

    def _by_part(self, text: str, name: Name) -> Iterable[DocumentInfo]:
        """Its words, two at least, one behind the other in a title; of what is quoted as a title a good part of it."""
        least = _QUOTED_PART if name.is_quoted else 0.0
        return [info for info in self._with_words(text) if len(letters(text)) >= least * len(letters(info.title))]

    def _with_words(self, text: str) -> Iterable[DocumentInfo]:
        if re.search(f"[{CJK}]", text):
            key = letters(text)
            return [info for info in self.known.values() if len(key) >= _LEAST_PART and key in letters(info.title)]
        words = re.findall(r"\w+", text.casefold())
        if len(words) < 2:
            return []
        whole = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + r"(?!\w)")
        found = [info for info in self.known.values() if whole.search(info.title.casefold())]
        return found if len(self.once(found)) < _MANY or len(words) > 2 else []

    def _by_word(self, text: str, name: Name) -> Iterable[DocumentInfo]:
        """A word in a title: RoBERTa's speaks of BERT, and is not it."""
        if len(text.split()) > 1 or not (name.says_work or name.is_name):
            return []
        found = [info for info in self.known.values() if places_of(info.title, text)]
        return found if len(self.once(found)) < _MANY else []

    def _by_initials(self, text: str) -> Iterable[DocumentInfo]:
        """DPR of "Dense Passage Retrieval for …"; elsewhere than at the beginning only if its text uses it as well."""
        if not re.fullmatch(r"[A-Z][A-Za-z0-9-]{1,9}", text) or sum(map(str.isupper, text)) < 2:
            return []
        wanted = re.sub("[^a-z]", "", text.lower())
        found = []
        for info in self.known.values():
            small = phrases("intents", "small en")
            parts = [part.lower() for part in re.findall(r"[A-Za-z]+", info.title) if part.lower() not in small]
            run = "".join(part[0] for part in parts)
            if len(wanted) > 1 and wanted in run and places_of(self._beginnings.get(info.id, ""), text):
                found.append(info)
        return found if len(self.once(found)) < _MANY else []

    def _by_introducing(self, text: str) -> Iterable[DocumentInfo]:
        """Documents whose beginning says that they propose what is called so; of several, those that speak of it
        most."""
        if len(text) < 2 or len(text) > 60:
            return []
        words = text.casefold().replace("-", " ").split()
        found = [info for info in self.known.values()
                 if all(word in self._folded.get(info.id, "") for word in words) and self._introduces(info, text)]
        if len(found) < 2:
            return found
        n = {info.id: len(places_of(self._view.document(info.id).text, text)) for info in found}
        return [info for info in found if n[info.id] >= _SHARE * max(n.values())]

    def _introduces(self, info: DocumentInfo, text: str) -> bool:
        if any(_BY_MEANS_OF.search(info.title[:at][-_MEANS:]) for at in places_of(info.title, text)):
            return False
        beginning = self._beginnings.get(info.id, "")
        for at in places_of(beginning, text):
            if _CODE_OF.search(beginning[max(0, at - _AROUND):at]):
                return True
            if _CALLS_IT.search(beginning[max(0, at - _AROUND):at]):
                return True
            cues = list(_INTRODUCES.pattern.finditer(beginning, max(0, at - _AROUND), at))
            between = beginning[cues[-1].end():at] if cues else "."
            in_brackets = between.rstrip().endswith(("(", "（"))
            if re.search("[.。;；!?]", between) or _BY_MEANS_OF.search(between) or (
                    _ANOTHER.search(between) and not in_brackets):
                continue
            said = re.split("[.。!?]\\s|\\n\\n", beginning[max(0, at - 3 * _AROUND):at])[-1]
            if not _OF_OTHERS.search(said) and (_BY_ITSELF.search(said) or re.search(f"[{CJK}]", said)):
                return True
        return False

    def _by_author(self, text: str, name: Name) -> Iterable[DocumentInfo]:
        """ "Turney 2002", "Vaswani et al.", and "Hinton's paper" where a paper is said."""
        dated, others = AUTHOR_YEAR.match(text), _ET_AL.match(text)
        if dated is None and others is None and not name.says_work:
            return []
        who = (dated or others or {"who": text})["who"].strip(" ,，")
        year = int(dated["year"]) if dated else None
        found = [info for info in self.known.values()
                 if any(is_same_person(who, author) for author in people_in(info.authors))
                 and (year is None or info.year == year)]
        return found if len(self.once(found)) < _MANY else []

    def _by_words(self, text: str) -> Iterable[DocumentInfo]:
        """All its words, two at least, in a title, in any order."""
        terms = frozenset(search_terms(text))
        if len(terms) < 2:
            return []
        found = [info for info in self.known.values() if terms <= frozenset(search_terms(info.title))]
        return found if len(self.once(found)) < _MANY else []

    def _by_likeness(self, text: str) -> Iterable[DocumentInfo]:
        """A title with a few other letters, or one that its beginning gives in another language."""
        key = letters(text)
        if len(key) < (6 if re.search(f"[{CJK}]", text) else _LEAST_LETTERS):
            return []
        longest = sorted(re.findall(r"[a-z0-9]+", text.casefold()), key=len)[-2:]  # one of them may be torn apart
        there = [info for info in self.known.values() if len(key) >= _LEAST_LETTERS
                 and (not longest or any(word in self._folded.get(info.id, "") for word in longest))
                 and key in letters(self._beginnings.get(info.id, "")[:_BEGINNING // 2])]
        if there:
            return there if len(self.once(there)) < _MANY else []
        alike = {info.id: _likeness(letters(info.title), key) for info in self.known.values()}
        best = max(alike.values(), default=0.0)
        return [info for info in self.known.values() if alike[info.id] == best] if best >= _LEAST_ALIKE else []


def letters(text: str | None) -> str:
    """A name as letters and digits alone, in one case and one script."""
    return _spelled(text) if text and len(text) <= _LONGEST_NAME else _letters(text or "")


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", simplified(unicodedata.normalize("NFKC", text)).casefold())


_spelled = lru_cache(maxsize=50_000)(_letters)  # each question spells every title and file name again


def _likeness(a: str, b: str) -> float:
    """Ratcliff and Obershelp's likeness of two names, in [0, 1]; 0 where it is below _LEAST_ALIKE."""
    if abs(len(a) - len(b)) > 0.25 * len(b):
        return 0.0
    matcher = SequenceMatcher(None, a, b)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < _LEAST_ALIKE:
        return 0.0
    return matcher.ratio()


@lru_cache(maxsize=50_000)
def _file_names(path: str) -> tuple[str, str]:
    return letters(PurePath(path).stem), letters(PurePath(path).name)


def _plain(number: str | None) -> str:
    return letters(number) or "-"


def places_of(text: str, name: str) -> list[int]:
    """Where a name stands in a text as a word of its own, in any case; one that could be a small word with a capital at
    least, an acronym only as it is written."""
    words = r"[\s/–-]*".join(re.escape(word) for word in name.replace("-", " ").split())
    if not re.search(f"[{CJK}]", name):
        words = rf"(?<![A-Za-z0-9]){words}{'s?' if name[-1:].isupper() else ''}(?![A-Za-z0-9])"
    is_short = len(name) < _SHORT_NAME and name[:1].isupper()
    as_written = len(name) < _SHORT_NAME - 1 and name.isupper()
    return [found.start() for found in re.finditer(words, text, 0 if as_written else re.IGNORECASE)
            if not is_short or not found[0].islower()]
