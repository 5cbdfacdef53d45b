"""What other programs may ask for of collections, tags and states, and the filters that other operations share.

Reads: a KnowledgeBase, arguments within their bounds.  Gives: plain values in the shapes of the command's --json.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kb.errors import ScopeError
from kb.messages import Words
from kb.operations import shapes
from kb.operations.kinds import Operation, Parameter
from kb.types.scope import STATES

if TYPE_CHECKING:
    from kb.base import KnowledgeBase
    from kb.types import ReadingState, Scope

_NAME = 120  # characters of the name of a collection or tag, a person, a kind
_TITLE = 400  # of a document's id, path or title


def _several(name: str, en: str, zh: str, most: int = 20, longest: int = _NAME) -> Parameter:
    return Parameter(name, "texts", Words(en, zh), (), most=most, longest=longest)


# tests/test_operations.py holds these against what kb.base.scoping takes
FILTERS = (
    _several("collections", "only documents in one of these collections", "只限这些文献集之一中的文档"),
    _several("tags", "only documents with all of these tags", "只限具备全部这些标签的文档"),
    _several("authors", "only documents by all of these authors: \"Hinton\", \"Geoffrey Hinton\", 王小明",
             "只限这些作者共同署名的文档：Hinton、Geoffrey Hinton、王小明"),
    Parameter("years", "text", Words("only documents of these years: 2021, 2020..2023, 2020.. or ..2023",
                                     "只限这些年份的文档：2021、2020..2023、2020.. 或 ..2023"), "", most=20),
    _several("languages", "only documents in these languages: zh, en", "只限这些语言的文档：zh、en", 2, 2),
    _several("kinds", "only files of these kinds: pdf, docx, markdown …", "只限这些类型的文件：pdf、docx、markdown 等"),
    _several("states", "only documents in these reading states: unread, reading, read",
             "只限这些阅读状态的文档：unread（未读）、reading（在读）、read（已读）", 3, 10),
)
DOCUMENTS = _several("documents", "only these documents, by id, path or title; none: all of the library",
                     "只限这些文档（编号、路径或标题）；不给则为整个资料库", 200, _TITLE)


def scope_of(filters: dict[str, Any]) -> Scope | None:
    """The scope that the filters say, None where they say none. Errors: ScopeError."""
    from kb.base.scoping import scope_of as made

    given = {name: value for name, value in filters.items() if value}
    if any(language not in ("zh", "en") for language in given.get("languages", ())):
        raise ScopeError("E_SCOPE_LANGUAGE")
    return made(**given) if given else None


def collections(base: KnowledgeBase) -> dict[str, Any]:
    """Every collection and tag."""
    return shapes.filing(base.collections(), base.tags())


def collect(base: KnowledgeBase, name: str, documents: Sequence[str], take_out: bool) -> dict[str, Any]:
    """How many documents came into a collection, or out of it."""
    n = base.take_out(name, documents) if take_out else base.collect(name, documents)
    return {"collection": name, "changed": n}


def rename(base: KnowledgeBase, name: str, new: str, tag: bool) -> dict[str, Any]:
    """The names before and now."""
    (base.rename_tag if tag else base.rename_collection)(name, new)
    return {"renamed": name, "to": new}


def discard(base: KnowledgeBase, name: str, tag: bool) -> dict[str, Any]:
    """How many documents were in a collection, or had a tag."""
    if tag:
        return {"deleted": name, "documents": base.delete_tag(name)}
    return {"removed": name, "documents": base.delete_collection(name)}


def tag(base: KnowledgeBase, documents: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> dict[str, Any]:
    """How many tags were put on or taken off."""
    return {"changed": base.tag(documents, add, remove)}


def state(base: KnowledgeBase, documents: Sequence[str], state: ReadingState) -> dict[str, Any]:
    """How many documents had another reading state."""
    return {"state": state, "changed": base.set_state(documents, state)}


_NAMED = Parameter("name", "text", Words("of the collection; A/B is inside A", "文献集的名称；A/B 在 A 之内"),
                   is_required=True, least=1, most=_NAME)
_ITS_NAME = Parameter("name", "text", Words("its name now", "现在的名称"), is_required=True, least=1, most=_NAME)
_IS_TAG = Parameter("tag", "yes", Words("whether it is a tag and no collection", "是标签而不是文献集"), False)
_CALLED = Words("by id, path of a file or folder, or title", "编号、文件或文件夹路径，或标题")
_SOME = Parameter("documents", "texts", _CALLED, is_required=True, least=1, most=1000, longest=_TITLE)
READING = (
    Operation("collections", Words("list the collections and the tags", "列出文献集和标签"),
              Words("their names and how many documents each has", "各自的名称与文档数"), (), collections),
)
WRITING = (
    Operation("collect", Words("put documents into a collection, which is made if there is none, or take them out",
                               "把文档放入文献集（没有则新建），或从中取出"),
              Words("how many documents that changed", "改变了多少篇文档"),
              (_NAMED, Parameter("documents", "texts", _CALLED, (), most=1000, longest=_TITLE),
               Parameter("take_out", "yes", Words("take them out of it", "从中取出"), False)), collect, writes=True),
    Operation("rename", Words("give a collection, with those inside it, or a tag another name",
                              "给文献集（连同其中的）或标签改名"), Words("the names before and now", "原名与新名"),
              (_ITS_NAME, Parameter("new", "text", Words("its name from then on", "新的名称"), is_required=True,
                                    least=1, most=_NAME), _IS_TAG), rename, writes=True),
    Operation("discard", Words("remove a collection, with those inside it, or take a tag off every document; the "
                               "documents stay", "删除文献集（连同其中的），或从所有文档上去掉标签；文档保留"),
              Words("how many documents had it", "涉及多少篇文档"), (_ITS_NAME, _IS_TAG), discard, writes=True,
              removes=True),
    Operation("tag", Words("put tags on documents and take others off", "给文档加标签或去掉标签"),
              Words("how many of those changes there were to make", "实际改动了多少处"),
              (_SOME, _several("add", "tags to put on them", "要加的标签"),
               _several("remove", "tags to take off them", "要去掉的标签")), tag, writes=True),
    Operation("state", Words("say of documents whether they are unread, being read or read",
                             "标记文档的阅读状态：未读、在读或已读"), Words("how many had another", "改变了多少篇"),
              (_SOME, Parameter("state", "choice", Words("of the documents", "文档的状态"), is_required=True,
                                choices=STATES)), state, writes=True),
)
