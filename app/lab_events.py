"""What a run of a lab left behind, drawn: curves, tables, code with its output, heat maps, pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import streamlit as st
from kb_app.i18n import beside, language, t
from kb_app.rows import show_rows
from kb_app.view import safe

from kb import labs
from kb.messages import Words, words_of
from kb.text import one_line

_MANY = 60  # points of a curve from which on they are not marked
_LONGEST_CELL = 300


def draw_event(folder: Path, event: dict[str, Any], key: str) -> None:
    """Draws one event of a run, where it is one that is shown by itself."""
    kind = event["kind"]
    if kind == "table" and event["rows"]:
        st.caption(safe(words(event["title"])))
        rows = [{labs.label(str(name), language()): cell(value) for name, value in row.items()}
                for row in event["rows"]]
        show_rows(rows)
    elif kind == "code":
        st.caption(safe(words(event["title"])))
        st.code(event["text"], language="python", wrap_lines=True)
        if event.get("output"):
            st.code(event["output"], language=None, wrap_lines=True)
    elif kind == "heat":
        _heat(event, key)
    elif kind == "points":
        _points(event, key)
    elif kind == "image":
        path = folder / Path(str(event["file"])).name
        if path.is_file():
            st.caption(safe(words(event["title"])))
            st.image(path.read_bytes())


def draw_curves(runs: dict[str, list[dict[str, Any]]], key: str) -> None:
    """One picture of losses, one of everything else that was measured along the steps; runs: name -> its events."""
    points = [point for run, events in runs.items() for point in _measured(run, events)]
    for part in ("loss", "score"):
        rows = [point for point in points if point["part"] == part]
        if len({row["step"] for row in rows}) < 2:
            continue
        value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=part == "loss"))
        name = alt.Color("name:N", title=None, legend=alt.Legend(orient="bottom", columns=1, labelLimit=600))
        chart = alt.Chart(alt.Data(values=rows)).mark_line(point=len(rows) < _MANY)
        chart = chart.encode(x=alt.X("step:Q", title=t("lab_step"), axis=alt.Axis(tickMinStep=1)), y=value, color=name)
        n_names = len({row["name"] for row in rows})  # each a line below the picture, which would take its place
        st.altair_chart(_told(chart, _ends(rows)), width="stretch", height=240 + 22 * n_names, key=f"{key}-{part}")


def _told(chart: alt.Chart, said: str) -> alt.Chart:
    """The chart as a screen reader is told of it: in these words, and not in Vega's English for each of its parts."""
    return chart.properties(description=said).configure(aria=False)


def _ends(rows: list[dict[str, Any]]) -> str:
    """From where to where each line goes."""
    ends: dict[str, tuple[float, float]] = {}
    for row in rows:
        ends[row["name"]] = (ends.get(row["name"], (row["value"], ))[0], row["value"])
    return "; ".join(f"{name}: {first:.4g} → {last:.4g}" for name, (first, last) in ends.items())


def words(pair: Words | dict[str, str] | list[str]) -> str:
    """The one of a pair that the page speaks; a run keeps pairs as JSON."""
    return words_of(pair).in_(language())


def cell(value: Any) -> str:
    """A cell of a table: columns hold strings alone, for numbers and words of one column would not fit one type."""
    if value is None:
        return ""
    if isinstance(value, (str, int, float)):
        return one_line(labs.cell("", value, language()), _LONGEST_CELL)
    if isinstance(value, (dict, list)):
        return one_line(json.dumps(value, ensure_ascii=False), _LONGEST_CELL)
    return one_line(str(value), _LONGEST_CELL)


def _measured(run: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers of a run along its steps: {"step", "value", "name"}."""
    apart = ("kind", "at", "step", "epoch")
    return [{"step": event["step"], "value": value, "part": "loss" if "loss" in name else "score",
             "name": labs.label(name, language()) + beside(run)}
            for event in events if event["kind"] == "metric" and "step" in event
            for name, value in event.items() if name not in apart and isinstance(value, (int, float))]


def _points(event: dict[str, Any], key: str) -> None:
    """Lines over the same x, drawn on a logarithmic scale."""
    rows = [{"x": x, "y": y, "name": labs.label(name, language())}
            for name, ys in event["lines"].items()
            for x, y in zip(event["x"], ys, strict=False) if y is not None]
    st.caption(safe(words(event["title"])))
    chart = alt.Chart(alt.Data(values=rows)).mark_line(point=True).encode(
        x=alt.X("x:Q", title=words(event["x_title"]), scale=alt.Scale(type="log", nice=False)),
        y=alt.Y("y:Q", title=None, scale=alt.Scale(zero=False)),
        color=alt.Color("name:N", title=None))
    st.altair_chart(_told(chart, words(event["title"])), width="stretch", key=f"{key}-points")


def _heat(event: dict[str, Any], key: str) -> None:
    """A matrix as coloured cells; rows and columns keep their order, and two of one name stay apart."""
    rows = [f"{i + 1} {one_line(str(name), 24)}" for i, name in enumerate(event["rows"])]
    columns = [f"{i + 1} {one_line(str(name), 24)}" for i, name in enumerate(event["columns"])]
    cells = [{"row": row, "column": column, "value": value}
             for row, values in zip(rows, event["matrix"], strict=False)
             for column, value in zip(columns, values, strict=False)]
    st.caption(safe(words(event["title"])))
    chart = alt.Chart(alt.Data(values=cells)).mark_rect().encode(
        x=alt.X("column:N", sort=columns, title=None),
        y=alt.Y("row:N", sort=rows, title=None),
        color=alt.Color("value:Q", title=None),
        tooltip=["row:N", "column:N", alt.Tooltip("value:Q", format=".3f")])
    st.altair_chart(_told(chart, words(event["title"])), width="stretch", key=f"{key}-heat")
