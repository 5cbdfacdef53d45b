"""A BibTeX file: its entries as plain text, and what in it could not be understood.

Reads: bytes.  Gives: Extract whose text is the entries as JSON (sidecar.py takes from it what belongs to a document).
bibtexparser finds the blocks and where each value ends, which is the part with the traps (quotes in braces, entries in
parentheses, going on after one that is not closed); here a value is put together from its pieces, parted by #, and
becomes plain text.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from kb.readers import Limits
from kb.readers.extract import Extract
from kb.readers.latex import plain
from kb.text import one_line

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry, Field

LONGEST_VALUE = 20_000  # characters of a field; an abstract has two thousand
_MOST_WRITTEN_OUT = 4 << 20  # characters of all values together: abbreviations of abbreviations grow without end
_MOST_PROBLEMS = 1000  # a file with more is no list of references
_MASK = "\0"
_BRACES = re.compile(r"(?<!\\)[{}]")
_MARKS = re.compile(r"(?<!\\)[{}]|(?:(?<=\n)|\A)[^\S\n]*@")
_MOST_OPEN = 16  # entries without their last brace: each is looked through to the end of the file
_NAME = re.compile(r"[^\s#{}\"]*")
_SIGN = re.compile(r"\s*#\s*")


class Bibliography(NamedTuple):
    """entries: key -> {field in lower case: plain text}.  types: key -> "article", "phdthesis", …  problems: what was
    not understood, with its line."""

    entries: dict[str, dict[str, str]]
    types: dict[str, str]
    problems: tuple[str, ...]


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The entries of a file as JSON, {"entries": …, "types": …, "problems": …}, to be taken apart by `from_extract`."""
    return Extract("bibtex", json.dumps(parse(data.decode(encoding or "utf-8-sig", "replace"))._asdict()))


def from_extract(extract: Extract) -> Bibliography:
    """What `read` found."""
    found = json.loads(extract.text)
    return Bibliography(found["entries"], found["types"], tuple(found["problems"]))


def parse_bibtex(text: str) -> dict[str, dict[str, str]]:
    """key -> {field: value in plain text} for every entry, fields in lower case. What cannot be parsed is passed over;
    `parse` says what that was."""
    return parse(text).entries


def parse(text: str, *, is_plain: bool = True) -> Bibliography:
    """Every entry that can be read, whatever stands beside it. Of two entries with one key, and of two fields with one
    name, the first counts. is_plain: False leaves the values in TeX and has every entry, of one key those after the
    first with a NUL and a number behind it."""
    text = text.replace(_MASK, "")
    found = _parse(text, is_plain)
    # At the beginning of a line the parser takes @word{ for the next entry even inside a value, which is what saves the
    # entries after one that is not closed. Where all braces close, it is text: so it is hidden, and the parser is asked
    # again.
    masked = _hide_inner_signs(text) if 0 < len(found.problems) <= _MOST_PROBLEMS else text
    if masked == text:
        return found
    hidden = _parse(masked, is_plain)
    return hidden if len(hidden.problems) < len(found.problems) else found


def _parse(text: str, is_plain: bool) -> Bibliography:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it complains of is in `problems`
    entries: dict[str, dict[str, str]] = {}
    types: dict[str, str] = {}
    problems: list[str] = []
    values = _Values()
    blocks = parse_string(text, parse_stack=[]).blocks
    strings = [found for block in blocks if isinstance(found := _inner(block), String)]
    for string in strings:
        values.define(string.key, string.value)
    for block in blocks:
        entry = _inner(block)
        if isinstance(entry, Entry) and (entry.key not in entries or not is_plain):
            key = entry.key if entry.key not in entries else f"{entry.key}{_MASK}{len(entries)}"
            entries[key] = _fields(entry, values, problems, is_plain)
            types[key] = entry.entry_type.lower()
        if isinstance(block, DuplicateFieldKeyBlock):
            problems.append(_told(block, f"{', '.join(sorted(block.duplicate_keys))} twice in one entry"))
        elif isinstance(block, DuplicateBlockKeyBlock) and isinstance(entry, Entry) and is_plain:
            problems.append(_told(block, f"a second entry {entry.key}"))
        elif isinstance(block, ParsingFailedBlock) and entry is block:
            problems.append(_told(block, getattr(block.error, "abort_reason", str(block.error))))
    if values.is_spent:
        problems.append("its abbreviations grow without end; values are cut")
    return Bibliography(entries, types, tuple(problems))


def _inner(block: Block) -> Block:
    """The block itself, or the entry or abbreviation that the parser wrapped because its key was there before."""
    return getattr(block, "ignore_error_block", None) or block


def _told(block: Block | Field, words: str) -> str:
    return f"line {(block.start_line or 0) + 1}: {one_line(words, 160)}"


def _fields(entry: Entry, values: _Values, problems: list[str], is_plain: bool) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field in entry.fields:
        if field.key.lower() in fields:
            continue
        value, is_whole = values.written_out(field.value)
        value = value.replace(_MASK, "@")
        fields[field.key.lower()] = one_line(shown(value) if is_plain else value, LONGEST_VALUE)
        if not is_whole:
            problems.append(_told(field, f"no comma after {field.key} of {entry.key}; what follows it is left out"))
    return fields


def shown(value: str) -> str:
    """A value as text. An & that nobody escaped is meant as one: there are no columns in a bibliography."""
    return plain(re.sub(r"(?<!\\)&", r"\\&", value))


class _Values:
    """Puts values together: `jmlr # " 24"` from an abbreviation and a piece in quotes."""

    def __init__(self) -> None:
        self._strings: dict[str, str] = {}
        self._left = _MOST_WRITTEN_OUT

    @property
    def is_spent(self) -> bool:
        return self._left <= 0

    def define(self, name: str, value: str) -> None:
        """An abbreviation; its name is the same in upper and lower case, and the last definition counts."""
        self._strings[name.lower()] = self.written_out(value)[0]

    def written_out(self, value: str) -> tuple[str, bool]:
        """(the value without its delimiters, whether it is nothing but pieces parted by #). An abbreviation that is not
        known (jan) stays as it is."""
        parts, position, length = [], 0, 0
        while length < LONGEST_VALUE and not self.is_spent:
            part, position = _piece(value, position, self._strings)
            parts.append(part[:LONGEST_VALUE])
            length += len(parts[-1])
            self._left -= len(parts[-1])
            sign = _SIGN.match(value, position)
            if sign is None:
                return "".join(parts), not value[position:].strip()
            position = sign.end()
        return "".join(parts), True


def _piece(value: str, position: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """One piece of a value: in braces, in quotes, a number or the name of an abbreviation; and where it ends."""
    opening = value[position:position + 1]
    if opening and opening in '{"':
        depth = 0
        for mark in re.compile(r'(?<!\\)[{}"]').finditer(value, position):
            depth += (mark.group() == "{") - (mark.group() == "}")
            is_quote = opening == mark.group() == '"' and mark.start() > position
            if depth <= 0 and (is_quote or mark.group() == "}" and opening == "{"):
                return value[position + 1:mark.start()], mark.end()
        return value[position + 1:], len(value)
    name = _NAME.match(value, position)
    assert name is not None  # it may be empty
    return strings.get(name.group().lower(), name.group()), name.end()


def _hide_inner_signs(text: str) -> str:
    """The text with a NUL for every @ that begins a line inside braces which close; an entry that does not close ends
    where the next one begins."""
    hidden: list[int] = []
    at = n_open = 0
    while at < len(text) and n_open < _MOST_OPEN:
        inner, closed, following = _closed_braces(text, at)
        hidden += inner
        if closed:
            break
        at, n_open = following, n_open + 1
    parts, before = [], 0
    for sign in hidden:
        parts += [text[before:sign], _MASK]
        before = sign + 1
    return "".join([*parts, text[before:]])


def _closed_braces(text: str, start: int) -> tuple[list[int], bool, int]:
    """(where a @ begins a line inside braces that close, whether all of them close, where the entry behind the one that
    does not begins)."""
    found: list[int] = []
    inner: list[int] = []
    depth = 0
    for mark in _MARKS.finditer(text, start):
        if mark.group() in "{}":
            depth = max(0, depth + (1 if mark.group() == "{" else -1))
            if not depth:
                found += inner
                inner = []
        elif depth:
            inner.append(mark.end() - 1)
    return found, not depth, inner[0] if depth and inner else len(text)
