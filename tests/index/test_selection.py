"""A filtered search finds what a search of everything to infinite depth would leave after the filter: at every size, in
every kind of index, in what came and went since."""

import numpy as np
import pytest

from kb.answer.nearest import OwnIndex, Snapshots
from kb.answer.retrieve import Retriever
from kb.encoder.hashing import HashingEncoder
from kb.index.selection import Selection
from kb.index.vector import FaissIndex
from kb.store import Store
from kb.store.scoped import ScopedView, selection_of
from tests.index.test_snapshot import build, of_vectors, unit, write
from tests.making import make_prepared

ENCODER = HashingEncoder()
SHARES = (0.0, 0.005, 0.08, 0.5, 0.97, 1.0)


def brute(view, question, k, passages):
    """Scores of the k nearest of these passages, by looking at every stored vector."""
    ids, vectors = view.vectors()
    return np.sort((vectors @ question[0])[np.isin(ids, passages)])[::-1][:k]


def some_of(view, share, rng):
    documents = [brief.id for brief in view.briefs.all()]
    chosen = rng.permutation(documents)[:round(share * len(documents))]
    return selection_of(view, chosen.tolist())


def changed(tmp_path, n, exact_up_to):
    """A store of n vectors in an index file, with a fifth more in segments and a tenth removed since. Vectors repeat,
    so that scores are equal, and one document has none of its own passages near any question."""
    store = Store(tmp_path / "library", exact_up_to=exact_up_to)
    per = max(2, n // 40)
    write(store, *(of_vectors(unit(per, seed=i % 37), f"old{i}") for i in range(n // per)))
    if n > exact_up_to:
        build(store)
    for i in range(4):
        write(store, *(of_vectors(unit(per, seed=100 + i + j), f"new{i}-{j}") for j in range(2)))
    with store.read() as view:
        gone = [brief.id for brief in view.briefs.all()][::10]
    write(store, removes=gone)
    return store


@pytest.mark.parametrize(("n", "exact_up_to"), [(40, 100_000), (900, 100_000), (6000, 100_000), (2400, 500)])
def test_vectors_are_those_that_brute_force_finds(tmp_path, n, exact_up_to):
    store, rng = changed(tmp_path, n, exact_up_to), np.random.default_rng(n)
    with store.read() as view:
        snapshot = store.index.load(view)
        assert snapshot.base.part.is_exact == (n <= exact_up_to) and (n < 2000 or snapshot.segments)
        for share in SHARES:
            among = some_of(view, share, rng)
            for k in (1, 10, 300):
                question = unit(1, seed=int(rng.integers(1 << 30)))
                scores, ids = snapshot.search(view, question, k, among)
                expected = brute(view, question, k, among.passages)
                assert len(scores) == len(expected) == min(k, len(among)) and np.isin(ids, among.passages).all()
                assert len(set(ids.tolist())) == len(ids) and np.allclose(scores, expected, atol=1e-6)


def test_vectors_that_8_bits_cannot_tell_apart_are_told_apart(tmp_path):
    store, rng = Store(tmp_path / "library", exact_up_to=500), np.random.default_rng(11)
    vectors = np.concatenate([unit(1, seed=1) + 2e-3 * unit(1500, seed=2), unit(1500, seed=3)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write(store, *(of_vectors(vectors[i::30], f"d{i}") for i in range(30)))
    build(store)
    with store.read() as view:
        snapshot = store.index.load(view)
        assert not snapshot.base.part.is_exact
        for share in (0.3, 0.9):
            among = some_of(view, share, rng)
            scores, _ = snapshot.search(view, unit(1, seed=1), 100, among)
            assert np.array_equal(scores, brute(view, unit(1, seed=1), 100, among.passages))


@pytest.mark.parametrize("n", [30, 400])
def test_an_index_of_the_caller_is_asked_until_the_scope_is_full(tmp_path, n):
    store, rng = changed(tmp_path, n, 100_000), np.random.default_rng(n)
    own = OwnIndex(FaissIndex(32))
    with store.read() as view:
        for share in SHARES:
            scoped = ScopedView(view, some_of(view, share, rng))
            question = unit(1, seed=int(rng.integers(1 << 30)))
            scores, ids = own.search(scoped, question, 10)
            assert np.isin(ids, scoped.selection.passages).all()
            assert np.allclose(scores, brute(view, question, 10, scoped.selection.passages), atol=1e-6)


def test_a_removed_passage_is_not_found_by_who_chose_it_before(tmp_path):
    store = Store(tmp_path / "library", exact_up_to=100_000)
    write(store, *(of_vectors(unit(60, seed=i), f"d{i}") for i in range(60)))
    with store.read() as view:
        snapshot, among = store.index.load(view), some_of(view, 1.0, np.random.default_rng(0))
        (gone,) = [brief.id for brief in view.briefs.all()][:1]
    write(store, removes=[gone])
    with store.read() as view:
        question = unit(1, seed=3)
        later = store.index.load(view, snapshot)
        scores, ids = later.search(view, question, 50, among)
        assert np.allclose(scores, brute(view, question, 50, among.passages), atol=1e-6) and len(ids) == 50


class Everything:
    """A full-text index or a snapshot that is asked for all there is, which is filtered afterwards."""

    def __init__(self, inner, view):
        self._inner, self._view = inner, view

    def search(self, *asked):
        if isinstance(asked[0], list):  # terms, k, among
            scores, ids = self._inner.search(asked[0], 1 << 30)
            passages = asked[2].passages if asked[2] is not None else ids
        else:  # view, vector, k
            whole = asked[0].whole
            scores, ids = self._inner.current(whole).search(whole, asked[1], whole.counts()[1])
            passages = asked[0].selection.passages
        kept = np.isin(ids, passages)
        k = asked[1] if isinstance(asked[0], list) else asked[2]
        return scores[kept][:k], ids[kept][:k]

    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A library of 120 short texts in two languages; words repeat, so many passages have equal scores."""
    store = Store(tmp_path_factory.mktemp("texts") / "library")
    rng = np.random.default_rng(5)
    words = "kiln clay tide moon salt glaze ash river 潮汐 月亮 陶土 窑 distillation pruning".split()
    with store.write("test") as writer:
        for i in range(120):
            said = [" ".join(rng.choice(words, 9)) + ". " for _ in range(int(rng.integers(1, 40)))]
            writer.commit(make_prepared(f"# Text {i}\n\n" + "".join(said), f"{i}.md"), "hashing")
    return store


@pytest.mark.parametrize("question", ["What is clay?", "kiln and tide under the moon", "潮汐和月亮有什么关系？",
                                      "glazes of salt by a river nobody named", "什么是窑"])
def test_a_question_finds_what_is_left_of_all_that_everything_finds(texts, question):
    rng = np.random.default_rng(len(question))
    with texts.read() as view:
        snapshots = Snapshots(texts.index)
        for share in SHARES[1:]:
            scoped = ScopedView(view, some_of(view, share, rng))
            reference = ScopedView(view, scoped.selection)
            reference.lexical = Everything(view.lexical, reference)
            for k in (3, 20):
                found = Retriever(snapshots).search(scoped, ENCODER, question, k, keeps_copies=True)
                expected = Retriever(Everything(snapshots, reference)).search(reference, ENCODER, question, k,
                                                                              keeps_copies=True)
                assert [hit.passage for hit in found.hits] == [hit.passage for hit in expected.hits]
                assert found.idf == expected.idf and found.n_documents == len(scoped.selection.documents)
                assert {hit.document for hit in found.hits} <= scoped.selection.documents


def test_a_scope_of_all_finds_what_no_scope_finds(texts):
    with texts.read() as view:
        retriever = Retriever(Snapshots(texts.index))
        whole = retriever.search(view, ENCODER, "clay of the river", 20)
        scoped = retriever.search(ScopedView(view, some_of(view, 1.0, np.random.default_rng(1))), ENCODER,
                                  "clay of the river", 20)
        assert scoped.hits == whole.hits and len(whole.hits) == 20


def test_documents_without_passages_are_a_scope_in_which_nothing_is_found(texts):
    with texts.read() as view:
        scoped = ScopedView(view, Selection(frozenset(("x",)), np.empty(0, np.int64)))
        assert Retriever(Snapshots(texts.index)).search(scoped, ENCODER, "clay", 5).hits == []
