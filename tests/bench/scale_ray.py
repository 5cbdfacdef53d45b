"""How much faster two nodes of one core add than one, and what kills cost: python -m tests.bench.scale_ray [N]

Adds N passages (default 2,000) of the corpus's sentences with the bundled encoder in fp32: on this machine with one
thread, with `--ray` on one node of one core, on two, and on two while an actor, a node and the driver are killed with
-9 (the node joins again, the same command is given again). Each node is held to a core of its own; the driver, which
commits, has what is left of both. Seconds are wall times from the first file asked for to the last commit, without the
start of Python, of the connection and of the actors, which the column "start" has; CPU seconds are those of the actors
and of the driver's two processes, which other work on the machine does not count in. Writes tests/bench/SCALE.md.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.measure import machine
from tests.cluster.nodes import ADDRESS, Nodes, why_not
from tests.conftest import CORPUS, ROOT
from tests.waiting import wait_until

HERE = Path(__file__).resolve().parent
PER_FILE = 20  # passages
ADD = """
import json, os, resource, sys, time
from pathlib import Path
from kb.cluster.link import Cluster
from kb.encoder.engine import open_bundled
from kb.ingest import ingest
from kb.readers import Limits
from kb.readers.sandbox import Sandbox
from kb.store import Store
home, papers, address = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
encoder = open_bundled("fp32")
encoder.encode(["warm", "热"])
began, times = time.time(), []
def told(progress):
    if progress.phase == "commit":
        times.append(time.time())
def run(cluster):
    return ingest([papers], Store(home), encoder, lambda: Sandbox(Limits()), preparers=cluster, on_progress=told)
n_sent = 0
if address:
    with Cluster(address, home, encoder, "fp32", Limits()) as cluster:
        first = {}
        keep = Cluster._keep
        def kept(self, number, data):
            first.setdefault("at", time.time())
            keep(self, number, data)
        Cluster._keep = kept
        report = run(cluster)
        n_sent = cluster.n_sent
    began = first.get("at", began)
else:
    report = run(None)
cpu = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({"seconds": times[-1] - began, "passages": sum(one.n_passages for one in report.added),
                  "added": len(report.added), "unchanged": len(report.unchanged), "failed": len(report.failed),
                  "sent": n_sent, "driver": sum(use.ru_utime + use.ru_stime for use in cpu)}))
"""


def write_papers(folder: Path, n_passages: int) -> None:
    """Files of about PER_FILE passages each, of paragraphs of the corpus in a fixed random order."""
    paragraphs = [text for path in sorted((CORPUS / "papers").glob("*.md"))
                  for text in re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
                  if 200 < len(text) < 1200 and not text.startswith(("#", "|", "-"))]
    rng = random.Random(0)
    folder.mkdir()
    for i in range(n_passages // PER_FILE):
        parts = [f"## Part {j} of {i}\n\n{rng.choice(paragraphs)}" for j in range(PER_FILE)]
        (folder / f"paper{i:05}.md").write_text(f"# Paper {i}\n\n" + "\n\n".join(parts), encoding="utf-8")


def rows(home: Path) -> dict[str, list[Any]]:
    with sqlite3.connect(home / "kb.sqlite3") as database:
        ids = database.execute("SELECT id FROM documents ORDER BY id").fetchall()
        passages = database.execute("SELECT id, document, start, end, hash FROM passages ORDER BY id").fetchall()
        blobs = database.execute("SELECT vector FROM vectors ORDER BY passage").fetchall()
    return {"ids": ids, "passages": passages,
            "vectors": [np.frombuffer(blob, np.float16).astype(np.float32) for (blob,) in blobs]}


def cpu_of(pids: list[int]) -> float:
    """CPU seconds that these processes have used."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))  # own and of children that ended
    return total / os.sysconf("SC_CLK_TCK")


def command(home: Path, papers: Path, address: str) -> list[str]:
    return [sys.executable, "-c", ADD, str(home), str(papers), address]


def here(home: Path, papers: Path) -> dict[str, Any]:
    done = subprocess.run(command(home, papers, ""), capture_output=True, text=True, check=True, cwd=ROOT,
                          env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)})
    return {"run": "this machine, one thread, no Ray", **json.loads(done.stdout)}


def on_nodes(nodes: Nodes, home: Path, papers: Path, name: str) -> dict[str, Any]:
    began = time.time()
    process = nodes.popen(command(home, papers, ADDRESS))
    used: dict[int, float] = {}
    while process.poll() is None:
        for pid in nodes.actors():
            try:
                used[pid] = cpu_of([pid])
            except OSError:
                continue
        time.sleep(0.5)
    out, err = process.communicate()
    assert process.returncode == 0, err
    found = json.loads(out)
    return {"run": name, **found, "actors": sum(used.values()), "start": time.time() - began - found["seconds"]}


def with_kills(nodes: Nodes, home: Path, papers: Path, n_files: int) -> dict[str, Any]:
    """An actor at a quarter, a node at a half, the driver at three quarters, each by -9; then the same command."""
    began = time.time()
    process = nodes.popen(command(home, papers, ADDRESS))

    def committed() -> int:
        if not (home / "kb.sqlite3").exists():
            return 0
        try:
            with sqlite3.connect(home / "kb.sqlite3") as database:
                return int(database.execute("SELECT count(*) FROM documents").fetchone()[0])
        except sqlite3.Error:
            return 0

    wait_until(lambda: committed() >= n_files // 4 and len(nodes.actors()) == 2)
    os.kill(nodes.actors()[0], signal.SIGKILL)
    wait_until(lambda: committed() >= n_files // 2)
    os.kill(nodes.raylets.pop(), signal.SIGKILL)
    nodes.join(core=1)
    wait_until(lambda: committed() >= 3 * n_files // 4)
    process.kill()
    process.communicate()
    prepared = len(list((home / "prepared").glob("[!.]*"))) if (home / "prepared").is_dir() else 0
    done = len({path.name[:12] for path in (home / "prepared").glob("[!.]*")} | {row[0] for row in rows(home)["ids"]})
    again = on_nodes(nodes, home, papers, "")
    return {"run": "two nodes; actor, node, driver killed", "seconds": time.time() - began, "done": done,
            "kept": prepared, **{k: again[k] for k in ("added", "unchanged", "failed", "sent")}}


def main() -> None:
    if why := why_not():
        sys.exit(why)
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        papers = root / "papers"
        write_papers(papers, n)
        n_files = len(list(papers.iterdir()))
        load = [os.getloadavg()[0]]
        found = [here(root / "here", papers)]
        nodes = Nodes(core=0)
        try:
            found.append(on_nodes(nodes, root / "one", papers, "one node of one core"))
            load.append(os.getloadavg()[0])
            nodes.join(core=1)
            found.append(on_nodes(nodes, root / "two", papers, "two nodes of one core"))
            load.append(os.getloadavg()[0])
            killed = with_kills(nodes, root / "killed", papers, n_files)
        finally:
            nodes.close()
        expected = rows(root / "here")
        worst, equal = 0.0, True
        for name in ("one", "two", "killed"):
            got = rows(root / name)
            equal &= got["ids"] == expected["ids"] and got["passages"] == expected["passages"]
            worst = max(worst, max(float(np.abs(a - b).max())
                                   for a, b in zip(got["vectors"], expected["vectors"], strict=True)))
        report(found, killed, n_files, equal, worst, load)


def report(found: list[dict[str, Any]], killed: dict[str, Any], n_files: int, equal: bool, worst: float,
           load: list[float]) -> None:
    one, two = found[1]["passages"] / found[1]["seconds"], found[2]["passages"] / found[2]["seconds"]
    sent_twice = killed["sent"] - (n_files - killed["done"])
    lines = ["# Adding on two nodes", "",
             f"`python -m tests.bench.scale_ray {n_files * PER_FILE}`: {found[0]['passages']} passages in {n_files} "
             f"files, bundled encoder in fp32, on {machine()}, {os.cpu_count()} cores; load of the machine when each "
             f"run began: {', '.join(f'{x:.1f}' for x in load)}.", "",
             "| run | passages | s | passages/s | start s | CPU s of actors | CPU s of driver |",
             "|---|---|---|---|---|---|---|"]
    for row in found:
        lines.append(f"| {row['run']} | {row['passages']} | {row['seconds']:.1f} | "
                     f"{row['passages'] / row['seconds']:.1f} | {row.get('start', 0):.1f} | "
                     f"{row.get('actors', 0):.1f} | {row['driver']:.1f} |")
    lines += ["", f"Two nodes are {two / one:.2f} times one by wall time (asked for: 1.7, on a machine that does "
              "nothing else).", "",
              "With an actor killed at a quarter, a node at a half (it joins again) and the driver at three quarters: "
              f"{killed['done']} of {n_files} files were done when the driver died ({killed['unchanged']} committed, "
              f"{killed['kept']} prepared and kept); the same command again sent {killed['sent']} files to nodes, "
              f"{sent_twice} more than were not done, and added {killed['added']}.", "",
              f"Ids and passages of all three libraries are {'those' if equal else 'NOT those'} of a local add; the "
              f"largest difference in a number of a stored vector (float16) is {worst:.1e}."]
    (HERE / "SCALE.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
