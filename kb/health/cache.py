"""The index files of a library, in words."""

from __future__ import annotations

from kb.store import Store, View
from kb.store.milvus import MilvusVectors
from kb.types import Words


def index_words(store: Store, view: View) -> Words:
    """Which kind of index there is, of how many passages, and how far behind."""
    state = store.index.state(view)
    if state is None:
        return Words("none", "无")
    if isinstance(store.index, MilvusVectors):
        at, added, gone = store.index.address, state.n_added, state.n_removed
        return Words(f"Milvus at {at}: {state.n_base} passages; {added} added and {gone} removed since",
                     f"Milvus（{at}）：{state.n_base} 个段落；此后增加 {added}，删去 {gone}")
    size, recall = f"{state.bytes / 1e6:.1f} MB", f"{state.recall:.1%}"
    found = Words(f", {recall} of the ten nearest found", f"，最近的十个能找到 {recall}")
    if state.kind == "exact":
        found = Words("", "")
    return Words(
        f"{state.kind}, {state.n_base} passages in {size}{found.en}; {state.n_added} added and "
        f"{state.n_removed} removed since",
        f"{state.kind}，{state.n_base} 个段落共 {size}{found.zh}；此后增加 {state.n_added}，删去 {state.n_removed}")
