"""A language model writes: what reaches the reader is verified, whatever the model says, in whichever step it says
it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from kb.cli.main import main
from kb.llm.chat import Message, OpenAIChat
from kb.survey import live, make_request, read_survey
from kb.survey.model.asking import REPLY, estimate_tokens
from kb.survey.model.coherence import is_same_but_connectives, read_lines
from kb.survey.model.comparing import compared
from kb.survey.model.model import ModelWriter
from kb.survey.records import MATRIX
from kb.verify.sentences import Verifier
from tests.chatserver import ChatServer, Says, refuses
from tests.survey.conftest import by_name
from tests.survey.scripted import GOOD, copied, evidence, lines, model, same_outline, scripted, step_of, steps_seen
from tests.waiting import wait_until

REQUEST = make_request("model compression")


def lies(body):
    """Wrong numbers, ids that do not exist, more than three ids, no id."""
    return (
        "The method reached 99.9 percent on ImageNet in 1742. [1] Something else is true. [77] All of them agree on "
        "everything. [1][2][3][4] Nobody knows."
    )


def themes(survey):
    return [node for node in survey.nodes() if node.kind == "theme" and node.documents]


def said(survey, kind):
    node = next(node for node in survey.nodes() if node.kind == kind)
    return [s for s in survey.sentences if s.id.startswith(f"{node.id}.")]


def two_sections(body):
    """The outline of a model that knows better: two sections, new names, another order."""
    ids = [i for i, _ in evidence(body)]
    return (
        "# Removing weights\n"
        + "".join(f"[{i}]" for i in ids[::-2])
        + "\n# Teaching small networks\n"
        + "".join(f"[{i}]" for i in ids[-2::-2])
    )


# --- a good model


def test_a_good_model_orders_writes_joins_and_sums_up(library):
    writer, server = model(
        library,
        scripted(
            outline=two_sections, coherence=lambda body: "\n".join(line if i else line.replace(". ", ". However, ", 1)
                                                                   for i, line in enumerate(lines(body)))))
    survey = library.surveyor().write(REQUEST, writer=writer)
    assert [node.heading for node in survey.outline] == [
        "Abstract",
        "Introduction",
        "Removing weights",
        "Teaching small networks",
        "Conclusion",
    ]
    claims = [s for s in survey.sentences if s.kind == "claim"]
    assert all(s.evidence for s in claims) and len(claims) > 9
    assert survey.mode == "model" and "test" in survey.banner and not survey.missing
    assert survey.model["outline"] == {"by": "model"} and survey.model["coherence"] == {"joined": 2, "reverted": 0}
    assert sum(s.text.startswith("However, ") and s.note == "joined" for s in claims) == 2
    checked = survey.audit
    assert (
        checked["strict_support"]
        == checked["span_validity"]
        == checked["number_fidelity"]
        == checked["coverage"]
        == 1.0
    )
    assert checked["section_reuse"] == checked["near_duplicates"] == 0.0
    assert [step for step in steps_seen(server) if step != "compare"] == [
        "outline", "section", "coherence", "section", "coherence", "ends", "ends", "ends", "matrix"]
    assert library.surveyor().audit(survey).is_sound


def test_works_are_set_beside_each_other_on_what_they_share_and_a_sentence_on_one_of_them_does_not_stay(library):
    writer, server = model(library, scripted(outline=two_sections))
    survey = library.surveyor().write(REQUEST, writer=writer)
    compared = [s for s in survey.sentences if s.note == "compared"]
    rows = {row.id: row for row in survey.evidence}
    assert compared and all(len({rows[name].document for name in s.evidence}) > 1 for s in compared)
    prompts = [body["messages"][1]["content"] for _, _, body in server.seen if step_of(body) == "compare"]
    assert all("\n# " in prompt and not any(reference.title in prompt for reference in survey.references)
               for prompt in prompts)

    def alone(body):
        return " ".join(f"{text} [{i}]" for i, text in evidence(body)[1:])

    def first(body):
        return " ".join(f"{text} [{i}]" for i, text in evidence(body)[:1])

    writer, server = model(library, scripted(outline=two_sections, section=first, compare=alone, again=alone))
    survey = library.surveyor().write(REQUEST, writer=writer)
    again = [body["messages"][-1]["content"] for _, _, body in server.seen if step_of(body) == "again"]
    assert any("one work alone" in text for text in again)
    assert not [s for s in survey.sentences if s.note == "compared"] and not survey.missing


@pytest.mark.parametrize(("reply", "new"), [
    ("method: mirror moulding [1][2]\nsubject: quantum gravity [1][2]", [("method", "mirror moulding", 2)]),
    ("1. **subject**: Mirror Moulding [77]\n2. task: hydrogen storage", [("subject", "mirror moulding", 2)]),
    ("方法：mirror moulding", [("method", "mirror moulding", 2)]),
    ("method: deep learning [1][2]\nmethod: model compression [1]\nI am done.", []),
])
def test_the_matrix_has_a_term_of_the_model_where_code_finds_it_in_two_works(library, tmp_path, reply, new):
    for name in ("first", "second"):
        (tmp_path / f"{name}.md").write_text(
            f"# The {name} way to small networks\n\nWe study model compression "
            f"by mirror moulding of the {name} layer.\n\n"
            f"The {name} network is smaller than before, and no accuracy is lost by it.\n", encoding="utf-8")
    library.add([tmp_path / "first.md", tmp_path / "second.md"])
    known = {aspect.term for aspect in library.surveyor().write(REQUEST).matrix}
    survey = library.surveyor().write(REQUEST, writer=model(library, scripted(matrix=reply))[0])
    rows = {row.id: row for row in survey.evidence}
    found = [aspect for aspect in survey.matrix if aspect.term not in known]
    assert [(aspect.aspect, aspect.term, len(aspect.documents)) for aspect in found] == new
    assert all("mirror moulding" in rows[name].quote for aspect in found for name in aspect.evidence)
    assert not survey.missing and library.surveyor().audit(survey).is_sound


def test_terms_of_other_works_are_compared_though_their_sentences_begin_at_the_same_places(library, tmp_path):
    for i, method in enumerate(("mirror pruning", "mirror pruning", "folded sampling", "folded sampling")):
        (tmp_path / f"w{i}.md").write_text(
            f"# Small networks number {i}\n\nWe study model compression by {method} of layer {i}.\n", encoding="utf-8")
    library.add([tmp_path / f"w{i}.md" for i in range(4)])
    made, sources = library.surveyor().plan(REQUEST), library.surveyor().sources(REQUEST)
    theme = next(top for top in made.outline if top.kind == "theme")
    node = replace(theme, documents=tuple(by_name(library, f"w{i}") for i in range(4)), children=(), heading="Layers")
    assert [row.term for row in compared(node, made, sources)] == ["folded sampling", "mirror pruning"]


def test_a_chinese_survey_goes_through_the_same_steps(library):
    writer, server = model(
        library, scripted(coherence=lambda body: "\n".join(line.replace(". ", ". 此外，", 1) for line in lines(body))))
    survey = library.surveyor().write(make_request("模型压缩"), writer=writer)
    assert [node.heading for node in survey.outline][:2] == ["摘要", "引言"] and survey.outline[-1].heading == "结语"
    assert (
        not survey.missing
        and survey.model["coherence"]["joined"] > 2
        and survey.audit["strict_support"] == survey.audit["number_fidelity"] == 1.0
    )
    assert all("引文" in body["messages"][0]["content"] or "句子" in body["messages"][0]["content"]
               for _, _, body in server.seen)


@pytest.mark.parametrize("kind", ["markdown", "latex", "docx", "html", "ris", "bibtex", "csl", "json"])
def test_every_format_renders_what_a_model_wrote(library, kind):
    survey = library.surveyor().write(REQUEST, writer=model(library)[0])
    data = b"".join(library.surveyor().export(survey, kind).values())
    assert data and (kind in ("docx", "ris", "bibtex", "csl") or b"Abstract" in data)


def test_the_abstract_is_not_numbered_and_the_rest_is(library):
    from kb.survey.render.layout import Layout

    survey = library.surveyor().write(REQUEST, writer=model(library, scripted(outline=two_sections))[0])
    heads = [
        (block.number, block.text) for block in Layout(survey).blocks() if block.kind == "heading" and block.level == 1
    ]
    assert heads[:5] == [
        ("", "Abstract"),
        ("1", "Introduction"),
        ("2", "Removing weights"),
        ("3", "Teaching small networks"),
        ("4", "Conclusion"),
    ]


# --- the outline


def dropped(body):
    return same_outline(body).replace("[3]", "")


BAD_OUTLINES = {
    "missing": dropped, "twice": lambda body: same_outline(body) + "[1]",
    "unknown": lambda body: same_outline(body) + "[99]", "form": "Here is a fine outline for you.",
    "heading": lambda body: "# All of it in 1742\n" +"".join(f"[{i}]" for i, _ in evidence(body)),
    "mixed": lambda body: same_outline(body) + "\n# A\n[1]\n## B\n[2]\n## C\n[3]"
}


@pytest.mark.parametrize("why", [*BAD_OUTLINES])
def test_an_outline_that_loses_or_makes_up_is_asked_again_once_with_the_reason_and_then_the_clusters_stay(library, why):
    bad = BAD_OUTLINES[why]
    writer, server = model(
        library, scripted(outline=bad, again=lambda body: bad({"messages": body["messages"]}) if callable(bad) else bad)
    )
    made = library.surveyor().plan(REQUEST, writer=writer)
    assert steps_seen(server) == ["outline", "again"]
    assert writer.shaped["by"] == "clusters" and writer.shaped["why"] in (why, "twice")
    assert made.outline == library.surveyor().plan(REQUEST).outline
    reason = server.seen[1][2]["messages"][-1]["content"]
    assert {
        "missing": "[3]",
        "twice": "[1]",
        "unknown": "[99]",
        "form": "# heading",
        "heading": "1742",
        "mixed": "[1]",
    }[why] in reason


def test_the_second_attempt_is_taken_when_it_holds(library):
    writer, _ = model(library, scripted(outline=dropped, again=two_sections))
    made = library.surveyor().plan(REQUEST, writer=writer)
    assert writer.shaped == {"by": "model"} and [node.heading for node in made.outline if node.kind == "theme"] == [
        "Removing weights",
        "Teaching small networks",
    ]


def test_a_plan_by_the_model_is_kept_and_followed_with_and_without_it(library, tmp_path):
    writer, server = model(library, scripted(outline=two_sections))
    library.surveyor().plan(REQUEST, tmp_path, writer=writer)
    headings = ["Removing weights", "Teaching small networks"]
    assert [
        node.heading for node in library.surveyor().write(REQUEST, tmp_path).outline if node.kind == "theme"
    ] == headings
    survey = library.surveyor().write(REQUEST, tmp_path, writer=writer)
    assert [node.heading for node in themes(survey)] == headings and steps_seen(server).count("outline") == 1


# --- a section


def test_what_a_model_makes_up_is_asked_again_once_and_then_quoted(library):
    writer, server = model(library, scripted(section=lies, ends=lies, again=lies))
    survey = library.surveyor().write(REQUEST, writer=writer)
    seen = steps_seen(server)
    assert seen.count("section") == len(themes(survey)) and seen.count("again") == seen.count("section") + 3
    assert "99.9" in server.seen[2][2]["messages"][-1]["content"]
    assert not [s for s in survey.sentences if s.kind == "claim"]
    assert "1742" not in str(survey.to_dict())
    assert survey.audit["coverage"] == 1.0
    assert [s.text for s in said(survey, "abstract")] == [
        "No sentence that the model wrote here passed the checks; this part is left out."
    ]
    assert said(survey, "introduction") and said(survey, "introduction")[0].kind == "frame"


def moved(body):
    """Every sentence cites the number after its own."""
    found = evidence(body)
    return " ".join(f"{text} [{int(i) % len(found) + 1}]" for i, text in found)


def test_a_citation_that_was_moved_is_never_put_right_by_guessing(library):
    survey = library.surveyor().write(REQUEST, writer=model(library, scripted(section=moved))[0])
    rows = {row.id: row for row in survey.evidence}
    for s in survey.sentences:
        if s.kind == "claim" and s.id.split(".")[0] in {node.id for node in themes(survey)}:
            raise AssertionError(f"{s.text} stands under {[rows[name].quote for name in s.evidence]}")
    assert survey.audit["strict_support"] == 1.0


# --- coherence


MEDDLES = {
    "a moved citation": lambda line: line.replace("[2]", "[1]"),
    "a new number": lambda line: line.replace(" is ", " is 3 times "),
    "a dropped mark": lambda line: line.split(" [")[0], "another word": lambda line: line.replace(
        "network", "system").replace("method", "system").replace("the", "a").replace("The", "A").replace("。", "吗。"),
    "a reason": lambda line: line.replace(". ", ". Therefore, ", 1)
}


@pytest.mark.parametrize("what", [*MEDDLES])
def test_a_change_beyond_connectives_is_taken_back_and_counted(library, what):
    plain = library.surveyor().write(REQUEST, writer=model(library)[0])
    meddled = library.surveyor().write(
        REQUEST, writer=model(library, scripted(coherence=lambda body: "\n".join(map(MEDDLES[what], lines(body)))))[0])
    assert [s.text for s in meddled.sentences] == [s.text for s in plain.sentences]
    assert [row.to_dict() for row in meddled.evidence] == [row.to_dict() for row in plain.evidence]
    count = meddled.model["coherence"]
    assert count["reverted"] == sum(s.note == "reverted" for s in meddled.sentences) >= 1 and count["joined"] == 0


@pytest.mark.parametrize("reply", [
    "Nothing to do.", "1. One line only [1]", lambda body: "\n".join(lines(body)[:-1]),
    lambda body: "\n".join([*lines(body), *lines(body)])
])
def test_a_coherent_text_that_is_not_line_for_line_is_taken_back(library, reply):
    plain = library.surveyor().write(REQUEST, writer=model(library)[0])
    survey = library.surveyor().write(REQUEST, writer=model(library, scripted(coherence=reply))[0])
    assert [s.text for s in survey.sentences] == [s.text for s in plain.sentences] and survey.model["coherence"][
        "reverted"
    ] > 0


@pytest.mark.parametrize(
    ("before", "after", "language", "same"),
    [
        ("Pruning removes weights.", "However, pruning removes weights.", "en", True),
        ("Pruning removes weights.", "In addition, pruning removes weights.", "en", True),
        ("However, pruning removes weights.", "Pruning removes weights.", "en", True),
        ("It reached 97%, 3 less.", "But it reached 97%, 3 less.", "en", True),
        ("It keeps the second layer.", "It keeps the layer.", "en", False),
        ("Pruning removes weights.", "Therefore, pruning removes weights.", "en", False),
        ("It reached 97%.", "It reached 79%.", "en", False),
        ("It does not help.", "It does help.", "en", False),
        ("Pruning removes weights.", "However, it removes weights.", "en", False),
        ("剪枝移除权重。", "此外，剪枝移除权重。", "zh", True),
        ("剪枝移除权重。", "而剪枝移除权重。", "zh", True),
        ("首先，训练网络。", "训练网络。", "zh", True),
        ("最后一层被冻结。", "一层被冻结。", "zh", False),
        ("并行训练两个模型。", "行训练两个模型。", "zh", False),
        ("剪枝移除权重。", "因此，剪枝移除权重。", "zh", False),
        ("精度为 80%。", "精度为 8%。", "zh", False),
        ("剪枝移除权重。", "剪枝不移除权重。", "zh", False),
    ],
)
def test_connectives_and_nothing_else(before, after, language, same):
    assert is_same_but_connectives(before, after, language) is same


def test_lines_are_told_by_their_number():
    from kb.verify.cited import CitedSentence

    old = [CitedSentence("A b.", (1,)), CitedSentence("C d.", (2, 3))]
    assert [s and s.text for s in read_lines("2. Then, c d. [2][3]\n1. A b. [1]", old)] == ["A b.", "Then, c d."]
    assert read_lines("1. A b. [2]\n2. C d. E f. [2][3]", old) == [None, None]


# --- the ends


def test_the_ends_rest_on_sentences_that_were_verified(library):
    writer, server = model(library, scripted(section=lambda body: copied(body) + " It reached 99.9 percent. [1]"))
    survey = library.surveyor().write(REQUEST, writer=writer)
    held = {
        " ".join(s.text.split())
        for node in themes(survey)
        for s in survey.sentences
        if s.id.startswith(f"{node.id}.") and s.kind != "frame"
    }
    for _, _, body in server.seen:
        if step_of(body) == "ends":
            assert {text for _, text in evidence(body)} <= held
    quoted = {row.id: row.document for row in survey.evidence}
    for kind in ("abstract", "introduction", "conclusion"):
        claims = [s for s in said(survey, kind) if s.kind == "claim"]
        assert claims and all(
            quoted[name] in {r.document for r in survey.references} for s in claims for name in s.evidence
        )


# --- faults, caps, kills


@pytest.mark.parametrize(
    "fault",
    [refuses(500, "down", Retry_After="0"), refuses(401, "no"), Says(""), Says(raw=b"<html>"), Says("a" * 100, cut=5)],
)
@pytest.mark.parametrize("step", ["outline", "section", "again", "compare", "coherence", "ends", "matrix"])
def test_a_fault_in_any_step_leaves_a_whole_survey_and_says_so(library, fault, step):
    script = {step: lambda body: fault}
    if step == "again":
        script["section"] = lambda body: copied(body) + " It reached 99.9 percent. [1]"
    survey = library.surveyor().write(REQUEST, writer=model(library, scripted(**script))[0])
    names = {MATRIX, *(node.id for node in survey.nodes())}
    if step == "outline" and "why" in survey.model["outline"]:
        assert survey.model["outline"]["why"].startswith("LLM_")
    else:
        assert (
            survey.missing
            and set(survey.missing) <= names
            and all(code.startswith("LLM_") for code in survey.missing.values())
        )
    assert survey.audit["coverage"] == survey.audit["span_validity"] == 1.0
    assert library.surveyor().export(survey, "markdown")


def test_after_a_fault_that_stays_nothing_more_is_asked(library):
    writer, server = model(library, scripted(outline=lambda body: refuses(401, "no")))
    survey = library.surveyor().write(REQUEST, writer=writer)
    assert (
        len(server.seen) == 1
        and set(survey.missing.values()) == {"LLM_AUTH"}
        and survey.model["outline"]["why"] == "LLM_AUTH"
    )


def test_the_dry_run_asks_nothing_and_bounds_every_step(library):
    writer, server = model(library, price=(1.0, 2.0))
    estimate = library.surveyor().estimate(REQUEST, writer)
    assert not server.seen and estimate.cost > 0
    made = library.surveyor().plan(REQUEST)
    n = sum(bool(node.documents) for top in made.outline if top.kind == "theme" for node in top.walk())
    assert estimate.calls == 2 + 5 * n + 6 + 1
    writer, server = model(library, scripted(section=lies, ends=lies, again=lies, outline=dropped))
    library.surveyor().write(REQUEST, writer=writer)
    assert len(server.seen) <= estimate.calls


def test_the_cap_is_kept_in_every_step_and_what_does_not_fit_is_quoted(library):
    writer, server = model(library)
    library.surveyor().write(REQUEST, writer=writer)
    sizes = [estimate_tokens([Message(**message) for message in body["messages"]]) for _, _, body in server.seen]
    assert set(steps_seen(server)) - {"again"} == {"outline", "section", "compare", "coherence", "matrix", "ends"}
    for n, size in enumerate(sizes):
        # A question is asked while what was spent (12 tokens each, as the server counts), its prompt and a whole reply
        # fit: one token less stops it.
        writer, server = model(library, max_tokens=12 * n + size + REPLY - 1)
        survey = library.surveyor().write(REQUEST, writer=writer)
        assert sum(a + b for a, b in writer.spent) <= writer.max_tokens and len(server.seen) < len(sizes)
        assert survey.audit["coverage"] == survey.audit["span_validity"] == survey.audit["strict_support"] == 1.0
        assert "LLM_CAP" in {*(survey.missing or {}).values(), survey.model["outline"].get("why")}
    writer, server = model(library, max_tokens=100)
    survey = library.surveyor().write(REQUEST, writer=writer)
    assert (
        not server.seen
        and set(survey.missing.values()) == {"LLM_CAP"}
        and survey.model["outline"] == {"by": "clusters", "why": "LLM_CAP"}
    )
    writer, server = model(library, max_cost=0.000001, price=(1.0, 1.0))
    assert set(library.surveyor().write(REQUEST, writer=writer).missing.values()) == {"LLM_CAP"} and not server.seen


@pytest.mark.parametrize("tokens", [1300, 2600, 3400])
def test_a_model_with_little_room_gets_what_fits_and_the_rest_is_quoted(library, tokens):
    server = ChatServer(scripted())
    writer = ModelWriter(OpenAIChat(server.endpoint(), seconds=120, context_tokens=tokens), Verifier(library.encoder))
    survey = library.surveyor().write(REQUEST, writer=writer)
    assert (
        set(survey.missing.values()) == {"LLM_CONTEXT"}
        and survey.audit["coverage"] == survey.audit["strict_support"] == 1.0
    )
    for _, _, body in server.seen:
        assert estimate_tokens([Message(**message) for message in body["messages"]]) + REPLY <= tokens
    if "abstract" in survey.missing:
        assert [s.text for s in said(survey, "abstract")] == ["The model did not write this part (LLM_CONTEXT)."]


def test_a_run_that_failed_is_taken_up_again_and_what_was_written_is_not_asked_twice(library, tmp_path):
    writer, _ = model(library, lambda body: refuses(401, "no"))
    library.surveyor().write(REQUEST, tmp_path / "out", writer=writer)
    writer, server = model(library)
    first = library.surveyor().write(REQUEST, tmp_path / "out", writer=writer)
    asked = len(server.seen)
    writer, again = model(library)
    second = library.surveyor().write(REQUEST, tmp_path / "out", writer=writer)
    assert asked and not again.seen
    assert first.to_dict() == second.to_dict() and not first.missing


@pytest.mark.slow
def test_a_kill_at_any_moment_asks_for_nothing_twice(library, tmp_path):
    """SIGKILL after each reply in turn, then resume: every prompt is answered once over all runs, and the result is
    that of an undisturbed run."""
    def play(body):
        time.sleep(0.15)  # so that some are under way when the kill comes; nothing below asks how many
        return good(body)

    good = scripted(outline=two_sections)
    undisturbed = library.surveyor().write(REQUEST, tmp_path / "whole", writer=model(library, good)[0])
    with ChatServer(play) as server:
        environment = {**os.environ, "KB_LLM_URL": server.url, "KB_LLM_MODEL": "test"}
        command = [
            sys.executable, "-m", "kb", "survey", "write", "model compression", "--out",
            str(tmp_path / "out"), "--llm", "--home",
            str(library.home), "--encoder", "hashing"
        ]
        replies = tmp_path / "out" / "steps" / "replies"
        for n in (1, 3, 4, 6):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda n=n, process=process: (len(list(replies.glob("*.json"))) >= n
                                                     or process.poll() is not None))
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
        prompts = [json.dumps(body["messages"]) for _, _, body in server.seen]
    # A question that was under way when its process died has no reply to keep: at most one for each kill.
    assert len(set(prompts)) == 10 and len(prompts) <= 10 + 4
    kept = {path.name for path in (tmp_path / "out" / "steps" / "replies").iterdir()}
    assert len(kept) == 10
    assert read_survey(tmp_path / "out").to_dict() == json.loads(json.dumps(undisturbed.to_dict()))


# --- the doors


def test_the_commands_plan_write_and_update_with_the_model(library, tmp_path, capsys, monkeypatch):
    common = ["--home", str(library.home), "--encoder", "hashing", "--json"]
    with ChatServer(scripted(outline=two_sections)) as server:
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "test")
        monkeypatch.setenv("KB_LLM_PRICE", "1 2")
        out = str(tmp_path / "out")
        assert main(["survey", "write", "model compression", "--out", out, "--llm", "--dry-run", *common]) == 0
        assert json.loads(capsys.readouterr().out)["calls"] > 8 and not server.seen
        assert main(["survey", "plan", "model compression", "--out", out, "--llm", *common]) == 0
        printed = capsys.readouterr()
        assert json.loads(printed.out)["model"]["outline"] == {"by": "model"} and "outline by: model" in printed.err
        assert main(["survey", "write", "model compression", "--out", out, "--llm", *common]) == 0
        assert int(json.loads(capsys.readouterr().out)["tokens"]) > 0
        survey = read_survey(tmp_path / "out")
        assert survey.outline[0].kind == "abstract" and survey.model["outline"] == {"by": "reader"}
        library.remove([by_name(library, "lin")])
        asked = len(server.seen)
        assert main(["survey", "update", out, "--llm", *common]) == 0
        assert len(server.seen) > asked and read_survey(tmp_path / "out").outline[0].kind == "abstract"


def test_the_python_door_takes_a_model_or_that_of_the_settings(library, monkeypatch):
    with ChatServer(scripted()) as server:
        assert library.survey("model compression", llm=OpenAIChat(server.endpoint(), seconds=120)).mode == "model"
        asked = len(server.seen)
        monkeypatch.setenv("KB_LLM_URL", server.url)
        monkeypatch.setenv("KB_LLM_MODEL", "test")
        assert (
            library.survey("model compression", llm=True).outline[0].kind == "abstract"
            and len(server.seen) == 2 * asked
        )
        assert library.survey("model compression").mode == "extractive" and len(server.seen) == 2 * asked


def test_the_steps_of_the_good_model_are_those_of_the_prompts():
    assert set(GOOD) == {"outline", "section", "compare", "coherence", "matrix", "ends", "again"}


# --- while it comes

def test_what_is_told_while_a_model_writes_is_what_holds_and_changes_no_word(library, tmp_path):
    quiet, _ = model(library, scripted())
    writer, _ = model(library, scripted(), on_live=(told := []).append)
    survey = library.surveyor().write(REQUEST, tmp_path / "live", writer=writer)
    assert survey.sentences == library.surveyor().write(REQUEST, tmp_path / "quiet", writer=quiet).sentences
    claims = {s.text for s in survey.sentences if s.kind == "claim"}
    parts = {one.node: one for one in told}
    assert {node.id for node in themes(survey)} <= set(parts) and {"abstract", "conclusion"} <= set(parts)
    assert all(set(one.sentences) <= claims and not one.draft for one in parts.values())
    assert sum(len(one.sentences) for one in parts.values()) == len(claims)
    assert any(one.draft for one in told) and not (tmp_path / "live" / "live.json").exists()


def test_a_sentence_that_does_not_hold_is_never_told(library):
    writer, _ = model(library, scripted(section=lies, again=lies), on_live=(told := []).append)
    library.surveyor().write(REQUEST, writer=writer)
    said = " ".join(text for one in told for text in one.sentences)
    assert told and "1742" not in said and "Nobody knows" not in said and "Something else" not in said


def test_a_part_that_comes_stands_in_the_folder_for_the_page(library, tmp_path):
    seen = []
    writer, _ = model(library, scripted(), on_live=lambda one: seen.append(live(tmp_path)))
    library.surveyor().write(REQUEST, tmp_path, writer=writer)
    assert any(one is not None and one.node and one.sentences for one in seen)
    assert live(tmp_path) is None
    for broken in ('{"node": 1, "heading": "", "sentences": []}', '{"sentences": [2]}', "[]", "no"):
        (tmp_path / "live.json").write_text(broken, encoding="utf-8")
        assert live(tmp_path) is None


def test_the_command_prints_each_sentence_when_it_has_been_checked(library, tmp_path, capsys, monkeypatch):
    _, server = model(library)
    monkeypatch.setenv("KB_LLM_URL", server.url)
    monkeypatch.setenv("KB_LLM_MODEL", "test")
    home = str(library.home)
    library.close()
    assert main(["--home", home, "survey", "write", "model compression", "--llm", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    survey = read_survey(tmp_path)
    for node in themes(survey):
        assert node.heading in out
    assert all(s.text in out for s in survey.sentences if s.kind == "claim")
