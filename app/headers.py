"""The headers on every response: what a page may load and reach, and from where."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from kb_app.components import static

_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def app_headers(origin: str) -> list[tuple[bytes, bytes]]:
    """For what Streamlit serves at this origin: its own scripts, this server, and nobody else."""
    # connect-src and img-src name this server only: an image in a document cannot tell another host that it was read.
    # Of WebSockets this server's alone, not `ws:`, which is every host's.
    socket = origin.replace("http", "ws", 1)
    here = "'self'" if "[" in origin else f"{origin} {socket}"  # the policy's grammar has no IPv6; 'self' is both
    policy = "; ".join((
        "default-src 'self'", f"script-src 'self' blob: 'wasm-unsafe-eval' {_inline_script_hashes()}",
        "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:", "font-src 'self' data:",
        f"connect-src {here} blob: data:", "worker-src 'self' blob:", "object-src 'none'",
        "base-uri 'self'", "form-action 'self'", "frame-src 'none'", "frame-ancestors 'none'",
    ))
    return [(name.encode(), value.encode())
            for name, value in {"content-security-policy": policy, **_EVERYWHERE}.items()]


def plain_headers() -> dict[str, str]:
    """For the pages of our own that load nothing and are kept nowhere."""
    style = _hash(static("refused.css"))
    policy = f"default-src 'none'; style-src {style}; base-uri 'none'; frame-ancestors 'none'"
    return {"content-security-policy": policy, "cache-control": "no-store", **_EVERYWHERE}


def _inline_script_hashes() -> str:
    """Hashes of the inline scripts of Streamlit's own page; no other inline script may run."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    return " ".join(_hash(text) for text in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
