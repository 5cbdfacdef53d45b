"""What stands before Streamlit: the token and its cookie, the host, the origin, the other users of this machine."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kb_app.guard_words import REFUSED
from kb_app.peer import _as_listed, is_of_another_user
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser import running_app
from tests.conftest import ROOT

PATHS = ["/", "/library", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/script-health-check",
         "/_stcore/upload_file/a/b", "/_stcore/bidi-components/kb_answer/x.js", "/_stcore/agent/openapi.json",
         "/component/x/index.html", "/media/0.png", "/source/x/1.png", "/auth/login", "/oauth2callback", "/%2e%2e/",
         "//evil.example/"]
HTML = {"accept": "text/html,*/*"}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with running_app(tmp_path_factory.mktemp("library"), "--encoder", "hashing") as address:
        yield address


@pytest.fixture(scope="module")
def cookie(app):
    return app.cookie()


def stream(app, **headers):
    """The status that a WebSocket to Streamlit is answered with."""
    origin = headers.pop("origin", None)
    sent = {name: value for name, value in headers.items() if value}
    try:
        with connect(f"{app.replace('http', 'ws')}/_stcore/stream", origin=origin, additional_headers=sent,
                     subprotocols=["streamlit"], proxy=None):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_without_the_cookie_nothing_is_served(app, path, method):
    status, headers, body = app.ask(path, method, origin=app)
    assert status == 403 and b"<script" not in body
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


def test_no_file_of_the_page_is_served_without_the_cookie(app, cookie):
    _, _, page = app.ask("/", cookie=cookie)
    files = re.findall(rb'(?:src|href)="\.?/?(static/[^"]+)"', page)
    assert len(files) > 1
    for path in (f"/{name.decode()}" for name in files):
        assert (app.ask(path)[0], app.ask(path, cookie=cookie)[0]) == (403, 200)


def test_the_printed_address_leaves_a_cookie_that_no_script_and_no_other_site_has(app):
    status, headers, body = app.ask(app.door[len(app):] + "&doc=a%26b&x=%22%3E%3Cscript%3E")
    assert status == 200
    assert headers["set-cookie"].endswith("; HttpOnly; Path=/; SameSite=strict")
    assert 'content="0; url=/?doc=a%26b&amp;x=%22%3E%3Cscript%3E"' in body.decode()
    assert app.door.partition("token=")[2] not in body.decode() + headers["set-cookie"]


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5cevil.example", "/%2Fevil.example"])
def test_the_printed_address_leads_to_no_other_host(app, path):
    status, _, body = app.ask(f"{path}{app.door[len(app) + 1:]}")
    if status == 200:
        target = re.search(r'url=([^"]*)"', body.decode())[1]
        assert re.match(r"/[^/\\]", target)


@pytest.mark.parametrize("token", ["", "x", "%C3%A9", "%FF", "%00", "a" * 5000])
def test_another_token_leaves_nothing(app, token):
    status, headers, _ = app.ask(f"/?token={token}")
    assert status == 403 and "set-cookie" not in headers


def test_with_the_cookie_all_is_as_before_in_every_tab(app, cookie):
    for _ in range(2):
        for path in ("/", "/library", "/_stcore/health", "/_stcore/host-config"):
            assert app.ask(path, cookie=cookie)[0] == 200
        assert stream(app, origin=app, cookie=cookie) == 101
    status, headers, _ = app.ask(app.door[len(app):], cookie=cookie)  # the address once more: the token leaves the bar
    assert status == 200 and "set-cookie" in headers


@pytest.mark.parametrize("cookies", ["{}", "kb-{port}=wrong; {}", "a=b; {}; kb-{port}=", ["kb-{port}=x", "{}"]])
def test_a_page_of_another_port_cannot_shut_the_app_with_a_cookie_of_the_same_name(app, cookie, cookies):
    sent = [text.format(cookie, port=app.port) for text in ([cookies] if isinstance(cookies, str) else cookies)]
    assert app.ask("/", cookie=sent)[0] == 200


@pytest.mark.parametrize("cookies", ["", "kb-{port}=", "kb-{port}", "kb-{port}={token}", "kb-0={key}", "{key}"])
def test_another_cookie_is_none(app, cookie, cookies):
    made = cookies.format(port=app.port, token=app.door.partition("token=")[2], key=cookie.partition("=")[2])
    assert app.ask("/", cookie=made)[0] == stream(app, origin=app, cookie=made) == 403


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:{port}", "evil.example",
                                  "evil.example:{port}", "127.0.0.1:{port}.evil.example", "127.0.0.1:{port}@evil",
                                  "[::1]:{port}"])
def test_another_host_name_is_refused(app, cookie, host):
    made = host.format(port=app.port)
    status, _, body = app.ask("/", host=made, cookie=cookie, **HTML)
    assert status == 421 and f"http://127.0.0.1:{app.port}" in body.decode()


def test_a_second_host_name_is_refused(app, cookie):
    assert app.ask("/", host=[f"127.0.0.1:{app.port}", "evil.example"], cookie=cookie)[0] in (400, 421)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "http://127.0.0.1", "http://localhost:{port}", "null", "",
                                    "https://127.0.0.1:{port}", "http://evil.example", "http://127.0.0.1:{port}.evil.example",
                                    "HTTP://127.0.0.1:{port}", "http://127.0.0.1:{port}/"])
def test_another_origin_is_refused_with_the_cookie_too(app, cookie, origin):
    made = origin.format(port=app.port)
    for path, method in (("/", "GET"), ("/_stcore/health", "GET"), ("/_stcore/upload_file/a/b", "PUT")):
        assert app.ask(path, method, cookie=cookie, origin=made)[0] == 403
    assert stream(app, origin=made, cookie=cookie) == 403


def test_what_changes_something_has_to_name_its_origin(app, cookie):
    for method in ("PUT", "POST", "DELETE"):
        refused = REFUSED["origin"].en.encode()
        assert app.ask("/_stcore/upload_file/a/b", method, cookie=cookie)[2] == refused
        assert app.ask("/_stcore/upload_file/a/b", method, cookie=cookie, origin=app)[2] != refused  # Streamlit's word
    assert stream(app, cookie=cookie) == 403


@pytest.mark.parametrize(("site", "kind", "status"), [
    ("same-origin", "script", 200), ("none", "document", 200), ("cross-site", "document", 200),
    ("same-site", "document", 200), ("same-site", "script", 403), ("cross-site", "image", 403),
    ("same-site", "iframe", 403), ("cross-site", "empty", 403)])
def test_another_port_may_lead_to_the_app_but_not_load_from_it(app, cookie, site, kind, status):
    assert app.ask("/", cookie=cookie, sec_fetch_site=site, sec_fetch_dest=kind)[0] == status


def test_who_comes_without_the_cookie_is_told_in_both_languages_where_the_address_is(app):
    status, headers, body = app.ask("/survey?job=7&token=old", **HTML)
    page = body.decode()
    assert status == 403 and headers["content-type"].startswith("text/html")
    assert REFUSED["token"].zh in page and "terminal when it was started" in page and "href" not in page
    assert "default-src 'none'" in headers["content-security-policy"] and "<script" not in page
    # a strict cookie is not sent where another site's link leads; from this page it is
    _, _, body = app.ask("/survey?job=7&token=old&x=%22%3E", sec_fetch_site="cross-site", sec_fetch_dest="document",
                         **HTML)
    assert '<a href="/survey?job=7&amp;x=%22%3E">' in body.decode()


@pytest.mark.parametrize("refused", REFUSED)
def test_every_refusal_is_in_both_languages(refused):
    words = REFUSED[refused]
    assert re.search(r"[\u4e00-\u9fff]", words.zh) and not re.search(r"[\u4e00-\u9fff]", words.en)


def test_the_policy_names_this_server_and_no_scheme_or_other_host(app, cookie):
    _, headers, _ = app.ask("/", cookie=cookie)
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["connect-src"].split() == [app, app.replace("http", "ws"), "blob:", "data:"]
    assert not re.search(r"\*|\b(https?|wss?):(?!//127)", headers["content-security-policy"])
    assert len(headers.get_all("content-security-policy")) == 1
    assert headers["cross-origin-resource-policy"] == "same-origin"


NOBODY = 65534


def status_for(user, app, path, **headers):
    """What another user's process is answered with."""
    if (child := os.fork()) == 0:
        try:
            os.setuid(user)
            os._exit(app.ask(path, **headers)[0] // 100)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) * 100


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.getuid() != 0,
                    reason="only Linux tells whose a connection is, and only root can be somebody else")
@pytest.mark.parametrize("way", ["nothing", "cookie", "token"])
def test_another_user_of_this_machine_is_refused_whatever_they_have(app, cookie, way):
    path = app.door[len(app):] if way == "token" else "/"
    headers = {"cookie": cookie} if way == "cookie" else {}
    assert status_for(NOBODY, app, path, **headers) == 400
    assert status_for(0, app, path, **headers) == (400 if way == "nothing" else 200)


def test_the_token_is_in_no_command_line_and_in_no_environment_of_a_job(app):
    token = app.door.partition("token=")[2].encode()
    listed = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, check=False).stdout
    assert b"streamlit" in listed and token not in listed
    code = "import os\nfrom kb_app import server\nprint('KB_APP_TOKEN' in os.environ, server.app is not None)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=False,
                          env={**os.environ, "KB_APP_TOKEN": "t", "KB_APP_ORIGIN": "http://127.0.0.1:1"})
    assert done.stdout.split() == ["False", "True"], done.stderr


@pytest.mark.parametrize("settings", [{}, {"KB_APP_TOKEN": "t"}, {"KB_APP_ORIGIN": "http://127.0.0.1:1"}])
def test_without_a_token_or_a_login_the_server_does_not_start(settings):
    done = subprocess.run([sys.executable, "-c", "from kb_app import server"], cwd=ROOT, text=True, capture_output=True,
                          env={**os.environ, **settings}, check=False)
    assert done.returncode == 1 and "kb app" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells whose a connection is")
@pytest.mark.parametrize(("address", "table"), [("127.0.0.1", "tcp"), ("::1", "tcp6")])
def test_both_ends_of_a_connection_are_written_as_the_kernel_lists_them(address, table):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    with listener, socket.create_connection(listener.getsockname()[:2]) as client:
        ends = " ".join(_as_listed(end.getsockname()[:2]) for end in (client, listener))
        assert ends in " ".join(Path(f"/proc/net/{table}").read_text().split())
        assert not is_of_another_user(client.getsockname()[:2], listener.getsockname()[:2])
