"""Bytes over a socket with their length before them."""

from __future__ import annotations

import socket

_PIECE = 1 << 20


def send(channel: socket.socket, data: bytes) -> None:
    """All of it. Errors: OSError."""
    channel.sendall(len(data).to_bytes(8, "little"))
    channel.sendall(data)


def receive(channel: socket.socket) -> bytes:
    """What was sent. Errors: EOFError where the other side has ended, OSError."""
    return _exactly(channel, int.from_bytes(_exactly(channel, 8), "little"))


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = channel.recv(min(_PIECE, size - len(data)))
        if not part:
            raise EOFError
        data += part
    return bytes(data)
