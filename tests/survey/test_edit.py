"""Editing an outline: by functions, by hand and by `kb survey outline`; what is wrong is named, what is touched is
written again."""

import json

import pytest

from kb.cli.main import main
from kb.errors import KBError
from kb.survey import make_request, read_plan, read_survey, touched, with_edit, write_plan
from kb.survey.outline.edit import apply, merge, move, placed, read_nodes
from kb.survey.records import Node
from tests.survey.conftest import by_name

OUTLINE = (Node("introduction", "introduction", "Introduction"), Node("a", "theme", "A",
                                                                      ("1", "2")), Node("b", "theme", "B", ("3", )),
           Node("c", "theme", "C", (), (), (Node("d", "theme", "D", ("4", )), Node("e", "theme", "E", ("5", "6")))),
           Node("problems", "problems", "Problems", ("1", )))


def shape(outline):
    return [(top.id, "".join(top.documents), *((part.id, "".join(part.documents))
                                               for part in top.children))
            for top in outline
            if top.kind == "theme"]


@pytest.mark.parametrize(
    ("edit", "after"),
    [({"do": "rename", "section": "d", "heading": " New\nname "}, [("a", "12"), ("b", "3"),
                                                                   ("c", "", ("d", "4"), ("e", "56"))]),
     ({"do": "move", "document": "1", "section": "b", "before": None}, [("a", "2"), ("b", "31"),
                                                                        ("c", "", ("d", "4"), ("e", "56"))]),
     ({"do": "move", "document": "3", "section": "e", "before": "6"}, [("a", "12"), ("b", ""),
                                                                       ("c", "", ("d", "4"), ("e", "536"))]),
     ({"do": "move", "document": "2", "section": "a", "before": "1"}, [("a", "21"), ("b", "3"),
                                                                       ("c", "", ("d", "4"), ("e", "56"))]),
     ({"do": "move", "document": "9", "section": "a", "before": "2"}, [("a", "192"), ("b", "3"),
                                                                       ("c", "", ("d", "4"), ("e", "56"))]),
     ({"do": "place", "section": "c", "before": "a"}, [("c", "", ("d", "4"), ("e", "56")), ("a", "12"), ("b", "3")]),
     ({"do": "place", "section": "a", "before": None}, [("b", "3"), ("c", "", ("d", "4"), ("e", "56")), ("a", "12")]),
     ({"do": "place", "section": "b", "before": "e"}, [("a", "12"), ("c", "", ("d", "4"), ("b", "3"), ("e", "56"))]),
     ({"do": "place", "section": "b", "into": "c"}, [("a", "12"), ("c", "", ("d", "4"), ("e", "56"), ("b", "3"))]),
     ({"do": "place", "section": "e", "before": "a"}, [("e", "56"), ("a", "12"), ("b", "3"), ("c", "", ("d", "4"))]),
     ({"do": "merge", "section": "b", "into": "a"}, [("a", "123"), ("c", "", ("d", "4"), ("e", "56"))]),
     ({"do": "merge", "section": "c", "into": "b"}, [("a", "12"), ("b", "3456")]),
     ({"do": "merge", "section": "a", "into": "c"}, [("b", "3"), ("c", "", ("d", "4"), ("e", "56"), ("a", "12"))]),
     ({"do": "drop", "section": "c"}, [("a", "12"), ("b", "3")]),
     ({"do": "drop", "document": "5"}, [("a", "12"), ("b", "3"), ("c", "", ("d", "4"), ("e", "6"))]),
     ({"do": "add", "heading": "More"}, [("a", "12"), ("b", "3"), ("c", "", ("d", "4"), ("e", "56")), ("s1", "")]), ])
def test_each_edit_gives_the_outline_it_says_and_loses_no_document(edit, after):
    made = apply(OUTLINE, edit)
    assert shape(made) == after
    assert made[0].kind == "introduction" and made[-1].kind == "problems"
    assert set(placed(OUTLINE)) - set(placed(made)) == (
        {"4", "5", "6"}
        if edit.get("section") == "c" and edit["do"] == "drop"
        else {"5"} & {edit.get("document") if edit["do"] == "drop" else ""}
    )
    if edit["do"] == "rename":
        assert made[3].children[0].heading == "New name"


@pytest.mark.parametrize(
    "edit", [{"do": "rename", "section": "z", "heading": "X"}, {"do": "rename", "section": "a", "heading": " \u200b"}, {
        "do": "move", "document": "1", "section": "introduction", "before": None
    }, {"do": "move", "document": "1", "section": "b", "before": "4"}, {"do": "merge", "section": "d", "into": "c"}, {
        "do": "merge", "section": "c", "into": "d"
    }, {"do": "place", "section": "c", "before": "d"}, {"do": "drop", "section": "problems"},
             {"do": "drop", "document": "9"}, {"do": "explode"}, {"do": "rename", "section": 3, "heading": []}])
def test_an_edit_that_cannot_be_made_is_refused_in_both_languages(edit):
    with pytest.raises(KBError) as caught:
        apply(OUTLINE, edit)
    assert caught.value.code in ("E_OUTLINE_NODE", "E_OUTLINE_EDIT")
    assert all(caught.value.describe("zh"))


def test_a_merge_can_be_taken_apart_again():
    joined = merge(OUTLINE, "b", "a")
    assert shape(move(apply(joined, {"do": "add", "heading": "B"}), "3", "s1"))[-1] == ("s1", "3")


ROW = {"id": "a", "heading": "A", "documents": []}


@pytest.mark.parametrize(
    ("found", "place"),
    [({"not": "a list"}, "outline"), (["x"], "outline"), ([{**ROW, "id": "../../steps"}], "A"),
     ([{**ROW, "id": 7}], "A"), ([{**ROW, "heading": ""}], "a"), ([{**ROW, "documents": "12"}], "A"),
     ([{**ROW, "documents": [1]}], "A"), ([{**ROW, "kind": "magic"}], "A"), ([ROW, ROW], "a"),
     ([{**ROW, "children": [{"id": "b", "heading": "B", "children": [{"id": "c", "heading": "C", "children": [ROW]}]}]}
       ], "C")])
def test_an_outline_written_by_hand_that_is_not_of_the_form_is_refused_with_its_place(found, place):
    with pytest.raises(KBError) as caught:
        read_nodes(found)
    assert caught.value.code == "E_OUTLINE_FORM" and caught.value.values["place"] == place
    assert all(caught.value.describe("zh"))


def planned(library, folder):
    library.surveyor().plan(make_request("model compression"), folder)
    return read_plan(folder)


def test_an_outline_edited_in_its_folder_is_followed_and_stays(library, tmp_path):
    saved = planned(library, tmp_path)
    first, lost = next(node for node in saved.outline if node.kind == "theme"), by_name(library, "lin")
    saved = with_edit(with_edit(saved, {"do": "rename", "section": first.id, "heading": "My own"}),
                      {"do": "drop", "document": lost})
    assert saved.is_edited and [(row.document, row.reason) for row in saved.unused] == [(lost, "left_out")]
    write_plan(tmp_path, saved)
    for _ in range(2):
        survey = library.surveyor().write(make_request("model compression"), tmp_path)
        assert "My own" in [node.heading for node in survey.outline]
        assert [(row.document, row.reason) for row in survey.unused] == [(lost, "left_out")]
    assert library.surveyor().write(make_request("model compression"), None).unused == ()


def test_a_document_that_came_after_the_outline_is_called_new(library, tmp_path):
    saved = with_edit(planned(library, tmp_path / "out"),
                      {"do": "rename", "section": "introduction", "heading": "First"})
    write_plan(tmp_path / "out", saved)
    (tmp_path / "new.md").write_text(
        "# Sparse networks\n\nSparse training is a method that keeps only a few weights of a network from the start. "
        "It is compared with pruning in many papers."
    )
    library.add([tmp_path / "new.md"])
    survey = library.surveyor().write(make_request("model compression"), tmp_path / "out")
    assert survey.outline[0].heading == "First"
    assert [row.reason for row in survey.unused] == ["new"]


def test_an_edit_writes_again_what_it_touches_and_nothing_else(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().plan(request, tmp_path)
    surveyor = library.surveyor()
    first = surveyor.write(request, tmp_path)
    kept = {path.name for path in (tmp_path / "steps").iterdir()}
    saved = read_plan(tmp_path)
    assert touched(first.outline, saved.outline) == ()
    themes = [node for node in saved.outline if node.kind == "theme"]
    for edit in ({"do": "rename", "section": themes[0].id, "heading": "Renamed"}, {
            "do": "place", "section": themes[-1].id, "before": themes[0].id
    }, {
            "do": "drop",
            "document": themes[-1].documents[0] if themes[-1].documents else themes[-1].children[0].documents[0]
    }):
        before = read_survey(tmp_path).outline
        saved = with_edit(read_plan(tmp_path), edit)
        write_plan(tmp_path, saved)
        surveyor.write(request, tmp_path)
        steps = {path.name for path in (tmp_path / "steps").iterdir()}
        assert {name.rpartition("-")[0] for name in steps - kept} == set(touched(before, saved.outline))
        kept = steps


def test_update_keeps_what_was_edited_since(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().plan(request, tmp_path)
    library.surveyor().write(request, tmp_path)
    lost = by_name(library, "lin")
    write_plan(tmp_path, with_edit(read_plan(tmp_path), {"do": "drop", "document": lost}))
    survey, found = library.surveyor().update(tmp_path)
    assert lost not in {r.document for r in survey.references} and found.changed
    assert [(row.document, row.reason) for row in survey.unused] == [(lost, "left_out")]


def test_the_command_shows_edits_and_refuses(library, tmp_path, capsys):
    saved = planned(library, tmp_path)
    theme = next(node for node in saved.outline if node.kind == "theme")
    document = placed(saved.outline)[0]
    common = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["survey", "outline", str(tmp_path), *common]) == 0
    assert f"[{theme.id}]" in capsys.readouterr().out
    assert (
        main(
            [
                "survey",
                "outline",
                str(tmp_path),
                "--rename",
                theme.id,
                "Mine",
                "--add",
                "More",
                "--move",
                document,
                "s1",
                "--json",
                *common,
            ]
        )
        == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["edited"] and printed["again"] is None
    assert {(node["heading"], *node["documents"]) for node in printed["outline"]} >= {("More", document)}
    before = (tmp_path / "outline.json").read_bytes()
    assert main(["survey", "outline", str(tmp_path), "--drop", "nowhere", *common]) == 1
    assert "nowhere" in capsys.readouterr().err and (tmp_path / "outline.json").read_bytes() == before
    twice = json.loads(before)
    twice["outline"] += [{"id": "x", "heading": "Again", "documents": [document]}]
    (tmp_path / "outline.json").write_text(json.dumps(twice))
    for command in (["outline", str(tmp_path)], ["write", "model compression", "--out", str(tmp_path)]):
        assert main(["survey", *command, *common]) == 1
        said = capsys.readouterr().err
        assert document in said and "Again" in said and "twice" in said
    twice["outline"][-1]["documents"] = ["0123456789ab"]
    (tmp_path / "outline.json").write_text(json.dumps(twice))
    assert main(["survey", "outline", str(tmp_path), *common]) == 1
    assert "0123456789ab" in capsys.readouterr().err


def test_what_was_left_out_stays_out_however_often_it_is_updated(library, tmp_path):
    request = make_request("model compression")
    library.surveyor().plan(request, tmp_path)
    lost = by_name(library, "lin")
    write_plan(tmp_path, with_edit(read_plan(tmp_path), {"do": "drop", "document": lost}))
    library.surveyor().write(request, tmp_path)
    for _ in range(2):
        survey, _ = library.surveyor().update(tmp_path)
        assert [(row.document, row.reason) for row in survey.unused] == [(lost, "left_out")]


def test_a_new_plan_keeps_the_outline_that_was_edited(library, tmp_path, capsys):
    saved = with_edit(planned(library, tmp_path), {"do": "rename", "section": "introduction", "heading": "Mine"})
    write_plan(tmp_path, saved)
    assert (
        main(
            [
                "survey",
                "plan",
                "model compression",
                "--out",
                str(tmp_path),
                "--home",
                str(library.home),
                "--encoder",
                "hashing",
            ]
        )
        == 0
    )
    assert not read_plan(tmp_path).is_edited and "outline.before.json" in capsys.readouterr().err
    assert "Mine" in (tmp_path / "outline.before.json").read_text()


def test_an_id_of_a_survey_by_somebody_else_leads_to_no_file_outside(library, tmp_path):
    library.survey("model compression", out=tmp_path / "out")
    path = tmp_path / "out" / "survey.json"
    saved = json.loads(path.read_text())
    next(node for node in saved["outline"] if node["kind"] == "theme")["id"] = "../../outside"
    path.write_text(json.dumps(saved))
    with pytest.raises(KBError) as caught:
        library.surveyor().update(tmp_path / "out")
    assert caught.value.code == "E_OUTLINE_FORM" and not list(tmp_path.glob("outside*"))


def test_a_heading_is_text_in_every_format(library, tmp_path):
    saved = planned(library, tmp_path)
    theme = next(node for node in saved.outline if node.kind == "theme")
    write_plan(
        tmp_path,
        with_edit(
            saved, {
                "do": "rename", "section": theme.id,
                "heading": r"50% & <b>_x_</b> \input{secret} ![i](http://evil.example/a.png)"
            }))
    survey = library.surveyor().write(make_request("model compression"), tmp_path)
    made = {
        kind: library.surveyor().export(survey, kind)[f"survey.{suffix}"].decode()
        for kind, suffix in (("markdown", "md"), ("latex", "tex"), ("html", "html"))
    }
    assert "\\input{secret}" not in made["latex"] and "50\\%" in made["latex"]
    from markdown_it import MarkdownIt

    for shown in (made["html"], MarkdownIt("commonmark", {"html": True}).render(made["markdown"])):
        assert "<b>_x_" not in shown and 'src="http' not in shown
        assert shown.count("<img") == shown.count('<img src="figures/')


def test_the_section_on_problems_comes_and_goes_with_the_sections(library, tmp_path):
    saved = planned(library, tmp_path)
    assert len([node for node in saved.outline if node.kind == "theme"]) < 3 and saved.outline[-1].kind == "theme"
    documents = placed(saved.outline)
    for i, document in enumerate(documents[:3], 1):
        saved = with_edit(with_edit(saved, {"do": "add", "heading": f"Part {i}"}),
                          {"do": "move", "document": document, "section": f"s{i}", "before": None})
    assert saved.outline[-1].kind == "problems"
    write_plan(tmp_path, saved)
    survey = library.surveyor().write(make_request("model compression"), tmp_path)
    assert [node.kind for node in survey.outline] == [node.kind for node in saved.outline]
    assert touched(survey.outline, read_plan(tmp_path).outline) == ()
    for i in (1, 2):
        saved = with_edit(saved, {"do": "drop", "section": f"s{i}"})
    assert saved.outline[-1].kind == "theme"
