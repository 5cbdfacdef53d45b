"""The Library page, without a browser: what it changes and takes back, what its views are given, what comes in."""

import time

import pytest
from kb_app.adding import changes
from kb_app.changes import collected, edited, stated, tagged, taken_out, undo
from kb_app.grid import drawn
from kb_app.jobs import said_of, share_done, steps_of
from kb_app.listed import listed
from kb_app.views import drawn_map, drawn_years
from streamlit.testing.v1 import AppTest

from kb import KnowledgeBase
from kb.errors import EditError, KBError
from kb.runs.jobs import job_status, list_jobs, recent_events, start_job, stop
from kb.types import DocumentMap, MapGroup, Notice
from tests.app.test_pages import run
from tests.making import make_pdf
from tests.scans import scan_of
from tests.waiting import LONGEST, wait_until

BULK = "from kb_app.grid import bulk\nfrom kb_app.listed import listed\nbulk(list(listed()))"
HOSTILE = ("<script>alert(1)</script>", "‮مقدمة في التعلم", "😀 ![x](http://evil.example/x.png)", "long " * 100)
BIB = """@article{a, title={Peas in Spring}, author={Lee, Ann}, year={2020}, keywords={peas}}
@article{b, title={Beans in Autumn}, author={王小明}, year={2021}, abstract={Beans are sown late.}}
@article{c, author={Nobody}}
"""


@pytest.fixture
def several(home):
    """Four documents with titles that mean harm."""
    for n, title in enumerate(HOSTILE):
        (home / f"{n}.md").write_text(f"---\ntitle: '{title.strip()}'\nyear: 202{n}\n---\n# A\n\nWords number {n}.\n")
    with KnowledgeBase.open() as base:
        base.add(sorted(home.glob("*.md")))
    return home


def app_of(source, **parameters):
    app = AppTest.from_string(source, default_timeout=LONGEST)
    app.query_params.update({"lang": "en", **parameters})
    app.run()
    assert not app.exception
    return app


def state():
    """How the library is filed and described, by id."""
    with KnowledgeBase.open() as base:
        return {info.id: (info.title, info.authors, info.year, info.guessed, info.edited, info.tags, info.collections,
                          info.state) for info in base.documents()}, [c.name for c in base.collections()]


def test_the_table_is_given_ids_and_text_as_it_is(several):
    data = drawn(listed(), 0)
    names = [column["name"] for column in data["columns"]]
    assert names == ["title", "authors", "year", "venue", "language", "kind", "tags", "collections", "state", "pages"]
    assert {row[0] for row in data["rows"]} == {info.id for info in listed()}
    assert {row[1][:8] for row in data["rows"]} == {title.strip("\u202e")[:8] for title in HOSTILE}
    assert all(len(row) == len(names) + 4 for row in data["rows"])


@pytest.mark.parametrize(("field", "value", "now"), [
    ("title", "Another", "Another"),
    ("authors", "Ada Lovelace； 王小明", ("Ada Lovelace", "王小明")), ("year", "1843", 1843),
    ("year", "", None), ("venue", "ACL", "ACL"), ("language", "zh", "zh"), ("tags", "x; y", ("x", "y")),
    ("collections", "A/B", ("A/B",)), ("state", "read", "read")])
def test_a_field_is_set_in_the_table_and_taken_back(filled, field, value, now):
    before = state()
    (info,) = listed()
    was = getattr(info, field)
    done = edited(info.id, field, value, "; ".join(was) if isinstance(was, tuple) else str(was or ""))
    assert getattr(listed()[0], field) == now and done.steps
    undo(done)
    after = state()
    assert after[0] == before[0] and [name for name in after[1] if name != "A"] == before[1]


def test_what_another_window_changed_meanwhile_is_not_overwritten(filled):
    (info,) = listed()
    with KnowledgeBase.open() as base:
        base.edit(info.id, title="From the other window")
    done = edited(info.id, "title", "From this window", info.title)
    assert "From the other window" in done.words and not done.steps
    assert listed()[0].title == "From the other window"


def test_what_cannot_be_set_is_said_and_changes_nothing(filled):
    (info,) = listed()
    before = state()
    with pytest.raises(EditError):
        edited(info.id, "year", "soon", str(info.year or ""))
    with pytest.raises(EditError):
        edited(info.id, "title", "x" * 501, info.title)
    with pytest.raises(KBError):
        edited("nothing", "title", "x", "y")
    assert state() == before


def test_what_several_were_given_is_taken_back_from_those_that_lacked_it(several):
    one, two, *_ = listed()
    with KnowledgeBase.open() as base:
        base.tag([one.id], add=["old"])
        base.set_state([two.id], "reading")
        base.collect("Mine", [one.id])
    before = state()
    for act in (lambda infos: tagged(infos, ["old", "new"]), lambda infos: tagged(infos, (), ["old"]),
                lambda infos: stated(infos, "read"), lambda infos: collected(infos, "Mine"),
                lambda infos: collected(infos, "Theirs"), lambda infos: taken_out(infos, "Mine")):
        done = act(listed())
        assert state() != before
        undo(done)
        assert state() == before


def test_several_are_marked_from_the_page_and_that_is_undone(several):
    app = app_of(BULK)
    app.button(key="bulk_read").click().run()
    assert not app.exception and {info.state for info in listed()} == {"read"}
    app.button(key="undo").click().run()
    assert not app.exception and {info.state for info in listed()} == {"unread"}


def test_tags_typed_with_commas_are_added_by_one_press_and_said(several):
    app = app_of(BULK)
    app.text_input(key="bulk_tags").set_value("to read, 检测；YOLO")
    app.button(key="bulk_add").click().run()  # nothing has to be confirmed before
    assert not app.exception and {info.tags for info in listed()} == {("YOLO", "to read", "检测")}
    assert [toast.value for toast in app.toast] == [app.session_state.done.words]


def test_several_are_removed_only_when_that_is_confirmed(several):
    app = app_of(BULK)
    app.button(key="bulk_remove").click().run()
    assert "Remove 4 documents" in app.warning[0].value and len(listed()) == 4
    assert not any("<script" in item.value or "](http" in item.value for item in app.markdown)
    app.button(key="bulk_remove_no").click().run()
    assert not app.warning and len(listed()) == 4
    app.button(key="bulk_remove").click().run()
    app.button(key="bulk_remove_yes").click().run()
    assert listed() == () and (several / "0.md").exists()


def test_a_disk_that_is_full_is_said_in_words(filled, monkeypatch):
    import kb.store.writer as writer
    from kb.errors import LibraryError

    def full(*_):
        raise LibraryError("E_DISK", path="library", detail="no space left on device")

    monkeypatch.setattr(writer.Writer, "filed_anew", full)
    app = app_of(BULK)
    app.button(key="bulk_read").click().run()
    assert not app.exception and "No space left" in app.error[0].value
    assert {info.state for info in listed()} == {"unread"}


def test_the_views_are_given_every_document_once(several):
    infos = listed()
    with KnowledgeBase.open() as base:
        found = drawn_map(base.map())
    assert {point["id"] for point in found["points"]} == {info.id for info in infos}
    years = drawn_years(infos)
    assert [part["is"] for part in years["parts"]] == [2023, 2022, 2021, 2020]
    for view in ("map", "time", "report"):
        app = app_of("from kb_app import library\nlibrary.page()", view=view)
        assert not app.error and app.query_params["view"] in (view, [view])


def test_a_group_of_the_map_is_called_in_the_language_of_the_page(monkeypatch):
    from kb_app import views

    found = DocumentMap(groups=(MapGroup(0, ("知识蒸馏", "GPTQ", "language models"), 2, 0.5, 0.5), ))
    for language, said in (("en", ["knowledge distillation", "GPTQ"]), ("zh", ["知识蒸馏", "GPTQ"])):
        monkeypatch.setattr(views, "language", lambda language=language: language)
        assert [label["terms"] for label in drawn_map(found)["labels"]] == [said]
    assert "语言模型" in drawn_map(found)["parts"][0]["text"]


def test_the_card_has_how_it_is_cited_and_what_it_is_one_work_with(several):
    one, two, *_ = listed()
    source = (f"from kb_app.document import card\nfrom kb_app.listed import info_of\n"
              f"card(info_of({one.id!r}), lambda: None)")
    app = app_of(source)
    app.session_state[f"cite_{one.id}"] = app.session_state[f"work_{one.id}"] = True
    app.run()
    assert not app.exception and len(app.code) == 3 and any("@" in item.value for item in app.code)
    app.selectbox(key=f"work_with_{one.id}").set_value(two.id).run()
    app.button(key="work_join").click().run()
    with KnowledgeBase.open() as base:
        assert {one.id, two.id} in [set(work.documents) for work in base.works()]
    app.multiselect(key=f"card_tags_{one.id}_{hash(())}").set_value(["seen"]).run()
    assert not app.exception and listed()[0].tags == ("seen",)


# --- in


def test_a_bibliography_is_imported_and_its_report_shown(home):
    (home / "refs.bib").write_text(BIB)
    app = run("library")
    app.text_input(key="import_path").set_value(str(home / "refs.bib")).run()
    app.button(key="import_go").click().run()
    with KnowledgeBase.open() as base:
        job = list_jobs(base.home)[0]
        assert job.kind == "import"
        wait_until(lambda: not job_status(base.home, job.id).is_active)
    app = AppTest.from_string("from kb_app import library\nlibrary.page()", default_timeout=LONGEST)
    app.query_params.update({"lang": "en", "job": job.id})
    app.run()
    said = " ".join(item.value for item in [*app.success, *app.warning])
    assert not app.exception and "2 known by their abstract" in said
    assert {info.title for info in listed()} == {"Peas in Spring", "Beans in Autumn"}


def test_a_press_without_a_folder_says_so(filled):
    app = app_of("from kb_app.adding import adding\nadding(is_empty=True)")
    app.button(key="path_go").click().run()
    assert not app.exception and [item.value for item in app.warning] == ["Fill in the field first."]


def test_a_scan_says_that_it_is_one(home):
    (home / "scan.pdf").write_bytes(scan_of(make_pdf(["Pruning removes weights of a network."])))
    with KnowledgeBase.open() as base:
        report = base.add([home / "scan.pdf"])
    app = app_of(f"from kb_app.jobs import _scans\n_scans([{report.added[0].document!r}])")
    assert "1 scan has pages without text" in app.warning[0].value
    assert "scan_ocr" in [button.key for button in app.button] or "bilingual-kb[ocr]" in app.caption[0].value


def test_a_watched_folder_tells_what_it_did_until_it_is_stopped(home):
    pytest.importorskip("watchfiles", reason="pip install 'bilingual-kb[watch]'")
    (home / "papers").mkdir()
    (home / "papers" / "a.md").write_text("# LoRA\n\nLoRA is a method that adds low-rank matrices.\n")
    folder = home / "library"
    job = start_job(folder, "watch", ["watch", "--encoder", "hashing", "--", str(home / "papers")])
    try:
        wait_until(lambda: recent_events(folder / "jobs" / job, "told", 5))
    finally:
        stop(folder / "jobs" / job)
    wait_until(lambda: not job_status(folder, job).is_active)
    (event,) = recent_events(folder / "jobs" / job, "told", 5)
    assert [list(row.values())[1:] for row in changes(event, time.time())] in (
        [["added", str(home / "papers" / "a.md")]], [["新增", str(home / "papers" / "a.md")]])
    assert job_status(folder, job).status == "cancelled"


def test_an_error_of_a_watched_folder_is_a_row():
    told = {"folder": "x", "report": None, "error": Notice("E_NO_FOLDER", "there is none", "make it").to_dict()}
    assert len(changes({"at": 0.0, "value": told}, 0.0)) == 1


def test_the_newest_step_of_each_phase_is_shown_what_is_finished_first():
    events = [{"phase": "read", "done": 9, "total": 9, "item": "i.pdf"},
              {"phase": "encode", "done": 64, "total": 200, "item": "b.pdf"},
              {"phase": "read", "done": 8, "total": 9, "item": "h.pdf"},
              {"phase": "commit", "done": 1, "total": 9, "item": "a.pdf"}]
    assert [(step["phase"], step["item"]) for step in steps_of(events)] == [
        ("commit", "a.pdf"), ("encode", "b.pdf"), ("read", "i.pdf")]


def test_the_bar_of_an_add_goes_on_while_passages_are_encoded():
    read = {"phase": "read", "done": 26, "total": 26, "item": "z.pdf"}
    commit = {"phase": "commit", "done": 1, "total": 26, "item": "a.pdf"}
    halves = [share_done([commit, {"phase": "encode", "done": n, "total": 1491, "item": ""}, read])
              for n in (128, 700, 1400)]
    assert halves == sorted(halves) and halves[0] < 0.35 and halves[2] > 0.8
    assert share_done([{"phase": "read", "done": 0, "total": 1, "item": ""}]) == 0.0
    assert share_done([]) == 0.0 and share_done([{"phase": "recognise", "done": 1, "total": 4, "item": "p"}]) == 0.25


@pytest.mark.parametrize(("step", "words"), [
    ({"phase": "read", "done": 0, "total": 1, "item": ""}, "reading"),
    ({"phase": "encode", "done": 307, "total": 1491, "item": ""}, "encoding 307/1,491"),
    ({"phase": "read", "done": 26, "total": 26, "item": "z.pdf"}, "reading 26/26"),
    ({"phase": "read", "done": 3, "total": 26, "item": "/a/z.pdf"}, "reading 3/26 · z.pdf")])
def test_a_step_is_said_without_counts_and_dots_that_say_nothing(step, words):
    assert said_of(step).replace("\\", "") == words  # as Markdown has it


def test_files_that_were_not_added_are_listed_with_the_reason_and_very_many_in_a_file(home):
    many = home / "many"
    many.mkdir()
    for n in range(203):
        (many / f"{n:03}<b>.md").write_bytes(b"")
    job = start_job(home / "library", "add", ["add", "--encoder", "hashing", "--", str(many)])
    wait_until(lambda: not job_status(home / "library", job).is_active)
    shown = app_of(f"from pathlib import Path\nfrom kb.runs.jobs import job_status\nfrom kb_app.jobs import _ended\n"
                   f"_ended(job_status(Path({str(home / 'library')!r}), {job!r}))")
    text = next(box.value for box in shown.markdown if "empty" in box.value)
    assert text.count("\n- **") == 199 and text.startswith("- **000") and "<b>" not in text.replace("\\<b", "")
    assert [box.value for box in shown.caption if box.value.startswith("3 more are listed in")]
