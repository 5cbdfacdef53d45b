"""Word documents with macros (.docm): the document without them, read as any other (docx.py).

Reads: bytes.  Gives: Extract with a note. A macro is never run, and never reaches the parser.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from kb.errors import note
from kb.readers import Limits, docx
from kb.readers.archive import Package
from kb.readers.extract import Extract

_WITH, _WITHOUT = (b"application/vnd.ms-word.document.macroEnabled.main+xml",
                   b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")
_TYPES = "[Content_Types].xml"


def read(data: bytes, limits: Limits, encoding: str | None = None) -> Extract:
    """The Extract of the document. Errors: as docx.read."""
    package = Package(data)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "x", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(package.names):
            is_macro = name.lower().endswith("vbaproject.bin")  # other parts refer to it: it stays, without a byte
            words = b"" if is_macro else package.bytes_of(name)
            archive.writestr(name, words.replace(_WITH, _WITHOUT) if name == _TYPES else words)
    extract = docx.read(plain.getvalue(), limits, encoding)
    return replace(extract, notes=(*extract.notes, note("N_MACROS")))
