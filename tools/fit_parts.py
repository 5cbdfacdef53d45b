"""Fit the weights of the parts of a summary on sentences that were judged by hand.

    python tools/fit_parts.py LIBRARY... [--abstracts FILE.jsonl ...] [--write]

tools/parts.tsv lists them: id of the document, where the sentence begins and ends, part, whether it tells it, its first
words. The libraries hold the documents. --abstracts are files of CSAbstruct (github.com/allenai/
sequential_sentence_classification, data/CSAbstruct), whose sentences are labelled. The sentences that the weights were
first fitted on were not kept, so weights are held to what they are (by ridge regression towards them) and move only as
far as what is listed says. Printed is the mean log loss of sentences that were not fitted on, before and after, and how
far weights move; --write writes kb/data/parts.toml.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from kb import KnowledgeBase
from kb.study.parts import placed
from kb.study.summaries import UNREAD
from kb.types import Document, Metadata, Section

LIST = Path(__file__).parent / "parts.tsv"
WEIGHTS = Path(__file__).parent.parent / "kb" / "data" / "parts.toml"
PARTS = ("problem", "method", "results", "limits")
LABELS = {"background": "problem", "objective": "problem", "method": "method", "result": "results"}
L2, N_FOLDS = 3.0, 8

Judged = tuple[str, str, dict[str, float], bool]  # document, part, features, whether it tells the part


def main() -> None:
    """Read, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("libraries", type=Path, nargs="+")
    parser.add_argument("--abstracts", type=Path, nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    text = WEIGHTS.read_text(encoding="utf-8")
    weights = tomllib.loads(text)
    judged = [*_listed(asked.libraries), *(one for path in asked.abstracts for one in _labelled(path))]
    lines = [line for line in text.splitlines() if line.startswith("#")]
    for part in PARTS:
        mine = [one for one in judged if one[1] == part]
        names = sorted({"intercept", *weights[part], *(name for _, _, counted, _ in mine for name in counted)})
        before = np.array([weights[part].get(name, 0.0) for name in names])
        after = _fitted(mine, names, before)
        print(f"{part}: {len(mine)} sentences, loss {_loss(mine, names, before):.3f}, of those not fitted on "
              f"{_crossed(mine, names, before):.3f}; weights move by {np.abs(after - before).max():.2f} at most")
        lines += ["", f"[{part}]"]
        ranked = sorted(zip(names, after, strict=True),
                        key=lambda pair: (pair[0] != "intercept", -abs(pair[1]), pair[0]))
        lines += [f"{name if name.isalpha() else json.dumps(name)} = {weight:.2f}" for name, weight in ranked
                  if abs(weight) >= 0.05 or name == "intercept"]
    if asked.write:
        WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listed(libraries: Sequence[Path]) -> Iterator[Judged]:
    listed: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, start, _, part, tells, _ = line.split("\t")
            listed[name].append((int(start), part, tells == "1"))
    for folder in libraries:
        with KnowledgeBase.open(folder) as base:
            for info in base.documents():
                sentences = {item.start: item for item in placed(base.document(info.id))} if info.id in listed else {}
                for start, part, tells in listed.pop(info.id, []):
                    if start in sentences:
                        yield info.id, part, sentences[start].features() | UNREAD, tells


def _labelled(path: Path) -> Iterator[Judged]:
    """The sentences of labelled abstracts, each asked for every part."""
    for line in path.read_text(encoding="utf-8").splitlines():
        abstract = json.loads(line)
        text, starts = "", {}
        for sentence, label in zip(abstract["sentences"], abstract["labels"], strict=True):
            starts[len(text)] = label
            text += sentence.strip() + " "
        document = Document(str(abstract["abstract_id"]), "", "", "text", Metadata(""), "en", text,
                            (Section("Abstract", 1, 0, len(text)),))
        for item in placed(document):
            if item.start in starts:
                for part in PARTS[:3]:
                    yield document.id, part, item.features() | UNREAD, LABELS.get(starts[item.start]) == part


def _matrix(judged: Sequence[Judged], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    at = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(judged), len(names)))
    for i, (_, _, counted, _) in enumerate(judged):
        counts[i, at["intercept"]] = 1.0
        for name, value in counted.items():
            if name in at:
                counts[i, at[name]] = value
    return counts, np.array([tells for *_, tells in judged], float)


def _fitted(judged: Sequence[Judged], names: Sequence[str], before: np.ndarray) -> np.ndarray:
    counts, tells = _matrix(judged, names)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        away, chances = weights - before, 1 / (1 + np.exp(-np.clip(counts @ weights, -40, 40)))
        total = L2 * away @ away / 2 - np.log(np.where(tells > 0, chances, 1 - chances) + 1e-300).sum()
        return total, L2 * away - counts.T @ (tells - chances)

    return minimize(loss, before, jac=True, method="L-BFGS-B").x


def _loss(judged: Sequence[Judged], names: Sequence[str], weights: np.ndarray) -> float:
    """The mean log loss."""
    counts, tells = _matrix(judged, names)
    chances = 1 / (1 + np.exp(-np.clip(counts @ weights, -40, 40)))
    return float(-np.log(np.where(tells > 0, chances, 1 - chances) + 1e-300).mean()) if len(judged) else 0.0


def _crossed(judged: Sequence[Judged], names: Sequence[str], before: np.ndarray) -> float:
    """The mean log loss of sentences of documents that were not fitted on."""
    fold = {name: i % N_FOLDS for i, name in enumerate(dict.fromkeys(one[0] for one in judged))}
    total = 0.0
    for k in range(N_FOLDS):
        out = [one for one in judged if fold[one[0]] == k]
        total += len(out) * _loss(out, names, _fitted([one for one in judged if fold[one[0]] != k], names, before))
    return total / max(1, len(judged))


if __name__ == "__main__":
    main()
