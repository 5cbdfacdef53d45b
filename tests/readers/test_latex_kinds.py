"""LaTeX: what is no prose is not read, what is prose keeps its place, and what was left out is told."""

from __future__ import annotations

import pytest

from kb.readers.latex_units import angle, chemical, listed, number, quantity, ranged, unit
from tests.readers.conftest import blocks
from tests.readers.test_latex import source


@pytest.mark.parametrize(("body", "text"), [
    ("It is 70.\n\\iffalse\nIt was 60.\n\\iftrue x \\fi\n\\else It stays.\n\\fi\nEnd.", "It is 70. It stays. End."),
    ("A\\iftrue B\\else C\\fi D", "ABD"),
    ("\\newif\\ifdraft A\\ifdraft draft\\else final\\fi.", "Afinal."),
    ("\\newif\\ifdraft\\drafttrue A \\ifdraft draft\\else final\\fi.", "A draft."),
    ("A \\ifnum0=1 no\\fi B", "A B"),
    ("A \\if 01 no\\fi B", "A B"),
    ("A \\ifx\\unheard\\undefined yes\\else no\\fi B", "A yesB"),
    ("\\newbool{long}\\booltrue{long}A \\ifbool{long}{yes}{no} B", "A yes B"),
    ("If $a \\iff b$ then \\iffalse c \\fi d", "If $a \\iff b$ then d"),
    ("A\n\\begin{comment}\nB\n\\end{comment}\nC", "A C"),
    ("\\excludecomment{hid}A\n\\begin{hid}\nB\n\\end{hid}\nC", "A C"),
])
def test_conditions(read, body, text):
    assert read("a.tex", source(body)).text == text


@pytest.mark.parametrize(("body", "text"), [
    ("\\begin{CJK}{UTF8}{song}文字。\\end{CJK}", "文字。"),
    ("\\begin{minipage}[t]{0.5\\textwidth}Words.\\end{minipage}", "Words."),
    ("\\begin{multicols}{2}Words.\\end{multicols}", "Words."),
    ("\\begin{wrapfigure}[9]{r}{4cm}\\caption{Cap.}\\end{wrapfigure}", "Cap."),
    ("\\begin{spacing}{1.5}Words.\\end{spacing}", "Words."),
    ("\\begin{enumerate}[label=(\\alph*)]\\item one\\end{enumerate}", "1. one"),
    ("\\begin{myblock}{blue!5}{3pt}Words.\\end{myblock}", "Words."),
    ("\\begin{mybox}{The main result}Words.\\end{mybox}", "The main result\n\nWords."),
    ("\\begin{tcolorbox}[colback=red!5,title=What we found]Words.\\end{tcolorbox}", "What we found\n\nWords."),
    ("\\begin{mdframed}[frametitle={In short}]Words.\\end{mdframed}", "In short\n\nWords."),
    ("\\begin{lstlisting}[language=C,caption={[S]A list, sorted}]\nx\n\\end{lstlisting}",
     "A list, sorted\n\n```\nx\n```"),
    ("\\begin{tabularx}{\\linewidth}{lX}a & b \\\\\\end{tabularx}", "| a | b |\n| --- | --- |"),
])
def test_arguments_of_environments(read, body, text):
    assert read("a.tex", source(body)).text == text


@pytest.mark.parametrize(("preamble", "body", "text"), [
    ("\\newcommand{\\net}{FastNet\\xspace}", "Our \\net, and \\net is.", "Our FastNet, and FastNet is."),
    ("\\newcommand*\\best[1]{\\textbf{#1}}", "The \\best{97.3} and \\best 5.", "The 97.3 and 5."),
    ("\\newcommand{\\x}[2][k]{#1-#2}", "\\x{1} \\x[j]{2}", "k-1 j-2"),
    ("\\def\\pair#1#2{(#1, #2)}", "\\pair{a}{b}", "(a, b)"),
    ("\\def\\upto#1;{<#1>}", "\\upto 12; x", "<12> x"),
    ("\\newcommand{\\note}[1]{}", "Kept.\n\\note{not this}\nToo. \\note{nor this}", "Kept. Too."),
    ("\\newcommand{\\a}{A}\\newcommand{\\b}{\\a B}\\renewcommand{\\a}{C}", "\\b", "C B"),
    ("\\newcommand{\\a}{A}\\providecommand{\\a}{C}", "\\a", "A"),
    ("\\NewDocumentCommand{\\f}{s o m}{#2/#3}", "\\f{x} \\f*[k]{y}", "/x k/y"),
    ("\\let\\old\\emph\\newcommand{\\n}{N}\\let\\m=\\n", "\\old{w} \\m", "w N"),
    ("\\DeclareMathOperator*{\\argmax}{arg\\,max}", "$\\argmax_x$", "$\\operatorname*{arg\\,max}_x$"),
    ("\\newenvironment{boxed2}[1]{\\textbf{#1:} }{ (end)}", "\\begin{boxed2}{T}x\\end{boxed2}", "T: x (end)"),
    ("\\def\\onedot{\\futurelet\\x\\y}\\def\\eg{e.g\\onedot}", "so, \\eg this", "so, e.g. this"),
    ("", "We use \\celerite and \\celerite{}.", "We use celerite and celerite."),
    ("", "An \\unheard[a]{important} word.", "An important word."),
    ("\\newcommand{\\pkg}[1]{{\\sffamily#1}}", "The \\pkg{numpy} one.", "The numpy one."),
])
def test_macros(read, preamble, body, text):
    assert read("a.tex", source(body, preamble)).text == text


def test_unknown_commands_margin_notes_and_struck_words_are_told(read):
    document = read("a.tex", source("We \\foo go\\todo{fix} on\\marginpar{why}. \\sout{Old.} \\includegraphics{x}"))
    assert document.text == "We foo go on."
    assert document.note == (
        "left out: 2 margin notes, 1 struck passage, 1 picture; unknown commands: \\foo")


@pytest.mark.parametrize(("body", "text"), [
    ("95\\textsuperscript{3} and 10$^{-5}$", "95³ and 10⁻⁵"), ("H$_2$O and CO\\textsubscript{2}", "H₂O and CO₂"),
    ("25\\,$^\\circ$C", "25 °C"), ("Li$^\\dagger$ and Wu$^{1,2}$", "Li† and Wu¹,²"),
    ("the 2$^{\\mathrm{nd}}$", "the 2nd"),
    ("见文献\\textsuperscript{[3]}。", "见文献[3]。"), ("$x^{2}$ stays", "$x^{2}$ stays"),
])
def test_scripts(read, body, text):
    assert read("a.tex", source(body)).text == text


@pytest.mark.parametrize(("rows", "table"), [
    ("{lcc}A & \\multicolumn{2}{c}{B} \\\\ \\cmidrule(lr){2-3} & 1 & 2 \\\\ \\multicolumn{2}{l}{all} & 3",
     "| A | B |  |\n| --- | --- | --- |\n|  | 1 | 2 |\n| all |  | 3 |"),
    ("{ll}\\multirow{2}{*}{M} & a \\\\ & b \\\\", "| M | a |\n| --- | --- |\n|  | b |"),
    ("{lS[table-format=1.2e1]}x & {Rate} \\\\ \\midrule y & 1.5e-3 \\\\",
     "| x | Rate |\n| --- | --- |\n| y | 1.5 × 10⁻³ |"),
    ("{ll}\\makecell{a\\\\b} & c \\& d \\\\[2pt] e & \\begin{tabular}{l}f\\\\g\\end{tabular}",
     "| a b | c & d |\n| --- | --- |\n| e | f g |"),
    ("{*{2}{c}}90.1\\textsuperscript{*} & 1", "| 90.1* | 1 |\n| --- | --- |"),
])
def test_tables(read, rows, table):
    document = read("a.tex", source("\\begin{tabular}" + rows + "\\end{tabular}"))
    assert blocks(document, "table") == [table]


def test_the_head_of_a_long_table_is_there_once(read):
    body = ("\\begin{longtable}{ll}\\caption{Long.}\\\\ a & b \\\\ \\endfirsthead again & again \\\\ \\endhead "
            "1 & 2 \\\\"
            "\\end{longtable}")
    assert read("a.tex", source(body)).text == "Long.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(("written", "text"), [
    (number("1.5e-3"), "1.5 × 10⁻³"), (number("e5"), "10⁵"), (number("12 345.6"), "12345.6"),
    (number("1.2+-0.3"), "1.2 ± 0.3"), (number(".5"), "0.5"), (number("1.23(4)"), "1.23(4)"), (number("3x4"), "3 × 4"),
    (number("about"), "about"), (unit("\\kilo\\gram\\per\\cubic\\metre"), "kg m⁻³"), (unit("m/s^2"), "m/s²"),
    (unit("\\metre\\per\\second\\squared"), "m s⁻²"), (unit("kg.m^{-3}"), "kg m⁻³"), (unit("\\micro\\metre"), "µm"),
    (quantity("20", "\\celsius"), "20 °C"), (quantity("5", "\\percent"), "5 %"), (quantity("3", "\\degree"), "3°"),
    (ranged("1", "5", "\\kg"), "1 kg to 5 kg"), (listed("1;2;3", "m"), "1 m, 2 m and 3 m"),
    (angle("12;30;5"), "12°30′5″"), (chemical("2 H2O + SO4^2-"), "2 H₂O + SO₄²⁻"), (chemical("^{14}C"), "¹⁴C"),
])
def test_units(written, text):
    assert written == text


def test_quantities_in_text(read):
    body = "\\SI{3e5}{\\metre\\per\\second}, \\qty[mode=text]{5}{\\GHz}, \\num{1e3}, \\SIrange{1}{2}{mm}, \\ang{45}"
    assert read("a.tex", source(body)).text == "3 × 10⁵ m s⁻¹, 5 GHz, 1 × 10³, 1 mm to 2 mm, 45°"


def test_percent_signs_in_addresses_and_listings(read):
    body = ("See \\url{https://e.org/a%20b?c=1&d}, \\href{https://e.org/%7Eme}{my page}, \\verb!50% of! % gone\n"
            "\\path{C:%20} \\lstinline|a%b|.")
    assert read("a.tex", source(body)).text == (
        "See https://e.org/a%20b?c=1&d, my page, `50% of` C:%20 `a%b`.")


def test_theorems_have_names_and_numbers(read):
    preamble = ("\\newtheorem{thm}{Theorem}\\newtheorem{lem}[thm]{Lemma}\\newtheorem{defi}{定义}[section]"
                "\\newtheorem*{rem}{Remark}")
    body = ("\\section{A}\\begin{thm}[Banach]x.\\end{thm}\\begin{lem}y.\\end{lem}\\section{B}"
            "\\begin{defi}z。\\end{defi}"
            "\\begin{rem}w.\\end{rem}\\begin{proof}[Sketch]v.\\end{proof}\\begin{corollary}u.\\end{corollary}")
    assert read("a.tex", source(body, preamble)).text == (
        "# A\n\nTheorem 1 (Banach). x.\n\nLemma 2. y.\n\n# B\n\n定义 2.1. z。\n\nRemark. w.\n\nSketch. v.\n\n"
        "Corollary. u.")


def test_a_footnote_leaves_its_sentence_whole(read):
    body = "\\section{A}It is 95\\footnote{Or 94.} percent.\n\n\\section{B}Next."
    assert read("a.tex", source(body)).text == "# A\n\nIt is 95[^1] percent.\n\n[^1]: Or 94.\n\n# B\n\nNext."


@pytest.mark.parametrize(("tex", "text"), [
    ("Schr\\\"odinger, Erd\\H{o}s, \\v{S}koda, \\c{c}a, {\\'E}, na\\\"{\\i}ve, \\aa, \\o{}re, stra\\ss e, "
     "\\k{a}, \\L\\'od\\'z",
     "Schrödinger, Erdős, Škoda, ça, É, naïve, å, øre, straße, ą, Łódź"),
    ("`single' and ``double'' and don't", "‘single’ and “double” and don't"),
    ("\\enquote{quoted}", "“quoted”"), ("Vi\\d{\\^e}t", "Việt"),
])
def test_letters_and_quotes(read, tex, text):
    assert read("a.tex", source(tex)).text == text


def test_acronyms(read):
    preamble = "\\newacronym{cnn}{CNN}{convolutional neural network}"
    assert read("a.tex", source("\\gls{cnn}, \\acrlong{cnn}, \\acrfull{cnn}.", preamble)).text == (
        "CNN, convolutional neural network, convolutional neural network (CNN).")


@pytest.mark.parametrize(("declared", "title", "authors"), [
    ("\\ctitle{推荐方法研究}\\etitle{On Recommendation}\\cauthor{张三}\\eauthor{Zhang San}", "推荐方法研究", ("张三",)),
    ("\\thusetup{title = {推荐方法\\\\研究}, title* = {English}, author = {李四}}", "推荐方法研究", ("李四",)),
    ("\\sjtusetup{info = {author = {王五}, title = {推荐方法}}}", "推荐方法", ("王五",)),
    ("\\xxsetup{cn-title={x},\n  ctitle={推荐},\n cauthor={赵六}}", "推荐", ("赵六",)),
    ("\\titlecn{推荐}\\titleen{On It}\\authorcn{孙七}", "推荐", ("孙七",)),
    ("\\etitle{On It}\\title{}", "On It", ()), ("\\title[S]{Long}\\hypersetup{pdftitle={P}}", "Long", ()),
])
def test_what_the_class_of_a_thesis_has_for_its_title(read, declared, title, authors):
    metadata = read("a.tex", source("Words.", declared)).metadata
    assert (metadata.title, metadata.authors) == (title, authors)
