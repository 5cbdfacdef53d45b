"""Raised and lowered characters in the cells of a workbook, written as everywhere (scripts.py): 10⁻⁵, never 10-5.

Reads: an archive.  Gives: the archive with the words of such cells rewritten. The reader of workbooks gives words
without their looks, so this is done to the XML before it, and only where some cell has such characters.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

from kb.errors import FileProblem
from kb.readers.archive import Package
from kb.readers.scripts import scripted

_EXCEL = re.compile(r"xl/(?:sharedStrings|worksheets/[^/]+)\.xml")
_STRING = re.compile(rb"(<(?:\w+:)?(si|is)(?: [^>]*)?>)(.*?)(</(?:\w+:)?\2>)", re.DOTALL)
_RUN = re.compile(rb"<(?:\w+:)?r>(.*?)</(?:\w+:)?r>", re.DOTALL)
_WORDS = re.compile(rb"<(?:\w+:)?t(?: [^>]*)?>(.*?)</(?:\w+:)?t>", re.DOTALL)
_ALIGN = re.compile(rb"vertAlign val=\"(super|sub)script\"")
_MOST = 200 * 2**20  # bytes unpacked that are packed again
_STYLE = re.compile(rb"<style:style\b[^>]*?\bstyle:name=\"([^\"]+)\"[^>]*>(?:(?!</style:style>).)*?"
                    rb"style:text-position=\"(super|sub|-?[\d.]+%)", re.DOTALL)
_SPAN = re.compile(rb"<text:span\b[^>]*?\btext:style-name=\"([^\"]+)\"[^>]*>([^<]*)</text:span>")


def with_scripts(data: bytes, package: Package, others: Mapping[str, bytes]) -> bytes:
    """The workbook itself, or one that has what scripts.py writes for its raised and lowered characters, and these
    parts in place of its own."""
    changed = dict(others)
    for name in sorted(package.names):
        if _EXCEL.fullmatch(name):
            entry = changed.get(name) or _entry(package, name)
            if b"vertAlign" in entry and (new := _STRING.sub(_rewritten, entry)) != entry:
                changed[name] = new
        elif name == "content.xml":
            entry = _entry(package, name)
            if b"style:text-position" in entry and (new := _open_document(entry)) != entry:
                changed[name] = new
    return _packed(data, changed) if changed else data


def _entry(package: Package, name: str) -> bytes:
    """An entry whole; nothing where it is too large or damaged."""
    try:
        return package.bytes_of(name)
    except FileProblem:
        return b""


def _rewritten(found: re.Match[bytes]) -> bytes:
    """A string of several runs as one."""
    if b"vertAlign" not in found[3]:
        return found.group()
    text = ""
    for run in _RUN.finditer(found[3]):
        words = "".join(part[1].decode("utf-8", "replace") for part in _WORDS.finditer(run[1]))
        align = _ALIGN.search(run[1])
        text += scripted(text, words, "^" if align[1] == b"super" else "_") if align else words
    prefix = b"x:" if found[1].startswith(b"<x:") else b""
    return found[1] + b"<" + prefix + b't xml:space="preserve">' + text.encode() + b"</" + prefix + b"t>" + found[4]


def _open_document(content: bytes) -> bytes:
    signs = {}
    for name, place in _STYLE.findall(content):
        if place.strip(b"%0."):
            signs[name] = "_" if place.startswith((b"sub", b"-")) else "^"

    def put(found: re.Match[bytes]) -> bytes:
        if found[1] not in signs:
            return found.group()
        before = re.sub(rb"<[^>]*>", b"", content[max(0, found.start() - 200):found.start()]).decode("utf-8", "replace")
        return scripted(before, found[2].decode("utf-8", "replace"), signs[found[1]]).encode()

    return _SPAN.sub(put, content) if signs else content


def _packed(data: bytes, changed: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    try:
        with (zipfile.ZipFile(io.BytesIO(data)) as old,
              zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as new):
            entries = {entry.filename: entry for entry in old.infolist()}
            if sum(entry.file_size for entry in entries.values()) > _MOST:
                return data
            for name, entry in entries.items():
                new.writestr(name, changed[name] if name in changed else old.read(entry))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError):
        return data
    return out.getvalue()
