"""A few cases of each torture, and that a torture sees what is wrong."""

import json

import pytest

from tests.torture import __main__ as command
from tests.torture.__main__ import TORTURES, main
from tests.torture.cases import Torture, play


@pytest.mark.slow
@pytest.mark.parametrize("torture", [one for one in TORTURES if one.short], ids=lambda one: one.name)
def test_what_is_promised_holds_in_a_few_cases(torture):
    assert [(i, wrong) for i, wrong, _ in play(torture, torture.numbers("short"), seed=7) if wrong] == []


def odd(case):
    """Wrong at two, raises at three; what it draws is the case's own."""
    if case.i == 3:
        raise RuntimeError("broken")
    return ["two"] if case.i == 2 else [] if case.folder.is_dir() and case.shared.is_dir() else ["no folder"]


ODD = Torture("odd", "0", "nothing", odd, 5, 2)


def test_what_is_wrong_and_what_raises_is_told_with_its_number():
    found = {i: wrong for i, wrong, _ in play(ODD, ODD.numbers("full"), seed=1)}
    assert found[2] == ["two"] and "RuntimeError: broken" in found[3][0]
    assert [i for i, wrong in found.items() if not wrong] == [0, 1, 4]


def test_few_cases_are_spread_over_all():
    assert ODD.numbers("short") == [0, 2] and ODD.numbers("3") == [0, 1, 3] and ODD.numbers("99") == [0, 1, 2, 3, 4]


def test_a_case_draws_the_same_by_itself():
    drawn = Torture("drawn", "0", "", lambda case: [str(case.rng.random())], 9, 9)
    whole = {i: wrong for i, wrong, _ in play(drawn, drawn.numbers("full"), seed=5)}
    assert len({tuple(wrong) for wrong in whole.values()}) == 9
    assert [(i, wrong) for i, wrong, _ in play(drawn, [4], seed=5)] == [(4, whole[4])]
    assert [wrong for _, wrong, _ in play(drawn, [4], seed=6)] != [whole[4]]


def test_a_run_that_was_stopped_goes_on_and_says_how_a_case_is_played_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "TORTURES", (ODD, ))
    state = tmp_path / "state"
    state.write_text("".join(json.dumps({"name": "odd", "seed": seed, "case": case, "wrong": [], "seconds": 1}) + "\n"
                             for seed, case in ((1, 0), (1, 2), (2, 4))))
    assert main(["--resume", "--seed", "1", "--state", str(state)]) == 1
    said = capsys.readouterr().out
    assert "again: python -m tests.torture odd --seed 1 --only 3" in said and "| 5 | 5 | 1 |" in said
    assert [json.loads(line)["case"] for line in state.read_text().splitlines()] == [0, 2, 4, 1, 3, 4]
    assert main(["odd", "--only", "2"]) == 1 and main(["odd", "--only", "1"]) == 0
    with pytest.raises(SystemExit):
        main(["no-such-torture"])
