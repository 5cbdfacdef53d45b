"""Inputs that follow the code they reach: `python -m tests.hostile.covered TARGET [-max_total_time=300 …]`.

A target is one of TARGETS: what reads JSON, citations, a model's stream, a request to `kb serve`, the cache's manifest,
or a kind of file whose reader is of this project. Needs atheris, which is no dependency of the project (`pip install
atheris`; it has no package for some systems) and says so where it is missing. What raises anything but a named error
is written by atheris into the working folder; it then becomes a small test of ours.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from kb import KnowledgeBase, Service
from kb.errors import FileProblem
from kb.readers import Limits
from kb.readers.text_block import with_title_block
from kb.store import Store
from tests.hostile.mutating import SEEDS


def _json(data: bytes) -> None:
    from kb.outside import OutsideError, read_json

    with contextlib.suppress(OutsideError):
        json.dumps(read_json(data), ensure_ascii=False).encode()


def _cited(data: bytes) -> None:
    from kb.verify.cited import read_cited

    for is_whole in (True, False):
        read_cited(data.decode("utf-8", "replace"), is_whole=is_whole)


def _stream(data: bytes) -> None:
    from kb.errors import ModelError
    from kb.llm.endpoint import Endpoint
    from kb.llm.reply import Reading, read_object

    endpoint = Endpoint("http://127.0.0.1:1/v1", "m")
    reading = Reading(endpoint)
    for line in data.split(b"\n"):
        try:
            reading.take(read_object(line, endpoint), "delta")
        except ModelError:
            continue
    reading.visible(is_whole=True).encode()


@cache
def _service() -> Service:
    """Of a library of one note."""
    folder = tempfile.TemporaryDirectory(prefix="covered-")
    atexit.register(folder.cleanup)
    base = KnowledgeBase.open(folder.name, encoder="hashing")
    base.add_text("Pruning is a method that removes weights. 剪枝是一种方法。", "Pruning")
    return Service(base)


def _request(data: bytes) -> None:
    service = _service()
    service._said(data)
    if data.startswith(b"{"):  # one of this library
        with contextlib.suppress(ValueError):
            service._said(json.dumps({**json.loads(data), "identity": service._identity}).encode())


def _manifest(data: bytes) -> None:
    base = _service()._base
    (base.home / "index").mkdir(exist_ok=True)
    (base.home / "index" / "manifest.json").write_bytes(data)
    store = Store(base.home)
    with store.read() as view:
        assert store.index.load(view).search(view, base.encoder().encode(["pruning"]), 1)[1].tolist()
        store.index.state(view)
    store.close()


def _reader(module: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        reader = importlib.import_module(f"kb.readers.{module}")
        with contextlib.suppress(FileProblem):
            with_title_block(reader.read(data, Limits(), None))

    return read


TARGETS: dict[str, Callable[[bytes], None]] = {
    "json": _json, "cited": _cited, "stream": _stream, "request": _request, "manifest": _manifest,
    **{module: _reader(module) for module in ("markdown", "plain", "rst", "latex", "html", "bibtex", "rtf", "delimited",
                                              "notebook", "mail")}
}


def main(arguments: Sequence[str]) -> int:
    """The command. 2 where atheris is missing or the target unknown."""
    if not arguments or arguments[0] not in TARGETS:
        print(f"which of {', '.join(TARGETS)}?")
        return 2
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install atheris")
        return 2
    import atheris  # type: ignore[import-not-found]

    for name in [name for name in sys.modules if name.split(".")[0] == "kb"]:
        del sys.modules[name]  # imported again, watched
    with atheris.instrument_imports(include=["kb"]):
        own = importlib.import_module("tests.hostile.covered")
        target = own.TARGETS[arguments[0]]
        with contextlib.suppress(Exception):
            target(b"{}")  # what it imports when it is first used
    with tempfile.TemporaryDirectory() as folder:
        for i, data in enumerate(_begin_with(arguments[0])):
            Path(folder, str(i)).write_bytes(data)
        atheris.Setup(["covered", "-timeout=20", *arguments[1:], folder], target)
        atheris.Fuzz()
    return 0


def _begin_with(name: str) -> list[bytes]:
    """Small inputs that are sound."""
    event = b'{"choices": [{"delta": {"content": "a [1]."}, "finish_reason": "stop"}], "usage": {"total_tokens": 3}}\n'
    whole = {
        "json": [event], "stream": [event, event.replace(b"delta", b"message")],
        "cited": ["A is b [1]. 甲是乙【2】【3】。 C [1, 2-4] d. ```\n[9]\n```\n- e[^5].\n".encode()],
        "request": [b'{"identity": [], "method": "search", "question": "pruning", "k": 3}\n',
                    b'{"identity": [], "method": "ask", "question": "\\u4ec0\\u4e48", "k": 0}\n'],
        "plain": ["标题\n\nwords 文字\n".encode(), "文字\n".encode("gb18030")],
        "latex": [rb"\documentclass{article}\title{T}\author{A}\begin{document}\section{S}a $x_1$ \cite{b}"
                  rb"\begin{tabular}{ll}a&b\\ \end{tabular}\newcommand{\z}[1]{#1#1}\z{q}\end{document}"],
        "html": [b"<html><head><title>T</title></head><body><h1>A</h1><p>b<sup>2</sup><table><tr><td rowspan=2>c"],
        "rst": [b"Title\n=====\n\n.. note:: a\n\n* b\n\n+--+--+\n|a |b |\n+--+--+\n"],
        "bibtex": [b'@article{a, title = {T {U}}, author = "A, B and C", year = 2020}\n'],
    }
    kinds = {"markdown": ["md"], "delimited": ["csv", "tsv"], "rtf": ["rtf"], "notebook": ["ipynb"], "mail": ["eml"]}
    if name == "manifest":
        return [(_service()._base.home / "index" / "manifest.json").read_bytes()]
    return whole.get(name) or [SEEDS[suffix][0]() for suffix in kinds[name]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
