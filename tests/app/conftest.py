"""A library of one note, as the app opens it; and the small library of papers that surveys are made of."""

import pytest
from kb_app import suggested

from kb import KnowledgeBase
from tests.survey.conftest import _filled, library  # noqa: F401

NOTE = """# 压缩

知识蒸馏是指用大模型指导训练小模型的方法。它需要一个教师模型。

## 剪枝

剪枝是指移除不重要的权重。
"""


@pytest.fixture
def examples_are_looked_for(monkeypatch):
    """As in the app, in a process of its own, which takes two seconds of CPU for each page that shows them."""
    monkeypatch.setattr("kb_app.first.look", suggested.look)


@pytest.fixture(autouse=True)
def _no_examples(monkeypatch):
    monkeypatch.setattr("kb_app.first.look", list)


@pytest.fixture
def home(tmp_path, monkeypatch):
    import streamlit as st

    st.cache_resource.clear()
    monkeypatch.setenv("KB_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("KB_ENCODER", "hashing")
    monkeypatch.setenv("KB_CORPUS", str(tmp_path))
    return tmp_path


@pytest.fixture
def filled(home):
    (home / "note.md").write_text(NOTE)
    with KnowledgeBase.open() as base:
        base.add([home / "note.md"])
    return home
