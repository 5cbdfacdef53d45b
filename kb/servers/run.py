"""Start a server: where it listens, who may reach it, and the token of this start.

Reads: what the command line says.  Gives: a server that answers until it is interrupted or terminated. uvicorn speaks
HTTP; without it we would have to.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import ServiceError, SettingError
from kb.messages import Words
from kb.servers.door import PATIENCE, Door, Guard

_AT_ONCE = 64  # connections; the next one is told to come again
_LEAST_TOKEN, _LONGEST_TOKEN = 16, 500
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # what may stand behind "Bearer"
_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens and by what it is entered. address: as it was asked for.  hosts: further names by which
    others reach it.  token_file: holds a token of the user's own; None for one that is made for this start."""

    address: str
    port: int
    hosts: tuple[str, ...] = ()
    token_file: Path | None = None


def door_of(listening: Listening, port: int, open_paths: frozenset[str] = frozenset()) -> Door:
    """Errors: SettingError E_OPEN for an address that others reach without a token of the user's own, or of which
    nobody knows the name; E_HOST_NAME, E_TOKEN_FILE."""
    address = {"localhost": "127.0.0.1"}.get(listening.address, listening.address)
    for name in listening.hosts:
        if not _HOST.fullmatch(name.lower()):
            raise SettingError("E_HOST_NAME", name=name[:80])
    known = [name.lower() for name in listening.hosts]
    if _is_loopback(address):
        known += [_with_port(address, port), f"localhost:{port}"]
    else:
        if listening.token_file is None:
            raise SettingError("E_OPEN", address=address, missing="--token-file")
        if address in ("0.0.0.0", "::", ""):
            if not listening.hosts:
                raise SettingError("E_OPEN", address=address or "0.0.0.0", missing="--host")
        else:
            known.append(_with_port(address.lower(), port))
    if port == 80:
        known += [name.removesuffix(":80") for name in known]
    token = _token_in(listening.token_file) if listening.token_file else secrets.token_urlsafe()
    return Door(frozenset(known), token, open_paths)


def serve(make: Any, listening: Listening, name: str, path: str = "/",
          open_paths: frozenset[str] = frozenset()) -> None:
    """Serves the application that make() gives until SIGINT or SIGTERM. name: of the command.  path: where it is used.

    Errors: as `door_of`, and ServiceError E_PORT before anything is made.
    """
    import uvicorn

    door_of(listening, listening.port)  # what is wrong with it is told before the port is taken
    with _listen(listening.address, listening.port) as taken:
        door = door_of(listening, taken.getsockname()[1], open_paths)
        config = uvicorn.Config(
            Guard(make(), door), log_level="warning", access_log=False, server_header=False, date_header=False,
            limit_concurrency=_AT_ONCE, timeout_keep_alive=5, timeout_graceful_shutdown=3, ws="none", lifespan="on")
        host = sorted(door.hosts)[0]
        said = f"kb {name}: http://{host}{path}"
        print(said if listening.token_file else f"{said}  token: {door.token}", file=sys.stderr, flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: an end that was asked for
        try:
            uvicorn.Server(config).run(sockets=[taken])
        except KeyboardInterrupt:  # uvicorn has ended in order, and passes the signal on
            return


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # the system closes a connection that nobody reads
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(PATIENCE * 1000))
        listening.bind((address, port))
        listening.listen(_AT_ONCE)
    except OSError as error:
        listening.close()
        raise ServiceError("E_PORT", address=address, port=port) from error
    return listening


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _token_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            token = file.read(_LONGEST_TOKEN + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("E_TOKEN_FILE", path=path, least=_LEAST_TOKEN, detail=str(error)) from error
    if not _LEAST_TOKEN <= len(token) <= _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
        raise SettingError("E_TOKEN_FILE", path=path, least=_LEAST_TOKEN,
                           detail=Words("it is too short, too long, or has other signs than a token may have",
                                        "过短、过长，或含有令牌不能用的字符"))
    return token


def listening_of(address: str, port: int, hosts: Sequence[str], token_file: str | None) -> Listening:
    """As the command line says it."""
    return Listening(address, port, tuple(hosts), Path(token_file) if token_file else None)
