"""The weights of several logistic models over the same named features, for the programs that fit them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.optimize import minimize

L2 = 1.0
LEAST = 3  # times that a feature is seen

Name = TypeVar("Name", bound=str)


def weights_of(names: Sequence[Name], counted: Sequence[Mapping[str, float]],
               labels: Sequence[Collection[str]]) -> dict[Name, dict[str, float]]:
    """Of each name, the weights that make what the labels say most likely. counted, labels: of each example."""
    seen = Counter(feature for row in counted for feature in row)
    features = sorted(feature for feature, n in seen.items() if n >= LEAST)
    x = np.array([[row.get(feature, 0.0) for feature in features] for row in counted])
    is_free = np.array([feature != "intercept" for feature in features])
    found: dict[Name, dict[str, float]] = {}
    for name in names:
        y = np.array([name in row for row in labels], dtype=float)

        def loss(weights: np.ndarray, y: np.ndarray = y) -> tuple[float, np.ndarray]:
            chance = 1 / (1 + np.exp(-np.clip(x @ weights, -40, 40)))
            held = weights * is_free
            total = -np.sum(y * np.log(chance + 1e-12) + (1 - y) * np.log(1 - chance + 1e-12)) + L2 * held @ held / 2
            return float(total), x.T @ (chance - y) + L2 * held

        best = minimize(loss, np.zeros(len(features)), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
        found[name] = {feature: round(float(weight), 3) for feature, weight in zip(features, best, strict=True)}
    return found


def written(name: str, weights: Mapping[str, float]) -> str:
    """A table of TOML, the heaviest first."""
    ordered = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    return f"[{name}]\n" + "".join(f'"{feature}" = {weight:.3f}\n' for feature, weight in ordered
                                   if abs(weight) >= 0.01)
