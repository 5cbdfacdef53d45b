"""Questions and passages that a cross-encoder is trained on, as files give them (reading_lessons.py says how)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.encoder.vocabulary import lines_of
from kb.errors import DataError
from kb.outside import read_json
from kb.sentence_vectors import Span
from kb.text import guess_language, statements
from kb.types import Language, Words


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the training data. sentences: spans in characters."""

    text: str
    title: str
    source: str
    sentences: Sequence[Span]
    language: Language


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the training data; it has no answer in its passage where `gold` is empty."""

    text: str
    source: str
    passage: int
    gold: tuple[int, ...]
    ignored: tuple[int, ...]
    span: Span | None
    names: tuple[str, ...]
    is_dev: bool


def read_passages(path: Path) -> list[Passage]:
    """The passages of a file. Errors: DataError with the line."""
    found = []
    for number, item in _items(path):
        text, title = str(item.get("text", "")), str(item.get("title") or "")
        if not text.strip():
            raise DataError("E_DATA", path=path, line=number, detail=Words("a passage without text", "段落没有文字"))
        found.append(Passage(text, title, str(item.get("src", "")), statements(text), guess_language(text)))
    return found


def read_questions(path: Path, passages: Sequence[Passage]) -> list[Question]:
    """The questions of a file. Errors: DataError with the line: a passage or a sentence that there is not."""
    found = []
    for number, item in _items(path):
        try:
            question = _question(item)
        except KeyError as error:
            missing = Words(f"the field {error} is missing", f"缺少字段 {error}")
            raise DataError("E_DATA", path=path, line=number, detail=missing) from None
        except (TypeError, ValueError) as error:
            raise DataError("E_DATA", path=path, line=number, detail=str(error)) from None
        if not 0 <= question.passage < len(passages):
            raise DataError("E_DATA", path=path, line=number,
                            detail=Words(f"there is no passage {question.passage}; the last is {len(passages) - 1}",
                                         f"没有段落 {question.passage}；最后一个是 {len(passages) - 1}"))
        n_sentences = len(passages[question.passage].sentences)
        for i in question.gold + question.ignored:
            if not 0 <= i < n_sentences:
                raise DataError("E_DATA", path=path, line=number, detail=Words(f"sentence {i} of {n_sentences}",
                                                                                    f"第 {i} 句，共 {n_sentences} 句"))
        found.append(question)
    return found


def _question(item: Mapping[str, Any]) -> Question:
    gold = tuple(map(int, item["gold"]))
    ignored = tuple(int(i) for i in item.get("ign", ()) if i not in gold)
    start, end = item.get("span") or (0, 0)
    return Question(str(item["q"]), str(item.get("src", "")), int(item["p"]), gold, ignored,
                    (start, end) if start < end else None, tuple(map(str, item.get("names", ()))),
                    item.get("split") == "dev")


def _items(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in lines_of(path):
        try:
            item = read_json(line, is_strict=False)
        except ValueError as error:
            raise DataError("E_DATA", path=path, line=number, detail=str(error)) from None
        if not isinstance(item, dict):
            raise DataError("E_DATA", path=path, line=number, detail=Words("not a JSON object", "不是 JSON 对象"))
        yield number, item
