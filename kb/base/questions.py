"""Questions that stay: kept with their answers, asked again when the library has changed.

Reads, writes: the library's kept questions.  Gives: KeptQuestion, QuestionCheck. KnowledgeBase (__init__.py) answers.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from kb.base.catalogue import OnProgress, ignore
from kb.base.noting import Noting
from kb.base.places import compared
from kb.errors import LibraryError, UnknownQuestion
from kb.store import View
from kb.text import mend, one_line
from kb.types import Answer, Claim, KeptQuestion, Progress, QuestionCheck
from kb.version import __version__


class Questions(Noting):
    """A library with the questions that its reader has kept."""

    def ask(self, question: str) -> Answer:
        """The library's own answer; KnowledgeBase gives it."""
        raise NotImplementedError

    def keep_question(self, question: str) -> KeptQuestion:
        """Answers a question and keeps both; one that is kept already gets today's answer. Errors: QuestionError,
        NothingIndexed, LibraryError E_BUSY."""
        question = mend(question).strip()
        state, answer = self._state(), _to_keep(self.ask(question))
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._store.write("log") as writer, writer.together():
            known = next((one for one in writer.questions.all() if _key(one.question) == _key(question)), None)
            kept = KeptQuestion(known.id if known else secrets.token_hex(4), question, known.made if known else now,
                                now, answer, state)
            writer.questions.put(kept)
        return kept

    def questions(self) -> tuple[KeptQuestion, ...]:
        """The kept questions, the first one first; none for a library that does not exist yet."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return tuple(view.questions.all())

    def question(self, question: str) -> KeptQuestion:
        """A kept question by its id or an unambiguous beginning of it. Errors: UnknownQuestion, NothingIndexed."""
        with self.reading() as view:
            return _one(view, question)

    def unanswered(self, *, weak: bool = False) -> tuple[KeptQuestion, ...]:
        """The kept questions that the library has no answer to, as it was known last: what is left to read on; with
        weak also those with weak support alone."""
        open_ones = ("not_found", "weak") if weak else ("not_found",)
        return tuple(one for one in self.questions() if one.now.status in open_ones)

    def check_questions(self, questions: Iterable[str] = (), *, update: bool = False,
                        on_progress: OnProgress | None = None) -> tuple[QuestionCheck, ...]:
        """Asks kept questions (none given: all) again where documents came, went or changed since, and says what would
        now be answered otherwise. Nothing is asked where nothing has changed.

        update: today's answers are kept instead of the earlier ones; else these stay, and the next check tells again.
        Errors: UnknownQuestion before anything is asked.
        """
        with self.reading() as view:
            wanted = list({one.id: one for one in (_one(view, name) for name in questions)}.values()
                          ) or view.questions.all()
        told, found, changed = on_progress or ignore, [], []
        for n, kept in enumerate(wanted):
            told(Progress("question", n, len(wanted), kept.question))
            state = self._state()
            is_known = state in (kept.state, kept.latest_state)
            known = kept.answer if state == kept.state else kept.now
            answer = known if is_known else _to_keep(self.ask(kept.question))
            check = _compared_answers(kept, answer, was_asked=not is_known)
            found.append(check)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            if check.is_different and not update:
                after = replace(kept, latest=answer, latest_state=state)
            else:
                after = replace(kept, answer=answer, state=state, kept=now if check.is_different else kept.kept,
                                latest=None, latest_state="", n_gone=0)
            if after != kept:
                changed.append(after)
        self._keep_checked(changed, must=update)
        told(Progress("question", len(wanted), len(wanted)))
        return tuple(found)

    def _keep_checked(self, changed: Sequence[KeptQuestion], *, must: bool) -> None:
        """Remembers what was asked; one that was deleted or kept anew meanwhile stays so. Without `must` a library that
        cannot be written now is asked again next time."""
        if not changed or not must and not os.access(self.home, os.W_OK):
            return
        try:
            with self._store.write("log") as writer, writer.together():
                there = {one.id: one.kept for one in writer.questions.all()}
                for one in changed:
                    if one.id in there and there[one.id] <= one.kept:
                        writer.questions.put(one)
        except LibraryError as error:
            if must or error.code not in ("E_BUSY", "E_READONLY", "E_DISK"):
                raise

    def remove_questions(self, questions: str | Iterable[str]) -> tuple[KeptQuestion, ...]:
        """Removes kept questions; gives them as they were. Errors: UnknownQuestion before any is removed."""
        several = [questions] if isinstance(questions, str) else list(questions)
        with self._store.write("log") as writer, writer.together():
            gone = list({one.id: one for one in (_one(writer, name) for name in several)}.values())
            writer.delete_kept(writer.questions, [one.id for one in gone])
        return tuple(gone)

    def _state(self) -> str:
        """What an answer depends on, without loading anything: the library's generation, encoder, reader, version."""
        with self.reading() as view:
            encoder = view.encoder()
            return " ".join((str(view.generation()), encoder.fingerprint if encoder else "-", self.settings.reader,
                             "adapted" if self.is_reader_adapted else "shipped", __version__))


def _to_keep(answer: Answer) -> Answer:
    """Without what a model wrote, which is never the same, and without notes, which are kept by themselves."""
    return replace(answer, written=None, notes=())


def _compared_answers(kept: KeptQuestion, answer: Answer, *, was_asked: bool) -> QuestionCheck:
    before = {_of(claim): claim for claim in kept.answer.claims}
    after = {_of(claim): claim for claim in answer.claims}
    return QuestionCheck(kept.id, kept.question, kept.answer.status, answer.status,
                         tuple(claim for key, claim in after.items() if key not in before),
                         tuple(claim for key, claim in before.items() if key not in after), kept.n_gone, was_asked)


def _of(claim: Claim) -> tuple[str, str]:
    """What tells a claim from others: its words, whichever version of a document they stand in."""
    return claim.subject, compared(claim.text)


def _key(question: str) -> str:
    return " ".join(question.casefold().split())


def _one(view: View, question: str) -> KeptQuestion:
    found = [one for one in view.questions.all() if question and one.id.startswith(question)]
    found = [one for one in found if one.id == question] or found
    if len(found) != 1:
        raise UnknownQuestion("E_UNKNOWN_QUESTION", id=one_line(question, 80))
    return found[0]
