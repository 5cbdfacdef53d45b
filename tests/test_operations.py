"""The table of operations: what it offers is what the library does, within the library's bounds."""

from __future__ import annotations

import inspect
import json

import pytest

from kb.answer.retrieve import MAX_QUESTION
from kb.base.edits import EDITABLE
from kb.base.scoping import scope_of
from kb.cli.main import main
from kb.errors import KBError, RequestError
from kb.messages import Words
from kb.operations import _MAX_QUESTION, OPERATIONS, allowed
from kb.operations.filing import DOCUMENTS, FILTERS
from kb.study.columns import MAX_NAME, MOST_COLUMNS, PRESETS
from kb.survey import LENGTHS
from kb.survey.cite import FORMS
from kb.survey.records import STYLES


def parameter(operation, name):
    return next(one for one in OPERATIONS[operation].parameters if one.name == name)


@pytest.fixture
def library(base, tmp_path):
    (tmp_path / "a.md").write_text("---\ntitle: LoRA\n---\n# LoRA\n\nLoRA is a method that adds low-rank matrices.\n")
    base.add([tmp_path / "a.md"])
    return base


def given(operation, **values):
    """The arguments as a server hands them on: those that were given, else the defaults."""
    return {one.name: values.get(one.name, one.default) for one in operation.parameters}


def test_what_changes_something_is_there_only_where_it_was_asked_for():
    assert not any(operation.writes for operation in allowed(writes=False))
    assert {operation.name for operation in allowed(writes=True) if operation.writes} == {
        "add", "edit", "import", "remove", "note", "edit_note", "remove_notes", "keep_question", "check_questions",
        "remove_questions", "collect", "tag", "state", "rename", "discard", "judge",
        "remove_feedback"}


def test_every_parameter_is_an_argument_of_its_call_and_says_what_it_is_in_both_languages():
    for operation in OPERATIONS.values():
        taken = inspect.signature(operation.call).parameters
        names = [one.name for one in operation.parameters]
        assert len(set(names)) == len(names)
        if not any(one.kind is one.VAR_KEYWORD for one in taken.values()):
            assert {*taken} - {"base"} == {*names}, operation.name
        for words in (operation.words, operation.result, *(one.words for one in operation.parameters),
                      *(one.wanted for one in operation.parameters)):
            assert isinstance(words, Words) and words.en and words.zh
        for one in operation.parameters:
            assert one.most > 0 or one.kind in ("yes", "choice"), (operation.name, one.name)


def test_the_filters_are_those_of_the_library():
    names = {one.name for one in (*FILTERS, DOCUMENTS)}
    assert names == {*inspect.signature(scope_of).parameters}
    for name in ("search", "ask", "list", "table", "survey"):
        assert names <= {one.name for one in OPERATIONS[name].parameters}


def test_a_part_of_a_library_is_filed_and_asked(library):
    library.add_text("Pruning removes weights of a network.", "Pruning")

    def done(operation, /, **values):
        return OPERATIONS[operation].on(library, **given(OPERATIONS[operation], **values))

    assert done("collect", name="Adapters/New", documents=["LoRA"]) == {"collection": "Adapters/New", "changed": 1}
    assert done("tag", documents=["LoRA", "Pruning"], add=["a", "b"]) == {"changed": 4}
    assert done("state", documents=["Pruning"], state="read") == {"state": "read", "changed": 1}
    assert done("rename", name="b", new="c", tag=True) and done("discard", name="a", tag=True)["documents"] == 2
    assert done("collections")["tags"] == [{"name": "c", "documents": 2}]
    listed = done("list", collections=["adapters"], sort="-year,title")["documents"]
    assert [item["title"] for item in listed] == ["LoRA"]
    assert {hit["title"] for hit in done("search", question="weights", states=["read"])["hits"]} == {"Pruning"}
    answer = done("ask", question="What does pruning remove?", collections=["Adapters"])
    assert (answer["status"], answer["searched"]["documents"], answer["searched"]["outside"]) == ("not_found", 1, 1)
    rows = done("table", columns=["year"], tags=["c"], states=["unread"])["rows"]
    assert [row["title"] for row in rows] == ["LoRA"]
    for values in ({"years": "20"}, {"languages": ["fr"]}, {"collections": ["Adopters"]}, {"states": ["skimmed"]}):
        with pytest.raises(KBError):
            done("list", **values)


def test_an_answer_is_judged_and_that_is_taken_back(library):
    def done(operation, /, **values):
        return OPERATIONS[operation].on(library, **given(OPERATIONS[operation], **values))

    quote = "LoRA is a method that adds low-rank matrices."
    said = done("judge", question="What is LoRA?", right=False, quote=quote)
    assert (said["is_right"], said["quote"]) == (False, quote) and done("feedback") == {"feedback": [said]}
    with pytest.raises(KBError) as told:
        done("judge", question="What is LoRA?", right=False, quote="these words stand nowhere at all")
    assert told.value.code == "E_FEEDBACK_QUOTE"
    assert done("remove_feedback", feedback=[said["id"]]) == {"feedback": [said]} and done("feedback")["feedback"] == []


def test_another_name_is_left_out_of_a_search(library):
    library.add_text("Knowledge distillation is a method to train a small model.", "Distillation")
    ask = OPERATIONS["ask"]
    also = ask.on(library, **given(ask, question="什么是知识蒸馏？"))["searched"]["also"]
    without = ask.on(library, **given(ask, question="什么是知识蒸馏？", without=also))["searched"]
    assert also and not without["also"]


def test_the_bounds_are_those_of_the_library():
    assert _MAX_QUESTION == parameter("judge", "question").most == MAX_QUESTION
    assert (parameter("table", "columns").most, parameter("table", "columns").longest) == (MOST_COLUMNS, MAX_NAME)
    assert parameter("table", "preset").choices == tuple(PRESETS)
    assert parameter("cite", "style").choices == FORMS
    assert (parameter("survey", "style").choices, parameter("survey", "length").choices) == (STYLES, LENGTHS)
    assert parameter("edit", "clear").most == len(EDITABLE)


@pytest.mark.parametrize(("operation", "arguments", "command"), [
    ("search", {"question": "LoRA", "k": 3}, ["search", "LoRA", "-k", "3"]),
    ("ask", {"question": "What is LoRA?"}, ["ask", "What is LoRA?"]),
    ("table", {"columns": ["year"]}, ["table", "year"]), ("read", {}, ["read", "ID"]),
    ("cite", {"style": "bibtex"}, ["cite", "ID", "--style", "bibtex"]),
    ("where", {"quote": "adds low-rank"}, ["where", "adds low-rank"]),
    ("show", {"place": "8-20"}, ["show", "ID:8-20"])])
def test_the_command_prints_what_the_operation_gives(library, capfd, operation, arguments, command):
    one, found = OPERATIONS[operation], library.documents()[0].id
    places = {"documents": [found] if operation in ("read", "cite") else (), "document": found}
    options = ["--json", "--home", str(library.home), "--encoder", "hashing"]
    main([*(part.replace("ID", found) for part in command), *options])
    said = one.on(library, **given(one, **places, **arguments))
    assert json.loads(capfd.readouterr().out) == json.loads(json.dumps(said))


def test_long_lists_and_texts_come_in_parts(library, tmp_path):
    for n in range(3):
        library.add_text(f"Note {n} is about pruning.", f"Note {n}")
    listing, show = OPERATIONS["list"], OPERATIONS["show"]
    pages, offset = [], 0
    while offset is not None:
        page = listing.on(library, **given(listing, offset=offset, limit=3))
        pages, offset = [*pages, page["documents"]], page["next"]
    assert [len(page) for page in pages] == [3, 1] and page["n_documents"] == 4
    found = library.document(library.documents()[0].id)
    text, offset = "", 0
    while offset is not None:
        part = show.on(library, **given(show, document=found.id, offset=offset, limit=7))
        text, offset = text + part["text"], part["next"]
    assert text == found.text
    assert show.on(library, **given(show, document=found.id, offset=10**9))["text"] == ""


def test_what_is_written_is_there_and_can_be_taken_back(library):
    add, edit, remove = (OPERATIONS[name] for name in ("add", "edit", "remove"))
    report = add.on(library, **given(add, title="Pruning", text="Pruning removes weights."))
    found = report["added"][0]["document"]
    assert edit.on(library, **given(edit, document=found, year="2020"))["after"]["year"]["value"] == 2020
    assert remove.on(library, **given(remove, documents=[found]))["removed"][0]["id"] == found
    for wrong in ({}, {"title": "A"}, {"text": "b"}, {"paths": ["a.md"], "text": "b", "title": "A"}):
        with pytest.raises(RequestError):
            add.on(library, **given(add, **wrong))
    assert [info.title for info in library.documents()] == ["LoRA"]
