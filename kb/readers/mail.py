"""Letters (.eml): subject, sender, date and the words; attachments are named.

Reads: bytes.  Gives: Extract. Python's own email package reads; a letter that is only HTML goes through markup.py.
"""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

from kb.errors import Unreadable, note
from kb.readers import Limits
from kb.readers.decode import decode
from kb.readers.draft import Draft
from kb.readers.extract import Extract
from kb.readers.left_out import left_out
from kb.readers.markup import markdown_of
from kb.text import one_line
from kb.types import Metadata, Words

_DEEPEST = 5  # letters inside letters
_MOST_PARTS = 1000
_HEADERS = ("From", "To", "Cc", "Date")


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of a letter. Errors: FileProblem E_PARSE, E_TOO_BIG."""
    if b"\0" in data[:100]:  # saved as UTF-16
        data = decode(data, encoding)[0].encode("utf-8", "replace")
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    if not any(name in message for name in ("From", "Subject", "Date", "Received", "Message-ID", "To")):
        raise Unreadable("E_PARSE", detail=Words("no header of a letter in it", "其中没有邮件头"))
    writer = _Writer(Draft(limits), encoding)
    writer.letter(message, 0)
    notes = []
    if writer.attachments:
        notes.append(note("N_ATTACHMENTS", n=len(writer.attachments), names=", ".join(writer.attachments[:10])))
    if writer.n_lost:
        notes.append(note("N_PARTS", n=writer.n_lost))
    del writer.left_out[""]
    notes += left_out(writer.left_out)
    return writer.draft.extract("mail", _metadata(message), notes, is_partial=bool(writer.n_lost))


def _header(message: EmailMessage, name: str) -> str:
    try:
        return one_line(str(message.get(name, "")), 2000)
    except (ValueError, TypeError, IndexError, AttributeError, LookupError, MessageError):
        return ""  # the package's parser of headers stumbles over some that are no headers at all


def _metadata(message: EmailMessage) -> Metadata:
    names = [name or address for name, address in getaddresses([_header(message, "From")])]
    try:
        year = parsedate_to_datetime(_header(message, "Date")).year
    except (ValueError, TypeError, IndexError, OverflowError):
        year = 0
    return Metadata(title=_header(message, "Subject")[:300], authors=tuple(filter(None, map(one_line, names))),
                    year=year if 1000 <= year < 2200 else None)


class _Writer:
    """Writes a letter, and after it those that are attached to it."""

    def __init__(self, draft: Draft, encoding: str | None) -> None:
        self.draft = draft
        self.attachments: list[str] = []
        self.n_lost = 0
        self.left_out: Counter[str] = Counter()
        self._encoding = encoding
        self._n_parts = 0

    def letter(self, message: EmailMessage, depth: int) -> None:
        self.draft.heading(depth + 1, _header(message, "Subject"))
        separator = "\n\n"
        for name in _HEADERS:
            if words := _header(message, name):
                self.draft.paragraph(f"{name}: {words}", separator)
                separator = "\n"
        plain: list[str] = []
        marked: list[str] = []
        inner: list[EmailMessage] = []
        self._collect(message, plain, marked, inner, 0)
        words = "\n\n".join(part.strip() for part in plain if part.strip())
        shown = "\n\n".join(marked)
        # some senders put "this letter is in HTML" into the plain part
        if shown and len("".join(words.split())) < len("".join(shown.split())) / 4:
            self.draft.markdown(shown)
        else:
            for paragraph in words.replace("\r", "").split("\n\n"):
                self.draft.paragraph(paragraph)
        for letter in inner:
            if depth < _DEEPEST:
                self.letter(letter, depth + 1)
            else:
                self.n_lost += 1

    def _collect(self, part: EmailMessage, plain: list[str], marked: list[str], inner: list[EmailMessage],
                 depth: int) -> None:
        self._n_parts += 1
        if self._n_parts > _MOST_PARTS or depth > 50:
            self.n_lost += 1
            return
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner += [item for item in part.get_payload() if isinstance(item, EmailMessage)]
        elif part.is_multipart():
            for item in part.get_payload():
                if isinstance(item, EmailMessage):
                    self._collect(item, plain, marked, inner, depth + 1)
        elif self._is_attached(part) or kind not in ("text/plain", "text/html"):
            self.attachments.append(one_line(_name(part) or kind, 80))
        elif kind == "text/plain":
            plain.append(self._decoded(part))
        else:
            marked.append(self._shown(part))

    @staticmethod
    def _is_attached(part: EmailMessage) -> bool:
        try:
            return part.get_content_disposition() == "attachment"
        except (ValueError, TypeError, IndexError, AttributeError):
            return False

    def _decoded(self, part: EmailMessage) -> str:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            return ""
        charset = self._encoding or part.get_content_charset()
        charset = {"gb2312": "gb18030", "gbk": "gb18030"}.get((charset or "").lower(), charset)
        if charset:
            try:
                return data.decode(charset)
            except (LookupError, UnicodeError, ValueError):
                pass  # it is wrong about itself; its bytes decide
        return decode(data)[0] if data else ""

    def _shown(self, part: EmailMessage) -> str:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or not data.strip():
            return ""
        try:
            return markdown_of(data, part.get_content_charset(), self.left_out)
        except Unreadable:
            self.n_lost += 1
            return ""


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, TypeError, IndexError, AttributeError, LookupError):
        return ""
