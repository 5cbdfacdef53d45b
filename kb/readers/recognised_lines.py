"""Where lines that were recognised stand in the running text, and how sure the recogniser is of them.

Reads: frames of scanned.py and where each row begins in the text.  Gives: RecognisedLine, the confidence of each page.
Used by layout.py and sandbox.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kb.readers.order import Row
from kb.types import RecognisedLine


def with_recognised(frames: Sequence[dict[str, Any]], recognised: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames of a file, those of pages that were recognised in the place of the file's own. The first is its
    head."""
    own = {frame["number"]: frame for frame in frames[1:]}
    pages = own | {n: frame for n, frame in recognised.items() if 1 <= n <= frames[0]["n_pages"]}
    return [frames[0], *(pages[number] for number in sorted(pages))]


def confidences(pages: Sequence[dict[str, Any]]) -> dict[int, float]:
    """Of each page that was recognised and has words, the mean over its characters."""
    found = {}
    for page in pages:
        lengths = [len(line[0]) for line in page["lines"]] if "recognised" in page else []
        if total := sum(lengths):
            found[page["number"]] = round(
                sum(n * confidence for n, (confidence, _) in zip(lengths, page["recognised"], strict=True)) / total, 3)
    return found


def placed_lines(places: Sequence[tuple[int, Row]], pages: Sequence[dict[str, Any]],
                 text: str) -> tuple[RecognisedLine, ...]:
    """The recognised lines that are in the text, in its order. places: the rows and where they begin."""
    seen = {(page["number"], line[1], line[2]): said for page in pages if "recognised" in page
            for line, said in zip(page["lines"], page["recognised"], strict=True)}
    if not seen:
        return ()
    ends = [*(start for start, _ in places[1:]), len(text)]
    found = []
    for (start, row), end in zip(places, ends, strict=bool(places)):
        said = seen.get((row.page, row.left, row.middle))
        end = start + len(text[start:end].rstrip())
        if said is not None and end > start:
            left, top, right, bottom = said[1]
            found.append(RecognisedLine(start, end, said[0], (left, top, right, bottom)))
    return tuple(found)
