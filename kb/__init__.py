"""kb: a bilingual knowledge base that answers with the exact place each sentence came from.

    from kb import KnowledgeBase
    base = KnowledgeBase.open("library")
    base.add(["papers/"])
    answer = base.ask("什么是知识蒸馏?")

`kb.labs` has the examples of the article: kb.labs.get("finetune").run({"data": "reviews.csv"}, home=base.home).
Names are loaded at their first use: `import kb` loads neither torch nor faiss nor streamlit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kb.version import __version__

if TYPE_CHECKING:
    from kb import labs as labs
    from kb.base import KnowledgeBase as KnowledgeBase
    from kb.errors import KBError as KBError
    from kb.llm.chat import OpenAIChat as OpenAIChat
    from kb.llm.endpoint import Endpoint as Endpoint
    from kb.serve import Service as Service
    from kb.types import Answer as Answer
    from kb.types import Citation as Citation
    from kb.types import Claim as Claim
    from kb.types import Document as Document
    from kb.types import Encoder as Encoder
    from kb.types import Hit as Hit
    from kb.types import Passage as Passage
    from kb.types import Report as Report
    from kb.types import Scope as Scope

_HOMES = {
    "KnowledgeBase": "kb.base", "KBError": "kb.errors", "OpenAIChat": "kb.llm.chat", "Endpoint": "kb.llm.endpoint",
    "Answer": "kb.types", "Citation": "kb.types", "Claim": "kb.types", "Document": "kb.types", "Encoder": "kb.types",
    "Hit": "kb.types", "Passage": "kb.types", "Report": "kb.types", "Scope": "kb.types",
    "Service": "kb.serve"
}
__all__ = ["__version__", "labs", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "labs":
        return import_module("kb.labs")
    if name not in _HOMES:
        raise AttributeError(f"module 'kb' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
