"""What the viewer asks the server for, behind the same guard as every page: pages as pictures, their text in its place,
where a word stands, and the file itself.

    /source/ID/N.png?w=900          a page, at least as wide
    /source/ID/N.json?marks=A-B,…   its words with their places; the boxes of these spans of the text; find=WORD: of it
    /source/ID/find?q=WORD          the pages that a word stands on, and how often
    /source/ID/file                 the file as it was added
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote as escaped

from kb_app.pdftext import Box, PageText, letters
from kb_app.pdfview import FileBroken, FileGone, Pages, opened, scaled
from kb_app.state import library
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kb.errors import KBError
from kb.types import Document

PREFIX = "/source/"
PAGED = ("pdf", "picture")
# Types that a browser shows without running anything on the app's own address; every other file is saved.
_SHOWN = {"pdf": "application/pdf"}
_MARK = re.compile(r"(\d{1,9})-(\d{1,9})")
_MOST_MARKS, _LONGEST_WORD, _MOST_PAGES = 300, 200, 500
_BEFORE = 120  # characters before a quote, which tell its place from others with the same words
_KEPT = {"cache-control": "private, max-age=600"}  # a document's id is of its bytes: what is kept stays true


def routes() -> list[Route]:
    """The routes, for the ASGI application."""
    return [
        Route(PREFIX + "{document}/{page:int}.png", _answering(_image)),
        Route(PREFIX + "{document}/{page:int}.json", _answering(_words)),
        Route(PREFIX + "{document}/find", _answering(_find)),
        Route(PREFIX + "{document}/file", _answering(_file)),
    ]


def pages_of(document: Document) -> Pages:
    """The opened file of a document that has pages. Errors: FileGone, FileBroken."""
    return opened(library().source_path(document.id), document.sha256)


def text_of(document: Document, pages: Pages, page: int) -> PageText:
    """The text of a page; of one without, what was recognised in it. Errors: IndexError, FileBroken."""
    text = pages.text(page)
    if text.characters or not document.recognised:
        return text
    runs = tuple((document.text[line.start:line.end], scaled([line.box], (text.width, text.height))[0])
                 for line in document.recognised if document.page_at(line.start) == page)
    return PageText(text.width, text.height, runs=runs)


def boxes_of(document: Document, text: PageText, page: int, start: int, end: int) -> list[Box]:
    """Where a span of the document's text stands on a page: by its words, else by the lines that were recognised."""
    found = text.places(document.text[start:end], document.text[max(0, start - _BEFORE):start])
    if found:
        return found
    seen = [line.box for line in document.recognised
            if line.start < end and start < line.end and document.page_at(line.start) == page]
    return scaled(seen, (text.width, text.height))


def _answering(answer: Callable[[Request, Document], Response]) -> Callable[[Request], Response]:
    """An endpoint that says in its status what went wrong; it runs in a thread of its own."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request, library().document(request.path_params["document"]))
        except (KBError, FileGone, IndexError):
            return PlainTextResponse("gone", 404)
        except FileBroken:
            return PlainTextResponse("broken", 422)

    return endpoint


def _image(request: Request, document: Document) -> Response:
    width = request.query_params.get("w", "")
    image = pages_of(document).image(_page(request), int(width) if re.fullmatch(r"\d{1,5}", width) else 960)
    return Response(image, media_type="image/png", headers=_KEPT)


def _page(request: Request) -> int:
    page: int = request.path_params["page"]
    if page < 1:
        raise IndexError
    return page


def _words(request: Request, document: Document) -> Response:
    page, pages = _page(request), pages_of(document)
    text = text_of(document, pages, page)
    spans = [(int(a), int(b)) for a, b in _MARK.findall(request.query_params.get("marks", ""))][:_MOST_MARKS]
    found = text.found(request.query_params.get("find", "")[:_LONGEST_WORD])
    return JSONResponse({
        "size": (text.width, text.height),
        "runs": [(words, *_rounded(box)) for words, box in text.selectable()],
        "marks": [(a, b, [_rounded(box) for box in boxes_of(document, text, page, a, b)]) for a, b in spans if a < b],
        "found": [[_rounded(box) for box in boxes] for boxes in found],
    }, headers={"cache-control": "no-store"})


def _rounded(box: Box) -> list[float]:
    return [round(value, 2) for value in box]


def _find(request: Request, document: Document) -> Response:
    word = letters(request.query_params.get("q", "")[:_LONGEST_WORD])
    counts = Counter(_pages_with(document, word)) if word else Counter()
    pages = sorted(counts.items())
    return JSONResponse({"pages": pages[:_MOST_PAGES], "n": sum(counts.values())},
                        headers={"cache-control": "no-store"})


def _pages_with(document: Document, word: str) -> Iterator[int]:
    """The page of each place where the word stands."""
    text, starts = _lettered(document.id, tuple((page.start, page.end, page.number) for page in document.pages))
    for (begin, number), (end, _) in pairwise([*starts, (len(text), 0)]):
        for _ in range(text.count(word, begin, end)):
            yield number


@lru_cache(maxsize=4)
def _lettered(document: str, pages: tuple[tuple[int, int, int], ...]) -> tuple[str, list[tuple[int, int]]]:
    """The letters of all pages, and where each page begins among them."""
    whole, parts, starts, at = library().document(document).text, [], [], 0
    for start, end, number in pages:
        part = letters(whole[start:end])
        starts.append((at, number))
        parts.append(part)
        at += len(part)
    return "".join(parts), starts


def _file(request: Request, document: Document) -> Response:
    path = library().source_path(document.id)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileGone from error
    if hashlib.sha256(data).hexdigest() != document.sha256:  # whatever stands there now is not what was added
        raise FileGone
    shown = _SHOWN.get(document.kind)
    return Response(data, media_type=shown or "application/octet-stream", headers={
        "content-disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{escaped(_name(path))}",
        "cache-control": "no-store"})


def _name(path: Path) -> str:
    return path.name.encode("utf-8", "replace").decode()


def link(document: str) -> str:
    """Where the viewer asks about a document."""
    return PREFIX + escaped(document, safe="")


def sizes_of(pages: Pages) -> dict[str, Any]:
    """The sizes of all pages for the viewer: the first one's, and those that differ."""
    first = pages.sizes[0]
    others = {n + 1: [round(w, 1), round(h, 1)] for n, (w, h) in enumerate(pages.sizes) if (w, h) != first}
    return {"n": len(pages.sizes), "size": [round(first[0], 1), round(first[1], 1)], "others": others}
