"""LaTeX of ten libraries that are hard to set: it compiles, and nothing is lost or read as a command."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from kb.survey.records import Node, Request, Survey
from kb.survey.render.export import export
from kb.survey.render.latex import to_latex
from kb.survey.render.tex import escape, for_bookmark, named
from kb.survey.render.texmath import is_maths
from tests.survey.test_figures import made


def note(title, authors, *sentences, year=2021):
    """A note with front matter as a program writes it: the authors as a list, each as it is."""
    quoted = [text.replace("'", "''") for text in (title, *authors)]
    front = [f"title: '{quoted[0]}'", "authors:", *(f"  - '{author}'" for author in quoted[1:]), f"year: {year}"]
    return "\n".join(["---", *front, "---", f"# {title}", "", "\n\n".join(sentences), ""])


PLAIN = "Pruning is a family of methods that remove the weights of a network that matter least for its output."
PHONES = "Pruning is a way to make networks small (and fast) for phones that people have today."
# name -> (topic, language, style, notes)
LIBRARIES = {
    "maths": ("model pruning", "en", "numeric", [
        note(r"An $\epsilon$-optimal pruning in $O(\sqrt{T})$ steps", ["Ann Lee"],
             r"Pruning is a method that keeps $\hat{\theta}_n = \arg\max_\theta \sum_{i=1}^{n} \log p(x_i)$ of all.",
             r"The pruning of a layer costs $\frac{1}{2}\mathcal{O}(n^{2})$ steps; $\left(1-\delta\right)$ is kept."),
        note(r"Broken $ maths \frac{1} and $x^a^b$", ["Bo Ray"],
             r"Pruning costs $5 and $10 per network, while $\undefined{x}$ and $x_{1$ stay as they are everywhere.",
             r"A pruning that writes $\input{secret}$ or $a & b$ or $$x$$ in a sentence is set as text.")]),
    "commands": ("model pruning", "en", "author-year", [
        note(r"\emph{Pruning} of \textbf{networks} \cite{x}", ["Ann Lee"],
             r"Pruning is a \emph{family} of methods with \textbf{bold claims}, see \cite{lee2020} and \ref{fig:1}.",
             r"The pruning uses \begin{verbatim} and \end{document} and \write18{rm -rf} in its abstract."),
        note("Unbalanced } braces { and \\", ["Bo {Ray}"],
             r"Pruning is written with } and { and \ and \\ in the source of this text.",
             "The pruning of ``quotes'' -- and --- dashes, ,, commas and ?` marks stays as it is in the source.")]),
    "specials": ("model pruning", "en", "gbt7714", [
        note("100% of a_b & c#d ~ e^f | g <h>", ["Ann Lee"],
             "Pruning saves 50% & more of a_b #1 ~ x^2 | y <z> \"q\" 'r' `s` in this text.",
             "The pruning of [CLS] and [SEP] tokens, *stars* and [1] marks begins many sentences of the notes."),
        note("[MASK] and *stars*", ["Bo Ray"], PLAIN, year=1999)]),
    "brackets in authors": ("model pruning", "en", "author-year", [
        note("Pruning one", ["[1] Ann Lee", "Bo Ray [2]"], PLAIN), note("Pruning two", ["Lee, A. (ed.) [MIT]"], PHONES),
        note("Pruning (three] [four)", [], "Pruning is a step after training that takes weights of a network away.")]),
    "unsplit authors": ("model pruning", "en", "author-year", [
        note("Pruning one", ["Lee, A., Ray, B., Cox, C., Doe, D."], PLAIN),
        note("Pruning two", ["Ann Lee and Bo Ray and", "and others", ", ,", "A, B, C, D, E, F"], PHONES),
        note("Pruning three", ["Ann Lee1,2, Bo Ray*†, {Cox} Carl; Doe"], "Pruning is a step after the training.")]),
    "chinese": ("模型剪枝", "zh", "gbt7714", [
        note("面向移动端的剪枝方法（综述）：现状、问题与展望", ["王小明", "李 四", "欧阳修"],
             "剪枝是一类方法，它移除网络中对输出影响最小的权重，从而减小模型。",
             "该方法不能加速大批量的推理，因为硬件不支持稀疏计算。"),
        note("網路剪枝的為與不為：陶喆、王珺", ["李祎、喆堃"], "剪枝是一種為網路減少權重的緻密方法，適用於鯪魚辨識。"),
        note("100%_剪枝 & 量化 #1", ["张三、李四、王五"], "剪枝与量化结合后，准确率下降不到 1%，体积缩小到 1/10。")]),
    "emoji": ("model pruning", "en", "numeric", [
        note("Pruning 🚀 with ✂️ and ✓", ["Zoë 😀 Núñez", "Łukasz Żółć", "Đặng Văn Ân"],
             "Pruning 🚀 is a family of methods ✅ that remove → weights ≤ 3σ of a network \u200b with ‘care’ … 𝒪(𝑛²).",
             "The pruning of ﬁve ﬂuﬀy layers at 25 °C costs €5 ½ per µs, x̂ and ȳ, H₂O and ∥w∥₂ ≪ 1 ⟹ stable.")]),
    "other scripts": ("model pruning", "en", "author-year", [
        note("Прореживание сетей", ["Андрей Колмогоров", "Γιώργος Παπαδόπουλος"],
             "Pruning (Russian: прореживание нейронных сетей) is a family of methods for removing weights."),
        note("Mixed 剪枝 and pruning", ["王小明 Xiaoming Wang"], "Pruning (剪枝) is a way to make networks small.")]),
    "very long": ("model pruning", "en", "numeric", [
        note("Pruning " + "very deep convolutional networks for efficient inference " * 12,
             ["A" * 60 + " " + "B" * 80] * 9,
             PLAIN + " Pruning" + "x" * 200 + " is a long word that a source has in its text and must not stop TeX."),
        note("https://example.org/" + "a_b%20c/" * 20, ["Ann Lee"],
             "Pruning is at https://example.org/" + "a_b%20/" * 20 + " and is a family of methods for networks.")]),
    "nothing known": ("model pruning", "en", "author-year", [
        PLAIN + "\n", "# 2. Results & [discussion]\n\nPruning is a way to make a network small, on phones today.\n"]),
}
COMPLAINTS = re.compile(r"^(?:LaTeX|Package \w+|Class \w+|pdfTeX|xdvipdfmx:?) ?\w* ?[Ww]arning.*|^!.*"
                        r"|^Missing character.*", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_a_hostile_library_compiles_without_a_warning(base, tmp_path, name):
    topic, language, style, notes = LIBRARIES[name]
    folder = tmp_path / "notes"
    folder.mkdir()
    for i, text in enumerate(notes):
        (folder / f"n{i}.md").write_text(text, encoding="utf-8")
    assert not base.add([folder]).failed
    from kb.survey import make_request

    survey = base.surveyor().write(make_request(topic, language, style=style))
    files = base.surveyor().export(survey, "latex")
    log, blg = compiled(files, tmp_path / "tex")
    assert COMPLAINTS.findall(log) == []
    assert not re.findall(r"^Warning--.*|.*error message.*|Too many.*", blg, re.MULTILINE)


def compiled(files, folder):
    """(what TeX says in its last run, what BibTeX says) of an export."""
    tex = files["survey.tex"].decode()
    engine = "xelatex" if "program = xelatex" in tex else "pdflatex"
    for program in (engine, "bibtex"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (tools/test-packages.sh)")
    folder.mkdir()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    run = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "survey"]
    for step in (run, ["bibtex", "survey"], run, run, run):
        ended = subprocess.run(step, cwd=folder, capture_output=True, timeout=300)
        said = ended.stdout.decode("utf-8", "replace")
        assert ended.returncode == 0, said[-3000:]
    return (folder / "survey.log").read_text("utf-8", "replace"), (folder / "survey.blg").read_text("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.parametrize(("language", "style"), [("en", "numeric"), ("zh", "author-year")])
def test_figures_of_sixty_works_compile(tmp_path, language, style):
    log, _ = compiled(export(made(60, language, style), "latex", {}), tmp_path / "tex")
    assert COMPLAINTS.findall(log) == [] and "Overfull \\vbox" not in log


@pytest.mark.parametrize("formula", [
    "x", "x_1^2", r"\alpha", r"O(\sqrt{T})", r"\hat{\theta}_n = \arg\max_\theta \sum_{i=1}^{n} \log p(x_i)",
    r"\frac{1}{2}", r"\frac12", r"\left(1-\delta\right)", r"\mathbb{E}_{x\sim p}[f(x)]", "a'_i", r"\{1,\dots,n\}",
    "n=10"])
def test_a_formula_is_read_to_its_end(formula):
    assert is_maths(formula) and f"${formula}$" in escape(f"so ${formula}$ holds")


@pytest.mark.parametrize("text", [
    "x^a^b", "x_{1", "}{", r"\undefined", r"\input{x}", "a & b", "x_", "^", r"\frac{1}", r"\left( x", r"\sqrt", "a % b",
    "#1", r"\\", "价格", "five and six", r"\write18{x}", r"\text{$x$}", r"\def\x{y}", r"\left x \right", r"\mathbb^2"])
def test_what_is_no_formula_stays_text(text):
    made_text = escape(f"so ${text}$ holds")
    assert not is_maths(text) and made_text.startswith(r"so \$") and made_text.endswith(r"\$ holds")


@pytest.mark.parametrize(("text", "expected"), [
    ("costs $5 and $10 in all", r"costs \$5 and \$10 in all"), (r"\emph{a_b} c", r"\emph{a\_b} c"),
    (r"\emph{a{b}} c", r"\textbackslash{}emph\{a\{b\}\} c"), ("[1] Lee", "{[}1{]} Lee"),
    ("a--b ,,c''", "a-{}-b ,{},c'{}'"), ("Колй", r"\otherscript{Колй}"),
    ("Đặng ế", r"Đ\u{\d{a}}ng \'{ê}"), ("x̂", r"\^{x}"), ("ﬁve", "five"),
    ("𝒪(𝑛²)", "O(n²)"), ("H₂O", r"H\textsubscript{2}O"), ("≤ σ", r"\ensuremath{\leq} \ensuremath{\sigma}"),
    ("a\u200bb\x00c\u2009d", "abc d"), ("🚀!", "{[}rocket{]}!"),
    ("Παπαδό ≤ αβ", r"\otherscript{Παπαδό} \ensuremath{\leq} \ensuremath{\alpha}\ensuremath{\beta}"),
    ("и Москва.", r"\otherscript{и Москва}."), ("中文，", "中文，")])
def test_each_kind_of_character(text, expected):
    assert escape(text) == expected


def test_characters_without_a_typeface_are_named_and_counted():
    assert named("a🚀b[c]中и𝑛🚀\ue000") == ["\ue000", "🚀"]
    survey = replace(made(3), title="Pruning 🚀 and 🚀 or ✅")
    assert "2 characters of the sources are in no typeface of TeX" in to_latex(survey)
    assert "in no typeface" not in to_latex(made(3))


def test_a_bookmark_has_letters_and_figures_alone():
    assert for_bookmark(r"An \emph{old} & 剪枝 {") == "An old 剪枝"


def nested(depth: int) -> Survey:
    node = Node("deep", "theme", "Level 0", ("d0",))
    for i in range(1, depth):
        node = Node(f"n{i}", "theme", f"Level {i}", (), (), (node,))
    survey = made(3)
    return replace(survey, request=Request("x", "en"), outline=(node,))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_levels_of_the_taxonomy_are_kept(depth):
    tex = to_latex(nested(depth))
    kinds = ["section", "subsection", "subsubsection", "paragraph", "paragraph"]
    for i in range(depth):
        assert f"\\{kinds[i]}{{Level {depth - 1 - i}}}" in tex
    listed = tex[tex.index("\\section{Taxonomy}"):tex.index("\\section{Timeline}")]
    assert listed.count("\\begin{itemize}") == listed.count("\\end{itemize}") == min(depth, 4)
