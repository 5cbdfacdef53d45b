"""Which lines of a first page are the title: every run of lines in one size is a candidate, and the best one is taken.

Reads: rows of a page.  Gives: Candidates with their score. What is counted about a candidate is in `features`, what
each count weighs in _WEIGHTS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from kb.readers.metadata import plain
from kb.readers.names import Names
from kb.readers.order import Row, in_lines
from kb.text import CJK, one_line
from kb.words import Phrases

_MOST_LINES = 6
_SAME_LINE = 0.005  # of the page's height
_HEAD = Phrases(r"^\W*(?:[\dIVX]+[.、]?\s+)?(?:«metadata: abstract~»|«headings: references»|keywords|关\s*键\s*词)"
                r"(?![a-z])", re.IGNORECASE)
_ABSTRACT = re.compile(r"^\W*(?:摘\s*要|abstract)(?![a-z])", re.IGNORECASE)
_RUNNING = Phrases(r"^\W*(?:«metadata: running~»)\W*$|^\W*(?:contents lists|journal homepage|view the|this paper is)|"
                   r"^open access to|"
                   r"^(?:(?:the )?journal of|(?:ieee |acm )?transactions on|proceedings of|proc\.|annals of)|"
                   r"(?:conference series|letters|sinica|transactions|press|proceedings)\s*$", re.IGNORECASE)
_THESIS = Phrases(r"«metadata: kinds of thesis»", re.IGNORECASE)
_SCHOOL = re.compile(r"(?:大\s*学|学\s*院|研究院|研究所|公司)\s*$|^(?:the\s+)?university of [\w ]{3,30}$|"
                     r"^.{1,40}\buniversity\s*$", re.IGNORECASE)
_CHINESE_JOURNAL = Phrases(rf"^[{CJK}\s·]{{3,14}}(?:«metadata: journal zh»)\s*$")
_ISSUE = re.compile(r"第.{1,8}[卷期]|\bvol(?:ume)?\b\.?\s*\d|\bno\.\s*\d|\bISSN\b|\bdoi\b|https?://|www\.|@|\b(?:19|20)\d\d\s*年|"
                    r"^\W*(?:19|20)\d\d\W*$|文章编号|中图|^\W*(?:[\d.,:–-]+\W*)+$|technical report|arxiv:|©|\bpp\.|"
                    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d{1,2}?,?\s*\d{4}",
                    re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*(?:[*∗†‡§¶⋆＊※\x80-\x9f\ue000-\uf8ff\x02]|(?<=[^\W\d])[¹²³①-⑩]|\s[¹²³①-⑩])+\s*$")
_DASH = re.compile(r"\s*(?:[—―─–]{1,2}|--)\s*[^\W\d_]")
_WEIGHTS = {
    "largest": 2.2, "size": 2.6, "bold": 0.4, "high": 0.8, "short": -3.0, "long": -2.0, "sentence": -0.8,
    "names after": 1.6, "names": -2.6, "declared": 4.0, "heading": -6.0, "running": -3.5, "thesis": -3.5,
    "school": -2.6, "issue": -3.0, "journal": -2.0, "spans": 0.4, "again": 0.8, "below abstract": -9.0,
}


class Candidate(NamedTuple):
    """A run of lines that may be the title. score: the higher, the more surely."""

    rows: tuple[Row, ...]
    text: str
    score: float


def candidates(rows: Sequence[Row], body: float, declared: str, names: Names, again: str = "") -> list[Candidate]:
    """Every run of lines that may be a page's title, the best first. declared: what the file says the title is; again:
    the words of the pages that follow."""
    upper = downwards([row for row in rows if row.middle > 0.3 and re.search(r"[^\W\d_]", row.text)])
    largest = max((row.size for row in upper if not _is_noise(row.text)), default=0.0)
    abstract = max((row.middle for row in upper if _ABSTRACT.match(row.text)), default=-1.0)
    found = []
    for run in _runs(upper):
        while len(run) > 1 and run[-1].size < 1.6 * body and _is_names(run[-1], names) and (
                re.search("[,，、;；]", run[-1].text) or not _names_below(run[-1], upper, names)):
            run = run[:-1]
        run = _with_name(_with_subtitle(run, upper, body), upper, body)
        text = joined(run)
        counted = features(run, text, upper, body, largest, declared, names, again, abstract)
        found.append(Candidate(tuple(run), text, sum(_WEIGHTS[name] * value for name, value in counted.items())))
    return sorted(found, key=lambda one: -one.score)


def _with_subtitle(run: list[Row], rows: Sequence[Row], body: float) -> list[Row]:
    """The run with a subtitle in smaller letters: below a colon, or behind a dash of its own."""
    if run[-1].size <= 1.2 * body or len(run) >= _MOST_LINES:
        return run
    below = next((row for row in rows if 0.002 < run[-1].middle - row.middle < 0.06 and row not in run), None)
    if below is None or not body < below.size < run[-1].size or _is_noise(below.text):
        return run
    is_one = _DASH.match(below.text) or re.search(r"[:：]\s*$", run[-1].text) and below.size > 1.1 * body
    return [*run, below] if is_one else run


def _with_name(run: list[Row], rows: Sequence[Row], body: float) -> list[Row]:
    """The run with a line above it that ends in a colon: "PruneNet:" in other letters than the rest of the title."""
    size = run[0].size
    if size < 1.2 * body or len(run) >= _MOST_LINES:
        return run
    above = min((row for row in rows if row.middle > run[0].middle + 0.002 and row not in run),
                key=lambda row: row.middle, default=None)
    if above is None or _is_noise(above.text.strip(" :：")):
        return run
    is_near = (above.middle - run[0].middle) * 800 < 2.6 * max(size, above.size) and (
        min(above.right, run[0].right) > max(above.left, run[0].left) - 0.01)
    is_name = re.search(r"[^\W\d]\s*[:：]\s*$", above.text) and 0.8 * size < above.size < 1.3 * size
    return [above, *run] if is_near and is_name else run


def features(run: Sequence[Row], text: str, rows: Sequence[Row], body: float, largest: float, declared: str,
             names: Names, again: str, abstract: float) -> dict[str, float]:
    """What is counted about a candidate, by name. abstract: how high the heading of one stands, -1 without."""
    n = len(re.findall(rf"[{CJK}]", text)) * 2 + len(re.findall(r"[^\W\d_]", re.sub(f"[{CJK}]", "", text)))
    low = run[-1].middle
    below = list(islice((row for row in rows if 0 < low - row.middle < 0.13 and row not in run), 3))
    size = max(row.size for row in run)
    is_named = any(names.of(row.text).is_line for row in below)
    is_journal = bool(_CHINESE_JOURNAL.match(text)) and run[0].middle > 0.86
    is_above_names = bool(below) and names.of(below[0].text).is_line
    is_masthead = len(text) < 13 and bool(below) and below[0].size > 1.3 * body and not is_above_names
    return {
        "largest": float(size >= largest - 0.6),
        "size": min(size / body if body else 1.0, 2.2) - 1.0,
        "bold": float(run[0].is_bold),
        "high": run[0].middle,
        "short": float(n < 8),
        "long": max(0.0, (n - 160) / 100),
        "sentence": float(bool(re.search(r"[。；;]\s*$|[a-z]\.$", text))),
        "names after": float(is_named),
        "names": float(names.of(run[0].text).is_line and size < largest - 0.6),
        "declared": alike(text, declared),
        "heading": float(bool(_HEAD.match(text))) + 0.4 * bool(re.match(r"\d{1,2}(?:\.\d+)*\.?\s+[^\W\d_]", text)),
        "running": float(bool(_RUNNING.search(text))),
        "thesis": float(len(text) < 30 and bool(_THESIS.search(re.sub(r"\s", "", text)) or _THESIS.search(text))),
        "school": float(len(text) < 60 and bool(_SCHOOL.search(text))),
        "issue": float(bool(_ISSUE.search(text))),
        "journal": is_journal * (2.0 if is_masthead else 0.0 if is_above_names else 1.0),
        "spans": float(run[-1].right - run[0].left > 0.5),
        "again": float(n > 12 and plain(text) in again),
        "below abstract": float(abstract > run[0].middle + 0.01),
    }


def downwards(rows: Sequence[Row]) -> list[Row]:
    """Rows from the top, those on one line from the left."""
    return [row for line in in_lines(rows, _SAME_LINE) for row in sorted(line, key=lambda row: row.left)]


def _is_names(row: Row, names: Names) -> bool:
    found = names.of(row.text)
    return found.is_line and (" " in found.names[0] or bool(re.search(f"[{CJK}]", found.names[0])))


def _names_below(row: Row, rows: Sequence[Row], names: Names) -> bool:
    """Whether one of the lines right below a row holds names: then the row itself is none of them."""
    return any(_is_names(other, names) for other in [other for other in rows if other.middle < row.middle - 0.002][:2])


@lru_cache(maxsize=1024)  # a line is asked about with each line beside it, and for each kind of what is sought
def _is_noise(text: str) -> bool:
    squeezed = re.sub(r"\s", "", text)
    return bool(_HEAD.match(text) or _HEAD.match(squeezed) or _RUNNING.search(text) or _THESIS.search(squeezed)
                or _SCHOOL.search(text) or _ISSUE.search(text) or len(squeezed) < 3)


def _runs(rows: Sequence[Row]) -> list[list[Row]]:
    """Neighbouring rows in one size, below or beside each other."""
    runs: list[list[Row]] = []
    for row in rows:
        run = runs[-1] if runs else []
        if run and len(run) < _MOST_LINES and _goes_on(run[-1], row):
            run.append(row)
        else:
            home = next((one for one in reversed(runs[-4:]) if len(one) < _MOST_LINES and _goes_on(one[-1], row)), None)
            if home is not None:
                home.append(row)
            else:
                runs.append([row])
    return runs


def _goes_on(a: Row, b: Row) -> bool:
    squeezed = re.sub(r"\s", "", b.text)
    is_short = len(squeezed) < 3 and not _HEAD.match(squeezed)  # the end of a title
    if abs(a.size - b.size) > max(0.7, 0.06 * a.size) or _is_noise(a.text) != (_is_noise(b.text) and not is_short):
        return False
    step = (a.middle - b.middle) * 800
    overlaps = min(a.right, b.right) > max(a.left, b.left) - 0.01
    is_beside = abs(step) < 0.3 * a.size and 0 <= b.left - a.right < 0.06
    return is_beside or overlaps and 0 < step < 2.3 * a.size


def joined(rows: Sequence[Row]) -> str:
    """The words of a title without its footnote's mark, hyphens at line ends closed."""
    text = ""
    for row in rows:
        words = row.text.strip()
        if text.endswith("\x02"):
            text = text[:-1] + words
        elif re.search(rf"[{CJK}，、：]$", text) and re.match(rf"[{CJK}—]", words) or re.search(r"\w-$", text):
            text += words
        else:
            text = f"{text} {words}" if text else words
    return tidy_title(text)


def tidy_title(text: str) -> str:
    """A title without marks of footnotes and labels."""
    text = _FOOTNOTE.sub("", one_line(text))
    text = re.sub(r"^\s*(?:论文)?题\s*目\s*[:：]\s*|^title\s*:\s*", "", text, flags=re.IGNORECASE)
    return text.strip()


def alike(a: str, b: str) -> float:
    """How much two titles are the same, from 0 to 1: 0 below two thirds."""
    a, b = plain(a), plain(b)
    if not a or not b:
        return 0.0
    if len(min(a, b, key=len)) > 8 and (a in b or b in a):
        return len(min(a, b, key=len)) / len(max(a, b, key=len))
    ratio = SequenceMatcher(None, a[:300], b[:300], autojunk=False).ratio()
    return ratio if ratio > 0.66 else 0.0
