"""What documents show of the command line: what is typed, what is printed after it, and how both are played.

    python -m tests.documents       plays the guides and writes what is printed into them

A block ```console holds lines that begin with "$ " and, after each, what it prints; a line "…" there stands for any
lines. Where nothing is shown, nothing is compared, but the command has to end well, unless `echo $?` after it says
otherwise.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from kb.cli.main import main, parser
from kb.cli.parser import Parser

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# They go on until they are stopped, or install something: tests of their own start the servers, build the package and
# read the container's files.
UNPLAYED = ("kb app", "kb api", "kb mcp", "kb serve", "make", "git", "pip", "pipx", "docker", "source")
GUIDES = ("tutorial", "surveys", "questions", "tables", "documents", "install")  # in this order, with one library


@dataclass(frozen=True)
class Step:
    """A line that is typed; `shown` is what stands after it, from `start` to `end` of the document."""

    line: str
    shown: str
    start: int
    end: int

    @property
    def is_played(self) -> bool:
        return not any(re.match(rf"{re.escape(words)}\b", self.line) for words in UNPLAYED)


def guides(language: str) -> list[Path]:
    """The guides whose commands go on with the library of the first."""
    return [ROOT / "docs" / "guide" / (f"{name}.zh.md" if language == "zh" else f"{name}.md") for name in GUIDES]


def steps(text: str) -> list[Step]:
    """Every line that a document has typed, in order."""
    found = []
    for block in CONSOLE.finditer(text):
        lines = [(m[1], block.start(1) + m.start(), block.start(1) + m.end())
                 for m in re.finditer(r"^\$ (.*)\n", block[1], re.MULTILINE)]
        for (line, _, end), (_, following, _) in zip(lines, [*lines[1:], ("", block.end(1), 0)], strict=True):
            found.append(Step(line, text[end:following], end, following))
    return found


@cache
def whole_parser() -> Parser:
    return parser()


def check(line: str) -> None:
    """A line that is not played says what there is: a command that the parser takes, a target of the Makefile, an
    extra of the project, a service of compose.yaml. Errors: SystemExit, AssertionError."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # settings for one command
        words = words[1:]
    if words[:1] == ["make"]:
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), line
    if words[:1] in (["pip"], ["pipx"]):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        named = {name for names in re.findall(r"\[([\w,]+)\]", line) for name in names.split(",")}
        assert named <= set(project["optional-dependencies"]), line
    if words[:2] == ["docker", "compose"]:
        services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
        verbs = [i for i, word in enumerate(words) if word in ("up", "run", "logs", "down")]
        those = [word for word in words[verbs[0] + 1:] if not word.startswith("-")]
        assert those[0] in services, line
        words = those[1:]
    if words[:1] == ["kb"] and "…" not in line:
        understood(words[1:words.index(">")] if ">" in words else words[1:])


def understood(words: list[str]) -> None:
    """Errors: SystemExit, unless it is how a command ends that only prints something."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            whole_parser().parse_args(words)
    except SystemExit as end:
        if end.code:
            raise


def is_shown(shown: str, printed: str) -> bool:
    """Whether a document shows what was printed."""
    pattern = "".join(r"(?:.*\n)*?" if line == "…\n" else re.escape(line) for line in shown.splitlines(keepends=True))
    return re.fullmatch(pattern, printed) is not None


class Typist:
    """Types lines, one after the other, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code, self.told, self.began = 0, "", date.today()
        folder.mkdir(exist_ok=True)
        if not (folder / "corpus").exists():
            (folder / "corpus").symlink_to(ROOT / "corpus")

    def type(self, line: str) -> str:
        """What it prints on standard output; `code` is how it ended."""
        if found := re.fullmatch(r"export (\w+)=(\S+)", line):
            os.environ[found[1]] = os.path.expanduser(found[2])
            return ""
        if line == "echo $?":
            code, self.code = self.code, 0
            return f"{code}\n"
        words = shlex.split(line, comments=True)
        into = self.folder / words[-1] if words[-2:-1] == [">"] else None
        if words[0] != "kb":
            done = subprocess.run(["bash", "-c", line], cwd=self.folder, capture_output=True, encoding="utf-8",
                                  check=False)
            self.code = done.returncode
            return done.stdout
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                self.code = main(words[1:-2] if into else words[1:])
            except SystemExit as end:
                self.code = int(end.code or 0)
        self.told = bytes(err.buffer.getvalue()).decode()  # type: ignore[attr-defined]
        printed = bytes(out.buffer.getvalue()).decode()  # type: ignore[attr-defined]
        printed = printed.replace(str(self.folder), "/home/you/kb")
        for day in {self.began, date.today()}:
            printed = printed.replace(day.isoformat(), "2026-11-30")
        if into:
            into.write_text(printed, encoding="utf-8")
        return "" if into else printed

    def play(self, text: str) -> Iterator[tuple[Step, str]]:
        """Each line that is played, and what it printed. Errors: AssertionError where one ends badly."""
        every = steps(text)
        for step, following in zip(every, [*every[1:], None], strict=True):
            if not step.is_played:
                check(step.line)
                continue
            printed = self.type(step.line)
            if not (following and following.line == "echo $?"):
                assert self.code == 0, f"{step.line}: {self.code}\n{printed}{self.told}"
            yield step, printed


def write(path: Path, typist: Typist) -> None:
    """What is printed takes the place of what a document shows, where it shows anything but "…"."""
    text = path.read_text(encoding="utf-8")
    played = list(typist.play(text))
    for step, printed in reversed(played):
        if step.shown and not is_shown(step.shown, printed):
            text = text[:step.start] + printed + text[step.end:]
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HOME": folder, "KB_ENGINE": "fp32", "KB_READER": "six", "COLUMNS": "100"}
        for language in ("en", "zh"):
            os.environ |= {"LC_ALL": "zh_CN.UTF-8" if language == "zh" else "C.UTF-8", "HOME": f"{folder}/{language}"}
            at = Typist(Path(folder) / language)
            for path in guides(language):
                write(path, at)
