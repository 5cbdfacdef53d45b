"""The sentences of a work with where they stand: which part of it its headings say a section is, and what words tell.

Reads: Document.  Gives: list[Placed], in reading order.  Next: summaries.py chooses among them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from kb.survey.kinds import NUMBERING, Kind, kind_named, kinds_of
from kb.survey.sentences import Unit, units
from kb.text import guess_language, sentence_spans, trim
from kb.types import Document, Language, Section
from kb.words import Phrases, phrases

_CUES = ("problem", "aim", "method", "use", "result", "limit", "future", "contrast")
_LABEL = Phrases(r"[\[【*_\s]*(?:«parts: label»)[\]】*_\s]*[.:：—–-]*[\]】*_\s]*", re.I)
_LABEL_INSIDE = Phrases(r"(?<![A-Za-z])(?:«parts: label»)\s*[.:：]\s*(?=\S.{12})", re.I)
# "[12]", "(Smith et al., 2019)", "[smith2019deep]": another work stands behind the sentence.
_CITES = Phrases(r"\[\s*\]|\[\d+(?:[\s,，;–-]+\d+)*\]|[（(][^()（）]*\b(?:19|20)\d\d[a-z]?[)）]|"
                 r"\[[a-z]+[-\w]*\d{4}[^\]]*\]|"
                 r"(?<![A-Za-z])(?:«parts: cites»)|\b[A-Z][a-z]+ (?:and [A-Z][a-z]+ )?\((?:19|20)\d\d\)", re.I)
_POINTS = Phrases(r"(?<![A-Za-z])(?:«parts: points»)", re.I)
_TELLS_OF_ITSELF = Phrases(r"\bthis (?:«boilerplate: note en») (?:«boilerplate: note does en»)|"
                           r"本(?:«boilerplate: note zh»)(?:«boilerplate: note does zh»)", re.I)
# What is no sentence of the work: a declaration, an author's life, an entry of a list of sources.
_SET_ASIDE = Phrases(r"«parts: set aside»|\[[A-Z](?:/OL)?\]\s*[.,，。]?\s*$|\[[A-Z](?:/OL)?\]\.", re.I)
_TURNING = ("abstract", "introduction")
_ENDS = re.compile(r"[.。;；!?！？]\s*|\n")
_LONGEST_LABEL = 60  # characters
_LABELS = ("problem", "method", "results", "limits")
_MARKED = re.compile(r"[\[【［]\s?[^\s:：】\]］]{2,20}[】\]］]|[^\s:：]{2,5}[:：]|[A-Za-z]{3,12}:")
_ENTRY = re.compile(r"\s*\[\d+\]\s*[A-Z\u4e00-\u9fff]")
_CUT = Phrases(r"(?:«parts: begins nothing»)")
_DOES = {"method", "use", "aim"}
_DIGIT = re.compile(r"\d")
_BACK = Phrases(r"[\W\d]*(?:«headings: references»|«headings: references traditional»)\b", re.I)
_BACK_FROM = 0.3  # of the text: a list of sources before it is one of a chapter
_LONGEST_NAME = 30  # characters. Both chosen by hand


@dataclass(frozen=True, slots=True)
class Placed:
    """A sentence, document.text[start:end] == text, and where it stands.

    kind: what its section is, by its heading and those above it; order, n: its place among the sentences of that
    section, and how many these are; place: 0 at the document's beginning, 1 at its end.  cues: what its words tell
    (names of lists in data/words/parts.txt); is_own: it speaks of the work itself; cites: of another's; points: of
    where something stands in the text; turn: -1 before the first sentence of its section that says what the work does,
    1 behind it, 0 for that one, and where there is none; label: of an abstract in parts, the part that it stands under.
    """

    unit: Unit
    start: int
    end: int
    text: str
    kind: Kind
    order: int
    n: int
    cues: frozenset[str]
    is_own: bool
    cites: bool
    points: bool
    turn: int = 0
    label: str = ""

    @property
    def language(self) -> Language:
        """The sentence's own."""
        return self.unit.language

    @property
    def is_of_others(self) -> bool:
        """Whether it speaks of other works alone."""
        return (self.cites or self.kind == "related") and not self.is_own

    @property
    def brings(self) -> bool:
        """Whether it says what the work itself does."""
        return self.is_own and not self.cues.isdisjoint(_DOES)

    def features(self) -> dict[str, float]:
        """What the weights of a part (data/parts.toml) are of, each in [0, 1] but the turn."""
        through = self.order / max(1, self.n - 1)
        found = {f"in {self.kind}": 1.0, **{f"says {cue}": 1.0 for cue in self.cues}, "place": self.unit.position}
        found |= {name: 1.0 for name, is_so in (
            ("own", self.is_own), ("cites", self.cites), ("points", self.points), ("pair", self.unit.is_pair),
            ("number", bool(_DIGIT.search(self.text))), ("own method", self.is_own and "method" in self.cues),
            ("own result", self.is_own and "result" in self.cues), ("own aim", self.is_own and "aim" in self.cues),
            ("problem and method", {"problem", "method"} <= self.cues),
            ("limit at the end", self.kind in ("conclusion", "discussion", "future") and "limit" in self.cues),
            (f"before the turn of {self.kind}", self.turn < 0 and self.kind in _TURNING),
            (f"behind the turn of {self.kind}", self.turn > 0 and self.kind in _TURNING),
        ) if is_so}
        if self.kind in ("abstract", "conclusion", "introduction"):
            found[f"through {self.kind}"] = through
        return found


def placed(document: Document) -> list[Placed]:
    """The sentences of a document that can be quoted as they stand; none of its references or appendix."""
    kinds = kinds_of(document)
    starts = [section.start for section in document.sections]
    back = next((section.start for section in document.sections if _BACK.match(NUMBERING.sub("", section.heading))
                 and section.start > _BACK_FROM * len(document.text)), len(document.text))
    name = own_name(document)
    found: list[Placed] = []
    ours = (unit for unit in units(document, None) if unit.start < back)
    for at, group in groupby(ours, lambda unit: bisect_right(starts, unit.start) - 1):
        section = document.sections[at] if at >= 0 else Section("", 0, 0, len(document.text))
        whole = [_whole(document, section, unit) for unit in group
                 if not _SET_ASIDE.search(unit.text) and not (unit.language == "zh" and _CUT.match(unit.text))]
        own = [_placed(unit, span, document.text, kinds[at] if at >= 0 else "other", order, len(whole), name)
               for order, (unit, span) in enumerate(whole)]
        own = _labelled(own, document.text)
        turn = next((item.order for item in own if item.brings), None)
        found += own if turn is None else [
            replace(item, turn=(item.order > turn) - (item.order < turn)) for item in own]
    return found


def _labelled(section: Sequence[Placed], text: str) -> list[Placed]:
    """The sentences of an abstract in parts ("目的", "Methods"), each with the part that it stands under; any other as
    they are."""
    if not section or section[0].kind != "abstract":
        return list(section)
    heads = [_before(text, item.unit.start) + item.text for item in section]  # a sentence stands without its label
    labels = [next((part for part in _LABELS if _label(part).match(head)), "") for head in heads]
    is_marked = any(label and _MARKED.match(head) for head, label in zip(heads, labels, strict=True))
    if len(set(labels) - {""}) < 2 and not is_marked:
        return list(section)
    found: list[Placed] = []
    for item, label in zip(section, labels, strict=True):
        goes_on = bool(found) and found[-1].language == item.language  # another language is another text
        found.append(replace(item, label=label or (found[-1].label if goes_on else "")))
    return found


def _before(text: str, start: int) -> str:
    """What stands before a sentence in its line, behind the sentence before it."""
    return _ENDS.split(text[max(0, start - _LONGEST_LABEL):start])[-1]


@cache
def _label(part: str) -> re.Pattern[str]:
    listed = sorted(phrases("parts", f"label {part}"), key=len, reverse=True)
    english = "|".join(re.escape(word) for word in listed if guess_language(word) == "en")
    chinese = "|".join(re.escape(word) for word in listed if guess_language(word) == "zh")
    goes_on = "|".join(phrases("parts", "says more than a label"))
    return re.compile(rf"[\[【［]?(?:(?:{chinese})(?!{goes_on})|(?:{english})\s*(?:[\]】:：.]|(?=[A-Z])|$))", re.I)


def own_name(document: Document) -> str:
    """What the work calls itself: the name before the colon of its title, "" for a title without one."""
    name, colon, _ = document.metadata.title.replace("：", ":").partition(":")
    return name.strip() if colon and 2 < len(name.strip()) <= _LONGEST_NAME else ""


def _whole(document: Document, section: Section, unit: Unit) -> tuple[Unit, tuple[int, int]]:
    """The whole sentence: with a connective that stands before it, without the label of the abstract that it begins."""
    start = unit.start
    if unit.is_cut:
        spans = (trim(document.text, a, b) for a, b in sentence_spans(document.text, section.start, section.end))
        start = next((a for a, b in spans if a <= unit.start < b), unit.start)
    label = _LABEL.match(document.text, start, unit.end)
    if label and label.end() < unit.end and not document.text[label.end() - 1].isalnum():
        start = label.end()
    # names and addresses run into the abstract where no line ends between them
    for label in _LABEL_INSIDE.pattern.finditer(document.text, start, unit.end):
        start = label.end()
    return unit, (start, unit.end)


def _placed(unit: Unit, span: tuple[int, int], text: str, kind: Kind, order: int, n: int, name: str = "") -> Placed:
    quote = text[slice(*span)]
    cues = frozenset(cue for cue in _CUES if _cue(cue, unit.language).search(quote))
    is_own = bool(_cue("own", unit.language).search(quote)) or bool(name) and name in quote
    return Placed(unit, *span, quote, kind, order, n, cues, is_own, bool(_CITES.search(quote)),
                  bool(_POINTS.search(quote)))


def is_of_others(text: str, section: Sequence[str], language: Language) -> bool:
    """Whether a sentence, by its words and the headings above it, speaks of other works alone."""
    is_related = any(kind_named(heading) == "related" for heading in section[-2:])
    return (is_related or bool(_CITES.search(text))) and not _cue("own", language).search(text)


def speaks_of_itself(text: str) -> bool:
    """Whether a sentence speaks of the work that it stands in: "we", "本文"."""
    return bool(_cue("own", guess_language(text)).search(text))


def says_of(text: str, cues: Iterable[str]) -> bool:
    """Whether a sentence has words of one of these lists."""
    return any(_cue(cue, guess_language(text)).search(text) for cue in cues)


def says_first(text: str, cue: str, other: str) -> bool:
    """Whether a sentence has words of one list before any of another's."""
    language = guess_language(text)
    a, b = (_cue(name, language).search(text) for name in (cue, other))
    return a is not None and (b is None or a.start() < b.start())


def is_of_the_work(text: str) -> bool:
    """Whether a sentence is part of the work: no plan of its text, declaration, or entry of a list of sources."""
    return not (_POINTS.search(text) or _SET_ASIDE.search(text) or _ENTRY.match(text))


def is_plan(text: str) -> bool:
    """Whether a sentence says what stands where in the text, what the text is about, or what is still to be done."""
    patterns = (_POINTS, _TELLS_OF_ITSELF, _cue("future", guess_language(text)))
    return any(pattern.search(text) for pattern in patterns)


@cache
def _cue(name: str, language: str) -> re.Pattern[str]:
    """The words of a list in one language: whole words in English."""
    own = [phrase for phrase in phrases("parts", f"says {name}") if guess_language(phrase) == language]
    joined = "|".join(re.escape(phrase) for phrase in sorted(own, key=len, reverse=True))
    return re.compile(joined if language == "zh" else rf"\b(?:{joined})\b", re.I)
