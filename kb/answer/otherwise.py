"""Who says otherwise: sentences of other documents that by their own words speak against what others hold, about what
was asked.

Reads: an answer and its Evidence.  Gives: claims that stand beside the answer's, mostly none. What counts is that a
sentence says so itself (data/words/otherwise.txt) and how surely it is about the question: weights of
data/otherwise.toml, fitted by tests/bench/otherwise.py. Whether it is right is nobody's judgement here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.answer.claims import is_statement
from kb.answer.evidence import Evidence, Finder
from kb.answer.intent import Intent
from kb.answer.quotes import citation_of, keep_supported
from kb.answer.rank import Sentence, terms_of
from kb.answer.reading import candidate, with_names
from kb.answer.retrieve import Retrieval
from kb.answer.support import logistic
from kb.text import search_terms
from kb.types import Answer, Claim, Language
from kb.words import phrases

_WEIGHTS = Path(__file__).resolve().parent.parent / "data" / "otherwise.toml"
_MOST = 2  # claims that are given
_LONGEST = 600  # characters of a sentence
_TERMS = 6  # of a question, that passages with words of the lists are searched with
_SEARCHED, _NEAREST = 120, 12  # passages found by these words, and of them the nearest that are looked through
_READ = 2  # sentences whose passages are read
_LEAST = -6.0  # of what the reader says of a sentence


@dataclass(frozen=True, slots=True)
class Other:
    """A sentence that speaks against something. features: what is counted of it."""

    sentence: Sentence
    features: Mapping[str, float]

    def clearness(self, model: str) -> float:
        """By one of the two models: "near", before its passage is read, or "sure"."""
        weights = _fitted()[model]
        return logistic(sum(weights.get(name, 0.0) * value for name, value in self.features.items()))


def otherwise(found: Answer, evidence: Evidence | None, finder: Finder) -> tuple[Claim, ...]:
    """What other documents say against the answer or its subject, the surest first, each a sentence with its place."""
    if evidence is None or not asks_what_may_be_disputed(found, evidence.intent):
        return ()
    sure = [(other.clearness("sure"), other) for other in read(evidence, finder, _near(found, evidence, finder))]
    told: dict[str, Claim] = {}
    for clearness, other in sorted(sure, key=lambda one: -one[0]):
        if clearness >= _fitted()["limits"]["sure"]:
            work = finder.works.work(other.sentence.hit.document)
            told.setdefault(work, Claim(other.sentence.text, (citation_of(other.sentence, evidence.retrieval),)))
    return tuple(keep_supported(list(told.values())[:_MOST], finder.document)[0])


def asks_what_may_be_disputed(found: Answer, intent: Intent) -> bool:
    """Whether a question was answered by sentences, and is about more than what a thing is, how many or who."""
    is_plain = not (intent.wants_definition or intent.wants_number or intent.wants_time or intent.wants_name
                    or intent.wants_list)
    return (is_plain and found.route == "sentences" and found.status != "not_found"
            and any(claim.citations for claim in found.claims))


def _near(found: Answer, evidence: Evidence, finder: Finder) -> list[Other]:
    """Those that may be about the question by what is counted before a passage is read, the likeliest first."""
    others = [other for other in candidates(found, evidence, finder)
              if other.clearness("near") >= _fitted()["limits"]["near"]]
    return sorted(others, key=lambda other: -other.clearness("near"))[:_READ]


def candidates(found: Answer, evidence: Evidence, finder: Finder) -> Iterator[Other]:
    """Every sentence of the passages near the question that speaks against something and is of another work than the
    answer's first claim; none where that does so itself."""
    retrieval, works = evidence.retrieval, finder.works
    first = next(claim for claim in found.claims if claim.citations)
    home = works.work(first.citations[0].document)
    said = {(c.document, c.start) for claim in found.claims for c in claim.citations}
    if speaks_against(first.text, first.citations[0].language):
        return
    rarest = sorted((term for term in retrieval.idf if len(term) > 1), key=lambda term: -retrieval.idf[term])[:_TERMS]
    for hit in finder.nearest_with([*_terms(), *rarest], retrieval, evidence.hits, _SEARCHED, _NEAREST):
        if works.work(hit.document) == home or not speaks_against(hit.text, hit.language):
            continue
        for sentence, cosine in finder.ranker.near(hit, retrieval):
            if (hit.document, sentence.start) not in said and _says_so(sentence):
                yield Other(sentence, _counted(sentence, cosine, retrieval))


def _says_so(sentence: Sentence) -> bool:
    """Whether it is a whole statement that speaks against something."""
    text = sentence.text
    return (len(text) <= _LONGEST and not text.rstrip(" *_").endswith(("?", "？"))
            and speaks_against(text, sentence.hit.language)
            and is_statement(text, is_set=sentence.hit.page is not None))


def _counted(sentence: Sentence, cosine: float, retrieval: Retrieval) -> dict[str, float]:
    """How near it is to the question, before its passage is read: in meaning, and the share of the question's weight
    that it has, and that it has with what stands before and above it."""
    total = sum(retrieval.idf.values()) or 1.0

    def share(terms: frozenset[str]) -> float:
        held = retrieval.widened(terms)
        return sum(weight for term, weight in retrieval.idf.items() if term in held) / total

    around = terms_of(" ".join((sentence.hit.title, *sentence.hit.section, sentence.before)))
    return {"": 1.0, "cosine": cosine, "share": share(sentence.terms), "share around": share(sentence.terms | around),
            "other language": float(sentence.hit.language != retrieval.language)}


def read(evidence: Evidence, finder: Finder, others: Sequence[Other]) -> list[Other]:
    """The same with what the reader says of each: whether its passage holds an answer, whether it is the sentence. As
    they are where there is no reader."""
    told = {(s.hit.passage, s.start): s for s in evidence.ranked if s.logit is not None}
    found = []
    for other in others:
        s, features = other.sentence, dict(other.features)
        known = told.get((s.hit.passage, s.start))
        if known is not None and known.logit is not None:
            features["logit"] = max(_LEAST, known.logit)
        elif finder.reader is not None:
            group = [one for one, _ in finder.ranker.near(s.hit, evidence.retrieval)]
            question = (evidence.question if s.hit.language == evidence.retrieval.language
                        else with_names(evidence.question, evidence.retrieval.concepts))
            reading, = finder.reader.score(question, [candidate(group)])
            at = next(i for i, one in enumerate(group) if one.start == s.start)
            features["logit"] = max(_LEAST, float(reading.sentences[at]))
        else:
            continue
        found.append(Other(s, features))
    return found


def speaks_against(text: str, language: Language) -> bool:
    """Whether a text says by its own words that it speaks against what others say or believe."""
    return _against(language).search(text) is not None


@cache
def _against(language: Language) -> re.Pattern[str]:
    forms = "|".join(form.replace(" ", r"\s+") for form in phrases("otherwise", f"against {language}"))
    return re.compile(rf"(?<![A-Za-z])(?:{forms})(?![A-Za-z])" if language == "en" else forms, re.IGNORECASE)


@cache
def _terms() -> tuple[str, ...]:
    """The terms by which passages that speak against something are found: of Chinese ones the pairs."""
    words = " ".join(phrases("otherwise", "terms"))
    return tuple(dict.fromkeys(term for term in search_terms(words) if len(term) > 1))


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads(_WEIGHTS.read_text(encoding="utf-8"))
