"""Folders that are watched: what happens to their files happens in the library, errors do not end it."""

import os
import threading
import time

import pytest

from kb.base.watching import wait_until_written, watch
from kb.cli.watch import lines_of
from tests.waiting import wait_until


def test_a_file_that_is_being_written_is_waited_for(tmp_path):
    path, stop, sizes = tmp_path / "a.md", threading.Event(), []
    path.write_text("# A\n")

    class Growing(threading.Event):
        """Another line each time it is waited for, three times."""

        def wait(self, timeout=None):
            sizes.append(path.stat().st_size)
            if len(sizes) < 4:
                path.write_text(path.read_text() + "More.\n")
            return False

    wait_until_written(tmp_path, Growing(), 0.0)
    assert len(sizes) == 4 and sizes == sorted(sizes) and not stop.is_set()


def test_what_happens_in_a_folder_happens_in_the_library(base, tmp_path):
    pytest.importorskip("watchfiles", reason="pip install 'bilingual-kb[watch]'")
    folder, stop, lines = tmp_path / "papers", threading.Event(), []
    folder.mkdir()
    (folder / "first.md").write_text("# The first paper\n\nIt is about attention.\n")

    def follow():
        for done in watch(base, [str(folder), str(tmp_path / "none")], stop=stop, still=0.1):
            lines.extend(lines_of(done))

    thread = threading.Thread(target=follow)
    thread.start()

    def said(word, name):
        return any(line.startswith(word) and name in line for line in lines)

    try:
        wait_until(lambda: said("added", "first.md") and said("ERROR", "none"))
        with (folder / "second.md").open("w") as file:
            for _ in range(4):
                file.write("# The second paper\n\nIt is about retrieval.\n\n")
                file.flush()
                time.sleep(0.05)
        wait_until(lambda: said("added", "second.md"))
        os.rename(folder / "first.md", folder / "renamed.md")
        wait_until(lambda: said("renamed", "renamed.md"))
        (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
        wait_until(lambda: said("FAILED", "broken.pdf"))
        (folder / "second.md").unlink()
        wait_until(lambda: said("removed", "second.md"))
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert [info.path.rsplit("/", 1)[1] for info in base.documents()] == ["renamed.md"]
    assert sum("second.md" in line for line in lines) == 2  # one line each
