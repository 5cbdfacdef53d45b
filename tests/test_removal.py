"""What is removed is gone: from every byte of every file in the library's folder, unless it is told."""

import json

import pytest

from kb import KnowledgeBase
from kb.runs import Run
from kb.survey import folder_name, make_request
from tests.survey.conftest import by_name, paper

CANARY = "Xylophonquartz"


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for name in ("hinton", "sanh", "han", "frankle"):
        (folder / f"{name}.md").write_text(paper(name), encoding="utf-8")
    text = paper("lin").replace("AWQ", CANARY)
    (folder / f"{CANARY}.md").write_text(text, encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as opened:
        opened.add(folder)
        yield opened


def holding(base):
    """The files of the library's folder that have the canary in them or in their names, whatever the case."""
    words = [CANARY.lower().encode(), CANARY.lower().encode("utf-16-le")]
    return [str(path.relative_to(base.home)) for path in sorted(base.home.rglob("*"))
            if CANARY.lower() in path.name.lower()
            or path.is_file() and any(word in path.read_bytes().lower() for word in words)]


def test_no_byte_of_a_removed_document_stays(base):
    document = by_name(base, CANARY)
    for _ in range(2):
        base.keep(base.ask("在舍入之前放大权重通道的方法是什么？"))
    base.table(["year", "limitation"], keep="all")
    request = make_request("model compression", "en")
    out = base.home / "surveys" / folder_name(request)
    base.surveyor().write(request, out)
    other = base.home / "surveys" / "other"
    base.survey("pruning", documents=[by_name(base, "han"), by_name(base, "frankle")], out=other)
    untouched = {path: path.read_bytes() for path in other.rglob("*") if path.is_file()}
    job = Run(base.home / "jobs" / "20260101-000000-aaaaaa")
    job.begin("add", {"arguments": ["add", "--", f"/papers/{CANARY}.md"]})
    job.event("progress", phase="read", done=1, total=2, item=f"{CANARY}.md")
    job.event("progress", phase="read", done=2, total=2, item="han.md")
    job.log(f"read /papers/{CANARY}.md")
    infos = {info.id: info for info in base.documents()}
    job.save("metrics.json", json.dumps({"added": [info.to_dict() for info in infos.values()]}).encode())
    job.set_status("done")
    assert len(holding(base)) > 8
    removal = base.remove([document])
    assert [info.id for info in removal.documents] == [document]
    assert holding(base) == []
    codes = [note.code for note in removal.notes]
    assert codes == ["N_GONE_TURNS", "N_GONE_TABLE", "N_GONE_SURVEY", "N_GONE_RUN"]
    assert all(note.message and note.in_("zh") != note.message for note in removal.notes)
    assert {path: path.read_bytes() for path in other.rglob("*") if path.is_file()} == untouched
    metrics = json.loads((job.folder / "metrics.json").read_text())
    assert len(metrics["added"]) == len(infos) - 1 and "han.md" in (job.folder / "events.jsonl").read_text()
    # and the survey is written again, without it
    survey = base.surveyor().write(request, out)
    assert survey.references and document not in {r.document for r in survey.references}
    assert not base.surveyor().audit(survey).broken


def test_an_edited_outline_stays_the_readers_own_without_the_document(base):
    from kb.survey import read_plan, with_edit, write_plan

    document = by_name(base, CANARY)
    request = make_request("model compression", "en")
    out = base.home / "surveys" / folder_name(request)
    plan = base.surveyor().plan(request, out)
    first = next(node for node in plan.outline if node.kind == "theme")
    write_plan(out, with_edit(read_plan(out), {"do": "rename", "section": first.id, "heading": "Mine"}))
    base.remove([document])
    assert document not in (out / "outline.json").read_text(encoding="utf-8")
    saved = read_plan(out)
    assert saved.is_edited and any(node.heading == "Mine" for node in saved.outline)


def test_a_run_that_goes_on_is_told(base):
    document = by_name(base, CANARY)
    job = Run(base.home / "jobs" / "20260101-000000-bbbbbb")
    job.begin("add", {"arguments": ["add", "--", f"/papers/{CANARY}.md"]})
    assert [note.code for note in base.remove([document]).notes] == ["N_LEFT_RUN"]
    assert holding(base) == ["jobs/20260101-000000-bbbbbb/params.json"]


def test_a_synchronised_folder_clears_what_quotes_the_document_too(base, tmp_path):
    request = make_request("model compression", "en")
    base.surveyor().write(request, base.home / "surveys" / folder_name(request))
    (tmp_path / "papers" / f"{CANARY}.md").unlink()
    report = base.sync(tmp_path / "papers")
    assert [note.code for note in report.notes] == ["N_GONE_SURVEY"] and holding(base) == []


def test_an_upload_goes_with_its_folder(base):
    first = by_name(base, CANARY)
    path = base.add_upload(f"{CANARY}.md", f"# {CANARY}\n\n{CANARY} melts at noon.".encode())
    document = base.add(path).added[0].document
    base.remove([document, first])
    assert holding(base) == []
