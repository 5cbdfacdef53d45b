"""What other programs may ask for of the reader's judgements: whether an answer is right, and where the answer stands.

Reads: a KnowledgeBase, arguments within their bounds.  Gives: plain values in the shapes of the command's --json.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kb.messages import Words
from kb.operations import shapes
from kb.operations.kinds import Operation, Parameter

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

_MAX_QUESTION = 8000  # characters, as of every question
_ID = 64


def _feedback(base: KnowledgeBase) -> dict[str, Any]:
    """What the reader said of answers."""
    return shapes.feedback(base.feedback())


def _judge(base: KnowledgeBase, question: str, right: bool, quote: str, absent: bool) -> dict[str, Any]:
    """The judgement that is kept, of the answer that the library has to the question as it is now."""
    return base.judge(base.ask(question), right, quote=quote, is_absent=absent).to_dict()


def _remove(base: KnowledgeBase, feedback: Sequence[str]) -> dict[str, Any]:
    """The judgements that are gone now."""
    return shapes.feedback(base.remove_feedback(feedback))


READING = (
    Operation(
        "feedback", Words("what the reader said of answers: right, not right, where the answer stands",
                          "读者对回答的评价：正确、不正确、答案在哪里"),
        Words("feedback: the question, whether its answer is right, the words that answer it",
              "feedback：问题、回答是否正确、能回答它的原文"), (), _feedback),
)
WRITING = (
    Operation(
        "judge", Words("keep whether the library's answer to a question is right, for kb eval --feedback",
                       "记下资料库对一个问题的回答是否正确，供 kb eval --feedback 使用"),
        Words("what is kept", "保存的评价"),
        (Parameter("question", "text", Words("in Chinese or English", "中文或英文"), is_required=True, least=1,
                   most=_MAX_QUESTION),
         Parameter("right", "yes", Words("whether its answer is right", "回答是否正确"), is_required=True),
         Parameter("quote", "text", Words("where it is not: words of a document that do answer it",
                                          "不正确时：文档中能回答它的原文"), "", most=_MAX_QUESTION),
         Parameter("absent", "yes", Words("where it is not: nothing in the library answers it",
                                          "不正确时：资料库中没有答案"), False)), _judge, writes=True),
    Operation(
        "remove_feedback", Words("remove what was said of answers", "删除对回答的评价"),
        Words("what is gone", "已删除的评价"),
        (Parameter("feedback", "texts", Words("ids, or unambiguous beginnings of them", "编号，或能唯一确定它们的开头"),
                   is_required=True, least=1, most=200, longest=_ID),), _remove, writes=True, removes=True),
)
