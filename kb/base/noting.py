"""Notes and highlights on documents: made on a quote, found again in a new version of it, searched, exported.

Reads, writes: the library's notes.  Gives: UserNote. What a note says is the reader's own and is never taken for what
a document says. KnowledgeBase (__init__.py) adds asking and surveys.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from kb.base import anchors
from kb.base.named import one_named
from kb.base.places import Compared, place_at
from kb.base.tabling import Tables
from kb.errors import NoteError, UnknownNote
from kb.store import View
from kb.store.notes import with_quote
from kb.text import mend, one_line, question_tokens, search_terms
from kb.types import Document, Language, NoteKind, SavedNote, Scope, UserNote, Words

_LONGEST_TEXT, _LONGEST_QUOTE, _LONGEST_TAG, _MOST_TAGS = 100_000, 2000, 80, 50
_IN_SEARCH, _IN_ANSWER = 0.3, 0.55  # share of what a question's words weigh that a note has to hold
_IN_ANSWERS = 3  # notes beside an answer
_KINDS = {"note": Words("note", "笔记"), "highlight": Words("highlight", "高亮")}

Form = Literal["markdown", "json"]


class Noting(Tables):
    """A library with what its reader has written beside the documents."""

    def add_note(self, document: str, text: str, *, quote: str = "", place: tuple[int, int] | None = None,
                 tags: Iterable[str] = ()) -> UserNote:
        """Keeps a note of your own on a document, on the words of `quote` in it, or on a place (start, end).

        A new version of the file keeps it: its words are looked for there, and it says when they are gone. When the
        document is removed it stays, in your words alone.
        Errors: UnknownDocument, UnknownPlace; NoteError E_NOTE_QUOTE, E_NOTE_PLACES, E_NOTE_EMPTY, E_NOTE_LONG.
        """
        return self._add("note", document, text, quote, place, tags)

    def highlight(self, document: str, quote: str = "", *, place: tuple[int, int] | None = None,
                  tags: Iterable[str] = ()) -> UserNote:
        """Keeps words of a document as highlighted. Errors: as `add_note`."""
        return self._add("highlight", document, "", quote, place, tags)

    def _add(self, kind: NoteKind, document: str, text: str, quote: str, place: tuple[int, int] | None,
             tags: Iterable[str]) -> UserNote:
        text, labels = _checked_text(text), _checked_tags(tags)
        if kind == "note" and not text:
            raise NoteError("E_NOTE_EMPTY", kind=_KINDS[kind], what=Words("a text", "内容"))
        if kind == "highlight" and not quote.strip() and place is None:
            raise NoteError("E_NOTE_EMPTY", kind=_KINDS[kind], what=Words("words of the document", "文档中的字词"))
        with self._store.write("log") as writer, writer.together():
            found = writer.document(one_named(writer, document))
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            note = SavedNote(secrets.token_hex(4), kind, found.id, found.metadata.title, now, now, text, labels)
            if quote.strip() or place is not None:
                compared = Compared(found.text)
                anchor = anchors.anchor_at(compared, *_span(found, compared, quote, place))
                note = replace(with_quote(note, found.text, anchor.start, anchor.start + len(anchor.quote)),
                               n_same=anchor.n_same)
            writer.notes.put(note)
            return placed([note], writer)[0]

    def notes(self, documents: str | Iterable[str] = (), *, tags: Iterable[str] = (),
              kind: NoteKind | None = None) -> tuple[UserNote, ...]:
        """The notes and highlights, by document and by where they stand in it; those whose document was removed last.

        documents: on these alone.  tags: with all of these. Errors: UnknownDocument.
        """
        if not self._store.exists():
            return ()
        wanted = [documents] if isinstance(documents, str) else list(documents)
        with self._store.read() as view:
            ids = [view.document(document).id for document in wanted]
            saved = [note for id in dict.fromkeys(ids) for note in view.notes.of(id)] if wanted else view.notes.all()
            labels = {tag.casefold() for tag in tags}
            found = placed([note for note in saved if (kind is None or note.kind == kind)
                            and labels <= {tag.casefold() for tag in note.tags}], view)
        return tuple(sorted(found, key=lambda note: (note.state == "removed", note.title, note.document, note.start,
                                                     note.made)))

    def note(self, note: str) -> UserNote:
        """A note by its id or an unambiguous beginning of it. Errors: UnknownNote, NothingIndexed."""
        with self.reading() as view:
            return placed([_one(view, note)], view)[0]

    def edit_note(self, note: str, *, text: str | None = None, tags: Iterable[str] | None = None) -> UserNote:
        """Gives a note another text, or other tags; what is None stays. Errors: UnknownNote, NoteError."""
        with self._store.write("log") as writer, writer.together():
            saved = _one(writer, note)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            new = replace(saved, changed=now, text=saved.text if text is None else _checked_text(text),
                          tags=saved.tags if tags is None else _checked_tags(tags))
            if new.kind == "note" and not new.text:
                raise NoteError("E_NOTE_EMPTY", kind=_KINDS["note"], what=Words("a text", "内容"))
            writer.notes.put(new)
            return placed([new], writer)[0]

    def remove_notes(self, notes: str | Iterable[str]) -> tuple[UserNote, ...]:
        """Removes notes by their ids; gives them as they were. Errors: UnknownNote before any is removed."""
        several = [notes] if isinstance(notes, str) else list(notes)
        with self._store.write("log") as writer, writer.together():
            gone = list({saved.id: saved for saved in (_one(writer, note) for note in several)}.values())
            found = placed(gone, writer)
            writer.delete_kept(writer.notes, [note.id for note in gone])
        return tuple(found)

    def search_notes(self, question: str, k: int = 10, *, scope: Scope | None = None) -> tuple[UserNote, ...]:
        """The notes that hold the words of a question, in what you wrote, their tags or their quotes, best first.
        scope: on these documents alone."""
        if not self._store.exists():
            return ()
        with self.reading(scope) as view:
            return notes_about(view, mend(question), k, _IN_SEARCH)

    def export_annotations(self, form: Form = "markdown", documents: str | Iterable[str] = (), *,
                           tags: Iterable[str] = (), language: Language = "en") -> str:
        """The notes as the text of a file: "markdown", or "json" as a W3C annotation collection, whose targets are
        quotes with what stands around them. language: of our words in it. Errors: UnknownDocument."""
        from kb.base.note_files import to_json, to_markdown

        found = self.notes(documents, tags=tags)
        titles = {info.id: info for info in self.documents()}
        return to_json(found, titles) if form == "json" else to_markdown(found, titles, language)


# --- where they stand now

def placed(notes: Sequence[SavedNote], view: View) -> list[UserNote]:
    """The notes as they stand in this view's documents, in their order; each text is read once."""
    documents: dict[str, Document | None] = {}
    texts: dict[str, Compared] = {}
    found = []
    for note in notes:
        if note.document not in documents:
            documents[note.document] = view.document(note.document) if view.holds(note.document) else None
        document = documents[note.document]
        found.append(_removed(note) if document is None else _placed(note, document, texts))
    return found


def _placed(note: SavedNote, document: Document, texts: dict[str, Compared]) -> UserNote:
    span, state = _where(note, document, texts)
    page: int | None = None
    section: tuple[str, ...] = ()
    if span is not None and span[0] < span[1]:
        place = place_at(document, *span)
        page, section = place.page, place.section
    start, end = span or (note.start, note.end)
    return UserNote(note.id, note.kind, state, document.id, document.metadata.title, note.text, note.tags, note.quote,
                    document.text[start:end] if span else "", start, end, page, section, note.prefix, note.suffix,
                    note.made, note.changed)


def _where(note: SavedNote, document: Document,
           texts: dict[str, Compared]) -> tuple[tuple[int, int] | None, Literal["there", "changed", "gone"]]:
    """(the span that the note is on now, or None; its state)."""
    if not note.quote:
        return (None, "gone") if note.sha256 else ((0, 0), "there")
    text = document.text
    if text[note.start:note.end] == note.quote and text[:note.start].endswith(note.prefix[-16:]):
        return (note.start, note.end), "there"
    if document.id not in texts:
        texts[document.id] = Compared(text)
    compared = texts[document.id]
    found = anchors.find(compared, anchors.Anchor(note.quote, note.prefix, note.suffix, note.start, note.n_same))
    return ((found.start, found.end), found.state) if found else (None, "gone")


def _removed(note: SavedNote) -> UserNote:
    return UserNote(note.id, note.kind, "removed", note.document, note.title, note.text, note.tags, note.quote, "",
                    note.start, note.end, None, (), note.prefix, note.suffix, note.made, note.changed)


def _span(document: Document, compared: Compared, quote: str, place: tuple[int, int] | None) -> tuple[int, int]:
    """Where a note is to stand. Errors: UnknownPlace, NoteError."""
    if place is not None:
        found = place_at(document, *place)
        span = found.start, found.end
        if quote.strip() and not any(span[0] <= a and b <= span[1] for a, b in compared.spans(quote)):
            raise NoteError("E_NOTE_QUOTE", document=f"{document.id}:{span[0]}-{span[1]}", quote=one_line(quote, 80))
        span = next((one for one in compared.spans(quote) if span[0] <= one[0] and one[1] <= span[1]), span)
    else:
        spans = list(compared.spans(quote))
        if not spans:
            raise NoteError("E_NOTE_QUOTE", document=document.id, quote=one_line(quote, 80))
        if len(spans) > 1:
            raise NoteError("E_NOTE_PLACES", document=document.id, n=len(spans),
                            places=", ".join(f"{a}-{b}" for a, b in spans[:8]))
        span = spans[0]
    if span[1] - span[0] > _LONGEST_QUOTE:
        raise NoteError("E_NOTE_LONG", what=Words("the quote", "引文"), n=span[1] - span[0], limit=_LONGEST_QUOTE)
    return span


def _one(view: View, note: str) -> SavedNote:
    found = view.notes.starting(note)
    if len(found) != 1:
        raise UnknownNote("E_UNKNOWN_NOTE", id=one_line(note, 80))
    return found[0]


def _checked_text(text: str) -> str:
    text = mend(text).strip()
    if len(text) > _LONGEST_TEXT:
        raise NoteError("E_NOTE_LONG", what=Words("the text", "内容"), n=len(text), limit=_LONGEST_TEXT)
    return text


def _checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one_line(mend(tag), _LONGEST_TAG + 1) for tag in tags if tag.strip()))
    for tag in found:
        if len(tag) > _LONGEST_TAG:
            raise NoteError("E_NOTE_LONG", what=Words("a tag", "标签"), n=len(tag), limit=_LONGEST_TAG)
    if len(found) > _MOST_TAGS:
        raise NoteError("E_NOTE_LONG", what=Words("the list of tags", "标签列表"), n=len(found), limit=_MOST_TAGS)
    return found


# --- which of them a question is about

def notes_about(view: View, question: str, k: int, least: float) -> tuple[UserNote, ...]:
    """The k notes that hold most of what the question's words weigh: a word weighs more the fewer passages and notes
    have it."""
    notes = [note for note in view.notes.all() if view.selection is None or note.document in view.selection.documents]
    if not notes:
        return ()
    terms = list(dict.fromkeys(token.term for token in question_tokens(question)))
    held = [set(search_terms(" ".join((note.text, *note.tags, note.quote)))) for note in notes]
    n_passages = view.counts()[1] + len(notes)
    among = view.document_frequency(terms)
    weights = {term: math.log(1 + n_passages / (1 + among.get(term, 0) + sum(term in one for one in held)))
               for term in terms}
    total = sum(weights.values())
    scored = [(sum(weights[term] for term in terms if term in one) / total, i) for i, one in enumerate(held)]
    best = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: (-pair[0], pair[1]))[:k]
    found = placed([notes[i] for _, i in best], view)
    return tuple(replace(note, score=round(score, 3)) for note, (score, _) in zip(found, best, strict=True))


def notes_beside(view: View, question: str) -> tuple[UserNote, ...]:
    """The few notes that are shown beside the answer to a question."""
    return notes_about(view, question, _IN_ANSWERS, _IN_ANSWER)
