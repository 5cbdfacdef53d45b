"""Office packages as their libraries want them: every part with a type, no reference to a part that is not there, no
entities of a part's own.

Reads: the bytes of an archive that was measured.  Gives: the same bytes, or those of a package that was made sound.
Some programs write a part without a type (word/media/image1.), or a picture that was lost (Target="../NULL"). An entity
that a part declares is not replaced (it could be a bomb) and would hide the text behind it: its name stands there.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

_TYPES = "[Content_Types].xml"
_DEFAULT = re.compile(r"<(?:\w+:)?Default\b[^>]*?\bExtension\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_OVERRIDE = re.compile(r"<(?:\w+:)?Override\b[^>]*?\bPartName\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_END = re.compile(rb"</(?:\w+:)?Types\s*>\s*$")
_RELATIONSHIP = re.compile(r"<((?:\w+:)?Relationship)\b(?!s)[^>]*?(?:/>|>\s*</\1\s*>)", re.DOTALL)
_TARGET = re.compile(r"\bTarget\s*=\s*[\"']([^\"']*)[\"']")
_EXTERNAL = re.compile(r"\bTargetMode\s*=\s*[\"']External[\"']")
# A document type, with what it declares.
DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*\[.*?\]\s*>|<!DOCTYPE[^>]*>", re.DOTALL | re.IGNORECASE)
_HEAD = 4096  # bytes of a part in which its document type begins
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z_][\w.-]*);")
_UNKNOWN = '<Override PartName={} ContentType="application/octet-stream"/>'


def sound(data: bytes) -> bytes:
    """The package; where parts have no type or references no part, one that has both put right. Errors: as zipfile."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        if _TYPES not in names or len(set(names)) < len(names):
            return data
        mended = {name: words for name in names if name.endswith(".rels")
                  if (words := _with_targets(archive.read(name), name, frozenset(names))) is not None}
        mended |= {name: words for name in names if name.endswith(".xml") and name != _TYPES
                   and (words := _without_entities(archive.read(name))) is not None}
        types = _with_types(archive.read(_TYPES), names)
        if types is not None:
            mended[_TYPES] = types
        if not mended:
            return data
        out = io.BytesIO()
        with zipfile.ZipFile(out, "x", zipfile.ZIP_STORED) as made:
            for name in names:
                made.writestr(name, mended[name] if name in mended else archive.read(name))
    return out.getvalue()


def _with_types(data: bytes, names: list[str]) -> bytes | None:
    """The list of types with the parts that it leaves out; None if it leaves out none."""
    said = data.decode("utf-8", "replace")
    extensions = {found.casefold() for found in _DEFAULT.findall(said)}
    parts = {found.casefold() for found in _OVERRIDE.findall(said)}
    left = [name for name in names if name != _TYPES and f"/{name}".casefold() not in parts
            and posixpath.basename(name).rpartition(".")[2].casefold() not in extensions]
    end = _END.search(data)
    if not left or end is None:
        return None
    more = "".join(_UNKNOWN.format(quoteattr(f"/{name}")) for name in left)
    return data[:end.start()] + more.encode("utf-8", "xmlcharrefreplace") + data[end.start():]


def _with_targets(data: bytes, name: str, names: frozenset[str]) -> bytes | None:
    """The references of a part without those to parts that are not there; None if all are there."""
    base = posixpath.dirname(posixpath.dirname(name))
    text = data.decode("utf-8", "replace")

    def is_there(found: re.Match[str]) -> bool:
        target = _TARGET.search(found[0])
        if target is None or _EXTERNAL.search(found[0]):
            return True
        path = unquote(target[1].split("#")[0])
        whole = posixpath.normpath(posixpath.join("/" if path.startswith("/") else f"/{base}", path)).lstrip("/")
        return not path or whole in names

    left = _RELATIONSHIP.sub(lambda found: found[0] if is_there(found) else "", text)
    return left.encode() if left != text else None


def _without_entities(data: bytes) -> bytes | None:
    """A part without its document type, the entities of that as they are written; None where it has no such type."""
    if b"<!DOCTYPE" not in data[:_HEAD]:
        return None
    return _ENTITY.sub(rb"&amp;\1;", DOCTYPE.sub(b"", data, count=1))
