"""The sentences of a document that may be quoted: clean, able to stand alone (whole, or behind a connective), each with
the role it plays.

Reads: Document.  Gives: list[Unit], in reading order.  Next: select.py chooses among them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.survey import abstracts
from kb.survey.kinds import Kind, kinds_of
from kb.survey.records import Role
from kb.survey.roles import Place, told
from kb.text import CJK, guess_language, search_terms, search_tokens, sentence_spans, trim
from kb.types import Document, Language, Section
from kb.words import Phrases, phrases

_LEAST = {"en": 6, "zh": 12}  # words; characters
_MOST = {"en": 75, "zh": 190}
_PER_DOCUMENT = 120  # sentences of a long paper to choose from
_LEAST_PER_SECTION = 4
# The shares and places were chosen by hand, on the corpus. A place is 0 at a document's beginning and 1 at its end.
_LETTERS = 0.55  # of a sentence's characters: less is a table or a formula
_ROLE_BY_PLACE: tuple[tuple[float, Role], ...] = (  # up to this place
    (0.12, "problem"), (0.5, "method"), (0.8, "result"), (1.0, "method"))

_BACK = Phrases(
    r"\s*(?:«headings: references»|«headings: sources»|«headings: back»|(?:«headings: back begins»).*|"
    r"(?:«headings: back word»)\b.*)\s*$", re.I)
_NUMBERING = re.compile(r"^\s*(?:第?[\dIVX一二三四五六七八九十]+(?:\.\d+)*[.、章节\s]+)?\s*")
_ROLE_OF_HEADING: tuple[tuple[Role, Phrases], ...] = (
    ("result", Phrases("«roles: result»", re.I)),
    ("method", Phrases("«roles: method»", re.I)),
    ("problem", Phrases("«roles: problem»", re.I)),
)
_HOLDS_EVERYTHING = Phrases("«roles: everything»", re.I)
_LIMITS = Phrases(
    r"\b(?:«statements: limit en»|however, .{0,60}\b(?:«statements: however en»))\b|«statements: limit zh»", re.I)
_RESULT = Phrases(
    r"\d(?:[\d.,]*\d)?\s*(?:«statements: result unit»|x\b)|\b(?:«statements: result stem en»)\w*.{0,120}\d|"
    r"(?:«statements: result zh»).{0,40}\d", re.I | re.S)
_METHOD = Phrases(
    r"\b(?:«statements: who en») (?:«statements: method en»)\w*|"
    r"\b(?:«statements: method is en»|first .{5,80} then)\b|(?:«statements: who zh»)(?:«statements: method zh»)|"
    r"(?:«statements: first zh»).{4,60}(?:«statements: then zh»)|通过.{4,40}(?:«statements: by zh»)", re.I | re.S)
_DANGLING = Phrases(
    r"(?:this(?! (?:«openings: this work en»)\b)|«openings: back en»|"
    r"to (?:«openings: to overcome en») (?:«openings: this en»))\b|«openings: back zh»", re.I)
# What may be left out before a sentence that stands without it: it joins, and says nothing of its own.
_OPENING = Phrases(r"(?:«openings: joins en»)\s*,\s*|(?:«openings: joins zh»)，\s*", re.I)
_CONTRIBUTION = Phrases(
    r"\b(?:«statements: own en»)\b.{0,40}\b(?:«statements: contribution stem en»)\w*|"
    r"(?:«statements: who zh»)(?:\w{0,4})(?:«statements: contribution zh»)", re.I)
_CAPTION = Phrases(r"[(（]?(?:«boilerplate: caption»)\s*[\dIVX一二三四五六七八九十]+"
                   r"(?:\s*[.:：、]|(?:[-–.]\d+)?\s+(?!«boilerplate: shows»))", re.I)
_LINE_OF_LIST = Phrases(r"(?:«boilerplate: keywords»)\s*[:：—–\-\]】]|\.{4,}|…{2,}|(?:\.\s){4,}|·{4,}", re.I)
# "Abstract—", "[目的/意义]", "方法：": what an abstract's own parts are called is no word of their sentences.
_LABEL = Phrases(r"[\[【［*_\s]*(?:«parts: label»|«parts: label problem»|«parts: label method»|«parts: label results»|"
                 rf"«parts: label limits»)(?:[/／][{CJK}]{{1,4}})?\s*[\]】］]?[*_\s]*[.:：—–\-\]】］]+[*_\s]*"
                 r"(?=\S.{8})", re.I)
_LIMITS_LABEL = Phrases("«parts: label limits»", re.I)
_BOILERPLATE = Phrases(
    r"«boilerplate: legal»|«boilerplate: checklist»|«boilerplate: prompt»|https?://|www\.|@\w+\.\w+|arxiv:\d|doi:|"
    r"\bISSN\b|"
    r"本(?:«boilerplate: note zh»)(?:«boilerplate: note does zh»)|"
    r"本文(?:«boilerplate: paper does zh»)(?:它|其|\d{4} ?年)|"
    r"\bthis (?:«boilerplate: note en») (?:«boilerplate: note does en»)", re.I)
_POINTER = Phrases(
    r"\b(?:«boilerplate: in en») (?:«boilerplate: part en»)\s*\d+\s*[,:]? (?:«boilerplate: shows en»)|"
    r"^(?:«boilerplate: pointer en»)\b|^(?:第\s*\d+\s*节|«boilerplate: pointer zh»|表\s*\d|图\s*\d)", re.I)
_MARKUP = re.compile(r"\*\*|__|`|\]\(|\||^\s*>|\$\$|\\\[|\\begin|<[a-z/][^>]*>|"
                     r"&(?:[a-z]{2,8}|#\d{2,5});|\\(?:text|emph|cite|ref|math)[a-z]*\{|^\s*\[\d+\]|�", re.I | re.M)
_PART_OF_ABSTRACT = re.compile(f"[\\[【［][{CJK}/／]{{2,8}}[\\]】］]")  # "[目的/意义]" and what it says
# Lines of authors, entries of bibliographies and lists of keywords are told by counting what stands between commas.
_PIECES = re.compile(r"[,，;；、·|]|\.\s|\band\b|&")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAMED = 0.2  # of the words of a sentence are in lower case, at least
_NAME_HAN = 4  # characters of a Chinese name
_MANY_PIECES, _MOST_SHORT = 3, 0.7  # pieces; share of them that are no longer than a name, the others than two
_ENTRY = re.compile(r"\[[JMCDRPSN](?:/OL)?\]|\b(?:19|20)\d\d[,，]\s*\d+\s*[(（]\d+[)）]|\bpp?\.\s*\d+\s*[-–—]\s*\d+")
_CJK = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence, or two where the second cannot stand without the first: document.text[start:end] == text.

    position: 0 at the document's beginning, 1 at its end.  terms: its search terms.  headed: its section's heading says
    its role.  is_sure: a limit or an open problem that is told as such; without it as words of the source alone.
    is_pair: two sentences.  is_cut: a connective that begins the sentence ("However,") is left out.  is_gap: a problem
    that the work sets out from, told as such: what earlier works or the field lack.
    """

    document: str
    start: int
    end: int
    text: str
    language: Language
    role: Role
    position: float
    terms: frozenset[str]
    heading: str = ""
    headed: bool = False
    is_pair: bool = False
    is_cut: bool = False
    is_sure: bool = True
    is_gap: bool = False

    def __lt__(self, other: Unit) -> bool:
        return (self.document, self.start, self.end) < (other.document, other.start, other.end)


def units(document: Document, most: int | None = _PER_DOCUMENT) -> list[Unit]:
    """The quotable sentences of a document, in reading order; empty for one without any. most: of a long one the most
    telling, about as many; None for all."""
    found = [unit for unit, _ in placed(document)]
    return _most_telling(found, document.text, most) if most is not None and len(found) > most else found


def sentence_at(document: Document, start: int, end: int) -> Unit | None:
    """The quotable sentence document.text[start:end] with its role; None where none stands there."""
    return next((unit for unit, _ in placed(document) if (unit.start, unit.end) == (start, end)), None)


def unit_at(document: Document, span: tuple[int, int], known: Sequence[Unit]) -> Unit:
    """The unit of these that is the span; any other place of the document is one that says how things are done."""
    start, end = span
    text = document.text[start:end]
    return next((unit for unit in known if (unit.start, unit.end) == span), None) or Unit(
        document.id, start, end, text, guess_language(text), "method", start / max(1, len(document.text)),
        frozenset(search_terms(text)))


def placed(document: Document) -> list[tuple[Unit, Place]]:
    """All quotable sentences of a document, in reading order, with where they stand."""
    found: list[tuple[Unit, Place]] = []
    sections = document.sections or ()
    subject = _subject(document)
    back_level = 0
    title = next((section for section in sections if section.heading), None)
    for section, kind in zip(sections, kinds_of(document), strict=True):
        heading = _NUMBERING.sub("", section.heading).strip()
        if back_level and section.level > back_level:
            continue  # a subsection of the references or the appendix
        back_level = section.level if section.heading and _BACK.match(heading) else 0
        if not back_level:
            found += _of_section(document, _below(document, section), section.end,
                                 "" if section is title and section.level == 1 else heading, kind, subject)
    return found


def _most_telling(found: Sequence[Unit], text: str, most: int) -> list[Unit]:
    """Of each section as many as it has a share in `most`: what begins a paragraph before what follows in
    one."""
    by_heading: dict[str, list[tuple[int, Unit]]] = {}
    turns: Counter[int] = Counter()  # where a paragraph begins -> its units so far
    paragraph = seen = 0
    for unit in found:
        paragraph, seen = max(paragraph, text.rfind("\n\n", seen, unit.start)), unit.start
        by_heading.setdefault(unit.heading, []).append((turns[paragraph], unit))
        turns[paragraph] += 1
    share = max(_LEAST_PER_SECTION, most // len(by_heading))
    kept = [unit for own in by_heading.values() for _, unit in sorted(own)[:share]]
    return sorted(kept)[:2 * most]


def _below(document: Document, section: Section) -> int:
    """Where the section's text begins: behind the line of its heading."""
    heading = _NUMBERING.sub("", section.heading).strip()
    line_end = document.text.find("\n", section.start, section.end)
    return (
        line_end
        if heading and line_end > 0 and heading[:20] in document.text[section.start : line_end]
        else section.start
    )


def _of_section(document: Document, start: int, end: int, heading: str, kind: Kind,
                subject: str) -> list[tuple[Unit, Place]]:
    text = document.text
    spans = [trim(text, a, b) for a, b in sentence_spans(text, start, end)]
    spans = [(a, b) for a, b in spans if a < b]
    found = []
    first_own = next((i for i, (a, b) in enumerate(spans) if abstracts.begins_own(text[a:b])), len(spans))
    for i, (a, b) in enumerate(spans):
        if not _is_clean(document, a, b):
            continue
        first, stand = a, _standing(text, a, b)
        if stand is None:
            before = spans[i - 1] if i else None
            # Its predecessor comes along, if the two are neighbours in one paragraph and the predecessor can stand
            # itself.
            if (
                before is None
                or text[before[1] : a].strip()
                or "\n\n" in text[before[1] : a]
                or not _is_clean(document, *before)
            ):
                continue
            first, stand = before[0], _standing(text, *before)
            if stand is None:
                continue
        label = _LABEL.match(text, stand, b)
        is_labelled = label is not None and _LIMITS_LABEL.search(label[0]) is not None
        stand = label.end() if label else stand
        quote = text[stand:b]
        language = guess_language(quote)
        if not _LEAST[language] <= _size(quote, language) <= _MOST[language]:
            continue
        place = Place(kind, i / max(1, len(spans) - 1), round(stand / max(1, len(text)), 4), subject,
                      is_pair=first != a, is_behind=first_own < i)
        told = _Told("limitation", True) if is_labelled else _role(text[first:b], heading, place, language)
        found.append((
            Unit(document.id, stand, b, quote, language, told.role, place.position,
                 frozenset(token.term for token in search_tokens(quote)), heading, told.headed, is_pair=first != a,
                 is_cut=stand != first and not label, is_sure=told.is_sure, is_gap=told.is_gap), place))
    return found


def _standing(text: str, start: int, end: int) -> int | None:
    """Where the sentence text[start:end] can begin and stand alone: at its start or behind a connective; None if it
    points back."""
    if not _DANGLING.match(text, start, end):
        return start
    opening = _OPENING.match(text, start, end)
    if not opening or _DANGLING.match(text, opening.end(), end):
        return None
    # Some limits are known by their "However": without it they would be told as what is so.
    return opening.end() if names_limit(text[opening.end():end]) or not names_limit(text[start:end]) else None


def _is_clean(document: Document, start: int, end: int) -> bool:
    quote = document.text[start:end]
    if any(block.start < end and start < block.end for block in document.blocks):
        return False
    line = document.text.rfind("\n", 0, start) + 1
    if document.text[line:start].lstrip().startswith(("#", "|", ">")):
        return False
    if _CAPTION.match(quote) or any(found.search(quote) for found in (_MARKUP, _LINE_OF_LIST, _BOILERPLATE, _POINTER)):
        return False
    if (
        quote.rstrip('*_ ”"').endswith((":", "：", "?", "？", ",", "，", "、"))
        or "\n\n" in quote
        or not quote[0].isalnum()
        and quote[0] not in '“"「《(（'
        and not _PART_OF_ABSTRACT.match(quote)
    ):
        return False
    if _is_list(quote):
        return False
    if guess_language(quote) == "en" and (quote[0].islower() or quote.rstrip(" \"”’)]")[-1:] not in ".!;%"):
        return False  # the tail of a sentence, a heading, a line of a title page
    if guess_language(quote) == "zh" and quote.rstrip(" \"”’)）」》")[-1:] not in "。！；.":
        return False
    letters = sum(character.isalpha() for character in quote)
    if any(quote.count(a) != quote.count(b) for a, b in ("()", "（）", "[]")):
        return False
    if quote.count("“") != quote.count("”") and quote.count("“") != quote.count("”") + quote.count('"'):
        return False  # a typewriter's mark may close what a typesetter's opened
    return letters >= _LETTERS * len(quote.replace(" ", ""))


def _is_list(quote: str) -> bool:
    """Whether it is no sentence but names side by side: authors, an entry of a bibliography, keywords, chapters."""
    if _ENTRY.search(quote):
        return True
    if guess_language(quote) == "en":
        particles = phrases("metadata", "particles")
        words: list[str] = [word for word in _NAME_WORD.findall(quote) if word not in particles]
        return sum(word[0].islower() for word in words) < _NAMED * len(words)
    pieces = [piece for part in _PIECES.split(quote) if (piece := part.strip("。. 0123456789-–()（）"))]
    n_short = sum(len(piece) <= _NAME_HAN for piece in pieces)
    return (len(pieces) >= _MANY_PIECES and n_short >= _MOST_SHORT * len(pieces)
            and max(map(len, pieces)) <= 2 * _NAME_HAN)


def _size(text: str, language: Language) -> int:
    return len(_CJK.findall(text)) + len(re.findall(r"[A-Za-z0-9]+", text)) if language == "zh" else len(text.split())


class _Told(NamedTuple):
    """The role of a sentence, whether the heading says it, whether it is sure, whether it is a problem set out from."""

    role: Role
    headed: bool = False
    is_sure: bool = True
    is_gap: bool = False


def _role(quote: str, heading: str, place: Place, language: Language) -> _Told:
    """What it tells by roles.py, in an abstract by abstracts.py, comes first, then the heading; under one that says
    nothing the words and the place decide."""
    role, is_sure = told(quote, place, language)
    if place.kind == "abstract" and not (role and is_sure):
        named, is_sure = abstracts.told(quote, place, language)
        if named == "gap":
            return _Told("problem", is_gap=True)
        role = named
    if role:
        return _Told(role, role == "limitation" and place.kind == "limits" and is_sure, is_sure)
    if heading and not _HOLDS_EVERYTHING.search(heading):
        of_heading = next((role for role, pattern in _ROLE_OF_HEADING if pattern.search(heading)), None)
        if of_heading:
            return _Told(of_heading, headed=True)
    if _RESULT.search(quote):
        return _Told("result")
    if _METHOD.search(quote):
        return _Told("method")
    if _LIMITS.search(quote):
        return _Told("problem")
    return _Told(next((role for end, role in _ROLE_BY_PLACE if place.position < end), _ROLE_BY_PLACE[-1][1]))


def _subject(document: Document) -> str:
    """What the document is about, by its title: the name before a colon, or its first words."""
    text = document.metadata.title
    first = document.sections[0].heading if document.sections else ""
    for title in (text, first):
        name = re.split(r"[:：（(]", title)[0].strip()
        if name and len(name) <= 40:
            return name
    return ""


def names_contribution(text: str) -> bool:
    """Whether the words say what the work itself does or finds."""
    return bool(_CONTRIBUTION.search(text))


def limit_told(unit: Unit) -> str:
    """What a sentence tells surely: "limitation", "open", "gap" (the problem that its work sets out from); "" for any
    other."""
    return "gap" if unit.is_gap else unit.role if unit.is_sure and unit.role in ("limitation", "open") else ""


def names_limit(text: str) -> bool:
    """Whether the words say that something is not possible, not known or not good enough."""
    return bool(_LIMITS.search(text))
