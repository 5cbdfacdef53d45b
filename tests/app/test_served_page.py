"""The pages over a library on a server that is killed while they are open, and comes back."""

import pytest

from kb import KnowledgeBase
from tests.app.test_ask_page import ASKED, ask, at, shown
from tests.app.test_pages import NOTE
from tests.pgserver import Server, why_not


@pytest.mark.engine
def test_a_page_says_that_the_server_is_gone_and_goes_on_when_it_is_back(home, monkeypatch):
    if absent := why_not():
        pytest.skip(absent)
    server = Server()
    try:
        address = server.make("pages")
        monkeypatch.setenv("XDG_DATA_HOME", str(home))
        monkeypatch.setenv("KB_HOME", address)
        with KnowledgeBase.open(address) as base:
            base.add_text(NOTE, "note")
        app = at()
        assert ask(app, ASKED).status == "found"
        server.kill()
        for page in (app, at()):  # one that was open, and one that is opened now
            if page.chat_input:
                page.chat_input[0].set_value(ASKED).run()
            assert not page.exception
            assert "the server of the library does not answer" in shown(page).lower() or "was lost" in shown(page)
        server.start()
        app.run()
        assert not app.exception and app.session_state["turns"][0].question == ASKED
        assert ask(app, ASKED).status == "found" and ask(at(), ASKED).status == "found"
        with KnowledgeBase.open(address) as base:
            assert len(base.documents()) == 1
            n_turns = sum(one.n_turns for one in base.conversations())
            with base._store.write("add"):  # by another instance
                assert ask(app, ASKED).status == "found"
                assert any("the library is being written" in toast.value for toast in app.toast)
            assert sum(one.n_turns for one in base.conversations()) == n_turns > 2
    finally:
        server.stop()
