"""What the pages share: the opened library, the open source, the address bar."""

from __future__ import annotations

import logging
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from kb_app.i18n import language, t
from kb_app.login import who

from kb import KBError, KnowledgeBase, Service

log = logging.getLogger(__name__)
_WORD = re.compile(r"[^\W\d_]+(?:['’-]\w+)*[,;:]?(?:\s|$)")
_COPIED = re.compile(r"(?:^|[\s：])kb [^。；;]*$|[!-~]*[/=\\][!-~]*$")  # a command, a path, an address, a setting


@st.cache_resource(show_spinner=False)
def _opened(home: str, encoder: str) -> KnowledgeBase:
    base = KnowledgeBase.open(home or None, encoder=encoder or None)
    threading.Thread(target=_warm, args=(base,), daemon=True).start()
    return base


def _warm(base: KnowledgeBase) -> None:
    """Loads the encoder before the first question, then answers for `kb ask` too; an encoder that cannot be had is
    reported when needed."""
    try:
        base.warm()
        Service(base)
    except KBError as error:
        log.warning("the encoder could not be loaded: %s", error)


def library() -> KnowledgeBase:
    """The library this app was started for, as who is signed in sees it."""
    home, encoder, signed_in = os.environ.get("KB_HOME", ""), os.environ.get("KB_ENCODER", ""), who()
    return _seen_by(home, encoder, signed_in) if signed_in else _opened(home, encoder)


@st.cache_resource(max_entries=50, show_spinner=False)
def _seen_by(home: str, encoder: str, owner: str) -> KnowledgeBase:
    return _opened(home, encoder).acting_as(owner)


def bundled_corpus() -> Path | None:
    """The folder with the article and the notes, where the app runs from a source checkout."""
    folder = Path(os.environ.get("KB_CORPUS") or Path(__file__).resolve().parent.parent / "corpus")
    return folder if (folder / "article.en.md").is_file() else None


def open_source(document: str, start: int, end: int) -> None:
    """Opens the source panel at a place and puts it in the address bar. Each time has a number of its own:
    whoever opens the same place again is brought there again."""
    before = st.session_state.get("source", {}).get("opened", 0)
    st.session_state.source = {"document": document, "start": start, "end": end, "opened": before + 1}
    st.session_state.pop("source_section", None)
    st.query_params.update({"doc": document, "start": str(start), "end": str(end)})


def n_opened() -> int:
    """The number of the source that is open; 0 for none."""
    return int(st.session_state.get("source", {}).get("opened", 0))


def close_source() -> None:
    for name in ("source", "source_section"):
        st.session_state.pop(name, None)
    for name in ("doc", "start", "end"):
        if name in st.query_params:
            del st.query_params[name]


def source_from_address() -> None:
    """Opens what an evidence link (?doc=…&start=…&end=…) points to, once."""
    if "source" in st.session_state or "doc" not in st.query_params:
        return
    try:
        start, end = (int(st.query_params.get(name, "0")) for name in ("start", "end"))
    except ValueError:
        return
    st.session_state.source = {"document": st.query_params["doc"], "start": start, "end": end, "opened": 1}


@contextmanager
def errors_shown() -> Iterator[None]:
    """Errors a reader can act on, in words; others with an id that the log has too. Never a traceback on the page."""
    try:
        yield
    except KBError as error:
        message, hint = error.describe(language())
        st.error(f"{_plain(full(message))}  \n{_plain(full(hint))}")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        if type(error).__module__.startswith("streamlit"):
            raise
        number = secrets.token_hex(4)
        log.exception("error %s", number)
        st.error(t("unexpected", id=number))


def sentence(words: str) -> str:
    """English words with a capital, where they do not begin with a command, a file or an address."""
    begins = language() != "zh" and not words.startswith("kb ") and _WORD.match(words)
    return words[:1].upper() + words[1:] if begins else words


def full(words: str) -> str:
    """A message as a sentence that ends; not where it ends in what one copies."""
    ends = not words or words[-1] in ".?!…:。？！：" or _COPIED.search(words)
    return sentence(words) if ends else sentence(words) + ("。" if language() == "zh" else ".")


def told(words: Iterable[str]) -> str:
    """A message and its hint, in one line."""
    return ("" if language() == "zh" else " ").join(map(full, words))


def _plain(text: str) -> str:
    from kb_app.view import safe

    return safe(text, 400)
