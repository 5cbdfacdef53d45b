"""Each section is written from its own evidence and no other: the mistake of a published system, guarded first."""

from kb.survey.plan import gather, plan
from kb.survey.records import Request
from kb.survey.verify import keep_held
from kb.survey.write import own_evidence, write_node


def planned(library):
    request = Request("model compression", "en")
    sources = gather(request, [library.document(info.id) for info in library.documents()], library.encoder())
    return plan(request, sources), sources


def test_each_section_quotes_only_its_own_documents(library):
    survey = library.survey("model compression")
    rows = {row.id: row for row in survey.evidence}
    sentences = {s.id: s for s in survey.sentences}
    themes = [node for node in survey.nodes() if node.kind == "theme" and node.documents]
    assert len(themes) >= 1
    for node in themes:
        quoted = {rows[e].document for paragraph in node.paragraphs for name in paragraph for e in sentences[name].evidence}
        assert quoted == set(node.documents)


def test_the_evidence_of_two_nodes_is_never_the_same_object(library):
    made, sources = planned(library)
    nodes = [node for top in made.outline for node in top.walk() if node.kind == "theme" and node.documents]
    for node in nodes:
        found = own_evidence(node, sources)
        assert set(found) == set(node.documents)
        for document, units in found.items():
            assert {unit.document for unit in units} == {document}
            units.clear()
    assert all(sources.units[d] for node in nodes for d in node.documents), "what one section does to its evidence reaches no other"


def test_evidence_of_another_section_is_thrown_out(library):
    made, sources = planned(library)
    node = next(node for top in made.outline for node in top.walk() if node.kind == "theme" and len(node.documents) > 1)
    section = write_node(node, made, sources)
    from dataclasses import replace

    foreign = replace(section, node=replace(section.node, documents=section.node.documents[:1]))
    kept = keep_held(foreign, sources.documents)
    assert {row.document for row in kept.evidence} == {section.node.documents[0]}


def test_every_document_stands_in_exactly_one_section(library):
    made, _ = planned(library)
    placed = [d for top in made.outline if top.kind == "theme" for node in top.walk() for d in node.documents]
    assert sorted(placed) == sorted(r.document for r in made.references)
    assert len(placed) == len(set(placed)) == 6
