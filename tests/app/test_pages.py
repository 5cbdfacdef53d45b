"""The pages' logic, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from tests.app.conftest import NOTE
from tests.study.tides import CHINESE, ENGLISH
from tests.waiting import LONGEST

MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")


def run(page="ask", lang="en"):
    # AppTest cannot switch between pages that are functions: the library is run by itself.
    app = (
        AppTest.from_file(MAIN, default_timeout=LONGEST)
        if page == "ask"
        else AppTest.from_string("from kb_app import library\nlibrary.page()", default_timeout=LONGEST)
    )
    app.query_params["lang"] = lang
    app.run()
    assert not app.exception
    return app


def test_an_empty_library_asks_for_documents(home):
    app = run()
    assert app.title[0].value.startswith("kb") and "quote" in " ".join(item.value for item in app.markdown)
    assert app.button(key="open_library")


def test_the_page_speaks_both_languages(filled):
    assert run(lang="zh").title[0].value == "向资料库提问"
    assert run(lang="en").title[0].value == "Ask your library"


def test_an_answer_has_a_support_word_and_a_button_for_each_source(filled):
    app = run()
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    assert not app.exception
    button = next(button for button in app.button if button.key.startswith("source0-"))
    button.click().run()
    assert not app.exception
    assert app.session_state["source"]["start"] == NOTE.index("知识蒸馏是指")
    assert app.query_params["doc"]
    app.button(key="close_source").click().run()
    assert "source" not in app.session_state


def test_a_record_that_answers_opens_the_card_of_its_document(filled):
    (filled / "pots.md").write_text('---\ntitle: "Slow Pots"\nauthors: [Ada Okoro]\n---\n# Slow Pots\n\nFire slowly.\n')
    with KnowledgeBase.open() as base:
        base.add([filled / "pots.md"])
    app = run()
    app.chat_input[0].set_value("Who wrote \"Slow Pots\"?").run()
    assert not app.exception and any("records" in item.value for item in app.caption)
    next(button for button in app.button if button.key.startswith("record0-")).click().run()
    assert not app.exception and any("Slow Pots" in item.value for item in app.header)
    app.button(key="card_close").click().run()
    assert not app.header


def test_what_was_looked_at_is_not_said_to_have_been_searched(filled):
    app = run()
    app.chat_input[0].set_value("How many documents are in my library?").run()
    said = [caption.value for caption in app.caption]
    assert any(words.endswith("document looked at") for words in said) and not any("Searched" in w for w in said)
    app.chat_input[0].set_value("什么是知识蒸馏？").run()
    assert any("Searched" in caption.value for caption in app.caption)


def test_what_no_record_has_is_said_in_words(filled):
    app = run(lang="zh")
    app.chat_input[0].set_value("《压缩》的作者是谁？").run()
    assert not app.exception and any("据资料库的记录" in item.value for item in app.caption)


def test_a_summary_stands_part_by_part_and_says_what_is_empty(filled):
    (filled / "tide.md").write_text(CHINESE, encoding="utf-8")
    with KnowledgeBase.open() as base:
        base.add([filled / "tide.md"])
    app = run(lang="zh")
    app.chat_input[0].set_value("总结一下《基于稀疏水位计的港口潮位预测方法》").run()
    assert not app.exception
    said = [item.value for item in app.caption]
    assert any("据文献各部分" in value for value in said)
    assert [button for button in app.button if button.key.startswith("source0-")]


def test_a_list_names_the_documents_that_answer_nothing(filled):
    (filled / "tide.md").write_text(ENGLISH, encoding="utf-8")
    with KnowledgeBase.open() as base:
        base.add([filled / "tide.md"])
    app = run()
    app.chat_input[0].set_value("What are the limitations of these papers?").run()
    assert not app.exception
    assert any("Nothing was found for: 压缩" in item.value for item in app.caption)


def test_what_is_not_there_is_said_with_the_missing_words(filled):
    app = run()
    app.chat_input[0].set_value("特斯拉的股价是多少？").run()
    assert not app.exception
    assert any("Nothing in the library" in item.value for item in app.markdown)
    assert any("特斯拉" in item.value for item in app.caption)


def test_an_evidence_link_opens_its_source(filled):
    with KnowledgeBase.open() as base:
        document = base.documents()[0].id
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params.update({"lang": "en", "doc": document, "start": "6", "end": "12"})
    app.run()
    assert not app.exception
    assert app.button(key="close_source")


@pytest.mark.parametrize("link",
                         [{"doc": "nothing", "start": "0", "end": "5"}, {"doc": "x", "start": "a"}, {"start": "4"}])
def test_a_broken_evidence_link_breaks_nothing(filled, link):
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params.update({"lang": "en", **link})
    app.run()
    assert not app.exception


def test_the_library_says_what_it_has_and_which_filter_leaves_nothing(filled):
    app = run("library")
    assert any(item.value.startswith("Documents 1 ·") for item in app.caption)
    app.text_input(key="library_scope_years").set_value("1999").run()
    assert not app.exception and any("1999" in item.value for item in app.error)
    app.text_input(key="library_scope_years").set_value("soon").run()
    assert not app.exception and any("soon" in item.value for item in app.error)


def test_a_question_with_markup_is_shown_as_text(filled):
    app = run()
    app.chat_input[0].set_value("![x](http://evil.example/x.png) 什么是剪枝？").run()
    assert not app.exception
    assert all("](http" not in item.value for item in app.markdown)


def test_an_encoder_that_does_not_fit_is_explained_without_a_traceback(filled, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_ENCODER", "/no/such/model")
    app = run()
    app.chat_input[0].set_value("什么是剪枝？").run()
    assert not app.exception
    assert "cannot be loaded" in app.error[0].value


def test_fitting_is_offered_for_the_bundled_encoder_only(filled, monkeypatch):
    app = run("library")
    assert [info.value for info in app.info] == ["Only the bundled encoder can be fitted."]
    monkeypatch.setenv("KB_ENCODER", "bundled")
    import streamlit as st

    st.cache_resource.clear()
    app = run("library")
    assert app.button(key="fit_go").label == "Fit it" and not app.info
    assert "fit_undo" not in [button.key for button in app.button]
    assert app.button(key="fit_reader_go").disabled  # until a file of questions is chosen


def test_the_result_of_teaching_the_reader_says_both_figures(filled):
    before = {"answered": 6, "right": 4, "unanswered": 7, "let_through": 1}
    for lang, kept, words in (("en", True, "first for 4 of 6 before, 5 after"), ("zh", False, "之前 4/6，之后 5/6")):
        result = {"kept": kept, "rehearsed": 20, "unplaced": 2, "before": before, "after": {**before, "right": 5}}
        app = AppTest.from_string(f"from kb_app.fitting import fitted\nfitted({result!r})")
        app.query_params["lang"] = lang
        app.run()
        (shown,) = app.success if kept else app.info
        assert words in shown.value and "2" in app.caption[0].value


def test_the_result_of_a_fitting_says_what_was_measured(filled):
    scores = {"n": 40, "ndcg_at_10": 0.5, "recall_at_1": 0.4, "mrr": 0.45}
    for kept, words in ((True, "In use now: nDCG@10 on 40 held-out questions went from 0.500 to 0.700."),
                        (False, "not surely better")):
        result = {"kept": kept, "held": 40, "before": scores, "after": {**scores, "ndcg_at_10": 0.7}}
        app = AppTest.from_string(f"from kb_app.fitting import fitted\nfitted({result!r})")
        app.query_params["lang"] = "en"
        app.run()
        shown = [*app.success, *app.info]
        assert len(shown) == 1 and words in shown[0].value


def test_a_source_closes_with_the_page_that_opened_it(filled):
    app = AppTest.from_file(MAIN, default_timeout=LONGEST)
    app.query_params["lang"] = "en"
    app.session_state["page"] = "table"
    with KnowledgeBase.open() as base:
        app.session_state["source"] = {"document": base.documents()[0].id, "start": 0, "end": 0}
    app.run()
    assert not app.exception and "source" not in app.session_state
