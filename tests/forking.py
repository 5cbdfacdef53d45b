"""The command run many times, each in a process of its own, but imported once: a process that forks for each run.

A start of Python with what a survey needs takes a second of CPU, more than most runs that a test kills. The forks are
taken before anything is opened or any thread begins, so each run is as if it were the first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType

from tests.conftest import ROOT

_SERVER = """
import importlib, json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from kb.cli.main import main
from tests.waiting import interrupt_this_process_at, kill_this_process_at
for name in sys.argv[2:]:
    importlib.import_module(name)
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if not child:
        for stream, file in enumerate(asked["files"]):
            os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), stream)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.path[1:1] = asked["packages"]
        os.chdir(asked["cwd"])
        kill_this_process_at(asked["kill_at"], Path(asked["folder"]))
        if asked["ctrl_c_at"]:
            interrupt_this_process_at(asked["ctrl_c_at"])
        sys.exit(main(asked["words"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Commands:
    """`kb WORDS`, as often as it is asked for.

    modules: what is imported before, besides the command itself: what the runs would each import.  environment: what
    theirs has besides."""

    def __init__(self, *modules: str, **environment: str) -> None:
        self._environment = environment
        self._server = subprocess.Popen([sys.executable, "-c", _SERVER, str(ROOT), *modules], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, encoding="utf-8", env={**os.environ, **environment})

    def run(self, *words: object, kill_at: int = 0, folder: Path = Path("/"),
            ctrl_c_at: Mapping[str, object] = MappingProxyType({}), packages: Sequence[Path] = (),
            said: Sequence[Path] = (Path(os.devnull), Path(os.devnull))) -> int:
        """Its exit code, or minus the signal that ended it; it has the environment and the folder of this process.

        kill_at: the change below `folder` before which the process kills itself, 1 the first; 0 does not.  ctrl_c_at:
        fields of the progress at which Ctrl-C is pressed.  packages: folders with packages beside kb.  said: the files
        that get its output and its errors."""
        assert self._server.stdin and self._server.stdout
        asked = {"words": [str(word) for word in words], "files": [os.devnull, *map(str, said)], "kill_at": kill_at,
                 "folder": str(folder), "ctrl_c_at": dict(ctrl_c_at), "packages": [str(path) for path in packages],
                 "environment": {**os.environ, **self._environment}, "cwd": os.getcwd()}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def __enter__(self) -> Commands:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.communicate()
