"""What the reading server reads before the first file: then every child it forks has the parsers' caches filled, and
the patterns that most documents are asked by compiled.

Used by server.py. A page takes a reader through its steps; what a page of Helvetica cannot hold, lines of Chinese, goes
in where lines are put together.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from kb.readers import Limits
from kb.words import Phrases

_HEAD: dict[str, Any] = {
    "n_pages": 2, "title": "A declared title: of words", "author": "Jane Doe", "outline": [], "labels": []}
# pages of lines: the size of each, then its words
_PAGES = """
9 arXiv:2001.00001v1 [cs.LG] 1 Jan 2020
9 Journal of Words, Vol. 1, No. 2, 2020
18 A title of well-known words:
18 and its other half
11 Jane Doe, Li Ming and John Smith Jr.
10 Department of Words, University of Somewhere, 100000 City
10 jane@example.org
12 Abstract
10 We read words, which are long and short, as x = y shows where it
10 goes on to the next line, which ends here.
12 1 Introduction
10 Words and words follow one another to the end of the low-
10 est line, where x = max(y, 1): they say what follows.
10 1) an item of a list
10 and: more;
10 Sizes follow, each of which is well\x02
10 known from
10 x = y + z < 3
10 where x is small.
8 Proceedings of the 1st Meeting on Words, 2020
8 https://doi.org/10.1000/words.1

9 Journal of Words
9 第 1 卷 第 2 期 词语学报 2020 年
18 词语的研究与应用方法
11 李明, 王小华
10 （某某大学 计算机学院，北京 100000）
10 摘　要：词语有长有短，本文研究它们的方法，其中 x = y 表示
10 一行接着一行，直到这一句在这里结束。
10 关键词：词语；方法
12 1 引言
10 定理 1：词语是有限的，证明如下。
9 def words(x):
9     return x  # words
9 Figure 1 shows the words
12 References
9 [1] A. Name. A title. Journal of Words, 1(2):3-4, 2020.
"""


def warm_up(module: str) -> None:
    """Takes the reader of this name through a page of our own, where it has one."""
    reader = importlib.import_module(f"kb.readers.{module}")
    if module == "scanned":
        reader.warm_up()
    elif module in _FILES:
        reader.read(_FILES[module], Limits())
    if module == "pdf":
        _lay_out()
    for name in [name for name in sys.modules if name.startswith("kb.readers.")]:
        for value in vars(sys.modules[name]).values():
            if isinstance(value, Phrases):
                value.pattern  # noqa: B018  # it is compiled when it is asked for


def _lay_out() -> None:
    """Lines of English and of Chinese to running text."""
    from kb.readers.layout import assemble
    from kb.readers.text_block import with_title_block

    frames = [_HEAD]
    for page in _PAGES.split("\n\n"):
        lines = []
        for i, line in enumerate(page.strip("\n").split("\n")):
            size, text = line.split(" ", 1)
            lines.append((text, 0.1, 0.95 - 0.02 * i, min(0.9, 0.1 + 0.014 * len(text)), float(size), int(size) > 11,
                          "Helvetica", "Helvetica"))
        frames.append({"number": len(frames), "aside": [], "lines": lines})
    with_title_block(assemble(frames))


def _page_of(*lines: str) -> bytes:
    """A PDF of one page with these lines, without a table of its objects: readers do without."""
    text = "".join(f"BT /F 9 Tf 1 0 0 1 60 {700 - 12 * i} Tm ({line}) Tj ET\n" for i, line in enumerate(lines))
    return (
        "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
        f"4 0 obj<</Length {len(text)}>>\nstream\n{text}\nendstream endobj "
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>").encode()


_FILES = {
    "html": b"<article><h1>A</h1><p>Some words of a page.</p></article>", "markdown": b"# A\n\n| a |\n|---|\n",
    "pdf": _page_of("1 A heading of the page", "Some words of a page, which go on", "to here, as x = y says.",
                    "Figure 1: a caption", "Table 1. Cells", "1. an item", "end;", "[1] A. Name. A title, 2020.", "12",
                    "Keywords: one", "2 .......... 3", "A line- ", "ends here"),
}
