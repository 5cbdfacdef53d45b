"""One way to the evidence of every answer: what the quotes are copied from is what a model is given, and where they say
that there is no answer no model is asked."""

import json
import re
from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.answer.evidence import Finder
from kb.answer.nearest import Snapshots
from kb.answer.retrieve import Retriever
from kb.answer.support import estimate_support
from kb.cli.main import main
from kb.encoder.open_reader import reader_beside
from kb.llm.chat import OpenAIChat
from kb.store import Store
from tests.chatserver import ChatServer, Says
from tests.making import Inside, library_of

pytestmark = pytest.mark.engine
# The first note has the words of the question in every clause, the second one its answer.
NOTES = {
    "visit.md": "# Visiting the drum\n\nVisitors of the works ask who built the drum, who built the drum's holes, and "
                "who sorted the peas in the drum. The drum is shown on Sundays.\n",
    "holt.md": "# The works at Ely\n\nThe machine is by Maria Holt, an engineer from Ely. Its cylinder turns forty "
               "times a minute.\n",
    "peas.md": "# Peas\n\nPeas are sown in March and picked in July. They need little water.\n",
}
QUESTION = "Who is the engineer that built the drum?"
WEAK = "Who built the drum?"  # the words are all there, and what has them does not answer
NEAR_MISS = {"en": "Which bank lent the money for Maria Holt's second factory?",
             "zh": "玛丽亚·霍尔特获得过哪所大学的学位？"}
PLAN = json.dumps({"questions": [QUESTION, "How often does the cylinder turn?"]})


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    with library_of(folder, NOTES) as opened:
        yield opened


def plays(body):
    """A model that plans, finds every passage equally good, and writes nothing that it could be held to."""
    asked = body["messages"][-1]["content"]
    if "Split the question" in asked:
        return Says(PLAN)
    if '"score"' in asked:
        return Says('{"score": 7}')
    return Says('{"questions": []}' if "Searched so far" in asked else "NO_ANSWER")


def asked(base, question, deep):
    with ChatServer(plays) as server:
        return base.ask(question, llm=OpenAIChat(server.endpoint()), deep=deep), server.seen


def blocks(body):
    """The numbered passages of a prompt."""
    return re.split(r"^\[\d+\] .*\n", body["messages"][-1]["content"], flags=re.MULTILINE)[1:]


def test_passages_are_ranked_by_what_the_reader_says_of_their_sentences(base):
    reader = reader_beside("three", base.encoder())
    with base.reading() as view:
        found = Finder(view, Retriever(Snapshots(Store(base.home).index)), base.encoder(), reader).find(QUESTION)
    assert found.hits[0].title == "Visiting the drum" and found.passages()[0].title == "The works at Ely"
    order = [hit.passage for hit in found.passages()]
    best = [max(s.score for s in found.ranked if s.hit.passage == passage) for passage in order]
    assert best == sorted(best, reverse=True) and len(order) == len(found.hits)
    assert len(found.passages(1)) == 1


@pytest.mark.parametrize("deep", [False, True], ids=["llm", "deep"])
def test_the_passage_that_the_reader_puts_first_is_the_first_that_a_model_is_given(base, deep):
    assert "Maria Holt" not in Inside(base).search(QUESTION).hits[0].text
    answer, seen = asked(base, QUESTION, deep)
    assert "Maria Holt" in answer.claims[0].text
    first, *others = blocks(seen[-1][2])
    assert "Maria Holt" in first and any("Visitors of the works" in other for other in others)
    assert "Maria Holt" in answer.written.evidence[0].quote


@pytest.mark.parametrize("deep", [False, True], ids=["llm", "deep"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_near_miss_asks_no_model_and_shows_what_is_nearest(base, language, deep):
    plain = base.ask(NEAR_MISS[language])
    assert plain.status == "not_found" and plain.nearest
    answer, seen = asked(base, NEAR_MISS[language], deep)
    assert seen == []
    assert (answer.status, answer.nearest, answer.claims) == (plain.status, plain.nearest, ())
    assert answer.written.abstained and answer.written.is_complete and not answer.written.steps


def test_a_question_of_the_models_own_that_is_not_answered_gives_no_evidence(base):
    def strays(body):
        is_plan = "Split the question" in body["messages"][-1]["content"]
        return Says(json.dumps({"questions": [NEAR_MISS["en"]]})) if is_plan else plays(body)

    with ChatServer(strays) as server:
        answer = base.ask(QUESTION, llm=OpenAIChat(server.endpoint()), deep=True)
    (search,) = [step for step in answer.written.steps if step.kind == "search"]
    assert search.items == () and not any(step.kind == "score" for step in answer.written.steps)
    assert [e.title for e in answer.written.evidence] == list(
        dict.fromkeys(c.title for claim in answer.claims for c in claim.citations[:1]))


@pytest.mark.parametrize("extra", [[], ["--deep"]], ids=["llm", "deep"])
def test_on_the_command_line_a_near_miss_is_code_4_and_says_that_no_model_was_asked(base, monkeypatch, capsys, extra):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with ChatServer(plays) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        assert main(["ask", NEAR_MISS["en"], "--llm", *extra, "--home", str(base.home)]) == 4
        assert server.seen == []
    out = capsys.readouterr().out
    assert "Not in your library." in out and "Nearest sections:" in out and "the model was not asked" in out


def test_weak_support_is_told_beside_what_a_model_writes(base, monkeypatch, capsys):
    assert base.ask(WEAK).status == "weak"
    with ChatServer(Says("The drum is shown on Sundays [1].")) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "scripted")
        main(["ask", WEAK, "--llm", "--home", str(base.home)])
    out = capsys.readouterr().out
    assert "Only weak support for this:" in out and "from weak support" in out


def test_copies_of_a_passage_are_given_once(base, tmp_path):
    for name in ("one.md", "other.md"):
        (tmp_path / name).write_text(f"{NOTES['holt.md']}\n<!-- {name} -->\n", encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as twice:
        twice.add([tmp_path / "one.md", tmp_path / "other.md"])
        answer, seen = asked(twice, QUESTION, False)
    assert len(answer.claims[0].citations) == 2 and len(blocks(seen[-1][2])) == len(answer.written.evidence)


def test_both_sides_of_a_comparison_are_given_whole(tmp_path):
    notes = {"a.md": "# LoRA\n\nLoRA is a method that adds low-rank matrices to each layer. It trains little.\n",
             "b.md": "# Adapters\n\nAdapters are small modules that are put between layers. They add latency.\n",
             "c.md": "# Both\n\nThe difference between LoRA and adapters is that only adapters add latency.\n"}
    for name, text in notes.items():
        (tmp_path / name).write_text(text)
    with KnowledgeBase.open(tmp_path / "home") as two:
        two.add([tmp_path / name for name in notes])
        answer, seen = asked(two, "What is the difference between LoRA and adapters?", False)
    assert {claim.subject for claim in answer.claims} >= {"LoRA", "adapters"}
    given = blocks(seen[-1][2])
    assert any("It trains little." in block for block in given) and any("They add latency." in b for b in given)


def test_another_name_of_a_part_defines_not_the_whole(tmp_path):
    (tmp_path / "a.md").write_text("# Notes\n\nLoRA is a fine-tuning method that trains two small matrices.\n",
                                   encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library") as base:
        base.add([tmp_path / "a.md"])
        assert base.ask("What is low-rank adaptation?").status == "found"
        assert base.ask("What is the licence of low-rank adaptation?").status != "found"


@pytest.mark.parametrize("question", [QUESTION, "制造滚筒的工程师是谁？"])
def test_one_document_alone_can_be_asked(base, question):
    ids = {info.title: info.id for info in base.documents()}
    with base.reading() as view:
        finder = Finder(view, Retriever(Snapshots(base._store.index)), base.encoder(),
                        reader_beside("three", base.encoder()))
        for title in ("The works at Ely", "Peas"):
            evidence = finder.find(question, ids[title])
            assert {hit.title for hit in evidence.all_hits()} == {title} == {s.hit.title for s in evidence.ranked}
        assert evidence.status == "not_found"
        assert finder.find(QUESTION, ids["The works at Ely"]).status != "not_found"


def test_where_only_another_name_finds_something_it_is_judged_and_nothing_raises(base):
    with base.reading() as view:
        finder = Finder(view, Retriever(Snapshots(Store(base.home).index)), base.encoder(), None)
        evidence = finder.find(QUESTION)
    assert evidence.ranked
    assert estimate_support(replace(evidence.retrieval, hits=[]), evidence.ranked) == 0.0
