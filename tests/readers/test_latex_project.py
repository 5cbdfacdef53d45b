"""LaTeX of several files: one document, its parts where they are put in, and nothing from outside its folder."""

from __future__ import annotations

import pytest

from kb.readers import Source, scan
from kb.readers.sandbox import Sandbox
from kb.readers.sidecar import sidecar_sha256

MAIN = """\\documentclass{article}
\\usepackage{mine}
\\input{macros}
\\begin{document}
\\input chapters/intro
\\include{chapters/method}
\\subfile{chapters/alone}
\\import{appendix/}{more}
As \\cite{li2020} and \\citet{wu} say. % \\input{commented}
\\begin{verbatim}
\\input{shown}
\\end{verbatim}
\\bibliography{refs}
\\end{document}
"""
FILES = {
    "main.tex": MAIN, "macros.tex": "\\newcommand{\\net}{FastNet}", "mine.sty": "\\newcommand{\\best}[1]{\\textbf{#1}}",
    "chapters/intro.tex": "\\section{Intro}We propose \\net, \\best{97.3}.% last line",
    "chapters/method.tex": "\\section{Method}Words.\n\\endinput\nNot these.", "appendix/more.tex": "\\input{deep}",
    "appendix/deep.tex": "Deep words.",
    "chapters/alone.tex": "\\documentclass[../main]{subfiles}\\begin{document}Alone.\\end{document}",
    "refs.bib": "@article{li2020, author={Li, Wei and Wu, An}, title={On {\\'E}t{\\'e} \\& 5\\% more}, "
                "journal={J}, year=2020}\n"
                "@book{other, title={Not cited}}",
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def read(folder, name="main.tex"):
    with Sandbox() as sandbox:
        return sandbox.read(scan([folder / name])[0][0])


def test_parts_macros_and_references_are_one_document(project):
    document = read(project)
    assert document.text == (
        "# Intro\n\nWe propose FastNet, 97.3.\n\n# Method\n\nWords.\n\nAlone.\n\nDeep words. As [li2020] and [wu] say."
        "\n\n```\n\\input{shown}\n```\n\n# References\n\n[li2020] Li, Wei; Wu, An. On Été & 5% more. J, 2020.")
    assert document.notes == ()


def test_of_a_folder_only_the_main_file_is_a_document(project):
    sources, problems = scan([project])
    assert [source.path for source in sources] == [str(project / "main.tex")]
    parts = [problem for problem in problems if problem.code == "SKIP_PART"]
    assert len(parts) == 6
    assert parts[0].message == "a part of main.tex; read there"
    assert len(scan([project / "chapters/intro.tex"])[0]) == 1  # named alone, it is read alone


def test_a_bibliography_that_was_set_is_taken_before_its_entries(project):
    listed = "\\begin{thebibliography}{1}\\bibitem{li2020} Li W. Set. 2020.\\end{thebibliography}"
    (project / "main.bbl").write_text(listed)
    assert read(project).text.endswith("# References\n\n[li2020] Li W. Set. 2020.")


def test_a_change_of_a_part_is_a_change_of_the_document(project):
    source = Source(str(project / "main.tex"), bytes(project / "main.tex"))
    before = sidecar_sha256(source)
    (project / "appendix/deep.tex").write_text("Other words.")
    assert sidecar_sha256(source) != before


def test_nothing_is_read_from_outside_the_folder_or_through_a_link(project):
    inner = project / "inner"
    inner.mkdir()
    (project / "secret.tex").write_text("canary")
    (inner / "link.tex").symlink_to(project / "secret.tex")
    (inner / "folder").symlink_to(project)
    names = ("../secret", "link", "folder/secret", str(project / "secret"), "chapters/../../secret")
    inputs = "".join(f"\\input{{{name}}}" for name in names)
    (inner / "main.tex").write_text(f"\\begin{{document}}Words.{inputs}\\end{{document}}")
    document = read(inner)
    assert (document.text, document.note) == ("Words.", "5 included files were not read")


def test_files_that_put_each_other_in_end(tmp_path):
    (tmp_path / "a.tex").write_text("\\documentclass{x}\\begin{document}A \\input{b}\\end{document}")
    (tmp_path / "b.tex").write_text("B \\input{b} \\input{b} \\input{a}")
    assert read(tmp_path, "a.tex").text == "A B"


def test_a_class_of_its_own_says_how_pages_look_and_puts_no_words_into_the_text(project):
    (project / "main.tex").write_text(
        "\\documentclass{thesis}\\usepackage{mine}\\begin{document}\\makefront\\frontmatter\n\\begin{abstract}Short."
        "\\end{abstract}\\chapter{One}We use \\best{97} of \\net.\\end{document}")
    (project / "thesis.cls").write_text(
        "\\ProvidesClass{thesis}\\LoadClass{book}\nStray words.\n\\newcommand{\\net}{FastNet}"
        "\\newcommand{\\makefront}{\\begin{titlepage}University \\@title\\end{titlepage}}"
        "\\renewcommand{\\frontmatter}{\\cleardoublepage Front}"
        "\\newenvironment{abstract}{\\chapter*{X}Hello}{}\\def\\@makechapterhead#1{Head #1}")
    with Sandbox() as sandbox:
        (source,) = [item for item in scan([project])[0] if item.path.endswith("main.tex")]
        assert sandbox.read(source).text == "# Abstract\n\nShort.\n\n# One\n\nWe use 97 of FastNet."
