"""What a web page declares of itself: meta tags of publishers, Dublin Core, JSON-LD, and the page's own title.

Reads: the tree of a page.  Gives: Metadata and the language. The first name in use that has a value counts, those of
publishers before those for sharing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kb.outside import OutsideError, read_json
from kb.readers.metadata import clean_arxiv, clean_doi, metadata_from, split_authors, year_of
from kb.readers.refused import is_no_doi, is_no_title, persons
from kb.text import one_line
from kb.types import Metadata

_TITLE = ("citation_title", "bepress_citation_title", "eprints.title", "dc.title", "dcterms.title", "prism.title",
          "og:title", "twitter:title")
_AUTHORS = ("citation_author", "bepress_citation_author", "citation_authors", "eprints.creators_name", "dc.creator",
            "dcterms.creator", "dc.contributor", "author", "article:author", "parsely-author")
_DATE = ("citation_publication_date", "citation_date", "citation_year", "citation_online_date",
         "bepress_citation_date", "eprints.date", "prism.publicationdate", "dc.date", "dc.date.issued",
         "dcterms.issued", "dcterms.date", "article:published_time", "date", "datepublished")
_VENUE = ("citation_journal_title", "citation_conference_title", "citation_conference", "citation_inbook_title",
          "bepress_citation_journal_title", "prism.publicationname", "dc.source", "dcterms.ispartof",
          "citation_dissertation_institution", "citation_technical_report_institution")
_DOI = ("citation_doi", "bepress_citation_doi", "prism.doi", "dc.identifier.doi", "dc.identifier",
        "dcterms.identifier")
_WORKS = re.compile(r"Article|Thesis|Report|Book|Chapter|CreativeWork|Dataset|Paper")
_MOST_NODES = 2000


def metadata_of(tree: Any) -> tuple[Metadata, str | None]:
    """What a page declares, and its language; its <title> is only a guess, for sites append their name to it."""
    tags: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = (element.get("name") or element.get("property") or element.get("itemprop") or "").lower()
        content = one_line(element.get("content") or "", 2000)
        if name and content:
            tags.setdefault(name.replace("dc:", "dc."), []).append(content)

    def first(names: Sequence[str]) -> str:
        return next((tags[name][0] for name in names if name in tags), "")

    linked = _linked_data(tree)
    title = first(_TITLE[:6]) or linked.get("title", "") or first(_TITLE[6:])
    title = "" if is_no_title(title) else title
    title, is_guess = (title, False) if title else _own_title(tree)
    url = (first(("og:url", "citation_abstract_html_url"))
           or next(iter(tree.xpath("//link[@rel='canonical']/@href")), ""))
    declared, _ = metadata_from({"url": url})
    dois = (clean_doi(tags[name][i]) for name in _DOI if name in tags for i in range(len(tags[name])))
    doi = next((one for one in (*dois, clean_doi(linked.get("doi", ""))) if one and not is_no_doi(one)), None)
    arxiv = first(("citation_arxiv_id",)) or (url if "arxiv.org/abs/" in url else "")
    authors = _authors(tags) or tuple(linked.get("authors", ()))
    language = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower()
    return Metadata(
        title=title, authors=authors, year=year_of(first(_DATE)) or year_of(linked.get("date", "")),
        venue=first(_VENUE) or linked.get("venue") or None, doi=doi, arxiv=clean_arxiv(arxiv), url=declared.url,
        guessed=("title",) if is_guess and title else (),
    ), language if language in ("zh", "en") else None


def _own_title(tree: Any) -> tuple[str, bool]:
    """(the only top heading or else the page's <title>, whether it is a guess)."""
    tops = [words for heading in tree.iter("h1") if (words := one_line(str(heading.text_content())))]
    if len(tops) == 1:
        return tops[0], False
    return ("", False) if tops else (one_line(" ".join(tree.xpath("//head/title//text()"))), True)


def _authors(tags: Mapping[str, list[str]]) -> tuple[str, ...]:
    for name in _AUTHORS:
        values = [value for value in tags.get(name, ()) if not value.startswith("http")]
        found = persons(split_authors(values) if len(values) > 1 else split_authors(values[0]) if values else ())
        if found:
            return found
    return ()


# --- JSON-LD


def _linked_data(tree: Any) -> dict[str, Any]:
    """Title, authors, date, venue and DOI of the first work that the page describes in JSON-LD."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            values = read_json((script.text or "")[:500_000], is_strict=False)
        except OutsideError:
            continue
        for node in _nodes(values):
            if _WORKS.search(str(node.get("@type", ""))) and (node.get("headline") or node.get("name")):
                return _of_node(node)
    return {}


def _nodes(values: Any) -> Iterator[Mapping[str, Any]]:
    """Every object at the top, in a list or in a graph."""
    waiting, n = [values], 0
    while waiting and n < _MOST_NODES:
        value, n = waiting.pop(0), n + 1
        if isinstance(value, list):
            waiting += value[:100]
        elif isinstance(value, Mapping):
            yield value
            waiting += [value[name] for name in ("@graph", "mainEntity") if name in value]


def _of_node(node: Mapping[str, Any]) -> dict[str, Any]:
    venue = node.get("isPartOf") or node.get("publication") or {}
    while isinstance(venue, Mapping) and isinstance(venue.get("isPartOf"), Mapping):
        venue = venue["isPartOf"]
    authors = node.get("author") or node.get("creator") or ()
    several = authors if isinstance(authors, list) else [authors]
    return {
        "title": one_line(_words(node.get("headline") or node.get("name")), 500),
        "authors": persons(split_authors([_person(one) for one in several[:3000]])),
        "date": _words(node.get("datePublished") or node.get("dateCreated")),
        "venue": one_line(_words(venue), 300),
        "doi": " ".join(_words(one) for name in ("@id", "identifier", "sameAs", "doi")
                        for one in (node[name] if isinstance(node.get(name), list) else [node.get(name)])),
    }


def _person(value: Any) -> str:
    if isinstance(value, Mapping) and not value.get("name"):
        return f"{_words(value.get('givenName'))} {_words(value.get('familyName'))}".strip()
    return _words(value)


def _words(value: Any) -> str:
    """The words of a value: itself, or what an object is called."""
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("value") or value.get("@value") or ""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
