"""What is counted about a run of lines that may be a page's title.

Reads: a Page, made once, and a run of its rows.  Gives: numbers by name; what each weighs is fitted on papers whose
titles are known (tools/fit_titles.py) and stands in data/title_weights.toml.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cached_property
from itertools import islice

from kb.readers.metadata import plain
from kb.readers.names import Names
from kb.readers.order import Row, in_lines
from kb.text import CJK
from kb.words import Phrases

_SAME_LINE = 0.005  # of the page's height
_NEAR = 1.9  # of a line's size: so far down the next line of a title stands
_FAR = 3.4  # … stands the next one where lines are spread out
_POINTS = 800  # of a page's height
_HEAD = Phrases(r"^\W*(?:[\dIVX]+[.、]?\s+)?(?:«metadata: abstract~»|«headings: references»|keywords|关\s*键\s*词)"
                r"(?![a-z])", re.IGNORECASE)
_ABSTRACT = re.compile(r"^\W*(?:摘\s*要|abstract)(?![a-z])", re.IGNORECASE)
_RUNNING = Phrases(r"^\W*(?:«metadata: running~»)\W*(?:\d+\W*)?$|"
                   r"^\W*(?:contents lists|journal homepage|view the|this paper is)|^open access to|"
                   r"^(?:(?:the )?journal of|(?:ieee |acm )?transactions on|proceedings of|proc\.|annals of)|"
                   r"(?:conference series|letters|sinica|transactions|press|proceedings)\s*$", re.IGNORECASE)
_THESIS = Phrases(r"«metadata: kinds of thesis»", re.IGNORECASE)
_SCHOOL = re.compile(r"(?:大\s*学|学\s*院|研究院|研究所|公司)\s*$|^(?:the\s+)?university of [\w ]{3,30}$|"
                     r"^.{1,40}\buniversity\s*$", re.IGNORECASE)
_AFFILIATION = re.compile(r"大学|学院|研究院|研究所|实验室|公司|\d{6}|@|\b(?:universi\w+|institut\w*|departe?ment\w*|"
                          r"laborator\w+|colleges?|schools? of|facult\w+|research (?:center|centre|lab)|inc)\b",
                          re.IGNORECASE)
_CHINESE_JOURNAL = Phrases(rf"^[{CJK}\s·]{{3,14}}(?:«metadata: journal zh»)\s*$")
_ISSUE = re.compile(r"第.{1,8}[卷期]|\bvol(?:ume)?\b\.?\s*\d|\bno\.\s*\d|\bISSN\b|\bdoi\b|https?://|www\.|@|\b(?:19|20)\d\d\s*年|"
                    r"^\W*(?:19|20)\d\d\W*$|文章编号|中图|^\W*(?:[\d.,:–-]+\W*)+$|technical report|arxiv:|©|\bpp\.|"
                    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d{1,2}?,?\s*\d{4}",
                    re.IGNORECASE)
_OPEN_END = re.compile(r"(?:\b(?:a|an|the|of|for|and|or|in|on|to|with|by|from|at|via|using|its|their|into|under|as)|"
                       r"基于|[的与和及之对在、,，:：—–-])\s*$", re.IGNORECASE)
_COLON = re.compile(r"[^\W\d]\s*[:：]\s*$")
_OPEN_START = re.compile(r"^\s*(?:[a-z]{2,}|[)）,，、;；:：.。]|(?:and|of|for|with|in|to)\b)")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d+)*\.?\s+[^\W\d_]|"
                       r"[一二三四五六七八九十]{1,2}\s*[、.．]|第\s*\S{1,3}\s*[章节]|[(（]\S{1,2}[)）]")
_IN_BRACKETS = re.compile(r"^\s*[\[【［(（].*[\]】］)）]\s*$")
_HAN = re.compile(f"[{CJK}]")
_LETTER = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"[\w\s.,:;!?'\"()\-–—，。：；、？！“”‘’《》（）/&+]")
_SMALL_WORD = re.compile(r"(?<![^\W_])[a-z]{2,}")


class Page:
    """A page on which a title may stand. declared: the title that the file says; later: the rows of the pages that
    follow; cited: the entry by which it wants to be cited; outline: its first entry."""

    def __init__(self, rows: Sequence[Row], body: float, names: Names, *, declared: str = "",
                 later: Sequence[Row] = (), cited: str = "", outline: str = "") -> None:
        self.rows = downwards([row for row in rows if row.middle > 0.3 and _LETTER.search(row.text)])
        self.body, self.names, self.declared = body or 1.0, names, declared
        self._later, self.cited, self.outline = later, plain(cited), outline

    @cached_property
    def is_noise(self) -> dict[Row, bool]:
        """Whether a row is by its words what stands around a title."""
        return {row: _is_noise(row.text) for row in self.rows}

    @cached_property
    def is_affiliation(self) -> dict[Row, bool]:
        """Whether a row names an institution or an address."""
        return {row: bool(_AFFILIATION.search(row.text)) for row in self.rows}

    @cached_property
    def is_running(self) -> dict[Row, bool]:
        """Whether a row is the head of a journal or a kind of article."""
        return {row: bool(_RUNNING.search(row.text)) for row in self.rows}

    @cached_property
    def loud(self) -> list[Row]:
        """The rows that could be a title's by their words."""
        return [row for row in self.rows if not self.is_noise[row]]

    @cached_property
    def largest(self) -> float:
        """The largest size of these."""
        return max((row.size for row in self.loud), default=0.0)

    @cached_property
    def sizes(self) -> list[float]:
        """The sizes of these, each once."""
        return sorted({round(row.size, 1) for row in self.loud}, reverse=True)

    @cached_property
    def share_bold(self) -> float:
        """The share of rows in bold letters."""
        return sum(row.is_bold for row in self.rows) / len(self.rows) if self.rows else 0.0

    @cached_property
    def is_chinese(self) -> bool:
        """Whether a good part of its letters are Chinese."""
        text = "".join(row.text for row in self.rows)
        return 3 * len(_HAN.findall(text)) > len(_LETTER.findall(text))

    @cached_property
    def abstract(self) -> float:
        """Where the abstract begins; 0 if none does."""
        return max((row.middle for row in self.rows if _ABSTRACT.match(row.text)), default=0.0)

    @cached_property
    def again(self) -> str:
        """The words of the pages that follow."""
        return plain("".join(row.text for row in self._later))

    @cached_property
    def heads(self) -> frozenset[str]:
        """The lines at the heads of the pages that follow."""
        return frozenset(plain(row.text) for row in self._later if row.middle > 0.88)

    @cached_property
    def is_names(self) -> dict[Row, bool]:
        """Whether a row is a line of names."""
        return {row: is_names(row, self.names) for row in self.rows}


def features(run: Sequence[Row], text: str, page: Page) -> dict[str, float]:
    """What is counted about a run of lines, by name."""
    return {**_of_shape(run, page), **_of_words(run, text, page), **_of_place(run, text, page)}


def _of_shape(run: Sequence[Row], page: Page) -> dict[str, float]:
    sizes = [row.size for row in run]
    size, first = max(sizes), run[0]
    steps = [(a.middle - b.middle) * _POINTS / size for a, b in zip(run, run[1:], strict=False)]
    is_flat = size < 1.06 * page.body
    width = max(row.right for row in run) - min(row.left for row in run)
    middle = (max(row.right for row in run) + min(row.left for row in run)) / 2
    n_lines = 1 + sum(step > 0.3 for step in steps)
    return {
        "largest": float(size >= page.largest - 0.6),
        "size": max(-0.4, min(size / page.body - 1.0, 1.2)),
        "sizes above": min(sum(other > size + 0.6 for other in page.sizes), 4) / 4,
        "bold": float(all(row.is_bold for row in run)),
        "only bold": float(all(row.is_bold for row in run) and page.share_bold < 0.25),
        "flat": float(is_flat and not first.is_bold),
        "lines": float(n_lines > 1),
        "many lines": max(0, n_lines - 3) / 3,
        "wide": width,
        "centred": float(abs(middle - 0.5) < 0.03),
        "step": min(max(steps, default=0.0), 5.0) / 2,
        "far step": float(max(steps, default=0.0) > 2.3),
        "sizes": min((size - min(sizes)) / size, 0.5),
        "weights": float(len({row.is_bold for row in run}) > 1),
        "prose": float(is_flat and is_prose(run)),
    }


def _of_words(run: Sequence[Row], text: str, page: Page) -> dict[str, float]:
    n_han = len(_HAN.findall(text))
    n = n_han * 2 + len(_LETTER.findall(text)) - n_han
    words = re.findall(r"[^\W\d_]+", text)
    squeezed = re.sub(r"\s", "", text)
    kinds = {bool(_HAN.search(row.text)) for row in run if len(_LETTER.findall(row.text)) > 6}
    letters = [word for word in words if word[0].isascii()]
    return {
        "short": float(n < 8),
        "brief": float(n < 16),
        "one word": float(len(words) == 1 and not n_han),
        "letters": min(math.log(max(n, 1)), 5.5) / 2,
        "long": max(0.0, (n - 130) / 80),
        "sentence": float(bool(re.search(r"[。；;]\s*$|[a-z]\.$", text))),
        "open end": float(bool(_OPEN_END.search(text))),
        "open start": float(bool(_OPEN_START.search(text))),
        "heading": float(bool(_HEAD.match(text) or _HEAD.match(squeezed))),
        "numbered": float(bool(_NUMBERED.match(text))),
        "running": float(bool(_RUNNING.search(text))),
        "running line": float(len(run) > 1 and any(page.is_running[row] for row in run)),
        "thesis": float(len(text) < 30 and bool(_THESIS.search(squeezed) or _THESIS.search(text))),
        "school": float(bool(_SCHOOL.search(text)) and len(text) < 60),
        "affiliation": float(sum(page.is_affiliation[row] for row in run)),
        "issue": float(bool(_ISSUE.search(text))),
        "brackets": float(bool(_IN_BRACKETS.match(text))),
        "noise": min(1.0, 4 * sum(not _PLAIN.match(letter) for letter in squeezed) / max(1, len(squeezed))),
        "digits": min(1.0, 2 * sum(letter.isdigit() for letter in squeezed) / max(1, len(squeezed))),
        "capitals": float(n_han == 0 and text.upper() == text),
        "small words": sum(word.islower() and len(word) > 3 for word in letters) / max(1, len(letters)),
        "other script": float(page.is_chinese and not n_han),
        "two scripts": float(len(kinds) > 1),
        "declared": alike(text, page.declared) if page.abstract <= run[0].middle + 0.01 else 0.0,
        "undeclared": float(bool(page.declared) and alike(text, page.declared) == 0),
        "outline": float(alike(text, page.outline) > 0.8),
        "cited": float(n > 8 and plain(text) in page.cited),
    }


def _of_place(run: Sequence[Row], text: str, page: Page) -> dict[str, float]:
    first, last = run[0], run[-1]
    size = max(row.size for row in run)
    low = min(row.middle for row in run)
    own = set(run)
    left, right = min(row.left for row in run) - 0.01, max(row.right for row in run) + 0.01
    above = next((row for row in reversed(page.rows) if row.middle > first.middle + 0.003 and row.left < right
                  and row.right > left and row not in own), None)
    below = list(islice((row for row in page.rows if row.middle < low - 0.003 and row.left < right and row.right > left
                         and row not in own), 4))
    after = below[0] if below else None
    up, down = _step(above, first), _step(last, after)
    named = [page.is_names[row] for row in below]
    is_journal = bool(_CHINESE_JOURNAL.match(text)) and first.middle > 0.86
    n_before = sum(row.middle > first.middle + 0.003 for row in page.loud)
    squeezed = plain(text)
    return {
        "high": first.middle,
        "at the edge": float(first.middle > 0.93),
        "before": min(n_before, 12) / 6,
        "first": float(n_before == 0),
        "gap above": _gap(above, first, size),
        "gap below": _gap(last, after, size),
        "cut above": float(0.3 < up < _NEAR and above is not None and above.is_bold == first.is_bold),
        "cut below": float(0.3 < down < _NEAR and after is not None and after.is_bold == last.is_bold),
        "near above": float(0.3 < up < _NEAR),
        "near below": float(0.3 < down < _NEAR),
        "same above": float(_NEAR <= up < _FAR),
        "same below": float(_NEAR <= down < _FAR),
        "open onto": float(after is not None and _is_like(after, size) and bool(_OPEN_END.search(text))),
        "open above": float(above is not None and _is_like(above, size) and bool(_OPEN_END.search(above.text))),
        "open below": float(after is not None and _is_like(after, size) and bool(_OPEN_START.match(after.text))),
        "name first": float(len(run) > 1 and bool(_COLON.search(first.text)) and _is_brief(first.text.rstrip(" :："))),
        "below a name": float(above is not None and _is_like(above, size) and bool(_COLON.search(above.text))),
        "kicker": float(len(run) > 1 and abs(first.size - run[1].size) > 0.06 * run[1].size and _is_brief(first.text)),
        "larger below": float(after is not None and after.size > 1.15 * size and not page.is_noise[after]),
        "names next": float(named[:1] == [True]),
        "names after": float(any(named[:3])),
        "names": float(page.is_names[first]),
        "names within": float(any(page.is_names[row] for row in run[1:])),
        "affiliation after": float(any(page.is_affiliation[row] for row in below)),
        "abstract next": float(after is not None and bool(_ABSTRACT.match(after.text))),
        "above abstract": float(0 < page.abstract < low),
        "below abstract": float(page.abstract > first.middle + 0.01),
        "journal": float(is_journal),
        "journal line": float(len(run) > 1 and bool(_CHINESE_JOURNAL.match(first.text)) and first.middle > 0.86),
        "journal above names": float(is_journal and any(named[:1])),
        "again": float(len(squeezed) > 5 and squeezed in page.again),
        "head": float(squeezed in page.heads),
    }


def _is_like(row: Row, size: float) -> bool:
    return abs(row.size - size) < 0.18 * size


def _is_brief(text: str) -> bool:
    return len(text.split()) < 4 and len(_HAN.findall(text)) < 9 and not _COLON.search(text)


def _gap(above: Row | None, below: Row | None, size: float) -> float:
    if above is None or below is None:
        return 2.0
    return min((above.middle - below.middle) * _POINTS / size, 6.0) / 3


def _step(above: Row | None, below: Row | None) -> float:
    """How far one line of a size and script stands below another of the same, in sizes; 0 if they are not alike."""
    if above is None or below is None or abs(above.size - below.size) > 0.04 * max(above.size, below.size):
        return 0.0
    if bool(_HAN.search(above.text)) != bool(_HAN.search(below.text)) or is_heading(below.text):
        return 0.0
    return (above.middle - below.middle) * _POINTS / above.size


def downwards(rows: Sequence[Row]) -> list[Row]:
    """Rows from the top, those on one line from the left."""
    return [row for line in in_lines(rows, _SAME_LINE) for row in sorted(line, key=lambda row: row.left)]


def is_names(row: Row, names: Names) -> bool:
    """Whether a row is a line of names, and not of one word."""
    found = names.of(row.text)
    return found.is_line and (" " in found.names[0] or bool(_HAN.search(found.names[0])))


def _is_noise(text: str) -> bool:
    """Whether a line is by its words what stands around a title: a journal's name, a number, a kind of work."""
    squeezed = re.sub(r"\s", "", text)
    is_running = " " in text.strip() or _HAN.search(text)  # "Transactions" alone may be the last line of a title
    return bool(_HEAD.match(text) or _HEAD.match(squeezed) or is_running and _RUNNING.search(text)
                or _THESIS.search(squeezed) or _SCHOOL.search(text) or _ISSUE.search(text) or len(squeezed) < 3)


def is_kind_of_thesis(text: str) -> bool:
    """Whether a line says what kind of thesis it heads."""
    return len(text) < 40 and bool(_THESIS.search(re.sub(r"\s", "", text)) or _THESIS.search(text))


def is_prose(run: Sequence[Row]) -> bool:
    """Whether two lines of a run are wide and have words in small letters or many Chinese ones."""
    return sum(row.right - row.left > 0.3 and (
        len(_SMALL_WORD.findall(row.text)) > 4 or len(_HAN.findall(row.text)) > 18) for row in run) > 1


def is_label(text: str) -> bool:
    """Whether a line with a colon at its end is by the words before it no part of a title."""
    return _is_noise(text.strip(" :："))


def is_heading(text: str) -> bool:
    """Whether a line is the heading of an abstract, of contents, of references."""
    return bool(_HEAD.match(text) or _HEAD.match(re.sub(r"\s", "", text)))


def alike(a: str, b: str) -> float:
    """How much two titles are the same, from 0 to 1: 0 below two thirds."""
    a, b = plain(a), plain(b)
    if not a or not b:
        return 0.0
    if len(min(a, b, key=len)) > 8 and (a in b or b in a):
        return len(min(a, b, key=len)) / len(max(a, b, key=len))
    matcher = SequenceMatcher(None, a[:300], b[:300], autojunk=False)
    ratio = matcher.ratio() if matcher.real_quick_ratio() > 0.66 and matcher.quick_ratio() > 0.66 else 0.0
    return ratio if ratio > 0.66 else 0.0
