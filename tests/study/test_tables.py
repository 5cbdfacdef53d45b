"""Tables out of papers: cells of a work's own, empty cells, what is kept, and what goes wrong on the way."""

import csv
import io

import pytest

from kb import KnowledgeBase
from kb.errors import UnknownTable
from kb.store import Store
from kb.study.built_on import built_on
from kb.study.cells import is_same_name
from kb.study.papers import Line, Paper
from kb.study.tables import aligned
from kb.types import ExtractedCell, ExtractionRow, ExtractionTable
from tests.study.papers import CHINESE, ENGLISH, OPINION, SURVEY

COLUMNS = ["data set", "metric", "best result", "base model", "language", "limitation"]
PAPERS = {"peanet.md": ENGLISH, "peamed.md": CHINESE, "survey.md": SURVEY, "opinion.md": OPINION}


@pytest.fixture
def base(tmp_path):
    for name, text in PAPERS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as opened:
        opened.add([tmp_path / name for name in PAPERS])
        yield opened


def row(base, table, name):
    (document,) = [info.id for info in base.documents() if info.path.endswith(name)]
    (found,) = [row for row in table.rows if row.document == document]
    return {column.name: cell for column, cell in zip(table.columns, found.cells, strict=True)}


def test_cells_hold_what_a_paper_says_of_its_own_work(base):
    cells = row(base, base.table(COLUMNS), "peanet.md")
    assert cells["data set"].text == "GreenPeas"
    assert {"accuracy", "f1"} == set(cells["metric"].shown.lower().split("; "))
    assert cells["best result"].text.startswith("91.4")
    assert (cells["best result"].value, cells["best result"].measure.lower()) == (91.4, "accuracy")
    assert cells["best result"].data_set == "GreenPeas"
    assert cells["base model"].text == "ResNet-50"
    assert cells["limitation"].text.startswith("Our method cannot sort peas that touch")


def test_a_chinese_paper_with_a_table_in_html_is_read_the_same_way(base):
    cells = row(base, base.table(["数据集", "指标", "最佳结果", "基础模型", "语言", "不足"]), "peamed.md")
    assert cells["数据集"].text == "PeaMed"
    assert cells["最佳结果"].value == 88.3
    assert cells["基础模型"].text == "BiLSTM"
    assert cells["语言"].text == "中文"
    assert "不能识别嵌套的实体" in cells["不足"].text


SEVERAL = """# PodNet: Sorting pods

## Abstract

We present PodNet, a network for sorting pods.

## Experiments

We evaluate on three datasets: GreenPeas [4], RedBeans [5] and BlueCorn. Accuracy is reported in Figures 3 and 4.

Table 2 shows that PodNet reaches an accuracy of 91.4 % on GreenPeas, RedBeans and BlueCorn for CTR prediction.

| Model | GreenPeas | RedBeans | YellowOats |
| --- | --- | --- | --- |
| PodNet (ours) | 91.4 | 89.7 | 88.2 |

## Conclusion

PodNet overcomes the limitations of existing networks. We open-sourced PodNet¹ together with its code.

¹https://github.com/example/podnet
"""


def test_a_cell_holds_every_data_set_each_with_its_place(base, tmp_path):
    (tmp_path / "podnet.md").write_text(SEVERAL, encoding="utf-8")
    base.add(tmp_path / "podnet.md")
    cell = row(base, base.table(["data set"]), "podnet.md")["data set"]
    assert set(cell.shown.split("; ")) == {"GreenPeas", "RedBeans", "BlueCorn", "YellowOats"}
    text = base.document(cell.citation.document).text
    places = [cell.citation.answer, *(span.citation.answer for span in cell.also)]
    assert [text[a:b] for a, b in places] == cell.shown.split("; ")


def test_an_address_in_a_footnote_is_that_of_the_code(base, tmp_path):
    (tmp_path / "podnet.md").write_text(SEVERAL, encoding="utf-8")
    base.add(tmp_path / "podnet.md")
    assert "github.com/example/podnet" in row(base, base.table(["code"]), "podnet.md")["code"].shown


@pytest.mark.parametrize("said", [
    "¹Code is available at https://github.com/example/podnet", "²Code at http://github.com/example/podnet.",
    "The source code of this paper can be obtained from https://github.com/example/podnet.",
    "We made our code available online¹.\n\n¹https://github.com/example/podnet"])
def test_an_address_of_code_is_found_however_it_is_told(base, tmp_path, said):
    told = SEVERAL.split("PodNet overcomes")[0] + said + "\n"
    (tmp_path / "podnet.md").write_text(told, encoding="utf-8")
    base.add(tmp_path / "podnet.md")
    assert "github.com/example/podnet" in row(base, base.table(["code"]), "podnet.md")["code"].shown


def test_a_limit_that_the_work_takes_away_is_none_of_its_own(base, tmp_path):
    (tmp_path / "podnet.md").write_text(SEVERAL, encoding="utf-8")
    base.add(tmp_path / "podnet.md")
    assert not row(base, base.table(["limitation"]), "podnet.md")["limitation"].text


@pytest.mark.parametrize(("sentence", "models"), [
    ("PodNet extends the popular PeaRanker and SoilNet with a third head.", {"PeaRanker", "SoilNet"}),
    ("We combine factorization machines and deep networks.", {"factorization machines", "deep networks"}),
    ("PodNet is a generalization of Sow&Reap.", {"Sow&Reap"}),
    ("本文结合矩阵分解与卷积神经网络。", {"矩阵分解", "卷积神经网络"}),
    ("We sow peas in March.", set())])
def test_what_a_work_extends_or_combines_is_what_it_is_built_on(sentence, models):
    line = Line(0, len(sentence), sentence, sentence, "abstract", (), is_caption=False, is_own=True, is_other=False)
    assert {sentence[a:b] for a, b in built_on(line)} == models


@pytest.mark.parametrize(("one", "other", "same"), [
    ("SQuAD", "Stanford Question Answering Dataset", True), ("SNLI", "Stanford Natural Language Inference", True),
    ("CIFAR-10", "CIFAR-100", False), ("CoNLL-2003", "CoNLL-2003 shared task", True), ("MNIST", "ImageNet", False)])
def test_a_name_and_its_letters_are_one(one, other, same):
    assert is_same_name(one, other) is same


def test_every_cell_is_verbatim_and_has_its_place(base):
    table = base.table([*COLUMNS, "batch size"])
    spans = [span for row in table.rows for cell in row.cells if cell.citation
             for span in ((cell.text, cell.citation), *((s.text, s.citation) for s in (*cell.also, *cell.runners_up)))]
    assert len(spans) > 10
    for text, citation in spans:
        document = base.document(citation.document)
        assert document.text[slice(*citation.answer)] == text
        assert document.text[citation.start:citation.end] == citation.quote
        assert citation.start <= citation.answer[0] < citation.answer[1] <= citation.end


@pytest.mark.parametrize("name", ["survey.md", "opinion.md"])
def test_a_survey_and_an_opinion_have_empty_cells_that_say_why(base, name):
    cells = row(base, base.table(COLUMNS), name)
    assert [cell.text for cell in cells.values()] == [""] * len(COLUMNS)
    assert {cell.empty for cell in cells.values()} <= {"nothing", "unsure"}


def test_no_cell_and_no_runner_up_of_a_result_is_another_works_number(base):
    table = base.table(["best result", "accuracy", "F1"])
    for cells in table.rows:
        for cell in cells.cells:
            told = [cell.shown, *(span.text for span in cell.runners_up)]
            assert not [text for text in told for number in ("97.9", "95.1", "95.6", "97.2", "98.2") if number in text]


def test_a_column_in_a_measure_gives_the_result_in_it(base):
    cells = row(base, base.table(["F1", "accuracy"]), "peanet.md")
    assert (cells["F1"].value, cells["accuracy"].value) == (89.7, 91.4)


def test_results_in_one_measure_are_aligned_across_papers_and_shares_become_percents(base, tmp_path):
    (tmp_path / "other.md").write_text(ENGLISH.replace("PeaNet", "PodNet").replace("91.4 %", "0.934")
                                       .replace("91.4", "0.934"), encoding="utf-8")
    base.add(tmp_path / "other.md")
    (measure,) = [m for m in base.table(["accuracy"]).measures if len(m.results) > 1]
    assert (measure.data_set, measure.unit) == ("GreenPeas", "%")
    assert [result.value for result in measure.results] == [93.4, 91.4]


def test_a_number_of_a_measure_that_is_no_share_has_no_percent_of_another_work():
    def cell(work, measure, text, value, unit=""):
        said = ExtractedCell(text, value=value, unit=unit, measure=measure, data_set="WikiText2")
        return ExtractionRow(work, work, f"{work}.md", (said,))

    found = aligned([cell("a", "perplexity", "8.37", 8.37), cell("b", "perplexity", "12%", 12.0, "%"),
                     cell("c", "perplexity", "0.9", 0.9), cell("a", "accuracy", "0.9", 0.9),
                     cell("b", "accuracy", "91%", 91.0, "%")])
    told = {(one.measure, one.unit): [(result.document, result.value) for result in one.results] for one in found}
    assert told == {("perplexity", ""): [("a", 8.37), ("c", 0.9)], ("perplexity", "%"): [("b", 12.0)],
                    ("accuracy", "%"): [("b", 91.0), ("a", 90.0)]}


def test_a_column_of_the_readers_own_takes_what_stands_beside_its_words(base):
    table = base.table(["batch size", "学习率"])
    assert row(base, table, "peanet.md")["batch size"].value == 48
    assert row(base, table, "peamed.md")["batch size"].value == 16
    assert row(base, table, "peamed.md")["学习率"].text == "0.002"
    assert row(base, table, "peanet.md")["学习率"].text == ""


def test_whether_the_code_can_be_had_is_a_yes_with_its_sentence(base):
    cells = row(base, base.table(["is the code available"]), "peanet.md")
    assert cells["is the code available"].yes is True
    assert "github.com/example/peanet" in cells["is the code available"].text
    assert row(base, base.table(["code"]), "opinion.md")["code"].yes is None


def test_what_the_library_records_fills_a_column_and_says_so(base):
    (document,) = [info.id for info in base.documents() if info.path.endswith("peanet.md")]
    base.edit(document, authors=["Ada Pea"], year=2021)
    cells = row(base, base.table(["authors", "year", "venue"]), "peanet.md")
    assert (cells["authors"].text, cells["authors"].record.origin) == ("Ada Pea", "set")
    assert cells["year"].value == 2021 and cells["year"].citation is None
    assert cells["venue"].empty == "nothing"


# --- kept, resumed, made again


def test_cells_are_filled_once_and_known_afterwards(base):
    first, second = base.table(COLUMNS), base.table(COLUMNS)
    assert (first.n_cached, second.n_cached) == (0, second.n_cells)
    assert [row.cells for row in first.rows] == [row.cells for row in second.rows]


def test_what_is_recorded_and_what_has_no_text_was_not_filled_before(base, tmp_path):
    (tmp_path / "empty.md").write_text("\n", encoding="utf-8")
    base.add([tmp_path / "empty.md"])
    table = base.table(["title", "data set"], documents=[base.documents()[0].id])
    assert [(cell.text, cell.empty) for cell in table.rows[0].cells] == [("empty", ""), ("", "no text")]
    assert base.table(["title", "year"]).n_cached == 0
    assert [base.table(["title", "data set"]).n_cached for _ in range(2)] == [0, len(PAPERS)]


def test_a_table_that_was_stopped_goes_on_where_it_was(base, monkeypatch):
    monkeypatch.setattr("kb.base.tabling._SAVE_AFTER", 0.0)

    def stops(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        base.table(COLUMNS, on_progress=stops)
    assert base.table(COLUMNS).n_cached == 2 * len(COLUMNS)


def test_a_document_that_is_removed_meanwhile_has_a_row_that_says_so(base):
    ids = [info.id for info in base.documents()]
    removed = []

    def removes(progress):
        if not removed:
            removed.append(ids[-1] if progress.item != base.document(ids[-1]).metadata.title else ids[0])
            base.remove(removed)

    table = base.table(COLUMNS, documents=ids, on_progress=removes)
    assert table.removed == tuple(removed)
    (gone,) = [row for row in table.rows if row.document in removed]
    assert {cell.empty for cell in gone.cells} == {"removed"}


def test_a_document_that_is_removed_while_a_table_is_made_again_is_told_as_removed(base):
    ids = sorted(info.id for info in base.documents())
    base.table(["data set"], documents=ids, keep="peas")

    def removes(progress):
        if progress.done == 1:
            base.remove([ids[-1]])

    table, changes = base.table_again("peas", on_progress=removes)
    assert table.removed == (ids[-1],) and len(changes.removed) == 1 and changes.cells == ()
    assert [row.document for row in table.rows] == ids


def test_cells_leave_with_their_document(base):
    base.table(COLUMNS)
    (document,) = [info.id for info in base.documents() if info.path.endswith("peanet.md")]
    base.remove([document])
    with Store(base.home).read() as view:
        assert not view._connection.execute("SELECT count(*) FROM cells WHERE document = ?", (document,)).fetchone()[0]


def test_cells_that_cannot_be_kept_are_counted(base):
    with Store(base.home).write("test"):
        table = base.table(["data set"])
    assert (table.n_unsaved, table.n_filled) == (4, 2)
    assert base.table(["data set"]).n_unsaved == 0


def test_a_kept_table_says_what_is_different_when_it_is_made_again(base, tmp_path):
    kept = base.table(["data set", "best result"], keep=" peas ")
    assert (kept.name, base.kept_tables()[0][0]) == ("peas", "peas")
    assert base.kept_table("peas") == kept
    (tmp_path / "peanet.md").write_text(ENGLISH.replace("91.4", "93.8"), encoding="utf-8")
    (tmp_path / "new.md").write_text(ENGLISH.replace("PeaNet", "PodNet").replace("GreenPeas", "PodSet"),
                                     encoding="utf-8")
    base.add([tmp_path / "peanet.md", tmp_path / "new.md"])
    base.remove([info.id for info in base.documents() if info.path.endswith("opinion.md")])
    table, changes = base.table_again("peas")
    assert len(changes.added) == 2 and "PodNet: Sorting peas with a small network" in changes.added
    assert len(changes.removed) == 2  # the opinion, and the earlier version of the paper
    assert table.name == "peas" and base.table_again("peas")[1].cells == ()


def test_a_cell_that_is_different_is_told_with_both_values(base):
    kept = base.table(["data set"], keep="peas")
    (document,) = [info.id for info in base.documents() if info.path.endswith("peanet.md")]
    rows = tuple(each if each.document != document else type(each)(each.document, each.title, each.path,
                 (type(each.cells[0])("RedBeans"),)) for each in kept.rows)
    base.keep_table(ExtractionTable(kept.columns, rows), "peas")
    (cell,) = base.table_again("peas")[1].cells
    assert (cell.before, cell.after, cell.column) == ("RedBeans", "GreenPeas", "data set")


def test_what_was_removed_is_not_kept_in_a_table(base):
    base.table(COLUMNS, keep="peas")
    base.remove([info.id for info in base.documents() if info.path.endswith("peanet.md")])
    assert "GreenPeas" not in str(base.kept_table("peas").to_dict())


def test_a_kept_table_of_some_documents_stays_one_of_these(base):
    ids = {info.path.rsplit("/", 1)[-1]: info.id for info in base.documents()}
    base.table(["data set"], documents=[ids["peanet.md"], ids["opinion.md"]], keep="two")
    base.remove([ids["opinion.md"]])
    table, changes = base.table_again("two")
    assert [row.document for row in table.rows] == [ids["peanet.md"]] and table.removed == (ids["opinion.md"],)
    assert changes.removed == (ids["opinion.md"],) and changes.added == ()
    base.remove([ids["peanet.md"]])
    assert base.table_again("two")[0].rows == ()


def test_a_kept_table_is_deleted_and_one_that_is_not_there_is_named(base):
    base.table(["data set"], keep="peas")
    base.delete_table("peas")
    assert base.kept_tables() == ()
    for call in (base.kept_table, base.table_again, base.delete_table):
        with pytest.raises(UnknownTable):
            call("peas")


# --- as files


def test_a_table_comes_back_from_its_values(base):
    table = base.table([*COLUMNS, "year"])
    assert ExtractionTable.from_dict(table.to_dict()) == table


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "＝", "＠", "\u3000="])
def test_nothing_in_a_csv_file_is_executed_by_a_spreadsheet(base, begins):
    (document,) = [info.id for info in base.documents() if info.path.endswith("peanet.md")]
    base.edit(document, authors=[f"{begins}1+1"])
    text = base.table(["authors", "-soil", "data set"], documents=[document]).to_csv()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["document", "title", "authors", "'-soil", "data set"]
    assert rows[1][0] == document and rows[1][4] == "GreenPeas"
    assert not rows[1][2].lstrip().startswith(("=", "+", "-", "@", "＝", "＠"))


# --- parts of a paper


def test_parts_of_a_paper_are_known_by_its_headings(base):
    (document,) = [info.id for info in base.documents() if info.path.endswith("peanet.md")]
    paper = Paper(base.document(document))
    said = {line.text[:12]: line.part for line in paper.lines}
    assert said["We present P"] == "abstract" and said["Holt et al. "] == "related"
    assert said["We evaluate "] == "experiment" and said["Our method c"] == "limitation"
    assert paper.own_names == {"peanet"} and not paper.is_survey


@pytest.mark.parametrize("heading", ["参考文献（References）：", "References", "# 参考文献"])
def test_references_are_known_by_their_line_even_where_it_is_no_heading(base, tmp_path, heading):
    text = CHINESE.replace("# 参考文献\n", f"{heading}\n").replace("F1值为95.6%", "在PodSet数据集上F1值为99.6%")
    (tmp_path / "listed.md").write_text(text.replace("豌豆", "扁豆"), encoding="utf-8")
    base.add(tmp_path / "listed.md")
    (document,) = [info.id for info in base.documents() if info.path.endswith("listed.md")]
    lines = [line for line in Paper(base.document(document)).lines if "PodSet" in line.text]
    assert lines and {line.part for line in lines} == {"references"}
