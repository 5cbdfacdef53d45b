"""The names of Office Open XML, and what its small elements say. Used by the modules that read .docx."""

from __future__ import annotations

from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_OFF = ("0", "false", "off", "none")


def value(element: Any, path: str) -> str | None:
    """The w:val of what stands at a path below an element, or None."""
    found = element.find(path)
    return found.get(W + "val") if found is not None else None


def is_on(properties: Any, name: str) -> bool | None:
    """What a property that is on or off says; None if it is not there."""
    found = properties.find(W + name)
    return None if found is None else found.get(W + "val") not in _OFF
