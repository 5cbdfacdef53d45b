"""The front door: what may be given to it, what it refuses, one generation for one question."""

import os
import threading

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.encoder.hashing import HashingEncoder
from kb.errors import EncoderError, PathError, SettingError, UnknownDocument
from kb.index.vector import ClusteredIndex, FaissIndex
from kb.llm.reply import Reply
from tests.waiting import wait_until

NOTE = "# Pruning\n\nPruning removes weights that matter little. It makes a network smaller.\n"


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.md"
    path.write_text(NOTE)
    return path


# --- what may be given to it


class Reversed:
    """Somebody's own encoder: the hashing one, its columns in another order."""

    name, max_tokens, reads = "reversed", 256, frozenset(("en", "zh"))

    def __init__(self, dim=64):
        self._hashing, self.dim = HashingEncoder(dim), dim
        self.fingerprint = f"reversed-{dim}:1"

    def encode(self, texts, role="passage"):
        return np.ascontiguousarray(self._hashing.encode(texts)[:, ::-1])

    def count_tokens(self, texts):
        return self._hashing.count_tokens(texts)


class ListIndex:
    """Somebody's own vector index: two Python lists."""

    def __init__(self, dim):
        self.rows, self.dim = {}, dim

    def add(self, ids, vectors):
        if vectors.shape[1] != self.dim:
            raise ValueError(f"expected {self.dim} columns")
        self.rows |= dict(zip(ids.tolist(), vectors, strict=True))

    def remove(self, ids):
        for i in ids.tolist():
            self.rows.pop(i, None)

    def search(self, vectors, k):
        scores, ids = np.full((len(vectors), k), -np.inf, np.float32), np.full((len(vectors), k), -1, np.int64)
        for row, vector in enumerate(vectors):
            best = sorted(((float(v @ vector), -i) for i, v in self.rows.items()), reverse=True)[:k]
            for column, (score, i) in enumerate(best):
                scores[row, column], ids[row, column] = score, -i
        return scores, ids


def test_documents_are_added_to_a_folder_whose_first_writer_was_killed_before_it_had_begun(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "kb.sqlite3").touch()
    (tmp_path / "a.md").write_text("# A\n\nSome text.")
    with KnowledgeBase.open(tmp_path / "home", encoder="hashing") as opened:
        assert opened.documents() == ()
        assert len(opened.add([tmp_path / "a.md"]).added) == 1


def test_any_object_with_an_encoders_members_may_be_given(tmp_path, note):
    with KnowledgeBase.open(tmp_path / "library", encoder=Reversed()) as base:
        base.add(note)
        assert base.ask("What does pruning remove?").claims[0].text == "Pruning removes weights that matter little."
        assert base.status().fingerprint == "reversed-64:1" and base.status().encoder == "reversed"


@pytest.mark.parametrize("other", [Reversed(128), HashingEncoder(64)])
def test_an_encoder_of_another_width_or_fingerprint_is_refused_and_says_both(tmp_path, note, other):
    KnowledgeBase.open(tmp_path / "library", encoder=Reversed()).add(note)
    with KnowledgeBase.open(tmp_path / "library", encoder=other) as base:
        for use in (lambda: base.add(note), lambda: base.ask("What does pruning remove?")):
            with pytest.raises(EncoderError, match=f"reversed-64:1 .64-d., now {other.fingerprint} .{other.dim}-d."):
                use()


def test_an_object_that_is_no_encoder_is_refused_with_what_it_lacks(tmp_path):
    with pytest.raises(SettingError, match=r"Lexicon is no encoder: it lacks dim, .*encode"):
        KnowledgeBase.open(tmp_path, encoder=type("Lexicon", (), {"name": "x"})())


@pytest.mark.parametrize("make", [ListIndex, FaissIndex, lambda dim: ClusteredIndex(dim, np.eye(dim, dtype="f4"), 2)])
def test_an_index_of_ones_own_is_kept_in_step_with_the_library(tmp_path, base, note, make):
    (tmp_path / "b.md").write_text("# Quokka\n\nA quokka is a small marsupial.\n")
    with KnowledgeBase.open(base.home, encoder="hashing", index=make(256)) as own:
        def found():
            mine, theirs = own.search("small marsupial weights"), base.search("small marsupial weights")
            assert [(hit.document, hit.start) for hit in mine] == [(hit.document, hit.start) for hit in theirs]
            assert [hit.dense for hit in mine] == pytest.approx([hit.dense for hit in theirs], abs=2e-2)
            return len(mine)

        base.add(note)
        assert found() == 1
        base.add(tmp_path / "b.md")
        assert found() == 2
        base.remove(path=note)
        assert found() == 1
        base.reindex()
        assert found() == 1


def test_an_index_of_another_width_is_named(tmp_path, base, note):
    base.add(note)
    own = KnowledgeBase.open(base.home, encoder="hashing", index=ListIndex(7))
    with own, pytest.raises(EncoderError, match="vectors of width 256: expected 7 columns"):
        own.ask("What does pruning remove?")


class Raises:
    """Somebody's own language model, which fails."""

    name, context_tokens = "mine", 4096

    def chat(self, messages, *, max_tokens=1024, as_json=False, seconds=None):
        raise ConnectionResetError("the wire was cut")

    def stream(self, messages, *, max_tokens=1024):
        yield "Pruning removes "
        raise ConnectionResetError("the wire was cut")


class Writes:
    """Somebody's own language model, which writes one sentence."""

    name, context_tokens = "mine", 4096

    def chat(self, messages, *, max_tokens=1024, as_json=False, seconds=None):
        return Reply("Pruning removes weights that matter little [1].", "mine")

    def stream(self, messages, *, max_tokens=1024):
        yield "Pruning removes weights that matter little [1]."
        return self.chat(messages)


def test_a_model_of_ones_own_is_asked_and_its_words_are_checked(base, note):
    base.add(note)
    with KnowledgeBase.open(base.home, encoder="hashing", llm=Writes()) as own:
        answer = own.ask("What does pruning remove?", llm=True)
    assert [sentence.state for sentence in answer.written.sentences] == ["verified"]


@pytest.mark.parametrize("deep", [False, True])
def test_a_model_of_ones_own_that_raises_leaves_the_quotes_standing(base, note, deep):
    base.add(note)
    for answer in (base.ask("What does pruning remove?", llm=Raises(), deep=deep),
                   [*base.stream("What does pruning remove?", llm=Raises(), deep=deep)][-1]):
        assert answer.claims[0].text == "Pruning removes weights that matter little."
        assert answer.written.problem.code == "LLM_FAILED" and not answer.written.is_complete
        assert "the wire was cut" in answer.written.problem.message


# --- what it refuses


@pytest.mark.parametrize("path", ["/", "~", "..", "a"])
def test_what_is_hardly_meant_is_not_added_unless_confirmed(tmp_path, base, monkeypatch, path):
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    (home / "work/a").mkdir()
    (home / "work/a/note.md").write_text(NOTE)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home / "work")
    with pytest.raises(PathError) as caught:
        base.add(path)
    assert caught.value.code == "E_PATH_WIDE" and os.path.expanduser(path) in str(caught.value)
    assert base.documents() == ()
    if path != "/":
        assert len(base.add(path, confirmed=True).added) == 1


def test_a_string_is_one_path_and_not_its_letters(base, note, monkeypatch):
    monkeypatch.chdir(note.parent)
    assert [row.title for row in base.add("note.md").added] == ["Pruning"]
    assert base.remove(base.documents()[0].id).documents[0].title == "Pruning"


def test_how_many_files_there_are_is_told_before_they_are_read(tmp_path, base):
    (tmp_path / "notes").mkdir()
    for i in range(3):
        (tmp_path / f"notes/{i}.md").write_text(f"# Note {i}\n\nText {i}.\n")
    steps = []
    base.add(tmp_path / "notes", on_progress=steps.append)
    assert (steps[0].phase, steps[0].total) == ("scan", 3)


def test_what_came_from_a_file_or_a_folder_is_removed_by_its_path(tmp_path, base, note, monkeypatch):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/x.md").write_text("# X\n\nA note.\n")
    (tmp_path / "notes-2.md").write_text("# Y\n\nAnother note.\n")
    base.add([note, tmp_path / "notes", tmp_path / "notes-2.md"])
    monkeypatch.chdir(tmp_path)
    assert [info.title for info in base.remove(path="notes").documents] == ["X"]
    assert [info.title for info in base.remove(path=note).documents] == ["Pruning"]
    with pytest.raises(UnknownDocument, match="nowhere"):
        base.remove(path="nowhere")
    assert [info.title for info in base.documents()] == ["Y"]


# --- pleasant


def test_text_is_added_under_its_title_and_once(base):
    report = base.add_text("Distillation trains a small model on a large one's outputs.", "Distillation in short")
    assert report.added[0].title == "Distillation in short"
    assert base.ask("What does distillation train a small model on?").claims[0].text.startswith("Distillation")
    again = base.add_text("Distillation trains a small model on a large one's outputs.", "Distillation in short")
    assert len(again.unchanged) == 1 and len(base.documents()) == 1


def test_a_title_is_kept_as_it_is_whatever_a_file_may_be_called(base):
    title = 'A/B tests: "what", 为什么？'
    document = base.document(base.add_text("Pruning removes weights.", title).added[0].document)
    assert (document.metadata.title, document.text.strip()) == (title, "Pruning removes weights.")


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x.md", "a\0b.md", b"no-such.md"])
def test_what_is_no_path_is_told_in_the_report(base, path):
    assert [problem.code for problem in base.add(path).failed] == ["E_NOT_FOUND"]


def test_an_answer_is_text_and_markdown(base, note):
    base.add(note)
    answer = base.ask("What does pruning remove?")
    assert answer.text.startswith("Pruning removes weights that matter little. [1]")
    shown, place = answer._repr_markdown_(), answer.claims[0].citations[0]
    assert f"1. Pruning `{place.document}:{place.start}-{place.end}`" in shown
    nothing = base.ask("Who won the cup?")
    assert nothing.text == "" and "Not in your library" in nothing._repr_markdown_()


def test_text_of_documents_is_no_markup_in_a_notebook(base):
    base.add_text("Pruning removes <b>weights</b> that *matter* little `x`.", "A <script> note")
    shown = base.ask("What does pruning remove?")._repr_markdown_()
    assert "\\<b\\>" in shown and "\\*matter\\*" in shown and "<script" not in shown.replace("\\<script", "")


# --- the encoder is remembered


def test_after_a_reindex_the_library_is_asked_with_that_encoder(tmp_path, base, note, monkeypatch):
    base.add(note)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with KnowledgeBase.open(base.home) as plain:  # nothing set: "bundled" would be the default
        assert plain.ask("What does pruning remove?").status == "found"
        assert plain.encoder().name == "hashing" and plain.status().encoder == "hashing"
        plain.reindex()
        assert plain.status().fingerprint == base.status().fingerprint


def test_a_library_of_somebodys_own_encoder_says_so_when_it_is_not_given(tmp_path, note):
    KnowledgeBase.open(tmp_path / "library", encoder=Reversed()).add(note)
    with KnowledgeBase.open(tmp_path / "library") as plain, pytest.raises(EncoderError, match="reversed"):
        plain.ask("What does pruning remove?")


# --- one generation


def test_two_threads_that_ask_never_see_half_of_a_replacement(tmp_path, base):
    path = tmp_path / "note.md"
    texts = [f"# Pruning\n\nPruning removes weights number {i}. It was measured in round {i}.\n" for i in range(51)]
    path.write_text(texts[0])
    base.add(path)
    problems, answers, done = [], [], threading.Event()

    def ask():
        while not done.is_set():
            try:
                answer = base.ask("What does pruning remove?")
                rounds = {claim.text.rstrip(".").split()[-1] for claim in answer.claims}
                if len({c.document for claim in answer.claims for c in claim.citations}) > 1 or len(rounds) > 1:
                    problems.append(answer.text)
                answers.append(answer.status)
            except Exception as error:
                problems.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        with KnowledgeBase.open(base.home, encoder="hashing") as writer:
            for text in texts[1:]:
                path.write_text(text)
                before = len(answers)
                assert len(writer.add(path).added) == 1
                wait_until(lambda before=before: problems or len(answers) >= before + 10)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    # "weak" while the vectors of a new version are still to come: its text is there before them
    assert problems == [] and len(answers) >= 500 and set(answers) <= {"found", "weak"}


# --- read in help()


def test_default_arguments_can_be_read_in_help():
    from inspect import signature

    from kb.labs import Lab
    from kb.survey import Surveyor

    for owner in (KnowledgeBase, Surveyor, Lab):
        for name, method in vars(owner).items():
            if callable(method) and not name.startswith("_") or isinstance(method, classmethod):
                shown = str(signature(getattr(owner, name)))
                assert "<function" not in shown and "0x" not in shown, f"{owner.__name__}.{name}{shown}"


def test_a_question_finds_words_however_their_letters_are_composed(tmp_path, base):
    path = tmp_path / "note.txt"
    words = "The Schro\u0308din\u00adger equation gives 70．6 percent of the levels in the model.\n"
    path.write_text(words, encoding="utf-8")
    base.add(path)
    found = base.ask("What does the Schro\u0308dinger equation give?")
    quote = found.claims[0].citations[0].quote
    assert quote == "The Schrödinger equation gives 70.6 percent of the levels in the model."
