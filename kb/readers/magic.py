"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import os

from kb.errors import FileProblem
from kb.readers import PICTURES as PICTURE_SUFFIXES
from kb.types import Words

PICTURES = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")  # as Pillow calls them; a browser saves one under another's name
_MAGIC = ((b"%PDF-", "PDF"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"),
          (b"GIF89a", "GIF"), (b"PK\x03\x04", "ZIP"), (b"PK\x05\x06", "ZIP"), (b"\x1f\x8b", "gzip"),
          (b"\x7fELF", "ELF program"), (b"MZ\x90", "Windows program"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                                                                        "old Office document (.doc, .xls, .ppt)"),
          (b"Rar!\x1a", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"SQLite format 3\0", "SQLite database"),
          (b"{\\rtf", "RTF"), (b"%!PS", "PostScript"), (b"ID3\x03", "MP3"), (b"ID3\x04", "MP3"), (b"OggS", "Ogg"),
          (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "TIFF"), (b"MM\0+", "TIFF"), (b"BM", "BMP"),
          )
_OFFICE = (".docx", ".docm", ".pptx", ".pptm", ".xlsx", ".xlsm")
_EXPECTED = {".pdf": "PDF", ".rtf": "RTF", **dict.fromkeys(PICTURE_SUFFIXES, "PNG"),
             **dict.fromkeys((*_OFFICE, ".ods", ".odt", ".odp", ".epub"), "ZIP")}
_OLD_OFFICE = next(name for _, name in _MAGIC if name.startswith("old"))
_LOCKED = "EncryptedPackage".encode("utf-16-le")  # the entry that holds an encrypted document of Office


def check_type(descriptor: int, suffix: str) -> None:
    """Errors: FileProblem E_TYPE if the first bytes of the open file belong to another kind of file than the suffix
    says, E_LOCKED if it is a document of Office under a password."""
    head = os.pread(descriptor, 4096, 0)
    found = kind_of(head)
    if found is None and suffix == ".pdf" and b"%PDF-" in head[:1024]:
        found = "PDF"  # some producers put a line before it
    expected = _EXPECTED.get(suffix)
    if found == expected or (suffix in PICTURE_SUFFIXES and found in PICTURES):
        return
    if found is None:
        if _looks_like_text(head):
            raise FileProblem("E_TYPE", suffix=suffix, found=Words("text", "文本"))
        if suffix == ".pdf":
            return  # the parser may know better than the first bytes
        raise FileProblem("E_TYPE", suffix=suffix, found=Words("of an unknown kind", "未知的类型"))
    if found == _OLD_OFFICE and suffix in _OFFICE and _holds(descriptor, _LOCKED):
        raise FileProblem("E_LOCKED")
    raise FileProblem("E_TYPE", suffix=suffix, found=found)


def kind_of(head: bytes) -> str | None:
    """What a file is whose first bytes are these; None for what is not known, or is text."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    found = next((name for magic, name in _MAGIC if head.startswith(magic)), None)
    return None if found == "BMP" and head[6:10] != b"\0\0\0\0" else found  # text may begin so


def _holds(descriptor: int, words: bytes) -> bool:
    """Whether these bytes stand anywhere in the open file."""
    position, rest = 0, b""
    while data := os.pread(descriptor, 1 << 20, position):
        if words in rest + data:
            return True
        position, rest = position + len(data), data[-len(words):]
    return False


def _looks_like_text(head: bytes) -> bool:
    return b"\0" not in head and sum(byte < 9 or 13 < byte < 32 for byte in head) <= len(head) // 50
