"""Terms: numbers, spellings, traditional characters, and libraries whose terms were made otherwise."""

import sqlite3

import pytest

from kb import KnowledgeBase
from kb.text import search_terms, search_tokens, simplified


@pytest.mark.parametrize(("a", "b"), [
    ("quantisation", "quantization"), ("behaviour", "behavior"), ("labelled", "labeled"), ("centre", "center"),
    ("hyper-parameters", "hyperparameters"), ("k-means", "kmeans"), ("4,523,000", "4523000"), ("權重", "权重"),
    ("K\u2011means", "kmeans"), ("pre\u2010trained", "pretrained"), ("non\u2013linear", "nonlinear"),
    ("4\u202f523\u202f000", "4523000"), ("naïve", "naive"), ("Schrödinger", "Schrodinger"),
    ("colours", "color"), ("analyse", "analyze"), ("defence", "defense")])
def test_two_ways_to_write_are_one_term(a, b):
    assert set(search_terms(a)) & set(search_terms(b))
    assert set(search_terms(b)) <= set(search_terms(a))


def test_one_and_a_half_is_not_fifteen():
    assert not set(search_terms("1.5")) & set(search_terms("15 and 5 and 1"))
    assert "3dot5" in search_terms("GPT-3.5 模型")


def test_a_raised_digit_joins_no_number():
    assert search_terms("95³ 10⁵") == ["95", "3", "10", "5"] == search_terms("95^3 10^5")
    assert search_terms("H₂O") == ["h", "2", "o", "h2o"] and "x2" in search_terms("x²")


def test_accents_of_other_scripts_are_letters():
    assert search_terms("が й 한국어 ά") == ["が", "й", "한국어", "ά"]


def test_offsets_are_those_of_the_text():
    text = "權重 4,523,000 hyper-parameters 1.5"
    assert [text[token.start:token.end] for token in search_tokens(text)][-1] == "1.5"
    assert "4,523,000" in [text[token.start:token.end] for token in search_tokens(text)]
    assert len(simplified(text)) == len(text)


def test_an_earlier_library_is_read_and_then_brought_up_to_now(tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Notes\n\nQuantisation stores weights in 8 bits of memory.\n")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        base.add(note)
    with sqlite3.connect(tmp_path / "home" / "kb.sqlite3") as connection:
        connection.execute("DELETE FROM meta WHERE key = 'terms'")
        connection.execute("UPDATE terms SET body = replace(body, 'quantization', 'quantisation')")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as base:
        assert base.ask("What does quantisation store?").claims
        (tmp_path / "other.md").write_text("# Other\n\nNothing of the kind stands here.\n")
        base.add(tmp_path / "other.md")
        assert base.ask("What does quantization store?").claims
        assert not [finding for finding in base.verify().findings if finding.level == "error"]
