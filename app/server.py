"""The ASGI application: Streamlit's pages behind the guard."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from kb_app.files import routes
from kb_app.guard import Door, Guard
from kb_app.login import is_needed
from kb_app.packed import Packed
from starlette.middleware import Middleware

HERE = Path(__file__).resolve().parent


def _door() -> Door:
    """What `kb app` made for this start. The token leaves the environment: no job or lab inherits it."""
    token = os.environ.pop("KB_APP_TOKEN", "")
    origin = os.environ.get("KB_APP_ORIGIN", "")
    if not origin or not (token or is_needed()):
        raise SystemExit("start the app with `kb app`")  # by itself it would let everybody in
    return Door(origin, "" if is_needed() else token)


app = st.App(HERE / "main.py", middleware=[Middleware(Guard, door=_door()), Middleware(Packed)], routes=routes())
