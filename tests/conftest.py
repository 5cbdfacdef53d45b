"""What every test has: a closed network, a small library, the paths of data that may or may not be there."""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # several workers share the machine: a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from kb import KnowledgeBase
from tests import reading

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"
# Public data sets that are not part of the project; tests that use them skip where they are absent.
DATA = Path(os.environ.get("KB_TEST_DATA", ROOT.parent / "shared" / "data"))
CHROMIUM = Path("/usr/bin/chromium")

# Files that take twenty seconds and more of a worker, longest first, by `pytest --durations=0`.
LONGEST = """browser/test_survey_flow labs/test_transformer hostile/test_hostile_files cluster/test_nodes test_plugins
readers/test_scanned labs/test_training labs/test_shapes readers/test_picture test_ocr browser/test_every_page
browser/test_hostile_pages survey/test_survey test_quality test_examples browser/test_library_flow test_readme
survey/test_latex encoder/test_adapt_reader llm/test_real_server test_docs browser/test_labs_flow
cli/test_words cli/test_ocr browser/test_ask_flow readers/test_bibtex readers/test_sandbox verify/test_verify
browser/test_first_minute encoder/test_engine
browser/test_reading_flow hostile/test_hostile_kinds test_offline labs/test_generate labs/test_pretrain
index/test_snapshot test_serve labs/test_digits test_release app/test_many_questions torture/test_torture
browser/test_door""".split()

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise RuntimeError(f"a test tried to reach {address}")
    _connect(self, address)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: one that is begun last would keep a worker busy when the others have nothing left.
    """
    place = {str(ROOT / "tests" / f"{name}.py"): i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(str(item.path), len(place)))


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    socket.socket.connect = _loopback_only  # type: ignore[method-assign]
    os.environ["HF_HUB_OFFLINE"] = "1"
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _kept_readers() -> Iterator[None]:
    with reading.kept():
        yield


@pytest.fixture(scope="module")
def readers_of_their_own() -> Iterator[None]:
    """For tests of the process that reads itself: each Sandbox starts its own, and ends it."""
    with reading.of_their_own():
        yield


def of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True, scope="session")
def engine_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The encoder's graphs are built once for all tests and all their processes, as they are once per machine. What a
    question costs with the reader of six layers stands there already: measured on a busy machine, that of three would
    read, and otherwise. Fixtures of a module, which come before those of a test, open their libraries here as well."""
    from kb.encoder import graph
    from kb.encoder.graph_cache import GraphCache
    from kb.encoder.open_reader import MOST_MS, READERS

    cache = of_this_run(tmp_path_factory) / "cache"
    card = json.loads((READERS / "six" / "card.json").read_text(encoding="utf-8"))
    key = f"{card['sha256']['reader.safetensors'][:16]}-{graph.VERSION}"
    GraphCache(cache / "reader" / key).record("milliseconds", dict.fromkeys(("int8", "fp32"), MOST_MS / 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_CACHE", str(cache))
        yield cache


_homes = itertools.count()


@pytest.fixture(autouse=True)
def _own_home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
              tmp_path_factory: pytest.TempPathFactory, engine_cache: Path) -> None:
    """No test touches the user's library or cache, or reads the user's settings. Most tests write nothing: a folder is
    made only for those that ask for one."""
    own = (request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames
           else tmp_path_factory.getbasetemp() / f"home-{next(_homes)}")
    for name in [name for name in os.environ if name.startswith("KB_") and name != "KB_TEST_DATA"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(own / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))
    monkeypatch.setenv("KB_CACHE", str(engine_cache))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """An empty library with the hashing encoder."""
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as opened:
        yield opened


@pytest.fixture(scope="session")
def chromium() -> Path:
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: see tools/test-packages.sh")
        pytest.skip(f"{CHROMIUM} is not installed (Debian packages chromium and fonts-noto-cjk)")
    return CHROMIUM


def shared_data(name: str) -> Path:
    """A public data file, or a skip that names it."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path
