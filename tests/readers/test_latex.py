"""LaTeX: prose without commands, formulas and listings as they are written."""

from __future__ import annotations

import pytest

from kb.readers.latex import plain
from tests.readers.conftest import blocks, headings


def source(body, preamble=""):
    return f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\nafter the end"


def test_sections_become_headings_and_the_preamble_goes(read):
    document = read(
        "a.tex",
        source("\\section{First \\emph{one}}\nText.\n\n\\subsection*{Second}\nMore\ntext.\n\\paragraph{Run-in} words",
               "\\usepackage{amsmath} % preamble words"))
    assert headings(document) == [(1, "First one"), (2, "Second"), (4, "Run-in")]
    assert document.text == "# First one\n\nText.\n\n## Second\n\nMore text.\n\n#### Run-in\n\nwords"
    assert document.kind == "latex"


def test_title_authors_and_date(read):
    m = read(
        "a.tex",
        source(
            "text",
            "\\title{On \\textbf{Things}\\\\and $k$\\thanks{Grant 7}}\n\\author{Jane Doe\\thanks{x} \\\\ University of "
            "A \\and Ren\\'e M\\\"uller}\n\\date{March 2021}"
        )).metadata
    assert (m.title, m.authors, m.year, m.guessed) == ("On Things and $k$", ("Jane Doe", "René Müller"), 2021, ())


def test_the_abstract_is_a_section(read):
    assert headings(
        read("a.tex", source("\\maketitle\n\\begin{abstract}We show it.\\end{abstract}\n\\section{One}text"))
    ) == [(1, "Abstract"), (1, "One")]


def test_comments_go_and_percent_signs_stay(read):
    text = read(
        "a.tex",
        source(
            "Half % of it\nis 50\\% here.\n% a whole line\nNext\\\\% "
            "break\n\\begin{comment}\nhidden\n\\end{comment}\n\\begin{verbatim}\n% kept\n\\end{verbatim}"
        )).text
    assert "is 50% here." in text
    assert "% kept" in text
    for gone in ("of it", "whole line", "hidden", "break"):
        assert gone not in text


def test_formulas_stay_whole(read):
    document = read(
        "a.tex",
        source(
            "Inline $a_{1} \\$ b$ and \\(c\\).\n\\begin{align*}\na &= b \\\\\nc &= d % note\n\\end{align*}\n\\[ x^2 "
            "\\]\n$$ y $$"
        ))
    assert "Inline $a_{1} \\$ b$ and \\(c\\)." in document.text
    assert blocks(document, "formula") == [
        "\\begin{align*}\na &= b \\\\\nc &= d \\end{align*}",
        "\\[ x^2 \\]",
        "$$ y $$",
    ]


def test_listings_are_code(read):
    document = read(
        "a.tex",
        source(
            "\\begin{lstlisting}[language=Python]\nx = {1: \"\\\\n\"}  % y\n\\end{lstlisting}\nuse \\verb|a_b%c| here"))
    assert blocks(document, "code") == ["```\nx = {1: \"\\\\n\"}  % y\n```"]
    assert "`a_b%c`" in document.text


def test_citations_references_and_links(read):
    text = read(
        "a.tex",
        source(
            "See \\cite{a1}, \\citep[p.~3]{b2,c3} and Fig.~\\ref{fig:x}; \\url{https://e.org/a_b} or "
            "\\href{https://e.org}{the page}.\\label{l}"
        )).text
    assert "See [a1], [b2][c3] and Fig. fig:x; https://e.org/a_b or the page." in text


def test_lists(read):
    text = read(
        "a.tex",
        source(
            "\\begin{itemize}\n\\item one\n\\item two\n\\end{itemize}\n\\begin{enumerate}\n\\item first\n\\item "
            "second\n\\end{enumerate}\n\\begin{description}\\item[Key] value\\end{description}"
        )).text
    assert "- one\n- two" in text
    assert "1. first\n2. second" in text
    assert "- Key value" in text


def test_tables_and_captions(read):
    document = read(
        "a.tex",
        source(
            "\\begin{table}[ht]\\centering\\caption{All \\emph{results}.}\n\\begin{tabular}{l|r}\\toprule a & b \\\\ "
            "\\midrule 1 \\& 2 & 50\\% \\\\ \\bottomrule\\end{tabular}\\end{table}"
        ))
    assert "All results." in document.text
    assert blocks(document, "table") == ["| a | b |\n| --- | --- |\n| 1 & 2 | 50% |"]


def test_emphasis_footnotes_quotes_and_dashes(read):
    text = read(
        "a.tex",
        source("\\textbf{Bold} {\\it old} ``quoted'' pages 1--2 --- so\\footnote{A note.} it~is \\LaTeX{} here \\ldots")
    ).text
    assert text == "Bold old “quoted” pages 1–2 — so[^1] it is LaTeX here …\n\n[^1]: A note."


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        ("Ren\\'e", "René"),
        ('M\\"{u}ller', "Müller"),
        ("\\c{c}a", "ça"),
        ("Erd\\H{o}s", "Erdős"),
        ("\\o re", "øre"),
        ("\\'{\\i}", "í"),
        ('na\\"\\i ve', "naïve"),
        ("stra\\ss e", "straße"),
        ("\\v{S}a", "Ša"),
        ("{A} {B}ib", "A Bib"),
        ("a \\& b", "a & b"),
        ("\\textit{x} y", "x y"),
        ("\\~n", "ñ"),
        ("\\'a b", "á b"),
        ("中文\\textbf{粗体}字", "中文粗体字"),
        ("", ""),
    ],
)
def test_plain(tex, text):
    assert plain(tex) == text


def test_chinese_lines_are_joined_without_a_space(read):
    document = read("a.tex", source("\\section{引言}\n知识蒸馏是一种\n训练小模型的方法。\nIt is\nEnglish."))
    assert "知识蒸馏是一种训练小模型的方法。" in document.text
    assert "It is English." in document.text
    assert headings(document) == [(1, "引言")]


def test_own_macros_are_replaced_and_those_with_arguments_read_on(read):
    document = read(
        "a.tex",
        source("We use \\ours{} and \\model. \\strong{Words} stay.",
               "\\newcommand{\\ours}{KB}\\def\\model{BERT}\\newcommand{\\strong}[1]{\\textbf{#1}}"))
    assert document.text == "We use KB and BERT. Words stay."


def test_included_files_that_are_not_there_are_counted(read):
    document = read("a.tex", source("text \\input{other} \\include{third} \\input{/etc/passwd} \\input{../b}"))
    assert document.text == "text"
    assert document.note == "4 included files were not read"


def test_a_fragment_without_a_document_is_read(read):
    assert read("a.tex", "\\section{Part}\nText of a part.").text == "# Part\n\nText of a part."


def test_an_arxiv_id_and_a_doi_of_the_file(read):
    m = read("a.tex", "% arXiv:1706.03762\n" + source("text", "\\doi{10.1000/xyz}")).metadata
    assert (m.doi, m.arxiv) == ("10.1000/xyz", None)


@pytest.mark.parametrize("body", [
    "{" * 20_000, "}" * 20_000, "\\textbf{" * 3000 + "x", "$" * 9999, "\\begin{itemize}" * 3000,
    "\\begin{tabular}{l}" * 300 + "x", "\\footnote{" * 2000 + "x" + "}" * 2000, "\\" * 9999,
    "\\begin{equation} never closed", "\\verb|never closed", "\\cite{", "\\section{", "\\item" * 3000, "%" * 20_000,
    "\\begin{verbatim} % never closed " * 300, "\\[" * 4000, "\\verb!" * 4000,
])
def test_broken_sources_end_in_a_document(read, body):
    read("a.tex", source(body + "\n\nlast words"))  # in the sandbox, which ends a reader that takes too long


def test_a_macro_bomb_is_given_up(read):
    preamble = "".join(f"\\newcommand{{\\{b}}}{{" + f"\\{a} " * 10 + "}"
                       for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    assert len(read("a.tex", source("\\j " * 10 + "words", "\\newcommand{\\a}{xxxxxxxxxx}" + preamble)).text) < 100_000
