"""Backups made while others write, restored and compared: python -m tests.bench.backups [BACKUPS]

One thread adds, tags, edits and removes documents without a pause, and after each change notes a hash of every row of
every table at that generation. Meanwhile backups are made one after the other, each restored into a new folder: its
rows have to have the hash that its generation had, byte for byte, and `verify` nothing to say. (tests/test_backup.py
has uploads, whose rows name the new folder.)
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

from kb import KnowledgeBase
from kb.store import Store
from tests.making import make_prepared

_LEAST = 3  # documents that are left


def state(home: Path) -> tuple[int, str]:
    """(generation, hash of every row): of all tables but those that SQLite keeps for the full-text index, whose rows
    are how it has them now, and `meta`, which has a row on index files as well."""
    with closing(sqlite3.connect(f"file:{home / 'kb.sqlite3'}?mode=ro", uri=True)) as connection:
        connection.execute("BEGIN")
        found = hashlib.sha256()
        tables = [row[0] for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")]
        for table in tables:
            if table == "meta" or table.startswith(("terms", "sqlite_")):
                continue
            found.update(table.encode())
            for row in sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))):
                found.update(row.encode())
        (generation,) = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        return int(generation), found.hexdigest()


def write(home: Path, stop: threading.Event, known: dict[int, str]) -> None:
    """Changes without end, each generation's hash noted."""
    rng, store, held, n = random.Random(0), Store(home), list[str](), 0
    while not stop.is_set():
        n += 1
        kind = rng.choice(("text", "text", "tag", "edit", "remove")) if len(held) > _LEAST else "text"
        with store.write("bench") as writer:
            if kind == "text":
                text = f"Text {n} is about pot {n % 7} and oven {n % 11}. " * (1 + n % 20)
                held.append(writer.commit(make_prepared(text, f"/papers/{n}.md"), "hashing").document)
            elif kind == "tag":
                with writer.filed_anew() as filing:
                    filing.put("tag", f"t{n % 5}", [rng.choice(held)])
            elif kind == "edit":
                writer.edit(rng.choice(held), {"year": 1990 + n % 30}, ())
            else:
                writer.remove(held.pop(rng.randrange(len(held))))
        generation, rows = state(home)
        known[generation] = rows


def main() -> None:
    n_backups = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with tempfile.TemporaryDirectory() as made:
        home, stop, known = Path(made) / "home", threading.Event(), dict[int, str]()
        thread = threading.Thread(target=write, args=(home, stop, known))
        thread.start()
        while len(known) < _LEAST:
            stop.wait(0.05)
        equal = sound = 0
        generations = []
        try:
            for n in range(n_backups):
                with KnowledgeBase.open(home, encoder="hashing") as base:
                    backup = base.backup(Path(made) / f"{n}.kb")
                there = Path(made) / f"restored{n}"
                restored = KnowledgeBase.restore(backup.path, there)
                generation, rows = state(there)
                generations.append(generation)
                while known.keys() and generation > max(known):
                    stop.wait(0.01)  # until the writer has noted it
                equal += rows == known.get(generation)
                sound += restored.check.is_sound
                shutil.rmtree(there)
        finally:
            stop.set()
            thread.join()
        print(json.dumps({"load": round(os.getloadavg()[0], 1), "backups": n_backups, "rows byte-equal": equal,
                          "sound": sound, "generations backed up": len(set(generations)), "changes": len(known)}))


if __name__ == "__main__":
    main()
