"""Rows of words as a table whose cells can be read whole: they wrap, and no toolbar lies over what is above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from kb_app.view import safe

_MOST = 200  # rows that are drawn at once; more stand in a grid, which draws those in view
_LONGEST = 2000  # characters of a cell


def show_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Draws the rows: column -> cell, all with the same columns."""
    if len(rows) > _MOST:
        st.dataframe(rows, hide_index=True, width="stretch")
        return
    st.table([{safe(name): safe(cell, _LONGEST) for name, cell in row.items()} for row in rows], hide_index=True,
             hide_header=False)
