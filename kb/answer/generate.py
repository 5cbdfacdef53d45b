"""Let a language model write the answer, and keep only what its evidence supports.

Reads: a question and the passages found for it.  Gives: Written, again and again while the text comes; the last one is
the whole. The passages stand in numbered blocks inside a random boundary; the model has no tools; verify.py has the
last word on every sentence.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from kb.answer.evidence import Evidence
from kb.answer.prompts import ANSWER_SYSTEM, ANSWER_USER, CELL, NO_ANSWER, RECORDS, VERSION
from kb.answer.quotes import GetDocument
from kb.errors import KBError, ModelError, PromptTooLong, as_notice
from kb.llm.chat import ChatModel, Message
from kb.llm.reply import MAX_CHARACTERS, Reply
from kb.text import CJK, guess_language, one_line, trim
from kb.types import Answer, CellEvidence, Citation, Claim, Hit, Language, RecordPlace, Written, WrittenSentence
from kb.verify.bound import Work, given_to_another
from kb.verify.cited import CitedSentence, read_cited
from kb.verify.sentences import Quote, Verdict, Verifier

MAX_EVIDENCE = 8
MAX_TOKENS = 1024  # of an answer; a quarter of a small context
Price = tuple[float, float]  # of a million tokens, in and out

_GROWS = 100  # the text is looked at again when it has grown by one part in so many
_LONGEST = 2000  # characters of a sentence; what is longer is none, and some checks would take seconds for it
_MARK_TOKENS = 24  # of what stands over a piece of evidence
_MARK_IN_TEXT = re.compile(r"[\[【［](\s*[-^]?\d[\d\s,，、;-]*)[\]】］]")
_BOUNDARY_LIKE = re.compile(r"<<+|>>+|＜＜+|＞＞+")


class LLMGenerator:
    """Writes with a model and checks with code. price: to record what an answer cost.  seconds: for all of it, the
    checking included."""

    def __init__(self, model: ChatModel, verifier: Verifier, documents: GetDocument, price: Price | None = None,
                 seconds: float = 120.0) -> None:
        self._model, self._verifier, self._documents, self._price = model, verifier, documents, price
        self._seconds = seconds

    def write(self, question: str, language: Language, evidence: Sequence[Citation],
              records: Sequence[Claim] = (), *, cells: Sequence[CellEvidence] = (), streams: bool,
              seconds: float | None = None) -> Iterator[Written]:
        """The answer as it comes. Never raises ModelError: a fault ends it with what was there and `problem`. Nothing
        is asked without evidence. records: claims made of what the library records, as further evidence; cells: of a
        table; seconds: fewer than usual."""
        written = Written(model=self._model.name, prompt_version=VERSION)
        if not evidence and not records and not cells:
            yield replace(written, abstained=True, is_complete=True)
            return
        budget = self._model.context_tokens
        started = time.monotonic()
        deadline = started + min(seconds or self._seconds, self._seconds)
        for attempt in (1, 2):
            said = _first_of([claim.text for claim in records], budget // 4)
            shown = _first_of([cell.held for cell in cells], budget // 4)
            left = budget - sum(count_tokens(text) + _MARK_TOKENS for text in (*said, *shown))
            given = fitting(question, language, evidence[:MAX_EVIDENCE], left) if evidence else []
            written = replace(written, evidence=tuple(given), records=tuple(records[:len(said)]),
                              cells=tuple(cells[:len(shown)]))
            try:
                yield from self._written(written, question, language, streams, deadline)
                return
            except ModelError as error:
                # the endpoint takes less than we were told: once more with half of it
                if isinstance(error, PromptTooLong) and attempt == 1:
                    budget //= 2
                    continue
                yield replace(written, problem=as_notice(error), seconds=round(time.monotonic() - started, 3))
                return

    def _written(self, written: Written, question: str, language: Language, streams: bool,
                 deadline: float) -> Iterator[Written]:
        messages = build_messages(question, language, written.evidence, written.records, written.cells)
        judged = _Judged(written, self._verifier, self._documents, deadline)
        text, started, late = "", time.monotonic(), ModelError("LLM_TIMEOUT", limit=f"{self._seconds:g}")
        try:
            if streams:
                reply: Reply | None = None
                with contextlib.closing(
                        self._model.stream(messages, max_tokens=reply_tokens(self._model.context_tokens))) as stream:
                    seen, shown = 0, written
                    while reply is None:
                        piece, reply = _next(stream)
                        text += piece[:MAX_CHARACTERS - len(text)]
                        if time.monotonic() > deadline:
                            raise late
                        if len(text) > seen + seen // _GROWS:  # so that all looks together are linear
                            seen = len(text)
                            is_none = NO_ANSWER.startswith(text.strip()[: len(NO_ANSWER)])
                            shown = written if is_none else judged.so_far(written, text)
                        yield shown
            else:
                reply = self._model.chat(messages, max_tokens=reply_tokens(self._model.context_tokens),
                                         seconds=max(0.1, deadline - time.monotonic()))
                text = reply.text[:MAX_CHARACTERS]
        except ModelError as error:
            if not text.strip():
                raise
            yield replace(judged.whole(written, text), problem=as_notice(error),
                          seconds=round(time.monotonic() - started, 3))
            return
        found = judged.whole(written, text)
        fault = late if judged.is_late else ModelError("LLM_INCOMPLETE") if reply.finish == "length" else None
        yield replace(found, is_complete=fault is None, model=reply.model, prompt_tokens=reply.prompt_tokens,
                      completion_tokens=reply.completion_tokens, seconds=reply.seconds,
                      cost=cost_of(reply, self._price), problem=as_notice(fault) if fault else None)


def _next(stream: Generator[str, None, Reply]) -> tuple[str, Reply | None]:
    try:
        return next(stream), None
    except StopIteration as end:
        reply: Reply = end.value
        return "", reply


class _Judged:
    """The sentences of one answer, each judged once, until the deadline: those behind the first that could not be
    judged in time are left out, and `is_late` says so."""

    def __init__(self, given: Written, verifier: Verifier, documents: GetDocument, deadline: float) -> None:
        self._deadline, self.is_late = deadline, False
        self._evidence, self._records, self._cells = given.evidence, given.records, given.cells
        self._verifier, self._documents = verifier, documents
        self._quotes = [Quote(item.quote, " ".join((item.title, *item.section)), item.language)
                        for item in given.evidence]
        self._quotes += [Quote(claim.text, "", guess_language(claim.text)) for claim in given.records]
        self._quotes += [Quote(cell.held, " ".join(cell.names), guess_language(cell.held)) for cell in given.cells]
        self._works = _works(given)
        self._known: dict[CitedSentence, WrittenSentence] = {}

    def so_far(self, written: Written, text: str) -> Written:
        *settled, last = read_cited(text, is_whole=False) or [CitedSentence("", ())]
        return self._with(written, settled, "" if NO_ANSWER in last.text else last.text)

    def whole(self, written: Written, text: str) -> Written:
        found = self._with(written, [s for s in read_cited(text) if NO_ANSWER not in s.text], "")
        return replace(found, abstained=not any(s.state == "verified" for s in found.sentences))

    def _with(self, written: Written, sentences: Sequence[CitedSentence], draft: str) -> Written:
        for i, sentence in enumerate(sentences):
            if sentence in self._known:
                continue
            if time.monotonic() > self._deadline:
                self.is_late, sentences = True, sentences[:i]
                break
            self._known[sentence] = self._judge(sentence)
        ghosts = sum(not 1 <= number <= len(self._quotes) for sentence in sentences for number in sentence.ids)
        return replace(written, sentences=tuple(self._known[sentence] for sentence in sentences), draft=draft,
                       n_ghosts=ghosts)

    def _judge(self, sentence: CitedSentence) -> WrittenSentence:
        """What the model cited is looked at first; if that does not hold, whether any other evidence does."""
        if len(sentence.text) > _LONGEST:
            return WrittenSentence(one_line(sentence.text, _LONGEST), "dropped", (), ("words",), breaks=sentence.breaks)
        ids = [number - 1 for number in sentence.ids if 1 <= number <= len(self._quotes)]
        cited = self._verifier.check(sentence.text, [self._quotes[i] for i in ids])
        if wrong := given_to_another(sentence.text, self._works):
            return WrittenSentence(sentence.text, "unsupported" if ids else "dropped", (), ("another's",), wrong,
                                   breaks=sentence.breaks)
        if ids and cited.is_supported:
            alone = [(i, self._verifier.check(sentence.text, [self._quotes[i]])) for i in ids]
            held = [pair for pair in alone if pair[1].is_supported] or alone  # only together they say all of it
            places = [self._place(i, verdict) for i, verdict in held]
            citations = tuple(dict.fromkeys(place for place in places if place is not None))
            records = tuple(place for i, _ in held for place in self._recorded(i))
            if citations or records:
                return WrittenSentence(sentence.text, "verified", citations, breaks=sentence.breaks, records=records)
        checks = [(i, self._verifier.check(sentence.text, [quote])) for i, quote in enumerate(self._quotes)]
        # What one passage denies is not saved by another, and across languages the checks are too loose to put a wrong
        # number or name right.
        is_strict = bool(ids) and bool(set(cited.reasons) - {"words", "meaning"})
        fits = [
            (verdict.coverage + (verdict.cosine or 0), i, verdict)
            for i, verdict in checks
            if verdict.is_supported and not (is_strict and self._quotes[i].language != guess_language(sentence.text))
        ]
        best = (
            max(fits, key=lambda item: item[:2], default=None)
            if not any(verdict.reasons == ("negation",) for _, verdict in checks)
            else None
        )
        place = self._place(best[1], best[2]) if best else None
        recorded = self._recorded(best[1]) if best else ()
        if recorded:
            return WrittenSentence(sentence.text, "verified", (), attributed="check", breaks=sentence.breaks,
                                   records=recorded)
        if place is not None:
            return WrittenSentence(sentence.text, "verified", (place,), attributed="check", breaks=sentence.breaks)
        if ids:
            return WrittenSentence(sentence.text, "unsupported", (), cited.reasons, cited.missing,
                                   breaks=sentence.breaks)
        closest = max((verdict for _, verdict in checks), key=lambda verdict: verdict.coverage + (verdict.cosine or 0))
        return WrittenSentence(sentence.text, "dropped", (), closest.reasons, closest.missing, breaks=sentence.breaks)

    def _recorded(self, i: int) -> tuple[RecordPlace, ...]:
        """What a piece of evidence records; nothing for a passage or a cell."""
        of_records = range(len(self._evidence), len(self._evidence) + len(self._records))
        return self._records[i - of_records.start].records if i in of_records else ()

    def _place(self, i: int, verdict: Verdict) -> Citation | None:
        """The very sentence that supports, as a citation, or the place of the cell; None for a record, and if the
        document says something else there by now."""
        of_cells = len(self._evidence) + len(self._records)
        if len(self._evidence) <= i < of_cells:
            return None
        item = self._evidence[i] if i < of_cells else self._cells[i - of_cells].citation
        if verdict.place is None:
            return None
        try:
            document = self._documents(item.document)
        except KBError:  # removed while the model wrote
            return None
        if i >= of_cells:
            return item if document.text[item.start:item.end] == item.quote else None
        start, end = trim(document.text, item.start + verdict.place[1], item.start + verdict.place[2])
        if document.text[item.start:item.end] != item.quote or start >= end:
            return None
        return replace(item, start=start, end=end, quote=document.text[start:end], page=document.page_at(start))


def _works(given: Written) -> list[Work]:
    """The works of the cells, each with all that is given of it."""
    documents = dict.fromkeys(cell.citation.document for cell in given.cells)
    found = []
    for document in documents:
        own = [cell for cell in given.cells if cell.citation.document == document]
        quotes = [item.quote for item in given.evidence if item.document == document]
        quotes += [claim.text for claim in given.records if any(p.document == document for p in claim.records)]
        found.append(Work(tuple(dict.fromkeys(name for cell in own for name in cell.names)),
                          tuple(cell.value for cell in own),
                          "\n".join((*(cell.held for cell in own), *(cell.citation.quote for cell in own), *quotes))))
    return found


# --- evidence


def gather(answer: Answer, evidence: Evidence | None) -> list[Citation]:
    """What a model is given: the passages that hold the answer's quotes, best first, then the others as the reader
    ranked them; without evidence, of an answer about whole works, its quotes. Nothing where there is no answer."""
    if answer.status == "not_found":
        return []
    if evidence is None:
        return [replace(claim.citations[0], before="", after="", terms=(), answer=None)
                for claim in answer.claims if claim.citations][:MAX_EVIDENCE]
    found = {(item.document, item.start): item for item in quoted(answer, evidence)}
    for hit in evidence.passages():
        found.setdefault((hit.document, hit.start), as_evidence(hit))
    return list(found.values())[:MAX_EVIDENCE]


def quoted(answer: Answer, evidence: Evidence) -> list[Citation]:
    """The passages that hold the quotes of an answer; of a quote that stands in several, the first."""
    hits = list(evidence.all_hits())
    found: dict[tuple[str, int], Citation] = {}
    for c in (claim.citations[0] for claim in answer.claims if claim.citations):
        hit = next((hit for hit in hits if hit.document == c.document and hit.start <= c.start and c.end <= hit.end),
                   None)
        item = as_evidence(hit) if hit else replace(c, before="", after="", terms=(), answer=None)
        found.setdefault((item.document, item.start), item)
    return list(found.values())


def as_evidence(hit: Hit) -> Citation:
    """A passage as a place that can be cited."""
    return Citation(hit.document, hit.title, hit.path, hit.page, hit.start, hit.end, hit.text, hit.score, hit.section,
                    hit.language, is_gone=hit.is_gone, recognised=hit.recognised)


def build_messages(question: str, language: Language, evidence: Sequence[Citation],
                   records: Sequence[Claim] = (), cells: Sequence[CellEvidence] = ()) -> list[Message]:
    """System and user message. The boundary is random for every request, so no document can end its block or begin
    another."""
    boundary = secrets.token_hex(8)
    blocks = "\n\n".join(f"[{n}] {one_line(' › '.join((item.title, *item.section)), 160)}\n{as_data(item.quote)}"
                         for n, item in enumerate(evidence, 1))
    blocks += "".join(f"\n\n[{n}] {RECORDS[language]}\n{as_data(claim.text)}"
                      for n, claim in enumerate(records, len(evidence) + 1))
    blocks += "".join(f"\n\n[{n}] {CELL[language]}\n{as_data(cell.held)}"
                      for n, cell in enumerate(cells, len(evidence) + len(records) + 1))
    return [
        Message("system", ANSWER_SYSTEM[language].format(boundary=boundary, no_answer=NO_ANSWER)),
        Message("user", ANSWER_USER[language].format(boundary=boundary, evidence=blocks, question=as_data(question))),
    ]


def as_data(text: str) -> str:
    """Text from outside without what looks like our own marks: [3] becomes (3), << becomes <."""
    return _BOUNDARY_LIKE.sub(lambda found: found[0][0], _MARK_IN_TEXT.sub(r"(\1)", text))


def count_tokens(text: str) -> int:
    """A safe guess of a text's tokens in any model: a Chinese character may be one or two, an English word a little
    over one."""
    n_chinese = len(re.findall(f"[{CJK}，。、；：？！“”（）《》]", text))
    return int(1.2 * n_chinese + (len(text) - n_chinese) / 3) + 4


def reply_tokens(context_tokens: int) -> int:
    return min(MAX_TOKENS, context_tokens // 4)


def fitting(question: str, language: Language, evidence: Sequence[Citation], context_tokens: int) -> list[Citation]:
    """As much of the evidence, best first, as the context takes beside prompt and reply; the first piece in any case,
    cut if it has to be."""
    left = (
        context_tokens
        - reply_tokens(context_tokens)
        - sum(count_tokens(message.content) for message in build_messages(question, language, ()))
        - 64
    )
    given: list[Citation] = []
    for item in evidence:
        needed = count_tokens(item.quote) + count_tokens(one_line(" › ".join((item.title, *item.section)), 160)) + 8
        if needed <= left:
            given.append(item)
            left -= needed
        elif not given:
            kept = max(80, len(item.quote) * max(0, left) // needed)
            given.append(replace(item, end=min(item.end, item.start + kept), quote=item.quote[:kept]))
            left = 0
    return given


def _first_of(texts: Sequence[str], tokens: int) -> list[str]:
    """The first texts that have room."""
    given: list[str] = []
    for text in texts:
        tokens -= count_tokens(text) + _MARK_TOKENS
        if tokens < 0:
            break
        given.append(text)
    return given


def cost_of(reply: Reply, price: Price | None) -> float | None:
    """None where the price is not set or the endpoint does not count tokens."""
    if price is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return round((reply.prompt_tokens * price[0] + reply.completion_tokens * price[1]) / 1e6, 6)
