"""Each section is written from its own evidence and no other: the mistake of a published system, guarded first."""

from kb.survey.outline.plan import gather, plan
from kb.survey.records import Request
from kb.survey.write.verify import keep_held
from kb.survey.write.write import own_evidence, write_node
from tests.bench.survey import RelatedWork, written


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
        quoted = {
            rows[e].document for paragraph in node.paragraphs for name in paragraph for e in sentences[name].evidence
        }
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
    assert all(sources.units[d] for node in nodes for d in node.documents), (
        "what one section does to its evidence reaches no other"
    )


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


def test_each_prompt_holds_only_its_own_evidence_and_no_title(library):
    from tests.survey.scripted import evidence, model, scripted, step_of

    def two(body):
        ids = [i for i, _ in evidence(body)]
        odd, even = ("".join(f"[{i}]" for i in ids[first::2]) for first in (0, 1))
        return f"# Odd ones\n{odd}\n# Even ones\n{even}"

    writer, server = model(library, scripted(outline=two))
    survey = library.surveyor().write(Request("model compression", "en"), writer=writer)
    texts = {r.document: " ".join(library.document(r.document).text.split()) for r in survey.references}
    titles = {r.title for r in survey.references}
    themes = [node for node in survey.nodes() if node.kind == "theme" and node.documents]
    assert len(themes) == 2
    bodies = {
        step: [body for _, _, body in server.seen if step_of(body) == step]
        for step in ("outline", "section", "coherence", "ends")
    }
    assert [len(found) for found in bodies.values()] == [1, 2, 2, 3]
    for step, node in ((step, node) for step in ("section", "coherence") for node in themes):
        prompt = "\n".join(message["content"] for message in bodies[step][themes.index(node)]["messages"])
        quotes = [quote for _, quote in evidence(bodies[step][themes.index(node)])] or [
            line.rpartition(" [")[0].partition(". ")[2] for line in prompt.splitlines() if line[:1].isdigit()
        ]
        assert len(quotes) > 2
        for quote in quotes:
            assert any(quote in texts[d] for d in node.documents)
            assert not any(quote in texts[d] for d in texts if d not in node.documents)
        other = next(one for one in themes if one is not node)
        assert other.heading not in prompt.split("<<", 2)[-1]
    for _, _, body in server.seen:
        prompt = "\n".join(message["content"] for message in body["messages"])
        assert not any(title in prompt for title in titles)
        assert not any(author in prompt for r in survey.references for author in r.authors)
    assert len(evidence(bodies["outline"][0])) == len(texts)


def test_a_set_whose_heading_names_no_topic_is_measured_with_all_its_works(library):
    notes = tuple((f"{i}.md", "") for i in range(3))
    assert len(written(library, RelatedWork("Background", "Some works are old.", notes), "short").references) == 3
