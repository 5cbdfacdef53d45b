"""Frames of ours, filled from facts alone: when they are written, and again when they are audited.

Reads: facts (records.Fact), the request, the references.  Gives: the words of a sentence that is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kb.survey.records import Fact, Reference, Request, Sentence, Survey
from kb.survey.words import listed, word
from kb.survey.write.joined import FORMS as JOINED
from kb.types import Language

Form = Callable[[Sequence[Fact], Request, Mapping[str, Reference]], str]


def fill(form: str, facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    """The text of a frame. A form that is no function here is words of words.py without gaps. Errors: KeyError for one
    that is neither."""
    made = FORMS.get(form)
    return made(facts, request, references) if made else word(form, request.language)


def retold(survey: Survey) -> Survey:
    """The survey with its frames and joined sentences filled again, by the names and years that its references have
    now."""
    references = {r.document: r for r in survey.references}

    def again(sentence: Sentence) -> Sentence:
        if not sentence.form or sentence.kind not in ("frame", "joined"):
            return sentence
        facts = tuple(replace(fact, values=years_of(fact.documents, survey.references)) if fact.kind == "years"
                      else fact for fact in sentence.facts)
        return replace(sentence, facts=facts, text=fill(sentence.form, facts, survey.request, references))

    return replace(survey, sentences=tuple(again(sentence) for sentence in survey.sentences))


def years_of(documents: Sequence[str], references: Sequence[Reference]) -> tuple[str, ...]:
    """The first year of these documents and the last; with the number of those that have one, where some have none;
    nothing where no year is known."""
    known = sorted(r.year for r in references if r.document in documents and r.year)
    some = (str(len(known)),) if len(known) < len(documents) else ()
    return (str(known[0]), str(known[-1]), *some) if known else ()


def _scope(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    n = _number(facts)
    return word("scope_one" if n == 1 else "scope", request.language, topic=request.topic,
                n=count_word(n, request.language), years=_years(facts, request.language))


def _structure(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    has_problems = any(fact.kind == "problems" for fact in facts)
    return word("structure" if has_problems else "structure_plain", request.language,
                sections=_headings(facts, request.language))


def _lead(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    language, n = request.language, _number(facts)
    terms = [fact.term for fact in facts if fact.kind == "most"]
    count = count_word(n, language)
    values = {"n": count[0].upper() + count[1:], "years": _years(facts, language),
              "shared": word("shared", language, terms=listed(terms, language)) if terms else ""}
    if any(fact.kind == "sections" for fact in facts):
        return word("lead_parts", language, parts=_headings(facts, language), **values)
    return word("lead_one" if n == 1 else "lead", language, **values)


def _lead_rest(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    n = _number(facts)
    return word("lead_rest_one" if n == 1 else "lead_rest", request.language, n=count_word(n, request.language))


def _told(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    n = int(facts[0].values[0])
    return word(f"told_{facts[0].term}", request.language, n=count_word(n, request.language))


def _not_written(facts: Sequence[Fact], request: Request, references: Mapping[str, Reference]) -> str:
    return word("not_written", request.language, why=facts[0].values[0])


def _number(facts: Sequence[Fact]) -> int:
    return next(int(fact.values[0]) for fact in facts if fact.kind == "count")


def _years(facts: Sequence[Fact], language: Language) -> str:
    """"2015–2023", "2015", "undated", "three of them dated, 2015"."""
    known = next(fact.values for fact in facts if fact.kind == "years")
    if not known:
        return word("undated", language)
    text = known[0] if known[0] == known[1] else f"{known[0]}{'—' if language == 'zh' else '–'}{known[1]}"
    text = f"{text} 年" if language == "zh" else text
    return word("dated", language, n=count_word(int(known[2]), language), years=text) if known[2:] else text


def _headings(facts: Sequence[Fact], language: Language) -> str:
    names = next(fact.values for fact in facts if fact.kind == "sections")
    kept = {name for fact in facts if fact.kind == "capital" for name in fact.values}
    return listed([_lower(name) if language == "en" and name not in kept else name for name in names], language)


def _lower(heading: str) -> str:
    """A heading inside a sentence: an acronym or a name keeps its capitals."""
    first = heading.split(" ")[0]
    return (
        heading
        if sum(c.isupper() for c in first) > 1 or any(c.isdigit() for c in first)
        else heading[0].lower() + heading[1:]
    )


def count_word(n: int, language: Language) -> str:
    """A number of works: in words up to twelve in English."""
    words = "one two three four five six seven eight nine ten eleven twelve".split()
    return words[n - 1] if language == "en" and 0 < n <= 12 else str(n)


FORMS: dict[str, Form] = {"scope": _scope, "structure": _structure, "lead": _lead, "lead_rest": _lead_rest,
                          "not_written": _not_written, "told": _told,
                          **JOINED}
