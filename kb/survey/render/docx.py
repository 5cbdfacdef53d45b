"""A survey as a Word document: Word's own styles, a contents field, a numbered list of references that citations lead
to, footnotes with the places that sentences rest on. python-docx writes the package; the same survey gives the same
bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from kb.survey.records import Evidence, Survey
from kb.survey.references import link_of, link_shown
from kb.survey.render.docx_parts import (
    Footnotes,
    Marks,
    add_contents,
    add_figure,
    add_numbering,
    add_styles,
    clean,
    link,
    link_out,
    run,
    set_number,
)
from kb.survey.render.layout import Block, Layout, Piece
from kb.survey.render.picture import lacks_characters
from kb.survey.words import word
from kb.text import one_line

_WRITTEN = datetime(2000, 1, 1, tzinfo=UTC)
_SHORT = 10  # characters of a column of years
_BULLETS = ("List Bullet", "List Bullet 2", "List Bullet 3")


def to_docx(survey: Survey) -> bytes:
    """The whole survey."""
    import docx

    document = docx.Document()
    document.core_properties.title = one_line(clean(survey.title))
    document.core_properties.author = "kb"
    document.core_properties.created = document.core_properties.modified = _WRITTEN
    add_styles(document)
    _Writer(survey, document).write()
    out = io.BytesIO()
    document.save(out)
    return _same_bytes(out.getvalue())


class _Writer:
    """Puts the blocks of a survey into a document, one after the other."""

    def __init__(self, survey: Survey, document: Any) -> None:
        self.layout, self.document = Layout(survey), document
        self.marks, self.footnotes = Marks(), Footnotes()
        self.places = {r.document: f"ref_{i}" for i, r in enumerate(self.layout.ordered_references(), 1)}
        page = document.sections[0]
        page.page_width, page.page_height = 7560310, 10692130  # A4, in EMU
        self.width = page.page_width - page.left_margin - page.right_margin
        self.height = page.page_height - page.top_margin - page.bottom_margin

    def write(self) -> None:
        blocks = self.layout.blocks()
        headings = [block for block in blocks if block.kind == "heading"]
        names = {id(block): f"_Toc{i:06}" for i, block in enumerate(headings, 1)}
        for block in blocks:
            if headings and block is headings[0]:
                self.document.add_paragraph(word("contents", self.layout.language), style="TOC Heading")
                add_contents(self.document, [(b.level, _heading(b), names[id(b)]) for b in headings])
            self._block(block, names.get(id(block), ""))
        self.footnotes.add_to(self.document)

    def _block(self, block: Block, bookmark: str) -> None:
        if block.kind == "title":
            self.document.add_heading(clean(block.text), 0)
        elif block.kind == "heading":
            self.marks.around(self.document.add_heading(clean(_heading(block)), min(block.level, 4)), bookmark)
        elif block.kind in ("banner", "note"):
            self.document.add_paragraph(clean(block.text), style="Intense Quote")
        elif block.kind == "paragraph":
            paragraph = self.document.add_paragraph()
            for piece in block.pieces:
                self._add(paragraph, piece)
        elif block.kind == "table":
            self._table(block)
        elif block.drawing is not None:
            add_figure(self.document, block.drawing, self.width, int(.85 * self.height))
            self.document.paragraphs[-1].paragraph_format.keep_with_next = True
            self.document.add_paragraph(clean(block.text), style="Caption")
            if lacks_characters(block.drawing):
                self.document.add_paragraph(word("figure_no_font", self.layout.language), style="Caption")
        elif block.kind == "references":
            self._references(block)
        else:
            for (piece,) in block.rows:
                text = f"{piece.frame.strip()}{': ' + piece.text if piece.text else ''}"
                self.document.add_paragraph(clean(text), style=_BULLETS[min(piece.depth(), 2)])

    def _add(self, paragraph: Any, piece: Piece) -> None:
        """A piece behind what the paragraph holds: our words in grey where a quote follows."""
        frame, text, _ = self.layout.spoken(piece)
        gap = self.layout.gap(paragraph.text, frame or text)
        if frame:
            between = self.layout.gap(frame, text)
            paragraph._p.append(run(gap + frame + between, "SurveyFrame" if text else ""))
            gap = ""
        if text:
            paragraph._p.append(run(gap + text))
        self._cite(paragraph, piece)

    def _cite(self, paragraph: Any, piece: Piece) -> None:
        """Where a piece comes from: each reference a link to its entry, all places in one footnote."""
        if not piece.evidence:
            return
        opening, closing = self.layout.brackets()
        seen: list[str] = []
        paragraph._p.append(run(" " + opening))
        for row in piece.evidence:
            part = self.layout.part(row)
            if part not in seen:
                paragraph._p.extend([*([run("; ")] if seen else []), link(part, self.places[row.document])])
                seen.append(part)
        paragraph._p.append(run(closing))
        paragraph._p.append(self.footnotes.mark([self._place(row, piece) for row in piece.evidence]))

    def _place(self, row: Evidence, piece: Piece) -> str:
        """The work, page and characters of a quote; its words too, where the text does not say them."""
        title = self.layout.references[row.document].title
        place = " · ".join([title, *self.layout.place(row), f"{row.start}–{row.end}"])
        return place if piece.is_quote else f"{place}: “{' '.join(row.quote.split())}”"

    def _table(self, block: Block) -> None:
        from docx.oxml import OxmlElement

        n = len(block.rows[0])
        is_short = max(len((pieces[0].frame + pieces[0].text).strip()) for pieces in block.rows) <= _SHORT
        shares = ([.14, .86] if is_short else [.4, .6]) if n == 2 else [1 / n] * n
        table = self.document.add_table(rows=0, cols=n, style="Light Grid Accent 1")
        for column, share in zip(table.columns, shares, strict=True):  # the grid, by which LibreOffice goes
            column.width = int(share * self.width)
        for i, pieces in enumerate(block.rows):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if not i:
                properties.append(OxmlElement("w:tblHeader"))
            for cell, piece, share in zip(row.cells, pieces, shares, strict=True):
                cell.width = int(share * self.width)
                self._add(cell.paragraphs[0], piece)

    def _references(self, block: Block) -> None:
        """An entry for each, under a bookmark, with its number made by Word where the style has numbers."""
        is_numbered = self.layout.survey.request.style != "author-year"
        number = add_numbering(self.document) if is_numbered else ""
        for (piece,), reference in zip(block.rows, self.layout.ordered_references(), strict=True):
            paragraph = self.document.add_paragraph(style="Bibliography")
            if number:
                set_number(paragraph, number)
            shown, address = link_shown(reference), link_of(reference)
            before, found, after = piece.text.rpartition(shown) if shown and address else (piece.text, "", "")
            paragraph._p.append(run(before))
            if found and address:
                paragraph._p.extend([link_out(paragraph, found, address), run(after)])
            self.marks.around(paragraph, self.places[reference.document])


def _heading(block: Block) -> str:
    return f"{block.number} {block.text}".strip()


def _same_bytes(data: bytes) -> bytes:
    """The package with every entry dated alike."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), old.read(item), zipfile.ZIP_DEFLATED)
    return out.getvalue()
