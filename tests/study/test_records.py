"""Questions that the records answer: who, when, where, which, how many. What nobody recorded is told."""

from pathlib import PurePath

import pytest

from kb import KnowledgeBase
from kb.types import Answer

pytestmark = pytest.mark.engine


def files(answer):
    """The files that the claims rest on, in order."""
    return [PurePath(place.path).name for claim in answer.claims for place in claim.records]


@pytest.mark.parametrize(("question", "language", "said"), [
    ("Who wrote Kiln?", "en", "Ada Okoro, Bao Lin, Carla Mendes"),
    ("Who are the authors of \"Kiln: A Slow Method for Firing Pots\"?", "en", "Ada Okoro, Bao Lin, Carla Mendes"),
    ("Who is the last author of the Kiln paper?", "en", "Carla Mendes"),
    ("Kiln是谁写的？", "zh", "Ada Okoro、Bao Lin、Carla Mendes"),
    ("《陶瓷釉料优化方法研究》的作者有哪些？", "zh", "林宝、王小明"),
    ("When was Kiln published?", "en", "2019"),
    ("GlazeNet是哪一年发表的？", "zh", "2021"),
    ("Where did Kiln appear?", "en", "POTS 2019"),
    ("《陶瓷釉料优化方法研究》发表在哪个期刊？", "zh", "陶瓷学报"),
])
def test_a_record_answers_in_the_language_of_the_question(pots, question, language, said):
    answer = pots.ask(question)
    assert (answer.status, answer.route, answer.language, len(answer.claims)) == ("found", "records", language, 1)
    assert said in answer.claims[0].text
    place = answer.claims[0].records[0]
    assert place.value.replace("; ", ", ").find(said.replace("、", ", ")) >= 0


def test_two_works_of_one_title_are_both_told(pots):
    answer = pots.ask("Who wrote \"Throwing Wheels Compared\"?")
    assert sorted(files(answer)) == ["twin.md", "wheel.md"]
    assert {"Ada Okoro", "Bao Lin"} == {claim.records[0].value for claim in answer.claims}


@pytest.mark.parametrize("question", ["When was \"A Letter on Cracks\" published?", "谁写了《A Letter on Cracks》？"])
def test_what_nobody_recorded_is_told(pots, question):
    answer = pots.ask(question)
    assert (answer.status, answer.route) == ("not_found", "records")
    assert answer.claims[0].records[0].value == "" and "A Letter on Cracks" in answer.claims[0].text


def test_a_work_that_is_not_here_is_told_where_a_work_is_meant(pots):
    answer = pots.ask("Who wrote the paper \"On Lifting Stones\"?")
    assert (answer.status, answer.route) == ("not_found", "records") and "On Lifting Stones" in answer.claims[0].text
    assert pots.ask("Who wrote on the wall of the cellar?").route == "sentences"


@pytest.mark.parametrize(("question", "n", "expected"), [
    ("How many papers are from 2021?", "2", ["glaze.zh.md", "wheel.md"]),
    ("2021年的论文有几篇？", "2", ["glaze.zh.md", "wheel.md"]),
    ("How many papers by Bao Lin do I have?", "2", ["kiln.md", "twin.md"]),
    ("Which papers are by Ada Okoro?", "2", ["kiln.md", "wheel.md"]),
    ("林宝写过哪些论文？", "1", ["glaze.zh.md"]),
    ("Which papers were published before 2000?", "1", ["twin.md"]),
    ("2019年以来的论文有哪些？", "3", ["glaze.zh.md", "kiln.md", "wheel.md"]),
])
def test_papers_of_a_kind_are_counted_and_listed(pots, question, n, expected):
    answer = pots.ask(question)
    assert (answer.status, answer.route) == ("found", "records") and n in answer.claims[0].text
    listed = [claim for claim in answer.claims[1:] if claim.records and claim.records[0].field == "title"]
    assert sorted(PurePath(claim.records[0].path).name for claim in listed) == expected


@pytest.mark.parametrize("question", ["What papers did Okoro and Lin write together?",
                                      "Ada Okoro和Bao Lin合写了哪些论文？"])
def test_what_two_persons_wrote_together_is_by_both(pots, question):
    assert set(files(pots.ask(question))) == {"kiln.md"}


@pytest.mark.parametrize(("question", "expected"), [
    ("Which papers appeared in POTS?", "kiln.md"), ("哪些论文发表在《陶瓷学报》上？", "glaze.zh.md"),
    ("How many Chinese papers are in the library?", "glaze.zh.md"),
])
def test_papers_of_a_venue_or_a_language_are_told(pots, question, expected):
    answer = pots.ask(question)
    assert (answer.status, set(files(answer))) == ("found", {expected})


def test_authors_of_one_name_are_told_apart_and_both_told(pots):
    answer = pots.ask("Which papers are by Lin?")
    assert {claim.subject for claim in answer.claims} == {"Bao Lin", "Cai Lin"}
    assert sorted(set(files(answer))) == ["kiln.md", "salt.md", "twin.md"]


def test_a_name_nobody_has_is_told(pots):
    answer = pots.ask("Which papers are by Zelda Quist?")
    assert (answer.status, answer.route) == ("not_found", "records") and "Zelda Quist" in answer.claims[0].text


def test_a_title_that_only_speaks_of_a_work_is_not_taken_for_it(pots):
    assert pots.ask("Who wrote the Cracks paper?").status != "found"


@pytest.mark.parametrize(("question", "found"), [
    ("What was added since 2001?", True), ("2001年以来加入了哪些论文？", True),
    ("Which papers were added before 2001?", False)
])
def test_what_came_into_the_library_is_told_by_its_day(pots, question, found):
    answer = pots.ask(question)
    assert answer.route == "records" and (len(answer.claims) > 1) == found


def test_documents_without_a_year_are_said_to_be_left_out(pots):
    answer = pots.ask("How many papers are from 2021?")
    assert files(answer)[-1] == "letter.md" and answer.claims[-1].records[0].value == ""


def test_an_answer_goes_to_plain_values_and_back(pots):
    answer = pots.ask("Who wrote Kiln?")
    assert Answer.from_dict(answer.to_dict()) == answer and "[1]" in answer.text


def test_the_words_of_a_claim_are_frames_round_recorded_values(pots):
    place = pots.ask("Where did Kiln appear?").claims[0].records[0]
    assert (place.field, place.value, place.origin) == ("venue", "POTS 2019", "read")


@pytest.mark.parametrize("question", [
    "In which year and at which conference did the Kiln paper appear?",
    "What are the year and venue of the Kiln paper?",
    "When and where was \"Kiln: A Slow Method for Firing Pots\" published?", "Kiln发表于哪一年、哪个会议？",
    "In which year and at which venue did the paper by Ada Okoro, Bao Lin and Carla Mendes appear?",
])
def test_year_and_venue_asked_together_are_both_told(pots, question):
    answer = pots.ask(question)
    assert (answer.status, answer.route) == ("found", "records")
    assert [claim.records[0].value for claim in answer.claims] == ["2019", "POTS 2019"]


@pytest.mark.parametrize(("question", "file"), [
    ("Who wrote Okoro's Throwing Wheels Compared?", "wheel.md"),
    ("Who wrote \"Throwing Wheels Compared\" (Lin 1998)?", "twin.md"),
    ("Bao Lin 1998年的《Throwing Wheels Compared》是谁写的？", "twin.md"),
    ("Who wrote the paper that proposed GlazeNet?", "glaze.zh.md"),
    ("Who wrote \"A Letter on Cracks (LC)\"?", "letter.md"),
])
def test_what_is_said_beside_a_name_tells_works_apart(pots, question, file):
    assert set(files(pots.ask(question))) == {file}


@pytest.mark.parametrize(("question", "expected"), [
    ("How many of the papers in my library appeared in 2021?", ["glaze.zh.md", "wheel.md"]),
    ("Which 2021 papers do I have?", ["glaze.zh.md", "wheel.md"]),
    ("Which papers appeared in 2019 or later?", ["glaze.zh.md", "kiln.md", "wheel.md"]),
    ("Which papers by Ada Okoro are in the library?", ["kiln.md", "wheel.md"]),
    ("林宝参与写了哪几篇？", ["glaze.zh.md"]),
])
def test_words_round_the_limits_are_no_part_of_them(pots, question, expected):
    answer = pots.ask(question)
    listed = [claim for claim in answer.claims[1:] if claim.records and claim.records[0].field == "title"]
    assert sorted(PurePath(claim.records[0].path).name for claim in listed) == expected


@pytest.mark.parametrize("question", ["2009年，关于民用旗的使用最终决定是什么？",
                                      "2019年，和釉料的使用最终决定是什么？"])
def test_a_sign_that_joins_names_is_no_person(pots, question):
    assert pots.ask(question).route == "sentences"


def test_what_is_not_recorded_of_a_name_that_may_be_no_work_is_for_sentences(pots):
    assert pots.ask("Who wrote a letter on cracks?").route == "sentences"
    assert pots.ask("Who wrote \"A Letter on Cracks\"?").route == "records"


def test_what_nobody_recorded_may_be_said_in_a_text(tmp_path):
    (tmp_path / "a.md").write_text("# The Glaze Book\n\nThe Glaze Book was written by the potter Ada Okoro in 2003. "
                                   "It has forty recipes.\n", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([tmp_path / "a.md"])
        answer = base.ask('Who wrote "The Glaze Book"?')
        assert (answer.status, answer.route) == ("weak", "sentences") and "Ada Okoro" in answer.claims[0].text
        assert base.ask('Where was "The Glaze Book" published?').status != "found"


def test_a_title_that_texts_of_no_papers_name_is_for_sentences(tmp_path):
    (tmp_path / "a.txt").write_text("《泥与火》是陶工阿达于1990年写的小说，讲的是一座窑。", encoding="utf-8")
    (tmp_path / "b.txt").write_text("The novel \"Clay at Night\" was written by Ada Okoro in 1990. It tells of a kiln.",
                                    encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([tmp_path / "a.txt", tmp_path / "b.txt"])
        for question in ("《泥与火》的作者是谁？", "Who wrote the novel \"Clay at Night\"?",
                         "《泥与火》主要说了什么？"):
            assert base.ask(question).route == "sentences"


def test_a_thing_that_may_be_a_name_is_a_topic_where_nobody_is_called_so(pots):
    answer = pots.ask("解码器的论文有哪些？")
    assert answer.status != "found" and "作者" not in answer.text
