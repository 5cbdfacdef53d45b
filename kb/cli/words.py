"""The command's own words in the reader's language, and how wide they are in a terminal.

English stands in the code where it is said; data/cli.toml has the Chinese of it, and is read only where it is needed.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from kb.messages import Language, fill, words_of

_WORD = re.compile(r"\s+|[\x21-\x7e]+|[^\W\d_㐀-鿿]+|.")  # what a line may be broken between
_CHINESE = Path(__file__).resolve().parent.parent / "data" / "cli.toml"


def reader_language() -> Language:
    """The language for messages: that of the locale."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def say(english: str, **values: object) -> str:
    """These words in the reader's language, with the values that they name in braces."""
    words = chinese().get(english, english) if reader_language() == "zh" else english
    return fill(words, values) if values else words


def said(pair: Any) -> str:
    """The one of a pair that the reader speaks: Words, or what JSON made of them."""
    return words_of(pair).in_(reader_language())


@cache
def chinese() -> dict[str, str]:
    """English -> Chinese, all that the command says."""
    words: dict[str, str] = tomllib.loads(_CHINESE.read_text(encoding="utf-8"))
    return words


def columns(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, width: int) -> str:
    """The text with spaces after it, up to this many columns."""
    return text + " " * (width - columns(text))


def fold(text: str, width: int) -> list[str]:
    """The text in lines of at most this many columns; a longer word has a line of its own."""
    lines = [""]
    for word in _WORD.findall(text):
        if columns(lines[-1] + word.rstrip()) > width and word not in "，。；：、）":
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines]


def fit(text: str, width: int) -> str:
    """The text cut to this many columns."""
    used = 0
    for i, character in enumerate(text):
        used += columns(character)
        if used > width:
            return text[:i]
    return text
