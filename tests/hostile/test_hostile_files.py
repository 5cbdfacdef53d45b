"""No input file stops an ingest: each ends in one named status, its neighbours are untouched."""

import contextlib
import io
import os
import random
import signal
import threading
import time
import zipfile
import zlib

import pypdf
import pytest

from kb.errors import FileProblem
from kb.readers import Limits, scan
from kb.readers.sandbox import Sandbox
from tests.hostile.fuzz import outcomes
from tests.hostile.mutating import CODES, SEEDS, mutated, spoiled_inside
from tests.making import make_pdf
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("readers_of_their_own")

GOOD = make_pdf(*[[f"This page speaks of {word}."]
                  for word in ("models", "data", "layers", "heads", "tokens", "losses")])


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(cpu_seconds=20)) as opened:
        yield opened


def outcome(sandbox, path, encoding=None):
    """The status or the code that a file ends in."""
    sources, problems = scan([path])
    if problems:
        return problems[0].code
    try:
        return sandbox.read(sources[0], encoding).status
    except FileProblem as error:
        assert error.describe("en")[0] and error.describe("zh")[1]
        return error.code


def encrypted(password):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(GOOD))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"0" * (60 << 20))
    return out.getvalue()


@pytest.mark.parametrize(("name", "data", "expected"),
                         [("empty.pdf", b"", "E_EMPTY"), ("png.pdf", b"\x89PNG\r\n\x1a\n" + b"0" * 50, "E_TYPE"),
                          ("pdf.txt", GOOD, "E_TYPE"), ("text.pdf", b"only words, no PDF", "E_TYPE"),
                          ("doc.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "E_TYPE"),
                          ("locked.pdf", encrypted("secret"), "E_PASSWORD"), ("open.pdf", encrypted(""), "ok"),
                          ("damaged.pdf", b"%PDF-1.7\n" + bytes(random.Random(1).randbytes(3000)), "E_PARSE"),
                          ("scan.pdf", make_pdf([], []), "no_text"), ("bomb.docx", bomb(), "E_BOMB"),
                          ("binary.txt", bytes(range(256)) * 40, "E_ENCODING"),
                          ("zip.docx", b"PK\x03\x04" + b"\0" * 300, "E_PARSE"), ("white.md", b" \n\n ", "no_text"),
                          ("deep.html", b"<div>" * 50_000 + b"text", None), ("deep.md", b"> " * 20_000 + b"text", None),
                          ("brackets.md", b"[" * 50_000, None), ("nul.txt", b"a\0b" * 100, None),
                          ("surrogate.html", b"<p>&#xd800; text that is long enough to be seen</p>", None), ])
def test_each_bad_file_ends_in_its_named_status(sandbox, tmp_path, name, data, expected):
    (tmp_path / name).write_bytes(data)
    found = outcome(sandbox, tmp_path / name)
    assert found == expected if expected else found in ("ok", "no_text", "partial") or found.startswith("E_")
    (tmp_path / "good.pdf").write_bytes(GOOD)
    assert outcome(sandbox, tmp_path / "good.pdf") == "ok"


def test_links_pipes_and_folders_named_like_files(sandbox, tmp_path):
    (tmp_path / "target.md").write_text("text")
    (tmp_path / "link.md").symlink_to(tmp_path / "target.md")
    os.mkfifo(tmp_path / "pipe.pdf")
    assert outcome(sandbox, tmp_path / "link.md") == "SKIP_LINK"
    assert outcome(sandbox, tmp_path / "pipe.pdf") == "SKIP_SPECIAL"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(sandbox, tmp_path):
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "a.md").chmod(0)
    assert outcome(sandbox, tmp_path / "a.md") == "E_PERMISSION"


@pytest.mark.parametrize("name", [
    b"new\nline.md", "rtl\u202egpj.md".encode(), b"latin-\xff\xfe.md", b"quote'\"$(x).md", b"-rf.md",
    ("长" * 80).encode() + b".md"
])
def test_odd_names_are_accepted_and_shown_escaped(sandbox, tmp_path, name):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"# T\n\ntext")
    source = scan([path])[0][0]
    assert sandbox.read(source).status == "ok"
    assert "\n" not in source.path and "\u202e" not in source.path
    source.path.encode("utf-8")


@pytest.mark.parametrize(("limits", "what"), [(Limits(max_bytes=100), "MB"), (Limits(max_pages=2), "6 pages"),
                                              (Limits(max_characters=40), "characters")])
def test_what_is_too_big_says_what_and_the_limit(tmp_path, limits, what):
    (tmp_path / "a.pdf").write_bytes(GOOD)
    with Sandbox(limits) as small, pytest.raises(FileProblem) as caught:
        small.read(scan([tmp_path / "a.pdf"])[0][0])
    assert caught.value.code == "E_TOO_BIG"
    assert what in str(caught.value)


def endless_page():
    """A small PDF whose one page shows two million characters: its content is compressed a thousandfold."""
    content = zlib.compress(b"BT /F1 1 Tf 9 9 Td (a) Tj ET\n" * 2_000_000, 9)
    plain = make_pdf(["x"])
    start = plain.index(b"5 0 obj")
    body = (
        b"5 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(content)
        + content
        + b"\nendstream\nendobj\ntrailer << /Root 1 0 R /Size 6 >>\n%%EOF"
    )
    return plain[:start] + body


def test_a_reader_that_runs_out_of_cpu_time_is_stopped(tmp_path):
    (tmp_path / "endless.pdf").write_bytes(endless_page())
    (tmp_path / "good.md").write_text("# T\n\ntext")
    assert (tmp_path / "endless.pdf").stat().st_size < 1_000_000
    with Sandbox(Limits(cpu_seconds=1, memory_mb=4096)) as short:
        assert outcome(short, tmp_path / "endless.pdf") == "E_CPU"
        assert outcome(short, tmp_path / "good.md") == "ok"


def test_a_reader_that_needs_too_much_memory_is_stopped(tmp_path):
    (tmp_path / "big.html").write_text("<p>" + "word <b>x</b> " * 3_000_000)
    (tmp_path / "good.md").write_text("# T\n\ntext")
    with Sandbox(Limits(memory_mb=96)) as small:
        assert outcome(small, tmp_path / "big.html") in ("E_MEMORY", "E_READER_DIED", "E_PARSE")
        assert outcome(small, tmp_path / "good.md") == "ok"


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def test_a_reader_that_is_killed_is_named_and_pages_already_read_survive(tmp_path):
    (tmp_path / "long.pdf").write_bytes(
        make_pdf(*[[f"Page {i} line {n} says something." for n in range(50)] for i in range(2400)], size=9))
    (tmp_path / "good.md").write_text("# T\n\ntext")
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4 cut")
    with Sandbox() as sandbox:
        outcome(sandbox, tmp_path / "cut.pdf")  # the server runs and has its parsers

        def kill():
            reader = wait_until(lambda: children(sandbox._server.pid))[0]
            time.sleep(0.35)  # so that some pages are there; whether they are is not asked
            with contextlib.suppress(ProcessLookupError):
                os.kill(reader, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            document = sandbox.read(scan([tmp_path / "long.pdf"])[0][0])
            assert document.status == "partial"
            assert "of 2400 pages" in document.note
            assert "Page 0 line 1 says something." in document.text
        except FileProblem as error:
            assert error.code == "E_READER_DIED"
        killer.join()
        assert outcome(sandbox, tmp_path / "good.md") == "ok"


def test_the_server_is_started_again_if_it_dies(tmp_path):
    (tmp_path / "good.md").write_text("# T\n\ntext")
    with Sandbox() as sandbox:
        assert outcome(sandbox, tmp_path / "good.md") == "ok"
        os.kill(sandbox._server.pid, signal.SIGKILL)
        sandbox._server.wait()
        assert outcome(sandbox, tmp_path / "good.md") == "ok"


def test_the_server_knows_no_secrets_and_goes_with_its_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "canary-7731")
    (tmp_path / "good.md").write_text("# T\n\ntext")
    with Sandbox() as sandbox:
        outcome(sandbox, tmp_path / "good.md")
        pid = sandbox._server.pid
        with open(f"/proc/{pid}/environ", "rb") as file:
            assert b"canary-7731" not in file.read()
    assert not os.path.exists(f"/proc/{pid}")


def test_a_file_that_changes_while_it_is_read_is_not_stored(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("text " * 200_000)
    stop = threading.Event()

    def change():
        while not stop.is_set():
            with open(path, "r+b") as file:
                file.write(os.urandom(4).hex().encode())
            time.sleep(0.0005)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with Sandbox() as sandbox:
            assert outcome(sandbox, path) == "E_CHANGED"
    finally:
        stop.set()
        changer.join()


@pytest.mark.slow
def test_no_mutated_pdf_stops_the_reading_of_others(tmp_path):
    rng = random.Random(2)
    (tmp_path / "good.pdf").write_bytes(GOOD)
    seen = set()
    with Sandbox(Limits(cpu_seconds=10, max_pages=50)) as sandbox:
        for _ in range(250):
            data = bytearray(GOOD)
            for _ in range(rng.randrange(1, 30)):
                at = rng.randrange(len(data))
                match rng.randrange(4):
                    case 0:
                        data[at] = rng.randrange(256)
                    case 1:
                        del data[at:at + rng.randrange(1, 40)]
                    case 2:
                        data[at:at] = data[at:at + rng.randrange(1, 200)]
                    case 3:
                        data[at:at + 4] = rng.choice([b"9999", b" obj", b"<<>>", b"/Len", b"-1 0"])
            (tmp_path / "bad.pdf").write_bytes(data)
            seen.add(outcome(sandbox, tmp_path / "bad.pdf"))
        assert outcome(sandbox, tmp_path / "good.pdf") == "ok"
    assert seen <= CODES
    assert "ok" in seen and "E_PARSE" in seen


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SEEDS)
def test_every_mutated_file_ends_in_a_sound_document_or_a_named_problem(tmp_path, suffix):
    make, n_files = SEEDS[suffix]
    data, rng = make(), random.Random(20)
    (tmp_path / "good.pdf").write_bytes(GOOD)
    path = tmp_path / f"bad.{suffix}"
    codes = set()
    with Sandbox(Limits(cpu_seconds=10, max_pages=50, memory_mb=512)) as sandbox:
        good = scan([tmp_path / "good.pdf"])[0][0]
        expected = sandbox.read(good)
        server = sandbox._server.pid
        for i in range(n_files):
            path.write_bytes((mutated if i % 2 else spoiled_inside)(data, rng))
            codes |= set(outcomes(sandbox, path))
            if i % 30 == 29:
                assert sandbox.read(good) == expected
        assert sandbox._server.pid == server
    assert codes & {"ok", "no_text"}  # a picture has no text
    assert codes <= CODES
