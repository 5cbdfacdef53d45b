"""The shell: its pages, the language control, the style that configuration cannot say."""

from __future__ import annotations

import streamlit as st

from app import ask, labs, library, settings, survey
from app.i18n import language, t

# The source panel stays in view beside the chat, and is a sheet over it on a narrow screen.
_STYLE = """
<style>
[data-testid=stColumn]:has(.st-key-srcpanel) { position: sticky; top: 3.5rem; align-self: flex-start; }
.st-key-srcpanel { max-height: calc(100vh - 9rem); overflow-y: auto; overflow-x: hidden; }
.stMainBlockContainer { padding-top: 3.2rem; max-width: 76rem; }
@media (max-width: 760px) {
  [data-testid=stColumn]:has(.st-key-srcpanel) { position: fixed; inset: auto 0 0 0; top: auto; z-index: 1000; width: 100% !important; max-height: 72vh;
    overflow-y: auto; padding: .8rem 1rem 1rem 1rem; box-sizing: border-box; background: var(--st-background-color, Canvas);
    border-top: 1px solid rgba(128, 128, 128, .4); border-radius: .8rem .8rem 0 0; box-shadow: 0 -6px 24px rgba(0, 0, 0, .25); }
  .st-key-srcpanel { max-height: none; }
}
</style>
"""


def main() -> None:
    st.set_page_config(page_title="kb", page_icon="📖", layout="wide", initial_sidebar_state="auto")
    language()
    pages = {
        "ask": st.Page(ask.page, title=t("ask"), url_path="ask", default=True),
        "library": st.Page(library.page, title=t("library"), url_path="library"),
        "survey": st.Page(survey.page, title=t("survey"), url_path="survey"),
        "labs": st.Page(labs.page, title=t("labs"), url_path="labs"),
        "settings": st.Page(settings.page, title=t("settings"), url_path="settings"),
    }
    st.session_state.pages = pages
    chosen = st.navigation(list(pages.values()))
    with st.sidebar:
        st.segmented_control(t("language"), ["zh", "en"], key="lang", format_func={"zh": "中文", "en": "English"}.__getitem__, required=True,
                             on_change=lambda: st.query_params.update(lang=st.session_state.lang))
    st.html(_STYLE)
    chosen.run()


main()
