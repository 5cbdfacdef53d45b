"""The metadata file beside a document: NAME.SUFFIX.toml, NAME.toml, NAME.SUFFIX.bib, NAME.bib.

Reads: a Source.  Gives: Metadata, which come before all that the document says of itself (metadata.merge).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Collection
from typing import NamedTuple

from kb.errors import FileProblem, in_words, note
from kb.messages import Value
from kb.outside import OutsideError, read_toml
from kb.readers import Source, display_path, sidecar_names
from kb.readers.bibtex import from_extract
from kb.readers.extract import Extract
from kb.readers.latex_parts import gather
from kb.readers.metadata import metadata_from, with_venue_of_type, year_of
from kb.text import one_line
from kb.types import Language, Metadata, Note, Words

_LARGEST_SIDECAR = 2**20


class Sidecar(NamedTuple):
    """A metadata file: its name and its bytes."""

    name: str
    data: bytes


def load_sidecar(source: Source, beside: Collection[str] | None = None) -> Sidecar | None:
    """The metadata file beside a document, or None. Errors: FileProblem E_SIDECAR if it is there but cannot be read.

    beside: the names in its folder, if they are known: then the system is not asked about those that are not there.
    """
    folder, name = os.path.split(os.fsdecode(source.raw))
    for candidate in sidecar_names(name):
        if beside is not None and candidate not in beside:
            continue
        path = os.path.join(folder, candidate)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                continue  # a link or a folder of that name is something else
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                data = file.read(_LARGEST_SIDECAR + 1)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                continue
            raise _invalid(candidate, error.strerror or Words("cannot be opened", "打不开")) from error
        if len(data) > _LARGEST_SIDECAR:
            raise _invalid(candidate, Words("larger than 1 MB", "大于 1 MB"))
        return Sidecar(candidate, data)
    return None


def sidecar_sha256(source: Source, beside: Collection[str] | None = None) -> str:
    """The SHA-256 of the metadata file beside a document and of the parts of a LaTeX source, in hex; "" if there are
    none. It changes when they do. beside: see `load_sidecar`."""
    sidecar = load_sidecar(source, beside)
    bundle = gather(source.raw) if source.suffix == ".tex" and not source.member else None
    said = (sidecar.data if sidecar else b"") + (bundle.to_bytes() if bundle else b"")
    return hashlib.sha256(said).hexdigest() if said else ""


class Declared(NamedTuple):
    """What a metadata file says of its document. notes: what in the file was not understood."""

    metadata: Metadata = Metadata()
    language: Language | None = None
    notes: tuple[Note, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The fields that it names, "language" among them."""
        said = {**self.metadata.to_dict(), "language": self.language}
        return tuple(name for name, value in said.items() if value)


def read_sidecar(sidecar: Sidecar, read_bibtex: Callable[[bytes], Extract]) -> Declared:
    """What a metadata file says. Errors: FileProblem E_SIDECAR naming what is wrong in it.

    read_bibtex: reads a .bib file where it can do no harm; TOML is read by Python itself.
    """
    try:
        text = sidecar.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(sidecar.name, Words("not UTF-8", "不是 UTF-8")) from error
    return _read_bib(sidecar, read_bibtex) if sidecar.name.lower().endswith(".bib") else _read_toml(sidecar, text)


def _read_bib(sidecar: Sidecar, read_bibtex: Callable[[bytes], Extract]) -> Declared:
    """A BibTeX file must hold one entry, or one whose key is the file's name; any other is a list of references and
    says nothing."""
    try:
        entries, types, problems = from_extract(read_bibtex(sidecar.data))
    except FileProblem as error:
        raise _invalid(sidecar.name, in_words(error)) from error
    if not entries:
        said = "".join(f"; {problem}" for problem in problems[:1])
        raise _invalid(sidecar.name, Words(f"no BibTeX entry in it{said}", f"其中没有 BibTeX 条目{said}"))
    key = sidecar.name.split(".")[0]
    if key not in entries and (len(entries) > 1 or problems):  # the broken one may be the document's own
        key = ""
    elif key not in entries:
        key = next(iter(entries))
    metadata, language = metadata_from(with_venue_of_type(entries.get(key, {}), types.get(key, "")))
    name = os.path.basename(display_path(sidecar.name))
    shown = "; ".join(problems[:3])
    code = "N_SIDECAR_MORE" if len(problems) > 3 else "N_SIDECAR"
    notes = (note(code, sidecar=name, problems=shown, more=len(problems) - 3),) if problems else ()
    return Declared(metadata, language, notes)


def _read_toml(sidecar: Sidecar, text: str) -> Declared:
    try:
        values = read_toml(text)
    except OutsideError as error:
        raise _invalid(sidecar.name, str(error)) from error
    for name, value in values.items():
        wanted = _ACCEPTED.get(name)
        if wanted and not isinstance(value, wanted):
            raise _invalid(sidecar.name, f"{name} = {value!r}")
    if "year" in values and year_of(values["year"]) is None:
        raise _invalid(sidecar.name, f"year = {values['year']!r}")
    if "language" in values and values["language"] not in ("zh", "en"):
        raise _invalid(sidecar.name, Words(f"language = {values['language']!r}, not zh or en",
                                             f"language = {values['language']!r}，不是 zh 或 en"))
    return Declared(*metadata_from(values))


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "title": (str, ), "author": (str, list), "authors": (str, list), "year": (int, str), "venue": (str, ),
    "journal": (str, ), "booktitle": (str, ), "doi": (str, ), "arxiv": (str, ), "url": (str, ), "language": (str, ),
}


def _invalid(name: str, detail: Value) -> FileProblem:
    words = one_line(detail, 160) if isinstance(detail, str) else detail
    return FileProblem("E_SIDECAR", sidecar=os.path.basename(display_path(name)), detail=words)
