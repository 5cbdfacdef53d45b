"""The Library page matches a folder: what will be done is shown, and done when that is confirmed."""

import time

from kb_app.grid import drawn

from kb import KnowledgeBase
from kb.runs.jobs import job_status, list_jobs
from tests.app.test_pages import run


def test_the_plan_is_shown_and_then_carried_out(filled):
    (filled / "papers").mkdir()
    (filled / "papers" / "a.md").write_text("# LoRA\n\nLoRA is a method that adds low-rank matrices.\n")
    with KnowledgeBase.open() as base:
        base.add([filled / "papers"])
        (filled / "papers" / "a.md").rename(filled / "papers" / "b.md")
        (filled / "papers" / "new.md").write_text("# 量化\n\n量化是指降低权重的精度。\n")
        home = base.home
    app = run("library")
    app.text_input(key="path").set_value(str(filled / "papers")).run()
    app.button(key="sync_go").click().run()
    assert not app.exception
    assert any("1 to add, 1 renamed" in item.value or "1 个待添加，1 个改名" in item.value
               for item in app.markdown)
    app.button(key="sync_yes").click().run()
    job = list_jobs(home)[0]
    assert job.kind == "sync"
    while (found := job_status(home, job.id)).is_active:
        time.sleep(0.05)
    assert found.status == "done" and len(found.metrics["added"]) == 1
    with KnowledgeBase.open() as base:
        assert sorted(info.path.rsplit("/", 1)[1] for info in base.documents()) == ["b.md", "new.md", "note.md"]


def test_a_folder_that_cannot_be_matched_says_why(filled):
    app = run("library")
    app.text_input(key="path").set_value(str(filled / "nothing")).run()
    app.button(key="sync_go").click().run()
    assert not app.exception
    assert "there is no such folder" in " ".join(item.value for item in app.error)


def test_a_document_whose_file_is_gone_says_so_in_the_table(filled):
    (filled / "note.md").unlink()
    assert not run("library").exception
    with KnowledgeBase.open() as base:
        (row,) = drawn(base.documents(), 0)["rows"]
    assert {"file gone", "文件已不在"} & set(map(str, row))
