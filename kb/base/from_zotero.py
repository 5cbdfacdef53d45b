"""A running Zotero, asked for its library over its local API.

Reads: what a reader typed for it, "zotero:" or an address on this machine.  Gives: Items. Nothing is sent but the names
of lists and pages, and nothing elsewhere than to this machine.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from kb.errors import FileProblem
from kb.fetch.local import ask_local, is_local
from kb.outside import OutsideError, read_json
from kb.readers.zotero import Items
from kb.readers.zotero_api import read_api
from kb.text import one_line
from kb.types import Words

PORT = 23119
_MOST_BYTES = 64 << 20  # of one page of 100 items
_TYPED = re.compile(r"zotero:(?://(?P<host>[^/?#]*))?/?|(?P<url>https?://.*)", re.IGNORECASE | re.DOTALL)
_NOT_LOCAL = Words("only a Zotero on this machine is asked", "只询问本机上的 Zotero")
_OFF = Words("its settings forbid it; allow it there under Advanced: “Allow other applications on this computer to "
             "communicate with Zotero”",
             "Zotero 的设置不允许；请在“设置 → 高级”中勾选“允许此计算机上的其他应用程序与 Zotero 通信”")
_NOT_RUNNING = Words("it does not answer; start Zotero 7 or later", "没有应答；请启动 Zotero 7 或更高版本")
_SLOW = Words("it did not answer in time", "未在规定时间内应答")
_OTHER = Words("what answers there is not Zotero 7 or later", "应答的程序不是 Zotero 7 或更高版本")
_TOO_LONG = Words("its answer is too long", "应答过长")


def zotero_at(typed: str) -> str | None:
    """The address of a Zotero in what was typed, "" for one that is no address on this machine; None for a path."""
    found = _TYPED.fullmatch(typed.strip())
    if found is None:
        return None
    given = found["url"] or f"http://{found['host'] or 'localhost'}"
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        return ""
    if not is_local(given) or parts.scheme.lower() != "http" or parts.username is not None:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"http://{host}:{port or PORT}"


def read_running(address: str, typed: str, on_page: Callable[[int, int], None]) -> Items:
    """What a Zotero holds. Errors: FileProblem E_ZOTERO."""
    if not address:
        raise _failed(typed, _NOT_LOCAL)

    def ask(path: str) -> tuple[Any, int]:
        try:
            reply = ask_local(address + path, {"Zotero-API-Version": "3", "Accept": "application/json"}, _MOST_BYTES)
        except TimeoutError as error:
            raise _failed(address, _SLOW) from error
        except ConnectionRefusedError as error:
            raise _failed(address, _NOT_RUNNING) from error
        except (OSError, http.client.HTTPException) as error:
            raise _failed(address, _OTHER) from error
        if reply.status != 200:
            said = one_line(reply.data[:200].decode("utf-8", "replace"), 100)
            raise _failed(address, _OFF if reply.status == 403 else _OTHER if reply.status in (404, 501) else Words(
                f"it answered {reply.status} {said}", f"应答 {reply.status} {said}"))
        if len(reply.data) > _MOST_BYTES:
            raise _failed(address, _TOO_LONG)
        try:
            value = read_json(reply.data, largest=_MOST_BYTES, is_strict=False)
        except OutsideError as error:
            raise _failed(address, _OTHER) from error
        total = reply.headers.get("total-results", "")
        return value, int(total) if total.isascii() and total.isdigit() else len(value) if value else 0

    return read_api(ask, on_page)


def _failed(address: str, detail: Words) -> FileProblem:
    return FileProblem("E_ZOTERO", address=one_line(address, 80), detail=detail)
