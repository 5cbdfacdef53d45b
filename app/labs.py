"""The Labs page: a form made from a lab's parameters, its code, and its runs as they go: curves, tables, artefacts, a
text of your own."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from kb_app.i18n import language, t
from kb_app.lab_events import cell, draw_curves, draw_event, words
from kb_app.lab_guide import after, before, value_in_words
from kb_app.listed import listed
from kb_app.rows import show_rows
from kb_app.source_panel import close_on_escape, source_panel
from kb_app.state import errors_shown, full, library, open_source, sentence
from kb_app.telling import tell, tell_progress
from kb_app.view import safe, size

from kb import labs
from kb.errors import ParameterError
from kb.labs import Lab, Param, RunInfo
from kb.runs import read_json
from kb.runs.jobs import start_job
from kb.text import one_line

_SUFFIXES = ["csv", "tsv", "jsonl", "json", "conll", "txt"]
_SHOWN = 6  # parameters of a form before the fold
_DOWNLOADS = (".json", ".csv", ".jsonl", ".txt", ".svg")
_LARGEST_DOWNLOAD = 20_000_000  # bytes
_COLOURS = {"done": "green", "failed": "red", "interrupted": "orange", "cancelled": "orange"}


def page() -> None:
    """Draws the page."""
    st.title(t("labs"), anchor=False)
    if "source" in st.session_state:
        body, source = st.columns([6, 5], gap="large")
        with source:
            source_panel(())
    else:
        body = st.container()
    with body, errors_shown():
        lab = _chosen_lab()
        runs = [run for run in labs.list_runs(library().home) if run.lab == lab.name][:50]
        st.markdown(safe(words(lab.about), 600))
        st.caption(t("lab_facts", section=lab.section, time=how_long(labs.estimate(lab, home=library().home))))
        if "source" in st.session_state:
            form, result = st.container(), st.container()
        else:
            form, result = st.columns([4, 7], gap="large")
        with form:
            before(lab)
            with st.expander(t("lab_settings"), expanded=not runs or runs[0].status == "failed"):
                _form(lab)
            after(lab)
            _passages(lab)
            _formulas(lab)
            _code(lab)
        # with a run it stays in view beside the form, and above it on a narrow screen (static/main.css)
        with result, st.container(key="labran" if runs else "labnone"):
            _results(lab, runs)
    close_on_escape("lab_keys")


def how_long(seconds: float) -> str:
    """A time as one says it: 8 s, 15 min."""
    return t("lab_seconds", n=f"{seconds:.0f}") if seconds < 90 else t("lab_minutes", n=f"{seconds / 60:.0f}")


def _chosen_lab() -> Lab:
    every = {lab.name: lab for lab in labs.labs()}
    if "lab" not in st.session_state:
        asked = st.query_params.get("lab")
        st.session_state.lab = asked if asked in every else next(iter(every))
    chosen = st.selectbox(t("lab"), list(every), key="lab",
                          format_func=lambda name: f"§{every[name].section} {words(every[name].title)}",
                          on_change=_forget_run)
    st.query_params["lab"] = chosen
    return every[chosen]


def _forget_run() -> None:
    st.query_params.pop("run", None)
    st.session_state.pop("run", None)


# --- starting one


def _form(lab: Lab) -> None:
    with st.form(key=f"form-{lab.name}"):
        values = {param.name: _widget(param, f"{lab.name}-{param.name}") for param in lab.params[:_SHOWN]}
        go = st.form_submit_button(t("run_go"), type="primary", key=f"go-{lab.name}")
        if lab.params[_SHOWN:]:
            with st.expander(t("lab_more")):
                values |= {param.name: _widget(param, f"{lab.name}-{param.name}") for param in lab.params[_SHOWN:]}
        if go:
            with errors_shown():
                _start(lab, values)


def _widget(param: Param, key: str) -> Any:
    label, default = safe(sentence(words(param.label))), param.default_in(language())
    about = safe(words(param.help)) or None
    if param.kind == "bool":
        return st.toggle(label, value=default, key=key, help=about)
    if param.kind == "choice":
        return st.selectbox(label, param.choices, index=param.choices.index(default), key=key, help=about,
                            format_func=partial(value_in_words, param))
    if param.kind == "int":
        return st.number_input(label, value=int(default), min_value=_whole(param.low),
                               max_value=_whole(param.high), step=1, key=key, help=about)
    if param.kind == "float":
        if param.low is not None and param.high is not None:  # the field says its limits in the browser's words alone
            between = t("lab_between", low=f"{param.low:g}", high=f"{param.high:g}")
            about = f"{about}  \n{between}" if about else between
        return st.number_input(label, value=float(default), min_value=param.low, max_value=param.high,
                               format="%g", step=None, key=key, help=about)
    if param.kind == "file":
        upload = st.file_uploader(label, type=_SUFFIXES, key=key, help=about)
        path = st.text_input(t("lab_path"), key=f"{key}-path")
        return upload if upload is not None else path.strip()
    box = st.text_area if len(default) > 30 else st.text_input
    return box(label, value=default, key=key, help=about, max_chars=20_000)


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


def _start(lab: Lab, given: dict[str, Any]) -> None:
    """Checks the values here, then runs `kb lab run` as a process of its own."""
    home = library().home
    checked = _checked(lab, {name: _kept(value) for name, value in given.items()})
    folder = labs.new_folder(home, lab.name, checked.get("seed", 0))
    settings = [f"--set={name}={value}" for name, value in checked.items()]
    start_job(home, f"lab:{lab.name}",
              ["lab", "run", "--out", str(folder), "--language", language(), *settings, "--", lab.name], folder)
    st.session_state.run = st.session_state.lab_started = folder.name
    st.query_params["run"] = folder.name
    st.rerun()


def _checked(lab: Lab, given: dict[str, Any]) -> dict[str, Any]:
    """The values, as `Lab.check`; an error names the field by its label."""
    try:
        return lab.check(given, language())
    except ParameterError as error:
        labels = {param.name: words(param.label) for param in lab.params}
        named = {key: labels.get(value, value) if key == "name" else value for key, value in error.values.items()}
        raise ParameterError(error.code, **named) from error


def _kept(value: Any) -> Any:
    """A value of the form; of an uploaded file the path at which the library keeps it."""
    return str(library().add_upload(value.name, value.getvalue())) if hasattr(value, "getvalue") else value


# --- explaining it


def _passages(lab: Lab) -> None:
    """Three places of the library that explain what the lab shows."""
    if not listed():
        st.caption(t("lab_no_library"))
        return
    asked = words(lab.question)
    known: dict[str, Any] = st.session_state.setdefault("lab_hits", {})
    key = f"{library().generation()} {asked}"
    if key not in known:
        known[key] = library().search(asked, 3)
    st.caption(t("lab_passages"))
    for i, hit in enumerate(known[key]):
        section = f" › {hit.section[-1]}" if hit.section else ""
        st.button(safe(one_line(f"{hit.title}{section}", 70), 90), key=f"explains{i}", on_click=open_source,
                  args=(hit.document, hit.start, hit.end), type="tertiary")


def _formulas(lab: Lab) -> None:
    """Each formula with the lines that compute it, and what the article's version leaves out."""
    if not lab.formulas:
        return
    with st.expander(t("lab_formulas")):
        for formula in lab.formulas:
            st.latex(formula.tex)
            for file, text in lab.sources():
                at = text.find(formula.code)
                if at >= 0:
                    first = text.rfind("\n", 0, at) + 1
                    last = text.find("\n", at + len(formula.code))
                    st.caption(safe(f"{file}:{text.count(chr(10), 0, at) + 1}"))
                    st.code(text[first:last], language="python")
                    break
            st.markdown(safe(words(formula.note), 400))


def _code(lab: Lab) -> None:
    with st.expander(t("lab_code")):
        sources = dict(lab.sources())
        file = next(iter(sources))
        if len(sources) > 1:
            file = st.selectbox(t("file"), list(sources), key=f"code-{lab.name}")
        st.code(sources[file], language="python", line_numbers=True, height=520)


# --- runs


def _results(lab: Lab, runs: list[RunInfo]) -> None:
    names = [run.folder.name for run in runs]
    wanted = st.session_state.get("run") or st.query_params.get("run")
    if not runs:
        st.info(t("lab_empty"))
        return
    st.header(t("lab_result"), anchor=False)
    by_name = {run.folder.name: run for run in runs}
    chosen = st.selectbox(t("lab_run"), names, index=names.index(wanted) if wanted in names else 0,
                          format_func=lambda name: one_line(_run_label(by_name[name])),
                          key=f"runs-{lab.name}-{hash(tuple((one.folder.name, one.status) for one in runs))}")
    st.session_state.run = chosen
    st.query_params["run"] = chosen
    run = by_name[chosen]
    if st.session_state.get("lab_started") == chosen:
        tell("lab_shown", f"{chosen} shown", to=".st-key-labran h2", anyway=True)
    if run.is_active:
        st.fragment(_live, run_every=1.0)(run.folder)
    else:
        _ended(lab, run)
        if len(runs) > 1:
            _compare(lab, run, [other for other in runs if other.folder != run.folder and not other.is_active])


def _live(folder: Path) -> None:
    """The run as it goes; looked at every second."""
    run = labs.read_run(folder)
    if run is None or not run.is_active:
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.badge(f"{t('state_' + run.status)} · {run.seconds:.0f} s", color="blue")
        if run.is_stopping:
            st.caption(t("lab_stopping"))
        elif st.button(t("stop"), key="stop_lab"):
            labs.stop(folder)
            st.rerun(scope="fragment")
    events = labs.read_events(folder)
    notes = [event for event in events if event["kind"] == "note"]
    if notes:
        st.caption(safe(words(notes[-1]["text"]), 300))
    note = full(one_line(words(notes[-1]["text"]), 300)) if notes else ""
    tell_progress(folder.name, run.status, " ".join((full(t(f"state_{run.status}")), note)).strip())
    st.session_state.lab_watched = folder.name
    with st.container(key="lablive"):  # a screen reader is not led through what changes each second: static/reach.js
        draw_curves({"": events}, f"live-{folder.name}")
        for i, event in enumerate(events):
            draw_event(folder, event, f"live{i}")


def _state(run: RunInfo) -> str:
    """How a run stands; of one that was stopped, whether anything was kept."""
    kept_nothing = run.status == "cancelled" and not run.metrics
    return t("state_nothing_kept") if kept_nothing else t(f"state_{run.status}")


def _ended(lab: Lab, run: RunInfo) -> None:
    st.badge(f"{_state(run)} · {run.seconds:.0f} s", color=_COLOURS[run.status])  # type: ignore[arg-type]
    if run.error is not None:
        message, hint = map(_without_folder, run.error["zh" if language() == "zh" else "en"])
        st.error(f"{safe(full(message), 500)}  \n{safe(full(hint), 300)}")
    elif run.status == "interrupted":
        st.warning(t("lab_interrupted"))
    if run.folder.name in (st.session_state.get("lab_watched"), st.session_state.get("lab_started")):
        tell("lab_ended", f"{run.folder.name} ended", full(f"{_state(run)}, {how_long(run.seconds)}"))
    _metrics(lab, run)
    _report(run)
    if lab.apply is not None and any(run.folder.glob("*.safetensors")):
        _try(lab, run)
    events = labs.read_events(run.folder)
    draw_curves({"": events}, f"ended-{run.folder.name}")
    for i, event in enumerate(events):
        draw_event(run.folder, event, f"event{i}")
    _artefacts(run)


def _without_folder(message: str) -> str:
    """A message without the folder in which the library keeps an uploaded file: the reader knows its name alone."""
    return re.sub(re.escape(str(library().home / "files")) + r"/[0-9a-f]+/", "", message)


def _metrics(lab: Lab, run: RunInfo) -> None:
    """Four numbers in large, and all of them with what was to be expected of the defaults."""
    as_set = run.params == lab.check({}, language())
    found = labs.numbers(lab.name, run.metrics, language(), as_set=as_set)
    large = [one for one in found if isinstance(run.metrics[one.name], (int, float)) and len(one.value) < 16]
    if large:
        for column, one in zip(st.columns(min(4, len(large))), large[:4], strict=False):
            column.metric(safe(one.label), one.value, help=safe(one.label))
    if found:
        with st.expander(t("lab_metrics")):
            rows = [{t("lab_name"): one.label, t("lab_value"): one_line(one.value),
                     t("lab_expected"): f"{one.expected} {one.verdict(language())}".strip()} for one in found]
            show_rows(rows)


def _report(run: RunInfo) -> None:
    """The one file that tells the whole run."""
    path = run.folder / "report.html"
    if path.is_file():
        st.download_button(t("lab_report"), path.read_bytes(), file_name=f"{run.folder.name}.html", mime="text/html",
                           key="get_report", on_click="ignore")


def _try(lab: Lab, run: RunInfo) -> None:
    with st.container(border=True, key="try"):
        st.header(t("lab_try"), anchor=False)
        values = {param.name: _widget(param, f"try-{lab.name}-{param.name}") for param in lab.fields}
        if st.button(t("lab_try_go"), key="try_go", type="primary"):
            with errors_shown():
                st.session_state.tried = (run.folder.name, lab.try_out(run.folder, values, language()))
        tried = st.session_state.get("tried")
        if tried and tried[0] == run.folder.name:
            show_rows([{name: cell(value) for name, value in row.items()} for row in tried[1]])


def _compare(lab: Lab, run: RunInfo, others: list[RunInfo]) -> None:
    """Two runs side by side: what was set differently, what came out, and their curves in one picture."""
    if not others:
        return
    with st.expander(t("lab_compare")):
        by_name = {other.folder.name: other for other in others}
        name = st.selectbox(t("lab_compare_with"), list(by_name),
                            format_func=lambda name: one_line(_run_label(by_name[name])), key="compare")
        other = by_name[name]
        rows = [(*_setting(lab, key, run), _setting(lab, key, other)[1]) for key in (run.params | other.params)
                if run.params.get(key) != other.params.get(key)]
        rows += [(labs.label(key, language()), _value(key, run.metrics.get(key)), _value(key, other.metrics.get(key)))
                 for key, value in (other.metrics | run.metrics).items() if isinstance(value, (int, float, str))]
        named = [dict(zip((t("lab_name"), t("lab_this"), t("lab_other")), row, strict=True)) for row in rows]
        if named:
            show_rows(named)
        else:
            st.caption(t("lab_same"))
        draw_curves({t("lab_this"): labs.read_events(run.folder),
                 t("lab_other"): labs.read_events(other.folder)}, "compare")


def _setting(lab: Lab, name: str, run: RunInfo) -> tuple[str, str]:
    """A parameter of a run as the form has it: its label, and its value in words."""
    value = run.params.get(name)
    for param in lab.params:
        if param.name == name and param.kind in ("choice", "bool") and value is not None:
            return words(param.label), value_in_words(param, str(value).lower() if param.kind == "bool" else str(value))
        if param.name == name:
            return words(param.label), _value(name, value)
    return labs.label(name, language()), _value(name, value)


def _value(name: str, value: Any) -> str:
    return one_line(labs.shown(name, value, language())) if isinstance(value, (int, float, str)) else cell(value)


def _artefacts(run: RunInfo) -> None:
    """Files with their sha-256 where one was written, the settings to run it again, and the log."""
    with st.expander(t("lab_files")):
        files = sorted(path for path in run.folder.iterdir() if path.is_file() and not path.name.startswith("."))
        st.caption(safe(str(run.folder), 300))
        rows = [{t("file"): path.name, t("size"): size(path.stat().st_size), "sha-256": _sha256(path)}
                for path in files]
        show_rows(rows)
        small = [path for path in files if path.suffix in _DOWNLOADS and path.stat().st_size < _LARGEST_DOWNLOAD]
        with st.container(horizontal=True):
            for path in small:
                st.download_button(safe(path.name), path.read_bytes(), file_name=path.name, key=f"get-{path.name}",
                                   on_click="ignore")
        settings = [part for name, value in run.params.items() for part in ("--set", f"{name}={value}")]
        st.code(shlex.join(["kb", "lab", "run", run.lab, *settings]), language="bash", wrap_lines=True)
    with st.expander(t("lab_log")):
        st.code(labs.read_log(run.folder), language=None, height=300)


def _sha256(path: Path) -> str:
    """The hash that was written beside a model's weights; empty for another file."""
    if path.suffix != ".safetensors":
        return ""
    try:
        return str(read_json(path.with_suffix(".json"))["sha256"])
    except KeyError:
        return ""


def _run_label(run: RunInfo) -> str:
    name = run.folder.name.removeprefix(f"{run.lab}-")
    key = next((key for key in ("test_accuracy", "f1") if key in run.metrics), "")
    score = f" · {labs.label(key, language())} {_value(key, run.metrics[key])}" if key else ""
    return f"{name} · {_state(run)}{score}"
