"""The library as a map: documents by meaning.

Reads: one view of a library.  Gives: DocumentMap.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kb.base.bibliographies import Bibliographies
from kb.store import View
from kb.types import DocumentInfo, DocumentMap, MapGroup, MapPlace, Scope, Vectors


class Maps(Bibliographies):
    """A library, with where its documents lie."""

    def map(self, scope: Scope | None = None) -> DocumentMap:
        """Where each document lies by the mean of its passages' vectors, which documents lie together, and what those
        are called: the same for the same library. Empty for a library that does not exist yet.

        scope: what documents have to be. Errors: ScopeError, EmptyScope.
        """
        if not self._store.exists():
            return DocumentMap()
        with self.reading(scope) as view:
            return _map(view)


def _map(view: View) -> DocumentMap:
    from kb.survey.landscape import axes_free, grouped, middle_of, named, placed, share_kept

    infos, vectors = _with_vectors(view)
    there = {info.id for info in infos}
    unplaced = tuple(info.id for info in view.documents() if info.id not in there)
    if not infos:
        return DocumentMap(unplaced=unplaced)
    rows = axes_free(vectors, [info.language for info in infos])
    plane, group = placed(rows), grouped(rows)
    middles = middle_of(rows, group)
    terms = named([[view.document(infos[row].id) for row in part] for part in middles])
    places = tuple(MapPlace(info.id, info.title, info.year, info.language, info.kind, float(x), float(y), number)
                   for info, (x, y), number in zip(infos, plane, group, strict=True))
    numbers = np.array(group)
    groups = tuple(
        MapGroup(number, terms[number], int((numbers == number).sum()),
                 *(round(float(value), 4) for value in np.median(plane[numbers == number], axis=0)))
        for number in range(len(middles)))
    order = {info.id: n for n, info in enumerate(view.documents())}
    return DocumentMap(tuple(sorted(places, key=lambda place: order[place.document])), groups, unplaced,
                       share_kept(rows, plane))


def _with_vectors(view: View) -> tuple[Sequence[DocumentInfo], Vectors]:
    """The documents that have vectors, by id, and the mean of each one's, of length 1."""
    infos = sorted(view.documents(), key=lambda info: info.id)
    row_of = {passage: row for row, info in enumerate(infos) for passage in view.passage_ids(info.id)}
    sums, counts = np.zeros((len(infos), 0)), np.zeros(len(infos))
    for ids, vectors in view.vector_blocks():
        if not sums.shape[1]:
            sums = np.zeros((len(infos), vectors.shape[1]))
        at = np.array([row_of.get(passage, -1) for passage in ids.tolist()])
        np.add.at(sums, at[at >= 0], vectors[at >= 0])
        counts += np.bincount(at[at >= 0], minlength=len(infos))
    has = np.flatnonzero(counts)
    if not len(has):
        return [], np.zeros((0, 0), np.float32)
    means = sums[has] / np.maximum(np.linalg.norm(sums[has], axis=1, keepdims=True), 1e-9)
    return [infos[row] for row in has], means.astype(np.float32)
