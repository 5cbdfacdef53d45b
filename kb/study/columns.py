"""What a column of a table asks: one of the known ones, by any of its names, or a question of the reader's own.

Reads: names of columns, in either language.  Gives: ExtractionColumn, with a question in each language.  Next: cells.py
fills them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kb.errors import QuestionError
from kb.text import guess_language
from kb.types import CellKind, ExtractionColumn
from kb.words import Phrases, phrases

MOST_COLUMNS = 40  # one of 200 is a mistake: every column is asked of every document
MAX_NAME = 300  # characters
PRESETS: dict[str, tuple[str, ...]] = {
    "paper": ("data set", "metric", "best result", "base model", "language", "limitation"),
    "result": ("data set", "metric", "best result"),
    "source": ("authors", "year", "venue", "code"),
}
RECORDED = ("title", "authors", "year", "venue")
_SPACE, _END = re.compile(r"[\s_-]+"), re.compile(r"[?？:：。.\s]+$")
_QUESTION = re.compile(r"[?？]\s*$")
_WANTS_YES = Phrases(r"^\s*(?:(?:«columns: wants yes»)(?=\s)|(?:«columns: wants yes»)(?=[一-鿿])|.*«columns: wants yes»"
                     r"(?=[一-鿿]))", re.IGNORECASE)
_WANTS_NUMBER = Phrases(r"\b(?:«columns: wants number»)\b|(?:«columns: wants number»)(?=[?？]?$)", re.IGNORECASE)
_MEASURE = Phrases(r"(?:«measures: measure»)", re.IGNORECASE)
_QUESTIONS: dict[str, tuple[CellKind, str, str]] = {
    "data set": ("name", "Which data sets are used in the experiments?", "实验使用了哪些数据集？"),
    "metric": ("name", "Which evaluation metric is used?", "实验采用什么评价指标？"),
    "result": ("number", "What is the best result that the proposed method achieves?", "本文方法取得的最好结果是多少？"),
    "model": ("name", "Which model or encoder is the method based on?", "本文方法基于什么模型或编码器？"),
    "language": ("name", "In which language are the data?", "数据是什么语言的？"),
    "limitation": ("phrase", "What are the limitations of this work?", "本文的工作有哪些不足？"),
    "code": ("yes-no", "Is the code publicly available?", "代码是否开源？"),
    "title": ("phrase", "What is its title?", "标题是什么？"),
    "authors": ("name", "Who are the authors?", "作者是谁？"),
    "year": ("number", "When was it published?", "发表于哪一年？"),
    "venue": ("name", "Where was it published?", "发表在哪里？"),
}


def read_columns(names: Sequence[str]) -> tuple[ExtractionColumn, ...]:
    """The columns that these names mean, in their order.

    Errors: QuestionError T_NO_COLUMN without any, T_EMPTY_COLUMN for white space, T_LONG_COLUMN, T_MANY_COLUMNS,
    T_COLUMN_TWICE.
    """
    if not names:
        raise QuestionError("T_NO_COLUMN", presets=", ".join(PRESETS))
    if len(names) > MOST_COLUMNS:
        raise QuestionError("T_MANY_COLUMNS", n=len(names), limit=MOST_COLUMNS)
    found = []
    for i, name in enumerate(names, 1):
        if not name.strip():
            raise QuestionError("T_EMPTY_COLUMN", i=i)
        if len(name) > MAX_NAME:
            raise QuestionError("T_LONG_COLUMN", i=i, n=len(name), limit=MAX_NAME)
        found.append(read_column(name))
    folded = [_folded(column.name) for column in found]
    for i, name in enumerate(folded):
        if name in folded[:i]:
            raise QuestionError("T_COLUMN_TWICE", name=found[i].name.strip())
    return tuple(found)


def preset(name: str) -> tuple[str, ...]:
    """The columns of a preset. Errors: QuestionError T_PRESET."""
    if name not in PRESETS:
        raise QuestionError("T_PRESET", name=name, known=", ".join(PRESETS))
    return PRESETS[name]


def read_column(name: str) -> ExtractionColumn:
    """The column that a name means."""
    name = " ".join(name.split())
    about = _known().get(_folded(name), "")
    if about:
        kind, english, chinese = _QUESTIONS[about]
        return ExtractionColumn(name, about, kind, "", (english, chinese))
    if _MEASURE.fullmatch(_END.sub("", name)):
        return ExtractionColumn(name, "result", "number", name, (f"What is the {name} of the proposed method?",
                                                                 f"本文方法的{name}是多少？"))
    kind = "yes-no" if _WANTS_YES.search(name) else "number" if _WANTS_NUMBER.search(_END.sub("", name)) else "phrase"
    if _QUESTION.search(name):
        return ExtractionColumn(name, "", kind, "", (name, name))
    if guess_language(name) == "zh":
        return ExtractionColumn(name, "", kind, "", (f"What is the {name}?", f"{name}是什么？"))
    return ExtractionColumn(name, "", kind, "", (f"What is the {name}?", f"{name} 是什么？"))


@cache
def _known() -> dict[str, str]:
    lists = {
        "data set": phrases("columns", "column data set"), "metric": phrases("columns", "column metric"),
        "result": phrases("columns", "column result"), "model": phrases("columns", "column model"),
        "language": phrases("columns", "column language"), "limitation": phrases("columns", "column limitation"),
        "code": phrases("columns", "column code"), "year": phrases("columns", "column year"),
        "authors": phrases("columns", "column authors"), "venue": phrases("columns", "column venue"),
        "title": phrases("columns", "column title"),
    }
    return {_folded(name): about for about, names in lists.items() for name in names}


def _folded(name: str) -> str:
    """A name without what makes no difference: case, spaces, hyphens, a question mark."""
    return _SPACE.sub("", _END.sub("", name.casefold()))
