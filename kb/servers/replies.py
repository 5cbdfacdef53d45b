"""Results and errors as bytes of JSON, and which status of HTTP an error has.

Reads: plain values, KBError.  Gives: JSON in UTF-8, (status, {"error": …}) as the command prints it with --json.
"""

from __future__ import annotations

import json
from typing import Any

from kb.errors import (
    EditError,
    KBError,
    LibraryError,
    MissingPackage,
    ModelError,
    NoLibrary,
    NothingIndexed,
    PathError,
    QuestionError,
    RequestError,
    ScopeError,
    SettingError,
    SurveyError,
    UnknownDocument,
    as_notice,
)
from kb.messages import Language

# The first class that fits; what is none of them is a fault of this side.
_STATUS: tuple[tuple[type[KBError], int], ...] = (
    (NothingIndexed, 409), (NoLibrary, 409), (UnknownDocument, 404), (QuestionError, 422), (EditError, 422),
    (ScopeError, 422), (SettingError, 422), (PathError, 422), (SurveyError, 422), (RequestError, 422),
    (ModelError, 424), (MissingPackage, 424), (LibraryError, 503), (KBError, 500))
_CODES = {"E_TOKEN": 401, "E_ORIGIN": 403, "E_NO_ROUTE": 404, "E_CHAT_MODEL": 404, "E_BODY_SLOW": 408, "E_BUSY": 409,
          "E_BODY": 413, "E_HOST": 421, "E_BROKEN": 500}
STATUSES = sorted({*_CODES.values(), *(status for _, status in _STATUS)} - {500})


def refusal(error: KBError, language: Language) -> tuple[int, dict[str, Any]]:
    """(status, body) of an error."""
    status = _CODES.get(error.code) or next(status for kind, status in _STATUS if isinstance(error, kind))
    message, hint = error.describe(language)
    return status, {"error": {**as_notice(error).to_dict(), "message": message, "hint": hint}}


def encoded(value: Any) -> bytes:
    """JSON; lone surrogates of odd file names are escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def language_of(accepted: str) -> Language:
    """The language of a reader by the header Accept-Language: Chinese where that comes first."""
    return "zh" if accepted.strip().lower().startswith("zh") else "en"
