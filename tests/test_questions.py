"""Questions that stay: kept with their answers, asked again when the library has changed, and only then."""

import gzip
import json

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import UnknownQuestion
from kb.operations import OPERATIONS
from tests.conftest import ROOT

LORA = "LoRA is a method that adds low-rank matrices to frozen weights."
ASKED, OPEN = "What is LoRA?", "What is quantisation?"


@pytest.fixture
def library(base, tmp_path, monkeypatch):
    """(the library, the file of its document); how often it was asked is counted."""
    (tmp_path / "a.md").write_text(f"# LoRA\n\n{LORA} It trains few parameters.\n")
    base.add(tmp_path / "a.md")
    base.asked = []
    ask = base.ask
    monkeypatch.setattr(base, "ask", lambda question, **more: base.asked.append(question) or ask(question, **more))
    return base, tmp_path / "a.md"


def test_a_question_is_kept_with_its_answer_and_asked_again_only_where_something_has_changed(library):
    base, _ = library
    kept = base.keep_question(ASKED)
    open_one = base.keep_question(OPEN)
    assert kept.answer.claims[0].text == LORA and open_one.answer.status == "not_found"
    assert base.questions() == (kept, open_one) and base.unanswered() == (open_one,)
    assert base.question(kept.id[:5]) == kept
    base.asked.clear()
    checks = base.check_questions()
    assert base.asked == [] and [(c.was_asked, c.is_different) for c in checks] == [(False, False)] * 2
    base.add_text("Rome is a city.", "Rome")
    assert not any(check.is_different for check in base.check_questions()) and base.asked == [ASKED, OPEN]
    base.check_questions()
    assert base.asked == [ASKED, OPEN]  # nothing has come since
    base.add_note(base.documents()[0].id, "Mine.")
    base.check_questions()
    assert base.asked == [ASKED, OPEN]  # a note changes no answer of the papers'


def test_a_check_says_what_came_and_went_until_it_is_accepted(library):
    base, _ = library
    kept, open_one = base.keep_question(ASKED), base.keep_question(OPEN)
    sentence = "Quantisation is a method that stores weights in fewer bits."
    new = base.add_text(sentence, "Quantisation").added[0].document
    for _ in range(2):
        check = {one.id: one for one in base.check_questions()}[open_one.id]
        assert (check.before, check.after) == ("not_found", "found")
        assert [claim.text for claim in check.new] == [sentence] and check.gone == ()
    assert len(base.asked) == 4  # both kept and asked once
    assert base.question(open_one.id).answer.status == "not_found" and base.unanswered() == ()
    base.check_questions([open_one.id], update=True)
    assert base.question(open_one.id).answer.status == "found"
    assert not any(check.is_different for check in base.check_questions())
    removal = base.remove(new)
    assert "N_GONE_QUESTIONS" in [note.code for note in removal.notes]
    for path in base.home.rglob("*"):
        assert not path.is_file() or b"fewer bits" not in path.read_bytes(), path
    check = {one.id: one for one in base.check_questions()}[open_one.id]
    assert (check.before, check.after, check.n_removed) == ("found", "not_found", 1) and check.is_different
    assert [one.id for one in base.unanswered()] == [open_one.id] and base.verify().is_sound
    base.check_questions(update=True)
    assert not any(check.is_different for check in base.check_questions()) and kept.id


def test_an_edited_file_tells_the_sentence_that_went_and_a_same_one_is_no_news(library):
    base, file = library
    base.keep_question(ASKED)
    file.write_text("A preface.\n\n" + file.read_text())
    base.add(file)
    assert [check.is_different for check in base.check_questions()] == [False]
    file.write_text("# LoRA\n\nLoRA is a method that multiplies frozen weights by small matrices.\n")
    base.add(file)
    (check, ) = base.check_questions()
    assert [claim.text for claim in check.gone] == [LORA] and len(check.new) == 1
    assert base.keep_question("  what is LoRA?").id == check.id and len(base.questions()) == 1
    assert not base.check_questions()[0].is_different


def test_a_library_that_has_none_or_cannot_be_written_says_so(library, tmp_path):
    base, _ = library
    kept = base.keep_question(ASKED)
    base.add_text("Rome is a city.", "Rome")
    with base._store.write("add"):
        assert not base.check_questions()[0].is_different  # told, not remembered
    for wrong in ("ffff", ""):
        with pytest.raises(UnknownQuestion):
            base.question(wrong)
    with pytest.raises(UnknownQuestion):
        base.remove_questions([kept.id, "ffff"])
    assert [one.id for one in base.remove_questions(kept.id)] == [kept.id] and base.questions() == ()
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    with KnowledgeBase.open(home, encoder="hashing") as old:
        assert old.questions() == () == old.check_questions()
        assert old.keep_question("What is it?") == old.questions()[0]


def test_the_command_and_the_operations_keep_check_and_list(library, capfd, monkeypatch):
    base, _ = library
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    home = ["--home", str(base.home), "--encoder", "hashing"]

    def run(*arguments):
        code = main(["question", *arguments, *home])
        return code, capfd.readouterr().out

    assert run("list")[0] == 4
    code, out = run("keep", OPEN, "--json")
    kept = json.loads(out)
    assert code == 0 and "kept as" in run("keep", ASKED)[1]
    assert "no passage contains" in run("unanswered")[1]
    base.add_text("Quantisation is a method that stores weights in fewer bits.", "Quantisation")
    code, out = run("check")
    assert code == 0 and "no answer -> answered" in out and "+ Quantisation is a method" in out
    assert "1 of 2 kept questions" in out and "now: answered" in run("list")[1]
    assert "every kept question" in run("unanswered")[1]
    assert LORA in run("show", base.questions()[1].id)[1]
    found = OPERATIONS["check_questions"].on(base, questions=[kept["id"]], update=True)["checks"]
    assert [(one["after"], one["different"], one["was_asked"]) for one in found] == [("found", True, False)]
    assert len(OPERATIONS["questions"].on(base, unanswered=False)["questions"]) == 2
    assert OPERATIONS["keep_question"].on(base, question=ASKED)["question"] == ASKED
    assert run("remove", kept["id"])[0] == 0
    assert len(OPERATIONS["remove_questions"].on(base, questions=[base.questions()[0].id])["questions"]) == 1
