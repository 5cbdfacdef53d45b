"""Hard questions in several searches, with a scripted model that plans, scores and writes."""

import pytest

from kb.answer.deep import read_json
from kb.llm.chat import OpenAIChat
from tests.chatserver import ChatServer, Says, refuses

NOTES = {
    "pruning.md": "# Pruning\n\nPruning is the removal of weights that matter little.\n",
    "lora.md": "# LoRA\n\nLoRA is a method that adds low-rank matrices.\n",
    "bread.md": "# Bread\n\nBread is baked from flour and water, and weights are for the gym.\n",
}
QUESTION = "What do pruning and LoRA do with weights?"
GOOD = "Pruning is the removal of weights that matter little [1]. LoRA is a method that adds low-rank matrices [2]."


@pytest.fixture
def library(base, tmp_path):
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
    base.add([tmp_path / name for name in NOTES])
    return base


def model(plan='{"questions": ["What is pruning?", "What is LoRA?"]}', score=lambda text: '{"score": 1}'
          if "Bread" in text else '{"score": 9, "why": "defines it"}', more='{"questions": []}', text=GOOD):
    def play(body):
        asked = body["messages"][0]["content"] if len(body["messages"]) == 1 else body["messages"][-1]["content"]
        if "Split the question" in asked:
            return Says(plan)
        if '"score"' in asked:
            return Says(score(asked))
        if "Searched so far" in asked:
            return Says(more)
        return Says(text) if "NO_ANSWER" in str(body) else Says(plan)
    return play


def asked(library, play, **options):
    with ChatServer(play) as server:
        answers = list(library.stream(QUESTION, llm=OpenAIChat(server.endpoint(), **options), deep=True))
        return answers, server.seen


def test_every_step_is_shown_as_it_is_taken_and_kept(library):
    answers, seen = asked(library, model())
    written = answers[-1].written
    kinds = [step.kind for step in written.steps]
    assert kinds[0] == "plan" and kinds[-1] == "write" and {"search", "score", "decide"} <= set(kinds)
    assert written.steps[0].items == ("What is pruning?", "What is LoRA?")
    assert sorted(len(a.written.steps) for a in answers if a.written) == [
        len(a.written.steps) for a in answers if a.written
    ]
    assert [s.state for s in written.sentences] == ["verified", "verified"] and written.is_complete
    assert all("Bread" not in e.title for e in written.evidence)
    assert seen[0][2]["response_format"] == {"type": "json_object"}
    kept = library.keep(answers[-1])
    assert library.conversation(kept.conversation)[0].answer.written.steps == written.steps


def test_json_that_is_broken_once_is_repaired_and_twice_is_done_without(library):
    tries = iter(["Sure! questions: pruning", '```json\n{"questions": ["What is LoRA?",]}\n```'])
    def play(body):
        return Says(next(tries)) if "Split the question" in str(body["messages"][0]) else model()(body)
    written = asked(library, play)[0][-1].written
    assert written.steps[0].items == ("What is LoRA?",)
    written = asked(library, model(plan="no JSON at all"))[0][-1].written
    assert written.steps[0].items == (QUESTION,) and written.sentences


def test_scores_that_are_none_leave_the_order_of_the_search(library):
    for score in ('{"score": "high"}', '{"score": 99}', "[]", '{"score": true}'):
        written = asked(library, model(score=lambda text, score=score: score))[0][-1].written
        assert written.evidence and written.sentences


def test_the_budget_ends_the_looking_not_the_answer(library):
    many = '{"questions": ["What is pruning?", "What is LoRA?", "What is bread?", "What are weights?"]}'
    answers, seen = asked(library, model(plan=many, more='{"questions": ["What is flour?", "What is water?"]}'),
                          seconds=120)
    assert len(seen) <= 16
    assert answers[-1].written.is_complete
    library.settings = type(
        library.settings)(**{**{f: getattr(library.settings, f) for f in library.settings.__slots__}, "llm_seconds": 3})
    slow = model()
    answers, _ = asked(library, lambda body: Says(slow(body).text, wait=0.8 if "response_format" in body else 0),
                       seconds=10)
    kinds = [step.kind for step in answers[-1].written.steps]
    assert "stop" in kinds and kinds[-1] == "write" and answers[-1].written.sentences


@pytest.mark.parametrize("fault", [refuses(401, "no"), Says(""), refuses(500, "x", Retry_After="0")])
def test_a_fault_ends_in_the_extractive_answer(library, fault):
    answers, _ = asked(library, fault, seconds=120)
    assert answers[-1].claims and answers[-1].written.problem is not None and not answers[-1].written.is_complete


@pytest.mark.parametrize(("text", "found"), [('{"a": 1}', {"a": 1}),
                                             ('Sure: ```json\n{"a": [1, 2,],}\n``` ok', {"a": [1, 2]}),
                                             ("{a: 1}", None), ("nothing", None), ('{"b": 1}', None), ("[1]", None),
                                             ("}{", None)])
def test_json_is_found_in_what_stands_round_it(text, found):
    assert read_json(text, "a")[0] == found
