"""Answers with the trained reader: which sentence, where in it, and whether there is one."""

import os
import shutil
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.encoder import open_reader
from kb.encoder.graph_cache import GraphCache
from kb.errors import SettingError
from kb.text import guess_language

pytestmark = pytest.mark.engine
NOTE = """# Sorting peas

Peas are sorted by a drum with holes of three sizes. The drum was built by Maria Holt in 1931. It turns 40 times a
minute and sorts two tonnes an hour. The holes are cleaned with compressed air every evening.
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("read")
    (folder / "peas.md").write_text(NOTE)
    with KnowledgeBase.open(folder / "home") as base:
        base.add(folder / "peas.md")
        yield base


def test_the_answer_is_marked_inside_its_sentence(base):
    answer = base.ask("Who built the drum?")
    assert answer.status == "found" and "Maria Holt" in answer.claims[0].text
    citation = answer.claims[0].citations[0]
    before, marked, after = citation.marked
    assert before + marked + after == citation.quote and "Maria Holt" in marked
    assert type(answer).from_dict(answer.to_dict()) == answer


def test_across_languages(base):
    assert "Maria Holt" in base.ask("谁建造了这个鼓？").claims[0].text


def test_what_is_not_there_is_not_found(base):
    assert base.ask("How much did the drum cost?").status != "found"
    assert base.ask("What is the capital of Mongolia?").status == "not_found"


def test_a_name_that_is_nowhere_is_not_found(base):
    assert base.ask("How fast does the ZX-9000 drum turn?").status != "found"


def test_beside_another_encoder_it_is_not_used_unless_it_is_set(base, tmp_path):
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as other:
        assert [f.code for f in other.doctor().findings if f.what == "reader"] == ["F_READER_OFF"]
    assert [f.code for f in base.doctor().findings if f.what == "reader"] == ["F_READER"]


def test_tests_are_read_by_six_layers_however_busy_the_machine_is(base, engine_cache):
    reader = open_reader.reader_beside("auto", base.encoder())
    assert reader.n_layers == 6 and reader.cache.folder.is_relative_to(engine_cache)


def test_off_means_the_rules(base, monkeypatch):
    monkeypatch.setenv("KB_READER", "off")
    with KnowledgeBase.open(base.home) as other:
        assert all(c.answer is None for claim in other.ask("Who built the drum?").claims for c in claim.citations)
        assert [f.code for f in other.doctor().findings if f.what == "reader"] == ["F_READER_OFF"]
    monkeypatch.setenv("KB_READER", "seven")
    with KnowledgeBase.open(base.home) as other, pytest.raises(SettingError):
        other.ask("Who built the drum?")


def test_damaged_weights_are_refused_and_the_rules_answer(base, tmp_path, monkeypatch):
    shutil.copytree(open_reader.READERS, tmp_path / "reader")
    weights = tmp_path / "reader" / "three" / "reader.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 255
    os.chmod(weights, 0o644)
    weights.write_bytes(data)
    monkeypatch.setattr(open_reader, "READERS", tmp_path / "reader")
    monkeypatch.setenv("KB_READER", "three")
    open_reader.open_reader.cache_clear()
    try:
        with KnowledgeBase.open(base.home) as other:
            assert other.ask("Who built the drum?").claims
            (finding,) = [f for f in other.doctor().findings if f.what == "reader"]
            assert finding.code == "E_CROSS_ENCODER" and finding.level == "error" and "sha-256" in finding.message
    finally:
        open_reader.open_reader.cache_clear()


def test_long_questions_and_short_documents(base, tmp_path):
    assert base.ask("drum " * 1599 + "?").status in ("found", "weak", "not_found")
    (tmp_path / "one.txt").write_text("The lamp is red.")
    (tmp_path / "other.txt").write_text("Лампа красная и стоит на столе у окна.")
    with KnowledgeBase.open(tmp_path / "home") as small:
        small.add([tmp_path / "one.txt", tmp_path / "other.txt"])
        assert small.ask("What colour is the lamp?").claims[0].text == "The lamp is red."
        small.ask("Какого цвета лампа?")


@pytest.mark.parametrize("choice", ["six", "three"])
def test_both_readers_are_whole_and_small(choice):
    reader = open_reader.open_reader(choice, "fp32")
    assert reader.n_layers == {"six": 6, "three": 3}[choice]
    assert (open_reader.READERS / choice / "reader.safetensors").stat().st_size <= 11 * 2**20
    first = reader.card["data"]["first"]["questions"]
    assert all(row["licence"] for row in first.values()) and reader.card["losses"]


def test_what_a_busy_machine_took_is_measured_again(tmp_path, monkeypatch):
    reader = open_reader.open_reader("three", "fp32")
    monkeypatch.setattr(reader, "cache", GraphCache(tmp_path))
    monkeypatch.setattr(open_reader, "_MEASURED", set())
    reader.cache.record("milliseconds", {"fp32": 1e9})
    first = open_reader.milliseconds(reader)
    assert first < 1e9 and reader.cache.card()["measured"] == {"fp32": 1}
    reader.cache.record("milliseconds", {"fp32": 1e9})
    assert open_reader.milliseconds(reader) == 1e9  # once in a process
    reader.cache.record("measured", {"fp32": 5})
    open_reader._MEASURED.clear()
    assert open_reader.milliseconds(reader) == 1e9  # and no more than five times


@pytest.mark.parametrize(("question", "language"), [("What is quantization?", "en"), ("什么是量化？", "zh")])
def test_where_both_languages_answer_the_questions_own_comes_first(tmp_path, monkeypatch, question, language):
    monkeypatch.setenv("KB_READER", "six")
    corpus = Path(__file__).parents[2] / "corpus"
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([corpus / "article.zh.md", corpus / "article.en.md"])
        answer = base.ask(question)
    assert answer.status == "found" and guess_language(answer.claims[0].text) == language
