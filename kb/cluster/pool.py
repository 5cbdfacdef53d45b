"""An elastic pool of actors on the nodes of a Ray cluster: each has one whole CPU, as many as the nodes that are there
have. An actor that ends gives its files back, and another one begins; a node that joins is used, one that leaves is
not missed.

Ray pays its rent: without it we would have to write how processes are begun on other machines, how a dead one is told
from a slow one, and how bytes get there.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

_AHEAD = 2  # files that an actor has: the one it works on, and the next
GPU_SHARE = 0.125  # of a graphics processor: reading takes as long as encoding, so several actors share one
_TICK = 0.05  # seconds between two looks for new files
_LOOK = 1.0  # seconds between two looks at the nodes
_MOST_DEATHS = 3  # actors that may end while they have the same file, and that may fail to begin on the same node


class NodeError(Exception):
    """A node cannot do the work. error: which and why, as plain values."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.error = error
        super().__init__(error["code"])


class IdleError(Exception):
    """No actor could begin for too long."""


class Nodes(Protocol):
    """What the pool needs of Ray; `driver.RayNodes`."""

    def alive(self) -> dict[str, Node]: ...

    def begin(self, node: Node, *, on_gpu: bool) -> tuple[Any, Any]:
        """(an actor there, the promise of what `open` says)."""
        ...

    def give(self, actor: Any, job: bytes) -> Any:
        """The promise of a prepared document."""
        ...

    def wait(self, promises: list[Any], seconds: float) -> list[Any]:
        """Those that are kept or broken, as soon as there is one."""
        ...

    def result(self, promise: Any) -> Any:
        """Errors: ActorEndedError, WorkError."""
        ...

    def end(self, actor: Any) -> None: ...


class ActorEndedError(Exception):
    """The actor, or its node, is there no more."""


class WorkError(Exception):
    """The work itself failed there, as it would again."""


@dataclass(frozen=True)
class Node:
    """name: its host with its address."""

    id: str
    name: str
    cpus: int
    gpus: int


@dataclass(eq=False)
class _Actor:
    handle: Any
    node: Node
    on_gpu: bool
    opening: Any
    jobs: deque[tuple[Any, int]] = field(default_factory=deque)  # (promise, number), the one it works on first


class Pool:
    """Give it jobs by numbers; `step` gives (number, prepared document) as they are done, None where _MOST_DEATHS
    actors ended with it."""

    def __init__(self, nodes: Nodes, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._nodes, self._patience, self._clock = nodes, patience, clock
        self._known: dict[str, Node] = {}
        self._actors: list[_Actor] = []
        self._jobs: dict[int, bytes] = {}  # all that are not done
        self._queue: deque[int] = deque()
        self._deaths: Counter[int] = Counter()
        self._failed: Counter[str] = Counter()  # node -> actors in a row that did not begin
        self._looked = float("-inf")
        self._worked = clock()

    @property
    def capacity(self) -> int:
        """How many jobs it wants to have."""
        return _AHEAD * max(1, sum(node.cpus for node in self._known.values()))

    def add(self, number: int, job: bytes) -> None:
        if not self._jobs:
            self._worked = self._clock()
        self._jobs[number] = job
        self._queue.append(number)

    def step(self) -> Iterator[tuple[int, bytes | None]]:
        """Waits a little. Errors: NodeError, IdleError."""
        if self._clock() - self._looked >= _LOOK:
            self._looked = self._clock()
            self._known = self._nodes.alive()
            self._grow()
        self._share_out()
        promises = {id(p): (p, actor) for actor in self._actors
                    for p in ([actor.opening] if actor.opening is not None else [p for p, _ in actor.jobs])}
        if not promises:
            time.sleep(_TICK)
        for promise in self._nodes.wait([p for p, _ in promises.values()], _TICK) if promises else ():
            actor = promises[id(promise)][1]
            if actor in self._actors:
                yield from self._settle(actor, promise)
        if any(actor.opening is None for actor in self._actors):  # a large file may take as long as it likes
            self._worked = self._clock()
        elif self._jobs and self._clock() - self._worked > self._patience:
            raise IdleError(self._state())

    def _settle(self, actor: _Actor, promise: Any) -> Iterator[tuple[int, bytes | None]]:
        try:
            result = self._nodes.result(promise)
        except ActorEndedError as ended:
            yield from self._bury(actor, str(ended))
            return
        except WorkError as error:
            raise _at(actor.node, {"en": str(error), "zh": str(error)}) from error
        if actor.opening is not None:
            if result is not None:
                raise _at(actor.node, result)
            actor.opening = None
            self._failed[actor.node.id] = 0
            return
        number = next(number for p, number in actor.jobs if p is promise)
        actor.jobs = deque((p, n) for p, n in actor.jobs if n != number)
        del self._jobs[number]
        yield number, result

    def _bury(self, actor: _Actor, why: str) -> Iterator[tuple[int, bytes | None]]:
        """Its files go to others, first of all; the one it worked on may have been what ended it."""
        self._actors.remove(actor)
        self._nodes.end(actor.handle)
        if actor.opening is not None and actor.node.id in self._nodes.alive():
            self._failed[actor.node.id] += 1
            if self._failed[actor.node.id] >= _MOST_DEATHS:
                raise _at(actor.node, {"en": f"no process can begin there ({why})",
                                       "zh": f"无法在该节点启动进程（{why}）"})
        numbers = [number for _, number in actor.jobs]
        for number in numbers[:1]:
            self._deaths[number] += 1
            if self._deaths[number] >= _MOST_DEATHS:
                numbers.remove(number)
                del self._jobs[number]
                yield number, None
        self._queue.extendleft(reversed(numbers))

    def _grow(self) -> None:
        """An actor for each whole CPU of each node, as long as there are files for them."""
        for node in sorted(self._known.values(), key=lambda node: (-node.gpus, node.id)):
            own = [actor for actor in self._actors if actor.node.id == node.id]
            n_on_gpu = sum(actor.on_gpu for actor in own)
            for _ in range(min(node.cpus - len(own), len(self._jobs) - len(self._actors))):
                on_gpu = n_on_gpu < node.gpus / GPU_SHARE
                n_on_gpu += on_gpu
                handle, opening = self._nodes.begin(node, on_gpu=on_gpu)
                self._actors.append(_Actor(handle, node, on_gpu, opening))

    def _share_out(self) -> None:
        ready = [actor for actor in self._actors if actor.opening is None]
        for n_has in range(_AHEAD):
            for actor in ready:
                if self._queue and len(actor.jobs) == n_has:
                    number = self._queue.popleft()
                    actor.jobs.append((self._nodes.give(actor.handle, self._jobs[number]), number))

    def _state(self) -> dict[str, str]:
        said = ", ".join(f"{node.name}: {node.cpus} CPU" for node in self._known.values()) or "-"
        return {"en": f"nodes: {said}; {len(self._actors)} processes asked for",
                "zh": f"节点：{said}；已请求 {len(self._actors)} 个进程"}


def _at(node: Node, why: dict[str, str]) -> NodeError:
    return NodeError({"code": "E_RAY_NODE", "values": {"node": node.name, "detail": why}})
