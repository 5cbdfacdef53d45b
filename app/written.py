"""What a language model wrote: live while it comes, then sentence by sentence with chips, its steps, and what went
wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st
from kb_app.components import written_text
from kb_app.i18n import beside, commas, language, listing, t
from kb_app.state import full
from kb_app.view import safe

from kb import Answer, Citation
from kb.text import one_line
from kb.types import Step, Written, WrittenSentence

Numbered = dict[tuple[str, int], tuple[int, Citation]]
_REDRAW = 0.12  # seconds between two pictures of a text that comes


def number(answer: Answer) -> Numbered:
    """Each place the answer cites and its number: the claims' own first, then what the model cites beyond them."""
    numbers = dict(answer.numbers)
    written = [c for s in (answer.written.sentences if answer.written else ()) for c in s.citations]
    numbered: Numbered = {}
    for citation in (*(c for claim in (*answer.claims, *answer.otherwise) for c in claim.citations), *written):
        key = citation.document, citation.start
        numbered.setdefault(key, (numbers.setdefault(key, len(numbers) + 1), citation))
    return numbered


def follow(answers: Iterator[Answer]) -> Iterator[Answer]:
    """Passes the answers on and shows the text as it comes. A press of Stop ends the run of the page at the next
    picture."""
    place, drawn = st.empty(), 0.0
    for answer in answers:
        yield answer
        if time.monotonic() - drawn < _REDRAW:
            continue
        drawn = time.monotonic()
        written = answer.written
        if written is None or not (written.sentences or written.draft):
            step = written.steps[-1] if written and written.steps else None
            place.caption(t("model_reads") + (f" · {_step(step)}" if step else ""))
            continue
        numbered = number(answer)
        parts = [_live(sentence, numbered) for sentence in written.sentences if sentence.state != "dropped"]
        if written.draft:
            parts.append(f":gray[{safe(written.draft, 2000)}]")
        place.markdown(" ".join(parts))


def _live(sentence: WrittenSentence, numbered: Numbered) -> str:
    marks = "".join(safe(f"[{numbered[c.document, c.start][0]}]") for c in sentence.citations)
    text = safe(sentence.text, 2000)
    return f"{text} {marks}" if marks or sentence.records else f":gray[{text}]"


def show(written: Written, numbered: Numbered, spaces: bool, key: str,
         numbers: Mapping[tuple[str, int], int]) -> int | None:
    """Draws what was written; gives the number of the chip that was pressed, or None. numbers: of the claims' places,
    for what rests on records."""
    pressed = None
    if written.steps:
        with st.expander(t("steps", n=len(written.steps)), expanded=not written.sentences):
            for step in written.steps:
                st.caption(_step(step))
    if written.sentences or written.draft:
        st.caption(t("model_wrote", model=safe(one_line(written.model, 60))))
        place = st.session_state.get("source")
        sentences = [_drawn(s, numbered, place, numbers) for s in written.sentences if s.state != "dropped"]
        if written.draft:  # where it was stopped
            note = beside(t("unchecked"))
            sentences.append({"text": f"{written.draft} …", "breaks": False, "note": note, "chips": []})
        pressed = written_text({"sentences": sentences, "spaces": spaces}, key=key)
    states = Counter(s.state for s in written.sentences)
    if written.problem is not None:
        message, hint = written.problem.describe(language())
        st.warning(f"{safe(full(message), 400)}  \n{safe(full(hint), 400)}  \n{t('quotes_stand')}")
    elif not written.is_complete:
        st.warning(t("model_stopped"))
    elif written.abstained:
        st.info(t("model_abstains") if written.was_asked else t("model_not_asked"))
    if states:
        said = [_counts(states, written.n_ghosts)]
        if written.prompt_tokens:
            tokens = written.prompt_tokens + (written.completion_tokens or 0)
            said.append(t("model_used", tokens=tokens, seconds=f"{written.seconds:.1f}"))
        if written.cost is not None:
            said.append(safe(f"{written.cost:.6f}"))
        st.caption(" · ".join(said))
    dropped = [s.text for s in written.sentences if s.state == "dropped"]
    if dropped:
        with st.expander(t("model_dropped", n=len(dropped))):
            for text in dropped:
                st.caption(safe(text, 1000))
    return pressed


def _counts(states: Counter[str], n_ghosts: int) -> str:
    """How many sentences hold, and how many do not, where there are such."""
    said = [t("model_verified", n=states["verified"])]
    if states["unsupported"]:
        said.append(t("model_unsupported", n=states["unsupported"]))
    if states["dropped"]:
        said.append(t("model_n_dropped", n=states["dropped"]))
    if n_ghosts:
        said.append(t("model_ghosts", n=n_ghosts))
    return commas(said)


def _drawn(sentence: WrittenSentence, numbered: Numbered, place: dict[str, Any] | None,
           numbers: Mapping[tuple[str, int], int]) -> dict[str, Any]:
    """A sentence as the component wants it; place: the source that is open."""
    chips = [{
        "number": numbered[c.document, c.start][0],
        "title": one_line(c.title, 120),
        "open": place is not None and (place["document"], place["start"]) == (c.document, c.start),
    } for c in sentence.citations]
    recorded = {item.key: item.title for item in sentence.records if item.key in numbers}
    chips += [{"number": numbers[key], "title": one_line(title, 120), "open": False} for key, title in recorded.items()]
    note = "" if sentence.state == "verified" else beside(_why(sentence))
    return {"text": sentence.text, "breaks": sentence.breaks, "note": note, "chips": chips}


def _why(sentence: WrittenSentence) -> str:
    if sentence.missing:
        return t("no_support_for", what=listing(one_line(item, 40) for item in sentence.missing))
    return t("contradicted") if "negation" in sentence.reasons else t("no_support")


def _step(step: Step) -> str:
    items = safe(" · ".join(step.items), 400)
    kinds = {"plan": t("step_plan"), "search": t("step_search"), "score": t("step_score"), "decide": t("step_decide"),
             "write": t("step_write"), "stop": t("step_stop")}
    colon = ": " if step.text and items else ""
    return f"{kinds[step.kind]} {safe(step.text, 200)}{colon}{items}"
