"""The same thing out of many documents: each is asked alone, and what it answers stands under its title.

Reads: Study with the thing that is asked for.  Gives: Said, whose claims name their document; the titles of those that
answer nothing, and how many were not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence
from kb.answer.rank import Sentence
from kb.answer.support import FOUND
from kb.study.asked import Said, Study
from kb.study.parts import is_of_others, is_of_the_work, is_plan, speaks_of_itself
from kb.study.quoting import Quoting
from kb.study.summaries import summaries
from kb.text import one_line, search_terms
from kb.types import Claim, DocumentInfo, Part
from kb.words import phrases

_MOST_DOCUMENTS = 200  # that are asked; about half a second each
_PER_DOCUMENT = 2
_LEAST = 0.33  # support from which a sentence of this work is told that has the thing's own words. Chosen on 12 papers
_NEARLY = 1.0  # logits below a document's first sentence, for another to stand beside it
_PARTS: tuple[Part, ...] = ("problem", "method", "results", "limits")


def listed(asked: Study) -> Said:
    """What each document says of the thing, the document's title above it."""
    works = [info for name in asked.intent.names for info in asked.works(name)] or list(asked.naming.documents)
    works = [info for info in works if info.n_passages]
    part = next((part for part in _PARTS if _bare(asked.intent.thing) in phrases("comparisons", f"thing {part}")), None)
    claims: list[Claim] = []
    empty: list[str] = []
    for info in works[:_MOST_DOCUMENTS]:
        own = list(_of_part(asked, info, part) if part else _of_thing(asked, info))
        claims += own
        if not own:
            empty.append(one_line(info.title, 160))
    return Said(tuple(claims), "found" if claims else "not_found", tuple(empty), max(0, len(works) - _MOST_DOCUMENTS))


def _bare(thing: str) -> str:
    return thing.strip().casefold().removeprefix("的").removeprefix("the ").removeprefix("main ").strip(" 。.?？")


def _of_part(asked: Study, info: DocumentInfo, part: Part) -> Iterator[Claim]:
    """What its summary tells of a part."""
    summary, = summaries(asked.finder, asked.view, [info.id], asked.language)
    found = next(item.claims for item in summary.parts if item.part == part)
    yield from (Claim(claim.text, claim.citations, info.title) for claim in found[:_PER_DOCUMENT])


def _of_thing(asked: Study, info: DocumentInfo) -> Iterator[Claim]:
    """Its sentences that answer the question about the thing, as far as they speak of this work."""
    thing = asked.intent.thing.removeprefix("的")
    language = info.language
    questions = [line.replace("{thing}", thing) for line in phrases("comparisons", f"asks which {language}")]
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
    words = frozenset(search_terms(thing))
    for s in told[:_PER_DOCUMENT]:
        signs = (words <= best.retrieval.widened(s.terms)) + speaks_of_itself(s.text)
        is_near = (s.logit or 0.0) >= (told[0].logit or 0.0) - _NEARLY
        if is_near and best.support >= (_LEAST if signs == 2 else FOUND) and signs:
            yield quoting.claim(s.start, s.end, info.title, s.answer)


def _tells(s: Sentence, *, is_set: bool) -> bool:
    """Whether a sentence is whole, of this work, and of what was done in it."""
    return is_statement(s.text, is_set=is_set) and s.text.rstrip(" *_\"”’)）]")[-1:] in ".。!！?？" and not (
        is_of_others(s.text, s.hit.section, s.hit.language) or is_plan(s.text) or not is_of_the_work(s.text))
