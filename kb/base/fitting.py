"""Fit the trained reader to a library by its user's questions: what is given to encoder/adapt_reader.py, and how the
library's answers come out with one reader and another.

Reads: a file of questions, a View.  Gives: ReaderAdaptation; the reader that is kept is in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kb.answer.claims import names_in
from kb.answer.evidence import Finder
from kb.answer.quotes import answer
from kb.answer.retrieve import Retrieval, Retriever
from kb.encoder.adapt import read_user_questions
from kb.encoder.adapt_reader import Asked, Held, ReaderAdaptation, ReaderScores, adapt_reader
from kb.encoder.adapted_reader import LibraryReader
from kb.errors import SettingError
from kb.store import View
from kb.types import Answer, CrossEncoder, Encoder, Progress, Words


def fit_reader(view: View, retriever: Retriever, encoder: Encoder, readers: LibraryReader, questions: Path,
               on_progress: Callable[[Progress], None]) -> ReaderAdaptation:
    """See `KnowledgeBase.adapt_reader`."""
    shipped = readers.shipped(encoder)
    if shipped is None:
        raise SettingError("E_SETTING", name="reader", value="off", detail=Words(
            "no reader is used beside this encoder, so none can be adapted",
            "当前编码器旁没有使用阅读模型，因此无法适配"))
    asked = [Asked(text, quote, tuple(names_in(text))) for text, quote in read_user_questions(questions)]
    documents = [(info.id, info.title, view.passages_of(info.id)) for info in view.documents()]
    result, folder = adapt_reader(shipped, documents, asked, readers.folder,
                                  partial(judge, view, retriever, encoder), on_progress=on_progress)
    if folder is not None:
        readers.adopt(folder)
    else:
        readers.forget_others()
    return result


class _Without(Retriever):
    """A search that does not see some documents."""

    def __init__(self, whole: Retriever, documents: frozenset[str]) -> None:
        self._whole, self._documents = whole, documents

    def search(self, view: View, encoder: Encoder, question: str, k: int = 10, *,
               keeps_copies: bool = False, document: str = "", without: frozenset[str] = frozenset()) -> Retrieval:
        found = self._whole.search(view, encoder, question, 2 * k, keeps_copies=keeps_copies, document=document,
                                   without=without)
        return replace(found, hits=[hit for hit in found.hits if hit.document not in self._documents][:k])


def judge(view: View, retriever: Retriever, encoder: Encoder, reader: CrossEncoder,
          questions: Sequence[Held]) -> ReaderScores:
    """Asks every question, and those with an answer once more without the documents that have it."""
    n_right = n_through = 0
    for question in questions:
        found = _ask(view, retriever, encoder, reader, question.text)
        if question.places:
            n_right += _is_right(found, question)
            without = _Without(retriever, frozenset(document for document, _, _ in question.places))
            found = _ask(view, without, encoder, reader, question.text)
        n_through += found.status == "found"
    n_answered = sum(bool(question.places) for question in questions)
    return ReaderScores(n_answered, n_right, len(questions), n_through)


def _ask(view: View, retriever: Retriever, encoder: Encoder, reader: CrossEncoder, question: str) -> Answer:
    finder = Finder(view, retriever, encoder, reader)
    return answer(finder.find(question), finder)


def _is_right(found: Answer, question: Held) -> bool:
    """Whether the first claim stands where the quote does."""
    return any(c.document == document and c.start < end and start < c.end
               for claim in found.claims[:1] for c in claim.citations for document, start, end in question.places)
