"""Every example runs by itself, in a home of its own, and prints what it promises; the packages count as installed."""

import json
import re

import pytest

from tests.conftest import ROOT
from tests.packages import install, run

EXAMPLES = ROOT / "examples"
PACKAGES = [path.parent.relative_to(EXAMPLES).as_posix() for path in sorted(EXAMPLES.rglob("pyproject.toml"))]
PRINTS = {
    "ask_your_folder": r"87 added, 0 skipped, 0 failed\n\nWhat is knowledge distillation\?  \(found\)\n  .*distil",
    "cited_answer": r"“LoRA is a method.*characters 8-73\n.*“剪枝是.*\nWho invented the light bulb\?  \(not_f",
    "write_survey": r"\d+ sentences from \d+ documents\n  .*\nsound: True; files: .*survey\.md\n@\w+\{",
    "finetune_on_csv": r"done: accuracy on held-out rows [.\d]+\n  \w+ .*soup.*\n  \w+ .*speech",
    "read_your_own_files": r"added talk\nDistillation is a method.*\n  talk\.srt, characters 0-81",
}

# Half a minute with the bundled encoder, which the other examples have: ask_your_folder adds the same files.
HASHING = ("write_survey", )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the example packages in it, as pip would leave them."""
    folder = tmp_path_factory.mktemp("packages") / "site"
    folder.mkdir()
    for name in PACKAGES:
        install(folder, EXAMPLES / name)
    return folder


def test_there_are_five_scripts_each_short_and_listed():
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.py")}
    assert set(scripts) == set(PRINTS) and len(PACKAGES) == 3
    assert all(len(text.splitlines()) < 40 for text in scripts.values())
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"({name}.py)" in listed for name in scripts) and all(f"[{name}](" in listed for name in PACKAGES)
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", listed):
        assert (EXAMPLES / target).exists(), target


@pytest.mark.engine
@pytest.mark.parametrize("name", PRINTS)
def test_an_example_prints_what_it_promises(site, name, monkeypatch):
    if name in HASHING:
        monkeypatch.setenv("KB_ENCODER", "hashing")
    printed = run(site, EXAMPLES / f"{name}.py").stdout
    assert re.search(PRINTS[name], printed, re.DOTALL), printed


def test_without_the_package_the_last_example_says_how_to_get_it(tmp_path):
    empty = tmp_path / "site"
    empty.mkdir()
    assert "pip install examples/kb-reader-subtitles" in run(empty, EXAMPLES / "read_your_own_files.py", code=1).stderr


def test_the_packages_add_a_reader_a_lab_and_an_encoder(site, tmp_path):
    home = ("--home", tmp_path / "library")
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:04.000\nPruning is a method that removes weights.\n")
    run(site, "-m", "kb", "add", tmp_path / "a.vtt", "--encoder", "letters", *home)
    assert "Pruning is a method" in run(site, "-m", "kb", "ask", "What is pruning?", *home).stdout
    thrown = run(site, "-m", "kb", "lab", "run", "dice", "--set", "throws=600", "--json", *home).stdout
    assert json.loads(thrown)["metrics"]["throws"] == 600
    checked = run(site, "-m", "kb", "doctor", "--json", *home).stdout
    findings = [f for f in json.loads(checked)["findings"] if f["what"].startswith("kb.")]
    found = {f["message"] for f in findings if f["level"] == "ok"}
    assert found == {".srt, from kb-reader-subtitles 1.0", ".vtt, from kb-reader-subtitles 1.0",
                     "dice, from kb-lab-dice 1.0", "letters, from kb-encoder-letters 1.0"}


def test_the_encoder_keeps_the_contract(site):
    code = (
        "import numpy as np\nfrom kb_encoder_letters import Letters\nfrom tests.contracts import test_encoders as t\n"
        "for name in filter(lambda name: name.startswith('test_'), dir(t)):\n"
        "    getattr(t, name)(Letters())\n    print(name)\n"
    )
    assert run(site, "-c", code).stdout.count("test_") >= 4
