"""The library as a map: documents by meaning, the same every time, with names for what lies together."""

import json

import numpy as np
import pytest

from kb import KnowledgeBase, Scope
from kb.cli.main import main
from kb.survey.landscape import grouped, placed, share_kept

SUBJECTS = {
    "Pruning": "Pruning removes weights of a network. Weight pruning keeps the largest weights and prunes the rest.",
    "Retrieval": "Passage retrieval finds text. Dense passage retrieval encodes questions and passages for an index.",
    "Translation": "Machine translation turns sentences of a language into another. Neural machine translation aligns.",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    for subject, text in SUBJECTS.items():
        for n in range(5):
            (folder / f"{subject}{n}.md").write_text(
                f"# {subject}, study {n}\n\n{text} Study {n} of it has {n + 2} parts.\n")
    with KnowledgeBase.open(folder / "library", encoder="hashing") as base:
        base.add(sorted(folder.glob("*.md")))
        yield base


def test_what_is_alike_lies_together(base):
    found = base.map()
    assert found == base.map() and len(found.places) == 15 and not found.unplaced
    assert all(0 <= place.x <= 1 and 0 <= place.y <= 1 for place in found.places)
    where = {subject: np.mean([(p.x, p.y) for p in found.places if p.title.startswith(subject)], axis=0)
             for subject in SUBJECTS}
    for place in found.places:
        near = min(where, key=lambda subject: np.hypot(*(where[subject] - (place.x, place.y))))
        assert place.title.startswith(near)
    assert sum(group.documents for group in found.groups) == 15 and found.kept is not None and found.kept > 0.5


def test_groups_are_named_by_what_tells_them_from_the_others(base):
    found = base.map()
    for group in found.groups:
        titles = {p.title.split(",")[0] for p in found.places if p.group == group.number}
        if len(titles) == 1:
            own = titles.pop()
            assert group.terms
            for term in group.terms:
                having = [name for name, text in SUBJECTS.items() if term.lower() in f"{name} {text}".lower()]
                assert having == [own]


def test_a_map_of_part_of_a_library_holds_that_part(base):
    assert {p.title[:7] for p in base.map(Scope(documents=("Pruning, study 1", "Pruning, study 2"))).places} == {
        "Pruning"}


def test_a_library_of_one_or_two_and_one_that_is_not_there(tmp_path):
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        assert base.map().places == ()
        base.add_text(SUBJECTS["Pruning"], "One")
        (place,) = base.map().places
        assert (place.x, place.y, place.group) == (0.5, 0.5, 0)
        base.add_text(SUBJECTS["Retrieval"], "Two")
        assert len({place.x for place in base.map().places}) == 2


def test_the_command_says_the_same(base, capsys, monkeypatch):
    monkeypatch.setenv("KB_HOME", str(base.home))
    assert main(["map", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == base.map().to_dict()
    assert main(["map"]) == 0
    assert "Pruning, study 1" in capsys.readouterr().out


def test_many_rows_are_placed_and_grouped():
    """Twenty clouds of points, more than are grouped one by one: each is in one group, neighbours stay near."""
    drawn = np.random.default_rng(1)
    middles = drawn.normal(size=(20, 24))
    rows = np.repeat(middles, 30, axis=0) + 0.15 * drawn.normal(size=(600, 24))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    plane, group = placed(rows), np.array(grouped(rows))
    assert (plane == placed(rows)).all()
    assert all(len(set(group[i * 30:i * 30 + 30].tolist())) == 1 for i in range(20))
    kept = share_kept(rows, plane)
    assert kept is not None and kept > 0.3
