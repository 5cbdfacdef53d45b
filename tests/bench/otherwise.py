"""Fit how surely a sentence that speaks against something is about what was asked, and say how well that is told.

    python -m tests.bench.otherwise [--write]

otherwise.tsv has what kb/answer/otherwise.py counts of such sentences, and what reading each beside its question and
answer said. They are of questions about the corpus and about papers, lectures and notes of public repositories, whose
text is no part of this project. A tenth of the questions is told by what was fitted on the others, in turn.
--write: into kb/data/otherwise.toml.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
COUNTED = ("cosine", "share", "share around", "other language", "logit")
MODELS = {"near": (("", "cosine", "share", "share around", "other language"), 0.1),
          "sure": (("", "cosine", "share", "logit"), 0.3)}  # features, and how large weights are held down
LIMITS = {"near": 0.15, "sure": 0.6}
HEAD = """# How surely a sentence that speaks against something is about what was asked (kb/answer/otherwise.py): log
# odds, before its passage is read (near) and after it (sure), and from where on it is read, and told. Fitted by
# `python -m tests.bench.otherwise --write`.
"""
Row = tuple[str, dict[str, float], float]


def main() -> None:
    """Print the table, and write the weights if that is wanted."""
    rows = _rows()
    told = [(chance, row[2]) for chance, row in _held_out([row for row in rows if "logit" in row[1]], "sure")]
    n_true = sum(row[2] for row in rows)
    print(f"{len(rows)} sentences beside {len({row[0] for row in rows})} questions, {n_true:.0f} of them against it")
    print("| told from | told | right | precision | recall |\n|---|---|---|---|---|")
    for limit in (0.9, 0.8, 0.7, 0.6, 0.5):
        right = [truth for chance, truth in told if chance >= limit]
        print(f"| {limit} | {len(right)} | {sum(right):.0f} | {sum(right) / max(1, len(right)):.2f} "
              f"| {sum(right) / n_true:.2f} |")
    if "--write" in sys.argv:
        parts = [f"[{name}]\n" + "".join(f'"{feature}" = {weight:.2f}\n' for feature, weight in _fitted(rows, name))
                 for name in MODELS]
        parts.append("[limits]\n" + "".join(f"{name} = {limit}\n" for name, limit in LIMITS.items()))
        (ROOT / "kb/data/otherwise.toml").write_text("\n".join([HEAD, *parts]), encoding="utf-8")


def _rows() -> list[Row]:
    lines = (Path(__file__).parent / "otherwise.tsv").read_text(encoding="utf-8").splitlines()
    found = []
    for question, *values, truth in (line.split("\t") for line in lines if not line.startswith("#")):
        counted = {name: float(value) for name, value in zip(COUNTED, values, strict=True) if value}
        found.append((question, {"": 1.0, **counted}, float(truth)))
    return found


def _fitted(rows: list[Row], model: str) -> list[tuple[str, float]]:
    """Logistic regression by Newton's method, on the rows that have all that is counted."""
    features, held = MODELS[model]
    rows = [row for row in rows if set(features) <= set(row[1])]
    x, y = _matrix(rows, features), np.array([row[2] for row in rows])
    less = np.array([held if feature else 1e-6 for feature in features])
    w = np.zeros(len(features))
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        w += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(less), x.T @ (y - p) - less * w)
    return list(zip(features, w.tolist(), strict=True))


def _held_out(rows: list[Row], model: str) -> list[tuple[float, Row]]:
    """Each row and its chance by weights that were fitted on other questions."""
    questions, found = sorted({row[0] for row in rows}), []
    for turn in range(10):
        out = set(questions[turn::10])
        weights = _fitted([row for row in rows if row[0] not in out], model)
        told = [row for row in rows if row[0] in out]
        logits = _matrix(told, [name for name, _ in weights]) @ np.array([weight for _, weight in weights])
        found += list(zip((1 / (1 + np.exp(-logits))).tolist(), told, strict=True))
    return found


def _matrix(rows: list[Row], features: tuple[str, ...] | list[str]) -> np.ndarray:
    return np.array([[row[1].get(feature, 0.0) for feature in features] for row in rows])


if __name__ == "__main__":
    main()
