"""What a section is, by its heading and those above it, and where a sentence stands."""

import pytest

from kb.study.parts import is_plan, kinds_of, placed
from kb.types import Document, Metadata, Section


def document(*headings, levels=None, body="We measure forty harbours here and there."):
    text, sections = "", []
    for i, heading in enumerate(headings):
        start = len(text)
        text += f"{heading}\n\n{body}\n\n"
        sections.append(Section(heading, levels[i] if levels else 1, start, len(text)))
    return Document("d" * 12, "e" * 64, "d.md", "md", Metadata(title=headings[0]), "en", text, tuple(sections))


@pytest.mark.parametrize(("headings", "kinds"), [
    (("A Model of Tides", "Abstract", "1 Introduction", "2 Related Work", "2.1 Gauge Networks", "3 Our Method",
      "4 Experimental Results", "5 Conclusions and Future Work", "Limitations", "References"),
     ("other", "abstract", "introduction", "related", "related", "method", "results", "conclusion", "limits", "other")),
    (("潮位预测系统的设计与实现", "摘 要", "第一章 绪论", "1.1 研究背景及意义", "1.2 国内外研究现状", "1.3 主要工作",
      "第二章 相关技术", "2.1 循环网络模型", "第五章 总结与展望", "5.1 研究不足", "参考文献"),
     ("other", "abstract", "introduction", "problem", "related", "contribution", "related", "related", "conclusion",
      "limits", "other")),
    (("On Harbours", "1. Introduction", "2. Why nothing that has been tried so far could work within any limits"),
     ("abstract", "introduction", "other")),
])
def test_a_section_is_what_its_heading_says_or_what_stands_above_it(headings, kinds):
    assert tuple(kinds_of(document(*headings))) == kinds


def test_a_chapter_does_not_stand_under_the_abstract():
    found = kinds_of(document("Title", "Abstract", "1 Introduction", "2 Harbours", levels=[1, 1, 4, 4]))
    assert found == ["other", "abstract", "introduction", "other"]


def test_a_summary_of_a_section_or_at_the_end_is_no_abstract():
    found = kinds_of(document("Title", "Abstract", "1 Introduction", "2 Kilns", "2.1 Summary", "3 Pumps", "Summary"))
    assert (found[1], found[4], found[6]) == ("abstract", "other", "conclusion")


def test_declarations_and_sources_are_set_aside():
    body = ("I declare that this thesis is my own work and nobody else's. "
            "我声明所呈交的论文是本人独立进行研究所取得的成果。"
            "We measure forty harbours in this paper.")
    assert [item.text for item in placed(document("Title", "1 Introduction", body=body))][:1] == [
        "We measure forty harbours in this paper."]


def test_a_sentence_knows_whether_it_stands_before_what_the_work_does():
    body = ("Many harbours lack a network of gauges today. In this paper we propose a model of the levels. "
            "Forty harbours were compared by hand.")
    turns = {item.text.split()[0]: item.turn for item in placed(document("Title", "Abstract", body=body))
             if item.kind == "abstract"}
    assert turns["Many"] == -1 and turns["In"] == 0


@pytest.mark.parametrize(("text", "expected"), [
    ("This note covers the rule and the reported speed.", True), ("本条目介绍它的三种方法。", True),
    ("The rule doubles the speed of the pump.", False), ("本文提出一种方法。", False),
])
def test_what_tells_of_the_text_itself_tells_nothing_of_the_work(text, expected):
    assert is_plan(text) == expected
