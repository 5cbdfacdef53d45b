"""The same thing out of many documents: each is asked alone, and what it answers stands under its title.

Reads: Study with the thing that is asked for.  Gives: Said, whose claims name their document; the titles of those that
answer nothing, and how many were not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from kb.answer.claims import is_statement
from kb.answer.rank import Sentence
from kb.study.asked import Said, Study
from kb.study.parts import is_of_others
from kb.study.quoting import Quoting
from kb.study.summaries import summaries
from kb.text import one_line
from kb.types import Claim, DocumentInfo, Language, Part
from kb.words import phrases

_MOST_DOCUMENTS = 200  # that are asked; about half a second each
_PER_DOCUMENT = 2
_NEARLY = 2.0  # logits below a document's first sentence, for another to stand beside it
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
    return thing.strip().casefold().removeprefix("the ").removeprefix("main ").strip(" 。.?？")


def _of_part(asked: Study, info: DocumentInfo, part: Part) -> Iterator[Claim]:
    """What its summary tells of a part."""
    summary, = summaries(asked.finder, asked.view, [info.id], asked.language)
    found = next(item.claims for item in summary.parts if item.part == part)
    yield from (Claim(claim.text, claim.citations, info.title) for claim in found[:_PER_DOCUMENT])


def _of_thing(asked: Study, info: DocumentInfo) -> Iterator[Claim]:
    """Its sentences that answer the question about the thing, as far as they speak of this work."""
    evidence = asked.finder.find(_question(asked.intent.thing, info.language), info.id)
    if evidence.status != "found":
        return
    quoting = Quoting(asked.finder, asked.view, info.id)
    told = [s for s in evidence.ranked if _tells(s, bool(quoting.document.pages))]
    for s in told[:_PER_DOCUMENT]:
        if (s.logit or 0.0) >= (told[0].logit or 0.0) - _NEARLY:
            yield quoting.claim(s.start, s.end, info.title, s.answer)


def _tells(s: Sentence, is_set: bool) -> bool:
    return is_statement(s.text, is_set=is_set) and not is_of_others(s.text, s.hit.section, s.hit.language)


def _question(thing: str, language: Language) -> str:
    return phrases("comparisons", f"asks which {language}")[0].replace("{thing}", thing)
