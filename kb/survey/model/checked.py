"""Let a model write sentences that cite numbers, and keep those that code can verify: each that fails is rewritten once
and checked again.

Reads: a prompt and the quotes behind each number.  Gives: the sentences that hold. A wrong number is a failed sentence,
never re-mapped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from kb.errors import ModelError
from kb.llm.chat import Message
from kb.survey.model.prompts import AGAIN, REASONS
from kb.survey.outline.repeats import DUPLICATE
from kb.survey.sentences import Unit
from kb.survey.write.repeated import alike, terms_of
from kb.types import Language
from kb.verify.cited import CitedSentence, read_cited
from kb.verify.sentences import Quote, Verifier
from kb.words import Phrases

MOST_IDS = 3
_MOST_SENTENCES = 150  # of a reply: as many short ones as 1,200 tokens hold
_LONGEST = 2000  # characters of a sentence
_WHOLE = 0.8  # of a sentence's words, for one work to hold it alone; chosen by hand
_CAUSE = {"en": Phrases(r"\b(?:«connectives: cause en»)\b", re.IGNORECASE), "zh": Phrases("«connectives: cause zh»")}

Ask = Callable[[Sequence[Message]], str]


def boundary(text: str) -> str:
    """A line that no part of the text can hold, the same for the same text, so that the same prompt is the same
    bytes."""
    return "Q" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def write_checked(ask: Ask, messages: Sequence[Message], behind: Sequence[Sequence[Unit]], verifier: Verifier,
                  language: Language, said: Sequence[str] = (), *,
                  is_compared: bool = False) -> tuple[list[CitedSentence], str]:
    """(the sentences that hold, in the order written; code of a fault of the rewriting, "" without one). behind: the
    quotes of number 1, 2, …  said: what the survey says already, and may not say again.  is_compared: each must rest on
    two works.

    Errors: ModelError of the first question.
    """
    def why(sentence: CitedSentence) -> str:
        before = (*said, *(other.text for other in kept))
        return fault_beside(sentence, behind, verifier, language, before, is_compared=is_compared)

    text = ask(messages)
    kept: list[CitedSentence] = []
    failed: list[tuple[CitedSentence, str]] = []
    for sentence in read_cited(text)[:_MOST_SENTENCES]:
        reason = why(sentence)
        if reason:
            failed.append((sentence, reason))
        else:
            kept.append(sentence)
    if not failed:
        return kept, ""
    listed = "\n".join(f"- {s.text} {marks(s.ids)} ({reason})" for s, reason in failed)
    try:
        again = ask([*messages, Message("assistant", text), Message("user", AGAIN[language].format(failed=listed))])
    except ModelError as error:
        return kept, error.code  # what was verified stays
    for sentence in read_cited(again)[:_MOST_SENTENCES]:
        if not why(sentence):
            kept.append(sentence)
    return kept, ""


def fault_beside(sentence: CitedSentence, behind: Sequence[Sequence[Unit]], verifier: Verifier, language: Language,
                 said: Sequence[str], *, is_compared: bool = False) -> str:
    """As fault(), and for a sentence that says again what was said before. is_compared: and for one that does not rest
    on two works."""
    own = terms_of(sentence.text)
    if any(alike(own, terms_of(other)) >= DUPLICATE for other in said):
        return REASONS["repeats"].in_(language)
    found = fault(sentence, behind, verifier, language)
    if is_compared and not found and len({unit.document for unit in units_of(sentence.ids, behind)}) < 2:
        return REASONS["alone"].in_(language)
    return found


def fault(sentence: CitedSentence, behind: Sequence[Sequence[Unit]], verifier: Verifier, language: Language) -> str:
    """Why a sentence may not stay, in words for the model; "" if it may."""
    if not 1 <= len(sentence.ids) <= MOST_IDS or not all(1 <= i <= len(behind) for i in sentence.ids):
        return REASONS["ids"].in_(language)
    if len(sentence.text) > _LONGEST:
        return REASONS["words"].in_(language)
    units = units_of(sentence.ids, behind)
    if joins_by_cause(sentence.text, units, verifier, language):
        return REASONS["cause"].in_(language)
    verdict = verifier.check(sentence.text, [Quote(unit.text, "", unit.language) for unit in units])
    missing = ", ".join(verdict.missing)
    return "; ".join(REASONS[reason].in_(language).format(missing=missing) for reason in verdict.reasons)


def joins_by_cause(text: str, units: Sequence[Unit], verifier: Verifier, language: Language) -> bool:
    """Whether the sentence gives a reason and rests on several works, none of which gives one and holds it alone."""
    documents = dict.fromkeys(unit.document for unit in units)
    if len(documents) < 2 or not _CAUSE[language].search(text):
        return False
    for document in documents:
        own = [unit for unit in units if unit.document == document]
        verdict = verifier.check(text, [Quote(unit.text, "", unit.language) for unit in own])
        if (verdict.is_supported and verdict.coverage >= _WHOLE
                and any(_CAUSE[unit.language].search(unit.text) for unit in own)):
            return False
    return True


def units_of(ids: Sequence[int], behind: Sequence[Sequence[Unit]]) -> list[Unit]:
    """The quotes behind these numbers, each once."""
    return list(dict.fromkeys(unit for i in ids for unit in behind[i - 1]))


def marks(ids: Sequence[int]) -> str:
    return "".join(f"[{i}]" for i in ids)
