"""The warm server that forks a child for every file, and the child, which reads it within its limits.

    python -m kb.readers.server FD        FD: the socket to sandbox.py, which starts it

The server has neither torch nor a database nor secrets in its environment, and loads what a kind of file needs once,
so that every child has it. Plain text and Markdown, whose readers are Python alone, share a child while all goes well.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from kb.errors import FileProblem, Unreadable, as_problem
from kb.messages import Words
from kb.readers import Limits
from kb.readers.bounds import libc, limit, limit_cpu, peak_mb
from kb.readers.extract import Extract
from kb.readers.frames import frame, receive_frame, receive_request, send_frame
from kb.readers.warm_up import warm_up

Emit = Callable[[dict[str, Any]], None]


def read_here(module: str, data: bytes, limits: Limits, encoding: str | None, emit: Emit,
              package: str = "", page: int = 0) -> Extract:
    """What the child does with a file's bytes, without any process: the reader's Extract; `emit` gets the pages of a
    PDF. package: whose module it is, if it is not of this one.  page: the one to recognise, for "scanned".

    Errors: FileProblem, also for MemoryError (E_MEMORY) and for any other error of a parser (E_PARSE).
    """
    try:
        if package:
            from kb.readers.foreign import read_foreign

            return read_foreign(module, package, data, limits, encoding)
        from kb.readers.text_block import with_title_block

        reader = importlib.import_module(f"kb.readers.{module}")
        arguments = {"pdf": (emit,), "picture": (emit,), "scanned": (emit, page)}.get(module, (encoding,))
        extract: Extract = reader.read(data, limits, *arguments)
        return with_title_block(extract)
    except FileProblem:
        raise
    except MemoryError as error:
        raise Unreadable("E_MEMORY", limit=limits.memory_mb) from error
    except ModuleNotFoundError as error:  # kb was updated and what it needs was not
        raise FileProblem("E_NEEDS", package=error.name or "", install="bilingual-kb") from error
    except RecursionError as error:
        raise Unreadable("E_PARSE", detail=Words("nested too deeply", "嵌套过深")) from error
    # a parser's surprise on a hostile file ends here as a named status; the child ends with it
    except Exception as error:
        raise Unreadable("E_PARSE", detail=f"{type(error).__name__}: {str(error)[:120]}") from error


def _serve(channel: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the caller, who then closes the channel
    if sys.platform == "linux":
        libc()  # once, for all children
    kept: _Child | None = None
    while True:
        try:
            head, descriptors = receive_request(channel)
        except EOFError:
            return
        if not head["package"]:  # what another package does when it is imported, it does within the limits
            with contextlib.suppress(Exception):  # the child meets it again and tells it
                _preload(head["module"])
        reads_on = _is_pure(head)
        child = kept if reads_on and kept is not None and not kept.has_ended() else _Child(head, channel, descriptors)
        end = child.read(head, descriptors, channel)
        if reads_on:
            kept = child if "goes_on" in end else None
        send_frame(channel.fileno(), end)


class _Child:
    """A forked process with limits: reads one file, or several one after the other if their reader is Python alone."""

    def __init__(self, head: dict[str, Any], server: socket.socket, inherited: list[int]) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.pid = os.fork()
        if self.pid == 0:
            server.close()
            self._line.close()
            for descriptor in inherited:  # they come to it by its own line
                os.close(descriptor)
            _live(theirs, Limits(**head["limits"]))
        theirs.close()

    def has_ended(self) -> bool:
        """Whether it ended between two files, which is no file's fault."""
        return os.waitpid(self.pid, os.WNOHANG)[0] != 0

    def read(self, head: dict[str, Any], descriptors: list[int], server: socket.socket) -> dict[str, Any]:
        """Passes a request on, tells the caller who reads, and gives how it ended."""
        with contextlib.suppress(OSError):
            socket.send_fds(self._line, [frame(head)], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        send_frame(server.fileno(), {"pid": self.pid})
        with contextlib.suppress(OSError, EOFError):
            return receive_frame(self._line)
        self._line.close()
        _, status, usage = os.wait4(self.pid, 0)
        return {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1, "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss // 1024
        }


_PARSERS = {
    "pdf": ("pypdfium2",), "scanned": ("pypdfium2", "rapidocr"), "docx": ("docx", "lxml.etree"),
    "docm": ("docx", "lxml.etree"), "bibtex": ("bibtexparser",), "bibliography": ("bibtexparser", "lxml.etree"),
    "pptx": ("pptx", "lxml.etree"), "sheets": ("python_calamine", "lxml.etree"), "epub": ("lxml.html",),
    "odt": ("lxml.etree",), "mail": ("lxml.html",), "rtf": ("striprtf.striprtf",),
    "latex_project": ("bibtexparser",), "html": ("lxml.html",),
    "picture": ("PIL.Image", "PIL.ImageOps"),
}
_PURE = ("markdown", "plain", "rst")  # no parser outside Python: what one file does to it cannot reach the next
_YOUNG_OBJECTS = 50_000  # after so many new ones garbage is collected: a child lives too short to have much
_FILES_PER_CHILD, _ROOM_MB = 200, 64  # a child that has read so many files, or has grown by so much, is replaced


def _is_pure(request: dict[str, Any]) -> bool:
    return request["module"] in _PURE and not request["package"]


@lru_cache
def _preload(module: str) -> None:
    """Load what a kind of file needs, once; every child then has it. What is there is not looked through for garbage
    again, so that children share it."""
    importlib.import_module(f"kb.readers.{module}")
    for name in _PARSERS.get(module, ()):
        importlib.import_module(name)
    with contextlib.suppress(Exception):  # it only saves time: files are read without it as well
        warm_up(module)
    gc.collect()
    gc.freeze()


def _live(line: socket.socket, limits: Limits) -> NoReturn:
    """The child: reads files until one of them goes wrong, its turn is over or the server has ended."""
    limit(limits)
    gc.set_threshold(_YOUNG_OBJECTS)
    before = peak_mb()
    try:
        for n in range(_FILES_PER_CHILD):
            request, (file, send) = receive_request(line)
            limit_cpu(limits, _is_pure(request))
            is_well = _read_one(request, limits, file, send)
            if (
                not is_well
                or not _is_pure(request)
                or n + 1 == _FILES_PER_CHILD
                or peak_mb() - before > _ROOM_MB
            ):
                break
            os.close(file)
            os.close(send)  # the caller reads until here
            send_frame(line.fileno(), {"goes_on": True})
    except EOFError:
        pass
    except BaseException:
        os._exit(70)
    os._exit(0)


def _read_one(request: dict[str, Any], limits: Limits, file: int, send: int) -> bool:
    """Sends what is in one file; False if that is an error."""
    def emit(page: dict[str, Any]) -> None:
        send_frame(send, {"page": page})

    try:
        data = _read_all(file, limits.max_bytes)
        try:
            extract = read_here(request["module"], data, limits, request["encoding"], emit, request["package"],
                                request["page"])
            answer = {"extract": extract.to_dict(), "sha256": hashlib.sha256(data).hexdigest()}
        except FileProblem as error:
            answer = {"error": as_problem("", error).to_dict()}
        send_frame(send, answer)
        return "extract" in answer
    except MemoryError:
        os.write(send, frame({"error": {"code": "E_MEMORY", "values": {"limit": str(limits.memory_mb)}}}))
        return False


def _read_all(file: int, limit: int) -> bytes:
    parts, position = [], 0
    while position <= limit and (data := os.pread(file, 1 << 20, position)):
        parts.append(data)
        position += len(data)
    return b"".join(parts)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
