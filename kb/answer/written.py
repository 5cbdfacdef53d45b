"""The language model of a library: opened from the settings, asked beside the quotes, tested. base/ loads this when a
model is wanted.

Reads: an extractive answer, its evidence, and a way to find more.  Gives: the answer again and again, with `written` as
it grows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from kb.answer.deep import Budget, deepen
from kb.answer.evidence import Evidence, Finder
from kb.answer.generate import LLMGenerator, gather, quoted
from kb.config import Settings, parse_price
from kb.errors import KBError, ModelError, NoModel, as_finding, as_notice
from kb.llm.chat import ChatModel, OpenAIChat, diagnose
from kb.llm.endpoint import Endpoint, Secret, load_endpoint
from kb.text import one_line
from kb.types import Answer, CellEvidence, Encoder, Finding, Written
from kb.verify.sentences import Verifier

log = logging.getLogger(__name__)


def open_model(settings: Settings) -> ChatModel:
    """The model that is set. Errors: ModelError LLM_UNSET, SettingError."""
    endpoint = load_endpoint()
    if endpoint is None:
        raise NoModel("LLM_UNSET")
    return OpenAIChat(endpoint, seconds=settings.llm_seconds, context_tokens=settings.llm_context)


def write(found: Answer, evidence: Evidence | None, finder: Finder, encoder: Encoder, settings: Settings,
          llm: ChatModel | None, *, deep: bool, streams: bool,
          cells: Callable[[], Sequence[CellEvidence]] = tuple) -> Generator[Answer, None, None]:
    """The extractive answer with what a model writes beside it. llm: None for the model of the settings.

    evidence: None for an answer about whole works, whose quotes and records are the evidence then.
    cells: gives the cells of a table that are evidence too; looked for only once there is a model to ask.
    Where the answer is "not_found", no model is asked. A missing model is a notice, and so is whatever a caller's own
    model raises: the quotes stand in any case.
    """
    try:
        model = llm or open_model(settings)
    except ModelError as error:
        yield replace(found, written=Written(problem=as_notice(error)))
        return
    seconds = min(settings.llm_seconds, model.seconds if isinstance(model, OpenAIChat) else settings.llm_seconds)
    generator = LLMGenerator(model, Verifier(lambda: encoder), finder.document, parse_price(settings.llm_price),
                             seconds)
    if deep and evidence is not None and found.status != "not_found":
        pieces = deepen(found, quoted(found, evidence), model, finder.find, generator,
                        Budget(seconds=seconds), streams=streams)
    else:
        records = [claim for claim in found.claims if claim.records] if found.status != "not_found" else []
        shown = cells() if found.status != "not_found" else ()
        pieces = generator.write(found.question, found.language, gather(found, evidence), records, cells=shown,
                                 streams=streams)
    last = Written()
    try:
        for last in pieces:
            yield replace(found, written=last)
    except Exception as error:  # of any kind: the quotes are there, and are not lost for what a model did
        log.warning("the language model failed", exc_info=llm is not None)  # a trace may hold what was sent
        failure = error if isinstance(error, KBError) else ModelError(
            "LLM_FAILED", detail=one_line(f"{type(error).__name__}: {error}", 300) if llm else type(error).__name__)
        yield replace(found, written=replace(last, is_complete=False, problem=as_notice(failure)))


def endpoint_with(url: str, model: str, key: str) -> Endpoint:
    """An endpoint from what a reader typed; without a key the saved one is taken, if it belongs to this very address.
    Errors: SettingError."""
    found = Endpoint(url, model, Secret(key))
    saved = load_endpoint() if not key else None
    return replace(found, key=saved.key) if saved is not None and saved.url == found.url else found


def check_model(settings: Settings, endpoint: Endpoint | None) -> tuple[Finding, ...]:
    """Whether the model that is set (or this one) answers, and if not, exactly why."""
    try:
        endpoint = endpoint or load_endpoint()
        if endpoint is None:
            raise NoModel("LLM_UNSET")
    except KBError as error:
        return (as_finding("language model", error),)
    return diagnose(endpoint, seconds=min(60.0, settings.llm_seconds))
