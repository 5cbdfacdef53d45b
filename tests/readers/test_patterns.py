"""Patterns that lines of any kind are asked: a long run of one sign takes them no longer than reading it."""

import pytest

from kb.answer.claims import is_statement
from kb.readers.latex_source import DIMENSION
from kb.readers.masthead import _FOOT, _TOLD
from kb.readers.regions import _KEYWORDS, _LEADER, _NOTICE
from kb.readers.venue import _chinese_names


@pytest.mark.parametrize("line", ["." * 4000, ". " * 2000, "Title " + "." * 4000, " " * 4000, "、" * 4000, "A" * 4000])
@pytest.mark.parametrize("pattern", [_FOOT, _TOLD, _KEYWORDS, _LEADER, _NOTICE, DIMENSION])
def test_a_long_run_is_no_match_at_once(pattern, line):
    """A pattern that tries every way of parting the run would not come back."""
    assert not pattern.fullmatch(line + "!")


def test_a_long_run_is_no_statement_and_no_name_at_once():
    assert not is_statement("@" * 4000)
    assert list(_chinese_names("ALLTHEWORDSOFALINEINCAPITALSWITHOUTABLANK" * 50)) == []


@pytest.mark.parametrize("line", ["1 Introduction ........ 5", "第一章 绪论……………1", "Title . . . . . iv", "...... 5"])
def test_leaders_are_found(line):
    assert _LEADER.fullmatch(line)


@pytest.mark.parametrize("line", ["A. B. C. D", "word … word", "…… 3"])
def test_stops_are_no_leaders(line):
    assert not _LEADER.fullmatch(line)
