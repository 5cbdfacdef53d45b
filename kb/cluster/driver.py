"""The process that speaks to Ray for one `kb add`: what happens to it (Ray ends a driver that lost its cluster) is told
as an error, and nothing of Ray is in the process that writes the library.

    python -m kb.cluster.driver FD        FD: the socket to link.py, which starts it

Frames (packed.py) in: how to prepare, then files. Out: how many files are wanted, prepared documents, an error.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

from kb.cluster.packed import pack, unpack
from kb.cluster.pool import GPU_SHARE, ActorEndedError, IdleError, Node, NodeError, Pool, WorkError
from kb.cluster.sent import receive, send

_REACH = 5.0  # seconds in which the address has to take a connection, and to greet
# How a connection of HTTP/2, which Ray speaks, begins (RFC 9113, 3.4): this, and an empty frame of settings; the server
# answers with its own.
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
_SETTINGS = 4
_ADDRESS = re.compile(r"auto|(?P<host>[^/\s]+):(?P<port>\d{1,5})")


def main(descriptor: int) -> None:
    """Works until the other side closes the socket, or an error is told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the caller, who then closes the socket
    channel = socket.socket(fileno=descriptor)
    wanted, parts = unpack(receive(channel))
    try:
        nodes = RayNodes(wanted, parts[0])
        send(channel, pack({"ready": True}))
        _work(channel, Pool(nodes, wanted["patience"]))
    except NodeError as error:
        _tell(channel, error.error)
    except IdleError as error:
        _tell(channel, {"code": "E_RAY_IDLE", "values": {"address": wanted["address"], "detail": error.args[0],
                                                         "seconds": f"{wanted['patience']:g}"}})
    except _NoAnswerError as error:
        _tell(channel, {"code": "E_RAY_ADDRESS", "values": {"address": wanted["address"], "detail": error.args[0]}})


def _tell(channel: socket.socket, error: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        send(channel, pack({"error": error}))


def _work(channel: socket.socket, pool: Pool) -> None:
    coming: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(channel, coming), daemon=True).start()
    told = 0
    while True:
        with contextlib.suppress(queue.Empty):
            while True:
                item = coming.get_nowait()
                if item is None:
                    return
                pool.add(*item)
        for number, result in pool.step():
            send(channel, pack({"done": number}, [result if result is not None else b""]))
        if pool.capacity != told:
            told = pool.capacity
            send(channel, pack({"capacity": told}))


def _listen(channel: socket.socket, coming: queue.SimpleQueue[tuple[int, bytes] | None]) -> None:
    try:
        while True:
            head, parts = unpack(receive(channel))
            coming.put((head["job"], parts[0]))
    except (OSError, EOFError):
        coming.put(None)


class _NoAnswerError(Exception):
    """Nothing of Ray is at the address. args: why, in both languages."""


class RayNodes:
    """Ray, as the pool needs it."""

    def __init__(self, wanted: Mapping[str, Any], files: bytes) -> None:
        self._connect(wanted["address"])
        import ray

        self._ray = ray
        self._wanted = ray.put(dict(wanted))
        self._files = ray.put(files)
        self._class = ray.remote(_actor_class())

    @staticmethod
    def _connect(address: str) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise _NoAnswerError({"en": "an address is HOST:PORT, or auto", "zh": "地址应为 HOST:PORT 或 auto"})
        if found["host"]:  # Ray itself tries for 80 s, and then ends the process
            _greet(found["host"].strip("[]"), int(found["port"]))
        import ray

        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
        except Exception as error:  # whatever Ray says of an address that it cannot use
            line = str(error).strip().splitlines()[:1]
            said = f"{type(error).__name__}: {line[0] if line else ''}"[:300]
            raise _NoAnswerError({"en": said, "zh": said}) from error

    def alive(self) -> dict[str, Node]:
        """See pool.Nodes."""
        found = [node for node in self._ray.nodes() if node["Alive"]]
        return {node["NodeID"]: Node(node["NodeID"], f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']}, "
                                     f"{node['NodeID'][:8]})", int(node["Resources"].get("CPU", 0)),
                                     int(node["Resources"].get("GPU", 0)))
                for node in found}

    def begin(self, node: Node, *, on_gpu: bool) -> tuple[Any, Any]:
        """See pool.Nodes."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = self._class.options(
            num_cpus=1, num_gpus=GPU_SHARE if on_gpu else 0, max_restarts=0, max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)).remote()
        return actor, actor.open.remote(self._wanted, self._files, on_gpu)

    def give(self, actor: Any, job: bytes) -> Any:
        """See pool.Nodes."""
        return actor.prepare.remote(job)

    def wait(self, promises: list[Any], seconds: float) -> list[Any]:
        """See pool.Nodes."""
        done, _ = self._ray.wait(promises, num_returns=1, timeout=seconds)
        return list(done)

    def result(self, promise: Any) -> Any:
        """See pool.Nodes."""
        from ray.exceptions import RayError, RayTaskError

        try:
            return self._ray.get(promise)
        except RayTaskError as error:
            raise WorkError(f"{type(error.cause).__name__}: {error.cause}"[:300]) from error
        except RayError as error:
            raise ActorEndedError((str(error).strip().splitlines() or [type(error).__name__])[0][:200]) from error

    def end(self, actor: Any) -> None:
        """See pool.Nodes."""
        with contextlib.suppress(Exception):  # it is mostly ended already
            self._ray.kill(actor)


def _greet(host: str, port: int) -> None:
    """Errors: _NoAnswerError where nothing takes the connection, or answers as Ray does."""
    try:
        with socket.create_connection((host, port), _REACH) as channel:
            if os.environ.get("RAY_USE_TLS") == "1":
                return
            channel.sendall(_GREETING)
            said = channel.recv(9)
    except (OSError, OverflowError) as error:
        raise _NoAnswerError({"en": f"nothing answers there ({error})", "zh": f"没有应答（{error}）"}) from error
    if said[3:4] != bytes([_SETTINGS]):
        raise _NoAnswerError({"en": "what answers there is no Ray", "zh": "应答的不是 Ray"})


def _actor_class() -> type:
    """The class of the actors. It is made here, so that Ray sends it whole: a node without kb can say so."""

    class Preparer:
        worker: Any

        def open(self, wanted: dict[str, Any], files: bytes, on_gpu: bool) -> dict[str, str] | None:
            """None, or why this node cannot be used, in both languages."""
            try:
                from kb.cluster.node import open_worker
            except ImportError as error:
                return {"en": f"kb of this version is not installed there ({error})",
                        "zh": f"该节点没有安装此版本的 kb（{error}）"}
            self.worker, problem = open_worker(wanted, files, on_gpu)
            return problem

        def prepare(self, job: bytes) -> bytes:
            prepared: bytes = self.worker.prepare(job)
            return prepared

    return Preparer


if __name__ == "__main__":
    main(int(sys.argv[1]))
