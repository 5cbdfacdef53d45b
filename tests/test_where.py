"""From a quoted sentence to its place: word for word, however it was copied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import NothingIndexed, QuestionError, UnknownDocument

FIRST = ("# LoRA\n\nLoRA adds low-rank matrices, it says. The “naïve” way costs more.\n\n## 方法\n\n"
         "它凍結原有權重，\n只訓練低秩矩陣。Smart islands are far.\n")
SECOND = "# Notes\n\nLoRA adds low rank\nmatrices, it says. LoRA adds low-rank matrices, it says.\n"


@pytest.fixture
def library(base: KnowledgeBase, tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "a.md").write_text(FIRST)
    (tmp_path / "b.md").write_text(SECOND)
    base.add([tmp_path / "a.md"])
    base.add([tmp_path / "b.md"])
    return base


@pytest.mark.parametrize(("quote", "text"), [
    ("The “naïve” way costs more.", "The “naïve” way costs more."),
    ('the "naive" way\ncosts more', "The “naïve” way costs more"),
    ("它冻结原有权重，只训练低秩矩阵。", "它凍結原有權重，\n只訓練低秩矩陣。"),
    ("ＬｏＲＡ adds low‐rank matri-\nces, it says. The", "LoRA adds low-rank matrices, it says. The")])
def test_a_quote_is_found_however_it_was_copied(library, quote, text):
    found = library.where(quote)
    assert [place.text for place in found.places] == [text]
    place = found.places[0]
    assert library.document(place.document).text[place.start:place.end] == text


def test_every_place_is_counted_newest_document_first_and_those_that_are_asked_for_are_given(library):
    found = library.where("LoRA adds low-rank matrices, it says.", k=2)
    assert found.n_places == 3 and [place.title for place in found.places] == ["Notes", "Notes"]
    assert found.places[0].end <= found.places[1].start
    only = library.where("LoRA adds low-rank matrices, it says.", documents=[library.documents()[-1].id[:6]])
    assert [place.title for place in only.places] == ["LoRA"]
    assert only.places[0].section == ("LoRA", ) and "costs more" in only.places[0].after


@pytest.mark.parametrize("quote", ["art island", "LoRA adds low-rank matrix", "oRA adds low-rank", "训练高秩矩阵"])
def test_a_word_is_not_cut_and_another_sentence_is_not_found(library, quote):
    assert library.where(quote).n_places == 0


def test_what_cannot_be_looked_for_is_said(library, tmp_path):
    for quote, code in (("  ", "Q_EMPTY"), ("“a-b”", "Q_SHORT"), ("x" * 9000, "Q_LONG")):
        with pytest.raises(QuestionError) as error:
            library.where(quote)
        assert error.value.code == code
    with pytest.raises(UnknownDocument):
        library.where("LoRA adds", documents=["ffff"])
    with pytest.raises(NothingIndexed), KnowledgeBase.open(tmp_path / "none") as empty:
        empty.where("LoRA adds")


def test_the_command_prints_the_place_and_says_when_there_is_none(library, capfd):
    home = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["where", "costs more", *home]) == 0
    out = capfd.readouterr().out
    assert "LoRA" in out and "> costs more" in out
    assert main(["where", "costs less", *home]) == 4
    assert "nowhere" in capfd.readouterr().out
    assert main(["where", "adds low-rank matrices", "-k", "1", "--json", *home]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found == library.where("adds low-rank matrices", k=1).to_dict()
