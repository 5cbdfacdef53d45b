"""A question that asks what a thing is and then something more of it, as two questions that stand by themselves.

Reads: the question's words, and the answers to both.  Gives: the two questions; one answer of two.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kb.answer.claims import names_in
from kb.answer.intent import bare, read_intent
from kb.text import guess_language
from kb.types import Answer, Language, Support
from kb.words import Phrases

_MORE = (r"(?:\s*[，,；;。？?]\s*(?:«questions: and more zh»)?|\s*(?:«questions: and more zh»))\s*"
         r"(?P<more>.*(?:«follow: asks zh»|«questions: asks more zh»).*)$")
_TWO: dict[Language, tuple[Phrases, ...]] = {
    "en": (Phrases(r"^(?P<what>(?:«questions: what is en~»)\s+(?P<x>[^,?;]+?))"
                   r"(?:\s*[,;]?\s+(?:«questions: and more en~»)\s+|\s*\?\s+(?:(?:«questions: and more en~»)\s+)?)"
                   r"(?P<more>(?:«follow: asks en»)\s+\S+\s+.*\S)$", re.I),),
    "zh": (Phrases(r"^(?P<what>(?:«questions: please zh»)?\s*(?:«questions: what is zh»)\s*(?P<x>[^，,；;。？?]+?))"
                   + _MORE),
           Phrases(r"^(?P<what>(?P<x>[^，,；;。？?]+?)\s*(?:«questions: is what zh»))" + _MORE)),
}
_IT = {"en": Phrases(r"\b(?P<its>«questions: its en»)\b|\b(?:«questions: it en»)\b", re.I),
       "zh": Phrases(r"(?P<its>«questions: its zh»)|«questions: it zh»")}
_WITH_IT = Phrases("«questions: and zh»")  # what is compared with the thing
_LONGEST = {"en": 6, "zh": 16}  # words, characters of the thing; a longer one is a clause of its own
_MOST_ASKED = 400  # characters of a question that is read so; a longer one is a text
_MOST = 4  # claims of both together, unless the second asks for a list
_BEST_FIRST: tuple[Support, ...] = ("found", "weak", "not_found")


def two_parts(question: str) -> tuple[str, str] | None:
    """What a thing is, and what more is asked of it, each as a question of its own; None for any other question."""
    if len(question) > _MOST_ASKED:
        return None
    text, language = question.strip(" ?？。\n"), guess_language(question)
    sides = read_intent(question, language).subjects
    if sides and not any(_IT[language].search(side) for side in sides):
        return None
    for pattern in _TWO[language]:
        found = pattern.match(text)
        if found and len(found["x"].split() if language == "en" else found["x"]) <= _LONGEST[language]:
            mark = "?" if language == "en" else "？"
            return found["what"].strip() + mark, _of(bare(found["x"]), found["more"], language)
    return None


def _of(thing: str, more: str, language: Language) -> str:
    """What more is asked, with the name of the thing in it."""
    pointer = _IT[language].search(more)
    if pointer:
        name = thing + ("'s" if pointer["its"] and language == "en" else "的" if pointer["its"] else "")
        more = more[:pointer.start()] + name + more[pointer.end():]
    elif language == "zh":
        is_named = thing in more or (names_in(more) and not _WITH_IT.match(more))
        more = more if is_named else thing + more
        return f"{more}？"
    elif not names_in(more) and thing.lower() not in more.lower():
        return f"{more}? ({thing})"
    return more + ("?" if language == "en" else "？")


def joined(question: str, first: Answer, second: Answer) -> Answer | None:
    """One answer of those to the two parts, the first claim of each before the others, as sure as the less sure of
    them; None where one of them has none."""
    told = (first, second)
    if any(answer.status == "not_found" or not answer.claims for answer in told):
        return None
    claims = {(claim.text, *claim.keys[:1]): claim
              for claim in (first.claims[0], *second.claims, *first.claims[1:])}
    status = max((answer.status for answer in told), key=_BEST_FIRST.index)
    searched = replace(first.searched, terms=_both(first.searched.terms, second.searched.terms),
                       missing_terms=_both(first.searched.missing_terms, second.searched.missing_terms),
                       also=_both(first.searched.also, second.searched.also))
    return replace(first, question=question, status=status,
                   claims=tuple(claims.values())[:max(_MOST, 1 + len(second.claims))], searched=searched,
                   support=min(answer.support for answer in told), n_dropped=sum(answer.n_dropped for answer in told),
                   route=second.route if first.route == second.route else "sentences",
                   empty=(*first.empty, *second.empty), n_unasked=first.n_unasked + second.n_unasked)


def _both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
