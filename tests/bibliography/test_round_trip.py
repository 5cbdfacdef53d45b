"""What is written as BibTeX, RIS or CSL JSON is read back as the same entries."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.bibliography.bibtex import to_bibtex
from kb.bibliography.csl import to_item
from kb.bibliography.ris import to_ris
from kb.readers.bibtex_entries import read_bibtex
from kb.readers.csl_json import read_csl
from kb.readers.ris import read_ris
from kb.types import ENTRY_TYPES, Entry, Person

LETTERS = "abcdefgzABCXYZ éüñøßŠć 中文学习机器 0123456789 .,:;'\"&%$#_{}~^\\/()[]-+*=!?@|–—“”"
TEXT = st.text(LETTERS, min_size=1, max_size=40).map(lambda text: " ".join(f"T{text}n".split()))
LINE = st.one_of(TEXT, st.sampled_from([
    "Sand and Iron & Steel: 100% of {braces} in C_1", "$L_2$ norms and a price of $5", "机器学习 与 “深度学习”：综述",
    "Ünïcödé naïve façade", "A -- B --- C", "R&D in 'quotes' ''twice''", "AU - not a tag"]))
WORD = st.text("abcdefgXYZ中文éü0123456789", min_size=1, max_size=12)
FAMILY = st.sampled_from(["Vaswani", "van Gogh", "Müller", "O'Neil", "García Márquez", "Brown-Land", "Łukasz",
                          "Anderson", "Le Cun"])
GIVEN = st.sampled_from(["Ashish", "J. P.", "Jean-Pierre", "Émile", "Ana and", "K", "X. Y."])
PERSON = st.one_of(
    st.builds(Person, FAMILY, GIVEN), st.builds(Person, FAMILY, GIVEN, st.just("Jr.")),
    st.builds(Person, st.sampled_from(["张", "欧阳", "司马"]), st.sampled_from(["三", "娜娜"])),
    st.builds(Person, st.sampled_from(["张三", "World Health Organization", "Barnes and Noble, Inc.", "OpenAI",
                                       "中国科学院 计算技术研究所", "Research & Development", "{ACME}"])))
DATE = st.sampled_from(["", "2017", "1999-06", "2021-12-31"])
SERIAL = ("article-journal", "article-magazine", "article-newspaper")


@st.composite
def entries(draw):
    """An entry with every field that its type has."""
    type_ = draw(st.sampled_from(ENTRY_TYPES))
    maybe = st.one_of(st.just(""), LINE)
    word = st.one_of(st.just(""), WORD)
    arxiv = draw(st.sampled_from(["", "1706.03762", "cs/0112017v1"])) if type_ == "article" else ""
    container = "" if type_ in ("book", "thesis", "report", "article") else draw(maybe).removesuffix(",")
    is_numbered = type_ in ("report", "patent", "standard")
    return Entry(
        key="key1", type=type_, title=draw(LINE), authors=tuple(draw(st.lists(PERSON, max_size=4))),
        editors=() if type_ == "thesis" else tuple(draw(st.lists(PERSON, max_size=2))), issued=draw(DATE),
        container=container,
        volume=draw(word), issue="" if is_numbered else draw(word),
        pages=draw(st.sampled_from(["", "1-10", "e0238915", "xii", "1137:1-1137:25"])),
        publisher=draw(maybe.filter(lambda publisher: publisher != container or not container)), place=draw(maybe),
        edition=draw(word), number=draw(word) if is_numbered else "",
        genre=draw(st.sampled_from(["", "PhD thesis", "Habilitation"])) if type_ in ("thesis", "report") else "",
        doi=draw(st.sampled_from(["", "10.1000/ab_c(d)1", "10.1016/0004-3702(94)00041-x"])), arxiv=arxiv,
        isbn=draw(st.sampled_from(["", "978-3-16-148410-0"])) if type_ in ("book", "chapter") else "",
        issn=draw(st.sampled_from(["", "1367-4803"])) if type_ in SERIAL else "",
        url=draw(st.sampled_from(["", "https://x.org/a_b?c=%20d&e=#f", "http://例.cn/论文~1"])),
        accessed=draw(DATE), abstract=draw(maybe), language=draw(st.sampled_from(["", "en", "zh-CN"])),
        keywords=tuple(draw(st.lists(st.sampled_from(["机器学习", "deep learning", "R&D", "C#", "50%"]), unique=True,
                                     max_size=3))), note=draw(maybe))


def expected(entry: Entry) -> Entry:
    """A doctoral thesis is one where nothing else is said; a preprint without a publisher is arXiv's."""
    if entry.arxiv:
        return dataclasses.replace(entry, publisher=entry.publisher or "arXiv")
    return entry


@settings(max_examples=60, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_bibtex(several):
    several = [dataclasses.replace(entry, key=f"k{i}", genre=entry.genre or "PhD thesis" if entry.type == "thesis"
                                   else entry.genre) for i, entry in enumerate(several)]
    found = read_bibtex("\n".join(map(to_bibtex, several)))
    assert list(found.entries) == [expected(entry) for entry in several] and not found.problems


@settings(max_examples=60, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_ris(several):
    found = read_ris("\n".join(map(to_ris, several)))
    assert list(found.entries) == [expected(entry) for entry in several] and not found.problems


@settings(max_examples=60, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_csl(several):
    found = read_csl(json.dumps([to_item(entry) for entry in several], ensure_ascii=False))
    assert list(found.entries) == [expected(entry) for entry in several] and not found.problems


@pytest.mark.parametrize("name", ["Barnes and Noble", "others", "World Health Organization"])
def test_a_name_that_must_not_be_parted_is_not(name):
    entry = Entry("k", "book", "A book", (Person(name),))
    assert read_bibtex(to_bibtex(entry)).entries[0].authors == ((Person(name),) if name != "others" else ())
    assert name == "others" or read_ris(to_ris(entry)).entries[0].authors == (Person(name),)
