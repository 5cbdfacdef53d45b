"""The number that a heading begins with: how it is written, how deep it is, what it counts.

Reads: words.  Gives: Number. Used by headings.py and paragraphs.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from kb.readers.order import Row

_CHINESE = "一二三四五六七八九十百〇零"
NUMBER = re.compile(
    rf"(?P<chapter>第\s*[{_CHINESE}\d]{{1,4}}\s*[章篇部回])|(?P<part>第\s*[{_CHINESE}\d]{{1,4}}\s*[节節])"
    rf"|(?P<zh>[{_CHINESE}]{{1,3}})\s*[、．.]\s*(?=\S)|[（(](?P<zh2>[{_CHINESE}]{{1,3}})[）)]\s*(?=\S)"
    r"|(?P<roman>[IVX]{1,5})[.．、]?\s+(?=\S)|(?P<letter>[A-Z])(?:[.．]\s*|\s+)(?=[A-Z\u4e00-\u9fff])"
    r"|(?P<spaced>\d{1,2}(?:[.．] ?\d{1,2}){1,4})(?=[.．]?\s+[^\W\d])"
    r"|(?P<digits>\d{1,2}(?:[.．]\d{1,2}){0,4})(?P<mark>[.．、)）]?)(?P<space>\s*)(?=[^\s\d.,%])"
    r"|(?P<appendix>(?:Appendix|附\s*录)\s*[A-ZIVX\d一二三四五六七八九十]{0,3})(?![a-z])")
# "5.4 Name" whose point is a sign of a font without a map, or one that its map takes for a Chinese character
_UNMAPPED = re.compile(
    r"\s*\d{1,2}(?P<point>[\ue000-\uf8ff\u3400-\u9fff·•∙﹒。˙])\d{1,2}(?:(?P=point)\d{1,2}){0,2}(?=\s*[^\W\d])")
_CHARACTER = re.compile(r"[\u3400-\u9fff]")
_NO_POINT = frozenset("年月日时分秒点第至到或和与比度乘")  # stand between numbers by themselves
_MOSTLY = 0.8  # of a sign's places: between two figures
_ROMAN = {"I": 1, "V": 5, "X": 10}


class Number(NamedTuple):
    """The number of a heading. way: how it is written; value: its last part; depth: of "1.2.3" 3."""

    way: str
    value: int
    depth: int
    parents: tuple[int, ...] = ()


@lru_cache(maxsize=2048)  # a line is asked several times
def number_of(text: str) -> Number | None:
    """The number that a heading begins with."""
    found = NUMBER.match(text.strip())
    if found is None:
        return None
    way = next(name for name in ("chapter", "part", "zh", "zh2", "roman", "letter", "spaced", "digits", "appendix")
               if found[name] is not None)
    words = found[way]
    if way in ("digits", "spaced"):
        values = tuple(int(part) for part in re.split("[.．]", words))
        if len(values) == 1 and not found["mark"] and not found["space"]:
            return None  # "3D"
        if values[-1] == 0 and len(values) > 1:
            values = values[:-1]  # "1.0" is a first level
        return Number("digits", values[-1], len(values), values[:-1])
    if way == "roman":
        return Number(way, sum(-a if a < b else a for a, b in _pairs([_ROMAN[c] for c in words])), 1)
    if way == "letter":
        return Number(way, ord(words) - 64, 1)
    if way == "appendix":
        return Number(way, 0, 1)
    return Number(way, _chinese(re.sub(r"[第章篇部回节節\s]", "", words)), 1)


def with_points(pages: Sequence[Sequence[Row]]) -> list[list[Row]]:
    """The rows of a document with points in the numbers of its sections, where one sign stands in two numbers or more
    that lines begin with. A Chinese character is such a sign where it hardly stands elsewhere than between figures:
    then it is a point in every number."""
    signs = Counter(found["point"] for rows in pages for row in rows if (found := _UNMAPPED.match(row.text)))
    wrong = "".join(sign for sign, n in signs.items() if n > 1 and _CHARACTER.match(sign) and _is_point(sign, pages))
    between = re.compile(rf"(?<=\d)[{wrong}](?=\d)") if wrong else None

    def mended(row: Row) -> Row:
        text = between.sub(".", row.text) if between is not None else row.text
        if (found := _UNMAPPED.match(text)) and signs[found["point"]] > 1 and not _CHARACTER.match(found["point"]):
            text = found[0].replace(found["point"], ".") + text[found.end():]
        return row if text is row.text else row._replace(text=text)

    return [[mended(row) for row in rows] for rows in pages]


def _is_point(sign: str, pages: Sequence[Sequence[Row]]) -> bool:
    text = "\n".join(row.text for rows in pages for row in rows if sign in row.text)
    return sign not in _NO_POINT and len(re.findall(rf"(?<=\d){sign}(?=\d)", text)) >= _MOSTLY * text.count(sign)


def _pairs(values: list[int]) -> list[tuple[int, int]]:
    return list(zip(values, [*values[1:], 0], strict=True))


def _chinese(words: str) -> int:
    if words.isdecimal():
        return int(words)
    before, ten, after = words.partition("十")
    digit = "零一二三四五六七八九"
    if ten:
        return 10 * (digit.find(before) if before else 1) + (digit.find(after) if after else 0)
    return digit.find(words[-1:])
