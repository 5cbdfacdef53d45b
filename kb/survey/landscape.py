"""Where documents lie by their meaning, in two dimensions, and which lie together.

Reads: a vector for each document, what it calls itself.  Gives: places, groups and their names; the same for the same
library.

Neighbours attract each other and documents drawn at random push each other off, from where the principal axes put
them. Source: McInnes, Healy & Melville 2018, "UMAP", for the two forces; the weights here are one for every edge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kb.survey.outline.clusters import centred, readable_groups
from kb.survey.outline.phrases import Term, terms_of
from kb.survey.outline.standing import plain
from kb.survey.outline.worth import chance
from kb.types import Document, Language, Vectors

Plane = NDArray[np.float64]  # [n, 2]

_SAMPLE = 400  # documents that are grouped one by one; others join the nearest group
_MOST_GROUPS, _LEAST_GROUP = 12, 2
_LEAST_DOCUMENTS = 6  # with fewer there is one group
_NEIGHBOURS, _PUSHED = 10, 5
_ROUNDS = 200
_NAMED_BY = 30  # documents of a group, those in its middle, whose words are counted
_TERMS = 3
_BLOCK = 1000  # rows compared at a time
_JUDGED, _AMONG = 5, 10


def axes_free(vectors: Vectors, languages: Sequence[Language]) -> Vectors:
    """Rows of length 1 without what all share and without what is only their language."""
    moved = centred(vectors, languages)
    moved = moved - moved.mean(axis=0)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    result: Vectors = (moved / np.maximum(norms, 1e-9)).astype(np.float32)
    return result


def placed(vectors: Vectors) -> Plane:
    """A place for each row, each axis from 0 to 1."""
    n = len(vectors)
    if n < 3:
        return np.array([[0.5, 0.5], [0.9, 0.5]][:n] if n != 2 else [[0.1, 0.5], [0.9, 0.5]]).reshape(n, 2)
    plane = _principal(vectors)
    if n > _NEIGHBOURS:
        plane = _settled(plane, _nearest(vectors, _NEIGHBOURS))
    low, span = plane.min(axis=0), np.maximum(np.ptp(plane, axis=0), 1e-9)
    return np.asarray(np.round((plane - low) / span, 4))


def _principal(vectors: Vectors) -> Plane:
    """The rows along the two axes in which they differ most; the sign of an axis is that of its largest component."""
    wide = vectors.astype(np.float64)
    wide -= wide.mean(axis=0)
    values, axes = np.linalg.eigh(wide.T @ wide)
    chosen = axes[:, np.argsort(values)[::-1][:2]]
    chosen = chosen * np.sign(chosen[np.abs(chosen).argmax(axis=0), range(chosen.shape[1])])
    plane: Plane = wide @ chosen
    return plane / max(1e-9, float(np.abs(plane).max())) * 10


def _nearest(rows: NDArray[np.floating], k: int, *, by_distance: bool = False) -> NDArray[np.int64]:
    """[n, k]: the k other rows that are most alike, the nearest first; of equal ones the lower row."""
    found = np.empty((len(rows), k), np.int64)
    for begin in range(0, len(rows), _BLOCK):
        block = rows[begin:begin + _BLOCK]
        far = ((block[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2) if by_distance else -(block @ rows.T)
        far = np.round(far, 5)
        far[np.arange(len(block)), np.arange(begin, begin + len(block))] = np.inf
        some = np.argpartition(far, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(far, some, axis=1), axis=1, kind="stable")
        found[begin:begin + len(block)] = np.take_along_axis(some, order, axis=1)
    return found


def _settled(plane: Plane, near: NDArray[np.int64]) -> Plane:
    """The places after neighbours have drawn together and others have moved apart."""
    n, k = near.shape
    one, other = np.repeat(np.arange(n), k), near.ravel()
    plane = plane.copy()
    drawn = np.random.default_rng(0)
    for step in range(_ROUNDS):
        rate = 1 - step / _ROUNDS
        gap = plane[one] - plane[other]
        square = (gap**2).sum(axis=1, keepdims=True)
        pull = np.clip(-2 * gap / (1 + square), -4, 4)
        move = pull.reshape(n, k, 2).sum(axis=1)
        move -= np.stack([np.bincount(other, pull[:, axis], n) for axis in (0, 1)], axis=1)
        for _ in range(_PUSHED):
            far = drawn.integers(0, n, n)
            gap = plane - plane[far]
            square = (gap**2).sum(axis=1, keepdims=True)
            move += np.clip(2 * _NEIGHBOURS / _PUSHED * gap / ((0.01 + square) * (1 + square)), -4, 4)
        plane += rate * np.clip(move / _NEIGHBOURS, -4, 4)
    return plane


def share_kept(vectors: Vectors, plane: Plane) -> float | None:
    """Of each row's five nearest by meaning, the share that is among its ten nearest on the map."""
    if len(vectors) < _AMONG + 2:
        return None
    meant, drawn = _nearest(vectors, _JUDGED), _nearest(plane, _AMONG, by_distance=True)
    kept = [len(set(a) & set(b)) for a, b in zip(meant.tolist(), drawn.tolist(), strict=True)]
    return round(sum(kept) / (_JUDGED * len(vectors)), 2)


def grouped(vectors: Vectors) -> list[int]:
    """The number of the group of each row, from 0, the largest group first; about as many groups as the root of half
    the rows."""
    n = len(vectors)
    if n < _LEAST_DOCUMENTS:
        return [0] * n
    wanted = max(2, min(_MOST_GROUPS, round(math.sqrt(n / 2))))
    rows = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).round().astype(int))
    parts = readable_groups(vectors[rows], wanted, _LEAST_GROUP)
    centres = np.stack([vectors[rows[part]].mean(axis=0) for part in parts])
    group = np.round(vectors @ centres.T, 5).argmax(axis=1)
    if n <= _SAMPLE:
        for number, part in enumerate(parts):
            group[rows[part]] = number
    sizes = np.bincount(group, minlength=len(parts))
    rank = {old: new for new, old in enumerate(sorted(range(len(parts)), key=lambda i: (-sizes[i], parts[i][0])))}
    return [rank[number] for number in group.tolist()]


def middle_of(vectors: Vectors, group: Sequence[int]) -> list[list[int]]:
    """For each group the rows in its middle, at most _NAMED_BY, whose documents are to name it."""
    numbers = np.array(group)
    found = []
    for number in range(int(numbers.max()) + 1 if len(numbers) else 0):
        rows = np.flatnonzero(numbers == number)
        near = np.round(vectors[rows] @ vectors[rows].mean(axis=0), 5) if len(rows) else rows
        found.append(rows[np.argsort(-near, kind="stable")][:_NAMED_BY].tolist())
    return found


def named(groups: Sequence[Sequence[Document]]) -> list[tuple[str, ...]]:
    """For each group the terms that tell it from the others: more of its documents have them at their front, and few of
    the rest."""
    everything = [document for group in groups for document in group]
    terms = terms_of(everything, "")
    found: list[tuple[str, ...]] = []
    used: set[str] = set()
    for group in groups:
        ids = {document.id for document in group}
        scored = sorted(((_tells(term, group, len(everything)), term) for term in terms
                         if len(term.held & ids) >= min(2, len(ids))), key=lambda pair: (-pair[0], pair[1].words))
        chosen: list[Term] = []
        for score, term in scored:
            words = set(term.words.split())
            if score > 0 and term.words not in used and not any(
                    words & set(other.words.split()) or _is_one(term, other) for other in chosen):
                chosen.append(term)
            if len(chosen) == _TERMS:
                break
        used |= {term.words for term in chosen}
        found.append(tuple(term.shown for term in chosen))
    return found


def _is_one(term: Term, other: Term) -> bool:
    """Whether two are the same in two languages or spellings."""
    return (other.words in {plain(term.pair), *term.names} or term.words in {plain(other.pair), *other.names}
            or not term.held ^ other.held and term.language != other.language)


def _tells(term: Term, group: Sequence[Document], n: int) -> float:
    """How well a term tells a group: its share there, by how much more that is than among the others."""
    held = [document for document in group if document.id in term.held]
    inside, outside = len(held) / len(group), (len(term.held) - len(held)) / max(1, n - len(group))
    if inside <= outside:
        return 0.0
    return inside * math.log((inside + 0.02) / (outside + 0.02)) * chance(term, held, n, "", _language_of(group))


def _language_of(group: Sequence[Document]) -> Language:
    """The language of most of its documents."""
    return "zh" if 2 * sum(document.language == "zh" for document in group) > len(group) else "en"
