"""What the documents say is so: their Python runs, their commands exist, their links lead somewhere."""

import re

import pytest

from kb.cli.main import COMMANDS
from tests.conftest import ROOT
from tests.documents import Typist, check, steps

DOCUMENTS = ["README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md", "kb/README.md"]


@pytest.mark.engine
@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_python_in_it_runs(name):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, name, "exec"), {})


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_commands_in_it_exist(name):
    lines = [step.line for step in steps((ROOT / name).read_text(encoding="utf-8"))]
    assert len([line for line in lines if line.startswith("kb ")]) >= 6
    for line in lines:
        check(line)


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_place_that_it_explains_stands_in_what_it_shows(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    shown = "".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))
    ((place, document, start, end),) = re.findall(r"^`(\[(\w+):(\d+)-(\d+)\])`", text, re.MULTILINE)
    assert place in shown
    line = next(line for line in text.splitlines() if line.startswith(f"`{place}`"))
    assert f"`kb show {document} --text`" in line and line.count(start) == line.count(end) == 2


def test_every_command_is_named_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in COMMANDS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_its_links_lead_to_files(name):
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / name).parent.joinpath(target).exists(), target


def test_the_make_targets_that_are_named_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in DOCUMENTS:
        assert set(re.findall(r"`make (\w+)`|\$ make (\w+)", (ROOT / name).read_text(encoding="utf-8"))) <= {
            (t, "") for t in targets
        } | {("", t) for t in targets}


@pytest.mark.engine
@pytest.mark.slow
def test_the_answers_in_it_are_what_the_commands_print(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("KB_ENGINE", "fp32")  # the same numbers on every machine
    monkeypatch.setenv("KB_READER", "six")
    typist = Typist(tmp_path / "clone")
    typist.type("kb add corpus/papers corpus/article.zh.md corpus/article.en.md")
    assert typist.code == 0
    for name, questions in (
        ("README.md", ["What is self-attention?", "谁发明了电灯？"]),
        ("README.zh.md", ["什么是残差连接？"]),
    ):
        shown = re.findall(r"```text\n(?:\$ [^\n]*\n)?(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        for question, block in zip(questions, shown, strict=True):
            assert typist.type(f'kb ask "{question}"') == block
