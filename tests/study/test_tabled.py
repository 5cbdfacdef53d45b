"""A language model gets the cells of a table as evidence, and no work may be given what another one says."""

import pytest

from kb import KnowledgeBase
from kb.llm.chat import OpenAIChat
from tests.chatserver import ChatServer, Says
from tests.study.papers import BEANS, ENGLISH

pytestmark = pytest.mark.engine
BOTH = "What accuracy does each paper report?"


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("farm")
    for name, text in (("peas.md", ENGLISH), ("beans.md", BEANS)):
        (folder / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as base:
        base.add([folder / "peas.md", folder / "beans.md"])
        yield base


def asked(base, question, says):
    """The answer, and what the model was sent. says: {NAME} stands for the number of the block that has NAME's cell."""
    def script(body):
        sent = body["messages"][-1]["content"]
        numbers = {name: next((block.split("]")[0].lstrip("[") for block in sent.split("\n\n")
                               if f"{name}: Sorting" in block and "cell" in block.split("\n")[0]), "0")
                   for name in ("PeaNet", "BeanNet")}
        return Says(says.format(**numbers))

    with ChatServer(script) as server:
        answer = base.ask(question, llm=OpenAIChat(server.endpoint()))
        return answer, str(server.seen)


def test_what_the_cells_say_is_verified_with_their_places(farm):
    answer, sent = asked(farm, BOTH, "PeaNet reaches an accuracy of 91.4 % [{PeaNet}]. "
                                     "BeanNet has an accuracy of 88.6 % [{BeanNet}].")
    assert [s.state for s in answer.written.sentences] == ["verified", "verified"]
    assert "A table's cell" in sent and {cell.value for cell in answer.written.cells} == {"91.4 %", "88.6 %"}
    for sentence, value in zip(answer.written.sentences, ("91.4 %", "88.6 %"), strict=True):
        assert value in sentence.citations[0].quote
        assert all(farm.document(c.document).text[c.start:c.end] == c.quote for c in sentence.citations)


@pytest.mark.parametrize(("says", "missing"), [
    ("PeaNet reaches an accuracy of 93.7 % [{PeaNet}].", "93.7 %"),
    ("PeaNet reaches an accuracy of 88.6 % [{BeanNet}].", "88.6 %"),
    ("PeaNet reaches an accuracy of 88.6 %, BeanNet one of 91.4 % [{PeaNet}][{BeanNet}].", "88.6 %"),
    ("CornNet reaches an accuracy of 91.4 % [{PeaNet}].", "CornNet")])
def test_an_invented_number_and_works_that_changed_places_are_not(farm, says, missing):
    answer, _ = asked(farm, BOTH, says)
    sentence = answer.written.sentences[0]
    assert (sentence.state, sentence.citations) == ("unsupported", ()) and missing in sentence.missing
    assert answer.status == "found" and answer.written.abstained


def test_a_row_holds_no_number_of_another_column(farm):
    answer, _ = asked(farm, "What is the F1 of each paper?", "The F1 of PeaNet is 89.7 [{PeaNet}]. "
                                                             "The F1 of PeaNet is 95.1 [{PeaNet}].")
    states = [s.state for s in answer.written.sentences]
    assert states == ["verified", "unsupported"]
    cell = next(cell for cell in answer.written.cells if cell.value == "89.7")
    assert (cell.row, cell.measure) == ("PeaNet (ours)", "F1") and "| 91.4 |" in cell.citation.quote


@pytest.mark.parametrize("question", ["What is the difference between PeaNet and BeanNet?",
                                      "PeaNet和BeanNet有什么区别？", "Which papers extend VGG-16?"])
def test_comparisons_and_relations_have_cells_too(farm, question):
    answer, _ = asked(farm, question, "BeanNet is built on VGG-16 [{BeanNet}].")
    assert any(cell.value == "VGG-16" for cell in answer.written.cells)
    assert [s.state for s in answer.written.sentences] == ["verified"]


def test_no_model_is_asked_where_no_paper_answers(farm):
    answer, sent = asked(farm, "Which papers extend Transformer-XL?", "PeaNet does [1].")
    assert sent == "[]" and answer.written.abstained and answer.written.cells == ()


def test_an_answer_in_sentences_has_no_cells(farm):
    answer, _ = asked(farm, "How many photographs does GreenPeas hold?", "It holds 3,000 photographs [1].")
    assert answer.route == "sentences" and answer.written.cells == ()
