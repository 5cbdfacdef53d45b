"""Who is looked up and reached by a command and every process it starts: seen from inside Python, and by strace where
that is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

# Run at the start of every Python process that is watched. What is local does not count; a look-up always does, of a
# name that stands for this machine apart.
_INSIDE = '''
import json, os, sys

def _watch():
    folder = os.environ["KB_WATCH"]
    local = ("127.", "::1", "localhost", "::ffff:127.")

    def tell(*said):
        with open(os.path.join(folder, "inside"), "a") as file:
            file.write(json.dumps([*said, sys.argv[:4]], default=str) + chr(10))

    def look(event, details):
        if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
            host = details[0][0] if isinstance(details[0], tuple) else details[0]
            host = host.decode() if isinstance(host, bytes) else host
            if host and not str(host).startswith(local):
                tell(event, host)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            place = details[-1]
            if isinstance(place, tuple) and not str(place[0]).startswith(local):
                tell(event, place)

    tell("started", os.getpid())
    sys.addaudithook(look)

_watch()
'''
_RESOLVERS = ("systemd/resolve", "avahi", "mdnsd")


class Watch:
    """Watches what is started with `environment` and, before its command, `before`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_INSIDE)
        self.folder = folder
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))
        self.environment = {"PYTHONPATH": path, "KB_WATCH": str(folder)}
        self.has_strace = shutil.which("strace") is not None
        self.before = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o",
                       str(folder / "outside")] if self.has_strace else []

    def n_processes(self) -> int:
        """Python processes that were watched from inside."""
        return sum(line[0] == "started" for line in self._inside())

    def found(self) -> list[str]:
        """Every look-up and every address that is not of this machine."""
        inside = [" ".join(map(str, line)) for line in self._inside() if line[0] != "started"]
        outside = (self.folder / "outside").read_text(errors="replace").splitlines() if self.has_strace else []
        return [*inside, *(line for line in outside if _leaves(line))]

    def _inside(self) -> list[list[object]]:
        file = self.folder / "inside"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _leaves(line: str) -> bool:
    """Whether a line of strace is of a datagram or connection to elsewhere, or to whoever answers for names."""
    for family, port in re.findall(r"sa_family=(AF_INET6?).*?htons\((\d+)\)", line):
        address = re.search(r'inet_addr\("([^"]+)"\)' if family == "AF_INET" else r'AF_INET6, "([^"]+)"', line)
        if port == "53" or address is None or not re.match(r"127\.|::1$|::ffff:127\.", address[1]):
            return True
    return "AF_UNIX" in line and any(name in line for name in _RESOLVERS)
