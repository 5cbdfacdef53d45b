"""What a run of a lab shows, in a terminal: notes, numbers, tables, code with its output, heat maps, curves, pictures;
before it what to predict, after it what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kb.cli.terminal import clean, style
from kb.cli.words import columns, fold, pad, reader_language, said, say
from kb.labs.pages.guides import HEADS, guide_of
from kb.labs.pages.numbers import cell, label, numbers, shown
from kb.text import one_line
from kb.types import Words

_SHADES = "·░▒▓█"
_WIDTH = 100  # columns of running text


def print_event(event: Mapping[str, Any], *, as_json: bool) -> None:
    """A lab's event: notes and metrics on stderr as they come, what the page draws on stdout; with `as_json` notes and
    metrics as JSON lines alone."""
    if as_json:
        if event["kind"] in ("note", "metric"):
            print(json.dumps(event, ensure_ascii=True, default=Words.to_dict), file=sys.stderr, flush=True)
        return
    kind = event["kind"]
    if kind == "note":
        print(clean(said(event["text"])), file=sys.stderr)
    elif kind == "metric":
        language = reader_language()
        values = "  ".join(f"{label(name, language)} {shown(name, value, language)}"
                           for name, value in event.items() if name not in ("kind", "at"))
        print(f"  {say('{s} s', s=format(event['at'], '7.1f'))}  {values}", file=sys.stderr)
    elif kind in _PRINTED:
        print(style("1", clean(said(event["title"]))))
        _PRINTED[kind](event)


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """A table, its columns as wide as they must be."""
    if not rows:
        return
    language = reader_language()
    lines = [[label(str(name), language) for name in rows[0]],
             *([one_line(clean(cell(str(name), value, language)), 60) for name, value in row.items()] for row in rows)]
    widths = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  " + "  ".join(pad(each, width) for each, width in zip(line, widths, strict=True)).rstrip())


def print_before(lab: str) -> None:
    """The idea of a lab, and what to predict before it runs."""
    guide = guide_of(lab)
    if guide is None:
        return
    lesson = guide.in_(reader_language())
    print("\n".join(fold(lesson.idea, _WIDTH)), file=sys.stderr)
    print(style("1", HEADS["predict"].in_(reader_language())), file=sys.stderr)
    for line in lesson.predict:
        print("\n".join(_item(line)), file=sys.stderr)


def print_guide(lab: str) -> None:
    """The whole guide: idea, predictions, what to look at, exercises with answers, what to read next."""
    guide = guide_of(lab)
    if guide is None:
        return
    language = reader_language()
    lesson, colon = guide.in_(language), "：" if language == "zh" else ": "
    print("\n".join(fold(lesson.idea, _WIDTH)))
    parts: list[tuple[str, Sequence[str]]] = [
        ("predict", lesson.predict), ("look", lesson.look),
        ("exercises", [f"{one.ask}\n{HEADS['answer'].in_(language)}{colon}{one.answer}" for one in lesson.exercises]),
        ("read", guide.reading(language))]
    for part, items in parts:
        print("\n" + style("1", HEADS[part].in_(language)))
        for item in items:
            print("\n".join(_item(item)))
    if guide.after:
        print(f"\n{HEADS['next'].in_(language)}{colon}kb lab show {guide.after}")


def print_formulas(formulas: Sequence[Mapping[str, Any]]) -> None:
    """Each formula as TeX, the line that computes it, and what the article's version leaves out."""
    for formula in formulas:
        print(f"\n  {formula['tex']}\n  {style('2', formula['code'].strip())}")
        print("\n".join(_item(said(formula["note"]))))


def print_run(result: Mapping[str, Any], lab: str, *, as_set: bool) -> None:
    """What a run came to: its numbers in words, what was to be expected of them, and where the report is."""
    language = reader_language()
    print(f"{say(result['status'])}: {result['run']}")
    found = numbers(lab, result["metrics"], language, as_set=as_set)
    wide = max((columns(one.label) for one in found), default=0)
    far = max((columns(one.value) for one in found), default=0)
    for one in found:
        wanted = say("expected: {range}", range=one.expected) if one.expected else ""
        verdict = f"  {one.verdict(language)}" if one.fits is not None else ""
        print(f"  {pad(one.label, wide)}  {pad(one.value, far)}  {wanted}{verdict}".rstrip())
    report = Path(result["run"]) / "report.html"
    if report.is_file():
        print(say("report, with figures, formulas and exercises: {path}", path=report))


def _item(text: str) -> list[str]:
    """An item of a list, its lines under each other."""
    lines = [line for part in text.split("\n") for line in fold(part, _WIDTH - 4)]
    return [("  - " if i == 0 else "    ") + line for i, line in enumerate(lines)]


def _print_code(event: Mapping[str, Any]) -> None:
    for line in str(event["text"]).split("\n"):
        print(f"  {clean(line)}")
    for line in str(event.get("output") or "").split("\n"):
        print(f"  > {clean(line)}" if line else "")


def _print_heat(event: Mapping[str, Any]) -> None:
    """A matrix in shades, the darker the larger; the columns are numbered, with their names below."""
    matrix, names = event["matrix"], [one_line(clean(str(name)), 16) for name in event["columns"]]
    largest = max((value for row in matrix for value in row), default=0) or 1
    rows = [one_line(clean(str(name)), 16) for name in event["rows"]]
    wide = max(map(columns, rows), default=0)
    print(f"  {' ' * wide}  " + "".join(f"{i % 10:>2}" for i in range(1, len(names) + 1)))
    for i, (name, values) in enumerate(zip(rows, matrix, strict=False), 1):
        shades = "".join(2 * _SHADES[min(4, int(5 * max(0.0, value) / largest))] for value in values)
        print(f"  {pad(name, wide)}  {shades}  {i}")
    if names != rows:
        print("  " + "  ".join(f"{i} {name}" for i, name in enumerate(names, 1)))


def _print_points(event: Mapping[str, Any]) -> None:
    x_title = said(event["x_title"])
    print_rows([{x_title: x, **{name: ys[i] if i < len(ys) else None for name, ys in event["lines"].items()}}
                for i, x in enumerate(event["x"])])


def _print_table(event: Mapping[str, Any]) -> None:
    print_rows(event["rows"])


def _print_image(event: Mapping[str, Any]) -> None:
    print(f"  {event['file']}")


_PRINTED: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "table": _print_table, "code": _print_code, "heat": _print_heat, "points": _print_points, "image": _print_image
}
