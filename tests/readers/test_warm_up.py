"""What the reading server reads before the first file: every reader goes through it, and a fault in it stops none."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from kb.readers import READERS, scan
from kb.readers.sandbox import Sandbox
from kb.readers.warm_up import warm_up

pytestmark = pytest.mark.usefixtures("readers_of_their_own")

FAULTY = """import socket, sys
from kb.readers import server, warm_up
warm_up._FILES["html"] = None  # no bytes
server._serve(socket.socket(fileno=int(sys.argv[1])))"""


@pytest.mark.parametrize("module", sorted({*READERS.values(), "bibtex", "latex_project", "scanned"}))
def test_every_reader_is_warmed_up_without_a_fault(module):
    if module == "scanned":
        pytest.importorskip("rapidocr")
    warm_up(module)


def test_a_fault_while_warming_up_stops_neither_the_server_nor_the_reading(tmp_path):
    (tmp_path / "a.html").write_text("<article><h1>T</h1><p>Words of a page.</p></article>")
    with pytest.raises(AttributeError), pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules[warm_up.__module__]._FILES, "html", None)
        warm_up("html")  # it is a fault
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    process = subprocess.Popen([sys.executable, "-c", FAULTY, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    with Sandbox() as sandbox:
        sandbox._server, sandbox._channel = process, ours
        assert "Words of a page." in sandbox.read(scan([tmp_path / "a.html"])[0][0]).text
        assert sandbox._server is process  # not a second one, started because the first had ended
