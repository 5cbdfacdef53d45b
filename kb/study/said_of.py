"""Where the text of a document names a thing, and what each place says: that the work itself uses it, is evaluated on
it, extends it, or only that it exists.

Reads: a Document and the names of a thing.  Gives: Mention, the sentence (in a table the row) with points for what
speaks for it. Words decide: data/words/mentions.txt.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kb.answer.claims import is_statement
from kb.study.naming import places_of
from kb.survey.citing import reference_spans
from kb.text import sentence_spans, trim
from kb.types import Document
from kb.words import Phrases

Relation = Literal["uses", "extends", "evaluates", "compares"]
_NEAR = 60  # characters between a name and the word that says what is done with it
_LONGEST = 700  # characters of a sentence; a longer one is a list or a broken page
_LONGEST_ENTRY = 600
_OURS = Phrases(r"(?<![A-Za-z])(?:«cells: own row»)(?![A-Za-z])", re.I)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SELF = Phrases(r"\b(?:«mentions: self en»)\b|«mentions: self zh»", re.I)
_OTHERS = Phrases(
    r"\b(?:«mentions: others en»)\b|«mentions: others zh»|\[\d+(?:[,，-]\d+)*\]\s*"
    r"(?:(?=[a-z]+s\b)|(?:«mentions: uses zh»|«mentions: extends zh»|提出|将|通过))", re.I)
_COMPARED = Phrases(r"\b(?:«mentions: compared en»)\b|«mentions: compared zh»", re.I)
_CUES: dict[Relation, Phrases] = {
    "uses": Phrases(r"\b(?:«mentions: uses en»)\b|«mentions: uses zh»", re.I),
    "evaluates": Phrases(r"\b(?:«mentions: evaluates en»)\b|«mentions: evaluates zh»|\d%", re.I),
    "extends": Phrases(r"\b(?:«mentions: extends en»)\b|«mentions: extends zh»", re.I),
    "compares": _COMPARED}
_RIVAL = Phrases(r"\b(?:«mentions: rival en»)\s+(?:[\w-]+\s+){0,3}$|(?:«mentions: rival zh»)[^，。；,;]{0,8}$", re.I)
_NO_DATA = re.compile(r"[\s-]*(?:style\s+)?(?:evaluation\s+)?(?:metrics?\b|formats?\b|APIs?\b|style\b|pre-?train|"
                      r"weights\b|的?评价指标|的?指标|格式|预训练)", re.I)  # "COCO metrics"
_BUILT_ON = re.compile(r"\s*(?:模型|网络|算法|方法|框架|结构)?(?:之上|的?基础(?:之)?上|的(?:改进|变体|扩展)|"
                       r"(?:进行|做|加以|作)了?(?:改进|扩展|优化))")  # behind a name
_RIVAL_ZH = re.compile(r"(?:比|较|与|和|同)\s*$")
_BEHIND_RIVAL = Phrases(r"^\s*(?:模型|方法|算法|网络)?\s*(?:«mentions: behind rival zh»)")
_PRETRAINED = Phrases(r"\b(?:«mentions: pretrained en»)\b|«mentions: pretrained zh»", re.I)
_TESTED = Phrases(r"\b(?:«mentions: tested en»)\b|«mentions: tested zh»", re.I)
_EXAMPLE = Phrases(r"\b(?:«mentions: example en»)\b|«mentions: example zh»", re.I)
_OTHERS_SECTION = Phrases(r"«mentions: others section»", re.I)
_EXPERIMENTS = Phrases(r"«mentions: experiments section»", re.I)
_OWN_SECTION: dict[Relation, Phrases] = {"uses": Phrases(r"«mentions: own section»", re.I),
                                         "evaluates": Phrases(r"«mentions: measured section»", re.I),
                                         "extends": Phrases(r"«mentions: own section»", re.I),
                                         "compares": Phrases(r"«mentions: measured section»", re.I)}
# What speaks for a mention, and against it. Chosen on 63 papers on language; see tests/study/test_graph.py.
_CUE, _NEAR_CUE, _BY_ITSELF, _OWN, _IN_TABLE = 1, 1, 1, 1, 2
_TRIED = 2  # in its own experiments: for what a work uses
_ELSEWHERE, _OF_OTHERS, _AS_RIVAL, _NO_SENTENCE = -2, -2, -2, -1
_MUCH_LESS, _AGAIN = 2, 4  # points less, and how many such places of one document speak for it as one clear place does
ENOUGH: dict[Relation, int] = {"uses": 3, "evaluates": 3, "extends": 3, "compares": 3}


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names the thing: document.text[start:end]. points: what speaks for it."""

    start: int
    end: int
    points: int


def mentions_of(document: Document, names: Sequence[str], relation: Relation,
                own_names: Sequence[str] = ()) -> list[Mention]:
    """Every place outside the reference list, the one with most points first, then in the text's order. own_names: what
    the document calls its own work."""
    listed = reference_spans(document)
    spans = [(block.start, block.end, block.kind) for block in document.blocks
             if block.kind in ("table", "caption", "reference", "figure", "contents")]
    headings = _Headings(document)
    found: dict[tuple[int, int], Mention] = {}
    for name in names:
        for at in places_of(document.text, name):
            kind = next((kind for start, end, kind in spans if start <= at < end), "")
            if kind in ("reference", "figure", "contents") or any(
                    start <= at < end and _is_entry(document.text[start:end]) for start, end in listed):
                continue
            start, end = _line(document.text, at) if kind == "table" else headings.sentence(at)
            if start < end and end - start <= _LONGEST:
                is_own = _is_own(document.text, start, end, (at, at + len(name)), own_names)
                points = _points(document.text, (start, end), (at, at + len(name)), kind, headings.path(at), relation,
                                 is_own=is_own)
                known = found.get((start, end))
                found[start, end] = Mention(start, end, max(points, known.points if known else points))
    return sorted(found.values(), key=lambda mention: (-mention.points, mention.start))


def stands(mentions: Sequence[Mention], relation: Relation) -> int:
    """The points of a document: of its clearest place, one more where it names the thing again and again."""
    enough = ENOUGH[relation]
    less = 1 if relation == "evaluates" else _MUCH_LESS  # many speak of a data set again and again
    n_near = sum(mention.points >= enough - less for mention in mentions)
    return mentions[0].points + (mentions[0].points == enough - 1 and n_near >= _AGAIN)


def _links(cue: Phrases, before: str) -> bool:
    """Whether what is done is done with the name itself: nothing else is named between."""
    cues = list(cue.finditer(before))
    return bool(cues) and not re.search(r"[,，.;；:：]", before[cues[-1].end():])


def _is_own(text: str, start: int, end: int, name: tuple[int, int], own_names: Sequence[str]) -> bool:
    """Whether a sentence speaks of the work itself: by "we" and the like, or by its name beside the thing's."""
    rest = f"{text[start:name[0]]} {text[name[1]:end]}"
    return bool(_SELF.search(rest)) or any(places_of(rest, own) for own in own_names)


def _is_entry(text: str) -> bool:
    """Whether what stands in a reference list is an entry of it, and not the text of an appendix behind it."""
    return len(text) <= _LONGEST_ENTRY and bool(_YEAR.search(text)) and not _SELF.search(text)


def _points(text: str, sentence: tuple[int, int], name: tuple[int, int], kind: str, path: Sequence[str],
            relation: Relation, *, is_own: bool) -> int:
    said, before, after = text[slice(*sentence)], text[sentence[0]:name[0]], text[name[1]:sentence[1]]
    points = _BY_ITSELF * is_own
    is_own_section = any(_OWN_SECTION[relation].search(heading) for heading in path)
    is_tried = relation == "uses" and any(_EXPERIMENTS.search(heading) for heading in path)
    if kind == "table":
        if is_tried and not (_names_its_row(before) and not is_own and not _OURS.search(said)):
            return _TRIED + _OWN
        is_elsewhere = any(_OTHERS_SECTION.search(heading) for heading in path)
        return (_IN_TABLE + _OWN * is_own_section + _ELSEWHERE * is_elsewhere
                if relation in ("evaluates", "compares") else 0)
    cue = _CUES[relation]
    near = (_links(cue, before[-_NEAR:]) or bool(_BUILT_ON.match(after)) if relation == "extends" else
            bool(cue.search(before[-_NEAR:]) or cue.search(after[:_NEAR])))
    points += _CUE * bool(cue.search(said)) + _NEAR_CUE * bool(near)
    points += _IN_TABLE if kind == "caption" and relation == "evaluates" else 0
    points += _TRIED if is_tried else _OWN * is_own_section
    points += _ELSEWHERE * any(_OTHERS_SECTION.search(heading) for heading in path)
    is_example = relation == "uses" and bool(_EXAMPLE.search(said))
    points += _OF_OTHERS * (not is_own and (is_example or bool(_OTHERS.search(before))))
    points += _AS_RIVAL * (relation in ("uses", "extends") and not is_tried and (
        bool(_COMPARED.search(before[-_NEAR:])) or _is_rival(before, after)))
    points += _ELSEWHERE * (relation == "evaluates" and (
        _only_came_with(said, before, after) or bool(_NO_DATA.match(after))))
    if relation == "extends" and not near:
        return 0
    return points + (0 if is_statement(said) or kind else _NO_SENTENCE)


def _names_its_row(before: str) -> bool:
    """Whether a name stands in the first cell of a row, which says whose numbers these are: those of a method that is
    compared with. before: of the row, what stands before the name."""
    return "|" not in before.lstrip(" |")


def _is_rival(before: str, after: str) -> bool:
    """Whether something is measured against the name: "2.1 points better than BERT", "比BERT提高了", "与BERT相比"."""
    before = before[-_NEAR:]
    if _RIVAL_ZH.search(before):
        return bool(_BEHIND_RIVAL.match(after)) or bool(re.match(r"[^，。；]{0,12}(?:高|低|好|快|慢|优|差|少)", after)
                                                       and before.rstrip().endswith(("比", "较")))
    return bool(_RIVAL.search(before))


def _only_came_with(said: str, before: str, after: str) -> bool:
    """Whether a model was trained on the data before it came here, and nothing is said of a test on them."""
    near = before[-_NEAR:] + after[:_NEAR]
    return bool(_PRETRAINED.search(near)) and not _TESTED.search(said)


class _Headings:
    """The headings over each place of a document, and its sentences."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._starts = [section.start for section in document.sections]

    def path(self, at: int) -> list[str]:
        """From the innermost heading outwards."""
        n = bisect_right(self._starts, at) - 1
        found: list[str] = []
        level = 10_000
        for section in reversed(self._document.sections[:n + 1]):
            if section.level < level and section.heading:
                found.append(section.heading)
                level = section.level
            if level <= 1:
                break
        return found

    def sentence(self, at: int) -> tuple[int, int]:
        """The sentence that holds the place, within its section."""
        n = bisect_right(self._starts, at) - 1
        text = self._document.text
        start, end = ((self._document.sections[n].start, self._document.sections[n].end) if n >= 0
                      else (0, len(text)))
        start, end = max(start, text.rfind("\n\n", 0, at)), min(end, (text.find("\n\n", at) + 1 or len(text) + 1) - 1)
        for a, b in _sentences(text, start, end):
            if a <= at < b:
                return trim(text, a, b)
        return at, at


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    yield from sentence_spans(text, start, end)


def _line(text: str, at: int) -> tuple[int, int]:
    """The row of a table that holds the place."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    return trim(text, start, len(text) if end < 0 else end)
