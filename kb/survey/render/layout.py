"""A survey as blocks in reading order, the same for every format: what differs between formats is only how a block
looks.

Reads: Survey.  Gives: list[Block]. No renderer changes a word; numbers are given to citation keys here, in order of
first mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.survey.records import MATRIX, Evidence, Node, Reference, Survey
from kb.survey.references import entry, short_name
from kb.survey.render.drawing import Drawing
from kb.survey.render.figures import figures
from kb.survey.words import AUDIT, audit_label, why_unused, word
from kb.types import Language

FIGURES = ("taxonomy", "timeline", "citations", "matrix")  # in reading order


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a paragraph: words of ours, then a quote or claim (may be ""), then the places it rests on."""

    frame: str
    text: str
    is_quote: bool
    evidence: tuple[Evidence, ...]
    note: str = ""

    def depth(self) -> int:
        """How deep a line of a list stands, 0 for its top."""
        return (len(self.frame) - len(self.frame.lstrip())) // 2


@dataclass(frozen=True, slots=True)
class Block:
    """kind: "title", "banner", "heading" (level from 1, `number` like "2.1"), "paragraph", "list", "table",
    "references", "note", "figure" (its caption in `text`).

    rows: of a table, the head first, each cell a Piece; of a list and of references, one Piece a line (its frame the
    number, behind two spaces for each level of depth).
    """

    kind: str
    text: str = ""
    level: int = 0
    number: str = ""
    pieces: tuple[Piece, ...] = ()
    rows: tuple[tuple[Piece, ...], ...] = ()
    drawing: Drawing | None = None


class Layout:
    """The blocks of a survey, with the number of each reference."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.language: Language = survey.request.language
        self._rows = {row.id: row for row in survey.evidence}
        self._sentences = {sentence.id: sentence for sentence in survey.sentences}
        self.references = {r.document: r for r in survey.references}
        self.numbers: dict[str, int] = {}
        for node in survey.nodes():
            for paragraph in node.paragraphs:
                for name in paragraph:
                    for e in self._sentences[name].evidence:
                        self.numbers.setdefault(self._rows[e].document, len(self.numbers) + 1)
        for moment in survey.timeline:
            self.numbers.setdefault(moment.document, len(self.numbers) + 1)
        self.figures = figures(survey, self.name)

    def mark(self, rows: Sequence[Evidence]) -> str:
        """The citation of places: "[3, p. 4; 5]", "(Frantar et al., 2022, p. 4)"."""
        parts = [self.part(row) for row in rows]
        parts = list(dict.fromkeys(parts))
        inner = "; ".join(parts)
        opening, closing = self.brackets()
        return f"{opening}{inner}{closing}" if parts else ""

    def brackets(self) -> tuple[str, str]:
        """What stands round a citation."""
        if self.survey.request.style == "author-year":
            return ("（", "）") if self.language == "zh" else ("(", ")")
        return "[", "]"

    def part(self, row: Evidence) -> str:
        return ", ".join([self.name(row.document), *self.place(row)])

    def place(self, row: Evidence) -> list[str]:
        """What is said of where a quote stands: its page, and that it was recognised in the page's picture."""
        page = [] if row.page is None else [f"第 {row.page} 页" if self.language == "zh" else f"p. {row.page}"]
        return page + ([] if row.recognised is None else [word("recognised", self.language, sure=sure_of(row))])

    def name(self, document: str) -> str:
        """How a document is called in a citation: its number, or author and year."""
        if self.survey.request.style != "author-year":
            return str(self.numbers[document])
        reference = self.references[document]
        return (
            f"{short_name(reference, self.language, with_year=False)}, "
            f"{reference.year or word('gap_year', self.language)}"
        )

    def ordered_references(self) -> list[Reference]:
        """By number; by name and year for author-year."""
        listed = [self.references[d] for d in self.numbers if d in self.references]
        if self.survey.request.style == "author-year":
            listed.sort(key=lambda r: (short_name(r, self.language).casefold(), r.key))
        return listed

    def blocks(self) -> list[Block]:
        survey, language = self.survey, self.language
        found = [Block("title", survey.title), Block("banner", survey.banner)]
        found += [Block("note", text) for text in self.notes()]
        n = 0
        for node in survey.outline:
            n += node.kind != "abstract"
            found += self._node(node, "" if node.kind == "abstract" else str(n))
        found += self._taxonomy(n + 1) + self._timeline(n + 2)
        n += 2
        if survey.table.rows or self.figures["matrix"]:
            n += 1
            found += self._table(n)
        style = survey.request.style
        entries = []
        for r in self.ordered_references():
            number = f"[{self.numbers[r.document]}]" if style != "author-year" else ""
            entries.append((Piece(number, entry(r, style, language), False, ()),))
        found += [Block("heading", word("references", language), 1), Block("references", rows=tuple(entries))]
        if survey.unused:
            reasons = [why_unused(u, survey.request, language) for u in survey.unused]
            unused = [(Piece(u.title, why, False, ()),) for u, why in zip(survey.unused, reasons, strict=True)]
            found += [Block("heading", word("unused", language), 1), Block("list", rows=tuple(unused))]
        if survey.audit:
            found += [
                Block("heading", word("audit", language), 1),
                Block(
                    "list", rows=tuple((Piece(audit_label(name, language), _figure(value), False, ()), )
                                       for name in AUDIT if name in survey.audit
                                       and not isinstance(value := survey.audit[name], (list, tuple))))
            ]
        return found

    def notes(self) -> list[str]:
        """What the survey has less of than was asked for, and what a model's changes came to; nothing where there is
        nothing to say."""
        headings = {MATRIX: word("figure_matrix", self.language),
                    **{node.id: node.heading for node in self.survey.nodes()}}
        found = [
            word("unfinished", self.language, heading=headings.get(name, name), why=why)
            for name, why in sorted((self.survey.missing or {}).items())
        ]
        model = self.survey.model or {}
        if why := model.get("outline", {}).get("why"):
            found.append(word("outline_kept", self.language, why=why))
        if n := sum(row.recognised is not None for row in self.survey.evidence):
            found.append(word("are_recognised", self.language, n=n, all=len(self.survey.evidence)))
        if any((counts := model.get("coherence", {})).values()):
            found.append(word("coherence", self.language, **counts))
        return found

    def _node(self, node: Node, number: str) -> list[Block]:
        found = [Block("heading", node.heading, number.count(".") + 1, number)]
        for paragraph in node.paragraphs:
            pieces = []
            for name in paragraph:
                s = self._sentences[name]
                rows = tuple(self._rows[e] for e in s.evidence)
                if s.kind == "joined":  # twelve numbers are read in order
                    rows = tuple(sorted(rows, key=lambda row: self.numbers[row.document]))
                text = ("……" if s.language == "zh" else "… ") * s.is_cut + s.text
                pieces.append(
                    Piece(s.text, "", False, ())
                    if s.kind == "frame"
                    else Piece("", text, False, rows, s.note)
                    if s.kind == "joined"
                    else Piece(s.frame, text, s.kind == "quote", rows, s.note)
                )
            found.append(Block("paragraph", pieces=tuple(pieces)))
        for i, child in enumerate(node.children, 1):
            found += self._node(child, f"{number}.{i}")
        return found

    def _taxonomy(self, number: int) -> list[Block]:
        lines: list[tuple[Piece, ...]] = []

        def walk(node: Node, depth: int) -> None:
            names = ", ".join(self.name(d) for d in node.documents)
            marks = f"[{names}]" if names and self.survey.request.style != "author-year" else names
            lines.append((Piece("  " * depth + node.heading, marks, False, ()),))
            for child in node.children:
                walk(child, depth + 1)

        for node in self.survey.outline:
            if node.kind == "theme":
                walk(node, 0)
        return [Block("heading", word("taxonomy", self.language), 1, str(number)), *self._figures("taxonomy"),
                Block("list", rows=tuple(lines))]

    def _figures(self, *names: str) -> list[Block]:
        """The figures of these names, numbered through the survey."""
        order = [drawing.name for drawings in (self.figures[name] for name in FIGURES) for drawing in drawings]
        return [Block("figure", word("figure", self.language, n=order.index(d.name) + 1, title=d.title), drawing=d)
                for name in names for d in self.figures[name]]

    def _timeline(self, number: int) -> list[Block]:
        names = {r.key: self.name(r.document) for r in self.survey.references}
        rows = [tuple(Piece(word(key, self.language), "", False, ()) for key in ("year", "document"))]
        for moment in self.survey.timeline:
            cites = (
                word("cites", self.language, keys=", ".join(f"[{names[key]}]" for key in moment.cites))
                if moment.cites
                else ""
            )
            rows.append((Piece(str(moment.year or word("gap_year", self.language)), "", False,
                               ()), Piece(f"{moment.title} [{self.name(moment.document)}]{cites}", "", False, ())))
        none = [Block("paragraph", pieces=(Piece(word("no_citations", self.language), "", False, ()),))]
        return [Block("heading", word("timeline", self.language), 1, str(number)), *self._figures("timeline"),
                *(self._figures("citations") or none), Block("table", rows=tuple(rows))]

    def _table(self, number: int) -> list[Block]:
        rows = [(Piece(word("document", self.language), "", False,
                       ()), *(Piece(column, "", False, ()) for column in self.survey.table.columns))]
        for row in self.survey.table.rows:
            name = f"{short_name(self.references[row.document], self.language)}"
            cells = (
                Piece("", cell.text, False, (self._rows[cell.evidence],)) if cell else Piece("", "", False, ())
                for cell in row.cells
            )
            rows.append((Piece(name, "", False, ()), *cells))
        shown = [Block("table", rows=tuple(rows))] if self.survey.table.rows else []
        return [Block("heading", word("table", self.language), 1, str(number)), *self._figures("matrix"), *shown]

    def spoken(self, piece: Piece) -> tuple[str, str, str]:
        """(frame, text in its quotation marks on one line, citation mark) of a piece."""
        text = " ".join(piece.text.split())
        text = f"“{text}”" if piece.is_quote else text
        return piece.frame, text, self.mark(piece.evidence) if piece.evidence else ""

    def gap(self, left: str, right: str) -> str:
        """The space between two pieces of text: none round Chinese punctuation."""
        return "" if not left or not right or left[-1] in "：。，；、）”" and self.language == "zh" else " "


def sure_of(row: Evidence) -> str:
    """How sure the recogniser is of a quote's worst line: ".87"."""
    return "" if row.recognised is None else f"{row.recognised:.2f}".lstrip("0")


def _figure(value: object) -> str:
    return "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
