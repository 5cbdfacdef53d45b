"""What a public index says of a work: its DOI asked of Crossref, else OpenAlex; its arXiv number of arXiv.

    look_up(doi="10.1145/3448016.3457550") -> Record        look_up(arxiv="2106.09685") -> Record

One request to each service, by connection.py: within a limit of time and size, to public addresses alone, and nothing
of the document but its number is sent.
"""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin

from kb.errors import FileProblem
from kb.fetch.connection import MayConnect, Resolve, ask, is_public, resolve
from kb.outside import OutsideError, read_object
from kb.text import one_line
from kb.types import Words

SECONDS = 20.0
SERVICES = {"Crossref": "https://api.crossref.org/works/", "OpenAlex": "https://api.openalex.org/works/doi:",
            "arXiv": "https://export.arxiv.org/api/query?id_list="}
_MOST_BYTES = 4 << 20
_MAX_REDIRECTS = 4
_ATOM = "{http://www.w3.org/2005/Atom}"
_OF_ARXIV = "{http://arxiv.org/schemas/atom}"
_NOT_FOUND = re.compile(r"\b(?:404|410)\b")


@dataclass(frozen=True, slots=True)
class Found:
    """What a service says. source: its name; values: title, authors, year, venue, doi and arxiv, those that it has."""

    source: str
    values: dict[str, Any] = field(default_factory=dict)


def look_up(*, doi: str = "", arxiv: str = "", seconds: float = SECONDS, may_connect: MayConnect = is_public,
            resolve: Resolve = resolve, services: Mapping[str, str] = SERVICES) -> Found | None:
    """What the first service that knows this DOI or arXiv number says; None if none does.

    The DOI is asked first: it is the published version's. Errors: FileProblem E_FETCH, E_FETCH_PRIVATE, E_TOO_BIG.
    """
    asked = [("Crossref", doi), ("OpenAlex", doi)] if doi else []
    asked += [("arXiv", arxiv)] if arxiv else []
    for name, number in asked:
        try:
            data = _get(services[name] + quote(number, safe="/.:"), seconds, may_connect, resolve)
        except FileProblem as error:
            if error.code == "E_FETCH" and _NOT_FOUND.search(str(error)):
                continue
            raise
        values = {key: value for key, value in _PARSERS[name](data, name).items() if value}
        if values.get("title"):
            return Found(name, values)
    return None


def _get(url: str, seconds: float, may_connect: MayConnect, resolve: Resolve) -> bytes:
    deadline, typed = time.monotonic() + seconds, url
    for _ in range(_MAX_REDIRECTS + 1):
        answer = ask(url, typed, _MOST_BYTES, deadline, seconds, may_connect, resolve)
        if answer.location is None:
            return answer.data
        url = urljoin(url, answer.location)
    raise _wrong(typed, f"more than {_MAX_REDIRECTS} redirects", f"重定向超过 {_MAX_REDIRECTS} 次")


def _wrong(url: str, en: str, zh: str) -> FileProblem:
    return FileProblem("E_FETCH", address=url, reason=Words(en, zh))


def _crossref(data: bytes, name: str) -> dict[str, Any]:
    work = _object(_json(data, name).get("message"))
    dates = (work.get(key) for key in ("published-print", "published", "issued", "published-online", "created"))
    years = (_part(_object(date).get("date-parts"), 0, 0) for date in dates)
    authors = [f"{_text(one.get('given'))} {_text(one.get('family'))}".strip() or _text(one.get("name"))
               for one in map(_object, _list(work.get("author")))]
    return {"title": _text(_part(work.get("title"), 0)), "authors": _names(authors),
            "year": next((int(year) for year in years if isinstance(year, int)), None),
            "venue": _text(_part(work.get("container-title"), 0)), "doi": _text(work.get("DOI"))}


def _openalex(data: bytes, name: str) -> dict[str, Any]:
    work = _json(data, name)
    venue = _object(_object(work.get("primary_location")).get("source")).get("display_name")
    authors = [_text(_object(_object(one).get("author")).get("display_name")) for one in _list(work.get("authorships"))]
    year = work.get("publication_year")
    return {"title": _text(work.get("title")), "authors": _names(authors),
            "year": year if isinstance(year, int) and not isinstance(year, bool) else None, "venue": _text(venue),
            "doi": _text(work.get("doi")).removeprefix("https://doi.org/")}


def _arxiv(data: bytes, name: str) -> dict[str, Any]:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _wrong(name, "its answer is not the format it promises", "返回的格式不符")
    try:
        entry = ElementTree.fromstring(data).find(f"{_ATOM}entry")
    except (ElementTree.ParseError, ValueError) as error:
        raise _wrong(name, "its answer is not the format it promises", "返回的格式不符") from error
    if entry is None or not entry.findtext(f"{_ATOM}published"):
        return {}
    number = re.search(r"abs/(.+?)(?:v\d+)?$", entry.findtext(f"{_ATOM}id") or "")
    year = re.match(r"\d{4}", entry.findtext(f"{_ATOM}published") or "")  # of the first version
    return {"title": _text(entry.findtext(f"{_ATOM}title")),
            "authors": _names(_text(one.findtext(f"{_ATOM}name")) for one in entry.iter(f"{_ATOM}author")),
            "year": int(year[0]) if year else None, "arxiv": number[1] if number else "",
            "doi": _text(entry.findtext(f"{_OF_ARXIV}doi"))}


_PARSERS = {"Crossref": _crossref, "OpenAlex": _openalex, "arXiv": _arxiv}


def _json(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        return read_object(data, is_strict=False)
    except OutsideError as error:
        raise _wrong(name, "its answer is not the format it promises", "返回的格式不符") from error


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value[:3000] if isinstance(value, list) else []


def _part(value: Any, *indices: int) -> Any:
    for index in indices:
        value = value[index] if isinstance(value, list) and len(value) > index else None
    return value


def _text(value: Any) -> str:
    return one_line(re.sub(r"</?[a-zA-Z][^<>]{0,80}>", "", value), 500) if isinstance(value, str) else ""


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
