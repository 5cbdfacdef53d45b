"""Who cites, uses, extends, evaluates on what: every document that does, each with the place where it says so."""

from pathlib import PurePath

import pytest

from tests.making import library_of

pytestmark = pytest.mark.engine


def cited(answer):
    """The files that are quoted."""
    return sorted(PurePath(c.path).name for claim in answer.claims for c in claim.citations)


def is_exact(base, answer):
    """Whether every quote stands where it is said to."""
    return all(base.document(c.document).text[c.start:c.end] == c.quote
               for claim in answer.claims for c in claim.citations)


@pytest.mark.parametrize("question", ["Which papers cite Kiln?", "哪些论文引用了Kiln？", "Is Kiln cited anywhere?",
                                      "In which papers is \"Kiln: A Slow Method for Firing Pots\" cited?"])
def test_a_citing_document_is_quoted_with_its_entry(pots, question):
    answer = pots.ask(question)
    assert (answer.status, answer.route, cited(answer)) == ("found", "graph", ["wheel.md"])
    assert "[1] A. Okoro" in answer.text and is_exact(pots, answer)


def test_a_cited_work_need_not_be_in_the_library(pots):
    answer = pots.ask("Which papers cite Ruiz 2001?")
    assert (answer.status, cited(answer)) == ("found", ["wheel.md"]) and "Quarry Press" in answer.text
    assert pots.ask("Which papers cite Ruiz 1999?").status == "not_found"


def test_what_a_work_cites_is_listed_what_is_here_first(pots):
    answer = pots.ask("Which papers does \"Throwing Wheels Compared\" cite?")
    quoted = [claim for claim in answer.claims if claim.citations]
    assert [len(claim.records) for claim in quoted] == [1, 0] and is_exact(pots, answer)
    assert quoted[0].records[0].path.endswith("kiln.md")


def test_a_work_that_nobody_cites_is_told_with_the_lists_that_were_read(pots):
    answer = pots.ask("Which papers cite GlazeNet?")
    assert (answer.status, cited(answer)) == ("not_found", []) and "1" in answer.claims[0].text


@pytest.mark.parametrize(("question", "expected"), [
    ("Which papers evaluate on ClayBench?", ["glaze.zh.md", "kiln.md", "wheel.md"]),
    ("哪些论文在ClayBench数据集上做了实验？", ["glaze.zh.md", "kiln.md", "wheel.md"]),
    ("Which papers use the Glaze optimiser?", ["kiln.md"]),
    ("Which papers extend Kiln?", ["wheel.md"]),
])
def test_every_document_that_says_so_is_quoted(pots, question, expected):
    answer = pots.ask(question)
    assert (answer.status, answer.route, cited(answer)) == ("found", "graph", expected) and is_exact(pots, answer)
    assert all(claim.subject == claim.citations[0].title for claim in answer.claims if claim.citations)


@pytest.mark.parametrize("question", ["Which papers use Kiln as a baseline?", "哪些论文把Kiln作为对比基线？",
                                      "Which papers compare with Kiln?"])
def test_what_a_work_compares_with_is_told(pots, question):
    answer = pots.ask(question)
    assert (answer.status, cited(answer)) == ("found", ["salt.md"]) and "baseline" in answer.text


@pytest.mark.parametrize("question", ["Which papers were written by people at the University of Ely?",
                                      "Which papers are by University of Ely?"])
def test_papers_of_an_institution_are_those_whose_first_page_names_it(pots, question):
    answer = pots.ask(question)
    assert (answer.status, cited(answer)) == ("found", ["salt.md"]) and is_exact(pots, answer)


def test_of_what_a_work_cites_only_what_is_here_can_be_asked_for(pots):
    answer = pots.ask("Which papers of the library does Okoro's Throwing Wheels Compared cite?")
    assert [PurePath(claim.records[0].path).name for claim in answer.claims if claim.citations] == ["kiln.md"]


def test_a_thing_that_no_document_names_is_told(pots):
    answer = pots.ask("Which papers use a Stoneboard?")
    assert (answer.status, cited(answer)) == ("not_found", []) and "Stoneboard" in answer.claims[0].text


@pytest.mark.parametrize("question", ["Which papers cite Ruiz's Stones of 2001?",
                                      "Which papers cite Ruiz's stones paper of 2001?",
                                      "哪些论文引用了Ruiz 2001年的文章？"])
def test_a_work_from_elsewhere_is_known_by_author_year_and_words(pots, question):
    assert cited(pots.ask(question)) == ["wheel.md"]


@pytest.mark.parametrize("question", ["Which papers cite Ruiz's Wheels of 2001?", "Which papers cite Okoro 2001?"])
def test_what_no_entry_has_together_is_cited_by_none(pots, question):
    assert cited(pots.ask(question)) == []


def test_a_title_from_elsewhere_is_not_taken_for_a_longer_one_that_is_here(pots):
    answer = pots.ask("Which papers cite Stones and How to Lift Them?")
    assert cited(answer) == ["wheel.md"] and "Ruiz" in answer.text


def test_a_paper_that_cites_without_a_list_makes_an_answer_unsure(tmp_path):
    texts = {"kiln.md": "# Kiln Maths: Heat of Pots in Numbers\n\nWe count heat.\n",
             "wheel.md": "# Wheels\n\nWe turn.\n\n## References\n\n[1] A. Ode. Kiln Maths: "
                         "Heat of Pots in Numbers. 2001.\n[2] B. Ruiz. Another work. 2002.\n"}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with library_of(tmp_path / "a", texts) as base:
        assert base.ask("Which papers cite \"Kiln Maths: Heat of Pots in Numbers\"?").status == "found"
    texts["lost.md"] = "# Lost\n\nOde [1] counts heat. Ruiz [2] turns. Ely [3] glazes. Zhu [4] does not.\n"
    with library_of(tmp_path / "b", texts) as base:
        assert base.ask("Which papers cite \"Kiln Maths: Heat of Pots in Numbers\"?").status == "weak"


def test_of_titles_that_hold_a_name_those_count_that_are_it_or_begin_with_it(tmp_path):
    notes = {
        "one.md": "# Clay\n\nClay.\n\n## References\n\n[1] E. Ruiz. Clay Pots: All You Need. Kilns, 2018.\n"
                  "[2] E. Ruiz. Clay Pots with Handles: More of Them. Kilns, 2019.\n[3] M. Sand. PotNet. 2020.\n",
        "other.md": "# Stone\n\nStone.\n\n## References\n\n[1] E. Ruiz. Clay pots with handles: more of them. 2019.\n"
                    "[2] B. Lin. How slow is a PotNet? Kilns, 2021.\n",
    }
    with library_of(tmp_path, notes) as base:
        for question in ("Which papers cite Clay Pots?", "Which papers cite PotNet?"):
            answer = base.ask(question)
            assert (answer.status, cited(answer)) == ("found", ["one.md"]) and is_exact(base, answer)
        assert cited(base.ask("Which papers cite Clay Pots with Handles?")) == ["one.md", "other.md"]


def test_a_short_title_is_found_where_an_entry_begins_with_it_and_is_doubtful_inside_others(tmp_path):
    texts = {"urn.md": "# UrnNet\n\nWe propose UrnNet.\n",
             "one.md": "# Clay\n\nClay.\n\n## References\n\n[1] E. Ruiz. UrnNet: Small Pots. Kilns, 2018.\n"
                       "[2] B. Lin. How slow is a JarNet in winter? Kilns, 2021.\n"}
    with library_of(tmp_path, texts) as base:
        answer = base.ask("Which papers cite UrnNet?")
        assert (answer.status, cited(answer)) == ("found", ["one.md"]) and "Small Pots" in answer.text
        assert base.ask("Which papers cite JarNet?").status == "weak"
