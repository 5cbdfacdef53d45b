"""The tree of a web page as running text: headings, lists, tables, code and formulas as Markdown has them.

Reads: a tree that page.py has cleared.  Gives: text, headings and blocks with their places. Words are what the page
shows: nothing is set bold, no sign is escaped. Raised and lowered figures keep a mark: 10^-5 is not 10-5.
"""

from __future__ import annotations

import re
from typing import Any

from kb.readers.extract import Heading
from kb.readers.scripts import lowered, raised
from kb.text import mend, one_line
from kb.types import Block

_HEADING = re.compile("h[1-6]")
_BLOCKS = frozenset(
    "address article aside body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form "
    "header hgroup hr html legend li main menu nav noframes ol output p section summary table tbody td textarea tfoot "
    "th thead tr ul".split())
_ORDINAL = re.compile(r"(?:st|nd|rd|th|e|er|re|ème|[ºªoa]|tm|®|™|©)\.?", re.IGNORECASE)
_MOST_CELLS = 200_000
_WIDEST_SPAN = 200
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class Writer:
    """Writes a page; `text`, `headings` and `blocks` are what it gives."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0
        self._line: list[str] = []
        self._indent = ""  # of every line: in quotes and lists
        self._mark: str | None = None  # of the next line, in place of the indent: "- ", "3. "
        self._is_next_item = False

    @property
    def text(self) -> str:
        """What has been written."""
        return "".join(self._parts)

    def write(self, element: Any) -> None:
        """An element with all that is in it."""
        self._element(element)
        self._paragraph()

    # --- what stands where

    def _element(self, element: Any) -> None:
        tag = element.tag
        if _HEADING.fullmatch(tag):
            self._heading(element)
        elif tag in _OWN_WAY:
            _OWN_WAY[tag](self, element)
        elif tag in _BLOCKS:
            self._paragraph()
            self._inside(element)
            self._paragraph()
        else:
            self._inside(element)

    def _inside(self, element: Any) -> None:
        self._say(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child)
            self._say(child.tail)

    def _say(self, words: str | None) -> None:
        if words:
            self._line.append(re.sub(r"[ \t\n\r\f]+", " ", words))

    def _inline(self, element: Any) -> str:
        """The words of an element in one line."""
        inner = Writer()
        inner._inside(element)
        inner._paragraph()
        return " ".join(line.strip() for line in inner.text.split("\n") if line.strip())

    def _paragraph(self) -> None:
        """Ends what was said as a paragraph of its own; a line break in it stays one, two part it."""
        words, self._line = re.sub(" {2,}", " ", mend("".join(self._line))), []
        for part in re.split(r"\n\s*\n", words):
            lines = [line.strip() for line in part.split("\n")]
            if any(lines):
                self._put([line for line in lines if line])

    def _put(self, lines: list[str], kind: str | None = None) -> None:
        first = self._indent if self._mark is None else self._mark
        self._add("" if not self._parts else "\n" if self._is_next_item and self._mark is not None else "\n\n")
        begin = self._length
        self._add(first + f"\n{self._indent}".join(lines))
        if kind is not None:
            self.blocks.append(Block(kind, begin, self._length))
        self._mark, self._is_next_item = None, False

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    # --- elements that are written in their own way

    def _heading(self, element: Any) -> None:
        self._paragraph()
        for link in list(element.iter("a")):
            if _is_permalink(link):
                link.drop_tree()
        words = one_line(self._inline(element), 2000)
        words = re.sub(r"\s*[\[［](?:\s*\|?\s*)[\]］]$", "", words)  # what "[edit]" leaves
        if not words:
            return
        if self._indent or self._mark is not None:  # in a list or a quote it begins no section
            self._put([words])
            return
        level = int(element.tag[1])
        self._put([f"{'#' * level} {words}"])
        self.headings.append(Heading(self._length - len(words) - level - 1, level, one_line(words)))

    def _list(self, element: Any) -> None:
        self._paragraph()
        is_inner = bool(self._indent.strip(">")) and bool(self._parts)
        items = [child for child in element if child.tag == "li"]
        marks = _numbers(element, items) if element.tag == "ol" else ["- "] * len(items)
        outer, kept = self._indent, self._mark
        self._say(element.text)
        n = 0
        for child in element:
            if child.tag == "li":
                self._paragraph()
                mark = marks[n]
                self._mark = (outer if kept is None else kept) + mark
                self._is_next_item = (n > 0 or is_inner) and not mark[0].isalpha()
                self._indent = outer + " " * len(mark)
                self._inside(child)
                self._paragraph()
                kept, self._mark = (kept if self._mark is not None else None), None
                n += 1
            elif isinstance(child.tag, str):
                self._element(child)
            self._say(child.tail)
        self._paragraph()
        self._indent, self._mark, self._is_next_item = outer, None, False

    def _quote(self, element: Any) -> None:
        self._paragraph()
        outer, self._indent = self._indent, self._indent + "> "
        if self._mark is not None:
            self._mark += "> "
        self._inside(element)
        self._paragraph()
        self._indent = outer

    def _code_block(self, element: Any) -> None:
        self._paragraph()
        for line_break in list(element.iter("br")):
            line_break.tail = "\n" + (line_break.tail or "")
        text = mend(re.sub(r"\A\r?\n", "", "".join(element.itertext()))).rstrip()
        if not text.strip() or re.fullmatch(r"\s*\d+(?:\s+\d+)*\s*", text) and element.getparent().tag == "td":
            return  # the numbers of the lines beside it
        fence = "```" + "`" * max((len(run) - 2 for run in re.findall("`{3,}", text)), default=0)
        self._put([fence, *text.split("\n"), fence], "code")

    def _code(self, element: Any) -> None:
        if any(isinstance(child.tag, str) and (child.tag in _BLOCKS or child.tag == "pre") for child in element.iter()):
            self._inside(element)
            return
        text = self._inline(element)
        if text:
            self._line.append(f"`{text}`" if "`" not in text else text)

    def _formula(self, element: Any) -> None:
        tex = mend(element.text or "")
        if element.get("display") == "block":
            self._paragraph()
            self._put(["$$" + re.sub(r"\n\s*(?=\n)", "", tex) + "$$"], "formula")
        else:
            self._line.append(f"${' '.join(tex.split())}$")

    def _line_break(self, element: Any) -> None:
        self._line.append("\n")

    def _quoted(self, element: Any) -> None:
        self._line.append("“")
        self._inside(element)
        self._line.append("”")

    def _raised(self, element: Any) -> None:
        text = self._inline(element)
        links = any(True for _ in element.iter("a")) or element.getparent().tag == "a"
        before = "".join(self._line[-3:])
        if not text or not before or before[-1].isspace() or _ORDINAL.fullmatch(text) or text[0] in "[(^$":
            self._line.append(text)
        elif links:
            self._line.append(f" [{text}]")
        else:
            self._line.append(raised(before, text))

    def _lowered(self, element: Any) -> None:
        self._line.append(lowered("".join(self._line[-3:]), self._inline(element)))

    def _table(self, element: Any) -> None:
        rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
        if _is_layout(element, rows):
            self._paragraph()
            self._inside(element)
            self._paragraph()
            return
        self._paragraph()
        for caption in element.iterchildren("caption"):
            self._inside(caption)
            self._paragraph()
        grid, n_head = self._grid(rows)
        if not grid:
            return
        head = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*grid[:n_head], strict=True)]
        lines = [_row(head), "|" + " --- |" * len(head), *map(_row, grid[n_head:])]
        self._put(lines, "table")

    def _grid(self, rows: list[Any]) -> tuple[list[list[str]], int]:
        """The cells of a table, each row as wide as the widest, and how many rows at its top are its head. A cell over
        several rows stands in each, a header cell over several columns too."""
        grid: list[list[str]] = []
        n_head, n_cells = 0, 0
        below: dict[int, tuple[int, str]] = {}  # column -> rows that a cell above still covers, its words
        for row in rows:
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            is_head = bool(cells) and n_head == len(grid) and (
                all(cell.tag == "th" for cell in cells) or any(node.tag == "thead" for node in row.iterancestors()))
            line: list[str] = []
            for cell in [*cells, None]:
                while len(line) in below:
                    left, words = below.pop(len(line))
                    if left > 1:
                        below[len(line)] = (left - 1, words)
                    line.append(words)
                if cell is None:
                    continue
                words = mend(self._inline(cell)).replace("|", "\\|")
                for i in range(_span(cell, "colspan")):
                    shown = words if i == 0 or cell.tag == "th" else ""
                    if (n_rows := _span(cell, "rowspan")) > 1:
                        below[len(line)] = (n_rows - 1, shown)
                    line.append(shown)
            n_cells += len(line)
            if n_cells > _MOST_CELLS:
                break
            if any(line):
                grid.append(line)
                n_head += is_head
        width = max(map(len, grid), default=0)
        return [line + [""] * (width - len(line)) for line in grid], max(1, min(n_head, len(grid) - 1))


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _span(cell: Any, name: str) -> int:
    found = re.match(r"\s*(\d{1,5})", cell.get(name) or "")
    return max(1, min(int(found[1]), _WIDEST_SPAN)) if found else 1


def _is_layout(table: Any, rows: list[Any]) -> bool:
    """Whether a table only places things on the page: it holds headings, code or tables, or has one column."""
    if table.get("role") in ("presentation", "none"):
        return True
    if any(True for _ in table.iter("h1", "h2", "h3", "h4", "h5", "h6", "pre")):
        return True
    if sum(1 for _ in table.iter("table")) > 1:
        return True
    cells = [[cell for cell in row if cell.tag in ("td", "th") and (cell.text_content().strip())] for row in rows]
    if any(node.get("display") == "block" for node in table.iter("formula")) and max(map(len, cells), default=0) < 3:
        return True
    has_head = any(True for _ in table.iter("th", "caption", "thead"))
    return not has_head and (max(map(len, cells), default=0) < 2 or any(
        sum(1 for _ in cell.iter("p", "ul", "ol", "div")) > 2 for row in cells for cell in row))


def _is_permalink(link: Any) -> bool:
    """Whether a link in a heading only points at it, or opens it for editing."""
    href = link.get("href") or ""
    words = (link.text_content() or "").strip()
    return (not re.search(r"\w", words) or words.lower() in ("link", "permalink")) and "#" in href or (
        "action=edit" in href or "veaction=edit" in href)


def _numbers(element: Any, items: list[Any]) -> list[str]:
    """The marks of the items of an <ol> as a browser counts them: start, reversed, type, and an item's own value."""
    step = -1 if element.get("reversed") is not None else 1
    number = _whole(element.get("start"), len(items) if step < 0 else 1)
    marks = []
    for item in items:
        number = _whole(item.get("value"), number)
        marks.append(f"{_in_type(number, item.get('type') or element.get('type') or _style(element))}. ")
        number += step
    return marks


def _style(element: Any) -> str:
    found = re.search(r"list-style(?:-type)?\s*:[^;]*?(lower|upper)-(a|l|r)", element.get("style") or "")
    if found is None:
        return "1"
    letter = "i" if found[2] == "r" else "a"
    return letter if found[1] == "lower" else letter.upper()


def _whole(value: str | None, otherwise: int) -> int:
    found = re.match(r"\s*(-?\d{1,9})", value or "")
    return int(found[1]) if found else otherwise


def _in_type(number: int, kind: str) -> str:
    if kind in ("a", "A") and number > 0:
        letters = ""
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return letters
    if kind in ("i", "I") and 0 < number < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (number // value)
            number %= value
        return roman if kind == "i" else roman.upper()
    return str(number)


_OWN_WAY: dict[str, Any] = {
    "ul": Writer._list, "ol": Writer._list, "menu": Writer._list, "blockquote": Writer._quote, "q": Writer._quoted,
    "pre": Writer._code_block, "code": Writer._code, "formula": Writer._formula, "br": Writer._line_break,
    "sup": Writer._raised, "sub": Writer._lowered, "table": Writer._table,
}
