"""Documents that say much the same: told when one of them is added.

Reads: one view of the library.  Gives: pairs with the share of the shorter one's sentences that the other has, word for
word or with a few words changed: a revision, a longer version, a part by itself. A few sentences are looked up by their
words; only documents that have one of them are compared whole.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from kb.store import View
from kb.text import search_terms, sentence_spans
from kb.types import Alike, Document

# Of the sentences of the shorter one. 29 of 33 pairs of revisions in git histories have it (a paper, theses, notes; a
# quarter and half of a history back; the others were mostly written anew), of 505 pairs of other files of one
# repository 8, with whole paragraphs in common.
LEAST = 0.5
MOST_ADDED = 500  # documents of one call that are compared; with more a whole library comes
_LEAST_SENTENCE = 20  # characters of a sentence that is no heading, number or name
_LEAST_SENTENCES = 3
_ASKED, _NEAREST = 5, 6  # sentences that are looked up, and passages for each
_SAME_TERMS = 0.6  # of the terms of two sentences together, from which one is the other with a few words changed


def alike(view: View, added: Sequence[str]) -> tuple[Alike, ...]:
    """For each of the first MOST_ADDED that were added the one that is most like it, if it is much like one."""
    found: list[Alike] = []
    told: set[frozenset[str]] = set()
    for name in dict.fromkeys(filter(view.holds, added[:MOST_ADDED])):
        document = view.document(name)
        sentences = sentences_of(document)
        if len(sentences) < _LEAST_SENTENCES:
            continue
        best = max(((share(sentences, sentences_of(view.document(other))), other)
                    for other in _candidates(view, document, sentences)), default=(0.0, ""))
        if best[0] >= LEAST and (pair := frozenset((name, best[1]))) not in told:
            told.add(pair)
            found.append(Alike(name, document.metadata.title, best[1], view.title(best[1]), round(best[0], 2)))
    return tuple(found)


def sentences_of(document: Document) -> list[str]:
    """Its sentences, each once, without line ends."""
    found = (" ".join(document.text[start:end].split()) for start, end in sentence_spans(document.text))
    return list(dict.fromkeys(sentence for sentence in found if len(sentence) >= _LEAST_SENTENCE))


def share(one: Sequence[str], other: Sequence[str]) -> float:
    """How many sentences of the one that has fewer stand in the other, word for word or nearly."""
    shorter, longer = sorted((list(one), list(other)), key=len)
    there = frozenset(longer)
    changed = [sentence for sentence in shorter if sentence not in there]
    n_same = len(shorter) - len(changed)
    if n_same + len(changed) == 0:
        return 0.0
    return (n_same + _n_nearly(changed, longer)) / len(shorter)


def _n_nearly(sentences: Sequence[str], others: Sequence[str]) -> int:
    """How many sentences are one of the others with a few words changed, and no figure. Two that share so much share
    one of their rarest terms at least: only those are compared."""
    terms = [frozenset(search_terms(sentence)) for sentence in sentences]
    known = [frozenset(search_terms(sentence)) for sentence in others]
    rarity = Counter(term for some in (*terms, *known) for term in some)
    having: dict[str, list[int]] = defaultdict(list)
    for i, some in enumerate(known):
        for term in _rarest(some, rarity):
            having[term].append(i)
    return sum(any(_is_nearly(some, known[i]) for i in {i for term in _rarest(some, rarity) for i in having[term]})
               for some in terms)


def _rarest(terms: frozenset[str], rarity: Counter[str]) -> list[str]:
    """So many of the rarest that what lacks all of them shares too little."""
    n = len(terms) - math.ceil(_SAME_TERMS * len(terms)) + 1
    return sorted(terms, key=lambda term: (rarity[term], term))[:n]


def _is_nearly(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _SAME_TERMS * len(one | other) and not any(term[0].isdigit() for term in one ^ other)


def _candidates(view: View, document: Document, sentences: Sequence[str]) -> set[str]:
    asked = [sentences[len(sentences) * (2 * i + 1) // (2 * _ASKED)] for i in range(_ASKED)]
    found: set[str] = set()
    for sentence in asked:
        _, ids = view.lexical.search(list(search_terms(sentence)), _NEAREST)
        found |= {row.document for row in view.passages(ids.tolist()).values()}
    return found - {document.id}
