"""Sentences that say what a work itself does not do well, and how surely they say it.

Reads: the lines of a Paper.  Gives: (Line, log odds), the surest first.  Next: remarks.py. The weights stand in
data/limits.toml; tools/fit_limits.py fits them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from kb.answer.claims import is_statement
from kb.study.papers import Line, Paper
from kb.study.parts import says_of
from kb.study.weights import log_odds
from kb.words import Phrases

_BOTH_SIDES = Phrases(r"\b(?:«cells: limit both sides en»)\b|«cells: limit both sides zh»", re.IGNORECASE)
_STRONG = Phrases(r"\b(?:«cells: limit strong en»)\b|(?:«cells: limit strong zh»)", re.IGNORECASE)
_WEAK = Phrases(r"\b(?:«cells: limit weak en»)\b|(?:«cells: limit weak zh»)", re.IGNORECASE)
_LACKS = Phrases(r"\b(?:«cells: limit lacks en»)\b|(?:«cells: limit lacks zh»)", re.IGNORECASE)
# What is said of the field, or of what others do.
_FIELD = Phrases(r"\b(?:«cells: limit of the field en»)\b|(?:«cells: limit of the field zh»)", re.IGNORECASE)
# A limit that the work removes is none of its own.
_MENDED = Phrases(r"\b(?:«cells: no limit en»)\b|(?:«cells: no limit zh»)", re.IGNORECASE)
_PROPOSES = re.compile(r"针对.{2,60}(?:提出|设计|构建|采用|改进)|提出了|\bwe\s+(?:propose|present|introduce|design)",
                       re.IGNORECASE)
_ANNOUNCES = Phrases(r"(?<![A-Za-z])(?:«parts: announces»)|(?:«cells: limit announced zh»)", re.IGNORECASE)
_COUNTS_UP = Phrases(r"^\W*(?:(?:«cells: limit counts up en»)\b|(?:«cells: limit counts up zh»))", re.IGNORECASE)
_EFFORT = Phrases(r"\b(?:«cells: limit of effort en»)\b|(?:«cells: limit of effort zh»)", re.IGNORECASE)
_ITS_METHOD = Phrases(r"\b(?:our|this|the\s+proposed)\s+(?:[\w-]+\s+){0,2}?(?:«cells: own method en»)\b|"
                      r"(?:本|该|我们的|所提|提出的)(?:«cells: own method zh»)", re.IGNORECASE)
_LOOKS_AHEAD = re.compile(r"future|outlook|展望|未来|不足|局限", re.IGNORECASE)
_LABELLED = re.compile(r"【(?:局限性?|不足)】|[\[【]?Limitations?\s?[\]】:：]", re.IGNORECASE)  # of an abstract
_BOUNDED = re.compile(r"\blimited\s+to\s+\d", re.IGNORECASE)  # a setting
_TURNS = re.compile(r"^\W*(?:however|but|although|though|while|nevertheless|但是?|然而|不过|尽管|虽然)",
                    re.IGNORECASE)
_ASIDE = ("references", "related", "title")
_SPEAKS_OF_ITSELF = ("limitation", "conclusion")
_LEAST, _LEAST_HAN, _MOST = 20, 10, 600  # characters of a sentence that says something
_MORE_HAN, _TO_LATIN = 6, 4  # Chinese characters that say which limit it is, and letters for one of them
_FAR = 5  # sentences behind one that announces limits
_LATE = 0.7  # of the work's text: what stands behind it may be about the whole
_CUES = ("problem", "aim", "method", "result", "contrast")


def limits_of(paper: Paper) -> list[tuple[Line, float]]:
    """The sentences that may say a limit, each with its log odds against "none"; the surest with those that any does:
    where ten of a section might, one does."""
    found = weighed(paper)
    any_of_them = math.log(sum(math.exp(odds) for _, odds in found)) if found else 0.0
    return [(found[0][0], any_of_them), *found[1:]] if found else []


def weighed(paper: Paper) -> list[tuple[Line, float]]:
    """The sentences that may say a limit, each with its own log odds, the surest first."""
    found = [(line, log_odds("limitation", features)) for line, features in candidates(paper)]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].start))


def candidates(paper: Paper) -> list[tuple[Line, dict[str, float]]]:
    """The sentences that may say a limit, each with what weights are of; none in a work on others' works."""
    lines = [line for line in paper.lines if line.part not in _ASIDE and not line.is_caption]
    whole = max((line.end for line in lines if line.part != "back"), default=1)
    found = []
    for i, line in enumerate(lines):
        least = _LEAST if paper.language == "en" else _LEAST_HAN
        if not least <= len(line.text) <= _MOST or line.is_other or not is_statement(line.text):
            continue
        marks = _marks(line, paper, lines[max(0, i - _FAR):i], line.start > _LATE * whole)
        may = {"strong", "lacks", "says limit", "behind an announcement", "labelled", "in limitation"} & marks or (
            "weak" in marks and line.part == "conclusion")
        if may and not (paper.is_survey and line.part != "limitation"):
            found.append((line, dict.fromkeys(marks, 1.0)))
    return found


def weighs_both_sides(text: str) -> bool:
    """Whether a sentence speaks of advantages and limits at once: those of what a work looks at, not its own."""
    return bool(_BOTH_SIDES.search(text))


def _only_announces(text: str) -> bool:
    """Whether a sentence says that there are limits, and then nothing more."""
    found = list(_ANNOUNCES.pattern.finditer(text))
    left = len(text.rstrip(" .。:：")) - found[-1].end() if found else math.inf
    return left < _MORE_HAN * (1 if text[-1] in "。：" else _TO_LATIN) or text.rstrip().endswith((":", "："))


def _marks(line: Line, paper: Paper, before: Sequence[Line], is_late: bool) -> set[str]:
    text, section = line.masked, line.section[-1] if line.section else ""
    near = [other for other in before if other.section == line.section]
    strong, is_own = bool(_STRONG.search(text)), line.is_own or any(name in text.casefold() for name in paper.own_names)
    announced = any(_ANNOUNCES.search(other.text) and (other.is_own or other.part in _SPEAKS_OF_ITSELF)
                    for other in near)
    marks = {"at", f"in {line.part}"} | {name for name, so in (
        ("strong", strong), ("weak", bool(_WEAK.search(text))), ("lacks", bool(_LACKS.search(text))),
        ("says limit", says_of(line.text, ("limit",))), ("says future", says_of(line.text, ("future",))),
        ("of the field", bool(_FIELD.search(text))), ("mended", bool(_MENDED.search(text))),
        ("proposes", bool(_PROPOSES.search(text))),
        ("announces", _only_announces(text)),
        ("behind an announcement", announced), ("counts up", bool(_COUNTS_UP.search(text))),
        ("for want of effort", bool(_EFFORT.search(text))), ("its method", bool(_ITS_METHOD.search(text))),
        ("looks ahead", bool(_LOOKS_AHEAD.search(section))), ("labelled", bool(_LABELLED.search(line.text))),
        ("bounded", bool(_BOUNDED.search(text))), ("turns", bool(_TURNS.match(text))), ("own", is_own),
        ("cites", line.text != text), ("late", is_late), ("first of a section", not near),
        ("heading", line.text.strip() == section)) if so}
    marks |= {f"says {cue}" for cue in _CUES if says_of(line.text, (cue,))}
    marks |= {f"{mark}, own" for mark in marks & {"strong", "lacks", "says limit", "weak", "in conclusion"} if is_own}
    marks |= {"counts up, announced"} if {"counts up", "behind an announcement"} <= marks else set()
    marks |= {f"{mark}, late" for mark in marks & {"strong", "lacks", "in limitation", "looks ahead"} if is_late}
    return marks
