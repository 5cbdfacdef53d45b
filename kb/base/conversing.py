"""Conversations: kept as they go, found again, named, exported, deleted.

Reads, writes: the library's log.  Gives: Turn, Conversation, a file's text. KnowledgeBase (__init__.py) answers.
"""

from __future__ import annotations

from dataclasses import replace

from kb.base.suggesting import Suggesting
from kb.text import mend, one_line
from kb.types import Answer, Conversation, Turn

_LONGEST_TITLE = 200


class Conversing(Suggesting):
    """A library with the log of what was asked of it."""

    def keep(self, answer: Answer, conversation: str | None = None) -> Turn:
        """Adds an answer to the log, as the next turn of a conversation or the first of a new one. Errors: LibraryError
        E_BUSY, UnknownConversation."""
        answer = replace(answer, notes=())  # kept by themselves, and gone when they are removed
        with self._store.write("log") as writer:
            return writer.keep_turn(answer, writer.history.find(conversation) if conversation else None)

    def conversations(self, containing: str = "") -> tuple[Conversation, ...]:
        """The log, newest first; of the conversations alone whose title or questions have all these words. Empty for a
        library that does not exist yet."""
        if not self._store.exists():
            return ()
        with self._store.read() as view:
            return view.history.conversations(containing)

    def conversation(self, conversation: str) -> tuple[Turn, ...]:
        """The turns of a conversation, by its id or an unambiguous beginning of it. Errors: UnknownConversation."""
        with self._store.read() as view:
            return view.history.turns(conversation)

    def rename_conversation(self, conversation: str, title: str) -> str:
        """Gives a conversation a title, "" its first question's again; gives its whole id. Errors:
        UnknownConversation, LibraryError E_BUSY."""
        with self._store.write("log") as writer:
            return writer.rename_conversation(conversation, one_line(mend(title), _LONGEST_TITLE))

    def export(self, conversation: str, form: str) -> str:
        """A conversation as a file's text; form: "markdown", "json" or "bibtex" (the documents it cites). Errors:
        UnknownConversation."""
        from kb.answer.conversation import to_bibtex, to_json, to_markdown

        turns = self.conversation(conversation)
        if form == "bibtex":
            return to_bibtex(turns, self.documents())
        return to_json(turns) if form == "json" else to_markdown(turns)

    def delete_conversations(self, conversation: str | None = None) -> int:
        """Deletes a conversation, or the whole log; gives the number of turns. Errors: UnknownConversation."""
        with self._store.write("log") as writer:
            return writer.delete_turns(conversation)
