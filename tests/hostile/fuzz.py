"""Spoiled files through the readers in their limited process: `python -m tests.hostile.fuzz --files 1600 --seed 1`.

Prints a table: for every kind how many files ended in which status, and the longest time. Exit code 1 where a reading
process died, a document is not sound, a status has no name, or where pypdf finds words in a PDF and the reader none.
Begins with the small files of mutating.py, and with the files of --folder, where one is given. The same seed and files
give the same spoiled files.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pypdf

from kb.errors import FileProblem
from kb.readers import SUPPORTED, Limits, scan
from kb.readers.members import entered
from kb.readers.sandbox import Sandbox
from tests.hostile.mutating import CODES, SEEDS, mutated, spoiled_inside
from tests.readers.conftest import check

LIMITS = Limits(cpu_seconds=10, max_pages=50, memory_mb=512)
_LARGEST = 300_000  # bytes of a file to begin with: larger ones only take longer
_LEAST = 20  # letters that another tool must find
_PATIENCE = 20  # seconds for the other tool


def outcomes(sandbox: Sandbox, path: Path) -> list[str]:
    """The statuses and codes in which a file ends, or what is in it. Errors: AssertionError for an unsound document."""
    sources, problems = entered(*scan([path]))
    found = [problem.code for problem in problems]
    for source in sources:
        try:
            document = sandbox.read(source)
        except FileProblem as error:
            assert error.describe("en")[0] and error.describe("zh")[0]
            found.append(error.code)
        else:
            check(document)
            found.append(document.status)
    return found


def words_of_pypdf(data: bytes) -> str:
    """What pypdf finds in a PDF, "" where it fails or takes too long."""
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_PATIENCE)
    try:
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages[:LIMITS.max_pages])
    except Exception:  # whatever a broken file does to it
        return ""
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def are_words(text: str) -> bool:
    """Whether a text has letters, and no signs for control among them: such are the codes of a font without a map."""
    n_control = sum(sign < " " and not sign.isspace() for sign in text)
    return sum(sign.isalpha() for sign in text) >= _LEAST and n_control <= len(text) / 100


def spoiled_files(folder: Path | None, n_files: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """(suffix, bytes) of so many files, each kind as often as any other."""
    good: dict[str, list[bytes]] = {suffix: [make()] for suffix, (make, _) in SEEDS.items()}
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.suffix.lower() in SUPPORTED and path.is_file() and 0 < path.stat().st_size <= _LARGEST:
            good.setdefault(path.suffix.lower()[1:], []).append(path.read_bytes())
    rng = random.Random(seed)
    kinds = sorted(good)
    for i in range(n_files):
        suffix = kinds[i % len(kinds)]
        yield suffix, rng.choice((mutated, spoiled_inside))(rng.choice(good[suffix]), rng)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz", description=__doc__.split("\n")[0])
    parser.add_argument("--files", type=int, default=1600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="real files to begin with, besides the small ones")
    parser.add_argument("--keep", type=Path, help="where files are kept on which something went wrong")
    options = parser.parse_args(arguments)
    logging.disable()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    wrong: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, Sandbox(LIMITS) as sandbox:
        for i, (suffix, data) in enumerate(spoiled_files(options.folder, options.files, options.seed)):
            path = Path(folder) / f"bad.{suffix}"
            path.write_bytes(data)
            start, faults = time.monotonic(), []
            try:
                found = outcomes(sandbox, path)
            except AssertionError as error:
                found, faults = ["unsound"], [f"unsound: {error}"]
            seconds = time.monotonic() - start
            slowest[suffix] = max(slowest[suffix], seconds)
            counts[suffix].update(found)
            faults += [f"no named status: {code}" for code in found if code not in CODES and code != "unsound"]
            if suffix == "pdf" and found[0] not in ("ok", "partial", "E_PASSWORD", "E_CIPHER"):
                with contextlib.redirect_stderr(io.StringIO()):
                    words = words_of_pypdf(data)
                if are_words(words):
                    faults.append(f"pypdf finds words, the reader {found[0]}")
            wrong.update(faults)
            if faults and options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{i:05}.{suffix}").write_bytes(data)
    for suffix in sorted(counts):
        told = ", ".join(f"{n} {code}" for code, n in counts[suffix].most_common())
        print(f"{suffix:6} {slowest[suffix]:5.1f} s at most   {told}")
    total = sum(counts.values(), Counter())
    print(f"{options.files} files: {total.total()} outcomes; "
          f"{total['E_READER_DIED']} died, {total['E_CPU']} ran out of time, {total['E_MEMORY']} of memory")
    for fault, n in wrong.most_common():
        print(f"WRONG {n}: {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
