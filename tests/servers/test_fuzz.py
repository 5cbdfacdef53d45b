"""Whatever fits the API's own document, and whatever does not, gets an answer that the document has: no 500, no other
status, no other content."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("fastapi", reason="pip install 'bilingual-kb[api]'")
schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kb.operations import allowed
from kb.servers.api import OPEN_PATHS, make_api
from kb.servers.door import Door, Guard
from tests.servers.test_api import TOKEN

_EXAMPLES = 8  # of each kind for each route


@pytest.fixture(scope="module")
def document(library):
    # "localhost" and "testserver" are what the client in the same process calls it
    door = Door(frozenset({"localhost", "testserver", "127.0.0.1"}), TOKEN, OPEN_PATHS)
    found = schemathesis.openapi.from_asgi("/openapi.json", Guard(make_api(library, writes=False, language="en"), door))

    @found.auth()
    class Token:
        """Sent with every case; schemathesis takes it away again to see whether it was asked for."""

        def get(self, case, context):
            return TOKEN

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"

    return found


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_nothing_breaks_the_api(document, mode):
    names = []
    for found in document.get_all_operations():
        operation = found.ok()
        names.append(operation.path)

        @settings(max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None,
                  suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            response = case.call_and_validate(excluded_checks=[positive_data_acceptance])
            # What the library refuses by its meaning has another code; no number may be beyond 64 bits, NUL is dropped.
            is_sound = b"64 bits" not in response.content and "\\u0000" not in json.dumps(case.body, default=str)
            if mode is GenerationMode.POSITIVE and response.status_code == 422 and is_sound:
                assert response.json()["error"]["code"] != "E_ARGUMENT"

        check()
    assert len(names) == len(allowed(writes=False)) + 2  # the models, and chat
