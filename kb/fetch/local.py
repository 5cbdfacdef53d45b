"""One GET to a program on this machine that the user named: it never leaves the machine.

Reads: an address whose host is this machine's own.  Gives: Reply, whatever its status.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.fetch.connection import connected
from kb.version import __version__

SECONDS = 60.0  # for one answer
_HOSTS = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. headers: by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


def is_local(url: str) -> bool:
    """Whether an address is of a program on this machine."""
    try:
        return urlsplit(url).hostname in _HOSTS
    except ValueError:
        return False


def ask_local(url: str, headers: Mapping[str, str], max_bytes: int) -> Reply:
    """What a program on this machine answers; of a longer answer max_bytes and one. Errors: OSError,
    http.client.HTTPException; ValueError for an address elsewhere."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    if host not in _HOSTS:
        raise ValueError(f"{host} is not this machine")
    deadline = time.monotonic() + SECONDS
    with connected(_HOSTS[host], f"[{host}]" if ":" in host else host, port, False, deadline) as connection:
        connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers={
            "User-Agent": f"kb/{__version__}", "Accept-Encoding": "identity", **headers})
        response = connection.getresponse()
        found = bytearray()
        while len(found) <= max_bytes and (piece := response.read1(_PIECE)):
            found += piece
        if time.monotonic() >= deadline:
            raise TimeoutError
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, bytes(found))
