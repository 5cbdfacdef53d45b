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
from kb.types import CellKind, ExtractionColumn, Language, Words
from kb.words import Phrases, phrases

MOST_COLUMNS = 40  # one of 200 is a mistake: every column is asked of every document
MAX_NAME = 300  # characters
PRESETS: dict[str, tuple[Words, ...]] = {
    "paper": (Words("data set", "数据集"), Words("metric", "指标"), Words("best result", "最佳结果"),
              Words("base model", "基础模型"), Words("language", "语言"), Words("limitation", "不足")),
    "result": (Words("data set", "数据集"), Words("metric", "指标"), Words("best result", "最佳结果")),
    "source": (Words("authors", "作者"), Words("year", "年份"), Words("venue", "出处"), Words("code", "代码")),
}
RECORDED = ("title", "authors", "year", "venue")
_SPACE, _END = re.compile(r"[\s_-]+"), re.compile(r"[?？:：。.\s]+$")
_QUESTION = re.compile(r"[?？]\s*$")
_WANTS_YES = Phrases(r"^\s*(?:(?:«columns: wants yes»)(?=\s)|(?:«columns: wants yes»)(?=[一-鿿])|.*«columns: wants yes»"
                     r"(?=[一-鿿]))", re.IGNORECASE)
_WANTS_NUMBER = Phrases(r"\b(?:«columns: wants number»)\b|(?:«columns: wants number»)(?=[?？]?$)", re.IGNORECASE)
_MEASURE = Phrases(r"(?:«measures: measure»)", re.IGNORECASE)
_QUESTIONS: dict[str, tuple[CellKind, Words]] = {
    "data set": ("name", Words("Which data sets are used in the experiments?", "实验使用了哪些数据集？")),
    "metric": ("name", Words("Which evaluation metric is used?", "实验采用什么评价指标？")),
    "result": ("number", Words("What is the best result that the proposed method achieves?",
                               "本文方法取得的最好结果是多少？")),
    "model": ("name", Words("Which model or encoder is the method based on?", "本文方法基于什么模型或编码器？")),
    "language": ("name", Words("In which language are the data?", "数据是什么语言的？")),
    "limitation": ("phrase", Words("What are the limitations of this work?", "本文的工作有哪些不足？")),
    "code": ("yes-no", Words("Is the code publicly available?", "代码是否开源？")),
    "title": ("phrase", Words("What is its title?", "标题是什么？")),
    "authors": ("name", Words("Who are the authors?", "作者是谁？")),
    "year": ("number", Words("When was it published?", "发表于哪一年？")),
    "venue": ("name", Words("Where was it published?", "发表在哪里？")),
}


def read_columns(names: Sequence[str]) -> tuple[ExtractionColumn, ...]:
    """The columns that these names mean, in their order.

    Errors: QuestionError Q_NO_COLUMN without any, Q_EMPTY_COLUMN for white space, Q_LONG_COLUMN, Q_MANY_COLUMNS,
    Q_COLUMN_TWICE.
    """
    if not names:
        raise QuestionError("Q_NO_COLUMN", presets=", ".join(PRESETS))
    if len(names) > MOST_COLUMNS:
        raise QuestionError("Q_MANY_COLUMNS", n=len(names), limit=MOST_COLUMNS)
    found = []
    for i, name in enumerate(names, 1):
        if not name.strip():
            raise QuestionError("Q_EMPTY_COLUMN", i=i)
        if len(name) > MAX_NAME:
            raise QuestionError("Q_LONG_COLUMN", i=i, n=len(name), limit=MAX_NAME)
        found.append(read_column(name))
    folded = [_folded(column.name) for column in found]
    for i, name in enumerate(folded):
        if name in folded[:i]:
            raise QuestionError("Q_COLUMN_TWICE", name=found[i].name.strip())
    return tuple(found)


def preset(name: str, language: Language = "en") -> tuple[str, ...]:
    """The columns of a preset, by their names in a language. Errors: QuestionError Q_PRESET."""
    if name not in PRESETS:
        raise QuestionError("Q_PRESET", name=name, known=", ".join(PRESETS))
    return tuple(words.in_(language) for words in PRESETS[name])


def read_column(name: str) -> ExtractionColumn:
    """The column that a name means."""
    name = " ".join(name.split())
    about = _known().get(_folded(name), "")
    if about:
        kind, words = _QUESTIONS[about]
        return ExtractionColumn(name, about, kind, "", words)
    if _MEASURE.fullmatch(_END.sub("", name)):
        words = Words(f"What is the {name} of the proposed method?", f"本文方法的{name}是多少？")
        return ExtractionColumn(name, "result", "number", name, words)
    kind = "yes-no" if _WANTS_YES.search(name) else "number" if _WANTS_NUMBER.search(_END.sub("", name)) else "phrase"
    space = "" if guess_language(name) == "zh" else " "
    asked = Words(name, name) if _QUESTION.search(name) else Words(f"What is the {name}?", f"{name}{space}是什么？")
    return ExtractionColumn(name, "", kind, "", asked)


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
