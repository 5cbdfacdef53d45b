"""What is kept of graphs on a machine."""

import subprocess
import sys

from kb.encoder.graph_cache import GraphCache


def test_what_two_processes_record_at_once_stays(tmp_path):
    code = ("import sys\nfrom pathlib import Path\nfrom kb.encoder.graph_cache import GraphCache\n"
            "for i in range(100): GraphCache(Path(sys.argv[1])).record('measured', {f'{sys.argv[2]}{i}': i})\n")
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "ab"]
    assert [process.wait() for process in started] == [0, 0]
    assert len(GraphCache(tmp_path).card()["measured"]) == 200
