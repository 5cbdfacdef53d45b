"""A Ray cluster in a network of its own: Ray listens on every interface, and here there is none but loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.conftest import ROOT
from tests.waiting import wait_until

PORT = 6390
ADDRESS = f"127.0.0.1:{PORT}"
_OBJECTS = 100_000_000  # bytes of shared memory for each node


def why_not() -> str:
    """Why no cluster can be started here, or ""."""
    import importlib.util

    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed: pip install 'bilingual-kb[ray]'"
    if os.geteuid() or any(shutil.which(name) is None for name in ("unshare", "nsenter", "ip")):
        return "a network of its own needs root, unshare, nsenter and ip"
    tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    return f"no network of its own: {tried.stderr.strip()}" if tried.returncode else ""


class Nodes:
    """The head, and the nodes that join it; each has one CPU."""

    def __init__(self, core: int | None = None) -> None:
        """core: that the head is held to."""
        self._folder = Path(tempfile.mkdtemp(prefix="kb-ray-", dir="/tmp"))  # its sockets' paths may not be long
        self._holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 1d"],
                                        stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "up\n"
        self.raylets: list[int] = []
        self._start("--head", f"--port={PORT}", "--include-dashboard=false", f"--temp-dir={self._folder}", core=core)

    def join(self, environment: Mapping[str, str] = MappingProxyType({}), core: int | None = None) -> None:
        """One more node."""
        self._start(f"--address={ADDRESS}", environment=environment, core=core)

    def _start(self, *how: str, environment: Mapping[str, str] = MappingProxyType({}), core: int | None) -> None:
        before = set(self.pids("raylet/raylet"))
        held = [] if core is None else ["taskset", "-c", str(core)]
        done = self.run([*held, sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1", *how,
                         f"--object-store-memory={_OBJECTS}", "--disable-usage-stats"],
                        environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        self.raylets += set(self.pids("raylet/raylet")) - before

    def popen(self, command: Sequence[str], **more: Any) -> subprocess.Popen[str]:
        """A process inside this network."""
        given = dict(more.pop("environment", {}))
        paths = [given.pop("PYTHONPATH", ""), str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1",
                       **given}
        return subprocess.Popen(["nsenter", f"--net=/proc/{self._holder.pid}/ns/net", *command], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=ROOT, **more)

    def run(self, command: Sequence[str], **more: Any) -> subprocess.CompletedProcess[str]:
        """The same, waited for."""
        with self.popen(command, **more) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def pids(self, words: str = "") -> list[int]:
        """Processes inside this network whose command line has these words."""
        own = os.stat(f"/proc/{self._holder.pid}/ns/net").st_ino
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                said = (folder / "cmdline").read_text("utf-8", "replace")
                if os.stat(folder / "ns/net").st_ino == own and words in said:
                    found.append(int(folder.name))
        return found

    def actors(self) -> list[int]:
        """The processes that prepare."""
        return self.pids("ray::Preparer")

    def close(self) -> None:
        """Ends every process of this network."""
        holder = self._holder.pid
        for pid in [pid for pid in self.pids() if pid != holder]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not [pid for pid in self.pids() if pid != holder])
        self._holder.kill()
        self._holder.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def two_nodes() -> Iterator[Nodes]:
    """A head and one more node."""
    nodes = Nodes()
    try:
        nodes.join()
        yield nodes
    finally:
        nodes.close()
