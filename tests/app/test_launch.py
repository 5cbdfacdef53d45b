import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from kb_app.headers import app_headers
from kb_app.launch import _origin, launch

from kb.errors import ServiceError, SettingError
from tests.browser import free_port
from tests.waiting import LONGEST, wait_until


@pytest.fixture
def started(tmp_path):
    port = free_port()
    process = subprocess.Popen([
        sys.executable, "-m", "kb", "app", "--port",
        str(port), "--no-browser", "--home",
        str(tmp_path / "library"), "--encoder", "hashing"
    ], cwd=tmp_path, start_new_session=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a job in the background ignores it

    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(lambda: listens() or process.poll() is not None)
    yield process, port
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def server(started):
    return started[1]


def listening(port):
    """Addresses in LISTEN state on this port, from the kernel's own table."""
    found = []
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}") as file:
            for line in file.readlines()[1:]:
                address, at = line.split()[1].split(":")
                if line.split()[3] == "0A" and int(at, 16) == port:
                    found.append(address)
    return found


def test_it_listens_on_this_machine_only(server):
    assert listening(server) == ["0100007F"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_when_it_is_told_to_stop_its_server_stops_with_it(started, number):
    process, port = started
    assert listening(port)
    process.send_signal(number)
    assert process.wait(LONGEST) == 0
    assert not listening(port)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5"])
def test_a_public_address_without_a_login_is_refused(address, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SettingError) as caught:
        launch(tmp_path, None, address, 8501, opens_browser=False)
    assert caught.value.code == "E_PUBLIC"


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServiceError) as caught:
            launch(tmp_path, None, "127.0.0.1", port, opens_browser=False)
    assert str(port) in str(caught.value)
    assert "--port" in caught.value.describe("en")[1] and str(port) in caught.value.describe("zh")[0]


@pytest.mark.parametrize(("scheme", "host", "port", "origin"), [
    ("http", "127.0.0.1", 8501, "http://127.0.0.1:8501"), ("http", "127.0.0.1", 80, "http://127.0.0.1"),
    ("http", "::1", 8501, "http://[::1]:8501"), ("https", "KB.example.org", 443, "https://kb.example.org"),
    ("https", "kb.example.org", None, "https://kb.example.org"), ("https", "kb.example.org", 80, "https://kb.example.org:80")])
def test_an_origin_is_written_as_browsers_write_it(scheme, host, port, origin):
    assert _origin(scheme, host, port) == origin


def test_where_the_policy_cannot_name_the_address_it_names_its_own():
    (policy, ) = [value.decode() for name, value in app_headers("http://[::1]:8501") if name.startswith(b"content")]
    assert "connect-src 'self' blob: data:;" in policy and "::1" not in policy
