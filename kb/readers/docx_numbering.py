"""Lists of Word: the label of an item as Word shows it ("2.1", "(c)", "三、", "第二章").

Reads: a document of python-docx.  Gives: `Numbering`, whose counters go on as its items are asked for.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from kb.readers.ooxml import W, is_on, value

_DIGITS = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟", "万")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = (("m", 1000), ("cm", 900), ("d", 500), ("cd", 400), ("c", 100), ("xc", 90), ("l", 50), ("xl", 40), ("x", 10),
          ("ix", 9), ("v", 5), ("iv", 4), ("i", 1))
_MOST = 99_999


class Level(NamedTuple):
    """One level of a list. text: "%1.%2" with the numbers of this level and those above.  restart: the level after
    which it begins anew; None: after every one above, 0: after none."""

    form: str = "bullet"
    text: str = ""
    start: int = 1
    restart: int | None = None
    is_legal: bool = False
    style: str = ""


class Numbering:
    """The lists of one document. Those that share a definition share its counters, unless one says where it starts."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, Level]] = {}
        self._abstract: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counters: dict[str, list[int | None]] = {}
        self._begun: set[str] = set()
        try:
            self._read(document.part.numbering_part.element)
        except (KeyError, NotImplementedError):  # a document without lists has no such part
            return

    def depth_of_style(self, number: str, style: str) -> str | None:
        """The level of a list that a paragraph style stands for."""
        return next((str(depth) for depth, level in self._levels.get(number, {}).items() if level.style == style), None)

    def next_label(self, number: str, depth: int) -> str:
        """What stands before the next item of a list at this depth; "-" for a bullet, "" for nothing."""
        levels = self._levels.get(number, {})
        level = levels.get(depth, Level())
        counters = self._counters.setdefault(self._abstract.get(number, number), [None] * 9)
        if number not in self._begun:
            self._begun.add(number)
            for begins in self._starts.get(number, {}):
                counters[begins:] = [None] * (9 - begins)
        before = counters[depth]
        counters[depth] = level.start if before is None else min(before + 1, _MOST)
        for deeper in range(depth + 1, 9):
            restart = levels.get(deeper, Level()).restart
            if restart is None or depth < restart:
                counters[deeper] = None
        if level.form == "bullet":
            return "-"

        def written(found: re.Match[str]) -> str:
            above = levels.get(int(found[1]) - 1, Level())
            n = counters[int(found[1]) - 1]
            form = "decimal" if level.is_legal or above.form == "bullet" else above.form
            return as_number(above.start if n is None else n, form)

        return re.sub(r"%([1-9])", written, level.text).strip()

    def _read(self, root: Any) -> None:
        abstract: dict[str, dict[int, Level]] = {}
        styles: dict[str, str] = {}  # a list style -> the definition that holds its levels
        links: dict[str, str] = {}  # a definition without levels -> the list style that has them
        for item in root.iter(W + "abstractNum"):
            identifier = item.get(W + "abstractNumId") or ""
            abstract[identifier] = dict(map(_level, item.iterchildren(W + "lvl")))
            if (style := value(item, W + "styleLink")) is not None:
                styles[style] = identifier
            if (link := value(item, W + "numStyleLink")) is not None:
                links[identifier] = link
        for item in root.iter(W + "num"):
            number, identifier = item.get(W + "numId") or "", value(item, W + "abstractNumId") or ""
            identifier = styles.get(links.get(identifier, ""), identifier)
            levels = dict(abstract.get(identifier, {}))
            starts = self._starts.setdefault(number, {})
            for override in item.iterchildren(W + "lvlOverride"):
                depth = int(override.get(W + "ilvl") or 0)
                if (own := override.find(W + "lvl")) is not None:
                    levels[depth] = _level(own)[1]
                start = value(override, W + "startOverride")
                if start is not None and start.isdigit():
                    starts[depth] = int(start)
                    levels[depth] = levels.get(depth, Level())._replace(start=int(start))
            self._levels[number], self._abstract[number] = levels, identifier


def _level(element: Any) -> tuple[int, Level]:
    depth, start = element.get(W + "ilvl") or "0", value(element, W + "start")
    restart = value(element, W + "lvlRestart")
    level = Level(
        value(element, W + "numFmt") or "decimal",
        value(element, W + "lvlText") or "",
        int(start) if start and start.isdigit() else 0 if start is None else 1,
        int(restart) if restart and restart.isdigit() else None,
        bool(is_on(element, "isLgl")),
        value(element, W + "pStyle") or "",
    )
    return int(depth) if depth.isdigit() else 0, level


def as_number(n: int, form: str) -> str:
    """A number as Word writes it in a form of numbering ("lowerRoman", "chineseCounting", …); digits in any other."""
    if form == "none":
        return ""
    if form == "decimalZero":
        return f"{n:02}"
    if form in ("lowerLetter", "upperLetter") and n > 0:
        letters = chr(ord("a") + (n - 1) % 26) * min((n - 1) // 26 + 1, 9)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < n < 4000:
        return _roman(n) if form == "lowerRoman" else _roman(n).upper()
    if form in ("ordinal",):
        return f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
    if form.startswith("decimalEnclosedCircle") and 0 < n <= 20:
        return chr(0x2460 + n - 1)
    if form in ("ideographEnclosedCircle",) and 0 < n <= 10:
        return chr(0x3280 + n - 1)
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return str(n)
    if form == "ideographTraditional" and 0 < n <= 10:
        return _STEMS[n - 1]
    if form == "ideographZodiac" and 0 < n <= 12:
        return _BRANCHES[n - 1]
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join(_DIGITS[int(digit)] for digit in str(n))
    if form in ("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal") and 0 < n <= _MOST:
        return _counted(n, *_LEGAL)
    if form in _COUNTED and 0 < n <= _MOST:
        written = _counted(n, "零" + _DIGITS[1:], ("", "十", "百", "千", "万"))
        return written.removeprefix("一") if written.startswith("一十") else written
    return str(n)


_COUNTED = frozenset(
    "chineseCounting chineseCountingThousand japaneseCounting taiwaneseCounting taiwaneseCountingThousand "
    "koreanCounting".split())


def _roman(n: int) -> str:
    written = ""
    for letters, worth in _ROMAN:
        written += letters * (n // worth)
        n %= worth
    return written


def _counted(n: int, digits: str, places: tuple[str, ...]) -> str:
    """105 -> 一百零五, 12 -> 一十二."""
    written, gap = "", False
    for place in range(len(str(n)) - 1, -1, -1):
        digit = n // 10**place % 10
        if digit:
            written += (digits[0] if gap else "") + digits[digit] + places[place]
        gap = bool(written) and not digit
    return written
