"""What is known about a source, from where, and what was only guessed."""

from __future__ import annotations

import os

import pytest

from kb.errors import FileProblem
from kb.readers import scan
from kb.readers.bibtex import parse_bibtex
from kb.readers.metadata import clean_arxiv, clean_doi, merge, metadata_from, split_authors, title_from_name, year_of
from kb.readers.sidecar import sidecar_sha256
from kb.types import Metadata, Section


@pytest.fixture
def metadata_of(sandbox, tmp_path):
    """The metadata of `text` as a file of that name with these files beside it."""

    def read(text="text", name="a.md", **beside):
        (tmp_path / name).write_text(text)
        for other, content in beside.items():
            (tmp_path
             / other.replace("_", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
        return sandbox.read(scan([tmp_path / name])[0][0]).metadata

    return read


# --- precedence


def test_each_value_comes_from_the_first_that_has_it(metadata_of):
    m = metadata_of("---\ntitle: Own title\nauthor: Own Author\n---\n# Heading\n",
                    a_toml='title = "Beside"\nyear = 1999\n')
    assert (m.title, m.authors, m.year, m.guessed) == ("Beside", ("Own Author",), 1999, ())


def test_the_most_specific_file_beside_wins_and_the_others_are_not_read(metadata_of):
    assert metadata_of(
        a_toml='title = "Less"\nyear = 1990\n', a_md_toml='title = "More"\n', a_bib="@misc{x, title={Bib}}"
    ) == Metadata(title="More", beside=("title",))
    assert metadata_of(name="b.md", b_bib="@misc{x, title={Bib}}").title == "Bib"


def test_a_guess_gives_way_to_what_is_declared(metadata_of):
    assert metadata_of("no heading").guessed == ("title",)
    assert metadata_of("no heading", a_toml='title = "Known"\n').guessed == ()


def test_merge_keeps_only_the_guesses_that_were_used():
    own = Metadata(title="G", year=2001, doi="10.1/x", guessed=("title", "year"))
    assert merge(Metadata(title="D"), own, (), "a.pdf").guessed == ("year",)
    assert merge(Metadata(), Metadata(), (Section("", 0, 0, 3), Section("First", 2, 3, 9)), "a.md").title == "First"


def test_an_empty_file_beside_says_nothing(metadata_of):
    assert metadata_of("# H\n", a_toml="").title == "H"


def test_metadata_in_chinese(metadata_of):
    m = metadata_of(
        a_toml='title = "模型压缩综述"\nauthors = ["张三", "李四"]\nyear = "2023年5月"\nvenue = "计算机学报"\n'
    )
    assert (m.title, m.authors, m.year, m.venue) == ("模型压缩综述", ("张三", "李四"), 2023, "计算机学报")


def test_the_language_declared_beside_wins(sandbox, tmp_path):
    (tmp_path / "a.md").write_text("这一段是中文，全部是中文。")
    (tmp_path / "a.toml").write_text('language = "en"\n')
    assert sandbox.read(scan([tmp_path / "a.md"])[0][0]).language == "en"


def test_strings_for_display_are_one_clean_line(metadata_of):
    m = metadata_of(a_toml='title = "Two\\nlines \\u202egpj\\u200b\\u0000"\nauthors = ["A\\tB"]\n')
    assert (m.title, m.authors) == ("Two lines gpj", ("A B",))


# --- broken files beside


@pytest.mark.parametrize(("name", "content", "says"), [("a.toml", "title = ", "a.toml"),
                                                       ("a.toml", "title = 7", "title"),
                                                       ("a.toml", 'year = "soon"', "year"),
                                                       ("a.toml", 'language = "fr"', "fr"),
                                                       ("a.toml", b'title = "\xff"', "UTF-8"),
                                                       ("a.bib", "no entry", "BibTeX"),
                                                       ("a.toml", "x = " + "[" * 5000, "a.toml"),
                                                       ("a.toml", "#" * (2 << 20), "1 MB"),
                                                       ("a.toml", "year = true", "year"),
                                                       ("a.toml", "[authors]\nx = 1", "authors"), ])
def test_a_broken_file_beside_fails_its_document_and_says_why(metadata_of, name, content, says):
    with pytest.raises(FileProblem) as caught:
        metadata_of(**{name.replace(".", "_"): content})
    assert caught.value.code == "E_SIDECAR"
    assert says in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_or_folder_with_the_name_of_a_sidecar_is_not_read(sandbox, tmp_path):
    (tmp_path / "secret").write_text('title = "Secret"')
    (tmp_path / "a.md").write_text("# Own\n")
    (tmp_path / "a.toml").symlink_to("secret")
    (tmp_path / "a.md.toml").mkdir()
    os.mkfifo(tmp_path / "a.bib")
    source = scan([tmp_path / "a.md"])[0][0]
    assert sandbox.read(source).metadata.title == "Own"
    assert sidecar_sha256(source) == ""


def test_a_name_that_leaves_no_room_for_a_suffix_has_no_sidecar(sandbox, tmp_path):
    (tmp_path / ("a" * 252 + ".md")).write_text("text")
    assert sandbox.read(scan([tmp_path])[0][0]).status == "ok"


def test_the_hash_of_the_file_beside_changes_with_it(tmp_path):
    (tmp_path / "a.md").write_text("text")
    source = scan([tmp_path / "a.md"])[0][0]
    assert sidecar_sha256(source) == ""
    (tmp_path / "a.toml").write_text("year = 2001")
    first = sidecar_sha256(source)
    (tmp_path / "a.toml").write_text("year = 2002")
    assert len(first) == 64
    assert sidecar_sha256(source) != first
    assert sidecar_sha256(source, {"a.md", "a.toml"}) == sidecar_sha256(source)
    assert sidecar_sha256(source, {"a.md"}) == ""


def test_a_sidecar_of_a_file_with_an_odd_name(sandbox, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\n.md"
    for suffix, content in ((b"", b"text"), (b".toml", b'title = "T"')):
        with open(path + suffix, "wb") as file:
            file.write(content)
    assert sandbox.read(scan([path])[0][0]).metadata.title == "T"


# --- BibTeX


def test_a_bibtex_entry(metadata_of):
    m = metadata_of(a_bib=r"""% exported
    @comment{no entry}
    @InProceedings{vaswani2017,
      Title = {Attention {Is} All You Need},
      author = "Vaswani, Ashish and M{\"u}ller, J{\"o}rg and others", year = 2017, booktitle = {Advances in
        {N}eural Information}, eprint = {1706.03762}, archivePrefix = {arXiv}, doi = {10.1000/182}, pages={1--9}
    }""")
    assert (m.title, m.authors, m.year, m.venue, m.arxiv, m.doi) == (
        "Attention Is All You Need",
        ("Ashish Vaswani", "Jörg Müller"),
        2017,
        "Advances in Neural Information",
        "1706.03762",
        "10.1000/182",
    )


def test_of_several_entries_the_one_named_like_the_file_counts(metadata_of):
    two = "@misc{a, title={Mine}}\n@misc{b, title={Other}}"
    assert metadata_of(a_bib=two).title == "Mine"
    assert metadata_of("# H\n", name="c.md", c_bib=two).title == "H"


@pytest.mark.parametrize("text", [
    "@misc{x, title={never closed", "@misc{x, title=", "@misc{,}", "@" * 1000,
    "@misc{x, title={" + "{" * 5000 + "a" + "}" * 5000 + "}}", "@misc(x, title=\"a\")"
])
def test_broken_bibtex_raises_nothing(text):
    for fields in parse_bibtex(text).values():
        assert all(isinstance(value, str) for value in fields.values())


# --- values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Jane Doe", ("Jane Doe",)),
        ("Doe, Jane", ("Jane Doe",)),
        ("Jane Doe and John Roe", ("Jane Doe", "John Roe")),
        ("Doe, Jane; Roe, John", ("Jane Doe", "John Roe")),
        ("Jane Doe, John Roe, Ann Poe", ("Jane Doe", "John Roe", "Ann Poe")),
        ("张三、李四、王五", ("张三", "李四", "王五")),
        ("张三，李四", ("张三", "李四")),
        ("张三；李四", ("张三", "李四")),
        ("欧阳修", ("欧阳修",)),
        (["A B", "C, D", {"given": "E", "family": "F"}, {"name": "G H"}, 7, None, ""], ("A B", "D C", "E F", "G H")),
        ("Martin Luther King, Jr.", ("Martin Luther King, Jr.",)),
        ("Jane Doe and Jane Doe", ("Jane Doe",)),
        ("A B and others", ("A B",)),
        (None, ()),
        (7, ()),
        ("", ()),
        ("  ", ()),
        ("Jane Doe, John Roe, and Ann Poe", ("Jane Doe", "John Roe", "Ann Poe")),
        ("Jane Doe, John Roe and Ann Poe", ("Jane Doe", "John Roe", "Ann Poe")),
        ("van Gogh, Vincent Willem", ("Vincent Willem van Gogh",)),
        ("van Gogh, Vincent Willem and Doe, Jane", ("Vincent Willem van Gogh", "Jane Doe")),
        ("Doe, Jane and others", ("Jane Doe",)),
        ({"name": "X Y"}, ("X Y",)),
        ("Ludwig van Beethoven", ("Ludwig van Beethoven",)),
    ],
)
def test_authors(value, expected):
    assert split_authors(value) == expected


def test_a_chinese_name_in_two_parts_is_put_together_family_first():
    assert split_authors("张, 三") == ("张三",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2020, 2020),
        ("2020", 2020),
        ("2020-03-01", 2020),
        ("March 2021", 2021),
        ("2023年5月", 2023),
        ("20200301", 2020),
        ("c. 1850", 1850),
        (True, None),
        ("", None),
        (None, None),
        ("12", None),
        (99, None),
        ("12020", None),
        ("3000", None),
        (2020.0, 2020),
    ],
)
def test_years(value, expected):
    assert year_of(value) == expected


def test_identifiers_lose_what_is_around_them():
    assert clean_doi("https://doi.org/10.1145/3292500.3330701.") == "10.1145/3292500.3330701"
    assert clean_doi("doi: 10.1000/a(b)c") == "10.1000/a(b)c"
    assert clean_doi("no doi") is None
    assert clean_arxiv("https://arxiv.org/abs/1706.03762v7") == "1706.03762v7"
    assert clean_arxiv("arXiv:cs.CL/0309034") == "cs.CL/0309034"
    assert clean_arxiv("hep-th/9901001") == "hep-th/9901001"
    assert clean_arxiv("none") is None


def test_only_web_addresses_are_kept_as_url():
    assert metadata_from({"url": "https://example.org/a?b=c"})[0].url == "https://example.org/a?b=c"
    for url in ("javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://a b", 'https://a"b'):
        assert metadata_from({"url": url})[0].url is None


@pytest.mark.parametrize(("name", "title"), [("my_first__paper.pdf", "my first paper"), ("论文.v2.md", "论文.v2"),
                                             ("- x -.txt", "x"), ("___.md", "___"), ("a\nb.md", "a\\nb"),
                                             ("\udcff.md", "\\xff"), ])
def test_a_title_from_the_name_of_a_file(name, title):
    assert title_from_name(name) == title
