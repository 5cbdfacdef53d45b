"""Inputs that follow the code they reach: `python -m tests.hostile.covered json|cited|stream [-runs=100000]`.

Needs atheris, which is no dependency of the project (`pip install atheris`; it has no package for some systems) and
says so where it is missing. What raises anything but a named error is written by atheris beside the working folder; it
then becomes a small test of ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence


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


TARGETS: dict[str, Callable[[bytes], None]] = {"json": _json, "cited": _cited, "stream": _stream}


def main(arguments: Sequence[str]) -> int:
    """The command. 2 where atheris is missing or the target unknown."""
    if not arguments or arguments[0] not in TARGETS:
        print(f"which of {', '.join(TARGETS)}?")
        return 2
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install atheris")
        return 2
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports():
        import kb.llm.reply
        import kb.outside
        import kb.verify.cited  # noqa: F401
    atheris.Setup(["covered", *arguments[1:]], TARGETS[arguments[0]])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
