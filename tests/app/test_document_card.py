"""The card of a document: its metadata can be set right, and it says what was read."""

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from tests.app.conftest import NOTE
from tests.waiting import LONGEST

PAGE = """
from kb_app.document import card
from kb_app.state import library
card(library().documents()[0], lambda: None)
"""


@pytest.fixture
def document(filled):
    with KnowledgeBase.open() as base:
        return base.documents()[0].id


def run(lang="en"):
    app = AppTest.from_string(PAGE, default_timeout=LONGEST)
    app.query_params["lang"] = lang
    app.run()
    assert not app.exception
    return app


def press(app, key):
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception


def metadata(document):
    with KnowledgeBase.open() as base:
        return base.document(document).metadata


def test_an_edit_on_the_card_is_in_the_library_and_on_the_card(filled, document):
    app = run()
    press(app, "edit")
    app.text_input(key=f"edit_title_{document}").set_value("![x](http://evil.example/x.png) Compression")
    app.text_area(key=f"edit_authors_{document}").set_value("Ada Lovelace\n\n王小明\n")
    app.text_input(key=f"edit_year_{document}").set_value("1843")
    press(app, "edit_save")
    m = metadata(document)
    assert (m.authors, m.year) == (("Ada Lovelace", "王小明"), 1843)
    assert [item.field for item in m.edited] == ["title", "authors", "year"], "what was not changed is not edited"
    assert app.header[0].value.endswith("(edited)") and "](http" not in app.header[0].value
    assert "Ada Lovelace, 王小明 · 1843" in app.markdown[0].value
    assert "editing" not in app.session_state


def test_a_field_is_given_back_on_the_card(filled, document):
    with KnowledgeBase.open() as base:
        base.edit(document, title="Mine", year=1843)
    app = run()
    press(app, "edit")
    assert app.text_input(key=f"edit_year_{document}").label == "Year (edited)"
    app.multiselect(key=f"edit_clear_{document}").set_value(["title"])
    press(app, "edit_save")
    assert (metadata(document).title, metadata(document).year) == ("压缩", 1843)


def test_the_form_speaks_chinese(filled, document):
    with KnowledgeBase.open() as base:
        base.edit(document, title="Mine")
    app = run("zh")
    press(app, "edit")
    assert app.text_input(key=f"edit_title_{document}").label == "题名（已改定）"
    assert app.multiselect(key=f"edit_clear_{document}").label == "恢复为读到的内容"


def test_what_cannot_be_is_said_and_the_form_stays(filled, document):
    app = run()
    press(app, "edit")
    app.text_input(key=f"edit_year_{document}").set_value("soon")
    press(app, "edit_save")
    assert "Year cannot be soon" in app.error[0].value
    assert app.text_input(key=f"edit_year_{document}").value == "soon" and metadata(document).edited == ()
    press(app, "edit_no")
    assert "editing" not in app.session_state


def test_the_card_says_what_was_read_and_what_needs_a_look(filled, document):
    with KnowledgeBase.open() as base:
        (filled / "note.md").write_text(NOTE + "\n<!-- nothing to quote -->\n")
        base.add([filled / "note.md"])
    app = run()
    assert "Worth a look: no authors; no year" in [item.value for item in app.caption]
    fields, left_out = (item.value for item in app.table)
    assert fields.to_numpy().tolist()[:3] == [["Title", "压缩", "the file itself"], ["Authors", "—", "missing"],
                                              ["Year", "—", "missing"]]
    assert left_out["What"].tolist() == ["1 comment"] and left_out["Why"].tolist()[0]
    assert any("Markdown" in item.value and "headings 2" in item.value for item in app.markdown)


def test_the_button_looks_up_what_is_missing_and_says_so(filled, document, tmp_path):
    with KnowledgeBase.open() as base:
        (tmp_path / "b.md").write_text(
            "# A survey\n\nWords.\n\n## References\n\n[1] Ada Lovelace, Alan Turing. Pruning of very "
            "large models at scale. Journal of Pruning, 2021.\n"
        )
        base.add([tmp_path / "b.md"])
        base.edit(document, title="Pruning of very large models at scale")
    app = AppTest.from_string(PAGE.replace("[0]", "[-1]"), default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.run()
    press(app, "look_up")
    assert metadata(document).authors == ("Ada Lovelace", "Alan Turing")
    assert "Ada Lovelace, Alan Turing · 2021" in app.markdown[0].value
    press(app, "look_up")
    assert app.toast[0].value == "Nothing new was found."


def test_the_button_is_off_where_the_network_is(filled, document, monkeypatch):
    monkeypatch.setenv("KB_NETWORK", "off")
    assert next(button for button in run().button if button.key == "look_up").disabled


def test_the_card_tells_what_the_document_says_of_itself(filled, document):
    app = run("zh")
    assert not [button for button in app.button if button.key.startswith("summary_")]
    next(item for item in app.expander if item.label == "内容提要")
    app.session_state[f"summary_{document}"] = True
    app.run()
    assert not app.exception
    told = [button for button in app.button if button.key.startswith("summary_")]
    assert told and any("没有找到：" in caption.value for caption in app.caption)
    told[0].click().run()
    source = app.session_state["source"]
    with KnowledgeBase.open() as base:
        text = base.document(document).text[source["start"]:source["end"]]
    assert text.split()[0] in told[0].label


def test_a_summary_is_read_once_for_each_state_of_the_library(filled, document, monkeypatch):
    asked = []
    read = KnowledgeBase.read
    monkeypatch.setattr(KnowledgeBase, "read", lambda base, *args, **kw: asked.append(args) or read(base, *args, **kw))
    app = run()
    app.session_state[f"summary_{document}"] = True
    for _ in range(3):
        app.run()
    assert len(asked) == 1 and not app.exception
