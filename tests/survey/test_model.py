"""A language model writes: what reaches the reader is verified, whatever the model says."""

import re

import pytest

from kb.llm import OpenAIChat
from kb.survey import make_request
from kb.survey.model import ModelWriter
from kb.verify import Verifier
from tests.chatserver import ChatServer, Says, refuses


def quotes_of(body):
    text = body["messages"][1]["content"]
    return re.findall(r"^\[(\d+)\] (.+)$", text, re.M)


def copies(body):
    """A model that says what the quotes say."""
    return Says(" ".join(f"{quote} [{i}]" for i, quote in quotes_of(body)))


def lies(body):
    """Wrong numbers, ids that do not exist, more than three ids, no id."""
    return Says("The method reached 99.9 percent on ImageNet in 1742. [1] Something else is true. [77] All of them agree on everything. [1][2][3][4] Nobody knows.")


def writer(library, *script, **more):
    server = ChatServer(*script)
    from kb.endpoint import Endpoint

    return ModelWriter(OpenAIChat(Endpoint(server.url, "test"), seconds=10), Verifier(library.encoder), **more), server


def test_sentences_that_hold_are_kept_with_the_model_as_method(library):
    model, _ = writer(library, copies)
    survey = library.surveyor().write(make_request("model compression"), writer=model)
    claims = [s for s in survey.sentences if s.kind == "claim"]
    assert claims and all(s.evidence for s in claims)
    assert survey.mode == "model" and "test" in survey.banner
    assert survey.audit["strict_support"] == survey.audit["number_fidelity"] == survey.audit["coverage"] == 1.0
    assert {row.method for row in survey.evidence if row.sentence in {s.id for s in claims}} == {"model"}


def test_each_prompt_holds_only_its_own_evidence_and_no_title(library):
    model, server = writer(library, copies)
    survey = library.surveyor().write(make_request("model compression"), writer=model)
    documents = {r.document: library.document(r.document) for r in survey.references}
    prompts = ["\n".join(message["content"] for message in body["messages"]) for _, _, body in server.seen]
    themes = [node for node in survey.nodes() if node.kind == "theme" and node.documents]
    assert len(prompts) == len(themes)
    for prompt, node in zip(prompts, themes, strict=True):
        for _, quote in re.findall(r"^\[(\d+)\] (.+)$", prompt, re.M):
            assert any(quote in " ".join(documents[d].text.split()) for d in node.documents)
            assert not any(quote in " ".join(documents[d].text.split()) for d in documents if d not in node.documents)
        assert not any(document.metadata.title in prompt for document in documents.values())


def test_what_a_model_makes_up_is_asked_again_once_and_then_quoted(library):
    model, server = writer(library, lies)
    survey = library.surveyor().write(make_request("model compression"), writer=model)
    themes = [node for node in survey.nodes() if node.kind == "theme" and node.documents]
    assert len(server.seen) == 2 * len(themes)
    assert "99.9" in server.seen[1][2]["messages"][-1]["content"]
    assert not [s for s in survey.sentences if s.kind == "claim"]
    assert "1742" not in str(survey.to_dict())
    assert survey.audit["coverage"] == 1.0


@pytest.mark.parametrize("fault", [refuses(500, "down"), refuses(401, "no"), Says(""), Says(raw=b"<html>")])
def test_a_fault_leaves_a_whole_survey_of_quotes_and_says_so(library, fault):
    model, _ = writer(library, fault)
    survey = library.surveyor().write(make_request("model compression"), writer=model)
    assert survey.missing and set(survey.missing) <= {node.id for node in survey.nodes()}
    assert survey.audit["coverage"] == survey.audit["span_validity"] == 1.0


def test_the_cap_is_kept_and_the_dry_run_asks_nothing(library):
    model, server = writer(library, copies, price=(1.0, 2.0))
    estimate = library.surveyor().estimate(make_request("model compression"), model)
    assert not server.seen and estimate.calls >= 2 and estimate.cost > 0
    model, server = writer(library, copies, max_tokens=100)
    survey = library.surveyor().write(make_request("model compression"), writer=model)
    assert not server.seen and set(survey.missing.values()) == {"LLM_CAP"}
    model, server = writer(library, copies, max_tokens=estimate.prompt_tokens + estimate.completion_tokens)
    library.surveyor().write(make_request("model compression"), writer=model)
    assert sum(a + b for a, b in model.spent) <= model.max_tokens


def test_a_run_that_failed_is_taken_up_again_and_what_was_written_is_not_asked_twice(library, tmp_path):
    model, _ = writer(library, refuses(401, "no"))
    library.surveyor().write(make_request("model compression"), tmp_path / "out", writer=model)
    model, server = writer(library, copies)
    first = library.surveyor().write(make_request("model compression"), tmp_path / "out", writer=model)
    asked = len(server.seen)
    second = library.surveyor().write(make_request("model compression"), tmp_path / "out", writer=model)
    assert asked and len(server.seen) == asked
    assert first.to_dict() == second.to_dict() and not first.missing
