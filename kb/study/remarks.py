"""Sentences that a paper says of itself: what it does not do well, and whether its code can be had.

Reads: a Paper.  Gives: Remark, the clearest first.  Next: cells.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.study.limits import limits_of
from kb.study.mentions import support_of
from kb.study.papers import Line, Paper
from kb.study.weights import chance
from kb.words import Phrases

_CODE = Phrases(r"\b(?:«cells: code en»)\b|(?:«cells: code zh»)", re.IGNORECASE)
_NO_CODE = Phrases(r"\b(?:«cells: code no en»)\b|(?:«cells: code no zh»)", re.IGNORECASE)
_HOST = re.compile(r"(?:github\.\s?(?:com|io)|gitlab\.\s?com|gitee\.\s?com|bitbucket\.\s?org|zenodo\.org|"
                   r"huggingface\.co|4open\.science|osf\.io|sourceforge\.net|code\.google\.com)"
                   r"/?\s?[\w./-]*", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:\s?//|www\.|\b[\w-]+(?:\.[\w-]+)+/[\w.-]+", re.IGNORECASE)
_ADDRESSED = re.compile(r"(?:https?:\s?//|www\.)\S+(?:\s\S*\.html?)?")
# A footnote that is an address, and what points to one: "[^3]", "¹²"
_NOTED = re.compile(r"\s*(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|\[\^\d+\]:)\s*(?:https?:\s?//|www\.)\S+(?:\s?\S+)?\s*$")
_LONE = re.compile(r"[\W\d¹²³⁴⁵⁶⁷⁸⁹]*(?:https?:\s?//\s?)?(?:www\.)?[\w-]*\.?"
                   r"(?:github|gitlab|gitee|bitbucket)\.\s?(?:com|org|io)/?\s?[\w./ -]*(?=\s|$|[.;,²³⁴⁵⁶⁷⁸⁹])",
                   re.IGNORECASE)
_OPENED = re.compile(r"\bopen[- ]?sourced?\b[^.;]{0,40}\b(?:at|in|on|as|here)\b|\b(?:project|home)\s?page\b|"
                     r"(?:已|均)?开源(?:在|于|至|到)|项目(?:主页|地址)|"
                     r"(?:实现|项目|系统|工程|模型|框架)(?:都?是|均?已经?)?开源的?", re.IGNORECASE)
_OURS = re.compile(r"(?<![A-Za-z])(?:our|we)\b|本文|我们", re.IGNORECASE)
_MARK = re.compile(r"\[\^\d+\]|[¹²³⁴⁵⁶⁷⁸⁹⁰]+(?=[\W_]|$)")
_NOTE_MARK = re.compile(r"\[\^\d+\](?=:)|[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
_RAISED, _NOTE = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]"), 160  # the mark of a footnote, and the length of one that is an address
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_GIVES = Phrases(
    r"\b(?:«cells: code en»)s?\b[^.;]{0,60}?\b(?:is|are|will\s+be|can\s+be|have\s+been|has\s+been|made|"
    r"also)\b[^.;]{0,30}?"
    r"\b(?:available|released|found|open-?sourced|accessed|downloaded|obtained)\b|\bavailable\s+at\b|"
    r"\b(?:«cells: code en»)\b[^.;:]{0,30}:\s*$|\b(?:«cells: code en»)\b[^.;:]{0,30}:\s{3,}|"
    r"\bma[dk]e\b[^.;]{0,30}\b(?:«cells: code en»)\b[^.;]{0,50}\bavailable\b|"
    r"\b(?:releas|publish|open-?sourc|provid|shar)\w*\b[^.;]{0,40}?\b(?:«cells: code en»)s?\b|"
    r"(?:«cells: code zh»)[^，。；]{0,20}?(?:开源|公开|公布|发布|上传|获取|获得|下载|见|：|:)|(?:开源|公开|"
    r"发布)了?[^，。；]{0,10}?(?:«cells: code zh»)",
    re.IGNORECASE)
_USED = re.compile(r"\b(?:use|uses|used|using|adopt\w*|based on|provided by|official)\b|使用|采用|利用|借助|"
                   r"文献|\b(?:from|by)\s+(?:the|their|its)\s+(?:original\s+)?authors?\b", re.IGNORECASE)
_HOSTED = re.compile(r"(?:github|gitlab|gitee|bitbucket)\.\s?(?:com|org)/|huggingface\.co/", re.IGNORECASE)
_PAGE = Phrases(r"\bproject\s?(?:page|website)\b|\b(?:«cells: code en»)\s*[:：]|(?:«cells: code zh»|项目主页)\s*[:：]",
                re.IGNORECASE)
_IN_FRONT, _POINTED_FROM = 2000, 4000  # characters of a title's block; before a footnote, where its mark is looked for
_BY_ADDRESS = 2.3  # the weight of an address alone that is called as the work is
_NAME_LENGTH, _INITIALS = 5, 3  # letters of a word of the title, and of its first initials, of its own address


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, or the part of it that answers. yes: of a yes-no column; beside: where the address stands
    that it gives, if not in itself; is_fitted: the weight is log odds."""

    start: int
    end: int
    line: Line
    weight: float
    yes: bool | None = None
    beside: tuple[int, int] | None = None
    is_fitted: bool = False

    @property
    def support(self) -> float:
        """The weight as a number in [0, 1)."""
        return chance(self.weight) if self.is_fitted else support_of(self.weight)


def limitations(paper: Paper) -> list[Remark]:
    """Whole sentences that say what this work does not do well."""
    return [Remark(line.start, line.end, line, odds, is_fitted=True) for line, odds in limits_of(paper)]


def code(paper: Paper) -> list[Remark]:
    """Where the work says that its code can be had, or that it cannot; not whose code it used itself."""
    found = []
    notes = [line for line in paper.lines if _NOTED.match(line.text) or (
        line.part not in ("references", "related") and _LONE.match(line.text))]
    for line in paper.lines:
        if line.part in ("references", "related") or line.is_other:
            continue
        said = _RAISED.sub(" ", _ADDRESSED.sub(" ", line.masked))
        has_address = bool(_HOST.search(line.text) or _ADDRESS.search(line.text))
        is_note = has_address and bool(_RAISED.match(line.text)) and len(line.text) <= _NOTE
        denied, gives = _NO_CODE.search(line.text), _GIVES.search(said) or is_note
        opened, is_own = _OPENED.search(said), line.is_own or bool(_OURS.search(said))
        note = None if has_address or denied else _note_of(line, notes)
        is_whole = line.part in ("abstract", "conclusion") or note is not None
        is_named = bool(_CODE.search(said) and (gives or denied)) or bool(opened and (is_own or is_whole))
        if not is_named or (_USED.search(said) and not (is_own and (has_address or note))):
            continue
        weight = 2.0 + (1.5 if has_address or note else 0.0) + (0.5 if is_own else 0.0)
        found.append(Remark(line.start, line.end, line, weight * (1.3 if line.part == "abstract" else 1.0),
                            yes=not denied, beside=(note.start, note.end) if note else None))
    found += [Remark(line.start, line.end, line, _BY_ADDRESS, yes=True) for line in notes
              if _is_own_address(line, paper) and not _is_of_what_was_used(line, paper)]
    found += [Remark(line.start, line.end, line, _BY_ADDRESS, yes=True) for line in paper.lines
              if line.start < _IN_FRONT and line.part in ("title", "text", "abstract") and (
                  _HOSTED.search(line.text) or (_PAGE.search(line.text) and _ADDRESS.search(line.text)))
              and not _USED.search(line.masked) and not _RAISED.match(line.text)]
    return sorted(found, key=lambda remark: (-remark.weight, remark.start))


def _note_of(line: Line, notes: Sequence[Line]) -> Line | None:
    """The footnote with an address that a sentence points to: by its mark, or the only one there is."""
    marks = _MARK.findall(line.text)
    marked = [note for note in notes if marks and note.text.lstrip().startswith(marks[-1])]
    if marked:
        return min(marked, key=lambda note: abs(note.start - line.start))
    own = [note for note in notes if note.part != "references"]
    return own[0] if len(own) == 1 and not marks else None


def _is_of_what_was_used(note: Line, paper: Paper) -> bool:
    """Whether a footnote gives several addresses, or what points to it says that the work used what is there."""
    mark = _NOTE_MARK.match(note.text.lstrip())
    if len(_HOST.findall(note.text)) > 1:
        return True
    return mark is not None and any(
        mark[0] in _MARK.findall(line.text) and (line.is_other or _USED.search(line.masked))
        for line in paper.lines if note.start - _POINTED_FROM < line.start < note.start)


def _is_own_address(line: Line, paper: Paper) -> bool:
    """Whether a footnote is an address that is called as the work or its title is, by name or by initials."""
    address = _HOST.search(line.text)
    if address is None or _USED.search(line.masked):
        return False
    title = [word.casefold() for word in _WORDS.findall(paper.document.metadata.title)]
    initials = "".join(word[0] for word in title)
    path = [word.casefold() for word in _WORDS.findall(address[0])][2:]
    return any(word in paper.own_names or (len(word) >= _NAME_LENGTH and word in title) or (
        len(word) >= _INITIALS and initials.startswith(word)) for word in path)
