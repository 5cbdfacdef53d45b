"""An address that others can reach: refused without a whole login, and with one every page is the login."""

import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest
from kb_app.guard_words import LOGIN
from kb_app.launch import launch

from kb.errors import SettingError
from tests.browser import free_port
from tests.conftest import ROOT
from tests.waiting import LONGEST

SECRETS = """
[auth]
redirect_uri = "http://{host}:{port}/oauth2callback"
cookie_secret = "a secret of this test, long enough"
client_id = "kb"
client_secret = "s"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
[kb]
allowed = ["Owner@example.org"]
"""


def with_secrets(folder, text):
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(text)
    return folder


@pytest.mark.parametrize(("lines", "code", "said"), [
    ([], "E_PUBLIC", "0.0.0.0"), (["[other]"], "E_PUBLIC", "0.0.0.0"), (["auth = 1"], "E_PUBLIC", "0.0.0.0"),
    (["[auth]"], "E_LOGIN", "auth.redirect_uri; auth.cookie_secret; auth.client_id"), (["[auth"], "E_PUBLIC", ""),
    ("redirect_uri", "E_LOGIN", "auth.redirect_uri"), ("cookie_secret", "E_LOGIN", "auth.cookie_secret"),
    ("client_id", "E_LOGIN", "auth.client_id"), ("server_metadata_url", "E_LOGIN", "auth.server_metadata_url"),
    ("allowed", "E_LOGIN", "kb.allowed"), ("[kb]", "E_LOGIN", "kb.allowed")])
def test_half_a_login_is_none(lines, code, said, tmp_path, monkeypatch):
    whole = SECRETS.format(host="192.168.1.5", port=8501).splitlines()
    kept = lines if isinstance(lines, list) else [line for line in whole if not line.startswith(lines)]
    text = "\n".join(kept)
    monkeypatch.setenv("HOME", str(with_secrets(tmp_path, text)))
    with pytest.raises(SettingError) as caught:
        launch(tmp_path, None, "0.0.0.0", free_port(), opens_browser=False)
    assert caught.value.code == code and said in str(caught.value)
    assert "docs/app" in caught.value.describe("en")[1] and "docs/app" in caught.value.describe("zh")[1]


@pytest.mark.parametrize("allowed", ['""', "[]", '[""]', "[1]", '"a@b"', "true"])
def test_a_login_for_everybody_is_none(allowed, tmp_path, monkeypatch):
    text = SECRETS.format(host="192.168.1.5", port=8501).replace('["Owner@example.org"]', allowed)
    monkeypatch.setenv("HOME", str(with_secrets(tmp_path, text)))
    with pytest.raises(SettingError) as caught:
        launch(tmp_path, None, "0.0.0.0", free_port(), opens_browser=False)
    assert caught.value.code == "E_LOGIN"


# What is done in a network of its own: the app on one address of it, the questions from another.
NETWORK = """
set -e
ip link set lo up
ip link add kb0 type veth peer name kb1
ip addr add 10.203.0.1/24 dev kb0
ip link set kb0 up
unshare --net sleep 100000 &
other=$!
trap 'kill $(jobs -p)' EXIT
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
ip link set kb1 netns $other
nsenter -t $other -n sh -c 'ip addr add 10.203.0.2/24 dev kb1; ip link set kb1 up'
"$1" -m kb app --address 0.0.0.0 --port 8501 --no-browser --home "$2" --encoder hashing 2>"$2.log" &
until grep -q "kb app: " "$2.log"; do kill -0 $! || { cat "$2.log" >&2; exit 1; }; sleep 0.1; done
nsenter -t $other -n "$1" -c "$3" 10.203.0.1 8501
"""

# Run beside the app, from the other address: prints what a stranger, the owner and others are answered with.
VISITS = '''
import http.client, json, sys
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from tests.app.talking import Visit
host, port = sys.argv[1], int(sys.argv[2])
here = f"http://{host}:{port}"

def signed(secret="a secret of this test, long enough", **user):
    user = {"origin": here, "is_logged_in": True, **user}
    return "_streamlit_user=" + create_signed_value(secret, "_streamlit_user", json.dumps(user)).decode()

def status(path, method="GET", **headers):
    asked = http.client.HTTPConnection(host, port)
    asked.request(method, path, headers={"host": f"{host}:{port}"} | headers)
    return asked.getresponse().status

people = {
    "stranger": "", "owner": signed(email="owner@example.org"), "another": signed(email="x@example.org"),
    "unverified": signed(email="owner@example.org", email_verified=False), "nameless": signed(),
    "forged": signed("another secret", email="owner@example.org"),
    "out": signed(email="owner@example.org", is_logged_in=False),
}
found = {}
for name, cookie in people.items():
    words, pages = set(), set()
    for page in ("", "library", "survey", "labs", "table", "settings"):
        visit = Visit(here, cookie).open(page)
        words.update(visit.words())
        pages.update(visit.pages())
    media = status("/media/x.png", cookie=cookie)
    upload = status("/_stcore/upload_file/a/b", "PUT", cookie=cookie, origin=here)
    found[name] = [sorted(words), sorted(pages), media, upload]
found["names"] = [status("/", host=name) for name in (f"127.0.0.1:{port}", "evil.example", f"{host}:{port}")]
found["origins"] = [status("/", origin=origin) for origin in ("http://evil.example", f"http://127.0.0.1:{port}")]
print(json.dumps(found))
'''


def in_a_network_of_its_own(folder, visits, secrets, beside=""):
    """What `visits` prints, run beside the app from the other address. beside: what else is started at the app's."""
    tools = [tool for tool in ("unshare", "nsenter", "ip") if shutil.which(tool) is None]
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    if tools or subprocess.run([*alone, "ip", "link", "add", "kb0", "type", "veth", "peer", "name", "kb1"],
                               capture_output=True, check=False).returncode:
        pytest.skip(f"this system gives a test no network of its own (missing: {tools or 'the right to'})")
    home = with_secrets(folder, secrets)
    done = subprocess.run(
        [*alone, "bash", "-c", NETWORK.replace("ip addr add 10.203.0.1/24 dev kb0\nip link set kb0 up\n",
                                               f"ip addr add 10.203.0.1/24 dev kb0\nip link set kb0 up\n{beside}\n"),
         "bash", sys.executable, str(folder / "library"), textwrap.dedent(visits)],
        env={**os.environ, "HOME": str(home)}, cwd=ROOT, text=True, capture_output=True, check=False,
        timeout=LONGEST)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_another_address_every_page_is_the_login_until_the_owner_is_logged_in(tmp_path):
    found = in_a_network_of_its_own(tmp_path, VISITS, SECRETS.format(host="10.203.0.1", port=8501))
    inside, pages, media, upload = found.pop("owner")
    assert {"Begin with your own files", "Survey", "Labs", "Log out"} <= set(inside) and "library" in pages
    assert (media, upload) == (404, 403)  # Streamlit's own words: no such file, no token of a form
    assert found.pop("names") == [421, 421, 200] and found.pop("origins") == [403, 403]
    lead, missing, go = (LOGIN[key].en for key in ("login_lead", "login_missing", "login_go"))
    refused = LOGIN["login_refused"].en.format(who="x@\u2060example\\.org")
    for name, (words, offered, *answers) in found.items():
        assert set(offered) <= {""} and answers == [403, 403], name
        if name in ("another", "unverified", "nameless"):
            assert "kb" in words and len(words) == 3 and LOGIN["log_out"].en in words
            assert name != "another" or refused in words
        else:
            assert set(words) in ({"kb", lead, missing}, {"kb", lead, go}), name


# The whole way of a login, as a browser goes it: (status of the way back, has a cookie, what is shown then, pages).
LOGS_IN = '''
import http.cookies, json, re, sys, urllib.error, urllib.request
from urllib.parse import urljoin
from tests.app.talking import Visit
here = f"http://{sys.argv[1]}:{sys.argv[2]}"

class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
jar = {}

def go(url):
    sent = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if url.startswith(here) else {}
    try:
        answer = opener.open(urllib.request.Request(url, headers=sent))
    except urllib.error.HTTPError as error:
        answer = error
    for line in answer.headers.get_all("set-cookie", []) if url.startswith(here) else []:
        for name, cookie in http.cookies.SimpleCookie(line).items():
            jar[name] = cookie.value
            if not cookie.value:
                del jar[name]
    return answer.status, urljoin(url, answer.headers.get("location", ""))

found = {}
for who, spoils in (("owner@example.org", False), ("x@example.org", False), ("owner@example.org&forged=1", False),
                    ("owner@example.org", True)):
    jar.clear()
    visit = Visit(here).open("").press(sys.argv[3])
    (way, ) = [message.auth_redirect.url for message in visit.messages if message.HasField("auth_redirect")]
    _, ask = go(urljoin(here, way))
    _, back = go(f"{ask}&as={who}")
    status, end = go(re.sub("state=[^&]*", "state=another", back) if spoils else back)
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items() if name.startswith("_streamlit_user"))
    shown = Visit(here, cookie).open("")
    found[f"{who} {spoils}"] = [status, bool(cookie), shown.words(), shown.pages()]
print(json.dumps(found))
'''


@pytest.mark.slow
def test_a_real_login_lets_its_owner_in_and_nobody_else(tmp_path):
    pytest.importorskip("authlib", reason="bilingual-kb[login] is not installed")
    secrets = SECRETS.format(host="10.203.0.1", port=8501).replace("http://127.0.0.1:9/", "http://10.203.0.1:9000/")
    visits = LOGS_IN.replace("sys.argv[3]", repr(LOGIN["login_go"].en))
    found = in_a_network_of_its_own(tmp_path, visits, secrets,
                                    '"$1" -m tests.app.provider 10.203.0.1 9000 2>/dev/null &')
    status, has_cookie, words, pages = found.pop("owner@example.org False")
    assert (status, has_cookie) == (302, True) and "library" in pages and LOGIN["log_out"].en in words
    status, has_cookie, words, pages = found.pop("x@example.org False")
    assert has_cookie and set(pages) <= {""}
    assert LOGIN["login_refused"].en.format(who="x@\u2060example\\.org") in words
    for name, (_, has_cookie, words, pages) in found.items():  # a key or a state that is not the provider's or ours
        assert not has_cookie and set(pages) <= {""} and LOGIN["login_go"].en in words, name
