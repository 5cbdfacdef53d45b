"""The same thing out of every document, under its title; and a summary that a question asks for."""

import pytest

from kb import KnowledgeBase
from tests.study.tides import CHINESE, ENGLISH

pytestmark = pytest.mark.engine
KILN = """# Firing Pots Slowly

We fire pots slowly in this paper. For our experiments we use the data set ClayBench, which holds 300 pots.

## Limitations

Our kiln cannot fire pots higher than a metre.
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    texts = {"tide.md": ENGLISH, "chao.md": CHINESE, "kiln.md": KILN,
             "letter.md": "# A letter\n\nThe weather is fine.\n"}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as base:
        base.add([folder / name for name in texts])
        yield base


def by_title(answer):
    return {claim.subject: claim.text.replace("\n", " ") for claim in answer.claims}


def test_a_list_stands_under_the_titles_and_names_what_answers_nothing(shelf):
    answer = shelf.ask("Which data sets do the papers use?")
    found = by_title(answer)
    assert (answer.route, answer.status) == ("list", "found")
    assert "ClayBench" in found["Firing Pots Slowly"] and "A letter" in answer.empty and answer.n_unasked == 0
    assert set(found).isdisjoint(answer.empty)


@pytest.mark.parametrize("question", ["What are the limitations of these papers?", "这些论文的不足分别是什么？"])
def test_a_list_of_a_part_is_told_by_the_summaries(shelf, question):
    answer = shelf.ask(question)
    found = by_title(answer)
    assert answer.route == "list"
    assert "cannot fire pots" in found["Firing Pots Slowly"]
    assert any("尚未在热带港口验证" in text for text in found.values())


@pytest.mark.parametrize(("question", "subjects"), [
    ("Summarise the TideNet paper", {"problem", "method", "results", "limits"}),
    ("总结一下《Firing Pots Slowly》", {"局限"}),
])
def test_a_question_for_a_summary_is_answered_part_by_part(shelf, question, subjects):
    answer = shelf.ask(question)
    assert (answer.route, answer.status) == ("summary", "found")
    assert subjects <= {claim.subject for claim in answer.claims}


def test_a_summary_of_an_unknown_work_is_no_answer_and_empty_parts_are_named(shelf):
    assert shelf.ask("Summarise the paper “Glazes of Mars”").status == "not_found"
    assert "结果" in shelf.ask("总结一下《Firing Pots Slowly》").empty
