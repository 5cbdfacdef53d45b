"""Endpoints that behave as badly as they can: the answer of the library's own is there, with a notice.

Each behaviour is played with a short deadline; `python -m tests.torture endpoints` holds them to the second, and plays
each against a survey as well.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from kb import KnowledgeBase
from tests.hostile import covered
from tests.hostile.endpoints import BEHAVIOURS, NAMES
from tests.hostile.playing import asked, surveyed
from tests.survey.conftest import fill

QUESTION, TOPIC = "What is pruning?", "model compression"
_PATIENCE = 120.0  # seconds behind a deadline before a test is called hung; never a measure of speed
# A survey asks several times: those that need not wait for a deadline, and one that does.
IN_A_SURVEY = ("hangs after it has read", "resets", "sends elsewhere with 307", "nested lists", "content null",
               "a sentence 4,000 times", "2,000 different sentences", "lone surrogates and NUL", "ghosts of citations",
               "the key in the text", "spaces without an end", "keys that stand twice")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with KnowledgeBase.open(folder / "library", encoder="hashing") as base:
        fill(base, folder / "papers")
        yield base


def test_every_behaviour_ends_in_the_answer_and_a_notice(library):
    expected = library.ask(QUESTION)

    def play(behaviour):
        return [(behaviour.name, "stream" if streams else "whole", *played.wrong) for streams in (True, False)
                if (played := asked(library, behaviour, QUESTION, expected, streams=streams, seconds=0.5,
                                    slack=_PATIENCE)).wrong]

    with ThreadPoolExecutor(6) as pool:
        assert [wrong for found in pool.map(play, BEHAVIOURS) for wrong in found] == []
    assert len(set(NAMES)) == len(NAMES) >= 57


@pytest.mark.parametrize("behaviour", [one for one in BEHAVIOURS if one.name in IN_A_SURVEY], ids=lambda one: one.name)
def test_a_survey_ends_whole_and_says_what_is_missing(library, behaviour):
    assert surveyed(library, behaviour, TOPIC, usual=1.0, seconds=0.5, slack=_PATIENCE).wrong == ()


def test_the_list_for_surveys_names_behaviours():
    assert set(IN_A_SURVEY) <= set(NAMES)


@pytest.mark.parametrize("name", covered.TARGETS)
def test_what_is_fuzzed_by_coverage_takes_any_bytes(name, capsys):
    for data in (b"", b"\xff\0[1]", b'{"choices": [{"delta": {"content": "a [1]."}}]}\n[[',
                 "甲【1】。\n\n- b".encode()):
        covered.TARGETS[name](data)
    assert covered.main([]) == covered.main(["nothing"]) == 2 and "json" in capsys.readouterr().out
