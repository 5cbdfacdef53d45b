"""The Settings page: the language model, how answers are found, what is kept where, who can connect, what is
installed."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shlex
from collections.abc import Iterable
from datetime import date

import streamlit as st
from kb_app.i18n import language, t
from kb_app.rows import show_rows
from kb_app.state import errors_shown, full, library
from kb_app.view import safe, size

from kb import __version__
from kb.text import one_line
from kb.types import Finding

_PACKAGES = ("streamlit", "faiss-cpu", "onnxruntime", "torch")
_NOT_WELL = {"error": st.error, "warning": st.warning, "repaired": st.info}


def page() -> None:
    """Draws the page."""
    st.title(t("settings"), anchor=False)
    st.header(t("answer_model"), anchor=False)
    st.markdown(t("answer_model_lead"))
    with errors_shown():
        _model()
    for heading, part in ((t("answering"), _answering), (t("storage"), _storage), (t("privacy"), _privacy),
                          (t("connections"), _connections), (t("versions"), _versions)):
        st.header(heading, anchor=False)
        with errors_shown():
            part()


def _facts(facts: dict[str, str]) -> None:
    """Each a line: what, and what it is."""
    colon = "：" if language() == "zh" else ": "
    st.markdown("\n".join(f"- {name}{colon}**{safe(value, 400)}**" for name, value in facts.items()))


# --- the language model


def _model() -> None:
    saved = library().endpoint()
    is_fixed = saved is not None and saved.origin == "environment"
    if saved is not None:
        access = t("with_key") if saved.key else t("without_key")
        st.caption(t("model_now", model=safe(saved.model), url=safe(saved.url), access=access))
    if is_fixed:
        st.info(t("model_from_environment"))
    n = st.session_state.get("n_saved", 0)  # a fresh, empty field for the key after it was saved
    url = st.text_input(t("model_url"), saved.url if saved else "", key="model_url",
                        placeholder="http://127.0.0.1:11434/v1", disabled=is_fixed)
    model = st.text_input(t("model_name"), saved.model if saved else "", key="model_name", placeholder="qwen3:8b",
                          disabled=is_fixed)
    key = st.text_input(t("model_key"), "", key=f"model_key{n}", type="password",
                        placeholder=t("key_kept") if saved and saved.key else "", disabled=is_fixed, autocomplete="off")
    # Both can be pressed at once: what was typed comes with the press, before it was confirmed by Enter.
    with st.container(horizontal=True):
        tests = st.button(t("test_connection"), key="test_connection")
        saves = st.button(t("save"), key="save_model", type="primary", disabled=is_fixed)
    if (tests or saves) and not (url.strip() and model.strip()):
        st.warning(t("model_fill_in"))
        tests = saves = False
    if tests:
        tested = saved if is_fixed else library().endpoint_with(url, model, key)
        with st.spinner(t("checking"), show_time=False):
            found = library().test_model(tested)
        _problems(found)
        for finding in found:
            if all(one.level == "ok" for one in found):
                st.success(safe(full(f"{finding.name(language())} · {finding.describe(language())[0]}"), 460))
    if saves:
        library().set_model(library().endpoint_with(url, model, key))
        st.session_state.n_saved = n + 1
        st.session_state.model_saved = True
        st.rerun()
    if st.session_state.pop("model_saved", False):
        st.toast(t("saved"))
    st.caption(t("model_privacy"))


# --- what there is


def _answering() -> None:
    base, status = library(), library().status()
    encoder, reader = base.encoder_name, base.settings.reader
    _facts({
        t("fact_encoder"): t("encoder_fitted", name=encoder) if base.is_adapted else
        t("encoder_shipped") if encoder == "bundled" else encoder,
        t("fact_reader"): t("reader_fitted") if base.is_reader_adapted else
        {"auto": t("reader_auto"), "off": t("reader_off")}.get(reader, t("reader_named", name=reader)),
        t("fact_index"): t("index_ready", ready=f"{status.ready:,}", passages=f"{status.passages:,}"),
        t("fact_bar"): f"{base.bar:.2f}",
    })


def _storage() -> None:
    status = library().status()
    _facts({t("fact_folder"): status.home,
            t("fact_library"): t("library_size", documents=status.documents, size=size(status.bytes))})
    _backup()
    st.caption(t("fact_backup"))
    st.code(f"kb backup ~/kb-{date.today()}.kb --home {shlex.quote(status.home)}", language=None, wrap_lines=True)
    st.caption(t("fact_restore"))
    st.code(f"kb restore ~/kb-{date.today()}.kb NEW-FOLDER\nkb app --home NEW-FOLDER", language=None, wrap_lines=True)


def _backup() -> None:
    """All of it into one file of this machine, by a press."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(t("backup_path"), f"~/kb-{date.today()}.kb", key="backup_path", max_chars=1000, width=420)
        wanted = st.button(t("backup_go"), key="backup_go")
    if wanted and not path.strip():
        st.warning(t("fill_in"))
    elif wanted:
        with errors_shown(), st.spinner(t("backup_running")):
            made = library().backup(path.strip())
            st.success(t("backup_done", path=safe(made.path, 300), documents=made.documents, size=size(made.bytes)))



def _privacy() -> None:
    base = library()
    chats, feedback = base.conversations(), base.feedback()
    st.markdown(t("privacy_lead"))
    st.markdown(t("network_off") if base.settings.network == "off" else t("network_on"))
    st.markdown(t("privacy_kept", chats=len(chats), feedback=len(feedback), questions=len(base.questions())))
    with st.container(horizontal=True):
        for what, label, is_there in (("chats", t("forget_chats"), bool(chats)),
                                      ("feedback", t("forget_feedback"), bool(feedback))):
            with st.popover(label, key=f"forget_{what}", disabled=not is_there, width="content"):
                st.markdown(t("forget_sure"))
                st.button(t("forget_yes"), key=f"forget_{what}_yes", on_click=_forget, args=(what,))


def _forget(what: str) -> None:
    with errors_shown():
        if what == "chats":
            library().delete_conversations()
            st.session_state.pop("turns", None)
            st.session_state.pop("conversation", None)
        else:
            library().remove_feedback([said.id for said in library().feedback()])


def _connections() -> None:
    home = str(library().home)
    st.markdown(t("connections_lead"))
    st.caption(t("connect_mcp"))
    st.code(f"kb mcp --home {shlex.quote(home)}", language=None, wrap_lines=True)
    st.caption(t("connect_mcp_config"))
    st.code(json.dumps({"mcpServers": {"kb": {"command": "kb", "args": ["mcp", "--home", home]}}}, ensure_ascii=False),
            language=None, wrap_lines=True)
    st.caption(t("connect_api"))
    st.code(f"kb api --home {shlex.quote(home)}", language=None, wrap_lines=True)


def _versions() -> None:
    _facts({"kb": __version__, "Python": f"{platform.python_version()} · {platform.system()} {platform.machine()}",
            **{name: _version(name) for name in _PACKAGES}})
    if st.button(t("check_installation"), key="check_installation"):
        with st.spinner(t("checking"), show_time=False):
            found = library().doctor().findings
        _problems(found)
        well = [finding for finding in found if finding.level == "ok"]
        if len(well) == len(found):
            st.success(t("check_well", n=len(found)))
        with st.expander(t("check_rest", n=len(well))):
            show_rows([{t("check_part"): finding.name(language()),
                        t("check_found"): one_line(finding.describe(language())[0], 300)} for finding in well])


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return t("not_installed")


def _problems(findings: Iterable[Finding]) -> None:
    """What is not in order, each with what to do."""
    for finding in findings:
        if finding.level in _NOT_WELL:
            message, hint = finding.describe(language())
            text = safe(full(f"{finding.name(language())} · {message}"), 460)
            _NOT_WELL[finding.level](f"{text}  \n{safe(full(hint), 400)}" if hint else text)
