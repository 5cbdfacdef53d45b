"""JSON and TOML from outside: whatever the bytes are, a plain value within bounds or one ValueError that says why not.

Reads: bytes or text that somebody else wrote: replies of a language model and of indexes, requests over a socket,
manifests, sidecars, settings, files of surveys and jobs.  Gives: values of dict, list, str, int, float, bool and None,
nested no deeper than `DEEPEST`, whose texts hold neither NUL nor lone surrogates and whose numbers fit 64 bits.
Everything here is linear in the size of what is read.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

LARGEST = 8 << 20  # bytes; a file of our own that may be larger says so
DEEPEST = 60  # objects and lists inside each other; what we write has 12 at most
_INTEGER = 1 << 63
_UNFIT = re.compile("[\0\ud800-\udfff]")


class OutsideError(ValueError):
    """What was read is not what may come from outside. It never holds the text: a key may stand in that."""


def read_json(data: bytes | bytearray | str, *, largest: int = LARGEST, is_strict: bool = True) -> Any:
    """The value of a JSON text in UTF-8.

    NUL is dropped from its texts, lone surrogates become U+FFFD. is_strict: a key that stands twice, a number that is
    none or does not fit 64 bits is an error; else the last of the same keys counts and numbers are as they come, for
    files that other programs read as well.  Errors: OutsideError.
    """
    text = _text(data, largest)
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_float=_float,
                           parse_constant=_no_number) if is_strict else json.loads(text)
    except OutsideError:
        raise
    except RecursionError:
        raise OutsideError("nested too deeply") from None
    except ValueError as error:  # not chained: it holds the text
        at = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise OutsideError(f"not JSON{at}" if text.strip() else "empty") from None
    return _sound(found)


def read_object(data: bytes | bytearray | str, *, largest: int = LARGEST, is_strict: bool = True) -> dict[str, Any]:
    """The JSON object in these bytes. Errors: OutsideError, also for JSON that is no object."""
    found = read_json(data, largest=largest, is_strict=is_strict)
    if not isinstance(found, dict):
        raise OutsideError("JSON, but no object")
    return found


def read_file(path: Path, *, largest: int = LARGEST) -> dict[str, Any]:
    """The JSON object in a file, of which no more is read than may be there. Errors: OutsideError, OSError."""
    with path.open("rb") as file:
        return read_object(file.read(largest + 1), largest=largest)


def read_toml(text: str, *, largest: int = LARGEST) -> dict[str, Any]:
    """The table of a TOML text. Errors: OutsideError, with the line where one is known."""
    if len(text) > largest:
        raise OutsideError(f"longer than {largest} characters")
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise OutsideError("nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError says where; a number of 5,000 digits is a plain ValueError
        raise OutsideError(str(error)[:200]) from None
    return _sound(found)  # type: ignore[no-any-return]


def _text(data: bytes | bytearray | str, largest: int) -> str:
    if len(data) > largest:
        raise OutsideError(f"longer than {largest} bytes")
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OutsideError("not UTF-8") from None


def _sound(found: Any) -> Any:
    """The value with its texts mended. It is walked without recursion: what is nested 900 deep is read, and ends what
    walks it otherwise, if that was called from far enough down. Errors: OutsideError where it is nested too deeply."""
    if isinstance(found, str):
        return _mended(found)
    level = [found]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if any(_UNFIT.search(key) for key in value):
                    items = [(_mended(key), inner) for key, inner in value.items()]
                    value.clear()
                    value.update(items)
                pairs: Any = value.items()
            elif isinstance(value, list):
                pairs = enumerate(value)
            else:
                continue
            for key, inner in pairs:
                if isinstance(inner, str):
                    if _UNFIT.search(inner):
                        value[key] = _mended(inner)
                elif isinstance(inner, dict | list):
                    below.append(inner)
        level = below
    if level:
        raise OutsideError("nested too deeply")
    return found


def _mended(text: str) -> str:
    return _UNFIT.sub(lambda unfit: "" if unfit.group() == "\0" else "\ufffd", text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise OutsideError("a key stands twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -_INTEGER <= (number := int(digits)) < _INTEGER:
        raise OutsideError("a number that does not fit 64 bits")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise OutsideError("a number that does not fit 64 bits")
    return number


def _no_number(name: str) -> NoReturn:
    raise OutsideError(f"{name} is no number")


