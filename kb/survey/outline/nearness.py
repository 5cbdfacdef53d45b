"""Under which wide names of the field a work belongs, and how near these are to a topic: works on few-step samplers
stand under "diffusion model acceleration", which "making diffusion models generate faster" is near.

Reads: a topic, texts, an encoder.  Gives: a figure for each text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from kb.survey.outline.field import names_in, wide_names
from kb.types import Encoder

_NEAR = 0.03  # by how much less a cosine is of a name that counts e times less


def nearness(topic: str, texts: Sequence[str], encoder: Encoder) -> NDArray[np.float64]:
    """float64 [n] in [0, 1]: of the wide names, each as far as the topic is near it, those that a text is under."""
    asked = encoder.encode([topic], role="question")[0].astype(np.float64)
    cosines = _vectors(encoder) @ asked  # type: ignore[arg-type]  # an encoder is one key
    weights = np.exp((cosines - cosines.max()) / _NEAR)
    weights /= weights.sum()
    return np.array([weights[_under(text)].sum() for text in texts])


@lru_cache(maxsize=2)
def _vectors(encoder: Encoder) -> NDArray[np.float64]:
    """float64 [names, d]: the middle of each wide name in both languages."""
    english, chinese = (encoder.encode([wide.own[i] for wide in wide_names()], role="question").astype(np.float64)
                        for i in (0, -1))
    return np.asarray((english + chinese) / 2)


@cache
def _places() -> dict[str, list[int]]:
    """Name -> the wide names that it belongs under, by their numbers."""
    found: dict[str, list[int]] = {}
    for i, wide in enumerate(wide_names()):
        for name in wide.names:
            found.setdefault(name, []).append(i)
    return found


@lru_cache(maxsize=4000)
def _under(text: str) -> list[int]:
    """Numbers of the wide names under which a text belongs."""
    return sorted({i for name in names_in(text) for i in _places()[name]})
