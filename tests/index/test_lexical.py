import sqlite3

import numpy as np
import pytest

from kb.index.lexical import SCHEMA, LexicalIndex
from kb.index.selection import Selection
from kb.text import question_tokens


@pytest.fixture
def index():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA:
        connection.execute(statement)
    lexical = LexicalIndex(connection)
    lexical.add([(1, "知识蒸馏用大模型指导训练小模型。", "模型压缩"), (2, "剪枝移除不重要的权重。", "模型压缩"),
                 (3, "Pruning removes weights from a network.", "Compression"),
                 (4, "Distillation trains a small student.", "Compression")])
    return lexical


def among(*ids):
    return Selection(frozenset(), np.array(ids, np.int64))


def found(index, question):
    return index.search([t.term for t in question_tokens(question)], 10)[1].tolist()


def test_chinese_and_english_are_found_by_their_words(index):
    assert found(index, "什么是知识蒸馏？") == [1]
    assert found(index, "How does pruning work?") == [3]
    assert found(index, "权重") == [2]


def test_words_of_the_heading_count_less_than_words_of_the_text(index):
    index.add([(5, "压缩", "x")])
    assert found(index, "压缩")[0] == 5
    assert set(found(index, "压缩")) == {1, 2, 5}


def test_removed_passages_are_gone_at_once(index):
    index.remove(np.array([1]))
    assert found(index, "什么是知识蒸馏？") == []
    assert index.document_frequency(["蒸馏"]) == {"蒸馏": 0}


def test_of_some_passages_alone_the_best_are_found_with_the_library_s_weights(index):
    whole = dict(zip(*(values.tolist() for values in index.search(["removes", "模型", "weight"], 10)[::-1]),
                     strict=True))
    scores, ids = index.search(["removes", "模型", "weight"], 10, among(1, 3))
    assert sorted(ids.tolist()) == [1, 3] and all(whole[i] == s for i, s in zip(ids.tolist(), scores.tolist(),
                                                                             strict=True))
    assert index.search(["weight"], 1, among(1, 4))[1].tolist() == []
    assert index.search(["weight"], 1, among())[1].tolist() == []


def test_of_many_terms_those_that_occur_are_named(index):
    assert index.occurring([]) == {}
    assert index.occurring([*(f"absent{i}" for i in range(12_000)), "weight", "模型"]) == {"模型": 2, "weight": 1}


def test_document_frequency_counts_passages(index):
    counted = index.document_frequency(["模型", "weight", "absent", "模型"])
    assert list(counted.items()) == [("模型", 2), ("weight", 1), ("absent", 0)]  # in this order, whatever hashes are


@pytest.mark.parametrize(
    "question", ['"', "NEAR(a b)", "a AND OR NOT", "col:x", "*", "(((", "body : pruning ^ -", "'; DROP TABLE terms; --"]
)
def test_operators_in_a_question_are_only_text(index, question):
    index.search([t.term for t in question_tokens(question)], 5)


def test_scores_are_positive_and_best_first(index):
    scores, _ = index.search(["模型", "知识", "weight"], 10)
    assert (scores > 0).all()
    assert (np.diff(scores) <= 0).all()
