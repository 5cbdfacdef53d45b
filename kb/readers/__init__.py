"""From paths to files to read, and from a file to its reader: the only table of suffixes.

    scan(paths) -> the sources to read, and the paths left out
    Sandbox().read(source) -> Document        (sandbox.py)

Importing this loads no parser; those live in the reading process only.
"""

from __future__ import annotations

import errno
import fnmatch
import functools
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from kb.errors import FileProblem, Skipped, as_problem
from kb.types import Problem, Record

# Read where they are named or asked for: most pictures in a folder are figures and logos, whose text nobody seeks.
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
# suffix -> module of this package whose read() understands it.
READERS: dict[str, str] = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "plain", ".text": "plain", ".rst": "rst", ".pdf": "pdf",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".docx": "docx", ".tex": "latex", ".docm": "docm",
    ".pptx": "pptx", ".pptm": "pptx", ".xlsx": "sheets", ".xlsm": "sheets", ".ods": "sheets", ".csv": "delimited",
    ".tsv": "delimited", ".epub": "epub", ".ipynb": "notebook", ".rtf": "rtf", ".odt": "odt", ".odp": "odt",
    ".eml": "mail", ".entry": "entry", **dict.fromkeys(PICTURES, "picture"),
}
ARCHIVE = ".zip"  # entered by members.py, which knows what is in it
SUPPORTED = (*READERS, ARCHIVE)
SIDECAR_SUFFIXES = (".toml", ".bib")


@dataclass(frozen=True, slots=True)
class Limits(Record):
    """What reading one file may cost. A PDF that runs out of time keeps the pages read so far."""

    max_bytes: int = 100 * 2**20
    max_pages: int = 5000
    max_characters: int = 20_000_000
    cpu_seconds: int = 120
    memory_mb: int = 1024


@dataclass(frozen=True, slots=True)
class Source(Record):
    """A file to read. path: absolute, for display, with everything unprintable escaped, or the address it was fetched
    from.  raw: the real path, as the system knows it.  member: the name that an archive has for it; path and raw are
    then those of the archive, with "!/" and the name behind."""

    path: str
    raw: bytes
    member: str = ""

    @property
    def suffix(self) -> str:
        """Its suffix in lower case, with the dot."""
        return os.path.splitext(os.fsdecode(self.raw))[1].lower()


def counts(path: bytes, pictures: Collection[bytes] | None) -> bool:
    """Whether a file that nobody named is read: a picture is if it is among these (None: all are)."""
    return not is_picture(path) or pictures is None or path in pictures


def is_picture(path: bytes) -> bool:
    """Whether a path is that of a picture, by its suffix."""
    return path.lower().endswith(tuple(map(str.encode, PICTURES)))


def is_readable(suffix: str) -> bool:
    """Whether a reader for this suffix is built in or installed. Errors: FileProblem E_READER_TWICE."""
    if suffix in READERS or not suffix:
        return suffix in READERS
    from kb.readers.claims import reader_of

    return reader_of(suffix) is not None


def supported() -> tuple[str, ...]:
    """Every suffix that is read, those of other packages last."""
    from kb.readers.claims import claims

    return (*SUPPORTED, *sorted(suffix for suffix in claims().by_suffix if suffix not in READERS))


def display_path(path: str) -> str:
    """An absolute path that is safe to print: undecodable bytes, control and bidirectional characters as backslash
    escapes."""
    text = os.fsencode(os.path.abspath(path)).decode("utf-8", "backslashreplace")
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def scan(paths: Iterable[str | bytes | os.PathLike[str] | Source], *,
         pictures: Collection[bytes] | None = ()) -> tuple[list[Source], list[Problem]]:
    """The files to read, each once, and every path that was left out (code SKIP_…) or cannot be used (E_…).

    Folders are entered, in the order of names, and archives by members.py; a path that does not exist is taken as a
    pattern (`*.md`, `notes/**/*.pdf`). Links are never followed. Hidden files count only when named; a hidden folder is
    one row. A Source passes as it is. pictures: which of those in folders count (None: all); one that is named
    does always.
    """
    finder = _Finder(pictures)
    for path in paths:
        if isinstance(path, Source):
            finder.sources.append(path)
        else:
            finder.add_named(os.fsdecode(path))
    finder.leave_out_parts()
    return finder.sources, finder.problems


class _Finder:
    """Collects what scan gives; a path is looked at once."""

    def __init__(self, pictures: Collection[bytes] | None) -> None:
        self._pictures = pictures
        self.sources: list[Source] = []
        self.problems: list[Problem] = []
        self._seen: set[bytes] = set()
        self._real = functools.cache(os.path.realpath)  # asks the system about each folder above, for each file in it

    def add_named(self, path: str) -> None:
        if "\0" not in path and os.path.lexists(path):
            self._add(path)
            return
        matches = list(_matches(path)) if any(mark in path for mark in "*?[") and "\0" not in path else []
        if not matches:
            self._fail(path, FileProblem("E_NOT_FOUND"))
        for match in matches:
            self._add(match)

    def _add(self, path: str, is_named: bool = True) -> None:
        # Folders above may be links (a home on another disk): only the last part of the path is judged.
        folder, name = os.path.split(os.path.abspath(path))
        raw = os.fsencode(os.path.join(self._real(folder), name))
        if raw in self._seen:
            return
        self._seen.add(raw)
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                self._fail(path, Skipped("SKIP_LINK"))
            elif stat.S_ISDIR(mode):
                self._add_folder(path)
            elif not stat.S_ISREG(mode):
                self._fail(path, Skipped("SKIP_SPECIAL"))
            else:
                self._add_file(path, raw, is_named or counts(raw, self._pictures))
        except OSError as error:
            self._fail(path, os_problem(error))

    def _add_folder(self, folder: str) -> None:
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if name.startswith("."):
                self._fail(path, Skipped("SKIP_HIDDEN"))
            else:
                self._add(path, is_named=False)

    def _add_file(self, path: str, raw: bytes, is_meant: bool) -> None:
        source = Source(display_path(path), raw)
        if not is_meant:
            self._fail(path, Skipped("SKIP_PICTURE"))
            self._seen.discard(raw)  # it may be named as well
            return
        try:
            if source.suffix == ARCHIVE or is_readable(source.suffix):
                self.sources.append(source)
                return
        except FileProblem as problem:
            self._fail(path, problem)
            return
        owner = sidecar_owner(path) if source.suffix in SIDECAR_SUFFIXES else None
        if owner is not None:
            self._fail(path, Skipped("SKIP_SIDECAR", document=os.path.basename(display_path(owner))))
        else:
            self._fail(
                path,
                Skipped("SKIP_TYPE", found=source.suffix or os.path.basename(source.path),
                        supported=" ".join(supported())))

    def leave_out_parts(self) -> None:
        """Of LaTeX sources of several files only the main one is read, and its parts with it."""
        from kb.readers.latex_parts import parts_among

        parts = parts_among(source.raw for source in self.sources if source.suffix == ".tex")
        for source in self.sources if parts else ():
            if source.raw in parts:
                main = os.path.basename(display_path(os.fsdecode(parts[source.raw])))
                self._fail(os.fsdecode(source.raw), Skipped("SKIP_PART", document=main))
        self.sources = [source for source in self.sources if source.raw not in parts]

    def _fail(self, path: str, error: FileProblem) -> None:
        # A NUL cannot be in a path; abspath would raise on some systems.
        self.problems.append(as_problem(display_path(path.replace("\0", "\\0")), error))


def os_problem(error: OSError) -> FileProblem:
    """The named problem behind an error of the operating system."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return FileProblem("E_PERMISSION")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return FileProblem("E_NOT_FOUND")
    return FileProblem("E_IO", detail=error.strerror or type(error).__name__)


def sidecar_names(name: str) -> list[str]:
    """File names that may hold the metadata of the document `name`, the most specific first.

    For `paper.tex`, `paper.bib` is its list of references and not its metadata, so only `paper.tex.bib` counts.
    """
    stem, suffix = os.path.splitext(name)
    names = [name + ".toml", stem + ".toml", name + ".bib"]
    return names if suffix.lower() == ".tex" else [*names, stem + ".bib"]


def sidecar_owner(path: str) -> str | None:
    """The document beside `path` whose metadata it holds, or None."""
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    known = supported()
    candidates = [stem] if os.path.splitext(stem)[1].lower() in known else []
    candidates += [stem + suffix for suffix in known]
    for candidate in candidates:
        document = os.path.join(folder, candidate)
        if name in sidecar_names(candidate) and os.path.isfile(document) and not os.path.islink(document):
            return document
    return None


def _matches(pattern: str) -> Iterator[str]:
    """Paths that fit a pattern, in the order of names. glob.glob would walk through links, round and round if they form
    a ring."""
    parts = pattern.split(os.sep)
    first = next(i for i, part in enumerate(parts) if any(mark in part for mark in "*?["))
    base = os.sep.join(parts[:first]) or (os.sep if pattern.startswith(os.sep) else "")
    return _walk(base, [part for part in parts[first:] if part])


def _walk(base: str, parts: list[str]) -> Iterator[str]:
    part, rest = parts[0], parts[1:]
    if part == "**" and rest:
        yield from _walk(base, rest)
    try:
        names = sorted(os.listdir(base or "."))
    except OSError:
        return
    for name in names:
        path = os.path.join(base, name)
        if name.startswith(".") and not part.startswith("."):
            continue
        is_folder = os.path.isdir(path) and not os.path.islink(path)
        if part == "**":
            if is_folder:
                yield from _walk(path, parts)
            elif not rest:
                yield path
        elif fnmatch.fnmatchcase(name, part):
            if not rest:
                yield path
            elif is_folder:
                yield from _walk(path, rest)
