"""A question for a summary, or for one part of it: what the works that it names say, and whether that is sure.

Reads: Study.  Gives: Said, whose claims name their part. summaries.py chooses the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kb.answer.claims import is_statement
from kb.messages import word
from kb.study.limits import weighs_both_sides
from kb.study.naming import Named
from kb.study.parts import is_of_others, is_of_the_work, says_of
from kb.study.question import Said, Study
from kb.study.quoting import Quoting
from kb.study.summaries import TOLD, claim_named, claims_of, summaries, summary_of
from kb.types import Claim, Part, Summary, Support

_MOST_ANSWERS = 2
# The score from which a sentence surely tells its part, and how many such parts make a summary sure. Chosen on 80 parts
# of 20 papers, judged by hand.
_SURE, _LEAST_SURE = 0.62, 2
_CUES: Mapping[Part, tuple[str, ...]] = {"problem": ("problem", "aim"), "method": ("method", "use"),
                                         "results": ("result",), "limits": ("limit", "future")}


def summed_up(asked: Study) -> Said | None:
    """The summaries of the works that a question names: all of one name, none guessed. None where nothing is called so
    and the question may mean something else."""
    name = asked.intent.names[0]
    works = asked.works(name)
    if not works:
        return asked.unknown(name) if asked.intent.is_sure else None
    if asked.intent.part:
        return _part_of(asked, asked.naming.works(name))
    found = summaries(asked.finder, asked.view, [info.id for info in works], asked.language)
    claims = claims_of(found, asked.language)
    empty = [word(part, asked.language) for part in TOLD if all(part in summary.empty for summary in found)]
    is_sure = all(_n_sure(summary) >= min(_LEAST_SURE, len(TOLD) - len(set(TOLD) & set(summary.empty)))
                  for summary in found)
    status: Support = "not_found" if not claims else "found" if is_sure else "weak"
    return Said(tuple(claims), status, tuple(empty))


def _n_sure(summary: Summary) -> int:
    return sum(_is_sure(part.part, part.claims) for part in summary.parts)


def _is_sure(part: Part, claims: Sequence[Claim]) -> bool:
    """Whether one of the sentences surely tells the part; a plan for the future alone names no limit."""
    if part not in TOLD:
        return False
    told = [claim for claim in claims if part != "limits" or says_of(claim.text, ("limit",))]
    return max((claim.citations[0].score for claim in told), default=0.0) >= _SURE


def _part_of(asked: Study, named: Named) -> Said | None:
    """One part of the works that a question names, with more of what they say of it; where they say nothing that could
    be told, what answers the question in them. None where only a word of a title is like the name."""
    if not (named.is_sure or asked.intent.is_sure):
        return None
    wanted = next(part for part in TOLD if part == asked.intent.part)
    claims: list[Claim] = []
    sure: list[bool] = []
    for info in named.documents:
        told = summary_of(asked.finder, asked.view, info.id, asked.language, wanted)
        found = next(item.claims for item in told.parts if item.part == wanted)
        claims += [claim_named(claim, wanted, info.title if len(named.documents) > 1 else "", asked.language)
                   for claim in found or _answers(asked, info.id, wanted)]
        sure.append(_is_sure(wanted, found))
    if not claims:
        return Said((), "not_found", (word(wanted, asked.language),))
    return Said(tuple(claims), "found" if all(sure) else "weak")


def _answers(asked: Study, document: str, part: Part) -> list[Claim]:
    """What answers the question in one document, in its own whole sentences."""
    evidence = asked.finder.find(asked.question, document)
    quoting = Quoting(asked.finder, asked.view, document)
    told = [s for s in evidence.ranked if is_statement(s.text, is_set=bool(quoting.document.pages))
            and not (part == "limits" and weighs_both_sides(s.text)) and says_of(s.text, _CUES[part])
            and is_of_the_work(s.text) and not is_of_others(s.text, s.hit.section, s.hit.language)]
    return [quoting.claim(s.start, s.end) for s in told[:_MOST_ANSWERS]] if evidence.status == "found" else []
