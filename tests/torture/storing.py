"""Promises of the library's files: kills, damaged logs, full disks, removed documents, damage."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kb import KnowledgeBase
from kb.encoder.hashing import HashingEncoder
from kb.errors import LibraryError, UnknownDocument
from kb.health import verify
from kb.store import Store
from tests.damage import full_library, missed_flips, missed_harms
from tests.making import make_prepared
from tests.torture.cases import Case
from tests.waiting import wait_until

ENCODER = HashingEncoder()
ROOT = Path(__file__).resolve().parent.parent.parent
FORK = multiprocessing.get_context("fork")
_FRAME = 24 + 4096  # of a write-ahead log, behind 32 bytes (https://www.sqlite.org/fileformat2.html#walformat)


def fill(home: Path, n: int, word: str = "") -> list[str]:
    """Adds n documents and gives their ids."""
    with Store(home).write("test") as writer:
        texts = {f"{word.strip()}{i}.md": f"Document {i} {word}{i}. 第{i}号文档说明了方法。" for i in range(n)}
        return [writer.commit(make_prepared(text, name), "hashing").document for name, text in texts.items()]


def unsound(home: Path) -> list[str]:
    """What `kb verify` finds wrong, the files of the index apart: they are made again."""
    store = Store(home)
    try:
        return [f"verify: {finding.what}: {finding.message}" for finding in verify(store, lambda: ENCODER).findings
                if finding.level in ("error", "repaired") and finding.what != "vector cache"]
    finally:
        store.close()


def kill(process: multiprocessing.process.BaseProcess) -> None:
    """SIGKILL, waited for."""
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.join()


# --- 1: kills while documents are added and removed


def _add_and_remove(home: str, seed: int, acknowledged: str) -> None:
    rng = random.Random(seed)
    with Store(Path(home)).write("test") as writer, open(acknowledged, "a", buffering=1) as log:
        known = [info.id for info in writer.documents()]
        for i in range(1000):
            if known and rng.random() < 0.3:
                gone = known.pop(rng.randrange(len(known)))
                log.write(f"try-remove {gone}\n")
                writer.remove(gone)
                log.write(f"removed {gone}\n")
            else:
                added = writer.commit(make_prepared(f"Text number {seed} {i}. 第{seed}{i}号文本。", f"{seed}-{i}.md"),
                                      "hashing")
                known.append(added.document)
                log.write(f"added {added.document}\n")


def kills(case: Case) -> list[str]:
    """A process that adds and removes is killed twice at random moments; every tenth time it is `kb add`, which then
    has to finish the folder."""
    if case.i % 10 == 9:
        return _killed_command(case)
    home, log, wrong = case.folder / "library", case.folder / "log", []
    for _ in range(2):
        before = log.read_bytes().count(b"\n") if log.exists() else 0
        worker = FORK.Process(target=_add_and_remove, args=(str(home), case.rng.randrange(1 << 30), str(log)))
        worker.start()
        wanted = before + case.rng.randrange(1, 40)
        wait_until(lambda wanted=wanted: log.exists() and log.read_bytes().count(b"\n") >= wanted)
        time.sleep(case.rng.uniform(0, 0.02))
        kill(worker)
        wrong += _against(log, home)
    return wrong + unsound(home)


def _against(log: Path, home: Path) -> list[str]:
    """What the library has or lacks against what was acknowledged; what a kill left undecided is noted as it is."""
    present: set[str] = set()
    maybe: set[str] = set()
    for line in log.read_text().splitlines():
        word, document = line.split()
        present = present | {document} if word == "added" else present - {document}
        maybe = maybe | {document} if word == "try-remove" else maybe - {document} if word == "removed" else maybe
    with Store(home).read() as view:
        stored = [info.id for info in view.documents()]
        n_vectors, n_passages = len(view.vectors()[0]), view.counts()[1]
    wrong = [f"lost: {document}" for document in present - set(stored) - maybe]
    wrong += ["a document stands twice"] if len(set(stored)) < len(stored) else []
    # one may be committed but not yet acknowledged
    wrong += ["a removed document came back"] if len(set(stored) - present) > 1 + len(maybe) else []
    wrong += [f"{n_vectors} vectors of {n_passages} passages"] if n_vectors != n_passages else []
    with open(log, "a") as file:
        file.writelines(f"added {d}\n" for d in set(stored) - present)
        file.writelines(f"removed {d}\n" for d in present - set(stored))
    return wrong


def kb(home: Path, *arguments: str) -> list[str]:
    """The command line of kb on this library."""
    return [sys.executable, "-m", "kb", arguments[0], "--home", str(home), *arguments[1:]]


def _killed_command(case: Case) -> list[str]:
    home, papers, n = case.folder / "library", case.folder / "papers", 60
    papers.mkdir()
    for i in range(n):
        (papers / f"{i}.md").write_text(f"# Paper {i}\n\nIt says number {i}. 它说的是第{i}号。\n")
    command = kb(home, "add", "--encoder", "hashing", str(papers))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    if case.rng.random() < 0.8:  # once it has begun to store, else at any time
        wait_until(lambda: (home / "kb.sqlite3").exists() or process.poll() is not None)
        time.sleep(case.rng.uniform(0, 0.6))
    else:
        time.sleep(case.rng.uniform(0, 2))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        return [f"the second run ended with {ended.returncode}: {ended.stdout[-300:]} {ended.stderr[-300:]}"]
    with Store(home).read() as view:
        found = sorted(info.path.rsplit("/", 1)[-1] for info in view.documents())
    wrong = []
    wrong += [f"{len(found)} of {n} documents"] if found != sorted(f"{i}.md" for i in range(n)) else []
    return wrong + unsound(home)


# --- 2: damaged write-ahead logs

_WRITE_AND_DIE = """
import os, sys
from pathlib import Path
from kb.store import Store
from tests.making import make_prepared
opened = Store(Path(sys.argv[1])).write('test')
writer = opened.__enter__()
for i in range(30):
    writer.commit(make_prepared(f'Text number {i}.', f'{i}.md'), 'hashing')
os.kill(os.getpid(), 9)
"""


def logs(case: Case) -> list[str]:
    """A write-ahead log of 30 commits is cut, zeroed, flipped or overwritten somewhere: a prefix of them is left."""
    home = case.shared / "written"
    writing = [sys.executable, "-c", _WRITE_AND_DIE, str(home)]
    case.once("written", lambda: subprocess.run(writing, check=False, cwd=ROOT))
    log = (home / "kb.sqlite3-wal").read_bytes()
    # bytes 4 to 8 of the first frame that ends a commit are not 0
    schema_end = next(at + _FRAME for at in range(32, len(log), _FRAME) if any(log[at + 4:at + 8]))
    damaged, at = bytearray(log), case.rng.randrange(len(log))
    match case.i % 4:
        case 0:
            damaged = damaged[:at]
        case 1:
            damaged[at:at + 4096] = bytes(len(damaged[at:at + 4096]))
        case 2:
            damaged[at] ^= 1 << case.rng.randrange(8)
        case 3:
            damaged[at:at + 512] = case.rng.randbytes(len(damaged[at:at + 512]))
    shutil.copy(home / "kb.sqlite3", case.folder / "kb.sqlite3")
    (case.folder / "kb.sqlite3-wal").write_bytes(damaged)
    store = Store(case.folder)
    try:
        with store.read() as view:
            paths = sorted(int(info.path.removesuffix(".md")) for info in view.documents())
    except LibraryError as error:
        named = error.code in ("E_DAMAGED", "E_VERSION", "E_NO_LIBRARY")
        return [] if named and at < schema_end else [f"{error.code}, damaged at {at} of {len(log)}"]
    store.close()
    return [] if paths == list(range(len(paths))) else [f"no prefix: {paths}"]


# --- 4: a full disk

_LEVELS = (0, 512, 2048, 3500, 6000, 16_000, 48_000, 120_000, 300_000, 900_000)  # bytes that are left


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 3 MB in the folder; False where none can be mounted: the size of files is limited then."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True,
                          check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def full_disks(case: Case) -> list[str]:
    """Documents are added to a library on a disk with so much left: what was there is there and is found, and the error
    says that the disk is full. Where nothing can be mounted, the size of any file is limited."""
    left = _LEVELS[case.i % len(_LEVELS)]
    disk = case.folder / "disk"
    disk.mkdir()
    with _small_disk(disk) as is_mounted:
        home = disk / "library"
        before = fill(home, 12)
        writer = FORK.Process(target=_fill_the_rest, args=(str(home), left if is_mounted else None, left))
        writer.start()
        writer.join()
        wrong = {0: [], 3: []}.get(writer.exitcode or 0, [f"ended with {writer.exitcode}"])
        (disk / "ballast").unlink(missing_ok=True)
        store = Store(home)
        with store.read() as view:
            stored = {info.id for info in view.documents()}
            snapshot = store.index.load(view)
            ids, vectors = view.vectors()
            question = ENCODER.encode(["Document 3"])
            scores, nearest = snapshot.search(view, question, 5)
            expected = np.sort(vectors @ question[0])[::-1][:5]
        wrong += ["an acknowledged document is lost"] if not set(before) <= stored else []
        is_found = np.allclose(scores, expected, atol=1e-5) and set(nearest.tolist()) <= set(ids.tolist())
        wrong += [] if is_found else ["other passages are nearest than by brute force"]
        store.close()
        wrong += unsound(home)
        with Store(home).write("after") as after:
            after.commit(make_prepared("It goes on.", "on.md"), "hashing")
    return wrong


def _fill_the_rest(home: str, on_disk: int | None, left: int) -> None:
    if on_disk is not None:
        parent = Path(home).parent
        size = shutil.disk_usage(parent).free - on_disk
        with (parent / "ballast").open("wb") as file:
            file.write(b"x" * max(0, size // 4096 * 4096))
    else:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        database = Path(home, "kb.sqlite3").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (database + left, database + left))
    try:
        fill(Path(home), 200, "another ")
    except LibraryError as error:
        os._exit(3 if error.code in ("E_DISK", "E_READONLY") else 9)
    except OSError:
        os._exit(8)
    os._exit(0)


# --- 7: removed documents


def _remove(home: str, documents: list[str]) -> None:
    for document in documents:
        with contextlib.suppress(UnknownDocument), Store(Path(home)).write("remove") as writer:
            writer.remove(document)


def removals(case: Case) -> list[str]:
    """Five of eight documents are removed in any order, by a process that is killed once and run again: no search,
    answer, survey or file has them afterwards."""
    home, wrong = case.folder / "library", []
    word = "Xylophonquartz" + "".join(case.rng.choices("abcdefgh", k=6))
    with KnowledgeBase.open(home, encoder="hashing") as base:
        papers = case.folder / "papers"
        papers.mkdir()
        for i in range(8):
            (papers / f"{i}.md").write_text(
                f"# {word}{i} pruning\n\n{word}{i} is a method that removes weights that matter little.\n\n"
                f"## Results\n\n{word}{i} reached {i}0 percent of the accuracy of the dense network on task {i}.\n")
        gone = [added.document for added in base.add([papers]).added]
    case.rng.shuffle(gone)
    kept, gone = gone[5:], gone[:5]
    with KnowledgeBase.open(home, encoder="hashing") as base:
        titles = {info.id: info.title.split()[0] for info in base.documents()}
    shutil.rmtree(papers)  # only the library itself is looked at
    for is_killed in (True, False):
        worker = FORK.Process(target=_remove, args=(str(home), gone))
        worker.start()
        if is_killed:
            time.sleep(case.rng.uniform(0, 0.15))
            kill(worker)
        worker.join()
    with KnowledgeBase.open(home, encoder="hashing") as base:
        wrong += ["other documents are left"] if sorted(info.id for info in base.documents()) != sorted(kept) else []
        for document in gone:
            name = titles[document]
            hits = base.search(name, 10)
            answer = base.ask(f"What is {name}?")
            cited = {c.document for claim in answer.claims for c in claim.citations}
            wrong += [f"{name} is found"] if document in {hit.document for hit in hits} | cited else []
        survey = base.survey("pruning")
        shown = str(survey.to_dict())
        wrong += [f"{titles[d]} stands in a survey" for d in gone if titles[d] in shown or d in shown]
    for path in (path for path in home.rglob("*") if path.is_file()):
        data = path.read_bytes().lower()
        wrong += [f"{titles[d]} stands in {path.name}" for d in gone if titles[d].lower().encode() in data]
    return wrong + unsound(home)


# --- 10: damage that verify has to find


def damage(case: Case) -> list[str]:
    """One bit of the database, or one value of any table and column, is changed in a copy: `kb verify` finds it."""
    full = case.once("full", lambda: full_library(case.shared / "full"))
    missed = missed_flips if case.i % 2 else missed_harms
    return [f"not found: {done}" for done in missed(full, case.folder, 1, case.rng.randrange(1 << 30))]
