"""Fits the trees of kb/data/headings.json, and measures headings:

    python -m tests.bench.headings fit FOLDER
    python -m tests.bench.headings measure FOLDER [--part choose]

FOLDER has PDF files and `sources.tsv`: a line for each with the name of the file, its repository, the commit, the path
there. A repository is in one part only: 60 of 100 are fitted on, 15 choose (how many trees, from which probability on a
line is a heading), 25 are what `measure` tells if no part is asked for. It prints how many documents and lines of
headings a part has as well: the table of kb/data/headings.md, which lists what the trees were fitted on.

Needs scikit-learn to fit; the trees that come out are plain numbers.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kb.readers import Limits, layout, pdf
from kb.readers.heading_features import NAMES, Lines
from kb.readers.heading_numbers import number_of
from kb.readers.headings import find_headings
from kb.readers.order import Row
from tests.bench.heading_labels import Document, labels_of, without_number

OUT = Path(__file__).resolve().parents[2] / "kb/data/headings.json"
N_TREES, N_LEAVES, RATE, LEAST_ROWS = 80, 16, 0.18, 40
PARTS = ("fit", "choose", "measure")
N_PAGES = 60  # of a document: a book would teach what a hundred papers do
N_CHANGED = 3  # changed copies of each document that is fitted on, half its weight each
NOISE = "abcdefghijklmnopqrstuvwxyzIl1|/\\.,;:'\"-_~^*()"


class Labelled(NamedTuple):
    """A document with a label for each row."""

    name: str
    source: tuple[str, str, str]
    part: str
    is_chinese: bool
    way: str
    document: Document
    labels: list[int]


def part_of(repository: str) -> str:
    """One of PARTS."""
    place = int(hashlib.md5(repository.encode()).hexdigest(), 16) % 100
    return "fit" if place < 60 else "choose" if place < 75 else "measure"


def labelled(folder: Path) -> Iterator[Labelled]:
    """The documents of a folder whose headings something tells."""
    with (folder / "sources.tsv").open(encoding="utf-8", newline="") as file:
        for name, repository, commit, path in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            document = _seen((folder / name).read_bytes())
            found = labels_of(document) if document is not None else None
            if document is None or found is None:
                continue
            text = "".join(row.text for row in document.rows[:400])
            is_chinese = sum("\u4e00" <= char <= "\u9fff" for char in text) > 0.2 * len(text)
            yield Labelled(name, (repository, commit, path), part_of(repository), is_chinese, found[1], document,
                           found[0])


def _seen(data: bytes) -> Document | None:
    """What find_headings is given of a PDF, and what it finds without the outline."""
    kept: dict[str, Any] = {}

    def keep(rows: list[Row], named: dict[Row, str], body: float, pitch: float, outline: Any, title: str) -> Any:
        found = find_headings(rows, named, body, pitch, {}, title)
        kept.update(rows=rows, named=dict(named), body=body, pitch=pitch, title=title, found=found)
        return found

    frames: list[dict[str, Any]] = []
    try:
        pdf.read(data, Limits(), frames.append)
        layout.find_headings = keep  # type: ignore[assignment]
        layout.assemble(frames[:N_PAGES + 1])
    except Exception as error:  # a damaged file teaches nothing
        print(error, file=sys.stderr)
        return None
    finally:
        layout.find_headings = find_headings
    return Document(**kept, outline=[tuple(entry) for entry in frames[0]["outline"]]) if kept else None


def changed(one: Labelled, seed: int) -> tuple[Document, list[int]]:
    """A copy as other documents are, with the labels of its rows: without weights, with headings of the text's size or
    without numbers, with one font, as a recogniser reads it, or a few of its pages."""
    chance = random.Random(f"{one.name}{seed}")
    no_weight, one_size, no_number, one_face, is_read = (chance.random() < p for p in (0.45, 0.35, 0.35, 0.12, 0.12))
    if is_read:
        one_face, no_weight, no_number = True, True, False
    no_weight = no_weight or not (one_size or no_number or one_face)
    document = one.document
    pages = sorted({row.page for row in document.rows})
    if chance.random() < 0.3:
        n = chance.choice((1, 1, 2, 3))
        begin = chance.randrange(max(1, len(pages) - n + 1))
        pages = pages[begin:begin + n]
    renumbers = one.is_chinese and chance.random() < 0.4
    styles = {(row.face, round(2 * row.size), row.is_bold)
              for row, label in zip(document.rows, one.labels, strict=True) if label == 1}
    rows: list[Row] = []
    labels: list[int] = []
    named: dict[Row, str] = {}
    for old, label in zip(document.rows, one.labels, strict=True):
        if old.page not in pages:
            continue
        row, style = old, (old.face, round(2 * old.size), old.is_bold)
        if one_size and row.size < 1.6 * document.body and (label == 1 or style in styles and row.page > 1):
            row = row._replace(size=document.body)
        if no_number and label == 1:
            row = row._replace(text=without_number(row.text))
        elif renumbers and label == 1:
            row = row._replace(text=_renumbered(row.text))
        row = row._replace(is_bold=row.is_bold and not no_weight)
        row = row._replace(face="", end="") if one_face else row
        row = _as_read(row, label, chance) if is_read else row
        if old in document.named:
            named[row] = document.named[old]
        rows.append(row)
        labels.append(label)
    return document._replace(rows=rows, named=named), labels


def _renumbered(text: str) -> str:
    """"一、", "（一）" and "1." instead of "1", "1.1" and "1.1.1"."""
    number = number_of(text)
    if number is None or number.way != "digits" or number.depth > 3 or not 0 < number.value < 11:
        return text
    chinese = "一二三四五六七八九十"[number.value - 1]
    return (f"{chinese}、", f"（{chinese}）", f"{number.value}.")[number.depth - 1] + without_number(text)


def _as_read(row: Row, label: int, chance: random.Random) -> Row:
    size, text = row.size * chance.uniform(0.93, 1.07), row.text
    if not label and len(text) < 70 and chance.random() < 0.3:
        text, size = _noisy(text, chance.uniform(0.2, 0.7), chance), size * chance.uniform(0.8, 1.5)
    elif len(text) < 90:
        text = _noisy(text, 0.02, chance)
    return row._replace(size=round(size, 2), text=text)


def _noisy(text: str, share: float, chance: random.Random) -> str:
    return "".join(chance.choice(NOISE) if chance.random() < share and char != " " else char for char in text)


def _counted(document: Document, labels: list[int], weight: float) -> tuple[list[list[float]], list[int], list[float]]:
    lines = Lines(document.rows, document.named, document.body, document.pitch)
    asked = [i for i in range(len(document.rows)) if labels[i] >= 0 and lines.may_be(i)]
    n = max(15, sum(labels[i] for i in asked))  # a thesis counts as a paper does
    return [lines.features(i) for i in asked], [labels[i] for i in asked], [weight / n] * len(asked)


def fit(folder: Path) -> None:
    """Writes the trees."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    features: list[list[float]] = []
    labels: list[int] = []
    weights: list[float] = []
    for one in labelled(folder):
        if one.part == "fit":
            copies = [(one.document, one.labels, 1.0), *((*changed(one, seed), 0.5) for seed in range(N_CHANGED))]
            for copy in copies:
                for all_of, some in zip((features, labels, weights), _counted(*copy), strict=True):
                    all_of += some  # type: ignore[operator]
    model = HistGradientBoostingClassifier(max_iter=N_TREES, learning_rate=RATE, max_leaf_nodes=N_LEAVES, max_bins=64,
                                           min_samples_leaf=LEAST_ROWS, l2_regularization=1.0, random_state=0)
    shares = np.array(weights)
    model.fit(np.array(features, np.float32), labels, sample_weight=shares / shares.mean())
    write(model)


def write(model: Any) -> None:
    """A fitted model of scikit-learn as plain numbers, in kb/data."""
    trees = []
    for (tree,) in model._predictors:
        nodes = tree.nodes
        trees.append([
            [-1 if node["is_leaf"] else int(node["feature_idx"]) for node in nodes],
            [float(f"{node['value']:.4g}" if node["is_leaf"] else f"{node['num_threshold']:.6g}") for node in nodes],
            [int(node["left"]) for node in nodes], [int(node["right"]) for node in nodes]])
    start = round(float(model._baseline_prediction.ravel()[0]), 4)
    OUT.write_text(json.dumps({"features": NAMES, "start": start, "trees": trees}, separators=(",", ":")))


def measure(folder: Path, part: str) -> None:
    """Precision, recall and F1 of the lines that find_headings takes for headings, without the outlines."""
    counts: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for one in labelled(folder):
        if one.part == part:
            got = [one.labels[i] for i in one.document.found]
            counts[one.is_chinese, one.way] += Counter(
                documents=1, right=got.count(1), wrong=got.count(0), all=one.labels.count(1))
    for (is_chinese, way), count in sorted(counts.items()):
        precision = count["right"] / max(1, count["right"] + count["wrong"])
        recall = count["right"] / max(1, count["all"])
        print(f"{'zh' if is_chinese else 'en'} {way}: {count['documents']} documents, {count['all']} lines, "
              f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}")


def main(words: list[str] | None = None) -> None:
    """Does what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("fit").add_argument("folder", type=Path)
    measures = ways.add_parser("measure")
    measures.add_argument("folder", type=Path)
    measures.add_argument("--part", choices=PARTS, default="measure")
    asked = parser.parse_args(words)
    if asked.way == "fit":
        fit(asked.folder)
    else:
        measure(asked.folder, asked.part)


if __name__ == "__main__":
    main()
