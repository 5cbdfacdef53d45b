"""The Ask page: questions, answers with citation chips, and the source they open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from kb_app.chats import Turn, as_kept, controls, keep, new_chat
from kb_app.components import answer_text, key_pressed
from kb_app.document import card
from kb_app.i18n import language, t
from kb_app.source_panel import source_panel
from kb_app.state import close_source, errors_shown, library, open_source, source_from_address
from kb_app.view import safe
from kb_app.written import Numbered, follow, number, show

from kb import Answer, Citation
from kb.text import one_line
from kb.types import Hit, RecordPlace, route_name

_AROUND = 700  # characters of a first claim with the sentences round it, up to which these are shown
_BESIDE = 2  # subjects of a comparison that stand beside each other; more stand one below the other
_MOST_NAMES = 6  # other names of what was asked about that are shown
_FEW = 3  # claims of an answer, up to which they are
# Shown while the library holds the bundled article.
_EXAMPLES = (
    "什么是知识蒸馏？",
    "剪枝和量化有什么区别？",
    "What is self-attention?",
    "What is the difference between GPTQ and AWQ?",
)


def page() -> None:
    """Draws the page."""
    source_from_address()
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    pressed = key_pressed("source" in st.session_state, key="keys")
    if pressed == "close" and "source" in st.session_state:
        close_source()
        st.rerun()
    if pressed == "new":
        new_chat()
        st.rerun()
    _keep_stopped(turns)
    status = None
    with errors_shown():
        status = library().status()
    if status is None:
        return
    if not status.documents:
        _empty()
        return
    question = st.chat_input(t("ask_input"), key="question", max_chars=8000) or st.session_state.pop("picked", None)
    exact = st.session_state.pop("rewritten", None)
    if "source" in st.session_state:
        chat, source = st.columns([6, 5], gap="large")
        with source:
            source_panel(_places(turns))
    else:
        chat = st.container()
    with chat:
        if question or exact:
            _chat(turns, status.documents, status.passages, is_asking=True)
            _ask(turns, *(exact or (question, None)), status.passages)
        else:
            _chat(turns, status.documents, status.passages)


def _ask(turns: list[Turn], question: str, rewritten: str | None, n_passages: int) -> None:
    """Answers a question: the library's own sentences at once, then the model's as they come. rewritten: what to ask
    instead, as it stands."""
    uses_model = bool(st.session_state.get("use_llm"))
    with st.chat_message("user"):
        st.markdown(safe(question, 8000))
    here = st.chat_message("assistant")
    for _ in range(3):  # in the places of the first page's examples, which would stay in view until the text has come
        st.empty()
    with here, errors_shown():
        with st.spinner(t("reading", passages=n_passages), show_time=False):
            asked = rewritten or library().condense(question, as_kept(turns), llm=uses_model)
            turns.append(Turn(question, None))
            if not uses_model:
                _settle(turns, library().ask(asked))
                st.rerun()
        st.button(t("stop"), key="stop_answer")
        answers = library().stream(asked, deep=bool(st.session_state.get("use_deep")))
        try:
            with st.spinner(t("reading", passages=n_passages), show_time=False):
                first = next(answers)
            turns[-1] = Turn(question, replace(first, asked=question if asked != question else ""))
            above, below = st.container(), st.container()
            with below:
                _quotes(first, number(first), len(turns) - 1, is_live=True)
            with above:
                for answer in follow(answers):
                    turns[-1] = Turn(question, replace(answer, asked=question if asked != question else ""))
                    st.session_state.is_live = True
        finally:
            answers.close()
    if turns and turns[-1].answer is not None:
        _settle(turns, turns[-1].answer)
        st.rerun()


def _settle(turns: list[Turn], answer: Answer) -> None:
    """The last turn is as it will stay: into the log with it."""
    st.session_state.pop("is_live", None)
    question = turns[-1].question
    if not answer.asked and answer.question != question:
        answer = replace(answer, asked=question)
    turns[-1] = Turn(question, answer)
    keep(answer)


def _keep_stopped(turns: list[Turn]) -> None:
    """An answer that was being written when its page's run was ended: what is there is kept, marked incomplete."""
    if st.session_state.pop("is_live", False) and turns and turns[-1].answer is not None:
        answer = turns[-1].answer
        if answer.written is not None:
            answer = replace(answer, written=replace(answer.written, is_complete=False))
        _settle(turns, answer)


def _chat(turns: list[Turn], n_documents: int, n_passages: int, *, is_asking: bool = False) -> None:
    if not turns and not is_asking:
        st.title(t("ask_title"))
        st.caption(t("ask_lead", documents=n_documents, passages=n_passages))
        st.caption(t("examples"))
        with st.container(horizontal=True, key="examples"):
            for i, example in enumerate(_examples()):
                st.button(safe(example), key=f"example{i}", on_click=_pick, args=(example,))
        with st.container(horizontal=True, vertical_alignment="center", key="chat_head"):
            _model_switches()
            controls()
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="chat_head"):
        st.title(t("ask"), width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _model_switches()
            controls()
            st.button(t("new_chat"), key="new_chat", help="Alt+N", on_click=new_chat)
    for i, turn in enumerate(turns):
        with st.chat_message("user"):
            st.markdown(safe(turn.question, 8000))
            if turn.answer is not None and turn.answer.asked:
                _rewritten(turn, turn.answer, i)
        if turn.is_gone:
            st.caption(t("turn_gone"))
        elif turn.answer is not None:
            with st.chat_message("assistant"):
                _answer(turn.answer, i)


def _model_switches() -> None:
    """Whether the language model writes, and how deep it looks first."""
    endpoint = None
    with errors_shown():
        endpoint = library().endpoint()
    words = t("use_model_help", model=safe(endpoint.model)) if endpoint else t("use_model_unset")
    if "use_llm" in st.session_state:  # kept while other pages are open, where the switch is not drawn
        st.session_state.use_llm = bool(st.session_state.use_llm and endpoint)
    st.toggle(t("use_model"), key="use_llm", help=words, disabled=endpoint is None, width="content")
    if st.session_state.get("use_llm"):
        st.toggle(t("use_deep"), key="use_deep", help=t("use_deep_help"), width="content")


def _rewritten(turn: Turn, answer: Answer, i: int) -> None:
    """What was asked in place of a follow-up question, and a way to change it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("asked_as", question=safe(answer.question, 1000)), width="content")
        with st.popover(t("edit"), key=f"edit{i}"):
            text = st.text_input(t("edit"), answer.question, key=f"rewritten{i}", label_visibility="collapsed",
                                 max_chars=8000)
            if st.button(t("ask_again"), key=f"again{i}") and text.strip():
                st.session_state.rewritten = (turn.question, text)
                st.rerun()


def _answer(answer: Answer, turn: int) -> None:
    colour = {"found": "green", "weak": "orange", "not_found": "gray"}[answer.status]
    st.badge(t(answer.status), color=colour)  # type: ignore[arg-type]
    if answer.status == "not_found" and answer.claims:  # what no record has, in words
        _quotes(answer, number(answer), turn)
        _recorded(_by_number(answer), answer, turn)
        _searched(answer)
        return
    if answer.status == "not_found":
        if answer.written:  # that no model was asked; in an earlier version one may have been
            show(answer.written, number(answer), answer.language == "en", f"written{turn}", answer.numbers)
        _not_found(answer, turn)
        return
    numbered = number(answer)
    pressed = (show(answer.written, numbered, answer.language == "en", f"written{turn}", answer.numbers)
               if answer.written else None)
    if answer.written and answer.claims:
        st.caption(t("quotes"))
    pressed = pressed or _quotes(answer, numbered, turn)
    citations = dict(numbered.values())
    if pressed in citations:
        open_source(citations[pressed].document, citations[pressed].start, citations[pressed].end)
        st.rerun()
    recorded = _by_number(answer)
    if pressed in recorded:
        st.session_state.card = turn, recorded[pressed][0].document
    _recorded(recorded, answer, turn)
    with st.container(horizontal=True, gap="xsmall", key=f"sources{turn}"):
        for n, c in citations.items():
            st.button(safe(f"{n} · {_short(c.title)}{_section(c)}{_page(c)}", 110), key=f"source{turn}-{n}",
                      on_click=open_source, args=(c.document, c.start, c.end), type="tertiary")
    if any(c.language != answer.language for c in citations.values()):
        st.caption(t("other_language"))
    _searched(answer)


def _by_number(answer: Answer) -> dict[int, tuple[RecordPlace, ...]]:
    return {answer.numbers[key]: places for key, places in answer.records.items()}


def _recorded(recorded: dict[int, tuple[RecordPlace, ...]], answer: Answer, turn: int) -> None:
    """The records that an answer rests on, each a button that opens its document's card, and the card that is open."""
    gap = "，" if answer.language == "zh" else "; "
    with st.container(horizontal=True, gap="xsmall", key=f"records{turn}"):
        for n, places in recorded.items():
            said = gap.join(place.described(answer.language) for place in places)
            st.button(safe(f"{n} · {_short(places[0].title)} ({said})", 160), key=f"record{turn}-{n}", type="tertiary",
                      on_click=_open_card, args=(turn, places[0].document))
    opened = st.session_state.get("card")
    if opened is not None and opened[0] == turn:
        info = next((info for info in library().documents() if info.id == opened[1]), None)
        st.button(t("close"), key="close_card", on_click=_open_card, args=(turn, ""))
        if info is not None:
            card(info)


def _open_card(turn: int, document: str) -> None:
    """Opens the card of a document below an answer; "": closes it."""
    st.session_state.card = (turn, document) if document else None


def _quotes(answer: Answer, numbered: Numbered, turn: int, *, is_live: bool = False) -> int | None:
    """The answer in the library's own sentences; gives the number of the chip that was pressed."""
    if not answer.claims:
        return None
    return answer_text(_data(answer, numbered), key=f"live{turn}" if is_live else f"answer{turn}")


def _data(answer: Answer, numbered: Numbered) -> dict[str, Any]:
    """The answer as the component wants it: claims with chips, or two sides of a comparison."""
    place = st.session_state.get("source")
    claims = []
    for i, claim in enumerate(answer.claims):
        first = claim.citations[0] if claim.citations else None
        chips = [{"number": answer.numbers[key], "title": answer.records[key][0].title, "open": False}
                 for key in claim.keys if key in answer.records]
        chips += [{
            "number": numbered[c.document, c.start][0],
            "title": f"{c.title}{_page(c)}",
            "open": place is not None and (place["document"], place["start"]) == (c.document, c.start),
        } for c in claim.citations]
        is_lead = i == 0 and not claim.subject
        around = len(first.before) + len(first.after) if first else 0
        shows_around = is_lead and len(claim.text) + around < _AROUND and len(answer.claims) <= _FEW
        claims.append({
            "text": claim.text,
            "parts": first.marked if first and first.quote == claim.text else (claim.text, "", ""),
            "subject": claim.subject,
            "lead": is_lead,
            "chips": chips,
            "before": first.before if first and shows_around else "",
            "after": first.after if first and shows_around else "",
        })
    subjects = list(dict.fromkeys(claim["subject"] for claim in claims if claim["subject"]))
    sides = [{"subject": subject, "claims": [claim for claim in claims if claim["subject"] == subject]}
             for subject in subjects]
    is_beside = answer.route in ("sentences", "comparison") and len(sides) <= _BESIDE
    return {"claims": claims, "sides": sides, "stacked": not is_beside}


def _not_found(answer: Answer, turn: int) -> None:
    st.markdown(t("not_found_lead"))
    if answer.searched.missing_terms:
        st.caption(t("missing", terms=safe("  ".join(answer.searched.missing_terms))))
    _searched(answer)
    if answer.nearest:
        st.caption(t("nearest"))
        for i, hit in enumerate(answer.nearest):
            section = f" › {hit.section[-1]}" if hit.section else ""
            st.button(safe(f"{_short(hit.title)}{section}{_page(hit)}", 90), key=f"nearest{turn}-{i}",
                      on_click=open_source, args=(hit.document, hit.start, hit.end), type="tertiary")
    if st.button(t("add_documents"), key=f"add{turn}"):
        st.switch_page(st.session_state.pages["library"])


def _searched(answer: Answer) -> None:
    if answer.empty:
        said = "；" if language() == "zh" else "; "
        st.caption(t("nothing_for", names=safe(said.join(answer.empty), 1000)))
    if answer.n_unasked:
        st.caption(t("unasked", n=answer.n_unasked))
    if answer.route != "sentences":  # its documents were looked at, and no passages searched
        st.caption(f"{route_name(answer.route, language())} · {t('looked', documents=answer.searched.documents)}")
        return
    words = t("searched", passages=answer.searched.passages, documents=answer.searched.documents)
    if answer.searched.also:
        words += f" · {t('also_searched', names=safe(', '.join(answer.searched.also[:_MOST_NAMES]), 200))}"
    st.caption(words if answer.searched.dense else f"{words} · {t('words_only')}")


def _empty() -> None:
    st.title(t("empty_title"))
    st.markdown(t("empty_lead"))
    if st.button(t("open_library"), key="open_library", type="primary"):
        st.switch_page(st.session_state.pages["library"])


def _examples() -> list[str]:
    """Four questions on the bundled article if it is there, else questions on the newest documents."""
    infos = library().documents()
    if any(info.path.endswith("article.zh.md") for info in infos):
        return list(_EXAMPLES)
    return [t("example_about", title=_short(info.title, 40)) for info in infos[:3]]


def _places(turns: list[Turn]) -> tuple[tuple[str, int, int], ...]:
    answer = turns[-1].answer if turns else None
    return tuple((c.document, c.start, c.end) for _, c in number(answer).values()) if answer else ()


def _pick(question: str) -> None:
    st.session_state.picked = question


def _short(title: str, limit: int = 36) -> str:
    return title if len(title) <= limit else title[: limit - 1] + "…"


def _section(item: Citation) -> str:
    """The innermost heading it stands under, where the title does not say it."""
    heading = one_line(item.section[-1], 40) if item.section else ""
    return f" › {heading}" if heading and heading != item.title else ""


def _page(item: Citation | Hit) -> str:
    """Where in its document it stands, and that it was recognised in a picture."""
    page = f", {t('page', page=item.page)}" if item.page is not None else ""
    seen = t("recognised", confidence=f"{item.recognised:.2f}".lstrip("0")) if item.recognised is not None else ""
    return page + (f", {seen}" if seen else "")
