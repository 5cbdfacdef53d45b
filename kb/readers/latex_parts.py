"""The files that a LaTeX source is made of: which they are, found without reading what they say.

Reads: the path of a main file.  Gives: a bundle of it and its parts (\\input, \\include, \\subfile, \\import, lists of
references, packages of its own) for latex_project.py, and which files are parts of others. Only regular files inside
the main file's folder are opened, never through a link.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable
from typing import NamedTuple

_MOST_FILES = 1000
_MOST_BYTES = 50 * 2**20
# What names no file: listings and comments.
_COMMENT = re.compile(r"\\begin\{(verbatim|Verbatim|lstlisting|minted|comment|filecontents)\*?\}.*?\\end\{\1\*?\}"
                      r"|(?<!\\)%[^\n]*", re.DOTALL)
_NAMED = re.compile(
    r"\\(?P<import>(?:sub)?(?:import|inputfrom|includefrom))\*?\s*\{(?P<folder>[^{}\n]*)\}\s*\{(?P<file>[^{}\n]*)\}"
    r"|\\(?P<input>input|include|subfile|subfileinclude|loadglsentries|[a-z]+inputfile)\*?\s*"
    r"(?:\[[^\]\n]*\]\s*)?\{(?P<name>[^{}\n]*)\}"
    r"|\\input\s+(?P<bare>[\w./-]+)"
    r"|\\(?P<bib>bibliography|addbibresource|addglobalbib)\s*(?:\[[^\]]*\])?\s*\{(?P<lists>[^{}]*)\}"
    r"|\\(?P<style>usepackage|RequirePackage|documentclass|LoadClass)\s*(?:\[[^\]]*\])?\s*\{(?P<styles>[^{}]*)\}")
_IS_MAIN = re.compile(r"\\documentclass|\\documentstyle")


class Bundle(NamedTuple):
    """files: path inside the folder -> bytes, the main one first.  missing: what was named and is not there."""

    files: dict[str, bytes]
    missing: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As one file: a line of JSON, then the bytes of the files."""
        head = {"files": [[name, len(data)] for name, data in self.files.items()], "missing": self.missing}
        return json.dumps(head).encode("ascii") + b"\n" + b"".join(self.files.values())

    @classmethod
    def from_bytes(cls, data: bytes) -> Bundle:
        """What `to_bytes` wrote."""
        line, _, rest = data.partition(b"\n")
        head = json.loads(line)
        files, position = {}, 0
        for name, size in head["files"]:
            files[name] = rest[position:position + size]
            position += size
        return cls(files, tuple(head["missing"]))


def gather(main: bytes) -> Bundle | None:
    """A main file with its parts; None if it names none, or cannot be opened."""
    folder, name = os.path.split(os.fsdecode(main))
    root = os.path.realpath(folder)
    data = _read(root, name)
    if data is None:
        return None
    files, missing = {name: data}, []
    waiting = [(name, ".")]
    while waiting and len(files) < _MOST_FILES:
        name, base = waiting.pop(0)
        for wanted in named(files[name].decode("latin-1")):
            found = next((path for path in candidates(wanted, base, os.path.dirname(name)) if path in files), None)
            for path in candidates(wanted, base, os.path.dirname(name)) if found is None else ():
                part = _read(root, path) if sum(map(len, files.values())) < _MOST_BYTES else None
                if part is not None:
                    files[path], found = part, path
                    if not path.endswith((".bib", ".bbl")):
                        waiting.append((path, os.path.normpath(os.path.join(base, wanted.folder)) if wanted.folder
                                        else base))
                    break
            if found is None and wanted.is_text:
                missing.append(wanted.name)
    stem = os.path.splitext(os.path.basename(os.fsdecode(main)))[0]
    bbl = _read(root, stem + ".bbl")
    if bbl is not None:
        files[stem + ".bbl"] = bbl
    return Bundle(files, tuple(missing)) if len(files) > 1 or missing else None


def parts_among(paths: Iterable[bytes]) -> dict[bytes, bytes]:
    """Of these LaTeX files, those that are parts of another of them: path -> path of its main file."""
    paths = list(paths)
    parts: dict[bytes, bytes] = {}
    for main in paths if len(paths) > 1 else ():
        folder, name = os.path.split(os.fsdecode(main))
        data = _read(os.path.realpath(folder), name)
        if main in parts or data is None or not _IS_MAIN.search(_COMMENT.sub("", data.decode("latin-1"))):
            continue
        bundle = gather(main)
        for part in list(bundle.files)[1:] if bundle else ():
            path = os.fsencode(os.path.join(folder, part))
            if path != main and path not in parts.values():
                parts[path] = main
    return {path: main for path, main in parts.items() if path in set(paths)}


class Named(NamedTuple):
    """A file that a source names. folder: of \\import.  suffix: what is added to its name.  is_text: whether its words
    belong to the text, so that its absence is told."""

    name: str
    folder: str
    suffix: str
    is_text: bool


def named(source: str) -> list[Named]:
    """The files that a source names, in their order."""
    found_all = []
    for found in _NAMED.finditer(_COMMENT.sub("", source)):
        if found["bib"]:
            found_all += [Named(name.strip(), "", ".bib", False) for name in found["lists"].split(",") if name.strip()]
        elif found["style"]:
            suffix = ".cls" if found["style"] in ("documentclass", "LoadClass") else ".sty"
            found_all += [Named(name.strip(), "", suffix, False) for name in found["styles"].split(",") if name.strip()]
        else:
            name = (found["file"] or found["name"] or found["bare"] or "").strip().strip('"')
            found_all.append(Named(name, (found["folder"] or "").strip().strip('"'), ".tex", True))
    return found_all


def candidates(wanted: Named, base: str, beside: str) -> list[str]:
    """Where a file may be, inside the main file's folder. base: the folder of \\import that is in force; beside: that
    of the file that names it."""
    names = [wanted.name] if wanted.name.endswith(wanted.suffix) else [wanted.name + wanted.suffix, wanted.name]
    places = [os.path.normpath(os.path.join(folder, wanted.folder, name)) for folder in (base, ".", beside)
              for name in names]
    inside = (path for path in dict.fromkeys(places) if not path.startswith(("..", "/")) and "\0" not in path)
    return list(inside) if wanted.name else []


def _read(root: str, path: str) -> bytes | None:
    """The bytes of a regular file inside a folder; None if there is none, or if a link leads to it."""
    whole = os.path.join(root, path)
    try:
        if os.path.realpath(whole) != os.path.normpath(whole):
            return None
        descriptor = os.open(whole, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= _MOST_BYTES else None
