"""What a reviewer would object to, each with its place, in both languages, from the command line and from Python."""

import json
from dataclasses import replace

import pytest

from kb.cli.main import main
from kb.survey import make_request, read_survey
from kb.survey.write.review import OBJECTIONS
from tests.survey.conftest import by_name, fill
from tests.survey.scripted import model, scripted


@pytest.fixture
def survey(library):
    return library.surveyor().write(make_request("model compression"))


def kinds(found):
    return {remark.kind for remark in found.remarks}


def test_each_objection_has_a_place_that_is_there_and_words_in_both_languages(library, survey):
    found = library.surveyor().review(survey)
    nodes = {node.id: node.heading for node in survey.nodes()}
    sentences = {s.id: s for s in survey.sentences}
    assert found.is_sound and found.remarks
    for remark in found.remarks:
        assert remark.words.en != remark.words.zh and remark.words.zh
        assert not remark.node or nodes[remark.node] == remark.heading
        assert not remark.sentence or sentences[remark.sentence].text.startswith(remark.text[:20].rstrip("…"))
    assert [remark.kind for remark in found.remarks] == sorted((r.kind for r in found.remarks), key=[*OBJECTIONS].index)


def test_quotes_in_the_other_language_and_sections_without_comparison_are_named(library, survey):
    found = library.surveyor().review(survey)
    foreign = {s.id for s in survey.sentences if s.kind == "quote" and s.language == "zh"}
    assert foreign and {remark.sentence for remark in found.of("foreign")} == foreign
    joined = {s.id.rpartition(".")[0] for s in survey.sentences if s.kind == "joined"}
    for remark in found.of("no_comparison"):
        assert remark.node not in joined and len(remark.documents) > 1


def test_works_without_a_year_and_works_cited_once_are_named(library, survey):
    undated = replace(survey, references=tuple(replace(r, year=None) if not i else r
                                               for i, r in enumerate(survey.references)))
    found = library.surveyor().review(undated)
    assert [remark.documents for remark in found.of("no_year")] == [(survey.references[0].document,)]
    rows = [row.document for row in survey.evidence if row.sentence in {s.id for s in survey.sentences}]
    once = {d for d in rows if rows.count(d) == 1}
    assert {remark.documents[0] for remark in found.of("cited_once")} >= once


def test_a_section_of_one_work_is_thin(library):
    ids = [by_name(library, "hinton")]
    survey = library.surveyor().write(make_request("distillation", documents=ids))
    found = library.surveyor().review(survey)
    assert found.of("thin") and found.of("thin")[0].documents == tuple(ids)


def test_a_trend_without_a_year_is_asked_for(library, tmp_path):
    (tmp_path / "p").mkdir()
    text = "In recent years tide gates are increasingly built of steel in every harbour.\n\nA gate is a sea valve.\n"
    (tmp_path / "p" / "a.md").write_text(f"---\ntitle: Gates\n---\n# Gates\n\n{text}")
    library.add([tmp_path / "p"])
    survey = library.surveyor().write(make_request("tide gates", documents=[by_name(library, "a")]))
    found = library.surveyor().review(survey).of("undated")
    assert [remark.words.en for remark in found] == ["“recent years”: of when?"]


def test_what_is_no_longer_true_comes_first_and_is_not_sound(library, survey):
    library.remove([by_name(library, "hinton")])
    found = library.surveyor().review(survey)
    assert not found.is_sound and found.remarks[0].kind == "untrue"
    assert any(remark.sentence and remark.heading for remark in found.of("untrue"))


def test_quotes_read_in_pictures_are_named_with_how_sure(library, survey):
    rows = tuple(replace(row, recognised=0.7) if not i else row for i, row in enumerate(survey.evidence))
    found = library.surveyor().review(replace(survey, evidence=rows))
    assert [remark.sentence for remark in found.of("recognised")] == [rows[0].sentence]
    assert "0.70" in found.of("recognised")[0].words.zh


def test_what_a_model_left_and_said_alone_is_named(library):
    survey = library.surveyor().write(make_request("model compression"), writer=model(library)[0])
    claims = [s for s in survey.sentences if s.kind == "claim"]
    again = replace(survey, missing={survey.outline[2].id: "LLM_CAP"}, sentences=tuple(
        replace(s, text=claims[0].text) if s.id == claims[-1].id else s for s in survey.sentences))
    found = library.surveyor().review(again)
    assert {"unfinished", "one_source", "said_twice"} <= kinds(found)
    assert found.of("said_twice")[0].sentence == claims[-1].id
    assert scripted()


def test_the_command_prints_it_and_its_code_says_whether_anything_is_false(library, tmp_path, capsys):
    out = tmp_path / "out"
    library.surveyor().write(make_request("模型压缩"), out)
    common = ["--home", str(library.home), "--encoder", "hashing"]
    assert main(["survey", "review", str(out), *common]) == 0
    printed = capsys.readouterr().out
    assert str(len(library.surveyor().review(read_survey(out)).of("foreign"))) in printed
    assert main(["survey", "review", str(out), "--json", *common]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sound"] is True and found["remarks"][0]["words"]["zh"]
    library.remove([by_name(library, "han")])
    assert main(["survey", "review", str(out), "--json", *common]) == 1
    assert json.loads(capsys.readouterr().out)["sound"] is False


def test_a_library_with_nothing_to_say_twice_is_reviewed_again_the_same(library, survey, tmp_path):
    assert library.surveyor().review(survey).to_dict() == library.surveyor().review(survey).to_dict()
    assert fill
