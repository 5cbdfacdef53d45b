"""What the reader says of answers: right, wrong, where the answer stands; kept in the library, which is judged by it.

Reads, writes: the library's feedback.  Gives: Feedback. judging.py asks its questions again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from kb.base.questions import Questions
from kb.errors import FeedbackError, UnknownFeedback
from kb.store import View
from kb.text import one_line
from kb.types import Answer, Feedback


class Judged(Questions):
    """A library with what its reader said of its answers."""

    def judge(self, answer: Answer, is_right: bool, *, quote: str = "", is_absent: bool = False) -> Feedback:
        """Keeps whether an answer is right, instead of what was said before of this question.

        Right: its first quote answers the question, or nothing does where it found nothing. Wrong: `quote` has the
        words of a document that do answer it; is_absent: nothing in the library does; neither: only that it is wrong.
        Errors: FeedbackError E_FEEDBACK_QUOTE for words that stand nowhere, QuestionError Q_SHORT, LibraryError E_BUSY.
        """
        document = ""
        if quote.strip():
            found = self.where(quote, k=1).places
            if not found:
                raise FeedbackError("E_FEEDBACK_QUOTE", quote=one_line(quote, 80))
            quote, document, is_absent = found[0].text, found[0].document, False
        elif is_right:
            cited = [c for claim in answer.claims[:1] for c in claim.citations[:1]]
            quote, document = (cited[0].quote, cited[0].document) if cited else ("", "")
            is_absent = answer.status == "not_found"
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._store.write("log") as writer, writer.together():
            known = next((one for one in writer.feedback.all() if _key(one.question) == _key(answer.question)), None)
            said = Feedback(known.id if known else secrets.token_hex(4), now, answer.question, is_right, answer.status,
                            quote.strip(), document, is_absent)
            writer.feedback.put(said)
        return said

    def feedback(self) -> tuple[Feedback, ...]:
        """What was said of answers, the first one first; nothing for a library that does not exist yet."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return tuple(view.feedback.all())

    def feedback_lines(self) -> list[dict[str, object]]:
        """What was said of answers as lines of a file of questions, for `evaluate`, `calibrate` and `adapt_reader`: of
        all that says what answers."""
        return [line for said in self.feedback() if (line := said.line) is not None]

    def remove_feedback(self, feedback: str | Iterable[str]) -> tuple[Feedback, ...]:
        """Removes what was said, by ids or unambiguous beginnings; gives it as it was. Errors: UnknownFeedback before
        any is removed."""
        several = [feedback] if isinstance(feedback, str) else list(feedback)
        with self._store.write("log") as writer, writer.together():
            gone = list({one.id: one for one in (_one(writer, name) for name in several)}.values())
            writer.delete_kept(writer.feedback, [one.id for one in gone])
        return tuple(gone)


def _key(question: str) -> str:
    return " ".join(question.casefold().split())


def _one(view: View, name: str) -> Feedback:
    found = [one for one in view.feedback.all() if name and one.id.startswith(name)]
    found = [one for one in found if one.id == name] or found
    if len(found) != 1:
        raise UnknownFeedback("E_UNKNOWN_FEEDBACK", id=one_line(name, 80))
    return found[0]
