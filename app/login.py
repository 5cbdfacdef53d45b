"""The login before every page, where others can reach the app: who may enter, and what a stranger is shown.

Streamlit's own login (OpenID Connect) says who somebody is; `allowed` in secrets.toml says whom the library is shown
to, because an identity provider knows everybody.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from typing import Any

import streamlit as st
from kb_app.i18n import t
from kb_app.view import safe
from starlette.requests import HTTPConnection

# What a browser loads to show the login; everything else of Streamlit's holds, takes or gives what is the owner's.
_OPEN = ("/_stcore/health", "/_stcore/host-config", "/_stcore/stream")
_SHUT = ("/_stcore/", "/media/", "/component/", "/app/static/", "/source/")


def is_needed() -> bool:
    """Whether this start asks for a login: `kb app` says so for an address that others can reach."""
    return os.environ.get("KB_APP_LOGIN") == "1"


def passed() -> bool:
    """Whether the visitor may see the pages; to one who may not it shows the login and nothing else."""
    if not is_needed() or _is_allowed(st.user.to_dict()):
        return True
    st.title("kb", anchor=False)
    if st.user.is_logged_in:
        st.error(t("login_refused", who=safe(str(st.user.get("email", "")))))
        st.button(t("log_out"), key="log_out", on_click=st.logout)
        return False
    st.markdown(t("login_lead"))
    if importlib.util.find_spec("authlib") is None:
        st.error(t("login_missing"))
        return False
    for provider in _providers():
        label = t("login_with", provider=safe(provider)) if provider else t("login_go")
        st.button(label, key=f"login-{provider}", type="primary", on_click=st.login,
                  args=(provider, ) if provider else ())
    return False


def who() -> str:
    """Who is signed in, by the address that lets them in; "" where no login is asked for. Nobody, where that cannot be
    told: the operator is never who has signed in."""
    if not is_needed():
        return ""
    return str(st.user.get("email", "")).casefold() or "-"


def log_out_button() -> None:
    """For one who is logged in."""
    if is_needed():
        st.button(t("log_out"), key="log_out", on_click=st.logout)


def is_open_to_strangers(path: str) -> bool:
    """Whether the path is part of the empty page that the login is shown on."""
    return path in _OPEN or not path.startswith(_SHUT)


def may_enter(connection: HTTPConnection) -> bool:
    """Whether a request carries the signed cookie of somebody who is allowed."""
    from streamlit.web.server.starlette.starlette_websocket import USER_COOKIE_NAME, _get_signed_cookie_with_chunks

    signed = _get_signed_cookie_with_chunks(connection.cookies, USER_COOKIE_NAME)
    if not signed:
        return False
    user = json.loads(signed)
    return isinstance(user, dict) and _is_allowed(user)


def _is_allowed(user: Mapping[str, Any]) -> bool:
    allowed = [str(one).casefold() for one in st.secrets.get("kb", {}).get("allowed", ())]
    is_known = user.get("is_logged_in") is True and user.get("email_verified", True) is True
    return is_known and str(user.get("email", "")).casefold() in allowed


def _providers() -> list[str]:
    """Names of the providers that are set up; "" the one without a name."""
    auth = st.secrets["auth"]
    named = [name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value]
    return ["", *named] if "client_id" in auth else named
