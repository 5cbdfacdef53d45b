"""The values of a PDF's form fields, as lines where they stand on the page.

Reads: a pypdfium2 document and its pages.  Gives: lines "name: value" for layout.py, to pdf.py. A form's values are in
no page's text: pdfium keeps them apart.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from kb.readers.layout import Line

_SIZE = 10.0  # points: what a value is taken to be set in
_SHORT = 0.02  # of the page's width: as wide as a line that the next one does not go on with
_NOT_SHOWN = 1 << 1 | 1 << 5  # flags of an annotation: hidden, no view
_OFF = ("", "Off")


class FormFields:
    """The form of an opened document."""

    def __init__(self, document: Any) -> None:
        document.init_forms()
        self._form = document.formenv

    def lines(self, page: Any) -> list[Line]:
        """The fields of this page that have a value."""
        from pypdfium2 import raw

        left, bottom, right, top = page.get_bbox()
        found: list[Line] = []
        for i in range(raw.FPDFPage_GetAnnotCount(page.raw)):
            annotation = raw.FPDFPage_GetAnnot(page.raw, i)
            if not annotation:
                continue
            try:
                text = self._text(annotation)
                place = raw.FS_RECTF()
                if text and raw.FPDFAnnot_GetRect(annotation, place):
                    found.append((text, round((place.left - left) / max(1.0, right - left), 4),
                                  round(((place.top + place.bottom) / 2 - bottom) / max(1.0, top - bottom), 4),
                                  round((place.left - left) / max(1.0, right - left) + _SHORT, 4), _SIZE, False))
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
        return found

    def _text(self, annotation: Any) -> str:
        """"name: value" of a field that is shown and filled in, else ""."""
        from pypdfium2 import raw

        form = self._form.raw
        kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind < 0 or raw.FPDFAnnot_GetFlags(annotation) & _NOT_SHOWN:
            return ""
        if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
            chosen = _answer(raw.FPDFAnnot_GetFormFieldExportValue, form, annotation) or "Yes"
            value = chosen if raw.FPDFAnnot_IsChecked(form, annotation) else ""
        else:
            value = _answer(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
        name = _answer(raw.FPDFAnnot_GetFormFieldAlternateName, form, annotation) or _answer(
            raw.FPDFAnnot_GetFormFieldName, form, annotation)
        value = " ".join(value.split())
        if value in _OFF:
            return ""
        return f"{name.strip()}: {value}" if name.strip() else value


def _answer(function: Callable[..., int], form: Any, annotation: Any) -> str:
    """A text that pdfium writes as UTF-16 into room of the length it asks for."""
    length = function(form, annotation, None, 0)
    if length <= 2:
        return ""
    room = (ctypes.c_ushort * (length // 2))()
    function(form, annotation, room, length)
    return bytes(room).decode("utf-16-le", "replace").rstrip("\x00")
