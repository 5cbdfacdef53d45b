"""Every vector index passes the same tests, against brute force."""

import numpy as np
import pytest

from kb.index.milvus import MilvusIndex, MilvusServer
from kb.index.vector import CANDIDATES, ClusteredIndex, FaissIndex, MappedIndex


def unit(n, dim=32, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def exact(dim):
    return FaissIndex(dim)


def clustered(dim):
    return ClusteredIndex(dim, unit(800, dim, seed=99), 16)


@pytest.fixture(params=[exact, clustered])
def make_file(request):
    return request.param


@pytest.fixture(params=[exact, clustered, pytest.param("milvus", marks=pytest.mark.engine)])
def make(request):
    return request.getfixturevalue("milvus").make if request.param == "milvus" else request.param


@pytest.fixture
def mapped(tmp_path):
    def write(index):
        path = tmp_path / "index.faiss"
        with path.open("wb") as file:
            index.write(file.write)
        return MappedIndex(path, index.dim)

    return write


@pytest.fixture(params=["in memory", "mapped"])
def ready(request, mapped):
    """What an index is searched as: itself, or by somebody else who opens what it is kept in."""
    def by_another(index):
        if isinstance(index, MilvusIndex):
            return MilvusIndex(MilvusServer(index.address), index.name, index.dim)
        return mapped(index)

    return by_another if request.param == "mapped" else lambda index: index


def bitmap(ids):
    return np.packbits(np.isin(np.arange(max(ids) + 1), ids), bitorder="little")


def test_it_finds_what_brute_force_finds(make, ready):
    vectors, questions, ids = unit(500), unit(20, seed=1), np.arange(1000, 1500)
    index = make(32)
    index.add(ids, vectors)
    scores, found = ready(index).search(questions, 5)
    true = questions @ vectors.T
    for row in range(20):
        best = ids[np.argsort(-true[row])]
        if make is not clustered:
            assert set(found[row]) == set(best[:5])
        else:  # 8 bits may exchange neighbours: the best are among a few more
            assert set(found[row]) <= set(best[:8])
    assert np.allclose(scores[:, 0], true.max(axis=1), atol=2e-2 if make is clustered else 2e-3)


@pytest.mark.parametrize("n", [1, 50, 3000])
def test_removed_vectors_are_never_found(make, ready, n):
    vectors, ids = unit(n), np.arange(n)
    index = make(32)
    index.add(ids, vectors)
    gone = np.arange(0, n, 3)
    index.remove(np.append(gone, n + 7))
    index = ready(index)
    assert len(index) == n - len(gone)
    found = index.search(vectors[:20], n)[1]
    assert not set(gone.tolist()) & set(found.ravel().tolist())
    assert (np.sort(found, axis=1)[:, len(gone):] == np.setdiff1d(ids, gone)).all()


@pytest.mark.parametrize("n", [1, 50, 3000])
def test_only_what_the_bitmap_has_is_found_and_all_of_it(make, ready, n):
    vectors = unit(n)
    index = make(32)
    index.add(np.arange(n) * 2 + 1, vectors)
    if make is clustered:
        index.tune(unit(4, seed=3), np.full((4, 10), -1), 0.0)  # looks into one cell
        assert index.n_probes == 1
    living = (np.arange(n) * 2 + 1)[::4]
    found = ready(index).search(vectors[:5], n, bitmap(living))[1]
    for row in found:
        assert sorted(i for i in row.tolist() if i >= 0) == living.tolist()


def test_what_was_removed_can_be_added_again(make):
    index = make(32)
    index.add(np.arange(9), unit(9))
    index.remove(np.array([4]))
    index.add(np.array([4]), unit(1, seed=8))
    assert len(index) == 9
    assert index.search(unit(1, seed=8), 1)[1].tolist() == [[4]]


def test_a_short_result_is_padded(make, ready):
    index = make(32)
    index.add(np.array([7]), unit(1))
    scores, ids = ready(index).search(unit(2, seed=2), 3)
    assert ids[:, 0].tolist() == [7, 7]
    assert (ids[:, 1:] == -1).all()
    assert np.isneginf(scores[:, 1:]).all()


def test_an_empty_index_finds_nothing(make, ready):
    assert (ready(make(32)).search(unit(1), 4)[1] == -1).all()


def test_an_id_cannot_be_added_twice(make):
    index = make(32)
    index.add(np.array([1]), unit(1))
    with pytest.raises(ValueError):
        index.add(np.array([1]), unit(1))
    with pytest.raises(ValueError):
        index.add(np.array([3, 3]), unit(2))
    with pytest.raises(ValueError):
        index.add(np.array([2]), unit(1, dim=16))
    assert len(index) == 1


def test_a_mapped_file_finds_what_the_index_finds(make_file, mapped):
    index, questions = make_file(32), unit(20, seed=5)
    index.add(np.arange(5, 3005), unit(3000))
    if make_file is clustered:
        index.tune(questions, index.search(questions, 10)[1], 0.9)
        assert 1 < index.n_probes < 16
    again = mapped(index)
    assert len(again) == 3000
    for a, b in zip(again.search(questions, 9), index.search(questions, 9), strict=True):
        assert (a == b).all()


def test_a_file_of_another_width_or_kind_is_refused(mapped, tmp_path):
    with pytest.raises(ValueError, match="16-d, expected 32-d"):
        index = FaissIndex(16)
        index.dim = 32
        mapped(index)
    (tmp_path / "text").write_bytes(b"no index at all" * 100)
    with pytest.raises(ValueError, match="no FAISS index"):
        MappedIndex(tmp_path / "text", 32)


def test_an_error_of_the_file_reaches_the_caller(make_file):
    def full(block):
        raise OSError(28, "No space left on device")

    index = make_file(32)
    index.add(np.arange(3000), unit(3000))
    with pytest.raises(OSError, match="No space"):
        index.write(full)


def test_ranked_again_the_candidates_of_a_clustered_index_hold_the_true_neighbours():
    vectors, questions = unit(20_000, 64), unit(50, 64, seed=1)
    index = ClusteredIndex(64, vectors, 64)
    index.add(np.arange(20_000), vectors)
    true = np.argsort(-questions @ vectors.T, axis=1)[:, :10]
    assert index.tune(questions, true, 1.0) >= 0.999
    candidates = index.search(questions, CANDIDATES)[1]
    found = np.take_along_axis(candidates, np.argsort(-np.einsum("qd,qcd->qc", questions, vectors[candidates]), axis=1),
                               axis=1)[:, :10]
    assert (np.sort(found) == np.sort(true)).mean() > 0.99


def test_tuning_looks_into_few_cells_where_vectors_are_clustered_and_into_most_where_they_are_not():
    rng = np.random.default_rng(0)
    centres = unit(100, 64, seed=3)
    near = centres[rng.integers(0, 100, 10_000)] + 0.5 * unit(10_000, 64, seed=4)
    probes = []
    for vectors in (near / np.linalg.norm(near, axis=1, keepdims=True), unit(10_000, 64, seed=5)):
        index = ClusteredIndex(64, vectors, 50)
        index.add(np.arange(10_000), vectors)
        questions = vectors[:100]
        recall = index.tune(questions, np.argsort(-questions @ vectors.T, axis=1)[:, :10], 0.95)
        assert recall >= 0.95
        probes.append(index.n_probes)
    assert probes[0] <= 5
    assert probes[1] >= 15


def test_a_hundredth_of_the_cells_is_looked_into_at_least():
    """What questions it was tuned by found in one cell, questions that are further away do not."""
    vectors = unit(2400, seed=5)
    index = ClusteredIndex(32, vectors, 300)
    index.add(np.arange(2400), vectors)
    assert index.tune(vectors[:40], np.arange(40)[:, None], 0.9) == 1.0  # each in its own cell
    assert index.n_probes == 3
