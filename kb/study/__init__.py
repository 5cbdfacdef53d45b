"""Questions over whole works: who and when, who cites whom, summaries, comparisons, lists, and tables out of many
papers. Its files are in kb/README.md.

`study` answers a question that asks something of the library itself, and leaves the others to sentences.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from kb.study.intents import LibraryIntent, read_form, read_intent, read_which

if TYPE_CHECKING:
    from kb.answer.evidence import Finder
    from kb.store import View
    from kb.types import Answer

_LONG_TITLE = 8  # characters, under which a title may be a word of any text


def study(question: str, view: View, finder: Finder, *, today: date | None = None) -> Answer | None:
    """The answer to a question that asks something of the library itself; None where sentences have to answer it.

    today: what "last month" is counted from. Errors: QuestionError, NothingIndexed, EncoderError.
    """
    from kb.answer.retrieve import check_question

    check_question(question)
    intent = read_intent(question, today) or read_which(question) or _if_titled(question, view, today)
    if intent is None:
        return None
    # most questions are none of these, and no other command needs the ways: they take .1 s to load
    from kb.study.naming import Naming
    from kb.study.question import Study
    from kb.study.ways import answered

    return answered(Study(question, intent, view, finder, Naming(view)))


def _if_titled(question: str, view: View, today: date | None) -> LibraryIntent | None:
    """A question for a part of a summary of what is not written like a name, but is the whole title of a work here."""
    form = read_form(question, today)
    if form is None or form.kind != "summary" or len(form.names[0].text) < _LONG_TITLE:
        return None
    from kb.study.naming import Naming

    is_title = Naming(view).works(form.names[0]).by == "title"
    return replace(form, names=(replace(form.names[0], says_work=True),), is_sure=True) if is_title else None
