"""A follow-up question about the library, so that it stands by itself: "and who wrote it?" after "What is BERT?".

Reads: the question and those before it, never what documents said.  Gives: the question with the name in place of the
word that points back; "" where that makes no question about the library, and conversation.py has to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb.answer.claims import names_in
from kb.answer.conversation import is_follow_up
from kb.study.grammar import has_han
from kb.study.intents import read_intent
from kb.text import CJK
from kb.words import Phrases, table

_BACK = 4  # questions that are looked back for a name
_BEGINS = Phrases(r"^\W*(?:(?:«intents: polite en»)\s+|(?:«intents: polite zh»))*", re.I)
_WORK = Phrases(r"\b(?:«intents: points to work en»)\b|«intents: points to work zh»", re.I)
_PERSON = Phrases(r"\b(?:«intents: points to person en»)\b|«intents: points to person zh»", re.I)


def stand_alone(question: str, before: Sequence[str]) -> str:
    """The question with what was named before in it, if that is a question about the library; else "". before: the
    questions so far, the last one last."""
    if len(question) > 200 or (read_intent(question) is not None and not _points(question)):
        return ""
    for previous in reversed(before[-_BACK:]):
        name, person = _named(previous)
        if name or person:
            return next((text for text in _filled(question.strip(), name, person) if read_intent(text) is not None), "")
    return ""


def _points(question: str) -> bool:
    return is_follow_up(question) and bool(_WORK.search(question) or _PERSON.search(question))


def _named(question: str) -> tuple[str, str]:
    """(the one work, the person) that a question names, as it names them; "" for none or several works."""
    intent = read_intent(question)
    if intent is not None and intent.filters.person:
        return "", intent.filters.person
    names = [name.text for name in intent.names] if intent is not None else names_in(question)
    names = [name for name in names if not _WORK.pattern.fullmatch(name)]
    if len(names) != 1:
        return "", ""
    name = names[0]
    return (f"《{name}》" if re.search(f"[{CJK}]", name) else f'"{name}"' if " " in name else name), ""


def _filled(question: str, name: str, person: str) -> Iterator[str]:
    """The question with the name where a word points to it, or where the question leaves it out."""
    bare = _BEGINS.pattern.sub("", question).strip()
    if name and _WORK.search(bare):
        yield _WORK.pattern.sub(lambda found: name + ("'s" if found[0].lower() == "its" else ""), bare, count=1)
    if person and _PERSON.search(bare):
        yield _PERSON.pattern.sub(lambda found: person + ("'s" if found[0].lower() in ("his", "her", "their") else ""),
                                  bare, count=1)
    if name and has_han(bare):
        yield name + bare
    elif name:
        whole = table("intents", "left out en").get(bare.rstrip(" ?").lower())
        if whole:
            yield whole.replace("{work}", name)
