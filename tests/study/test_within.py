"""A comparison of two parts of one work asks that work alone."""

import pytest

from kb import KnowledgeBase
from kb.study.intents import read_intent

POND = """# PondNet: Counting ducks

## Abstract

We present PondNet, which counts ducks by two heads.

## Method

The ripple head is a layer that counts waves around each duck. The feather head is a layer that counts wings in each
picture. Unlike the feather head, the ripple head needs no colour.

## Conclusion

PondNet counts ducks.
"""
LAKE = """# LakeNet: Counting geese

## Method

The ripple head of LakeNet is a wooden plate. The feather head of LakeNet is a broom, and differs from the ripple head
by its hair.
"""


@pytest.mark.parametrize(("question", "work", "one", "other"), [
    ("In “PondNet: Counting ducks”, how do the ripple head and the feather head differ?", "PondNet: Counting ducks",
     "ripple head", "feather head"),
    ("What is the difference between the ripple head and the feather head in the PondNet paper?", "PondNet",
     "ripple head", "feather head"),
    ("How do the ripple head and the feather head differ in “PondNet: Counting ducks”?", "PondNet: Counting ducks",
     "ripple head", "feather head"),
    ("《数鸭子》中波纹头和羽毛头有什么区别？", "数鸭子", "波纹头", "羽毛头"),
    ("《数鸭子》这篇论文里的波纹头与羽毛头有何不同？", "数鸭子", "波纹头", "羽毛头")])
def test_the_work_is_taken_out_of_the_question(question, work, one, other):
    intent = read_intent(question)
    assert intent is not None and intent.kind == "compare" and intent.within is not None
    assert (intent.within.text, *(name.text for name in intent.names)) == (work, one, other)


@pytest.mark.parametrize("question", [
    "What is the difference between PondNet and LakeNet?", "《数鸭子》和《数鹅》有什么区别？",
    "《数鸭子》的方法与《数鹅》的方法有何不同？", "How do cats and dogs differ in size?"])
def test_two_works_are_no_parts_of_one(question):
    intent = read_intent(question)
    assert intent is None or intent.within is None


@pytest.mark.engine
def test_that_work_alone_is_asked(tmp_path):
    for name, text in (("pond.md", POND), ("lake.md", LAKE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "home") as base:
        base.add([tmp_path / "pond.md", tmp_path / "lake.md"])
        answer = base.ask("How do the ripple head and the feather head differ in the PondNet paper?")
        assert (answer.route, answer.status) == ("comparison", "found")
        assert "needs no colour" in answer.text and "LakeNet" not in answer.text and "broom" not in answer.text
