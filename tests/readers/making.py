"""Files of the kinds that python-pptx, openpyxl and others write, made part by part."""

from __future__ import annotations

import io
import json
import zipfile

_O = "urn:oasis:names:tc:opendocument:xmlns:"
ODF = f'xmlns:office="{_O}office:1.0" xmlns:text="{_O}text:1.0" xmlns:table="{_O}table:1.0" ' \
      f'xmlns:style="{_O}style:1.0" xmlns:draw="{_O}drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" ' \
      f'xmlns:meta="{_O}meta:1.0"'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """An archive of these parts, in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def odt(body: str, styles: str = "", **parts: str) -> bytes:
    """An OpenDocument text with this body."""
    content = f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>" \
              f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **parts})


def odp(*slides: str) -> bytes:
    """An OpenDocument presentation of these slides."""
    pages = "".join(f"<draw:page>{slide}</draw:page>" for slide in slides)
    content = f'<office:document-content {ODF} xmlns:presentation="{_O}presentation:1.0"><office:body>' \
              f"<office:presentation>{pages}</office:presentation></office:body></office:document-content>"
    return zipped({"mimetype": "application/vnd.oasis.opendocument.presentation", "content.xml": content})


def epub(chapters: dict[str, str], metadata: str = "<dc:title>书名</dc:title>", nav: str = "", **parts: str) -> bytes:
    """A book of these chapters: name -> body."""
    items = "".join(f'<item id="i{i}" href="text/{name}" media-type="application/xhtml+xml"/>'
                    for i, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="i{i}"/>' for i in range(len(chapters)))
    extra = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>' if nav else ""
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                                  '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
                          f"<metadata>{metadata}</metadata><manifest>{items}{extra}</manifest>"
                          f"<spine>{spine}</spine></package>",
        **({"OEBPS/nav.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><nav>{nav}</nav></body></html>'}
           if nav else {}),
        **{f"OEBPS/text/{name}": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
                                 f"<head><title>no words</title></head><body>{body}</body></html>"
           for name, body in chapters.items()},
        **parts})


def notebook(*cells: dict, **metadata: object) -> bytes:
    """A notebook of version 4."""
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": list(cells)}).encode()


_X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ' \
     'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def xlsx(sheets: dict[str, str], states: dict[str, str] | None = None, **parts: str | bytes) -> bytes:
    """A workbook: name of a sheet -> its XML below <worksheet>; inline strings, style 1 is a date."""
    states = states or {}
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}" state="{states.get(name, "visible")}"/>'
                     for i, name in enumerate(sheets, 1))
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(f'<Relationship Id="r{i}" Type="{relation}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                    for i in range(1, len(sheets) + 1))
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kinds}.worksheet+xml"/>'
                        for i in range(1, len(sheets) + 1))
    return zipped({
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
                               '"application/vnd.openxmlformats-package.relationships+xml"/>'
                               f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
                               f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>'
                               f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
                       f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"<workbook {_X}><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}<Relationship Id="s" '
                                      f'Type="{relation}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {_X}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{i}.xml": f"<worksheet {_X}>{body}</worksheet>"
           for i, body in enumerate(sheets.values(), 1)}, **parts})


def rows_xml(rows: list[list[object]], after: str = "") -> str:
    """<sheetData> of these values; a string that begins with "<" is a cell's inside as it stands."""
    lines = []
    for y, row in enumerate(rows, 1):
        cells = []
        for x, value in enumerate(row):
            place = f"{chr(65 + x)}{y}"
            if value is None:
                continue
            if isinstance(value, str) and value.startswith("<"):
                inside = value[1:].replace("@", " ") if value.startswith("<@") else ">" + value
                cells.append(f'<c r="{place}"{inside}</c>')
            elif isinstance(value, str):
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>')
            else:
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{y}">{"".join(cells)}</row>')
    return f"<sheetData>{''.join(lines)}</sheetData>{after}"


def pptx_with(build) -> bytes:
    """A presentation that `build` has put slides into."""
    import pptx

    presentation = pptx.Presentation()
    build(presentation)
    out = io.BytesIO()
    presentation.save(out)
    return out.getvalue()


def ods(rows: list[list[str]], styles: str = "") -> bytes:
    """A workbook of OpenDocument with one sheet of words."""
    lines = "".join("<table:table-row>" + "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row)
        + "</table:table-row>" for row in rows)
    return zipped({
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
                       "<office:body><office:spreadsheet>"
                       f'<table:table table:name="表">{lines}'
                       "</table:table></office:spreadsheet></office:body></office:document-content>",
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_O}manifest:1.0"/>'})
