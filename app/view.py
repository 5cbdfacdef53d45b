"""The one place that makes text from documents, files and models safe to show.

Streamlit renders Markdown in titles, labels, captions and options: an image there would be fetched from another host.
`safe` leaves the text as it looks and takes all meaning from it. Longer text goes through components.py, which sets it
as plain text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from kb_app.i18n import beside
from kb_app.typeset import formulas

from kb.text import one_line

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~^$=])")
_DIRECTIVE = re.compile(r":(?=[^\s\u3400-\u9fff])")


def safe(text: str, limit: int = 200) -> str:
    """One line of text that Markdown, HTML, formulas, directives, emoji codes and automatic links leave alone."""
    return _plain(one_line(text, limit))


def with_formulas(text: str, limit: int = 200) -> str:
    """One line as `safe` makes it, with its formulas drawn: KaTeX trusts none, so they load and link nothing."""
    text = one_line(text, limit)
    parts, position = [], 0
    for start, end, tex, _ in formulas(text):
        if "$" not in tex:
            tex = tex.replace("<", r"\lt ").replace(">", r"\gt ")  # the same sign, and no tag whoever reads it
            parts += [_plain(text[position:start]), f"${tex}$"]
            position = end
    return "".join([*parts, _plain(text[position:])])


def taken_away(label: str, words: str) -> str:
    """The label of what a press takes away. words: what it does, to a screen reader; shown as a ✕ (static/main.css)."""
    return f"{label}:small[{_plain(beside(words))}]"


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names by what they name, numbered where one stands twice: a choice is known by the words it is shown with."""
    seen: Counter[str] = Counter()
    said = {}
    for key, name in names.items():
        seen[name] += 1
        said[key] = name + beside(str(seen[name])) if seen[name] > 1 else name
    return said


def size(n_bytes: int) -> str:
    """How large a file is, in words."""
    for unit, least, digits in (("GB", 2**30, 2), ("MB", 2**20, 1), ("kB", 2**10, 0)):
        if n_bytes >= least:
            return f"{n_bytes / least:.{digits}f} {unit}"
    return f"{n_bytes} B"


def _plain(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _MARKUP.sub(r"\\\1", text)
    # A word joiner, invisible, between a colon and what would make it `:red[`, `:smile:` or `https://`; after www., and
    # after the @ of an address.
    text = _DIRECTIVE.sub(":\u2060", text)
    text = re.sub(r"@(?=\w)", "@\u2060", text)
    return re.sub(r"(?i)www\\\.", "www\u2060\\\\.", text)
