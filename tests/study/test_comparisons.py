"""Two things beside each other: both sides, whole sentences, and no answer where one side is unknown here."""

import pytest

from tests.making import library_of

pytestmark = pytest.mark.engine
NOTES = {
    "drum.md": """# DrumSort: Sorting Peas with a Drum

Abstract. Peas of one size cook evenly, but sorting them by hand is slow. In this paper, we propose DrumSort, a turning
drum with holes that sorts peas by size. Our results show that DrumSort sorts 40 kg an hour.

## 1 Introduction

DrumSort differs from SieveSort in that the holes of a drum clear themselves, while a sieve has to be stopped.
""",
    "sieve.md": """# SieveSort: Sorting Peas with a Shaking Sieve

Abstract. Farms need a cheap way of sorting peas. We present SieveSort, a shaking sieve with three layers. Experiments
show that it sorts 25 kg an hour.
""",
    "mulch.md": """# Mulch and turf

Mulch is a layer of bark that is spread over soil. Turf is a layer of grass with its roots that is rolled out over soil.
Mulch

turf
""",
    "attention.md": """# Attention-based LSTM for Counting Peas

Abstract. In this paper, we propose to count peas by their shadows. Unlike SieveSort, our counter needs no moving parts.

## Method

LSTM is a recurrent network with three gates. GRU is a recurrent network with two gates. A LSTM has more weights than a
GRU. Match-GRU differs from LSTM in its colour.
""",
    "zh.md": """# 播种方式

条播是指把种子按行播入土中的播种方式。撒播是指把种子均匀撒在地面上的播种方式。条播与撒播有三个主要区别。首先，条播用种量少。其次，条播便于除草。
最后，撒播不需要机械。
""",
}


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("farm")
    with library_of(folder, NOTES) as base:
        yield base


def sides(answer):
    found = {}
    for claim in answer.claims:
        found.setdefault(claim.subject, []).append(claim.text.replace("\n", " "))
    return found


@pytest.mark.parametrize("question", ["How does DrumSort differ from SieveSort?", "DrumSort和SieveSort有什么区别？"])
def test_what_names_both_comes_first_then_what_each_work_says_it_does(farm, question):
    answer = farm.ask(question)
    found = sides(answer)
    assert (answer.route, answer.status, next(iter(found))) == ("comparison", "found", "DrumSort · SieveSort")
    assert "differs from SieveSort" in found["DrumSort · SieveSort"][0]
    assert "we propose DrumSort" in " ".join(found["DrumSort"]) and "SieveSort, a shaking sieve" in " ".join(
        found["SieveSort"])


def test_two_things_are_told_by_the_sentences_that_say_what_they_are(farm):
    found = sides(farm.ask("What is the difference between mulch and turf?"))
    assert any(text.startswith("Mulch is a layer") for text in found["mulch"])
    assert any(text.startswith("Turf is a layer") for text in found["turf"])
    assert not any(text.strip() in ("Mulch", "turf") for texts in found.values() for text in texts)


def test_what_a_sentence_announces_is_told_with_it(farm):
    texts = [text for texts in sides(farm.ask("条播和撒播之间有哪三个主要区别？")).values() for text in texts]
    assert [text for text in texts if text.startswith(("首先", "其次", "最后"))] == [
        "首先，条播用种量少。", "其次，条播便于除草。", "最后，撒播不需要机械。"]


def test_a_side_that_nothing_here_speaks_of_is_no_answer(farm):
    answer = farm.ask("How does DrumSort differ from photosynthesis?")
    assert (answer.status, answer.claims, answer.empty) == ("not_found", (), ("photosynthesis",))


def test_every_sentence_is_whole_and_in_its_place(farm):
    for question in ("How does DrumSort differ from SieveSort?", "What is the difference between mulch and turf?"):
        for claim in farm.ask(question).claims:
            place, = claim.citations
            assert farm.document(place.document).text[place.start:place.end] == place.quote == claim.text
            assert claim.text.rstrip()[-1] in ".。"


def test_a_thing_is_not_compared_with_itself(farm):
    assert farm.ask("How does DrumSort differ from DrumSort?").status != "found"


@pytest.mark.parametrize("question", ["What is the difference between + and -?", "+和-有什么区别？"])
def test_names_without_a_word_are_in_no_sentence(farm, question):
    answer = farm.ask(question)
    assert (answer.status, answer.claims) == ("not_found", ())


def test_a_known_model_in_a_title_is_not_told_by_that_work(farm):
    found = sides(farm.ask("What is the difference between LSTM and GRU?"))
    said = " ".join(text for texts in found.values() for text in texts)
    assert "shadows" not in said and "three gates" in said
    assert any("more weights" in text for text in found["LSTM · GRU"])
    assert "Match-GRU" not in " ".join(found["LSTM · GRU"])


def test_what_a_work_says_of_ours_beside_the_other_is_said_of_both(farm):
    found = sides(farm.ask("How does \"Attention-based LSTM for Counting Peas\" differ from SieveSort?"))
    assert any("Unlike SieveSort, our counter" in text for text in next(iter(found.values())))


def test_an_aspect_is_asked_of_each_side(farm):
    answer = farm.ask("How do DrumSort and SieveSort differ in speed?")
    found = sides(answer)
    assert answer.route == "comparison"
    assert any("40 kg an hour" in text for text in found.get("DrumSort", []))
    assert any("25 kg an hour" in text for text in found.get("SieveSort", []))


def test_three_sides_are_told(farm):
    found = sides(farm.ask("Compare DrumSort, SieveSort and Match-GRU"))
    assert {"DrumSort", "SieveSort"} <= set(found)


def test_what_is_described_and_not_named_is_left_to_sentences(farm):
    answer = farm.ask("How does the turning machine with holes that sorts peas compare with SieveSort on speed?")
    assert answer.route == "sentences"
