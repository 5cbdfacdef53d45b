"""Other names of what a question is about: of the field, of the library itself, and the word that was meant.

Reads: a question and the passages that share words with it.  Gives: Concept, for retrieve.py to search as well.

    bundled        low-rank adaptation | LoRA = 低秩适配 (data/words/pairs.txt)
                   dropout regularization | ~dropout = 随机失活: ~ where the name is a word for other things too
    the library's  "低秩适配（Low-Rank Adaptation, LoRA）", "retrieval-augmented generation (RAG)"
    a typing error one letter from a term that the library has, where the word itself occurs nowhere in it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from string import ascii_lowercase

from kb.text import CJK, search_terms, simplified
from kb.words import Phrases, phrases

_MOST_OTHERS = 4  # names of a concept that are searched as well
_MOST_WORDS, _MOST_HAN = 6, 12  # of a name, in words and in Han characters
_LEAST_TYPED = 5  # letters of a word that may be mistyped
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.'’/-]*")
# In Chinese "中文（English, ABBR）" or "ABBR（中文）"; in English "long name (ABBR)".
_IN_BRACKETS = re.compile(r"[（(]([^（()）]{2,60})[)）]")
_BEFORE_BRACKETS = re.compile(rf"([{CJK}]{{2,{_MOST_HAN}}}|[A-Za-z][A-Za-z0-9 -]{{1,50}})\s?$")
_LEAST_END = 3  # characters of a name that more stands before
_LONGEST_BEFORE = 52  # characters of what it may be
# A name has two letters or characters that follow each other, and no sign of a formula.
_IS_WORDS = re.compile(rf"^(?=.*[A-Za-z{CJK}]{{2}})[^。！？=<>≤≥≈|$\\]+$")
# "算法 1", "Table 3", "第 4 节" in brackets say where something stands.
_IS_PLACE = Phrases(r"^(?:«claims: caption en»|Sections?|Chapters?|«claims: caption zh»|第)s?\s*(?:\d|[A-Z]\b)")
LOOSE = "~"  # before a name of the bundled list that is also a word for other things
_CAPITALS = re.compile(r"[A-Za-z0-9]\S*[A-Z]\S*")
_PARTS = re.compile(r"[,，;；、]|\s简称\s?|缩写为?|\b(?:or|i\.e\.|abbreviated)\b")


@dataclass(frozen=True, slots=True)
class Concept:
    """Words of a question and other names of the same. terms: the search terms of the words."""

    words: str
    others: tuple[str, ...]

    @property
    def terms(self) -> frozenset[str]:
        return _terms(self.words)

    def without(self, names: frozenset[str]) -> Concept:
        """The same without these other names, which are case folded."""
        return Concept(self.words, tuple(name for name in self.others if name.casefold() not in names))

    def is_named(self, terms: frozenset[str]) -> bool:
        """Whether all terms of one of the other names are among these."""
        return any(_terms(other) <= terms for other in self.others)


@lru_cache(maxsize=1024)  # asked again for every sentence of an answer
def _terms(name: str) -> frozenset[str]:
    return frozenset(search_terms(name))


def bundled_concepts(question: str) -> list[Concept]:
    """The concepts of the field that a question names, the longest names first."""
    text, known = simplified(question), _bundled()
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    spans = [(words[i][0], words[j][1]) for i in range(len(words)) for j in range(i, min(len(words), i + _MOST_WORDS))]
    for run in re.finditer(f"[{CJK}A-Za-z0-9-]*[{CJK}]+", text):
        spans += [(a, b) for a in range(run.start(), run.end())
                  for b in range(a + 2, min(run.end(), a + _MOST_HAN) + 1)]
    found: list[tuple[int, int, str]] = []
    for a, b in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        key = _key(text[a:b])
        if key in known and known[key].is_written(text[a:b]) and not any(
                a < end and start < b for start, end, _ in found):
            found.append((a, b, key))
    return [Concept(question[a:b], _other_names(question[a:b], known[key].names)) for a, b, key in sorted(found)]


def own_concepts(question: str, texts: Iterable[str]) -> list[Concept]:
    """What the library itself says is another name of something in the question."""
    asked = simplified(question).casefold()
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            before = _BEFORE_BRACKETS.search(text[max(0, match.start() - _LONGEST_BEFORE):match.start()])
            if before is None:
                continue
            names = _pair(before[1], match[1], asked)
            here = [name for name in names if _stands(name, asked)]
            if here:
                others = found.setdefault(max(here, key=len), {})
                others.update(dict.fromkeys(name for name in names if name not in here))
    return [Concept(words, tuple(others)[:_MOST_OTHERS]) for words, others in found.items() if others]


def mistyped(words: Sequence[str], vocabulary: Mapping[str, int]) -> list[Concept]:
    """Words that occur nowhere, with the terms of the library (term -> passages) that are one letter away."""
    found = []
    for word in words:
        near = [term for term in one_letter_away(word) if vocabulary.get(term) and _may_be_meant(word, term)]
        if near:
            found.append(Concept(word, (max(near, key=lambda term: (vocabulary[term], term)),)))
    return found


def _may_be_meant(word: str, term: str) -> bool:
    """Whether one is likely the other mistyped and not another word: of a short word no letter is changed ("sport" is
    not "short")."""
    return len(word) > _LEAST_TYPED or len(word) != len(term) or sorted(word) == sorted(term)


def may_be_mistyped(term: str) -> bool:
    """Whether a term is a word of letters that is long enough for a typing error to be told from another word."""
    return len(term) >= _LEAST_TYPED and term.isascii() and term.isalpha()


def one_letter_away(word: str) -> list[str]:
    """What a word may be mistyped for: one letter behind its first changed, left out or put in, or two swapped."""
    found: dict[str, None] = {}
    for i in range(1, len(word) + 1):
        before, here, after = word[:i], word[i:i + 1], word[i + 1:]
        others = [after, *(letter + after for letter in ascii_lowercase)] if here else []
        swapped = [after[0] + here + after[1:]] if after else []
        found |= dict.fromkeys(before + end for end in (
            *others, *swapped, *(letter + here + after for letter in ascii_lowercase)))
    found.pop(word, None)
    return list(found)


def _pair(before: str, inside: str, asked: str) -> list[str]:
    """The names in "before (inside)": of what stands before only the part that is a name."""
    parts = [part.strip(" \"“”'*") for part in _PARTS.split(inside)]
    names = [part for part in parts if 2 <= len(part) <= 60 and _IS_WORDS.match(part)
             and not re.search(r"\d{4}", part) and not _IS_PLACE.match(part)]
    if re.search(f"[{CJK}]", before):
        if not any(name.isascii() for name in names):
            return []
        # The end of what stands before the bracket: the longest that the question has, or that is a name of the field.
        # Of a longer name the last two characters are its kind ("模型"), and no name.
        ends = [before[i:] for i in range(len(before) - 1) if i == 0 or len(before) - i >= _LEAST_END]
        held = next((end for end in ends if end.casefold() in asked), "")
        known = next((end for end in ends if _key(end) in _bundled()), "")
        return [name for name in (max(held, known, key=len), *names) if name]
    words = before.split()
    for name in names:
        letters = re.sub(r"[^A-Za-z]", "", name)
        if letters[:1].isupper() and 2 <= len(letters) <= _MOST_WORDS and _initials(words, letters):
            return [_initials(words, letters), *names]
    if any(not name.isascii() for name in names):
        return [words[-1] if len(words) > 1 and words[-1][:1].isupper() else before, *names]
    return []


def _initials(words: Sequence[str], letters: str) -> str:
    """The last words before a bracket whose initials are its letters, parts of hyphenated words counted; else ""."""
    parts = [(i, part) for i, word in enumerate(words) for part in word.split("-") if part]
    wanted = letters.rstrip("s").lower()
    tail = parts[-len(wanted):]
    if len(tail) == len(wanted) and all(part[0].lower() == letter for (_, part), letter in zip(tail, wanted,
                                                                                              strict=True)):
        return " ".join(words[tail[0][0]:])
    return ""


def _stands(name: str, asked: str) -> bool:
    folded = simplified(name).casefold()
    if not folded.isascii():
        return folded in asked
    return re.search(rf"(?<![a-z0-9]){re.escape(folded)}(?![a-z0-9])", asked) is not None


@dataclass(frozen=True, slots=True)
class _Known:
    """All names of a concept. written: the letters of the one that stands for it, where others are another word."""

    names: tuple[str, ...]
    written: str

    def is_written(self, words: str) -> bool:
        """"kg" is no KG, "react" no ReAct."""
        return not self.written or words.removesuffix("s") == self.written.removesuffix("s")


@cache
def _bundled() -> dict[str, _Known]:
    """Key of a name -> its concept."""
    found: dict[str, _Known] = {}
    for line in phrases("pairs", "pairs"):
        listed = [name.strip() for side in line.split(" = ") for name in side.split(" | ")]
        names = tuple(name.removeprefix(LOOSE) for name in listed)
        for name, marked in zip(names, listed, strict=True):
            has_letters = marked.startswith(LOOSE) and _CAPITALS.fullmatch(name)
            found.setdefault(_key(name), _Known(names, name if has_letters else ""))
    return found


def _key(name: str) -> str:
    """Lower case, hyphens as spaces, the last word without a plural s, American spelling."""
    if not name.isascii():
        return name.lower().replace("-", "")
    return " ".join(search_terms(name.replace("-", " ").replace(".", " ").replace("'", " ")))


def _other_names(words: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if _key(name) != _key(simplified(words)))[:_MOST_OTHERS]
