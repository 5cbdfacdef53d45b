"""Which documents a group is that a question names by its subject, its kind, its language or its years.

Reads: Group, Study.  Gives: the documents, in the library's order. What belongs to a subject is weighed by weights that
were fitted (tests/bench/groups.py): a title seldom says it in the question's words, or in its language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from kb.answer.works import kind_of_work
from kb.study.groups import Group
from kb.study.naming import places_of
from kb.study.papers import titled_as_survey
from kb.study.question import Study
from kb.study.records import fitting
from kb.study.things import names_of
from kb.text import search_terms
from kb.types import DocumentInfo
from kb.words import Phrases

# The intercept; then of the subject: in the title, logarithm of its mentions, share of its terms, all of them, share of
# them in the title; the cosine of title and abstract with it, above the median, and below the best one.
WEIGHTS = (-4.611, -0.175, 0.028, -0.294, 3.509, 1.87, 5.687, 9.212, -3.422)
_BELONGS, _MAY_BELONG = 0.5, 0.35  # the chance from which a document is of a subject; of one that none surely has
_LEAD = 900  # characters of title and abstract
_MOST_WEIGHED = 200  # documents: of more those that the search finds, or that have the words
_LONG = 60  # passages of a work that may be a thesis though its cover is not in the text
_NOTES = frozenset((".md", ".markdown", ".txt", ".org", ".rst"))
_ABSTRACT = re.compile(r"^\s*(?:[#*]*\s*)?(?:abstract|摘\s*要)[\s:：.—*-]*", re.IGNORECASE | re.MULTILINE)
_THESIS = Phrases(r"«groups: thesis cover zh»|\b(?:«groups: thesis cover en»)\b", re.IGNORECASE)
_THESIS_END = Phrases(r"^[#\s*]*(?:«groups: thesis end zh»)|«groups: thesis thanks zh»|"
                      r"\b(?:«groups: thesis thanks en»)\b", re.IGNORECASE | re.MULTILINE)
_NOTE = re.compile(r"笔记|\bnotes?\b", re.IGNORECASE)
_SURVEYS = Phrases(r"«groups: surveys zh»|\b(?:«groups: surveys en»)\b", re.IGNORECASE)
_VERSION = r"(?:[-_ ]?[vV]?\d+[a-z]?)?"  # behind the name of a model: YOLOv3 is a YOLO

Matrix = NDArray[np.float64]


def members(asked: Study, group: Group) -> list[DocumentInfo]:
    """The documents with text that are of the group."""
    fit = (asked.naming.work(info.id) for info in fitting(asked.naming, group.filters, asked.naming.documents))
    found = [info for info in fit if info.n_passages]
    if group.kind:
        found = [info for info in found if _is_of_kind(asked, info, group.kind)]
    if not group.subject or not found:
        return found
    found = _likely(asked, group.subject, found)
    chances = chances_of(features(asked, group.subject, found))
    least = _BELONGS if (chances >= _BELONGS).any() else _MAY_BELONG
    return [info for info, chance in zip(found, chances, strict=True) if chance >= least]


def _is_of_kind(asked: Study, info: DocumentInfo, kind: str) -> bool:
    if kind == "survey":
        return titled_as_survey(info.title) or bool(
            _SURVEYS.search(lead(info.title, asked.naming.beginning(info.id))))
    if kind == "note":
        return PurePath(info.path).suffix.lower() in _NOTES or bool(_NOTE.search(info.title))
    if kind_of_work(info) == "thesis" or _THESIS.search(asked.naming.beginning(info.id)):
        return True
    if info.n_passages < _LONG:
        return False
    text = asked.view.document(info.id).text
    return bool(_THESIS_END.search(text, len(text) // 2))


def _likely(asked: Study, subject: str, infos: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """Those that are weighed: all, of not too many."""
    if len(infos) <= _MOST_WEIGHED:
        return list(infos)
    with_words = [id for name in names_of(subject) for id in asked.view.documents_with(search_terms(name))]
    near = [hit.document for hit in asked.finder.find(subject).all_hits()]
    order = {id: n for n, id in enumerate(dict.fromkeys((*near, *with_words)))}
    return sorted((info for info in infos if info.id in order), key=lambda info: order[info.id])[:_MOST_WEIGHED]


def lead(title: str, beginning: str) -> str:
    """What a work says of itself: its title and its abstract, else its beginning."""
    found = _ABSTRACT.search(beginning)
    text = beginning[found.end():] if found and found.end() < len(beginning) - _LEAD // 4 else beginning
    return " ".join(f"{title}. {text}".split())[:_LEAD]


def features(asked: Study, subject: str, infos: Sequence[DocumentInfo]) -> Matrix:
    """What weights are of, a row for each document."""
    leads = [lead(info.title, asked.naming.beginning(info.id)) for info in infos]
    encoder = asked.finder.encoder
    cosines = encoder.encode(leads) @ encoder.encode([subject], role="question")[0]
    names = names_of(subject)
    said = [_said(names, info.title, text) for info, text in zip(infos, leads, strict=True)]
    beside = np.stack([cosines, cosines - np.median(cosines), cosines.max() - cosines], axis=1)
    return np.hstack([np.array(said, np.float64), beside.astype(np.float64)])


def _said(names: Sequence[str], title: str, text: str) -> list[float]:
    """How a text speaks of what is called so."""
    wanted = [terms for name in names if (terms := frozenset(search_terms(name)))]
    share, in_title = (max((len(terms & held) / len(terms) for terms in wanted), default=0.0)
                       for held in (frozenset(search_terms(text)), frozenset(search_terms(title))))
    n = max(len(_places(text, name)) for name in names)
    is_titled = any(_places(title, name) for name in names)
    if n and _is_called(names[0]):  # the terms of YOLO are not those of YOLOv3
        share, in_title = 1.0, max(in_title, float(is_titled))
    return [float(is_titled), float(np.log1p(n)), share, float(share >= 1), in_title]


def _is_called(name: str) -> bool:
    """Whether it is the name of a model, in one word."""
    return bool(re.fullmatch(r"[A-Za-z][\w-]*[A-Z][\w-]*", name))


def _places(text: str, name: str) -> list[int]:
    """Where a text has a name; that of a model with its version as well."""
    if not _is_called(name):
        return places_of(text, name)
    pattern = rf"(?<![A-Za-z0-9]){re.escape(name)}{_VERSION}(?![A-Za-z0-9])"
    return [found.start() for found in re.finditer(pattern, text)]


def chances_of(rows: Matrix, weights: Sequence[float] = WEIGHTS) -> Matrix:
    """How likely each document is of the subject."""
    found: Matrix = 1 / (1 + np.exp(-(rows @ np.array(weights[1:]) + weights[0])))
    return found
