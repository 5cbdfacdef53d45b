"""Which language model may be asked: base URL, model, key.

From the environment (KB_LLM_URL, KB_LLM_MODEL, KB_LLM_KEY), else from one file of the user that nobody else may read:

    $XDG_CONFIG_HOME/kb/llm.json    {"url": "http://127.0.0.1:11434/v1", "model": "qwen3:8b", "key": ""}    mode 0600

The file is the user's, not the library's: a library folder from somewhere else cannot say where questions are sent. A
key belongs to the URL that stands beside it and is never sent to another.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kb.errors import SettingError
from kb.outside import OutsideError, read_object
from kb.types import Words


class Secret:
    """A text that shows itself only when asked: neither str nor repr nor a traceback prints it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "***" if self._value else "(none)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint. url: without /chat/completions, e.g. http://127.0.0.1:11434/v1.  origin: where it
    was set."""

    url: str
    model: str
    key: Secret = field(default_factory=lambda: Secret(""))
    origin: str = "given"

    def __post_init__(self) -> None:
        url = self.url.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/")
        parts = urlsplit(url)
        detail: Words | None = None
        if parts.username or parts.password:  # the message must not show what stands there
            raise SettingError("E_SETTING", name="KB_LLM_URL", value="(hidden)",
                               detail=Words("put the key into KB_LLM_KEY, not into the address",
                                            "密钥应放在 KB_LLM_KEY，不要写进地址"))
        try:
            has_port = parts.port != 0
        except ValueError:
            has_port = False
        if parts.scheme not in ("http", "https") or not parts.hostname or not has_port:
            detail = Words("an address like http://127.0.0.1:11434/v1 is needed",
                           "需要像 http://127.0.0.1:11434/v1 这样的地址")
        elif parts.query or parts.fragment or any(c.isspace() or not c.isprintable() for c in url):
            detail = Words("no query, fragment or white space belongs there", "其中不应有查询、片段或空白")
        if detail:
            raise SettingError("E_SETTING", name="KB_LLM_URL", value=self.url, detail=detail)
        if not self.model.strip():
            raise SettingError("E_SETTING", name="KB_LLM_MODEL", value="",
                               detail=Words("name the model to ask, e.g. qwen3:8b", "写明要用的模型，例如 qwen3:8b"))
        key = self.key.reveal()
        if key and (not key.isascii() or not key.isprintable() or " " in key):
            raise SettingError("E_SETTING", name="KB_LLM_KEY", value="(hidden)",
                               detail=Words("it holds characters that no key has; was it pasted whole?",
                                            "其中有密钥不会有的字符；粘贴完整了吗？"))
        object.__setattr__(self, "url", url)
        object.__setattr__(self, "model", self.model.strip())


def endpoint_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's own file with the endpoint."""
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "kb" / "llm.json"


def load_endpoint(environment: Mapping[str, str] = os.environ) -> Endpoint | None:
    """The endpoint that is set, or None.

    Errors: SettingError for an address that is none, a key without its address beside it, a file that others may read
    or that is not JSON.
    """
    url, model, key = (environment.get(f"KB_LLM_{name}", "") for name in ("URL", "MODEL", "KEY"))
    if url:
        return Endpoint(url, model, Secret(key), "environment")
    if key:
        raise SettingError("E_SETTING", name="KB_LLM_KEY", value="(hidden)",
                           detail=Words("a key belongs to an address: set KB_LLM_URL beside it",
                                        "密钥属于一个地址：请同时设置 KB_LLM_URL"))
    path = endpoint_path(environment)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(100_000)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingError("E_SETTING", name="llm.json", value=path, detail=error.strerror
                           or Words("cannot be read", "无法读取")) from error
    if stat.S_IMODE(mode) & 0o077:
        raise SettingError("E_SETTING", name="llm.json", value=path,
                           detail=Words(f"others may read it; run: chmod 600 {path}",
                                        f"其他用户可以读取它；运行 chmod 600 {path}"))
    try:
        saved = read_object(data)
    except OutsideError:
        raise SettingError("E_SETTING", name="llm.json", value=path,
                           detail=Words("it is not a JSON object with url, model, key",
                                        "它不是带 url、model、key 的 JSON 对象")) from None
    values = [saved.get(name, "") for name in ("url", "model", "key")]
    if not all(isinstance(value, str) for value in values):
        raise SettingError("E_SETTING", name="llm.json", value=path,
                           detail=Words("url, model and key must be texts", "url、model 和 key 必须是文本"))
    return Endpoint(values[0], model or values[1], Secret(values[2]), str(path))
