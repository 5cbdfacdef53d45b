"""Word documents (.docx): headings, lists, tables and formulas as Markdown.

Reads: bytes.  Gives: Extract. The archive is measured before it is unpacked. python-docx pays its rent with styles and
parts; the runs are walked here, for its own paragraph text leaves out insertions under review and formulas.
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
from kb.readers.extract import Extract, Heading, is_out_of_memory, tidy_blocks, tile, too_long
from kb.readers.metadata import split_authors, year_of
from kb.text import mend, one_line
from kb.types import Block, Metadata, Words

_MAX_UNPACKED = 200 * 2**20
_MAX_RATIO = 100
_MAX_ENTRIES = 10_000
# A ratio means nothing for a file that is small unpacked, too.
_HARMLESS = 4 * 2**20
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SKIPPED = {
    _W + "del", _W + "moveFrom", _W + "instrText",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a Word document. Errors: FileProblem E_BOMB, E_TYPE (another archive), E_PARSE, E_TOO_BIG."""
    measure_archive(data)
    import docx
    import lxml.etree
    from docx.opc.exceptions import OpcError

    try:
        document = docx.Document(io.BytesIO(data))
        writer = _Writer(document)
        writer.write(document.element.body)
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
    text = writer.text
    if len(text) > limits.max_characters:
        raise FileProblem("E_TOO_BIG", **too_long(len(text), limits.max_characters))
    sections = tile(len(text), writer.headings)
    return Extract("docx", text, sections, (), tidy_blocks(writer.blocks, sections), metadata)


def measure_archive(data: bytes, largest: int = _MAX_UNPACKED) -> None:
    """Check what a zip archive unpacks to, by unpacking it piece by piece and throwing the pieces away: its headers may
    lie.

    Errors: FileProblem E_BOMB over `largest` bytes (200 MB), 100 times its size or 10,000 entries; E_PARSE if it is
    no sound archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError, IndexError) as error:
        raise Unreadable(
            "E_PARSE", detail=Words(f"not a sound zip archive ({one_line(str(error), 100)})",
                                    f"zip 压缩包不完整（{one_line(str(error), 100)}）")) from error
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
    # The templates of python-docx and Word leave these behind.
    author = (
        properties.author
        if properties.author not in ("python-docx", "Administrator", "User", "Microsoft Office User")
        else ""
    )
    created = properties.created
    year = year_of(created.year) if created is not None and created.year > 2013 else None
    return Metadata(
        title="" if title.lower() in ("word document", "untitled") else title,
        authors=split_authors(author or ""),
        year=year,
        guessed=("year",) if year else (),
    )


class _Writer:
    """Walks the body and writes Markdown, keeping where headings and blocks come to stand."""

    def __init__(self, document: Any) -> None:
        self.text = ""
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0
        self._styles = _Styles(document)
        self._counters: dict[tuple[str, int], int] = {}
        self._notes = _notes(document)
        self._used_notes: list[str] = []

    def write(self, body: Any) -> None:
        self._blocks(body)
        for number, note in enumerate(self._used_notes, 1):
            self._paragraph(f"[^{number}]: {note}")
        self.text = "".join(self._parts).rstrip()
        self.blocks = [block for block in self.blocks if block.end <= len(self.text)]

    def _blocks(self, parent: Any) -> None:
        for element in parent:
            if element.tag == _W + "p":
                self._write_paragraph(element)
            elif element.tag == _W + "tbl":
                self._write_table(element)
            elif element.tag in (_W + "sdt", _W + "sdtContent", _W + "customXml", _W + "ins"):
                self._blocks(element)

    def _write_paragraph(self, paragraph: Any) -> None:
        text = mend(self._words(paragraph)).strip()
        if not text:
            return
        level = self._styles.heading_level(paragraph)
        if level:
            title = one_line(text, 1000)
            self._separate()
            self.headings.append(Heading(self._length, level, title))
            self._put("#" * min(level, 6) + " " + title)
        elif self._styles.is_code(paragraph):
            self._separate()
            self.blocks.append(Block("code", self._length, self._length + len(text) + 8))
            self._put(f"```\n{text}\n```")
        elif (bullet := self._bullet(paragraph)) is not None:
            self._separate("\n" if self._parts and re.match(r"\s*(?:- |\d+\. )", self._parts[-1]) else "\n\n")
            self._put(bullet + text)
        else:
            self._paragraph(text)
            for found in re.finditer(r"\$\$[^$]+\$\$", text):
                start = self._length - len(text) + found.start()
                self.blocks.append(Block("formula", start, start + len(found.group())))

    def _bullet(self, paragraph: Any) -> str | None:
        numbering = self._styles.numbering(paragraph)
        if numbering is None:
            return None
        number, level, form = numbering
        indent = "  " * level
        if form == "bullet":
            return indent + "- "
        for key in [key for key in self._counters if key[0] == number and key[1] > level]:
            del self._counters[key]
        self._counters[number, level] = self._counters.get((number, level), 0) + 1
        return f"{indent}{self._counters[number, level]}. "

    def _write_table(self, table: Any) -> None:
        rows = []
        for row in table.iterchildren(_W + "tr"):
            cells = []
            for cell in row.iterchildren(_W + "tc"):
                words = " ".join(self._words(paragraph) for paragraph in cell.iter(_W + "p"))
                cells.append(one_line(words, 20_000).replace("|", "\\|"))
            if any(cells):
                rows.append(cells)
        if not rows:
            return
        width = max(len(row) for row in rows)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        self._separate()
        text = "\n".join(lines)
        self.blocks.append(Block("table", self._length, self._length + len(text)))
        self._put(text)

    def _words(self, element: Any) -> str:
        """The text of a paragraph, insertions under review and formulas included, deletions not."""
        parts: list[str] = []
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or tag == _W + "pPr":
                continue
            if tag == _W + "t":
                parts.append(child.text or "")
            elif tag == _W + "tab":
                parts.append("\t")
            elif tag in (_W + "br", _W + "cr"):
                parts.append("\n")
            elif tag == _W + "noBreakHyphen":
                parts.append("-")
            elif tag == _M + "oMathPara":
                parts.append("$$" + " ".join(formula(maths) for maths in child.iter(_M + "oMath")) + "$$")
            elif tag == _M + "oMath":
                parts.append("$" + formula(child) + "$")
            elif tag in (_W + "footnoteReference", _W + "endnoteReference"):
                note = self._notes.get((tag, child.get(_W + "id") or ""))
                if note:
                    self._used_notes.append(note)
                    parts.append(f"[^{len(self._used_notes)}]")
            else:
                parts.append(self._words(child))
        return "".join(parts)

    def _paragraph(self, text: str) -> None:
        self._separate()
        self._put(text)

    def _separate(self, mark: str = "\n\n") -> None:
        if self._parts:
            self._put(mark)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


class _Styles:
    """What the styles and the numbering say of a paragraph."""

    def __init__(self, document: Any) -> None:
        self._names: dict[str, str] = {}
        self._elements: dict[str, Any] = {}
        for style in document.styles.element.iter(_W + "style"):
            name = style.find(_W + "name")
            identifier = style.get(_W + "styleId") or ""
            self._names[identifier] = (name.get(_W + "val") or "").lower() if name is not None else ""
            self._elements[identifier] = style
        self._forms = _numbering_forms(document)

    def _chain(self, paragraph: Any) -> Iterator[Any]:
        """The paragraph, its style, and the styles that one is based on."""
        yield paragraph
        identifier = self._style_id(paragraph)
        for _ in range(12):
            if identifier not in self._elements:
                return
            yield self._elements[identifier]
            based = self._elements[identifier].find(_W + "basedOn")
            identifier = based.get(_W + "val") if based is not None else None

    @staticmethod
    def _style_id(paragraph: Any) -> str | None:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return style.get(_W + "val") if style is not None else None

    def heading_level(self, paragraph: Any) -> int:
        """1 to 9, or 0 for body text. "Title" counts as 1."""
        for element in self._chain(paragraph):
            if element.tag == _W + "style":
                name = self._names.get(element.get(_W + "styleId") or "", "")
                if found := re.fullmatch(r"(?:heading|标题)\s*([1-9])", name):
                    return int(found.group(1))
                if name in ("title", "标题"):
                    return 1
            outline = element.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is not None:
                level = outline.get(_W + "val") or ""
                return int(level) + 1 if level in tuple("012345678") else 0
        return 0

    def is_code(self, paragraph: Any) -> bool:
        name = self._names.get(self._style_id(paragraph) or "", "")
        return bool(re.search(r"\bcode\b|source|html preformatted|verbatim|代码", name))

    def numbering(self, paragraph: Any) -> tuple[str, int, str] | None:
        """(number of the list, level, form) of a list item; None for another paragraph."""
        for element in self._chain(paragraph):
            properties = element.find(f"{_W}pPr/{_W}numPr")
            if properties is None:
                continue
            number, level = properties.find(_W + "numId"), properties.find(_W + "ilvl")
            identifier = number.get(_W + "val") if number is not None else "0"
            if identifier == "0":
                return None
            depth = level.get(_W + "val") if level is not None else "0"
            depth = min(8, int(depth)) if depth.isdigit() else 0
            return identifier, depth, self._forms.get((identifier, depth), "bullet")
        return None


def _numbering_forms(document: Any) -> dict[tuple[str, int], str]:
    """(number of the list, level) -> "bullet", "decimal" …"""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    abstract: dict[str, dict[int, str]] = {}
    for item in root.iter(_W + "abstractNum"):
        levels = {}
        for level in item.iter(_W + "lvl"):
            form = level.find(_W + "numFmt")
            depth = level.get(_W + "ilvl") or ""
            if form is not None and depth.isdigit():
                levels[int(depth)] = form.get(_W + "val") or "decimal"
        abstract[item.get(_W + "abstractNumId") or ""] = levels
    forms = {}
    for number in root.iter(_W + "num"):
        link = number.find(_W + "abstractNumId")
        for depth, form in abstract.get(link.get(_W + "val") if link is not None else "", {}).items():
            forms[number.get(_W + "numId") or "", depth] = form
    return forms


def _notes(document: Any) -> dict[tuple[str, str], str]:
    """(tag of the reference, id) -> text of the foot- or endnote."""
    from lxml import etree

    notes: dict[tuple[str, str], str] = {}
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind not in ("footnotes", "endnotes") or relation.is_external:
            continue
        root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        for note in root:
            if note.get(_W + "type") is None:
                text = one_line("".join(item.text or "" for item in note.iter(_W + "t")), 5000)
                notes[f"{_W}{kind[:-1]}Reference", note.get(_W + "id") or ""] = text
    return notes


def formula(element: Any) -> str:
    """A formula of Word (OMML) in the words of LaTeX: fractions, scripts, roots, sums, brackets; the rest as its
    characters."""
    name = element.tag.removeprefix(_M) if isinstance(element.tag, str) else ""

    def part(*names: str) -> str:
        return "".join(formula(child) for wanted in names for child in element.iterchildren(_M + wanted))

    if name == "t":
        return mend(element.text or "")
    if name == "f":
        return f"\\frac{{{part('num')}}}{{{part('den')}}}"
    if name == "sSup":
        return f"{part('e')}^{{{part('sup')}}}"
    if name == "sSub":
        return f"{part('e')}_{{{part('sub')}}}"
    if name == "sSubSup":
        return f"{part('e')}_{{{part('sub')}}}^{{{part('sup')}}}"
    if name == "rad":
        return f"\\sqrt[{part('deg')}]{{{part('e')}}}" if part("deg") else f"\\sqrt{{{part('e')}}}"
    if name == "nary":
        sign = element.find(f"{_M}naryPr/{_M}chr")
        mark = {"∑": "\\sum", "∏": "\\prod"}.get(sign.get(_M + "val") if sign is not None else "∫", "\\int")
        return f"{mark}_{{{part('sub')}}}^{{{part('sup')}}} {part('e')}"
    if name == "d":
        return f"({part('e')})"
    if name.endswith("Pr"):
        return ""
    return "".join(formula(child) for child in element)
