"""What an operation is: its name, what it does in words, its parameters with their bounds, and the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from kb.messages import Words

if TYPE_CHECKING:
    from kb.base import KnowledgeBase

Kind = Literal["text", "number", "yes", "texts", "choice"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument. kind: "text", "number" (a whole one), "yes" (true or false), "texts" (a list), "choice".

    least, most: of a number; of a text, its characters; of texts, how many.  longest: characters of each of the texts.
    default: for one that is not required; None says that nothing was given.
    """

    name: str
    kind: Kind
    words: Words
    default: Any = None
    is_required: bool = False
    least: int = 0
    most: int = 0
    longest: int = 0
    choices: tuple[str, ...] = ()

    @property
    def wanted(self) -> Words:
        """What may stand there."""
        if self.kind == "number":
            return Words(f"a whole number from {self.least} to {self.most}", f"{self.least} 到 {self.most} 的整数")
        if self.kind == "yes":
            return Words("true or false", "true 或 false")
        if self.kind == "choice":
            return Words(f"one of {', '.join(self.choices)}", f"可选：{'、'.join(self.choices)}")
        if self.kind == "text":
            return Words(f"a text of {self.least} to {self.most} characters",
                         f"{self.least} 到 {self.most} 个字符的文本")
        return Words(f"a list of {self.least} to {self.most} texts of at most {self.longest} characters",
                     f"{self.least} 到 {self.most} 条文本的列表，每条最多 {self.longest} 个字符")


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be done with a library, whoever asks for it.

    call: (library, **arguments within their bounds) -> plain values, as the command prints them with --json.  writes:
    whether the library may be another afterwards; removes: whether something may be gone.  reaches_out: whether an
    argument may make it ask the network.
    """

    name: str
    words: Words
    result: Words
    parameters: tuple[Parameter, ...]
    call: Callable[..., dict[str, Any]]
    writes: bool = False
    removes: bool = False
    reaches_out: bool = False

    def on(self, base: KnowledgeBase, **arguments: Any) -> dict[str, Any]:
        """What it gives. Errors: KBError."""
        return self.call(base, **arguments)
