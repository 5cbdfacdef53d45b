"""One generation for one question: documents that are replaced or removed meanwhile neither raise nor show half of
what they were."""

import contextlib
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from kb import KnowledgeBase
from kb.errors import LibraryError, NothingIndexed, OffTopic, SurveyError
from kb.store import Store
from kb.survey import make_request
from kb.types import Metadata
from tests.making import make_prepared


def paper(name: str, version: int) -> str:
    return (f"# {name} for model compression\n\n{name} is a method of model compression that removes weights, "
            f"edition {version}.\n\n## Method\n\n{name} trains the network in {version} rounds and prunes weights."
            f"\n\n## Results\n\nOn ImageNet {name} keeps 9{version % 10}.5% accuracy after {version} rounds.\n\n"
            f"## Limits\n\nA limitation of {name} is that {version} rounds cost many days of training.\n")


NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm")


def prepared(name: str, version: int):
    made = make_prepared(paper(name, version), f"/papers/{name}.md")
    return replace(made, document=replace(made.document, metadata=Metadata(title=f"{name} for model compression")))


@pytest.fixture
def base(tmp_path):
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as opened:
        with Store(opened.home).write("add") as writer:
            for name in NAMES:
                writer.commit(prepared(name, 1), "hashing")
        yield opened


def paths_of(seen):
    """The documents that were seen of each file."""
    found: dict[str, set[str]] = {}
    for document, path in seen:
        found.setdefault(path, set()).add(document)
    return found


@pytest.fixture
def changing(base):
    """Replaces one document after the other, and removes and adds one, until the test is done."""
    stop, versions = threading.Event(), []

    def work():
        store, version = Store(base.home), 1
        while not stop.wait(0.01):
            version += 1
            with contextlib.suppress(LibraryError), store.write("add") as writer:  # the table's cells are written
                added = writer.commit(prepared(NAMES[version % len(NAMES)], version), "hashing")
                if version % 4 == 0:
                    writer.remove(added.document)
                versions.append(version)

    thread = threading.Thread(target=work)
    thread.start()
    yield versions
    stop.set()
    thread.join()


def ask(base):
    answer = base.ask("What is a limitation of Birch?")
    return [(citation.document, citation.path) for claim in answer.claims for citation in claim.citations]


def compare(base):
    answer = base.ask("What is the difference between Alder and Cedar?")
    return [(citation.document, citation.path) for claim in answer.claims for citation in claim.citations]


def search(base):
    return [(hit.document, hit.path) for hit in base.search("rounds of training", 20)]


def table(base):
    return [(row.document, row.path) for row in base.table(["accuracy", "limitation"]).rows if row.path]


def survey(base):
    survey = base.surveyor().write(make_request("model compression", "en"))
    return [(reference.document, reference.file) for reference in survey.references]


def several(base):
    return [(edge.cited, "") for edge in base.citation_graph().edges]


@pytest.mark.parametrize(("use", "times"), [(ask, 10), (compare, 5), (search, 10), (table, 3), (survey, 2),
                                            (several, 5)])
def test_a_question_reads_one_generation(base, changing, use, times):
    errors: list[BaseException] = []

    def works():
        try:
            n_before, n = len(changing), 0
            while n < times or len(changing) < n_before + 8:
                n += 1
                try:
                    seen = use(base)
                except (NothingIndexed, OffTopic, SurveyError):
                    continue
                for path, documents in paths_of(seen).items():
                    assert not path or len(documents) == 1, (path, documents)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=works) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def test_a_writer_leaves_the_locks_of_its_process_alone(tmp_path):
    """To close any descriptor of a file gives up all of a process's POSIX locks on it: another process that closes
    last would then fold in and delete the log that this one reads."""
    (tmp_path / "a.md").write_text("# Words\n\nA word is a thing that is said.\n")
    asks = ("import fcntl, sys\nfile = open(sys.argv[1], 'r+b')\n"
            "try: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)\n"  # SQLite's shared locks
            "except OSError: print('held')\n")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add([tmp_path / "a.md"])
        with base.reading():
            base.add([tmp_path / "a.md"])
            base.edit(base.documents()[0].id, year=2001)
            found = subprocess.run([sys.executable, "-c", asks, str(base.home / "kb.sqlite3")], text=True,
                                   capture_output=True, check=True)
    assert found.stdout == "held\n"
