"""One GET within a deadline, to a numeric address that was judged first.

Reads: a URL.  Gives: Answer. No cookies, no proxies, no redirects of its own: http.client does none of them. A name is
asked for once and the connection goes to the address that came, so that a name server cannot give another one between
the judgement and the connection.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from kb.errors import FileProblem
from kb.text import one_line
from kb.types import Words
from kb.version import __version__

MayConnect = Callable[[str], bool]
Resolve = Callable[[str, int], Sequence[str]]
_CONNECT_SECONDS = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_PIECE = 1 << 16
_SAFE = "/%:=&?~#+!$,;'@()*[]"  # of a path that is quoted already


@dataclass(frozen=True, slots=True)
class Answer:
    """location: where it sends the caller instead, or None.  content_type: without its parameters, in lower case."""

    location: str | None
    content_type: str
    data: bytes


def is_public(address: str) -> bool:
    """Whether a numeric address is on the public internet: not this machine, not a network of its own, not a carrier's,
    nor one of these inside an address of another kind."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The numeric addresses of a host. Errors: OSError."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def ask(url: str, typed: str, max_bytes: int, deadline: float, seconds: float, may_connect: MayConnect,
        resolve: Resolve) -> Answer:
    """What is at a URL. typed: what the user calls it.  seconds: what the deadline came from, for messages.

    Errors: FileProblem E_FETCH, E_FETCH_PRIVATE, E_TOO_BIG.
    """
    host, port, is_secure, target = _parts(url, typed)
    try:
        address = _judged(host, port, typed, deadline, may_connect, resolve)
        with connected(address, host, port, is_secure, deadline) as connection:
            connection.request("GET", target, headers={
                "User-Agent": f"kb/{__version__}", "Accept": "application/pdf, text/html;q=0.9, */*;q=0.5",
                "Accept-Encoding": "identity"})
            return _answer(connection.getresponse(), typed, max_bytes, deadline)
    except FileProblem:
        raise
    except Exception as error:  # whatever a server provokes in the libraries is its answer
        if time.monotonic() >= deadline:
            raise _failed(typed, f"not finished within {seconds:g} s", f"{seconds:g} 秒内没有完成") from error
        raise _translated(error, typed) from error


def _parts(url: str, typed: str) -> tuple[str, int, bool, str]:
    """(host, port, is it TLS, path with query). Errors: FileProblem E_FETCH."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    except ValueError as error:
        raise _failed(typed, "the address is not valid", "地址无效") from error
    if parts.scheme not in ("http", "https"):
        raise _failed(typed, f"only http and https are fetched, not {one_line(parts.scheme, 20) or 'this'}",
                      "只下载 http 和 https 地址")
    if not host or parts.username is not None or parts.password is not None:
        raise _failed(typed, "the address has no host, or names a user", "地址中没有主机名，或带有用户名")
    target = quote(parts.path or "/", safe=_SAFE) + ("?" + quote(parts.query, safe=_SAFE) if parts.query else "")
    return host, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https", target


def _judged(host: str, port: int, typed: str, deadline: float, may_connect: MayConnect, resolve: Resolve) -> str:
    """The address to connect to. Errors: FileProblem E_FETCH_PRIVATE if any of the host's may not be asked; OSError."""
    came: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:  # a name server may take longer than the deadline
        try:
            came.put(resolve(host, port))
        except Exception as error:
            came.put(error)

    threading.Thread(target=look_up, name="kb-resolve", daemon=True).start()
    try:
        found = came.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    for address in found:
        if not may_connect(address):
            shown = host if host == address else f"{host} ({address})"
            raise FileProblem("E_FETCH_PRIVATE", address=typed, host=shown)
    return found[0]


@contextlib.contextmanager
def connected(address: str, host: str, port: int, is_secure: bool,
               deadline: float) -> Iterator[http.client.HTTPConnection]:
    """A connection to this address for this host, ended at the deadline wherever it is: a server may drip its
    headers."""
    patience = max(0.01, min(_CONNECT_SECONDS, deadline - time.monotonic()))
    sock = socket.create_connection((address, port), timeout=patience)
    other = sock.dup()
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), _end, (other,))
    timer.daemon = True
    timer.start()
    connection = http.client.HTTPConnection(host, port if port != (443 if is_secure else 80) else None)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host) if is_secure else sock
        if is_secure:
            connection.default_port = 443  # what the header Host leaves away
        yield connection
    finally:
        timer.cancel()
        other.close()
        connection.close()
        sock.close()


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _answer(response: http.client.HTTPResponse, typed: str, max_bytes: int, deadline: float) -> Answer:
    location = response.getheader("Location")
    if response.status in _REDIRECTS and location:
        return Answer(location, "", b"")
    if response.status != 200:
        raise _failed(typed, f"the server answered {response.status} {one_line(response.reason, 60)}",
                      f"服务器返回 {response.status} {one_line(response.reason, 60)}")
    if (response.getheader("Content-Encoding") or "identity").strip().lower() != "identity":
        raise _failed(typed, "the answer is compressed though it was not asked to be", "服务器擅自压缩了内容")
    if response.length is not None and response.length > max_bytes:
        raise _too_big(max_bytes)
    parts, size, length = [], 0, response.length
    while piece := response.read1(_PIECE):
        size += len(piece)
        if size > max_bytes:
            raise _too_big(max_bytes)
        if time.monotonic() >= deadline:
            raise TimeoutError
        parts.append(piece)
    if time.monotonic() >= deadline:
        raise TimeoutError
    if length is not None and size < length:
        raise _failed(typed, f"the connection broke off after {size:,} of {length:,} bytes",
                      f"连接中断，只收到 {length:,} 字节中的 {size:,} 字节")
    if not size:
        raise _failed(typed, "the answer is empty", "返回内容为空")
    kind = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
    return Answer(None, one_line(kind, 80), b"".join(parts))


def _too_big(limit: int) -> FileProblem:
    return FileProblem("E_TOO_BIG", what=Words("what the server sends", "服务器发送的内容"),
                       limit=f"{limit / 2**20:g} MB")


def _failed(typed: str, en: str, zh: str) -> FileProblem:
    return FileProblem("E_FETCH", address=typed, reason=Words(en, zh))


def _translated(error: Exception, typed: str) -> FileProblem:
    if isinstance(error, socket.gaierror | UnicodeError):
        return _failed(typed, "its host is not known here (is there a network?)", "找不到主机（网络是否可用？）")
    if isinstance(error, ssl.SSLError):
        detail = one_line(getattr(error, "verify_message", "") or error.reason or "handshake", 120)
        return _failed(typed, f"no secure connection ({detail})", f"无法建立安全连接（{detail}）")
    if isinstance(error, TimeoutError):
        return _failed(typed, "the server does not answer", "服务器没有响应")
    if isinstance(error, http.client.IncompleteRead | ConnectionResetError | BrokenPipeError):
        return _failed(typed, "the connection broke off", "连接中断")
    if isinstance(error, http.client.HTTPException | ValueError):
        return _failed(typed, "the answer is not HTTP", "返回的不是 HTTP")
    detail = one_line(getattr(error, "strerror", "") or type(error).__name__, 120)
    return _failed(typed, f"no connection ({detail})", f"无法连接（{detail}）")
