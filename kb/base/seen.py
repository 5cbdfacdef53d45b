"""A library at one moment, as a survey reads it: documents and passages of one generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from kb.answer.retrieve import Retriever
from kb.store import View
from kb.text import mend
from kb.types import Document, DocumentInfo, Encoder, Hit, Scope


class SeenLibrary:
    """What a view shows. Each document is read once."""

    def __init__(self, view: View, retriever: Retriever, encoder: Callable[[], Encoder],
                 part: Callable[[View, Scope], View]) -> None:
        """part: what of a view is in a scope."""
        self._view, self._retriever, self._encoder, self._part = view, retriever, encoder, part
        self._documents: dict[str, Document] = {}

    @cached_property
    def _infos(self) -> tuple[DocumentInfo, ...]:
        return self._view.with_files(self._view.documents())

    def within(self, scope: Scope) -> SeenLibrary:
        """The same moment, of the documents in the scope. Errors: ScopeError, EmptyScope."""
        return SeenLibrary(self._part(self._view, scope), self._retriever, self._encoder, self._part)

    def infos(self) -> Sequence[DocumentInfo]:
        """All documents, newest first."""
        return self._infos

    def once(self, documents: Sequence[str], first: Sequence[str] = ()) -> list[str]:
        """Of each work one of these documents: of those in `first` where there is one, the fullest."""
        return self._view.works().once(documents, first)

    def document(self, document: str) -> Document:
        """A document by its id or an unambiguous beginning of it. Errors: UnknownDocument."""
        if document not in self._documents:
            self._documents[document] = self._view.document(document)
        return self._documents[document]

    def search(self, topic: str, k: int) -> Sequence[Hit]:
        """The k best passages. Errors: QuestionError, EncoderError."""
        return self._retriever.search(self._view, self._encoder(), mend(topic), k).hits
