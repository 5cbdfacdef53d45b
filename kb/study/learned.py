"""What a question asks of the library where no form of grammar.py fits it: weights fitted to forms written for it.

Reads: Asked.  Gives: the clearest reading, a kind of question and the words that stand for the slot of its forms, and
how likely it is. tests/bench/intents.py fits data/intents.json, and tells how often it errs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.study.grammar import Asked
from kb.text import CJK

_FILE = Path(__file__).resolve().parent.parent / "data" / "intents.json"
NONE = "none"
_LONGEST = 45  # tokens of a question
_LONGEST_SLOT = 24  # of its slot
_TOKEN = re.compile(rf"[\ue000-\ue0ff]|[{CJK}]|[A-Za-z0-9][A-Za-z0-9_.+'’-]*|[^\s\w]")
_IS_MARK = re.compile("[\ue000-\ue0ff]")
_SLOT, _UNKNOWN = "S", "?"
_N_GRAM = 3
_UNIT = 100
_WITHOUT = ("count all", "since added")  # kinds whose slot may be missing


@dataclass(frozen=True, slots=True)
class Reading:
    """kind: of data/intents.json, slot: what stands there, chance: how likely it is."""

    kind: str
    slot: str
    chance: float


@dataclass(frozen=True, slots=True)
class Model:
    """kinds: in the order of the weights; words: the tokens of forms, others are unknown; weights: of a feature the
    kinds for which it speaks, each with how much, in hundredths; start: of each kind; least: the chance from which a
    reading counts."""

    kinds: tuple[str, ...]
    words: frozenset[str]
    weights: Mapping[str, Sequence[int]]
    start: tuple[float, ...]
    least: float

    def chances(self, features: Sequence[str]) -> list[float]:
        """Of each kind, of one reading."""
        sums = list(self.start)
        for feature in features:
            given = self.weights.get(feature, ())
            for n, weight in zip(given[::2], given[1::2], strict=True):
                sums[n] += weight / _UNIT
        most = max(sums)
        powers = [math.exp(one - most) for one in sums]
        total = sum(powers)
        return [power / total for power in powers]


@cache
def model() -> Model:
    """The weights that this version has."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return Model(tuple(data["kinds"]), frozenset(data["words"]), data["weights"], tuple(data["start"]), data["least"])


def read_freely(asked: Asked, fitted: Model | None = None) -> Reading:
    """The clearest reading of a question."""
    fitted = fitted or model()
    found = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(asked.text)]
    if not 2 <= len(found) <= _LONGEST:
        return Reading(NONE, "", 0.0)
    tokens = [token for token, _, _ in found]
    best = Reading(NONE, "", 0.0)
    for i, j in spans(tokens):
        chances = fitted.chances(features(tokens, i, j, asked.language, fitted.words))
        for kind, chance in zip(fitted.kinds, chances, strict=True):
            if kind != NONE and chance > best.chance and (i < j or kind in _WITHOUT):
                best = Reading(kind, asked.text[found[i][1]:found[j - 1][2]] if j > i else "", chance)
    return best


def spans(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the slot may stand: anywhere, nowhere, and never without what is quoted."""
    marks = [n for n, token in enumerate(tokens) if _IS_MARK.match(token)]
    first, last = (marks[0], marks[-1] + 1) if marks else (len(tokens), 0)
    if not marks:
        yield 0, 0
    for i in range(min(first, len(tokens) - 1) + 1):
        for j in range(max(i + 1, last), min(i + _LONGEST_SLOT, len(tokens)) + 1):
            if j - i < len(tokens):
                yield i, j


def features(tokens: Sequence[str], i: int, j: int, language: str, words: frozenset[str]) -> list[str]:
    """Of a reading: what stands round the slot, in order, and what the slot looks like."""
    slot = [_SLOT] if j > i else []
    frame = ["^", *(_known(token, words) for token in tokens[:i]), *slot,
             *(_known(token, words) for token in tokens[j:]), "$"]
    glue = " " if language == "en" else ""
    found = [glue.join(frame[at:at + n]) for n in range(1, _N_GRAM + 1 + (language == "zh"))
             for at in range(len(frame) - n + 1)]
    found = list(dict.fromkeys(found))
    if slot:
        inside = [_known(token, words) for token in tokens[i:j]]
        found += [f"<{inside[0]}", f">{inside[-1]}", *dict.fromkeys(f"in {token}" for token in inside)]
        found += _shape(tokens[i:j], language)
    return found


def _known(token: str, words: frozenset[str]) -> str:
    low = token.lower()
    return low if low in words else _UNKNOWN


def _shape(inside: Sequence[str], language: str) -> list[str]:
    text = " ".join(inside)
    is_quoted, has_capital = bool(_IS_MARK.search(text)), bool(re.search("[A-Z]", text))
    kind = "quoted" if is_quoted else "capital" if has_capital else "digit" if re.search(r"\d", text) else "plain"
    length = next(n for n in (1, 2, 4, 8, 16, 99) if len(inside) <= n)
    return [f"is {kind}", f"long {length} {language}", f"is {kind} {length}"]
