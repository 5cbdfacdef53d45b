"""Scripts and styles come packed, as they are otherwise; nothing else is touched."""

from kb_app.packed import Packed
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

SCRIPT = b"const a = 1;\n" * 500


def test_scripts_are_packed_once_and_other_answers_left_alone():
    asked = []

    def answer(request):
        asked.append(request.url.path)
        status = 404 if "none" in request.url.path else 200
        return Response(b"short" if "short" in request.url.path else SCRIPT, status, media_type="text/javascript")

    client = TestClient(Packed(Starlette(routes=[Route("/{path:path}", answer)])))
    plain = {"accept-encoding": "identity"}
    for _ in range(2):
        packed = client.get("/static/js/a.js")
        assert packed.content == SCRIPT and packed.headers["content-encoding"] == "gzip"
        assert packed.headers["content-type"].startswith("text/javascript")
        assert int(packed.headers["content-length"]) < 200 and "accept-encoding" in packed.headers["vary"]
    assert asked == ["/static/js/a.js"]
    for path, headers in (("/static/js/a.js", plain), ("/static/js/a.js", {"range": "bytes=0-3"}),
                          ("/static/js/short.js", {}), ("/static/js/none.js", {}), ("/media/a.js", {})):
        left = client.get(path, headers=headers)
        assert "content-encoding" not in left.headers and left.status_code == (404 if "none" in path else 200)
