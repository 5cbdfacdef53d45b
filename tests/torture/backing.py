"""A promise of backups: whole or not there, whatever was written and killed meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

from kb import KnowledgeBase
from kb.errors import LibraryError
from kb.store import Store
from tests.making import make_prepared
from tests.torture.cases import Case
from tests.torture.storing import FORK, fill, kill, unsound
from tests.waiting import wait_until


def _write(home: str, log: str) -> None:
    with Store(Path(home)).write("test") as writer, open(log, "a", buffering=1) as said:
        for i in range(10_000):
            added = writer.commit(make_prepared(f"Text {i}. 第{i}号文本。 " * 20, f"w{i}.md"), "hashing")
            said.write(f"{added.document}\n")


def _back_up(home: str, file: str) -> None:
    with KnowledgeBase.open(home, encoder="hashing") as base:
        base.backup(file, replace=True)


def backups(case: Case) -> list[str]:
    """A backup is made while another process writes, and killed at a random moment; then once more to its end. What is
    there under the file's name is whole, holds all that was acknowledged before, and nothing else is left beside."""
    home, log, file = case.folder / "library", case.folder / "log", case.folder / "out" / "a.kb"
    before, wrong = fill(home, 10), []
    file.parent.mkdir()
    log.touch()
    writer = FORK.Process(target=_write, args=(str(home), str(log)))
    writer.start()
    try:
        wait_until(lambda: log.read_bytes().count(b"\n") > 3)
        for is_killed in (True, False):
            known = [*before, *log.read_text().split("\n")[:-1]]
            process = FORK.Process(target=_back_up, args=(str(home), str(file)))
            process.start()
            if is_killed:
                time.sleep(case.rng.uniform(0, 0.4))
                kill(process)
            process.join()
            if file.exists():
                wrong += _against(file, case.folder / f"restored{is_killed}", known)
            elif not is_killed:
                wrong.append(f"there is no backup: it ended with {process.exitcode}")
    finally:
        kill(writer)
    left = [path.name for path in file.parent.iterdir() if path != file]
    return wrong + ([f"left beside it: {left}"] if left else [])


def _against(file: Path, home: Path, known: list[str]) -> list[str]:
    try:
        KnowledgeBase.restore(file, home)
    except LibraryError as error:
        return [f"it cannot be restored: {error}"]
    with Store(home).read() as view:
        lost = set(known) - {info.id for info in view.documents()}
    return [f"lost: {document}" for document in sorted(lost)] + unsound(home)
