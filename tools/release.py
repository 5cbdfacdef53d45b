"""What a release is made of: the wheel and the source, built, looked into, installed and tried.

    python tools/release.py [FOLDER]      into dist/, or the folder

Ends with what is wrong where the version, the changelog and the tag disagree, where a file is missing in either or
should not be there, or where the installed wheel does not add a document and answer from it. The wheel is installed
into an environment of its own, which sees the packages of this one: what is tried is the project's files, not the
index.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTE = "# Pruning\n\nPruning is the removal of weights that matter little. 剪枝是指移除不重要的权重。\n"
HEADING = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d|unreleased)\)$", re.MULTILINE)


def version() -> str:
    return re.search(r'__version__ = "(.+?)"', (ROOT / "kb" / "version.py").read_text(encoding="utf-8"))[1]


def disagreements(changelog: str, number: str, tags: dict[str, str], head: str) -> list[str]:
    """What of the version, the changelog and the tags is not so. tags: name -> commit; head: the commit that is
    built."""
    sections = HEADING.findall(changelog)
    if not sections:
        return ["CHANGELOG.md: no section \"## VERSION (DATE)\""]
    found = [] if sections[0][0] == number else [f"CHANGELOG.md begins with {sections[0][0]}, the version is {number}"]
    dates = [date for _, date in sections if date != "unreleased"]
    if dates != sorted(dates, reverse=True):
        found.append("CHANGELOG.md: the dates of its sections are not in order")
    if "unreleased" in [date for _, date in sections[1:]]:
        found.append("CHANGELOG.md: a section below the first is unreleased")
    tagged = tags.get(f"v{number}")
    if tagged and tagged == head and sections[0][1] == "unreleased":
        found.append(f"v{number} is tagged, and its section of CHANGELOG.md has no date")
    if tagged and tagged != head:
        found.append(f"v{number} is tagged already, and this is another commit: raise kb/version.py")
    return found


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def tags() -> dict[str, str]:
    """Name -> the commit that it names."""
    found = (line.split() for line in git("show-ref", "--tags", "--dereference").splitlines())
    return {name.removeprefix("refs/tags/").removesuffix("^{}"): commit for commit, name in found}


def build(folder: Path) -> tuple[Path, Path]:
    """(wheel, source), by the backend that is installed here, which is pinned."""
    folder.mkdir(parents=True, exist_ok=True)
    code = ("import setuptools.build_meta as backend, sys\n"
            "folder = sys.argv[1]\n"
            "print('made', backend.build_sdist(folder), backend.build_wheel(folder))")
    with tempfile.TemporaryDirectory() as scratch:  # what setuptools leaves beside its sources stays out of the clone
        archive = Path(scratch) / "commit.tar"
        subprocess.run(["git", "archive", "--output", str(archive), "HEAD"], cwd=ROOT, check=True)
        copy = Path(scratch) / "kb"
        with tarfile.open(archive) as tar:
            tar.extractall(copy, filter="data")
        done = subprocess.run([sys.executable, "-c", code, str(folder.resolve())], cwd=copy, capture_output=True,
                              encoding="utf-8", check=False, env={**os.environ, "PYTHONPATH": ""})
    found = re.search(r"^made (\S+) (\S+)$", done.stdout, re.MULTILINE)
    if not found:
        sys.exit(done.stdout + done.stderr)
    return folder / found[2], folder / found[1]


def faults(wheel: Path, source: Path) -> list[str]:
    """What is not in them, or should not be."""
    kept = git("ls-files").splitlines()
    with zipfile.ZipFile(wheel) as file:
        inside = set(file.namelist())
    wanted = {re.sub(r"^app/", "kb_app/", name) for name in kept if re.match(r"(?:kb|app)/", name)}
    found = [f"{wheel.name} has no {name}" for name in sorted(wanted - inside)]
    found += [f"{wheel.name} has {name}" for name in sorted(inside - wanted) if ".dist-info/" not in name]
    with tarfile.open(source) as tar:
        there = {name.partition("/")[2] for name in tar.getnames()}
    found += [f"{source.name} has no {name}" for name in kept
              if name not in there and name.partition("/")[0] in ("kb", "app", "pyproject.toml", "LICENSE", "NOTICE")]
    return found


def environment(folder: Path, wheel: Path) -> Path:
    """The command of a new environment in which the wheel is installed, and nothing else of this project."""
    venv.create(folder, with_pip=False, symlinks=True)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site / "others.pth").write_text("\n".join(here) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python",
                    str(folder / "bin" / "python"), "install", "--no-deps", "--no-index", "--ignore-installed",
                    str(wheel)], check=True)
    return folder / "bin" / "kb"


def tried(command: Path, folder: Path) -> list[str]:
    """What the installed command does not do. It runs where the clone cannot be imported."""
    (folder / "note.md").write_text(NOTE, encoding="utf-8")
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "PYTHON"))}
    settings |= {"KB_HOME": str(folder / "library"), "XDG_CONFIG_HOME": str(folder / "config"), "LC_ALL": "C.UTF-8",
                 "KB_CACHE": os.environ.get("KB_CACHE", str(folder / "cache"))}
    found = []

    def run(*arguments: str) -> str:
        done = subprocess.run([str(command), *arguments], cwd=folder, capture_output=True, encoding="utf-8",
                              env=settings, check=False)
        if done.returncode:
            found.append(f"kb {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    if run("--version").strip() != f"kb {version()}":
        found.append(f"kb --version does not say {version()}")
    code = "import kb, kb_app; print(kb.__file__, kb_app.__file__)"
    where = subprocess.run([str(command.parent / "python"), "-c", code], cwd=folder, capture_output=True,
                           encoding="utf-8", env=settings, check=False).stdout
    if str(ROOT) in where or where.count(str(command.parent.parent)) != 2:
        found.append(f"what was tried is not what was installed: {where}")
    doctor = run("doctor", "--json")
    if doctor and (bad := [one for one in json.loads(doctor)["findings"] if one["level"] == "error"]):
        found.append(f"kb doctor: {bad}")
    run("add", "note.md")
    if answer := run("ask", "什么是剪枝？", "--json"):
        said = json.loads(answer)
        if said["status"] != "found" or "剪枝是指移除不重要的权重。" not in json.dumps(said, ensure_ascii=False):
            found.append(f"kb ask: {answer}")
    return found


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    wrong = disagreements(changelog, version(), tags(), git("rev-parse", "HEAD"))
    if git("status", "--porcelain"):
        print("what is not committed is not in it", file=sys.stderr)
    wheel, source = build(folder)
    wrong += faults(wheel, source)
    with tempfile.TemporaryDirectory() as scratch:
        wrong += tried(environment(Path(scratch) / "environment", wheel), Path(scratch))
    if wrong:
        sys.exit("\n".join(wrong))
    for path in (wheel, source):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
