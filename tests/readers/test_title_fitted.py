"""Titles among what stands around them, and names as recognisers and templates spell them."""

import tomllib
from pathlib import Path

import pytest

import kb
from kb.readers.names import Names
from kb.readers.refused import is_no_title
from kb.readers.title_features import Page, features
from kb.readers.title_lines import candidates, runs_of, tidy_title
from tests.readers.test_title_block import BODY, ZH_ABSTRACT, ZH_BODY, read, rows_of

ABSTRACT = ("Abstract", 12, 0.45, 0.55)
LATIN = ("Ada Lovelace, Alan Turing", 11, 0.3, 0.7)


def test_every_count_has_a_weight():
    rows = rows_of(("A Study of Caches", 17, 0.2, 0.8), 1, LATIN, 1, ABSTRACT)
    page = Page(rows, 10.0, Names(""))
    run, text = runs_of(page)[0]
    weights = tomllib.loads((Path(kb.__file__).parent / "data" / "title_weights.toml").read_text(encoding="utf-8"))
    assert {*features(run, text, page), "any"} == set(weights)


@pytest.mark.parametrize("banner", ["Working Paper", "Essay", "Technical Report No. 12", "RESEARCH ARTICLE",
                                    "Case Study"])
@pytest.mark.parametrize("size", [11, 15])
def test_a_kind_of_work_above_the_title_is_none_of_it(banner, size):
    m = read((banner, size, 0.12, 0.3), 1, ("Listening to Forests at Night", 17, 0.2, 0.8), 1, LATIN, 1, ABSTRACT)
    assert m.title == "Listening to Forests at Night"


@pytest.mark.parametrize("banner", ["专论", "研究简报", "综述", "理论述评", "工商管理"])
def test_a_column_of_a_chinese_journal_is_no_title(banner):
    m = read((banner, 12, 0.1, 0.2), 1, ("湖水温度的遥感反演方法", 20, 0.25, 0.75), 1,
             ("王磊  张晓明", 12, 0.4, 0.6), 1, ZH_ABSTRACT, body=ZH_BODY)
    assert (m.title, m.authors) == ("湖水温度的遥感反演方法", ("王磊", "张晓明"))


def test_a_chinese_title_goes_on_in_a_line_with_english_words():
    m = read(("基于 Landsat 影像与 Transformer", 18, 0.25, 0.75), ("的湖水温度反演", 18, 0.38, 0.62), 1,
             ("王磊，张晓明", 12, 0.4, 0.6), 1, ZH_ABSTRACT, body=ZH_BODY)
    assert m.title == "基于 Landsat 影像与 Transformer 的湖水温度反演"


@pytest.mark.parametrize("dash", ["——", "—", "--"])
def test_a_smaller_line_behind_a_dash_is_the_subtitle(dash):
    m = read(("湖水温度与渔业产量", 22, 0.3, 0.7), (f"{dash}来自三个流域的证据", 14, 0.35, 0.65), 1,
             ("王磊  张晓明", 12, 0.4, 0.6), 1, ZH_ABSTRACT, body=ZH_BODY)
    assert m.title == f"湖水温度与渔业产量{'' if dash != '--' else ' '}{dash}来自三个流域的证据"


def test_a_page_of_running_text_has_no_title():
    rows = rows_of(body=BODY)
    found = candidates(Page(rows, 10.0, Names("")))
    assert not found or found[0].score < -2.2


@pytest.mark.parametrize("part", ["摘 要", "目录（示例）", "Contents", "Abstract"])
def test_the_name_of_a_part_of_a_document_is_no_title(part):
    m = read((part, 20, 0.4, 0.6), 1, body=ZH_BODY)
    assert m.title != part and (not m.title or len(m.title) > 8)
    assert read(body=ZH_BODY, head={"title": part}).title != part  # nor where the file declares it


def test_a_title_of_another_document_gives_way_to_the_cover():
    m = read(("Listening to Forests at Night", 17, 0.2, 0.8), 1, LATIN, 1, ABSTRACT,
             head={"title": "Annual Report of the Lake Board"})
    assert (m.title, "title" in m.guessed) == ("Listening to Forests at Night", True)


@pytest.mark.parametrize(("text", "title"), [
    ("术语的自动抽取 倡", "术语的自动抽取"), ("情感分类综述^{1）}", "情感分类综述"),
    ("先进工作者的倡议", "先进工作者的倡议"), ("A Survey^{*}", "A Survey")])
def test_the_mark_of_a_footnote_is_no_letter_of_the_title(text, title):
    assert tidy_title(text) == title


def test_a_declared_file_name_is_no_title():
    assert is_no_title("Common_Ground_Single")
    assert not is_no_title("Finding a_b in texts")
    m = read(("The problem: solved", 17, 0.2, 0.8), 1, LATIN, 1, ABSTRACT,
             head={"title": 'The problem: <Emphasis Type="Italic">solved</Emphasis>'})
    assert (m.title, "title" in m.guessed) == ("The problem: solved", False)


@pytest.mark.parametrize(("line", "names"), [
    ("何雨晴 ，李柏松 抖，刘 鹏 ，戴琼文", ("何雨晴", "李柏松", "刘鹏", "戴琼文")),
    ("孙志远1，薛磊1’2，许明阳1’2，王正L2", ("孙志远", "薛磊", "许明阳", "王正")),
    ("杨 超2”，冯 时2，王大玲1，一，于 戈1·2", ("杨超", "冯时", "王大玲", "于戈")),
    ("MariaBoreto^a and CharlesHendry^b", ("Maria Boreto", "Charles Hendry")),
    ("R.J.S.Baxter and P.I.Cowper", ("R.J.S. Baxter", "P.I. Cowper")),
    ("C. D. Wade Member, IEEE, P. I. Cowper, Senior Member, IEEE", ("C. D. Wade", "P. I. Cowper")),
    ("Brian Ichton Fei Xiao Ed H. Chin Quoc V. Le Denny Zhang",
     ("Brian Ichton", "Fei Xiao", "Ed H. Chin", "Quoc V. Le", "Denny Zhang")),
    ("Ryan S.J.d. Barker, Albert Corben, Vincent Alvin", ("Ryan S.J.d. Barker", "Albert Corben", "Vincent Alvin")),
    ("Yu\xa0Wang¹ · Tai\xa0Hou¹ · Wan\xa0Che¹", ("Yu Wang", "Tai Hou", "Wan Che")),
    ("17180001 唐育文", ("唐育文",)), ("报告人：王奕文、刘仝", ("王奕文", "刘仝")),
    ("张 三丰，王磊", ("张三丰", "王磊")),
    ("王磊，张晓明，Ada Lovelace", ("王磊", "张晓明", "Ada Lovelace")), ("王伟许鑫", ("王伟", "许鑫")),
])
def test_names_as_they_are_misread_or_set(line, names):
    assert Names("").of(line).names == names


@pytest.mark.parametrize("line", [
    "向儿童市场，从智能手表到智能牙刷，再到儿童智能笔，各种儿童类智能硬件层出不穷，市场",
    "湖滨大学计算机学院，某市 100084", "Nowhere University, Lake Institute",
    "Département d’Informatique et Recherche Opérationnelle"])
def test_text_and_institutions_are_no_names(line):
    assert Names("").of(line).names == ()


def test_a_word_of_the_text_is_a_name_among_sure_ones():
    assert Names("we can do this").of("Can Xu¹, Wei Wu², Tao Chong², Huang Hu¹").names == (
        "Can Xu", "Wei Wu", "Tao Chong", "Huang Hu")


def test_names_without_spaces_are_as_many_as_in_latin_letters():
    latin = "Liu Qiao，Li Yang，Duan Hong，Liu Yao，and Qin Zhiguang"
    m = read(("湖水温度的遥感反演方法", 16, 0.1, 0.6), 1, ("刘峤李杨段宏刘瑶秦志光", 12, 0.1, 0.4),
             ("（湖滨大学）", 9, 0.1, 0.3), ("Temperatures of Lakes", 12, 0.1, 0.5), (latin, 9, 0.1, 0.6), 1,
             ZH_ABSTRACT, body=ZH_BODY)
    assert m.authors == ("刘峤", "李杨", "段宏", "刘瑶", "秦志光")


def test_authors_in_a_column_beside_the_title():
    m = read([("Relation extraction and", 22, 0.2, 0.57), ("C. Wade", 10, 0.82, 0.88)],
             [("scoring in questions", 22, 0.2, 0.5), ("A. Kalyan", 10, 0.79, 0.88)],
             [("J. Fanning", 10, 0.82, 0.88)], 2, ABSTRACT)
    assert m.title == "Relation extraction and scoring in questions"
    assert m.authors == ("C. Wade", "A. Kalyan", "J. Fanning")


def test_an_entry_with_et_al_does_not_shorten_the_authors():
    m = read(("湖水温度的遥感反演方法", 18, 0.25, 0.75), 1, ("王磊，张晓明，李娜，刘洋，陈明", 12, 0.3, 0.7), 1,
             ZH_ABSTRACT, ("引用格式：王磊, 张晓明, 李娜, 等. 湖水温度的遥感反演方法[J]. 湖泊, 2020.", 9, 0.1, 0.9),
             body=ZH_BODY)
    assert m.authors == ("王磊", "张晓明", "李娜", "刘洋", "陈明")
