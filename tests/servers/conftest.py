"""What the tests of both servers share: a library with two notes, the API behind its door."""

from __future__ import annotations

import pytest

from kb import KnowledgeBase

NOTES = {
    "LoRA": "LoRA is a method that adds low-rank matrices to frozen weights. See ![x](http://far.example/x.png).",
    "剪枝": "剪枝是一种去掉网络中多余权重的方法。它降低计算量。",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library with two notes, which no test changes."""
    with KnowledgeBase.open(tmp_path_factory.mktemp("servers") / "library", encoder="hashing") as base:
        for title, text in NOTES.items():
            base.add_text(f"# {title}\n\n{text}", title)
        yield base
