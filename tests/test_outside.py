"""JSON and TOML that somebody else wrote: a value within bounds, or one error that says why not."""

import ast
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.outside import DEEPEST, OutsideError, read_file, read_json, read_object, read_toml

ROOT = Path(__file__).resolve().parent.parent


def nested(n, inner="1"):
    return "[" * n + inner + "]" * n


@pytest.mark.parametrize(("data", "why"), [
    (b"", "empty"), (b" \n ", "empty"), (b"{", "not JSON"), (b"\xff\xfe{\x00}\x00", "not UTF-8"),
    (b'"\xed\xa0\x80"', "not UTF-8"), (b"{'a': 1}", "not JSON"), (b'{"a": 1} x', "not JSON"),
    (nested(DEEPEST + 1).encode(), "nested"), (b"[" * 500_000, "nested"), (b'{"a":' * 100_000, "nested"),
    (b'{"a": 1, "a": 2}', "twice"), (b"NaN", "no number"), (b"[-Infinity]", "no number"), (b"1e999", "64 bits"),
    (b"9223372036854775808", "64 bits"), (b"1" * 5000, "64 bits"), (b'"' + b"x" * 100 + b'"', "longer than 50"),
])
def test_what_may_not_come_is_one_error_that_says_why(data, why):
    with pytest.raises(OutsideError, match=why):
        read_json(data, largest=50 if "longer" in why else 8 << 20)


def test_an_error_does_not_hold_the_text():
    with pytest.raises(OutsideError) as caught:
        read_json(b'{"key": "sk-canary')
    error = caught.value
    assert "canary" not in f"{error}{error.__cause__}" and error.__suppress_context__


def test_texts_hold_neither_nul_nor_lone_surrogates_keys_included():
    found = read_json(b'{"a\\u0000b": ["x\\ud800y", {"\\udfff": "\\u0000"}], "pair": "\\ud83d\\ude00"}')
    assert found == {"ab": ["x\ufffdy", {"\ufffd": ""}], "pair": "😀"}
    assert read_json('"\\ud800"') == "\ufffd"


def test_files_of_other_programs_are_read_as_those_read_them():
    found = read_json(b'{"a": 1, "a": NaN, "b": 123456789012345678901}', is_strict=False)
    assert math.isnan(found["a"]) and found["b"] == 123456789012345678901
    with pytest.raises(OutsideError, match="nested"):
        read_json(nested(900), is_strict=False)


def test_as_deep_as_may_be_is_read_and_a_mark_of_order_is_no_character():
    assert json.dumps(read_json("\ufeff" + nested(DEEPEST))) == nested(DEEPEST)
    assert read_object(b"\xef\xbb\xbf{}") == {}


def test_an_object_is_asked_for_and_of_a_file_no_more_is_read_than_may_be_there(tmp_path):
    with pytest.raises(OutsideError, match="no object"):
        read_object(b"[]")
    (tmp_path / "a.json").write_bytes(b'{"a": "' + b"x" * 1000 + b'"}')
    with pytest.raises(OutsideError, match="longer"):
        read_file(tmp_path / "a.json", largest=100)
    assert len(read_file(tmp_path / "a.json")["a"]) == 1000


@pytest.mark.parametrize("text", ["a = [" * 5000, "a = " + "1" * 5000, "a = 1\na = 2", "\ud800", "x" * 101])
def test_a_toml_text_that_cannot_be_read_is_the_same_error(text):
    with pytest.raises(OutsideError):
        read_toml(text, largest=100 if len(text) == 101 else 1 << 20)


def test_a_toml_text_is_read():
    assert read_toml('a = "x\\u0000y"\n[b]\nc = [1, 2]') == {"a": "xy", "b": {"c": [1, 2]}}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_what_we_write_is_read_as_it_was_but_for_nul(value):
    assert read_json(json.dumps(value)) == json.loads(json.dumps(value).replace("\\u0000", ""))


@given(st.binary(max_size=80) | st.text(max_size=80) | st.text(alphabet='{}[]",:\\u0dD8eE+-.1 \n', max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_value_that_can_be_stored_or_in_the_error(data):
    for read in (read_json, read_toml) if isinstance(data, str) else (read_json, ):
        try:
            found = read(data)
        except OutsideError:
            continue
        json.dumps(found, ensure_ascii=False, default=str).encode("utf-8")


# Where JSON or TOML is read that this project wrote into its own package, database or pipes, or that a limited process
# reads: what it is checked by stands beside each.
OWN = {
    "kb/outside.py": "the reader itself", "kb/store": "rows of the database, by their digests",
    "kb/readers": "in the limited process; those that read files of others use the reader",
    "kb/cluster/packed.py": "documents that the nodes of the user's own cluster prepared, looked at after their hash",
    "app/login.py": "a cookie that this server signed, looked at after its signature",
}
PACKAGED = ("kb/messages.py", "kb/cli/words.py", "kb/answer/works.py", "kb/answer/otherwise.py",
            "kb/study/summaries.py", "kb/study/weights.py", "kb/survey/roles.py", "kb/survey/abstracts.py",
            "kb/labs/pages/guides.py", "kb/labs/pages/numbers.py")  # files of the package


def test_nothing_from_outside_is_read_otherwise():
    calls = {"json.loads", "json.load", "tomllib.loads", "tomllib.load"}  # in app/, TOML is Streamlit's own settings
    for path in [*(ROOT / "kb").rglob("*.py"), *(ROOT / "app").rglob("*.py")]:
        name = path.relative_to(ROOT).as_posix()
        if name in PACKAGED or any(name == own or name.startswith(own + "/") for own in OWN):
            continue
        found = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        wrong = found & calls if name.startswith("kb/") else found & {"json.loads", "json.load"}
        assert not wrong, f"{name} reads JSON or TOML without kb.outside"
