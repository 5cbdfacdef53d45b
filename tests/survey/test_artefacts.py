"""The timeline and the comparison table say of a work what its document says of it."""

import numpy as np
import pytest

from kb.survey.outline.about import About
from kb.survey.outline.plan import Sources
from kb.survey.records import Request
from kb.survey.references import make_reference
from kb.survey.sentences import units
from kb.survey.write.artefacts import _whole, table, timeline
from kb.survey.write.terms import Held
from kb.survey.write.whole import wording_of
from kb.types import Document, Metadata, Section


def _sources(*documents):
    return Sources({d.id: d for d in documents}, {d.id: units(d) for d in documents}, tuple(d.id for d in documents),
                   (1.0, ) * len(documents), np.zeros((len(documents), 2), np.float32),
                   About({}, np.zeros((0, 2)), lambda texts: np.zeros((len(texts), 2), np.float32)))


def _document(name, title, year, text, language="en", arxiv=None):
    return Document(name, name, f"{name}.md", "markdown",
                    Metadata(title=title, authors=("A. Author", ), year=year, arxiv=arxiv), language, text,
                    (Section("", 0, 0, len(text)), ))


def _request(language="en", columns=()):
    return Request("birds", language, columns=columns)


def _cells(made, sources, request):
    """(document, column) -> the text of its cell."""
    rows, _ = table([make_reference(document, 1.0) for document in made], sources, request)
    return {(row.document, column): cell.text for row in rows.rows
            for column, cell in zip(rows.columns, row.cells, strict=True) if cell}


@pytest.mark.parametrize(("text", "size"), [
    ("We propose KestrelNet. KestrelNet has 110 million parameters.", "110 million parameters"),
    ("We propose KestrelNet. Our model has about 20 million parameters.", "20 million parameters"),
    ("We propose KestrelNet. KestrelNet adds 15 million parameters to the model.", None),
    ("We propose KestrelNet. It is smaller than GPT-3, which has 175 billion parameters.", None),
    ("We propose KestrelNet. KestrelNet prunes models of 175 billion parameters.", None),
    ("我们提出 KestrelNet。KestrelNet 有 1.1 亿参数。", "1.1 亿参数"),
    ("我们提出 KestrelNet。KestrelNet 比教师少了 6000 万参数。", None),
])
def test_a_size_is_that_of_the_works_own_model(text, size):
    document = _document("a", "KestrelNet: a study of sizes", 2020, text, "zh" if "参数" in text else "en")
    assert _cells([document], _sources(document), _request()).get(("a", "Parameters")) == size


def test_a_row_shows_the_result_that_can_be_held_against_another():
    one = _document("one", "KestrelNet: small birds", 2019,
                    "Abstract\n\nWe propose KestrelNet. We evaluate on the BirdVox dataset and the NightVox dataset. "
                    "The BirdVox dataset and the NightVox dataset have recordings. "
                    "We reach an F1 of 71.2% on NightVox. "
                    "We reach an accuracy of 91.4% on BirdVox.")
    two = _document("two", "OwlNet: birds at night", 2021,
                    "Abstract\n\nWe propose OwlNet. We evaluate on the BirdVox dataset. "
                    "The BirdVox dataset has recordings. We reach an accuracy of 93.0% on BirdVox.")
    cells = _cells([one, two], _sources(one, two), _request())
    assert cells["one", "Value"] == "91.4%" and cells["two", "Value"] == "93.0%"
    assert cells["one", "Data"] == cells["two", "Data"] == "BirdVox"


def test_a_task_is_that_of_a_title_or_of_what_the_work_says_that_it_proposes():
    one = _document("one", "Bird detection in long recordings", 2019, "Abstract\n\nWe propose a filter bank.")
    two = _document("two", "Filters for wind", 2020,
                    "Abstract\n\nWe present bird detection with wind filters.")
    three = _document("three", "A catalogue of owls", 2021,
                      "Abstract\n\nOther works on bird detection are not the subject. Owls are counted.")
    cells = _cells([one, two, three], _sources(one, two, three), _request())
    assert cells["two", "Task named"] == "bird detection"
    assert ("three", "Task named") not in cells


def test_a_note_that_names_a_later_work_does_not_make_its_subject_cite_it():
    early = _document(
        "early", "Parameter-Efficient Transfer Learning", 2019, "Adapters are small layers between frozen ones.\n\n"
        "## References\n\n[1] Low-Rank Adaptation of Large Language Models. arXiv:2106.09685, 2021.\n",
        arxiv="1902.00751")
    late = _document(
        "late", "Low-Rank Adaptation of Large Language Models", 2021, "Low-rank updates leave the weights frozen.\n\n"
        "## References\n\n[1] Parameter-Efficient Transfer Learning. arXiv:1902.00751, 2019.\n", arxiv="2106.09685")
    sources = _sources(early, late)
    references = [make_reference(early, 1.0), make_reference(late, 0.9)]
    cites = {moment.document: moment.cites for moment in timeline(references, sources)}
    assert cites == {"early": (), "late": (references[0].key,)}
    assert table(references, sources, _request())[0].rows == ()


@pytest.mark.parametrize(("text", "words", "is_whole"), [
    ("a graph transformer for maps", "graph transformer", True),
    ("a graph transformer-free map", "transformer", False),
    ("使用BP神经网络诊断", "BP", False), ("提出注意力机制", "注意力机制", True),
    ("双重注意力机制", "注意力机制", False),
])
def test_a_cell_has_a_whole_name(text, words, is_whole):
    at = text.index(words)
    document = _document("d", "t", 2020, text, "zh")
    span = at, at + len(words)
    held = Held("method", words, (words,))
    assert (_whole(document, held, span, wording_of([document])) is not None) == is_whole


def test_a_task_that_goes_on_as_another_one_is_not_cut_out_of_it():
    for text, is_whole in (("The effect of length for machine translation evaluation", False),
                           ("A model for machine translation of names", True)):
        span = text.index("machine"), text.index("machine") + len("machine translation")
        held = Held("task", "machine translation", ())
        document = _document("d", "t", 2020, text)
        assert (_whole(document, held, span, wording_of([document])) is not None) is is_whole


@pytest.mark.parametrize(("text", "words", "shown"), [
    ("VSA: Learning Varied-Size Window Attention in Birds", "Window Attention", "Varied-Size Window Attention"),
    ("Towards Fast MSA Window Attention for Birds", "Window Attention", "MSA Window Attention"),
    ("Exact and Robust Window Attention for Small Birds", "Window Attention", "Window Attention"),  # all have capitals
    ("For High-Performance Window Attention in Birds", "Window Attention", "Window Attention"),
    ("Towards Binary Quadratic Quantization", "Quantization", "Binary Quadratic Quantization"),
    ("we propose window attention", "window attention", "window attention"),
])
def test_a_cell_has_what_belongs_to_a_name(text, words, shown):
    at = text.index(words)
    document = _document("d", "t", 2020, text)
    span = at, at + len(words)
    start, end = _whole(document, Held("method", words, (words, )), span, wording_of([document]))
    assert text[start:end] == shown


def _shown(text, words, aspect="method", *others):
    at = text.index(words)
    document = _document("d", "t", 2020, text)
    found = _whole(document, Held(aspect, words, (words,)), (at, at + len(words)),
                   wording_of([document, *(_document(f"o{i}", "o", 2020, other) for i, other in enumerate(others))]))
    return text[slice(*found)] if found else None


@pytest.mark.parametrize(("text", "words", "aspect", "shown"), [
    ("LASeR: Learning to Adaptively Select Reward Models", "Reward Models", "method", "Reward Models"),
    ("An Efficient Varied-Size Window Attention in Birds", "Window Attention", "method",
     "Varied-Size Window Attention"),
    ("Joint Nest and Egg Detection with Filters. Nest detection is old.", "Egg Detection", "task",
     "Joint Nest and Egg Detection"),
    ("We study nests and egg detection.", "egg detection", "task", "egg detection"),
    ("We study FilterNet and egg detection.", "egg detection", "task", "egg detection"),
    ("We do nest, feather, and egg detection.", "egg detection", "task", None),
    ("We build a novel adaptive self-attention.", "self-attention", "method", "adaptive self-attention"),
    ("Wave-U-Net: Sounds of Birds", "U-Net", "method", "Wave-U-Net"),
    ("Singing with Deep U-Net Convolutional Networks", "U-Net", "method", "Deep U-Net Convolutional Networks"),
    ("The paper counts window attention.", "window attention", "method", None),
    ("Feathers are found by combining window attention.", "window attention", "method", "window attention"),
    ("In this paper we use Fast Window Attention for birds.", "Window Attention", "method",
     "Fast Window Attention"),
    ("提出一种双重注意力机制。双重注意力机制很快。", "注意力机制", "method", "双重注意力机制"),
    ("提出一种双重注意力机制。", "注意力机制", "method", None),
    ("通过校准缓解语言模型幻觉", "语言模型", "method", None), ("通过语言模型的校准", "语言模型", "method", "语言模型"),
])
def test_a_cell_is_no_piece_of_a_name(text, words, aspect, shown):
    assert _shown(text, words, aspect) == shown


def test_a_verb_that_the_library_uses_as_one_ends_a_name():
    verb = "We want to stream nests. Birds stream the songs. They can stream a song."
    assert _shown("Owls stream nest detection", "nest detection", "task", verb) == "nest detection"
    assert _shown("Owls stream nest detection", "nest detection", "task") == "Owls stream nest detection"
