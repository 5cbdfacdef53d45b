"""Graphs that were built once on this machine, and what was measured of them.

Reads: a function that builds a graph.  Gives: its bytes, from the cache where they have the hash that the card there
says, built again at any doubt. Next: engine.py and cross_encoder.py run them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from kb.encoder import graph
from kb.encoder.graph import Kind
from kb.outside import OutsideError, read_file

log = logging.getLogger(__name__)


class GraphCache:
    """A folder of graphs with card.json: sha-256 of each, and what else is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def card(self) -> dict[str, Any]:
        """What is known of the files in the cache; empty where there are none."""
        try:
            card = read_file(self.folder / "card.json")
        except (OSError, OutsideError):
            return {}
        return card if card.get("choice", "int8") in get_args(Kind) else {}

    def record(self, name: str, value: Any) -> Any:
        """What stands on the card under this name from now on; a dictionary is added to the one that was there. What
        other processes record at the same time stays."""
        with self._alone():
            card = self.card()
            card[name] = {**card.get(name, {}), **value} if isinstance(value, dict) else value
            self._write("card.json", json.dumps(card, indent=1).encode())
        return card[name]

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process records meanwhile; a folder that cannot be written keeps nothing anyway."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                fcntl.flock(stack.enter_context((self.folder / "lock").open("wb")), fcntl.LOCK_EX)
            yield

    def graph(self, name: str, build: Callable[[], bytes]) -> bytes:
        """The graph's bytes, from the cache if they have the hash that its card gives."""
        try:
            data = (self.folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() == self.card().get("sha256", {}).get(name):
                return data
            log.info("the graph %s in the cache does not have its hash; building it again", name)
        except OSError:
            pass
        data = build()
        self._write(name, data)
        self.record("sha256", {name: hashlib.sha256(data).hexdigest()})
        return data

    @cached_property
    def saturates(self) -> bool:
        """Whether this processor needs the other instructions (graph.saturates)."""
        return graph.saturates(self.graph("probe.onnx", graph.build_probe))

    def _write(self, name: str, data: bytes) -> None:
        """Beside and renamed; a cache that cannot be written only costs the work again."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".new-", delete=False) as file:
                file.write(data)
            os.replace(file.name, self.folder / name)
        except OSError as error:
            log.warning("the encoder's graph could not be cached (%s); it is built again next time", error)

