"""Files that are zip archives of XML: measured before they are opened, never unpacked to disk, entities never followed.

Used by the readers of office files and books.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote

from kb.errors import FileProblem, Unreadable
from kb.readers.docx import measure_archive
from kb.readers.extract import is_out_of_memory
from kb.readers.sound_package import DOCTYPE
from kb.text import one_line
from kb.types import Words

_LARGEST_ENTRY = 64 * 2**20  # of XML that is taken as a tree


class Package:
    """An archive whose entries are asked for by name."""

    def __init__(self, data: bytes, largest: int = 200 * 2**20) -> None:
        """largest: bytes it may unpack to. Errors: FileProblem E_BOMB, E_LOCKED if entries are encrypted, E_PARSE."""
        measure_archive(data, largest)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self.names = frozenset(entry.filename for entry in self._archive.infolist())

    def bytes_of(self, name: str) -> bytes:
        """An entry's bytes. Errors: Unreadable if it is not there, damaged or too large."""
        data = self._read(name, _LARGEST_ENTRY + 1)
        if len(data) > _LARGEST_ENTRY:
            raise FileProblem("E_TOO_BIG", what=one_line(name, 80), limit=f"{_LARGEST_ENTRY >> 20} MB")
        return data

    def _read(self, name: str, size: int) -> bytes:
        try:
            with self._archive.open(name) as entry:
                return entry.read(size)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError,
                ValueError) as error:
            raise Unreadable("E_PARSE", detail=Words(f"its part {one_line(name, 80)} is missing or damaged",
                                                     f"其中的 {one_line(name, 80)} 缺失或已损坏")) from error

    def head(self, name: str) -> bytes:
        """The first 64 MB of an entry. Errors: Unreadable."""
        return self._read(name, _LARGEST_ENTRY)

    def tree(self, name: str) -> Any:
        """An entry as an XML tree. Errors: Unreadable."""
        return parse_xml(self.bytes_of(name), name)


def parse_xml(data: bytes, name: str) -> Any:
    """The root of an XML text; its document type is left away, so that no entity of its own has a meaning.

    Errors: Unreadable E_PARSE.
    """
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                                  remove_comments=True, remove_pis=True)
    try:
        return lxml.etree.fromstring(DOCTYPE.sub(b"", data, count=1), parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        raise Unreadable("E_PARSE", detail=one_line(f"{name}: {error}", 160)) from error


def resolved(base: str, target: str) -> str:
    """The name of an entry that another one refers to, as a path from the archive's root; "" if it leads out of it."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(target.split("#")[0])))
    return "" if path.startswith(("..", "/")) or path == "." else path
