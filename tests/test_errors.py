"""The tree of errors: its classes, their codes, and what they say in both languages."""

import ast
import re
import string
from pathlib import Path

import pytest

from kb import errors
from kb.errors import DataError, FileProblem, KBError, Skipped, as_finding, as_notice, error_of, finding, note
from kb.messages import Words, fill, messages, words_of
from kb.types import Finding, Notice

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [*(ROOT / "kb").rglob("*.py"), *(ROOT / "app").rglob("*.py")]
CLASSES = {each.__name__: each for each in KBError.tree()}


def names(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_message_stands_in_both_languages_with_the_same_values():
    for code, message in messages().items():
        assert message.en[0] and message.zh[0], code
        assert bool(message.en[1]) == bool(message.zh[1]), code
        assert names("".join(message.en)) == names("".join(message.zh)), code


def test_every_error_says_what_to_do_next():
    assert [code for code, message in messages().items() if message.owner and not message.en[1]] == []


def test_every_code_has_one_class_and_what_is_no_error_has_none():
    for code, message in messages().items():
        is_error = not code.startswith(("F_", "N_", "W_"))
        assert (message.owner in CLASSES) if is_error else not message.owner, code


def test_a_class_refuses_the_code_of_another():
    with pytest.raises(TypeError, match="E_TYPE is a code of FileProblem, not of DataError"):
        DataError("E_TYPE", suffix=".pdf", found="PNG")


def raised():
    """(file, class, code) of every error that is made from a literal code."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES and node.args:
                for code in ast.walk(node.args[0]):
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        yield path, node.func.id, code.value


def test_every_error_is_raised_in_the_class_that_owns_its_code():
    wrong = [f"{path.name}: {name} {code}" for path, name, code in raised() if messages()[code].owner != name]
    assert wrong == []


def test_what_an_error_says_of_its_own_stands_in_both_languages():
    english = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
                for value in node.keywords:
                    said = "".join(literal(value.value)).removeprefix("pip install ")
                    if re.search(r"[a-z]{2,} [a-z]{2,}", said):
                        english.append(f"{path.name}:{node.lineno} {value.arg}")
    assert english == []


def literal(node):
    """The words of a text that is written out, none for any other value."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def test_no_value_of_an_error_is_a_plain_pair():
    pairs = [f"{path.name}:{node.lineno}" for path in SOURCES for node in ast.walk(ast.parse(path.read_text()))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES
             and any(isinstance(value.value, ast.Tuple) for value in node.keywords)]
    assert pairs == []


def test_a_pair_of_both_languages_is_words():
    """A bare tuple does not say which language comes first."""
    # a shape's name and its picture; the two names of a style; a form of questions and the column it asks for
    not_pairs = {"shapes.py", "docx_styles.py", "groups.py"}
    bare = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())) if path.name not in not_pairs else ():
            texts = ["".join(literal(each)) for each in node.elts] if isinstance(node, ast.Tuple) else []
            if len(texts) == 2 and all(texts) and sum(bool(re.search("[\u4e00-\u9fff]", text)) for text in texts) == 1:
                bare.append(f"{path.name}:{node.lineno}")
    assert bare == []


def test_every_code_is_used_and_every_code_that_is_used_has_words():
    text = "\n".join(path.read_text() for path in SOURCES)
    unused = [code for code in messages() if not code.startswith("W_") and not re.search(rf'"{code}"', text)]
    assert unused == []
    used = set(re.findall(r'"((?:[EDQFN]|LLM|SKIP)_[A-Z0-9_]+)"', text))
    assert used - set(messages()) - {"E_PLUGINS"} == set()


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    drawn, path = [], []
    for line in errors.__doc__.split("\n"):
        if found := re.match(r"    ([│ ]*(?:├── |└── )?)([A-Z]\w+)  ", line):
            depth = len(found[1]) // 4
            path = [*path[:depth], found[2]]
            drawn.append((path[-1], path[-2] if depth else ""))
    assert drawn == [(each.__name__, each.__bases__[0].__name__ if each is not KBError else "")
                     for each in KBError.tree()]


def test_the_codes_in_the_docstring_are_those_of_the_classes():
    owner, drawn = "", {}
    for line in errors.__doc__.split("\n\n")[1].split("\n"):
        if found := re.match(r"    [│ ]*(?:├── |└── )?([A-Z][a-z]\w+|KBError)  ", line):
            owner = found[1]
        drawn.setdefault(owner, set()).update(re.findall(r"\b(?:[EDQ]|LLM|SKIP)_[A-Z0-9_]+", line))
    assert drawn == {name: set(each.codes()) for name, each in CLASSES.items()}


def test_an_error_says_what_happened_and_what_to_do_in_the_readers_language():
    error = FileProblem("E_TYPE", suffix=".pdf", found="PNG")
    assert error.describe("en")[0] == "named .pdf but is PNG"
    assert "PNG" in error.describe("zh")[0]
    assert isinstance(error, KBError)


def test_what_the_system_says_is_said_in_the_readers_language():
    error = errors.LibraryError("E_BACKUP_FILE", path="/a/b.kb", detail="No such file or directory")
    assert "没有这个文件或文件夹" in error.describe("zh")[0] and "No such file" in error.describe("en")[0]
    assert "E_OTHER" in errors.LibraryError("E_BACKUP_FILE", path="/a", detail="E_OTHER").describe("zh")[0]


def test_an_error_is_made_again_from_its_code_in_its_class():
    assert type(error_of("SKIP_LINK", {})) is Skipped


def test_records_of_errors_speak_both_languages_also_after_json():
    error = FileProblem("E_TYPE", suffix=".pdf", found=Words("a picture", "图片"))
    for record, kind in ((as_notice(error), Notice), (as_finding("document", error), Finding)):
        again = kind.from_dict(record.to_dict())
        assert again == record
        assert "a picture" in again.describe("en")[0] and "图片" in again.describe("zh")[0]


def test_a_finding_and_a_note_say_their_words():
    found = finding("ok", "library", "F_CHECKED", documents=2, passages=9)
    assert found.describe("zh") == ("已检查 2 篇文档、9 个段落", "") and found.name("zh") == "资料库"
    assert note("N_UNDECODED", n=3).in_("zh") == "3 个字符无法解码"


def test_a_record_of_another_version_says_what_was_recorded():
    assert Notice("E_GONE", "as it was", "do this").describe("zh") == ("as it was", "do this")


def test_a_pair_is_read_however_it_was_kept():
    pair = Words("loss", "损失")
    assert words_of(pair) == words_of(pair.to_dict()) == words_of(["损失", "loss"]) == pair


# A number, and what it counts in the plural. Not: what somebody or something does ("1 says").
VERBS = ("allows as belongs calls does encodes finds has holds is leads leaves letters needs points process refuses "
         "says sends shows speaks stands stays tells was").split()
PLURAL = re.compile(rf"(?<![\w.,-])1 (?:(?:more|other|kept|held-out|reference) )*(?!(?:{'|'.join(VERBS)})\b)[a-z]+s\b")


def _english():
    """Every text with values that a reader is told in English."""
    from kb_app.i18n import TEXTS

    from kb.cli import terminal
    from kb.cli.words import chinese
    from kb.survey.words import WORDS

    yield from ((code, words) for code, message in messages().items() for words in message.en)
    yield from ((key, words.en) for key, words in TEXTS.items())
    yield from ((key, words.en) for key, words in terminal._WORDS.items())
    yield from ((key, words.en) for key, words in WORDS.items())
    yield from ((english, english) for english in chinese())


def test_one_of_anything_is_said_in_the_singular():
    assert fill("{n} entr{n:y|ies} {n:is|are} {what!r}", {"n": 1, "what": "x"}) == "1 entry is 'x'"
    assert fill("{n:,} entr{n:y|ies} {n:is|are} read", {"n": 1200}) == "1,200 entries are read"
    assert fill("{n} page{n:|s}", {"n": "1"}) == "1 page" and fill("{n} page{n:|s}", {"n": 0}) == "0 pages"
    assert fill("{n} page{n:|s}", {"n": "one"}) == "one page" and fill("{n} page{n:|s}", {"n": "two"}) == "two pages"
    with pytest.raises(KeyError):
        fill("{n} page{m:|s}", {"n": 1})

    class One(dict):
        def __missing__(self, name):
            return 1

    told = [(key, fill(words, One())) for key, words in _english() if re.search(r"\{[a-z]", words)]
    assert len(told) > 300
    assert [(key, words) for key, words in told if PLURAL.search(words)] == []
