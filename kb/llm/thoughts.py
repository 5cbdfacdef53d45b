"""What a model thinks aloud, taken out of its reply by the marks that models use for it.

Reads: a reply as far as it has come.  Gives: the text without its thoughts. A mark counts where thoughts stand: at the
beginning, or on a line of its own. In an answer about such marks they are words.
"""

from __future__ import annotations

import re

_NAMES = r"think(?:ing)?|thoughts?|reasoning|seed:think"
_OPENING = rf"(?:<(?:{_NAMES})>|◁think▷|\[THINK\]|<\|begin_of_thought\|>|<\|START_THINKING\|>)"
_CLOSING = rf"(?:</(?:{_NAMES})>|◁/think▷|\[/THINK\]|<\|end_of_thought\|>|<\|END_THINKING\|>)"
_FLAGS = re.DOTALL | re.IGNORECASE
_FIRST = re.compile(rf"\s*{_OPENING}.*?(?:{_CLOSING}\s*|\Z)", _FLAGS)
_LATER = re.compile(rf"^{_OPENING}[ \t]*\n.*?(?:^{_CLOSING}[ \t]*(?:\n\s*|\Z)|\Z)", _FLAGS | re.MULTILINE)
# The template of some models opens the thoughts itself, so that the reply has the closing mark alone.
_UNOPENED = re.compile(rf"\A(?:(?!{_OPENING}).)*?(?:^{_CLOSING}[ \t]*$|(?<=[^\s`'\"“‘]){_CLOSING}(?=\s*\n))\s*",
                       _FLAGS | re.MULTILINE)
_CLOSES = re.compile(_CLOSING, re.IGNORECASE)
_MARKS = ("<think>", "<thinking>", "<thought>", "<thoughts>", "<reasoning>", "<seed:think>", "◁think▷", "[think]",
          "<|begin_of_thought|>", "<|start_thinking|>", "<|channel|>", "<|start|>")
# The channels of OpenAI's harmony format, with their marks or (some servers) without.
_CHANNELS = re.compile(r"\s*<\|(?:start|channel)\|>")
_FINAL = re.compile(r"<\|channel\|>final\b[^<]*<\|message\|>")
_BARE, _BARE_FINAL = re.compile(r"\s*analysis(?=[A-Z\u4e00-\u9fff])"), "assistantfinal"
_BEGUN = re.compile(r"<(?:\|[^<>\n]*)?\Z")
_ENDS = re.compile(r"<\|(?:end|return|call)\|>.*\Z", re.DOTALL)


def without_thoughts(text: str, *, is_whole: bool) -> str:
    """The reply without its thoughts; of one that still comes, what may become a mark is held back."""
    if _CHANNELS.match(text):
        final = _FINAL.search(text)
        text = _ENDS.sub("", text[final.end():]).lstrip() if final else ""
        return text if is_whole else _BEGUN.sub("", text)
    if is_whole:
        text = text.partition(_BARE_FINAL)[2] if _BARE.match(text) and _BARE_FINAL in text else text
    position = 0
    while found := _FIRST.match(text, position):
        position = found.end()
    text = _LATER.sub("", text[position:])
    if is_whole and _CLOSES.search(text) and (found := _UNOPENED.match(text)) and text[found.end():].strip():
        text = text[found.end():]
    return _held(text, is_whole)


def _held(text: str, is_whole: bool) -> str:
    line = text.rpartition("\n")[2]
    start = line.lstrip().lower()
    is_mark = bool(start) and any((mark + "\n").startswith(start) for mark in _MARKS)
    return text[:len(text) - len(line)] if is_mark and not is_whole else text
