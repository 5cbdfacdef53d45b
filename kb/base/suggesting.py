"""What to begin with: questions that a library answers, what to ask after an answer, topics that it holds.

Reads: headings and titles, the answers to what is made of them.  Gives: questions and topics as text.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from kb.answer.claims import is_statement
from kb.answer.terms import bundled_concepts
from kb.base.judging import Judging, heading_questions
from kb.base.turns import Turns
from kb.config import Settings
from kb.store import View
from kb.text import guess_language, search_terms
from kb.types import Answer, Document, Encoder, Language
from kb.words import Phrases

_MOST_READ = 60  # documents whose headings are looked at
_MOST_ASKED = 12  # questions that are tried for each language
_SURE = 0.8  # support from which on no better example is looked for
_MOST_RELATED = 3  # questions that are tried after an answer: each costs as much as the answer did
_MOST_KNOWN = 2000  # of which it is kept whether they go on
_SEVERAL = 2  # documents whose headings name what no title does
_BEGINNING = 2000  # characters, in which a paper has its abstract
_LEAST_WORKS = 3  # documents of a topic
_MOST_SHARE = 0.6  # of the documents, that a topic may be in
_WORDS, _HAN = 4, 10  # of a heading that may be a term
_NUMBER = re.compile(r"^(?:第[\d一二三四五六七八九十]+[章节]|[\d.§、()（）])*\s*|[\s:：。.?？]+$")
_IS_TERM: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"[A-Za-z][A-Za-z0-9+-]*(?: [A-Za-z][A-Za-z0-9+-]*)*"),
    "zh": re.compile("(?=.*[\u4e00-\u9fff])[\u4e00-\u9fffA-Za-z0-9+-]+")}
_ASKS: dict[Language, str] = {"en": "What {verb} {term}?", "zh": "什么是{term}？"}
_GOES_ON: dict[Language, str] = {"en": "What is said about {term}?", "zh": "关于“{term}”，文中怎么说？"}
_IS_SEVERAL = re.compile(r"[a-z](?<![sui])s$")
_QUESTION: dict[Language, Phrases] = {"en": Phrases(r"^(?:«follow: asks en»)\b", re.IGNORECASE),
                                      "zh": Phrases("«follow: asks zh»")}
_BACK = Phrases("(?:«headings: references»|«headings: sources»)$", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:The|A|An) (?=\w)")


class Suggesting(Judging):
    """A library that says what can be asked of it."""

    def __init__(self, settings: Settings, encoder: Encoder | None = None) -> None:
        super().__init__(settings, encoder)
        # Answers at a time: fifty threads at once would cost half as much again as one after the other.
        self._turns = Turns(max(2, os.cpu_count() or 1))
        self._onward: dict[str, bool] = {}  # question -> whether it goes on, in one generation
        self._onward_of = 0

    def examples(self, n: int = 2) -> tuple[str, ...]:
        """At most n questions in each of the library's languages that it answers, made of its headings: what is asked
        stands in the first sentence of the answer. Errors: NothingIndexed, EncoderError."""
        with self.reading() as view:
            sample = _sample(view)
        return tuple(question for language in ("zh", "en")
                     for question in self._answered(list(_terms_of(sample, language)), language, n))

    def _answered(self, terms: Sequence[str], language: Language, n: int) -> list[str]:
        """The n best answered questions for these terms, each by another document where there are such."""
        tried: list[tuple[bool, float, str]] = []
        documents: set[str] = set()
        for term in terms[:_MOST_ASKED]:
            question = _what_is(term, language)
            answer = self.ask(question)
            if document := _says(answer, term):
                tried.append((document not in documents, answer.support, question))
                documents.add(document)
            if sum(is_other and support >= _SURE for is_other, support, _ in tried) >= n:
                break
        tried.sort(key=lambda one: (not one[0], -one[1]))
        return [question for *_, question in tried[:n]]

    def related(self, answer: Answer, n: int = 2) -> tuple[str, ...]:
        """At most n questions that go on from an answer, made of the headings next to what it cites; each has an
        answer. None after one that cites nothing. Stands aside while somebody waits for an answer."""
        with self._turns.meanwhile():
            return self._related(answer, n)

    def _related(self, answer: Answer, n: int) -> tuple[str, ...]:
        cited = [c for claim in answer.claims for c in claim.citations]
        with self.reading() as view:
            documents = {c.document: view.document(c.document) for c in cited[:3] if view.holds(c.document)}
        asked = set(search_terms(answer.question))
        tried: dict[tuple[str, str], None] = {}
        for c in cited[:3]:
            if c.document in documents:
                tried |= dict.fromkeys(_onwards(documents[c.document], c.start, answer.language))
        onwards = [one for one in tried if not set(search_terms(one[0])) <= asked]
        found: list[str] = []
        for heading, question in onwards[:_MOST_RELATED]:
            if len(found) < n and self._goes_on(heading, question, answer.language):
                found.append(question)
        return tuple(found)

    def _goes_on(self, heading: str, question: str, language: Language) -> bool:
        """Whether a question is answered; one what something is, by a sentence that says so. The next answers out of
        the same documents ask the same again."""
        generation = self.generation()
        if self._onward_of != generation or len(self._onward) > _MOST_KNOWN:
            self._onward_of, self._onward = generation, {}
        known = self._onward
        if question not in known:
            found = self.ask(question)
            is_said = question != _what_is(heading, language) or bool(_says(found, heading))
            known[question] = found.status == "found" and is_said
        return known[question]

    def topics(self, language: Language, n: int = 3) -> tuple[str, ...]:
        """At most n topics that several documents of the library are about, by what their titles and headings name and
        they begin with: what only heads a part of many papers ("Ablation study") is none, and a survey of it finds
        nothing."""
        names: dict[frozenset[str], list[str]] = {}
        counts: Counter[frozenset[str]] = Counter()
        with self.reading() as view:
            n_documents = len(view.documents())
            sample = _sample(view)
        for document in sample:
            text = "\n".join((document.metadata.title, *(section.heading for section in document.sections)))
            beginning = f"{document.metadata.title}\n{document.text[:_BEGINNING]}"
            begins = {name.casefold() for concept in bundled_concepts(beginning)
                      for name in (concept.words, *concept.others)}
            here = {}
            for concept in bundled_concepts(text):
                key = frozenset(name.casefold() for name in (concept.words, *concept.others))
                if not key & begins:
                    continue
                known = next((one for one in names if one & key), key)
                names.setdefault(known, [concept.words, *concept.others])
                here[known] = True
            counts.update(here.keys())
        most = max(_LEAST_WORKS, _MOST_SHARE * min(n_documents, _MOST_READ))
        held = [key for key, count in counts.most_common() if _LEAST_WORKS <= count <= most]
        spoken = (next((name for name in names[key] if guess_language(name) == language and len(name) > 3 - (
            language == "zh")), "") for key in held)
        found: list[str] = []
        for name in spoken:
            own = set(search_terms(name))
            if name and not any(own <= set(search_terms(other)) or own >= set(search_terms(other)) for other in found):
                found.append(name)
        return tuple(found[:n])


def _sample(view: View) -> list[Document]:
    """Documents to look at, the same ones in the same library."""
    infos = [info for info in view.documents() if info.n_passages]
    infos.sort(key=lambda info: hashlib.sha256(info.id.encode()).digest())
    return [view.document(info.id) for info in infos[:_MOST_READ]]


def _terms_of(documents: Sequence[Document], language: Language) -> Iterator[str]:
    """What titles and headings name, of most documents first; then headings of several documents, or that a title has,
    that may be terms themselves. What names a thing in every field ("method"), or a part of a paper, is none."""
    from kb.survey.kinds import kind_named  # with all of study/, which opening a library does not need

    counts: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    titled: set[str] = set()
    for document in documents:
        headings = [_stripped(section.heading) for section in document.sections]
        counts.update({concept.words for heading in headings for concept in bundled_concepts(heading)
                       if guess_language(concept.words) == language})
        whole.update({heading for heading in headings[1:] if _is_term(heading, language)})
        titled |= {heading for heading in headings[1:] if _holds(document.metadata.title, heading)}
    most, least = max(1.0, _MOST_SHARE * len(documents)), min(_SEVERAL, len(documents))
    named = [(term, n) for term, n in counts.items() if n <= most and _is_term(term, language)]
    yield from (term for term, _ in sorted(named, key=lambda one: (-one[1], _mixed(one[0]))))
    yield from sorted((term for term, n in whole.items() if term not in counts and (n >= least or term in titled)
                       and kind_named(term) == "other" and not _BACK.match(term)), key=_mixed)


def _holds(title: str, term: str) -> bool:
    """Whether a title has the term in it."""
    return bool(term) and set(search_terms(term)) <= set(search_terms(title))


@cache
def _of_every_field(language: Language) -> Phrases:
    kinds = ("general", "function") if language == "en" else ("general",)
    words = "|".join(f"«stop: {kind} {language}»" for kind in kinds)
    return Phrases(rf"(?:(?:{words})s?(?:\s+|$))+$" if language == "en" else rf"(?:{words})+$", re.IGNORECASE)


def _is_term(text: str, language: Language) -> bool:
    fits = len(text.split()) <= _WORDS if language == "en" else 2 <= len(text) <= _HAN
    return bool(text and fits and guess_language(text) == language and _IS_TERM[language].fullmatch(text)
                and not _of_every_field(language).match(text) and not _QUESTION[language].search(text)
                and not _ARTICLE.match(text))


def _mixed(text: str) -> bytes:
    """What sorts texts the same way in every run, and by nothing else."""
    return hashlib.sha256(text.encode()).digest()


def _stripped(heading: str) -> str:
    return _NUMBER.sub("", heading.strip())


def _what_is(term: str, language: Language) -> str:
    return _ASKS[language].format(term=_in_a_sentence(term), verb="are" if _IS_SEVERAL.search(term) else "is")


def _in_a_sentence(term: str) -> str:
    """A heading's words as they stand inside a sentence: "Knowledge Distillation" is small there, "BERT" is not."""
    return " ".join(word.lower() if re.fullmatch(r"A|[A-Z][a-z]+(?:-[A-Za-z][a-z]+)*", word) else word
                    for word in term.split())


def _says(answer: Answer, term: str) -> str:
    """The document whose sentence answers and names the term; "" where it is no good example."""
    if answer.status != "found" or not answer.claims or not answer.claims[0].citations:
        return ""
    first = answer.claims[0]
    if re.search(rf"\b(?:the|an?)\s+{re.escape(term)}\b", first.text, re.IGNORECASE):  # "What is transformer?"
        return ""
    is_good = (answer.route == "sentences" and set(search_terms(term)) <= set(search_terms(first.text))
               and guess_language(first.text) == answer.language and is_statement(first.text, is_set=False))
    return first.citations[0].document if is_good else ""


def _onwards(document: Document, start: int, language: Language) -> list[tuple[str, str]]:
    """(heading, question) of what a document says elsewhere, in the language that was asked in, the nearest first."""
    made = {heading for heading, _ in heading_questions(document)}
    found = []
    for section in sorted(document.sections[1:], key=lambda section: abs(section.start - start)):
        heading = _stripped(section.heading)
        if section.start <= start < section.end or guess_language(heading) != language:
            continue
        if _QUESTION[language].search(heading):
            if language == "zh":
                found.append((heading, f"{heading}？"))
        elif any(concept.words == heading for concept in bundled_concepts(heading)):
            found.append((heading, _what_is(heading, language)))
        elif heading in made:
            found.append((heading, _GOES_ON[language].format(term=_in_a_sentence(heading))))
    return found
