"""What a Word document has and python-docx has no call for: contents, bookmarks, links, footnotes, numbered references,
pictures that are also SVG. Source: ECMA-376, part 1 (WordprocessingML)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from kb.survey.render.drawing import Drawing, is_xml, to_svg
from kb.survey.render.picture import to_png

_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def clean(text: str) -> str:
    """Text that XML can hold."""
    return "".join(c for c in text if is_xml(c))


def element(tag: str, /, *children: Any, **attributes: str) -> Any:
    """An element of WordprocessingML: element("fldChar", fldCharType="begin")."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    made.extend(children)
    return made


def run(text: str, style: str = "") -> Any:
    """A run of text in a character style, by the style's id."""
    from docx.oxml.ns import qn

    said = element("t")
    said.text = clean(text)
    said.set(qn("xml:space"), "preserve")
    return element("r", *([element("rPr", element("rStyle", val=style))] if style else []), said)


def add_styles(document: Any) -> None:
    """The styles that the document names and Word's own template lacks, each as Word calls it."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    styles = document.styles
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3", "Heading 4", "Title", "TOC Heading"):
        properties = styles[name].element.get_or_add_rPr()
        properties.get_or_add_rFonts().set(qn("w:eastAsia"), "Noto Sans CJK SC" if name == "Normal" else
                                           "Noto Serif CJK SC")
    # Of Latin letters, in either language: words said to be Chinese are broken anywhere (LibreOffice 7.4).
    styles["Normal"].element.get_or_add_rPr().append(element("lang", val="en-US", eastAsia="zh-CN"))
    for name, colour in (("Survey Frame", "606060"), ("Hyperlink", "2F5BB7"), ("footnote reference", "")):
        style = styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
        style.font.color.rgb = RGBColor.from_string(colour) if colour else None
        style.font.superscript = True if name == "footnote reference" else None
    for level in (1, 2, 3):
        style = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.paragraph_format.left_indent, style.paragraph_format.space_after = Pt(14 * (level - 1)), Pt(2)
    for name, size in (("footnote text", 9), ("Bibliography", 10)):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.font.size, style.paragraph_format.space_after = Pt(size), Pt(3)
    hanging = styles["Bibliography"].paragraph_format
    hanging.left_indent, hanging.first_line_indent = Pt(28), Pt(-28)


class Marks:
    """Bookmarks, numbered as they are made."""

    def __init__(self) -> None:
        self._n = 0

    def around(self, paragraph: Any, name: str) -> None:
        """A bookmark of this name over all that the paragraph holds."""
        self._n += 1
        body = paragraph._p
        first = next((child for child in body if not child.tag.endswith("}pPr")), None)
        start = element("bookmarkStart", id=str(self._n), name=name)
        if first is None:
            body.append(start)
        else:
            first.addprevious(start)
        body.append(element("bookmarkEnd", id=str(self._n)))


def link(text: str, anchor: str = "") -> Any:
    """Words that lead to a bookmark."""
    return element("hyperlink", run(text, "Hyperlink"), anchor=anchor, history="1")


def link_out(paragraph: Any, text: str, address: str) -> Any:
    """Words that lead to an address."""
    from docx.oxml.ns import qn

    made = element("hyperlink", run(text, "Hyperlink"), history="1")
    made.set(qn("r:id"), paragraph.part.relate_to(address, _RELATED + "hyperlink", is_external=True))
    return made


def add_contents(document: Any, headings: list[tuple[int, str, str]]) -> None:
    """A contents field with its entries (level, text, bookmark) already in it, which Word makes anew on F9."""
    begin = [element("fldChar", fldCharType="begin"), element("instrText"), element("fldChar", fldCharType="separate")]
    begin[1].text = r' TOC \o "1-3" \n \h \z \u '
    paragraph = None
    for i, (level, text, bookmark) in enumerate(headings):
        paragraph = document.add_paragraph(style=f"toc {min(level, 3)}")
        if not i:
            paragraph._p.extend(element("r", part) for part in begin)
        paragraph._p.append(link(text, bookmark))
    if paragraph is not None:
        paragraph._p.append(element("r", element("fldChar", fldCharType="end")))


class Footnotes:
    """The footnotes of a document: a mark for each, and at the end the part that holds their text."""

    def __init__(self) -> None:
        self._notes = [element("footnote", element("p", element("r", element(kind))), type=kind, id=str(i - 1))
                       for i, kind in enumerate(("separator", "continuationSeparator"))]

    def mark(self, lines: Sequence[str]) -> Any:
        """A run with the mark of a new footnote of these lines."""
        number = str(len(self._notes) - 1)
        sign = element("r", element("rPr", element("rStyle", val="footnotereference")), element("footnoteRef"))
        body = [element("p", element("pPr", element("pStyle", val="footnotetext")), *([] if i else [sign]),
                        run(" " + line)) for i, line in enumerate(lines)]
        self._notes.append(element("footnote", *body, id=number))
        return element("r", element("rPr", element("rStyle", val="footnotereference")),
                       element("footnoteReference", id=number))

    def add_to(self, document: Any) -> None:
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part
        from lxml import etree

        # Readers of Word's files look for the namespace of relations at the head of every part (docx2python does).
        root = etree.Element(f"{{{_WORD}}}footnotes", nsmap=dict(zip("wr", (_WORD, _RELATED.rstrip("/")), strict=True)))
        root.extend(self._notes)
        blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/footnotes.xml"), _FOOTNOTES, blob, document.part.package)
        document.part.relate_to(part, _RELATED + "footnotes")
        properties = element("footnotePr", element("footnote", id="-1"), element("footnote", id="0"))
        settings = document.settings.element
        after = next((e for e in settings if e.tag in (f"{{{_WORD}}}endnotePr", f"{{{_WORD}}}compat")), None)
        if after is None:
            settings.append(properties)
        else:
            after.addprevious(properties)


def add_numbering(document: Any) -> str:
    """A list whose lines are numbered [1], [2] …: the number to give its paragraphs."""
    numbering = document.part.numbering_part.element
    names = [int(e.get(f"{{{_WORD}}}abstractNumId")) for e in numbering if e.tag.endswith("}abstractNum")]
    number = str(max(names, default=0) + 1)
    level = element("lvl", element("start", val="1"), element("numFmt", val="decimal"), element("lvlText", val="[%1]"),
                    element("lvlJc", val="left"), element("pPr", element("ind", left="560", hanging="560")), ilvl="0")
    made = element("abstractNum", element("multiLevelType", val="singleLevel"), level, abstractNumId=number)
    first = next((e for e in numbering if e.tag.endswith("}num")), None)
    if first is None:
        numbering.append(made)
    else:
        first.addprevious(made)
    return str(numbering.add_num(int(number)).numId)


def set_number(paragraph: Any, number: str) -> None:
    """Makes a paragraph a line of a numbered list."""
    paragraph._p.get_or_add_pPr().append(element("numPr", element("ilvl", val="0"), element("numId", val=number)))


def add_figure(document: Any, drawing: Drawing, width: int, height: int) -> None:
    """The drawing as PNG, no wider and no higher, and as SVG for programs that show it."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    scale = min(width / drawing.width, height / drawing.height)
    shape = document.add_picture(io.BytesIO(to_png(drawing)), int(drawing.width * scale), int(drawing.height * scale))
    properties = shape._inline.docPr
    properties.set("name", drawing.name)
    properties.set("title", clean(drawing.title))
    properties.set("descr", clean(drawing.description))
    part = Part(PackURI(f"/word/media/{drawing.name}.svg"), "image/svg+xml", to_svg(drawing).encode(),
                document.part.package)
    name = document.part.relate_to(part, _RELATED + "image")
    blip = next(shape._inline.iter(qn("a:blip")))
    blip.append(parse_xml(
        '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:ext '
        f'uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip xmlns:asvg="{_SVG}" '
        f'xmlns:r="{_RELATED.rstrip("/")}" r:embed="{name}"/></a:ext></a:extLst>'))
