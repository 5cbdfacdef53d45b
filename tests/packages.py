"""Packages for tests, laid into a folder as pip would, without a network: PYTHONPATH does the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import ROOT
from tests.forking import Commands


def lay(site: Path, name: str, entry_points: str, modules: Mapping[str, str]) -> None:
    """A distribution of this name, version 1.0, with these modules (name -> source)."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, source in modules.items():
        (site / f"{module}.py").write_text(source, encoding="utf-8")


def install(site: Path, folder: Path) -> None:
    """What `pip install --no-deps --target SITE FOLDER` leaves of a package of single modules."""
    data = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    groups = data["project"]["entry-points"]
    lines = [f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in items.items()) for group, items in groups.items()]
    lay(site, data["project"]["name"], "\n".join(lines) + "\n", {})
    for module in data["tool"]["setuptools"]["py-modules"]:
        shutil.copy(folder / f"{module}.py", site)


def run_kb(commands: Commands, site: Path, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """`kb WORDS` with these packages; its exit code must be `code`."""
    said = site.parent / "stdout", site.parent / "stderr"
    for file in said:
        file.write_bytes(b"")
    given = commands.run(*words, packages=[site], said=said)
    out, err = (file.read_text(encoding="utf-8") for file in said)
    assert given == code, out + err
    return subprocess.CompletedProcess(["kb", *map(str, words)], given, out, err)


def environment(site: Path) -> dict[str, str]:
    """The environment of a process that has these packages beside kb."""
    paths = [str(site), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def run(site: Path, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS` with these packages; its exit code must be `code`."""
    done = subprocess.run([sys.executable, *map(str, arguments)], env=environment(site), capture_output=True,
                          encoding="utf-8", cwd=site.parent, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done
