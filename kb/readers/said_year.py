"""The year in which a document came out, by what its first page says.

Reads: rows of text.  Gives: a year or None. Each line that has a year is weighed by the words beside it: "Published",
"©", a volume or a meeting weigh more than a date alone; years of works that are cited do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_YEAR = r"(?<![\d.])(?:19|20)\d\d(?![\d]|[A-Z]{1,4}\d|[-–]\d\d-|\s?['’]?s\b)"
_SHORT = re.compile(r"\b[A-Z][A-Za-z&@]{1,14}\s?[’'‘`](\d\d)\b")  # SIGMOD ’17
_HAN = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_HAN_YEAR = re.compile(r"[一二](?:\s*[〇○零一二三四五六七八九O0]){3}(?=\s*年)")
_CITED = re.compile(rf"(?:et al\.?|[A-Z][\w’'-]+|等)[,，]?\s*[(（]?{_YEAR}[a-z]?\s*(?:[])）;；,]|$)")
# what a line says beside the year -> its weight
_WEIGHTS = (
    (8, re.compile(r"\bpublished\b(?!.{0,20}\bin revised)|首次发表|出版日期|发表日期", re.IGNORECASE)),
    (7, re.compile(r"第\s*\d+\s*卷|第\s*\d+\s*期|\bvol(?:ume|\.)?\s*\d|\bissue\b|\bno\.\s*\d+.{0,12}\d{4}",
                   re.IGNORECASE)),
    (7, re.compile(r"\bproceedings\b|\bconference\b|\bsymposium\b|\bworkshop\b|\btransactions\b|\bjournal of\b|"
                   "学报|杂志", re.IGNORECASE)),
    (7, re.compile(r"©|\(c\)|copyright|\bc\s+(?=20\d\d\b)|^\W*(?-i:c\s+(?=[A-Z][^.]{3,60}\s20\d\d\W*$))",
                   re.IGNORECASE)),
    (7, re.compile(rf"^[A-Z]\..{{2,80}}\(Eds?\.\)\s*:\s*[A-Z][\w/&@ -]{{1,20}}\s{_YEAR}\s*,")),
    (6, re.compile(r"\d{4}\.\d\d\.\d\d\s*摘\s*要")),
    (7, re.compile(r"\b[A-Z][A-Za-z@&]{1,14}\s?20\d\d,\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
                   re.IGNORECASE)),
    (6, re.compile(r"网络首发|网络出版|优先出版|available online|\bdate\s*[:：]\s*\d", re.IGNORECASE)),
    (5, re.compile(r"文章编号|\bdoi\b", re.IGNORECASE)),
    (2, re.compile(r"\baccepted\b|定稿|修回|修改稿|录用|收到修改", re.IGNORECASE)),
)
# a database's own line at the foot
_STAMP = re.compile(r"China Academic Journal|cnki\.net|Wanfang|万方数据|cqvip|维普资讯", re.IGNORECASE)
_ENTRY = re.compile(r"\[[JMDCNRPSZ](?:/OL)?\]\s*[.．,，/]")  # of a list of references: 题名[J].学报，2017
_ONLINE = re.compile("网络首发|网络出版|优先出版")
_NOT = re.compile(r"\breceived\b|\bsubmitted\b|收稿|收到|基金|资助|\bgrant\b|\bfund|\bproject\s+(?:no|number)|"
                  r"出生|生于|年生|作者简介|\bborn\b|(?:19|20)\d\d(?:[.年]\d{1,2}月?)?\s*[-—–－―~～]{1,2}\s*[,，、)）男女]|"
                  r"\bISBN\b|\bISSN\b|\bdownloaded\b|\bsince\b|\bstarted in\b|MR\(\d{4}\)|专利|GB/?T", re.IGNORECASE)
_DATE_ALONE = re.compile(
    r"(?:\d{1,2}\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s*(?:\d{1,2}(?:st|nd|rd|th)?,?\s*)?"
    rf"{_YEAR}|{_YEAR}\s*年(?:\s*\d{{1,2}}\s*月)?(?:\s*\d{{1,2}}\s*日)?|"
    rf"{_YEAR}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?|{_YEAR}\s*届|{_YEAR}",
    re.IGNORECASE)
_BESIDE_DATE = re.compile(r"[\W_]|v\d[\d.]*|[一二三四五六七八九十]{1,3}[月日]|答辩日期|日期|时间|第?\d*[版稿]|"
                          "Draft|Version|Date|届次")
_LEAST = 3
_BEFORE_ABSTRACT = re.compile(r"(?<!\d)((?:19|20)\d\d)-(\d\d)-(\d\d)(?=\s*摘\s*要)")
# a task or a set of data, not a date: CoNLL-2014
_OF_TASK = re.compile(r"(?<![A-Za-z])(?!(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-‐–])"
                      rf"[A-Za-z][A-Za-z\d]+[-‐–]{_YEAR}", re.IGNORECASE)
_MEETING = re.compile(r"\b(?:proceedings|conference|symposium|workshop)\b", re.IGNORECASE)
_SHORT_LINE = 60


def year_said(lines: Iterable[tuple[str, bool]], latest: int) -> int | None:
    """The year of the line that says most surely when it came out; None if none does. lines: (text, is it at an edge of
    the page). latest: no year after it counts."""
    found: list[tuple[float, int]] = []
    before = ""
    for text, is_edge in lines:
        is_online = bool(_ONLINE.search(text))
        if _STAMP.search(text) and not is_online or _ENTRY.search(text):
            continue
        text = with_digits(re.sub(r"(?<=\d{4})-(?=\d\d-\d\d)", ".", text) if is_online else text)
        meeting = _MEETING.search(before) if len(text) < _SHORT_LINE else None
        if meeting:  # "Proceedings of the … Conference" above "Santiago, Chile, 1994"
            text = f"{meeting[0]} {text}"
        before = text
        for weight, year in _weighed(text, is_edge):
            if 1600 <= year <= latest:
                found.append((weight, year))
    sure = [pair for pair in found if pair[0] >= _LEAST]
    return max(sure)[1] if sure else None


def with_digits(text: str) -> str:
    """A text with its years in digits: 二〇一九年 as 2019年."""
    return _HAN_YEAR.sub(lambda m: re.sub(r"\s", "", m.group().translate(_HAN).replace("O", "0")), text)


def _weighed(text: str, is_edge: bool) -> Iterable[tuple[float, int]]:
    text = _BEFORE_ABSTRACT.sub(r"\1.\2.\3", text)
    years = [int(year) for year in re.findall(_YEAR, text)]
    short = [_century(int(year)) for year in _SHORT.findall(text)]
    if not years and not short:
        return
    rest = _DATE_ALONE.sub("", text, count=1)
    is_alone = bool(years) and len(_BESIDE_DATE.sub("", rest)) <= 3
    weight = next((w for w, words in _WEIGHTS if words.search(text)), 0)
    if weight < 6 and _OF_TASK.search(text):
        return
    if weight < 6 and _NOT.search(text):
        return
    if weight <= 5 and years and _CITED.search(text) and not is_alone:
        return
    if short:
        weight = max(weight, 7)
    if is_alone and not re.match(r"\W*[(（]|仅", text):
        is_date = re.search(r"[年月届]|[a-z]{3}|\d[-/.]\d", text, re.IGNORECASE)
        weight = max(weight, 6 if is_date else 2)  # a number alone may be one of a table
    if is_edge and weight < 4 and len(text) < 140:
        weight += 3
    for year in years or short:
        yield weight + (0.5 if is_edge else 0.0), year


def _century(year: int) -> int:
    return 2000 + year if year < 60 else 1900 + year


def year_of_doi(doi: str) -> int | None:
    """The year in a Chinese DOI: 10.3969/j.issn.1001-3695.2018.04.001; in ChinaXiv's, 10.12074/201904.00081."""
    found = re.search(r"\.(20[0-4]\d|19[89]\d)\.(?:\d{2}|\d{4})\.|^10\.12074/(20\d\d)\d\d\.\d{5}", doi + ".")
    return int(found[1] or found[2]) if found else None
