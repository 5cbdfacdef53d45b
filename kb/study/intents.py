"""What a question asks of the library: who wrote a work, when, where; which papers; who cites, uses, extends what.

Reads: a question.  Gives: LibraryIntent, or None for one that sentences answer. The forms are data/words/intents.txt;
a question that fits none from its first word to its last is read by weights (learned.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from kb.study.called import CLAUSE, QUOTES, Name, bare_thing, read_name
from kb.study.filters import Filters, is_plain, is_surely_person, may_be_person, read_filters, says_written
from kb.study.grammar import Asked, asked_in, has_han, matches
from kb.study.groups import Group, read_group
from kb.study.learned import Reading, model, read_freely
from kb.study.sides import Sides, each_does, sides_of
from kb.study.times import read_time
from kb.study.values import Value
from kb.study.within import work_within
from kb.text import CJK
from kb.types import Language
from kb.words import Phrases

Kind = Literal["author", "date", "venue", "count", "by_author", "since", "about", "cites", "cited", "uses", "extends",
               "evaluates", "summary", "compare", "list"]
# In this order, where a question has several forms.
_FORMS = ("cited", "cites", "usage", "evaluates", "extends", "uses", "count", "which", "added", "author", "date",
          "venue", "compare", "list", "problem", "method", "results", "limits", "named", "summary")
_SEVERAL: dict[Language, Phrases] = {
    "en": Phrases(r"\s*,\s*(?:«intents: between names en»)\s+|\s+(?:«intents: between names en»)\s+|\s*,\s*", re.I),
    "zh": Phrases("[、，,]|«intents: between names zh»")}
_ALL_WORKS = Phrases(r"«intents: each of all zh»|^(?:«intents: each of all en»)\b", re.I)
_PARTS = ("problem", "method", "results", "limits")
_NOUNS = (("limits", "limit"), ("results", "result"), ("problem", "problem"), ("method", "method"))
_MOST_WORDS, _MOST_HAN = 4, 12  # of what is named: more describe it
_ANY_WORK = frozenset({"cites", "extends"})  # asked of works that need not be in the library
_ADDED = Phrases(r"«intents: added zh»|\b(?:add|added|imported?|put in|indexed)\b", re.I)
_COUNTS = Phrases(r"^\W*how many\b|(?:«intents: how many zh»)(?:位|名|个|篇)", re.I)
_MINE = Phrases(r"\b(?:my|our)\s+(?:«intents: papers en»)\b", re.I)
_ORDER = Phrases(r"\b(first|last|second|third|corresponding)\s+(?:author|writer)|"
                 r"(第一|首位|第二|末位|通讯|通信)作者", re.I)
# Year and venue asked together: one of them is left out, and both are answered.
_BOTH = ((Phrases(r"(?:\b(?:at|in|by)\s+)?\b(?:which|what)\s+(?:«intents: venues en»)\s+and\s+(?:which\s+)?year\b",
                  re.I), "in which year"),
         (Phrases(r"(?:\bin\s+)?\b(?:which|what)\s+year\s+and\s+(?:in|at|by)?\s*(?:which|what)\s+"
                  r"(?:«intents: venues en»)\b|(?:\b(?:at|in|by)\s+)?\b(?:which|what)\s+(?:«intents: venues en»),?"
                  r"\s+and\s+(?:in\s+)?(?:which|what)\s+year", re.I), "in which year"),
         (Phrases(r"\b(?:publication\s+)?year\s+and\s+(?:the\s+)?(?:«intents: venue of en»)\b|"
                  r"\b(?:«intents: venue of en»)\s+and\s+(?:the\s+)?(?:publication\s+)?year\b", re.I),
          "publication year"),
         (Phrases(r"(?:(?:«intents: year noun zh»)[和与及、]+(?:«intents: venue noun zh»)|"
                  r"(?:«intents: venue noun zh»)[和与及、]+(?:«intents: year noun zh»))"
                  r"(?:分别)?(?:是什么|是)?"), "年份"),
         (Phrases(r"\bwhere\s+and\s+(?:in\s+)?(?:which|what)\s+year\b|\b(?:in\s+)?(?:which|what)\s+year\s+and\s+where\b",
                  re.I), "in which year"),
         (Phrases(r"\bwhen\s+and\s+where\b|\bwhere\s+and\s+when\b", re.I), "when"),
         (Phrases(r"(?:(?:«intents: when zh»)[、，,和与及以]+(?:在|于)?(?:«intents: where zh»)|"
                  r"(?:«intents: where zh»)上?[、，,和与及以]+(?:在|于)?(?:«intents: when zh»))"), "哪一年"))
_WHEN_AND_WHERE = Phrases(r"(?:«intents: when zh»).{0,6}(?:«intents: where zh»)")
_ROLE = Phrases(r"\s+as\s+(?:(?:an?|the|their|one\s+of\s+the)\s+)?(?:«intents: role en»)\b.*$|"
                r"(?:«intents: as role zh»)$", re.I)
_FOR_WHAT = Phrases(r"(?:«intents: for what zh»)$")
_RIVAL = Phrases(r"\b(?:«intents: role en»|«intents: compare with en»)\b|«intents: as role zh»|"
                 r"«intents: compared zh»", re.I)
_RIVALS = "baselines"
_COMPARES_WITH = re.compile(r"\bcompared?\s+(?:with|to|against)\W*$|(?:与|和|跟).{1,12}(?:对比|比较)", re.I)
_SIDES = re.compile(r"\s*,?\s+(?:and|or|versus|vs\.?|from|to|with|than)\s+|"
                    r"(?<=\S)\s*(?:[和与跟同]|还是|vs\.?)\s*(?=\S)", re.I)
_GIVES_CODE = re.compile(r"(?:comes?\s+with|includes?|offers?|gives?|provides?|releases?|publish(?:es)?|shares?|has|"
                         r"have|open-?sources?|points? to)\b.*"
                         r"\b(?:code|implementations?|repositor(?:y|ies))\b|"
                         r"(?:给出|提供|公开|开源|发布|附).*(?:代码|源码)", re.I)
_TAIL = re.compile(r"\s*,?\s+and\s+(?:(?:on|in|at|with|for|by)\s+)?(?:what|which|how|where)\b.*$|"
                   r"[，,](?:又|并|以及|各自|分别).*$", re.I)
_BEHIND = re.compile(r"^(?P<one>.+?)\s+(?:and|versus|vs\.?)\s+(?P<other>.+?)(?:\s+in\s+[^:：]+)?\s*[:：,]\s*"
                     r"(?:how\s+do\s+they|what(?:\s+is|'s|\s+are)\s+the)\b.*\b(?:compare|differ|distinctions?|differences?)\b.*$",
                     re.I)
_DOES = re.compile(r"\bdo\W*$|做了?(?:些|哪些)?什么|做了哪些")
_ASKED_PARTS: dict[Language, tuple[tuple[str, Phrases], ...]] = {
    "en": tuple((part, Phrases(rf"\b(?:«intents: {noun} noun en»)\b", re.I)) for part, noun in _NOUNS),
    "zh": tuple((part, Phrases(f"«intents: {noun} noun zh»")) for part, noun in _NOUNS)}
_SMALL_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\S)")
_PARTICLE = re.compile("^(?:[了过着到]|的是)(?=[A-Za-z0-9\ue000-\ue0ff])")  # of the verb before a name
# What is asked of each of something else: "each layer", 各类别
_EACH_OTHER = Phrases(r"\b(?:each|every)\s+(?!(?:one\s+)?of\b|(?:\w+\s+){0,3}(?:«groups: noun en»)\b)\w|"
                      r"[每各](?!一?(?:[篇份本部自家文作]|论文|个?(?:«groups: noun zh»)|"
                      r"种?(?:方法|模型|算法)))", re.I)
_LIMIT = re.compile(r"\b(?:chinese|english|before|after|since)\b|[中英]文|(?:19|20)\d\d|[之以][前后来]", re.I)
_WHY = re.compile(r"\W*(?:why|how come)\b|为什么|为何|怎么会", re.I)  # reasons stand in sentences
_DOUBTFUL = 0.15  # chance of the clearest reading, below which a form that fits is not believed
_CLEAR = 0.9  # chance of a summary of what may be a thing in texts as well
_WHICH: dict[Language, Phrases] = {
    "en": Phrases(r"^(?:«intents: which en»)\s+(?:of\s+)?(?:the\s+|these\s+|my\s+)?(?:«intents: plain papers en»)\s+"
                  r"(?P<rest>.{4,200})$", re.I),
    "zh": Phrases(rf"^(?:有)?(?:«intents: which zh»)[{CJK}]{{0,10}}?(?:«intents: plain papers zh»)"
                  r"(?:都|中|里)?(?P<rest>.{2,80})$")}
_PAST = re.compile(r"^(?:did|does|do|was|were|is|are|has|have)\s+(?:the|an?|this|that|[A-Z])", re.I)
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class LibraryIntent:
    """What is asked. names: the works or things it is about, two to four for a comparison; thing: what a list is of, or
    what is compared, "" for everything; filters:
    which papers; both: year and venue are asked; as_rival: as what the papers compare with; is_here: of what a work
    cites only what is in the library; counts: how many is asked; order: which of the authors; part: of a summary, if
    one alone is asked for; within: the one work that has both of what is compared.  is_sure: False where it is meant
    only if the library holds what is named; is_guessed: read by fitted weights, by no form.  values: what a list is of,
    where several things may be asked; group: of which documents."""

    kind: Kind
    language: Language
    names: tuple[Name, ...] = ()
    thing: str = ""
    filters: Filters = _ALL
    counts: bool = False
    order: str = ""
    is_sure: bool = True
    both: bool = False
    as_rival: bool = False
    is_here: bool = False
    part: str = ""
    within: Name | None = None
    is_guessed: bool = False
    values: tuple[Value, ...] = ()
    group: Group | None = None


def read_intent(question: str, today: date | None = None) -> LibraryIntent | None:
    """What the question asks of the library; None for one that sentences answer. today: for "last month"."""
    today = today or date.today()
    found = read_form(question, today)
    if found is not None and (found.kind != "summary" or any(name.is_sure for name in found.names)):
        return found
    asked = asked_in(question, "zh" if has_han(question) else "en")
    reading = read_freely(asked)
    if found is not None:  # what many a thing has as well, a problem or a result: weights tell
        return found if reading.chance >= _DOUBTFUL else None
    guessed = _of_reading(reading, asked, question, today) if reading.chance >= model().least else None
    if guessed is None or _WHY.match(asked.text):
        return None
    is_named = all(name.is_quoted or name.says_work for name in guessed.names)
    if guessed.kind == "summary" and not is_named and reading.chance < _CLEAR:
        return None  # what a text says of a thing
    may_be_sure = guessed.kind != "list" and (is_named or guessed.kind in _ANY_WORK)
    return replace(guessed, is_guessed=True, is_sure=guessed.is_sure and may_be_sure)


def read_form(question: str, today: date | None = None) -> LibraryIntent | None:
    """What it asks, by a form that it fits."""
    today = today or date.today()
    if (each := read_group(question, today)) is not None:
        names = (each.work,) if each.work else ()
        is_recorded = all(value.kind == "record" for value in each.values)
        is_sure = not each.group.subject if each.group else is_recorded and any(name.is_sure for name in names)
        return LibraryIntent("list", each.language, names, values=each.values, group=each.group, is_sure=is_sure)
    for work, rest in work_within(question):
        inside, asked = _read_whole(rest, today), asked_in(work, "zh" if has_han(question) else "en")
        named = read_name(asked.text, asked)
        if inside is not None and inside.kind == "compare" and named is not None:
            return replace(inside, within=replace(named, says_work=True), is_sure=False)
    sides = sides_of(question) or each_does(question)
    question = _BEHIND.sub(r"what is the difference between \g<one> and \g<other>", question)
    found = _read_whole(question, today)
    if found is None and (bare := _TAIL.sub("", question)) != question:  # what more is asked of each
        found = _read_whole(bare, today)
        found = found if found is not None and found.kind in ("list", "uses") else None
    if sides is not None and (found is None or found.kind == "compare"):
        return _of_sides(sides, question, is_sure=found is not None and found.is_sure) or found
    return found


def _of_sides(sides: Sides, question: str, *, is_sure: bool) -> LibraryIntent | None:
    """A comparison whose sides and aspect are told apart."""
    language: Language = "zh" if has_han(question) else "en"
    names = tuple(name for name in (read_name(text, asked_in(text, language)) for text in sides.names) if name)
    if len(names) < 2:
        return None
    is_sure &= not any(_is_described(name) for name in names)
    return LibraryIntent("compare", language, names, sides.aspect, is_sure=is_sure)


def _is_described(name: Name) -> bool:
    """Whether it is told by what it is, not named: "the student that was distilled from an English teacher"."""
    return not name.is_sure and (len(name.text.split()) > _MOST_WORDS or len(name.text) > _MOST_HAN
                                 and has_han(name.text))


def _of_reading(reading: Reading, asked: Asked, question: str, today: date) -> LibraryIntent | None:
    form, _, of = reading.kind.partition(" ")
    if re.fullmatch(f"[{CJK}]", reading.slot):  # cut out of a word
        return None
    rest = asked.text.replace(reading.slot, " ", 1) if reading.slot else asked.text
    if form == "list" and _EACH_OTHER.search(asked.text):
        return None
    if form in ("list", "count", "since", "about", "by_author") and _LIMIT.search(rest):  # of some of the papers only
        return None
    if form == "count":
        filters = _filters(of, reading.slot, asked, today)
        return LibraryIntent("count", asked.language, filters=filters, counts=True) if filters is not None else None
    if form == "since" and of == "added":
        return _added(reading.slot, asked, today)
    if form in ("since", "by_author", "about"):
        filters = _filters({"since": "time", "by_author": "person"}.get(form, "topic"), reading.slot, asked, today)
        kind: Kind = "by_author" if form == "by_author" else "since" if form == "since" else "about"
        return LibraryIntent(kind, asked.language, filters=filters, is_sure=filters.is_sure) if filters else None
    slots = {"thing" if form in ("uses", "evaluates", "list") else "work": reading.slot}
    if form == "compare":
        sides = [side for side in _SIDES.split(reading.slot) if side.strip()]
        if len(sides) != 2:
            return None
        slots = {"work": sides[0], "other": sides[1]}
    found = _named(form, slots, asked, question)
    return replace(found, part=_part(asked, reading.slot)) if found is not None and form == "summary" else found


def _part(asked: Asked, slot: str) -> str:
    """The part of a summary that the words beside the name ask for; "" for all of it."""
    rest = asked.text.replace(slot, " ", 1)
    return next((part for part, pattern in _ASKED_PARTS[asked.language] if pattern.search(rest)), "")


def _filters(of: str, slot: str, asked: Asked, today: date) -> Filters | None:
    """The papers of a time, by a person, about a topic; all of them for "all"."""
    text = asked.restored(slot)
    if of == "all":
        return Filters()
    if of == "person":
        return Filters(person=text, is_sure=is_surely_person(text, asked.text)) if may_be_person(text) else None
    if of == "time":
        span = read_time(text, asked.language, today)
        return Filters(published=span) if span is not None else None
    return Filters(topic=text) if is_plain(text) else None


def _read_whole(question: str, today: date) -> LibraryIntent | None:
    asks_both, question = _one_of_two(question)
    languages: tuple[Language, ...] = ("zh", "en") if has_han(question) else ("en",)
    unsure = None
    for language in languages:
        asked = asked_in(question, language)
        for found in _read(asked, question, today):
            found = replace(found, both=asks_both and found.kind in ("date", "venue"))
            if found.is_sure:
                return unsure if unsure and unsure.part and found.kind == "summary" else found
            unsure = unsure or found
    return unsure


def read_which(question: str) -> LibraryIntent | None:
    """Which papers are asked for by what they do; None for another question."""
    language: Language = "zh" if has_han(question) else "en"
    asked = asked_in(question, language)
    found = _WHICH[language].match(asked.text)
    if found is None or (language == "en" and _PAST.match(found["rest"])):
        return None
    if _GIVES_CODE.match(found["rest"]):
        return LibraryIntent("list", language, thing="code")
    return LibraryIntent("list", language, thing=asked.restored(found["rest"]), is_sure=False, part="which")


def _one_of_two(question: str) -> tuple[bool, str]:
    """Whether year and venue are asked together, and the question with one of them."""
    for pattern, one in _BOTH:
        if pattern.search(question):
            return True, pattern.pattern.sub(one, question, count=1)
    return bool(_WHEN_AND_WHERE.search(question)), question


def _read(asked: Asked, question: str, today: date) -> Iterator[LibraryIntent]:
    for form in _FORMS:
        for slots in matches(asked, form):
            found = _filtered(form, slots, asked, today) if form in ("count", "which", "added") else _named(
                form, slots, asked, question)
            if found is not None:
                yield found


def _named(form: str, slots: dict[str, str], asked: Asked, question: str) -> LibraryIntent | None:
    """An intent about works or things that are named."""
    slots = {slot: _PARTICLE.sub("", said) for slot, said in slots.items()}
    given = [slots[slot] for slot in ("work", "other", "scope") if slot in slots]
    if form == "named":
        given = [part for part in _SEVERAL[asked.language].pattern.split(given[0]) if part.strip()]
    names = [read_name(slot, asked) for slot in given]
    thing = asked.restored(slots.get("thing", ""))
    if any(name is None for name in names) or (thing and not is_plain(thing)):
        return None
    known = tuple(name for name in names if name is not None)
    if form in ("uses", "evaluates"):
        thing = _FOR_WHAT.pattern.sub("", _ROLE.pattern.sub("", thing)).strip(QUOTES)
        thing = _SMALL_ARTICLE.sub("", bare_thing(thing)) if form == "uses" else thing
        known, thing = (Name(thing, is_name=True),), ""
    order = _ORDER.search(question) if form == "author" else None
    is_sure = form in ("uses", "evaluates", "compare", "list") or all(name.is_sure for name in known)
    if form in _ANY_WORK or (form == "cited" and asked.language == "zh"):
        is_sure = all(not CLAUSE.search(name.text) or name.is_quoted for name in known)
    if form == "date":  # what a text says of a thing that is no document here is for sentences
        is_sure = all(name.is_quoted or name.says_work for name in known)
    if form == "compare" and not all(is_plain(name.text) for name in known):
        return None
    if form == "usage":
        return LibraryIntent("list", asked.language, (), thing, part="uses")
    if form == "named":
        is_sure = all(name.is_quoted or name.says_work for name in known)
        thing = _RIVALS if _COMPARES_WITH.search(question) else thing
        return LibraryIntent("list", asked.language, known, thing, is_sure=is_sure)
    if "scope" in slots:
        known = tuple(replace(name, says_work=True) for name in known)
    if form in _PARTS and any(_ALL_WORKS.search(name.text) for name in known):
        return None
    if form in _PARTS:  # a thing that is no work here may have a method or limits too: those are for sentences
        is_sure = all(name.is_quoted or name.says_work for name in known)
        return LibraryIntent("summary", asked.language, known, thing, is_sure=is_sure, part=form)
    if form == "summary":
        is_sure = all(name.is_sure for name in known)
        if _DOES.search(question) and not all(name.is_quoted or name.says_work for name in known):
            return None  # what somebody or something does
    said = next((part for part in order.groups() if part), "") if order else ""
    return LibraryIntent(_kind(form), asked.language, known, thing, counts=bool(_COUNTS.search(question)), order=said,
                         is_sure=is_sure, as_rival=form == "uses" and bool(_RIVAL.search(question)),
                         is_here=asked.is_here or bool(_MINE.search(question)))


def _kind(form: str) -> Kind:
    kinds: tuple[Kind, ...] = ("author", "date", "venue", "cites", "cited", "uses", "extends", "evaluates", "summary",
                               "compare", "list")
    return next(kind for kind in kinds if kind == form)


def _filtered(form: str, slots: dict[str, str], asked: Asked, today: date) -> LibraryIntent | None:
    """An intent about papers of a kind."""
    ones = slots.get("ones", "")
    filters = read_filters(slots.get("filters", ones) + slots.get("kind", ""), asked, today)
    if filters is None or (ones and not ones.endswith("的")):
        return None
    if person := asked.restored(slots.get("person", "")):
        if not may_be_person(person):
            return None
        filters = Filters(person=person, is_sure=is_surely_person(person, asked.text),
                          is_written=says_written(person, asked.text))
    if form == "count":
        return LibraryIntent("count", asked.language, filters=filters, counts=True, is_sure=filters.is_sure)
    if form == "added":
        return _added(slots.get("time", ""), asked, today)
    if filters.is_empty:
        return None
    kind: Kind = "by_author" if filters.person else "since" if filters.published or filters.added else "about"
    return LibraryIntent(kind, asked.language, filters=filters, is_sure=filters.is_sure)


def _added(time: str, asked: Asked, today: date) -> LibraryIntent | None:
    """What is new: by the day of adding, or by the year where a year is said and nothing of adding."""
    span = read_time(asked.restored(time), asked.language, today) if time else None
    if time and span is None:
        return None
    is_published = span is not None and span.is_years and not _ADDED.search(asked.text)
    filters = Filters(published=span) if is_published else Filters(added=span)
    return LibraryIntent("since", asked.language, filters=filters)
