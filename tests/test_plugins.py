"""Readers, labs and encoders of other packages: found, held to what they promise, and named where they break it."""

import functools
import json

import pytest

from tests.cli.test_words import LOADED
from tests.forking import Commands
from tests.packages import lay, run, run_kb

READ = (
    "from kb.readers.extract import Extract\nfrom kb.types import Section\n\n"
    "def read(data, limits, encoding=None):\n    return {}\n"
)
GIVES = READ.format("Extract('odd', data.decode('utf-8', 'replace'))")


@functools.cache
def commands():
    """One for all tests; it ends with this process, when its input does."""
    return Commands(*LOADED, PYTHONIOENCODING="utf-8")


def kb(site, *words, code=0):
    return run_kb(commands(), site, *words, code=code)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def reader(site, name, source=GIVES, entry=".odd"):
    module = name.replace("-", "_")
    lay(site, name, f"[kb.readers]\n{entry} = {module}\n", {module: source})


def add(site, *names, code=0):
    """What `kb add` reports of files of these names, all with the same words."""
    for name in names:
        (site.parent / name).write_text(f"# {name}\n\nSome words of {name}.", encoding="utf-8")
    done = kb(site, "add", *(site.parent / name for name in names), "--json", "--encoder", "hashing",
               "--home", site.parent / "library", code=code)
    return json.loads(done.stdout), done.stderr


def doctor(site):
    done = kb(site, "doctor", "--json", "--encoder", "hashing", "--home", site.parent / "library")
    return [(f["level"], f["what"], f["message"]) for f in json.loads(done.stdout)["findings"]
            if f["what"].startswith("kb.")]


# --- readers


def test_a_reader_of_another_package_reads_in_the_limited_process(site):
    source = READ.format("Extract('odd', f'files {limits_of()}\\n\\ngroup {environ.get(\"SECRET\")}')") + (
        "import resource\nfrom os import environ\n\ndef limits_of():\n"
        "    return resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n")
    reader(site, "odd-reader", source)
    report, _ = add(site, "a.odd", "b.md")
    assert len(report["added"]) == 2
    shown = kb(site, "show", report["added"][0]["document"], "--text", "--home", site.parent / "library")
    assert shown.stdout == "files (64, 0)\n\ngroup None"
    assert doctor(site) == [("ok", "kb.readers", ".odd, from odd-reader 1.0")]


@pytest.mark.parametrize(("entry", "more"), [
    (".odd .ODD2", ""), (".odd,.odd2", ""), ("odd", 'SUFFIXES = (".odd", ".Odd2")\n'),
])
def test_suffixes_are_the_name_or_stand_in_the_module(site, entry, more):
    reader(site, "odd-reader", GIVES + more, entry)
    assert len(add(site, "a.odd", "b.odd2")[0]["added"]) == 2


def test_the_file_beside_a_document_of_a_foreign_kind_is_its_metadata(site):
    reader(site, "odd-reader")
    (site.parent / "a.toml").write_text('title = "Named beside it"')
    report, _ = add(site, "a.odd")
    assert report["added"][0]["title"] == "Named beside it"


@pytest.mark.parametrize(("source", "detail"), [
    ("import nothing_of_this_name", "nothing_of_this_name"), ("raise SystemExit(3)", "SystemExit"),
    ("(", "SyntaxError"), ("x = 1", "read"),
    (READ.format("1 / 0"), "ZeroDivisionError"), (READ.format("'words'"), "Extract"),
    (READ.format("Extract('odd', 'a\\0b', (Section('', 0, 0, 3),))"), "mend"),
    (READ.format("Extract('odd', 'abc', (Section('', 0, 0, 2),))"), "sections"),
])
def test_a_reader_that_fails_is_named_and_the_others_go_on(site, source, detail):
    reader(site, "odd-reader", source)
    report, _ = add(site, "a.odd", "b.md", code=6)
    (failed,) = report["failed"]
    assert failed["code"] == "E_READER" and "odd-reader 1.0" in failed["message"] and detail in failed["message"]
    assert [added["path"][-4:] for added in report["added"]] == ["b.md"]


def test_a_reader_that_ends_its_process_or_never_ends_costs_its_file_only(site, monkeypatch):
    monkeypatch.setenv("KB_READ_CPU_SECONDS", "1")
    source = "import os\n" + READ.format("os._exit(3) if b'a.odd' in data else [0 for _ in iter(int, 1)]")
    reader(site, "odd-reader", source)
    report, _ = add(site, "a.odd", "b.odd", "c.md", code=6)
    assert [problem["code"] for problem in report["failed"]] == ["E_READER_DIED", "E_CPU"] and len(report["added"]) == 1


def test_two_packages_that_claim_a_suffix_are_both_named_and_neither_reads(site):
    reader(site, "odd-reader")
    reader(site, "strange-reader")
    report, _ = add(site, "a.odd", "b.md", code=6)
    assert report["failed"][0]["code"] == "E_READER_TWICE"
    assert "odd-reader 1.0" in report["failed"][0]["message"] and "strange-reader 1.0" in report["failed"][0]["message"]
    assert len(report["added"]) == 1
    ((level, _, message),) = doctor(site)
    assert level == "warning" and "odd-reader 1.0, strange-reader 1.0" in message


def test_the_reader_that_is_built_in_wins(site):
    reader(site, "odd-reader", READ.format("Extract('odd', 'not these words')"), ".md .odd")
    report, _ = add(site, "b.md", "a.odd")
    kinds = [kb(site, "show", added["document"], "--json", "--home", site.parent / "library").stdout
             for added in report["added"]]
    assert [json.loads(kind)["kind"] for kind in kinds] == ["markdown", "odd"]
    assert [level for level, _, _ in doctor(site)] == ["warning", "ok"]


@pytest.mark.parametrize(("entry", "more"), [
    ("odd", ""), ("odd", "SUFFIXES = '.odd'\n"), ("odd", "SUFFIXES = ('odd',)\n"), ("odd", "raise ValueError('no')\n"),
])
def test_a_package_that_cannot_say_what_it_reads_is_told_of(site, entry, more):
    reader(site, "odd-reader", GIVES + more, entry)
    report, said = add(site, "a.odd", "b.md")
    assert report["skipped"][0]["code"] == "SKIP_TYPE" and len(report["added"]) == 1
    assert "odd-reader 1.0" in said
    assert [level for level, _, _ in doctor(site)] == ["warning"]


def test_a_list_of_entry_points_that_cannot_be_read_hides_no_other(site):
    lay(site, "broken", "[kb.readers]\nno sign of equality\n", {})
    reader(site, "odd-reader")
    assert len(add(site, "a.odd")[0]["added"]) == 1
    levels = {message.split(" ")[0]: level for level, _, message in doctor(site)}
    assert levels == {"?": "warning", ".odd,": "ok"}


# --- labs

LAB = """from kb.labs import Lab
def work(params, run):
    return {{"answer": 42}}
LAB = Lab(name="{name}", title=("实验", "A lab"), about=("", ""), section="–", question=("", ""), params=(), work=work,
          trains=False)
"""


def lab(site, package, name="mine", source=None):
    module = package.replace("-", "_")
    lay(site, package, f"[kb.labs]\n{name} = {module}\n", {module: source or LAB.format(name=name)})


def test_a_lab_of_another_package_is_listed_and_runs(site):
    lab(site, "my-lab")
    home = ("--home", site.parent / "library", "--json")
    listed = json.loads(kb(site, "lab", "list", *home).stdout)["labs"]
    assert listed[-1]["name"] == "mine" and len(listed) > 10
    assert json.loads(kb(site, "lab", "run", "mine", *home).stdout)["metrics"] == {"answer": 42}
    assert doctor(site) == [("ok", "kb.labs", "mine, from my-lab 1.0")]


@pytest.mark.parametrize("source", ["import nothing_of_this_name", "LAB = 1", LAB.format(name="another")])
def test_a_lab_that_cannot_be_used_is_named_and_the_others_are_listed(site, source):
    lab(site, "my-lab", source=source)
    lab(site, "good-lab", "good")
    home = ("--home", site.parent / "library", "--json")
    listed = kb(site, "lab", "list", *home)
    names = [row["name"] for row in json.loads(listed.stdout)["labs"]]
    assert "good" in names and "mine" not in names and "my-lab 1.0" in listed.stderr
    error = json.loads(kb(site, "lab", "run", "mine", *home, code=2).stdout)["error"]
    assert error["code"] == "E_PLUGIN" and "my-lab 1.0" in error["message"]
    assert sorted(level for level, _, _ in doctor(site)) == ["ok", "warning"]


def test_two_labs_of_one_name_and_a_name_that_is_built_in(site):
    lab(site, "my-lab")
    lab(site, "your-lab", source=LAB.format(name="mine"))
    lab(site, "their-lab", "parameters")
    home = ("--home", site.parent / "library", "--json")
    error = json.loads(kb(site, "lab", "run", "mine", *home, code=2).stdout)["error"]
    assert error["code"] == "E_PLUGIN_TWICE" and "my-lab 1.0, your-lab 1.0" in error["message"]
    shown = json.loads(kb(site, "lab", "show", "parameters", *home).stdout)
    assert shown["title"]["en"] == "Where the parameters are"
    assert [level for level, _, _ in doctor(site)] == ["warning", "warning"]


def test_an_unknown_lab_is_told_with_those_there_are(site):
    lab(site, "my-lab")
    error = json.loads(kb(site, "lab", "run", "alchemy", "--json", code=2).stdout)["error"]
    assert error["code"] == "E_LAB" and "mine" in error["hint"]


# --- encoders

ENCODER = """import numpy as np
class Mine:
    name, dim, max_tokens, fingerprint, reads = "mine", 8, 99, "mine:1", frozenset({"zh", "en"})
    def encode(self, texts, role="passage"):
        vectors = np.ones((len(texts), 8), dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]
"""


def encoder(site, package="my-encoder", name="mine", source=ENCODER, attribute="Mine"):
    module = package.replace("-", "_")
    lay(site, package, f"[kb.encoders]\n{name} = {module}:{attribute}\n", {module: source})


def test_an_encoder_of_another_package_is_chosen_by_name_and_remembered(site):
    encoder(site)
    (site.parent / "a.md").write_text("Distillation is a method that trains a small model.")
    home = ("--home", site.parent / "library")
    kb(site, "add", site.parent / "a.md", "--encoder", "mine", *home)
    assert "a small model" in kb(site, "ask", "What is distillation?", *home).stdout
    assert json.loads(kb(site, "status", "--json", *home).stdout)["fingerprint"] == "mine:1"


@pytest.mark.parametrize(("source", "detail"), [
    ("import nothing_of_this_name", "nothing_of_this_name"), ("x = 1", "Mine"),
    ("class Mine:\n    def __init__(self):\n        raise OSError('no weights')", "no weights"),
    ("class Mine:\n    name = 'mine'", "fingerprint"), (ENCODER.replace('"mine", 8', '"other", 8'), "other"),
])
def test_an_encoder_that_cannot_be_used_is_named(site, source, detail):
    encoder(site, source=source)
    (site.parent / "a.md").write_text("words")
    done = kb(site, "add", site.parent / "a.md", "--encoder", "mine", "--home", site.parent / "library",
               "--json", code=2)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "E_PLUGIN" and "my-encoder 1.0" in error["message"] and detail in error["message"]
    assert len(add(site, "b.md")[0]["added"]) == 1  # another encoder goes on


def test_two_encoders_of_one_name_and_a_name_that_is_built_in(site):
    encoder(site)
    encoder(site, "your-encoder")
    encoder(site, "their-encoder", "hashing")
    (site.parent / "a.md").write_text("words")
    done = kb(site, "add", site.parent / "a.md", "--encoder", "mine", "--home", site.parent / "library",
               "--json", code=2)
    assert "my-encoder 1.0, your-encoder 1.0" in json.loads(done.stdout)["error"]["message"]
    assert len(add(site, "b.md")[0]["added"]) == 1  # with kb's own hashing
    assert sorted((level, message.split(" ")[0]) for level, _, message in doctor(site)) == [
        ("warning", "hashing"), ("warning", "several")]


# --- cost


def test_a_question_looks_for_no_plugin_and_a_process_looks_once(site):
    reader(site, "odd-reader")
    add(site, "a.odd", "b.md")
    code = (
        "import sys\nfrom kb.cli.main import main\n"
        "main(['ask', 'What are words?', '--encoder', 'hashing', '--home', sys.argv[1]])\n"
        "assert 'kb.plugins' not in sys.modules, 'looked for'\n"
        "import importlib.metadata as metadata\nlooked, real = [], metadata.distributions\n"
        "metadata.distributions = lambda: looked.append(1) or real()\n"
        "from kb import labs\nfrom kb.readers import scan\n"
        "[scan([sys.argv[2]]) for _ in range(3)]\nlabs.labs()\nprint('times looked:', len(looked))\n"
    )
    assert "times looked: 1" in run(site, "-c", code, site.parent / "library", site.parent / "a.odd").stdout
