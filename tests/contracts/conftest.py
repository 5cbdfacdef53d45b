"""Libraries in a folder and on a server, for what both promise."""

import pytest

from kb.store.opening import open_store
from tests import milvusserver
from tests.pgserver import Server, why_not


@pytest.fixture(scope="session")
def server():
    """A running server, started at the first test that wants it."""
    if absent := why_not():
        pytest.skip(absent)
    started = Server()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def milvus():
    """A running Milvus Lite, started at the first test that wants it."""
    if absent := milvusserver.why_not():
        pytest.skip(absent)
    started = milvusserver.Server()
    yield started
    started.end()


@pytest.fixture(params=["folder", pytest.param("server", marks=pytest.mark.engine)])
def place(request, tmp_path):
    """(folder, address) of no library yet."""
    address = request.getfixturevalue("server").make() if request.param == "server" else ""
    return tmp_path / "library", address


@pytest.fixture
def store(place):
    opened = open_store(*place)
    yield opened
    opened.close()


@pytest.fixture
def server_or_none(request, place):
    return request.getfixturevalue("server") if place[1] else None
