"""One work with several texts is counted, listed, compared, tabled and surveyed once; what a reader joins or parts
counts at once."""

import pytest

from kb import KnowledgeBase
from tests.study.conftest import paper

pytestmark = pytest.mark.engine

METHOD = ("We propose Kiln, which fires pots slowly in a closed oven of red brick. Kiln is evaluated on ClayBench, "
          "where it breaks 3 of 100 pots. ")
LIST = "\n\n## References\n\n[1] D. Ruiz. Stones and how to lift them. Quarry Press, 2001.\n[2] "
CLAY = "E. Roth. On Clay and its uses. Pots, 1999.\n"
KILN = "A. Okoro, B. Lin. Kiln: A Slow Method for Firing Pots. 2020.\n"
FILES = {
    "kiln.md": paper("Kiln: A Slow Method for Firing Pots", "[Ada Okoro, Bao Lin]", "2020", "POTS 2020",
                     METHOD + "The oven is opened after a day." + LIST + CLAY),
    "kiln-v1.md": paper("Kiln: A Slow Method for Firing Pots", "[Ada Okoro, Bao Lin]", "2019", "arXiv preprint",
                        METHOD + "An earlier oven had no door." + LIST + CLAY),
    "wheel.md": paper("Throwing Wheels Compared", "[Carla Mendes]", "2020", "Journal of Pottery",
                      "We compare five wheels on ClayBench. Our best wheel extends Kiln with a cooler flame."
                      + LIST + KILN),
    "wheel-note.md": paper("Throwing Wheels Compared", "[Carla Mendes]", "2020", "",
                           "A reading note: five wheels are compared on ClayBench." + LIST + KILN),
    "clay.md": paper("On Clay and its uses", "[Eva Roth]", "1999", "Pots", "Clay holds water; it is fired in a kiln."),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as opened:
        opened.add([folder / name for name in FILES])
        assert sorted(len(work.documents) for work in opened.works()) == [1, 2, 2]
        yield opened


def head(answer):
    return answer.claims[0].text


def document(base, name):
    return next(info.id for info in base.documents() if info.path.endswith("/" + name))


@pytest.mark.parametrize(("question", "said"), [
    ("How many papers are from 2020?", "2 documents"), ("2020年的论文有几篇？", "2 篇"),
    ("How many papers are from 2019?", "1 document"), ("How many papers by Ada Okoro do I have?", "1 document"),
    ("Which papers are by Carla Mendes?", "1 document"), ("Which papers cite Kiln?", "1 document cites"),
    ("How many papers cite \"On Clay and its uses\"?", "1 document cites"),
    ("Which papers extend Kiln?", "1 document says"), ("Which papers are evaluated on ClayBench?", "2 documents"),
])
def test_a_work_is_counted_once(base, question, said):
    assert said in head(base.ask(question))


def test_a_list_has_each_work_once(base):
    answer = base.ask("What is the method of each paper?")
    works = [work.documents for work in base.works()]
    told = {claim.citations[0].document for claim in answer.claims if claim.citations}
    assert told and all(len(told & set(texts)) <= 1 for texts in works)


def test_what_is_recorded_of_two_texts_is_said_once_and_what_differs_is_told(base):
    assert len(base.ask("Who wrote Kiln?").claims) == 1
    years = {claim.records[0].value for claim in base.ask("When was Kiln published?").claims}
    assert years == {"2019", "2020"}


def test_a_sentence_of_two_texts_is_one_claim_with_the_other_place_beside_it(base):
    answer = base.ask("How does Kiln fire pots?")
    texts = {document(base, "kiln.md"), document(base, "kiln-v1.md")}
    claim = next(claim for claim in answer.claims if "fires pots slowly" in claim.text)
    assert len([c for c in claim.citations if c.document in texts]) == 1
    (place,) = claim.citations[0].also
    assert {place.document, claim.citations[0].document} == texts
    assert base.document(place.document).text[place.start:place.end] == claim.text
    assert sum("fires pots slowly" in claim.text for claim in answer.claims) == 1


def test_the_other_place_is_printed(base, capsys):
    from kb.cli.terminal import print_answer

    print_answer(base.ask("How does Kiln fire pots?"))
    assert "a text of the same work" in capsys.readouterr().out


def test_a_table_and_the_citations_have_each_work_once(base):
    assert len(base.table(["data set"]).rows) == 3
    graph = base.citation_graph()
    assert len(graph.edges) == 2 and graph.n_documents == 2 and len(graph.reading) == 3


def test_a_survey_uses_one_text_of_each_work_and_says_which_it_leaves(base):
    survey = base.survey("firing pots in a kiln", works=9)
    works = [set(work.documents) for work in base.works()]
    used = [reference.document for reference in survey.references]
    assert len(used) == 3 and all(len(texts & set(used)) == 1 for texts in works)
    assert {row.document for row in survey.unused if row.reason == "same_work"} == {
        document(base, "kiln-v1.md"), document(base, "wheel-note.md")}


def test_a_text_that_is_asked_for_by_name_is_the_one_that_is_used(base):
    early = document(base, "kiln-v1.md")
    survey = base.survey("firing pots", documents=[early, document(base, "clay.md")])
    assert early in {reference.document for reference in survey.references}
    assert base.ask("Summarise kiln-v1.md").claims[0].citations[0].document == early


def test_what_is_joined_and_parted_by_hand_counts_at_once(base):
    early, late = document(base, "kiln-v1.md"), document(base, "kiln.md")
    base.part_work(early)
    assert "2 documents" in head(base.ask("How many papers by Ada Okoro do I have?"))
    base.join_works([early, late])
    assert "1 document" in head(base.ask("How many papers by Ada Okoro do I have?"))


def test_a_scope_that_holds_one_text_of_a_work_has_that(base):
    from kb.types import Scope

    answer = base.ask("How many papers are from 2020?", scope=Scope(documents=(document(base, "wheel-note.md"),)))
    assert "1 document" in head(answer)


def test_notes_that_share_nothing_but_a_title_are_two_works(tmp_path):
    for n, text in enumerate(("Ovens were bought in May.", "Glazes were mixed in June.")):
        (tmp_path / f"{n}.md").write_text(f"# Minutes of the meeting\n\n{text}\n")
    with KnowledgeBase.open(tmp_path / "home") as notes:
        notes.add(tmp_path)
        assert [len(work.documents) for work in notes.works()] == [1, 1]
