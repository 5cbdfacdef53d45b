"""A library as a map: where each document lies by its meaning, and which lie together."""

from __future__ import annotations

from dataclasses import dataclass

from kb.messages import Language
from kb.types.record import Record


@dataclass(frozen=True, slots=True)
class MapPlace(Record):
    """A document on the map. x, y: 0 to 1.  group: the number of its group."""

    document: str
    title: str
    year: int | None
    language: Language
    kind: str
    x: float
    y: float
    group: int


@dataclass(frozen=True, slots=True)
class MapGroup(Record):
    """Documents that lie together. terms: what tells them from the others, in their own words; none where nothing does.
    x, y: the middle of them."""

    number: int
    terms: tuple[str, ...]
    documents: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DocumentMap(Record):
    """A library by meaning, in two dimensions.

    places: in the order of `kb list`.  unplaced: documents without a passage that has a vector.  kept: of each
    document's five nearest by meaning, the share that is among its ten nearest on the map; None with fewer than twelve.
    """

    places: tuple[MapPlace, ...] = ()
    groups: tuple[MapGroup, ...] = ()
    unplaced: tuple[str, ...] = ()
    kept: float | None = None
