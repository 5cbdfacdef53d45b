"""Notes and highlights: the reader's own words on a document's, found again, never lost, never taken for its own."""

import gzip
import json

import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import NoteError, UnknownDocument, UnknownNote, UnknownPlace
from kb.operations import OPERATIONS
from kb.types import Answer
from tests.conftest import ROOT

TEXT = """# LoRA

LoRA is a method that adds low-rank matrices to frozen weights. It trains few parameters.

## 方法

它冻结原有权重，只训练低秩矩阵。矩阵的秩通常取四到十六。

## Results

LoRA reaches 91.3 points on GLUE with a rank of eight. The baseline trains every weight of the model.

## Discussion

The rank can be small. A small rank is enough in our experiments, and the rank can be small.
"""
QUOTE = "LoRA reaches 91.3 points on GLUE with a rank of eight."


@pytest.fixture
def paper(base, tmp_path):
    """(the library, the file, the document)."""
    file = tmp_path / "lora.md"
    file.write_text(TEXT)
    return base, file, base.add(file).added[0].document


def again(base, file, text):
    """The file in a new version."""
    file.write_text(text)
    return base.add(file).added[0].document


def test_a_note_stands_on_the_documents_words_and_says_its_own_apart(paper):
    base, _, document = paper
    made = base.add_note(document, "Is that with or without biases?", quote="lora reaches 91.3 points on\nGLUE",
                         tags=["results", "check"])
    assert (made.state, made.quote, made.section) == ("there", "LoRA reaches 91.3 points on GLUE", ("LoRA", "Results"))
    assert base.document(document).text[made.start:made.end] == made.quote
    bright = base.highlight(document, "矩阵的秩通常取四到十六。")
    whole = base.add_note(document[:6], "Read in May.")
    assert (whole.quote, whole.state) == ("", "there")
    assert [note.id for note in base.notes()] == [whole.id, bright.id, made.id]
    assert [note.id for note in base.notes(tags=["Check"])] == [made.id] == [note.id for note in base.notes(
        document, kind="note", tags=["results"])]
    assert base.note(made.id[:6]) == made
    changed = base.edit_note(made.id, text="Without.", tags=[])
    assert (changed.text, changed.tags, changed.quote) == ("Without.", (), made.quote)
    assert [note.id for note in base.remove_notes([bright.id, whole.id])] == [bright.id, whole.id]
    assert base.notes() == (changed,) and base.verify().is_sound


def test_a_document_is_named_by_its_path_or_title_too(paper):
    base, file, document = paper
    assert base.highlight(str(file), QUOTE).document == base.add_note("LoRA", "Read again.").document == document


def test_what_cannot_be_noted_is_said(paper):
    base, _, document = paper

    def code(call, *arguments, **named):
        with pytest.raises(NoteError) as error:
            call(*arguments, **named)
        return error.value.code

    assert code(base.add_note, document, "x", quote="LoRA reaches 99 points") == "E_NOTE_QUOTE"
    assert code(base.add_note, document, "x", quote="rank can be small") == "E_NOTE_PLACES"
    assert code(base.add_note, document, "  ") == code(base.highlight, document) == "E_NOTE_EMPTY"
    assert code(base.add_note, document, "x" * 100_001) == code(base.add_note, document, "x", tags=["y" * 81])
    assert code(base.add_note, document, "x", quote="LoRA", place=(0, 1)) == "E_NOTE_QUOTE"
    assert code(base.edit_note, "ffff", text="x") == code(base.remove_notes, ["ffff"]) == "E_UNKNOWN_NOTE"
    with pytest.raises(UnknownDocument):
        base.add_note("ffff", "x")
    with pytest.raises(UnknownPlace):
        base.add_note(document, "x", place=(5, 10_000))
    assert base.notes() == ()
    at = base.document(document).text.rindex("rank can be small")
    assert base.add_note(document, "x", quote="rank can be small", place=(at - 3, at + 18)).start == at


@pytest.mark.parametrize(("change", "state", "now"), [
    (lambda t: "# A long new beginning\n\nOf another author, with words.\n\n" + t, "there", QUOTE),
    (lambda t: t.replace("with a rank of eight", "at a rank of sixteen"), "changed",
     "LoRA reaches 91.3 points on GLUE at a rank of sixteen."),
    (lambda t: t.replace("LoRA reaches 91.3 points on GLUE with", "LoRA reaches 91.3 points on GLUE\nwith"), "there",
     QUOTE.replace(" with", "\nwith")),
    (lambda t: t.replace(QUOTE + " ", ""), "gone", ""),
    (lambda t: t[:t.index("## Results")], "gone", ""),
    (lambda t: t.replace("## Results", "## Discussion 2").replace("The baseline", "A baseline"), "there", QUOTE),
    (lambda t: t.replace(QUOTE, "Full training costs thousands of dollars in each of the runs."), "gone", "")])
def test_a_new_version_of_the_file_keeps_the_note_and_says_where_its_words_are(paper, change, state, now):
    base, file, document = paper
    made = base.add_note(document, "Why eight?", quote=QUOTE)
    new = again(base, file, change(TEXT))
    (note, ) = base.notes()
    assert new != document and (note.id, note.document, note.text) == (made.id, new, "Why eight?")
    assert (note.state, note.now, note.quote) == (state, now, QUOTE)
    assert not now or base.document(new).text[note.start:note.end] == now
    again(base, file, TEXT)  # and back
    (note, ) = base.notes()
    assert (note.state, note.start) == ("there", made.start)


def test_of_the_same_words_those_that_were_meant_are_found(paper):
    base, file, document = paper
    text = base.document(document).text
    for at in (text.index("rank can be small"), text.rindex("rank can be small")):
        base.add_note(document, str(at), place=(at, at + 17))
    new = again(base, file, TEXT.replace("## 方法", "It is old.\n\n## 方法"))
    now = base.document(new).text
    places = [now.index("rank can be small"), now.rindex("rank can be small")]
    assert [note.start for note in base.notes()] == places
    again(base, file, TEXT.replace("A small rank is enough in our experiments, and the rank can be small.", ""))
    assert [note.state for note in base.notes()] == ["there", "gone"]


def test_a_removed_document_leaves_the_readers_words_alone_and_brings_the_rest_back_with_it(paper):
    base, file, document = paper
    note = base.add_note(document, "Why eight?", quote=QUOTE, tags=["open"])
    bright = base.highlight(document, "矩阵的秩通常取四到十六。")
    removal = base.remove(document)
    assert [said.code for said in removal.notes] == ["N_GONE_NOTES"] and "2 notes" in removal.notes[0].message
    orphans = {one.id: one for one in base.notes()}
    assert orphans[note.id].text == "Why eight?" and orphans[note.id].tags == ("open", )
    assert {one.state for one in orphans.values()} == {"removed"} and bright.id in orphans
    for path in base.home.rglob("*"):
        for words in ("91.3", "四到十六", "GLUE"):
            assert not path.is_file() or words.encode() not in path.read_bytes(), path
    assert base.verify().is_sound
    base.add(file)
    back = {one.id: one for one in base.notes()}
    assert back[note.id].quote == QUOTE and back[note.id].start == note.start and back[bright.id].state == "there"
    again(base, file, "New.\n\n" + TEXT)
    assert {one.state for one in base.notes()} == {"there"}


def test_a_sync_says_that_notes_stay_and_a_renamed_file_keeps_its_own(base, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.md").write_text(TEXT)
    (folder / "b.md").write_text("# Other\n\nAnother paper is about pruning of weights.\n")
    base.sync(folder)
    document = next(info.id for info in base.documents() if info.title == "LoRA")
    base.add_note(document, "Mine.", quote=QUOTE)
    (folder / "a.md").rename(folder / "c.md")
    base.sync(folder)
    assert base.notes()[0].state == "there"
    (folder / "c.md").unlink()
    report = base.sync(folder)
    assert [said.code for said in report.notes] == ["N_GONE_NOTES"] and base.notes()[0].text == "Mine."


def test_a_file_that_takes_the_bytes_of_another_takes_the_notes_along(base, tmp_path):
    (tmp_path / "a.md").write_text(TEXT)
    (tmp_path / "b.md").write_text("Preface.\n\n" + TEXT)
    first, second = (base.add(tmp_path / name).added[0].document for name in ("a.md", "b.md"))
    base.add_note(first, "Mine.", quote=QUOTE)
    (tmp_path / "a.md").write_text("Preface.\n\n" + TEXT)
    base.add(tmp_path / "a.md")
    (note, ) = base.notes()
    assert (note.document, note.state) == (second, "there")


def test_search_and_answers_show_notes_as_the_readers_own_and_quote_them_in_no_claim(paper, capfd):
    base, _, document = paper
    base.add_note(document, "Zeppelin flights are what LoRA reminds me of.", quote=QUOTE)
    found = base.search_notes("zeppelin flights")
    assert [note.text[:8] for note in found] == ["Zeppelin"] and found[0].score > 0.9
    assert base.search_notes("quantum chromodynamics") == ()
    answer = base.ask("What do zeppelin flights have to do with LoRA?")
    assert [note.quote for note in answer.notes] == [QUOTE]
    assert not any("eppelin" in claim.text for claim in answer.claims)
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer
    assert base.ask("它冻结什么？").notes == ()
    home = ["--home", str(base.home), "--encoder", "hashing"]
    assert main(["search", "zeppelin", *home]) == 0
    assert "In your own notes:" in capfd.readouterr().out
    main(["ask", "What do zeppelin flights have to do with LoRA?", *home])
    assert "Zeppelin flights are" in capfd.readouterr().out.split("In your own notes:")[1]


def test_an_export_tells_the_papers_words_and_the_readers_apart(paper):
    base, file, document = paper
    note = base.add_note(document, "Why *eight*?\n\nAsk them.", quote=QUOTE, tags=["open question"])
    base.highlight(document, "矩阵的秩通常取四到十六。")
    text = base.export_annotations()
    assert text.index("> 矩阵的秩") < text.index("> LoRA reaches 91.3") < text.index("\nWhy *eight*?\n\nAsk them.\n")
    assert "#open-question" in text and f"`{document}:{note.start}-{note.end}`" in text
    made = json.loads(base.export_annotations("json"))
    assert made["total"] == 2 and made["type"] == "AnnotationCollection"
    annotation = made["first"]["items"][1]
    quote, position = annotation["target"]["selector"]
    assert quote["type"] == "TextQuoteSelector" and quote["exact"] == QUOTE and position["start"] == note.start
    whole = base.document(document).text
    assert quote["prefix"] + quote["exact"] + quote["suffix"] in whole and len(quote["suffix"]) == 64
    assert [body["purpose"] for body in annotation["body"]] == ["commenting", "tagging"]
    again(base, file, TEXT.replace(QUOTE, ""))
    assert "现版本中已没有" in base.export_annotations(language="zh")


def test_a_library_of_version_0_1_has_no_notes_and_takes_some(tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        assert base.notes() == () == base.search_notes("anything")
        document = base.documents()[0].id
        assert base.ask("What is it?").notes == ()
        base.add_note(document, "Mine.")
        assert base.notes()[0].text == "Mine."
    with KnowledgeBase.open(tmp_path / "none", encoder="hashing") as none:
        assert none.notes() == ()


def test_the_command_and_the_operations_keep_show_edit_and_remove(paper, capfd, monkeypatch):
    base, _, document = paper
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    home = ["--home", str(base.home), "--encoder", "hashing"]

    def run(*arguments):
        code = main([*arguments, *home])
        return code, capfd.readouterr().out

    code, out = run("note", "add", document, "--quote", QUOTE, "--text", "Why eight?", "--tag", "open", "--json")
    note = json.loads(out)
    assert code == 0 and note["state"] == "there"
    assert run("highlight", f"[{document}:{note['start']}-{note['end']}]")[0] == 0
    code, out = run("note", "list")
    assert code == 0 and out.count(QUOTE) == 2 and "Why eight?" in out and "#open" in out
    assert run("note", "list", "--find", "eight", "--kind", "note")[1].count(QUOTE) == 1
    assert run("note", "edit", note["id"], "--text", "Now I know.", "--tag", "")[0] == 0
    assert "Now I know." in run("note", "show", note["id"][:5])[1]
    assert "Now I know." in run("note", "export")[1] and run("note", "export", "--form", "json")[0] == 0
    assert run("note", "add", document, "--quote", "nowhere at all", "--text", "x")[0] == 2
    assert run("note", "remove", note["id"])[0] == 0 and len(base.notes()) == 1
    made = OPERATIONS["note"].on(base, document=document, text="", quote="", place="3-9", tags=())
    assert made["kind"] == "highlight"
    assert OPERATIONS["edit_note"].on(base, note=made["id"], text="Now a note", tags=None)["text"] == "Now a note"
    found = OPERATIONS["notes"].on(base, question="a note", documents=(), tags=(), kind=None)["notes"]
    assert [one["id"] for one in found] == [made["id"]]
    OPERATIONS["remove_notes"].on(base, notes=[made["id"]])
    with pytest.raises(UnknownNote):
        base.note(made["id"])
