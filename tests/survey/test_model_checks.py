"""What a model may not write: the opposite of its quote, numbers exchanged, a reason that joins works, a thing twice;
and sections of any number of quotes fit the default context."""

import random
import re

import pytest

from kb import KnowledgeBase
from kb.llm.chat import Message, OpenAIChat
from kb.survey import make_request
from kb.survey.model.asking import REPLY, estimate_tokens
from kb.survey.model.checked import fault, write_checked
from kb.survey.model.model import ModelWriter
from kb.survey.sentences import Unit
from kb.survey.write.repeated import repeats
from kb.text import search_terms
from kb.verify.cited import CitedSentence
from kb.verify.sentences import Verifier
from tests.chatserver import ChatServer
from tests.survey.scripted import copied, evidence, model, same_outline, scripted, step_of

REQUEST = make_request("model compression")
GATE = "The gate closes slowly because the motor is weak, which raises the water level by 12 cm."
LOCK = "The lock was rebuilt in steel and its doors are opened by hydraulic cylinders."
闸 = "由于电机功率不足，闸门关闭缓慢，内侧水位升高了 12 厘米。"
锁 = "船闸采用钢结构重建，闸门由液压缸开启。"


def unit(document, text, language="en"):
    return Unit(document, 0, len(text), text, language, "method", 0.1, frozenset(search_terms(text)))


def why(text, *quotes, library, language="en"):
    behind = [[unit(document, quote, language)] for document, quote in quotes]
    return fault(CitedSentence(text, tuple(range(1, len(quotes) + 1))), behind, Verifier(library.encoder), language)


@pytest.mark.parametrize(("text", "language", "reason"), [
    ("The gate closes slowly because the lock was rebuilt in steel.", "en", "reason"),
    ("The lock was rebuilt in steel; therefore the gate closes slowly.", "en", "reason"),
    ("The gate closes slowly and the lock was rebuilt in steel.", "en", ""),
    ("由于船闸采用钢结构重建，闸门关闭缓慢。", "zh", "因果"),
    ("闸门关闭缓慢，船闸采用钢结构重建。", "zh", ""),
])
def test_no_reason_joins_two_works_that_none_of_them_gives(library, text, language, reason):
    quotes = (("a", GATE), ("b", LOCK)) if language == "en" else (("a", 闸), ("b", 锁))
    assert (reason in why(text, *quotes, library=library, language=language)) and bool(reason) == bool(
        why(text, *quotes, library=library, language=language))


def test_a_reason_that_one_of_the_works_gives_alone_may_stay(library):
    assert not why("The gate closes slowly because the motor is weak.", ("a", GATE), ("b", LOCK), library=library)
    assert not why("The gate closes slowly because the motor is weak.", ("a", GATE), library=library)


@pytest.mark.parametrize(("text", "quote", "language"), [
    ("The gate closes quickly because the motor is weak.", GATE, "en"),
    ("The gate closes slowly because the motor is strong.", GATE, "en"),
    ("由于电机功率不足，闸门关闭缓慢，内侧水位降低了 12 厘米。", 闸, "zh"),
    ("由于电机功率不足，闸门关闭迅速，内侧水位升高了 12 厘米。", 闸, "zh"),
])
def test_the_opposite_of_a_quote_is_no_claim(library, text, quote, language):
    assert re.search("opposite|相反", why(text, ("a", quote), library=library, language=language))


def test_what_was_said_is_not_said_again(library):
    behind = [[unit("a", GATE)], [unit("b", LOCK)]]
    text = f"{GATE} [1] {LOCK} [2] {GATE.replace('The gate', 'A gate')} [1]"
    with ChatServer(lambda body: scripted()(body)) as server:
        asked = []

        def ask(messages):
            asked.append(messages[-1].content)
            return text if len(asked) == 1 else f"{LOCK} [2]"

        kept, _ = write_checked(ask, [Message("user", "x")], behind, Verifier(library.encoder), "en")
        assert [sentence.text for sentence in kept] == [GATE, LOCK] and "already" in asked[1]
        kept, _ = write_checked(lambda messages: text, [Message("user", "x")], behind, Verifier(library.encoder), "en",
                                [LOCK])
        assert [sentence.text for sentence in kept] == [GATE]
        assert not server.seen


def test_abstract_introduction_and_conclusion_say_nothing_that_stands_elsewhere(library):
    def copies(body):
        return " ".join(f"{text} [{i}]" for i, text in evidence(body)[:4])

    for script in (scripted(), scripted(ends=copies, again=copies)):
        survey = library.surveyor().write(REQUEST, writer=model(library, script)[0])
        assert not repeats(survey)
        assert survey.audit["repeats"] == 0


def test_the_audit_counts_what_is_said_twice(library):
    from dataclasses import replace

    survey = library.surveyor().write(REQUEST, writer=model(library)[0])
    claims = [s for s in survey.sentences if s.kind == "claim"]
    again = replace(survey, sentences=tuple(replace(s, text=claims[0].text) if s.id == claims[-1].id else s
                                            for s in survey.sentences))
    assert library.surveyor().audit(again).repeats == 1
    assert {repeats(again)[0].first, repeats(again)[0].again} == {claims[0].id, claims[-1].id}


def paper(i):
    chance = random.Random(i)

    def word():
        return "".join(chance.choice("bdfklmnprstvz") + chance.choice("aeiou") for _ in range(4))

    parts = [f"The {word()} of a tide gate keeps {word()} and {word()} behind the {word()} {word()}, as {word()} and "
             f"{word()} have shown with {word()} {word()} in the {word()} of {word()} and described at length."
             for _ in range(12)]
    return f'---\ntitle: "Gates of basin{i}"\nauthors: [Ann Lee]\nyear: {1990 + i}\n---\n# Gates of basin{i}\n\n' + (
        "\n\n".join(parts))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    home = tmp_path_factory.mktemp("many")
    (home / "papers").mkdir()
    for i in range(22):
        (home / "papers" / f"p{i}.md").write_text(paper(i), encoding="utf-8")
    with KnowledgeBase.open(home / "lib", encoder="hashing") as base:
        assert not base.add([home / "papers"]).failed
        yield base


def test_a_section_of_many_works_is_asked_for_in_parts_at_the_default_context(many):
    def one_section(body):
        return "# All of them\n" + "".join(f"[{i}]" for i, _ in evidence(body))

    server = ChatServer(scripted(outline=one_section))
    chat = OpenAIChat(server.endpoint(), seconds=120, context_tokens=8192)
    survey = many.surveyor().write(make_request("tide gates", length="long"),
                                   writer=ModelWriter(chat, Verifier(many.encoder)))
    parts = [body for _, _, body in server.seen if step_of(body) == "section"]
    assert len(parts) > 1 and not survey.missing
    for _, _, body in server.seen:
        assert estimate_tokens([Message(**message) for message in body["messages"]]) + REPLY <= 8192
    shown = [text for body in parts for _, text in evidence(body)]
    node = next(node for node in survey.nodes() if node.kind == "theme")
    assert len(node.documents) == 22 and len(shown) == len(set(shown)) >= 44
    claims = [s for s in survey.sentences if s.id.startswith(f"{node.id}.") and s.kind == "claim"]
    assert len({row.document for row in survey.evidence if row.sentence in {s.id for s in claims}}) == 22
    assert many.surveyor().audit(survey).is_sound


def test_a_fault_in_one_part_leaves_the_others(many):
    from tests.chatserver import Says

    server = ChatServer(scripted(outline=same_outline, section=lambda body: Says("") if len(evidence(body)) % 2
                                 else copied(body)))
    survey = many.surveyor().write(make_request("tide gates"),
                                   writer=ModelWriter(OpenAIChat(server.endpoint(), seconds=120),
                                                      Verifier(many.encoder)))
    assert survey.audit["coverage"] == survey.audit["span_validity"] == 1.0
    assert any(s.kind == "claim" for s in survey.sentences)
