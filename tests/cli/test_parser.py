"""What is said to a command line that cannot be understood."""

import argparse
import subprocess
import sys

import pytest

from kb.cli.main import main, parser
from tests.conftest import ROOT


def refused(capfd, *arguments):
    """What was said, after it left with exit code 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capfd.readouterr()
    assert out == ""
    return err.rstrip("\n")


@pytest.mark.parametrize(("arguments", "meant"), [
    (["serach", "x"], "search"), (["lst"], "list"), (["--home", "F", "shwo", "x"], "show"),
    (["survey", "wriet", "x"], "write"), (["lab", "rnu"], "run"), (["ask", "x", "--lmm"], "--llm"),
    (["ask", "--lmm"], "--llm"), (["list", "--jsn"], "--json"), (["--hmoe", "F", "list"], "--home"),
    (["survey", "write", "x", "--outt", "F"], "--out"), (["survey", "plan", "x", "--length", "shrot"], "short"),
])
def test_a_slip_is_met_with_what_was_probably_meant_in_one_line(capfd, arguments, meant):
    said = refused(capfd, *arguments)
    assert said.endswith(f"; did you mean {meant}?")
    assert "\n" not in said


@pytest.mark.parametrize(("arguments", "words"), [
    (["qqqq"], "there is no command qqqq"),
    (["list", "--qqqq"], "there is no option --qqqq"),
    (["list", "more"], "more is one argument too many"),
    (["ask"], "this is missing: QUESTION"),
    (["search", "x", "-k"], "-k needs a value"),
    (["list", "--json=1"], "--json takes no value"),
    (["search", "x", "-k", "abc"], "-k: abc is not a whole number of at least 1"),
    (["search", "x", "-k", "0"], "-k: 0 is not a whole number of at least 1"),
    (["search", "x", "-k", "-3"], "-k: -3 is not a whole number of at least 1"),
    (["search", "x", "-k", "1.5"], "-k: 1.5 is not a whole number of at least 1"),
    (["app", "--port", "x"], "--port: x is not a whole number from 1 to 65535"),
    (["app", "--port", "70000"], "--port: 70000 is not a whole number from 1 to 65535"),
    (["survey", "plan", "x", "--max-tokens", "many"], "--max-tokens: many is not a whole number of at least 1"),
    (["survey", "plan", "x", "--max-cost", "-1"], "--max-cost: -1 is not an amount like 0.50"),
    (["survey", "plan", "x", "--max-cost", "nan"], "--max-cost: nan is not an amount like 0.50"),
    (["survey", "outline", "F", "--rename", "a"], "--rename needs 2 values"),
])
def test_what_is_wrong_is_said_in_words(capfd, arguments, words):
    first, hint = refused(capfd, *arguments).split("\n")
    assert first.endswith(f": {words}")
    assert hint.endswith(" --help")


def test_no_word_of_argparse_is_left(capfd, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for arguments, words in ((["serach"], "没有命令 serach；是不是 search？"), (["ask"], "缺少：QUESTION"),
                             (["search", "x", "-k", "a"], "-k: a 不是大于或等于 1 的整数"),
                             (["app", "--port", "x"], "不是 1 到 65535 之间的整数"),
                             (["list", "--zz"], "没有选项 --zz"), (["search", "x", "-k"], "-k 需要一个值")):
        assert words in refused(capfd, *arguments)


def parsers(one):
    yield one
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
def test_every_command_has_help_that_fits_the_terminal(monkeypatch, language):
    from kb.cli.words import columns

    monkeypatch.setenv("LANG", language)
    monkeypatch.setenv("COLUMNS", "80")
    for one in parsers(parser()):
        text = one.format_help()
        assert ("用法：" in text and "usage" not in text) if language.startswith("zh") else text.startswith("usage: kb")
        assert all(action.help for action in one._actions if not isinstance(action, argparse._SubParsersAction)
                   and action.dest not in ("paths", "documents", "document", "texts", "edits")), one.prog
        wide = [line for line in text.splitlines() if columns(line) > 80 and "[" not in line]
        assert wide == []


def test_kb_alone_shows_its_help(capfd):
    assert "COMMAND" in refused(capfd)


def test_what_is_typed_is_read_without_what_only_some_commands_need():
    code = ("import sys; from kb.cli.main import parser; parser(); "
            "print(*({'kb.base', 'kb.store', 'kb.ingest', 'kb.readers', 'numpy'} & set(sys.modules)))")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []
