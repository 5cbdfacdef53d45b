"""Whom the app lets in, as it is set: by the token of its start, or, at an address that others can reach, by a login.

Reads: Streamlit's secrets.toml.  Gives: Login, which `kb app` needs whole before it listens elsewhere, and a line for
doctor.py.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kb.errors import finding
from kb.outside import read_toml
from kb.types import Finding, Words


@dataclass(frozen=True, slots=True)
class Login:
    """is_set_up: there is a section [auth].  missing: what it lacks to be a login.  accounts: whom it lets in.  parts:
    scheme, host and port at which a browser reaches the app."""

    is_set_up: bool
    missing: tuple[str, ...]
    accounts: int
    parts: tuple[str, str, int | None]


def read_login() -> Login:
    """The login in the places where Streamlit looks for secrets, the later over the earlier."""
    found: dict[str, Any] = {}
    for folder in _folders():
        try:
            found |= read_toml((folder / ".streamlit" / "secrets.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):  # ValueError: no TOML, or no UTF-8
            continue
    auth, section = found.get("auth"), found.get("kb")
    if not isinstance(auth, dict):
        return Login(False, (), 0, ("", "", None))
    named = [value for value in auth.values() if isinstance(value, dict)]
    missing = [f"auth.{name}" for name in ("redirect_uri", "cookie_secret") if not auth.get(name)]
    if not any(all(one.get(name) for name in ("client_id", "client_secret", "server_metadata_url"))
               for one in (auth, *named)):
        missing.append("auth.client_id, auth.client_secret, auth.server_metadata_url")
    allowed = section.get("allowed") if isinstance(section, dict) else None
    is_list = isinstance(allowed, list) and bool(allowed) and all(isinstance(one, str) and one for one in allowed)
    if not is_list:
        missing.append('kb.allowed = ["you@example.org"]')
    parts = urlsplit(str(auth.get("redirect_uri", "")))
    if not missing and (parts.scheme not in ("http", "https") or parts.path != "/oauth2callback" or not parts.netloc):
        missing.append("auth.redirect_uri = \"https://…/oauth2callback\"")
    place = ("", "", None) if missing else (parts.scheme, parts.hostname or "", parts.port)
    return Login(True, tuple(missing), len(allowed) if is_list and allowed else 0, place)


def app_door() -> Finding:
    """Who can reach the app, as it would be started now."""
    login = read_login()
    who = Words("whoever has the token or the cookie of its start: this system is not asked whose a connection is",
                "持有本次启动的令牌或 cookie 的人：在本系统上不向系统询问连接属于谁")
    if sys.platform == "linux":
        who = Words("the browser that opened the printed line, on your account: the kernel is asked whose it is",
                    "打开过所打印那一行、且属于你账户的浏览器：连接属于谁由内核回答")
    if not login.is_set_up:
        return finding("ok", "app", "F_APP_LOCAL", who=who)
    if login.missing:
        return finding("warning", "app", "F_APP_HALF", who=who, missing="; ".join(login.missing))
    scheme, host, port = login.parts
    return finding("ok", "app", "F_APP_LOGIN", who=who, n=login.accounts,
                   address=f"{scheme}://{host}" + (f":{port}" if port else ""))


def _folders() -> Sequence[Path]:
    app = importlib.util.find_spec("kb_app")
    return [Path.home(), *([Path(app.origin).parent] if app and app.origin else [])]
