"""Words in both languages: what a code says, read from data/messages.toml, and pairs that are made where they are said.

Used by types/, whose records describe themselves, and by errors.py.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

Language = Literal["zh", "en"]

_MESSAGES = Path(__file__).resolve().parent / "data" / "messages.toml"
_AS_CODE = str.maketrans({" ": "_", "-": "_", ",": None})


class _Numbered(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, several = format_spec.partition("|")
        if bar:
            return one if str(value).strip() in ("1", "one") else several
        return str(super().format_field(value, format_spec))


def fill(words: str, values: Mapping[str, Any]) -> str:
    """Words with the values that they name in braces, in the right number: "{n} page{n:|s} {n:is|are} read" has what
    stands before the bar for 1 or one, else what stands behind it. Errors: KeyError for a missing value."""
    return _Numbered().vformat(words, (), values)


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in English and in Chinese."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The words in the reader's language."""
        return self.zh if language == "zh" else self.en

    def to_dict(self) -> dict[str, str]:
        """As it stands in JSON: {"en": …, "zh": …}."""
        return {"en": self.en, "zh": self.zh}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Words:
        """The pair that `to_dict` gave these values for. Errors: KeyError if it was another's."""
        return cls(str(values["en"]), str(values["zh"]))


def words_of(value: Any) -> Words:
    """A pair however it was kept: as it is, as JSON, or as the list [Chinese, English] of earlier versions."""
    if isinstance(value, Mapping):
        return Words.from_dict(value)
    return value if isinstance(value, Words) else Words(str(value[1]), str(value[0]))


def one_of(known: Iterable[object]) -> Words:
    """What may stand there."""
    names = [str(name) for name in known]
    return Words(f"one of {', '.join(names)}", f"可选：{'、'.join(names)}")


Value: TypeAlias = str | Words  # of a record: what a message names


@dataclass(frozen=True, slots=True)
class Message:
    """(message, hint) of one code, with the names that the raiser fills in braces; a hint may be "".

    owner: name of the class of errors that carries the code, "" for what is no error: a finding, a note, a single word.
    """

    owner: str
    en: tuple[str, str]
    zh: tuple[str, str]


@cache
def messages() -> dict[str, Message]:
    """code -> its words, as they stand in data/messages.toml."""
    rows = tomllib.loads(_MESSAGES.read_text(encoding="utf-8"))
    return {code: Message(row.get("class", ""), _pair(row["en"]), _pair(row["zh"])) for code, row in rows.items()}


def _pair(words: list[str]) -> tuple[str, str]:
    message, hint = (*words, "")[:2]
    return message, hint


def describe(code: str, values: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """(message, hint) of a code in the reader's language. Errors: KeyError for an unknown code or a missing value."""
    found = messages()[code]
    message, hint = found.zh if language == "zh" else found.en
    said = {name: value.in_(language) if isinstance(value, Words) else value for name, value in values.items()}
    if isinstance(said.get("detail"), str):  # what the system says of a file or a connection
        said["detail"] = word(said["detail"], language)
    return fill(message, said), fill(hint, said)


def word(name: str, language: Language) -> str:
    """A single word of ours in the reader's language: `W_…` of the file. What is not there (a package's name) stays as
    it is."""
    code = "W_" + name.upper().translate(_AS_CODE)
    return describe(code, {}, language)[0] if code in messages() else name


def plain_values(values: Mapping[str, Any]) -> dict[str, Value]:
    """The values of an error or a finding as a record holds them: texts and pairs."""
    return {name: value if isinstance(value, Words) else str(value) for name, value in values.items()}


def values_from(saved: Mapping[str, Any]) -> dict[str, Value]:
    """`plain_values` from JSON."""
    return {name: Words.from_dict(value) if isinstance(value, Mapping) else value for name, value in saved.items()}
