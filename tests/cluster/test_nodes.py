"""`kb add --ray` on a real cluster of two nodes with one CPU each: what is killed is not missed, and nothing is done
twice but what was on its way."""

import json
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from kb import KnowledgeBase
from tests import packages
from tests.cluster.nodes import ADDRESS, two_nodes, why_not
from tests.waiting import wait_until

pytestmark = [pytest.mark.engine, pytest.mark.slow]
N_FILES = 40


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("papers")
    for i in range(N_FILES):
        lines = [f"Sentence {j} of note {i} tells what attention does at step {i * j}. 第 {j} 句说的是第 {i} 条笔记。"
                 for j in range(90)]
        (folder / f"note{i:03}.md").write_text(f"# Note {i}\n\n" + "\n\n".join(lines), encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


@pytest.fixture(scope="module")
def nodes():
    if why := why_not():
        pytest.skip(why)
    with two_nodes() as started:
        yield started


@pytest.fixture(scope="module")
def expected(papers, tmp_path_factory):
    """What a local add makes of the files."""
    home = tmp_path_factory.mktemp("local") / "library"
    with KnowledgeBase.open(home, encoder="hashing") as base:
        report = base.add(papers)
    assert len(report.added) == N_FILES
    return rows(home), [(row.path, row.code) for row in report.failed]


def rows(home):
    """Every row of documents, passages and vectors, without the time of adding."""
    with sqlite3.connect(home / "kb.sqlite3") as database:
        return {table: database.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall() for table, columns in (
            ("documents", "id, path, sha256, text, sections, status"),
            ("passages", "id, document, start, end, text, section, hash"),
            ("vectors", "passage, vector"))}


def add(nodes, home, papers):
    return nodes.popen([sys.executable, "-m", "kb", "add", "--json", "--home", str(home), "--encoder", "hashing",
                        "--ray", ADDRESS, str(papers)])


def ended(process):
    out, err = process.communicate()
    assert process.returncode == 6, err  # one file is broken
    return json.loads(out)


def kept(home):
    return list((home / "prepared").glob("[!.]*")) if (home / "prepared").is_dir() else []


def committed(home):
    with sqlite3.connect(home / "kb.sqlite3") as database:
        return database.execute("SELECT count(*) FROM documents").fetchone()[0]


def send_to(pids, number):
    for pid in pids:
        os.kill(pid, number)


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def until(process, condition):
    """Waits while the process lives."""
    wait_until(lambda: condition() or process.poll() is not None)
    assert process.poll() is None, process.communicate()


def working(process, nodes, home):
    """The actors, stopped in the middle of their work."""
    until(process, lambda: len(nodes.actors()) == 2 and (home / "kb.sqlite3").exists() and kept(home))
    pids = nodes.actors()
    send_to(pids, signal.SIGSTOP)
    return pids


def test_a_killed_actor_changes_nothing_and_the_result_is_that_of_a_local_add(nodes, papers, expected, tmp_path):
    process = add(nodes, tmp_path / "library", papers)
    pids = working(process, nodes, tmp_path / "library")
    assert committed(tmp_path / "library") < N_FILES
    os.kill(pids[0], signal.SIGKILL)
    until(process, lambda: len(set(nodes.actors()) - set(pids)) == 1)
    os.kill(pids[1], signal.SIGCONT)
    report = ended(process)
    assert rows(tmp_path / "library") == expected[0]
    assert [(row["path"], row["code"]) for row in report["failed"]] == expected[1]
    assert not (tmp_path / "library/prepared").exists()


RESUME = """
import json, sys
from pathlib import Path
from kb import KnowledgeBase
from kb.cluster.link import Cluster
from kb.ingest import ingest
from kb.encoder.hashing import HashingEncoder
from kb.readers import Limits
from kb.store import Store
home, papers, address = sys.argv[1:]
with Cluster(address, Path(home), HashingEncoder(), "auto", Limits()) as cluster:
    report = ingest([papers], Store(Path(home)), HashingEncoder(), None, preparers=cluster)
print(json.dumps([cluster.n_sent, len(report.added), len(report.unchanged)]))
"""


def test_a_killed_driver_goes_on_with_what_is_kept_and_prepares_the_rest_alone(nodes, papers, expected, tmp_path):
    home = tmp_path / "library"
    process = add(nodes, home, papers)
    pids = working(process, nodes, home)
    process.kill()
    process.communicate()
    wait_until(lambda: not nodes.pids("kb.cluster.driver"))  # it ends by itself: its socket is closed
    send_to([pid for pid in pids if pid in nodes.actors()], signal.SIGCONT)
    n_committed, done = committed(home), {path.name[:12] for path in kept(home)}
    with sqlite3.connect(home / "kb.sqlite3") as database:
        done |= {row[0] for row in database.execute("SELECT id FROM documents")}
    assert 0 < len(done) < N_FILES
    found = nodes.run([sys.executable, "-c", RESUME, str(home), str(papers), ADDRESS])
    n_sent, n_added, n_unchanged = json.loads(found.stdout)
    assert (n_added, n_unchanged) == (N_FILES - n_committed, n_committed)
    assert n_sent == N_FILES - len(done) + 1  # and the broken file
    assert rows(home) == expected[0]


def test_a_killed_node_is_not_missed_and_one_that_joins_is_used(nodes, papers, expected, tmp_path):
    process = add(nodes, tmp_path / "library", papers)
    pids = working(process, nodes, tmp_path / "library")
    raylet = nodes.raylets.pop()
    (orphan,) = (pid for pid in pids if parent(pid) == raylet)
    os.kill(raylet, signal.SIGKILL)
    os.kill(orphan, signal.SIGCONT)  # one that is stopped does not see that its raylet is gone
    until(process, lambda: orphan not in nodes.actors())
    nodes.join()
    until(process, lambda: set(nodes.actors()) - set(pids))
    send_to(set(pids) & set(nodes.actors()), signal.SIGCONT)
    ended(process)
    assert rows(tmp_path / "library") == expected[0]


def test_a_node_with_another_version_is_an_error_that_names_it(nodes, papers, tmp_path):
    packages.lay(tmp_path / "site", "pypdf", "", {})
    nodes.join(environment={"PYTHONPATH": str(tmp_path / "site")})
    process = add(nodes, tmp_path / "library", papers)
    out, _ = process.communicate()
    assert process.returncode == 1
    error = json.loads(out)["error"]
    assert error["code"] == "E_RAY_NODE" and "127.0.0.1" in error["message"] and "pypdf is 1.0" in error["message"]


def test_an_address_where_nothing_answers_is_told_at_once(nodes, papers, tmp_path):
    process = nodes.popen([sys.executable, "-m", "kb", "add", "--home", str(tmp_path / "library"), "--encoder",
                           "hashing", "--ray", "127.0.0.1:1", str(papers)])
    _, err = process.communicate()
    assert process.returncode == 1
    assert "E_RAY_ADDRESS" in err and "nothing answers there" in err
