"""Documents that say much the same: told when one of them is added.

Reads: one view of the library.  Gives: pairs with the share of their sentences that both have. A few sentences are
looked up by their words; only documents that have one of them are compared whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from kb.store import View
from kb.text import search_terms, sentence_spans
from kb.types import Alike, Document

LEAST = 0.8  # of the sentences of the longer one
MOST_ADDED = 500  # documents of one call that are compared; with more a whole library comes
_LEAST_SENTENCE = 20  # characters of a sentence that is no heading, number or name
_LEAST_SENTENCES = 3
_ASKED, _NEAREST = 3, 6  # sentences that are looked up, and passages for each


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
    """How many sentences both have, of those of the one that has more."""
    return len(set(one) & set(other)) / max(len(one), len(other), 1)


def _candidates(view: View, document: Document, sentences: Sequence[str]) -> set[str]:
    asked = [sentences[len(sentences) * (2 * i + 1) // (2 * _ASKED)] for i in range(_ASKED)]
    found: set[str] = set()
    for sentence in asked:
        _, ids = view.lexical.search(list(search_terms(sentence)), _NEAREST)
        found |= {row.document for row in view.passages(ids.tolist()).values()}
    return found - {document.id}
