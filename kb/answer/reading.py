"""Have a trained model read the best passages together with the question: which sentence answers, does any, and where.

Reads: sentences as rank.py scored them.  Gives: the same, best first by both scores, with what the model said of each.
Next: support.py asks whether there is an answer at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from kb.answer.rank import Sentence
from kb.answer.retrieve import Retrieval
from kb.answer.terms import Concept
from kb.types import Candidate, CrossEncoder, Language, Reading

# How much a sentence's score by words, form and meaning counts beside the logit: weights from 3 to 5 give the same
# within .02 on questions over held-out documents.
W_SCORE = 4.0
# Passages that are read at a time, and no more after them where a sentence and its passage have both such a logit.
# Fewer than six in all cost right answers, more bring nothing: `python -m tests.bench.reading parts`.
TURNS = ((2, 2.0), (2, -1.0), (2, math.inf))
# What a sentence in the question's language has more: where two answer equally well, it comes first.
_SAME_LANGUAGE = 2.0
_MOST_NAMES = 3  # that a question is read with


def read(retrieval: Retrieval, ranked: Sequence[Sentence], reader: CrossEncoder) -> list[Sentence]:
    """The sentences of the passages that were read, best first, then the others as they were.

    Beside a passage in another language the question is read with the other names of what it names.
    """
    groups: dict[int, list[Sentence]] = {}
    for s in ranked:
        groups.setdefault(s.hit.passage, []).append(s)
    passages = [sorted(group, key=lambda s: s.start) for group in groups.values()]
    found: list[Sentence] = []
    first = 0
    for n, sure in TURNS:
        found += _read(retrieval, passages[first:first + n], reader)
        first += n
        if any(s.logit is not None and s.logit >= sure and (s.answerable or 0.0) >= sure for s in found):
            break
    seen = {(s.hit.passage, s.start) for s in found}
    found.sort(key=lambda s: (-s.score, s.hit.passage, s.start))
    return found + [s for s in ranked if (s.hit.passage, s.start) not in seen]


def _read(retrieval: Retrieval, passages: Sequence[Sequence[Sentence]], reader: CrossEncoder) -> list[Sentence]:
    found: list[Sentence] = []
    for is_own in (True, False):
        part = [group for group in passages if (group[0].hit.language == retrieval.language) == is_own]
        asked = retrieval.question if is_own else with_names(retrieval.question, retrieval.concepts)
        for group, reading in zip(part, reader.score(asked, [candidate(group) for group in part]), strict=True):
            found += _said(group, reading, retrieval.language)
    return found


def candidate(group: Sequence[Sentence]) -> Candidate:
    """The sentences of a passage as the reader takes them."""
    hit = group[0].hit
    return Candidate(hit.title, hit.section, hit.text, [(s.start - hit.start, s.end - hit.start) for s in group])


def with_names(question: str, concepts: Sequence[Concept]) -> str:
    """The question as it is read beside a passage in another language."""
    names = [concept.others[0] for concept in concepts[:_MOST_NAMES]]
    return f"{question} ({', '.join(names)})" if names else question


def _said(sentences: Sequence[Sentence], reading: Reading, language: Language) -> list[Sentence]:
    """The sentences of one passage with what was said of them; the score becomes that of both."""
    found = []
    for s, logit, span in zip(sentences, reading.sentences, reading.spans, strict=True):
        score = float(logit) + W_SCORE * s.score + _SAME_LANGUAGE * (s.hit.language == language)
        answer = (s.hit.start + span[0], s.hit.start + span[1]) if span else None
        found.append(replace(s, score=score, logit=float(logit), answerable=reading.answerable, answer=answer))
    return found
