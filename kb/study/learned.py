"""What a question asks of the library where no form of grammar.py fits it: weights fitted to forms written for it.

Reads: Asked.  Gives: the clearest reading, a kind of question and the words that stand for the slot of its forms, and
how likely it is. tests/bench/intents.py fits data/intents.safetensors, and tells how often it errs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.study.grammar import Asked
from kb.text import CJK

_FILE = Path(__file__).resolve().parent.parent / "data" / "intents.safetensors"
NONE = "none"
_LONGEST = 45  # tokens of a question
_LONGEST_SLOT = 24  # of its slot
_TOKEN = re.compile(rf"[\ue000-\ue0ff]|[{CJK}]|[A-Za-z0-9][A-Za-z0-9_.+'’-]*|[^\s\w]")
_IS_MARK = re.compile("[\ue000-\ue0ff]")
_SLOT, _UNKNOWN, _NOTHING = "S", "?", ""  # nothing: a feature without weight, of a reading that has no other
_N_GRAM = 3
_STEP, _MOST = 0.05, 6.35  # of weights as they are filed
_WITHOUT = ("count all", "since added")  # kinds whose slot may be missing


@dataclass(frozen=True, slots=True)
class Reading:
    """kind: of data/intents.safetensors, slot: what stands there, chance: how likely it is."""

    kind: str
    slot: str
    chance: float


@dataclass(frozen=True, slots=True)
class Model:
    """kinds: in the order of the weights; words: the tokens of forms, others are unknown; features: the row of each in
    the weights, "" first, which has none; weights: float32 [n_features, n_kinds]; start: float32 [n_kinds]; least: the
    chance from which a reading counts."""

    kinds: tuple[str, ...]
    words: frozenset[str]
    features: Mapping[str, int]
    weights: NDArray[np.float32]
    start: NDArray[np.float32]
    least: float

    def save(self, path: Path) -> None:
        """Writes it, weights in steps, a byte each."""
        from safetensors.numpy import save_file

        steps = np.round(np.clip(self.weights, -_MOST, _MOST) / _STEP).astype(np.int8)
        save_file({"kinds": _bytes(self.kinds), "words": _bytes(sorted(self.words)), "features": _bytes(self.features),
                   "weights": steps, "start": self.start, "least": np.array([self.least], np.float32)}, path)


@cache
def model() -> Model:
    """The weights that this version has."""
    from safetensors.numpy import load_file

    data = load_file(_FILE)
    names = _texts(data["features"])
    return Model(tuple(_texts(data["kinds"])), frozenset(_texts(data["words"])),
                 {name: n for n, name in enumerate(names)}, data["weights"] * np.float32(_STEP),
                 data["start"].astype(np.float32), float(data["least"][0]))


def _bytes(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _texts(data: NDArray[np.uint8]) -> list[str]:
    return data.tobytes().decode().split("\n")


def read_freely(asked: Asked, fitted: Model | None = None) -> Reading:
    """The clearest reading of a question."""
    fitted = fitted or model()
    found = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(asked.text)]
    if not 2 <= len(found) <= _LONGEST:
        return Reading(NONE, "", 0.0)
    tokens = [token for token, _, _ in found]
    places = list(spans(tokens))
    if not places:  # what is quoted stands too far apart for one slot
        return Reading(NONE, "", 0.0)
    chances = _chances(fitted, list(_rows(tokens, places, asked.language, fitted)))
    best = Reading(NONE, "", 0.0)
    for (i, j), each in zip(places, chances, strict=True):
        for n in np.argsort(-each):
            kind = fitted.kinds[n]
            if each[n] <= best.chance:
                break
            if kind != NONE and (i < j or kind in _WITHOUT):
                best = Reading(kind, asked.text[found[i][1]:found[j - 1][2]] if j > i else "", float(each[n]))
                break
    return best


def _chances(fitted: Model, rows: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Of each kind, of each reading: float64 [n_readings, n_kinds]. rows: of each one's features, in the weights."""
    starts = np.cumsum([0, *(len(row) for row in rows[:-1])])
    sums = np.add.reduceat(fitted.weights[np.fromiter(chain.from_iterable(rows), np.int64)], starts, axis=0)
    powers = np.exp((sums + fitted.start).astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def _rows(tokens: Sequence[str], places: Sequence[tuple[int, int]], language: str,
          fitted: Model) -> Iterator[list[int]]:
    """The rows of the weights for the features of each reading. What stands wholly before or behind the slot is looked
    up once for all readings that share it."""
    known, glue = [_known(token, fitted.words) for token in tokens], " " if language == "en" else ""
    longest, row = _N_GRAM + (language == "zh"), fitted.features

    def of(frame: Sequence[str], places: Iterable[tuple[int, int]]) -> frozenset[int]:
        return frozenset(row[name] for at, end in places if (name := glue.join(frame[at:end])) in row)

    whole = ["^", *known, "$"]
    before, behind = [frozenset[int]()], [frozenset[int]()]
    for n in range(1, len(tokens) + 2):  # what ends with token n, what begins with it
        before.append(before[-1] | of(whole, ((at, n) for at in range(max(0, n - longest), n))))
        last = len(whole) - n
        ends = range(last + 1, min(last + longest, len(whole)) + 1)
        behind.append(behind[-1] | of(whole, ((last, end) for end in ends)))
    for i, j in places:
        slot = [_SLOT] if j > i else []
        frame = [*whole[max(0, i + 2 - longest):i + 1], *slot, *whole[j + 1:j + longest]]
        left = min(i + 1, longest - 1)
        found = before[i + 1] | behind[len(tokens) - j + 1] | of(frame, (
            (at, end) for at in range(left + len(slot))
            for end in range(max(at + 1, left + 1), min(at + longest, len(frame)) + 1)))
        if slot:
            found |= {row[name] for name in _of_slot(tokens[i:j], known[i:j], language) if name in row}
        yield sorted(found) or [row[_NOTHING]]


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
        found += _of_slot(tokens[i:j], [_known(token, words) for token in tokens[i:j]], language)
    return found


def _of_slot(tokens: Sequence[str], known: Sequence[str], language: str) -> list[str]:
    """What the slot looks like."""
    return [f"<{known[0]}", f">{known[-1]}", *dict.fromkeys(f"in {token}" for token in known),
            *_shape(tokens, language)]


def _known(token: str, words: frozenset[str]) -> str:
    low = token.lower()
    return low if low in words else _UNKNOWN


def _shape(inside: Sequence[str], language: str) -> list[str]:
    text = " ".join(inside)
    is_quoted, has_capital = bool(_IS_MARK.search(text)), bool(re.search("[A-Z]", text))
    kind = "quoted" if is_quoted else "capital" if has_capital else "digit" if re.search(r"\d", text) else "plain"
    length = next(n for n in (1, 2, 4, 8, 16, 99) if len(inside) <= n)
    return [f"is {kind}", f"long {length} {language}", f"is {kind} {length}"]
