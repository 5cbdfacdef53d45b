"""A second opinion on a survey: what a reviewer would object to, each with its place, in both languages.

Reads: the survey and the library's documents.  Gives: Review. What is false in it comes first; the rest is no fault
of a quote, but of what was collected or left unsaid. Nothing is judged that cannot be counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kb.survey.records import Evidence, Node, Sentence, Survey
from kb.survey.write.audit import audit
from kb.survey.write.repeated import repeats
from kb.survey.write.verify import GetDocument
from kb.text import one_line
from kb.types import Language, Record, Words
from kb.words import Phrases

Objection = Literal["untrue", "unfinished", "thin", "one_source", "no_comparison", "said_twice", "undated", "no_year",
                    "cited_once", "foreign", "recognised"]
# In the order in which they are told: what is false first, then sections, sentences, works.
OBJECTIONS: dict[Objection, Words] = {
    "untrue": Words("no longer true", "不再成立"),
    "unfinished": Words("not finished by the model", "模型未写完"),
    "thin": Words("thin sections", "内容单薄的小节"),
    "one_source": Words("said by one work alone", "只有一篇文献支持"),
    "no_comparison": Words("sections without comparison", "没有比较的小节"),
    "said_twice": Words("said twice", "重复的内容"),
    "undated": Words("trends without a year", "没有年份的趋势"),
    "no_year": Words("works without a year", "缺少年份的文献"),
    "cited_once": Words("works cited once only", "只引用一次的文献"),
    "foreign": Words("quotes in another language", "外文引文"),
    "recognised": Words("quotes read in pictures", "从图片识别的引文"),
}
_LEAST_WORKS, _LEAST_SENTENCES = 2, 3  # of a section that is not thin
_TREND: dict[Language, Phrases] = {"en": Phrases(r"\b(?:«trends: en»)\b", re.I), "zh": Phrases("«trends: zh»")}
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_SHOWN = 80  # characters of a sentence


@dataclass(frozen=True, slots=True)
class Remark(Record):
    """One objection. node, heading: the section it is about, "" for one about a work.  sentence: its id, "" for one
    about a section; text: how it begins.  documents: the works it is about."""

    kind: Objection
    words: Words
    node: str = ""
    heading: str = ""
    sentence: str = ""
    text: str = ""
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review(Record):
    """The objections, by kind, then in reading order."""

    remarks: tuple[Remark, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing in the survey is false; a reader may still object."""
        return not any(remark.kind == "untrue" for remark in self.remarks)

    def of(self, kind: Objection) -> tuple[Remark, ...]:
        """The objections of one kind."""
        return tuple(remark for remark in self.remarks if remark.kind == kind)


def review(survey: Survey, documents: GetDocument) -> Review:
    """What a reviewer would object to."""
    seen = _Seen(survey)
    found = [*_untrue(seen, documents), *_unfinished(seen), *_of_sections(seen), *_said_twice(seen),
             *_of_sentences(seen), *_of_works(seen)]
    order = list(OBJECTIONS)
    return Review(tuple(sorted(found, key=lambda remark: order.index(remark.kind))))


class _Seen:
    """The survey with where each sentence stands and what it cites."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.rows: Mapping[str, Evidence] = {row.id: row for row in survey.evidence}
        self.known = {sentence.id: sentence for sentence in survey.sentences}
        self.node_of = {name: node for node in survey.nodes() for ids in node.paragraphs for name in ids}
        self.years = {reference.document: reference.year for reference in survey.references}

    def works(self, sentence: Sentence) -> list[str]:
        """The works that a sentence cites, each once."""
        return list(dict.fromkeys(self.rows[name].document for name in sentence.evidence if name in self.rows))

    def cited(self, node: Node) -> list[Sentence]:
        """The node's own sentences with a citation."""
        return [self.known[name] for ids in node.paragraphs for name in ids if self.known[name].evidence]

    def at(self, kind: Objection, words: Words, sentence: Sentence | None = None, node: Node | None = None,
           works: list[str] | None = None) -> Remark:
        """A remark with its place."""
        stands = node or (self.node_of.get(sentence.id) if sentence else None)
        return Remark(kind, words, stands.id if stands else "", stands.heading if stands else "",
                      sentence.id if sentence else "", one_line(sentence.text, _SHOWN) if sentence else "",
                      tuple(works if works is not None else self.works(sentence) if sentence else ()))


def _untrue(seen: _Seen, documents: GetDocument) -> Iterator[Remark]:
    for line in audit(seen.survey, documents).broken:
        name, _, why = line.partition(": ")
        row = seen.rows.get(name)
        sentence = seen.known.get(row.sentence if row else name)
        node = next((node for node in seen.survey.nodes() if node.id == name), None)
        words = (Words(f"the quote does not stand there any more ({why})", f"引文已不在原处（{why}）") if row else
                 Words(f"what it says does not hold ({why})", f"所述内容不成立（{why}）"))
        yield seen.at("untrue", words, sentence, node, [row.document] if row else None)


def _unfinished(seen: _Seen) -> Iterator[Remark]:
    for name, why in (seen.survey.missing or {}).items():
        node = next((node for node in seen.survey.nodes() if node.id == name), None)
        yield seen.at("unfinished", Words(f"the model did not finish it ({why}): quotes stand in its place",
                                          f"模型没有写完（{why}），以引文代替"), node=node)


def _of_sections(seen: _Seen) -> Iterator[Remark]:
    for node in (node for node in seen.survey.nodes() if node.kind == "theme" and node.documents):
        cited = seen.cited(node)
        works = list(dict.fromkeys(work for sentence in cited for work in seen.works(sentence)))
        if len(works) < _LEAST_WORKS or len(cited) < _LEAST_SENTENCES:
            yield seen.at("thin", Words(f"works: {len(works)}, sentences with a citation: {len(cited)}",
                                        f"{len(works)} 篇文献，{len(cited)} 个带引文的句子"), node=node, works=works)
        elif not any(len(seen.works(sentence)) > 1 for sentence in cited):
            yield seen.at("no_comparison", Words(f"no sentence cites two of its {len(works)} works",
                                                 f"{len(works)} 篇文献之间没有一句比较"), node=node, works=works)
        for ids in node.paragraphs:
            own = [seen.known[name] for name in ids if seen.known[name].evidence]
            voices = {work for sentence in own for work in seen.works(sentence)}
            if len(works) > 1 and len(own) > 1 and len(voices) == 1:
                yield seen.at("one_source", Words(f"a paragraph of {len(own)} sentences rests on this work alone",
                                                  f"这一段的 {len(own)} 句都只依据这一篇文献"), own[0])


def _said_twice(seen: _Seen) -> Iterator[Remark]:
    for repeat in repeats(seen.survey):
        first = seen.node_of[repeat.first]
        yield seen.at("said_twice", Words(f"“{first.heading}” says it already ({repeat.first})",
                                          f"“{first.heading}”中已经说过（{repeat.first}）"), seen.known[repeat.again])


def _of_sentences(seen: _Seen) -> Iterator[Remark]:
    language = seen.survey.request.language
    for sentence in (seen.known[name] for name in seen.node_of):
        works = seen.works(sentence)
        if sentence.kind == "claim" and len(works) == 1:
            words = Words("one work alone supports this claim", "这一论断只有一篇文献支持")
            yield seen.at("one_source", words, sentence)
        trend = _TREND[sentence.language].search(sentence.text)
        is_dated = bool(_YEAR.search(sentence.text)) or sentence.kind == "quote" and all(
            seen.years.get(work) for work in works)
        if trend and sentence.kind in ("quote", "claim") and not is_dated:
            yield seen.at("undated", Words(f"“{trend[0]}”: of when?", f"“{trend[0]}”是什么时候？"), sentence)
        if sentence.kind == "quote" and sentence.language != language:
            yield seen.at("foreign", Words("the quote is in Chinese", "引文是中文") if sentence.language != "en" else
                          Words("the quote is in English", "引文是英文"), sentence)
        sure = [row.recognised for name in sentence.evidence
                if (row := seen.rows.get(name)) and row.recognised is not None]
        if sure:
            yield seen.at("recognised", Words(f"read in a picture, {min(sure):.2f} sure: compare it with the page",
                                              f"从图片识别，把握 {min(sure):.2f}：请与原页面核对"), sentence)


def _of_works(seen: _Seen) -> Iterator[Remark]:
    places: dict[str, list[Sentence]] = {reference.document: [] for reference in seen.survey.references}
    for sentence in (seen.known[name] for name in seen.node_of):
        for work in seen.works(sentence):
            places.setdefault(work, []).append(sentence)
    for reference in seen.survey.references:
        title = one_line(reference.title, _SHOWN)
        own = places[reference.document]
        if len(own) == 1:
            yield seen.at("cited_once", Words(f"“{title}” is cited here only", f"《{title}》只在此处引用"), own[0],
                          works=[reference.document])
        if reference.year is None:
            yield seen.at("no_year", Words(f"“{title}” has no year", f"《{title}》没有年份"),
                          works=[reference.document])
        elif "year" in reference.guessed:
            yield seen.at("no_year", Words(f"the year of “{title}”, {reference.year}, is a guess",
                                           f"《{title}》的年份 {reference.year} 是推测的"), works=[reference.document])
