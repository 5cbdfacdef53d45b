"""A question for one or more values of each document of a group ("which mAP does each detection paper report",
"关于情感的论文各用了哪些数据集"), or for several values of one work ("authors and year of DeepFM").

Reads: a question.  Gives: Asking, the values and the group or the work; None for another question.  Next: intents.py
makes an intent of it, members.py finds the documents, each.py the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from kb.study.called import Name, read_name
from kb.study.columns import read_column
from kb.study.filters import Filters, is_plain, read_filters
from kb.study.grammar import Asked, asked_in, has_han
from kb.study.times import read_time
from kb.study.values import Value, value_of, values_of
from kb.text import search_terms
from kb.types import Language
from kb.words import Phrases, filled, phrases, table

WorkKind = Literal["", "thesis", "survey", "note"]
_KINDS: tuple[WorkKind, ...] = ("thesis", "survey", "note")
_MOST_SUBJECT = 50  # characters
_TOLD_TOGETHER = frozenset(("year", "venue"))  # of one work, by forms of their own
_NOUN = "(?P<noun>«groups: noun thesis {0}»|«groups: noun survey {0}»|«groups: noun note {0}»|«groups: noun {0}»)"
_GROUP_EN = (r"(?P<all>«groups: quantifier en»)\s+(?:(?:the|these|my|our)\s+)?(?P<before>(?:[^\s,]+\s+){0,6}?)"
             + _NOUN.format("en") + r"(?P<behind>\s+(?:on|about|of|in|from|by|since|before|after|between|until|"
             r"published|written|dealing|concerning|related|dated|for)\s+[^,]+?)?")
_WORK_EN = r"(?P<work>[^,]{2,200}?)"
_ASK = r"(?:(?:«groups: asks for en»)\s+)?(?:me\s+)?(?:(?:the|all|all the)\s+)?"
_WHAT = r"(?:«groups: asks what en»)\s+"
_VALUES = r"(?P<values>[^?]{2,90}?)"
_VERB = r"(?:\s+(?:(?:«groups: verb en»)(?:\s+(?:on|with|for|in|at|to|from))?))"
_DONE = r"(?:\s+(?:(?:that\s+)?(?:is|are|was|were)\s+)?(?:«groups: done en»))?"
_OF = r"\s+(?:of|in|for|from|by|across|per|behind)\s+"
_MODELS = r"(?:models?|methods?|networks?|detectors?|systems?)"
_DO = r"\s+(?:do|does|did|has|have|had|is|are|was|were)\s+"


def _en(form: str) -> Phrases:
    return Phrases(rf"(?:and\s+)?{form}\s*$", re.I)


_FORMS_EN = tuple(_en(form) for form in (
    rf"{_WHAT}{_VALUES}{_DO}{_GROUP_EN}{_VERB}?",
    rf"{_WHAT}{_VALUES}\s+(?:is|are|was|were)(?:\s+(?:«groups: done en»))?{_OF}{_GROUP_EN}",
    rf"for\s+{_GROUP_EN}\s*,\s*{_ASK}(?:{_WHAT})?{_VALUES}",
    rf"{_ASK}{_VALUES}{_DONE}{_OF}{_GROUP_EN}",
    rf"{_ASK}{_VALUES}(?:\s+that)?\s+{_GROUP_EN}{_VERB}",
    rf"how\s+(?:large|big|high|low|small|long|many|deep|good)\s+(?:is|are|was|were)\s+{_VALUES}{_OF}{_GROUP_EN}",
    rf"(?:on|with|by)\s+{_WHAT}{_VALUES}{_DO}{_GROUP_EN}(?:\s*['’]s\s+[\w-]+)?{_VERB}?(?:\s+\w+ed)?",
    rf"(?:{_WHAT}(?:is|are|was|were)\s+)?{_ASK}{_GROUP_EN}\s*['’]s?\s+{_VALUES}",
    rf"{_GROUP_EN}\s*:\s*{_VALUES}"))
_BY_VERB_EN = tuple((_en(form), value) for form, value in (
    (rf"what{_DO}{_GROUP_EN}\s+(?P<verb>«groups: by verb en~»)", ""),
    (rf"who\s+(?:wrote|has written|authored|are the authors of|is the author of)\s+{_GROUP_EN}", "authors"),
    (rf"by\s+whom{_DO}{_GROUP_EN}(?:\s+written)?", "authors"),
    (rf"(?:when|in\s+(?:which|what)\s+year){_DO}{_GROUP_EN}\s+(?:published|written|finished|submitted|appear\w*)",
     "year"),
    (rf"where{_DO}{_GROUP_EN}\s+(?:published|appear\w*|presented)", "venue"),
    (rf"who\s+(?:supervised|advised)\s+{_GROUP_EN}", "supervisor"),
    (rf"how\s+fast{_DO}(?:the\s+)?(?:{_MODELS}{_OF})?{_GROUP_EN}(?:\s*['’]s\s+{_MODELS})?(?:\s+(?:run|infer)\w*)?",
     "speed"),
    (rf"how\s+long{_DO}(?:the\s+)?(?:{_MODELS}{_OF})?{_GROUP_EN}(?:\s*['’]s\s+{_MODELS})?(?:\s+(?:take\s+to\s+)?train)"
     r"(?:\s+for)?", "training time"),
    (rf"where{_DO}{_GROUP_EN}\s+(?:written|submitted|from)", "university")))
_WORKS_EN = tuple(_en(form) for form in (rf"{_ASK}{_VALUES}{_OF}{_WORK_EN}",
                                         rf"{_WHAT}{_VALUES}{_DO}{_WORK_EN}{_VERB}"))
_TWICE_EN = Phrases(rf"who\s+(?:wrote|authored|proposed|is the author of|are the authors of)\s+{_WORK_EN}\s*,?\s+and\s+"
                    r"(?P<then>when|where|(?:in\s+)?(?:which|what)\s+(?:year|venue|journal|conference))\s+(?:was|is|did|"
                    r"were)\s+(?:it|this|that)\b[^?]*", re.I)

_ALL_ZH = "(?P<all>«groups: quantifier zh»)"
_EACH_ZH = "(?=«groups: each of them zh»)"
_BEFORE_ZH = r"(?P<before>[^，,。？?：:每各]{0,40}?)"
_GROUP_ZH = rf"{_ALL_ZH}?{_BEFORE_ZH}{_NOUN.format('zh')}(?:们|里面|里|中)?"
_ADVERB_ZH = "(?:«groups: adverb zh»)?"
_ASKS_ZH = "(?:«groups: asks zh»)"
_END_ZH = "(?:«groups: adverb zh»)?(?:«groups: asks at end zh»)"
_VALUES_ZH = r"(?P<values>[^，,。？?]{1,30}?)"
_IN_IT_ZH = ("(?:(?:的|里的|中的)?(?:模型|网络|方法|系统|算法|检测器))?"
             "(?:在?(?:训练|实验|评测)(?:时|中|阶段|过程中)?(?:所|都)?)?")
_VERB_ZH = "(?:«groups: verb zh»)(?:了|过|到|的是|的)?"
_SHOW_ZH = "(?:列出|给出|列举|列一下|说明|整理|汇总|写出|比较|查一下|找出|提取|总结)?(?:一下|下)?"
_TRIED_ZH = "(?:进行|做)?(?:了|过)?(?:实验|训练|评测|评估|测试)"
_WHEN_ZH = "哪一?年|什么时候|何时|什么时间"
_WHERE_ZH = "哪里|哪儿|什么地方|哪个会议|哪个期刊|什么会议|什么期刊|哪些会议"
_THEN_ZH = rf"(?P<then>(?:发表|出版)?(?:于|在|是)?(?:{_WHEN_ZH}|{_WHERE_ZH})上?(?:发表|出版)?的?)"
_AND_IT_ZH = "[，,]?(?:又|并且?|以及|和)?(?:它|该文|论文)?是?(?:在|于)?"
_WORK_ZH = r"(?P<work>[^，,？?]{2,120}?)"
_HOW_MANY_ZH = re.compile(r"多少[篇本份]|(?<!哪)几篇[^都]*$|哪[些几]?(?:论文|文献|文章)")


def _zh(form: str) -> Phrases:
    return Phrases(rf"{form}$")


_FORMS_ZH = tuple(_zh(form) for form in (
    rf"{_SHOW_ZH}{_GROUP_ZH}{_ADVERB_ZH}的{_ADVERB_ZH}{_VALUES_ZH}(?:{_END_ZH})?(?:内容|方面)?",
    rf"{_GROUP_ZH}{_IN_IT_ZH}{_ADVERB_ZH}{_VERB_ZH}{_ADVERB_ZH}(?:是)?{_ASKS_ZH}的?{_VALUES_ZH}(?:上?{_TRIED_ZH})?",
    rf"{_GROUP_ZH}{_ADVERB_ZH}在{_ASKS_ZH}{_VALUES_ZH}上{_TRIED_ZH}",
    rf"{_GROUP_ZH}{_IN_IT_ZH}{_ADVERB_ZH}所?{_VERB_ZH}{_VALUES_ZH}{_END_ZH}",
    rf"{_SHOW_ZH}{_GROUP_ZH}所?{_VERB_ZH}{_VALUES_ZH}",
    rf"{_GROUP_ZH}{_IN_IT_ZH}{_ADVERB_ZH}有{_ASKS_ZH}{_VALUES_ZH}"))
# Of a subject and a time: other questions for the documents themselves are forms of filters.
_WHICH_ZH = _zh(rf"{_GROUP_ZH}(?:都|一共|总共)?有(?:哪些|什么|哪几篇)")
_BY_VERB_ZH = tuple((_zh(form), value) for form, value in (
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?P<verb>«groups: by verb zh»)(?:了|过|的是|的)?{_ADVERB_ZH}(?:什么|啥|哪些)"
     "(?:内容|问题|东西)?", ""),
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?:是|由)(?:谁|哪些人|哪几位)(?:写|撰写|完成|发表)的?", "authors"),
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?:是|由)(?:谁|哪位老师|哪位)(?:指导)的?", "supervisor"),
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?:发表|出版|完成|写)?(?:于|在|是)(?:{_WHEN_ZH})(?:发表|出版|完成|写)?的?", "year"),
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?:发表|出版)(?:于|在)(?:{_WHERE_ZH})上?", "venue"),
    (rf"{_GROUP_ZH}{_ADVERB_ZH}(?:来自|出自|是)(?:哪所|哪个|什么)(?:大学|学校|高校|单位|院校)的?", "university")))
_WORKS_ZH = tuple(_zh(form) for form in (
    rf"{_SHOW_ZH}{_WORK_ZH}的{_VALUES_ZH}(?:{_END_ZH})?", rf"{_WORK_ZH}{_VERB_ZH}{_ASKS_ZH}的?{_VALUES_ZH}"))
_TWICE_ZH = tuple(_zh(form) for form in (
    rf"(?:谁写了?|谁提出了?|是谁写了?){_WORK_ZH}{_AND_IT_ZH}{_THEN_ZH}",
    rf"{_WORK_ZH}(?:是谁写的|的作者是谁|由谁写的|是谁提出的){_AND_IT_ZH}{_THEN_ZH}",
    rf"{_WORK_ZH}是谁(?:在|于)?(?P<then>{_WHEN_ZH})(?:写|发表|提出)的?"))
_WHERE = re.compile(r"where|venue|journal|conference|哪里|会议|期刊")
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_ZH = re.compile(r"^(?P<time>(?:从|自)?(?:19|20)\d\d\s*年?(?:(?:到|至|[-–—~])(?:19|20)\d\d\s*年?(?:之间|间)?|"
                      r"之[前后]|以[前后来]|及以[前后]|[前后起])?)(?:发表|出版)?的?(?P<rest>.*)$")
_DEGREE = Phrases(r"^(?:(?:«groups: degree en»)(?:\s*'s)?(?:\s+|$))+", re.I)
_DEGREE_ZH = re.compile(r"(?:硕士|博士|本科生?|学士|研究生)$")
_ABOUT_ZH = Phrases(r"^(?:«groups: about zh»)")
_ABOUT_END_ZH = Phrases(r"(?:«groups: about end zh»|的)$")
_ABOUT_EN = re.compile(r"^(?:on|about|of|for|in|dealing\s+with|concerning|related\s+to)\s+(?:the\s+)?", re.I)
_IN_DATA = re.compile(r"^(?:of|in|from)\s+.*\b(?:corpus|corpora|data\s?sets?|collection|newspapers?|benchmark|"
                      r"(?:training|test|validation)\s+set)\b", re.I)
_NO_SUBJECT = Phrases(r"^(?:«groups: no subject en»)\b|\b(?:«groups: no subject en»)$|^(?:«groups: no subject zh»)",
                      re.I)
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are meant: of a kind, on a subject, with these filters; all of them where all is empty."""

    kind: WorkKind = ""
    subject: str = ""
    filters: Filters = _ALL

    @property
    def is_all(self) -> bool:
        """Whether every document of the library is meant."""
        return not self.kind and not self.subject and self.filters.is_empty


@dataclass(frozen=True, slots=True)
class Asking:
    """The values that are asked for, of a group or of one work."""

    values: tuple[Value, ...]
    language: Language
    group: Group | None = None
    work: Name | None = None


def read_group(question: str, today: date) -> Asking | None:
    """What is asked of each document of a group, or which values of one work; None for another question."""
    language: Language = "zh" if has_han(question) else "en"
    asked = asked_in(question, language)
    return next(_of_groups(asked, today), None) or next(_of_works(asked), None)


# --- of a group


def _of_groups(asked: Asked, today: date) -> Iterator[Asking]:
    is_zh = asked.language == "zh"
    if is_zh and _HOW_MANY_ZH.search(asked.text):
        return
    for form, called in _BY_VERB_ZH if is_zh else _BY_VERB_EN:
        if found := form.match(asked.text):
            part = table("groups", f"by verb {asked.language}").get(
                " ".join((found.groupdict().get("verb") or "").casefold().split()), called)
            yield from _asking(asked, found, (value_of(part) if called else Value("part", part, part),), today)
    if is_zh and (found := _WHICH_ZH.match(asked.text)):
        for asking in _asking(asked, found, (value_of("title"), value_of("year")), today):
            if asking.group is not None and asking.group.subject and asking.group.filters.published:
                yield asking
    for form in _FORMS_ZH if is_zh else _FORMS_EN:
        if found := form.match(asked.text):
            yield from _asking(asked, found, values_of(asked.restored(found["values"]), asked.language), today)


def _asking(asked: Asked, found: re.Match[str], values: tuple[Value | None, ...], today: date) -> Iterator[Asking]:
    """The reading of a form, if every word of it is understood."""
    group = _group(asked, found, today)
    known = tuple(value for value in values if value is not None)
    if group is None or not known or len(known) < len(values) or not all(_is_value(v, asked.language) for v in known):
        return
    if _is_each(asked, found) or all(value.is_known for value in known):
        yield Asking(known, asked.language, group)


def _is_each(asked: Asked, found: re.Match[str]) -> bool:
    """Whether it is said that each document is asked by itself, so that any value may be meant."""
    if asked.language == "zh":
        rest = asked.text[found.end("noun"):]
        return bool(found["all"]) or bool(re.match(filled(_EACH_ZH), rest))
    return found["all"].casefold().split()[0] in phrases("groups", "quantifier sure en")


def _is_value(value: Value, language: Language) -> bool:
    """Whether a value is a thing: no clause, no document, no number of them."""
    if value.kind != "thing":
        return True
    others = (phrases("groups", f"{name} {language}") for name in ("no value", "noun", "noun thesis"))
    is_named = bool(search_terms(value.name)) and is_plain(value.name)
    return is_named and not any(value.name.casefold() in names for names in others)


def _group(asked: Asked, found: re.Match[str], today: date) -> Group | None:
    """The group that a form names; None where words of it are not understood, or one document alone is meant."""
    noun = found["noun"].casefold()
    kind: WorkKind = next((k for k in _KINDS if noun in phrases("groups", f"noun {k} {asked.language}")), "")
    if asked.language == "zh":
        before = found["before"] or ""
        group = _group_zh(asked, before, kind, today)
        if group is None or found["all"]:
            return group
        is_each = noun not in phrases("groups", "noun weak zh") and _is_each(asked, found)
        is_some = bool(_ABOUT_ZH.match(before)) or not group.filters.is_empty
        return group if (is_each or is_some) and not group.is_all else None
    is_each = found["all"].casefold().split()[0] in phrases("groups", "quantifier sure en")
    if not is_each and noun not in phrases("groups", "plural en"):
        return None
    return _group_en(asked, found["before"] or "", (found["behind"] or "").strip(), kind, today)


def _group_en(asked: Asked, before: str, behind: str, kind: WorkKind, today: date) -> Group | None:
    filters, words = Filters(), _DEGREE.pattern.sub("", before.strip()).split()
    subject: list[str] = []
    languages = table("intents", "language name en")
    for word in words:
        if word.casefold() in languages and filters.language is None:
            filters = replace(filters, language="zh" if languages[word.casefold()] == "zh" else "en")
        elif _YEAR.fullmatch(word) and filters.published is None:
            filters = replace(filters, published=read_time(word, "en", today))
        else:
            subject.append(word)
    if _IN_DATA.search(behind):  # articles that are data
        return None
    if behind:
        more = read_filters(behind, asked, today)
        if more is None or (more.person and _ABOUT_EN.match(behind) and not behind.startswith("by ")):
            bare = _ABOUT_EN.sub("", behind)
            more = Filters(topic=bare) if bare != behind and is_plain(bare) else None
        if more is None or (more.topic and subject):
            return None
        filters = replace(more, topic="", language=more.language or filters.language,
                          published=more.published or filters.published)
        subject = subject or more.topic.split()
    return _with_subject(asked, kind, " ".join(subject), filters)


def _group_zh(asked: Asked, before: str, kind: WorkKind, today: date) -> Group | None:
    filters, text = Filters(), before.strip()
    if found := _YEAR_ZH.match(text):
        span = read_time(found["time"], "zh", today)
        if span is None:
            return None
        filters, text = replace(filters, published=span), found["rest"]
    languages = table("intents", "language name zh")
    if name := next((name for name in languages if text.startswith(name)), ""):
        filters = replace(filters, language="zh" if languages[name] == "zh" else "en")
        text = text[len(name):]
    text = _DEGREE_ZH.sub("", text)
    bare = ""
    while bare != text:
        bare, text = text, _ABOUT_END_ZH.pattern.sub("", _ABOUT_ZH.pattern.sub("", text).strip()).strip()
    return _with_subject(asked, kind, text, filters)


def _with_subject(asked: Asked, kind: WorkKind, subject: str, filters: Filters) -> Group | None:
    subject = asked.restored(subject).strip("“”\"'《》 ")
    if subject and (not is_plain(subject) or len(subject) > _MOST_SUBJECT or _NO_SUBJECT.search(subject)):
        return None
    if subject in phrases("groups", f"noun {asked.language}"):  # 论文 of "各篇论文报告的速度": the reports are none
        return None
    return Group(kind, subject, filters)


# --- of one work


def _of_works(asked: Asked) -> Iterator[Asking]:
    """Several values of one work that is named."""
    is_zh = asked.language == "zh"
    for form in _TWICE_ZH if is_zh else (_TWICE_EN,):
        if found := form.fullmatch(asked.text):
            then = value_of("venue" if _WHERE.search(found["then"]) else "year")
            yield from _asking_work(asked, found["work"], (Value("record", "authors", "authors"), then))
    for form in _WORKS_ZH if is_zh else _WORKS_EN:
        if found := form.fullmatch(asked.text):
            values = values_of(asked.restored(found["values"]), asked.language)
            is_told_so = {value.name for value in values} <= _TOLD_TOGETHER
            if all(value.is_known for value in values) and not is_told_so and (
                    len(values) > 1 or any(map(_is_cell, values))):
                yield from _asking_work(asked, found["work"], values)


def _is_cell(value: Value) -> bool:
    """Whether a value by itself is one that a table of papers has, or a plan: other forms ask for others."""
    column = read_column(value.name)
    return value.kind == "cover" or value.name == "future" or (
        value.kind == "thing" and (column.about in ("result", "model")))


def _asking_work(asked: Asked, work: str, values: tuple[Value | None, ...]) -> Iterator[Asking]:
    name = read_name(work, asked)
    known = tuple(value for value in values if value is not None)
    is_several = len(known) > 1
    if name is not None and (name.is_quoted or is_plain(name.text)) and (is_several or name.is_sure):
        yield Asking(known, asked.language, work=name)
