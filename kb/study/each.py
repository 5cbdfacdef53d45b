"""One value out of one document: what its record, its cover, its summary or its sentences say.

Reads: Study, a document, a Value.  Gives: claims under the document's title, none where it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence
from kb.answer.rank import Sentence
from kb.answer.support import FOUND
from kb.study.addresses import code_addresses
from kb.study.columns import read_column
from kb.study.covers import lines_of
from kb.study.grids import stands_in_a_table
from kb.study.mentioned import uses_of, values_of
from kb.study.papers import Paper
from kb.study.parts import is_of_others, is_of_the_work, is_plan, says_of, speaks_of_itself
from kb.study.question import Study
from kb.study.quoting import Quoting
from kb.study.records import Records
from kb.study.results import is_called, is_measure
from kb.study.rows import row_in
from kb.study.settings import read_setting
from kb.study.spans import measure_pattern, model_pattern
from kb.study.summaries import summaries
from kb.study.tables import Extractor
from kb.study.trained_with import trained_with
from kb.study.values import Value
from kb.text import search_terms
from kb.types import Claim, Document, DocumentInfo, Part
from kb.words import Phrases, phrases, table

_PER_DOCUMENT = 2
_LEAST = 0.33  # support from which a sentence of this work is told that has the thing's own words. Chosen on 12 papers
_PER_MENTIONED = 3
_COLUMNS = ("data set", "metric", "model", "language", "limitation")
_NAMED_LEAST, _PER_NAMED = 0.2, 3  # the same, and how many sentences, where the work itself is named
_NEARLY = 1.0  # logits below a document's first sentence, for another to stand beside it
_BEHIND = 0.4  # of a work, where it says what it leaves to do
_PLANS = Phrases(r"\b(?:«each: plans heading en»)\b|«each: plans heading zh»", re.IGNORECASE)
_PLANNED = Phrases(r"\b(?:«each: planned en»)\b|«each: planned zh»", re.IGNORECASE)
_BUILT_WITH = Phrases(r"\b(?:«each: built with en»)\b|«each: built with zh»", re.IGNORECASE)
_BACKBONE = Phrases(r"\b(?:«each: backbone en»)\b|«each: backbone zh»", re.IGNORECASE)
_USES = re.compile(r"\b(?:use[sd]?|using|adopt\w*|employ\w*|with|based on|initiali[sz]\w*|take|choose|chose)\b|"
                   r"采用|使用|选用|选择|基于|作为|以", re.IGNORECASE)
_OWN_PARTS = ("method", "experiment", "abstract")
_BESIDE, _MOST_NAMES = 50, 4  # characters between a name and the word; names of a sentence that lists no rivals
_SUMS_UP = re.compile(r"总结|结论|conclusion|summary|discussion", re.IGNORECASE)
_ASIDE = ("references", "related", "title", "back")
_CONCLUDES = ("conclusion", "limitation")
_LEAST_PLAN = 12  # characters of a sentence that says a plan
_FOLLOWS = Phrases(r"(?:«each: only announces»)[^。.]{0,12}[。.：:]?$", re.IGNORECASE)
_TELL_NUMBERS = ("abstract", "conclusion", "experiment", "introduction", "text")
_DECIMAL = re.compile(r"\d\.\d|\d\s?[%％]")


def said_of(asked: Study, info: DocumentInfo, value: Value) -> list[Claim]:
    """What a document says of a value."""
    if value.kind == "record":
        return [claim] if (claim := Records(asked.view, asked.naming).field(info, value.name, asked.language)) else []
    if value.kind == "cover":
        quoting = Quoting(asked.finder, asked.view, info.id)
        return [quoting.claim(start, end, info.title) for start, end in lines_of(quoting.document, value.name)]
    if value.name == "future" and value.kind == "part":
        return list(_plans(asked, info))
    if value.kind == "part":
        return list(of_part(asked, info, cast(Part, value.name)))
    if not search_terms(value.name):
        return []
    if setting := read_setting(bare(value.name)):
        quoting = Quoting(asked.finder, asked.view, info.id)
        told = trained_with(Paper(quoting.document), setting, _PER_DOCUMENT)
        return [quoting.claim(one.start, one.end, info.title, one.answer) for one in told]
    found = list(mentioned(asked, info, value.name)) or list(_measured(asked, info, value.name))
    return found or ([] if value.is_known else list(of_thing(asked, info, value.name)))


def of_part(asked: Study, info: DocumentInfo, part: Part) -> Iterator[Claim]:
    """What its summary tells of a part."""
    summary, = summaries(asked.finder, asked.view, [info.id], asked.language)
    found = next(item.claims for item in summary.parts if item.part == part)
    yield from (Claim(claim.text, claim.citations, info.title) for claim in found[:_PER_DOCUMENT])


def _plans(asked: Study, info: DocumentInfo) -> Iterator[Claim]:
    """The sentences in its second half that say what is left to do: those under a heading of plans alone first, then
    those that say so where a work concludes."""
    quoting = Quoting(asked.finder, asked.view, info.id)
    lines = [line for line in Paper(quoting.document).lines
             if line.start > _BEHIND * len(quoting.document.text) and line.part not in _ASIDE and not line.is_caption
             and len(line.text) >= _LEAST_PLAN and line.text.rstrip()[-1] in ".。;；!"
             and not _FOLLOWS.search(line.text)]
    headed = [line for line in lines if _is_of_plans(line.section[-1] if line.section else "")]
    says = [line for line in headed or lines if says_of(line.text, ("future",)) or _PLANNED.search(line.text)]
    if headed:
        told = (says or headed)[:_PER_DOCUMENT]
    else:
        told = [line for line in says if not line.is_other and line.part in _CONCLUDES][-_PER_DOCUMENT:]
    yield from (quoting.claim(line.start, line.end, info.title) for line in told)


def _is_of_plans(heading: str) -> bool:
    """Whether a section tells of plans, and does not sum up as well: 总结与展望."""
    return bool(_PLANS.search(heading)) and not _SUMS_UP.search(heading)


def _measured(asked: Study, info: DocumentInfo, thing: str) -> Iterator[Claim]:
    """Its own sentences that give a number in the measure that is asked for, where no cell of a table has it."""
    column = read_column(bare(thing))
    if column.about != "result" or not column.measure:
        return
    quoting = Quoting(asked.finder, asked.view, info.id)
    paper = Paper(quoting.document)
    if paper.is_survey:
        return
    lines = [line for line in paper.lines if line.part in _TELL_NUMBERS and not line.is_other
             and _DECIMAL.search(line.masked) and is_statement(line.text, is_set=bool(quoting.document.pages))
             and any(is_measure(found[0], column.measure) for found in measure_pattern().finditer(line.masked))]
    lines.sort(key=lambda line: (_TELL_NUMBERS.index(line.part), not line.is_own, line.start))
    row = None if lines else row_in(paper, lambda head: is_called(head, column.measure))
    if row is not None:
        yield quoting.claim(*row[0], info.title, row[1])
    yield from (quoting.claim(line.start, line.end, info.title) for line in lines[:_PER_DOCUMENT])


def bare(thing: str) -> str:
    """A thing as tables of words know it."""
    thing = thing.strip().casefold().removeprefix("的").removeprefix("the ").removeprefix("main ").removeprefix(
        "a ").removeprefix("an ").strip(" 。.?？")
    return thing.removeprefix("各自的").removeprefix("各自")


def mentioned(asked: Study, info: DocumentInfo, thing: str) -> Iterator[Claim]:
    """Its sentences that name what such a thing may be, or that it uses the thing."""
    quoting = Quoting(asked.finder, asked.view, info.id)
    thing = bare(thing)
    uses = asked.intent.part == "uses"
    if not uses and read_column(thing).about == "code":
        spans = code_addresses(Paper(quoting.document))
    else:
        spans = [] if uses else list(_in_cell(asked, info, thing, quoting.document))
        told = (uses_of if uses else values_of)(quoting.document, thing) if not spans else []  # a cell is the surer
        spans += [(item.start, item.end) for item in told]
    shown: list[tuple[int, int]] = []
    for start, end in spans:
        if len(shown) < _PER_MENTIONED and not any(start < b and a < end for a, b in shown):
            shown.append((start, end))
            yield quoting.claim(start, end, info.title)


def _in_cell(asked: Study, info: DocumentInfo, thing: str, document: Document) -> Iterator[tuple[int, int]]:
    """The sentences that fill the cell of a table's column for the thing: its main value first; the row of a table
    where its value stands in none."""
    column = read_column(thing)
    if column.about not in _COLUMNS and column.kind != "number":
        return
    cell = Extractor(asked.view, asked.finder.encoder, asked.finder.reader, "", (column,)).row(info).row.cells[0]
    places = [place for place in (cell.citation, *(span.citation for span in cell.also)) if place is not None]
    said = [place for place in places if is_statement(place.quote, is_set=place.page is not None)]
    if column.about == "model" and _BACKBONE.search(thing) and (told := list(_backbones(Paper(document)))):
        yield from told
        return
    if column.about == "model" and said:
        yield from _as_base(Paper(document), [document.text[slice(*place.answer)] for place in said if place.answer])
        return
    tabled = places[:1] if column.about and not said else []
    rows = [place for place in tabled if stands_in_a_table(document, place.start)]
    for place in (*said, *rows):
        yield place.start, place.end


def _backbones(paper: Paper) -> Iterator[tuple[int, int]]:
    """The work's own sentences in which the name of a model stands beside the word for a backbone, the clearest
    first."""
    if paper.is_survey:
        return
    found = []
    for line in paper.lines:
        cues = [] if line.is_other or line.part in _ASIDE else list(_BACKBONE.finditer(line.masked))
        names = list(model_pattern().finditer(line.masked)) if cues else []
        near = [name for name in names if any(abs(name.start() - cue.start()) <= _BESIDE for cue in cues)]
        if near and len(names) <= _MOST_NAMES and is_statement(line.text, is_set=bool(paper.document.pages)):
            found.append((-2 * bool(_USES.search(line.masked)) - line.is_own - (line.part in _OWN_PARTS), line.start,
                          line.end))
    yield from ((start, end) for _, start, end in sorted(found)[:_PER_DOCUMENT])


def _as_base(paper: Paper, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """For each of these models the sentence that says most clearly that the work is built with it."""
    for name in dict.fromkeys(names):
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![a-z])")
        lines = [line for line in paper.lines if line.part not in _ASIDE and pattern.search(line.text)
                 and is_statement(line.text, is_set=bool(paper.document.pages))]
        if lines:
            best = max(lines, key=lambda line: (2 * bool(_BUILT_WITH.search(line.masked)) + line.is_own - line.is_other,
                                                -line.start))
            yield best.start, best.end


def of_thing(asked: Study, info: DocumentInfo, thing: str) -> Iterator[Claim]:
    """Its sentences that answer the question about the thing, as far as they speak of this work."""
    thing = thing.removeprefix("的")
    language = info.language
    things = (thing, *filter(None, [table("comparisons", "written").get(thing.casefold())]))
    wordings = phrases("comparisons", f"asks which {language}")
    questions = [wordings[0].replace("{thing}", name) for name in things]
    questions += [wording.replace("{thing}", things[-1]) for wording in wordings[1:]]
    questions += [read_column(thing).question.in_(language)] if asked.intent.group else []
    quoting = Quoting(asked.finder, asked.view, info.id)
    best: Evidence | None = None
    told: list[Sentence] = []
    for question in questions:
        evidence = asked.finder.find(question, info.id)
        own = [s for s in evidence.ranked if _tells(s, is_set=bool(quoting.document.pages))]
        if own and (best is None or evidence.support > best.support):
            best, told = evidence, own
    if best is None:
        return
    words = [frozenset(search_terms(name)) for name in things]
    # a work that is named is thought to say it
    least, most = (_NAMED_LEAST, _PER_NAMED) if asked.intent.names else (_LEAST, _PER_DOCUMENT)
    for s in told[:most]:
        held = best.retrieval.widened(s.terms)
        signs = any(terms and terms <= held for terms in words) + speaks_of_itself(s.text)
        is_near = (s.logit or 0.0) >= (told[0].logit or 0.0) - _NEARLY
        if is_near and best.support >= (least if signs == 2 else FOUND) and signs:
            yield quoting.claim(s.start, s.end, info.title, s.answer)


def _tells(s: Sentence, *, is_set: bool) -> bool:
    """Whether a sentence is whole, of this work, and of what was done in it."""
    return is_statement(s.text, is_set=is_set) and s.text.rstrip(" *_\"”’)）]")[-1:] in ".。!！?？" and not (
        is_of_others(s.text, s.hit.section, s.hit.language) or is_plan(s.text) or not is_of_the_work(s.text))
