"""Titles, authors and years of theses, as covers, forms and classes of LaTeX say them."""

import pytest

from kb.readers import scan
from kb.readers.latex_titles import declared
from kb.readers.said_year import year_said
from kb.readers.sandbox import Sandbox
from kb.readers.title_block import metadata_of
from tests.readers.test_title_block import HEAD, read, rows_of

KIND = ("硕士学位论文", 26, 0.3, 0.7)


def test_who_applies_for_the_degree_is_the_author():
    m = read(KIND, 3, ("论文题目：湖水温度的遥感反演方法", 16, 0.2, 0.8), 1,
             ("指 导 教 师：李明 教授", 14, 0.2, 0.6), 1, ("学 位 申 请 人：王磊", 14, 0.2, 0.6), body=[])
    assert (m.title, m.authors) == ("湖水温度的遥感反演方法", ("王磊",))


def test_what_is_printed_behind_the_blank_is_no_part_of_the_title():
    m = read(("题 目 湖水温度的遥感反演方法", 17, 0.2, 0.8), 1, ("_信息学院_院（系） 遥感_专业", 17, 0.24, 0.84), 1,
             [("姓名", 17, 0.2, 0.3), ("王磊", 17, 0.5, 0.6)], body=[])
    assert (m.title, m.authors) == ("湖水温度的遥感反演方法", ("王磊",))


def test_a_span_of_dates_ends_when_the_work_was_done():
    m = read(("题 目 湖水温度的遥感反演方法", 17, 0.2, 0.8), 1, [("姓名", 17, 0.2, 0.3), ("王磊", 17, 0.5, 0.6)], 1,
             ("起止日期 2015 年 12 月 22 日至 2016 年 6 月 5 日", 14, 0.2, 0.8), body=[])
    assert m.year == 2016


def test_a_line_that_the_file_draws_twice_counts_once():
    again = ("的遥感反演方法", 22, 0.3, 0.7)
    m = read(KIND, 3, ("论文题目：面向高原湖泊的湖水温度", 22, 0.2, 0.8), again, again, 2,
             ("作者姓名：王磊", 14, 0.2, 0.6), body=[])
    assert m.title == "面向高原湖泊的湖水温度的遥感反演方法"
    m = read(KIND, 3, ("面向高原湖泊的湖水温度", 22, 0.3, 0.7), again, again, 4, ("王磊", 14, 0.45, 0.55), body=[])
    assert m.title == "面向高原湖泊的湖水温度的遥感反演方法"


def test_a_translation_below_the_title_names_no_authors():
    m = read(KIND, 3, ("湖水温度的遥感反演方法", 22, 0.3, 0.7), ("RESEARCH ON REMOTE SENSING", 22, 0.2, 0.8),
             ("OF LAKE TEMPERATURE", 22, 0.25, 0.75), 5, ("王磊", 18, 0.45, 0.55), body=[])
    assert (m.title, m.authors) == ("湖水温度的遥感反演方法", ("王磊",))


def test_a_dedication_is_no_cover():
    rows = rows_of(("谨以此论文献给我的父母！", 16, 0.3, 0.7), body=[])
    cover = rows_of(3, ("湖水温度的遥感反演方法", 22, 0.3, 0.7), 3,
                    ("学位论文答辩日期：", 14, 0.2, 0.5), body=[], page=2)
    assert metadata_of(HEAD, [*rows, *cover], 10.0).title == "湖水温度的遥感反演方法"


def test_a_form_behind_a_cover_without_a_title_says_it():
    first = rows_of(("本科生毕业论文（设计）开题报告", 22, 0.2, 0.8), 3,
                    [("学生姓名", 16, 0.2, 0.4), ("王磊", 16, 0.5, 0.6)], 1,
                    [("指导教师", 16, 0.2, 0.4), ("李明", 16, 0.5, 0.6)], body=[])
    form = rows_of(("Ⅰ、毕业设计（论文）题目：", 14, 0.12, 0.42), 1, ("湖水温度的遥感反演方法", 14, 0.15, 0.6), 1,
                   ("Ⅱ、原始资料", 14, 0.12, 0.4), body=[], page=2)
    m = metadata_of(HEAD, [*first, *form], 10.0)
    assert (m.title, m.authors) == ("湖水温度的遥感反演方法", ("王磊",))


@pytest.mark.parametrize(("line", "year"), [("二 〇二三 年 五 月", 2023), ("二〇一九年六月", 2019),
                                            ("拣系统设计[J].湖滨大学学报，2017，34(04)", None)])
def test_years_spread_out_and_years_of_references(line, year):
    assert year_said([(line, False)], 2030) == year


@pytest.mark.parametrize(("source", "title", "author", "date"), [
    ("\\renewcommand{\\zjutitlec}{湖水温度的}\\renewcommand{\\zjutitlecb}{遥感反演}"
     "\\zjuauthor{王磊}{Wang}\\zjudate{June 1, 2009}",
     "湖水温度的 遥感反演", "王磊", "June 1, 2009"),
    ("\\titlea{湖水温度的}\\titleb{遥感反演}\\author{王磊}\\submitdate{2021年6月}\\englishtitle{Lakes}",
     "湖水温度的 遥感反演", "王磊", "2021年6月"),
    ("\\thesistitle{湖水温度的遥感反演}{}{On Lakes}\\thesisauthor{王磊}{W}\\thesisbegin{2018}",
     "湖水温度的遥感反演", "王磊", ""),
    ("\\maketitle\\titleformat{\\chapter}{x y z w}\\booktitle{A book of many words}", "", "", ""),
    ("\\author{王磊}\\chapter{绪论}Words. \\begin{thebibliography}{9}\\author{Li Ming}", "", "王磊", ""),
    ("\\hsetup{info = {title = 湖水温度的遥感反演, author = 王磊, submissionDate = 2026年6月}}",
     "湖水温度的遥感反演", "王磊", "2026年6月"),
])
def test_commands_tell_by_their_names_what_they_are_for(source, title, author, date):
    assert declared(source) == (title, author, date)


def test_a_class_may_use_up_what_declares_the_title(tmp_path):
    (tmp_path / "thesis.cls").write_text(
        "\\newcommand{\\xsetup}[1]{\\setkeys{x}{#1}}\\newcommand{\\xinputfile}[2][]{\\input{#2}}")
    (tmp_path / "cover.tex").write_text(
        "\\xsetup{ctitle={湖水温度\\\\的遥感反演},cauthor={王磊},cdate={二〇一九年五月}}")
    (tmp_path / "main.tex").write_text(
        "\\documentclass{thesis}\\begin{document}\\xinputfile{cover}\\chapter{绪论}Words.\\end{document}")
    with Sandbox() as sandbox:
        (source,) = [item for item in scan([tmp_path])[0] if item.path.endswith("main.tex")]
        m = sandbox.read(source).metadata
    assert (m.title, m.authors, m.year) == ("湖水温度的遥感反演", ("王磊",), 2019)
