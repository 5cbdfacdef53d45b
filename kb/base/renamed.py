"""Which new file is which gone one, where it was renamed and changed at once: so that what a reader set stays.

Reads: the paths whose file is gone, and the new files.  Gives: pairs that are sure. The bytes are others and so is the
name: what says that it is one work is its DOI or arXiv number, or its title and authors, and that it says the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from kb.readers import Source
from kb.readers.metadata import title_from_name
from kb.store import View
from kb.store.paths import PathRow
from kb.store.tables import to_metadata
from kb.text import sentence_spans
from kb.types import Document, Metadata

ReadFile = Callable[[Source], Document | None]
_SAME = 0.5  # of the sentences of the longer one, where title and authors are the same
_SOME = 0.2  # where the DOI or arXiv number is
_LEAST = 12  # characters of a sentence that is no heading, number or name


def renamed(view: View, gone: Sequence[PathRow], new: Sequence[Source], read: ReadFile) -> list[tuple[PathRow, Source]]:
    """Pairs of a gone path and the new file that has its work, for documents of which a reader has set something, or
    which he has filed.

    A file that may be several, or may have come from several, is in no pair. Only files with the suffix of a gone one
    are read.
    """
    filed = view.filing.of({row.document for row in gone})
    edited = [row for row in gone if row.document in filed
              or (origin := view.origins.of(row.document)) is not None and origin.is_edited]
    suffixes = {_suffix(row.path) for row in edited}
    candidates = [(source, document) for source in new if source.suffix in suffixes
                  and (document := read(source)) is not None]
    found = [(row, source) for row in edited for source, document in candidates
             if source.suffix == _suffix(row.path) and _is_one(_as_read(view, row), document, row, source)]
    return [(row, source) for row, source in found
            if sum(other == row for other, _ in found) == 1 and sum(other is source for _, other in found) == 1]


def _suffix(path: bytes) -> str:
    return os.path.splitext(os.fsdecode(path))[1].lower()


def _as_read(view: View, row: PathRow) -> tuple[Document, Metadata]:
    """A document, and its metadata before anybody set any."""
    document, origin = view.document(row.document), view.origins.of(row.document)
    return document, to_metadata(origin.read, origin.beside) if origin is not None else document.metadata


def _is_one(old: tuple[Document, Metadata], new: Document, row: PathRow, source: Source) -> bool:
    document, metadata = old
    share = _share(document.text, new.text)
    if any(_number(metadata, name) and _number(metadata, name) == _number(new.metadata, name)
           for name in ("doi", "arxiv")):
        return share >= _SOME
    titles = {_plain(metadata.title), _plain(new.metadata.title)}
    named = {_plain(title_from_name(os.fsdecode(os.path.basename(path)))) for path in (row.path, source.raw)}
    return (len(titles) == 1 and bool(min(titles)) and not titles & named
            and tuple(map(_plain, metadata.authors)) == tuple(map(_plain, new.metadata.authors)) and share >= _SAME)


def _number(metadata: Metadata, name: str) -> str:
    value = getattr(metadata, name)
    return "" if not value or name in metadata.guessed else str(value).casefold()


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _share(old: str, new: str) -> float:
    """How many sentences both have, of those of the one that has more."""
    before, after = _sentences(old), _sentences(new)
    return len(before & after) / max(len(before), len(after), 1)


def _sentences(text: str) -> set[str]:
    found = (" ".join(text[start:end].split()) for start, end in sentence_spans(text))
    return {sentence for sentence in found if len(sentence) >= _LEAST}
