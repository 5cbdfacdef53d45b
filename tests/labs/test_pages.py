"""What a run leaves for who reads it: guide, numbers in words, figures, report, notebook, an estimate of its time."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from kb import labs
from kb.cli.lab_events import print_event
from kb.cli.main import main
from kb.errors import DataError, FolderError
from kb.labs import Lab, Param
from kb.labs.notebook import notebook
from kb.labs.pages.figures import figures, measured
from kb.labs.pages.guides import READING_ORDER
from kb.labs.pages.mathml import mathml
from kb.labs.pages.numbers import cell, label, shown
from kb.types import Words
from tests.conftest import CORPUS

MATHS = "{http://www.w3.org/1998/Math/MathML}"


def work(params, run):
    run.event("note", text=Words("three rows", "三行"))
    for step in (1, 2, 3):
        run.event("metric", step=step, loss=1 / step, held_pairs_right=0.3 * step)
    run.event("code", title=Words("As written", "原文"), text="a < b", output="NameError: <a>")
    run.event("heat", title=Words("heat", "热图"), matrix=[[0.9, 0.1], [0.5, 0.5]], rows=["<a>", "猫"],
              columns=["<a>", "猫"])
    run.event("points", title=Words("curve", "曲线"), x_title=Words("n", "样本数"), x=[10, 100],
              lines={"fine_tuned": [0.5, 0.7], "baseline": [0.5, None]})
    run.event("table", title=Words("table", "表"), rows=[{"token": "<script>", "accuracy": 0.25}])
    if params["how"] == "fail":
        raise DataError("E_DATA", path="x.csv", line=3, detail="empty")
    return {"parameters": 11918592, "off_torch": 2.38e-7, "test_accuracy": 0.996}


TINY = Lab("attention", Words("Tiny", "小"), Words("about", "说明"), "3.2", Words("what?", "什么？"),
           (Param("how", "text", "well", Words("how", "如何"), zh="好"),), work,
           formulas=(labs.Formula(r"\frac{a}{\sqrt{d_k}}", "a < b", Words("note", "注")),))


class Page(HTMLParser):
    """Elements and addresses of a page."""

    def __init__(self):
        super().__init__()
        self.elements, self.addresses = set(), []

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "data", "srcset", "xlink:href")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return TINY.run({}, home=tmp_path_factory.mktemp("home"), language="zh").run


def test_every_run_leaves_one_page_without_scripts_or_anything_from_elsewhere(run):
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert {"svg", "math", "table", "pre", "details"} <= page.elements and "script" not in page.elements
    assert not [address for address in page.addresses if not address.startswith("data:")]
    styles = "".join(re.findall("<style>.*?</style>", text, re.DOTALL))
    assert "url(" not in styles and "@import" not in styles and "default-src 'none'" in text
    for words in ("11,918,592", "2.4 × 10⁻⁷", "99.6 %", "≤ 1 × 10⁻⁵", "与预期相符", "练习", "运行之前先预测",
                  "文章第 3.2 节", "&lt;script&gt;", "NameError: &lt;a&gt;", "默认设置下的预期"):
        assert words in text, words


def test_its_figures_are_files_that_stand_alone(run):
    files = sorted(run.glob("figure-*.svg"))
    assert len(files) == 4  # losses, scores, a heat map, a curve
    for file in files:
        root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
        assert root.tag.endswith("svg") and float(root.get("width")) > 50
    heat = files[2].read_text(encoding="utf-8")
    assert heat.count('class="cell"') == 4 and "猫" in heat and re.search(r'fill-opacity="1\.00"', heat)


def test_with_other_settings_nothing_is_called_unexpected(run, tmp_path):
    other = TINY.run({"how": "otherwise"}, home=tmp_path).run
    assert "<span class=good>" in (run / "report.html").read_text(encoding="utf-8")
    assert "<span class=" not in (other / "report.html").read_text(encoding="utf-8")


def test_a_run_that_fails_leaves_its_report_with_the_reason(tmp_path):
    with pytest.raises(DataError):
        TINY.run({"how": "fail"}, folder=tmp_path / "run", home=tmp_path)
    text = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "x.csv" in text and "failed" in text


def test_events_that_cannot_be_drawn_do_not_end_a_run(tmp_path):
    def odd(params, run):
        run.event("table", title=Words("t", "表"), rows=["no row"])
        return {"n": 1}

    lab = Lab("odd", Words("o", "o"), Words("", ""), "1", Words("", ""), (), odd)
    result = lab.run({}, home=tmp_path)
    assert result.status == "done" and "Traceback" in (result.run / "log.txt").read_text()


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_lab_has_a_guide_in_both_languages(name):
    guide, lab = labs.guide_of(name), labs.get(name)
    for language in ("zh", "en"):
        lesson = guide.in_(language)
        assert len(lesson.idea) > 40 and len(lesson.predict) >= 2 and len(lesson.look) >= 2
        assert len(lesson.exercises) == 2 and all(one.ask and len(one.answer) > 15 for one in lesson.exercises)
        words = f"{lesson.idea} {lesson.predict} {lesson.look} {lesson.exercises}"
        assert bool(re.search("[\u4e00-\u9fff]", words)) == (language == "zh")
        asked = {name for one in lesson.exercises for name in re.findall(r"\b([a-z_]+)=", f"{one.ask} {one.answer}")}
        assert asked <= {param.name for param in lab.params} | {"output_loading_info", "d", "n"}, asked
    article = (CORPUS / "article.en.md").read_text(encoding="utf-8")
    for place in guide.read:
        kind, _, section = place.partition(":")
        assert f"### {section} " in article if kind == "article" else (CORPUS / place).is_file(), place
    for place, title in zip(guide.read, guide.titles("en"), strict=True):
        assert place.startswith("article:") or f'\ntitle: "{title}"\n' in (CORPUS / place).read_text(encoding="utf-8")
    assert f"### {lab.section} " in article
    for metric, (low, high) in guide.expected.items():
        assert label(metric, "zh") != metric and low <= high, metric


def test_the_reading_order_has_every_lab_once_and_leads_from_one_to_the_next():
    assert sorted(READING_ORDER) == sorted(labs.NAMES)
    assert READING_ORDER.index("finetune") < READING_ORDER.index("compress")
    assert [labs.guide_of(name).after for name in READING_ORDER] == [*READING_ORDER[1:], ""]
    assert labs.guide_of("dice") is None


@pytest.mark.parametrize("name", labs.NAMES)
def test_every_formula_of_a_lab_is_set_without_a_script(name):
    for formula in labs.get(name).formulas:
        root = ElementTree.fromstring(mathml(formula.tex))
        note = root.find(f".//{MATHS}annotation")
        assert note.text == formula.tex
        assert "\\" not in "".join(root.itertext()).replace(formula.tex, ""), formula.tex


def test_fractions_roots_and_scripts_have_their_elements():
    assert "<mfrac><mi>a</mi><msqrt>" in mathml(r"\frac{a}{\sqrt{d_k}}").replace("<mrow>", "").replace("</mrow>", "")
    assert "<msubsup>" in mathml("x_i^2") and "<munder>" in mathml(r"\max_j x") and "‖" in mathml(r"p \,\|\, q")


@pytest.mark.parametrize(("name", "value", "words"), [
    ("parameters", 11918592, "11,918,592"), ("exact", 0.996, "99.6 %"), ("off_torch", 2.384e-7, "2.4 × 10⁻⁷"),
    ("mb_int8", 22.6, "22.6 MB"), ("int8_times_faster", 2.5, "2.5 times"), ("held_mlm", 3.576278686523, "3.576"),
    ("structure_predicted", False, "no"), ("answer", "1991-12-08", "1991-12-08"), ("attention_share", 0.0526, "5.3 %")])
def test_a_number_is_written_as_it_is_read(name, value, words):
    assert shown(name, value, "en") == words


def test_names_are_words_of_the_language_and_unknown_ones_lose_their_underscores():
    assert label("off_torch", "zh") == "与 torch 的注意力的最大差" and label("moved", "en").startswith("attention that")
    assert label("teacher validation_loss", "en") == "teacher: validation loss"
    assert label("loss_with_picture", "en") == "loss (answers right, with the picture)"
    assert label("some_new_name", "en") == "some new name" and label("d_k", "en") == "d_k"
    assert cell("x", 3.576278686523, "en") == "3.576" and cell("x", "pretrained", "zh") == "预训练"


def test_only_what_was_measured_twice_is_a_curve():
    events = [{"kind": "metric", "at": 0, "step": 1, "loss": 1.0, "once": 2.0}, {"kind": "metric", "at": 1, "step": 2,
                                                                             "loss": float("nan")}]
    assert measured(events, is_loss=True, name=str) == measured(events, is_loss=False, name=str) == []
    assert figures([], "en", str) == []


def test_the_command_prints_what_the_page_shows(capfd, tmp_path):
    events = labs.read_events(TINY.run({}, home=tmp_path).run)
    capfd.readouterr()
    for event in events:
        print_event(event, as_json=False)
    out, err = capfd.readouterr()
    for words in ("As written", "a < b", "> NameError: <a>", "██··  1", "accuracy", "0.25", "fine-tuned encoder"):
        assert words in out, words
    assert "three rows" in err and "loss 0.5" in err


def test_the_command_tells_before_a_run_what_to_predict_and_after_it_what_was_expected(capfd, tmp_path):
    assert main(["lab", "run", "protein", "--home", str(tmp_path)]) == 0
    out, err = capfd.readouterr()
    assert "Before you run it, predict" in err
    assert "residues" in out and "expected: 21" in out and "as expected" in out and "report.html" in out
    assert main(["lab", "show", "protein"]) == 0
    out = capfd.readouterr().out
    assert "Exercises" in out and "Answer: " in out and r"|z| = n^2 \cdot 128" in out


def test_defaults_follow_the_language(tmp_path, capfd):
    lab = labs.get("attention")
    assert "animal" in lab.check({})["text"] and "动物" in lab.check({}, "zh")["text"]
    assert labs.get("finetune").check({}, "zh")["language"] == "zh"
    assert main(["lab", "run", "protein", "--language", "zh", "--json", "--home", str(tmp_path), "--out",
                 str(tmp_path / "run")]) == 0
    assert 'lang="zh"' in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_notebook_runs_from_its_first_cell_to_its_last(tmp_path, monkeypatch, language, capfd):
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    names = {}
    cells = notebook(labs.get("protein"), language)["cells"]
    for made in cells:
        if made["cell_type"] == "code":
            exec(compile("".join(made["source"]), made["id"], "exec"), names)
    assert names["result"].metrics["residues"] == 21 and (names["result"].run / "report.html").is_file()
    assert len({made["id"] for made in cells}) == len(cells)


def test_the_command_writes_a_notebook_and_nothing_over_a_file(tmp_path, capfd):
    out = tmp_path / "a.ipynb"
    assert main(["lab", "notebook", "attention", "--out", str(out), "--language", "zh"]) == 0
    assert "那只动物" in out.read_text(encoding="utf-8")
    with pytest.raises(FolderError) as caught:
        labs.write_notebook(labs.get("attention"), out)
    assert caught.value.code == "E_LAB_FILE_THERE"
    assert main(["lab", "notebook"]) == 2


def test_an_estimate_grows_with_the_steps_and_trusts_an_earlier_run(tmp_path):
    lab = labs.get("transformer")
    assert labs.estimate(lab, {"steps": 5000}) > 5 * labs.estimate(lab, {"steps": 500}) > 0
    made = labs.get("protein").run({}, home=tmp_path)
    took = labs.read_run(made.run).seconds
    assert labs.estimate(labs.get("protein"), home=tmp_path) == took
