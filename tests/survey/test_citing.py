import pytest

from kb.survey.citing import citation_graph, reference_entries
from kb.types import Document, Metadata, Section
from tests.survey.conftest import by_name


def document(name, text, **known):
    return Document(name, name, f"{name}.md", "markdown", Metadata(**known), "en", text,
                    (Section("", 0, 0, len(text)), ))


def test_a_library_knows_who_cites_whom(library):
    graph = library.citation_graph()
    found = {(edge.citing, edge.cited): edge.by for edge in graph.edges}
    assert found == {
        (by_name(library, "sanh"), by_name(library, "hinton")): "arxiv",
        (by_name(library, "frankle"), by_name(library, "han")): "title",
        (by_name(library, "lin"), by_name(library, "frantar")): "arxiv",
    }
    assert graph.n_documents == 3 and graph.n_entries == 3
    assert graph.reading[0].n_cited == 1


def test_the_timeline_of_a_survey_uses_it(library):
    survey = library.survey("model compression")
    keys = {moment.key: moment.cites for moment in survey.timeline}
    assert keys["sanh2019distilbert"] == ("hinton2015distilling",)
    assert [moment.year for moment in survey.timeline] == sorted(moment.year for moment in survey.timeline)


def cited(entry, title="Neural Pottery Machines", **known):
    text = f"Body text.\n\n## References\n\n[1] {entry}\n[2] B. Writer. Another work on something else. 2020.\n"
    start = text.index("## References")
    citing = Document("a", "a", "a.md", "markdown", Metadata(title="Another one"), "en", text,
                      (Section("", 0, 0, start), Section("References", 2, start, len(text))))
    return [edge.cited for edge in citation_graph([citing, document("b", "Text.", title=title, **known)]).edges]


@pytest.mark.parametrize("entry", [
    "A. Author. Neural Pottery Machines. In POTS, 2019.", "Author, A.: Neural Pottery Machines. POTS (2019)",
    "A. Author, “Neural Pottery Machines,” POTS, 2019.", "Author A. Neural pottery machines[C]//POTS. 2019.",
    "A. Author. 2019. Neural Pot-\ntery Machines. In POTS.", "A. Author. Neural Pottery Ma chines. POTS, 2019.",
])
def test_an_entry_of_this_title_is_found_however_it_is_set(entry):
    assert cited(entry) == ["b"]


@pytest.mark.parametrize("entry", [
    "A. Author. Attentional Neural Pottery Machines. POTS, 2019.",
    "A. Author. Neural Pottery Machines with Glaze. 2019.",
    "A. Author. Neural Pottery Machines vs. Hands Revisited. 2020.",
    "A. Author. Neural Pottery Machines: A Survey. 2021.",
])
def test_a_longer_title_that_has_this_one_in_it_is_another_work(entry):
    assert cited(entry) == []


def test_a_long_title_is_known_with_a_misread_letter():
    title = "Slow Firing of Large Pots in Small Kilns of Clay"
    assert cited("A. Author. Slow Firinq of Large Pots in Small Kilns of Clay. POTS, 2019.", title) == ["b"]


def test_two_entries_in_one_line_are_two():
    text = ("Body text. " * 40
            + "\nREFERENCES\n[1] A. Author. Firing of pots. 2019. [2] B. Writer. Glazes of old. 2020.\n"
            "[3] C. Third. Wheels, as in [2], compared. 2021.\n")
    assert [entry[:3] for entry in reference_entries(document("a", text))] == ["[1]", "[2]", "[3]"]


def test_a_list_without_a_heading_in_the_outline_is_found_by_its_line():
    text = (
        "Body text. " * 40
        + "\nREFERENCES\n[1] A. Author. A title of some\nlength that wraps. 2019.\n[2] B. Writer. Another work "
          "entirely. doi:10.1234/abc.5.\n"
    )
    entries = reference_entries(document("a", text))
    assert len(entries) == 2 and "wraps" in entries[0]


def test_doi_beats_title_and_a_word_cut_at_a_line_end_still_matches():
    cited = document("b", "x", title="Compressing networks by removing weights", doi="10.1234/abc.5")
    other = document("c", "x", title="Attention mechanisms for everybody")
    citing = document(
        "a",
        "Text. " * 50
        + "\nReferences\n[1] B. Somebody. doi:10.1234/ABC.5\n[2] C. Else. Attention mecha-\nnisms for "
          "every-\nbody. 2020.\n",
    )
    assert {(edge.cited, edge.by) for edge in citation_graph([citing, cited, other]).edges} == {
        ("b", "doi"),
        ("c", "title"),
    }


def test_a_short_or_guessed_title_matches_nothing():
    short = document("b", "x", title="Attention")
    guessed = document("c", "x", title="Introduction to the subject", guessed=("title",))
    citing = document(
        "a", "Text. " * 50 + "\nReferences\n[1] Attention. 2020.\n[2] Introduction to the subject. 2021.\n"
    )
    assert citation_graph([citing, short, guessed]).edges == ()


def test_entries_that_were_taken_for_headings_are_entries_of_the_list():
    text = ("Body.\n\n## References\n\nA. Ode, B. Ruiz. 2001. On stones. Quarry Press.\n\n"
            "K. Okoro, P. Ely. 2013. Wheels and\n\nhow they turn. Press.\n\n"
            "M. Zhu, L. Ode, K. Man\n\n2014. Salt. Press.")
    cuts = [0, text.index("## R"), text.index("K. Okoro"), text.index("M. Zhu"), len(text)]
    headings = ["", "References", "K. Okoro, P. Ely. 2013. Wheels and", "M. Zhu, L. Ode, K. Man"]
    sections = tuple(Section(heading, 1, a, b) for heading, a, b in zip(headings, cuts, cuts[1:], strict=False))
    found = reference_entries(Document("a", "a", "a.md", "markdown", Metadata(title="A"), "en", text, sections))
    assert any(entry.startswith("K. Okoro") for entry in found) and "2014. Salt" in found[-1]


def test_a_year_that_begins_a_line_belongs_to_the_authors_before_it():
    text = ("Body.\n\n## References\n\n[Ode et al.2010] Ann Ode, Bo Ruiz, and Cy Ely.\n\n"
            "2010. Wheels of clay. In Pots.\n\n"
            "Dee Zhu. 2012. Glaze.\n\nIn Proceedings of Kilns.\n\nEve Man. 2013. Salt. Press.")
    start = text.index("## References")
    found = reference_entries(Document("a", "a", "a.md", "markdown", Metadata(title="A"), "en", text, (
        Section("", 0, 0, start), Section("References", 2, start, len(text)))))
    assert [entry.split("]")[-1].split()[0] for entry in found] == ["Ann", "Dee", "Eve"]
    assert "Wheels of clay" in found[0] and found[1].endswith("Kilns.")


def test_a_page_number_that_begins_a_line_is_no_mark_of_an_entry():
    text = ("Body.\n\n## References\n\nAnn Ode. 2010. Wheels of clay. Pots, pages 370-\n\n"
            "372. http://pots.example.\n\n"
            "Bo Ruiz. 2012. Glaze. Press.\n\nCy Ely. 2013. Salt. In Kilns, pages 12-\n\n"
            "19. Press.\n\nDee Zhu. 2014. Ash.")
    start = text.index("## References")
    found = reference_entries(Document("a", "a", "a.md", "markdown", Metadata(title="A"), "en", text, (
        Section("", 0, 0, start), Section("References", 2, start, len(text)))))
    assert sum(entry[:3] in ("Ann", "Bo ", "Cy ", "Dee") for entry in found) == 4


@pytest.mark.parametrize("entry", [
    "A. Ode. Neural Poery Machines. In WWW, 2001.",
    "A. Ode. Neural Pottery Machin\u0001s. In WWW, 2001.",
])
def test_a_title_that_lost_letters_ends_where_it_ends(entry):
    assert cited(entry) == ["b"]
