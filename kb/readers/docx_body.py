"""The body of a Word document as Markdown: headings, lists, tables, text boxes and notes.

Reads: the w:body element.  Gives: `Body`: text, and where headings and blocks stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kb.readers.docx_runs import Runs, chosen, is_placeholder
from kb.readers.docx_styles import Styles
from kb.readers.extract import Heading
from kb.readers.ooxml import MC, M, W, value
from kb.text import one_line
from kb.types import Block

_HOLDERS = frozenset(W + name for name in ("sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_DEEPEST = 100


class Body:
    """Walks the body and writes Markdown, keeping where headings and blocks come to stand."""

    def __init__(self, styles: Styles, runs: Runs) -> None:
        self.text = ""
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0
        self._styles, self._runs = styles, runs
        self._is_in_list = False

    def write(self, body: Any) -> None:
        """Write the whole body, then the notes that it refers to."""
        self._blocks(body, 0)
        n = 0
        while n < len(self._runs.used_notes):  # a note may refer to others
            note = self._runs.used_notes[n]
            n += 1
            words = " ".join(filter(None, (self._runs.text(paragraph) for paragraph in note.iter(W + "p"))))
            self._paragraph(f"[^{n}]: {one_line(words, 5000)}")
        self.text = "".join(self._parts).rstrip()
        self.blocks = [block for block in self.blocks if block.end <= len(self.text)]

    def _blocks(self, parent: Any, depth: int) -> None:
        if depth > _DEEPEST:
            return
        for element in parent:
            if element.tag == W + "p":
                self._write_paragraph(element, depth)
            elif element.tag == W + "tbl":
                self._write_table(element, depth)
            elif element.tag == W + "sdt":
                self._write_control(element, depth)
            elif element.tag in _HOLDERS:
                self._blocks(element, depth + 1)
            elif element.tag == MC + "AlternateContent":
                self._blocks(chosen(element), depth + 1)
            elif element.tag == M + "oMathPara":
                self._put_formulas(self._runs.text([element]))
            elif element.tag == W + "altChunk":
                self._runs.left_out["chunk"] += 1

    def _write_control(self, control: Any, depth: int) -> None:
        gallery = value(control, f"{W}sdtPr/{W}docPartObj/{W}docPartGallery") or ""
        if gallery == "Table of Contents":
            lines = (line for line in control.iter(W + "p") if line.find(f".//{W}t") is not None)
            self._runs.left_out["contents"] += sum(1 for _ in lines)
        elif is_placeholder(control):
            self._runs.left_out["placeholder"] += 1
        else:
            self._blocks(control, depth + 1)

    def _write_paragraph(self, paragraph: Any, depth: int) -> None:
        text = self._runs.text(paragraph)
        boxes = self._runs.boxes_met()
        if self._styles.is_contents(paragraph):
            self._runs.left_out["contents"] += bool(text)
        else:
            self._write_words(paragraph, text, self._styles.label(paragraph))
        for box in boxes:
            self._blocks(box, depth + 1)

    def _write_words(self, paragraph: Any, text: str, label: tuple[int, str] | None) -> None:
        if not text:
            return
        level = self._styles.heading_level(paragraph)
        if level:
            title = one_line(_labelled(label[1] if label and label[1] != "-" else "", text), 1000)
            self._separate()
            self.headings.append(Heading(self._length, level, re.sub(r"\[\^\d+\]", "", title).strip()))
            self._put("#" * min(level, 6) + " " + title)
        elif self._styles.is_code(paragraph):
            self._separate()
            self.blocks.append(Block("code", self._length, self._length + len(text) + 8))
            self._put(f"```\n{text}\n```")
        elif label is not None:
            self._separate("\n" if self._is_in_list else "\n\n")
            self._put("  " * label[0] + _labelled(label[1], text))
            self._is_in_list = True
        else:
            self._put_formulas(text)

    def _put_formulas(self, text: str) -> None:
        """A paragraph, the formulas on lines of their own in it known as blocks."""
        self._paragraph(text)
        for found in re.finditer(r"\$\$[^$]+\$\$", text):
            start = self._length - len(text) + found.start()
            self.blocks.append(Block("formula", start, start + len(found.group())))

    def _write_table(self, table: Any, depth: int) -> None:
        rows = [row for row in _held(table, "tr", 0) if not self._is_deleted(row)]
        if sum(1 for row in rows for _ in _held(row, "tc", 0)) == 1:  # a frame around text
            for row in rows:
                for cell in _held(row, "tc", 0):
                    self._blocks(cell, depth + 1)
            return
        written = [self._cells(row) for row in rows]
        boxes = self._runs.boxes_met()
        written = [cells for cells in written if any(cells)]
        if len(written) == 1 and _is_formula(filled := [cell for cell in written[0] if cell]):
            self._put_formulas(" ".join(filled).replace("\\|", "|"))  # a formula and its number, set by a table
        elif written:
            width = max(map(len, written))
            lines = ["| " + " | ".join(cells + [""] * (width - len(cells))) + " |" for cells in written]
            lines.insert(1, "|" + " --- |" * width)
            self._separate()
            text = "\n".join(lines)
            self.blocks.append(Block("table", self._length, self._length + len(text)))
            self._put(text)
        for box in boxes:
            self._blocks(box, depth + 1)

    def _is_deleted(self, row: Any) -> bool:
        is_deleted = row.find(f"{W}trPr/{W}del") is not None
        self._runs.left_out["deleted"] += is_deleted
        return is_deleted

    def _cells(self, row: Any) -> list[str]:
        """The text of each column of a row: of a cell over several columns in the first of them, of one that goes on
        from the row above nowhere."""
        cells = [""] * _number(value(row, f"{W}trPr/{W}gridBefore"), 0)
        for cell in _held(row, "tc", 0):
            properties = cell.find(W + "tcPr")
            merge = properties.find(W + "vMerge") if properties is not None else None
            side = properties.find(W + "hMerge") if properties is not None else None
            goes_on = any(found is not None and found.get(W + "val") != "restart" for found in (merge, side))
            words = "" if goes_on else " ".join(self._cell_words(cell))
            span = _number(value(cell, f"{W}tcPr/{W}gridSpan"), 1)
            cells += [one_line(words, 20_000).replace("|", "\\|")] + [""] * (span - 1)
        return cells

    def _cell_words(self, cell: Any) -> Iterator[str]:
        for paragraph in _paragraphs(cell, 0):
            text, label = self._runs.text(paragraph), self._styles.label(paragraph)
            if text:
                yield _labelled(label[1], text) if label else text

    def _paragraph(self, text: str) -> None:
        self._separate()
        self._put(text)

    def _separate(self, mark: str = "\n\n") -> None:
        self._is_in_list = False
        if self._parts:
            self._put(mark)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _held(parent: Any, name: str, depth: int) -> Iterator[Any]:
    """The rows of a table, or the cells of a row, those inside content controls and insertions as well."""
    for child in parent:
        if child.tag == W + name:
            yield child
        elif (child.tag == W + "sdt" or child.tag in _HOLDERS) and depth < _DEEPEST:
            yield from _held(child, name, depth + 1)


def _paragraphs(parent: Any, depth: int) -> Iterator[Any]:
    """The paragraphs of a cell, those of tables and content controls in it as well."""
    for child in parent:
        if child.tag == W + "p":
            yield child
        elif depth < _DEEPEST and not (child.tag == W + "sdt" and is_placeholder(child)):
            yield from _paragraphs(chosen(child) if child.tag == MC + "AlternateContent" else child, depth + 1)


def _labelled(label: str, text: str) -> str:
    """An item with its label; after Chinese punctuation, and a label in brackets of full width, without a space."""
    if not label:
        return text
    return label + ("" if re.search(r"[、．）。：]$", label) else " ") + text


def _is_formula(cells: list[str]) -> bool:
    return len(cells) <= 2 and bool(cells) and cells[0].startswith("$") and cells[0].endswith("$")


def _number(text: str | None, otherwise: int) -> int:
    return min(int(text), 63) if text and text.isdigit() and int(text) > 0 else otherwise
