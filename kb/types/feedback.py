"""What a reader says of answers: right, or wrong and where the answer stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kb.types.answer import Support
from kb.types.record import Record


@dataclass(frozen=True, slots=True)
class Feedback(Record):
    """A reader's word on the answer to a question. made: ISO time, UTC.  status: as it was answered.

    quote: the words that answer it, as they stand in the document (its id); "" where nothing is known to, or where the
    document was removed.  is_absent: the library has no answer.
    """

    id: str
    made: str
    question: str
    is_right: bool
    status: Support
    quote: str = ""
    document: str = ""
    is_absent: bool = False

    @property
    def line(self) -> dict[str, Any] | None:
        """As a line of a file of questions for `kb eval`; None where it does not say what answers."""
        if self.quote:
            return {"question": self.question, "quote": self.quote}
        return {"question": self.question} if self.is_absent else None
