"""The venue and the DOI of a PDF, off its first pages: journals, meetings, schools, however they are set."""

import pytest

from kb.readers.identifiers import doi_of
from kb.readers.order import Row
from kb.readers.title_block import metadata_of
from kb.readers.venue import _chinese_names, venue_of

HEAD = {"title": "", "author": "", "aside": ""}


def row(text, middle, left=0.1, right=0.9, size=9.0, page=1, is_bold=False):
    return Row(page, text, left, middle, right, size, is_bold)


def on_page(*lines, title="", page=1):
    return venue_of([[row(text, middle, page=page) for text, middle in lines]], title)


@pytest.mark.parametrize(("line", "venue"), [
    ("Communications of the ACM | August 2013 | Vol. 56", "Communications of the ACM"),
    ("Applied Ergonomics 50 (2015) 207–217", "Applied Ergonomics"),
    ("Int J Comput Vis (2015) 115:211–252", "Int J Comput Vis"),
    ("Machine Learning and Data 2019, 1(1), 5957", "Machine Learning and Data"),
    ("IEEE TRANSACTIONS ON INDUSTRIAL INFORMATICS, VOL. 15, NO. 3, MARCH 2019",
     "IEEE TRANSACTIONS ON INDUSTRIAL INFORMATICS"),
    ("Ecology Letters | https://doi.org/10.1000/el.12", "Ecology Letters"),
    ("SIGMOD ’17, May 14–19, 2017, Chicago, IL, USA.", "SIGMOD ’17"),
    ("33rd Conference on Neural Information Processing Systems (NeurIPS 2019), Vancouver, Canada.",
     "33rd Conference on Neural Information Processing Systems"),
    ("Proceedings of the 2019 Workshop on Storage, pages 4171–4186, Minneapolis, Minnesota",
     "Proceedings of the 2019 Workshop on Storage"),
])
def test_one_line_at_an_edge_names_the_venue(line, venue):
    assert on_page((line, 0.06), title="A Study of Caches") == venue


@pytest.mark.parametrize("line", [
    "Communications, Vol. 17, No. 7", "Appeared in Bulletin of the, Vol. 2",
    "Submitted to: 1st Workshop on Storage, 2006",
    "12 A. Lovelace et al.", "© 2015 Elsevier Ltd. All rights reserved.", "A Study of Caches, Vol. 2, No. 1",
    "Received 28 October 2014", "c ACM 2007, Vol. 2", "IEEE TRANSACTIONS ON JOURNAL NAME, Vol. 2",
    "resort, Lakeside, Vol. 2", "were invited to present their results at The 44th Conference",
])
def test_other_lines_at_an_edge_name_none(line):
    assert on_page((line, 0.06), title="A Study of Caches") == ""


def test_the_name_of_a_meeting_goes_over_lines_up_to_its_place():
    assert on_page(("This paper is included in the Proceedings of the", 0.36),
                   ("17th Symposium on Operating Systems", 0.33),
                   ("Design and Implementation.", 0.30), ("July 10–12, 2023 • Boston, MA, USA", 0.27)) == (
        "Proceedings of the 17th Symposium on Operating Systems Design and Implementation")
    assert on_page(("Proceedings of the 20th Storage Conference", 0.14), ("Santiago, Chile, 1994", 0.128)) == (
        "Proceedings of the 20th Storage Conference")


def test_a_journal_beside_its_volume_and_one_above_its_homepage():
    assert on_page(("Journal of Statistical Things", 0.95), ("August 2014, Volume 59, Issue 10.", 0.93)) == (
        "Journal of Statistical Things")
    rows = [row("Contents lists available at ScienceDirect", 0.93), row("Applied Caching", 0.9, size=14),
            row("journal homepage: www.example.com", 0.87), row("A Study", 0.8, size=18), row("words", 0.7)]
    assert venue_of([rows], "A Study") == "Applied Caching"


@pytest.mark.parametrize(("lines", "venue"), [
    ([("第 6 卷第 1 期", 0.95), ("计 算 机 集 成 制 造 系 统", 0.95)], "计算机集成制造系统"),
    ([("2012 年第 5 期", 0.95), ("湖滨大学学报( 自然科学版)", 0.95)], "湖滨大学学报(自然科学版)"),
    ([("特别专题", 0.95), ("《数字工程》2018 第 13 卷第 10 期 ·29", 0.05)], "数字工程"),
    ([("计算机应用技术，2018，38(11)：3236-3240", 0.95)], "计算机应用技术"),
    ([("人工智能", 0.95), ("第 46 卷 第 11 期", 0.95)], ""),
    ([("深度学习的缓存方法", 0.95), ("第 46 卷 第 11 期", 0.95)], ""),
])
def test_a_chinese_masthead_or_foot_names_the_journal(lines, venue):
    rows = [row(text, middle, 0.1 + 0.3 * i, 0.3 + 0.3 * i) for i, (text, middle) in enumerate(lines)]
    assert venue_of([rows], "深度学习的缓存方法研究") == venue


def test_the_running_heads_of_later_pages_name_a_chinese_journal():
    pages = [[row("深度学习的缓存方法研究", 0.9, size=18)],
             [row("126 湖滨交通大学学报 第 53 卷", 0.95, page=2)]]
    assert venue_of(pages, "深度学习的缓存方法研究") == "湖滨交通大学学报"


@pytest.mark.parametrize(("lines", "venue"), [
    (["湖 滨 大 学", "硕 士 学 位 论 文", "缓存的方法研究", "计算机学院"], "湖滨大学"),
    (["湖滨工学院本科毕业论文", "缓存的方法研究"], "湖滨工学院"),
    (["本科生毕业论文", "缓存的方法研究", "信息科学技术学院"], ""),
    (["A THESIS", "SUBMITTED TO THE DEPARTMENT OF COMPUTER SCIENCE", "OF THE LAKESIDE STATE UNIVERSITY"],
     "LAKESIDE STATE UNIVERSITY"),
    (["硕士学位论文", "缓存的方法研究", "The graduate school of Lakeside University"], "Lakeside University"),
    (["缓存的方法研究", "湖滨大学"], ""),
])
def test_the_school_of_a_thesis_is_its_venue_and_a_department_is_none(lines, venue):
    assert on_page(*[(line, 0.8 - 0.08 * i) for i, line in enumerate(lines)], title="缓存的方法研究") == venue


@pytest.mark.parametrize(("lines", "doi"), [
    (["ＤＯＩ：１０．３９６９／ｊ．ｉｓｓｎ．１００１－３６９５．２０１４．０７"], "10.3969/j.issn.1001-3695.2014.07"),
    (["doi: 10. 3969 /j． issn． 0258-8021. 2018. 03. 003"], "10.3969/j.issn.0258-8021.2018.03.003"),
    (["https://doi.org/10.1007/978-3-030-12345-6 13"], "10.1007/978-3-030-12345-6_13"),
    (["DOI: 10.1016/j.things.2015.", "03.017"], "10.1016/j.things.2015.03.017"),
    (["see 10.1000/182 (DOI:10.1016/S0004-3702(97)00043-X)"], "10.1016/S0004-3702(97)00043-X"),
    (["DOI: 10.1016/j.things.2015.", "Received 2014"], "10.1016/j.things.2015"),
    (["doi: 10.3969/j.issn.1003 -0077.2014. 03.002"], "10.3969/j.issn.1003-0077.2014.03.002"),
    (["DOI: 10.1234/2016 - 17"], "10.1234/2016-17"),
    (["DOI:10.1234/lake.2015 - a study"], "10.1234/lake.2015"),
    (["DOI: 10.1234/j.issn.1000-1234.20XX.00.000"], ""),
    (["doi:10.1234/lake.2019.00.000"], ""),
    (["no number at all"], ""),
])
def test_a_doi_is_found_however_it_is_set(lines, doi):
    assert doi_of(lines) == doi


def test_an_entry_without_a_title_names_the_journal():
    rows = [row("Journal of Things: Conference Series", 0.95, size=12),
            row("A Rapid Algorithm for Peaks", 0.8, size=16),
            row("To cite this article: Ada Lovelace et al 2021 J. Things: Conf. Ser. 2112 012015", 0.7, size=8)]
    m = metadata_of(HEAD, rows, 10.0)
    assert (m.venue, m.year) == ("J. Things: Conf. Ser.", 2021)


def test_a_journal_s_name_in_english_beside_it_is_taken_off():
    assert list(_chinese_names("Journal of Software 软件学报 第3期")) == ["软件学报"]
