"""What was fetched, kept in the library's folder and handed on as a source whose path is its address."""

from __future__ import annotations

import json
import os

from kb.config import Settings
from kb.errors import FileProblem
from kb.fetch import SECONDS, Address, fetch
from kb.fetch.connection import MayConnect, is_public
from kb.readers import Source, supported
from kb.store import Store


def fetched(address: Address, store: Store, settings: Settings, *, may_connect: MayConnect = is_public,
            seconds: float = SECONDS) -> Source:
    """Fetches a document and keeps it, the same address always in the same place, so that a new version takes the old
    one's. Its address, arXiv number or DOI stand beside it.

    may_connect, seconds: see `fetch`. Errors: FileProblem E_NET_OFF and those of `fetch`; LibraryError.
    """
    if settings.network == "off":
        raise FileProblem("E_NET_OFF")
    document = fetch(address, supported(), settings.read_max_mb << 20, seconds=seconds, may_connect=may_connect)
    known = {"url": address.url, "arxiv": address.arxiv, "doi": address.doi}
    beside = "".join(f"{name} = {json.dumps(value)}\n" for name, value in known.items() if value)
    path = store.keep_file(document.name, document.data, key=address.url)
    store.keep_file(path.name + ".toml", beside.encode(), key=address.url)
    return Source(address.url, os.fsencode(path))
