"""How good the answers are on public questions: floors under the figures of tests/bench/RESULTS.md."""

from types import SimpleNamespace

import pytest

from kb import KnowledgeBase
from tests.bench.measure import add_corpus, corpus_golds, corpus_questions, quality, write_cmrc
from tests.conftest import shared_data


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.timeout(1200)
def test_chinese_questions_on_848_files(tmp_path):
    golds = write_cmrc(shared_data("cmrc2018_dev.json.gz"), tmp_path / "files")
    with KnowledgeBase.open(tmp_path / "library") as base:
        assert len(base.add([tmp_path / "files"]).added) == 848
        found = quality(base, golds[::4])
        assert base.ask("特斯拉公司的股价是多少美元？").status == "not_found"
    assert found["recall@1"] >= 0.96
    assert found["recall@5"] >= 0.985
    assert found["first claim"] >= 0.85


@pytest.mark.slow
@pytest.mark.engine
def test_questions_on_the_corpus_in_their_own_and_in_the_other_language(tmp_path):
    questions, n_quotes = corpus_questions("tune"), 0
    with KnowledgeBase.open(tmp_path / "library") as base:
        add_corpus(base)

        def ask(question):
            """Asks, and holds every quote against the text that it is from."""
            nonlocal n_quotes
            answer = base.ask(question)
            for claim in answer.claims:
                for c in claim.citations:
                    assert base.document(c.document).text[c.start:c.end] == c.quote
                    n_quotes += 1
            return answer

        asked = SimpleNamespace(search=base.search, ask=ask)
        for kind, language, recall, three in (("same", "en", 0.89, 0.62), ("same", "zh", 0.88, 0.70),
                                              ("cross", "en", 0.82, 0.68), ("cross", "zh", 0.69, 0.53)):
            found = quality(asked, corpus_golds(q for q in questions
                                                if q["kind"] == kind and q["language"] == language))
            assert found["recall@5"] >= recall, (kind, language)
            assert found["first three"] >= three, (kind, language)
        for question in [q for q in questions if q["kind"] == "unanswerable"][::4]:
            ask(question["question"])
    assert n_quotes >= 100
