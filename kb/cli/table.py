"""`kb table`: a row for each document, a column for each thing that is asked of all of them.

Reads: ExtractionTable.  Gives: text, JSON, CSV or LaTeX on stdout.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kb.cli.common import NOT_IN_LIBRARY, OK, Command, open_base, print_json, print_text, show
from kb.cli.progress import Progressbar
from kb.cli.scope import add_scope_options, scope_of
from kb.cli.terminal import clean, style
from kb.cli.words import columns as width_of
from kb.cli.words import fold, pad, reader_language, say
from kb.text import one_line

if TYPE_CHECKING:
    from kb.types import AlignedMeasure, ExtractedCell, ExtractionTable, TableChanges

# Said again here so that no other command loads the tables; tests/study/test_columns.py holds them equal.
PRESETS = ("paper", "result", "source")
_LEAST_WIDTH, _LONGEST = 40, 400  # of a terminal; of a cell, in characters


def add_commands(command: Command) -> None:
    """Declares `kb table`."""
    table = command("table", "a table out of many documents: a row for each, every cell verbatim with its place")
    table.add_argument("columns", nargs="*", metavar="COLUMN",
                       help="what each column is to hold, in Chinese or English: a name (\"data set\") or a question")
    table.add_argument("--preset", choices=PRESETS, help="columns that go together, before those that are named")
    table.add_argument("--documents", nargs="+", default=[], metavar="ID", help="only these (default: all)")
    add_scope_options(table, without=("--document",))
    table.add_argument("--csv", action="store_true", help="print it for a spreadsheet")
    table.add_argument("--latex", action="store_true", help="print it as a LaTeX file")
    table.add_argument("--explain", action="store_true", help="show what else was considered for each cell")
    table.add_argument("--keep", metavar="NAME", help="keep the table under a name")
    table.add_argument("--again", metavar="NAME", help="make a kept table again and say what is different")
    table.add_argument("--show", metavar="NAME", help="show a kept table as it was")
    table.add_argument("--list", action="store_true", help="list the kept tables")
    table.add_argument("--delete", metavar="NAME", help="delete a kept table")


def _table(options: argparse.Namespace) -> int:
    with open_base(options) as base:
        if options.list:
            kept = base.kept_tables()
            show(options, {"tables": [{"name": name, "kept": when} for name, when in kept]},
                 lambda: print("\n".join(f"{when}  {name}" for name, when in kept) or say("no table was kept yet")))
            return OK
        if options.delete:
            base.delete_table(options.delete)
            show(options, {"deleted": options.delete}, lambda: print(say("deleted: {name}", name=options.delete)))
            return OK
        changes = None
        if options.show:
            table = base.kept_table(options.show)
        else:
            with Progressbar(as_json=options.json) as bar:
                if options.again:
                    table, changes = base.table_again(options.again, on_progress=bar)
                else:
                    table = base.table([*_preset(options.preset), *options.columns], documents=options.documents,
                                       keep=options.keep or "", scope=scope_of(options), on_progress=bar)
    if options.json:
        print_json({**table.to_dict(), **({"changes": changes.to_dict()} if changes else {})})
    elif options.csv:
        print_text(table.to_csv())
    elif options.latex:
        print_text(base.table_as_latex(table, reader_language()))
    else:
        print_table(table, explains=options.explain)
        if changes is not None:
            _print_changes(changes)
    return OK if table.n_filled else NOT_IN_LIBRARY


def _preset(name: str | None) -> Sequence[str]:
    if name is None:
        return ()
    from kb.base.tabling import preset

    return preset(name, reader_language())


def print_table(table: ExtractionTable, *, explains: bool = False) -> None:
    """A table as a block for each document: the column, what stands in it, where."""
    width = max(_LEAST_WIDTH, shutil.get_terminal_size().columns)
    label = min(24, max((width_of(one_line(column.name, 24)) for column in table.columns), default=0))
    for row in table.rows:
        print(style("1", one_line(row.title or row.document, 120)) + f"  [{row.document}]")
        for column, cell in zip(table.columns, row.cells, strict=True):
            text = one_line(cell.shown, _LONGEST) if cell.text else f"({say(_EMPTY[cell.empty or 'nothing'])})"
            lines = fold(clean(text + _beside(cell)), width - label - 4) or [""]
            print(f"  {pad(one_line(column.name, 24), label)}  {lines[0]}")
            for line in lines[1:]:
                print(" " * (label + 4) + line)
            if explains:
                _print_runners_up(cell, label, width)
        print()
    _print_measures(table.measures, width)
    print(say("{filled} of {cells} cell{cells:|s} filled; {cached} of all were known before", filled=table.n_filled,
              cells=table.n_cells, cached=table.n_cached))
    if table.removed:
        print(say("{n} document{n:|s} {n:was|were} removed meanwhile", n=len(table.removed)))
    if table.n_unsaved:
        print(say("{n} cell{n:|s} could not be kept for the next time", n=table.n_unsaved))


_EMPTY = {"nothing": "nothing found", "unsure": "not clear enough", "removed": "the document was removed",
          "no text": "no text"}


def _beside(cell: ExtractedCell) -> str:
    """What stands behind a cell: what a number is in and on, and the place."""
    said = [part for part in (cell.measure, cell.data_set) if part]
    yes = {True: say("yes"), False: say("no"), None: ""}[cell.yes]
    found = "".join((f" ({', '.join(said)})" if said else "", f"  = {yes}" if yes else ""))
    if cell.citation is not None:
        page = say(", p. {page}", page=cell.citation.page) if cell.citation.page is not None else ""
        found += f"  [{cell.citation.start}-{cell.citation.end}{page}]"
    elif cell.record is not None:
        found += f"  [{say('recorded')}{', ' + say('guessed') if cell.record.origin == 'guessed' else ''}]"
    return found


def _print_runners_up(cell: ExtractedCell, label: int, width: int) -> None:
    for span in cell.runners_up:
        place = f"[{span.citation.start}-{span.citation.end}]"
        text = clean(f"{span.support:.2f} {one_line(span.text, 160)}  {place}")
        for i, line in enumerate(fold(text, width - label - 6)):
            print(" " * (label + 4) + ("- " if i == 0 else "  ") + line)


def _print_measures(measures: Sequence[AlignedMeasure], width: int) -> None:
    """Results in the same measure beside each other, where several documents have one."""
    for measure in measures:
        if len(measure.results) > 1:
            on = say(" on {data_set}", data_set=measure.data_set) if measure.data_set else ""
            print(style("1", one_line(measure.measure + on, 100)))
            for result in measure.results:
                value = f"{result.value:.10g}{' %' if measure.unit == '%' else ''}"
                print(f"  {value}  {one_line(result.title, width - 20)}")
            print()


def _print_changes(changes: TableChanges) -> None:
    print(say("{added} document{added:|s} added, {removed} removed, {cells} cell{cells:|s} {cells:is|are} different",
              added=len(changes.added),
              removed=len(changes.removed), cells=len(changes.cells)))
    for title in changes.added:
        print(f"+ {one_line(title, 120)}")
    for title in changes.removed:
        print(f"- {one_line(title, 120)}")
    for cell in changes.cells:
        print(f"~ {one_line(cell.title, 80)}, {one_line(cell.column, 40)}: {one_line(cell.before, 80) or '-'} -> "
              f"{one_line(cell.after, 80) or '-'}")


COMMANDS = {"table": _table}
