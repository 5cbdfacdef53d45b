"""Settings: read once at the edge, passed down as plain arguments.

Each value is taken from the first that has it: a command-line flag, the environment (KB_…), kb.toml in the library
folder, the default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kb.errors import SettingError
from kb.messages import one_of
from kb.outside import OutsideError, read_toml
from kb.types import Words

_LARGEST = 1 << 20  # bytes of kb.toml
_HIGHEST = 1_000_000_000  # of any number that can be set
_NOT_SET = frozenset({"home", "server", "origins"})
_NOT_IN_FILE = _NOT_SET | {"milvus"}  # which kb.toml has no word in: a folder from elsewhere sends nothing anywhere


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `origins` says where each value came from: "flag", "environment", "kb.toml" or
    "default".

    server: where the library itself is, if `home` is one instance's folder of a library that several share.
    encoder: "bundled", "bundled-english", "hashing" (tests), the name of an installed entry point, a folder that
    `kb distill` wrote, or a sentence-transformers model by name or folder.
    engine: what runs the bundled encoder: "int8" or "fp32" of ONNX Runtime, "auto" (whichever is better on this
    machine), "openvino" (int8, what is added is encoded on OpenVINO), or "torch".
    reader: what chooses the answering sentence: a trained model of "six" or "three" layers, "auto" (six where a
    question may cost that on this machine), or "off" (by words, form and meaning alone).
    network: "on", or "off": then `kb add` fetches no address.
    read_*: limits for reading one file; see readers.Limits.
    llm_context: tokens the language model can take, evidence and answer together.  llm_seconds: total time for one
    answer of it.
    llm_price: of a million tokens in and out, e.g. "0.15 0.60", to record costs; "" records none. Where it is:
    endpoint.py.
    milvus: the address of a Milvus server that has the vectors, http://HOST:PORT; "" for index files beside the
    library.
    """

    home: Path
    server: str = ""
    encoder: str = "bundled"
    engine: str = "auto"
    reader: str = "auto"
    read_max_mb: int = 100
    read_max_pages: int = 5000
    read_max_characters: int = 20_000_000
    read_cpu_seconds: int = 120
    read_memory_mb: int = 1024
    network: str = "on"
    llm_context: int = 8192
    llm_seconds: int = 120
    llm_price: str = ""
    milvus: str = ""
    origins: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """What names this library to another process: the server's address, or its folder."""
        return self.server or str(self.home)


def parse_price(price: str) -> tuple[float, float] | None:
    """Two prices of a million tokens, in and out, or None for "". Errors: SettingError."""
    if not price.strip():
        return None
    try:
        first, second = (float(part) for part in price.replace(",", " ").split())
    except ValueError:
        first = second = -1.0
    if not (0 <= first < 1e6 and 0 <= second < 1e6):
        raise SettingError("E_SETTING", name="llm_price", value=price,
                           detail=Words('two numbers are needed, e.g. "0.15 0.60"', '需要两个数字，例如 "0.15 0.60"'))
    return first, second


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """$XDG_DATA_HOME/kb, or ~/.local/share/kb: data, not a cache, for it costs hours to make."""
    base = environment.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "kb"


def is_server(home: object) -> bool:
    """Whether a library is named by the address of a server instead of a folder."""
    return isinstance(home, str) and home.startswith(("postgresql://", "postgres://"))


def served_home(server: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this user's instance of the library on a server: always the same for an address."""
    import hashlib  # only here: it takes a part of the time that a command has to start

    name, key = urlsplit(server).path.strip("/"), hashlib.sha256(server.encode()).hexdigest()[:12]
    return _instances(environment) / f"{name}-{key}"


def _instances(environment: Mapping[str, str]) -> Path:
    return default_home(environment).parent / "kb-servers"


def server_address(text: str) -> str:
    """An address as it is kept. Errors: SettingError E_PG_ADDRESS, E_PG_PASSWORD."""
    try:
        found = urlsplit(text.replace("postgres://", "postgresql://", 1))
        asked = {name for name, _ in parse_qsl(found.query, keep_blank_values=True)}
        is_whole = re.fullmatch(r"/[\w.-]{1,60}", found.path) and not found.fragment and (found.port or True)
        has_password = found.password is not None or "password" in asked
    except ValueError:
        is_whole = has_password = False
    if has_password:
        raise SettingError("E_PG_PASSWORD")
    if not is_whole:
        raise SettingError("E_PG_ADDRESS", address=text)
    return found.geturl()


def milvus_address(text: str) -> str:
    """The address of a Milvus server as it is kept; "" stays. Errors: SettingError E_MILVUS_ADDRESS."""
    try:
        found = urlsplit(text)
        is_whole = found.scheme in ("http", "https") and bool(found.hostname) and bool(found.port) and re.fullmatch(
            r"/?|/[\w.-]{1,60}", found.path) and not (found.query or found.fragment or "@" in found.netloc)
    except ValueError:
        is_whole = False
    if text and not is_whole:
        raise SettingError("E_MILVUS_ADDRESS", address=text.rpartition("@")[2])
    return text


def _place(named: str | bytes | os.PathLike[str], environment: Mapping[str, str]) -> tuple[Path, str]:
    """(the folder, the server) that a library's name means. A folder may say which server it belongs to, but only where
    this user's own instances are: one that comes from elsewhere sends nothing anywhere."""
    if isinstance(named, str) and is_server(named):
        server = server_address(named)
        return served_home(server, environment), server
    home = Path(os.path.abspath(Path(os.fsdecode(named)).expanduser()))
    if home.parent != _instances(environment):
        return home, ""
    try:
        server = server_address((home / "server").read_text("utf-8")[:2000])
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("E_PG_ADDRESS", address=str(home)) from error
    if served_home(server, environment) != home:  # nor is it a library of its own: it would seem to be the shared one
        raise SettingError("E_PG_ADDRESS", address=str(home))
    return home, server


def load_settings(flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (None values do not count), environment, kb.toml and defaults.

    Errors: SettingError for a value of the wrong type, an unknown key in kb.toml, or a kb.toml that is not TOML.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    if "home" in given:
        named, home_origin = given["home"], "flag"
    elif environment.get("KB_HOME"):
        named, home_origin = environment["KB_HOME"], "environment"
    else:
        named, home_origin = default_home(environment), "default"
    home, server = _place(named, environment)
    in_file = _read_toml(home / "kb.toml")
    values: dict[str, Any] = {"home": home, "server": server}
    origins = {"home": home_origin}
    for item in fields(Settings):
        if item.name in _NOT_SET:
            continue
        variable = "KB_" + item.name.upper()
        if item.name in given:
            raw, origin = given[item.name], "flag"
        elif environment.get(variable):
            raw, origin = environment[variable], "environment"
        elif item.name in in_file and item.name not in _NOT_IN_FILE:
            raw, origin = in_file[item.name], "kb.toml"
        else:
            raw, origin = item.default, "default"
        values[item.name] = _convert(item.name, raw, type(item.default))
        origins[item.name] = origin
    if values["network"] not in ("on", "off"):
        raise SettingError("E_SETTING", name="network", value=values["network"], detail=one_of(("on", "off")))
    values["milvus"] = milvus_address(values["milvus"])
    return Settings(**values, origins=tuple(origins.items()))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OutsideError, UnicodeDecodeError, OSError) as error:
        raise SettingError("E_SETTING", name="kb.toml", value=str(path), detail=str(error)) from error
    known = {item.name for item in fields(Settings)} - _NOT_IN_FILE
    for name, value in content.items():
        if name not in known:
            raise SettingError("E_SETTING", name=name, value=value,
                               detail=Words(f"unknown key in {path}; known: {', '.join(sorted(known))}",
                                            f"{path} 中有未知的键；已知：{'、'.join(sorted(known))}"))
    return content


def _content(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return read_toml(file.read(_LARGEST + 1).decode("utf-8"), largest=_LARGEST)


def _convert(name: str, raw: Any, kind: type) -> Any:
    if kind is not int:
        return str(raw)
    try:
        number = int(raw)
    except (TypeError, ValueError, OverflowError) as error:
        raise SettingError("E_SETTING", name=name, value=raw, detail=Words("a whole number is needed",
                                                                           "需要整数")) from error
    if not 0 < number <= _HIGHEST:
        raise SettingError("E_SETTING", name=name, value=raw,
                           detail=Words(f"it must be greater than 0 and at most {_HIGHEST:,}",
                                        f"必须大于 0，且不超过 {_HIGHEST:,}"))
    return number
