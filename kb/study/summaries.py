"""What a work says of itself: problem, method, results, limits, definitions and tables, in its own whole sentences.

Reads: Document, and a reader that is asked a question for each part.  Gives: Summary. A part without a sentence stays
empty: nothing is filled in.
"""

from __future__ import annotations

import math
import re
import tomllib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import get_args

from kb.answer.claims import is_statement
from kb.answer.evidence import Finder
from kb.answer.intent import defines
from kb.messages import word
from kb.store import View
from kb.study.limits import weighed, weighs_both_sides
from kb.study.papers import Paper
from kb.study.parts import Placed, own_name, placed, says_first
from kb.study.quoting import Quoting
from kb.survey.kinds import Kind
from kb.text import guess_language
from kb.types import (
    Candidate,
    Claim,
    CrossEncoder,
    Document,
    Language,
    Part,
    Passage,
    Summary,
    SummaryPart,
)
from kb.words import Phrases, phrases

_WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "parts.toml"
TOLD: tuple[Part, ...] = ("problem", "method", "results", "limits")
# Log odds from which a sentence is told: the first of a part, and a further one. Chosen on the papers that the weights
# were fitted on.
_FIRST: Mapping[Part, float] = {"problem": -0.8, "method": -0.7, "results": -0.5, "limits": -0.2}
# The same of an abstract's sentence, for the problem before what the work does: papers say it there.
_FIRST_THERE: Mapping[Part, float] = {"problem": -1.8, "method": -1.6, "results": -1.3, "limits": -0.2}
_FURTHER, _FURTHER_THERE, _FURTHER_ASKED = 0.2, -0.7, -0.8
_MOST: Mapping[Part, int] = {"problem": 3, "method": 4, "results": 4, "limits": 4, "definitions": 3, "tables": 6}
_MOST_ASKED = 5  # of a part that is asked for alone
_AS_SURE = 0.5  # log odds that a sentence may have less for the part that is asked for than for another
_SHARED: tuple[Part, ...] = ("problem", "method")
_SHORTLIST, _PASSAGES = 10, 5  # of a part: sentences, and passages of theirs, that are read
# What a sentence counts as that was not read: about the mean of those that were.
UNREAD = {"reader": -2.5, "answerable": -1.5}
_OTHER_LANGUAGE = 1.5  # less, for a sentence in another language than is preferred
# Less, for a sentence that only says that there are limits; more, for one under a heading of limits: the papers had few
# such sections. Chosen by hand
_ANNOUNCED, _HEADED, _LABELLED = 2.0, 0.7, 2.0
# Of the log odds that a sentence says a limit of its work: what is added to compare them with those of a part,
# below which one with words of limits says another's, and from which words of mending do not matter. Chosen by hand
_LIMITS_ODDS, _NONE_OF_ITS_OWN, _SURE_LIMIT = 0.5, -2.5, 1.5
# Less, for what others have shown or lack; more, for a result that is measured. Chosen by hand
_ANOTHERS, _MEASURED = 3.0, 0.6
_MEASURES = re.compile(r"\d\.\d|\d\s?[%％]|\d\s?倍|\bpoints?\b")
_OF_OTHERS = Phrases(r"\b(?:«parts: shown before»)\b|(?:«parts: shown before zh»)", re.I)
_PLANNED = 1.0  # less, for a plan that names no limit
# In a work of so few sentences a section is all that it says of its part: the surest of it are told in any case
_SHORT, _MOST_HEADED = 60, 2
# More, in such a work, for a sentence of the section that is called as its part, less for each that stands before it;
# a section on the method tells its details
_UNDER_ITS_NAME, _LATER = 4.5, 0.4
# Where papers say it
_WHERE: Mapping[Part, frozenset[Kind]] = {
    "problem": frozenset({"abstract", "introduction", "problem", "contribution", "related", "conclusion"}),
    "method": frozenset({"abstract", "introduction", "problem", "contribution", "method", "conclusion"}),
    "results": frozenset({"abstract", "introduction", "contribution", "results", "discussion", "conclusion"}),
    "limits": frozenset({"abstract", "results", "discussion", "conclusion", "limits", "future"})}
_SAME = 0.6  # share of the terms of the one with fewer, for two sentences to say the same
_NEAR_BEGINNING = {"en": 70, "zh": 35}  # characters before what says that this is a definition. Chosen by hand
_DEFINED = 0.95  # how clearly a sentence has to define what a work is called after
_DEFINES = Phrases(r"(?<![A-Za-z])(?:«parts: says definition»)", re.I)
_NO_DEFINITIONS = ("related", "results", "discussion")
_AVAILABLE = Phrases(r"(?<![A-Za-z])(?:«parts: available»)(?![a-z])", re.I)
_PROPOSES = Phrases(r"(?<![A-Za-z])(?:«parts: proposes»)(?![a-z])", re.I)
_NUMBER = re.compile(r"\d")
_ANNOUNCES = Phrases(r"(?<![A-Za-z])(?:«parts: announces»)", re.I)
_NO_LIMIT = Phrases(r"(?<![A-Za-z])(?:«parts: no limit»)(?![a-z])", re.I)
_LABEL = re.compile(r"^(?:table|tab\.?|表|续表)\s*[\dIVX一二三四五六七八九十]", re.I)


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence, the part it may tell, and how surely: log odds."""

    part: Part
    sentence: Placed
    score: float


def summaries(finder: Finder, view: View, documents: Sequence[str],
              language: Language | None = None) -> tuple[Summary, ...]:
    """A summary of each document, in their order. documents: whole ids.  language: whose sentences are preferred where
    a document has both; None for the document's own."""
    return tuple(summary_of(finder, view, name, language) for name in documents)


def claims_of(found: Sequence[Summary], language: Language) -> list[Claim]:
    """The same as claims of an answer, whose subject is the part; of several documents, the title and the part."""
    return [claim_named(claim, part.part, summary.title if len(found) > 1 else "", language)
            for summary in found for part in summary.parts for claim in part.claims]


def claim_named(claim: Claim, part: Part, title: str, language: Language) -> Claim:
    subject = word(part, language)
    return Claim(claim.text, claim.citations, f"{title} — {subject}" if title else subject)


def summary_of(finder: Finder, view: View, name: str, language: Language | None, wanted: Part | None = None) -> Summary:
    """wanted: the one part that is asked for; the others stay empty then."""
    quoting = Quoting(finder, view, name)
    document, claim = quoting.document, quoting.claim
    own = [item for item in placed(document)
           if not item.points and is_statement(item.text, is_set=bool(document.pages))
           and not item.text.endswith((";", "；", ":", "："))]
    preferred = language if language and any(item.language == language for item in own) else document.language
    scored = _scored(document, quoting.passages, own, finder.reader, preferred)
    if wanted:
        scored = _of_one_part(scored, wanted)
    chosen = _chosen(scored, preferred, is_short=len(own) <= _SHORT, is_asked=wanted is not None)
    sure = {(told.part, told.sentence.start): 1 / (1 + math.exp(-told.score)) for told in scored}
    parts = [SummaryPart(part, tuple(claim(item.start, item.end, score=sure[part, item.start])
                                     for item in chosen[part])) for part in TOLD]
    taken = [item for items in chosen.values() for item in items]
    parts.append(SummaryPart("definitions", tuple(
        claim(item.start, item.end) for item in _definitions(document, own, taken, preferred))))
    tables = _tables(document)
    parts.append(SummaryPart("tables", tuple(claim(*span) for span in tables[:_MOST["tables"]]),
                             max(0, len(tables) - _MOST["tables"])))
    order = get_args(Part)
    return Summary(document.id, document.metadata.title, document.path, preferred,
                   tuple(sorted(parts, key=lambda part: order.index(part.part))), finder.reader is not None)


# --- problem, method, results, limits


def _scored(document: Document, passages: Sequence[Passage], own: Sequence[Placed], reader: CrossEncoder | None,
            preferred: Language) -> list[_Told]:
    """What each sentence may tell: by its words and its place, and of the likeliest ones as the reader reads them."""
    found: list[_Told] = []
    limits = _limits(document, own)
    for part in TOLD:
        under = _UNDER_ITS_NAME if len(own) <= _SHORT and part != "method" else 0.0
        plain = [_Told(part, item, _log_odds(part, item.features() | UNREAD) - _less(part, item, preferred)
                       + (item.kind == part) * max(0.0, under - _LATER * item.order))
                 for item in _may_tell(part, own)]
        plain = _with_limits(plain, own, limits) if part == "limits" else plain
        plain.sort(key=lambda told: (-told.score, told.sentence.start))
        read = _read(document, passages, plain[:_SHORTLIST], reader) if reader else {}
        found += [_Told(part, told.sentence, told.score + read.get(told.sentence.start, 0.0)) for told in plain]
    return found


def _limits(document: Document, own: Sequence[Placed]) -> dict[int, float]:
    """Where a sentence starts -> how surely it says a limit of the work itself, log odds (limits.py)."""
    lines = sorted((line.start, odds) for line, odds in weighed(Paper(document)))
    starts = [start for start, _ in lines]
    found = {}
    for item in own:
        inside = lines[bisect_left(starts, item.start):bisect_left(starts, item.end)]
        if inside:
            found[item.start] = max(odds for _, odds in inside)
    return found


def _with_limits(plain: Sequence[_Told], own: Sequence[Placed], limits: Mapping[int, float]) -> list[_Told]:
    """The same, where a sentence that surely says a limit of the work is told whatever its words are, and one whose
    words speak of limits, but hardly of its own, is not."""
    found = {told.sentence.start: told for told in plain if not weighs_both_sides(told.sentence.text)}
    for start, told in found.items():
        speaks_of_limits = "limit" in told.sentence.cues and not told.sentence.label
        if speaks_of_limits and limits.get(start, -math.inf) < _NONE_OF_ITS_OWN:
            found[start] = replace(told, score=told.score - _ANOTHERS)
    for item in own:
        odds = limits.get(item.start, -math.inf) + _LIMITS_ODDS
        is_surer = item.start not in found or odds > found[item.start].score
        if is_surer and odds > _FIRST["limits"] and (odds > _SURE_LIMIT or not _is_mended(item)):
            found[item.start] = _Told("limits", item, odds)
    return list(found.values())


def _of_one_part(told: Sequence[_Told], part: Part) -> list[_Told]:
    """What may tell one part, and does not tell another more surely; problem and method may stand in one sentence."""
    best: dict[int, float] = defaultdict(lambda: -math.inf)
    for item in (item for item in told if not {item.part, part} <= set(_SHARED) or item.part == part):
        best[item.sentence.start] = max(best[item.sentence.start], item.score)
    return [item for item in told if item.part == part and item.score >= best[item.sentence.start] - _AS_SURE]


def _may_tell(part: Part, own: Sequence[Placed]) -> list[Placed]:
    """The sentences whose words say something of the kind, and of this work, where papers say it; wherever they stand
    in a work without such sections. Only the problem may be told by others' works."""
    is_short = len(own) <= _SHORT
    found = [item for item in own if _says(part, item) or (is_short and item.kind == part and not item.is_of_others)]
    return [item for item in found if item.kind in _WHERE[part]] or found


def _says(part: Part, item: Placed) -> bool:
    if item.label:
        return item.label == part
    if part != "problem" and item.is_of_others:
        return False
    if part == "limits" and _is_mended(item):
        return False
    if part == "limits":
        says = not item.cues.isdisjoint(("limit", "future")) and (item.kind != "results" or item.is_own)
        return item.kind == "limits" or says
    if "future" in item.cues and item.kind not in ("abstract", "introduction", "problem"):
        return False
    if part == "method" and item.turn < 0 and not item.is_own:
        return False  # what others do, before what the work does
    if part == "results" and (_AVAILABLE.search(item.text) or _is_no_result(item)):
        return False
    if part == "results":
        if (item.kind in ("abstract", "introduction") and item.turn < 0) or {"aim", "problem"} <= item.cues:
            return False  # what others found, before what the work does
        behind = item.kind == "abstract" and item.turn > 0 and "use" not in item.cues
        concludes = item.kind == "conclusion" and item.is_own and item.cues.isdisjoint(
            ("problem", "aim", "method", "use"))
        return ("result" in item.cues or behind or concludes or (item.kind in ("results", "conclusion")
                                                                 and "number" in item.features()))
    return not item.cues.isdisjoint(("problem", "aim", "contrast") if part == "problem" else ("method", "use", "aim"))


def _is_mended(item: Placed) -> bool:
    """Whether a limit that a sentence speaks of is overcome, or another work's that is mended here."""
    mends = "problem" in item.cues and not item.cues.isdisjoint(("method", "aim"))
    return (item.kind != "limits" and _NO_LIMIT.search(item.text) is not None) or (mends and "future" not in item.cues)


def _is_no_result(item: Placed) -> bool:
    """Whether a sentence without a number says what is proposed rather than what came out of it, or opens a conclusion
    with what is so in the field."""
    if _NUMBER.search(item.text):
        return False
    proposes = item.is_own and says_first(item.text, "method", "result") and _PROPOSES.search(item.text) is not None
    return proposes or (item.kind == "conclusion" and item.order == 0 and not item.is_own)


def _less(part: Part, item: Placed, preferred: Language) -> float:
    """What speaks against a sentence besides the weights."""
    announces = part == "limits" and bool(_ANNOUNCES.search(item.text))
    headed = part == "limits" and item.kind == "limits"
    less = _OTHER_LANGUAGE * (item.language != preferred) + _ANNOUNCED * announces
    if part == "results":
        tells = _MEASURES.search(item.text) and "result" in item.cues and not item.cites and item.kind != "results"
        others = not item.is_own and _OF_OTHERS.search(item.text)
        less += _ANOTHERS * bool(others or _ANNOUNCES.search(item.text)) - _MEASURED * bool(tells)
    plans = part == "limits" and "limit" not in item.cues and item.kind != "limits"
    return less + _PLANNED * plans - _HEADED * headed - _LABELLED * (item.label == part)


def _read(document: Document, passages: Sequence[Passage], shortlist: Sequence[_Told],
          reader: CrossEncoder) -> dict[int, float]:
    """Where a sentence starts -> what the reader adds to its log odds, in the first passages of a shortlist."""
    groups: dict[int, list[_Told]] = defaultdict(list)
    for told in shortlist:
        at = next((i for i, p in enumerate(passages) if p.start <= told.sentence.start < p.end), -1)
        if at >= 0 and (at in groups or len(groups) < _PASSAGES):
            groups[at].append(told)
    found: dict[int, float] = {}
    for at, group in groups.items():
        passage, part = passages[at], group[0].part
        spans = [(told.sentence.start - passage.start, min(told.sentence.end, passage.end) - passage.start)
                 for told in sorted(group, key=lambda told: told.sentence.start)]
        question = _question(part, passage.language)
        reading = reader.score(question, [Candidate(document.metadata.title, passage.section, passage.text, spans)])[0]
        weights = _weights()[part]
        for (start, _), logit in zip(spans, reading.sentences, strict=True):
            said = {"reader": float(logit), "answerable": reading.answerable}
            found[passage.start + start] = sum(weights.get(name, 0.0) * (min(4.0, max(-6.0, said[name])) - mean)
                                               for name, mean in UNREAD.items())
    return found


def _question(part: Part, language: Language) -> str:
    return next(line for line in phrases("parts", f"asks {part}") if guess_language(line) == language)


def _log_odds(part: Part, features: Mapping[str, float]) -> float:
    weights = _weights()[part]
    return weights["intercept"] + sum(weights.get(name, 0.0) * value for name, value in features.items())


@cache
def _weights() -> dict[str, dict[str, float]]:
    return tomllib.loads(_WEIGHTS.read_text(encoding="utf-8"))


def _chosen(told: Sequence[_Told], preferred: Language, *, is_short: bool,
            is_asked: bool = False) -> dict[Part, list[Placed]]:
    """The surest sentences of each part, in reading order: each in one part only, none that says what another one does.

    The problem and the method may share a sentence, where one of them would be empty. is_short: a part that would be
    empty is told by the section that its heading names; is_asked: one part alone is asked for.
    """
    sure = {(item.part, item.sentence.language) for item in told if item.score >= _least(item)}
    ranked = sorted(told, key=lambda item: (-item.score, item.sentence.start))
    ranked = [item for item in ranked if item.sentence.language == preferred or (item.part, preferred) not in sure]
    found: dict[Part, list[Placed]] = {part: [] for part in TOLD}
    for item in ranked:
        mine = found[item.part]
        least = _further(item, is_asked=is_asked) if mine else _least(item)
        others = [other for items in found.values() for other in items]
        most = _MOST_ASKED if is_asked else _MOST[item.part]
        # what abstract and conclusion both say stands in both where the part is asked for
        is_told = _overlaps(item.sentence, others) if is_asked else _is_told(item.sentence, others)
        if item.score >= least and len(mine) < most and not is_told:
            mine.append(item.sentence)
    for part in _SHARED:
        best = next((item for item in ranked if item.part == part), None)
        if not found[part] and best is not None and best.score >= _least(best):
            found[part].append(best.sentence)
    for part in TOLD if is_short else ():
        headed = [item.sentence for item in ranked if item.part == part == item.sentence.kind]
        for sentence in headed if not found[part] else ():
            if len(found[part]) < _MOST_HEADED and not _is_told(
                    sentence, [s for own in found.values() for s in own]):
                found[part].append(sentence)
    return {part: sorted(items, key=lambda item: item.start) for part, items in found.items()}


def _least(item: _Told) -> float:
    """The log odds from which a part's first sentence is told."""
    stands = item.sentence.kind == "abstract" and (item.part != "problem" or item.sentence.turn <= 0)
    return _FIRST_THERE[item.part] if stands else _FIRST[item.part]


def _further(item: _Told, *, is_asked: bool) -> float:
    """The log odds from which another sentence is told."""
    if is_asked:
        return _FURTHER_ASKED
    return _FURTHER_THERE if item.sentence.kind in ("abstract", "conclusion") else _FURTHER


def _overlaps(sentence: Placed, others: Iterable[Placed]) -> bool:
    return any(sentence.start < other.end and other.start < sentence.end for other in others)


def _is_told(sentence: Placed, others: Sequence[Placed]) -> bool:
    """Whether one of the others holds this sentence, or says the same in another place."""
    terms = sentence.unit.terms
    return _overlaps(sentence, others) or any(
        len(terms & other.unit.terms) >= _SAME * max(1, min(len(terms), len(other.unit.terms)))
        for other in others)


# --- definitions, tables


def _definitions(document: Document, own: Sequence[Placed], taken: Sequence[Placed],
                 preferred: Language) -> list[Placed]:
    """The sentences that say what something is called or means: what the work is named after first, then those of its
    own sections, as they come."""
    name = own_name(document)
    ranked = []
    for item in own:
        is_subject = bool(name) and defines(item.text, name) >= _DEFINED
        cue = _DEFINES.search(item.text)
        is_definition = (cue is not None and cue.start() <= _NEAR_BEGINNING[item.language]
                         and item.kind not in _NO_DEFINITIONS and not item.cites)
        if (is_subject or is_definition) and item.language == preferred and not item.unit.is_pair:
            ranked.append((not is_subject, item.cites, item.start, item))
    found: list[Placed] = []
    for is_other, _, _, item in sorted(ranked, key=lambda row: row[:3]):
        others = [*found, *taken] if is_other else found  # what the work is may be told as its method as well
        if len(found) < _MOST["definitions"] and not _is_told(item, others):
            found.append(item)
    return sorted(found, key=lambda item: item.start)


def _tables(document: Document) -> list[tuple[int, int]]:
    """Where the captions of tables stand; of a table without one, its own first row."""
    spans = [(block.start, block.end) for block in document.blocks
             if block.kind == "caption" and _LABEL.match(document.text[block.start:block.end].lstrip(" *_#"))]
    for table in document.tables():
        if not table.caption and table.header:
            spans.append((table.header[0].start, table.header[-1].end))
    return sorted(set(spans))
