"""Fit the weights of title_lines.py on PDF files whose titles are known.

    python tools/fit_titles.py FOLDER [--write]

tools/titles.tsv lists the files: git's id of the blob, repository on GitHub, path, part, titles that are right
("a || b"; "" where the page's text holds none). FOLDER has each as ID.pdf, got by `git cat-file blob ID` in a clone.
The titles were read off rendered first pages or off names that people gave the files, without this program.

Besides each page as it is, two made of it are fitted on: with its title taken away, so that "none of them" is learnt,
and with a line above the title that is none of it, taken from the pages of others or from BANNERS. Printed is what is
right when one part is fitted on and the other is read; --write fits on both and writes kb/data/title_weights.toml.
"""

from __future__ import annotations

import argparse
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from kb.readers import layout, pdf
from kb.readers.font_maps import FontMaps
from kb.readers.line_numbers import LineNumbers
from kb.readers.order import Row
from kb.readers.title_block import pages_seen
from kb.readers.title_features import Page, features
from kb.readers.title_lines import runs_of

LIST = Path(__file__).parent / "titles.tsv"
WEIGHTS = Path(__file__).parent.parent / "kb" / "data" / "title_weights.toml"
PAGES = 10
LEAST_LETTERS = 40  # of a first page that is not a picture
L2 = 0.5
SHARES = {"as it is": 1.0, "banner": 0.5, "no title": 0.3}
BANNERS = """Working Paper|Essay|Research Article|Technical Report No. 12|Discussion Paper|Feature|Special Issue Article
Invited Paper|Journal of Lake Studies|Artificial Intelligence|Case Study|Lecture Notes|White Paper|Tutorial|REVIEW
ORIGINAL PAPER|LETTERS|Full Paper|Survey|Brief Communication|专论|综述|研究简报|专题论坛|学术探讨|教学研究|工程管理
湖滨大学学报|现代计算机|电子技术应用|图书情报工作|软件学报|信息化建设|计算机工程与应用|学位论文|热点透视|基金项目论文
经济管理|自然科学版""".replace("\n", "|").split("|")

Read = tuple[dict[str, Any], list[Row], float]  # what title_block.metadata_of gets


class Listed(NamedTuple):
    blob: str
    repository: str
    path: str
    part: str
    titles: tuple[str, ...]


class Sample(NamedTuple):
    kind: str
    part: str
    is_chinese: bool
    texts: list[str]
    counts: np.ndarray  # [n_candidates, n_features]
    is_right: np.ndarray  # [n_candidates]; none is: "none of them" is right


def main() -> None:
    """Read, fit, tell, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    names, samples = _samples(list(_listed()), asked.folder)
    for part in ("a", "b"):
        weights = _fitted([sample for sample in samples if sample.part == part])
        print(f"fitted on part {part}, read the other:", _right(weights, [s for s in samples if s.part != part]))
    if asked.write:
        fitted = zip(names, _fitted(samples), strict=True)
        WEIGHTS.write_text("".join(f'"{name}" = {weight:.3f}\n' for name, weight in fitted), encoding="utf-8")


def _listed() -> Iterator[Listed]:
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            blob, repository, path, part, titles = line.split("\t")
            yield Listed(blob, repository, path, part, tuple(title.strip() for title in titles.split("||")))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def _read(path: Path) -> Read | None:
    """What a document's first pages give, or None where pdfium cannot open it."""
    document = pdf._pdfium_document(path.read_bytes())
    if document is None:
        return None
    n_pages = min(PAGES, len(document))
    head = pdf._description(pdf._asked(document, len(document)))
    frames = [{"n_pages": n_pages, **head, "outline": [item for item in head["outline"] if item[2] <= n_pages]}]
    seen, fields = (LineNumbers(), FontMaps(document)), pdf._fields(document)
    for number in range(1, n_pages + 1):
        placed, shapes = pdf._lines(document, number, seen, fields)
        if placed is not None:
            frames.append({**pdf._frame(number, placed.lines, placed.aside), "drawn": shapes})
    got: list[Read] = []
    real = layout.metadata_of
    layout.metadata_of = lambda head, rows, body: (got.append((head, list(rows), body)), real(head, rows, body))[1]
    try:
        layout.assemble(frames)
    finally:
        layout.metadata_of = real
    return got[0]


def _samples(listed: Sequence[Listed], folder: Path) -> tuple[list[str], list[Sample]]:
    read = {one: got for one in listed if (folder / f"{one.blob}.pdf").exists()
            and (got := _read(folder / f"{one.blob}.pdf")) is not None}
    read = {one: got for one, got in read.items()
            if sum(len(row.text) for row in got[1] if row.page == 1) >= LEAST_LETTERS}
    chance = random.Random(7)
    heads = {part: _heads([(one, got) for one, got in read.items() if one.part == part]) for part in ("a", "b")}
    raw: list[tuple[str, Listed, list[str], list[dict[str, float]], list[bool]]] = []

    def add(kind: str, one: Listed, page: Page, is_right: Callable[[str], bool]) -> list[Row]:
        runs = runs_of(page)
        right = [is_right(text) for _, text in runs]
        if any(right) or kind == "no title" or one.titles == ("",):
            raw.append((kind, one, [text for _, text in runs], [features(run, text, page) for run, text in runs],
                        right))
        return max((run for (run, _), ok in zip(runs, right, strict=True) if ok), key=len, default=[])

    for one, got in read.items():
        wanted = {_plain(title) for title in one.titles if title}
        title = add("as it is", one, _page(got), lambda text, wanted=wanted: _plain(text) in wanted)
        if title:
            add("banner", one, _page(_with_banner(got, title, chance, heads[one.part])),
                lambda text, wanted=wanted: _plain(text) in wanted)
            add("no title", one, _page((got[0] | {"title": ""}, [row for row in got[1] if row not in title], got[2])),
                lambda text: False)
    names = [*sorted({name for _, _, _, counted, _ in raw for one in counted for name in one}), "any"]
    at = {name: i for i, name in enumerate(names)}
    samples = []
    for kind, one, texts, counted, right in raw:
        counts = np.zeros((len(counted), len(names)))
        counts[:, -1] = 1.0
        for i, values in enumerate(counted):
            for name, value in values.items():
                counts[i, at[name]] = value
        is_chinese = bool(re.search("[一-鿿]", one.titles[0]))
        samples.append(Sample(kind, one.part, is_chinese, texts, counts, np.array(right, bool)))
    return names, samples


def _page(got: Read) -> Page:
    return pages_seen(*got)[0]


def _heads(read: Sequence[tuple[Listed, Read]]) -> list[str]:
    """Lines at the heads of first pages that are no part of their titles."""
    return [row.text.strip() for one, (_, rows, _) in read for row in rows
            if row.page == 1 and row.middle > 0.86 and 4 < len(row.text.strip()) < 50
            and re.search(r"[^\W\d_]{2}", row.text) and not any(_plain(row.text) in _plain(t) for t in one.titles)]


def _with_banner(got: Read, title: Sequence[Row], chance: random.Random, heads: Sequence[str]) -> Read:
    """The page with a line above its title, in the title's script, of any size and at any edge."""
    head, rows, body = got
    first = title[0]
    is_chinese = bool(re.search("[一-鿿]", first.text))
    words = [text for text in (BANNERS if chance.random() < 0.5 else heads)
             if bool(re.search("[一-鿿]", text)) == is_chinese or chance.random() < 0.1] or BANNERS
    text, size = chance.choice(words), first.size * chance.choice([0.6, 0.7, 0.8, 0.9, 1.0, 1.0, 1.15, 1.3])
    middle = min(0.985, first.middle + max(first.size, size) * chance.uniform(1.2, 3.2) / 800)
    width = min(0.6, len(text) * size * (1 if is_chinese else 0.5) / 595)
    left = chance.choice([first.left, (first.left + first.right) / 2 - width / 2, 0.1, 0.9 - width])
    row = first._replace(text=text, left=left, right=left + width, middle=middle, size=size,
                         is_bold=chance.random() < 0.5)
    rest = [other for other in rows if other.page != 1 or abs(other.middle - middle) > max(other.size, size) / 900
            or other.left > row.right or other.right < row.left]
    return head, [row, *rest], body


def _fitted(samples: Sequence[Sample]) -> np.ndarray:
    """Weights that make what is right most likely, of all candidates of a page and "none of them"."""

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = L2 * weights @ weights / 2, L2 * weights
        for sample in samples:
            if not len(sample.counts):
                continue
            scores = np.append(sample.counts @ weights, 0.0)
            chances = np.exp(scores - scores.max())
            right = chances * np.append(sample.is_right, not sample.is_right.any())
            share = SHARES[sample.kind]
            total -= share * np.log(right.sum() / chances.sum() + 1e-300)
            slope = slope - share * sample.counts.T @ (right / right.sum() - chances / chances.sum())[:-1]
        return total, slope

    start = np.zeros(samples[0].counts.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def _right(weights: np.ndarray, samples: Sequence[Sample]) -> str:
    n: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for sample in samples:
        kind = sample.kind if sample.kind != "as it is" else "zh" if sample.is_chinese else "en"
        n[kind] += 1
        if len(sample.counts):
            scores = sample.counts @ weights
            best = int(scores.argmax())
            right[kind] += scores[best] < 0 if kind == "no title" else bool(sample.is_right[best])
    return ", ".join(f"{kind} {right[kind]} of {n[kind]}" for kind in sorted(n))


if __name__ == "__main__":
    main()
