"""Title, authors, year, venue and numbers of a PDF, off its first page."""

import pytest

from kb.readers.names import Names
from kb.readers.order import Row
from kb.readers.said_year import year_said
from kb.readers.title_block import metadata_of
from tests.making import pdf_of, placed_text
from tests.readers.test_pdf_layout import prose

HEAD = {"title": "", "author": "", "aside": ""}
BODY = [f"this line of running text says how the models were trained and what came out of it {i}" for i in range(20)]


def rows_of(*lines, body=BODY, page=1):
    """Rows from (text, size, left, right), from the top, then running text at size 10; a number is a gap in lines."""
    rows, y = [], 0.93
    for line in lines:
        if isinstance(line, (int, float)):
            y -= 0.016 * line
            continue
        row = line if isinstance(line, list) else [line]
        for text, size, left, right in row:
            rows.append(Row(page, text, left, y, right, size, size > 12))
        y -= 0.002 * max(size for _, size, _, _ in row)
    for text in body:
        y -= 0.016
        rows.append(Row(page, text, 0.12, y, 0.88, 10.0, False))
    return rows


def read(*lines, head=HEAD, **more):
    return metadata_of({**HEAD, **head}, rows_of(*lines, **more), 10.0)


def test_marks_and_addresses_are_no_part_of_a_name():
    m = read(
        ("Learning to Prune Large Models", 17, 0.2, 0.8),
        1,
        ("Ada Lovelace∗, Alan M. Turing¹,² and Grace Hopper†", 11, 0.2, 0.8),
        ("¹ University of Nowhere, ² Institute of Things", 10, 0.2, 0.8),
        ("{ada, alan}@nowhere.edu", 10, 0.3, 0.7),
        1,
        ("Abstract", 12, 0.45, 0.55),
    )
    assert m.title == "Learning to Prune Large Models"
    assert m.authors == ("Ada Lovelace", "Alan M. Turing", "Grace Hopper")
    assert {"title", "authors"} <= set(m.guessed)


def test_each_author_above_an_address_of_its_own():
    m = read(
        ("A Study of Caches in Practice", 17, 0.2, 0.8),
        1,
        [("Ada Lovelace", 11, 0.15, 0.3), ("Alan Turing", 11, 0.6, 0.75)],
        [("Nowhere University", 10, 0.15, 0.3), ("Institute of Things", 10, 0.6, 0.75)],
        [("Paris, France", 10, 0.15, 0.3), ("London, UK", 10, 0.6, 0.75)],
        1,
        ("Abstract", 12, 0.45, 0.55),
    )
    assert m.authors == ("Ada Lovelace", "Alan Turing")


def test_a_chinese_journal_says_all_on_its_first_page():
    m = read(
        [("第 41 卷 第 3 期", 9, 0.1, 0.25), ("计算机应用学报", 10, 0.4, 0.6), ("Vol. 41 No. 3", 9, 0.75, 0.9)],
        [("2018 年 3 月", 9, 0.1, 0.2)],
        1,
        ("面向边缘设备的模型压缩方法研究*", 18, 0.25, 0.75),
        1,
        ("张晓明¹，欧阳华²，王 磊¹", 12, 0.35, 0.65),
        ("（1. 某某大学 计算机学院，北京 100000）", 9, 0.3, 0.7),
        1,
        ("摘 要：本文研究了模型压缩。", 9, 0.12, 0.88),
        ("关键词：剪枝；量化", 9, 0.12, 0.5),
        ("收稿日期：2017-09-01", 8, 0.12, 0.4),
        ("DOI：10.3969/j.issn.1000-0000.2018.03.007", 8, 0.12, 0.6),
        body=(),
    )
    assert (m.title, m.authors, m.year) == ("面向边缘设备的模型压缩方法研究", ("张晓明", "欧阳华", "王磊"), 2018)
    assert (m.venue, m.doi) == ("计算机应用学报", "10.3969/j.issn.1000-0000.2018.03.007")


def test_an_entry_to_be_cited_by_says_authors_venue_and_year():
    m = read(
        ("基于图的推荐算法综述", 18, 0.25, 0.75),
        1,
        ("李 明  王小红", 12, 0.35, 0.65),
        1,
        ("摘要 推荐算法。", 9, 0.1, 0.9),
        ("引用格式：李明, 王小红. 基于图的推荐算法综述. 软件世界学报, 2021, 32(4): 1-20", 9, 0.1, 0.8),
        body=(),
    )
    assert (m.authors, m.venue, m.year) == (("李明", "王小红"), "软件世界学报", 2021)


def test_a_cover_names_its_fields_and_the_tutor_is_no_author():
    m = read(
        ("某某大学", 30, 0.3, 0.7),
        1,
        ("本科毕业论文（设计）", 24, 0.25, 0.75),
        3,
        ("题 目 基于微服务的选课系统", 16, 0.2, 0.7),
        ("的设计与实现", 16, 0.35, 0.6),
        2,
        [("学生姓名：", 14, 0.2, 0.35), ("陈小雨", 14, 0.5, 0.6)],
        1,
        [("学 号：", 14, 0.2, 0.35), ("20190001", 14, 0.5, 0.6)],
        1,
        [("指导教师：", 14, 0.2, 0.35), ("李国强", 14, 0.5, 0.6)],
        2,
        ("二〇二三年五月十二日", 14, 0.4, 0.6),
        body=(),
    )
    assert (m.title, m.authors, m.year) == ("基于微服务的选课系统的设计与实现", ("陈小雨",), 2023)


@pytest.mark.parametrize(
    "declared",
    [
        "Proceedings Template - WORD",
        "Microsoft Word - final2.doc",
        "Overleaf Example",
        "untitled",
        "Sample article for a journal",
        "基于某期刊论文模板",
        "第1章绪论",
        "表五：",
    ],
)
def test_a_template_s_title_gives_way_to_the_page_s(declared):
    m = read(
        ("Efficient Search in Small Graphs", 17, 0.2, 0.8),
        1,
        ("Ada Lovelace", 11, 0.4, 0.6),
        1,
        ("Abstract", 12, 0.45, 0.55),
        head={"title": declared},
    )
    assert (m.title, "title" in m.guessed) == ("Efficient Search in Small Graphs", True)


@pytest.mark.parametrize("declared", ["Administrator", "微软用户", "lenovo", "TYPE1PD", "86187", "admin"])
def test_an_account_of_a_computer_is_no_author(declared):
    m = read(
        ("Efficient Search in Small Graphs", 17, 0.2, 0.8), 1, ("Abstract", 12, 0.45, 0.55), head={"author": declared}
    )
    assert m.authors == ()


def test_what_the_page_confirms_is_declared_and_no_guess():
    m = read(
        ("Efficient Search in Small Graphs", 17, 0.2, 0.8),
        1,
        ("Ada Lovelace and Alan Turing", 11, 0.3, 0.7),
        1,
        ("Abstract", 12, 0.45, 0.55),
        head={"title": "Efficient search in small graphs", "author": "Ada Lovelace, Alan Turing"},
    )
    assert (m.title, m.authors, m.guessed) == (
        "Efficient search in small graphs",
        ("Ada Lovelace", "Alan Turing"),
        (),
    )


def test_an_arxiv_number_gives_the_year_of_its_first_version():
    m = read(
        ("Efficient Search in Small Graphs", 17, 0.2, 0.8), head={"aside": "arXiv:1706.03762v7 [cs.CL] 2 Aug 2023"}
    )
    assert (m.arxiv, m.year) == ("1706.03762", 2017)


def test_a_placeholder_is_no_doi():
    m = read(
        ("Efficient Search in Small Graphs", 17, 0.2, 0.8),
        ("https://doi.org/10.1145/1122445.1122456", 8, 0.1, 0.5),
        ("doi 10.1145/nnnnnnn.nnnnnnn", 8, 0.1, 0.5),
        ("doi:10.1234/real.5678", 8, 0.1, 0.5),
    )
    assert m.doi == "10.1234/real.5678"


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("Published in the Proceedings of XYZ 2012", 2012),
        ("XYZ ’17, May 14–19, Chicago", 2017),
        ("© 2019 The Authors", 2019),
        ("二〇一七年五月", 2017),
        ("Received 3 May 2014", None),
        ("(Smith et al., 2016; Li, 2018)", None),
        ("the General Lexicon [Stone,1966]", None),
        ("supported by grant 2015CB352400", None),
        ("the techniques of the 1980s", None),
        ("作者简介：陈小雨（1985.3—），女，副教授", None),
        ("李国强（1979－），男，湖滨人", None),
        ("Ada Lovelace was born in 1985 in Lakeside", None),
    ],
)
def test_the_year_is_that_of_publication(line, year):
    assert year_said([(line, False)], 2030) == year


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Abhishek Verma† Luis Pedrosa‡ Madhukar Korupolu", ("Abhishek Verma", "Luis Pedrosa", "Madhukar Korupolu")),
        ("Eric Tune John Wilkes David Oppenheimer", ("Eric Tune", "John Wilkes", "David Oppenheimer")),
        ("Jane Roe a, *, Li Fu b", ("Jane Roe", "Li Fu")),
        ("Roe, Jane Ann; Doe, John", ("Jane Ann Roe", "John Doe")),
        ("Robbert van Renesse, Ph.D.", ("Robbert van Renesse",)),
        ("殷昊李寿山贡正仙周国栋", ("殷昊", "李寿山", "贡正仙", "周国栋")),
        ("何 穗  欧阳修", ("何穗", "欧阳修")),
        ("University of Florida", ()),
        ("Palo Alto, CA 94303", ()),
        ("May 2007", ()),
        ("Harvard Medical School, Boston", ()),
    ],
)
def test_names_in_a_line(line, names):
    assert Names("").of(line).names == names


def test_words_of_the_document_are_no_names():
    assert Names("we use neural machines for fast translation").of("Neural Machines Translation").names == ()


ZH_TITLE = ("面向边缘设备的模型压缩方法研究", 18, 0.25, 0.75)
ZH_ABSTRACT = ("摘 要：本文研究了模型压缩。", 9, 0.12, 0.88)
ZH_BODY = ["本文介绍了模型的训练方法和实验结果，并与其他方法进行了比较，说明了它的优点和不足之处。"] * 12


@pytest.mark.parametrize(("line", "authors"), [
    ("王 磊  张晓明  李 娜", ("王磊", "张晓明", "李娜")),
    ("王磊1) 张晓明1),2) 李娜2)", ("王磊", "张晓明", "李娜")),
    ("王磊（某某大学），张晓明（另一大学），李娜（某研究所）", ("王磊", "张晓明", "李娜")),
    ("王磊¹，张晓明¹（通信作者），李娜²", ("王磊", "张晓明", "李娜")),
    ("王磊 WANG Lei，张晓明 ZHANG Xiaoming", ("王磊", "张晓明")),
    ("王磊（2018011021） 张晓明（2018011022）", ("王磊", "张晓明")),
    ("王磊  湖滨大学计算机学院", ("王磊",)),
    ("王磊/湖滨大学", ("王磊",)),
    ("江苏 湖滨大学", ()),
    ("湖滨大学（北京）计算机学院", ()),
])
def test_chinese_names_with_what_stands_beside_them(line, authors):
    m = read(ZH_TITLE, 1, (line, 12, 0.3, 0.7), ZH_ABSTRACT, body=ZH_BODY)
    assert (m.title, m.authors) == (ZH_TITLE[0], authors)


@pytest.mark.parametrize(("above", "below", "title"), [
    (("面向边缘设备的模型压缩", 20, 0.3, 0.7), ("——基于剪枝与量化的方法", 15, 0.35, 0.65),
     "面向边缘设备的模型压缩——基于剪枝与量化的方法"),
    (("PruneNet:", 20, 0.4, 0.6), ("A Method for Pruning Large Models", 15, 0.25, 0.75),
     "PruneNet: A Method for Pruning Large Models"),
    (("计算机工程与应用", 22, 0.1, 0.4), ZH_TITLE, ZH_TITLE[0]),
    (("《机器学习》课程论文", 20, 0.3, 0.7), ZH_TITLE, ZH_TITLE[0]),
    (("Revisiting Inverted Indices for Large", 17, 0.2, 0.8), ("Approximate Nearest Neighbors", 17, 0.3, 0.7),
     "Revisiting Inverted Indices for Large Approximate Nearest Neighbors"),
])
def test_a_subtitle_belongs_to_the_title_and_a_masthead_does_not(above, below, title):
    names = "王磊，张晓明" if "模型" in title else "Ada Lovelace, Alan Turing"
    abstract = ZH_ABSTRACT if "模型" in title else ("Abstract", 12, 0.45, 0.55)
    m = read(above, below, 1, (names, 12, 0.4, 0.6), abstract, body=ZH_BODY if "模型" in title else BODY)
    assert m.title == title
    assert len(m.authors) == 2


def test_the_mark_of_a_footnote_in_a_circle_is_no_part_of_a_title():
    m = read(("基于剪枝的模型压缩研究①", 18, 0.2, 0.8), 1, ("王磊，张晓明②", 12, 0.4, 0.6), ZH_ABSTRACT, body=ZH_BODY)
    assert (m.title, m.authors) == ("基于剪枝的模型压缩研究", ("王磊", "张晓明"))


@pytest.mark.parametrize(("lines", "year"), [
    (["第 38 卷 第 11 期", "2018 年 11 月", "收稿日期：2017-03-16；修回日期：2017-05-24"], 2018),
    (["网络出版时间：2019-07-16", "收稿日期：2018-04-04"], 2019),
    (["网络首发时间：2019-12-16", "2020 年第 46 卷第 1 期"], 2020),
    (["53(2): 247-261, 2016", "(C)1994-2022 China Academic Journal Electronic Publishing House."], 2016),
    (["(2011AA010706), the National Natural Science Foundation of Nowhere (61133016)"], None),
    (["CHI 2018, April 21–26, 2018, Montreal, QC, Canada"], 2018),
    (["收稿日期：2017-03-16；修回日期：2017-05-24"], None),
])
def test_the_year_of_the_issue_counts_and_neither_the_database_s_nor_a_grant_s(lines, year):
    assert year_said([(line, True) for line in lines], 2030) == year


@pytest.mark.parametrize("n_blank", [2, 3, 5, 8])
def test_a_title_behind_pages_without_text_does_not_stop_the_reader(read, n_blank):
    page = [placed_text(150, 700, "A Title of Some Larger Words", 20), *prose(600, 20)]
    document = read("a.pdf", pdf_of(*[["0 0 m"]] * n_blank, page, prose(700, 20)))
    assert "A Title of Some Larger Words" in document.text
