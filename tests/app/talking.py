"""The app's own WebSocket, spoken without a browser: a page is opened, a question asked, and what is shown read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from websockets.sync.client import connect

from tests.waiting import LONGEST

_SHOWN = {"body", "label", "value", "text", "placeholder", "json"}  # fields that hold what is to be read


class Visit:
    """A tab at `origin` whose browser has `cookie`."""

    def __init__(self, origin: str, cookie: str = "") -> None:
        token = generate_xsrf_token_string()
        self.page, self.messages = "", list[ForwardMsg]()
        self.came: list[float] = []  # when each did, by time.monotonic
        self._stack = ExitStack()
        self._line = self._stack.enter_context(connect(
            f"{origin.replace('http', 'ws', 1)}/_stcore/stream", origin=origin, proxy=None, max_size=None,
            subprotocols=["streamlit", token], open_timeout=LONGEST,
            additional_headers={"Cookie": f"{cookie}; _streamlit_xsrf={token}"}))

    def open(self, page: str, query: str = "lang=en") -> Visit:
        """Opens a page and waits until it is drawn."""
        self.page, self.query = page, query
        return self._run()

    def ask(self, question: str) -> Visit:
        """Asks on the Ask page and waits until all is drawn."""
        (box, ) = {element.chat_input.id for element in self.elements() if element.HasField("chat_input")}
        return self._run(lambda widgets: self._typed(widgets, box, question))

    def press(self, label: str) -> Visit:
        """Presses the button with this label and waits until all is drawn."""
        (button, ) = {element.button.id for element in self.elements() if element.button.label == label}
        return self._run(lambda widgets: widgets.widgets.add(id=button, trigger_value=True))

    def words(self) -> list[str]:
        """What the last run showed."""
        found = [text for element in self.elements() for text in _strings(element)]
        return list(dict.fromkeys(text for text in found if text.strip() and not text.startswith("<style>")))

    def pages(self) -> list[str]:
        """The pages that the navigation offers."""
        return [page.url_pathname for message in self.messages for page in message.navigation.app_pages]

    def elements(self) -> list[Any]:
        return [message.delta.new_element for message in self.messages if message.delta.HasField("new_element")]

    def close(self) -> None:
        self._stack.close()

    def _typed(self, widgets: Any, box: str, question: str) -> None:
        state = widgets.widgets.add()
        state.id, state.chat_input_value.data = box, question

    def _run(self, fill: Callable[[Any], None] = lambda widgets: None) -> Visit:
        request = BackMsg()
        request.rerun_script.query_string, request.rerun_script.page_name = self.query, self.page
        fill(request.rerun_script.widget_states)
        self._line.send(request.SerializeToString())
        self.messages, self.came = [], []
        deadline = time.monotonic() + LONGEST
        while True:
            assert time.monotonic() < deadline, f"nothing more came after {self.words()}"
            message = ForwardMsg.FromString(self._line.recv(timeout=LONGEST))
            self.messages.append(message)
            self.came.append(time.monotonic())
            if message.WhichOneof("type") == "script_finished" and message.script_finished != _TO_RUN_AGAIN:
                return self


_TO_RUN_AGAIN = ForwardMsg.ScriptFinishedStatus.Value("FINISHED_EARLY_FOR_RERUN")


def _strings(message: Any) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            repeated = value if hasattr(value, "__len__") and not hasattr(value, "ListFields") else [value]
            for item in repeated:
                if hasattr(item, "ListFields"):
                    yield from _strings(item)
        elif field.type == field.TYPE_STRING and field.name in _SHOWN and isinstance(value, str):
            yield value
