"""How a library uses each of its words: whether it ends noun phrases or is a verb, and in which letters it is written.

Reads: documents.  Gives: Usage; phrases.py tells terms from other runs of words by it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache

from kb.survey.outline.standing import STOP, Piece, pieces, plain, spoken
from kb.text import CJK, search_terms
from kb.types import Document
from kb.words import phrases

READ = 20_000  # characters of a document whose words are counted
_SURE = 0.35  # share of a word's places where it has to end a noun phrase
_OTHER = 0.25  # share of its places where it may be a verb or say what something is
_SMALL = 0.1  # share of small letters from which on a word's capitals are those of titles
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_BEFORE_VERB = frozenset("to we can may will could should would might must they it who which not".split())
_SAYS = frozenset("is are was were be been being more most very less so too".split())
_OBJECT = frozenset("the a an this these their our its each all both".split())
_HAN = re.compile(f"[{CJK}]")


@cache
def function_words() -> frozenset[str]:
    """English words that are no part of a term."""
    return frozenset(word for phrase in phrases("stop", "function en") for word in plain(phrase).split())


class Usage:
    """How the library uses each word: whether it ends noun phrases or is a verb, by what stands beside it, and in which
    letters it is written within a sentence."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._all: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()
        self._verb: Counter[str] = Counter()
        self._says: Counter[str] = Counter()
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        for document in documents:
            text = document.text[:READ] if document.language == "en" else spoken(document)
            found = [Piece(STOP, 0, 0), *pieces(text), Piece(STOP, 0, 0)]
            for (before, _, _), (word, start, end), (after, _, _) in zip(found, found[1:], found[2:], strict=False):
                if word == STOP or word in function_words() or _HAN.match(word):
                    continue
                if before != STOP:
                    self._forms[word][text[start:end]] += 1
                self._all[word] += 1
                is_end = after == STOP or after in function_words()
                if before in _BEFORE_VERB or after in _OBJECT:
                    self._verb[word] += 1
                elif before in _SAYS and is_end:
                    self._says[word] += 1
                elif is_end:
                    self._ends[word] += 1

    def is_noun(self, word: str) -> bool:
        n = self._all[word]
        return bool(n) and self._ends[word] >= _SURE * n and self._verb[word] + self._says[word] <= _OTHER * n

    def is_verb(self, word: str) -> bool:
        return self._verb[word] > _OTHER * self._all[word]

    def form(self, word: str) -> str:
        """The word as it is most often written within a sentence."""
        forms = self._forms.get(word)
        if not forms:
            return word
        small = [form for form in forms if form.islower() and forms[form] >= _SMALL * forms.total()]
        return min(small or forms, key=lambda form: (-forms[form], form))

    def shown(self, forms: Counter[str]) -> str:
        """The most usual of a term's forms; its words with the capitals that they have in sentences."""
        best = min(forms, key=lambda form: (-forms[form], form))

        def cased(found: re.Match[str]) -> str:
            usual = self.form((search_terms(found.group())[:1] or [""])[0])
            return (found.group().lower() if usual.islower() or usual.lower() != found.group().lower()
                    and found.group().istitle() else usual if usual.lower() == found.group().lower() else found.group())

        return _LATIN.sub(cased, best)
