"""The body of a page that is all text, as Markdown: a chapter of a book, a letter.

Reads: bytes of HTML or XHTML.  Gives: Markdown. Unlike html.py nothing is judged to be a menu and left out.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from kb.errors import Unreadable
from kb.readers.archive import parse_xml
from kb.readers.decode import decode
from kb.readers.scripts import scripted
from kb.text import mend, one_line
from kb.types import Words

_NO_TEXT = {"script", "style", "head", "template", "noscript", "object", "iframe", "svg", "rt", "rp", "del", "s",
            "strike", "button", "select", "audio", "video"}
_LOST = {"del": "struck", "s": "struck", "strike": "struck", "template": "hidden", "svg": "diagram",
         "object": "object", "select": "control"}
_OWN_LINE = set("p div section article aside header footer main nav figure figcaption blockquote address form fieldset "
                "hgroup dl dt dd ul ol center details summary caption legend body html".split())
_DEEPEST = 200
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w:-]{2,30})|charset\s*=\s*[\"']?([\w:-]{2,30})")


def markdown_of(data: bytes, encoding: str | None = None, lost: Counter[str] | None = None) -> str:
    """Its words as Markdown. encoding: where it is known from elsewhere.  lost: what is left out is counted there.
    Errors: Unreadable E_PARSE."""
    words = "".join(_Walk(Counter() if lost is None else lost).element(_tree(data, encoding), 0))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", words)).strip()


def _tree(data: bytes, encoding: str | None) -> Any:
    """As XML where it is well-formed, which XHTML mostly is; else as browsers read it."""
    import lxml.etree
    import lxml.html

    try:
        if not encoding and b"<?xml" in data[:100]:
            return _body(parse_xml(re.sub(rb"&(nbsp|shy|[a-zA-Z]{3,8});", _entity, data), "page"))
    except Unreadable:
        pass
    try:
        words = re.sub(r"^\s*<\?xml[^>]*\?>", "", mend(_decoded(data, encoding)))
        parser = lxml.html.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
        return _body(lxml.html.document_fromstring(words, parser=parser))
    except (lxml.etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable("E_PARSE", detail=Words("a page in it is no HTML", "其中的页面不是 HTML")) from error


def _entity(found: re.Match[bytes]) -> bytes:
    """A named character of HTML, which XML does not know."""
    import html

    name = found.group(1).decode("ascii")
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return found.group()
    words = html.unescape(f"&{name};")
    return b"".join(b"&#%d;" % ord(letter) for letter in words) if words != f"&{name};" else b""


def _decoded(data: bytes, encoding: str | None) -> str:
    named = _ENCODING.search(data[:2048])
    name = encoding or ((named[1] or named[2]).decode("ascii") if named else "")
    name = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252"}.get(name.lower(), name)
    if name:
        try:
            return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            pass  # it is wrong about itself; its bytes decide
    return decode(data)[0]


def _body(root: Any) -> Any:
    return next((element for element in root.iter() if _tag(element) == "body"), root)


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


class _Walk:
    """Gives the pieces of the Markdown of an element, in order; counts what it leaves out."""

    def __init__(self, lost: Counter[str]) -> None:
        self._lost = lost

    def element(self, element: Any, depth: int, indent: str = "") -> list[str]:
        parts = [_plain(element.text)]
        if depth > _DEEPEST:
            return [_plain("".join(element.itertext()))]
        start = element.get("start") or ""
        number = int(start) - 1 if re.fullmatch(r"\d{1,6}", start) else 0
        for child in element:
            tag = _tag(child)
            if tag == "li":
                own = child.get("value") or ""
                number = int(own) if re.fullmatch(r"\d{1,6}", own) else number + 1
            parts += self._child(child, tag, depth, indent, number, "".join(parts[-3:]))
            is_block = tag in _OWN_LINE or tag in ("li", "pre", "table", "br", "hr") or re.fullmatch("h[1-6]", tag)
            parts.append(_plain(child.tail).lstrip() if is_block else _plain(child.tail))
        return parts

    def _child(self, child: Any, tag: str, depth: int, indent: str, number: int, before: str) -> list[str]:
        if tag in _NO_TEXT or not tag or child.get("hidden") is not None or _is_hidden(child):
            if tag and "".join(child.itertext()).strip():
                self._lost[_LOST.get(tag, "" if tag in _NO_TEXT else "hidden")] += 1
            return []
        if re.fullmatch("h[1-6]", tag):
            words = one_line("".join(self.element(child, depth + 1)), 1000)
            return [f"\n\n{'#' * int(tag[1])} {words}\n\n"] if words else []
        if tag == "pre":
            return [f"\n\n```\n{''.join(child.itertext()).strip(chr(10))}\n```\n\n"]
        if tag == "table" and not any(_tag(inner) == "table" for inner in child.iterdescendants()):
            return self._table(child, depth)
        if tag == "math":
            return [_maths(child)]
        if tag == "br":
            return ["\n"]
        if tag in ("sup", "sub"):
            words = "".join(self.element(child, depth + 1))
            is_link = _tag(child.getparent()) == "a" or any(_tag(inner) == "a" for inner in child.iter())
            if is_link and words.strip().isdigit():
                return [f"[{words.strip()}]"]
            return [scripted(before, words, "^" if tag == "sup" else "_")]
        if tag in ("ul", "ol"):
            inner = self.element(child, depth + 1, indent + "  " if _tag(child.getparent()) == "li" else indent)
            return ["\n" if _tag(child.getparent()) == "li" else "\n\n", *inner, "\n\n"]
        if tag == "li":
            mark = f"{number}. " if _tag(child.getparent()) == "ol" else "- "
            words = re.sub(r"\n{2,}", "\n", "".join(self.element(child, depth + 1, indent)).strip())
            return [f"\n{indent}{mark}{words}"]
        if tag in _OWN_LINE:
            return ["\n\n", "".join(self.element(child, depth + 1, indent)).strip(" "), "\n\n"]
        return self.element(child, depth + 1, indent)

    def _table(self, table: Any, depth: int) -> list[str]:
        rows = []
        for row in (inner for inner in table.iter() if _tag(inner) == "tr"):
            cells = [one_line("".join(self.element(cell, depth + 1)), 20_000).replace("|", "\\|")
                     for cell in row if _tag(cell) in ("td", "th")]
            if any(cells):
                rows.append(cells)
        width = max(map(len, rows), default=0)
        if width < 2:  # a layout of one column
            return ["\n\n", "\n\n".join(cell for row in rows for cell in row), "\n\n"]
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
        caption = next((one_line("".join(inner.itertext())) for inner in table if _tag(inner) == "caption"), "")
        return [f"\n\n{caption}\n\n", "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]]), "\n\n"]


def _plain(words: str | None) -> str:
    return _SPACE.sub(" ", words or "")


def _is_hidden(element: Any) -> bool:
    return bool(re.search(r"display\s*:\s*none|visibility\s*:\s*hidden", element.get("style") or ""))


def _maths(element: Any) -> str:
    """A formula by its TeX where the page has it, else in the signs of its fractions, roots and scripts."""
    for annotation in element.iter():
        if _tag(annotation) == "annotation" and "tex" in (annotation.get("encoding") or ""):
            return f"${(annotation.text or '').strip()}$"
    return f"${_formula(element, 0)}$"


def _formula(element: Any, depth: int) -> str:
    tag = _tag(element)
    children = [child for child in element if _tag(child) not in ("annotation", "annotation-xml", "")]
    if depth > _DEEPEST:
        return "".join(element.itertext())
    parts = [_formula(child, depth + 1) for child in children]
    if tag == "mfrac" and len(parts) == 2:
        return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"
    if tag in ("msup", "mover") and len(parts) == 2:
        return f"{parts[0]}^{{{parts[1]}}}"
    if tag in ("msub", "munder") and len(parts) == 2:
        return f"{parts[0]}_{{{parts[1]}}}"
    if tag in ("msubsup", "munderover") and len(parts) == 3:
        return f"{parts[0]}_{{{parts[1]}}}^{{{parts[2]}}}"
    if tag == "msqrt":
        return f"\\sqrt{{{''.join(parts)}}}"
    if tag == "mtr":
        return " & ".join(parts)
    if tag == "mtable":
        return " \\\\ ".join(parts)
    return (element.text or "").strip() + "".join(parts)
