"""Labelled examples from a file, refused with one sentence if they cannot be learnt from.

Reads: CSV, TSV or JSON lines.  Gives: train, validation and test, without a text in common.
Everything here happens before any training.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import DataError
from kb.labs.run import Run
from kb.outside import OutsideError, read_json
from kb.types import Words

BUNDLED = Path(__file__).resolve().parents[2] / "data" / "labs"
MOST_BYTES = 300 << 20
LONGEST_LINE = 1_000_000  # characters; a longer one is a broken file or not a table of sentences
LONGEST_TEXT = 100_000
LEAST_ROWS = 20
MOST_LABELS = 50
UNNAMED = ("text", "label")  # the columns of text and label where nobody says which they are
_LOOKED = 2000  # rows by which a column is told to hold texts or labels
_LEAST_TEXT, _LONGEST_LABEL = 8, 60  # characters: on average, at most


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Split:
    """labels: sorted. No text of train is in validation or test."""

    labels: tuple[str, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def bundled_file(name: str) -> Path:
    """A file of examples that comes with the package. Errors: DataError D_NO_BUNDLED."""
    path = BUNDLED / name
    if not path.exists():
        raise DataError("D_NO_BUNDLED", name=name)
    return path


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """A file as text, or why not. Errors: DataError D_BIG, D_ENCODING, D_LONG_LINE, D_EMPTY."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DataError("D_BIG", path=path, size=f"{size >> 20} MB", limit=f"{MOST_BYTES >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise DataError("E_DATA", path=path, line=0, detail=error.strerror or str(error)) from error
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError("D_ENCODING", path=path, encoding=encoding, guess=_guess(data)) from error
    if not text.strip():
        raise DataError("D_EMPTY", path=path)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            raise DataError("D_LONG_LINE", path=path, line=number, n=len(line), limit=LONGEST_LINE)
    return text


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    try:
        data.decode("gb18030")
        return "gb18030"
    except UnicodeDecodeError:
        found = from_bytes(data[:200_000]).best()
        return found.encoding if found else "?"


def read_json_lines(path: Path, encoding: str = "utf-8") -> list[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line that is not empty. Errors: DataError."""
    found = []
    for number, line in enumerate(read_text(path, encoding).split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = read_json(line, is_strict=False)
        except OutsideError as error:
            said = Words(f"not JSON: {error}", f"不是 JSON：{error}")
            raise DataError("E_DATA", path=path, line=number, detail=said) from None
        if not isinstance(item, dict):
            raise DataError("E_DATA", path=path, line=number,
                            detail=Words("a JSON object is wanted", "这里需要一个 JSON 对象"))
        found.append((number, item))
    return found


def read_examples(path: Path, text: str, label: str, *, encoding: str = "utf-8",
                  drop_empty: bool = False, tell: Callable[[Words], None] = lambda words: None) -> list[Example]:
    """The examples of a file in its order. 1.0 and 1 are one label, True and true; NaN is none. `tell` gets a sentence
    on each of these. Errors: DataError, for the whole file, before anything is done with it."""
    if path.suffix.lower() in (".jsonl", ".json", ".ndjson"):
        items = read_json_lines(path, encoding)
        known = list(dict.fromkeys(name for _, item in items[:100] for name in item))
        cells = [[item.get(name) for name in known] for _, item in items]
        text, label = _columns(path, known, cells, text, label, tell)
        rows = [(number, item.get(text), item.get(label)) for number, item in items]
    else:
        rows = _table_rows(path, text, label, encoding, tell)
    good, bad = [], []
    renamed: Counter[tuple[str, str]] = Counter()
    for number, words, name in rows:
        if not (isinstance(words, str) and not _is_missing(words) and _is_label(name)):
            bad.append(number)
            continue
        if len(words) > LONGEST_TEXT:
            raise DataError("D_LONG_TEXT", path=path, line=number, n=len(words), limit=LONGEST_TEXT)
        written = str(name).strip()
        renamed[written, _one_name(written)] += 1
        good.append(Example(" ".join(words.encode("utf-8", "replace").decode("utf-8").split()), _one_name(written)))
    if bad and not drop_empty:
        lines = ", ".join(map(str, bad[:10])) + ("…" if len(bad) > 10 else "")
        raise DataError("D_EMPTY_ROWS", path=path, count=len(bad), lines=lines)
    if bad:
        tell(Words(f"{len(bad)} rows without a text or a label left out.", f"{len(bad)} 行没有文本或标签，已略去。"))
    if pairs := [f"{old} = {new}" for old, new in sorted(renamed) if old != new]:
        tell(Words(f"Labels that mean the same count as one: {', '.join(pairs)}.",
                   f"写法不同的同一标签合为一类：{'、'.join(pairs)}。"))
    return good


def _is_label(value: Any) -> bool:
    return not (value is None or isinstance(value, (dict, list)) or _is_missing(str(value)))


_MISSING = {"", "nan", "-nan", "<na>", "#n/a", "#na", "null"}  # what spreadsheets and databases write for no value
_MISSING_AS_WRITTEN = {"N/A", "n/a", "NA", "None", "NaT"}  # and pandas; "none" may well be a class


def _is_missing(words: str) -> bool:
    words = words.strip()
    return words.lower() in _MISSING or words in _MISSING_AS_WRITTEN


def _one_name(label: str) -> str:
    """A label as it is called however it is written: 1.0 is 1, True is true."""
    if re.fullmatch(r"[+-]?\d+\.0*|\+\d+", label):
        whole = label.split(".")[0].removeprefix("+")
        return "0" if whole == "-0" else whole
    return label.lower() if label.lower() in ("true", "false") else label


def _columns(path: Path, known: Sequence[str], rows: Sequence[Sequence[Any]], text: str, label: str,
             tell: Callable[[Words], None]) -> tuple[str, str]:
    """The columns of the text and of the label. Where nobody named them and none is called so, they are those that can
    be nothing else: one column of texts, one of few values that come again. Errors: DataError D_COLUMN."""
    missing = [name for name in (text, label) if name not in known]
    if missing and (text, label) == UNNAMED:
        texts, labels = _kinds(known, rows)
        if len(texts) == len(labels) == 1:
            tell(Words(f"The text is taken from the column {texts[0]}, the label from {labels[0]}.",
                       f"文本取自 {texts[0]} 列，标签取自 {labels[0]} 列。"))
            return texts[0], labels[0]
    if missing:
        raise DataError("D_COLUMN", path=path, name=missing[0], known=", ".join(map(str, known[:30])))
    return text, label


def _kinds(known: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[list[str], list[str]]:
    """(columns that hold texts, columns that hold labels), by what stands in their first rows: texts hardly ever come
    again and are longer than a name, labels are few and come again."""
    texts, labels = [], []
    for at, name in enumerate(known):
        values = [str(row[at]).strip() for row in rows[:_LOOKED] if at < len(row) and row[at] is not None]
        values = [value for value in values if value]
        n = len(set(values))
        if len(values) < LEAST_ROWS:
            continue
        if 2 <= n <= min(MOST_LABELS, len(values) // 5) and max(map(len, values)) <= _LONGEST_LABEL:
            labels.append(name)
        elif n > len(values) // 2 and sum(map(len, values)) / len(values) >= _LEAST_TEXT and not all(
                re.fullmatch(r"[\d\W_]+", value) for value in values):
            texts.append(name)
    return texts, labels


def _table_rows(path: Path, text: str, label: str, encoding: str,
                tell: Callable[[Words], None]) -> list[tuple[int, Any, Any]]:
    content = read_text(path, encoding)
    first = content.split("\n", 1)[0]
    delimiter = max(("\t", ";", ","), key=first.count) if path.suffix.lower() != ".tsv" else "\t"
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Any, Any]] = []
    try:
        header = [name.strip() for name in next(reader)]
        table = []
        for row in filter(None, reader):
            if any(cell.strip() for cell in row[len(header):]):
                raise DataError("D_CELLS", path=path, line=reader.line_num, found=len(row), wanted=len(header))
            table.append((reader.line_num, row))
        text, label = _columns(path, header, [row for _, row in table], text, label, tell)
        for name in (text, label):
            if header.count(name) != 1:
                raise DataError("D_COLUMN_TWICE", path=path, name=name, known=", ".join(header[:30]))
        at_text, at_label = header.index(text), header.index(label)
        for number, row in table:
            found = [row[at] if at < len(row) else None for at in (at_text, at_label)]
            rows.append((number, found[0], found[1]))
    except csv.Error as error:
        raise DataError("E_DATA", path=path, line=reader.line_num, detail=str(error)) from None
    return rows


def split(examples: Sequence[Example], test: Sequence[Example] | None, run: Run, *, n_train: int, n_test: int,
          seed: int, path: object) -> Split:
    """Distinct texts, stratified by label: test (a fifth, at most n_test, unless it has a file of its own), validation
    (at most 400), train.

    A text that stands twice counts once, one with two labels is left out, and what is in the test set is taken out of
    the rest; each is told.
    Errors: DataError for one class, too few rows, a class too small, too many labels, a test label that training
    never sees.
    """
    counts = Counter(example.label for example in examples)
    if len(examples) < LEAST_ROWS:
        raise DataError("D_FEW", path=path, found=len(examples), needed=LEAST_ROWS)
    if len(counts) < 2:
        raise DataError("D_ONE_CLASS", path=path, label=next(iter(counts)))
    if len(counts) > MOST_LABELS:
        raise DataError("D_MANY_LABELS", path=path, found=len(counts), limit=MOST_LABELS)
    rest = _distinct(examples, run)
    if test is None:
        rest = _stratified(rest, random.Random(f"{seed} test"))
        n = min(n_test, len(rest) // 5)
        held, rest = rest[:n], rest[n:]
    else:
        held = _distinct(test, run)
        unknown = sorted({example.label for example in held} - set(counts))
        if unknown:
            raise DataError("D_LABEL", labels=", ".join(unknown[:10]), known=", ".join(sorted(counts)[:10]))
        if not held:
            raise DataError("D_FEW", path="test", found=0, needed=1)
        held = _stratified(held, random.Random(f"{seed} test"))[:n_test]
        in_test = {example.text for example in held}
        n_before = len(rest)
        rest = _stratified([example for example in rest if example.text not in in_test], random.Random(f"{seed} rest"))
        if len(rest) < n_before:
            run.event(
                "note",
                text=Words(f"{n_before - len(rest)} training texts are in the test set too; taken out of training.",
                           f"{n_before - len(rest)} 条训练文本也在测试集中，已从训练中去掉。"))
    n_validation = min(400, max(len(rest) - n_train, min(200, len(rest) * 15 // 100)))
    validation, train = rest[:n_validation], rest[n_validation:][:n_train]
    in_train, in_validation = (Counter(example.label for example in part) for part in (train, validation))
    for label in sorted(counts):
        if in_train[label] < 2 or in_validation[label] < 1:
            raise DataError("D_SMALL_CLASS", label=label, found=counts[label])
    labels = tuple(sorted(counts))
    _warn(train, in_train, run)
    run.event(
        "note", text=Words(
            f"{len(train)} training, {len(validation)} validation, {len(held)} test examples; labels: "
            f"{', '.join(labels)}.",
            f"训练 {len(train)} 条，验证 {len(validation)} 条，测试 {len(held)} 条；类别：{'、'.join(labels)}。"))
    return Split(labels, tuple(train), tuple(validation), tuple(held))


def _warn(train: Sequence[Example], counts: Counter[str], run: Run) -> None:
    if len(train) < 200:
        run.event("note", text=Words("Fewer than 200 training examples: expect a wide error.",
                                     "训练数据不足 200 条，结果的误差会很大。"))
    most, n = counts.most_common(1)[0]
    if n > 0.9 * len(train):
        run.event(
            "note", text=Words(f"“{most}” is {n / len(train):.0%} of the data: look at macro F1, not at accuracy.",
                               f"“{most}”占 {n / len(train):.0%}：请看宏平均 F1，而不是准确率。"))


def _distinct(examples: Sequence[Example], run: Run) -> list[Example]:
    labels: dict[str, set[str]] = {}
    for example in examples:
        labels.setdefault(example.text, set()).add(example.label)
    n_two = sum(len(names) > 1 for names in labels.values())
    if n_two:
        run.event(
            "note", text=Words(f"{n_two} texts have two labels; left out.", f"{n_two} 条文本有两种标签，已略去。")
        )
    n_again = len(examples) - len(labels)
    if n_again:
        run.event("note", text=Words(f"{n_again} repeated texts count once.", f"{n_again} 条重复文本只计一次。"))
    return [Example(text, next(iter(names))) for text, names in labels.items() if len(names) == 1]


def _stratified(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    """Shuffled so that every beginning has the labels in nearly their shares."""
    by_label: dict[str, list[Example]] = {}
    for example in examples:
        by_label.setdefault(example.label, []).append(example)
    placed = []
    for label in sorted(by_label):
        items = by_label[label]
        rng.shuffle(items)
        placed += [((i + rng.random()) / len(items), example) for i, example in enumerate(items)]
    return [example for _, example in sorted(placed, key=lambda item: item[0])]


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
