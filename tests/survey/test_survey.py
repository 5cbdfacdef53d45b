import io
import json
import os
import signal
import zipfile
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.cli.main import main
from kb.errors import KBError, NothingIndexed, QuestionError
from kb.survey import make_request, read_outline, read_survey
from kb.survey.model.model import _units
from kb.survey.outline import select
from kb.survey.outline.plan import gather
from kb.survey.outline.select import choose, limit_of
from kb.survey.records import Node
from kb.survey.render.export import export
from kb.survey.sentences import names_contribution, units
from kb.survey.write.evidence import make_evidence
from kb.survey.write.write import Section
from tests.conftest import CORPUS
from tests.forking import Commands
from tests.survey.conftest import by_name, fill


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize(("topic", "language", "word"), [("model compression", "en", "Introduction"),
                                                         ("模型压缩", "zh", "引言")])
def test_every_quote_is_its_documents_text_at_its_place(library, topic, language, word):
    survey = library.survey(topic)
    assert survey.request.language == language
    assert survey.outline[0].heading == word
    for row in survey.evidence:
        assert library.document(row.document).text[row.start:row.end] == row.quote
    for sentence in survey.sentences:
        if sentence.kind == "quote":
            assert sentence.text in [row.quote for row in survey.evidence if row.id in sentence.evidence]
    checked = survey.audit
    assert (
        checked["span_validity"]
        == checked["strict_support"]
        == checked["number_fidelity"]
        == checked["coverage"]
        == 1.0
    )
    assert checked["dangling_references"] == checked["unused_references"] == 0
    assert checked["near_duplicates"] <= 0.06


def test_the_same_library_gives_the_same_bytes(library, base, tmp_path):
    library.survey("模型压缩", out=tmp_path / "a")
    library.survey("模型压缩", out=tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    for kind in ("docx", "html", "latex", "ris"):
        survey = read_survey(tmp_path / "a")
        assert library.surveyor().export(survey, kind) == library.surveyor().export(read_survey(tmp_path / "b"), kind)


def test_the_order_of_adding_does_not_matter(tmp_path):
    from kb import KnowledgeBase

    surveys = []
    for i, names in enumerate((("hinton", "han"), ("han", "hinton"))):
        with KnowledgeBase.open(tmp_path / f"library{i}", encoder="hashing") as base:
            for name in names:
                fill(base, tmp_path / f"papers{i}{name}", (name,))
            surveys.append(base.survey("pruning and distillation").to_dict())
    assert surveys[0] == surveys[1]


def test_a_survey_comes_back_from_its_file(library, tmp_path):
    survey = library.survey("model compression", out=tmp_path / "out")
    assert read_survey(tmp_path / "out").to_dict() == json.loads(json.dumps(survey.to_dict()))


def test_an_edited_outline_is_followed(library, tmp_path):
    out = tmp_path / "out"
    request = make_request("model compression")
    library.surveyor().plan(request, out)
    kept = [by_name(library, name) for name in ("sanh", "hinton", "frantar")]
    saved = json.loads((out / "outline.json").read_text())
    saved["outline"] = [
        Node("a", "theme", "My own heading", tuple(kept[:2])).to_dict(),
        Node("b", "theme", "Bits", (kept[2],)).to_dict(),
    ]
    (tmp_path / "mine.json").write_text(json.dumps(saved))
    survey = library.surveyor().write(request, out, read_outline(tmp_path / "mine.json"))
    assert [node.heading for node in survey.outline] == ["Introduction", "My own heading", "Bits"]
    assert {r.document for r in survey.references} == set(kept)
    assert {row.reason for row in survey.unused} == {"left_out"}


@pytest.mark.parametrize(("documents", "code"), [(("nowhere", ), "E_OUTLINE_UNKNOWN"),
                                                 (("same", "same"), "E_OUTLINE_TWICE"), ((), "E_OUTLINE")])
def test_an_outline_that_cannot_be_used_is_refused(library, documents, code):
    known = by_name(library, "han")
    node = Node("a", "theme", "X", tuple(known if d == "same" else d for d in documents))
    with pytest.raises(KBError) as caught:
        library.surveyor().write(make_request("model compression"), None, [node])
    assert caught.value.code == code
    assert all(caught.value.describe("zh"))


def test_a_changed_document_breaks_the_audit(library, tmp_path, capsys):
    library.survey("model compression", out=tmp_path / "out")
    saved = json.loads((tmp_path / "out" / "survey.json").read_text())
    saved["evidence"][0]["quote"] += "b"
    saved["evidence"][1]["start"] += 1
    (tmp_path / "out" / "survey.json").write_text(json.dumps(saved))
    assert (
        main(
            [
                "survey",
                "audit",
                str(tmp_path / "out" / "survey.json"),
                "--home",
                str(library.home),
                "--encoder",
                "hashing",
                "--json",
            ]
        )
        == 1
    )
    printed = json.loads(capsys.readouterr().out)
    assert sum("is not its quote" in why for why in printed["broken"]) == 2
    assert printed["span_validity"] < 1 and not printed["sound"]


def test_the_command_leaves_the_files_and_prints_the_audit(library, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        main(
            [
                "survey",
                "write",
                "model compression",
                "--out",
                str(out),
                "--json",
                "--home",
                str(library.home),
                "--encoder",
                "hashing",
                "--language",
                "zh",
            ]
        )
        == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["sound"] and printed["span_validity"] == 1.0
    assert {"survey.json", "survey.md", "references.bib", "outline.json"} <= set(os.listdir(out))
    assert "摘录式综述" in (out / "survey.md").read_text()
    assert (
        main(["survey", "export", str(out), "--format", "html", "--home", str(library.home), "--encoder", "hashing"])
        == 0
    )
    assert (out / "survey.html").exists()


def test_nothing_to_survey_is_said(base, tmp_path):
    with pytest.raises(NothingIndexed):
        base.survey("anything")
    (tmp_path / "a.md").write_text("# Short\n\nNothing here.")
    base.add([tmp_path / "a.md"])
    with pytest.raises(KBError) as caught:
        base.survey("anything")
    assert caught.value.code == "E_SURVEY_EMPTY"
    with pytest.raises(QuestionError):
        base.survey("  ")


def test_a_copy_and_a_document_without_text_are_listed_with_the_reason(library, tmp_path):
    from tests.survey.conftest import paper

    (tmp_path / "version.md").write_text(paper("han") + "\n")
    _, _, text = paper("sanh").split("---\n", 2)  # under no name but another title
    (tmp_path / "copy.md").write_text("# Taken from elsewhere\n" + text.split("\n", 1)[1])
    (tmp_path / "empty.md").write_text("# Only a heading\n\nToo short.")
    library.add(sorted(tmp_path.glob("*.md")))
    survey = library.survey("model compression")
    assert sorted(row.reason for row in survey.unused) == ["copy", "no_sentence", "same_work"]


# --- update


def test_a_removed_document_vanishes_and_a_new_one_is_placed(base, tmp_path):
    fill(base, tmp_path / "papers", ("hinton", "sanh", "han", "frankle"))
    out = tmp_path / "out"
    before = base.survey("model compression", out=out)
    gone = by_name(base, "frankle")
    base.remove([gone])
    fill(base, tmp_path / "more", ("frantar",))
    survey, found = base.surveyor().update(out)
    assert "Lottery" not in (out / "survey.md").read_text()
    assert gone not in (out / "survey.json").read_text()
    assert found.removed == ("The Lottery Ticket Hypothesis",)
    assert [by_name(base, "frantar")] == [
        r.document for r in survey.references if r.document not in {x.document for x in before.references}
    ]
    assert any("document_removed" in reason for change in found.changed for reason in change.why)
    assert survey.audit["span_validity"] == 1.0
    again, none = base.surveyor().update(out)
    assert not none.changed and again.to_dict() == survey.to_dict()


def test_sections_that_are_not_touched_stay_word_for_word(base, tmp_path):
    fill(base, tmp_path / "papers")
    out = tmp_path / "out"
    request = make_request("model compression")
    ids = {name: by_name(base, name) for name in ("hinton", "sanh", "han", "frankle", "frantar", "lin")}
    outline = [
        Node("a", "theme", "A", (ids["hinton"], ids["sanh"])),
        Node("b", "theme", "B", (ids["han"], ids["frankle"])),
        Node("c", "theme", "C", (ids["frantar"], ids["lin"])),
    ]
    base.surveyor().write(request, out, outline)
    base.remove([ids["lin"]])
    _, found = base.surveyor().update(out)
    assert {"a", "b"} <= set(found.unchanged)
    assert {change.node for change in found.changed} <= {"c", "introduction", "problems"}


def test_what_the_library_spoke_of_is_kept_and_forgotten_with_its_document(base, tmp_path):
    fill(base, tmp_path / "papers", ("hinton", "sanh", "han", "frankle"))
    out = tmp_path / "out"
    before = base.survey("model compression", out=out)
    assert before.focus["network"] == max(before.focus.values())
    assert "lottery" in before.focus and "the" not in before.focus
    base.remove([by_name(base, "frankle")])
    fill(base, tmp_path / "more", ("lin",))
    survey, _ = base.surveyor().update(out)
    assert survey.focus == {term: weight for term, weight in before.focus.items() if term in survey.focus}
    assert "lottery" not in (out / "survey.json").read_text().lower()
    assert read_survey(out).focus == survey.focus


def test_a_work_is_called_by_its_own_name_and_by_its_title_where_another_has_the_same(base, tmp_path):
    said = {
        "Pruner: how to remove weights from "
        "networks": "We propose a method that removes the smallest weights of a network after training.",
        "Pruner: what remains without "
        "its weights": "Sparse layers need special kernels before they run faster on common hardware.",
        "Distiller: small models from "
        "large ones": "A student model learns the output probabilities of its teacher at a high temperature.",
        "On quantisation": "Rounding keeps every number in eight bits and a scale per channel.",
    }
    for n, (title, text) in enumerate(said.items()):
        (tmp_path / f"{n}.md").write_text(f"---\ntitle: '{title}'\nyear: 2020\n---\n# {title}\n\n{text}\n")
    base.add(sorted(tmp_path.glob("*.md")))
    survey = base.survey("small networks", length="short")
    frames = {s.frame for s in survey.sentences if s.kind == "quote"}
    assert frames == {
        "Pruner: how to remove weights from networks:",
        "Pruner: what remains without its weights:",
        "Distiller:",
        "On quantisation:",
    }


def test_a_sentence_that_points_back_takes_its_predecessor_along_and_a_paper_may_speak_of_itself(base, tmp_path):
    text = (
        "Large networks are costly to run on small devices. To overcome this limit, we propose a student that learns "
        "from its teacher. "
        "This paper presents a loss that compares the layers of both. These losses are summed over all the layers of "
        "the network.\n\n"
        "- 本文介绍它的做法、起效的规模条件、消融实验与局限。\n- Rounding is a cheap way to save memory.\n- This saves "
        "half of the memory of a model in practice.\n"
    )
    (tmp_path / "a.md").write_text(f"# Small networks\n\n{text}")
    base.add([tmp_path / "a.md"])
    found = units(base.document(base.documents()[0].id))
    assert [(unit.text.split()[0], unit.text.count("."), unit.is_pair) for unit in found] == [
        ("Large", 1, False), ("Large", 2, True), ("This", 1, False), ("This", 2, True), ("Rounding", 1, False)]
    assert names_contribution(found[2].text) and not names_contribution(found[0].text)


def test_a_connective_is_left_out_where_the_rest_stands_alone_and_an_ellipsis_says_so(base, library, tmp_path):
    english = (
        "Walks over a graph are cheap to take on any machine. However, the random walk of node2vec is tied to the "
        "names of its nodes. "
        "However, it needs a whole new walk for every graph. A walk takes time that grows with its steps. "
        "However, the gain was measured on graphs of few nodes only.")
    chinese = (
        "随机游走在任何机器上都很便宜，图可以很大。然而，node2vec 的随机游走离不开每个节点自己的编号。因此，"
        "需要为每张新的图重新走一遍才行。"
    )
    (tmp_path / "a.md").write_text(f"# Random walks\n\n{english}\n\n{chinese}\n", encoding="utf-8")
    base.add([tmp_path / "a.md"])
    document = base.document(base.documents()[0].id)
    found = units(document)
    assert [
        (
            unit.text[:12],
            unit.text.count(". ") + unit.text.count("。") - (unit.language == "zh"),
            unit.is_pair,
            unit.is_cut,
        )
        for unit in found
    ] == [
        ("Walks over a", 0, False, False),
        ("the random w", 0, False, True),
        ("the random w", 1, True, True),
        ("A walk takes", 0, False, False),
        ("A walk takes", 1, True, False),
        ("随机游走在任何机器上都很", 0, False, False),
        ("node2vec 的随机", 0, False, True),
        ("node2vec 的随机", 1, True, True),
    ], "a limit that only its However tells is not told without it"
    assert all(document.text[unit.start:unit.end] == unit.text for unit in found)
    shown = {"en": "“… the random walk of node2vec is tied", "zh": "“……node2vec 的随机游走离不开"}
    for language in ("en", "zh"):  # each quotes a document in both in its own
        survey = base.surveyor().write(make_request("random walk", language, length="long"), tmp_path / language)
        assert {s.language for s in survey.sentences if s.is_cut} == {language}
        assert survey.audit["span_validity"] == 1.0 and ("However" if language == "en" else "然而") in survey.banner
        assert "ellipsis" not in library.survey("model compression").banner
        for kind in ("markdown", "latex", "html", "docx"):
            made = next(iter(export(survey, kind, {document.id: document}).values()))
            text = (zipfile.ZipFile(io.BytesIO(made)).read("word/document.xml").decode() if kind == "docx" else
                    made.decode().replace("``", "“").replace("\\ldots{}", "…"))
            assert shown[language] in text, kind
        assert read_survey(tmp_path / language) == survey


def test_a_long_section_is_drawn_on_by_its_paragraphs(base, tmp_path):
    paragraph = (
        "The {}th layer of the network computes a weighted sum. "
        + "Every weight of the sum is learned from many examples of the task. " * 9
    )
    text = "\n\n".join(
        f"## Part {part}\n\n" + "\n\n".join(paragraph.format(part * 10 + n) for n in range(8)) for part in range(4)
    )
    (tmp_path / "a.md").write_text(f"# A long work\n\n{text}\n")
    base.add([tmp_path / "a.md"])
    found = units(base.document(base.documents()[0].id))
    assert found == sorted(found) and 100 <= len(found) <= 120
    assert {unit.text.split()[1] for unit in found if unit.text.startswith("The ")} == {
        f"{part * 10 + n}th" for part in range(4) for n in range(8)
    }


def test_what_is_chosen_repeats_less_than_what_ranks_highest(base, monkeypatch):
    base.add([CORPUS / "papers" / f"{name}.md" for name in (
        "alce", "alphafold", "attention-is-all-you-need", "attention-is-not-explanation", "autogpt-agents", "awq",
        "bert", "clip", "colbert", "distilbert", "dpr", "faiss")])
    candidates = sorted(unit for info in base.documents() for unit in units(base.document(info.id)))
    rows = dict(zip(candidates, select.tfidf(candidates), strict=True))

    def alike() -> float:
        chosen = [
            unit for own in select.choose(candidates, "training language models", "short").values() for unit in own
        ]
        assert {unit.document for unit in chosen} == {unit.document for unit in candidates}
        return float(np.mean([rows[a] @ rows[b] for a, b in combinations(chosen, 2)]))

    with_penalty = alike()
    monkeypatch.setattr(select, "_REPEATS", 0.0)
    assert with_penalty < 0.9 * alike()


def test_a_pair_of_sentences_and_the_first_of_them_are_told_apart(base, tmp_path):
    (tmp_path / "a.md").write_text(
        "# Small networks\n\nLarge networks are costly to run on small devices. To overcome this limit, we propose a "
        "student that learns from its teacher.\n"
    )
    base.add([tmp_path / "a.md"])
    single, pair = units(base.document(base.documents()[0].id))
    assert (single.start, single < pair, pair < single) == (pair.start, True, False)
    for chosen in (single, pair):
        survey = choose([single, pair], "small networks", "long", frozenset([chosen]))
        assert not survey, "what another section speaks with is not said again as a part of something longer"
        node = Node("t", "theme", "T", (single.document,))
        row = make_evidence("e", "s", chosen, 1.0, base.document(single.document), "extract")
        sources = gather(make_request("small networks"), [base.document(single.document)], base.encoder())
        assert _units(Section(node, (), (row,)), sources) == [chosen]


def test_a_document_whose_every_sentence_shares_with_its_limit_still_speaks(base, tmp_path):
    for n, said in enumerate(("Sparse student networks are trained from a dense teacher network.",
                              "Quantised networks keep eight bits for every weight of a layer.")):
        (tmp_path / f"{n}.md").write_text(
            f"# Networks {n}\n\n{said} However, it does not speed up inference on any common hardware without special "
            f"kernels.\n"
        )
    base.add(sorted(tmp_path.glob("*.md")))
    own = units(base.document(base.documents()[0].id))
    assert [unit.is_pair for unit in own] == [False, True]
    assert limit_of([replace(own[0], role="method"), replace(own[1], role="limitation")]) is None
    assert (
        limit_of([replace(own[0], role="limitation"), replace(own[1], start=own[0].end, role="method")]).text
        == own[0].text
    )
    for length in ("short", "medium"):
        assert base.survey("networks", length=length).audit["coverage"] == 1.0


# --- being killed


@pytest.mark.slow
def test_killed_before_changes_of_its_folder_and_resumed_gives_the_same_bytes(library, tmp_path):
    # every third change: a file is written beside and then renamed, so that both are met
    with Commands("faiss", "kb.cli.survey", "kb.survey", "kb.survey.update") as commands:
        def run(n, out):
            return commands.run("survey", "write", "model compression", "--home", library.home, "--encoder", "hashing",
                                "--json", "--out", out, kill_at=n, folder=out)

        assert run(0, tmp_path / "whole") == 0
        wanted = files(tmp_path / "whole")
        n = 1
        while True:
            out = tmp_path / str(n)
            if run(n, out) == 0:
                break
            if n % 2:
                assert run(2, out) in (-signal.SIGKILL, 0)  # taken up and killed again
            assert run(0, out) == 0
            found = files(out)
            assert {name: data for name, data in found.items() if not name.split("/")[-1].startswith(".")} == wanted
            n += 3
    assert n > 2 * len(wanted)  # each file is written beside and then renamed


def test_the_command_offers_what_there_is():
    from kb.cli import survey as cli_survey
    from kb.survey.records import LENGTHS, STYLES
    from kb.survey.render.export import FORMATS

    assert (LENGTHS, STYLES, tuple(FORMATS)) == (cli_survey.LENGTHS, cli_survey.STYLES, cli_survey.FORMATS)


def test_a_library_of_abstracts_has_every_paper_and_no_empty_section(base, tmp_path):
    (tmp_path / "abstracts").mkdir()
    for i, (what, how) in enumerate((a, b)
                                    for a in ("Speech", "Vision", "Retrieval", "Robotics")
                                    for b in ("transfer", "memory", "planning", "ranking")):
        (tmp_path / "abstracts" / f"{i:02}.txt").write_text(
            f"{what} by {how}: study {i}\n\n{what} systems depend on {how} more than on the size of their networks. "
            f"We present a way to study {how} in {what.lower()} that needs no labels. It is simple. On benchmark B{i} "
            f"it wins {i + 3}.{i} points over the best known system.\n",
            encoding="utf-8")
    base.add([tmp_path / "abstracts"])
    for length in ("short", "medium", "long"):
        survey = base.survey("learning systems", length=length)
        assert survey.audit["coverage"] == 1.0 and len(survey.references) == 16
        assert all(node.kind != "problems" for node in survey.outline)
        assert all(node.paragraphs for node in survey.nodes() if not node.children)


@pytest.mark.parametrize("part", ["sentence", "cell"])
def test_words_put_into_a_quote_break_the_audit(library, tmp_path, part):
    """Evidence that still holds does not vouch for a sentence or a cell that says something else."""
    library.survey("model compression", out=tmp_path / "out")
    saved = json.loads((tmp_path / "out" / "survey.json").read_text(encoding="utf-8"))
    if part == "sentence":
        next(s for s in saved["sentences"]
             if s["kind"] == "quote")["text"] = "Every network can be made small for free."
    else:
        next(cell for row in saved["table"]["rows"] for cell in row["cells"] if cell)["text"] = "99.9%"
    (tmp_path / "out" / "survey.json").write_text(json.dumps(saved), encoding="utf-8")
    found = library.surveyor().audit(read_survey(tmp_path / "out"))
    assert not found.is_sound and len(found.broken) == 1
    assert part == "cell" or found.strict_support < 1.0


@pytest.mark.parametrize("heading", ["一句话总结", "摘要"])
def test_a_note_speaks_first_with_what_it_sums_its_work_up_in(tmp_path, heading):
    said = {"甲": "提出句子级偏好优化，按句子赋予奖励，使幻觉减少三成。",
            "乙": "用多臂老虎机为每批偏好优化数据挑选奖励模型，训练快两倍。"}
    for name, summary in said.items():
        rest = "\n".join(f"设计动机：第 {i} 个{name}模块的偏好优化与奖励模型要相互配合，否则偏好优化很难收敛。"
                         for i in range(9))
        (tmp_path / f"{name}.md").write_text(f"# {name}法\n\n## {heading}\n\n{summary}\n\n## 方法\n\n{rest}\n",
                                             encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library") as base:
        base.add([tmp_path / "甲.md", tmp_path / "乙.md"])
        own = [unit for info in base.documents() for unit in units(base.document(info.id))]
    chosen = choose(own, "偏好优化", "short", language="zh")
    assert {own[0].text for own in chosen.values()} == set(said.values())
