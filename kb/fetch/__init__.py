"""Documents from the network: an address that the user typed is fetched once, within limits, and nothing else is sent.

    address_of("arXiv:2106.09685") -> Address        fetch(address, …) -> Fetched

Next: base/fetched.py keeps the bytes in the library's folder and adds them as any other file. The request is
connection.py's.
"""

from __future__ import annotations

import posixpath
import re
import time
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from kb.errors import FileProblem
from kb.fetch.connection import Answer, MayConnect, Resolve, ask, is_public, resolve
from kb.types import Words

SECONDS = 60.0  # for everything: names, redirects and the document
MAX_REDIRECTS = 8  # a DOI takes three to five
_ARXIV = re.compile(r"arxiv:\s*((?:\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,2})?)", re.IGNORECASE)
_DOI = re.compile(r"(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[^\s\"<>{}]+)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_OF_TYPE = {
    "application/pdf": ".pdf", "text/html": ".html", "application/xhtml+xml": ".html", "text/markdown": ".md",
    "text/plain": ".txt", "text/csv": ".csv", "text/tab-separated-values": ".tsv", "application/epub+zip": ".epub",
    "application/rtf": ".rtf", "text/rtf": ".rtf", "message/rfc822": ".eml", "application/x-ipynb+json": ".ipynb",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.text": ".odt", "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_PDF, _HTML = Words("a PDF", "PDF"), Words("a web page", "网页")


@dataclass(frozen=True, slots=True)
class Address:
    """What the user typed, and where it is. expects_pdf: whether anything else is a wrong answer."""

    typed: str
    url: str
    arxiv: str = ""
    doi: str = ""
    expects_pdf: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as it came. name: a file name for it, with the suffix of what it is."""

    address: Address
    name: str
    data: bytes


def address_of(typed: str) -> Address | None:
    """The address in what looks like one: http(s)://…, arXiv:2106.09685, doi:10.… or a bare DOI; None for anything
    else."""
    words = typed.strip()
    if found := _ARXIV.fullmatch(words):
        return Address(typed, f"https://arxiv.org/pdf/{found[1]}", arxiv=found[1], expects_pdf=True)
    if found := _DOI.fullmatch(words):
        return Address(typed, f"https://doi.org/{found[1]}", doi=found[1])
    if _URL.fullmatch(words):
        path = unquote(urlsplit(words).path).lower()
        return Address(typed, words, expects_pdf=path.endswith(".pdf"))
    return None


def fetch(address: Address, supported: tuple[str, ...], max_bytes: int, *, seconds: float = SECONDS,
          may_connect: MayConnect = is_public, resolve: Resolve = resolve) -> Fetched:
    """The document at an address. supported: suffixes of what can be read.

    may_connect: whether a numeric address may be asked; every redirect is judged again, and the connection goes to the
    very address that was judged. resolve: names to numeric addresses.
    Errors: FileProblem E_FETCH, E_FETCH_PRIVATE, E_FETCH_TYPE, E_TOO_BIG.
    """
    deadline = time.monotonic() + seconds
    url = address.url
    for _ in range(MAX_REDIRECTS + 1):
        answer = ask(url, address.typed, max_bytes, deadline, seconds, may_connect, resolve)
        if answer.location is None:
            return Fetched(address, _name(url, _suffix(address, url, answer, supported)), answer.data)
        url = urljoin(url, answer.location)
    raise FileProblem("E_FETCH", address=address.typed, reason=Words(
        f"more than {MAX_REDIRECTS} redirects", f"重定向超过 {MAX_REDIRECTS} 次"))


def _suffix(address: Address, url: str, answer: Answer, supported: tuple[str, ...]) -> str:
    """What came, by its first bytes, the type the server names, and the address. Errors: FileProblem E_FETCH_TYPE."""
    head = answer.data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in answer.data[:1024]:
        return ".pdf"
    is_page = bool(re.match(rb"<(?:!doctype\s+html|html|head|body)\b", head, re.IGNORECASE))
    named = _OF_TYPE.get(answer.content_type, "")
    if address.expects_pdf:
        found = _HTML if is_page or named == ".html" else _said(answer.content_type)
        raise FileProblem("E_FETCH_TYPE", address=address.typed, found=found, expected=_PDF)
    if is_page:
        return ".html"
    own = posixpath.splitext(urlsplit(url).path)[1].lower()
    if own in supported and named != ".html":
        return own
    if named and named != ".pdf" and named in supported:
        return named
    raise FileProblem("E_FETCH_TYPE", address=address.typed, found=_said(answer.content_type),
                      expected=Words("a document", "文档"))


def _said(content_type: str) -> Words:
    return Words(content_type or "something without a type", content_type or "没有注明类型的内容")


def _name(url: str, suffix: str) -> str:
    """The last part of the address as a file name."""
    parts = urlsplit(url)
    last = posixpath.basename(unquote(parts.path).rstrip("/"))
    return (last.removesuffix(suffix) or parts.hostname or "page") + suffix
