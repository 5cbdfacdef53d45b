"""The Survey page: a topic, an outline to edit, writing as a job of its own, and the finished survey."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st
from kb_app.components import draft_text
from kb_app.first import nothing_yet
from kb_app.i18n import clauses, counted, language, t
from kb_app.jobs import said_of
from kb_app.listed import listed
from kb_app.outline_editor import outline_editor, remember
from kb_app.scoping import options_of, scope_form
from kb_app.source_panel import close_on_escape, source_panel
from kb_app.state import errors_shown, library, source_from_address, told
from kb_app.survey_review import opinion
from kb_app.survey_view import places, show
from kb_app.telling import tell, tell_progress
from kb_app.view import apart, safe

from kb.runs.jobs import RunInfo, job_status, last_event, list_jobs, read_log, start_job, stop
from kb.survey import (
    Request,
    SavedPlan,
    drafted,
    folder_name,
    list_surveys,
    live,
    make_request,
    read_plan,
    read_survey,
)
from kb.survey.outline.edit import placed
from kb.text import one_line
from kb.types import Language

_FIRST = {"phase": "read", "done": 0, "total": 1, "item": ""}  # before a job has told of a step
_NEXT = 5  # works that are taken at a time
_LENGTHS, _STYLES = ("short", "medium", "long"), ("numeric", "author-year", "gbt7714")


def page() -> None:
    """Draws the page."""
    source_from_address()
    st.title(t("survey"), anchor=False)
    _page()
    close_on_escape("survey_keys")


def _page() -> None:
    with errors_shown():
        st.caption(t("survey_lead"))
        if not listed():
            nothing_yet()
            return
        _from_address()
        with st.expander(t("survey_new"), expanded="survey_out" not in st.session_state):
            _form()
        _writer()
        _earlier()
        out = _chosen()
        if out is None:
            return
        job = _job_of(out)
        if job is not None and job.is_active:
            st.fragment(_running, run_every=1.0)(job.id, out)
            return
        if job is not None:
            with st.container():  # as a fragment has one: what follows stands where it stood while the job ran
                _ended(job, out)
        if (out / "outline.json").is_file():
            with st.container(key="survey_planned"):
                _outline(out, is_written=(out / "survey.json").is_file())
            if _has_just_ended(job, ("plan", )):
                tell("survey_ended", f"{job.id} ended", t("survey_told_outline"), to=".st-key-survey_planned summary")
        if (out / "survey.json").is_file():
            survey = library().surveyor().current(read_survey(out))
            with_review = st.toggle(t("survey_review"), key="survey_review", help=t("survey_review_help"))
            if "source" in st.session_state or with_review:
                text, side = st.columns([6, 5], gap="large")
                with side:
                    if "source" in st.session_state:
                        source_panel(places(survey))
                    if with_review:
                        opinion(survey)
            else:
                text = st.container()
            with text, st.container(key="survey_text"):
                show(survey)
                if _has_just_ended(job, ("write", "update")):
                    said = t("survey_told", works=len(survey.references), sections=len(survey.outline))
                    tell("survey_ended", f"{job.id} ended", said, to=".st-key-survey_text h2")
                if st.button(t("survey_update"), key="survey_update", help=t("survey_update_help")):
                    _start(out, ["update"], str(out))


# --- what is wanted


def _form() -> None:
    """What a new survey is to be. The model's switch stands below: it also decides who writes an outline or an
    update."""
    topic = st.text_input(t("survey_topic"), key="survey_topic", max_chars=400)
    _suggested()
    first, second, third = st.columns(3)
    chosen = first.selectbox(t("survey_language"), ["", "zh", "en"], key="survey_language",
                             format_func=lambda name: _language_name(name) if name else t("survey_auto"))
    length = second.selectbox(t("survey_length"), _LENGTHS, index=1, key="survey_length",
                              format_func=lambda name: t(f"length_{name}"))
    style = third.selectbox(t("survey_style"), ["", *_STYLES], key="survey_style", format_func=_style_name)
    named = st.text_input(t("survey_columns"), key="survey_columns", max_chars=300, help=t("survey_columns_help"))
    columns = list(dict.fromkeys(part.strip() for part in re.split(r"[;；\n]", named) if part.strip()))
    actions = {"plan": t("survey_plan"), "write": t("survey_write")}
    if st.session_state.get("survey_llm"):
        actions["estimate"] = t("survey_estimate")
    wanted = ""
    with st.container(horizontal=True, vertical_alignment="center"):
        for action, label in actions.items():
            look = "primary" if action == "write" else "secondary"
            if st.button(label, key=f"survey_{action}", type=look):  # what was typed comes with the press
                wanted = action
        scope = scope_form("survey_scope", without=("languages",))  # the survey's own language stands above
    if wanted and not topic.strip():
        st.warning(t("survey_no_topic"))
    elif wanted:
        request = make_request(topic, chosen or None, length, style or None, columns=columns, scope=scope)
        out = library().home / "surveys" / folder_name(request)
        st.session_state.survey_out = str(out)
        if wanted == "plan":
            remember(out)
        command = ["write", "--dry-run"] if wanted == "estimate" else [wanted]
        _start(out, [*command, *_options(out, request)], request.topic)


def _suggested() -> None:
    """Topics that several documents are about, each a press away."""
    infos = listed()
    known = _topics(str(library().home), hash(tuple(info.id for info in infos)), language())
    if known:
        st.caption(t("survey_topics"))
        with st.container(horizontal=True, key="survey_topics"):
            for i, topic in enumerate(known):
                st.button(safe(topic), key=f"survey_topic{i}", on_click=_take_topic, args=(topic,))


@st.cache_data(max_entries=8, show_spinner=False)
def _topics(home: str, state: int, reader: Language) -> tuple[str, ...]:
    """home, state: of the library, a part of the cache's key."""
    return library().topics(reader)


def _take_topic(topic: str) -> None:
    st.session_state.survey_topic = topic


def _options(out: Path, request: Request) -> list[str]:
    columns = ["--columns", *request.columns] if request.columns else []
    works = ["--works", str(request.works)] if request.works else []
    return [*options_of(request.scope), *columns, "--out", str(out), "--language", request.language, "--length",
            request.length, "--style", request.style, *works]


def _writer() -> None:
    """Who writes: the library's sentences alone, or a model under a cap."""
    endpoint = library().endpoint()
    words = t("survey_model_help", model=safe(endpoint.model)) if endpoint else t("use_model_unset")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with_model = st.toggle(t("use_model"), key="survey_llm", disabled=endpoint is None, width="content", help=words)
        if with_model:
            st.number_input(t("survey_cap"), min_value=0, value=0, step=10_000, key="survey_cap",
                            help=t("survey_cap_help"), width=260)


def _earlier() -> None:
    names = apart({str(path): one_line(title) for path, title in list_surveys(library().home)})
    if names:
        out = st.session_state.get("survey_out", "")
        st.session_state.survey_earlier = out if out in names else ""
        st.selectbox(t("survey_earlier"), ["", *names], key="survey_earlier",
                     format_func=lambda path: names.get(path, "—"), on_change=_open_earlier)


def _language_name(name: str) -> str:
    return t(f"language_{name}")


def _style_name(name: str) -> str:
    return t(f"style_{name.replace('-', '_')}") if name else t("survey_auto")


def _open_earlier() -> None:
    if st.session_state.survey_earlier:
        st.session_state.survey_out = st.session_state.survey_earlier
    else:
        st.session_state.pop("survey_out", None)
        st.session_state.survey_left = True  # by the reader: what runs does not come back by itself
        st.query_params.pop("survey", None)


def _from_address() -> None:
    """Opens the survey that the address bar names, where none is open; where it names none, one that is being written:
    a reload finds it again while it is planned, when its folder is not there yet."""
    if "survey_out" in st.session_state:
        return
    home = library().home
    running = [job.kind.partition(":")[2] for job in list_jobs(home)[:20]
               if job.is_active and job.kind.startswith("survey:")]
    if "survey" in st.query_params:
        name = Path(st.query_params["survey"]).name  # a name in our own folder, whatever the address says
        if name in running or (home / "surveys" / name).is_dir():
            st.session_state.survey_out = str(home / "surveys" / name)
    elif running and not st.session_state.get("survey_left"):
        st.session_state.survey_out = str(home / "surveys" / Path(running[0]).name)


def _chosen() -> Path | None:
    """The survey on the page, which the address bar then names."""
    out = Path(st.session_state.survey_out) if "survey_out" in st.session_state else None
    if out is not None:
        st.query_params["survey"] = out.name
    return out


# --- the job


def _start(out: Path, arguments: list[str], last: str) -> None:
    cap = st.session_state.get("survey_cap") or 0
    model = ["--llm", *(["--max-tokens", str(cap)] if cap else [])] if st.session_state.get("survey_llm") else []
    command = ["survey", *arguments, *model, "--", last]
    _follow(start_job(library().home, f"survey:{out.name}", command))


def _follow(job: str) -> None:
    """Shows a job that was started just now."""
    st.session_state.survey_job = st.session_state.survey_started = job
    st.rerun()


def _job_of(out: Path) -> RunInfo | None:
    """The last job on this survey; a reloaded page finds it again."""
    named = job_status(library().home, st.session_state.get("survey_job", ""))
    if named is not None and named.kind == f"survey:{out.name}":
        return named
    return next((job for job in list_jobs(library().home)[:20] if job.kind == f"survey:{out.name}"), None)


def _has_just_ended(job: RunInfo | None, kinds: tuple[str, ...]) -> TypeGuard[RunInfo]:
    """Whether a job of these kinds is done that this page started or saw go on."""
    seen = (st.session_state.get("survey_started"), st.session_state.get("survey_watched"))
    return (job is not None and job.status == "done" and job.id in seen and job.params["arguments"][1] in kinds
            and "--dry-run" not in job.params["arguments"])


def _running(job: str, out: Path) -> None:
    found = job_status(library().home, job)
    if found is None or not found.is_active:
        st.rerun()
        return
    with st.container():
        step: dict[str, Any] = last_event(found.folder, "progress") or _FIRST
        bar, button = st.columns([5, 1], vertical_alignment="center")
        bar.progress(min(1.0, step["done"] / max(1, step["total"])),
                     text=said_of(step))
        if found.is_stopping:
            button.caption(t("lab_stopping"))
        elif button.button(t("stop"), key="survey_stop"):
            stop(found.folder)
            st.rerun(scope="fragment")
        tell_progress(job, step["phase"], said_of({**step, "item": ""}))
        if st.session_state.get("survey_started") == job:
            tell("survey_shown", f"{job} shown", to=".st-key-survey_stop button")
        st.session_state.survey_watched = job
    _draft(out, is_running=True)


def _draft(out: Path, *, is_running: bool) -> None:
    """The parts of a survey that is being written, or was stopped, each with how far it is."""
    now = live(out) if is_running else None
    said = {"done": "", "now": t("part_now") if is_running else t("part_open"), "open": t("part_open")}
    parts = [{
        "depth": depth,
        "heading": heading,
        "state": state if is_running or state == "done" else "open",
        "said": said[state],
        "body": " ".join(now.sentences) if now and state == "now" and now.heading == heading else text,
        "draft": now.draft if now and state == "now" and now.heading == heading else "",
    } for depth, heading, text, state in drafted(out)]
    draft_text(parts, key=f"draft-{out.name}")


def _ended(job: RunInfo, out: Path) -> None:
    if job.status in ("cancelled", "interrupted"):
        command: list[str] = job.params["arguments"]  # as its folder has it: a reloaded page does not remember
        with st.container():  # the draft stands second, as in `_running`: a rerun replaces it and shows no second one
            st.warning(t(f"survey_{job.status}"))
            if st.button(t("survey_resume"), key="survey_resume", type="primary"):
                _follow(start_job(library().home, job.kind, command))
        if command[1] != "plan":
            _draft(out, is_running=False)
    elif job.status == "failed":
        words = told(job.error["zh" if language() == "zh" else "en"]) if job.error else read_log(job.folder, 300)
        st.error(safe(words, 500))
    elif "changes" in job.metrics:
        _changes(job.metrics["changes"])
    elif "calls" in job.metrics:
        found = job.metrics
        price = t("survey_cost", cost=f"{found['cost']:.4g}") if found["cost"] is not None else t("survey_no_price")
        tokens = f"{found['prompt_tokens'] + found['completion_tokens']:,}"
        st.info(t("survey_estimated", calls=found["calls"], tokens=tokens, price=price))


def _changes(found: dict[str, Any]) -> None:
    names = ("added", "removed", "changed", "unchanged")
    st.success(counted({f"update_{name}": len(found[name]) for name in names}))
    for change in found["changed"]:
        with st.expander(f"{safe(change['heading'])} · {safe(clauses(change['why']), 200)}"):
            for mark, key in (("−", "before"), ("+", "after")):
                for text in change[key]:
                    st.markdown(f"{mark} {safe(text, 500)}")


# --- the outline


def _works(out: Path, saved: SavedPlan) -> None:
    """How many works of how many are used, and the button that plans with the next ones as well."""
    used, below = len(set(placed(saved.outline))), [r for r in saved.unused if r.reason in ("not_relevant", "beyond")]
    if not below:
        return
    n = min(_NEXT, len(below))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t("survey_works", n=used, all=used + len(below)))
        if st.button(t("survey_next_works", n=n), key="survey_next_works"):
            remember(out)
            request = replace(saved.request, works=used + n)
            _start(out, ["plan", *_options(out, request)], request.topic)


def _outline(out: Path, *, is_written: bool) -> None:
    """The editor, and the button that writes what it shows."""
    with st.expander(t("survey_outline"), expanded=not is_written):
        saved = read_plan(out)
        r = saved.request
        st.caption(t("survey_outline_of", topic=safe(r.topic, 400), language=_language_name(r.language),
                     length=t(f"length_{r.length}"), style=_style_name(r.style)))
        _works(out, saved)
        made = (saved.model or {}).get("outline", {})
        if made.get("by") == "model":
            st.caption(t("outline_by_model"))
        elif made.get("by") == "clusters":
            st.caption(t("outline_by_clusters", why=safe(str(made.get("why", "")), 40)))
        above = st.container()  # the list of what is not used is long
        outline_editor(out, with_model=bool(st.session_state.get("survey_llm")))
        look = "secondary" if is_written else "primary"
        if above.button(t("survey_write_outline"), key="survey_write_outline", type=look):
            _start(out, ["write", *_options(out, r)], r.topic)
