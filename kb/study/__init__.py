"""Questions over whole works: who and when, who cites whom, summaries, comparisons, lists, and tables out of many
papers. Its files are in kb/README.md.

`study` answers a question that asks something of the library itself, and leaves the others to sentences.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from kb.study.intents import read_intent, read_which

if TYPE_CHECKING:
    from kb.answer.evidence import Finder
    from kb.store import View
    from kb.types import Answer


def study(question: str, view: View, finder: Finder, *, today: date | None = None) -> Answer | None:
    """The answer to a question that asks something of the library itself; None where sentences have to answer it.

    today: what "last month" is counted from. Errors: QuestionError, NothingIndexed, EncoderError.
    """
    from kb.answer.retrieve import check_question

    check_question(question)
    intent = read_intent(question, today) or read_which(question)
    if intent is None:
        return None
    # most questions are none of these, and no other command needs the ways: they take .1 s to load
    from kb.study.naming import Naming
    from kb.study.question import Study
    from kb.study.ways import answered

    return answered(Study(question, intent, view, finder, Naming(view)))
