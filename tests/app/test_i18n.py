import ast
import re
import string
from pathlib import Path
from typing import get_args

import pytest
from kb_app.count_words import COUNTS
from kb_app.grid import _WIDTHS, _WORDS
from kb_app.i18n import TEXTS
from kb_app.library import _VIEWS
from kb_app.reading_words import SAID
from kb_app.scoping import _SEVERAL
from kb_app.state import full

from kb.runs.jobs import Status
from kb.types.scope import STATES

APP = Path(__file__).resolve().parents[2] / "app"


def names(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_stands_in_both_languages_with_the_same_values(key):
    words = TEXTS[key]
    assert words.zh and words.en
    assert names(words.zh) == names(words.en)


def test_sentences_end_with_a_stop_in_both_languages():
    for key, words in TEXTS.items():
        en, zh = words.en.removesuffix("Lang.").removesuffix(" et al."), words.zh
        assert en.endswith((".", "?")) == zh.endswith(("。", "？")), key
        assert not key.endswith("_help") or key == "chat_help" or en.endswith((".", "?")), key


@pytest.mark.parametrize(("words", "said"), [
    ("the file is empty", "The file is empty."), ("is it there?", "Is it there?"), ("kb doctor", "kb doctor"),
    ("there is no such file: /no/such.csv", "There is no such file: /no/such.csv"), ("", ""),
    ("run the command: kb add FOLDER", "Run the command: kb add FOLDER"),
    ("reviews.csv has no column", "reviews.csv has no column."), ("http://x/v1 refuses it", "http://x/v1 refuses it."),
    ("see the log (HTTP 503)", "See the log (HTTP 503)."),
])
def test_a_message_is_told_as_a_sentence_but_for_what_is_copied(words, said, monkeypatch):
    monkeypatch.setattr("kb_app.state.language", lambda: "en")
    assert full(words) == said


def test_no_key_is_given_twice():
    """A part of TEXTS would silently take the words of another."""
    given = [key for path in sorted(APP.glob("*.py")) if path.name == "i18n.py" or path.name.endswith("_words.py")
             for key in re.findall(r'^    "(\w+)": Words\(', path.read_text(), re.MULTILINE)]
    assert sorted(key for key in set(given) if given.count(key) > 1) == [] and len(given) > 300


def test_every_key_that_is_used_exists_and_every_text_is_used():
    words = {"i18n.py", "ask_words.py", "count_words.py", "document_words.py", "heard_words.py", "lab_words.py",
             "library_words.py", "outline_words.py", "reading_words.py", "settings_words.py"}
    code = "\n".join(path.read_text() for path in APP.glob("*.py") if path.name not in words)
    used = set(re.findall(r"\bt\(\s*['\"](\w+)['\"]\s*[,)]", code))
    used |= set(COUNTS) & set(re.findall(r'"(\w+)":', code))
    assert used <= set(TEXTS)
    endings = {
        "phase_": ("look", "read", "encode", "commit", "train", "teach", "write", "outline", "recognise"),
        "length_": ("short", "medium", "long"),
        "style_": ("numeric", "author_year", "gbt7714"),
        "survey_": ("cancelled", "interrupted"),
        "order_": ("reading", "year"),
        "outline_did_": ("rename", "move", "place", "merge", "add", "drop"),
        "job_": ("cancelled", "interrupted"),
        "working_": ("add", "sync", "import", "ocr", "adapt"),
        "sync_": ("add", "update", "move", "renew", "copy", "remove"),
        "read_": SAID,
        "state_": (*get_args(Status), *STATES),
        "column_": tuple(_WIDTHS),
        "grid_": _WORDS,
        "view_": _VIEWS,
        "scope_": _SEVERAL,
        "language_": ("zh", "en"),
        "plan_": ("add", "update", "move", "renew", "copy", "remove"),
        "import_": ("document", "abstract", "unchanged"),
        "update_": ("added", "removed", "changed", "unchanged"),
        "": ("found", "found_in_part", "weak", "not_found"),
    }
    made = {f"{prefix}{word}" for prefix, words in endings.items() for word in words}
    assert set(TEXTS) - used - made - {"app", "source", "sources", "link"} == set()


def test_pages_hold_no_words_of_their_own():
    for name in ("answers.py", "ask.py", "chats.py", "feedback.py", "first.py", "scope_bar.py",
                 "citations.py", "lab_events.py", "lab_guide.py", "labs.py", "library.py", "document.py",
                 "outline_editor.py", "settings.py",
                 "source_panel.py", "marginalia.py", "survey.py", "survey_view.py", "written.py"):
        tree = ast.parse((APP / name).read_text())
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr
                in {
                    "title",
                    "caption",
                    "markdown",
                    "button",
                    "info",
                    "warning",
                    "error",
                    "success",
                    "subheader",
                    "text_input",
                    "toggle",
                    "metric",
                    "expander",
                }
                and call.args
                and isinstance(call.args[0], ast.Constant)
            ):
                assert not re.search(r"[A-Za-z\u4e00-\u9fff]{2}", str(call.args[0].value)), f"{name}:{call.lineno}"


def test_what_may_be_left_empty_says_so_in_the_readers_language():
    """Streamlit's own words for it are English."""
    for path in APP.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                given = {keyword.arg for keyword in call.keywords}
                if call.func.attr == "multiselect" or call.func.attr == "selectbox" and any(
                        word.arg == "index" and isinstance(word.value, ast.Constant) and word.value.value is None
                        for word in call.keywords):
                    assert "placeholder" in given, f"{path.name}:{call.lineno}"


def test_no_way_round_the_safe_view():
    for path in APP.glob("*.py"):
        text = path.read_text()
        assert "unsafe_allow_html" not in text
        assert "components.v1" not in text
        shown = re.findall(r"st\.html\((.*)\)", text)
        assert len(shown) == text.count("st.html(") and (not shown or path.name == "main.py"), path.name
        assert all(re.fullmatch(r'STATIC / "\w+\.css"', one) for one in shown), "only the constant styles of the shell"
        assert "innerHTML" not in text
