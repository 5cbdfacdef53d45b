"""A language model gets records and quoted entries as evidence, under the same checks as passages."""

import pytest

from kb.llm.chat import OpenAIChat
from tests.chatserver import ChatServer, Says

pytestmark = pytest.mark.engine


def asked(base, question, says):
    with ChatServer(Says(says)) as server:
        answer = base.ask(question, llm=OpenAIChat(server.endpoint()))
        return answer, server.seen


def test_a_sentence_that_a_record_holds_is_verified_with_that_record(pots):
    answer, seen = asked(pots, "Who wrote Kiln?", "The authors of Kiln are Ada Okoro, Bao Lin and Carla Mendes [1].")
    sentence = answer.written.sentences[0]
    assert (sentence.state, sentence.citations) == ("verified", ()) and sentence.records[0].field == "authors"
    assert "Records of the library" in str(seen) and answer.written.records == answer.claims


def test_what_no_record_holds_is_not_verified(pots):
    answer, _ = asked(pots, "Who wrote Kiln?", "Kiln is by Zelda Quist [1].")
    assert answer.written.sentences[0].state == "unsupported" and answer.status == "found"


def test_no_model_is_asked_where_no_record_answers(pots):
    answer, seen = asked(pots, "When was \"A Letter on Cracks\" published?", "In 1999 [1].")
    assert seen == [] and answer.written.abstained


def test_the_entries_that_cite_a_work_are_evidence(pots):
    answer, _ = asked(pots, "Which papers cite Kiln?", "Okoro, Lin and Mendes published Kiln at POTS in 2019 [1].")
    sentence = answer.written.sentences[0]
    assert sentence.state == "verified"
    assert all(pots.document(c.document).text[c.start:c.end] == c.quote for c in sentence.citations)
