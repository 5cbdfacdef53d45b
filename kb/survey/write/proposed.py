"""What a work says that it gives: "we propose a network for birds at night", 本文提出一种签名方案; two of one kind side
by side say more than each alone.

Reads: a document's title, abstract or beginning, and its quotable sentences.  Gives: Proposed; write.py sets works of
one kind into one sentence, and the audit reads the documents again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kb.survey.outline.standing import front_span
from kb.survey.records import Fact
from kb.survey.sentences import Unit
from kb.survey.write.contexts import sentences_of
from kb.survey.write.remembered import remembered
from kb.text import CJK, one_line, search_terms
from kb.types import Document, Language
from kb.words import Phrases, phrases, table

KINDS = ("data", "tool", "theory", "model", "method")  # told by the last word; "asks", "reviews", "finds" by the verb
_SHORTEST, _LONGEST = {"en": 40, "zh": 10}, {"en": 220, "zh": 100}  # characters of what is proposed
_ENGLISH = Phrases(
    r"\b(?:«proposed: subject en»)\s+(?:(?:\w+ly|also|then|further|first|thus|therefore)\s+)?"
    r"(?P<verb>(?:«proposed: verb en»|«proposed: asks en»|«proposed: reviews en»)s?|\w+ies)\s+(?P<what>\S.*)$",
    re.IGNORECASE | re.DOTALL)
_NAMES_A_THING = re.compile(r"(?:an?|the|our|two|three|four|five|new|novel|several)\s", re.IGNORECASE)
_APPOSITION = re.compile(r"(?!(?:an?|the)\s)[^,.]{2,90}, (?:an?|the|our)\s", re.IGNORECASE)  # "OwlNet, a network for"
_END = Phrases(
    r",\s(?:«proposed: tells en»)\b|,?\s(?:«proposed: ends en»)\b|"
    r",\s\w+ing\s(?:the|an?|our|its|to)\b|\sand\s\w+\s(?:how|it|its|that|whether|them)\b|"
    r"[;:；：]|\s[–—-]\s|[.!?](?:\s|$)|$", re.IGNORECASE)
_TELLS = Phrases(r"\s(?:«proposed: tells en»)\b", re.IGNORECASE)
_CHINESE = Phrases(
    r"(?:^|[，,。；;：:])\s*(?:(?:在此基础上|为此|因此|对此|同时|最后|首先|其次)[，,]?)?"
    r"(?:(?P<who>«proposed: subject zh»)(?:«proposed: between zh»)*)?"
    r"(?P<verb>«proposed: verb zh»|«proposed: asks zh»|«proposed: reviews zh»)(?:了|出了|出)?"
    r"(?P<what>[^，,。；;：:]+(?:(?:(?<=[A-Za-z0-9)）])[，,]\s*(?:这是|即)?一[种个类套组项款]|[，,]\s*用于)[^，,。；;：:]+)?)")
_FINDS = Phrases(r"^\W*(?:«proposed: finds en»)\s+that\s+(?P<what>[^;；:]+)$", re.IGNORECASE | re.DOTALL)
_FINDS_ZH = Phrases(r"^\W*[^，,。；;：:]{0,8}?(?:«proposed: finds zh»)[，,：:]?(?P<what>[^；;：:]+)[。；;]?$")
_HAN, _LEAST_HAN = re.compile(f"[{CJK}]"), 6
_TAIL_ZH = re.compile(r"[\sA-Za-z0-9()（）+\-–_/.]+$")
_FIRST_NOUN = re.compile(r"\s(?:for|of|to|with|that|which|on|in|by|from|based|using|via|through|as|under|at|between|"
                         r"across|and|called|over|consisting|comprising|containing|designed|inspired|trained|tailored|"
                         r"capable|mainly)\b|[,(]", re.IGNORECASE)
# What points back stands in no quotation by itself: "this diversity", 该机制.
_POINTS = Phrases(r"\b(?:«proposed: points en»)\b|«proposed: points zh»", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]")
_UNEVEN = re.compile(r"[“”\"$*《》「」\[\]]")
# A sentence of others' works, of which its verb may tell.
_OF_OTHERS = Phrases(r"«proposed: others zh»|\bet al\b|[\[［]\d", re.IGNORECASE)
_OF_ITSELF = Phrases(r"\b(?:«proposed: subject en»|our|us)\b|«proposed: subject zh»", re.IGNORECASE)
_WIDEST = 400  # characters of a line: none of these is cut
_REACH = 3000  # characters of a text without an abstract in which it says what it gives
_MOST = 4  # works in one sentence


@dataclass(frozen=True, slots=True)
class Proposed:
    """kind: one of KINDS, "asks", "reviews", "finds", or "" for a thing that goes by a name of its own.  verb: as a
    lemma.  what: document.text[start:end].  sentence: where it stands."""

    document: str
    kind: str
    verb: str
    what: tuple[int, int]
    sentence: tuple[int, int]
    language: Language


@cache
def third_person() -> Mapping[str, str]:
    """lemma -> as it stands behind one name."""
    return {lemma: form for kind in ("verb", "asks", "reviews", "reports")
            for lemma, form in table("proposed", f"{kind} en").items()}


def proposed(document: Document) -> Proposed | None:
    """What a document's front says that it gives, in the words that have most of its title, else what it asks; None
    where it says neither in words that can be quoted."""
    title = frozenset(search_terms(document.metadata.title))

    def order(one: Proposed) -> tuple[bool, int, tuple[int, int]]:
        said = frozenset(search_terms(document.text[slice(*one.what)]))
        return one.kind == "asks", -len(said & title), one.what

    return min((one for one in said_by(document) if one.kind != "finds"), key=order, default=None)


def verb_in(verb: str, language: Language) -> str:
    """A verb in a language: in English as a lemma."""
    if bool(_HAN.match(verb)) == (language == "zh"):
        return verb
    if language == "zh":
        return table("proposed", "in zh")[verb]
    return next(english for kind in ("verb", "asks", "reviews", "reports")
                for chinese, english in table("proposed", f"{kind} zh").items() if chinese == verb)


@remembered
def said_by(document: Document) -> tuple[Proposed, ...]:
    """All that a document's front says that it gives, asks or finds."""
    end = max(front_span(document)[1], _REACH)
    return tuple(one for unit in sentences_of(document)
                 if unit.start < end and not _OF_OTHERS.search(unit.text)
                 for one in (_english(document, unit) if unit.language == "en" else _chinese(document, unit)))


def _english(document: Document, unit: Unit) -> Iterator[Proposed]:
    if (finding := _FINDS.search(unit.text)) is not None:
        yield from _fitting(document, unit, "finds", "report", finding.start("what"), finding["what"].rstrip(" ."))
    said = _ENGLISH.search(unit.text)
    if said is None:
        return
    verb = next((lemma for lemma, form in third_person().items() if said["verb"].casefold() in (lemma, form)), "")
    if not verb:
        return
    stop = _END.search(said["what"])
    what = said["what"][:stop.start() if stop else None].rstrip(" .,")
    if len(what) > _LONGEST["en"] and (tells := _TELLS.search(what)) is not None:
        what = what[:tells.start()].rstrip(" ,")
    asks = verb in table("proposed", "asks en")
    is_whole = not stop or said["what"][stop.start():stop.end()].strip() not in tuple(":：–—-")
    named = _APPOSITION.match(what)
    if not is_whole or not (what[:1].islower() if asks else named or _NAMES_A_THING.match(what)):
        return
    kind = ("asks" if asks else "reviews" if verb in table("proposed", "reviews en")
            else _kind_en(what[named.end():] if named else what))
    yield from _fitting(document, unit, kind, verb, said.start("what"), what)


def _kind_en(what: str) -> str:
    """The kind of what an English phrase names, by the noun before its first preposition."""
    noun = _FIRST_NOUN.split(f"{_IN_BRACKETS.sub('', what)} ")[0].casefold().split()
    last = (" ".join(noun[-2:]), noun[-1] if noun else "")
    return next((kind for kind in KINDS if any(word in phrases("proposed", f"{kind} en") for word in last)), "")


def _chinese(document: Document, unit: Unit) -> Iterator[Proposed]:
    if (finding := _FINDS_ZH.search(unit.text)) is not None:
        yield from _fitting(document, unit, "finds", "报告", finding.start("what"), finding["what"].rstrip("。 "))
    for said in _CHINESE.finditer(unit.text):
        verb, what = said["verb"], said["what"].strip()
        at = said.end("what") - len(said["what"].lstrip())
        is_made = verb in table("proposed", "verb zh")
        bare = _TAIL_ZH.sub("", what)
        if bare.endswith(phrases("proposed", "no end zh")):
            continue
        kind = ("reviews" if verb in table("proposed", "reviews zh") else "asks" if not is_made else
                next((kind for kind in KINDS if bare.endswith(phrases("proposed", f"{kind} zh"))), ""))
        is_told = bool(what.startswith(phrases("proposed", "begins zh")) or kind) if is_made else bare.endswith(
            phrases("proposed", "asked zh"))
        is_named = kind or what.startswith(phrases("proposed", "begins zh"))
        if not (said["who"] or is_told) or is_made and not is_named or len(_HAN.findall(what)) < _LEAST_HAN:
            continue
        yield from _fitting(document, unit, kind, verb, at, what)


def _fitting(document: Document, unit: Unit, kind: str, verb: str, at: int, what: str) -> Iterator[Proposed]:
    """The proposal, where its words can stand in quotation marks by themselves."""
    is_even = all(what.count(a) == what.count(b) for a, b in ("()", "（）"))
    fits = _SHORTEST[unit.language] <= len(what) <= _LONGEST[unit.language]
    if is_even and fits and not _UNEVEN.search(what) and not _POINTS.search(what):
        start = unit.start + at
        if document.text[start:start + len(what)] == what and "\n\n" not in what:
            yield Proposed(document.id, kind, verb, (start, start + len(what)), (unit.start, unit.end), unit.language)


def together(found: Sequence[Proposed]) -> list[tuple[Proposed, ...]]:
    """Works whose proposals stand in one sentence, in their order: two to four of one kind, then those that are left,
    of which no kind is said."""
    groups: dict[str, list[Proposed]] = {}
    for one in found:
        groups.setdefault(one.kind, []).append(one)
    alone = sorted((group[0] for kind, group in groups.items() if kind and len(group) == 1), key=found.index)
    mixed = sorted((*groups.pop("", []), *alone), key=found.index)
    several = [group for group in groups.values() if len(group) > 1]
    return [part for group in (*several, mixed) for part in _parted(group) if len(part) > 1]


def _parted(group: Sequence[Proposed]) -> Iterator[tuple[Proposed, ...]]:
    n = -(-len(group) // _MOST)
    for i in range(n):
        yield tuple(group[len(group) * i // n:len(group) * (i + 1) // n])


def kind_of(part: Sequence[Proposed]) -> str:
    """The kind of all of them, "" where they are of several."""
    kinds = {one.kind for one in part}
    return kinds.pop() if len(kinds) == 1 else ""


def said_at(document: Document, sentence: tuple[int, int], verb: str, what: str) -> Proposed | None:
    """What a sentence of a document says, where it says this."""
    return next((one for one in said_by(document) if one.sentence == sentence and one.verb == verb
                 and _said(document, one) == what), None)


def _said(document: Document, one: Proposed) -> str:
    return one_line(document.text[slice(*one.what)], _WIDEST)


def fact_of(part: Sequence[Proposed], documents: Mapping[str, Document]) -> Fact:
    """What a sentence on these proposals says: the verb and the words of each."""
    values = [text for one in part for text in (one.verb, _said(documents[one.document], one))]
    return Fact("proposed", kind_of(part), tuple(one.document for one in part), (), (), tuple(values))


def given(order: Sequence[str], told: Sequence[Unit], documents: Mapping[str, Document], language: Language,
          kept: frozenset[Unit]) -> tuple[tuple[tuple[Proposed, ...], ...], set[Unit]]:
    """(What these works give, in their order, those of one sentence together; the told sentences that it stands for:
    the same one, or background.) A work that has only others keeps these. What works find stands together where it is
    told, or is worth more than what is told; what one gives in the other language where it is told in that one alone.
    kept: sentences that stay, or stand elsewhere."""
    elsewhere = {(unit.document, unit.start) for unit in kept}
    own = {d: [unit for unit in told if unit.document == d and unit not in kept] for d in order}
    found = [one for d in order if (one := proposed(documents[d]) or _found(documents[d], own[d])) is not None
             and (one.language == language or all(unit.language != language for unit in told if unit.document == d))
             and (d, one.sentence[0]) not in elsewhere]
    parts = tuple(together(found))
    places = {one.document: one.sentence for part in parts for one in part}
    finds = {one.document for part in parts for one in part if one.kind == "finds"}
    return parts, {unit for unit in told if unit.document in places and unit not in kept and (
        (unit.start, unit.end) == places[unit.document]
        or (len(own[unit.document]) == 1 if unit.document in finds else _is_background(unit, places[unit.document])))}


def _is_background(unit: Unit, sentence: tuple[int, int]) -> bool:
    """Whether a sentence says why the field matters, or stands before the one in which its work first speaks of
    itself."""
    return unit.role == "problem" or (unit.end <= sentence[0] and unit.role not in ("definition", "limitation", "open")
                                      and not _OF_ITSELF.search(unit.text))


def _found(document: Document, told: Sequence[Unit]) -> Proposed | None:
    """What a document finds: where it is told, else in place of the only sentence that is told of it, unless this is a
    result itself, a definition or a limit."""
    there = {(unit.start, unit.end) for unit in told}
    gives_way = len(told) == 1 and told[0].role in ("problem", "method")
    return next((one for one in said_by(document) if one.kind == "finds" and (one.sentence in there or gives_way)),
                None)
