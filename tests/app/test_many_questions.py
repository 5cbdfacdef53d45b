"""Fifty questions at once, while another process adds documents: each is answered."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from kb import KnowledgeBase
from tests.app.conftest import NOTE
from tests.app.talking import Visit
from tests.browser import running_app
from tests.conftest import ROOT
from tests.waiting import wait_until

N = 50
# Adds a note, again and again, until it is told to stop; prints how many. The app writes too, the log of what was
# asked, and there is one writer: whoever is refused asks again.
ADDS = """
import sys
from pathlib import Path
from kb import KnowledgeBase
from kb.errors import LibraryError
folder, n = Path(sys.argv[1]), 0
while not (folder / "stop").exists():
    n += 1
    (folder / f"{n}.md").write_text(f"# Note {n}\\n\\nNote {n} is a note about nothing.\\n")
    with KnowledgeBase.open(folder / "library", encoder="hashing") as base:
        while True:
            try:
                assert len(base.add([folder / f"{n}.md"]).added) == 1
                break
            except LibraryError as error:
                assert error.code == "E_BUSY"
    print(n, flush=True)
"""


@pytest.mark.slow
def test_fifty_questions_at_once_while_documents_are_added_are_all_answered(tmp_path):
    (tmp_path / "note.md").write_text(NOTE)
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add([tmp_path / "note.md"])
    with running_app(tmp_path / "library", "--encoder", "hashing") as app, ThreadPoolExecutor(N) as pool:
        cookie, together = app.cookie(), Barrier(N)

        def ask(_):
            visit = Visit(app, cookie).open("")
            together.wait()
            words = " ".join(visit.ask("什么是剪枝？").words())
            visit.close()
            return words

        with open(tmp_path / "added", "wb") as said:
            adds = subprocess.Popen([sys.executable, "-c", ADDS, str(tmp_path)], cwd=ROOT, stdout=said)
        try:
            wait_until(lambda: (tmp_path / "added").stat().st_size or adds.poll() is not None)
            before = len((tmp_path / "added").read_text().split())
            answers = list(pool.map(ask, range(N)))
            during = len((tmp_path / "added").read_text().split()) - before
        finally:
            (tmp_path / "stop").touch()
        assert adds.wait() == 0
    quote = "剪枝是指移除不重要的权重。".encode("unicode_escape").decode()
    assert [words for words in answers if ":green-badge[found]" not in words or quote not in words] == []
    assert during > 0, "nothing was added meanwhile"
