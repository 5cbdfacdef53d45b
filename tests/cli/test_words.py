"""The command speaks Chinese where the locale does, and never fails over a character that a terminal cannot show."""

import ast
import os
import re
import string
import subprocess
import sys
from dataclasses import fields

import pytest

from kb import KnowledgeBase
from kb.cli.main import _KEPT, main, parser
from kb.cli.parser import _ERRORS
from kb.cli.words import chinese
from kb.types import Status
from tests.cli.test_parser import parsers
from tests.conftest import ROOT
from tests.forking import Commands

# what the commands below would each load
LOADED = ("faiss", "kb.base.look_up", "kb.study.ways", "kb.answer.conversation", "kb.health")
SOURCES = [path.read_text() for path in sorted((ROOT / "kb/cli").glob("*.py"))]


def literals():
    """Every text that kb/cli says: given to say(), to the parser, or kept in its tables."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source)):
            if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
                    and isinstance(node.args[0], ast.Constant)):
                yield node.args[0].value
    yield from (*_KEPT.values(), *(words for _, words in _ERRORS), "commands", "options", "positional arguments")
    for one in parsers(parser()):
        yield one.description
        yield from (action.help for action in one._actions if action.help)
    yield from (item.name for item in fields(Status))


def names(text):
    try:
        return sorted(field for _, field, form, _ in string.Formatter().parse(text) if field and "|" not in form)
    except ValueError:  # braces of an example
        return []


def test_everything_that_is_said_has_its_chinese():
    missing = {words for words in literals() if words not in chinese()}
    assert missing == set()


def test_the_chinese_names_the_same_values():
    for english, words in chinese().items():
        assert names(english) == names(words), english
        assert re.search("[一-鿿]", words), english


def test_no_chinese_is_left_over():
    said = {*literals(), *re.findall(r'"([^"\n]+)"', "\n".join(SOURCES))}
    phases = {"read", "encode", "recognise",
              "commit", "engine", "outline", "database", "vector cache", "vectors", "settings",
              "full-text index", "queued", "loading", "running", "cancelled", "done", "failed", "interrupted",
              "rewritten", "look"}
    assert set(chinese()) - said - phases == set()


def test_results_and_reports_are_chinese_where_the_locale_is(capfd, monkeypatch, paper):
    monkeypatch.setenv("LC_MESSAGES", "zh_CN.UTF-8")
    assert main(["add", str(paper)]) == 0
    out = capfd.readouterr().out
    assert "已加入" in out and "加入 1 篇，0 篇未变" in out
    main(["status"])
    assert "文档         1" in capfd.readouterr().out
    main(["search", "nothingatall"])
    assert "没有段落包含这些字词" in capfd.readouterr().out
    main(["lab"])
    assert "微调" in capfd.readouterr().out


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "gb18030", "ascii:surrogateescape"])
@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_a_terminal_of_another_encoding_gets_question_marks_and_no_traceback(tmp_path, encoding, language):
    path = tmp_path / "a.md"
    path.write_text("# Ørsted 🙂\n\nØrsted is a méthode 🙂 of ﬁne ½ tuning. 它冻结原有权重。\n", encoding="utf-8")
    said = tmp_path / "out", tmp_path / "err"
    with Commands(*LOADED, KB_ENCODER="hashing", PYTHONIOENCODING=encoding, LANG=language) as commands:
        assert commands.run("add", path) == 0
        with KnowledgeBase.open() as base:
            (document, ) = (info.id for info in base.documents())
        for arguments, code in ((["ask", "What is Ørsted?"], 0), (["ask", "特斯拉股价是多少？"], 4),
                                (["search", "fine tuning"], 0), (["list"], 0), (["show", document], 0),
                                (["show", f"{document}:0-12"], 0), (["show", "🙂"], 1), (["--help"], 0), (["🙂"], 2),
                                (["status"], 0), (["verify"], 0), (["log"], 0)):
            for file in said:
                file.write_bytes(b"")
            assert commands.run(*arguments, said=said) == code, said[1].read_bytes()
            assert b"Traceback" not in said[1].read_bytes()
            assert said[0].read_bytes().decode(encoding.split(":")[0]) or code in (1, 2)


def test_a_working_folder_that_is_gone_is_an_error_that_says_so(tmp_path, paper):
    gone = tmp_path / "gone"
    script = f"mkdir {gone} && cd {gone} && rmdir {gone} && exec {sys.executable} -m kb "
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}

    def inside(arguments):
        return subprocess.run(["bash", "-c", script + arguments], capture_output=True, env=environment)

    found = inside("add x.md")
    assert (found.returncode, b"Traceback" in found.stderr, b"E_NO_FOLDER" in found.stderr) == (1, False, True)
    found = inside(f"add '{paper}'")
    assert found.returncode == 0, found.stderr
    for arguments in ("list", "status", "ask LoRA", "verify"):
        found = inside(arguments)
        assert (found.returncode, found.stderr[:9]) in ((0, b""), (0, b"verify 0/")), found.stderr
