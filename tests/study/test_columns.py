"""What a column asks, however it is called, and columns that cannot be asked."""

import pytest

from kb.cli.table import PRESETS as COMMAND_PRESETS
from kb.errors import QuestionError
from kb.study.columns import MOST_COLUMNS, PRESETS, preset, read_column, read_columns
from kb.types import Words


@pytest.mark.parametrize(("name", "about"), [
    ("data set", "data set"), ("Datasets", "data set"), ("数据集", "data set"), ("corpus", "data set"),
    ("Metric", "metric"), ("评价指标", "metric"), ("best result", "result"), ("最佳结果", "result"),
    ("base model/encoder", "model"), ("pre-trained model", "model"), ("基础模型", "model"), ("language", "language"),
    ("语种", "language"), ("Limitations", "limitation"), ("不足之处", "limitation"), ("是否开源", "code"),
    ("year", "year"), ("作者", "authors"), ("pea variety", ""), ("豌豆品种", "")])
def test_a_column_is_known_by_any_of_its_names_in_either_language(name, about):
    assert read_column(name).about == about


def test_a_measure_is_a_column_of_results_in_it():
    column = read_column("F1")
    assert (column.about, column.measure, column.kind) == ("result", "F1", "number")
    assert read_column("准确率").measure == "准确率"


@pytest.mark.parametrize(("name", "kind"), [
    ("number of farms", "number"), ("How many farms were seen?", "number"), ("参与人数", "number"),
    ("Is the seed organic?", "yes-no"), ("是否使用肥料", "yes-no"), ("soil", "phrase"), ("土壤", "phrase")])
def test_a_column_says_of_which_kind_its_cells_are(name, kind):
    assert read_column(name).kind == kind


def test_a_question_is_asked_as_it_stands_and_a_name_becomes_one_in_both_languages():
    assert read_column("Who sowed the peas?").question == Words("Who sowed the peas?", "Who sowed the peas?")
    assert read_column("soil").question == Words("What is the soil?", "soil 是什么？")
    assert read_column("土壤").question.zh == "土壤是什么？"


@pytest.mark.parametrize(("names", "code"), [
    ([], "Q_NO_COLUMN"), (["soil", "  "], "Q_EMPTY_COLUMN"), (["x" * 301], "Q_LONG_COLUMN"),
    ([f"column {i}" for i in range(200)], "Q_MANY_COLUMNS"), (["data set", "Data-Set"], "Q_COLUMN_TWICE")])
def test_columns_that_cannot_be_asked_are_named_in_both_languages(names, code):
    with pytest.raises(QuestionError) as error:
        read_columns(names)
    assert error.value.code == code
    assert all(error.value.describe("en")) and all(error.value.describe("zh"))


def test_as_many_columns_as_allowed_are_read():
    assert len(read_columns([f"column {i}" for i in range(MOST_COLUMNS)])) == MOST_COLUMNS


def test_presets_are_known_columns_in_both_languages():
    assert tuple(PRESETS) == COMMAND_PRESETS
    for name in PRESETS:
        assert [read_column(one).about for one in preset(name)] == [read_column(one).about
                                                                     for one in preset(name, "zh")]
        assert all(read_column(one).about for one in preset(name))
    with pytest.raises(QuestionError):
        preset("peas")
