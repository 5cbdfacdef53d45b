"""The Survey page: a topic, an outline to edit, writing as a job of its own, and the finished survey."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st

from app.i18n import t
from app.outline_editor import outline_editor
from app.source_panel import source_panel
from app.state import errors_shown, library
from app.survey_view import places, show
from app.view import safe
from kb.jobs import Job, job_status, list_jobs, start_job, stop_job
from kb.survey import drafted, folder_name, list_surveys, make_request, read_plan, read_survey

_LENGTHS, _STYLES = ("short", "medium", "long"), ("numeric", "author-year", "gbt7714")


def page() -> None:
    """Draws the page."""
    st.title(t("survey"))
    with errors_shown():
        infos = library().documents()
        if not infos:
            st.info(t("empty_lead"))
            return
        st.caption(t("survey_lead"))
        _form()
        out = _chosen()
        if out is None:
            return
        job = _job_of(out)
        if job is not None and job.state == "running":
            st.fragment(_running, run_every=1.0)(job.id, out)
            return
        if job is not None:
            _ended(job)
        if (out / "outline.json").is_file():
            _outline(out, is_written=(out / "survey.json").is_file())
        if (out / "survey.json").is_file():
            survey = read_survey(out)
            if "source" in st.session_state:
                text, source = st.columns([6, 5], gap="large")
                with source:
                    source_panel(places(survey))
            else:
                text = st.container()
            with text:
                show(survey)
                if st.button(t("survey_update"), key="survey_update", help=t("survey_update_help")):
                    _start(out, ["update"], str(out))


# --- what is wanted ----------------------------------------------------------------------------------------------------------------------


def _form() -> None:
    topic = st.text_input(t("survey_topic"), key="survey_topic", max_chars=400)
    first, second, third = st.columns(3)
    chosen = first.selectbox(t("survey_language"), ["", "zh", "en"], key="survey_language", format_func=lambda name: _language_name(name) if name else t("survey_auto"))
    length = second.selectbox(t("survey_length"), _LENGTHS, index=1, key="survey_length", format_func=lambda name: t(f"length_{name}"))
    style = third.selectbox(t("survey_style"), ["", *_STYLES], key="survey_style", format_func=lambda name: t("survey_auto") if not name else t(f"style_{name.replace('-', '_')}"))
    endpoint = library().endpoint()
    st.toggle(t("use_model"), key="survey_llm", disabled=endpoint is None, width="content",
              help=t("survey_model_help", model=safe(endpoint.model)) if endpoint else t("use_model_unset"))
    old = list_surveys(library().home)
    with st.container(horizontal=True):
        wants_plan = st.button(t("survey_plan"), key="survey_plan", disabled=not topic.strip())
        wants_text = st.button(t("survey_write"), key="survey_write", type="primary", disabled=not topic.strip())
    if old:
        names = {str(path): title for path, title in old}
        st.selectbox(t("survey_earlier"), ["", *names], key="survey_earlier", format_func=lambda path: safe(names.get(path, "—")), on_change=_open_earlier)
    if wants_plan or wants_text:
        request = make_request(topic, chosen or None, length, style or None)
        out = library().home / "surveys" / folder_name(request)
        st.session_state.survey_out = str(out)
        options = ["--out", str(out), "--language", request.language, "--length", request.length, "--style", request.style]
        _start(out, ["plan" if wants_plan else "write", *options], request.topic)


def _language_name(name: str) -> str:
    return {"zh": "中文", "en": "English"}[name]


def _open_earlier() -> None:
    if st.session_state.survey_earlier:
        st.session_state.survey_out = st.session_state.survey_earlier


def _chosen() -> Path | None:
    """The survey on the page: the one picked, else that of the job in the address bar."""
    if "survey_out" not in st.session_state and "survey" in st.query_params:
        name = Path(st.query_params["survey"]).name  # a name in our own folder, whatever the address says
        if (library().home / "surveys" / name).is_dir():
            st.session_state.survey_out = str(library().home / "surveys" / name)
    out = Path(st.session_state.survey_out) if "survey_out" in st.session_state else None
    if out is not None:
        st.query_params["survey"] = out.name
    return out


# --- the job -----------------------------------------------------------------------------------------------------------------------------


def _start(out: Path, arguments: list[str], last: str) -> None:
    model = ["--llm"] if st.session_state.get("survey_llm") else []
    command = ["survey", arguments[0], "--encoder", library().settings.encoder, *arguments[1:], *model, "--", last]
    st.session_state.setdefault("survey_commands", {})[str(out)] = command
    st.session_state.survey_job = start_job(library().home, f"survey:{out.name}", command)
    st.rerun()


def _job_of(out: Path) -> Job | None:
    """The last job on this survey; a reloaded page finds it again."""
    named = job_status(library().home, st.session_state.get("survey_job", ""))
    if named is not None and named.kind == f"survey:{out.name}":
        return named
    return next((job for job in list_jobs(library().home)[:20] if job.kind == f"survey:{out.name}"), None)


def _running(job: str, out: Path) -> None:
    found = job_status(library().home, job)
    if found is None or found.state != "running":
        st.rerun()
        return
    step: dict[str, Any] = found.progress or {"phase": "read", "done": 0, "total": 1, "item": ""}
    bar, button = st.columns([5, 1], vertical_alignment="center")
    bar.progress(min(1.0, step["done"] / max(1, step["total"])), text=f"{t('phase_' + step['phase'])} {step['done']}/{step['total']} · {safe(step['item'], 80)}")
    if button.button(t("stop"), key="survey_stop"):
        stop_job(library().home, job)
        time.sleep(0.2)
        st.rerun()
    for depth, heading, text, state in drafted(out):
        st.markdown(f"{'&nbsp;' * 4 * depth}{ {'done': '✓', 'now': '◔', 'open': '○'}[state] } **{safe(heading)}**")
        if text:
            st.caption(safe(text, 600))


def _ended(job: Job) -> None:
    if job.state in ("stopped", "interrupted"):
        st.warning(t(f"survey_{job.state}"))
        out = st.session_state.survey_out
        again = st.session_state.get("survey_commands", {}).get(out)
        if st.button(t("survey_resume"), key="survey_resume", type="primary"):
            request = again or _command_of(job)
            st.session_state.survey_job = start_job(library().home, job.kind, request)
            st.rerun()
    elif job.state == "failed":
        error = (job.result or {}).get("error", {})
        st.error(safe(f"{error.get('message', '')} {error.get('hint', '')} {'' if error else job.log[-300:]}", 500))
    elif job.result and "changes" in job.result:
        _changes(job.result["changes"])


def _command_of(job: Job) -> list[str]:
    """What was started, as the job's folder has it: a page that was reloaded does not remember."""
    import json

    saved = json.loads((library().home / "jobs" / job.id / "job.json").read_text(encoding="utf-8"))
    return [str(word) for word in saved["arguments"]]


def _changes(found: dict[str, Any]) -> None:
    st.success(t("survey_changed", added=len(found["added"]), removed=len(found["removed"]), changed=len(found["changed"]), unchanged=len(found["unchanged"])))
    for change in found["changed"]:
        with st.expander(f"{safe(change['heading'])} · {safe('; '.join(change['why']), 200)}"):
            for mark, key in (("−", "before"), ("+", "after")):
                for text in change[key]:
                    st.markdown(f"{mark} {safe(text, 500)}")


# --- the outline -------------------------------------------------------------------------------------------------------------------------


def _outline(out: Path, *, is_written: bool) -> None:
    """The editor, and the button that writes what it shows."""
    with st.expander(t("survey_outline"), expanded=not is_written):
        r = read_plan(out).request
        st.caption(t("survey_outline_of", topic=safe(r.topic, 400), language=_language_name(r.language), length=t(f"length_{r.length}"), style=t(f"style_{r.style.replace('-', '_')}")))
        outline_editor(out)
        if st.button(t("survey_write_outline"), key="survey_write_outline", type="secondary" if is_written else "primary"):
            _start(out, ["write", "--out", str(out), "--language", r.language, "--length", r.length, "--style", r.style], r.topic)
