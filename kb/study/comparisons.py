"""Two things beside each other: what is said of both at once, then what is said of each, in whole sentences alone.

Reads: Study with two names.  Gives: Said, whose claims name their side. A work's side is told by its own method, a
thing's by the sentences that say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence
from kb.answer.intent import defines
from kb.answer.rank import Sentence
from kb.answer.terms import Concept, bundled_concepts
from kb.study.called import Name
from kb.study.columns import read_column
from kb.study.each import said_of
from kb.study.grammar import has_han
from kb.study.papers import Paper
from kb.study.parts import is_of_the_work, is_plan, speaks_of_itself
from kb.study.question import Said, Study
from kb.study.quoting import Quoting
from kb.study.settings import read_setting
from kb.study.spans import model_pattern
from kb.study.summaries import summaries
from kb.study.tables import Extractor
from kb.study.values import value_of
from kb.text import guess_language, search_terms, sentence_spans, trim
from kb.types import Claim, DocumentInfo, Language
from kb.words import Phrases, phrases

_MOST_BOTH, _MOST_SIDE = 3, 2
_MOST_WORKS = 2  # of one name, whose own sentences tell it
_COMPARES = 2.0  # logits more, for a sentence that says how one thing is to the other
_BOTH_FROM, _SIDE_FROM = 0.5, -1.5  # logits from which a sentence about both, or about one, is told. Chosen by hand
_SAYS_WHAT = 0.5  # how clearly a sentence says what a thing is, to be told whatever the reader thinks
_MAY_BE_BUILT_ON_IT = ("what it introduces", "part of the title", "words of the title", "words in a title")
_LONGEST_RUN = 6  # sentences that go on with what one about both announces
_WORDS = {"en": Phrases(r"\b(?:«comparisons: compares en»)\b", re.I), "zh": Phrases("«comparisons: compares zh»")}
_BETWEEN = re.compile(r"之间.*$|有(?:哪|什么|何).*$|在.{1,20}(?:上|方面|中|里)$")
_TRAINED_ON = re.compile(r"train|训练", re.IGNORECASE)  # no column: data sets are those of experiments
_IS_QUESTION, _RESULT = "{name}", "best result"
_ABOUT = re.compile(r"^(?:on|about|of|by|for)\s+(?:the\s+)?|^(?:关于|有关)", re.IGNORECASE)
_FIRST = Phrases(r"\W*(?:«comparisons: first»)(?![a-z])", re.I)
_NEXT = Phrases(r"\W*(?:«comparisons: next»)(?![a-z])", re.I)


def compared(asked: Study) -> Said:
    """What the library says of two to four things: of one aspect, if the question names one, what each side says of
    it; else sentences about both, and of each side its own."""
    names = tuple(replace(name, text=_BETWEEN.sub("", name.text)) for name in asked.intent.names)
    within = _within(asked) if asked.intent.within else ""
    if _IS_QUESTION in asked.intent.thing and not all(_works(asked, name) for name in names):
        return Said((), "not_found")
    evidence = asked.finder.find(asked.question, within)
    both = [claim for one, other in pairwise(names) for claim in _of_both(asked, one, other, evidence, within)]
    if asked.intent.thing:
        both = [claim for claim in both if _is_on(asked.intent.thing, claim.text)]
        sides = [_of_aspect(asked, name, within) for name in names]
        unsaid = [name.text for name, side in zip(names, sides, strict=True) if not side]
    else:
        unsaid = []
        sides = [[] for _ in names]
    is_told = bool(asked.intent.thing) and len(unsaid) < len(names)
    if not is_told:  # of everything, or of an aspect that no side speaks of: what each is
        sides = [_of_one(asked, name, evidence.retrieval.concepts, within) for name in names]
    claims: list[Claim] = []
    for claim in (*both, *(claim for side in sides for claim in side)):
        if not any(_overlap(claim, told) for told in claims):
            claims.append(claim)
    empty = tuple(dict.fromkeys((*unsaid, *(name.text for name, side in zip(names, sides, strict=True) if not side))))
    n_told = sum(map(bool, sides))
    if not (both or n_told >= 2 or (is_told and n_told and all(_works(asked, name) for name in names))):
        return Said((), "not_found", empty)
    is_compared = any(_compares(claim.text) for claim in both)
    are_two = len({name.text.casefold() for name in names}) > 1
    # what each is by itself leaves the difference to the reader; what is said of one aspect does not
    aspect = asked.intent.thing
    value = value_of(aspect)
    is_known = value is not None and value.is_known  # what may be told of it is known, in whatever words
    is_enough = is_compared or bool(aspect and both) or (
        is_told and all(side and (is_known or any(_is_on(aspect, claim.text) for claim in side)) for side in sides))
    return Said(tuple(claims), "found" if are_two and is_enough else "weak", empty)


def _within(asked: Study) -> str:
    """The id of the one work that has both sides; "" where none here is called so, or several are."""
    name = asked.intent.within
    found = asked.works(name) if name else ()
    if name and not found:
        found = tuple(asked.naming.about(_ABOUT.sub("", name.text)))
    return found[0].id if len(found) == 1 else ""


def _overlap(a: Claim, b: Claim) -> bool:
    one, other = a.citations[0], b.citations[0]
    return one.document == other.document and one.start < other.end and other.start < one.end


def _compares(text: str) -> bool:
    """Whether a sentence says how one thing is to another."""
    return bool(_WORDS[guess_language(text)].search(text))


# --- both


def _of_both(asked: Study, one: Name, other: Name, evidence: Evidence, within: str) -> list[Claim]:
    """The sentences that name both and say how they are to each other, and what these announce. within: the id of the
    work that both are parts of, if they are."""
    concepts = evidence.retrieval.concepts
    works = {name: () if within else _works(asked, name) for name in (one, other)}
    whose = {info.id: name for name in (one, other) for info in works[name]}
    pools = [evidence.ranked, *(asked.finder.find(asked.question, info.id).ranked
                                for name in (one, other) for info in works[name])]
    found: dict[tuple[str, int], tuple[float, Sentence]] = {}
    for s in (s for pool in pools for s in pool):
        own = whose.get(s.hit.document)  # what the work itself says of "ours" beside the other
        says_own = _compares(s.text) and speaks_of_itself(s.text)
        named = [_names(name.text, s, concepts) or (name is own and says_own) for name in (one, other)]
        if _is_whole(s) and all(named):
            says = _COMPARES if _compares(s.text) else 0.0
            found.setdefault((s.hit.document, s.start), ((s.logit if s.logit is not None else -1.0) + says, s))
    ranked = sorted(found.values(), key=lambda item: (-item[0], item[1].hit.document, item[1].start))
    best = [s for score, s in ranked if score >= _BOTH_FROM][:_MOST_BOTH]
    subject = f"{one.text} · {other.text}"
    return [Quoting(asked.finder, asked.view, s.hit.document).claim(start, end, subject)
            for s in best for start, end in ((s.start, s.end), *_run(asked, s))]


def _run(asked: Study, s: Sentence) -> Iterator[tuple[int, int]]:
    """The sentences of the same paragraph that count up what this one announces: "First, …", "其次，…"."""
    document = asked.finder.document(s.hit.document)
    stop = document.text.find("\n\n", s.end)
    spans = [trim(document.text, a, b)
             for a, b in sentence_spans(document.text, s.end, stop if stop > 0 else len(document.text))]
    runs = False
    for start, end in spans[:_LONGEST_RUN]:
        text = document.text[start:end]
        if not (_NEXT if runs else _FIRST).match(text) and not (runs and _FIRST.match(text)):
            if not runs:
                return
            continue
        runs = True
        if is_statement(text, is_set=bool(document.pages)):
            yield start, end


# --- one


def _of_one(asked: Study, name: Name, concepts: Sequence[Concept], within: str) -> list[Claim]:
    """What a work says it does, where the name is a work's; else the sentences that say what the thing is, in one work
    alone where it is a part of that."""
    if works := () if within else _works(asked, name):
        claims: list[Claim] = []
        for summary in summaries(asked.finder, asked.view, [info.id for info in works]):
            parts = {part.part: part.claims for part in summary.parts}
            claims += (parts["method"] or parts["definitions"])[:_MOST_SIDE]
        if claims:
            return [replace(claim, subject=name.text) for claim in claims]
    evidence = asked.finder.find(_what_is(name.text), within)
    if evidence.status == "not_found" and not within:
        return []
    ranked = [s for s in evidence.ranked if _is_whole(s) and _names(name.text, s, evidence.retrieval.concepts)
              and (_says_what(s, name.text, evidence) or (s.logit or -9.0) >= _SIDE_FROM)]
    return [Quoting(asked.finder, asked.view, s.hit.document).claim(s.start, s.end, name.text, s.answer)
            for s in ranked[:_MOST_SIDE]]


def _is_on(aspect: str, text: str) -> bool:
    """Whether a sentence has the words of an aspect, as it is called or otherwise."""
    held = frozenset(search_terms(text))
    return any(terms and terms <= held for terms in map(frozenset, map(search_terms, _called(aspect))))


@cache
def _called(aspect: str) -> tuple[str, ...]:
    """The names of an aspect in both languages, its own first."""
    lines = ([name for side in line.split(" = ") for name in side.split(" | ")]
             for line in phrases("comparisons", "aspects"))
    known = next((names for names in lines if aspect.casefold() in names), [])
    others = [other for concept in bundled_concepts(aspect) for other in concept.others]
    return tuple(dict.fromkeys((aspect, *known, *others)))


def _of_aspect(asked: Study, name: Name, within: str) -> list[Claim]:
    """What a side says of the aspect: what a list would tell of its own work, or the cell of a table; else the sentence
    of the work that answers the question about it; of what is no work here, one of the library that names the side."""
    works = () if within else _works(asked, name)
    value = value_of(asked.intent.thing)
    if works and value is not None and value.is_known and not _is_measure(value.name):
        told = [claim for info in works for claim in said_of(asked, info, value)[:_MOST_SIDE]]
        if told or value.kind == "part":  # who says no limit of his own may still speak of others'
            return [replace(claim, subject=name.text) for claim in told]
    if cells := _in_cells(asked, works, name):
        return cells
    for document in (within,) if within else [info.id for info in works] or ("",):
        if (said := _that_answers(asked, name, document)) is not None:
            return [said]
    return []


def _is_measure(thing: str) -> bool:
    return read_column(thing).kind == "number" and read_setting(thing) is None


def _in_cells(asked: Study, works: Sequence[DocumentInfo], name: Name) -> list[Claim]:
    """The sentences that fill the cells of these works in the aspect's column, where tables know such a column."""
    column = read_column(asked.intent.thing)
    if column.kind != "number" and (not column.about or _TRAINED_ON.search(asked.intent.thing)):
        return []
    columns = (column, read_column(_RESULT)) if column.about == "result" and column.measure else (column,)
    extractor = Extractor(asked.view, asked.finder.encoder, asked.finder.reader, "", columns)
    found: list[Claim] = []
    for info in works:
        cells = extractor.row(info).row.cells  # in another measure, where that is the clearer result
        place = max(cells, key=lambda cell: cell.support).citation
        if place is not None and (column.about == "result" or is_statement(place.quote, is_set=True)):
            found.append(Claim(place.quote, (place,), name.text))
    return found


def _that_answers(asked: Study, name: Name, document: str) -> Claim | None:
    """The sentence that answers the question about the aspect, of one document or ("") of any that names the side; one
    without a word of the aspect only where the reader is sure of it."""
    aspect = asked.intent.thing
    language = asked.naming.known[document].language if document else asked.language
    evidence = asked.finder.find(_what_aspect(name.text, aspect, language), document)
    for rank, s in enumerate(evidence.ranked):
        is_own = document != "" or _names(name.text, s, evidence.retrieval.concepts)
        is_sure = rank == 0 and evidence.status == "found"
        answers = is_sure or ((s.logit or -9.0) >= _SIDE_FROM and _is_on(aspect, s.text))
        if is_own and answers and _is_whole(s) and not is_plan(s.text):
            return Quoting(asked.finder, asked.view, s.hit.document).claim(s.start, s.end, name.text, s.answer)
    return None


def _what_aspect(name: str, aspect: str, language: Language) -> str:
    """The question about it in the language of the texts that are asked."""
    if _IS_QUESTION in aspect:
        return aspect.replace(_IS_QUESTION, name)
    called = next((one for one in _called(aspect) if has_han(one) == (language == "zh")), aspect)
    return f"{name}的{called}是什么？" if language == "zh" else f"What is the {called} of {name}?"


def _says_what(s: Sentence, name: str, evidence: Evidence) -> bool:
    names = (name, *(other for concept in evidence.retrieval.concepts for other in concept.others))
    return max(defines(s.text, one) for one in names) >= _SAYS_WHAT


def _is_whole(s: Sentence) -> bool:
    is_ended = s.text.rstrip(" *_\"”’)）]")[-1:] in ".。!！?？"
    return is_ended and is_statement(s.text, is_set=s.hit.page is not None) and is_of_the_work(s.text)


def _works(asked: Study, name: Name) -> tuple[DocumentInfo, ...]:
    """The works of a name, whose own sentences tell it; of a model that everybody knows only what calls itself so, not
    what is built on it ("Attention-based LSTM", "D-MobileNet")."""
    works = asked.works(name)
    if model_pattern().fullmatch(name.text) and asked.naming.works(name).by in _MAY_BE_BUILT_ON_IT:
        works = tuple(info for info in works
                      if name.text.casefold() in Paper(asked.view.document(info.id)).own_names)
    return works[:_MOST_WORKS]


def _names(name: str, s: Sentence, concepts: Sequence[Concept]) -> bool:
    """Whether a sentence has the name in it, no longer one that ends in it ("D-MobileNet"), or another name of the
    same."""
    own = set(search_terms(name))
    stands = not name.isascii() or _alone(name).search(s.text) is not None
    return (bool(own) and own <= s.terms and (stands or " " in name)) or any(
        own & concept.terms and concept.is_named(s.terms) for concept in concepts)


@cache
def _alone(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?:e?s)?(?![A-Za-z0-9_])", re.I)


def _what_is(name: str) -> str:
    if guess_language(name) == "zh":
        return f"{phrases('questions', 'what is zh')[0]}{name}？"
    return f"{phrases('questions', 'what is en')[0]} {name}?"
