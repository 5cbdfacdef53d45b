"""The words of sentences that join works: who shares what, who differs, the same measure on the same data side by side,
when they are from, who cites whom.

Each form is made of its facts alone: the audit makes it again and compares. joins.py finds the facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kb.survey.records import Fact, Reference, Request
from kb.survey.references import short_name
from kb.survey.words import WORDS, word
from kb.survey.write.proposed import third_person, verb_in
from kb.survey.write.quoted import call_names, introduced, speaker
from kb.text import CJK, one_line
from kb.types import Language

_HAN = re.compile(f"[{CJK}]")
_NAMED = 4  # works that a sentence calls by name
_TITLE = 60  # characters

Words = Callable[[Sequence[Fact], Request, Mapping[str, Reference]], str]


def _n(n: int, language: Language, *, begins: bool = False) -> str:
    words = "one two three four five six seven eight nine ten eleven twelve".split()
    text = words[n - 1] if language == "en" and 0 < n <= len(words) else str(n)
    return text[0].upper() + text[1:] if begins else text


def _spaced(text: str, language: Language) -> str:
    """A name inside a Chinese sentence: a blank beside Latin letters."""
    if language == "en" or not text:
        return text
    return f"{' ' * text[0].isascii()}{text}{' ' * text[-1].isascii()}"


def _last(text: str) -> str:
    """A name at the end of a Chinese clause: no blank before the stop."""
    return _spaced(text, "zh").rstrip()


def _counted(facts: Sequence[Fact]) -> int:
    return len({d for fact in facts for d in fact.documents})


def _who(document: str, references: Mapping[str, Reference], language: Language) -> str:
    """A work by authors and year, whoever tells of it; with its title where another work here is called so."""
    reference = replace(references[document], is_note=False)
    name = short_name(reference, language)
    if not reference.authors:
        return speaker(reference, call_names(references.values()), language)
    if sum(short_name(other, language) == name for other in references.values()) < 2:
        return name
    title = one_line(reference.title, _TITLE)
    if language == "zh":
        return f"{name}《{title}》"
    return f"{name[:-1]}, “{title}”)" if name.endswith(")") else f"{name} (“{title}”)"


def _together(names: Sequence[str], language: Language) -> str:
    """ "A, B and C", "A、B 和 C"."""
    if len(names) < 2:
        return "".join(names)
    if language == "en":
        return f"{', '.join(names[:-1])} and {names[-1]}"
    before, last = "、".join(names[:-1]), names[-1]
    joint = "以及" if any("和" in name for name in names) else "和"
    return f"{_after_latin(before)}{joint}{' ' * last[0].isascii()}{last}"


def _verb(name: str, plural: str) -> str:
    """The verb behind a name of authors: one author "reports"."""
    return plural if "et al." in name or " and " in name.split(" (")[0] else f"{plural}s"


def _of(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    n, among, term = _counted(facts), len(facts[0].among), facts[0].term
    if request.language == "zh":
        if n == among:
            return f"这{'两' if n == 2 else f' {n} '}篇文献都在题目、摘要或开头谈到{_last(term)}。"
        return f"这 {among} 篇文献中，至少有 {n} 篇在题目、摘要或开头谈到{_last(term)}。"
    if n == among:
        return f"{_all(n)} works name {term} in title, abstract or opening."
    return f"At least {_n(n, 'en')} of the {_n(among, 'en')} works name {term} in title, abstract or opening."


def _split(facts: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
    """The facts of the first term, which shows no place again, and of the second."""
    return [fact for fact in facts if not fact.evidence], [fact for fact in facts if fact.evidence]


def _also(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    first, second = _split(facts)
    n, among, term, before = _counted(second), len(first[0].among), second[0].term, first[0].term
    if request.language == "zh":
        return f"这 {among} 篇文献中，至少有 {n} 篇同时谈到{_spaced(before, 'zh')}和{_last(term)}。"
    return (f"Of the {_n(among, 'en')} works, at least {_n(n, 'en')} {'names' if n == 1 else 'name'} both {before} "
            f"and {term}.")


def _instead(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    first, second = _split(facts)
    n, term, before = _counted(second), second[0].term, first[0].term
    if request.language == "zh":
        return f"在题目、摘要和开头没有“{before}”字样的文献中，至少有 {n} 篇谈到{_last(term)}。"
    return (f"Of the works without “{before}” in title, abstract or opening, at least {_n(n, 'en')} "
            f"{'names' if n == 1 else 'name'} {term}.")


def _users(fact: Fact, references: Mapping[str, Reference], language: Language) -> tuple[str, bool]:
    """(the works that use something, by name where they are few, whether they are several). That others do not is not
    said."""
    if len(fact.documents) <= _NAMED:
        return _together([_who(d, references, language) for d in fact.documents], language), True
    n = len(fact.documents)
    return (f"至少有 {n} 篇文献" if language == "zh" else f"At least {_n(n, 'en')} works"), False


def _data(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    who, are_named = _users(facts[0], references, request.language)
    name = facts[0].term
    if request.language == "zh":
        what = name if "数据" in name else f"{_spaced(name, 'zh')}数据"
        return f"{_after_latin(who)}{'都' * are_named}用到了{what}。"
    return f"{who} use {name} as data."


def _all(n: int) -> str:
    return "Both" if n == 2 else f"All {_n(n, 'en')}"


def _measured(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    who, are_named = _users(facts[0], references, request.language)
    if request.language == "zh":
        return f"{_after_latin(who)}{'都' * are_named}以{_spaced(facts[0].term, 'zh')}为指标。"
    return f"{who} use {facts[0].term} as a measure."


def _samples(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    (fact,) = facts
    names = [_who(d, references, request.language) for d in fact.documents]
    first, *rest = zip(names, fact.values, strict=True)
    if request.language == "zh":
        parts = [f"{_after_latin(first[0])}的研究对象是{_last(first[1])}",
                 *(f"{_after_latin(name)}的是{_last(value)}" for name, value in rest)]
        return f"{'，'.join(parts)}。"
    parts = [f"{first[0]} {_verb(first[0], 'report')} on {first[1]}", *(f"{name} on {value}" for name, value in rest)]
    return f"{_together(parts, 'en')}."


def _results(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    result = next(fact for fact in facts if fact.kind == "result")
    data = next((fact.values[0] for fact in facts if fact.kind == "same" and fact.term == "data"), "")
    names = [_who(d, references, request.language) for d in result.documents]
    if request.language == "zh":
        first, *rest = zip(names, result.values, strict=True)
        parts = [f"{_after_latin(first[0])}报告的{_spaced(result.term, 'zh')}为 {first[1]}",
                 *(f"{_after_latin(name)}为 {value}" for name, value in rest)]
        where = f"在{_spaced(data, 'zh')}上，" if data else ""
        return f"{where}{'，'.join(parts)}。"
    parts = [f"{name} {value}" for name, value in zip(names, result.values, strict=True)]
    where = f"On {data}, " if data else ""
    head = f"{names[0]} {_verb(names[0], 'report')} {_article(result.term)} {result.term} of {result.values[0]}"
    return f"{where}{_together([head, *parts[1:]], 'en')}."


def _article(word: str) -> str:
    return "an" if word[0].casefold() in "aeiou" or (word[0] in "FLMNRSX" and (word[1:2].isdigit() or word.isupper())) \
        else "a"


def _after_latin(name: str) -> str:
    return name if not name[-1].isascii() else f"{name} "


def _period(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    terms = [fact for fact in facts if fact.kind == "named"]
    first, second = [fact for fact in facts if fact.kind == "period"]
    spans = [_span(fact.values[0], fact.values[-1], request.language) for fact in (first, second)]
    a, b = len(first.documents), len(second.documents)
    if request.language == "zh":
        return (f"从年份看，谈到{_spaced(terms[0].term, 'zh')}的文献至少有 {a} 篇发表于 {spans[0]}，"
                f"{b} 篇发表于 {spans[1]}。")
    return (f"Of the works that name {terms[0].term}, at least {_n(a, 'en')} {_is(a)} from {spans[0]} and "
            f"{_n(b, 'en')} from {spans[1]}.")


def _span(first: str, last: str, language: Language) -> str:
    text = first if first == last else f"{first}—{last}" if language == "zh" else f"{first}–{last}"
    return f"{text} 年" if language == "zh" else text


def _is(n: int) -> str:
    return "is" if n == 1 else "are"


def _cited(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    cites = [fact for fact in facts if fact.kind == "cites"]
    cited = _who(cites[0].documents[1], references, request.language)
    names = [_who(fact.documents[0], references, request.language) for fact in cites]
    if request.language == "zh":
        many = f"有 {len(names)} 篇文献" if len(names) > _NAMED else _together(names, "zh")
        return f"{_after_latin(many)}引用了{_last(cited)}。"
    if len(names) > _NAMED:
        return f"{_n(len(names), 'en', begins=True)} works cite {cited}."
    return f"{_together(names, 'en')} {_verb(names[0], 'cite') if len(names) == 1 else 'cite'} {cited}."


def _said(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    fact = next(fact for fact in facts if fact.kind == "said")
    citing, cited = (_who(d, references, request.language) for d in fact.documents)
    if request.language == "zh":
        citing = speaker(references[fact.documents[0]], call_names(references.values()), "zh")
        return f"{_after_latin(citing)}谈到{_last(cited)}时写道：“{fact.values[0]}”"
    if references[fact.documents[0]].is_note:
        note = speaker(references[fact.documents[0]], call_names(references.values()), "en", begins=False)
        return f"Of {cited}, {note} says: “{fact.values[0]}”"
    return f"Of {cited}, {citing} {_verb(citing, 'write')}: “{fact.values[0]}”"


def _beside(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference], *,
            is_new: bool = False) -> str:
    (fact,) = facts
    language, names = request.language, call_names(references.values())
    who = [introduced(references[d], names, language, begins=False).rstrip(":：") if is_new
           else speaker(references[d], names, language, begins=False) for d in fact.documents]
    others = [_HAN.search(text) is None for text in fact.values]
    if language == "zh":
        who = [name + word("in_en", "zh") * other for name, other in zip(who, others, strict=True)]
        parts = [f"{_after_latin(name)}写道：“{text}”" for name, text in zip(who, fact.values, strict=True)]
        return f"同样谈到{_last(fact.term)}，{''.join(parts)}"
    who = [name + word("in_zh", "en") * (not other) for name, other in zip(who, others, strict=True)]
    parts = [f"{name} {'say' if is_new is False and _verb(name, 'say') == 'say' else 'says'}: “{text}”"
             for name, text in zip(who, fact.values, strict=True)]
    return f"On {fact.term}, {'; '.join(parts)}"


def _beside_new(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    return _beside(facts, request, references, is_new=True)


def _proposed(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    (fact,) = facts
    language, n = request.language, len(fact.documents)
    kind = f"gives_{fact.term or 'named'}"
    lead = word(kind, language, n=_n(n, language)) if kind in WORDS else ""
    parts = []
    for d, verb, text in zip(fact.documents, fact.values[::2], fact.values[1::2], strict=True):
        who, does, is_han = _who(d, references, language), verb_in(verb, language), bool(_HAN.search(text))
        if language == "zh":
            parts.append(f"{_after_latin(who)}{does}“{text}”{word('in_en', 'zh') * (not is_han)}")
        else:
            does = does if len(references[d].authors) > 1 else third_person()[does]
            parts.append(f"{who} {does}{' that' * (does.startswith('report'))} “{text}”{word('in_zh', 'en') * is_han}")
    if language == "zh":
        return f"{lead}{'；'.join(parts)}。"
    return f"{lead}{_together(parts, 'en') if len(parts) < 3 else '; '.join(parts)}."


FORMS: dict[str, Words] = {
    "joined.of": _of, "joined.also": _also, "joined.instead": _instead, "joined.data": _data,
    "joined.measured": _measured, "joined.results": _results, "joined.period": _period, "joined.cited": _cited,
    "joined.said": _said, "joined.beside": _beside, "joined.beside.new": _beside_new, "joined.samples": _samples,
    "joined.proposed": _proposed,
}
