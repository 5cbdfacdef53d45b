"""The Table page, without a browser: columns in, cells with their places, kept tables."""

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from tests.study.papers import ENGLISH, OPINION
from tests.waiting import LONGEST


@pytest.fixture
def papers(home, tmp_path):
    (tmp_path / "peanet.md").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "opinion.md").write_text(OPINION, encoding="utf-8")
    with KnowledgeBase.open() as base:
        base.add([tmp_path / "peanet.md", tmp_path / "opinion.md"])


def page(lang="en"):
    app = AppTest.from_string("from kb_app import table\ntable.page()", default_timeout=LONGEST)
    app.query_params["lang"] = lang
    app.run()
    assert not app.exception
    return app


def test_an_empty_library_asks_for_documents_first(home):
    assert any("library is empty" in item.value for item in page().info)


def test_a_preset_makes_a_table_with_its_columns(papers):
    app = page()
    app.button(key="table_go").click().run()
    assert not app.exception
    (grid,) = app.dataframe
    assert list(grid.value.columns) == ["Document", "data set", "metric", "best result", "base model", "language",
                                        "limitation"]
    assert "GreenPeas" in set(grid.value["data set"]) and "" in set(grid.value["data set"])


def test_the_page_speaks_chinese(papers):
    app = page("zh")
    assert app.title[0].value == "表格" and app.button(key="table_go").label == "生成表格"
    assert app.selectbox(key="table_preset").options[0].startswith("论文：数据集、指标")


def test_columns_of_the_readers_own_are_one_a_line_in_either_language(papers):
    app = page()
    app.selectbox(key="table_preset").select_index(3).run()
    app.text_area(key="table_columns").set_value("批大小\n\n数据集\n").run()
    app.button(key="table_go").click().run()
    assert not app.exception
    assert list(app.dataframe[0].value.columns) == ["Document", "批大小", "数据集"]
    assert {"48", ""} == set(app.dataframe[0].value["批大小"])


def test_columns_that_cannot_be_asked_are_said_on_the_page(papers):
    app = page()
    app.selectbox(key="table_preset").select_index(3).run()
    app.text_area(key="table_columns").set_value("soil\nsoil").run()
    app.button(key="table_go").click().run()
    assert not app.exception
    assert any("stands there twice" in item.value for item in app.error)


def test_a_table_is_kept_shown_and_made_again(papers):
    app = page()
    app.button(key="table_go").click().run()
    app.text_input(key="table_keep").set_value("peas").run()
    app.button(key="table_keep_go").click().run()
    app.run()
    assert app.selectbox(key="table_kept_name").options == ["peas"]
    app.button(key="table_again").click().run()
    assert not app.exception
    assert any("0 cells are different" in item.value for item in app.info)


def test_one_more_column_comes_with_the_press_and_it_is_said_how_many_say_it(papers):
    app = page()
    app.button(key="table_go").click().run()
    app.text_input(key="table_more").set_value("soil")
    app.button(key="table_more_go").click().run()
    assert not app.exception
    table = app.session_state.table
    assert table.columns[-1].name == "soil"
    said = [item.value for item in app.info if "is the last column" in item.value]
    n = sum(bool(row.cells[-1].text) for row in table.rows)
    assert len(said) == 1 and f"{n} of {len(table.rows)} documents" in said[0]
