"""A small true Zotero: it answers on loopback for libraries that are given to it, in the shape of its local API."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Zotero:
    """What it holds. lists: path -> rows; status: what every request gets instead, where it is not 200."""

    def __init__(self, lists, status=200):
        self.lists, self.status, self.asked, self.on_ask = lists, status, [], lambda path: None


@contextlib.contextmanager
def running(zotero):
    """The address it answers at."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            zotero.asked.append((parts.path, asked, dict(self.headers)))
            zotero.on_ask(parts.path)
            rows = zotero.lists.get(parts.path)
            status = zotero.status if zotero.status != 200 else 404 if rows is None else 200
            start = int(asked.get("start", 0))
            body = (json.dumps(rows[start:start + int(asked.get("limit") or len(rows))]) if status == 200 else
                    {403: "Local API is not enabled", 404: "Not found"}.get(status, "An error occurred")).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
            if status == 200:
                self.send_header("Total-Results", str(len(rows)))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"zotero://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def item(key, kind="journalArticle", **fields):
    """A row of a list of items. links: those beside its own."""
    links = fields.pop("links", {})
    meta = {"parsedDate": fields["date"][:7]} if fields.get("date") else {}
    return {"key": key, "version": 1, "library": {"type": "user", "id": 0}, "links": links, "meta": meta,
            "data": {"key": key, "version": 1, "itemType": kind, **fields}}


def attachment(key, parent, path, mode="imported_file", *, is_there=True):
    """A row of an attachment whose file is at the path."""
    links = {"enclosure": {"href": path.as_uri(), "type": "application/pdf"}} if is_there else {}
    return item(key, "attachment", parentItem=parent, linkMode=mode, filename=path.name, links=links,
                **({"path": str(path)} if mode == "linked_file" else {}))


def collection(key, name, parent=False):
    """A row of a list of collections."""
    return {"key": key, "version": 1, "data": {"key": key, "name": name, "parentCollection": parent}}
