"""Papers that do what no form knows: each is asked alone, and what is not clear is not called sure."""

import pytest

from kb.study.intents import read_which
from tests.making import library_of

PAPERS = {
    "kiln.md": "---\nauthors: [Ann Ode]\n---\n# Kiln\n\n## Abstract\n\nWe fire pots. We measured the heat of "
               "the kiln with an infrared camera.\n",
    "salt.md": "---\nauthors: [Bo Ruiz]\n---\n# Salt\n\n## Abstract\n\nGlaze is cheap. We measured the "
               "heat of the kiln with a cone of clay.\n",
    "tide.md": "---\nauthors: [Cy Ely]\n---\n# Tides\n\n## Abstract\n\nWe forecast the levels of harbours.\n",
}


@pytest.mark.parametrize(("question", "rest"), [
    ("Which papers measure the heat of a kiln?", "measure the heat of a kiln"),
    ("有哪些文献讨论了窑温？", "讨论了窑温"),
    ("Which papers did the authors call inspiring?", None),
    ("Which paper is the longest?", None),
    ("哪些人写了论文？", None),
])
def test_papers_are_asked_for_by_what_they_do(question, rest):
    found = read_which(question)
    assert (found.thing if found else None) == rest


@pytest.mark.engine
def test_every_paper_whose_own_sentence_answers_is_told(tmp_path):
    with library_of(tmp_path, PAPERS) as base:
        answer = base.ask("Which papers measured the heat of the kiln?")
        assert (answer.route, {claim.subject for claim in answer.claims}) == ("list", {"Kiln", "Salt"})
        assert base.ask("Which papers paint horses on the moon?").status != "found"
