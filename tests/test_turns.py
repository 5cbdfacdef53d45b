"""Answers that somebody waits for come first; what is looked for meanwhile stands aside at each of its steps."""

import threading

from kb.base.turns import Turns
from kb.types import Candidate, Reading
from tests.waiting import LONGEST, wait_until


class _Reader:
    """Says how many passages it was given at a time."""

    def __init__(self):
        self.read = []

    def score(self, question, passages):
        self.read.append([passage.text for passage in passages])
        return [Reading([0.0], 0.0, (None,)) for _ in passages]


PASSAGES = [Candidate("", (), text, [(0, 1)]) for text in "ab"]


def _thread(target):
    made = threading.Thread(target=target, daemon=True)
    made.start()
    return made


def test_so_many_answers_are_worked_on_at_a_time_and_the_others_after_them():
    turns, worked, may_end = Turns(2), [], threading.Event()

    def answer(i):
        with turns.answering():
            worked.append(i)
            may_end.wait(LONGEST)

    threads = [_thread(lambda i=i: answer(i)) for i in range(3)]
    wait_until(lambda: len(worked) == 2)
    assert threads[2].is_alive() and sum(thread.is_alive() for thread in threads) == 3
    may_end.set()
    for thread in threads:
        thread.join(LONGEST)
    assert sorted(worked) == [0, 1, 2]


def test_what_nobody_waits_for_stands_aside_before_each_passage_while_somebody_waits():
    turns, reader, may_end = Turns(1), _Reader(), threading.Event()
    steps = threading.Semaphore(0)

    def look():
        with turns.meanwhile():
            patient = turns.patient(reader)
            with turns.answering():  # takes no place from those who wait
                steps.acquire(timeout=LONGEST)
                patient.score("?", PASSAGES[:1])
                steps.acquire(timeout=LONGEST)
                patient.score("?", PASSAGES)

    def answer():
        with turns.answering():
            assert turns.patient(reader) is reader
            steps.release()  # what is looked for meanwhile comes to its next passage
            may_end.wait(LONGEST)

    looking = _thread(look)
    steps.release()
    wait_until(lambda: reader.read == [["a"]])
    answering = _thread(answer)
    looking.join(0.2)
    assert looking.is_alive() and reader.read == [["a"]]
    may_end.set()
    answering.join(LONGEST)
    looking.join(LONGEST)
    assert reader.read == [["a"], ["a"], ["b"]] and turns.patient(reader) is reader


def test_patience_ends(monkeypatch):
    monkeypatch.setattr("kb.base.turns._PATIENCE", 0.01)
    turns, reader = Turns(1), _Reader()
    with turns.meanwhile():
        patient = turns.patient(reader)

        def answer():
            with turns.answering():
                patient_is_done.wait(LONGEST)

        patient_is_done = threading.Event()
        waiting = _thread(answer)
        wait_until(lambda: turns._n_waited)
        assert len(patient.score("?", PASSAGES)) == 2
        patient_is_done.set()
        waiting.join(LONGEST)


def test_a_glimpse_has_exact_places_of_several_passages_and_reads_nothing(base):
    base.add_text("# Distillation\n\nKnowledge distillation is a way to train a small network on a large one.\n", "A")
    base.add_text("# Pruning\n\nPruning takes weights away. Distillation does not.\n", "B")
    found = base.glimpse("What is knowledge distillation?")
    assert found[0].quote == "Knowledge distillation is a way to train a small network on a large one."
    assert len({place.document for place in found}) == len(found) == 2
    for place in found:
        assert base.document(place.document).text[place.start:place.end] == place.quote
    assert len(base.glimpse("What is knowledge distillation?", 1)) == 1


def test_what_goes_on_is_asked_once_for_each_state_of_the_library(base):
    base.add_text("# Networks\n\n## Distillation\n\nDistillation is a way to train a small network by a large one.\n\n"
                  "## Fine-tuning\n\nFine-tuning is training that goes on with a network on one task.\n", "Networks")
    answer, asked = base.ask("What is distillation?"), []
    ask = base.ask
    base.ask = lambda question: asked.append(question) or ask(question)
    assert base.related(answer) == base.related(answer) == ("What is fine-tuning?",)
    assert asked == ["What is fine-tuning?"]
    base.add_text("# Other\n\nNothing of this.\n", "Other")
    assert base.related(answer) == ("What is fine-tuning?",) and len(asked) == 2
