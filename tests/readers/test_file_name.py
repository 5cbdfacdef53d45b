"""What a file's name says, and what other kinds of files say of themselves."""

import pytest

from kb.readers.file_name import metadata_of_name
from kb.readers.metadata import merge
from kb.readers.refused import is_no_doi, is_no_title
from kb.types import Metadata


@pytest.mark.parametrize(
    ("name", "title", "authors", "year"),
    [
        ("Smith 2019 - Learning to prune.pdf", "Learning to prune", ("Smith",), 2019),
        ("Smith et al. - 2019 - Learning to prune.pdf", "Learning to prune", ("Smith",), 2019),
        ("Smith and Jones - 2020 - Learning to prune.pdf", "Learning to prune", ("Smith", "Jones"), 2020),
        ("模型压缩方法综述_张晓明.pdf", "模型压缩方法综述", ("张晓明",), None),
        ("2106.09685v2.pdf", "", (), 2021),
        ("ChinaXiv-201904.00081V1.md", "", (), 2019),
        ("chinaxiv_202213.00081.md", "", (), None),
        ("report2019.pdf", "", (), None),
        ("final version 2.pdf", "", (), None),
    ],
)
def test_names_in_use(name, title, authors, year):
    m = metadata_of_name(name)
    assert (m.title, m.authors, m.year) == (title, authors, year)
    assert set(m.guessed) == {field for field in ("title", "authors", "year", "arxiv") if getattr(m, field)}


def test_a_name_is_the_last_guess_and_only_of_the_same_title():
    own = Metadata(title="Learning to prune")
    assert merge(Metadata(), own, (), "Smith 2019 - Learning to prune.pdf").authors == ("Smith",)
    assert merge(Metadata(), own, (), "Smith 2019 - Another paper.pdf").authors == ()


def test_titles_that_nobody_gave():
    assert all(
        map(
            is_no_title,
            (
                "Microsoft Word - x.doc",
                "Proceedings Template - WORD",
                "Sample article",
                "x.dvi",
                "基于学位论文模板",
                "Document1",
                "论文题目",
            ),
        )
    )
    assert not any(
        map(is_no_title, ("Template matching in images of cells", "Word embeddings: a survey", "模板匹配算法综述"))
    )
    assert is_no_doi("10.1145/1122445.1122456") and not is_no_doi("10.1145/3448016.3457550")


def test_a_page_s_linked_data_and_dublin_core(sandbox, tmp_path):
    from kb.readers import scan

    (tmp_path / "a.html").write_text("""<html><head><title>Site</title><script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [{"@type": "ScholarlyArticle", "headline": "Pruning at scale",
 "author": [{"@type": "Person", "name": "Ada Lovelace"}, {"givenName": "Alan", "familyName": "Turing"}],
 "datePublished": "2021-04-01", "isPartOf": {"@type": "Periodical", "name": "Journal of Pruning"},
 "sameAs": "https://doi.org/10.1234/abc.5"}]}</script></head>
 <body><article><p>Some words of it.</p></article></body>""")
    (tmp_path / "b.html").write_text("""<html><head><meta name="DC.title" content="Pruning">
<meta name="DC.creator" content="Lovelace, Ada"><meta name="DC.creator" content="Turing, Alan">
<meta name="DC.date.issued" content="2020-02"><meta name="DC.identifier" content="https://x.org/1">
<meta name="DC.identifier" content="doi:10.1234/abc.6"></head><body><p>Some words of it.</p></body>""")
    a, b = (sandbox.read(scan([tmp_path / name])[0][0]).metadata for name in ("a.html", "b.html"))
    assert (a.title, a.authors, a.year, a.venue, a.doi) == (
        "Pruning at scale",
        ("Ada Lovelace", "Alan Turing"),
        2021,
        "Journal of Pruning",
        "10.1234/abc.5",
    )
    assert (b.title, b.authors, b.year, b.doi) == ("Pruning", ("Ada Lovelace", "Alan Turing"), 2020, "10.1234/abc.6")


def test_a_text_with_an_abstract_has_a_title_block(sandbox, tmp_path):
    from kb.readers import scan

    (tmp_path / "a.md").write_text(
        "# 模型压缩综述\n\n张晓明，李华\n\n大学\n\n2022 年 3 月\n\n## 摘要\n\n本文综述了方法。\n"
    )
    (tmp_path / "b.md").write_text("# A note\n\nPalo Alto and other towns are mentioned here.\n\nMore words.\n")
    a, b = (sandbox.read(scan([tmp_path / name])[0][0]).metadata for name in ("a.md", "b.md"))
    assert (a.title, a.authors, a.year) == ("模型压缩综述", ("张晓明", "李华"), 2022)
    assert {"authors", "year"} <= set(a.guessed)
    assert (b.authors, b.year) == ((), None)


@pytest.mark.parametrize(("line", "doi", "year"), [
    ("关键词：缓存；剪枝 中图分类号：TP301.6 doi:10.1234/j.issn.1001-9999.2018.10.0808",
     "10.1234/j.issn.1001-9999.2018.10.0808", 2018),
    ("关键词：缓存 ＤＯＩ：１０．１２０７４／２０１９０４．００００１", "10.12074/201904.00001", 2019),
    ("关键词：缓存，剪枝，见 10.1234/other.2015.03.001", None, None)])
def test_a_number_below_the_abstract_of_a_text_is_its_own_where_it_says_so(sandbox, tmp_path, line, doi, year):
    from kb.readers import scan

    (tmp_path / "a.md").write_text(f"# 缓存的剪枝方法\n\n陈小雨，李国强\n\n摘要：本文研究缓存。\n\n{line}\n\n"
                                   "# 1 引言\n\n正文。\n", encoding="utf-8")
    m = sandbox.read(scan([tmp_path / "a.md"])[0][0]).metadata
    assert (m.doi, m.year, m.authors) == (doi, year, ("陈小雨", "李国强"))
    assert set(m.guessed) >= ({"doi", "year"} if doi else {"authors"})
