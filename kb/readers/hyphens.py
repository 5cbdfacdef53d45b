"""Words divided at the end of a line: whether the hyphen belongs to the word.

Reads: rows.  Gives: Written, what a document writes with a hyphen and what without. Used by paragraphs.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kb.readers.order import Row
from kb.words import Phrases

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_FIRST, _LAST = Phrases(r"(?:«hyphens: first»)"), Phrases(r"(?:«hyphens: last»)")
_SUSPENDED = Phrases(r"(?:«hyphens: suspended»)(?=\s)")


class Written:
    """The words of a document as they are written within its lines."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._counts: Counter[str] = Counter()
        if any(row.text.endswith("\x02") for row in rows):
            self._counts.update(_WORD.findall("\n".join(row.text for row in rows).casefold()))
        # "state-of-the-art" tells of "state-of" and "the-art", too
        self._pairs: Counter[str] = Counter()
        for word, n in self._counts.items():
            if "-" in word:
                parts = word.split("-")
                for a, b in zip(parts, parts[1:], strict=False):
                    self._pairs[f"{a}-{b}"] += n

    def keeps_hyphen(self, before: str, after: str) -> bool:
        """Whether `before` and `after`, divided at the end of a line, are a compound with a hyphen.

        As the document writes it elsewhere; else by the parts that compounds are made of.
        """
        if not after[:1].islower() or "-" in before or "-" in after:
            return True
        heads, tails = _WORD.findall(before.casefold()), _WORD.findall(after.casefold())
        if not heads or not tails:
            return False
        head, tail = heads[-1], tails[0]
        apart, together = self._pairs[f"{head}-{tail}"], self._counts[head + tail]
        if apart or together:
            return apart >= together
        return bool(_LAST.fullmatch(tail)) and len(head) > 2 or bool(_FIRST.fullmatch(head)) and self._counts[tail] > 0


def is_suspended(after: str) -> bool:
    """Whether what follows says that the hyphen stands for a word to come: "pre-" and "post-training"."""
    return _SUSPENDED.match(after) is not None
