"""The pieces of the page that set text as text: the answer with its citation chips, what a model wrote, a source with
its quote marked.

All build their DOM with textContent, so nothing in a document can become markup. They are v2 components: no iframe, no
build step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from kb_app.heard_words import AFTER, FORMULA, HEARD
from kb_app.i18n import language
from kb_app.typeset import inline

from kb.types import Words

STATIC = Path(__file__).resolve().parent / "static"
_SAID = "<div class='said' aria-live='polite'></div>"  # what a screen reader is told
_TEXT = ("text.css", "typeset.css")
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
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
                neighbours[other] = _EXPORT.sub("", collect(other))
        return _IMPORT.sub("", text)

    own = collect(name)
    return "\n".join([*neighbours.values(), own])


@cache
def math_files() -> dict[str, str]:
    """Where Streamlit serves the KaTeX of its own pages; {} if it has none: formulas stay as they are written."""
    served = Path(st.__file__).parent / "static" / "static"
    scripts = sorted(served.glob("js/rehype-katex.*.js"))
    styles = [path for path in sorted(served.glob("css/*.css")) if ".katex" in path.read_text(encoding="utf-8")]
    if not scripts or not styles:
        return {}
    return {"js": f"/static/js/{scripts[0].name}", "css": f"/static/css/{styles[0].name}"}


def _in_words() -> dict[str, Any]:
    """What formulas are called in the reader's language: static/spoken.js."""
    def said(words: dict[str, Words]) -> dict[str, str]:
        return {name: pair.in_(language()) for name, pair in words.items()}

    return {**said(FORMULA), "after": said(AFTER)}


def _mount(name: str, css: Sequence[str], js: str, data: dict[str, Any], key: str, *told: str, light: bool = False,
           more: str = "", **callbacks: Callable[[], None]) -> Any:
    """css: files in static/. told: the events that the run gives. light: the component stands in the page itself,
    where words can be selected in every browser. more: markup of our own beside its place."""
    mount = st.components.v2.component(f"kb_{name}", html=f"<div class='{'kb-reader' if light else 'kb'}'></div>{more}",
                                       css="\n".join(map(static, css)), js=script(js), isolate_styles=not light)
    return mount(data={**data, "math": {**math_files(), "words": _in_words()}}, key=key,
                 **{f"on_{event}_change": lambda: None for event in told}, **callbacks)


def answer_text(data: dict[str, Any], key: str) -> int | None:
    """Shows claims with chips, each a paragraph or (inline) all in one; a chip shows its label, else its number.
    data["said"]: what a screen reader is told once, if anything, in parts with their language. Gives the number of the
    chip that was pressed in this run, or None."""
    sides = [{**side, "claims": [_typeset(claim) for claim in side["claims"]]} for side in data.get("sides", ())]
    data = {**data, "claims": [_typeset(claim) for claim in data["claims"]], "sides": sides}
    pressed: int | None = _mount("answer", _TEXT, "answer.js", data, key, "opened", more=_SAID).get("opened")
    return pressed


def _typeset(claim: dict[str, Any]) -> dict[str, Any]:
    """A claim with its texts in pieces; what of it is the answer is marked."""
    before, answer, after = claim.get("parts") or (claim["text"], "", "")
    marks = [(len(before), len(before) + len(answer), "answer")] if answer else []
    around = {side: inline(claim.get(side) or "") for side in ("before", "after")}
    return {**claim, **around, "pieces": inline(before + answer + after, marks)}


def written_text(data: dict[str, Any], key: str) -> int | None:
    """Shows a model's sentences, chips on those that hold, a note on those that do not; gives the number of the chip
    pressed in this run, or None."""
    sentences = [{**sentence, "pieces": inline(sentence["text"])} for sentence in data["sentences"]]
    pressed: int | None = _mount("written", _TEXT, "written.js", {**data, "sentences": sentences}, key,
                                 "opened").get("opened")
    return pressed


def source_text(data: dict[str, Any], key: str, turn: Callable[[int], None]) -> dict[str, Any] | None:
    """Shows a section of a text: {"id", "blocks" of typeset.py, "section": its name, "can_before", "can_after", "file",
    "words"}. Gives what was selected to be noted in this run, or None; turn: told 1 or -1 before the run in which the
    next or the previous section is wanted."""

    def turned() -> None:
        way = st.session_state[key].get("turned")
        if way in (1, -1):
            turn(way)

    result = _mount("source", ("reader.css",), "source.js", data, key, "noted", light=True, on_turned_change=turned)
    noted: dict[str, Any] | None = result.get("noted")
    return noted


def reader(data: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Shows the pages of a file: see source_panel.py for the data. Gives what was selected to be noted in this run."""
    result = _mount("reader", ("reader.css",), "reader.js", data, key, "noted", light=True)
    noted: dict[str, Any] | None = result.get("noted")
    return noted


def draft_text(parts: list[dict[str, Any]], key: str) -> None:
    """Shows what is being written, part by part: [{"depth", "heading", "state": "done" | "now" | "open", "said",
    "body", "draft"}]. draft: what a model has begun, not checked yet."""
    shown = [{**part, "pieces": inline(part["body"])} for part in parts]
    _mount("draft", ("draft.css", "typeset.css"), "draft.js", {"parts": shown}, key)


def key_pressed(opened: int, key: str, turns: int = 0) -> str | None:
    """ "close" or "new" if Esc or Alt+N was pressed. opened: the number of the source that is open, 0 for none. turns:
    how many a conversation has; one more is brought into view."""
    mount = st.components.v2.component("kb_keys", html="<span></span>", js=script("keys.js"))
    result = mount(data={"open": opened, "turns": turns}, key=key, on_pressed_change=lambda: None)
    pressed: str | None = result.get("pressed")
    return pressed


def told(data: dict[str, Any], key: str) -> None:
    """Has a screen reader told of something: see telling.py for the data."""
    st.components.v2.component("kb_told", html="<span></span>", js=script("told.js"))(data=data, key=key)


def reachable(key: str) -> None:
    """Lets what scrolls on the page be reached by the keyboard, and a screen reader hear the reader's language, whoever
    draws it."""
    names = HEARD if language() == "zh" else {}
    mount = st.components.v2.component("kb_reach", html="<span></span>", js=script("reach.js"))
    mount(data={"language": language(), "names": names, "formulas": _in_words()}, key=key)
