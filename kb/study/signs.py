"""What speaks for a name in a paper: every mention of it, with what stands around it, counted over the whole paper.

Reads: a Paper.  Gives: Named, each with features that weights are of (data/cells.toml).  Next: names.py.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from kb.study.built_on import built_on
from kb.study.grids import Grid
from kb.study.mentions import any_of, enumerations, folded
from kb.study.papers import Line, Paper
from kb.study.spans import (
    DATA_NOUN,
    NAME,
    is_common,
    is_initials,
    is_method_behind,
    is_no_name,
    is_weak_noun,
    measure_pattern,
    model_pattern,
    names_in,
    nearness,
)
from kb.study.weights import counted
from kb.words import Phrases, phrases

_MODEL_NOUN = Phrases(r"\b(?:«cells: model nouns en»)\b|(?:«cells: model nouns zh»)", re.IGNORECASE)
_MODEL_CUE = Phrases(r"\b(?:«cells: model cues en»)\b|(?:«cells: model cues zh»)", re.IGNORECASE)
_DATA_VERB = Phrases(r"\b(?:«cells: data verbs en»)\b|(?:«cells: data verbs zh»)", re.IGNORECASE)
_AGAINST = Phrases(r"\b(?:«cells: against en»)\b|(?:«cells: against zh»)", re.IGNORECASE)
_ACTS = Phrases(r"\s*(?:\(\w+\)\s*)?(?:can\s+|also\s+)?(?:«cells: result verbs en»)\b|\s*(?:«cells: acts zh»)",
                re.IGNORECASE)
_COMPARED = re.compile(r"(?:\bthan\b|\bover\b|\bagainst\b|\bcompared\s+(?:to|with)\b|\boutperform\w*|\bversus\b|"
                       r"\bvs\.?|优于|高于|相比于?|相较于?|超过|比)[^,.;，。；]{0,24}$", re.IGNORECASE)
_PRETRAINED = re.compile(r"(?:pre-?trained|fine-?tun\w+(?:\s+from)?|initiali[sz]e\w*(?:\s+(?:with|from))?|"
                         r"backbone|encoder|预训练的?|"
                         r"微调了?|主干网络|骨干网络)\s*(?:an?\s+|the\s+|model\s+)?$", re.IGNORECASE)
# What a model had been trained on before the work began is not what it is tried on.
_TRAINED_BEFORE = re.compile(r"pre-?train\w*\s+(?:[\w-]+\s+)?(?:on|with|using|from|over)\s+(?:[\w-]+\s+){0,3}$|"
                             r"预训练[^，。；]{0,8}$", re.IGNORECASE)
_IS_TRAINED_BEFORE = re.compile(r"\s*-?pre-?train\w*|[^，。；]{0,8}预训练", re.IGNORECASE)
_ON = re.compile(r"\b(?:on|over)\s+(?:the\s+|both\s+)?$|(?:在|对)\s*$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:from|using|in|for)\s+(?:the\s+)?$|(?:使用|采用|选用|基于|来自|来源于)了?\s*$", re.IGNORECASE)
_OURS = re.compile(r"\b(?:our|proposed|this)\s+(?:[\w-]+\s+)?$|(?:本文|提出)的?$", re.IGNORECASE)
_CITED = re.compile(r"\s?(?:[\[(（［]|et al)")
_DOES_ON_BASE = re.compile(r"\b(?:based\s+on|built?\s+(?:up)?on|using|with|use|employ|adopt|extend\w*|upon|by)\s+"
                           r"(?:an?\s+|the\s+)?$|(?:基于|采用|使用|利用|结合|改进的?|融合|引入)了?\s*$", re.IGNORECASE)
_AS_BASE = Phrases(r"\s*(?:\([^()]{1,20}\)\s*)?(?:«cells: as base en»)\b|\s*(?:模型)?(?:«cells: as base zh»)",
                   re.IGNORECASE)
_BASE_IS = Phrases(r"\b(?:«cells: base is en»)\s*(?:is|are|was|,|:|=)?\s*(?:the\s+)?$|"
                   r"(?:«cells: base is zh»)(?:为|是|采用了?|使用了?|选用了?|选择了?|：|:)?\s*$", re.IGNORECASE)
_BASED = re.compile(r"\s*-?based\b|\s*(?:为基础|作为(?:编码器|基础|主干|骨干))", re.IGNORECASE)
_METHOD_HEAD = re.compile(r"(?:methods?|models?|algorithms?|approach(?:es)?|systems?|方法|模型|算法)$", re.IGNORECASE)
_WORD_VECTORS = re.compile(r"word\s?(?:vectors?|embeddings?)|GloVe|word2vec|pre-?train|词向量|预训练", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{12,}")
_OF_A_MODEL = re.compile(r"[^’'.:/@]*")  # no name of a person, no address
_NUMBER, _STEM = re.compile(r"[\s-]*\d.*$"), 4  # of a data set's name: its number, and the letters before it
_NEAR, _BESIDE = 0.7, 0.9
_PARTS = ("title", "abstract", "introduction", "method", "experiment", "conclusion", "related", "text", "back",
          "limitation")


@dataclass(frozen=True, slots=True)
class Spot:
    """A mention at [start, end) of the document, and what stands around it. line: None in a table; beside: keys of the
    names that stand in one list with it, or above the columns of one table."""

    start: int
    end: int
    line: Line | None
    marks: frozenset[str]
    beside: frozenset[str] = frozenset()


@dataclass(slots=True)
class Named:
    """A name, its mentions in reading order, and what it is by its own letters."""

    text: str
    spots: list[Spot] = field(default_factory=list)
    shape: frozenset[str] = frozenset()

    def features(self, most: int) -> dict[str, float]:
        """What weights are of. most: how often the most frequent name of the paper is mentioned."""
        n = len(self.spots)
        found = counted(mark for spot in self.spots for mark in spot.marks)
        found |= dict.fromkeys(self.shape, 1.0)
        return found | {"mentions": math.log1p(n), "share of the most": math.log1p(n) / math.log1p(max(most, 1))}


def named(paper: Paper) -> list[Named]:
    """Every name in a paper that may be a data set or a model, with its mentions."""
    found: dict[str, Named] = {}
    for line in paper.lines:
        if line.part == "references" or (paper.is_survey and not (line.is_own and line.part == "experiment")):
            continue
        for start, end, marks, beside in _of_line(line, paper):
            _add(found, line.text[start:end], Spot(line.start + start, line.start + end, line, marks, beside))
    for grid in paper.grids if not paper.is_survey else ():
        if paper.part_at(grid.start) in ("references", "related"):
            continue
        for text, start, marks, beside in _of_grid(grid, paper):
            _add(found, text, Spot(start, start + len(text), None, marks, beside))
    for each in found.values():
        each.text = Counter(paper.document.text[s.start:s.end] for s in each.spots).most_common(1)[0][0]
        each.shape = _shape(each.text, paper)
    return list(found.values())


def key_of(text: str) -> str:
    """One word for the spellings of a name, and for its plural."""
    key = folded(text)
    return key[:-1] if len(key) > 3 and key.endswith("s") and text[-2:-1].isupper() else key


def _add(found: dict[str, Named], text: str, spot: Spot) -> None:
    found.setdefault(key_of(text), Named(text)).spots.append(spot)


def _of_line(line: Line, paper: Paper) -> Iterator[tuple[int, int, frozenset[str], frozenset[str]]]:
    text = line.masked
    spans = _spans(line, paper)
    if not spans:
        return
    nouns = [match.span() for match in DATA_NOUN.finditer(text)]
    strong = [(a, b) for a, b in nouns if not is_weak_noun(text[a:b])]
    model_nouns = [match.span() for match in _MODEL_NOUN.finditer(text)]
    on = set(built_on(line))
    common = {f"in {line.part}"}
    common |= {name for name, so in (("of others", line.is_other), ("own", line.is_own), ("caption", line.is_caption),
                                     ("data verb", bool(_DATA_VERB.search(text))),
                                     ("cue", bool(_MODEL_CUE.search(text))),
                                     ("against", bool(_AGAINST.search(text))),
                                     ("word vectors", bool(_WORD_VECTORS.search(text)))) if so}
    beside = {span: nearness(text, *span, strong) for span in spans}
    groups = {span: group for group in enumerations(text, spans) for span in group}
    for start, end in spans:
        before, marks = text[:start], set(common)
        near, weak = beside[start, end], nearness(text, start, end, nouns)
        near_model = nearness(text, start, end, model_nouns)
        group, is_known = groups[start, end], bool(model_pattern().fullmatch(text, start, end))
        marks |= {name for name, so in (
            ("beside data", near >= _BESIDE), ("near data", _NEAR <= near < _BESIDE), ("beside weak", weak >= _BESIDE),
            ("beside model", near_model >= _BESIDE), ("near model", _NEAR <= near_model < _BESIDE),
            ("on", bool(_ON.search(before))), ("from", bool(_FROM.search(before))),
            ("listed", len(group) > 1), ("listed with data", max(beside[span] for span in group) >= _NEAR > near),
            ("list of data", len(group) > 1 and max(beside[span] for span in group) >= _NEAR),
            ("on, listed", len(group) > 1 and bool(_ON.search(text[:group[0][0]]))),
            ("method behind", is_method_behind(text, end)), ("acts", bool(_ACTS.match(text, end))),
            ("compared to", bool(_COMPARED.search(before))), ("pretrained", bool(_PRETRAINED.search(before))),
            ("built on", (start, end) in on and is_known), ("built on a name", (start, end) in on and not is_known),
            ("used", bool(_DOES_ON_BASE.search(before))),
            ("based", bool(_BASED.match(text, end))),
            ("trained before", bool(_TRAINED_BEFORE.search(before) or _IS_TRAINED_BEFORE.match(text, end))),
            ("the base", bool(_AS_BASE.match(text, end)) or bool(_BASE_IS.search(before))),
            ("ours", bool(_OURS.search(before))),
            ("cited", line.text[end:end + 8] != text[end:end + 8] and bool(_CITED.match(line.text, end))),
        ) if so}
        marks |= {f"{mark}, {line.part}" for mark in marks & {"beside data", "on", "on, listed", "built on", "used",
                                                               "pretrained", "beside model", "from", "own", "caption"}}
        others = frozenset(key_of(text[slice(*span)]) for span in group if span != (start, end))
        yield start, end, frozenset(marks), others


def _spans(line: Line, paper: Paper) -> list[tuple[int, int]]:
    """Names that do not overlap, known ones first, the longer of two first."""
    known = [match.span() for pattern in (data_set_pattern(), model_pattern())
             for match in pattern.finditer(line.masked)]
    others = [span for span in names_in(line) if not is_no_name(line.text[slice(*span)], paper)
              and not _HASH.search(line.text[slice(*span)])]
    found: list[tuple[int, int]] = []
    for a, b in sorted([*known, *others], key=lambda span: (span[0] - span[1], span[0])):
        if not any(a < y and x < b for x, y in found):
            found.append((a, b))
    return sorted(found)


def _of_grid(grid: Grid, paper: Paper) -> Iterator[tuple[str, int, frozenset[str], frozenset[str]]]:
    is_stat = bool(DATA_NOUN.search(grid.caption))
    heads = frozenset(key_of(match[0]) for cell in grid.header for match in _in_cell(cell.text, paper))
    over_data = bool(grid.header) and bool(DATA_NOUN.fullmatch(grid.header[0].text.strip()))
    for i, cell in enumerate(grid.header):
        marks = {"head"} | ({"head of data"} if is_stat else set()) | ({"among data"} if over_data and i else set())
        for match in _in_cell(cell.text, paper):
            yield match[0], cell.start + match.start(), frozenset(marks), heads - {key_of(match[0])}
        column = cell.text.strip()
        mark = ("in data column" if DATA_NOUN.fullmatch(column) else
                "in method column" if _METHOD_HEAD.search(column) else "label" if i == 0 else "")
        if mark:
            for row in grid.rows:
                for match in _in_cell(row[i].text, paper) if i < len(row) else ():
                    yield match[0], row[i].start + match.start(), frozenset(
                        {mark, *([f"{mark} of data"] if is_stat else [])}), frozenset()


def _in_cell(text: str, paper: Paper) -> Iterator[re.Match[str]]:
    known = [*data_set_pattern().finditer(text), *model_pattern().finditer(text)]
    yield from known
    for match in NAME.finditer(text):
        is_in_one = any(match.start() < k.end() and k.start() < match.end() for k in known)
        if len(match[0]) > 2 and not _HASH.search(match[0]) and not is_in_one and not is_no_name(match[0], paper):
            yield match


def _shape(text: str, paper: Paper) -> frozenset[str]:
    bare = text.rstrip("s")
    own = {folded(name) for name in paper.own_names}
    key = folded(text)
    return frozenset(name for name, so in (
        ("known data", bool(_unique().fullmatch(text))), ("known source", bool(_sources().fullmatch(text))),
        ("begins as known data", _unique().match(text) is not None), ("stem of known data", bool(_stems().match(text))),
        ("known model", _is_model(text) or _is_model(bare)), ("architecture", text in _kinds() or bare in _kinds()),
        ("no known model", not (_is_model(text) or _is_model(bare) or text in _kinds() or bare in _kinds())),
        ("known measure", bool(measure_pattern().fullmatch(text))), ("is own", key in own),
        ("begins as own", any(len(name) > 2 and key.startswith(name) for name in own)),
        ("initials of the title", is_initials(text, paper)), ("in the title", text in paper.document.metadata.title),
        ("has a digit", bool(re.search(r"\d", text))), ("capitals", text.isupper() and len(text) > 1),
        ("one capital", bool(re.fullmatch(r"[A-Z][a-z]+", text))), ("several words", " " in text),
        ("Chinese", bool(re.search(r"[一-鿿]", text))), ("title", text.startswith("《")),
        ("says data", bool(DATA_NOUN.search(text))), ("says model", bool(_MODEL_NOUN.search(text))),
        ("common word", is_common(text, paper)), ("short", len(text) < 4), ("long", len(text) > 25),
        ("survey", paper.is_survey)) if so)


def _is_model(text: str) -> bool:
    return bool(model_pattern().fullmatch(text)) and text not in _kinds()


@cache
def data_set_pattern() -> re.Pattern[str]:
    """Any known data set, and what is one and something else."""
    known = any_of((*phrases("datasets", "data set"), *phrases("datasets", "source")))
    return re.compile(rf"(?<![A-Za-z]-)(?:{known})")


@cache
def _unique() -> re.Pattern[str]:
    return re.compile(any_of(phrases("datasets", "data set")))


@cache
def _stems() -> re.Pattern[str]:
    """What a name with a number of its own behind it begins as: "YAGO15K", "ICEWS18"."""
    stems = sorted({stem for name in phrases("datasets", "data set") if len(stem := _NUMBER.sub("", name)) >= _STEM},
                   key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, stems))})(?![a-z])")


@cache
def _sources() -> re.Pattern[str]:
    return re.compile(any_of(phrases("datasets", "source")))


@cache
def _kinds() -> frozenset[str]:
    return frozenset(phrases("models", "architecture"))


def may_be_data(each: Named) -> bool:
    """Whether a name can be a data set: no known measure or model."""
    return not {"known measure", "known model", "architecture"} & each.shape and len(each.text) > 1


def may_be_model(each: Named) -> bool:
    """Whether a name can be a model that the work is built on: a known one, or one that it names so; never its own."""
    if {"is own", "begins as own", "known measure", "known data"} & each.shape or len(each.text) < 2:
        return False
    if {"known model", "architecture"} & each.shape:
        return True
    if "one capital" in each.shape or not _OF_A_MODEL.fullmatch(each.text):
        return False
    marks = {mark for spot in each.spots for mark in spot.marks}
    said = {"built on", "built on a name", "pretrained"} & marks or {"beside model", "cited"} <= marks
    return bool(said)


def most_of(found: Sequence[Named]) -> int:
    """How often the most frequent name of a paper is mentioned."""
    return max((len(each.spots) for each in found), default=1)
