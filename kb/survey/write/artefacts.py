"""What stands beside the text of a survey: the timeline and the comparison table.

Each cell of the table is a verbatim place in its document; a document that does not say it has an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from kb.study.stated import Span, Stated
from kb.survey.citing import citation_graph
from kb.survey.outline.plan import Sources
from kb.survey.outline.standing import plain
from kb.survey.records import Cell, Evidence, Moment, Reference, Request, Table, TableRow
from kb.survey.words import word
from kb.survey.write.evidence import place_evidence
from kb.survey.write.joins import of_every_field, same_measures, used_names
from kb.survey.write.places import Tick
from kb.survey.write.results import own
from kb.survey.write.terms import Held, held_terms
from kb.text import CJK
from kb.types import Document, ExtractionRow, ExtractionTable
from kb.words import Phrases, phrases

RESULT = ("data", "measure", "value")
COLUMNS = ("task", "method", *RESULT, "size")
# What stands before a term where a work says that it is its own subject.
_PROPOSES = Phrases(r"\b(?:«aspects: own subject en»)\s+(?:\w+\s+)?(?:«aspects: own verb en»)\b|"
                    r"(?:«aspects: own subject zh»)[^，。；]{0,12}?(?:«aspects: own verb zh»)", re.IGNORECASE)
_LONGEST = 60  # characters before a name that are looked at
_SHORTEST = 3  # letters of a word that a title may write small
_SHORT = re.compile(r"[A-Z0-9-]{1,3}")
_HAN = re.compile(f"[{CJK}]")
_JOINED_BEFORE = re.compile(r"[\w)][-–/·+]$|\w$(?<![\u2e80-\u9fff])")
_JOINED_AFTER = re.compile(r"[-–/·+]\w|[A-Za-z0-9]|\s?(?:神经网络|网络|模型|算法)|\s(?:v?\d|[A-Z]{2,})")
_NEAR, _BY_MEANS = 16, re.compile(r"(?:using|via|through|by|with|基于|通过|利用)\s*(?:\w+\s+)?$", re.IGNORECASE)
_ANOTHER = re.compile(r"\b(?:than|by|using|over|compared|unlike|outperform\w*|instead|previous|baseline\w*)\b|"
                      r"[,;，。；]|比|优于|相比|不同于", re.IGNORECASE)


def timeline(references: Sequence[Reference], sources: Sources) -> tuple[Moment, ...]:
    """The documents by year, the undated last, with which of the others each one cites. A note on a work may name later
    ones: the work does not cite them."""
    graph = citation_graph([sources.documents[r.document] for r in references])
    keys = {r.document: r.key for r in references}
    years = {r.document: r.year for r in references}

    def cited_by(r: Reference) -> tuple[str, ...]:
        return tuple(sorted(keys[d] for d in graph.cites(r.document) if r.year is None or (years[d] or 0) <= r.year))

    order = sorted(references, key=lambda r: (r.year or 9999, r.key))
    return tuple(Moment(r.year, r.key, r.document, r.title, cited_by(r)) for r in order)


def table(references: Sequence[Reference], sources: Sources, request: Request,
          filled: ExtractionTable | None = None) -> tuple[Table, tuple[Evidence, ...]]:
    """A row for each document that says something for a column, by year, and the evidence of every cell; a column that
    no document fills is left out.

    Of several results a document shows the one that most others can be held against, then the clearest. filled: the
    columns that the reader named.
    """
    documents = [sources.documents[r.document] for r in references]
    shared, named = same_measures(documents), _named(documents, request)
    own_columns = {row.document: _places_of(row, request.columns) for row in filled.rows} if filled else {}
    columns = (*COLUMNS, *request.columns)
    rows: list[tuple[Reference, list[Evidence | None]]] = []
    for reference in sorted(references, key=lambda r: (r.year or 9999, r.key)):
        document = sources.documents[reference.document]
        spans = {**named[document.id], **_result(document, shared, named[document.id].get("data")),
                 **own_columns.get(document.id, {})}
        found = [_cell(document, column if i < len(COLUMNS) else f"column{i}", spans.get(column))
                 for i, column in enumerate(columns)]
        if any(found):
            rows.append((reference, found))
    kept = [i for i in range(len(columns)) if any(found[i] for _, found in rows)]
    heads = [word(column, request.language) for column in COLUMNS] + list(request.columns)
    lines = tuple(TableRow(reference.document, reference.key, tuple(
        Cell(row.quote, row.id) if (row := found[i]) else None for i in kept)) for reference, found in rows)
    return Table(tuple(heads[i] for i in kept), lines), tuple(
        row for _, found in rows for i in kept if (row := found[i]))


def _cell(document: Document, column: str, span: Span | None) -> Evidence | None:
    name = f"table.{document.id}.{column}"
    return place_evidence(f"{name}.a", name, document, span) if span else None


def _named(documents: Sequence[Document], request: Request) -> dict[str, dict[str, Span | None]]:
    """document -> the task and the method that it has in common with most others, and a data set that it shares with
    another: as its title names them, or a sentence of its own at its front."""
    found: dict[str, dict[str, Span | None]] = {document.id: {} for document in documents}
    by_id = {document.id: document for document in documents}
    terms = [held for held in held_terms(documents, request.language, [request.topic])
             if not {plain(name) for name in (held.shown, *held.others)} & (of_every_field() | _settings())]
    for held in (*terms, *used_names(documents, "data")):
        for d, tick in held.ticks.items():
            if held.aspect not in found[d] and (held.aspect == "data" or _is_its_own(by_id[d], tick, held.aspect)):
                found[d][held.aspect] = tick.words if held.aspect == "data" else _whole(by_id[d], held, tick)
    return found


@cache
def _settings() -> frozenset[str]:
    return frozenset(plain(name) for name in phrases("aspects", "setting"))


def _whole(document: Document, held: Held, tick: Tick) -> Span | None:
    """The place of a term as a whole name; None where the text has a longer one there, initials that nothing spells
    out, or, of a title that only the record has, other words."""
    text, (start, end) = document.text, tick.words
    words, names = plain(text[start:end]).strip(), {plain(name).strip() for name in (held.shown, *held.others)}
    if words not in names or held.aspect == "method" and _SHORT.fullmatch(text[start:end]) and len(names) < 2:
        return None
    before, after = text[max(0, start - _LONGEST):start], text[end:end + _NEAR]
    if _JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after):
        return None
    is_inside = _HAN.match(text[start]) and before and _HAN.match(before[-1]) and not before.endswith(_openings())
    goes_on = re.match(r"\s([A-Za-z]+)", after)
    if is_inside or held.aspect == "task" and goes_on and goes_on[1].casefold() in phrases("aspects", "task en"):
        return None  # "machine translation evaluation" is another task
    is_title = " " in text[start:end] and _is_in_capitals(text, start)
    return start - len(_said_before(before, is_title=is_title)), end


def _is_in_capitals(text: str, at: int) -> bool:
    """Whether a place stands in a line that writes most words with a capital, as titles do."""
    line = text[text.rfind("\n", 0, at) + 1:at + _LONGEST].split("\n")[0]
    words = [word_ for word_ in re.findall(r"[A-Za-z]+", line) if len(word_) > _SHORTEST]
    return bool(2 * sum(word_[0].isupper() for word_ in words) > len(words))


def _said_before(text: str, *, is_title: bool = False) -> str:
    """What belongs to an English name at its left: words in capitals, or with a hyphen, up to five: "Varied-Size"
    before "Window Attention"; no praise. is_title: every word has a capital there, so that one says nothing."""
    found = ""
    for _ in range(5):
        word_ = re.search(r"(?<![\w-])([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*) $", text)
        if word_ and word_[1].endswith("ly"):
            return ""  # "Adaptively Select Reward Models": what is behind an adverb is a verb
        if word_ is None or not (any(map(str.isupper, word_[1][is_title:])) or "-" in word_[1]) or _opens(word_[1]) or (
                "-" not in word_[1] and word_[1].endswith("ing")):
            break
        found, text = word_[0] + found, text[:word_.start()]
    return found


def _opens(word_: str) -> bool:
    """Whether an English word belongs to no name: one that begins a phrase, or says how good or large a thing is."""
    low = word_.casefold()
    return low in _openers() or low.split("-")[-1] in _praise()


@cache
def _praise() -> frozenset[str]:
    return frozenset((*phrases("aspects", "quality en"), *phrases("aspects", "weak en")))


@cache
def _openers() -> frozenset[str]:
    """English words that begin a phrase and belong to no name."""
    return frozenset((*phrases("stop", "function en"), *phrases("aspects", "own verb en"),
                      *phrases("aspects", "own subject en")))


@cache
def _openings() -> tuple[str, ...]:
    """What may stand before a Chinese name and is no part of it."""
    return (*phrases("aspects", "weak zh"), *phrases("stop", "function zh"))


def _is_its_own(document: Document, tick: Tick, aspect: str) -> bool:
    """Whether a term at a document's front is what the work is about: in its title, or where it speaks of itself."""
    words = plain(document.text[slice(*tick.words)]).strip()
    if words in plain(document.metadata.title):
        return not (aspect == "task" and _BY_MEANS.search(document.text[:tick.words[0]][-_NEAR:]))
    before = document.text[tick.quote[0]:tick.words[0]]
    found = [said.end() for said in _PROPOSES.finditer(before)]
    return bool(found) and not _ANOTHER.search(before[found[-1]:])


def _result(document: Document, shared: Mapping[tuple[str, str], list[tuple[str, Stated]]],
            data: Span | None) -> dict[str, Span | None]:
    """The three cells of a result, or the data set alone, and the size."""
    read = own(document)
    both = (one for rows in shared.values() for d, one in rows if d == document.id)
    best = next(both, None) or next(iter(read.results), None)
    found = ({"data": best.data, "measure": best.measure, "value": best.value} if best
             else {"data": data, "measure": None, "value": None})
    return {**found, "size": read.size}


def _places_of(row: ExtractionRow, columns: Sequence[str]) -> dict[str, Span | None]:
    """Column -> where the document says it; what only the library records has no place in the text."""
    return {name: cell.citation.answer if cell.citation else None
            for name, cell in zip(columns, row.cells, strict=True)}
