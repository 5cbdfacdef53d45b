import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace

import pytest

from kb.survey.records import Reference, survey_from_dict
from kb.survey.references import entry, make_reference, short_name
from kb.survey.render.bibliography import to_bibtex, to_ris
from kb.survey.sentences import Unit
from kb.survey.write.evidence import make_evidence
from kb.types import Document, Metadata, RecognisedLine
from tests.survey.conftest import PAPERS, fill, paper


@pytest.fixture
def survey(library):
    return library.survey("模型压缩")


def test_markdown_cites_every_quote_and_lists_every_reference(library, survey):
    text = library.surveyor().export(survey, "markdown")["survey.md"].decode()
    for sentence in survey.sentences:
        assert " ".join(sentence.text.split()).replace("*", "\\*") in text
    for reference in survey.references:
        assert reference.title in text.replace("\\", "")
    made = library.surveyor().export(survey, "markdown")
    assert set(re.findall(r"\]\(([^)]*)\)", text)) == set(made) - {"survey.md"}, "its own figures are all it links to"


def test_html_opens_its_quotes_in_place_and_asks_nobody(library, survey):
    from lxml import html

    page = html.document_fromstring(library.surveyor().export(survey, "html")["survey.html"].decode())
    marked = [mark.text_content() for mark in page.iter("mark")]
    assert sorted(marked) == sorted(row.quote for row in survey.evidence if not row.id.startswith("matrix."))
    assert len(page.xpath("//div[@class='text']//details")) == sum(len(s.evidence) for s in survey.sentences), (
        "a citation stands in its paragraph"
    )
    assert not page.xpath("//script | //img | //link | //iframe")
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]
    assert all(address.startswith(("https://", "#")) for address in page.xpath("//a/@href"))
    assert {address[1:] for address in page.xpath("//a/@href") if address.startswith("#")} <= set(page.xpath("//@id"))


def test_docx_holds_headings_quotes_and_tables(library, survey):
    import docx

    document = docx.Document(io.BytesIO(library.surveyor().export(survey, "docx")["survey.docx"]))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for sentence in survey.sentences:
        assert sentence.text in text
    assert [p.text for p in document.paragraphs if p.style.name == "Title"] == [survey.title]
    assert len([p for p in document.paragraphs if p.style.name == "Heading 1"]) >= len(survey.outline)
    assert len(document.tables) == 2


def test_a_word_file_keeps_latin_words_whole_and_its_tables_widths(library, survey):
    import docx
    from docx.oxml.ns import qn

    document = docx.Document(io.BytesIO(library.surveyor().export(survey, "docx")["survey.docx"]))
    spoken = document.styles["Normal"].element.rPr.find(qn("w:lang"))
    assert spoken.get(qn("w:val")) == "en-US"  # of Latin letters: in Chinese a line may end inside a word
    for table in document.tables:
        assert [column.width for column in table.columns] == [cell.width for cell in table.rows[0].cells]
        is_years = table.columns[0].cells[1].text.isdigit()
        assert (table.columns[0].width < table.columns[-1].width / 4) is is_years  # names of works need more room


def test_the_audit_stands_in_one_order_whether_a_survey_was_just_written_or_read_again(library, survey, tmp_path):
    shuffled = replace(survey, audit=dict(sorted(survey.audit.items())))
    surveyor = library.surveyor()
    assert surveyor.export(shuffled, "markdown") == surveyor.export(survey, "markdown")


def test_latex_is_balanced_and_cites_only_keys_that_are_in_the_bibliography(library, survey):
    made = library.surveyor().export(survey, "latex")
    tex, bib = made["survey.tex"].decode(), made["references.bib"].decode()
    keys = set(re.findall(r"^@\w+\{([^,]+),$", bib, re.M))
    cited = {
        key for group in re.findall(r"\\(?:citep(?:\[[^]]*\])?|nocite)\{([^}]*)\}", tex) for key in group.split(",")
    }
    assert cited == keys == {r.key for r in survey.references}
    plain = re.sub(r"\\[{}\\]", "", tex)
    assert plain.count("{") == plain.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", tex).sort() == re.findall(r"\\end\{(\w+)\}", tex).sort()
    assert "ctex" in tex


@pytest.mark.slow
@pytest.mark.parametrize(("topic", "names", "style", "engine"), [
    ("模型压缩", tuple(PAPERS), "gbt7714", "xelatex"), ("model compression", tuple(PAPERS), "numeric", "xelatex"),
    ("model compression", ("hinton", "sanh", "han", "frankle"), "author-year", "pdflatex")])
def test_latex_compiles_with_a_real_tex(base, tmp_path, topic, names, style, engine):
    """Chinese, mixed, and English alone, which needs no font of the system."""
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed (tools/test-packages.sh)")
    fill(base, tmp_path / "papers", names)
    odd = paper("han").replace("Song Han, Jeff Pool",
                               "").replace("arxiv: \"1506.02626\"",
                                           "").replace("Pruning is a family",
                                                       "With ℓ ≤ 2 & 50% of α_{i} ~ #1, pruning is a family")
    (tmp_path / "papers" / "odd.md").write_text(odd.replace("Learning both Weights", "100% of $x_1$ & Weights"),
                                                encoding="utf-8")
    base.add([tmp_path / "papers"])
    survey = base.survey(topic, style=style)
    for name, data in base.surveyor().export(survey, "latex").items():
        (tmp_path / name).write_bytes(data)
    run = [engine, "-interaction=nonstopmode", "-halt-on-error", "survey"]
    for step in (run, ["bibtex", "survey"], run, run):
        ended = subprocess.run(step, cwd=tmp_path, capture_output=True, timeout=120)
        assert ended.returncode == 0, ended.stdout[-2000:].decode("utf-8", "replace")
    log = (tmp_path / "survey.log").read_text("utf-8", "replace")
    assert "undefined" not in log and "Missing character" not in log
    # a few points at the end of a line can be seen by nobody
    assert all(float(points) < 6 for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log))
    assert (tmp_path / "survey.pdf").read_bytes().startswith(b"%PDF")


def test_ris_has_a_record_for_each_reference(library, survey):
    text = library.surveyor().export(survey, "ris")["references.ris"].decode()
    assert text.count("ER  - ") == len(survey.references) == text.count("TY  - ")


REFERENCE = Reference("vaswani2017attention", "d", "0", "Attention is all you need",
                      ("Ashish Vaswani", "Noam Shazeer", "Niki Parmar", "Jakob Uszkoreit"), 2017, "NeurIPS", None,
                      "1706.03762", None, (), "en", 1.0)


@pytest.mark.parametrize((
    "style", "expected"
), [(
    "numeric",
    "Ashish Vaswani, Noam Shazeer, Niki Parmar and Jakob Uszkoreit. Attention is all you need. NeurIPS. 2017. "
    "arXiv:1706.03762."
),
    ("author-year",
     "Ashish Vaswani, Noam Shazeer, Niki Parmar and Jakob Uszkoreit (2017). Attention is all you need. NeurIPS. "
     "arXiv:1706.03762."
     ),
    ("gbt7714",
     "VASWANI A, SHAZEER N, PARMAR N, et al. Attention is all you need[C/OL]//NeurIPS, 2017. arXiv:1706.03762."), ])
def test_entries_in_three_styles(style, expected):
    assert entry(REFERENCE, style, "en") == expected


def test_what_is_missing_is_said_and_what_was_guessed_is_marked():
    bare = replace(REFERENCE, authors=(), year=None, arxiv=None, venue=None, guessed=("title",))
    for style in ("numeric", "author-year", "gbt7714"):
        assert "[no author given]" in entry(bare, style, "en")
        assert "n.d." in entry(bare, style, "en") and ".." not in entry(bare, style, "en")
        assert "guessed: title" in entry(bare, style, "en")
        assert "未注明作者" in entry(bare, style, "zh") and "推测：题名" in entry(bare, style, "zh")


def test_every_export_shows_what_an_entry_lacks(library, tmp_path):
    (tmp_path / "bare.md").write_text(
        "# Pruning by hand\n\nPruning by hand is the oldest way to make a network small without a computer's help.\n",
        encoding="utf-8")
    library.add([tmp_path / "bare.md"])
    survey = library.survey("model compression")
    for style in ("numeric", "author-year", "gbt7714"):
        for kind, name in (("markdown", "survey.md"), ("html", "survey.html")):
            text = library.surveyor().export(survey, kind, style=style)[name].decode().replace("\\", "")
            assert "[no author given]" in text and "n.d." in text and "read from the file bare.md" in text
    bib = library.surveyor().export(survey, "bibtex")["references.bib"].decode()
    assert "year = {n.d.}" in bib and "not given: author, year, DOI, arXiv number or address" in bib
    assert (
        "N1  - not given: author, year, DOI, arXiv number or address"
        in library.surveyor().export(survey, "ris")["references.ris"].decode()
    )


def test_names_in_both_languages():
    assert short_name(REFERENCE, "en") == "Vaswani et al. (2017)"
    assert short_name(REFERENCE, "zh") == "Vaswani 等（2017）"
    assert short_name(replace(REFERENCE, authors=("张三", "李四")), "zh") == "张三和李四（2017）"
    assert short_name(replace(REFERENCE, authors=()), "zh") == "《Attention is all you need》（2017）"


def test_hostile_metadata_stays_text(library, tmp_path):
    metadata = Metadata(title="A } % \\input{/etc/passwd} <script>alert(1)</script> ![x](http://evil.example/a.png)",
                        authors=("Eve {Mallory}", ), url="javascript:alert(1)")
    reference = make_reference(Document("0123456789ab", "0", "a.md", "markdown", metadata, "en", "text"), 1.0)
    survey = library.survey("模型压缩")
    survey = replace(
        survey, references=(*survey.references, reference),
        timeline=(*survey.timeline,
                  replace(survey.timeline[0], key=reference.key, document=reference.document, title=reference.title)))
    bib = to_bibtex(survey)
    assert "\\input" not in bib and "javascript" not in bib
    page = library.surveyor().export(survey, "html")["survey.html"].decode()
    assert "<script" not in page and "javascript:" not in page
    text = library.surveyor().export(survey, "markdown")["survey.md"].decode()
    assert all("](figures/" in rest.splitlines()[0] for rest in text.replace("\\!", "").split("![")[1:])
    assert "\\!\\[x" in text
    tex = library.surveyor().export(survey, "latex")["survey.tex"].decode()
    assert "\\input{/" not in tex
    with zipfile.ZipFile(io.BytesIO(library.surveyor().export(survey, "docx")["survey.docx"])) as package:
        assert package.testzip() is None


def test_pages_are_cited(base, tmp_path):
    from tests.making import make_pdf

    lines = [
        "# Pruning of networks", "",
        "Pruning is a family of methods that remove the weights of a network that matter least.",
        "It is used widely in practice today."
    ]
    (tmp_path / "a.pdf").write_bytes(make_pdf(["# Cover page of the report", "Somewhere 2020"], lines))
    fill(base, tmp_path / "papers", ("han",))
    base.add([tmp_path / "a.pdf"])
    survey = base.survey("pruning of networks")
    assert [row.page for row in survey.evidence if row.page] and max(row.page or 0 for row in survey.evidence) == 2
    assert "p. 2" in base.surveyor().export(survey, "markdown")["survey.md"].decode()


def test_an_export_and_the_page_show_the_metadata_of_now_and_keep_every_place(library, survey):
    document = survey.references[0].document
    surveyor = library.surveyor()
    assert surveyor.current(survey) == survey, "nothing was edited"
    library.edit(document, title="Zymurgy", authors=["Ada Lovelace"], year=1843)
    surveyor = library.surveyor()
    for kind, name in (("markdown", "survey.md"), ("html", "survey.html"), ("bibtex", "references.bib"),
                       ("ris", "references.ris")):
        text = surveyor.export(survey, kind)[name].decode()
        assert "Zymurgy" in text and "lovelace" in text.casefold() and "1843" in text, kind
    shown = surveyor.current(survey)
    assert [r.key for r in shown.references] == [r.key for r in survey.references]
    quotes, before = ([s.text for s in one.sentences if s.kind == "quote"] for one in (shown, survey))
    assert quotes == before and shown.evidence == survey.evidence
    assert "1843" in shown.sentences[0].text, "what is counted is counted again"
    assert shown.timeline[0].document == document and surveyor.audit(shown).is_sound


@pytest.fixture
def with_recognised(survey):
    """The survey as if the pages of one document had been pictures: (survey, that document)."""
    document = survey.evidence[0].document
    rows = tuple(replace(row, recognised=0.874 if row.document == document else None) for row in survey.evidence)
    return replace(survey, evidence=rows), document


def test_a_quote_from_a_picture_says_so_in_every_format(library, with_recognised):
    import docx
    from lxml import html

    survey, document = with_recognised
    n = sum(row.document == document and not row.id.startswith("matrix.") for row in survey.evidence)
    made = {name: library.surveyor().export(survey, name) for name in ("markdown", "html", "docx", "latex", "json")}
    said = "识别文字 .87"
    assert made["markdown"]["survey.md"].decode().count(said) >= 1
    page = html.document_fromstring(made["html"]["survey.html"].decode())
    assert sum(said in mark.text_content() for mark in page.iter("summary")) == n
    assert sum(said in place.text_content() for place in page.xpath("//span[@class='place']")) == n
    word_file = docx.Document(io.BytesIO(made["docx"]["survey.docx"]))
    assert said in "\n".join(paragraph.text for paragraph in word_file.paragraphs)
    tex = made["latex"]["survey.tex"].decode()
    assert re.search(r"\\citep\[[^\]]*识别文字 \.87\]", tex)
    assert "``识别文字''" in tex and "“识别文字”" in made["markdown"]["survey.md"].decode()  # what it means, once
    saved = made["json"]["survey.json"].decode()
    assert survey_from_dict(json.loads(saved)) == survey and '"recognised": 0.874' in saved


def test_bibliographies_say_whose_text_was_recognised(with_recognised):
    survey, document = with_recognised
    key = next(r.key for r in survey.references if r.document == document)
    note = "quotes recognised in pictures of its pages (OCR), confidence .87 at the least"
    entries = [entry for entry in to_bibtex(survey).split("\n@") if note in entry]
    assert [entry.split("{")[1].split(",")[0] for entry in entries] == [key]
    records = [record for record in to_ris(survey).split("ER  - ") if f"N1  - {note}" in record]
    assert len(records) == 1 and f"ID  - {key}" in records[0]


def test_a_survey_of_text_alone_does_not_speak_of_recognition(library, survey):
    assert all(row.recognised is None for row in survey.evidence)
    assert "识别" not in library.surveyor().export(survey, "markdown")["survey.md"].decode()


def test_evidence_has_the_worst_line_of_its_quote():
    text = "A lens bends light. It was ground in Delft. It has no scratch."
    lines = tuple(RecognisedLine(a, b, sure, (0, 0, 1, 1)) for a, b, sure in ((0, 19, .9), (20, 43, .7), (44, 62, .95)))
    document = Document("d", "d" * 64, "/scan.pdf", "pdf", Metadata(), "en", text, recognised=lines)
    unit = Unit("d", 0, 43, text[:43], "en", "method", 0.0, frozenset())
    assert make_evidence("e", "s", unit, 1.0, document, "extract").recognised == 0.7
