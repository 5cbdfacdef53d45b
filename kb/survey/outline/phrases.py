"""The terms of a library: phrases of its titles, abstracts and keyword lines that may name a group of documents.

Reads: documents and the topic.  Gives: Terms, with the documents at whose front each term's own words stand. A term is
told from other runs of words by counting: what stands beside it, and beside its words, everywhere in the library.
Sources: Frantzi, Ananiadou & Mima 2000, "Automatic recognition of multi-word terms" (C-value: a part of a longer term
counts where it stands alone); Feng et al. 2004, "Accessor variety criteria for Chinese word extraction".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from kb.survey.glossary import concepts, other_words
from kb.survey.outline.names import names_of
from kb.survey.outline.standing import STOP, Piece, pieces, plain, spoken, turned_in
from kb.survey.outline.subjects import is_subject, people_of, says_again
from kb.survey.outline.topic_words import sides_of
from kb.survey.outline.usage import READ, Usage, function_words
from kb.text import CJK
from kb.types import Document, Language
from kb.words import phrases

_MOST_WORDS, _MOST_HAN = 4, 8
_COMMON = 0.5  # share of the documents from which on an English word says nothing of one
_UNTITLED = 3  # documents of a term that no title has
_LEAST_FLAT = 8  # letters of a term that may be the topic, or a part of it, in another spelling
_STEM = 6  # letters by which a word of the topic is known in another form
_LEAST_LISTED = 3  # places of a run whose head may always come later
_LEAST_LETTERS = 4  # of a term of one word, unless it is an acronym
_FIXED = 0.7  # share of one neighbour from which on a Chinese run is a part of a longer word
_HAN = re.compile(f"[{CJK}]")
_HYPHEN = re.compile("[-\u2010-\u2013/&]")
_GOES_ON = re.compile(r"\s+(?:and|or|&)\s|,")
_TORN = re.compile(r"(?:^|[^A-Za-z\d])[A-Za-z]$")  # before a Chinese run that a letter begins: C反应蛋白
_KEYWORDS = re.compile(r"(?:key\s?words?(?: and phrases)?|index terms|关键词|关键字|關鍵詞)[*_\]】\s]*[:：—–-]?\s*"
                       r"(.{4,300}?)(?:\n|$|中图分类号|分类号)", re.IGNORECASE)
_BETWEEN_KEYWORDS = re.compile(r"[;；,，、·•|]|\s{3,}")


@dataclass(frozen=True, slots=True)
class Term:
    """words: as they are compared (standing.plain).  shown: as the library writes it.  pair: the same in the other
    language, which counts as well.  held, titled: documents at whose front, in whose title it stands."""

    words: str
    shown: str
    held: frozenset[str]
    titled: frozenset[str]
    is_keyword: bool = False
    pair: str = ""
    names: frozenset[str] = frozenset()  # of the same thing, as standing.plain has them
    is_listed: bool = False  # stands in a keyword line
    below: tuple[str, ...] = ()  # names of what belongs under it, works on which it may head (broader.py)

    @property
    def language(self) -> Language:
        return "zh" if _HAN.search(self.words) else "en"

    @property
    def called(self) -> tuple[str, ...]:
        """The names that a work counts with; of a wide one those of what belongs under it."""
        return self.below or tuple(filter(None, (self.shown, self.pair)))

    @property
    def size(self) -> int:
        """Its words; of Chinese half its characters, 0 for a word of two that is no concept of the field."""
        parts = self.words.split()
        return len(parts) if self.language == "en" else len(parts) // 2 if len(parts) > 2 or self.pair else 0


@dataclass
class _Counts:
    """Of a run of pieces: its documents, what it looks like, and what stands on either side of it."""

    held: set[str] = field(default_factory=set)
    titled: set[str] = field(default_factory=set)
    shown: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    edges: int = 0
    listed: int = 0  # places where "and" or a comma follows
    whole: int = 0  # places where it is no part of a word with a hyphen

    @property
    def is_modifier(self) -> bool:
        """Whether it is one word with a hyphen that mostly stands before another: "user-item"."""
        ends = sum(n for word, n in self.right.items() if word.startswith(STOP))
        return 2 * ends <= self.right.total() and not any(" " in form for form in self.shown)

    @property
    def is_cut(self) -> bool:
        """Whether what it modifies always comes later: "joint beat" of "joint beat and downbeat tracking"."""
        return bool(self.titled) and self.listed == self.left.total() >= _LEAST_LISTED

    @property
    def is_part(self) -> bool:
        """Whether it stands mostly inside one longer run."""
        n = self.left.total()
        return 2 * self.whole <= n or len(self.held) > 1 and any(
            max(side.values()) > _FIXED * n for side in (self.left, self.right))


def terms_of(documents: Sequence[Document], topic: str) -> list[Term]:
    """What may name a group of these documents, in the order of its words: no paper's title, nothing that only the
    topic or every field says."""
    keywords = {plain(word) for document in documents for word in keywords_of(document)}
    named = _chinese_names(documents, keywords)
    runs: dict[tuple[str, ...], _Counts] = defaultdict(_Counts)
    for document in documents:
        _count_runs(document, runs, named)
    usage = Usage(documents)
    titles = {plain(document.metadata.title) for document in documents}
    called = {plain(part) for document in documents
              for part in re.split(r"[:：]\s*|\s[-–—]+\s", document.metadata.title)}
    names = names_of(documents, {f" {' '.join(run)} " for run in runs if _HAN.match(run[0])})
    asked = plain(other_words(topic))
    topics = {other for name in names.all() if name in asked for other in names.of(name)}
    common = {run[0] for run, counts in runs.items() if len(run) == 1 and len(counts.held) > _COMMON * len(documents)}
    said = _Said(asked, _general() | common | {word for name in (asked, *topics) for word in name.split()},
                 topics, names.of(plain(topic)), {plain(word) for word in phrases("stop", "alone")} | titles)
    beside = {plain(side) for sides in sides_of(topic) if len(sides) > 1 for side in sides}  # either parts its works
    found: list[Term] = []
    known: set[str] = set()
    for english, chinese in concepts():
        sides = [side for name in (english, chinese) if (side := runs.get(tuple(plain(name).split())))]
        parts_it = bool({plain(english), plain(chinese)} & beside)
        if not sides or not parts_it and (any(side.is_part for side in sides) or any(
                said.already(plain(n)) for n in (english, chinese))):
            known |= {plain(english), plain(chinese)} if sides else set()
            continue
        if parts_it or _is_special(plain(english).split(), said):
            held, titled = (frozenset(d for side in sides for d in getattr(side, name)) for name in ("held", "titled"))
            for shown, other in ((english, chinese), (chinese, english)):
                if plain(shown) not in known:
                    found.append(Term(plain(shown), shown, held, titled, True, other))
                    known.add(plain(shown))
    words_of = _chinese_words(documents, keywords)
    for run, counts in runs.items():
        words = f" {' '.join(run)} "
        if words in known or counts.is_part or said.already(words):
            continue
        is_keyword = words in keywords
        if words in called and not is_keyword:
            continue
        if _HAN.match(run[0]):
            fits = _is_chinese_term(run, counts, is_keyword, said) and (
                is_keyword or "".join(run) in words_of or not counts.titled)
        else:
            fits = _is_english_term(run, counts, said, is_keyword, usage)
        if fits:
            found.append(Term(words, usage.shown(counts.shown), frozenset(counts.held), frozenset(counts.titled),
                              is_keyword))
    people = people_of(documents)
    found = [term for term in found if is_subject(term.words, people, is_keyword=term.is_keyword)]
    found = [replace(term, names=frozenset(names.of(term.words)),
                     is_listed=bool({term.words, plain(term.pair)} & keywords)) for term in found]
    return sorted(_without_torn(found), key=lambda term: (term.words, term.pair))


@dataclass(frozen=True, slots=True)
class _Said:
    """What needs no saying. asked: the topic's words; dull: words that the topic, every field or most of the library
    says; topics: names of what it names; whole: its own names; others: titles of works, and words of too much."""

    asked: str
    dull: frozenset[str]
    topics: Collection[str]
    whole: Collection[str]
    others: Collection[str]

    @property
    def stems(self) -> Collection[str]:
        """What its longer words begin with."""
        return {word[:_STEM] for word in self.asked.split() if len(word) >= _STEM}

    def already(self, words: str) -> bool:
        """Whether a term is the topic, under any of its names and spellings, or the topic with a general noun."""
        flat = words.replace(" ", "")
        return words in self.others or words in self.asked or len(flat) >= _LEAST_FLAT and any(
            flat in name.replace(" ", "") for name in (self.asked, *self.whole)) or any(
            flat == name.replace(" ", "") for name in self.topics) or any(
            words.startswith(name) and _is_dull_rest(words, name) for name in self.whole) or any(
            says_again(words, name) for name in self.whole)


def _is_dull_rest(words: str, name: str) -> bool:
    """Whether behind the topic stands no more than a word of Chinese, or one of every field."""
    rest = words[len(name):].split()
    return len(rest) <= 2 if _HAN.search(name) else all(
        word in _general() or word in phrases("stop", "also general en") for word in rest)


def _chinese_words(documents: Sequence[Document], keywords: Iterable[str]) -> frozenset[str]:
    """Chinese runs that stand in titles as words: at the edge of a clause or of a keyword, concept or general word."""
    solid = {"".join(word.split()) for word in (*keywords, *(plain(chinese) for _, chinese in concepts()))}
    solid |= {*phrases("stop", "general zh"), *phrases("stop", "alone"), *phrases("stop", "soft zh")}
    found: set[str] = set()
    for document in documents:
        for clause in _clauses(pieces(document.metadata.title)):
            if not _HAN.match(clause[0].norm):
                continue
            text = "".join(piece.norm for piece in clause)
            opens = [i for i in range(len(text)) if i == 0 or any(text[j:i] in solid for j in range(max(0, i - 8), i))]
            ends = [i for i in range(1, len(text) + 1)
                    if i == len(text) or any(text[i:j] in solid for j in range(i + 1, min(len(text), i + 8) + 1))]
            found |= {text[a:b] for a in opens for b in ends if 2 <= b - a <= _MOST_HAN}
    return frozenset(found)


def _without_torn(found: Sequence[Term]) -> list[Term]:
    """The terms without a Chinese one that is another with the end or beginning of a word: 林土壤微生物."""
    known = {term.words for term in found}
    return [term for term in found if term.is_keyword or term.language == "en"
            or not known & {f" {term.words[3:]}", f"{term.words[:-3]} "}]


def _chinese_names(documents: Sequence[Document], keywords: Iterable[str]) -> frozenset[str]:
    """The Chinese runs that are counted: those of titles and keyword lines, and the concepts of the field."""
    found = {"".join(word.split()) for word in (*keywords, *(plain(chinese) for _, chinese in concepts()))}
    for document in documents:
        if document.language == "zh" and not _HAN.search(document.metadata.title):
            found |= set(_headed(spoken(document)))
        for clause in _clauses(pieces(document.metadata.title)):
            if _HAN.match(clause[0].norm):
                text = "".join(piece.norm for piece in clause)
                found |= {text[at:at + size] for size in range(2, _MOST_HAN + 1) for at in range(len(text) - size + 1)}
    return frozenset(found)


def _headed(text: str) -> Iterator[str]:
    """The Chinese runs of a text under a title in the other language that end in a word for a task or a method and
    begin where a word does: after a sign, a word between terms, or a general one."""
    for clause in _clauses(pieces(text)):
        if _HAN.match(clause[0].norm):
            run = "".join(piece.norm for piece in clause)
            for head in _heads():
                if run.endswith(head) and len(head) + 2 <= len(run) <= _MOST_HAN:
                    yield run


@cache
def _heads() -> frozenset[str]:
    return frozenset(word for kind in ("task", "method", "subject") for word in phrases("aspects", f"{kind} zh"))


def keywords_of(document: Document) -> Iterator[str]:
    """What stands in a document's keyword line."""
    line = _KEYWORDS.search(document.text, 0, READ // 2)
    for part in _BETWEEN_KEYWORDS.split(line[1]) if line else ():
        if part.strip(" .。*_"):
            yield part.strip(" .。*_")


def _count_runs(document: Document, runs: dict[tuple[str, ...], _Counts], named: frozenset[str]) -> None:
    title, _, rest = spoken(document).partition("\n\n")
    for text, is_title in ((title, True), (rest, False)):
        found = pieces(text)
        turned = turned_in(found, text)
        for clause in _clauses(found, text):
            for at, run in _runs(clause, named):
                first, last = clause[at], clause[at + len(run) - 1]
                counts = runs[run]
                if first.start not in turned:
                    counts.held.add(document.id)
                if is_title and first.start not in turned:
                    counts.titled.add(document.id)
                counts.shown[" ".join(text[first.start:last.end].split())] += 1 if is_title else 100
                counts.listed += bool(_GOES_ON.match(text, last.end))
                before = text[max(0, first.start - 2):first.start]
                counts.whole += not (_HYPHEN.search(before[-1:]) or _HYPHEN.match(text[last.end:last.end + 1])
                                     or _HAN.match(run[0]) and _TORN.search(before))
                for side, beside in ((counts.left, at - 1), (counts.right, at + len(run))):
                    if 0 <= beside < len(clause):
                        side[clause[beside].norm] += 1
                    else:
                        counts.edges += 1
                        side[f"{STOP}{counts.edges}"] += 1


def _clauses(found: Sequence[Piece], text: str = "") -> Iterator[list[Piece]]:
    """Runs of one script without what parts terms; "of" stays inside English ones, and what has a hyphen in the text:
    "click-through rate"."""
    clause: list[Piece] = []
    for piece in (*found, Piece(STOP, 0, 0)):
        is_break = piece.norm == STOP or (piece.norm in function_words() and piece.norm != "of" and not _HYPHEN.search(
            text[max(0, piece.start - 1):piece.start] + text[piece.end:piece.end + 1]))
        if is_break or (clause and bool(_HAN.match(piece.norm)) != bool(_HAN.match(clause[-1].norm))):
            yield from _without_chinese_function(clause)
            clause = []
        if not is_break:
            clause.append(piece)


def _without_chinese_function(clause: list[Piece]) -> Iterator[list[Piece]]:
    if not clause:
        return
    if not _HAN.match(clause[0].norm):
        yield clause
        return
    text, begin = "".join(piece.norm for piece in clause), 0
    for found in _chinese_functions().finditer(text):
        if found.start() > begin:
            yield clause[begin:found.start()]
        begin = found.end()
    if begin < len(clause):
        yield clause[begin:]


def _runs(clause: Sequence[Piece], named: frozenset[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    norms = [piece.norm for piece in clause]
    if _HAN.match(norms[0]):
        text = "".join(norms)
        for size in range(2, _MOST_HAN + 1):
            for at in range(len(text) - size + 1):
                if text[at:at + size] in named:
                    yield at, tuple(text[at:at + size])
        return
    for size in range(1, _MOST_WORDS + 1):
        for at in range(len(norms) - size + 1):
            run = tuple(norms[at:at + size])
            if run[0] not in function_words() and run[-1] not in function_words() and not run[0].isdigit():
                yield at, run


def _is_english_term(run: tuple[str, ...], counts: _Counts, said: _Said, is_keyword: bool, usage: Usage) -> bool:
    if not _is_special(run, said) or len(counts.held) < (1 if counts.titled else _UNTITLED):
        return False
    if not counts.titled and any(c.isdigit() for c in "".join(run)):
        return False
    if run[0] in phrases("stop", "count en"):  # "billion point" of "billion-point data sets"
        return False
    if len(run) == 1 and (run[0] in said.dull or not counts.titled):
        return False
    if len(run) == 1 and len(run[0]) < _LEAST_LETTERS and not usage.form(run[0]).isupper():
        return False
    if is_keyword:
        return True
    if len(run) > 1 and (counts.is_modifier or counts.is_cut):
        return False
    if usage.is_verb(run[0]) or (run[0] in _general() and not usage.is_noun(run[0])):
        return False
    # "doubly robust": no noun ends it, but the titles of two works have it
    return usage.is_noun(run[-1]) or (len(run) > 1 and len(counts.titled) > 1 and not usage.is_verb(run[-1]))


def _is_special(words: Sequence[str], said: _Said) -> bool:
    """Whether it says more than every field and the topic: "policy learning" does under "off-policy evaluation",
    "object detectors" does not under "object detection"."""
    own = [word for word in words if word != "of" and not word.isdigit() and len(word) > 1]
    return any(word not in said.dull and word[:_STEM] not in said.stems for word in own) or (
        any(word.endswith("ing") for word in own) and any(word not in _general() for word in own))


def _is_chinese_term(run: tuple[str, ...], counts: _Counts, is_keyword: bool, said: _Said) -> bool:
    words = "".join(run)
    rest = _chinese_general().sub("", words)
    if words in said.asked.replace(" ", "") or len("".join(c for c in rest if c not in said.asked)) < 2:
        return False
    if is_keyword:
        return True
    edge = _chinese_general().match(words) or any(words.endswith(word) for word in phrases("stop", "general zh"))
    return bool(counts.titled or len(counts.held) >= _UNTITLED and words.endswith(tuple(_heads()))) and not edge


@cache
def _general() -> frozenset[str]:
    return frozenset(word for phrase in phrases("stop", "general en") for word in plain(phrase).split())


@cache
def _chinese_functions() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, phrases("stop", "function zh")), key=len, reverse=True)))


@cache
def _chinese_general() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, phrases("stop", "general zh")), key=len, reverse=True)))
