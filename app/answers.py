"""An answer on the page: its claims with chips, the buttons of its sources and records, and what was searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any

import streamlit as st
from kb_app.components import answer_text
from kb_app.document import card
from kb_app.i18n import beside, clauses, commas, language, listing, t
from kb_app.listed import listed
from kb_app.state import errors_shown, library, open_source
from kb_app.view import safe, taken_away
from kb_app.written import Numbered, number, show

from kb import Answer, Citation
from kb.text import one_line
from kb.types import Claim, Hit, RecordPlace, Scope, TextPlace, route_name

_AROUND = 700  # characters of a first claim with the sentences round it, up to which these are shown
_BESIDE = 2  # subjects of a comparison that stand beside each other; more stand one below the other
_MOST_NAMES = 6  # other names of what was asked about that are shown
_FEW = 3  # claims of an answer, up to which they are


def draw(answer: Answer, turn: int) -> None:
    """Draws the answer of a turn: first what it says, then where that stands, then what was searched."""
    said, colour = _verdict(answer)
    st.badge(t(said), color=colour)  # type: ignore[arg-type]
    if answer.status == "not_found" and answer.claims:  # what no record has, in words
        quotes(answer, number(answer), turn)
        _recorded(_by_number(answer), answer, turn)
        searched(answer, turn)
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
    pressed = pressed or quotes(answer, numbered, turn)
    pressed = _otherwise(answer, numbered, turn) or pressed
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
            st.button(safe(f"{n} · {place_of(c)}", 110), key=f"source{turn}-{n}", on_click=open_source,
                      args=(c.document, c.start, c.end), type="tertiary")
            for place in c.also:
                name = short(PurePath(place.path).name)
                st.button(safe(t("also_there", n=n, file=name, page=_page(place)), 110),
                          key=f"source{turn}-{n}-{place.document}-{place.start}", on_click=open_source,
                          args=(place.document, place.start, place.end), type="tertiary")
    if any(c.language != answer.language for c in citations.values()):
        st.caption(t("other_language"))
    searched(answer, turn)


def _verdict(answer: Answer) -> tuple[str, str]:
    """How well the answer is supported, and its colour; what a model wrote counts with its quotes."""
    if answer.status == "found" and answer.written and any(
            sentence.state == "unsupported" for sentence in answer.written.sentences):
        return "found_in_part", "orange"
    return answer.status, {"found": "green", "weak": "orange", "not_found": "gray"}[answer.status]


def _otherwise(answer: Answer, numbered: Numbered, turn: int) -> int | None:
    """What other documents say against it, each under its document's title; gives the number of the chip that was
    pressed."""
    if not answer.otherwise:
        return None
    st.caption(t("otherwise"), help=t("otherwise_help"))
    years = {info.id: info.year for info in listed()}
    claims = []
    for claim in answer.otherwise:
        place, year = claim.citations[0], years.get(claim.citations[0].document)
        claims.append({"text": claim.text, "parts": place.marked, "lead": False, "before": "", "after": "",
                       "subject": one_line(place.title, 120) + (beside(str(year)) if year else ""),
                       "chips": [_chip(place, numbered)]})
    return answer_text({"claims": claims, "sides": [], "stacked": True, "said": []}, key=f"otherwise{turn}")


def _chip(place: Citation, numbered: Numbered) -> dict[str, Any]:
    """What opens a place: its number and document, and whether it is the one that is open."""
    opened = st.session_state.get("source")
    return {"number": numbered[place.document, place.start][0], "title": f"{place.title}{_page(place)}",
            "open": opened is not None and (opened["document"], opened["start"]) == (place.document, place.start)}


def _by_number(answer: Answer) -> dict[int, tuple[RecordPlace, ...]]:
    return {answer.numbers[key]: places for key, places in answer.records.items()}


def _recorded(recorded: dict[int, tuple[RecordPlace, ...]], answer: Answer, turn: int) -> None:
    """The records that an answer rests on, each a button that opens its document's card, and the card that is open.
    What was read in the files, as most is, is said of all together."""
    with st.container(horizontal=True, gap="xsmall", key=f"records{turn}"):
        for n, places in recorded.items():
            said = clauses(place.described(language()) for place in places if place.origin != "read" or not place.value)
            st.button(safe(f"{n} · {short(places[0].title)}{beside(said)}", 160), key=f"record{turn}-{n}",
                      type="tertiary", on_click=_open_card, args=(turn, places[0].document))
    every = [place for places in recorded.values() for place in places]
    read = dict.fromkeys(place.field_in(language()) for place in every if place.origin == "read" and place.value)
    if read:
        st.caption(t("records_read", fields=safe(listing(read))))
    opened = st.session_state.get("card")
    if opened is not None and opened[0] == turn:
        info = next((info for info in listed() if info.id == opened[1]), None)
        if info is not None:
            card(info, partial(_open_card, turn, ""))


def _open_card(turn: int, document: str) -> None:
    """Opens the card of a document below an answer; "": closes it."""
    st.session_state.card = (turn, document) if document else None


# --- what it says


def quotes(answer: Answer, numbered: Numbered, turn: int, *, is_live: bool = False) -> int | None:
    """The answer in the library's own sentences; gives the number of the chip that was pressed."""
    if not answer.claims:
        return None
    return answer_text(_data(answer, numbered, turn), key=f"live{turn}" if is_live else f"answer{turn}")


def _data(answer: Answer, numbered: Numbered, turn: int) -> dict[str, Any]:
    """The answer as the component wants it: claims with chips, by document where there are several, or two sides of a
    comparison. said: what a screen reader is told of a new answer, before its sources."""
    claims = []
    for i, claim in enumerate(_by_document(answer)):
        first = claim.citations[0] if claim.citations else None
        chips = [{"number": answer.numbers[key], "title": answer.records[key][0].title, "open": False}
                 for key in claim.keys if key in answer.records]
        chips += [_chip(c, numbered) for c in claim.citations]
        is_lead = i == 0 and (not claim.subject or claim is not answer.claims[0])
        around = len(first.before) + len(first.after) if first else 0
        shows_around = is_lead and len(claim.text) + around < _AROUND and len(answer.claims) <= _FEW
        claims.append({
            "text": claim.text,
            "parts": first.marked if first and first.quote == claim.text else (claim.text, "", ""),
            "subject": claim.subject,
            "language": first.language if first else answer.language,
            "lead": is_lead,
            "chips": chips,
            "before": first.before if first and shows_around else "",
            "after": first.after if first and shows_around else "",
        })
    subjects = list(dict.fromkeys(claim["subject"] for claim in claims if claim["subject"]))
    sides = [{"subject": subject, "claims": [claim for claim in claims if claim["subject"] == subject]}
             for subject in subjects]
    is_beside = answer.route in ("sentences", "comparison") and len(sides) <= _BESIDE and any(
        claim.subject for claim in answer.claims)
    return {"claims": claims, "sides": sides, "stacked": not is_beside, "said": _said(answer) if _is_new(turn) else []}


def _is_new(turn: int) -> bool:
    return bool(st.session_state.get("announce") == turn)


def _said(answer: Answer) -> list[tuple[str, str]]:
    """What a screen reader is told of an answer, each part with its language; of several documents by their titles, and
    how many places they are at the end."""
    reader = language()
    told: list[tuple[str, str]] = [(f"{t(answer.status)}.", reader)]
    places = {(c.document, c.start): c for claim in answer.claims for c in claim.citations}
    are_several = len({document for document, _ in places}) > 1
    last = ""
    for claim in _by_document(answer):
        first = claim.citations[0] if claim.citations else None
        if are_several and first and first.document != last:
            told += [(t("told_from"), reader), (f"{one_line(first.title, 120)}:", first.language)]
            last = first.document
        told.append((claim.text, first.language if first else answer.language))
    return [*told, (t("told_sources", n=len(places)), reader)] if are_several else told


def _by_document(answer: Answer) -> list[Claim]:
    """The claims, those of one document together under its title, where they have no parts of their own and are of
    several documents."""
    claims = list(answer.claims)
    documents = [claim.citations[0].document if claim.citations else "" for claim in claims]
    if any(claim.subject for claim in claims) or not all(documents) or len(set(documents)) < 2:
        return claims
    order = {document: n for n, document in enumerate(dict.fromkeys(documents))}
    grouped = sorted(zip(documents, claims, strict=True), key=lambda one: order[one[0]])
    return [replace(claim, subject=one_line(claim.citations[0].title, 120)) for _, claim in grouped]


# --- where nothing answers, and what was looked at


def _not_found(answer: Answer, turn: int) -> None:
    st.markdown(t("not_found_lead"))
    missing = "  ".join(answer.searched.missing_terms)
    if missing:
        st.caption(t("missing", terms=safe(missing)))
    said = [f"{t('not_found')}.", t("not_found_lead")]
    said += [t("missing", terms=f"{missing}.")] if missing else []
    said += [t("told_near", n=len(answer.nearest))] if answer.nearest else []
    told = [(" ".join(said), language())] if _is_new(turn) else []
    answer_text({"claims": [], "sides": [], "stacked": True, "said": told}, key=f"none{turn}")
    searched(answer, turn)
    if answer.nearest:
        with st.container(gap="xsmall", key=f"near{turn}"):
            st.caption(t("nearest"))
            for i, hit in enumerate(answer.nearest):
                st.button(safe(place_of(hit), 110), key=f"nearest{turn}-{i}", on_click=open_source,
                          args=(hit.document, hit.start, hit.end), type="tertiary")
    with st.container(horizontal=True, vertical_alignment="center"):
        _keeping(answer, turn)
        if st.button(t("add_documents"), key=f"add{turn}"):
            st.switch_page(st.session_state.pages["library"])


def _keeping(answer: Answer, turn: int) -> None:
    """Offers to keep a question that has no answer yet; says so of one that is kept."""
    with errors_shown():
        asked = " ".join(answer.question.casefold().split())
        if any(" ".join(one.question.casefold().split()) == asked for one in library().questions()):
            st.caption(t("question_kept"), width="content")
        else:
            st.button(t("keep_question"), key=f"keep{turn}", help=t("keep_question_help"), on_click=_keep_question,
                      args=(answer.question,))


def _keep_question(question: str) -> None:
    with errors_shown():
        library().keep_question(question)


def searched(answer: Answer, turn: int) -> None:
    """What was looked at, what else was searched and can be left out, and what stands outside the scope."""
    if answer.empty:
        st.caption(t("nothing_for", names=safe(clauses(answer.empty), 1000)))
    if answer.n_unasked:
        st.caption(t("unasked", n=answer.n_unasked))
    found = answer.searched
    if answer.route != "sentences":  # its documents were looked at, and no passages searched
        st.caption(f"{route_name(answer.route, language())} · {t('looked', documents=found.documents)}")
    else:
        words = t("searched", passages=f"{found.passages:,}", documents=found.documents)
        st.caption(words if found.dense else f"{words} · {t('words_only')}")
    if found.scope is not None and not found.scope.is_all:
        st.caption(t("searched_in", scope=safe(found.scope.described(language()), 300)))
    if found.outside:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("outside", n=found.outside), width="content")
            st.button(t("ask_everywhere"), key=f"everywhere{turn}", on_click=_ask_again,
                      args=(answer, found.without, Scope()), type="tertiary")
    if found.also or found.without:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"also{turn}"):
            if found.also:
                st.caption(t("also_searched"), width="content")
            for i, name in enumerate(once(found.also)[:_MOST_NAMES]):
                st.button(taken_away(safe(name, 40), t("also_leave_out")), key=f"also{turn}-{i}",
                          help=t("also_leave_out"), on_click=_ask_again, args=(answer, (*found.without, name)))
            if found.without:
                st.caption(t("left_out", names=safe(listing(found.without), 200)), width="content")
                st.button(t("also_again"), key=f"again_all{turn}", on_click=_ask_again, args=(answer, ()),
                          type="tertiary")


def once(names: Sequence[str]) -> list[str]:
    """Names without those that differ from one before them in capitals alone: what is left out goes in any case."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.casefold(), name)
    return list(first.values())


def _ask_again(answer: Answer, without: tuple[str, ...], scope: Scope | None = None) -> None:
    """Asks the same again, with other names left out or in another scope."""
    if scope is not None:
        st.session_state.scope = scope
    st.session_state.again = answer.asked or answer.question, answer.question, without


def place_of(item: Citation | Hit) -> str:
    """Document, section and page of a place."""
    section = next((name for name in reversed(item.section) if name and name != item.title), "")
    return f"{short(item.title)}{f' › {short(section, 30)}' if section else ''}{_page(item)}"


def short(title: str, limit: int = 60) -> str:
    return title if len(title) <= limit else title[: limit - 1] + "…"


def _page(item: Citation | Hit | TextPlace) -> str:
    """Where in its document it stands, and that it was recognised in a picture."""
    said = [t("page", page=item.page)] if item.page is not None else []
    if not isinstance(item, TextPlace) and item.recognised is not None:
        said.append(t("recognised", confidence=f"{item.recognised:.2f}".lstrip("0")))
    return commas(["", *said])
