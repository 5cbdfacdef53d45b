"""A large Zotero imported in one run that is killed twice: python -m tests.bench.zotero_import [ITEMS] [PDFS]

A data folder with zotero.sqlite as Zotero 6 keeps it and small PDFs in storage/, made here; some of the files are
missing, some damaged, some items have no title. `kb import` runs as a process of its own, is killed after a third and
after two thirds of the files, and is run again until it ends. Told: what each run did, that every item ended in a named
status, that a further run changes nothing, and that no byte of Zotero's folder changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from kb import KnowledgeBase
from tests.making import ZOTERO_TABLES, make_pdf

ROWS = """
INSERT INTO itemTypes VALUES (1,'journalArticle'),(2,'attachment'),(3,'conferencePaper');
INSERT INTO creatorTypes VALUES (1,'author');
INSERT INTO fields VALUES (1,'title'),(2,'date'),(3,'abstractNote'),(4,'publicationTitle'),(5,'DOI');
INSERT INTO collections VALUES (1,'Thesis',NULL),(2,'Chapter 2',1);
"""
_SUBJECTS = ("glaze", "kiln", "clay", "wheel", "oven", "ash", "salt", "slip", "tile", "vase")
_THINGS = ("cracks", "colour", "shrinkage", "porosity", "strength", "weight", "gloss", "cost", "energy", "time")
UNTITLED, MISSING, DAMAGED = 101, 53, 47  # every so-many-th item, attachment


def make_zotero(folder: Path, n_items: int, n_files: int) -> None:
    """The data folder."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "zotero.sqlite")) as connection, connection:
        connection.executescript(ZOTERO_TABLES + ROWS)
        value = 0
        for n in range(1, n_items + 1):
            title = f"On the {_THINGS[n % 10]} of {_SUBJECTS[n // 10 % 10]} number {n}"
            connection.execute("INSERT INTO items VALUES (?,?,1,?)", (n, 1 + 2 * (n % 2), f"I{n:07}"))
            fields = [(2, f"{1980 + n % 45}-00-00 {1980 + n % 45}"), (4, "Journal of Pottery"), (5, f"10.5555/pot.{n}"),
                      (3, f"We measure the {_THINGS[n % 10]} of {_SUBJECTS[n // 10 % 10]} number {n} in {n % 17}.")]
            for field, text in [*([] if n % UNTITLED == 0 else [(1, title)]), *fields]:
                value += 1
                connection.execute("INSERT INTO itemDataValues VALUES (?,?)", (value, text))
                connection.execute("INSERT INTO itemData VALUES (?,?,?)", (n, field, value))
            connection.execute("INSERT INTO creators VALUES (?,?,?,0)", (n, "Ada", f"Okoro{chr(97 + n % 26)}"))
            connection.execute("INSERT INTO itemCreators VALUES (?,?,1,0)", (n, n))
            connection.execute("INSERT INTO collectionItems VALUES (?,?)", (1 + n % 2, n))
        for n in range(1, n_files + 1):
            item, key, name = n * (n_items // n_files), f"F{n:07}", f"paper {n}.pdf"
            connection.execute("INSERT INTO items VALUES (?,2,1,?)", (n_items + n, key))
            connection.execute("INSERT INTO itemAttachments VALUES (?,?,1,'application/pdf',?)",
                               (n_items + n, item, f"storage:{name}"))
            if n % MISSING:
                at = folder / "storage" / key
                at.mkdir(parents=True)
                pdf = make_pdf([f"On the {_THINGS[item % 10]} of {_SUBJECTS[item // 10 % 10]} number {item}",
                                f"Pot number {item} was fired {item % 23} times.", f"It broke after {item % 31} days."])
                (at / name).write_bytes(pdf if n % DAMAGED else pdf[:200])


def digest_of(folder: Path) -> str:
    """Of every name and byte below a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(os.fsencode(path) + (path.read_bytes() if path.is_file() else b""))
    return found.hexdigest()


def run(home: Path, zotero: Path, kill_at: int) -> dict[str, object]:
    """One run of the command, killed when the library has so many documents (0: never)."""
    command = [sys.executable, "-m", "kb", "import", "--home", str(home), "--json", str(zotero)]
    started, process = time.perf_counter(), subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "KB_ENCODER": "hashing"})
    while kill_at and process.poll() is None:
        with KnowledgeBase.open(home, encoder="hashing") as base:
            if len(base.documents()) >= kill_at:
                process.send_signal(signal.SIGKILL)
                break
        time.sleep(0.2)
    said, _ = process.communicate()
    with KnowledgeBase.open(home, encoder="hashing") as base:
        row: dict[str, object] = {"s": round(time.perf_counter() - started, 1), "killed": process.returncode < 0,
                                  "documents": len(base.documents())}
    if process.returncode >= 0:
        report = json.loads(said)
        failed = Counter(problem["code"] for problem in report["failed"])
        row |= {**report["counts"], **failed, "named": len(report["entries"]) + failed["E_ENTRY"]}
    return row


def main() -> None:
    n_items, n_files = (int(value) for value in (*sys.argv[1:], *("2000", "500")[len(sys.argv) - 1:]))
    with tempfile.TemporaryDirectory() as made:
        home, zotero = Path(made) / "home", Path(made) / "Zotero"
        make_zotero(zotero, n_items, n_files)
        before = digest_of(zotero)
        for kill_at in (n_files // 3, 2 * n_files // 3, 0, 0):
            print(json.dumps(run(home, zotero, kill_at)), flush=True)
        print(json.dumps({"items": n_items, "files": n_files, "Zotero's folder is byte for byte as before":
                          digest_of(zotero) == before}))
        with KnowledgeBase.open(home, encoder="hashing") as base:
            print(json.dumps({"sound": base.verify().is_sound, "works": len(base.works()),
                              "documents": len(base.documents())}))


if __name__ == "__main__":
    main()
