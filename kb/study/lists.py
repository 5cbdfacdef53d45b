"""The same thing out of many documents: each is asked alone, and what it answers stands under its title.

Reads: Study with the thing that is asked for.  Gives: Said, whose claims name their document; the titles of those that
answer nothing, and how many were not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence
from kb.answer.rank import Sentence
from kb.answer.support import FOUND
from kb.study.addresses import code_addresses
from kb.study.columns import read_column
from kb.study.grids import stands_in_a_table
from kb.study.mentioned import uses_of, values_of
from kb.study.naming import places_of
from kb.study.papers import Paper
from kb.study.parts import is_of_others, is_of_the_work, is_plan, speaks_of_itself
from kb.study.question import Said, Study
from kb.study.quoting import Quoting
from kb.study.summaries import summaries
from kb.study.tables import Extractor
from kb.study.things import names_of
from kb.text import one_line, search_terms
from kb.types import Claim, Document, DocumentInfo, Part, Support
from kb.words import Phrases, phrases, table

_MOST_DOCUMENTS = 200  # that are asked; about half a second each
_PER_DOCUMENT = 2
_LEAST = 0.33  # support from which a sentence of this work is told that has the thing's own words. Chosen on 12 papers
_PER_MENTIONED = 3
_COLUMNS = ("data set", "metric", "model", "language", "limitation")
_TOLD_SHARE = 0.5  # of the documents that are asked, from which on a list is sure
_ABOUT = Phrases(r"^(?:(?:«comparisons: about en»)\s+|(?:«comparisons: about zh»)+)", re.I)
_NAMED_LEAST, _PER_NAMED = 0.2, 3  # the same, and how many sentences, where the work itself is named
_NEARLY = 1.0  # logits below a document's first sentence, for another to stand beside it
_PARTS: tuple[Part, ...] = ("problem", "method", "results", "limits")


def listed(asked: Study) -> Said | None:
    """What each document says of the thing, the document's title above it: of those that are named, else of all. None
    where none is called as the question says, and it may mean something else."""
    works, unknown = _works(asked)
    if asked.intent.names and not works and not asked.intent.is_sure:
        return None
    part = next((part for part in _PARTS if _bare(asked.intent.thing) in phrases("comparisons", f"thing {part}")), None)
    is_known = bool(part) or asked.intent.part == "uses" or _is_known(_bare(asked.intent.thing))
    claims: list[Claim] = []
    empty = list(unknown)
    for info in works[:_MOST_DOCUMENTS]:
        own = list(_of_part(asked, info, part) if part else _mentioned(asked, info))
        if not own and not is_known:
            own = list(_of_thing(asked, info))
        claims += own
        if not own and asked.intent.part != "uses":
            empty.append(one_line(info.title, 160))
    n_told = len({claim.subject for claim in claims})
    is_sure = is_known and not unknown and n_told >= _TOLD_SHARE * min(len(works), _MOST_DOCUMENTS)
    status: Support = "not_found" if not claims else "found" if is_sure else "weak"
    return Said(tuple(claims), status, tuple(empty), max(0, len(works) - _MOST_DOCUMENTS))


def _is_known(thing: str) -> bool:
    """Whether what such a thing may be is known, or it is a number: then other sentences answer nothing."""
    thing = thing.removeprefix("各自的").removeprefix("各自")
    column = read_column(thing)
    return column.about in (*_COLUMNS, "code") or column.kind == "number" or thing in table("comparisons", "kinds")


def _works(asked: Study) -> tuple[list[DocumentInfo], list[str]]:
    """The documents that are asked, and the names that none of the library's has."""
    if not asked.intent.names:
        return [info for info in asked.naming.documents if info.n_passages], []
    found: dict[str, DocumentInfo] = {}
    unknown = []
    for name in asked.intent.names:
        named = asked.naming.works(name)
        topic = _ABOUT.pattern.sub("", name.text).strip()
        language, topic = _scope(asked, topic)
        if language and not named:
            found |= {info.id: info for info in asked.naming.documents if info.language == language and info.n_passages
                      and (not topic or _is_about(asked, info, topic))}
            continue
        if not topic:  # "各", "分别": all of them
            return [info for info in asked.naming.documents if info.n_passages], []
        is_topic = name.says_work and (topic != name.text or not named)
        topics = [info for info in asked.naming.documents if is_topic and _is_about(asked, info, topic)]
        if topics:
            found |= {info.id: info for info in topics}
        elif named and (named.is_sure or name.is_quoted or name.says_work):
            found |= {info.id: info for info in named.documents}
        else:
            unknown.append(name.text)
    return list(found.values()), unknown


def _scope(asked: Study, text: str) -> tuple[str, str]:
    """(language, topic) of the papers that are meant: "英文事件抽取" are those in English about that."""
    known = table("intents", f"language name {asked.language}")
    said = next((name for name in known if text.casefold().startswith(name)), "")
    return known.get(said, ""), text[len(said):].strip()


def _is_about(asked: Study, info: DocumentInfo, topic: str) -> bool:
    """Whether a document's title or beginning names the topic, in either language."""
    return any(places_of(text, name) for name in names_of(topic)
               for text in (info.title, asked.naming.beginning(info.id)))


def _bare(thing: str) -> str:
    return thing.strip().casefold().removeprefix("的").removeprefix("the ").removeprefix("main ").removeprefix(
        "a ").removeprefix("an ").strip(" 。.?？")


def _of_part(asked: Study, info: DocumentInfo, part: Part) -> Iterator[Claim]:
    """What its summary tells of a part."""
    summary, = summaries(asked.finder, asked.view, [info.id], asked.language)
    found = next(item.claims for item in summary.parts if item.part == part)
    yield from (Claim(claim.text, claim.citations, info.title) for claim in found[:_PER_DOCUMENT])


def _mentioned(asked: Study, info: DocumentInfo) -> Iterator[Claim]:
    """Its sentences that name what such a thing may be, or that it uses the thing."""
    quoting = Quoting(asked.finder, asked.view, info.id)
    thing = _bare(asked.intent.thing).removeprefix("各自的").removeprefix("各自")
    uses = asked.intent.part == "uses"
    if not uses and read_column(thing).about == "code":
        spans = code_addresses(Paper(quoting.document))
    else:
        spans = [] if uses else list(_in_cell(asked, info, thing, quoting.document))
        spans += [(item.start, item.end) for item in (uses_of if uses else values_of)(quoting.document, thing)]
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
    tabled = places[:1] if column.about and not said else []
    rows = [place for place in tabled if stands_in_a_table(document, place.start)]
    for place in (*said, *rows):
        yield place.start, place.end


def _of_thing(asked: Study, info: DocumentInfo) -> Iterator[Claim]:
    """Its sentences that answer the question about the thing, as far as they speak of this work."""
    thing = asked.intent.thing.removeprefix("的")
    language = info.language
    things = (thing, *filter(None, [table("comparisons", "written").get(thing.casefold())]))
    wordings = phrases("comparisons", f"asks which {language}")
    questions = [wordings[0].replace("{thing}", name) for name in things]
    questions += [wording.replace("{thing}", things[-1]) for wording in wordings[1:]]
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
