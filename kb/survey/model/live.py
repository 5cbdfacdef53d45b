"""What a model writes while it comes: the sentences that hold so far, and the one that is not whole yet.

Reads: the text of a reply as it grows.  Gives: Live, for the command line and the page. What is stored is checked
again from the whole reply, so that looking changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kb.survey.folder import Folder, dumps
from kb.survey.records import Node
from kb.types import Record
from kb.verify.cited import CitedSentence, read_cited

LIVE = "live.json"  # in a survey's folder while a model writes
_APART = 0.3  # seconds between two pictures of a text that comes, in the folder
_LONGEST = 20_000  # characters of a picture that are read


@dataclass(frozen=True, slots=True)
class Live(Record):
    """Of one part, by its node's id. sentences: those that hold so far; draft: what has come since, unchecked."""

    node: str
    heading: str
    sentences: tuple[str, ...]
    draft: str = ""


OnLive = Callable[[Live], None]


@dataclass
class Telling:
    """Tells of one part while replies for it come. holds: whether a sentence may stay, beside those before it."""

    node: Node
    tell: OnLive
    holds: Callable[[CitedSentence, tuple[str, ...]], bool]
    _held: list[str] = field(default_factory=list)
    _n_read: int = 0

    def begin(self) -> None:
        """A reply is asked for: of the one before it stays what holds."""
        self._n_read = 0

    def __call__(self, text: str, *, is_whole: bool = False) -> None:
        """The reply so far."""
        found = read_cited(text, is_whole=is_whole)
        n_whole = len(found) if is_whole else len(found) - 1
        for sentence in found[self._n_read:max(0, n_whole)]:
            if self.holds(sentence, tuple(self._held)):
                self._held.append(sentence.text)
        self._n_read = max(self._n_read, n_whole)
        draft = found[-1].text if found and not is_whole else ""
        self.tell(Live(self.node.id, self.node.heading, tuple(self._held), draft))


class Picture:
    """Keeps what is being written in a survey's folder, for the page, and tells it on."""

    def __init__(self, on_live: OnLive | None) -> None:
        self.on_live = on_live
        self._drawn = 0.0

    def show(self, live: Live, folder: Folder | None) -> None:
        if self.on_live is not None:
            self.on_live(live)
        if folder is not None and (not live.draft or time.monotonic() - self._drawn >= _APART):
            self._drawn = time.monotonic()
            folder.write(LIVE, dumps(live.to_dict()))


def live_from_dict(found: Mapping[str, Any] | None) -> Live | None:
    """What a file says is being written; None where it is not of that form."""
    if not found or not isinstance(sentences := found.get("sentences"), list):
        return None
    texts = [found.get("node"), found.get("heading"), found.get("draft", ""), *sentences]
    if not all(isinstance(text, str) for text in texts) or sum(map(len, texts)) > _LONGEST:
        return None
    node, heading, draft, *rest = texts
    return Live(node, heading, tuple(rest), draft)
