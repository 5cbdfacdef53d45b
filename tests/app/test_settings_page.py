"""The Settings page without a browser: what there is, in words; what is kept can be forgotten."""

import pytest
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase, __version__
from tests.waiting import LONGEST

PAGE = "from kb_app import settings\nsettings.page()"


def page(lang="en"):
    app = AppTest.from_string(PAGE, default_timeout=LONGEST)
    app.query_params["lang"] = lang
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("lang", "headings"), [
    ("en", ["Answer model", "How answers are found", "Storage", "Privacy", "Connections", "Versions"]),
    ("zh", ["回答模型", "如何找到答案", "存储", "隐私", "连接", "版本"])])
def test_it_says_what_answers_what_is_kept_where_and_who_can_connect(filled, lang, headings):
    app = page(lang)
    assert [item.value for item in app.header] == headings
    with KnowledgeBase.open() as base:
        home = str(base.home)
    commands = [item.value for item in app.code]
    assert f"kb mcp --home {home}" in commands and f"kb api --home {home}" in commands
    assert any(command.startswith("kb backup ~/kb-") for command in commands)
    assert any(command.startswith("kb restore ~/kb-") for command in commands)
    said = " ".join(item.value for item in app.markdown)
    assert "hashing" in said and __version__.replace(".", "\\.") in said and any(
        words in said for words in ("1 document,", "1 篇文档"))


def test_conversations_and_words_on_answers_are_forgotten_by_a_press(filled):
    with KnowledgeBase.open() as base:
        answer = base.ask("什么是知识蒸馏？")
        base.keep(answer)
        base.judge(answer, True)
    app = page()
    assert "1 conversation, 1 judgement of answers" in " ".join(item.value for item in app.markdown)
    app.button(key="forget_chats_yes").click().run()
    app.button(key="forget_feedback_yes").click().run()
    assert not app.exception
    with KnowledgeBase.open() as base:
        assert base.conversations() == () and base.feedback() == ()


def test_a_backup_is_made_by_a_press_and_never_over_another(filled, tmp_path):
    app, file = page(), tmp_path / "all.kb"
    app.text_input(key="backup_path").set_value(str(file)).run()
    app.button(key="backup_go").click().run()
    assert not app.exception and "1 document," in app.success[0].value and file.stat().st_size > 1000
    before = file.read_bytes()
    app.button(key="backup_go").click().run()
    assert not app.exception and not app.success and "Cannot be read or written" in app.error[0].value
    assert file.read_bytes() == before
    app.text_input(key="backup_path").set_value(" ").run()
    app.button(key="backup_go").click().run()
    assert not app.exception and "Fill in the field" in app.warning[0].value


def test_a_press_without_an_address_says_what_is_missing(home):
    app = page()
    app.button(key="save_model").click().run()
    assert not app.exception and "Fill in the address" in app.warning[0].value


def test_the_check_shows_what_is_wrong_first_and_the_rest_as_a_table(filled):
    app = page()
    app.button(key="check_installation").click().run()
    assert not app.exception and len(app.success) <= 1
    assert any("What was looked at" in item.label for item in app.expander) and len(app.table) == 1
