"""The process that reads: what it may use, what it knows, what is left when it ends early."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kb.errors import FileProblem
from kb.readers import READERS, Limits, scan
from kb.readers.extract import Extract
from kb.readers.sandbox import Sandbox
from kb.readers.server import read_here
from tests.making import make_pdf
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("readers_of_their_own")

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.md"
    path.write_text("# T\n\ntext")
    return scan([path])[0][0]


def source_of(path, data):
    path.write_bytes(data)
    return scan([path])[0][0]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def reading(server):
    """The children that read a file just now: those with the pipe to the caller."""
    return [
        pid for pid in children(server) if any(
            os.readlink(f"/proc/{pid}/fd/{name}").startswith("pipe:") for name in os.listdir(f"/proc/{pid}/fd"))
    ]


@contextlib.contextmanager
def when_reading(sandbox, act, after=0.0):
    """Runs `act` on the pid of the reading process as soon as there is one."""
    ended = threading.Event()

    def watch():
        while not ended.is_set():
            with contextlib.suppress(OSError, AttributeError):
                if found := reading(sandbox._server.pid):
                    time.sleep(after)
                    act(found[0])
                    return
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# --- what it gives


def test_a_document_knows_its_bytes_and_its_path(sandbox, good):
    document = sandbox.read(good)
    assert document.sha256 == hashlib.sha256(b"# T\n\ntext").hexdigest()
    assert document.id == document.sha256[:12]
    assert document.path == good.path


def test_the_same_file_gives_the_same_document(sandbox, tmp_path):
    source = source_of(tmp_path / "a.pdf", make_pdf(["# One", "", "Some text."], ["More."]))
    assert sandbox.read(source) == sandbox.read(source)
    with Sandbox() as another:
        assert another.read(source) == sandbox.read(source)


@pytest.mark.parametrize("module", sorted(set(READERS.values())))
def test_every_reader_ends_in_an_extract_or_a_named_problem_on_any_bytes(module):
    for data in (b"", b"\0", b"\xff" * 100, b"plain words", "中文".encode("gbk") * 20, b"%PDF-1.4\n", b"PK\x03\x04",
                 b"<" * 100, b"{" * 100):
        try:
            extract = read_here(module, data, Limits(), None, lambda frame: None)
            assert Extract.from_dict(extract.to_dict()) == extract
        except FileProblem as problem:
            assert problem.code.startswith("E_")


def test_a_limit_of_the_caller_reaches_the_reader(tmp_path):
    source = source_of(tmp_path / "a.md", "知识".encode() * 60)
    with Sandbox(Limits(max_characters=100)) as small, pytest.raises(FileProblem) as caught:
        small.read(source)
    assert caught.value.code == "E_TOO_BIG"
    assert "120 characters" in str(caught.value)


def test_a_file_at_the_limit_of_bytes_is_read_and_one_above_is_not(tmp_path):
    with Sandbox(Limits(max_bytes=1000)) as small:
        assert small.read(source_of(tmp_path / "a.md", b"x" * 1000)).status == "ok"
        with pytest.raises(FileProblem) as caught:
            small.read(source_of(tmp_path / "b.md", b"x" * 1001))
        assert caught.value.code == "E_TOO_BIG"


# --- what it may use


@LINUX
def test_the_reading_process_is_limited_and_knows_no_secret(tmp_path, good, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "canary-7731")
    seen = {}

    def look(pid):
        os.kill(pid, signal.SIGSTOP)
        seen["limits"] = Path(f"/proc/{pid}/limits").read_text()
        seen["environment"] = Path(f"/proc/{pid}/environ").read_bytes()
        seen["files"] = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        seen["maps"] = Path(f"/proc/{pid}/maps").read_text()
        os.kill(pid, signal.SIGCONT)

    slow = source_of(tmp_path / "slow.pdf",
                     make_pdf(*[[f"Page {i} line {n} says something." for n in range(50)] for i in range(200)], size=9))
    with Sandbox(Limits(cpu_seconds=33, memory_mb=777)) as limited:
        limited.read(good)
        with when_reading(limited, look, after=0.05):
            limited.read(slow)
    rows = {line[:26].strip(): line[26:].split() for line in seen["limits"].splitlines()}
    assert rows["Max cpu time"][0] == "33"
    assert rows["Max file size"][0] == "0"
    assert rows["Max core file size"][0] == "0"
    assert int(rows["Max open files"][0]) <= 64
    assert 777 << 20 <= int(rows["Max address space"][0]) < 2 << 30
    assert b"canary-7731" not in seen["environment"]
    assert all(
        name == "/dev/null" or name.startswith(("pipe:", "socket:", "/proc/")) or name.endswith("slow.pdf")
        for name in seen["files"]
    )
    assert all(library not in seen["maps"] for library in ("libtorch", "faiss", "sqlite"))


def test_importing_the_readers_loads_no_parser():
    code = (
        "import sys, kb.readers, kb.readers.sandbox; print(sorted({'pypdf', 'pypdfium2', 'lxml', 'trafilatura', "
        "'docx', 'markdown_it', 'bibtexparser', 'torch', 'faiss'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@LINUX
def test_the_caller_opens_no_parser_and_leaks_no_file(tmp_path, good):
    with Sandbox() as sandbox:
        sandbox.read(good)
        before = len(os.listdir("/proc/self/fd"))
        bad = source_of(tmp_path / "bad.pdf", b"%PDF-1.4 nothing else in it")
        for _ in range(10):
            sandbox.read(good)
            with pytest.raises(FileProblem):
                sandbox.read(bad)
        assert len(os.listdir("/proc/self/fd")) == before


def nested_forms(depth):
    """A PDF of a few hundred bytes whose one page draws 10 forms that draw 10 forms … : 10 ** depth words."""
    data = make_pdf(["# x"]).replace(b"/Font << /F1 3 0 R >>", b"/Font << /F1 3 0 R >> /XObject << /F 11 0 R >>")
    page = b"/F Do " * 10
    data = re.sub(rb"<< /Length \d+ >>\nstream\n.*?\nendstream", lambda _: b"<< /Length %d >>\nstream\n%s\nendstream" %
                  (len(page), page), data, flags=re.DOTALL)
    forms = b""
    for number in range(11, 11 + depth):
        body = b"/F Do " * 10 if number < 10 + depth else b"BT /F1 9 Tf 60 700 Td (word) Tj ET"
        forms += (
            b"%d 0 obj\n<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] "
            b"/Resources << /Font << /F1 3 0 R >> /XObject << /F %d 0 R >> >> /Length %d >>\n"
            b"stream\n%s\nendstream\nendobj\n"
            % (number, number + 1, len(body), body)
        )
    return data[:data.index(b"xref\n")] + forms + b"trailer << /Root 1 0 R >>\n%%EOF"


# --- what ends early


def test_cpu_time_over_the_limit_is_named_with_the_limit(tmp_path, good):
    slow = source_of(tmp_path / "slow.pdf", nested_forms(depth=8))
    with Sandbox(Limits(cpu_seconds=1)) as short:
        with pytest.raises(FileProblem) as caught:
            short.read(slow)
        assert caught.value.code == "E_CPU"
        assert "1" in str(caught.value)
        assert short.read(good).status == "ok"


def test_pages_read_before_the_time_ran_out_are_kept(tmp_path, good):
    with Sandbox(Limits(cpu_seconds=1)) as short:
        for n_pages in (4800, 19_200):  # as many as this processor does not read in a second
            pages = ([f"Page {i} line {n} says something about the things in it." for n in range(55)]
                     for i in range(n_pages))
            document = short.read(source_of(tmp_path / "long.pdf", make_pdf(*pages, size=9)))
            if document.status == "partial":
                break
        assert document.status == "partial"
        n_read = int(document.note.split()[0])
        assert 0 < n_read < n_pages
        assert f"of {n_pages} pages" in document.note
        assert f"Page {n_read - 1} line 54" in document.text
        assert document.page_at(document.text.index("Page 3 line 7 ")) == 4
        assert short.read(good).status == "ok"


def test_memory_over_the_limit_is_named(tmp_path, good):
    big = source_of(tmp_path / "big.html", b"<p>" + b"word <b>x</b> " * 2_000_000)
    with Sandbox(Limits(memory_mb=96)) as small:
        with pytest.raises(FileProblem) as caught:
            small.read(big)
        assert caught.value.code == "E_MEMORY"
        assert small.read(good).status == "ok"


@LINUX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_a_reading_process_that_is_killed_is_named_and_the_next_file_reads(tmp_path, good, number):
    slow = source_of(tmp_path / "slow.txt", ("word " * 20 + "\n\n").encode() * 300_000)
    with Sandbox(Limits(max_characters=60_000_000)) as sandbox:
        sandbox.read(good)
        with when_reading(sandbox, lambda pid: os.kill(pid, number)), pytest.raises(FileProblem) as caught:
            sandbox.read(slow)
        assert caught.value.code == "E_READER_DIED"
        assert signal.Signals(number).name in str(caught.value)
        assert sandbox.read(good).status == "ok"


@LINUX
def test_a_reading_process_that_blocks_is_stopped(tmp_path, good):
    slow = source_of(tmp_path / "slow.txt", ("word " * 20 + "\n\n").encode() * 300_000)
    with Sandbox(Limits(cpu_seconds=1, max_characters=60_000_000)) as sandbox:
        sandbox.read(good)
        with when_reading(sandbox, lambda pid: os.kill(pid, signal.SIGSTOP)), pytest.raises(FileProblem) as caught:
            sandbox.read(slow)
        assert caught.value.code == "E_CPU"
        assert sandbox.read(good).status == "ok"


@LINUX
def test_a_server_that_dies_while_it_reads_is_named_and_started_again(tmp_path, good):
    slow = source_of(tmp_path / "slow.txt", ("word " * 20 + "\n\n").encode() * 300_000)
    with Sandbox(Limits(max_characters=60_000_000)) as sandbox:
        sandbox.read(good)
        server = sandbox._server.pid
        seen = []
        with when_reading(sandbox, lambda pid: (seen.append(pid), os.kill(server, signal.SIGKILL)),
                          after=0.2), pytest.raises(FileProblem) as caught:
            sandbox.read(slow)
        assert caught.value.code == "E_READER_DIED"
        assert sandbox.read(good).status == "ok"
        assert not os.path.exists(f"/proc/{server}")
        assert_ends(seen[0])


@LINUX
@pytest.mark.parametrize("frame", [KeyboardInterrupt, {"signal": 0}])
def test_nothing_but_its_reading_process_is_ever_stopped(sandbox, tmp_path, monkeypatch, frame):
    """After a Ctrl-C, or a frame out of step, another process would be: 0 is the whole group of who started kb."""
    from kb.readers import sandbox as module

    a, b = (source_of(tmp_path / f"{name}.pdf", make_pdf([f"Only {name} says this."])) for name in "ab")
    receive, frames, seen = module.receive_frame, Sandbox._frames, []

    def once(channel):
        module.receive_frame = receive
        if frame is KeyboardInterrupt:
            raise KeyboardInterrupt
        receive(channel)
        return frame

    def watched(self, descriptor, pid):
        seen.append(pid in children(self._server.pid))
        return frames(self, descriptor, pid)

    monkeypatch.setattr(module, "receive_frame", once)
    monkeypatch.setattr(Sandbox, "_frames", watched)
    if frame is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            sandbox.read(a)
    assert "Only b says this." in sandbox.read(b).text
    assert seen == [True]


def test_text_files_share_a_reading_process_until_one_goes_wrong(tmp_path, good):
    bad = source_of(tmp_path / "bad.txt", b"\x00\x01\x02 binary" * 40)
    with Sandbox() as sandbox:
        sandbox.read(good)
        (first,) = children(sandbox._server.pid)
        sandbox.read(source_of(tmp_path / "b.txt", b"other words"))
        assert children(sandbox._server.pid) == [first]
        with pytest.raises(FileProblem):
            sandbox.read(bad)
        sandbox.read(good)
        (second,) = children(sandbox._server.pid)
        assert second != first
        os.kill(second, signal.SIGKILL)  # between two files: no file's fault
        assert_ends(second)
        assert sandbox.read(good).status == "ok"


@LINUX
def test_the_time_of_a_file_is_its_own_in_a_shared_process(tmp_path, good):
    text = ("word " * 20 + "\n\n").encode() * 8_000
    used: dict[int, float] = {}
    with Sandbox(Limits(cpu_seconds=1)) as sandbox:
        for n in range(150):
            assert sandbox.read(source_of(tmp_path / "a.txt", b"%d " % n + text)).status == "ok"
            for pid in children(sandbox._server.pid):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                used[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    assert max(used.values()) > 1


def test_a_server_that_died_between_two_files_is_started_again(good):
    with Sandbox() as sandbox:
        sandbox.read(good)
        sandbox._server.kill()
        sandbox._server.wait()
        assert sandbox.read(good).status == "ok"
        sandbox._server.kill()  # and so quickly that it has not been noticed yet
        assert sandbox.read(good).status == "ok"


def assert_ends(pid):
    """The process ends (or is a zombie that its adopter has not collected)."""

    def is_gone():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    wait_until(is_gone, lambda: f"process {pid} is still there")


@LINUX
def test_nothing_is_left_running_when_the_caller_is_killed(tmp_path, good):
    code = (
        "import sys, time\nfrom kb.readers import scan\nfrom kb.readers.sandbox import Sandbox\nsandbox = "
        "Sandbox()\nsandbox.read(scan([sys.argv[1]])[0][0])\n"
        "print(sandbox._server.pid, flush=True)\nsys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", code, good.raw.decode()], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as caller:
        server = int(caller.stdout.readline())
        caller.kill()
    assert_ends(server)


@LINUX
def test_closing_twice_and_reading_after_it(good):
    sandbox = Sandbox()
    sandbox.close()
    assert sandbox.read(good).status == "ok"
    sandbox.close()
    sandbox.close()
    assert sandbox.read(good).status == "ok"
    server = sandbox._server.pid
    sandbox.close()
    assert not os.path.exists(f"/proc/{server}")


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path):
    path = tmp_path / "a.txt"
    source = source_of(path, b"text " * 100_000)
    stop = threading.Event()

    def grow():
        while not stop.is_set():
            with open(path, "ab") as file:
                file.write(b"more ")
            time.sleep(0.0005)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        with Sandbox() as sandbox, pytest.raises(FileProblem) as caught:
            sandbox.read(source)
        assert caught.value.code == "E_CHANGED"
    finally:
        stop.set()
        thread.join()


def test_a_file_with_the_same_size_and_time_but_other_bytes_is_noticed(tmp_path, monkeypatch):
    """The bytes that were read count: their hash must be that of the bytes that were checked."""
    path = tmp_path / "a.txt"
    source = source_of(path, b"first words")
    import kb.readers.sandbox as module

    true_hash = module._hash

    def hash_then_change(descriptor):
        found = true_hash(descriptor)
        status = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"other")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return found

    monkeypatch.setattr(module, "_hash", hash_then_change)
    with Sandbox() as sandbox, pytest.raises(FileProblem) as caught:
        sandbox.read(source)
    assert caught.value.code == "E_CHANGED"


def test_a_failed_read_says_so_in_two_languages(sandbox, tmp_path):
    with pytest.raises(FileProblem) as caught:
        sandbox.read(source_of(tmp_path / "a.pdf", b"%PDF-1.4 nothing"))
    assert caught.value.describe("en") != caught.value.describe("zh")
    assert all(caught.value.describe("zh"))
