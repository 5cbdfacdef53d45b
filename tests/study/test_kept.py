"""Answers from records in the log: exported with their places, and gone with the document they speak of."""

from pathlib import Path

import pytest

from kb import KnowledgeBase
from tests.study.conftest import PAPERS, paper

pytestmark = pytest.mark.engine


@pytest.fixture
def kept(tmp_path: Path):
    """(the library, the conversation, the document that was asked about)"""
    (tmp_path / "kiln.md").write_text(paper(*PAPERS["kiln.md"]), encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([tmp_path / "kiln.md"])
        turn = base.keep(base.ask("Who wrote Kiln?"))
        yield base, turn.conversation, base.documents()[0].id


def test_an_exported_answer_has_its_records(kept):
    base, conversation, document = kept
    markdown = base.export(conversation, "markdown")
    assert "Ada Okoro, Bao Lin, Carla Mendes" in markdown and f"`{document}`" in markdown
    assert "authors: as read in the file" in markdown and "Not in the library" not in markdown
    assert "@" in base.export(conversation, "bibtex")


def test_the_answer_goes_with_the_document_whose_record_it_shows(kept):
    base, conversation, document = kept
    base.remove([document])
    assert base.conversation(conversation)[0].answer is None


def test_a_follow_up_is_asked_of_what_was_named(kept):
    base, conversation, _ = kept
    assert base.condense("And when was it published?", base.conversation(conversation)) == "when was Kiln published?"
