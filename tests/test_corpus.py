"""The corpus keeps its own rules: metadata, length, and questions whose gold spans are exact."""

import json
import re
from xml.etree import ElementTree

import pytest

from kb.readers import Limits, markdown
from tests.conftest import CORPUS, ROOT
from tools.figures import COMPRESSED, FIGURES, drawn

NOTES = sorted((CORPUS / "papers").glob("*.md"))
QUESTIONS = [json.loads(line) for line in (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def read(path):
    return markdown.read(path.read_bytes(), Limits())


def test_there_are_at_least_forty_notes_in_both_languages():
    languages = [read(path).language for path in NOTES]
    assert len(NOTES) >= 40
    assert min(languages.count("zh"), languages.count("en")) >= 10


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_a_note_has_its_metadata_sections_and_length(path):
    note = read(path)
    assert note.metadata.title and note.metadata.authors and note.metadata.year
    headings = [section.heading.split()[0] for section in note.sections if section.level == 2]
    expected = (
        ["问题", "方法", "结果", "局限", "来源"]
        if note.language == "zh"
        else ["Problem", "Method", "Results", "Limits", "Sources"]
    )
    assert [heading for heading in headings if heading in expected] == expected
    words = len(re.findall(r"[\u4e00-\u9fff]", note.text)) if note.language == "zh" else len(note.text.split())
    assert 400 <= words <= 1700


SOURCE = re.compile(r"Table|Section|Figure|Fig\.|Appendix|Algorithm|[Aa]bstract|[Ss]ection|notebook|"
                    r"表|节|章|图|附录|摘要|模型说明")
# A number that is a result: not part of a name (BERT-base, GPT-3, MXFP4, top-20), no year, no formula.
NUMBER = re.compile(r"(?<![A-Za-z0-9_.@/-])(?!(?:19|20)\d\d(?![\d.,]))\d[\d,.]*(?![A-Za-z0-9_-])")


def test_a_result_says_where_in_its_source_it_stands():
    """Each item or paragraph of the results that has a number names a table, figure or section; a table has its place
    in the line before it."""
    unplaced = []
    for path in NOTES:
        text = path.read_text(encoding="utf-8")
        results = re.search(r"^## (?:Results|结果)[^\n]*\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)[1]
        last = ""
        for item in re.split(r"\n(?=- )|\n\n", results):
            words = re.sub(r"\$\$[^$]*\$\$|\$[^$]*\$", "", item)
            if NUMBER.search(words) and not SOURCE.search(item if not item.startswith("|") else last):
                unplaced.append((path.stem, item[:80]))
            last = item
    assert unplaced == []


def test_a_result_without_its_place_is_seen():
    for words in ("It reaches 84.1 on GLUE.", "F1得70.7，高于基线。", "a factor of 13,900"):
        assert NUMBER.search(words) and not SOURCE.search(words), words
    for words in ("GPT-3 and BERT-base differ.", "In 2018 it came out.", "MXFP4 and FP32"):
        assert not NUMBER.search(words), words


def test_both_editions_of_the_article_have_the_same_sections():
    numbers = [[
        re.match(r"[\d.]+", section.heading)[0].rstrip(".")
        for section in read(CORPUS / f"article.{language}.md").sections
        if re.match(r"\d", section.heading)
    ]
               for language in ("zh", "en")]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) > 15


def test_both_editions_show_the_same_figures_as_they_are_drawn():
    """What `python tools/figures.py` writes is what stands there, and a reader keeps the words around it."""
    made = drawn()
    shown = {}
    for language in ("zh", "en"):
        source = (CORPUS / f"article.{language}.md").read_text(encoding="utf-8")
        shown[language] = re.findall(r"^!\[[^\]]+\]\(figures/([\w-]+)\." + language + r"\.svg\)$", source, re.MULTILINE)
        assert len(re.findall(r"!\[", source)) == len(shown[language])  # each is a file beside the article
        text = read(CORPUS / f"article.{language}.md").text
        assert all(f"figures/{name}.{language}.svg" in text for name in shown[language])
    assert shown["zh"] == shown["en"] and set(shown["en"]) == set(FIGURES)
    files = {path.name: path.read_text(encoding="utf-8") for path in (CORPUS / "figures").iterdir()}
    assert files == made
    for name, svg in made.items():
        assert ElementTree.fromstring(svg).tag.endswith("svg") and "<script" not in svg, name


def test_the_figure_of_compression_says_what_the_labs_page_says():
    table = (ROOT / "docs" / "labs.md").read_text(encoding="utf-8")
    for words, *values in COMPRESSED:
        row = next(line for line in table.splitlines() if re.match(rf"\| (fine-tuned, )?{words.en} \|", line))
        assert [float(cell) for cell in row.split("|")[2:5]] == values


def test_there_are_enough_questions_of_every_kind():
    kinds = [question["kind"] for question in QUESTIONS]
    assert len(QUESTIONS) >= 300
    assert kinds.count("unanswerable") >= 60
    assert kinds.count("cross") >= kinds.count("same")
    asked = [question["asks"] for question in QUESTIONS]
    assert set(asked) == {"definition", "number", "who or when", "which papers", "comparison", "summary",
                          "table column", "explanation"}
    assert (
        len({question["question"] for question in QUESTIONS})
        == len({question["id"] for question in QUESTIONS})
        == len(QUESTIONS)
    )


def test_half_of_the_questions_is_kept_and_no_document_is_in_both_halves():
    halves = [question["half"] for question in QUESTIONS]
    assert min(halves.count("tune"), halves.count("kept")) > 0.4 * len(QUESTIONS)
    answered = {(question["document"], question["half"]) for question in QUESTIONS if question["document"]}
    assert len({document for document, _ in answered}) == len(answered)
    kinds = {(question["half"], question["kind"]) for question in QUESTIONS}
    assert len(kinds) == 6


def test_every_gold_span_is_exact():
    texts = {}
    for question in QUESTIONS:
        for gold in [question, *question.get("also", [])]:
            if question["kind"] != "unanswerable":
                text = texts.setdefault(gold["document"], read(CORPUS / gold["document"]).text)
                assert text[gold["start"]:gold["end"]] == gold["quote"], question["id"]


def test_every_note_is_asked_about():
    assert {f"papers/{path.name}" for path in NOTES} <= {question["document"] for question in QUESTIONS}


def test_cross_language_questions_cross():
    for question in QUESTIONS:
        if question["kind"] in ("cross", "same"):
            language = read(CORPUS / question["document"]).language
            assert (language != question["language"]) == (question["kind"] == "cross"), question["id"]
