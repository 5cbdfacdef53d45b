"""Read foreign files in processes that may fail.

    with Sandbox(limits) as sandbox: document = sandbox.read(source)

A warm server process (server.py) forks a short-lived child per file, with limits on CPU, memory, files and output
(bounds.py). Whatever happens to the child ends in one named status; pages of a PDF are passed on as they are read, so
those before a crash survive.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import selectors
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from kb.errors import FileProblem, Skipped, Unreadable, error_of, in_words, note
from kb.messages import values_from
from kb.readers import READERS, Limits, Source, os_problem
from kb.readers.bibliography import from_extract
from kb.readers.entry_fields import Entries
from kb.readers.extract import Extract
from kb.readers.frames import frame, receive_frame
from kb.readers.latex_parts import gather
from kb.readers.magic import check_type
from kb.readers.metadata import merge
from kb.readers.sidecar import Declared, load_sidecar, read_sidecar
from kb.text import guess_language
from kb.types import Document, Language, Words

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

    def read(self, source: Source, encoding: str | None = None,
             recognised: Mapping[int, dict[str, Any]] | None = None) -> Document:
        """The document in a file. status "partial" with a note when only some pages could be read.

        encoding: of text that does not say it itself.  recognised: pages of a PDF or a picture that `recognise`
        gave, in the place of those of the file. Errors: FileProblem (Skipped for links and special files).
        """
        sidecar = load_sidecar(source)
        declared = read_sidecar(sidecar, self._bibtex) if sidecar else Declared()
        with opened(source, self.limits) as descriptor:
            reader = _reader_of(source.suffix)
            if not reader.package:
                check_type(descriptor, source.suffix)
            sha256 = _hash(descriptor)
            bundle = gather(source.raw) if source.suffix == ".tex" and not source.member else None
            extract = (self._extract_bytes("latex_project", bundle.to_bytes(), encoding) if bundle
                       else self._extract(reader, descriptor, sha256, encoding, recognised or {}))
        if not extract.text.strip() and extract.status == "ok":
            extract = dataclasses.replace(extract, status="no_text", notes=(note("N_NO_TEXT"), *extract.notes))
        name = os.path.basename(os.fsdecode(source.raw))
        metadata = merge(declared.metadata, extract.metadata, () if extract.kind == "sheet" else extract.sections, name)
        return Document(id=sha256[:12], sha256=sha256, path=source.path, kind=extract.kind,
                        metadata=dataclasses.replace(metadata, beside=declared.names(), edited=()),
                        language=declared.language or extract.language or _language(extract.text), text=extract.text,
                        sections=extract.sections, pages=extract.pages, blocks=extract.blocks, status=extract.status,
                        notes=(*extract.notes, *declared.notes), left_out=extract.left_out,
                        recognised=extract.recognised)

    def recognise(self, source: Source, sha256: str, page: int) -> dict[str, Any]:
        """The lines in the picture of a page, as `read` takes them: with the confidence and place of each.

        sha256: of the file whose page is meant. Errors: FileProblem, E_CHANGED for another file among them. Interrupted
        or not, this sandbox can be used again.
        """
        try:
            with opened(source, self.limits) as descriptor:
                pages, answer = self._ask(_Reader("scanned"), descriptor, None, page)
        except BaseException:
            self.close()  # its child may still be at work
            raise
        if isinstance(answer, FileProblem):
            raise answer
        if answer["sha256"] != sha256:
            raise FileProblem("E_CHANGED")
        read: dict[str, Any] = json.loads(pages[0])["page"]
        return read

    def _bibtex(self, data: bytes) -> Extract:
        """The entries of a BibTeX file, which is as foreign as the document it stands beside."""
        return self._extract_bytes("bibtex", data, None)

    def entries(self, data: bytes, encoding: str | None = None) -> Entries:
        """The entries of a bibliography. Errors: FileProblem, E_BIBLIOGRAPHY for what is none."""
        return from_extract(self._extract_bytes("bibliography", data, encoding))

    def _extract_bytes(self, module: str, data: bytes, encoding: str | None) -> Extract:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            return self._extract(_Reader(module), file.fileno(), hashlib.sha256(data).hexdigest(), encoding)

    def _extract(self, reader: _Reader, descriptor: int, sha256: str, encoding: str | None,
                 recognised: Mapping[int, dict[str, Any]] | None = None) -> Extract:
        pages, answer = self._ask(reader, descriptor, encoding)
        if isinstance(answer, dict):
            if answer["sha256"] != sha256:
                raise FileProblem("E_CHANGED")
            if not recognised or not pages:
                return Extract.from_dict(answer["extract"])
        # the first frame is the file's head
        elif len(pages) < 2 or not isinstance(answer, Unreadable):
            raise answer
        from kb.readers.layout import assemble
        from kb.readers.picture import as_picture
        from kb.readers.recognised_lines import with_recognised

        frames = with_recognised([json.loads(page)["page"] for page in pages], recognised or {})
        extract = assemble(frames, "" if isinstance(answer, dict) else in_words(answer))
        return as_picture(extract) if reader.module == "picture" else extract

    def _ask(self, reader: _Reader, descriptor: int, encoding: str | None,
             page: int = 0) -> tuple[list[bytes], dict[str, Any] | FileProblem]:
        """The pages that a child sent, and its answer or why there is none."""
        pages: list[bytes] = []
        problem: FileProblem = Unreadable("E_READER_DIED", detail=Words("no answer", "没有回应"))
        with contextlib.closing(self._ask_server(reader, descriptor, encoding, page)) as messages:
            for message in messages:
                if "page" in message:
                    pages.append(message["page"])
                elif "extract" in message:
                    return pages, message
                elif "error" in message:
                    return pages, _problem_of(message["error"])
                else:
                    problem = self._cause_of_death(message)
        return pages, problem

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

    def _ask_server(self, reader: _Reader, descriptor: int, encoding: str | None,
                    page: int) -> Generator[dict[str, Any], None, None]:
        """The frames of one child, then {"died": …} if it ended without saying so."""
        receive, send = os.pipe()
        try:
            request = frame({**reader._asdict(), "encoding": encoding, "page": page, "limits": self.limits.to_dict()})
            try:
                channel, pid = self._start_child(request, [descriptor, send])
            except (OSError, EOFError):  # the server ended since the last file: once more with a new one
                self.close()
                channel, pid = self._start_child(request, [descriptor, send])
            os.close(send)
            send = -1
            blocked = yield from self._frames(receive, pid)
            end = receive_frame(channel)
            yield {"died": True, "blocked": blocked, "signal": 0, "status": 0, "cpu": 0.0, "memory": 0, **end}
        except (OSError, EOFError) as error:
            self.close()
            raise Unreadable("E_READER_DIED", detail=Words("the reading server stopped", "读取进程停止了")) from error
        except GeneratorExit:
            try:
                receive_frame(channel)  # the child has ended; its exit report is not needed
            except (OSError, EOFError):
                self.close()
            raise
        except BaseException:
            self.close()  # Ctrl-C: what its child still says is not the next file's
            raise
        finally:
            os.close(receive)
            if send >= 0:
                os.close(send)

    def _start_child(self, request: bytes, descriptors: list[int]) -> tuple[socket.socket, int]:
        channel = self._running()
        socket.send_fds(channel, [request], descriptors)
        pid = receive_frame(channel).get("pid")
        if not isinstance(pid, int) or pid <= 0:  # 0 is the whole group of who started us, to `kill`
            raise EOFError("out of step")
        return channel, pid

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
                    found = bytes(buffer[4:4 + size])
                    # Pages are for the case that the child dies: unread until then.
                    yield {"page": found} if found.startswith(_PAGE) else json.loads(found)
                    del buffer[:4 + size]

    def _running(self) -> socket.socket:
        if self._channel is not None and self._server is not None and self._server.poll() is None:
            return self._channel
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        # numpy is only there for arithmetic on pages; starting threads costs 20 ms
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._server = subprocess.Popen([sys.executable, "-P", "-m", "kb.readers.server",
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
def opened(source: Source, limits: Limits) -> Iterator[int]:
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


def _problem_of(saved: dict[str, Any]) -> FileProblem:
    """The error that the reading process met."""
    problem = error_of(saved["code"], values_from(saved["values"]))
    assert isinstance(problem, FileProblem)
    return problem
