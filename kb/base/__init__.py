"""The front door: an opened library folder.

    from kb import KnowledgeBase
    base = KnowledgeBase.open("library")
    base.add("papers/")
    print(base.ask("What is knowledge distillation?").text)
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kb.answer.evidence import Evidence, Finder
from kb.answer.nearest import OwnIndex, Snapshots
from kb.answer.otherwise import otherwise
from kb.answer.quotes import answer, glimpse
from kb.answer.retrieve import Retriever
from kb.answer.twofold import joined, two_parts
from kb.base.catalogue import OnProgress, PathLike, ignore
from kb.base.conversing import Conversing
from kb.base.noting import notes_beside
from kb.base.outside import told_where
from kb.base.seen import SeenLibrary
from kb.config import Settings, load_settings, parse_price
from kb.errors import EncoderError, ModelError, NothingIndexed, SettingError
from kb.llm.endpoint import Endpoint, endpoint_path, load_endpoint
from kb.store import View, save_endpoint
from kb.store.scoped import ScopedView
from kb.study import study
from kb.text import mend
from kb.types import (
    Answer,
    Check,
    Citation,
    CrossEncoder,
    Encoder,
    ExtractionTable,
    Finding,
    Hit,
    Language,
    Restored,
    Scope,
    Summary,
    Turn,
    VectorIndex,
    Words,
)

if TYPE_CHECKING:
    from kb.encoder.adapt_reader import ReaderAdaptation
    from kb.llm.chat import ChatModel
    from kb.survey import Surveyor
    from kb.survey.citing import CitationGraph
    from kb.survey.model.live import OnLive
    from kb.survey.model.model import ModelWriter
    from kb.survey.records import Survey


_MAY_BE_SAID = ("records", "list")  # by a sentence, where the library has nothing by this route


class KnowledgeBase(Conversing):
    """A library folder: add documents, search them, ask them. One object may be used from several threads."""

    def __init__(self, settings: Settings, *, encoder: Encoder | None = None, llm: ChatModel | None = None,
                 index: VectorIndex | None = None) -> None:
        """See `open`, which reads the settings."""
        super().__init__(settings, encoder)
        self._retriever = Retriever(OwnIndex(index) if index is not None else Snapshots(self._store.index))
        self._llm = llm

    @classmethod
    def open(cls, home: PathLike | None = None, *, encoder: str | Encoder | None = None, llm: ChatModel | None = None,
             index: VectorIndex | None = None, milvus: str | None = None) -> KnowledgeBase:
        """The library in `home` (default: KB_HOME, else the user's data folder). Nothing is created until something is
        added.

        encoder: "bundled", "bundled-english", a folder that `kb distill` wrote, a sentence-transformers model by name
        or folder, or any object with the members of Encoder; None: what the settings say, else the one the library was
        built with, else "bundled".
        llm: a language model of your own, any object with the members of ChatModel; `ask(llm=True)` asks it.
        index: an empty vector index of your own with the members of VectorIndex, as wide as the encoder, instead of
        the library's index files; it is filled here and kept in step.
        milvus: the address of a Milvus server that has the vectors, http://HOST:PORT; None: what KB_MILVUS says.
        Errors: SettingError for a kb.toml or environment value that cannot be used, or an object that lacks a member.
        """
        name = encoder if isinstance(encoder, str) or encoder is None else getattr(encoder, "name", "")
        settings = load_settings({"home": home, "encoder": name, "milvus": milvus})
        given = None if isinstance(encoder, str) else encoder
        return cls(settings, encoder=given, llm=llm, index=index)

    @classmethod
    def restore(cls, file: PathLike, home: PathLike, *, on_progress: OnProgress | None = None) -> Restored:
        """Makes a library of a file of `backup`, in a folder that is not there or empty, and verifies it; nothing is
        left of what is refused. Errors: LibraryError E_BACKUP, E_RESTORE_THERE, E_BACKUP_FILE, E_DISK."""
        from kb.base.backups import unpack

        folder = Path(os.path.expanduser(os.fsdecode(home))).absolute()
        made = unpack(Path(os.path.expanduser(os.fsdecode(file))), folder, on_progress or ignore)
        with cls.open(folder) as opened:
            return Restored(str(folder), made, opened.verify(on_progress=on_progress))

    def warm(self) -> None:
        """Loads what a first question waits for: the encoder for both languages and the vectors. Errors: EncoderError,
        LibraryError."""
        self.encoder().encode(["warm", "热"], role="question")
        with contextlib.suppress(NothingIndexed):
            self.search("warm", 1)

    # --- asking: a question reads one generation of the library, from its first search to its last quote

    def search(self, question: str, k: int = 10, *, scope: Scope | None = None) -> list[Hit]:
        """The k best passages, best first; of the documents in the scope alone. Errors: QuestionError, NothingIndexed,
        EncoderError, ScopeError, EmptyScope."""
        with self.reading(scope) as view:
            return self._retriever.search(view, self._encoders.of(view.encoder()), mend(question), k).hits

    def ask(self, question: str, *, llm: bool | ChatModel = False, deep: bool = False, scope: Scope | None = None,
            without: Sequence[str] = ()) -> Answer:
        """An answer in the library's own sentences, each with the exact place it came from, or "not_found".

        llm: True to have the model of the settings write as well, or a model; what it wrote, checked, is
        `Answer.written`, and a fault of it is `Answer.written.problem`: the library's own sentences stand in any case.
        It is not asked where the answer is "not_found".
        deep: it plans and searches several times first.
        scope: what documents have to be; no other is listed, counted, read or quoted. `Answer.searched` says how many
        those were, and where they have no answer how many others speak of it.
        without: other names of what is asked about (`Answer.searched.also`) that are not to be searched.
        Errors: QuestionError, NothingIndexed, EncoderError, SettingError, ScopeError, EmptyScope.
        """
        *_, last = self._answers(question, llm, deep, scope, without, streams=False)
        return last

    def glimpse(self, question: str, n: int = 3, *, scope: Scope | None = None,
                without: Sequence[str] = ()) -> list[Citation]:
        """Where an answer may stand: the sentences that look most like one before any was read, at most n, each of
        another passage, best first. To be shown while `ask` reads: no answer yet. Errors: as `search`."""
        with self.reading(scope) as view:
            encoder = self._encoders.of(view.encoder())
            return glimpse(mend(question), Finder(view, self._retriever, encoder, without=without), n)

    def read(self, documents: str | Sequence[str], *, language: Language | None = None) -> tuple[Summary, ...]:
        """What documents say of themselves, each by its problem, method, results, limits, definitions and tables, in
        whole sentences with their places; a part that they do not tell is empty.

        documents: ids or unambiguous beginnings of them.  language: whose sentences are preferred where a document has
        both; None for its own. Errors: UnknownDocument, NothingIndexed, EncoderError.
        """
        from kb.study.summaries import summaries

        names = [documents] if isinstance(documents, str) else documents
        with self.reading() as view:
            ids = dict.fromkeys(view.document(name).id for name in names)
            return summaries(self._finder(view), view, list(ids), language)

    def _finder(self, view: View, without: Sequence[str] = ()) -> Finder:
        encoder = self._encoders.of(view.encoder())
        return Finder(view, self._retriever, encoder, self._turns.patient(self._reader(encoder)), without)

    def stream(self, question: str, *, llm: bool | ChatModel = True, deep: bool = False,
               scope: Scope | None = None, without: Sequence[str] = ()) -> Generator[Answer, None, None]:
        """The answer as it grows: first in the library's own sentences, then with `written` as it comes. Stop by
        closing the iterator."""
        return self._answers(question, llm, deep, scope, without, streams=True)

    def _answers(self, question: str, llm: bool | ChatModel, deep: bool, scope: Scope | None, without: Sequence[str],
                 *, streams: bool) -> Generator[Answer, None, None]:
        with self.reading(scope) as view:
            encoder = self._encoders.of(view.encoder())
            finder = self._finder(view, without)
            question = mend(question)
            self._turns.step()
            with self._turns.answering():
                found, evidence = _found(question, view, finder, for_model=llm is not False)
                if isinstance(view, ScopedView):
                    found = told_where(found, evidence, view, scope, partial(self._finder, without=without))
                found = replace(found, notes=notes_beside(view, question), otherwise=otherwise(found, evidence, finder),
                                searched=replace(found.searched, without=tuple(without)))
            yield found
            if llm is False:
                return
            from kb.answer.written import write
            from kb.study.tabled import cells_about

            yield from write(found, evidence, finder, encoder, self.settings, self._chat(llm), deep=deep,
                             streams=streams, cells=lambda: cells_about(found, view, finder))

    def _chat(self, llm: bool | ChatModel) -> ChatModel | None:
        """The model that was given here or when the library was opened; None for that of the settings."""
        return self._llm if isinstance(llm, bool) else llm

    def adapt_reader(self, questions: PathLike, *, on_progress: OnProgress | None = None) -> ReaderAdaptation:
        """Goes on training the reader on your own questions and keeps it only if held-out ones are answered no worse.

        questions: JSON lines {"question": …, "quote": words of the passage that answers}; one without a quote has no
        answer here. What is kept answers from the next question on. A killed run goes on when it is started again.
        It always begins with the reader as it is shipped.
        Errors: DataError (a broken line, too few questions), SettingError where no reader is used, LibraryError.
        """
        from kb.base.fitting import fit_reader

        with self.reading() as view:
            encoder = self._encoders.of(view.encoder())
            return fit_reader(view, self._retriever, encoder, self._readers, Path(os.fsdecode(questions)),
                              on_progress or ignore)

    def condense(self, question: str, turns: Sequence[Turn], *, llm: bool | ChatModel = False) -> str:
        """A follow-up question so that it stands by itself; any other question as it is. Errors: SettingError."""
        from kb.answer.conversation import condense
        from kb.study.follow import stand_alone

        before = [turn.answer.question if turn.answer else turn.question for turn in turns]
        if before and (about_library := stand_alone(question, before)):
            return about_library
        try:
            model = None if llm is False else self._chat(llm) or self.model()
        except ModelError:
            model = None
        return condense(question, turns, model, self._weights)

    def _weights(self, text: str) -> dict[str, float]:
        """The text's terms and how rare they are in this library."""
        with self.reading() as view:
            return self._retriever.search(view, self._encoders.of(view.encoder()), text, 1).idf

    # --- the language model

    def endpoint(self) -> Endpoint | None:
        """Where the language model is, as it is set, or None; its key does not show itself. Errors: SettingError."""
        return load_endpoint()

    def endpoint_with(self, url: str, model: str, key: str = "") -> Endpoint:
        """An endpoint from what a reader typed; without a key the saved one is taken, if it belongs to this very
        address. Errors: SettingError."""
        from kb.answer.written import endpoint_with

        return endpoint_with(url, model, key)

    def set_model(self, endpoint: Endpoint) -> None:
        """Keeps the endpoint in the user's own file, readable by nobody else. Errors: LibraryError E_READONLY,
        E_DISK."""
        save_endpoint(endpoint_path(), endpoint.url, endpoint.model, endpoint.key.reveal())

    def model(self) -> ChatModel:
        """The language model that was given when the library was opened, else the one that is set. Errors: ModelError
        LLM_UNSET, SettingError."""
        from kb.answer.written import open_model

        return self._llm or open_model(self.settings)

    def survey(self, topic: str, *, language: str | None = None, length: str = "medium", style: str | None = None,
               documents: Sequence[str] = (), works: int = 0, out: str | Path | None = None,
               llm: bool | ChatModel = False, columns: Sequence[str] = (), scope: Scope | None = None,
               on_progress: OnProgress | None = None) -> Survey:
        """A survey of the topic in the library's own sentences, each with the exact place it came from, audited.

        language: "zh" or "en" (None: the topic's).  length: "short", "medium", "long".  style: "numeric",
        "author-year", "gbt7714".
        documents: ids to use whatever their relevance.  works: so many of the most relevant ones, instead of those from
        the cut on.  out: a folder for survey.json, survey.md and references.bib; a
        run that was killed goes on there.
        columns: further ones of the comparison table, by name or as questions.
        scope: what documents have to be, also when the survey is updated.
        llm: True to have the model of the settings order and write it, or a model; what code cannot verify is quoted,
        `Survey.missing` says what a fault left out. For caps on tokens and cost: `surveyor().write(request,
        writer=survey_writer(max_tokens=…))`.
        Errors: QuestionError, SettingError, NothingIndexed, OffTopic where the library does not hold the topic, KBError
        E_SURVEY_EMPTY where no document has anything to quote.
        """
        from kb.survey import ModelWriter, make_request
        from kb.verify.sentences import Verifier

        writer = (
            None if llm is False else self.survey_writer() if llm is True else ModelWriter(llm, Verifier(self.encoder))
        )
        return self.surveyor().write(make_request(topic, language, length, style, documents, columns, works, scope),
                                     Path(out) if out else None, writer=writer,
                                     on_progress=on_progress or ignore)

    def surveyor(self) -> Surveyor:
        """What plans, writes, updates, audits and exports surveys of this library. Errors: NothingIndexed."""
        from kb.survey import Surveyor

        with self._seen():
            return Surveyor(self._seen, self.encoder, self._cells, self._survey_reader)

    @contextlib.contextmanager
    def _seen(self) -> Iterator[SeenLibrary]:
        with self.reading() as view:
            yield SeenLibrary(view, self._retriever, lambda: self._encoders.of(view.encoder()), self._scopes.within)

    def _cells(self, columns: Sequence[str], documents: Sequence[str]) -> ExtractionTable:
        """A table of those of these documents that are there: a survey may be written while one is removed."""
        with self.reading() as view:
            there = [document for document in documents if view.holds(document)]
        return self.table(columns, documents=there) if there else ExtractionTable((), ())

    def _survey_reader(self, encoder: Encoder) -> CrossEncoder | None:
        """The reader with whose word relevance was fitted, whichever answers questions here: a survey is the same on
        every machine. None where none reads beside this encoder, or it is damaged."""
        from kb.encoder.encode import BundledEncoder
        from kb.encoder.open_reader import is_used, kind_beside, open_reader

        if not isinstance(encoder, BundledEncoder) or not is_used(self.settings.reader, encoder):
            return None
        try:
            return open_reader("three", kind_beside(encoder))
        except EncoderError:
            return None

    def survey_writer(self, *, max_tokens: int | None = None, max_cost: float | None = None,
                      on_live: OnLive | None = None) -> ModelWriter:
        """What lets the language model that is set write a survey: `surveyor().write(request, writer=…)`.

        max_tokens, max_cost: caps; what does not fit is quoted instead. on_live: told of each part while it is written.
        Errors: ModelError LLM_UNSET, SettingError for a price that is none, or a cap on cost without a price.
        """
        from kb.survey.model.model import ModelWriter
        from kb.verify.sentences import Verifier
        chat = self.model()
        price = parse_price(self.settings.llm_price)
        if max_cost is not None and price is None:
            raise SettingError("E_SETTING", name="llm_price", value="",
                               detail=Words('a cap on the cost needs a price, e.g. "0.15 0.60"',
                                            '要限制费用，先设置价格，例如 "0.15 0.60"'))
        return ModelWriter(chat, Verifier(self.encoder), max_tokens, price, max_cost, on_live)

    def citation_graph(self) -> CitationGraph:
        """Which works of the library cite which, by their reference lists, and the order to read them in."""
        from kb.survey.citing import citation_graph

        with self.reading() as view:
            return citation_graph([view.document(info.id) for info in view.documents()], work=view.works().work)

    # --- health

    def doctor(self, *, llm: bool = False) -> Check:
        """What this installation has, and what is wrong with it. llm: asks the language model for a word as well."""
        from kb.health import doctor

        check = doctor(self.settings, self._store, self.encoder, self._readers)
        return Check((*check.findings, *self.test_model())) if llm else check

    def test_model(self, endpoint: Endpoint | None = None) -> tuple[Finding, ...]:
        """Whether the language model that is set (or this one) answers, and if not, exactly why."""
        from kb.answer.written import check_model

        return check_model(self.settings, endpoint)


def _found(question: str, view: View, finder: Finder, *, for_model: bool) -> tuple[Answer, Evidence | None]:
    """The answer without a model, and the evidence that a model may write from."""
    parts = two_parts(question)
    told = joined(question, *(_found(part, view, finder, for_model=False)[0] for part in parts)) if parts else None
    if told is not None:
        return told, finder.find(question) if for_model else None
    found = study(question, view, finder)
    if found is not None and found.route == "comparison":  # a model is given its whole passages
        return found, finder.find(question) if for_model else None
    if found is not None and (found.status != "not_found" or found.route not in _MAY_BE_SAID):
        return found, None
    evidence = finder.find(question)
    told = answer(evidence, finder)
    if found is None:
        return told, evidence
    # not sure: the sentence was asked for a fact that its document does not record
    return (replace(told, status="weak"), evidence) if told.status == "found" else (found, None)
