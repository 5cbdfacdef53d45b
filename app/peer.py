"""Which user's process holds the other end of a connection within this machine.

Linux tells it in /proc/net/tcp; elsewhere nothing is known here and the token alone decides. It matters because cookies
know no ports: a server of another user that this browser visits at the same address is sent the app's cookie, and must
not be able to use it.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

Place = tuple[str, int]


def is_of_another_user(client: Place | None, server: Place | None) -> bool:
    """Whether the kernel names another user, not root, for the client's end; False where it names none."""
    if client is None or server is None:
        return False
    ends = (_as_listed(client), _as_listed(server))
    try:
        lines = Path("/proc/net/tcp6" if ":" in client[0] else "/proc/net/tcp").read_text("ascii").splitlines()[1:]
    except OSError:
        return False
    for fields in map(str.split, lines):
        if (fields[1], fields[2]) == ends:
            return int(fields[7]) not in (0, os.getuid())
    return False


def _as_listed(place: Place) -> str:
    """An address as the table has it: 32 bits at a time, in this machine's order of bytes."""
    packed = ipaddress.ip_address(place[0]).packed
    words = (int.from_bytes(packed[i:i + 4], sys.byteorder) for i in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{place[1]:04X}"
