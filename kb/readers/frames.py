"""Messages between the caller and the reading processes: JSON with a length before it; nothing is ever unpickled."""

from __future__ import annotations

import json
import os
import socket
from typing import Any


def frame(message: dict[str, Any]) -> bytes:
    """The message as it is sent."""
    data = json.dumps(message, ensure_ascii=True).encode("ascii")
    return len(data).to_bytes(4, "little") + data


def send_frame(descriptor: int, message: dict[str, Any]) -> None:
    """Writes all of a message to a pipe or socket."""
    data = memoryview(frame(message))
    while data:
        data = data[os.write(descriptor, data):]


def receive_frame(channel: socket.socket) -> dict[str, Any]:
    """The next message. Errors: EOFError where the other side has ended."""
    head = _exactly(channel, 4)
    found: dict[str, Any] = json.loads(_exactly(channel, int.from_bytes(head, "little")))
    return found


def _exactly(channel: socket.socket, size: int) -> bytes:
    """So many bytes. Errors: EOFError."""
    data = b""
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def receive_request(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A message and the descriptors sent along: the file, and the pipe for the answer. Errors: EOFError."""
    data, descriptors, _, _ = socket.recv_fds(channel, 4, 2)
    if not data:
        raise EOFError
    data += _exactly(channel, 4 - len(data)) if len(data) < 4 else b""
    return json.loads(_exactly(channel, int.from_bytes(data, "little"))), descriptors
