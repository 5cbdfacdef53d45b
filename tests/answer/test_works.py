"""The kind of a work, decided once: the same for GB/T 7714, BibTeX, RIS and the export of a conversation."""

import re

import pytest

from kb.answer.conversation import to_bibtex as conversation_bibtex
from kb.answer.works import FORMS, kind_of_work
from kb.survey.records import Reference
from kb.survey.references import entry
from kb.survey.render.bibliography import _bibtex, _ris
from kb.types import Answer, Citation, Claim, DocumentInfo, Metadata, Searched, Turn
from tests.conftest import CORPUS

CASES = [
    # journals
    ("journal", "Journal of Machine Learning Research", {}),
    ("journal", "JMLR 24 (2023)", {}),
    ("journal", "TMLR 2023", {}),
    ("journal", "Nature 596, 583-589", {}),
    ("journal", "IEEE Transactions on Big Data 7(3), 2021 (arXiv 2017)", {"arxiv": "1702.08734"}),
    ("journal", "arXiv 2024; Nature 650 (2026)", {}),
    ("journal", "Foundations and Trends in Information Retrieval 3(4)", {}),
    ("journal", "Communications of the ACM", {}),
    ("journal", "Proceedings of the IEEE", {}),
    ("journal", "Brain 12(3), 4-5", {}),
    ("journal", "计算机学报", {}),
    ("journal", "软件学报, 第34卷", {}),
    ("journal", "Neural Computation", {}),
    ("journal", "A Name Nobody Knows", {"doi": "10.1016/j.neunet.2020.01.001"}),
    # conferences and workshops
    ("conference", "NeurIPS 2022", {"arxiv": "2203.02155"}),
    ("conference", "ICLR 2023", {}),
    ("conference", "EMNLP-IJCNLP 2019", {}),
    ("conference", "Findings of EMNLP 2020", {}),
    ("conference", "AISec 2023", {}),
    ("conference", "XYZW ’19", {}),
    ("conference", "Advances in Neural Information Processing Systems 30", {}),
    ("conference", "Proceedings of the 57th Annual Meeting of the ACL", {}),
    ("conference", "International Conference on Learning Representations", {}),
    ("conference", "第十八届全国计算语言学大会", {}),
    ("conference", "中国中文信息学会论文集", {}),
    ("conference", None, {"doi": "10.18653/v1/N19-1423"}),
    ("workshop", "NIPS 2014 Deep Learning Workshop", {"arxiv": "1503.02531"}),
    ("workshop", "EMC2 Workshop at NeurIPS 2019", {}),
    ("workshop", "自然语言处理研讨会", {}),
    # on arXiv only
    ("preprint", None, {"arxiv": "2001.08361"}),
    ("preprint", "arXiv preprint", {"arxiv": "2001.08361"}),
    ("preprint", "arXiv preprint (version 2, October 2023)", {}),
    ("preprint", None, {"doi": "10.48550/arXiv.2001.08361"}),
    ("preprint", "CoRR", {}),
    # books
    ("book", "MIT Press", {}),
    ("book", "Cambridge University Press, 2008", {}),
    ("book", "Springer", {}),
    ("book", "清华大学出版社", {}),
    # theses
    ("thesis", "PhD thesis, Massachusetts Institute of Technology", {}),
    ("thesis", "Master's thesis, University of Oslo", {"url": "https://example.org/thesis.pdf"}),
    ("thesis", "Doctoral dissertation", {}),
    ("thesis", "清华大学博士学位论文", {}),
    # reports
    ("report", "Technical report, OpenAI", {}),
    ("report", "技术报告", {}),
    # on the web
    ("web", None, {"url": "https://example.org/post"}),
    ("web", "Google AI Blog", {"url": "https://example.org/post"}),
    ("web", "技术博客", {}),
    # what cannot be told
    ("other", None, {}),
    ("other", "An Unheard of Place", {}),
    ("other", None, {"doi": "10.99999/x"}),
]


def reference(venue, doi=None, arxiv=None, url=None):
    return Reference("k", "d", "0", "A Title", ("Jane Doe",), 2020, venue, doi, arxiv, url, (), "en", 1.0)


def said_of(ref):
    """(mark in GB/T 7714, type in BibTeX, the field the venue is in, type in RIS)."""
    mark = re.search(r"\[([A-Z/]+)\]", entry(ref, "gbt7714", "zh")).group(1)
    bibtex = _bibtex(ref, "")
    fields = dict(re.findall(r"^  (\w+) = {(.*)},$", bibtex, re.MULTILINE))
    field = next((name for name in ("journal", "booktitle", "school", "publisher", "institution", "howpublished")
                  if name in fields), None)
    return mark, bibtex[1:bibtex.index("{")], field, re.search("TY  - (.*)", _ris(ref, "")).group(1)


@pytest.mark.parametrize(("kind", "venue", "known"), CASES)
def test_the_kind_of_a_work(kind, venue, known):
    assert kind_of_work(Metadata(venue=venue, **known)) == kind


@pytest.mark.parametrize(("kind", "venue", "known"), CASES)
def test_every_form_says_the_same_kind(kind, venue, known):
    form, ref = FORMS[kind], reference(venue, **known)
    mark, bibtex, field, ris = said_of(ref)
    has_link = bool(known) and "EB/OL" not in form.gbt
    assert mark == form.gbt + ("/OL" if has_link else "")
    assert bibtex.replace("masters", "phd") == (form.bibtex if venue else "misc")  # BibTeX complains of no journal
    assert field == (form.place if venue else None)
    assert ris == form.ris


def test_the_school_of_a_thesis_stands_without_the_word_thesis():
    text = _bibtex(reference("PhD thesis, MIT"), "")
    assert "@phdthesis{" in text and "school = {MIT}" in text
    assert "@mastersthesis{" in _bibtex(reference("Master’s thesis, Oslo"), "")
    assert "PB  - MIT\n" in _ris(reference("PhD thesis, MIT"), "") and "T2  - ICLR\n" in _ris(reference("ICLR"), "")
    assert "institution = {OpenAI}" in _bibtex(reference("Technical report, OpenAI"), "")


def test_a_conversation_says_it_too():
    info = DocumentInfo("d" * 12, "A & B", ("Jane Doe",), 2020, "NeurIPS 2020", None, None, None, (), "a.md",
                        "markdown", "en", "ok", "", 1, 0, 1, "")
    citation = Citation(info.id, info.title, info.path, None, 0, 1, "x", 1.0)
    turn = Turn(1, "c", "", "q", Answer("q", "en", "found", (Claim("x", (citation,)),), Searched(1, 1)))
    assert conversation_bibtex([turn], [info]).startswith("@inproceedings{doe2020_")
    assert "booktitle = {NeurIPS 2020}" in conversation_bibtex([turn], [info])


def test_no_venue_of_the_corpus_is_left_without_a_kind():
    found = {}
    for path in sorted((CORPUS / "papers").glob("*.md")):
        if venue := re.search(r"^venue: \"?(.*?)\"?$", path.read_text(encoding="utf-8"), re.MULTILINE):
            found[venue.group(1)] = kind_of_work(Metadata(venue=venue.group(1)))
    assert len(found) > 30 and "other" not in found.values()
