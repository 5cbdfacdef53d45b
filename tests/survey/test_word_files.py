"""The Word, HTML and CSL exports as their readers take them apart."""

import io
import json
import re
import zipfile
from dataclasses import replace

import docx
import pytest
from lxml import etree, html
from PIL import Image

from kb.survey.records import Evidence, Sentence
from kb.survey.render import picture
from kb.survey.render.csl import to_csl
from kb.survey.render.docx import to_docx
from kb.survey.render.export import export
from kb.survey.render.layout import Layout
from tests.survey.test_figures import drawn, made

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NAMES = {"w": W[1:-1], "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"}


def with_sentences(survey):
    """The survey with a quote, and a sentence of ours that joins three works, in its first section."""
    rows = tuple(Evidence(f"q{i}", "", f"d{i}", 4 if i else None, 10 * i, 10 * i + 5, f"words {i}", "0", 1.0)
                 for i in range(3))
    said = (Sentence("s1", "quote", "words 0", frame="One work wrote:", evidence=("q0",)),
            Sentence("s2", "joined", "Three works use importance sampling.", evidence=("q0", "q1", "q2")))
    first = replace(survey.outline[0], paragraphs=(("s1", "s2"),))
    return replace(survey, outline=(first, *survey.outline[1:]), sentences=(*survey.sentences, *said),
                   evidence=(*survey.evidence, *rows))


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture(params=["numeric", "author-year"])
def survey(request):
    return with_sentences(made(12, style=request.param))


def test_every_contents_line_and_citation_of_word_leads_to_a_bookmark(survey):
    body = etree.fromstring(parts(to_docx(survey))["word/document.xml"])
    marks = body.xpath("//w:bookmarkStart/@w:name", namespaces=NAMES)
    anchors = body.xpath("//w:hyperlink/@w:anchor", namespaces=NAMES)
    assert len(set(marks)) == len(marks) and set(anchors) <= set(marks)
    layout = Layout(survey)
    headings = [f"{b.number} {b.text}".strip() for b in layout.blocks() if b.kind == "heading"]
    assert sum(mark.startswith("_Toc") for mark in marks) == len(headings)
    assert [a for a in anchors if a.startswith("_Toc")] == sorted(m for m in marks if m.startswith("_Toc"))
    assert sum(mark.startswith("ref_") for mark in marks) == len(survey.references)
    fields = body.xpath("//w:fldChar/@w:fldCharType", namespaces=NAMES)
    assert fields == ["begin", "separate", "end"] and "TOC" in body.xpath("//w:instrText", namespaces=NAMES)[0].text
    ids = body.xpath("//w:bookmarkStart/@w:id", namespaces=NAMES)
    assert sorted(ids) == sorted(body.xpath("//w:bookmarkEnd/@w:id", namespaces=NAMES)) and len(set(ids)) == len(ids)


def test_styles_that_word_paragraphs_and_runs_name_are_there(survey):
    files = parts(to_docx(survey))
    there = set(etree.fromstring(files["word/styles.xml"]).xpath("//w:style/@w:styleId", namespaces=NAMES))
    for name in ("word/document.xml", "word/footnotes.xml"):
        named = etree.fromstring(files[name]).xpath("//w:pStyle/@w:val | //w:rStyle/@w:val | //w:tblStyle/@w:val",
                                                    namespaces=NAMES)
        assert named and set(named) <= there
    assert "r" in etree.fromstring(files["word/footnotes.xml"]).nsmap  # readers of Word's files ask for it
    document = docx.Document(io.BytesIO(to_docx(survey)))
    assert {"Title", "Heading 1", "Heading 2", "TOC Heading", "toc 1", "Bibliography", "Caption"} <= {
        p.style.name for p in document.paragraphs}


def test_references_in_word_are_a_numbered_list_that_begins_with_one(survey):
    files = parts(to_docx(survey))
    body = etree.fromstring(files["word/document.xml"])
    entries = [p for p in body.iter(f"{W}p") if p.xpath(".//w:bookmarkStart[starts-with(@w:name, 'ref_')]",
                                                       namespaces=NAMES)]
    numbers = {p.xpath("string(.//w:numId/@w:val)", namespaces=NAMES) for p in entries}
    if survey.request.style == "author-year":
        assert numbers == {""}
        return
    (number,) = numbers
    numbering = etree.fromstring(files["word/numbering.xml"])
    abstract = numbering.xpath(f"//w:num[@w:numId='{number}']/w:abstractNumId/@w:val", namespaces=NAMES)[0]
    level = numbering.xpath(f"//w:abstractNum[@w:abstractNumId='{abstract}']/w:lvl", namespaces=NAMES)[0]
    assert level.xpath("string(w:lvlText/@w:val)", namespaces=NAMES) == "[%1]"
    assert level.xpath("string(w:start/@w:val)", namespaces=NAMES) == "1"


def test_the_places_of_a_sentence_are_a_footnote_with_the_words_that_the_text_does_not_say(survey):
    files = parts(to_docx(survey))
    body, notes = (etree.fromstring(files[f"word/{name}.xml"]) for name in ("document", "footnotes"))
    referred = body.xpath("//w:footnoteReference/@w:id", namespaces=NAMES)
    held = notes.xpath("//w:footnote[not(@w:type)]/@w:id", namespaces=NAMES)
    cited = [piece for block in Layout(survey).blocks() for piece in
             (*block.pieces, *(p for row in block.rows for p in row)) if piece.evidence]
    assert referred == held == [str(i) for i in range(1, len(cited) + 1)]
    texts = [["".join(p.itertext()) for p in note] for note in
             notes.xpath("//w:footnote[not(@w:type)]", namespaces=NAMES)]
    assert len(texts[0]) == 1 and "words 0" not in texts[0][0] and "0–5" in texts[0][0], "the quote stands in the text"
    assert len(texts[1]) == 3 and "“words 2”" in texts[1][2] and "p. 4 · 20–25" in texts[1][2]


def test_a_sentence_that_joins_works_has_all_its_citations_in_every_format(survey):
    layout = Layout(survey)
    names = [layout.part(row) for row in survey.evidence if row.id in ("q0", "q1", "q2")]
    said = "Three works use importance sampling."
    text = export(survey, "markdown", {})["survey.md"].decode()
    opening, closing = layout.brackets()
    assert f"{said} {opening}{'; '.join(names)}{closing}" in text
    page = html.document_fromstring(export(survey, "html", {})["survey.html"].decode())
    (paragraph,) = [p for p in page.xpath("//div[@class='text']") if said in p.text_content()]
    assert len(paragraph.xpath(".//details")) == 4 and "“Three works" not in paragraph.text_content()
    word_file = docx.Document(io.BytesIO(to_docx(survey)))
    assert any(f"{said} {opening}{'; '.join(names)}{closing}" in p.text for p in word_file.paragraphs)
    tex = export(survey, "latex", {})["survey.tex"].decode()
    assert f"{said} \\citetext{{\\citealp{{key0}}; \\citealp[p.~4]{{key1}}; \\citealp[p.~4]{{key2}}}}" in tex


@pytest.mark.parametrize("language", ["en", "zh"])
def test_figures_in_word_are_pictures_with_their_description_and_svg(language):
    survey = made(12, language)
    data = to_docx(survey)
    assert data == to_docx(survey)
    files = parts(data)
    drawings = drawn(survey)
    body = etree.fromstring(files["word/document.xml"])
    described = body.xpath("//wp:docPr/@descr", namespaces=NAMES)
    assert sorted(described) == sorted(drawing.description for drawing in drawings)
    assert sum(name.endswith(".png") for name in files) == sum(name.endswith(".svg") for name in files) == 4
    for drawing in drawings:
        image = Image.open(io.BytesIO(picture.to_png(drawing)))
        assert abs(image.width - 2 * drawing.width) <= 1 and abs(image.height - 2 * drawing.height) <= 1
        assert len(image.getcolors(1 << 24)) > 8, "something is drawn"


def test_a_computer_without_chinese_typefaces_says_so_under_the_picture(monkeypatch):
    monkeypatch.setattr(picture, "_CHINESE", ())
    picture._font.cache_clear()
    try:
        chinese, english = (docx.Document(io.BytesIO(to_docx(made(3, language)))) for language in ("zh", "en"))
    finally:
        picture._font.cache_clear()
    assert any("没有中文字体" in p.text for p in chinese.paragraphs)
    assert sum("No typeface" in p.text for p in english.paragraphs) == 4  # an author's name is Chinese


def test_html_has_contents_that_lead_to_every_heading(survey):
    page = html.document_fromstring(export(survey, "html", {})["survey.html"].decode())
    links = page.xpath("//nav//a")
    headings = page.xpath("//main/h2 | //main/h3 | //main/h4")
    assert [a.get("href")[1:] for a in links] == [h.get("id") for h in headings]
    assert [a.text_content() for a in links] == [h.text_content() for h in headings]
    assert len(page.xpath("//figure/div/svg")) == len(page.xpath("//figure/figcaption")) == 4
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids)) and {h[1:] for h in page.xpath("//a/@href") if h[0] == "#"} <= set(ids)


KINDS = {"article", "article-journal", "paper-conference", "thesis", "book", "report", "webpage", "document"}


def test_csl_json_has_what_its_schema_asks_for_and_nothing_it_forbids():
    survey = made(12)
    names = ("Ann Lee", "Lee, Ann", "王小明", "Google Research Team", "A. Lee, B. Ray, C. Cox", "van Dijk, Jan",
             "[1] Lee")
    references = (*survey.references, replace(survey.references[0], key="x", authors=names, venue="NeurIPS 2020",
                                              doi="10.1/x", year=2020))
    items = {item["id"]: item for item in json.loads(to_csl(replace(survey, references=references)))}
    assert set(items) == {r.key for r in references} and {item["type"] for item in items.values()} <= KINDS
    allowed = {"id", "type", "author", "title", "container-title", "publisher", "issued", "DOI", "URL", "number",
               "language", "note"}
    assert all(set(item) <= allowed and all(item.values()) for item in items.values())
    assert items["x"]["type"] == "paper-conference" and items["x"]["issued"] == {"date-parts": [[2020]]}
    assert items["x"]["author"] == [
        {"family": "Lee", "given": "Ann"}, {"family": "Lee", "given": "Ann"}, {"literal": "王小明"},
        {"literal": "Google Research Team"}, {"literal": "A. Lee, B. Ray, C. Cox"},
        {"family": "van Dijk", "given": "Jan"}, {"literal": "[1] Lee"}]
    assert "author" in items["key7"].get("note", "") or items["key7"].get("author")
    undated = next(r for r in references if not r.year)
    assert "issued" not in items[undated.key] and "not given: " in items[undated.key]["note"]
    assert re.search(r"not given: [^;]*year", items[undated.key]["note"])
