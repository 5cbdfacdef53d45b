"""Title, authors, year and venue of pages that are set in less usual ways."""

import pytest

from kb.readers.names import Names
from kb.readers.said_year import year_said
from kb.readers.title_features import Page
from kb.readers.title_lines import candidates
from kb.readers.venue import venue_of
from tests.readers.test_title_block import BODY, ZH_ABSTRACT, ZH_BODY, ZH_TITLE, read, rows_of
from tests.readers.test_venue import on_page, row

ABSTRACT = ("Abstract", 12, 0.45, 0.55)


@pytest.mark.parametrize(("name", "gap"), [(("OWLPLAYER:", 18, 0.12, 0.3), 1), (("Tide-Former:", 16, 0.4, 0.6), 0.4),
                                           (("CAVE II:", 17.6, 0.12, 0.25), 1.4)])
def test_a_name_with_a_colon_above_the_title_is_its_first_line(name, gap):
    m = read(("Journal of Birds 12 (2019)", 9, 0.1, 0.4), 1, name, gap,
             ("Listening to Forests at Night", 17, 0.12, 0.6), 1, ("Ada Lovelace, Alan Turing", 11, 0.12, 0.5), 1,
             ABSTRACT)
    assert m.title == f"{name[0]} Listening to Forests at Night"


@pytest.mark.parametrize("label", ["Research article:", "Vol. 3:", "Contents:", "技术报告:"])
def test_a_label_with_a_colon_above_the_title_is_none_of_it(label):
    m = read((label, 12, 0.12, 0.3), 1, ("Listening to Forests at Night", 17, 0.12, 0.6), 1,
             ("Ada Lovelace, Alan Turing", 11, 0.12, 0.5), 1, ABSTRACT)
    assert m.title == "Listening to Forests at Night"


@pytest.mark.parametrize("label", ["摘\u3000\u3000要", "摘要", "目 录", "引  言", "提要"])
def test_a_heading_below_a_title_is_no_line_of_it(label):
    m = read(("湖水温度预报问题", 18, 0.35, 0.65), 0.5, (label, 17.6, 0.45, 0.55), body=ZH_BODY)
    assert m.title == "湖水温度预报问题"


@pytest.mark.parametrize(("words", "bold"), [("Deep Pruning of Large Models for Edge Devices", 20.0),
                                              ("COMPRESSION OF MODELS FOR SMALL MACHINES", 18.0)])
def test_a_translation_below_the_abstract_is_no_title(words, bold):
    m = read(("模型压缩方法研究", 16, 0.3, 0.7), 1, ("王磊，张晓明", 12, 0.4, 0.6), ("湖滨大学", 9, 0.4, 0.6),
             ZH_ABSTRACT, ("关键词：剪枝；量化", 9, 0.12, 0.5), 2, (words, bold, 0.15, 0.85), 1,
             ("WANG Lei, ZHANG Xiaoming", 12, 0.3, 0.7), ("Abstract: We study pruning.", 9, 0.12, 0.88), body=ZH_BODY,
             head={"title": words})
    assert (m.title, m.authors) == ("模型压缩方法研究", ("王磊", "张晓明"))


@pytest.mark.parametrize("line", [
    "Ada Lovelace1 · Alan Turing2 · Grace Hopper1,2", "Ada Lovelace¹ · Alan Turing² · Grace Hopper³",
    "Ada Lovelace1 • Alan Turing2 • Grace Hopper1", "Ada Lovelace1· Alan Turing2· Grace Hopper1"])
def test_the_list_on_the_page_wins_over_its_first_name_in_the_file(line):
    m = read(("A Study of Caches in Practice", 17, 0.2, 0.8), 1, (line, 11, 0.12, 0.7), 1, ABSTRACT,
             head={"author": "Ada Lovelace"})
    assert m.authors == ("Ada Lovelace", "Alan Turing", "Grace Hopper")


def test_a_list_goes_on_behind_a_point_at_the_end_of_a_line():
    m = read(("A Study of Caches in Practice", 17, 0.2, 0.8), 1, ("Ada Lovelace1 · Alan Turing2 ·", 11, 0.12, 0.5),
             ("Grace Hopper1", 11, 0.12, 0.3), 1, ABSTRACT)
    assert m.authors == ("Ada Lovelace", "Alan Turing", "Grace Hopper")


@pytest.mark.parametrize("part", ["Part II", "Volume 3"])
def test_the_author_of_lecture_notes_stands_above_the_title(part):
    m = read(("CS471 Lecture notes", 11, 0.4, 0.6), 1, ("Grace Hopper", 12, 0.42, 0.58), 1, (part, 12, 0.45, 0.55), 1,
             ("Compilers and Their Proofs", 18, 0.3, 0.7), 2)
    assert m.authors == ("Grace Hopper",)


@pytest.mark.parametrize("line", ["Field Notes", "Lakeside University", "12 Grace Hopper"])
def test_other_lines_above_a_title_are_no_author(line):
    m = read((line, 9, 0.1, 0.3), 1, ("Compilers and Their Proofs", 18, 0.3, 0.7), 2)
    assert m.authors == ()


@pytest.mark.parametrize(("line", "names"), [
    ("■ 王小磊^{1，2} 刘建国1", ("王小磊", "刘建国")),
    ("●王小磊 刘建国", ("王小磊", "刘建国")),
    ("◆ 王 磊 刘建国", ("王磊", "刘建国")),
    ("李晓 \ue0f3 \ue0f3 明", ("李晓明",)),
    ("李晓 明", ("李晓明",)),
    ("王 小 明", ("王小明",)),
    ("王磊 张 静", ("王磊", "张静")),
    ("李晓 明，王 磊", ("李晓明", "王磊")),
    ("王磊\ue0f3 张静\ue0f3", ("王磊", "张静")),
    ("信息学院 2020 级硕士 1 班 2020112233 王小磊", ("王小磊",)),
    ("计算机系 软件 2 班 20190001 刘建国", ("刘建国",)),
    ("王小磊¹ 17180001 李明 17180002¹ 刘建国 17180003¹", ("王小磊", "李明", "刘建国")),
    ("王小磊 2017180001，李明 2017180002", ("王小磊", "李明")),
    ("信息学院 2020 级 1 班", ()),
])
def test_chinese_names_beside_marks_and_numbers(line, names):
    assert Names("").of(line).names == names


def test_a_row_of_the_same_names_in_latin_letters_names_nobody_more():
    m = read(ZH_TITLE, 1, ("王磊，张晓明，李娜", 12, 0.3, 0.7), 2, ("WANG Lei，ZHANG Xiao-ming，LI Na", 12, 0.3, 0.7),
             ZH_ABSTRACT, body=ZH_BODY)
    assert m.authors == ("王磊", "张晓明", "李娜")


def test_a_guest_with_a_latin_name_among_chinese_ones_stays():
    m = read(ZH_TITLE, 1, ("王磊，张晓明，Ada Lovelace", 12, 0.3, 0.7), ZH_ABSTRACT, body=ZH_BODY)
    assert m.authors == ("王磊", "张晓明", "Ada Lovelace")


@pytest.mark.parametrize("line", [
    "学生姓名：陈小雨学号： 20190001", "姓名：陈小雨专业：软件工程", "学号：20190001姓名：陈小雨",
    "学院：计算机学院姓名：陈小雨学号：20190001", "姓名：陈小雨指导教师姓名：李国强"])
def test_a_label_ends_the_value_before_it_without_a_space(line):
    m = read(("湖滨大学", 26, 0.3, 0.7), 3, ("题目：基于微服务的选课系统", 16, 0.2, 0.7), 2, (line, 14, 0.2, 0.7), 1,
             ("指导教师：李国强", 14, 0.2, 0.5), body=())
    assert m.authors == ("陈小雨",)


@pytest.mark.parametrize(("line", "year"), [
    ("c Springer International Publishing AG 2017", 2017),
    ("c The Author(s) 2021", 2021),
    ("A. Lovelace et al. (Eds.): CACHE 2017, Part II, LNAI 12345, pp. 1–11, 2017.", 2017),
    ("A. Lovelace (Ed.): CACHE 2016, LNCS 9876, pp. 1-11", 2016),
    ("湖滨公司-研究部2014-01-02摘要：本文介绍缓存。", 2014),
    ("湖滨公司 2015-11-30 摘 要", 2015),
    ("sentences. The CoNLL-2014 shared task of GEC", None),
    ("SemEval‐2016 and WMT-2015 data", None),
    ("Draft, May-2014", 2014),
    ("Proceedings of the CACHE-2014 Workshop, pages 1–9", 2014),
])
def test_the_year_of_a_notice_counts_and_that_of_a_task_does_not(line, year):
    assert year_said([(line, True)], 2030) == year


def test_the_last_line_of_running_text_says_no_year():
    body = [*BODY[:12], "were tagged by hand in 2013 for it", "two sets of sentences, data of 2014"]
    m = read(("A Study of Caches in Practice", 17, 0.2, 0.8), 1, ("Ada Lovelace, Alan Turing", 11, 0.3, 0.7), 20,
             ABSTRACT, body=body)
    assert m.year is None


@pytest.mark.parametrize(("declared", "title"), [
    ("A Study of driversâ€™ Mental Workload", "A Study of drivers’ Mental Workload"),
    ("Caches â€“ a Study", "Caches – a Study"), ("Ãœber Caches", "Über Caches"),
    ("CafÃ© or Bar", "Café or Bar"), ("Fiancé’s Caches", "Fiancé’s Caches"), ("Â§ 5", "§ 5"),
])
def test_a_declared_title_is_decoded_back(declared, title):
    assert read(head={"title": declared}, body=()).title == title


@pytest.mark.parametrize("second", ["guna Resort, Lakeside, Italy. Volume 9 of JMLR: W&CP 9.",
                                    "Meadow Hotel, Town, Country, Volume 12 of WCP.", "Lakeside, Italy. Volume 9."])
def test_the_place_of_a_meeting_is_no_journal(second):
    assert on_page(("Appearing in Proceedings of the 13th Conference on Caches and Stores (CACS) 2010, Chia La-", 0.1),
                   (second, 0.088), title="A Study") == "Proceedings of the 13th Conference on Caches and Stores"


@pytest.mark.parametrize(("line", "venue"), [
    ("A. Lovelace et al. (Eds.): CACHE 2017, Part II, LNAI 12345, pp. 1–11, 2017.", "CACHE 2017"),
    ("436 | NATURE | VOL 521 | 28 MAY 2015", "NATURE"),
    ("ARTICLE CAVE COMMUNICATIONS | https://doi.org/10.1000/c.12", "CAVE COMMUNICATIONS"),
    ("npj Digital Caves (2019) 12:3", "npj Digital Caves"),
])
def test_more_ways_to_name_a_venue_at_an_edge(line, venue):
    assert on_page((line, 0.06), title="A Study of Caches") == venue


@pytest.mark.parametrize("foot", ["Cave Research Letters, Vol. 3, No. 2", "{n} Annals of Caves | May 2013",
                                  "{n} ANNALS OF CAVES"])
def test_the_feet_of_later_pages_name_a_journal(foot):
    pages = [[row("A Study of Bats", 0.9, size=18)], *([row(foot.format(n=40 + n), 0.05, page=n)] for n in (2, 3))]
    name = venue_of(pages, "A Study of Bats")
    assert name.lower() == ("cave research letters" if "Letters" in foot else "annals of caves")


@pytest.mark.parametrize("foot", ["{n} Lovelace and Turing", "{n} A Study of Bats", "{n} Introduction",
                                  "Page {n} of 12", "{n} Bats in Caves"])
def test_other_feet_of_later_pages_name_none(foot):
    pages = [[row("A Study of Bats", 0.9, size=18)], *([row(foot.format(n=40 + n), 0.05, page=n)] for n in (2, 3))]
    assert venue_of(pages, "A Study of Bats", ("Ada Lovelace", "Alan Turing")) == ""


@pytest.mark.parametrize("lines", [
    [("Computer Engineering and Lakes 湖泊工程与应用", 0.95), ("2018，54（3）", 0.95)],
    [("《湖泊工程与应用》第 54 卷 2018 年", 0.05)],
    [("湖泊工程与应用 2018年第3期", 0.05)],
])
def test_more_chinese_mastheads(lines):
    rows = [row(text, middle, 0.1 + 0.5 * i, 0.5 + 0.4 * i) for i, (text, middle) in enumerate(lines)]
    assert venue_of([rows], "深度学习的缓存方法研究") == "湖泊工程与应用"


def test_a_line_of_the_title_is_found_in_the_run_with_the_colon():
    rows = rows_of(("OWLPLAYER:", 18, 0.12, 0.3), 1, ("Listening to Forests at Night", 17, 0.12, 0.6))
    assert len(candidates(Page(rows, 10.0, Names("")))[0].rows) == 2
