"""The app as its users start it, for a real browser and for plain requests."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

from kb_app import launch
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.waiting import LONGEST, wait_until


class Address(str):
    """Where the app is, as in its address bar. door: the address that `kb app` printed, with the token.  pid: of the
    command."""

    def __new__(cls, door, pid=0):
        made = super().__new__(cls, door.partition("/?")[0])
        made.door, made.pid = door, pid
        return made

    @property
    def port(self):
        return int(self.rpartition(":")[2])

    def cookie(self):
        """What a browser is left with that opened the door, as it sends it."""
        status, headers, _ = self.ask(self.door[len(self):])
        assert status == 200
        return headers["set-cookie"].partition(";")[0]

    def ask(self, path, method="GET", host=None, body=None, **headers):
        """(status, headers, body) of one request. A header's name has _ for -; one that is a list is sent more than
        once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            every = {"host": host or self.partition("//")[2], "content-length": str(len(body or b"")), **headers}
            for name, values in every.items():
                for value in values if isinstance(values, list) else [values]:
                    connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def context(self, browser, **options):
        """A context of the browser that has opened the door."""
        made = browser.new_context(**options)
        made.set_default_timeout(LONGEST * 1000)
        assert made.request.get(self.door).ok
        return made


@contextlib.contextmanager
def running_app(home, *options, environment=None, before=(), **settings):
    """The Address of `kb app` over the library in `home`. options: of the command line; settings: KB_* in its
    environment, of which it has no other; environment: what else it has; before: a command that runs the command."""
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    with tempfile.NamedTemporaryFile(prefix="kb-app-") as said:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "kb", "app", "--port",
             str(port), "--no-browser", "--home",
             str(home), *options], env=inherited | (environment or {}) | settings, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=said)

        def told():
            with open(said.name) as file:
                return re.search(r"kb app: (http\S+)\n", file.read())

        try:
            wait_until(lambda: told() or process.poll() is not None)
            assert process.poll() is None, "the app did not come up"
            yield Address(told()[1], process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


_SECRET = "a secret of these tests, long enough"
_SECRETS = """
[auth]
redirect_uri = "{origin}/oauth2callback"
cookie_secret = "{secret}"
client_id = "kb"
client_secret = "s"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
[kb]
allowed = ["owner@example.org"]
"""


class LoginAddress(Address):
    """Of an app that asks for a login. user: what the provider says of who is logged in in a new context; None:
    nobody."""

    user = None

    def context(self, browser, **options):
        made = super().context(browser, **options)
        if self.user is not None:
            said = json.dumps({"origin": str(self), "is_logged_in": True, **self.user})
            value = create_signed_value(_SECRET, "_streamlit_user", said).decode()
            made.add_cookies([{"name": "_streamlit_user", "value": value, "url": str(self)}])
        return made


@contextlib.contextmanager
def running_login(folder):
    """The LoginAddress of the app over an empty library in `folder`, as `kb app` starts it where others can reach it,
    on the loopback all the same."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(_SECRETS.format(origin=origin, secret=_SECRET))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(launch.HERE / "server.py"), "--server.address", "127.0.0.1",
         "--server.port", str(port)], cwd=launch.HERE, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**inherited, "HOME": str(folder), "KB_HOME": str(folder / "library"), "KB_APP_ORIGIN": origin,
             "KB_APP_TOKEN": "", "KB_APP_LOGIN": "1", **launch._streamlit(origin)})
    try:
        wait_until(lambda: launch._is_taken("127.0.0.1", port) or process.poll() is not None)
        assert process.poll() is None, "the app did not come up"
        yield LoginAddress(origin)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
