"""Read the times of a question: "since May", "last month", "2020年之后", as days from and until.

Reads: words of a question and the day it is asked.  Gives: Span, or None for what is no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from kb.types import Language
from kb.words import phrases, table

_YEAR = r"(?:19|20)\d\d"
_RECENT = 30  # days
_BETWEEN = re.compile(rf"(?:(?:between|from)\s+|从\s*)?({_YEAR})\s*年?\s*(?:and|to|until|[-–—~至到])\s*({_YEAR})\s*年?"
                      r"(?:之间|间)?")
_OR_LATER = re.compile(rf"(?:in\s+|from\s+)?({_YEAR})\s*(?:,\s*)?"
                       r"(?:(?:or|and)\s+(?:(later|after|newer|beyond)|earlier|before|older)|"
                       r"(on|onwards?|forward))")
_MONTH_ZH = re.compile(rf"(?:({_YEAR})\s*年\s*|(今年|去年))?(?:(\d\d?)\s*月份?|([一二三四五六七八九十元]+月)份?)")
_BACK_ZH = re.compile(r"(?:最近|近|过去|前)(?:的)?(\d+|[一两二三四五六七八九十几])\s*"
                      r"(天|日|周|个星期|星期|个月|月|年)(?:内|里|来)?")


@dataclass(frozen=True, slots=True)
class Span:
    """Days from first to last, both included; None: no limit. is_years: whole years were said, no months or days."""

    first: date | None
    last: date | None
    is_years: bool = False

    def holds_year(self, year: int) -> bool:
        """Whether the whole of a year lies in it."""
        return ((self.first is None or date(year, 1, 1) >= self.first)
                and (self.last is None or date(year, 12, 31) <= self.last))

    def holds_time(self, time: str) -> bool:
        """Whether an ISO time lies in it, by the reader's clock."""
        when = datetime.fromisoformat(time).astimezone().date()
        return (self.first is None or when >= self.first) and (self.last is None or when <= self.last)


def read_time(text: str, language: Language, today: date) -> Span | None:
    """The span that the words say, None where they say none."""
    text = " ".join(text.casefold().split())
    if language == "en" and (open_ended := _OR_LATER.fullmatch(text)):
        year = int(open_ended[1])
        is_later = open_ended[2] or open_ended[3]
        return Span(date(year, 1, 1), None, True) if is_later else Span(None, date(year, 12, 31), True)
    if between := _BETWEEN.fullmatch(text):
        return Span(date(int(between[1]), 1, 1), date(int(between[2]), 12, 31), True)
    if language == "zh":
        for words, limited, as_word in ((phrases("intents", "later zh"), _since, "之后"),
                                        (phrases("intents", "earlier zh"), _before, "之前")):
            for word in words:
                span = _point(text.removeprefix(word), language, today) if text.startswith(word) else None
                if span is not None:
                    return limited(span, as_word if word in ("晚于", "早于", "先于") else "起")
    sides = ((phrases("intents", f"since {language}"), _since), (phrases("intents", f"before {language}"), _before))
    for words, limited in sides:
        for word in sorted(words, key=len, reverse=True):
            rest = _without(text, word, language)
            span = _point(rest, language, today) if rest else None
            if span is not None:
                return limited(span, word)
    return _point(text, language, today)


def _without(text: str, word: str, language: Language) -> str:
    """The time beside a word like "since", which stands before it in English and behind it in Chinese."""
    if language == "en":
        return text[len(word) + 1:] if text.startswith(word + " ") else ""
    rest = text[:-len(word)] if text.endswith(word) else ""
    return rest.removeprefix("自从").removeprefix("自").removeprefix("从")


def _since(span: Span, word: str) -> Span:
    is_after = word in ("after", "later than", "newer than", "past", "之后", "以后", "后", "往后")
    if is_after and span.is_years and span.last is not None:
        return Span(span.last + timedelta(1), None, True)
    return Span(span.first, None, span.is_years)


def _before(span: Span, word: str) -> Span:
    if word in ("until", "up to", "till", "及以前"):
        return Span(None, span.last, span.is_years)
    return Span(None, span.first - timedelta(1) if span.first else None, span.is_years)


def _point(text: str, language: Language, today: date) -> Span | None:
    """The span of a time that stands alone."""
    if found := re.fullmatch(rf"({_YEAR})\s*年?(?:度)?", text):
        return _years(int(found[1]), int(found[1]))
    if found := re.fullmatch(rf"({_YEAR})-(\d\d?)(?:-(\d\d?))?", text):
        return _dated(int(found[1]), int(found[2]), int(found[3] or 0))
    return _english(text, today) if language == "en" else _chinese(text, today)


def _years(first: int, last: int) -> Span:
    return Span(date(first, 1, 1), date(last, 12, 31), True)


def _dated(year: int, month: int, day: int = 0) -> Span | None:
    try:
        first = date(year, month, day or 1)
    except ValueError:
        return None
    return Span(first, first if day else _month_end(first))


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)


def _english(text: str, today: date) -> Span | None:
    text = re.sub(r"^(?:the|in|on|during|over|within)\s+(?:the\s+)?", "", text)
    months, numbers = table("intents", "month en"), table("intents", "number word en")
    if (day_first := re.match(r"(\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?([a-z]+)", text)) and day_first[2] in months:
        text = f"{day_first[2]} {day_first[1]}{text[day_first.end():]}"
    found = re.fullmatch(rf"([a-z]+)\.?(?:\s+(\d\d?)(?:st|nd|rd|th)?)?(?:,?\s+(?:of\s+)?({_YEAR}))?", text)
    if found and found[1] in months:
        month = int(months[found[1]])
        year = int(found[3] or today.year - (month > today.month))
        return _dated(year, month, int(found[2] or 0))
    found = re.fullmatch(r"(?:last|past|previous)\s+(\d+|[a-z ]+?)\s+(day|week|month|year)s?", text)
    found = found or re.fullmatch(r"(\d+|[a-z ]+?)\s+(day|week|month|year)s?\s+ago", text)
    if found and (found[1].isdigit() or found[1] in numbers):
        n = int(numbers.get(found[1], found[1]))
        return _back(n, found[2], today)
    if found := re.fullmatch(r"(this|last|past|current|previous)\s+(day|week|month|year)", text):
        return _unit(found[2], 0 if found[1] in ("this", "current") else 1, today)
    days = {"today": 0, "yesterday": 1}
    if text in days:
        return Span(today - timedelta(days[text]), today - timedelta(days[text]))
    return Span(today - timedelta(_RECENT), today) if text in ("recently", "lately", "of late") else None


def _chinese(text: str, today: date) -> Span | None:
    text = text.removeprefix("在")
    if found := _MONTH_ZH.fullmatch(text):
        number = found[3] or table("intents", "month zh").get(found[4], "")
        year = found[1] or {"今年": str(today.year), "去年": str(today.year - 1)}.get(found[2] or "")
        if not number or not 1 <= int(number) <= 12:
            return None
        return _dated(int(year or today.year - (int(number) > today.month)), int(number))
    if found := _BACK_ZH.fullmatch(text):
        n = int(table("intents", "number word zh").get(found[1], found[1]))
        return _back(n, _UNITS[found[2].removeprefix("个")], today)
    words = _chinese_units()
    if text in words:
        return _unit(*words[text], today)
    days = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}
    if text in days:
        return Span(today - timedelta(days[text]), today - timedelta(days[text]))
    return Span(today - timedelta(_RECENT), today) if text in ("最近", "近来", "近期", "近日") else None


_DAYS = {"day": 1, "week": 7, "month": 30, "year": 366}
_UNITS = {"天": "day", "日": "day", "周": "week", "星期": "week", "月": "month", "年": "year"}


@cache
def _chinese_units() -> dict[str, tuple[str, int]]:
    found = {"今年": ("year", 0), "本年": ("year", 0), "去年": ("year", 1), "上一年": ("year", 1), "前年": ("year", 2)}
    for unit, names in (("week", ("周", "星期", "个星期", "一周")), ("month", ("月", "个月"))):
        for name in names:
            found |= {f"这{name}": (unit, 0), f"本{name}": (unit, 0), f"上{name}": (unit, 1)}
    return found


def _back(n: int, unit: str, today: date) -> Span | None:
    """The last n units, until today; None where that is before all years."""
    if n * _DAYS[unit] >= today.toordinal():
        return None
    if unit == "year":
        return Span(date(today.year - n + 1, 1, 1), date(today.year, 12, 31), True)
    return Span(today - timedelta(n * _DAYS[unit]), today)


def _unit(unit: str, back: int, today: date) -> Span:
    """This week, month or year, or the one so many before it."""
    if unit == "year":
        return _years(today.year - back, today.year - back)
    if unit == "month":
        first = today.replace(day=1)
        for _ in range(back):
            first = (first - timedelta(1)).replace(day=1)
        return Span(first, _month_end(first))
    days = 7 if unit == "week" else 1
    first = today - timedelta(today.weekday() if unit == "week" else 0) - timedelta(days * back)
    return Span(first, first + timedelta(days - 1))
