"""The printed address in a real browser: opened once, then tabs, reloads and bookmarks; and a page of another port that
tries to get in with the same browser's cookie."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kb import KnowledgeBase
from tests.app.conftest import NOTE
from tests.browser import running_app
from tests.browser.test_ask_flow import ARTEFACTS, browser  # noqa: F401
from tests.waiting import LONGEST

# Every way of a page to load from, send to or look into another origin; what it was answered, by name.
TRIES = """<!doctype html><title>another port</title><a id=go href="{app}/library?lang=en">go</a><script>
window.got = {{}};
const tell = (name, what) => {{ window.got[name] = what; }};
const loads = (name, element) => {{
    element.onload = () => tell(name, 'loaded'); element.onerror = () => tell(name, 'refused');
    document.head.append(element);
}};
const make = (kind, fields) => Object.assign(document.createElement(kind), fields);
loads('script', make('script', {{ src: '{app}/static/' + '{file}' }}));
loads('image', make('img', {{ src: '{app}/favicon.png' }}));
loads('style', make('link', {{ rel: 'stylesheet', href: '{app}/static/x.css' }}));
for (const mode of ['cors', 'no-cors'])
    fetch('{app}/_stcore/host-config', {{ mode, credentials: 'include' }}).then(
        (answer) => answer.text().then((text) => tell('fetch ' + mode, text || 'nothing to read')),
        () => tell('fetch ' + mode, 'refused'));
fetch('{app}/_stcore/upload_file/a/b', {{ method: 'PUT', mode: 'cors', credentials: 'include', body: 'x' }}).then(
    () => tell('upload', 'sent'), () => tell('upload', 'refused'));
const line = new WebSocket('{socket}/_stcore/stream', ['streamlit']);
line.onopen = () => tell('socket', 'open'); line.onerror = () => tell('socket', 'refused');
</script><iframe name=inside src="{app}/"></iframe>"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door")
    (folder / "note.md").write_text(NOTE)
    with KnowledgeBase.open(folder / "library", encoder="hashing") as base:
        base.add([folder / "note.md"])
    with running_app(folder / "library", "--encoder", "hashing") as address:
        yield address


@contextmanager
def page_of_another_port(html):
    """Its address, and the cookies that it was sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            sent.append(self.headers.get("cookie", ""))
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", sent
    finally:
        server.shutdown()
        server.server_close()


def is_open(page, words="Library"):
    page.get_by_role("heading", name=words, exact=True).first.wait_for(timeout=LONGEST * 1000)
    return page.get_by_text("令牌").count() == 0


@pytest.mark.browser
def test_the_printed_address_opens_the_app_in_this_browser_and_in_no_other(browser, url):  # noqa: F811
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/library?lang=en{url.door[len(url) + 1:].replace('?', '&')}")
    assert is_open(page) and "token" not in page.url and page.url.startswith(f"{url}/library")
    page.reload()
    assert is_open(page) and "token" not in page.url
    assert "kb-" not in page.evaluate("document.cookie")
    tab = context.new_page()
    tab.goto(f"{url}/library?lang=en")  # a bookmark, and a second tab
    assert is_open(tab)
    context.close()

    other = browser.new_context(viewport={"width": 900, "height": 500})
    page = other.new_page()
    assert page.goto(f"{url}/library?lang=en").status == 403
    text = page.inner_text("main")
    assert "请用 kb app 启动时在终端打印的" in text and "printed in its terminal" in text
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"  # its own style is let through
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTEFACTS / "door-without-cookie.png"))
    other.close()


@pytest.mark.browser
def test_a_page_of_another_port_gets_nothing_but_a_link(browser, url):  # noqa: F811
    context = url.context(browser, locale="en-GB")
    page = context.new_page()
    page.goto(url)
    file = page.evaluate("[...document.scripts].map((s) => s.src).find((s) => s.includes('/static/'))")
    html = TRIES.format(app=url, socket=url.replace("http", "ws"), file=file.rpartition("static/")[2])
    with page_of_another_port(html) as (address, sent):
        page.goto(address)
        page.wait_for_function("Object.keys(window.got).length === 7", timeout=LONGEST * 1000)
        assert page.evaluate("window.got") == {
            "script": "refused", "image": "refused", "style": "refused", "fetch cors": "refused",
            "fetch no-cors": "refused", "upload": "refused", "socket": "refused"}
        assert not page.frame("inside").url.startswith(url)
        assert any("kb-" in cookie for cookie in sent)  # cookies know no ports: see app/peer.py
        page.click("#go")
        assert is_open(page)
    context.close()


@pytest.mark.browser
def test_a_link_on_another_site_leads_to_a_page_that_goes_on(browser, url):  # noqa: F811
    context = url.context(browser, locale="en-GB")
    page = context.new_page()
    page.goto(f"data:text/html,<a id=go href='{url}/library?lang=en'>go</a>")
    page.click("#go")
    page.get_by_role("link").click(timeout=LONGEST * 1000)  # the strict cookie is sent from here
    assert is_open(page)
    context.close()
