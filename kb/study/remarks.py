"""Sentences that a paper says of itself: what it does not do well, and whether its code can be had.

Reads: a Paper.  Gives: Remark, the clearest first.  Next: cells.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kb.answer.claims import is_statement
from kb.study.mentions import support_of
from kb.study.papers import Line, Paper, Part
from kb.words import Phrases

# What a word of limits counts by the part it stands in; of introduction and related work only what speaks of this work.
_WEIGHTS: dict[Part, float] = {"limitation": 2.0, "conclusion": 1.6, "experiment": 0.7, "text": 0.8, "abstract": 1.2,
                               "method": 0.4, "back": 0.3, "introduction": 0.3, "related": 0.0, "references": 0.0,
                               "title": 0.0}
# A section on what is to come says what is not there yet.
_OUTLOOK, _LOOKS_AHEAD = 1.3, re.compile(r"future|outlook|展望|未来|不足|局限", re.IGNORECASE)
# Where "only" and "however" may be about the work; elsewhere they are about everything.
_NOT_OWN = 0.2  # times what a sentence counts elsewhere that does not speak of this work
_SPEAKS_OF_ITSELF = ("limitation", "conclusion")
_LABELLED = re.compile(r"【(?:局限性?|不足)】|[\[【]Limitations?[\]】]", re.IGNORECASE)  # in an abstract of parts
_LATER = 0.15  # a sentence of it less than the one before
_IN_LIMITATIONS = 2.5  # a sentence of a section of that name says one whatever its words are
_STRONG = Phrases(r"\b(?:«cells: limit strong en»)\b|(?:«cells: limit strong zh»)", re.IGNORECASE)
_WEAK = Phrases(r"\b(?:«cells: limit weak en»)\b|(?:«cells: limit weak zh»)", re.IGNORECASE)
_CODE = Phrases(r"\b(?:«cells: code en»)\b|(?:«cells: code zh»)", re.IGNORECASE)
_NO_CODE = Phrases(r"\b(?:«cells: code no en»)\b|(?:«cells: code no zh»)", re.IGNORECASE)
_HOST = re.compile(r"(?:github\.com|gitlab\.com|gitee\.com|bitbucket\.org|zenodo\.org|huggingface\.co|"
                   r"4open\.science|osf\.io)"
                   r"/?[\w./-]*", re.IGNORECASE)
_GIVES = Phrases(
    r"\b(?:«cells: code en»)s?\b[^.;]{0,60}?\b(?:is|are|will\s+be|can\s+be|have\s+been|has\s+been|made|"
    r"also)\b[^.;]{0,30}?"
    r"\b(?:available|released|found|open-?sourced|accessed|downloaded)\b|\bavailable\s+at\b|"
    r"\b(?:releas|publish|open-?sourc|provid|shar)\w*\b[^.;]{0,40}?\b(?:«cells: code en»)s?\b|"
    r"(?:«cells: code zh»)[^，。；]{0,20}?(?:开源|公开|发布|上传|获取|下载|见|：|:)|(?:开源|公开|"
    r"发布)了?[^，。；]{0,10}?(?:«cells: code zh»)",
    re.IGNORECASE)
_USED = re.compile(r"\b(?:use|uses|used|using|adopt\w*|based on|provided by|official)\b|使用|采用|利用|借助|"
                   r"文献", re.IGNORECASE)
_LEAST, _MOST_SENTENCE = 20, 600  # characters of a sentence that says something
_LEAST_HAN = 10


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, or the part of it that answers. yes: of a yes-no column."""

    start: int
    end: int
    line: Line
    weight: float
    yes: bool | None = None

    @property
    def support(self) -> float:
        """The weight as a number in [0, 1)."""
        return support_of(self.weight)


def limitations(paper: Paper) -> list[Remark]:
    """Whole sentences that say what this work does not do well."""
    found = []
    n_inside = 0
    for line in paper.lines:
        least = _LEAST if paper.language == "en" else _LEAST_HAN
        if not least <= len(line.text) <= _MOST_SENTENCE or line.is_other or line.is_caption or not is_statement(
                line.text):
            continue
        is_strong, is_weak = bool(_STRONG.search(line.masked)), bool(_WEAK.search(line.masked))
        is_weak = is_weak and line.part in _SPEAKS_OF_ITSELF
        weight = _WEIGHTS[line.part] * ((1.6 if is_strong else 0.0) + (0.5 if is_weak else 0.0))
        weight *= _OUTLOOK if line.section and _LOOKS_AHEAD.search(line.section[-1]) else 1.0
        weight *= 1.4 if line.is_own else 1.0 if line.part in _SPEAKS_OF_ITSELF else _NOT_OWN
        if line.part == "limitation":
            weight = _IN_LIMITATIONS + 0.25 * weight - _LATER * n_inside
            n_inside += 1
        weight += _IN_LIMITATIONS if _LABELLED.search(line.text) else 0.0
        weight -= 1.0 * line.text.rstrip().endswith((":", "："))
        if weight > 0 and not (paper.is_survey and line.part != "limitation"):
            found.append(Remark(line.start, line.end, line, weight))
    return sorted(found, key=lambda remark: (-remark.weight, remark.start))


def code(paper: Paper) -> list[Remark]:
    """Where the work says that its code can be had, or that it cannot; not whose code it used itself."""
    found = []
    for line in paper.lines:
        if line.part in ("references", "related") or line.is_other:
            continue
        denied, gives = _NO_CODE.search(line.text), _GIVES.search(line.masked)
        if not _CODE.search(line.masked) or not (gives or denied) or (
                _USED.search(line.masked) and not (line.is_own and _HOST.search(line.text))):
            continue
        weight = 2.0 + (1.5 if _HOST.search(line.text) else 0.0) + (0.5 if line.is_own else 0.0)
        found.append(Remark(line.start, line.end, line, weight * (1.3 if line.part == "abstract" else 1.0),
                            yes=not denied))
    return sorted(found, key=lambda remark: (-remark.weight, remark.start))
