"""Every torture, or those that are named: `python -m tests.torture [NAME …] --seed 1 --counts full --resume`.

Prints a table, and writes it to RESULTS.md beside this file when --write is given. A case that goes wrong is printed
with the command that plays it again. What has been played stands in --state, one line of JSON a case; --resume leaves
out what stands there. Exit code 1 where anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.torture import asking, backing, caching, running, sharing, storing
from tests.torture.cases import Torture, play

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
TORTURES = (
    Torture("kills", "1", "kills while documents are added and removed, or by kb add", storing.kills, 200, 3),
    Torture("logs", "2", "damaged write-ahead logs", storing.logs, 200, 12),
    Torture("caches", "3", "caches cut, flipped, of something else", caching.caches, caching.N_CASES, 24),
    Torture("saves", "4", "saves of the cache killed at each change of the folder", caching.saves, 50, 6),
    Torture("disks", "4", "disks with so much left", storing.full_disks, 10, 3),
    Torture("backups", "4", "backups while others write, killed", backing.backups, 40, 1),
    Torture("readers", "5", "6 s of 4 readers beside a writer", sharing.readers, 10, 0),
    Torture("writers", "6", "second writers; holders that are killed", sharing.writers, 70, 4),
    Torture("together", "5", "two processes that both read and write", sharing.together, 100, 3),
    Torture("removals", "7", "five documents removed by a process that is killed", storing.removals, 20, 1),
    Torture("damage", "10", "one value or one bit of the database changed", storing.damage, 600, 12),
    Torture("loaders", "8", "20 spoiled manifests, settings, surveys, jobs, requests", asking.loaders, 105, 7),
    Torture("ghosts", "13", "marks of evidence that does not exist", asking.ghosts, 200, 8),
    Torture("injections", "14", "orders in documents, obeyed", asking.injections, 50, 0),
    Torture("endpoints", "15, 16", "hostile endpoints, as a stream, whole and against a survey", asking.endpoints,
            asking.N_ENDPOINTS, 0),
    Torture("secrets", "16", "commands against an endpoint that repeats the key", asking.secrets, 20, 0),
    Torture("jobs", "18", "jobs looked at 20 times, every other one killed", running.jobs, 40, 2),
    Torture("files", "8, 20", "20 spoiled files of every kind", asking.files, 80, 0),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(one.name for one in TORTURES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counts", default="full", help="full, short, or so many cases of each")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--state", type=Path, default=Path("torture.jsonl"), help="what has been played")
    parser.add_argument("--resume", action="store_true", help="go on with what stands in --state")
    parser.add_argument("--write", action="store_true", help="write the table to RESULTS.md")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - {one.name for one in TORTURES}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    logging.getLogger().addHandler(logging.NullHandler())
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if not options.resume and options.only is None:
        options.state.unlink(missing_ok=True)
    done = _read(options.state, options.seed) if options.only is None else []
    wanted = [one for one in TORTURES if not options.names or one.name in options.names]
    for torture in wanted:
        numbers = [options.only] if options.only is not None else torture.numbers(options.counts)
        played = {row["case"] for row in done if row["name"] == torture.name}
        for i, wrong, seconds in play(torture, [i for i in numbers if i not in played], options.seed):
            row = {"name": torture.name, "seed": options.seed, "case": i, "wrong": wrong, "seconds": round(seconds, 3)}
            done.append(row)
            if options.only is None:
                with options.state.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row, ensure_ascii=True) + "\n")
            for line in wrong:
                print(f"{torture.name} {i}: {line}\n  again: python -m tests.torture {torture.name} --seed "
                      f"{options.seed} --only {i}", flush=True)
    table = "\n".join(_table(wanted, done))
    print(table)
    if options.write:
        RESULTS.write_text(_document(table, options.seed), encoding="utf-8")
    return 1 if any(row["wrong"] for row in done if row["name"] in {one.name for one in wanted}) else 0


def _read(state: Path, seed: int) -> list[dict[str, Any]]:
    if not state.exists():
        return []
    rows = [json.loads(line) for line in state.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["seed"] == seed]


def _table(wanted: Sequence[Torture], done: Sequence[dict[str, Any]]) -> list[str]:
    lines = ["| torture | promise | what | cases | of | wrong | seconds |", "|---|---|---|---:|---:|---:|---:|"]
    for one in wanted:
        rows = [row for row in done if row["name"] == one.name]
        wrong = sum(bool(row["wrong"]) for row in rows)
        lines.append(f"| `{one.name}` | {one.promises} | {one.what} | {len(rows)} | {one.full} | {wrong} | "
                     f"{sum(row['seconds'] for row in rows):.0f} |")
    return lines


def _document(table: str, seed: int) -> str:
    """The page; what stands below its table, from the first heading on, is kept."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    _, heading, notes = before.partition("\n## ")
    return (f"# What `make torture` found\n\n{time.strftime('%Y-%m-%d')}, seed {seed}, {os.cpu_count()} cores, "
            f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, SQLite "
            f"{sqlite3.sqlite_version}. A case is played again by `python -m tests.torture NAME --seed {seed} --only "
            f"CASE`; what a case is stands in the docstring of its function.\n\n{table}\n{heading}{notes}")


if __name__ == "__main__":
    sys.exit(main())
