"""Labelled texts made ready for a classifier: read, refused or split, tokenized. Three labs begin with it.

Reads: the parameters of `finetune` (a file and its columns, or the bundled reviews).  Gives: Texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder.encode import bundled
from kb.errors import ParameterError
from kb.labs.run import Run
from kb.labs.tools import data
from kb.labs.tools.baseline import Baseline
from kb.labs.tools.data import Example, Split
from kb.labs.tools.network import cut
from kb.types import Words

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Texts:
    """split: the texts themselves; rows: part -> token rows of its texts; targets: part -> int64 [n], which label; all:
    every example of the file."""

    split: Split
    rows: dict[str, list[list[int]]]
    targets: dict[str, NDArray[np.int64]]
    all: list[Example]

    @property
    def n_labels(self) -> int:
        return len(self.split.labels)

    def of(self, part: str) -> list[str]:
        """The texts of a part."""
        return [example.text for example in getattr(self.split, part)]

    def baseline(self, n: int | None = None) -> Baseline:
        """TF-IDF with logistic regression, fitted on the first n training texts (None: on all)."""
        return Baseline.fit(self.of("train")[:n], self.targets["train"][:n].tolist(), self.n_labels)


def prepare(params: Mapping[str, Any], run: Run) -> Texts:
    """Reads the file that the parameters name, splits it, tokenizes it. Errors: SettingError, DataError, for what
    cannot be learnt from."""
    examples, test, path = read(params, lambda words: run.event("note", text=words))
    split = data.split(examples, test, run, n_train=params["n_train"], n_test=params["n_test"], seed=params["seed"],
                       path=path)
    run.record(data={"path": str(path), "sha256": data.sha256(path), "rows": len(examples)})
    parts: dict[str, Sequence[Example]] = {part: getattr(split, part) for part in PARTS}
    rows = {part: tokens(found) for part, found in parts.items()}
    _tell_cuts(rows["train"], params["max_length"], run)
    rows = {part: cut(found, params["max_length"]) for part, found in rows.items()}
    targets = {part: targets_of(found, split.labels) for part, found in parts.items()}
    return Texts(split, rows, targets, examples)


def read(params: Mapping[str, Any],
         tell: Callable[[Words], None]) -> tuple[list[Example], list[Example] | None, Path]:
    """(examples, those of a test file or None, where they were read); `tell` as of read_examples. Errors:
    SettingError, DataError."""
    if params["text"] == params["label"]:
        raise ParameterError("E_LAB_SAME", a="text", b="label", value=params["text"])
    if params["test"] and not params["data"]:
        raise ParameterError("E_LAB_ALONE", name="test", other="data")
    if not params["data"]:
        path = data.bundled_file(f"sentiment_{params['language']}.jsonl")
        return data.read_examples(path, "text", "label"), None, path

    def examples(file: str) -> list[Example]:
        return data.read_examples(Path(file), params["text"], params["label"], encoding=params["encoding"],
                                  drop_empty=params["drop_empty"], tell=tell)

    return examples(params["data"]), examples(params["test"]) if params["test"] else None, Path(params["data"])


def tokens(examples: Sequence[Example]) -> list[list[int]]:
    """Token rows of the texts, whole."""
    return bundled().tokenize([example.text for example in examples])


def targets_of(examples: Sequence[Example], labels: Sequence[str]) -> NDArray[np.int64]:
    """int64 [n]: the place of each example's label among all labels."""
    at = {label: i for i, label in enumerate(labels)}
    return np.array([at[example.label] for example in examples], dtype=np.int64)


def _tell_cuts(rows: Sequence[Sequence[int]], most: int, run: Run) -> None:
    n_cut = sum(len(row) > most for row in rows)
    if n_cut:
        run.event(
            "note", text=Words(f"{n_cut} training texts are longer than {most} tokens; only their beginning is read.",
                               f"{n_cut} 条训练文本超过 {most} 个词元，只读开头。"))
