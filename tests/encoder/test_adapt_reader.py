"""The reader taught a library's own questions: what it learns from, how it is judged, when it is used, and the way
back."""

import json
import shutil
from dataclasses import replace
from functools import partial

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.cli.terminal import print_reader_adaptation
from kb.encoder import adapt_reader as module
from kb.encoder import train_reader
from kb.encoder.adapt_reader import Asked, ReaderAdaptation, ReaderScores, adapt_reader
from kb.encoder.adapted_reader import LibraryReader
from kb.encoder.encode import bundled
from kb.encoder.open_reader import READERS, open_reader
from kb.errors import DataError
from kb.errors import note as note_of

pytestmark = pytest.mark.engine
PLACES = """Arden Borley Corwen Dunmow Elstow Fowey Gresham Hitchin Ilkley Jarrow Kelso Lydney Malton Newent Oakham
Pewsey Quorn Ripley Selby Thirsk Ulverston Ventnor Wigton Yarm Zeal Ashby Bewdley Cromer""".split()
NAMES = "Holt Baker Moss Lane Frost Webb Marsh Dale Hart Pike".split()


def note(n):
    return (f"# The mill at {PLACES[n]}\n\nThe mill at {PLACES[n]} grinds wheat and barley. It was built by Ada "
            f"{NAMES[n % 10]} in {1801 + 7 * n}. Its wheel turns {10 + n} times a minute when the river is high.\n")


QUESTIONS = [
    *({"question": f"Who built the mill at {place}?", "quote": f"Ada {NAMES[n % 10]} in {1801 + 7 * n}"}
      for n, place in enumerate(PLACES)),
    *({"question": f"What did the miller of {place} pay his men?"} for place in PLACES[:5]),
    {"question": "Who owns the mill?", "quote": "These words stand nowhere."},
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A library folder and a file of questions about it; tests work on copies."""
    folder = tmp_path_factory.mktemp("mills")
    for n in range(len(PLACES)):
        (folder / f"{n}.md").write_text(note(n))
    (folder / "questions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in QUESTIONS))
    with KnowledgeBase.open(folder / "home") as base:
        base.add([folder / f"{n}.md" for n in range(len(PLACES))])
    return folder


@pytest.fixture
def base(filled, tmp_path, monkeypatch):
    monkeypatch.setenv("KB_READER", "three")
    shutil.copytree(filled / "home", tmp_path / "home")
    with KnowledgeBase.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def questions(filled):
    return str(filled / "questions.jsonl")


def documents(base):
    return [(info.id, info.title, base.passages(info.id)) for info in base.documents()]


def asked():
    return [Asked(item["question"], item.get("quote", ""), ("mill",)) for item in QUESTIONS]


def adopted(base, change=lambda weights: weights):
    """The library with a reader of its own: the shipped weights after a change."""
    weights = change(train_reader.load_weights(READERS / "three", 3))
    card = {"layers": 3, "vocabulary": bundled().chinese.fingerprint}
    readers = LibraryReader(base.home, "three")
    train_reader.save(readers.folder / "new-x", weights, card)
    readers.adopt(readers.folder / "new-x")
    return readers


@pytest.fixture
def few_steps(monkeypatch):
    """The real training, for one epoch."""
    monkeypatch.setattr("kb.base.fitting.adapt_reader",
                        partial(adapt_reader, recipe=replace(module.RECIPE, epochs=1)))


def codes(base):
    return [finding.code for finding in base.doctor().findings if finding.what == "reader"]


def test_on_the_command_line_it_is_trained_judged_used_shown_and_undone(base, questions, few_steps, capsys):
    assert main(["adapt", "--reader", "--questions", questions, "--json", "--home", str(base.home)]) == 0
    result = json.loads(capsys.readouterr().out)
    before, after = (ReaderScores.from_dict(result[name]) for name in ("before", "after"))
    assert (result["trained"] + result["held"], result["unplaced"], result["layers"]) == (33, 1, 3)
    assert result["held"] == before.unanswered == after.unanswered > before.answered > 0
    assert 0 < result["rehearsed"] <= result["trained"] and len(result["losses"]) == 1
    assert result["kept"] == (not after.is_worse_than(before)) == base.is_reader_adapted
    assert codes(base) == ["F_READER_ADAPTED" if result["kept"] else "F_READER"]
    assert "Ada Holt" in base.ask("Who built the mill at Arden?").claims[0].text
    files = [str(path.relative_to(base.home / "reader")) for path in (base.home / "reader").glob("*/*")]
    assert sorted(files) == (["adapted/card.json", "adapted/reader.safetensors"] if result["kept"] else [])
    assert main(["adapt", "--undo", "--home", str(base.home)]) == 0
    assert codes(base) == ["F_READER"] and not (base.home / "reader").exists()


def test_what_is_worse_is_not_kept_and_both_figures_are_said(base, questions, few_steps, monkeypatch, capsys):
    scores = iter([ReaderScores(6, 5, 7, 1), ReaderScores(6, 4, 7, 0)])
    monkeypatch.setattr("kb.base.fitting.judge", lambda *_: next(scores))
    assert main(["adapt", "--reader", "--questions", questions, "--home", str(base.home)]) == 0
    out = capsys.readouterr().out
    assert "of your questions" in out and "5 of 6" in out and "4 of 6" in out and "not kept" in out
    assert not base.is_reader_adapted and list((base.home / "reader").iterdir()) == []


def test_both_figures_are_said_in_chinese(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    scores = ReaderScores(6, 5, 7, 1)
    print_reader_adaptation(ReaderAdaptation(True, note_of("N_READER_KEPT"), 3, 20, 20, 7, 2, scores,
                                             replace(scores, right=6), (1.0,), 9.0))
    out = capsys.readouterr().out
    assert "首句正确 5/6" in out and "首句正确 6/6" in out and "2 个问题" in out and "采用" in out


def test_neither_fewer_right_nor_more_let_through_is_as_good():
    before = ReaderScores(6, 5, 7, 1)
    assert not before.is_worse_than(before) and not replace(before, right=6, let_through=0).is_worse_than(before)
    assert replace(before, right=4, let_through=0).is_worse_than(before)
    assert replace(before, right=6, let_through=2).is_worse_than(before)


def test_its_own_reader_answers_where_there_is_one(base):
    question = "Who built the mill at Arden?"
    before = base.ask(question)
    assert "Ada Holt" in before.claims[0].text
    adopted(base, lambda w: {**w, "sentence.output.weight": -w["sentence.output.weight"]})
    after = base.ask(question)
    assert not after.claims or "Ada Holt" not in after.claims[0].text
    assert base.unadapt() == 0  # no passage is encoded again
    assert base.ask(question) == before


def test_a_damaged_one_is_named_and_the_shipped_one_answers(base, capsys):
    question = "Who built the mill at Arden?"
    before = base.ask(question)
    adopted(base)
    assert codes(base) == ["F_READER_ADAPTED"]
    weights = base.home / "reader" / "adapted" / "reader.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert base.ask(question) == before
    with KnowledgeBase.open(base.home) as again:
        assert again.ask(question) == before and codes(again) == ["E_ADAPTED_READER", "F_READER"]
    assert main(["doctor", "--home", str(base.home)]) == 1
    assert "kb adapt --undo --reader" in capsys.readouterr().out
    weights.unlink()
    assert base.ask(question) == before and codes(base) == ["E_ADAPTED_READER", "F_READER"]
    assert main(["adapt", "--undo", "--reader", "--home", str(base.home)]) == 0
    assert codes(base) == ["F_READER"]


def test_one_of_other_layers_than_are_set_is_not_used(base, monkeypatch):
    adopted(base)
    for choice, expected in (("six", ["F_READER_UNUSED", "F_READER"]), ("auto", ["F_READER_ADAPTED"]),
                             ("off", ["F_READER_UNUSED", "F_READER_OFF"])):
        monkeypatch.setenv("KB_READER", choice)
        with KnowledgeBase.open(base.home) as other:
            assert codes(other) == expected


def test_the_encoder_that_was_adapted_stays_where_only_the_reader_is_undone(base):
    adopted(base)
    (base.home / "encoder" / "0").mkdir(parents=True)
    assert base.unadapt(only_reader=True) == 0
    assert (base.home / "encoder" / "0").is_dir() and not base.is_reader_adapted


def test_questions_on_one_passage_are_on_one_side_and_every_fifth_is_held(base):
    twice = [item for item in asked() for _ in range(2)]
    placed = module._place(documents(base), twice, open_reader("three", "fp32"), 1)
    own = [question for question in placed.questions if question.source == "own" and question.gold]
    sides = {}
    for question in own:
        sides.setdefault(question.passage, set()).add(question.is_dev)
    assert all(len(side) == 1 for side in sides.values())
    assert sum(side == {True} for side in sides.values()) == -(-len(sides) // 5)
    assert placed.n_unplaced == 2
    held = [held for held in placed.held if held.places]
    for text, ((document, start, end),) in held:
        assert base.document(document).text[start:end].startswith("Ada ") and text.startswith("Who built")


def test_an_answer_is_the_sentence_of_its_quote_and_the_quote_its_span(base):
    placed = module._place(documents(base), asked(), open_reader("three", "fp32"), 1)
    first = placed.questions[0]
    passage = placed.passages[first.passage]
    (gold,) = first.gold
    assert "built by Ada Holt" in passage.text[slice(*passage.sentences[gold])]
    assert passage.text[slice(*first.span)] == "Ada Holt in 1801" and passage.title == "The mill at Arden"
    assert all(question.gold == () for question in placed.questions if question.text.startswith("What did"))


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_end(base, tmp_path, monkeypatch):
    shipped, recipe = open_reader("three", "fp32"), replace(module.RECIPE, epochs=1, dropout=0.0)

    def judge(reader, held):
        return ReaderScores(1, 1, 1, 0)

    def run(home):
        return adapt_reader(shipped, documents(base), asked(), home, judge, recipe)

    whole, folder = run(tmp_path / "whole")
    assert folder is not None
    own_loss, n_losses = train_reader.own_loss, 0

    def killed(*arguments):
        nonlocal n_losses
        n_losses += 1
        if n_losses > 2:
            raise KeyboardInterrupt
        return own_loss(*arguments)

    monkeypatch.setattr(train_reader, "own_loss", killed)
    monkeypatch.setattr("kb.encoder.training.Checkpoint.is_due", lambda *_, is_last: True)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut")
    assert [path.name for path in (tmp_path / "cut").glob("*/*")] == ["state.safetensors"]
    monkeypatch.setattr(train_reader, "own_loss", own_loss)
    again, _ = run(tmp_path / "cut")
    assert again.losses == pytest.approx(whole.losses, rel=1e-4)


def test_what_is_too_little_or_broken_changes_nothing(base, tmp_path, capsys):
    file = tmp_path / "few.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in QUESTIONS[:10]))
    with pytest.raises(DataError) as caught:
        base.adapt_reader(file)
    assert caught.value.code == "E_TOO_LITTLE" and "20" in str(caught.value)
    file.write_text('{"question": "x"}\nbroken')
    with pytest.raises(DataError, match="line 2"):
        base.adapt_reader(file)
    assert main(["adapt", "--reader", "--home", str(base.home)]) == 2
    assert "--questions" in capsys.readouterr().err
    assert not (base.home / "reader").exists()
