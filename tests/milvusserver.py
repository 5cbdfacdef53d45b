"""Milvus Lite behind gRPC on 127.0.0.1, for tests: an engine of its own behind the client of Milvus, no cluster."""

import secrets
import tempfile
from pathlib import Path

from kb.index.milvus import MilvusIndex, MilvusServer


def why_not() -> str:
    """Why there can be none here; "" where there can."""
    for package in ("pymilvus", "milvus_lite"):
        try:
            __import__(package)
        except ImportError as error:
            return f"{error}: pip install pymilvus milvus-lite"
    return ""


class Server:
    """A running server, in threads of this process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kb-milvus-")
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts it, again at the same port."""
        from milvus_lite.adapter.grpc.server import start_server_in_thread

        self._server, self._database, self._port = start_server_in_thread(
            str(Path(self._folder.name) / "data"), "127.0.0.1", self._port)

    def stop(self) -> None:
        self._server.stop(0).wait()
        self._database.close()

    def make(self, dim: int) -> MilvusIndex:
        """A new, empty collection."""
        index = MilvusIndex(MilvusServer(self.address), f"kb_{secrets.token_hex(8)}", dim)
        index.create()
        return index

    def end(self) -> None:
        self.stop()
        self._folder.cleanup()
