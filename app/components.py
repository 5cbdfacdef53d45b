"""The pieces of the page that set text as text: the answer with its citation chips, what a model wrote, a source with
its quote marked.

All build their DOM with textContent, so nothing in a document can become markup. They are v2 components: no iframe, no
build step.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

STATIC = Path(__file__).resolve().parent / "static"
_SAID = "<div class='said' aria-live='polite'></div>"  # what a screen reader is told
_IMPORT = re.compile(r"^import \{[^}]*\} from '\./(\w+\.js)';\n", re.MULTILINE)


@cache
def static(name: str) -> str:
    """The text of a file in static/: the CSS of a component or of the page."""
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def script(name: str) -> str:
    """The JavaScript of a component in one text, as Streamlit takes it: what the file imports stands before it."""
    neighbours: dict[str, str] = {}

    def collect(file: str) -> str:
        text = static(file)
        for other in _IMPORT.findall(text):
            if other not in neighbours:
                neighbours[other] = collect(other).replace("export function", "function")
        return _IMPORT.sub("", text)

    own = collect(name)
    return "\n".join([*neighbours.values(), own])


def answer_text(data: dict[str, Any], key: str) -> int | None:
    """Shows claims with chips, each a paragraph or (inline) all in one; a chip shows its label, else its number.
    data["said"]: what a screen reader is told once, if anything. Gives the number of the chip that was pressed in this
    run, or None."""
    mount = st.components.v2.component("kb_answer", html="<div class='kb'></div>" + _SAID, css=static("text.css"),
                                       js=script("answer.js"))
    result = mount(data=data, key=key, on_opened_change=lambda: None)
    pressed: int | None = result.get("opened")
    return pressed


def written_text(data: dict[str, Any], key: str) -> int | None:
    """Shows a model's sentences, chips on those that hold, a note on those that do not; gives the number of the chip
    pressed in this run, or None."""
    mount = st.components.v2.component("kb_written", html="<div class='kb'></div>", css=static("text.css"),
                                       js=script("written.js"))
    result = mount(data=data, key=key, on_opened_change=lambda: None)
    pressed: int | None = result.get("opened")
    return pressed


def source_text(parts: list[dict[str, str]], key: str) -> None:
    """Shows text with marked parts: [{"text", "mark": "" | "amber" | "pale"}]."""
    mount = st.components.v2.component("kb_source", html="<div class='kb'></div>", css=static("text.css"),
                                       js=script("source.js"))
    mount(data={"parts": parts}, key=key)


def draft_text(parts: list[dict[str, Any]], key: str) -> None:
    """Shows what is being written, part by part: [{"depth", "heading", "state": "done" | "now" | "open", "said",
    "body", "draft"}]. draft: what a model has begun, not checked yet."""
    mount = st.components.v2.component("kb_draft", html="<div class='kb'></div>", css=static("draft.css"),
                                       js=script("draft.js"))
    mount(data={"parts": parts}, key=key)


def key_pressed(is_open: bool, key: str) -> str | None:
    """ "close" or "new" if Esc or Alt+N was pressed."""
    mount = st.components.v2.component("kb_keys", html="<span></span>", js=script("keys.js"))
    result = mount(data={"open": is_open}, key=key, on_pressed_change=lambda: None)
    pressed: str | None = result.get("pressed")
    return pressed
