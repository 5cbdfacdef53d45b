"""What every record can do: to plain values and back, and to say itself in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, Self, get_args, get_origin, get_type_hints

from kb.messages import Language, Value, Words, describe, values_from


class Record:
    """Gives every record the same `to_dict`, where nested records and tuples become dicts and lists, and the way
    back."""

    def to_dict(self) -> dict[str, Any]:
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record that `to_dict` gave these values for. Errors: TypeError for a name that is missing or unknown."""
        own: type = cls
        types = _hints(own)
        return cls(**{name: _typed(types.get(name), value) for name, value in values.items()})


@cache
def _hints(cls: type) -> dict[str, Any]:
    """The types of a record's fields: found once, as a library of thousands asks for them thousands of times."""
    return get_type_hints(cls)


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(value, list) and get_origin(kind) is not tuple:  # one that may be None as well
        kind = next((option for option in get_args(kind) if get_origin(option) is tuple), kind)
    if isinstance(value, list) and get_origin(kind) is tuple:
        inner = get_args(kind)
        return tuple(_typed(inner[0] if inner[-1] is Ellipsis else inner[i], item) for i, item in enumerate(value))
    if isinstance(value, dict):
        if kind == dict[str, Value]:
            return values_from(value)
        for option in (kind, *get_args(kind)):
            if isinstance(option, type) and issubclass(option, (Record, Words)):
                return option.from_dict(value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, (Record, Words)):
        return value.to_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


class _Coded(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def values(self) -> Mapping[str, Value]: ...

    @property
    def message(self) -> str: ...

    @property
    def hint(self) -> str: ...


class Described(Record):
    """A record that says in words what its code and its values mean; `message` and `hint` are the English ones."""

    def describe(self: _Coded, language: Language) -> tuple[str, str]:
        """(message, hint) in the reader's language; as they were recorded where another version made the record."""
        try:
            return describe(self.code, self.values, language)
        except KeyError:
            return self.message, self.hint


@dataclass(frozen=True, slots=True)
class Note(Record):
    """A remark on a document, in English; code and values say it in another language. One kept by an earlier version
    has no code."""

    code: str
    message: str
    values: dict[str, Value] = field(default_factory=dict)

    def in_(self, language: Language) -> str:
        """The remark in the reader's language, where it has a code that is known."""
        try:
            return describe(self.code, self.values, language)[0]
        except KeyError:
            return self.message


class Noted(Record):
    """A record with notes: what is missing of a document."""

    notes: tuple[Note, ...]

    @property
    def note(self) -> str:
        """The notes in English, "" without any."""
        return self.note_in("en")

    def note_in(self, language: Language) -> str:
        """The notes in the reader's language."""
        return ("；" if language == "zh" else "; ").join(note.in_(language) for note in self.notes)


@dataclass(frozen=True, slots=True)
class Notice(Described):
    """Something that did not go as asked, beside a result that stands all the same. values: what the message names, for
    another language."""

    code: str
    message: str
    hint: str
    values: dict[str, Value] = field(default_factory=dict)
