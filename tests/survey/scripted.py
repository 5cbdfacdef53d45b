"""A model that plays its part in each step of a survey, told apart by the step's own prompt; a test changes one
step."""

import re

from kb.llm.chat import OpenAIChat
from kb.llm.endpoint import Endpoint
from kb.survey.model.model import ModelWriter
from kb.survey.model.prompts import (
    AGAIN,
    COHERENCE_SYSTEM,
    COMPARE_SYSTEM,
    ENDS_SYSTEM,
    MATRIX_SYSTEM,
    OUTLINE_AGAIN,
    OUTLINE_SYSTEM,
    SECTION_SYSTEM,
    TASKS,
)
from kb.verify.sentences import Verifier
from tests.chatserver import ChatServer, Says

_STEPS = {"outline": OUTLINE_SYSTEM, "section": SECTION_SYSTEM, "compare": COMPARE_SYSTEM,
          "coherence": COHERENCE_SYSTEM, "matrix": MATRIX_SYSTEM, "ends": ENDS_SYSTEM}
_AGAIN = tuple(text[:20] for prompts in (AGAIN, OUTLINE_AGAIN) for text in prompts.values())


def step_of(body):
    """"outline", "section", "compare", "coherence", "matrix", "ends", or "again" for the second attempt of any."""
    if body["messages"][-1]["content"].startswith(_AGAIN):
        return "again"
    system = body["messages"][0]["content"]
    return next(step for step, prompts in _STEPS.items() if any(
        all(piece in system for piece in re.split(r"\{\w+\}", text)) for text in prompts.values()))


def evidence(body):
    """The numbered lines of a prompt: [(number, text)]."""
    return re.findall(r"^\[(\d+)\] (.+)$", body["messages"][1]["content"], re.M)


def lines(body):
    return re.findall(r"^(\d+\. .+)$", body["messages"][1]["content"], re.M)


def same_outline(body):
    """The groups as they came, with the headings of the program; a dash is where it had none."""
    inside = body["messages"][1]["content"].split("<<", 1)[1].splitlines()[1:-1]
    return "\n".join(
        line.replace("–", "Weights") if line.startswith("#") else re.match(r"\[\d+\]", line)[0] for line in inside)


def copied(body):
    return " ".join(f"{text} [{i}]" for i, text in evidence(body))


def summed_up(body):
    """Two sentences in each, and other two for each end: an end copies none, and no end says what another does."""
    system = body["messages"][0]["content"]
    is_chinese = re.search("[一-鿿]", system) is not None
    found = [(i, text.removeprefix("However, ")) for i, text in evidence(body)
             if bool(re.search("[一-鿿]", text)) is is_chinese and ";" not in text]  # not what is compared already
    apart = 1 + next(i for i, (task, _) in enumerate(TASKS.values()) if task.en in system or task.zh in system)
    pairs = zip(found[:3], found[apart:], strict=False)
    return " ".join(f"{a.rstrip('.。')}; {b} [{i}][{j}]" for (i, a), (j, b) in pairs)


def compared(body):
    """For each term what its last two works begin with, in one sentence, which no other step says."""
    inside = body["messages"][1]["content"].split("<<", 1)[1].split("\n# ")[1:]
    groups = [re.findall(r"^\[(\d+)\] (.+?)[.。]?$", group, re.M)[-2:] for group in inside]
    return " ".join(f"{_beginning(a)}; {_beginning(b)}. [{i}][{j}]" for (i, a), (j, b) in groups)


def _beginning(text):
    return " ".join(text.split()[:7])


GOOD = {
    "outline": same_outline, "section": copied, "compare": compared, "matrix": "There is nothing to add.",
    "coherence": lambda body: "\n".join(lines(body)),
    "ends": summed_up,
    "again": lambda body: "I cannot do better."
}


def scripted(**steps):
    """A script for ChatServer: the good model, with these steps played otherwise (a text, a Says, or a function of the
    request)."""
    played = {**GOOD, **steps}

    def play(body):
        says = played[step_of(body)]
        says = says(body) if callable(says) else says
        return says if isinstance(says, Says) else Says(says)

    return play


def model(library, script=None, **more):
    """(a writer, its server) that plays this script."""
    server = ChatServer(script or scripted())
    return ModelWriter(OpenAIChat(Endpoint(server.url, "test"), seconds=120), Verifier(library.encoder), **more), server


def steps_seen(server):
    return [step_of(body) for _, _, body in server.seen]
