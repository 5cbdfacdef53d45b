"""A question that is asked: its answer is read while the page is drawn; where it may stand is shown if it takes longer
than a moment.

An answer that comes within a moment stands there alone: places that flash by would only unrest the eye. What was only
found is never left standing: the answer takes its place.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import streamlit as st
from kb_app.answers import place_of
from kb_app.components import answer_text
from kb_app.i18n import t
from kb_app.scope_bar import chosen
from kb_app.state import library

from kb import Answer, Citation, KBError, KnowledgeBase
from kb.types import Turn

_MOMENT = 0.25  # seconds
# In the order in which they were asked, so many at a time: the first are there early, and the last no later for it.
_readers = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "answers")
_models = ThreadPoolExecutor(32, "models")  # a language model may be asked first what is meant: nobody waits for that


class Asked:
    """A question whose answer is read from now on, in a thread beside the page's run.

    answers: for a language model, those that follow the first.
    """

    def __init__(self, question: str, rewritten: str | None, without: Sequence[str], before: Sequence[Turn]) -> None:
        """rewritten: what to ask instead, as it stands; without: other names that are not to be searched; before: the
        conversation that the question goes on with."""
        self.question, self._without, self._scope = question, without, chosen()
        self.uses_model, self._deep = bool(st.session_state.get("use_llm")), bool(st.session_state.get("use_deep"))
        self._as_it_stands = rewritten or question
        self.answers: Generator[Answer, None, None] | None = None
        pool = _models if self.uses_model else _readers
        self._reading = pool.submit(partial(self._read, library(), () if rewritten else before))

    def is_there(self) -> bool:
        """Whether the answer, or its error, is there within a moment."""
        return bool(wait([self._reading], _MOMENT).done)

    def wait(self) -> None:
        """Until it is there."""
        wait([self._reading])

    def first(self) -> Answer:
        """The answer, a model's sentences not yet in it. Errors: as `condense` and `ask`."""
        return self._reading.result()

    def close(self) -> None:
        """Ends what a model writes."""
        self.wait()
        if self.answers is not None:
            self.answers.close()

    def _read(self, base: KnowledgeBase, before: Sequence[Turn]) -> Answer:
        if before:
            self._as_it_stands = base.condense(self.question, before, llm=self.uses_model)
        if not self.uses_model:
            return base.ask(self._as_it_stands, scope=self._scope, without=self._without)
        self.answers = base.stream(self._as_it_stands, deep=self._deep, scope=self._scope, without=self._without)
        return next(self.answers)

    def show_found(self, turn: int) -> None:
        """Draws the places in which the answer may stand, under a line that says what they are. A screen reader is told
        of the answer alone."""
        try:
            found = library().glimpse(self._as_it_stands, scope=self._scope, without=self._without)
        except KBError:  # the answer will say which
            return
        if found:
            st.caption(t("found_first"))
            answer_text({"claims": [_place(place) for place in found], "sides": [], "stacked": True, "said": [],
                         "unread": True}, key=f"found{turn}")


def _place(place: Citation) -> dict[str, object]:
    return {"text": place.quote, "subject": place_of(place), "lead": False, "chips": [], "before": "", "after": ""}
