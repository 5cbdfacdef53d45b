"""Promises of a library that several use at a time: readers beside a writer, a second writer, two processes that both
read and write."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from kb.errors import LibraryError
from kb.store import Store, View
from tests.making import make_prepared
from tests.torture.cases import Case
from tests.torture.storing import ENCODER, FORK, ROOT, fill, unsound

_TURNS = 25  # of each process


def readers(case: Case, seconds: float = 6.0) -> list[str]:
    """Four threads read while one adds, replaces and removes: each sees one generation, whole."""
    store, stop, wrong, generations = Store(case.folder / "library"), threading.Event(), [], set()
    fill(store.home, 5)

    def read() -> None:
        try:
            while not stop.is_set():
                with store.read() as view:
                    n_documents, n_passages = view.counts()
                    generations.add(generation := view.generation())
                    ids, _ = view.vectors()
                    n_terms = view.lexical.document_frequency(["document"])["document"]
                    named = {info.id for info in view.documents()}
                    for document in sorted(named)[:2]:
                        text = view.document(document).text
                        if "".join(passage.text for passage in view.passages_of(document)) != text:
                            wrong.append(f"{generation}: passages are not the text of {document}")
                    _, nearest = store.index.load(view).search(view, ENCODER.encode(["Document 2"]), 3)
                    if not set(nearest.tolist()) <= set(ids.tolist()):
                        wrong.append(f"{generation}: a passage of another generation")
                    if not len(ids) == n_passages == n_terms or len(named) != n_documents:
                        wrong.append(f"{generation}: {n_documents} {n_passages} {len(ids)} {n_terms}")
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    deadline, i = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        with store.write("test") as writer:
            for _ in range(5):
                i += 1
                writer.commit(make_prepared(f"Document {i} says {i}.", f"{case.rng.randrange(12)}.md"), "hashing")
            if case.rng.random() < 0.3:
                writer.remove(case.rng.choice(writer.documents()).id)
    stop.set()
    for thread in threads:
        thread.join()
    store.close()
    return sorted(set(wrong))[:5] + ([] if len(generations) > 1 else ["the readers saw one generation only"])


_HOLD = """
import sys
from pathlib import Path
from kb.store import Store
with Store(Path(sys.argv[1])).write('hold'):
    print('held', flush=True)
    sys.stdin.read()
"""


def writers(case: Case) -> list[str]:
    """A second writer is refused within a second and told the first one's process; the last 20 cases of 70 kill the
    first one, and the second writes at once."""
    home = case.folder / "library"
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, cwd=ROOT)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        if case.i >= 50:
            holder.kill()
            holder.wait()
        started = time.monotonic()
        try:
            with Store(home).write("second"):
                wrong = ["two writers at once"] if case.i < 50 else []
        except LibraryError as error:
            is_told = error.code == "E_BUSY" and str(holder.pid) in str(error)
            wrong = [] if case.i < 50 and is_told else [f"refused: {error}"]
        seconds = time.monotonic() - started
        return wrong + ([f"{seconds:.1f} s"] if seconds > 1 else [])
    finally:
        holder.kill()
        holder.communicate()


def together(case: Case) -> list[str]:
    """Two processes, each with a view held open while it adds and removes, and now and then closing the library and
    opening it again: each reads one whole generation, none meets damage, and what was acknowledged is there."""
    home = case.folder / "library"
    fill(home, 5)
    said = [case.folder / f"said-{i}" for i in range(2)]
    workers = [FORK.Process(target=_read_and_write, args=(home, case.rng.randrange(1 << 30), path)) for path in said]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lines = [line.partition(" ") for path in said if path.exists() for line in path.read_text().splitlines()]
    wrong = [what for word, _, what in lines if word == "wrong"]
    wrong += [f"a process ended with {worker.exitcode}" for worker in workers if worker.exitcode]
    added, removed = ({what for word, _, what in lines if word == kind} for kind in ("added", "removed"))
    if not wrong:
        with Store(home).read() as view:
            stored = {info.id for info in view.documents()}
        wrong += ["other documents are there than were acknowledged"] if added - removed != {
            document for document in stored if document in added} else []
    return wrong[:5] + unsound(home)


def _read_and_write(home: Path, seed: int, said: Path) -> None:
    rng, own = Random(seed), list[str]()
    store = Store(home)
    with open(said, "w", buffering=1) as log:
        try:
            for i in range(_TURNS):
                with store.read() as view:  # this process's other connection writes meanwhile
                    before = _seen(view)
                    while not _wrote(store, rng, own, f"{seed}-{i}", log.write):
                        time.sleep(rng.uniform(0, 0.02))
                    if _seen(view) != before:
                        log.write("wrong a view changed\n")
                if rng.random() < 0.4:
                    store.close()
                    store = Store(home)
        except Exception as error:
            log.write(f"wrong {type(error).__name__}: {error}\n".replace("\n", " ") + "\n")
    store.close()


def _wrote(store: Store, rng: Random, own: list[str], name: str, tell: Callable[[str], object]) -> bool:
    """Adds a document, or removes one of this process's own; False while the other process writes."""
    try:
        with store.write("together") as writer:
            if own and rng.random() < 0.3:
                writer.remove(gone := own.pop(rng.randrange(len(own))))
                tell(f"removed {gone}\n")
            else:
                prepared = make_prepared(f"Document {name} says {name}. 第{name}号文档。", f"{name}.md")
                own.append(writer.commit(prepared, "hashing").document)
                tell(f"added {own[-1]}\n")
            return True
    except LibraryError as error:
        if error.code != "E_BUSY":
            raise
        return False


def _seen(view: View) -> list[object]:
    """All there is to see; passages that are not their document's text raise."""
    ids = sorted(info.id for info in view.documents())
    for document in ids:
        if "".join(passage.text for passage in view.passages_of(document)) != view.document(document).text:
            raise ValueError(f"passages are not the text of {document}")
    return [view.generation(), *view.counts(), len(view.vectors()[0]), *ids]
