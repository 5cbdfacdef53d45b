"""From paths to sources: every path ends as a source or as a named row, none twice, none through a link."""

from __future__ import annotations

import os

import pytest

from kb.errors import FileProblem
from kb.readers import PICTURES, SUPPORTED, Source, display_path, scan, sidecar_names, sidecar_owner


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def found(folder, *patterns):
    """(names of the sources relative to the folder, {relative path: code})"""
    sources, problems = scan([os.path.join(folder, pattern) for pattern in patterns])
    base = os.path.realpath(folder)
    return [os.path.relpath(os.fsdecode(source.raw), base) for source in sources
            ], {os.path.relpath(problem.path, display_path(str(folder))): problem.code for problem in problems}


def test_a_folder_gives_its_supported_files_in_the_order_of_names(tmp_path):
    suffixes = [suffix for suffix in SUPPORTED if suffix not in PICTURES]
    make(tmp_path, *(f"b{suffix}" for suffix in suffixes), "a/z.md", "a/A.MD", "c/d/e.Pdf")
    sources, problems = found(tmp_path, "")
    assert sources == ["a/A.MD", "a/z.md", *sorted(f"b{suffix}" for suffix in suffixes), "c/d/e.Pdf"]
    assert problems == {}


def test_pictures_count_where_they_are_named_or_asked_for(tmp_path):
    make(tmp_path, "a.md", "figures/b.PNG", "c.jpeg")
    assert found(tmp_path, "") == (["a.md"], {"figures/b.PNG": "SKIP_PICTURE", "c.jpeg": "SKIP_PICTURE"})
    assert found(tmp_path, "figures/b.PNG", "*.jpeg") == (["figures/b.PNG", "c.jpeg"], {})
    assert found(tmp_path, "figures", "figures/b.PNG")[0] == ["figures/b.PNG"]
    assert [len(scan([tmp_path], pictures=some)[0]) for some in (None, [os.fsencode(tmp_path / "c.jpeg")])] == [3, 2]


def test_what_is_not_supported_is_named_with_what_is(tmp_path):
    make(tmp_path, "a.xyz", "README", "b.md.gz")
    _, problems = scan([tmp_path])
    assert [problem.code for problem in problems] == ["SKIP_TYPE"] * 3
    assert all(".pdf" in problem.hint for problem in problems)
    assert "README" in problems[0].message


def test_hidden_files_and_folders_are_one_row_each_and_read_when_named(tmp_path):
    make(tmp_path, ".a.md", ".git/x.md", ".git/y.md", "b.md")
    assert found(tmp_path, "") == (["b.md"], {".a.md": "SKIP_HIDDEN", ".git": "SKIP_HIDDEN"})
    assert found(tmp_path, ".a.md", ".git") == ([".a.md", ".git/x.md", ".git/y.md"], {})
    assert found(tmp_path, "*")[0] == ["b.md"]


def test_links_are_never_followed_and_special_files_never_opened(tmp_path):
    make(tmp_path, "a.md", "sub/b.md")
    (tmp_path / "file.md").symlink_to("a.md")
    (tmp_path / "folder").symlink_to("sub")
    (tmp_path / "sub" / "ring").symlink_to(tmp_path)
    (tmp_path / "broken.md").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.md")
    expected = {
        "file.md": "SKIP_LINK", "folder": "SKIP_LINK", "sub/ring": "SKIP_LINK", "broken.md": "SKIP_LINK",
        "pipe.md": "SKIP_SPECIAL"
    }
    assert found(tmp_path, "") == (["a.md", "sub/b.md"], expected)
    assert found(tmp_path, "file.md", "folder", "broken.md") == (
        [],
        {"file.md": "SKIP_LINK", "folder": "SKIP_LINK", "broken.md": "SKIP_LINK"},
    )
    assert found(tmp_path, "**/*.md")[0] == ["a.md", "sub/b.md"]


def test_a_device_is_not_opened():
    sources, problems = scan(["/dev/null"])
    assert sources == []
    assert [problem.code for problem in problems] == ["SKIP_SPECIAL"]


def test_a_folder_reached_through_a_link_above_it_is_the_same_folder(tmp_path):
    make(tmp_path, "real/sub/a.md")
    (tmp_path / "home").symlink_to("real")
    sources, problems = scan([tmp_path / "home" / "sub", tmp_path / "real" / "sub" / "a.md"])
    assert (len(sources), problems) == (1, [])


def test_the_same_file_is_given_once_however_it_is_named(tmp_path, monkeypatch):
    make(tmp_path, "a.md")
    monkeypatch.chdir(tmp_path)
    sources, problems = scan(["a.md", "./a.md", tmp_path, str(tmp_path / "*.md"), b"a.md", f"../{tmp_path.name}/a.md"])
    assert ([source.raw for source in sources], problems) == ([os.fsencode(tmp_path.resolve() / "a.md")], [])


@pytest.mark.parametrize(("pattern", "expected"), [("*.md", ["a.md", "b.md"]),
                                                   ("**/*.md", ["a.md", "b.md", "s/c.md", "s/t/d.md"]),
                                                   ("s/**", ["s/c.md", "s/e.txt", "s/t/d.md"]),
                                                   ("?.md", ["a.md", "b.md"]), ("[ab].md", ["a.md", "b.md"]),
                                                   ("[!a].md", ["b.md"]), ("s/*/d.md", ["s/t/d.md"]),
                                                   ("*", ["a.md", "b.md", "s/c.md", "s/e.txt", "s/t/d.md"]),
                                                   ("s/t/../*.txt", ["s/e.txt"]), ])
def test_patterns(tmp_path, pattern, expected):
    make(tmp_path, "a.md", "b.md", "s/c.md", "s/t/d.md", "s/e.txt", ".h/x.md")
    assert found(tmp_path, pattern) == (expected, {})


def test_a_relative_pattern_is_taken_from_here(tmp_path, monkeypatch):
    make(tmp_path, "a.md", "s/b.md")
    monkeypatch.chdir(tmp_path / "s")
    assert [os.path.basename(source.path) for source in scan(["*.md", "../*.md"])[0]] == ["b.md", "a.md"]


@pytest.mark.parametrize("path",
                         ["nothing.md", "nothing*.md", "", "a.md/inside.md", "nul\0.md", "x" * 300 + ".md", "**"])
def test_what_matches_nothing_is_a_problem_and_no_crash(tmp_path, monkeypatch, path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.md").write_text("text")
    monkeypatch.chdir(tmp_path / "empty")
    sources, problems = scan([path])
    assert sources == []
    assert [problem.code for problem in problems] == ["E_NOT_FOUND"]
    problems[0].path.encode("utf-8")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    make(tmp_path, "a[1].md", "a1.md")
    assert found(tmp_path, "a[1].md") == (["a[1].md"], {})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_listed_is_named(tmp_path):
    make(tmp_path, "closed/a.md", "b.md")
    (tmp_path / "closed").chmod(0)
    try:
        assert found(tmp_path, "") == (["b.md"], {"closed": "E_PERMISSION"})
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_sidecars_are_no_documents_and_name_theirs(tmp_path):
    make(tmp_path, "a.pdf", "a.toml", "b.md", "b.md.toml", "c.html", "c.bib", "paper.tex", "paper.bib", "paper.tex.bib",
         "alone.toml", "refs.bib")
    sources, problems = scan([tmp_path])
    assert len(sources) == 4
    codes = {os.path.basename(problem.path): problem.code for problem in problems}
    assert codes == {
        "a.toml": "SKIP_SIDECAR",
        "b.md.toml": "SKIP_SIDECAR",
        "c.bib": "SKIP_SIDECAR",
        "paper.tex.bib": "SKIP_SIDECAR",
        "paper.bib": "SKIP_TYPE",
        "alone.toml": "SKIP_TYPE",
        "refs.bib": "SKIP_TYPE",
    }
    assert "a.pdf" in next(problem.message for problem in problems if problem.path.endswith("a.toml"))


def test_the_names_of_sidecars_most_specific_first():
    assert sidecar_names("a.pdf") == ["a.pdf.toml", "a.toml", "a.pdf.bib", "a.bib"]
    assert sidecar_names("a.tex") == ["a.tex.toml", "a.toml", "a.tex.bib"]
    assert sidecar_owner("/nowhere/a.toml") is None


@pytest.mark.parametrize(("name", "shown"), [(b"new\nline.md", "new\\nline.md"),
                                             ("rtl\u202egpj.md".encode(), "rtl\\u202egpj.md"),
                                             (b"\xff\xfe.md", "\\xff\\xfe.md"), (b"esc\x1b[31m.md", "esc\\x1b[31m.md"),
                                             ("长".encode() * 84 + b".md", "长" * 84 + ".md"),
                                             (b"a b'\"$(x)`;&.md", "a b'\"$(x)`;&.md"),
                                             ("zero\u200bwidth.md".encode(), "zero\\u200bwidth.md"), ])
def test_odd_names_are_accepted_and_shown_escaped(tmp_path, name, shown):
    assert len(name) <= 255
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"text")
    for sources, problems in (scan([path]), scan([os.fsdecode(path)])):
        assert problems == []
        assert [(os.path.basename(source.path), os.path.basename(source.raw)) for source in sources] == [(shown, name)]
    assert name.startswith(b".") or [os.path.basename(source.raw) for source in scan([tmp_path])[0]] == [name]


def test_the_suffix_of_a_source_ignores_case():
    assert Source("x", b"/a/B.PDF").suffix == ".pdf"
    assert Source("x", b"/a/\xff.Md").suffix == ".md"


def test_a_file_that_vanishes_after_the_scan_is_named(sandbox, tmp_path):
    make(tmp_path, "a.md")
    source = scan([tmp_path])[0][0]
    (tmp_path / "a.md").unlink()
    with pytest.raises(FileProblem) as caught:
        sandbox.read(source)
    assert caught.value.code == "E_NOT_FOUND"


def test_a_file_that_becomes_a_link_or_a_pipe_after_the_scan_is_not_followed(sandbox, tmp_path):
    make(tmp_path, "a.md", "other")
    source = scan([tmp_path / "a.md"])[0][0]
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").symlink_to("other")
    with pytest.raises(FileProblem) as caught:
        sandbox.read(source)
    assert caught.value.code == "SKIP_LINK"
    (tmp_path / "a.md").unlink()
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(FileProblem) as caught:
        sandbox.read(source)
    assert caught.value.code == "SKIP_SPECIAL"
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").mkdir()
    with pytest.raises(FileProblem) as caught:
        sandbox.read(source)
    assert caught.value.code == "SKIP_SPECIAL"
