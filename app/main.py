"""The shell: its pages, the language control, the style that configuration cannot say."""

from __future__ import annotations

import streamlit as st
from kb_app import ask, labs, library, login, settings, survey, table
from kb_app.components import STATIC, reachable
from kb_app.i18n import language, t
from kb_app.state import close_source
from kb_app.telling import tell

_LANGUAGES = {"zh": "中文", "en": "English"}


def main() -> None:
    st.set_page_config(page_title="kb", page_icon=str(STATIC / "icon.png"), layout="wide", initial_sidebar_state="auto")
    language()
    if not login.passed():
        return
    st.logo(str(STATIC / "icon.png"), size="large")  # its name: static/main.css
    pages = {
        "ask": st.Page(ask.page, title=t("ask"), url_path="ask", default=True),
        "library": st.Page(library.page, title=t("library"), url_path="library"),
        "table": st.Page(table.page, title=t("table"), url_path="table"),
        "survey": st.Page(survey.page, title=t("survey"), url_path="survey"),
        "labs": st.Page(labs.page, title=t("labs"), url_path="labs"),
        "settings": st.Page(settings.page, title=t("settings"), url_path="settings"),
    }
    st.session_state.pages = pages
    chosen = st.navigation(list(pages.values()))
    st.set_page_config(page_title=f"{chosen.title} · kb")
    with st.sidebar:
        # The control may report that nothing is chosen, while it is drawn in a closed sidebar: the language stays then.
        st.session_state.lang_control = language()
        st.segmented_control(t("language"), list(_LANGUAGES), key="lang_control", format_func=_LANGUAGES.__getitem__,
                             required=True, on_change=_choose_language)
        login.log_out_button()
    if st.session_state.get("page", chosen.url_path) != chosen.url_path:
        close_source()  # it belongs to the page that opened it
        st.session_state.visit = st.session_state.get("visit", 0) + 1
    st.session_state.page = chosen.url_path
    st.html(STATIC / "main.css")
    if language() == "zh":
        st.html(STATIC / "zh.css")
    with st.container(key="reach"):  # takes no room: static/main.css
        reachable("kb_reach")
    if "visit" in st.session_state:
        tell("page", f"page {st.session_state.visit}", chosen.title)
    chosen.run()


def _choose_language() -> None:
    if st.session_state.lang_control in _LANGUAGES:
        st.session_state.lang = st.query_params["lang"] = st.session_state.lang_control


main()
