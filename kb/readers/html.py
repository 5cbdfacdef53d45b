"""Web pages: their text as Markdown, without menus, scripts and what the page hides.

Reads: bytes.  Gives: Extract with sections, blocks and what the page's meta tags say; a note tells what was left out.
page.py decides what is text, html_writer.py writes it. lxml pays its rent by reading broken markup.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from kb.errors import FileProblem, Unreadable, note
from kb.readers import Limits
from kb.readers.decode import decode
from kb.readers.extract import Extract, is_out_of_memory, tidy_blocks, tile, too_long
from kb.readers.html_metadata import metadata_of
from kb.readers.html_writer import Writer
from kb.readers.left_out import left_out
from kb.readers.markdown import formula_spans
from kb.readers.page import clear
from kb.text import mend, one_line
from kb.types import Block, Words

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:-]{2,30})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w:-]{2,30})",
    re.IGNORECASE)
_DEEP = 20_000  # a page has at most 2048 levels, and each is a few calls


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of an HTML page. Errors: FileProblem E_ENCODING, E_PARSE, E_TOO_BIG."""
    import lxml.etree
    import lxml.html

    page = mend(_decode(data, encoding))
    page = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
    parser = lxml.html.HTMLParser(no_network=True, huge_tree=True)  # 2048 levels instead of 256
    try:
        tree = lxml.html.document_fromstring(page, parser=parser)
    except lxml.etree.ParserError:  # no element in it
        return Extract("html", "")
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        raise Unreadable("E_PARSE", detail=one_line(str(error), 160)) from error
    metadata, language = metadata_of(tree)
    lost = clear(tree)
    written = _written(tree)
    text = written.text
    if len(text) > limits.max_characters:
        raise FileProblem("E_TOO_BIG", **too_long(len(text), limits.max_characters))
    is_cut = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    if is_cut and not text:
        raise Unreadable("E_PARSE", detail=Words("nested too deeply", "嵌套过深"))
    sections = tile(len(text), written.headings)
    shields = [(block.start, block.end) for block in written.blocks]
    formulas = [Block("formula", start, end) for start, end in formula_spans(text, shields)]
    blocks = tidy_blocks([*written.blocks, *formulas], sections)
    notes = (*((note("N_NESTED"), ) if is_cut else ()), *left_out(lost))
    return Extract("html", text, sections, (), blocks, metadata,
                   None if language is None else "zh" if language == "zh" else "en",
                   status="partial" if is_cut else "ok", notes=notes)


def _written(tree: Any) -> Writer:
    """The tree as text. Recursion in Python alone needs no more stack of the system."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEP))
    try:
        writer = Writer()
        writer.write(tree)
        return writer
    finally:
        sys.setrecursionlimit(before)


def _decode(data: bytes, encoding: str | None) -> str:
    """Byte order mark, then the charset that the page names if its bytes fit it, then what the bytes look like."""
    if (
        not encoding
        and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        and (found := _CHARSET.search(data[:4096]))
    ):
        name = (found.group(1) or found.group(2)).decode("ascii").lower()
        # Pages that say gb2312 or latin-1 hold, as browsers know, the larger sets that contain them.
        name = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin1": "cp1252",
                "big5": "big5hkscs"}.get(name, name)
        try:
            return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            pass  # The page is wrong about itself; its bytes decide.
    return decode(data, encoding)[0]
