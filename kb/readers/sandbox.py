"""Read foreign files in processes that may fail.

    with Sandbox(limits) as sandbox: document = sandbox.read(source)

A warm server process (no torch, no database, no secrets in its environment) forks a short-lived child per file, with
limits on CPU, memory, files and output; plain text and Markdown, whose readers are Python alone, share a child while
all goes well in it. Whatever happens to the child ends in one named status; pages of a PDF are passed on as they are
read, so those before a crash survive. Frames are JSON with a length before them; nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import json
import math
import os
import resource
import selectors
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple, NoReturn

from kb.errors import FileProblem, Skipped, Unreadable, as_problem, error_of, in_words, note
from kb.messages import values_from
from kb.readers import READERS, Limits, Source, os_problem
from kb.readers.extract import Extract
from kb.readers.latex_parts import gather
from kb.readers.magic import check_type
from kb.readers.metadata import merge
from kb.readers.sidecar import Declared, load_sidecar, read_sidecar
from kb.text import guess_language
from kb.types import Document, Language, Words

Emit = Callable[[dict[str, Any]], None]
_PAGE = b'{"page":'
_WALL_FACTOR = 5  # a child that sleeps or blocks longer than this times its CPU limit is stopped


class _Reader(NamedTuple):
    """module: of this package, or what the entry point of another one names.  package: that other one, else ""."""

    module: str
    package: str = ""


class Sandbox:
    """Reads files, one at a time, in limited processes. Use it from one thread."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._server: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stops the server."""
        if self._channel is not None:
            self._channel.close()
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._server = self._channel = None

    def read(self, source: Source, encoding: str | None = None) -> Document:
        """The document in a file. status "partial" with a note when only some pages could be read.

        encoding: of text that does not say it itself. Errors: FileProblem (Skipped for links and special files).
        """
        sidecar = load_sidecar(source)
        declared = read_sidecar(sidecar, self._bibtex) if sidecar else Declared()
        with _opened(source, self.limits) as descriptor:
            reader = _reader_of(source.suffix)
            if not reader.package:
                check_type(descriptor, source.suffix)
            sha256 = _hash(descriptor)
            bundle = gather(source.raw) if source.suffix == ".tex" and not source.member else None
            extract = (self._extract_bytes("latex_project", bundle.to_bytes(), encoding) if bundle
                       else self._extract(reader, descriptor, sha256, encoding))
        if not extract.text.strip() and extract.status == "ok":
            extract = dataclasses.replace(extract, status="no_text", notes=(note("N_NO_TEXT"), *extract.notes))
        name = os.path.basename(os.fsdecode(source.raw))
        return Document(id=sha256[:12], sha256=sha256, path=source.path, kind=extract.kind,
                        metadata=merge(declared.metadata, extract.metadata,
                                       () if extract.kind == "sheet" else extract.sections, name),
                        language=declared.language or extract.language or _language(extract.text), text=extract.text,
                        sections=extract.sections, pages=extract.pages, blocks=extract.blocks, status=extract.status,
                        notes=(*extract.notes, *declared.notes), left_out=extract.left_out)

    def _bibtex(self, data: bytes) -> Extract:
        """The entries of a BibTeX file, which is as foreign as the document it stands beside."""
        return self._extract_bytes("bibtex", data, None)

    def _extract_bytes(self, module: str, data: bytes, encoding: str | None) -> Extract:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            return self._extract(_Reader(module), file.fileno(), hashlib.sha256(data).hexdigest(), encoding)

    def _extract(self, reader: _Reader, descriptor: int, sha256: str, encoding: str | None) -> Extract:
        pages: list[bytes] = []
        problem: FileProblem = Unreadable("E_READER_DIED", detail=Words("no answer", "没有回应"))
        with contextlib.closing(self._ask_server(reader, descriptor, encoding)) as messages:
            for message in messages:
                if "page" in message:
                    pages.append(message["page"])
                elif "extract" in message:
                    if message["sha256"] != sha256:
                        raise FileProblem("E_CHANGED")
                    return Extract.from_dict(message["extract"])
                elif "error" in message:
                    problem = _problem_of(message["error"])
                    break
                else:
                    problem = self._cause_of_death(message)
        # the first frame is the file's head
        if len(pages) > 1 and isinstance(problem, Unreadable):
            from kb.readers.layout import assemble

            return assemble([json.loads(page)["page"] for page in pages], in_words(problem))
        raise problem

    def _cause_of_death(self, message: dict[str, Any]) -> FileProblem:
        number = message["signal"]
        if number == signal.SIGXCPU or (number == signal.SIGKILL and message["cpu"] >= self.limits.cpu_seconds):
            return Unreadable("E_CPU", limit=self.limits.cpu_seconds)
        if message["blocked"]:
            return Unreadable("E_CPU", limit=self.limits.cpu_seconds * _WALL_FACTOR)
        # Native code that is refused memory ends by one of these; which of a bug and a bound it was, the peak tells.
        if (
            number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)
            and message["memory"] > 0.5 * self.limits.memory_mb
        ):
            return Unreadable("E_MEMORY", limit=self.limits.memory_mb)
        return Unreadable(
            "E_READER_DIED",
            detail=signal.Signals(number).name
            if number
            else Words(f"exit status {message['status']}", f"退出码 {message['status']}"),
        )

    # --- talking to the server

    def _ask_server(self, reader: _Reader, descriptor: int,
                    encoding: str | None) -> Generator[dict[str, Any], None, None]:
        """The frames of one child, then {"died": …} if it ended without saying so."""
        receive, send = os.pipe()
        try:
            request = _frame({**reader._asdict(), "encoding": encoding, "limits": self.limits.to_dict()})
            try:
                channel, pid = self._start_child(request, [descriptor, send])
            except (OSError, EOFError):  # the server ended since the last file: once more with a new one
                self.close()
                channel, pid = self._start_child(request, [descriptor, send])
            os.close(send)
            send = -1
            blocked = yield from self._frames(receive, pid)
            end = _receive_frame(channel)
            yield {"died": True, "blocked": blocked, "signal": 0, "status": 0, "cpu": 0.0, "memory": 0, **end}
        except (OSError, EOFError) as error:
            self.close()
            raise Unreadable("E_READER_DIED", detail=Words("the reading server stopped", "读取进程停止了")) from error
        except GeneratorExit:
            try:
                _receive_frame(channel)  # the child has ended; its exit report is not needed
            except (OSError, EOFError):
                self.close()
            raise
        finally:
            os.close(receive)
            if send >= 0:
                os.close(send)

    def _start_child(self, request: bytes, descriptors: list[int]) -> tuple[socket.socket, int]:
        channel = self._running()
        socket.send_fds(channel, [request], descriptors)
        return channel, _receive_frame(channel).get("pid", 0)

    def _frames(self, receive: int, pid: int) -> Generator[dict[str, Any], None, bool]:
        patience = self.limits.cpu_seconds * _WALL_FACTOR
        deadline = time.monotonic() + patience
        largest = 64 * self.limits.max_characters + (1 << 24)
        n_received = 0
        buffer = bytearray()
        blocked = False
        with selectors.DefaultSelector() as selector:
            selector.register(receive, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    blocked = True
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    deadline = time.monotonic() + 10
                    continue
                data = os.read(receive, 1 << 18)
                if not data:
                    return blocked
                deadline = max(deadline, time.monotonic() + patience)
                n_received += len(data)
                if n_received > largest:  # more than any document within the limits can be
                    raise ConnectionError("too much output")
                buffer += data
                while len(buffer) >= 4 and len(buffer) >= 4 + (size := int.from_bytes(buffer[:4], "little")):
                    frame = bytes(buffer[4:4 + size])
                    # Pages are for the case that the child dies: unread until then.
                    yield {"page": frame} if frame.startswith(_PAGE) else json.loads(frame)
                    del buffer[:4 + size]

    def _running(self) -> socket.socket:
        if self._channel is not None and self._server is not None and self._server.poll() is None:
            return self._channel
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        # numpy is only there for arithmetic on pages; starting threads costs 20 ms
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._server = subprocess.Popen([sys.executable, "-P", "-m", "kb.readers.sandbox",
                                         str(theirs.fileno())], pass_fds=[theirs.fileno()], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        close_fds=True)
        theirs.close()
        self._channel = ours
        return ours


def _reader_of(suffix: str) -> _Reader:
    """Who reads this suffix, which `scan` let through. Errors: FileProblem E_READER_TWICE, SKIP_TYPE."""
    if suffix in READERS:
        return _Reader(READERS[suffix])
    from kb.readers.claims import reader_of

    plugin = reader_of(suffix)
    if plugin is None:
        raise Skipped("SKIP_TYPE", found=suffix, supported=" ".join(READERS))
    return _Reader(plugin.value, plugin.package)


@contextlib.contextmanager
def _opened(source: Source, limits: Limits) -> Iterator[int]:
    """A regular file that is neither empty nor too big, and that is the same when it is closed."""
    if source.member:
        from kb.readers.members import opened_member

        with opened_member(source, limits.max_bytes) as descriptor:
            yield descriptor
        return
    try:
        descriptor = os.open(source.raw, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if os.path.islink(source.raw):
            raise Skipped("SKIP_LINK") from error
        raise os_problem(error) from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise Skipped("SKIP_SPECIAL")
        if before.st_size == 0:
            raise FileProblem("E_EMPTY")
        if before.st_size > limits.max_bytes:
            raise FileProblem("E_TOO_BIG", what=f"{before.st_size / 2**20:.1f} MB",
                              limit=f"{limits.max_bytes / 2**20:g} MB")
        yield descriptor
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise FileProblem("E_CHANGED")
    finally:
        os.close(descriptor)


def _hash(descriptor: int) -> str:
    digest, position = hashlib.sha256(), 0
    while data := os.pread(descriptor, 1 << 20, position):
        digest.update(data)
        position += len(data)
    return digest.hexdigest()


def _language(text: str) -> Language:
    return guess_language(text[:20_000])


def _receive_frame(channel: socket.socket) -> dict[str, Any]:
    head = _receive_exactly(channel, 4)
    found: dict[str, Any] = json.loads(_receive_exactly(channel, int.from_bytes(head, "little")))
    return found


def _receive_exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read_here(module: str, data: bytes, limits: Limits, encoding: str | None, emit: Emit,
              package: str = "") -> Extract:
    """What the child does with a file's bytes, without any process: the reader's Extract; `emit` gets the pages of a
    PDF. package: whose module it is, if it is not of this one.

    Errors: FileProblem, also for MemoryError (E_MEMORY) and for any other error of a parser (E_PARSE).
    """
    try:
        if package:
            from kb.readers.foreign import read_foreign

            return read_foreign(module, package, data, limits, encoding)
        reader = importlib.import_module(f"kb.readers.{module}")
        extract: Extract = reader.read(data, limits, emit) if module == "pdf" else reader.read(data, limits, encoding)
        return extract
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


# --- the server process


def _serve(channel: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the caller, who then closes the channel
    if sys.platform == "linux":
        _libc()  # once, for all children
    kept: _Child | None = None
    while True:
        try:
            head, descriptors = _receive_request(channel)
        except EOFError:
            return
        if not head["package"]:  # what another package does when it is imported, it does within the limits
            with contextlib.suppress(ImportError):
                _preload(head["module"])
        reads_on = _is_pure(head)
        child = kept if reads_on and kept is not None and not kept.has_ended() else _Child(head, channel, descriptors)
        end = child.read(head, descriptors, channel)
        if reads_on:
            kept = child if "goes_on" in end else None
        _send_frame(channel.fileno(), end)


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
            socket.send_fds(self._line, [_frame(head)], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _send_frame(server.fileno(), {"pid": self.pid})
        with contextlib.suppress(OSError, EOFError):
            return _receive_frame(self._line)
        self._line.close()
        _, status, usage = os.wait4(self.pid, 0)
        return {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1, "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss // 1024
        }


def _receive_request(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, descriptors, _, _ = socket.recv_fds(channel, 4, 2)
    if not data:
        raise EOFError
    data += _receive_exactly(channel, 4 - len(data)) if len(data) < 4 else b""
    return json.loads(_receive_exactly(channel, int.from_bytes(data, "little"))), descriptors


_PARSERS = {
    "pdf": ("pypdfium2",), "docx": ("docx", "lxml.etree"), "docm": ("docx", "lxml.etree"), "bibtex": ("bibtexparser",),
    "pptx": ("pptx", "lxml.etree"), "sheets": ("python_calamine", "lxml.etree"), "epub": ("lxml.html",),
    "odt": ("lxml.etree",), "mail": ("lxml.html",), "rtf": ("striprtf.striprtf",),
    "latex_project": ("bibtexparser",), "html": ("lxml.html",),
}
_PURE = ("markdown", "plain", "rst")  # no parser outside Python: what one file does to it cannot reach the next
_FILES_PER_CHILD, _ROOM_MB = 200, 64  # a child that has read so many files, or has grown by so much, is replaced
_WARM_UP = {
    "html": b"<article><h1>A</h1><p>Some words of a page.</p></article>", "markdown": b"# A\n\n| a |\n|---|\n",
    "pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 27>>stream\nBT /F 9 Tf (1 A word) Tj ET\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"trailer<</Root 1 0 R>>",
}


def _is_pure(request: dict[str, Any]) -> bool:
    return request["module"] in _PURE and not request["package"]


@lru_cache
def _preload(module: str) -> None:
    """Load what a kind of file needs, once; every child then has it. Reading a page of our own also fills the parsers'
    caches (0.14 s)."""
    reader = importlib.import_module(f"kb.readers.{module}")
    for name in _PARSERS.get(module, ()):
        importlib.import_module(name)
    if module in _WARM_UP:
        reader.read(_WARM_UP[module], Limits())


def _live(line: socket.socket, limits: Limits) -> NoReturn:
    """The child: reads files until one of them goes wrong, its turn is over or the server has ended."""
    _limit(limits)
    before = _peak_mb()
    try:
        for n in range(_FILES_PER_CHILD):
            request, (file, send) = _receive_request(line)
            _limit_cpu(limits, _is_pure(request))
            is_well = _read_one(request, limits, file, send)
            if (
                not is_well
                or not _is_pure(request)
                or n + 1 == _FILES_PER_CHILD
                or _peak_mb() - before > _ROOM_MB
            ):
                break
            os.close(file)
            os.close(send)  # the caller reads until here
            _send_frame(line.fileno(), {"goes_on": True})
    except EOFError:
        pass
    except BaseException:
        os._exit(70)
    os._exit(0)


def _read_one(request: dict[str, Any], limits: Limits, file: int, send: int) -> bool:
    """Sends what is in one file; False if that is an error."""
    def emit(page: dict[str, Any]) -> None:
        _send_frame(send, {"page": page})

    try:
        data = _read_all(file, limits.max_bytes)
        try:
            extract = read_here(request["module"], data, limits, request["encoding"], emit, request["package"])
            answer = {"extract": extract.to_dict(), "sha256": hashlib.sha256(data).hexdigest()}
        except FileProblem as error:
            answer = {"error": as_problem("", error).to_dict()}
        _send_frame(send, answer)
        return "extract" in answer
    except MemoryError:
        os.write(send, _frame({"error": {"code": "E_MEMORY", "values": {"limit": str(limits.memory_mb)}}}))
        return False


def _problem_of(saved: dict[str, Any]) -> FileProblem:
    """The error that the reading process met."""
    problem = error_of(saved["code"], values_from(saved["values"]))
    assert isinstance(problem, FileProblem)
    return problem


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _limit(limits: Limits) -> None:
    """Bounds on what the child may use. Memory counts beyond what the server has mapped already."""
    _die_with_parent()
    memory = _mapped() + (limits.memory_mb << 20)
    for name, bound in (("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 64), ("RLIMIT_CORE", 0), ("RLIMIT_AS", memory)):
        with contextlib.suppress(ValueError, OSError, AttributeError):  # not every system knows every limit
            resource.setrlimit(getattr(resource, name), (bound, bound))


def _limit_cpu(limits: Limits, reads_on: bool) -> None:
    """So many seconds from now. The soft limit ends the child by SIGXCPU; what it has sent by then survives. The hard
    one cannot be raised again."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # whole seconds only: never less than the limit
    soft = limits.cpu_seconds + (math.ceil(used.ru_utime + used.ru_stime) if reads_on else 0)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU,
                           (soft, resource.getrlimit(resource.RLIMIT_CPU)[1] if reads_on else soft + 5))


def _mapped() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _die_with_parent() -> None:
    if sys.platform == "linux":
        _libc().prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@lru_cache(maxsize=1)
def _libc() -> Any:
    import ctypes

    return ctypes.CDLL(None)


def _read_all(file: int, limit: int) -> bytes:
    parts, position = [], 0
    while position <= limit and (data := os.pread(file, 1 << 20, position)):
        parts.append(data)
        position += len(data)
    return b"".join(parts)


def _frame(message: dict[str, Any]) -> bytes:
    data = json.dumps(message, ensure_ascii=True).encode("ascii")
    return len(data).to_bytes(4, "little") + data


def _send_frame(descriptor: int, message: dict[str, Any]) -> None:
    data = memoryview(_frame(message))
    while data:
        data = data[os.write(descriptor, data):]


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
