"""Which lines of a first page are the title: runs of lines are candidates, a fitted model says how likely each is.

Reads: rows of a page.  Gives: Candidates with their log odds. What is counted about one is in title_features.py; what
each count weighs, in data/title_weights.toml, fitted by tools/fit_titles.py: the chances of all candidates of a page
and of "none of them" are 1 together.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from kb.readers.metadata import plain
from kb.readers.order import Row
from kb.readers.title_features import Page, features, is_heading, is_label, is_prose
from kb.text import CJK, one_line
from kb.words import phrases

_WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "title_weights.toml"
_MOST_LINES = 6
_MOST_CUT = 3  # lines at an end of a run that may be none of the title
_FARTHEST = 0.07  # of the page's height: so far from a run stands what may belong to it
_LEAST_TRANSLATED, _LEAST_HAN = 3, 5  # words of a translation, letters of the Chinese title above it
_SMALLEST = 0.94  # of the body's size
_FOOTNOTE = re.compile(r"\s*(?:[*∗†‡§¶⋆＊※\x80-\x9f\ue000-\uf8ff\x02]|(?<=[^\W\d])[¹²³①-⑩]|\s[¹²³①-⑩]|"
                       r"\^\{[\d*∗†‡]{1,2}[)）]?\})+\s*$")
_NAME = re.compile(r"[^\W\d]\s*[:：]\s*$")
_DASH = re.compile(r"\s*(?:[—―─–]{1,2}|--)\s*[^\W\d_]")


class Candidate(NamedTuple):
    """A run of lines that may be the title. score: log odds that it is; above 0 it is more likely than not."""

    rows: tuple[Row, ...]
    text: str
    score: float


def candidates(page: Page) -> list[Candidate]:
    """Every run of lines that may be a page's title, the best first; what is written alike counts together."""
    found = runs_of(page)
    weights = _weights()
    scores = [weights["any"] + sum(weights[name] * value for name, value in features(run, text, page).items() if value)
              for run, text in found]
    chances = [math.exp(min(score, 60.0)) for score in scores]
    total = 1.0 + sum(chances)
    by_text: dict[str, float] = {}
    for (_, text), chance in zip(found, chances, strict=True):
        by_text[text] = by_text.get(text, 0.0) + chance
    ranked = sorted(zip(found, scores, strict=True), key=lambda one: -one[1])
    if ranked and (own := _original(ranked[0][0][0], [run for (run, _), _ in ranked], page)):
        best = ranked[0][0][1]
        ranked = [one for one in ranked if one[0][0] == own] + [one for one in ranked if one[0][0] != own]
        by_text[ranked[0][0][1]] += by_text[best]
    return [_with_subtitle(_with_name(Candidate(tuple(run), text, _log_odds(by_text[text], total)), page), page)
            for (run, text), _ in ranked]


def _original(best: list[Row], runs: Sequence[list[Row]], page: Page) -> list[Row]:
    """Where the best run is the translation that stands right below a Chinese title about as large, or ends in one:
    that title."""
    n = next((n for n, row in enumerate(best) if not re.search(f"[{CJK}]", row.text)), len(best))
    if any(re.search(f"[{CJK}]", row.text) for row in best[n:]):
        return []
    if 0 < n < len(best):
        words = re.findall(r"[A-Za-z]{2,}", " ".join(row.text for row in best[n:]))
        return next((run for run in runs if run == best[:n]), []) if len(words) > _LEAST_TRANSLATED else []
    first = best[0]
    above = min((row for row in page.rows if row.middle > first.middle + 0.003), key=lambda row: row.middle,
                default=None)
    if n or above is None or page.is_noise[above] or (
            abs(above.size - first.size) > 0.3 * first.size or (above.middle - first.middle) * 800 > 4 * above.size):
        return []
    return next((run for run in runs if run[-1] is above and all(re.search(f"[{CJK}]", row.text) for row in run)
                 and len(re.findall(f"[{CJK}]", joined(run))) > _LEAST_HAN), [])


def _with_name(one: Candidate, page: Page) -> Candidate:
    """The candidate with a line above it that ends in a colon: "PruneNet:" in other letters than the rest."""
    first = one.rows[0]
    above = min((row for row in page.rows if row.middle > first.middle + 0.002 and row not in one.rows),
                key=lambda row: row.middle, default=None)
    if above is None or not _NAME.search(above.text) or len(one.rows) >= _MOST_LINES or (
            first.size < 1.2 * page.body or page.is_noise[above] or is_label(above.text)):
        return one
    is_near = (above.middle - first.middle) * 800 < 2.8 * max(first.size, above.size) and (
        min(above.right, first.right) > max(above.left, first.left) - 0.01)
    if not is_near or not 0.8 * first.size < above.size < 1.35 * first.size:
        return one
    return Candidate((above, *one.rows), joined([above, *one.rows]), one.score)


def _with_subtitle(one: Candidate, page: Page) -> Candidate:
    """The candidate with a line right below it that begins with a dash: a subtitle in smaller letters."""
    last = one.rows[-1]
    below = next((row for row in page.rows if 0.002 < last.middle - row.middle < 0.06 and row not in one.rows
                  and row.left < last.right and row.right > last.left), None)
    if below is None or not _DASH.match(below.text) or len(one.rows) >= _MOST_LINES or (
            last.size < 1.2 * page.body or below.size > 1.04 * last.size or is_label(below.text)):
        return one
    return Candidate((*one.rows, below), joined([*one.rows, below]), one.score)


def _log_odds(chance: float, total: float) -> float:
    return math.log(max(chance, 1e-12) / max(total - chance, 1e-12))


@cache
def _weights() -> dict[str, float]:
    return {name: float(value) for name, value in tomllib.loads(_WEIGHTS.read_text(encoding="utf-8")).items()}


def runs_of(page: Page) -> list[tuple[list[Row], str]]:
    """The candidates: runs of lines in one size, their parts, and what goes on above and below in another size."""
    found: dict[tuple[Row, ...], str] = {}
    for whole in _runs(page):
        for run in _variants(whole, page):
            key = tuple(run)
            if run[-1].text.rstrip().endswith("\x02"):  # cut within a word: the next line goes on with it
                continue
            if key not in found and (text := joined(run)):
                found[key] = text
    return [(list(run), text) for run, text in found.items()]


def _variants(whole: list[Row], page: Page) -> Iterator[list[Row]]:
    """A run, its parts, and with its neighbours; of small letters but the whole, of running text nothing."""
    size = max(row.size for row in whole)
    if size < 1.04 * page.body and len(whole) > 2 and not whole[0].is_bold and is_prose(whole):
        return
    yield whole
    if size < _SMALLEST * page.body or any(is_heading(row.text) for row in whole):
        return
    for start in range(min(len(whole), _MOST_CUT)):
        for end in range(len(whole), max(start, len(whole) - _MOST_CUT - 1), -1):
            part = whole[start:end]
            if start or end < len(whole):
                yield part
    above, below = _neighbours(whole, page.rows)
    for before in (above[-1:], above[-2:], []):
        for after in ([], below[:1], below[:2]):
            joint = [*before, *whole, *after]
            if (before or after) and len(joint) <= _MOST_LINES and (len(before) < 2 or not after):
                yield joint


def _neighbours(run: Sequence[Row], rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Up to two lines right above a run and two right below it, that are no headings and stand over or under it."""
    left, right = min(row.left for row in run) - 0.01, max(row.right for row in run) + 0.01
    high, low = max(row.middle for row in run), min(row.middle for row in run)
    farthest = max(_FARTHEST, max(row.size for row in run) / 300)  # slides are low pages
    near = [row for row in rows if row not in run and row.left < right and row.right > left
            and not is_heading(row.text)]
    above = [row for row in near if 0.002 < row.middle - high < farthest and _may_join(row, run)]
    below = [row for row in near if 0.002 < low - row.middle < farthest and _may_join(row, run)]
    return above[-2:], below[:2]


def _may_join(row: Row, run: Sequence[Row]) -> bool:
    """Whether a line is about as large as a run, or is a subtitle behind a dash or a colon."""
    size = max(one.size for one in run)
    return 0.62 * size < row.size < 1.6 * size or bool(_DASH.match(row.text)) or bool(
        re.search(r"[:：]\s*$", run[-1].text))


def _runs(page: Page) -> list[list[Row]]:
    """Neighbouring rows in one size, below or beside each other."""
    runs: list[list[Row]] = []
    for row in page.rows:
        home = next((run for run in reversed(runs[-4:])
                     if len(run) < _MOST_LINES and _goes_on(run[-1], row, page)), None)
        if home is not None:
            home.append(row)
        else:
            runs.append([row])
    return runs


def _goes_on(a: Row, b: Row, page: Page) -> bool:
    if abs(a.size - b.size) > max(0.7, 0.06 * a.size):
        return False
    step = (a.middle - b.middle) * 800
    overlaps = min(a.right, b.right) > max(a.left, b.left) - 0.01
    is_beside = abs(step) < 0.3 * a.size and 0 <= b.left - a.right < 0.06
    if not is_beside and not (overlaps and 0 < step < 2.3 * a.size) or is_heading(b.text):
        return False
    is_short = len(re.sub(r"\s", "", b.text)) < 3  # the end of a title
    return page.is_noise[a] == (page.is_noise[b] and not is_short)


def joined(rows: Sequence[Row]) -> str:
    """The words of a title without its footnote's mark, hyphens at line ends closed."""
    text = ""
    for row in rows:
        if len(again := plain(row.text)) > 3 and plain(text).endswith(again):
            continue  # a line that the file draws twice
        words = tidy_title(row.text) if row.text.rstrip()[-1:] != "\x02" else row.text.strip()
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
    stars = "".join(phrases("metadata", "star"))
    text = re.sub(rf"(?<=[{CJK}])\s+[{stars}]\s*$", "", text)
    text = re.sub(r"^\s*(?:论文)?题\s*目\s*[:：]\s*|^title\s*:\s*", "", text, flags=re.IGNORECASE)
    return text.strip()
