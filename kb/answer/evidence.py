"""Find the evidence for a question: passages searched, their sentences ranked and read, and whether they are enough.

Reads: a question, a View.  Gives: Evidence.  Next: quotes.py copies its sentences; generate.py and deep.py hand its
passages to a language model. Every answer begins here, and where this says "not_found" none of them answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from kb.answer.claims import about, is_statement, with_numbers
from kb.answer.intent import Intent, read_intent
from kb.answer.one_work import says_the_same
from kb.answer.rank import READ_HITS, Ranker, Sentence
from kb.answer.reading import read
from kb.answer.retrieve import Retrieval, Retriever, check_question, letters_of
from kb.answer.support import bar_of, estimate_support, support_word
from kb.store import View
from kb.store.works import Works
from kb.types import CrossEncoder, Encoder, Hit, Support

_SEARCHED_NAMES = 3  # of what a definition is asked of
_MORE = 3  # passages about the thing itself that are read for a definition


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the library has for a question.

    ranked: sentences, best first.  hits: the passages that were searched for it, in the search's order, those that
    define its subject among them.  sides: for a comparison what was found of each subject.  status, support: whether
    it holds an answer, by reader, names and numbers.
    """

    question: str
    retrieval: Retrieval
    intent: Intent
    ranked: Sequence[Sentence]
    hits: Sequence[Hit]
    sides: Sequence[tuple[str, Retrieval]]
    status: Support
    support: float
    works: Works = field(default_factory=lambda: Works({}), compare=False)

    def passages(self, k: int = READ_HITS) -> list[Hit]:
        """At most k passages, each text once, that of a work too where several documents have it: in the order of their
        best sentences, then the others in the search's."""
        order = dict.fromkeys(s.hit.passage for s in self.ranked)
        known = {hit.passage: hit for hit in self.hits}
        ranked = [known[passage] for passage in order]
        texts: dict[str, Hit] = {}
        for hit in (*ranked, *(hit for hit in self.hits if hit.passage not in order)):
            if not any(self._repeats(hit, other) for other in texts.values()):
                texts.setdefault(letters_of(hit.text), hit)
        return list(texts.values())[:k]

    def _repeats(self, hit: Hit, other: Hit) -> bool:
        """Whether two texts of one work have the passage, cut or worded a little otherwise."""
        return hit.document != other.document and self.works.are_one(hit.document, other.document) and says_the_same(
            hit.text, other.text)

    def all_hits(self) -> Iterator[Hit]:
        """Every passage that was found, for the question and for each side of a comparison."""
        yield from self.hits
        for _, side in self.sides:
            yield from side.hits


class Finder:
    """Looks for evidence in one generation of a library; the same reader reads for every question."""

    def __init__(self, view: View, retriever: Retriever, encoder: Encoder, reader: CrossEncoder | None = None,
                 without: Sequence[str] = ()) -> None:
        """reader: chooses among the sentences; None where words, forms and meaning have to do.  without: other names
        that are not to be searched."""
        self._view, self._retriever, self.encoder, self.reader = view, retriever, encoder, reader
        self._without = frozenset(name.casefold() for name in without)
        self._bar = bar_of(view)
        self.ranker, self.works = Ranker(view, encoder), view.works()
        self.document = self.ranker.document

    def with_bar(self, bar: float) -> Finder:
        """The same with another probability from where on an answer is found."""
        found = Finder(self._view, self._retriever, self.encoder, self.reader, tuple(self._without))
        found._bar = bar
        return found

    def find(self, question: str, document: str = "") -> Evidence:
        """Search, rank, read, and judge whether that is an answer. document: a whole id, where that one alone is asked.
        Errors: QuestionError, NothingIndexed, EncoderError."""
        check_question(question)
        retrieval = self._search(question, 2 * READ_HITS, document)
        intent = read_intent(question, retrieval.language)
        intent = intent.with_names(name for concept in retrieval.concepts if concept.words == intent.subject
                                   for name in concept.others)
        # What defines a thing need not have the other words of the question, nor call it as the question does.
        others = [text for text in intent.other_questions(_SEARCHED_NAMES) if text != question]
        hits = _with_hits(retrieval.hits, [self._search(text, READ_HITS, document).hits for text in others])
        ranked = [s for s in self.ranker.rank(replace(retrieval, hits=hits), intent)
                  if intent.wants_list or is_statement(s.text, is_set=s.hit.page is not None)]
        if self.reader is not None:
            ranked = read(retrieval, ranked, self.reader)
        ranked, is_named = about(question, ranked, retrieval.concepts)
        ranked, has_number = with_numbers(ranked, intent)
        clearly = intent.clearly_defined(ranked[0].text) if ranked else 0.0
        support = estimate_support(retrieval, ranked, is_named=is_named, defines=clearly)
        status = support_word(support, is_read=self.reader is not None, bar=self._bar)
        if status == "found" and not (is_named and has_number):
            status = "weak"
        subjects = intent.subjects if status != "not_found" else ()
        sides = [(subject, self._search(subject, READ_HITS, document)) for subject in subjects]
        return Evidence(question, retrieval, intent, ranked, hits, sides, status, support, self.works)

    def glimpse(self, question: str) -> tuple[Retrieval, list[Sentence]]:
        """What was searched and its sentences, ranked, before any is read. Errors: as `find`."""
        check_question(question)
        retrieval = self._search(question, READ_HITS, "")
        intent = read_intent(question, retrieval.language)
        return retrieval, [s for s in self.ranker.rank(retrieval, intent)
                           if is_statement(s.text, is_set=s.hit.page is not None)]

    def nearest_with(self, terms: Sequence[str], retrieval: Retrieval, hits: Sequence[Hit], depth: int,
                     k: int) -> list[Hit]:
        """These hits, and of the passages with any of the terms, the best `depth` by words, the k that are nearest to
        the question in meaning."""
        return [*hits, *self._retriever.nearest_with(self._view, terms, retrieval, {hit.passage for hit in hits}, depth,
                                                     k)]

    def _search(self, question: str, k: int, document: str) -> Retrieval:
        return self._retriever.search(self._view, self.encoder, question, k, keeps_copies=True, document=document,
                                      without=self._without)


def _with_hits(hits: Sequence[Hit], others: Sequence[Sequence[Hit]]) -> list[Hit]:
    """The best hits of a search, and behind them in turn the best of others that are not among them."""
    known = {hit.passage for hit in hits[:READ_HITS - _MORE]}
    more = {hit.passage: hit for turn in zip_longest(*others) for hit in turn if hit and hit.passage not in known}
    found = [*hits[:READ_HITS - _MORE], *list(more.values())[:_MORE]]
    seen = {hit.passage for hit in found}
    return [*found, *(hit for hit in hits if hit.passage not in seen)]
