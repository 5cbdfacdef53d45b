"""Word documents (.docx): headings, lists, tables and formulas as Markdown.

Reads: bytes.  Gives: Extract. The archive is measured before it is unpacked. python-docx pays its rent with styles and
parts; body and runs are walked in docx_body.py and docx_runs.py, for its own paragraph text leaves out insertions under
review, formulas, boxes and content controls, and does not know what is raised, struck or hidden.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from kb.errors import FileProblem, Unreadable
from kb.readers import Limits
from kb.readers.docx_body import Body
from kb.readers.docx_runs import Runs
from kb.readers.docx_styles import Styles
from kb.readers.extract import Extract, is_out_of_memory, tidy_blocks, tile, too_long
from kb.readers.left_out import left_out
from kb.readers.metadata import split_authors, year_of
from kb.readers.ooxml import W
from kb.readers.refused import is_no_title, persons
from kb.readers.sound_package import sound
from kb.text import one_line
from kb.types import Metadata, Words

_MAX_UNPACKED = 200 * 2**20
_MAX_RATIO = 100
_MAX_ENTRIES = 10_000
# A ratio means nothing for a file that is small unpacked, too.
_HARMLESS = 4 * 2**20


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a Word document. Errors: FileProblem E_BOMB, E_TYPE (another archive), E_PARSE, E_TOO_BIG."""
    measure_archive(data)
    import docx
    import lxml.etree
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(io.BytesIO(sound(data)))
        styles = Styles(document)
        runs = Runs(styles, _notes(document))
        body = Body(styles, runs)
        body.write(document.element.body)
        runs.left_out["running"] = _n_running(document)
        metadata = _metadata(document)
    except ValueError as error:
        if "content type" in str(error):
            raise FileProblem("E_TYPE", suffix=".docx", found=Words("another Office document",
                                                                    "另一种 Office 文档")) from error
        raise Unreadable("E_PARSE", detail=one_line(str(error), 160)) from error
    except (KeyError, AttributeError, TypeError, IndexError, OpcError, zipfile.BadZipFile, zlib.error,
            lxml.etree.LxmlError, NotImplementedError, OSError) as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        # python-docx takes a well-formed package for granted.
        raise Unreadable("E_PARSE", detail=one_line(f"{type(error).__name__}: {error}", 160)) from error
    text = body.text
    if len(text) > limits.max_characters:
        raise FileProblem("E_TOO_BIG", **too_long(len(text), limits.max_characters))
    sections = tile(len(text), body.headings)
    return Extract("docx", text, sections, (), tidy_blocks(body.blocks, sections), metadata,
                   notes=left_out(runs.left_out))


def measure_archive(data: bytes, largest: int = _MAX_UNPACKED) -> None:
    """Check what a zip archive unpacks to, by unpacking it piece by piece and throwing the pieces away: its headers may
    lie.

    Errors: FileProblem E_BOMB over `largest` bytes (200 MB), 100 times its size or 10,000 entries; E_LOCKED if entries
    are encrypted; E_PARSE if it is no sound archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, IndexError) as error:
        raise Unreadable(
            "E_PARSE", detail=Words(f"not a sound zip archive ({one_line(str(error), 100)})",
                                    f"zip 压缩包不完整（{one_line(str(error), 100)}）")) from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileProblem("E_LOCKED")
    if len(entries) > _MAX_ENTRIES:
        raise FileProblem("E_BOMB", what=Words(f"{len(entries):,} entries", f"{len(entries):,} 个条目"))
    total = 0
    for entry in entries:
        for n_bytes in _unpacked_sizes(data, entry):
            total += n_bytes
            if total > largest:
                raise FileProblem("E_BOMB", what=Words(f"over {largest // 2**20} MB", f"超过 {largest // 2**20} MB"))
            if total > _HARMLESS and total > _MAX_RATIO * len(data):
                raise FileProblem("E_BOMB", what=Words(f"over {_MAX_RATIO} times", f"超过 {_MAX_RATIO} 倍"))


def _unpacked_sizes(data: bytes, entry: zipfile.ZipInfo) -> Iterator[int]:
    """Sizes of the pieces of one entry, unpacked one after the other."""
    head = data[entry.header_offset:entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Unreadable("E_PARSE", detail=Words("a zip entry lies outside the file", "zip 条目越出文件"))
    n_name, n_extra = struct.unpack("<HH", head[26:30])
    start = entry.header_offset + 30 + n_name + n_extra
    if entry.compress_type == zipfile.ZIP_STORED:
        yield min(entry.compress_size, len(data) - start)
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise Unreadable("E_PARSE", detail=Words(
            f"zip compression method {entry.compress_type}", f"zip 压缩方法 {entry.compress_type}"))
    inflater = zlib.decompressobj(-15)
    packed: bytes = data[start:start + entry.compress_size]
    while packed and not inflater.eof:
        try:
            piece = inflater.decompress(packed, 2**20)
        except zlib.error as error:
            raise Unreadable("E_PARSE", detail=Words(
                f"a zip entry is damaged ({one_line(str(error), 100)})",
                f"zip 条目已损坏（{one_line(str(error), 100)}）")) from error
        yield len(piece)
        packed = inflater.unconsumed_tail


def _metadata(document: Any) -> Metadata:
    properties = document.core_properties
    title = one_line(properties.title or "")
    created = properties.created
    year = year_of(created.year) if created is not None and created.year > 2013 else None
    return Metadata(
        title="" if is_no_title(title) else title,
        authors=persons(split_authors(properties.author or "")),
        year=year,
        guessed=("year",) if year else (),
    )


def _notes(document: Any) -> dict[tuple[str, str], Any]:
    """(tag of the reference, id) -> the foot- or endnote."""
    from lxml import etree

    notes: dict[tuple[str, str], Any] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind not in ("footnotes", "endnotes") or relation.is_external:
            continue
        root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        for note in root:
            if note.get(W + "type") in (None, "normal"):
                notes[f"{W}{kind[:-1]}Reference", note.get(W + "id") or ""] = note
    return notes


def _n_running(document: Any) -> int:
    """How many heads and feet of pages have words."""
    parts = {id(relation.target_part): relation.target_part for relation in document.part.rels.values()
             if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in ("header", "footer")}
    return sum(bool(re.search(rb"<w:t[ >][^<]*[^<\s\d]", part.blob)) for part in parts.values())
