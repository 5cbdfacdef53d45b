"""A library judged by its reader's own questions; a bar for "found" chosen by them never lets more wrong ones pass."""

import json

import pytest

from kb.answer.support import FOUND
from kb.base.judging import _chosen, _Judged, _let_through, _verdict, rate
from kb.cli.main import main
from kb.errors import DataError, SettingError

THINGS = ("LoRA", "pruning", "distillation", "quantisation", "retrieval", "attention", "dropout", "beam search")
CHINESE = {"剪枝": "剪枝是去掉不重要权重的方法。", "蒸馏": "蒸馏是让小模型学习大模型输出的方法。"}


@pytest.fixture
def library(base, tmp_path):
    for n, thing in enumerate(THINGS):
        base.add_text(f"# {thing}\n\n{thing} is a method number {n} that changes how weights are used. It is used.\n\n"
                      f"## Training cost of {thing}\n\nThe training cost of {thing} is {n + 2} hours on one machine, "
                      "which is little for a model of this size. " + "Other words follow here. " * 8 + "\n", thing)
    for thing, words in CHINESE.items():
        base.add_text(f"# {thing}\n\n{words}\n", thing)
    return base


def written(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def rows(n_open=8, repeats=3):
    found = [{"question": f"What is {thing}?", "quote": f"{thing} is a method number {n}"}
             for n, thing in enumerate(THINGS)] * repeats
    found += [{"question": f"{thing}是什么？", "quote": words} for thing, words in CHINESE.items()]
    return found + [{"question": f"Who was the king of country number {n}?"} for n in range(n_open)]


def test_the_interval_is_wilsons():
    one = rate("x", 8, 10)  # checked against the formula of Wilson 1927 worked by hand: (0.4902, 0.9433)
    assert (one.low, one.high, one.share) == (0.4902, 0.9433, 0.8)
    assert (rate("x", 0, 5).low, rate("x", 5, 5).high) == (0.0, 1.0)
    assert rate("x", 0, 0).share is None and rate("x", 0, 0).low is None


def test_a_library_is_judged_by_what_its_reader_knows(library, tmp_path):
    nowhere = {"question": "What is that?", "quote": "no such words here"}
    file = written(tmp_path / "q.jsonl", [*rows(repeats=1), nowhere])
    found = library.evaluate(file)
    measures = {one.name: one for one in found.rates["all"]}
    assert found.unplaced == ("What is that?",) and found.n_made == 0
    assert measures["document@1"].n == 10 and measures["document@10"].share >= measures["document@1"].share >= 0.8
    assert measures["right sentence first"].share >= 0.8
    assert measures["not found, where nothing answers"].n == 8
    assert {one.name: one.n for one in found.rates["zh"]}["document@1"] == 2
    assert {one.name: one.n for one in found.rates["en"]}["document@1"] == 8
    lora = next(one for one in found.questions if "LoRA" in one.question)
    document, start, end = lora.places[0]
    assert library.document(document).text[start:end] == "LoRA is a method number 0"
    king = next(one for one in found.questions if "king" in one.question)
    assert king.places == () and not king.is_right and king.document_rank == 0


def test_questions_are_made_of_headings_marked_as_made_and_stand_where_they_say(library, tmp_path):
    made = library.made_questions(5)
    assert len(made) == 5 == len({one["question"] for one in made}) and made == library.made_questions(5)
    for one in made:
        assert one["made"] is True and one["quote"] in library.document(one["document"]).text
        assert one["quote"].startswith("The training cost of")
    found = library.evaluate(written(tmp_path / "q.jsonl", made))
    assert found.n_made == 5 and found.unplaced == ()
    with pytest.raises(DataError):  # what was made chooses nothing
        library.calibrate(written(tmp_path / "q.jsonl", made * 20))


def test_a_bar_that_lets_more_wrong_answers_pass_is_never_chosen_or_kept():
    right = [_Judged(s, True, True, True) for s in (0.3, 0.35, 0.4, 0.6, 0.7, 0.8)]
    wrong = [_Judged(s, True, False, False) for s in (0.1, 0.16, 0.2)]
    assert _chosen([*right, *wrong], FOUND) < 0.31  # all right ones, none of the wrong
    assert _let_through([*right, *wrong], _chosen([*right, *wrong], FOUND)).precision == 1
    low = [_Judged(0.4, True, False, False)]
    assert _chosen([*right[3:], *low], FOUND) > 0.4
    now, other = _let_through([*right[3:], *low], FOUND), _let_through([*right[3:], *low], 0.3)
    assert now.precision == 1 and other.precision < 1 and not _verdict(now, other)[0]
    assert not _verdict(now, now)[0]
    capped = [_Judged(0.9, False, True, True)]  # whose name stands nowhere: no bar makes it found
    assert _let_through(capped, 0.2).found == 0


def test_a_calibration_says_before_and_after_is_used_and_can_be_undone(library, tmp_path):
    with pytest.raises(DataError) as error:
        library.calibrate(written(tmp_path / "few.jsonl", rows(repeats=1)))
    assert error.value.code == "E_TOO_LITTLE"
    with pytest.raises(DataError):
        library.calibrate(written(tmp_path / "few.jsonl", rows(n_open=2, repeats=4)))
    made = library.calibrate(written(tmp_path / "q.jsonl", rows()))
    assert made.before.bar == FOUND and made.n_chosen_on + made.n_judged_on == 34
    assert not made.kept or (made.after.precision or 0) >= (made.before.precision or 0)
    assert library.bar == (made.after.bar if made.kept else FOUND)
    with library._store.write("log") as writer:
        writer.set_bar(0.99)
    assert library.bar == 0.99 and library.ask("What is LoRA?").status == "weak"
    assert library.uncalibrate() == FOUND == library.bar and library.ask("What is LoRA?").status == "found"
    with pytest.raises(SettingError):
        library.uncalibrate()
    with library._store.write("log") as writer, writer.together():
        writer._set_meta("bar", "nan")
    assert library.bar == FOUND and library.verify().is_sound


def test_a_line_that_is_none_is_named(library, tmp_path):
    for text in ("", "{}\n", '{"question": 5}\n', '{"question": "a", "quote": 5}\n', "[1]\n", "{\n"):
        (tmp_path / "q.jsonl").write_text(text)
        with pytest.raises(DataError):
            library.evaluate(tmp_path / "q.jsonl")


def test_the_command_prints_the_measures_and_writes_questions(library, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    home = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["eval", "--make", "4", *home]) == 0
    made = capfd.readouterr().out
    (tmp_path / "q.jsonl").write_text(made)
    assert made.count('"made": true') == 4
    assert main(["eval", str(tmp_path / "q.jsonl"), *home]) == 0
    out = capfd.readouterr().out
    assert "right document first" in out and "4 of 4 questions were made" in out
    assert main(["eval", *home]) == 2 == main(["calibrate", "--undo", *home])
    assert main(["calibrate", *home]) == 0
    assert "found from 0.50 on" in capfd.readouterr().out
    main(["calibrate", str(written(tmp_path / "own.jsonl", rows())), *home])
    out = capfd.readouterr().out
    assert "before" in out and "precision" in out and ("kept: " in out)
