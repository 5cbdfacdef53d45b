"""The guide of a lab: its idea, what to predict before a run, what to look at after it, exercises, what to read next.

Reads: data/labs/guides/NAME.toml, titles.toml beside them.  Gives: Guide; None for a lab of another package, which has
none.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.messages import Language, Words

_FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "labs" / "guides"
# In which the labs teach most: each needs only what stands before it.
READING_ORDER = (
    "parameters", "attention", "transformer", "pretrain", "pretraining-matters", "classify", "finetune", "compress",
    "tag", "read", "summarise", "pipeline", "digits", "detect", "generate", "shapes", "protein",
)
HEADS = {"idea": Words("The idea", "要点"), "predict": Words("Before you run it, predict", "运行之前先预测"),
         "look": Words("What to look at", "看什么"), "exercises": Words("Exercises", "练习"),
         "answer": Words("Answer", "答案"), "read": Words("Read next", "接着读"),
         "next": Words("Next lab", "下一个实验"),
         "article": Words("the article, section {}", "文章第 {} 节")}


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question to the reader, with its answer."""

    ask: str
    answer: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """The words of a guide in one language."""

    idea: str
    predict: tuple[str, ...]
    look: tuple[str, ...]
    exercises: tuple[Exercise, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """read: files of the corpus ("papers/bert.md", "article:3.2" for a section); expected: metric -> (low, high) with
    the defaults; after: the lab that comes next, "" after the last."""

    en: Lesson
    zh: Lesson
    read: tuple[str, ...]
    expected: dict[str, tuple[float, float]]
    after: str = ""

    def in_(self, language: Language) -> Lesson:
        """The lesson in the reader's language."""
        return self.zh if language == "zh" else self.en

    def reading(self, language: Language) -> list[str]:
        """What to read next, as it is found in the corpus."""
        return [_section(path, language) or f"corpus/{path}" for path in self.read]

    def titles(self, language: Language) -> list[str]:
        """What to read next, as it is called."""
        return [_section(path, language) or _titles()[path] for path in self.read]


def _section(path: str, language: Language) -> str:
    """A section of the article in words; "" for another file."""
    kind, _, section = path.partition(":")
    return HEADS["article"].in_(language).format(section) if kind == "article" else ""


@cache
def _titles() -> dict[str, str]:
    return tomllib.loads((_FOLDER.parent / "titles.toml").read_text(encoding="utf-8"))


@cache
def guide_of(lab: str) -> Guide | None:
    """The guide of a lab of kb."""
    path = _FOLDER / f"{lab}.toml"
    if lab not in READING_ORDER or not path.is_file():
        return None
    row = tomllib.loads(path.read_text(encoding="utf-8"))
    en, zh = (_lesson(row[language]) for language in ("en", "zh"))
    expected = {name: (float(low), float(high)) for name, (low, high) in row["expected"].items()}
    after = dict(zip(READING_ORDER, READING_ORDER[1:], strict=False)).get(lab, "")
    return Guide(en, zh, tuple(row["read"]), expected, after)


def _lesson(row: dict[str, object]) -> Lesson:
    values: dict[str, list[str]] = {name: [str(one) for one in _list(row[name])] for name in ("predict", "look")}
    exercises = tuple(Exercise(each["ask"], each["answer"]) for each in _list(row["exercises"]))
    return Lesson(str(row["idea"]), tuple(values["predict"]), tuple(values["look"]), exercises)


def _list(value: object) -> list[dict[str, str]]:
    assert isinstance(value, list)
    return value
