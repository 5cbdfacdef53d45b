"""Install the project with its development tools into the virtual environment of this Python, each file by its hash.

    .venv/bin/python tools/install.py            what `make setup` does
    .venv/bin/python tools/install.py tools      what the project's own tools use, besides
    .venv/bin/python tools/install.py app        without the development tools, for a container: what
    tools/locks/app.txt
                                                 names, and the project itself as a copy

Which files may be installed stands in constraints.txt and tools/locks/ (see tools/lock.py). A file that is not listed
there ends the installation. Nothing outside the standard library is used here: nothing else is there yet.
"""

import re
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "tools" / "locks"
UNKNOWN = """\
kb: a file that pip was given is not one of those this version of the project was tested with (see above). It was not
    installed. Either an index or a folder that pip looks in (pip config list) has another build of it, or somebody has
    changed the file. To allow a build of torch that you trust: python tools/lock.py --add WHEEL
kb：pip 得到的一个文件不在本项目这一版测试过的文件之列（见上），没有安装它。
    要么是 pip 所查找的索引或文件夹（pip config list）提供了另一个构建，要么文件被人改过。要允许你信任的 torch 构建：
    python tools/lock.py --add WHEEL"""


def pip(*arguments: str) -> str:
    """Run pip; its errors, empty where there are none."""
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments],
                          stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", cwd=ROOT, check=False)
    return (done.stderr or "pip failed") if done.returncode else ""


def install(*arguments: str) -> str:
    # --no-deps: the files list all that is needed, and `pip check` looks afterwards whether they do.
    # --no-compile: see compiled
    return pip("install", "--quiet", "--no-deps", "--no-compile", *arguments)


def compiled() -> None:
    """Compiles what was installed, on all cores; pip would do so on one, a minute for 24,000 files. One that is not
    Python for this version stays as it is."""
    subprocess.run([sys.executable, "-W", "ignore", "-m", "compileall", "-q", "-q", "-j", "0",
                    sysconfig.get_path("purelib")], check=False)


def by_hash(path: Path) -> str:
    return install("--require-hashes", "-r", str(path))


def stop(errors: str) -> None:
    """End with what pip said, in plain words where it was a hash."""
    if errors:
        is_unknown = "DO NOT MATCH THE HASHES" in errors
        sys.exit(f"{errors}\n{UNKNOWN}" if is_unknown else errors)


def torch() -> None:
    """torch without CUDA where pip can see such a build or one is installed; else as the package index has it."""
    try:
        has_cpu_build = metadata.version("torch").endswith("+cpu")
    except metadata.PackageNotFoundError:
        has_cpu_build = False
    if sys.platform == "linux" and (LOCKS / "torch-cpu.txt").exists():
        errors = by_hash(LOCKS / "torch-cpu.txt")
        if not errors:
            return
        if "No matching distribution" not in errors:
            stop(errors)
        if has_cpu_build:
            sys.exit("kb: another version of torch is in this environment, and pip sees no CPU build of the one that "
                     "is wanted: set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu, or make clean\n"
                     "kb：环境中的 torch 是另一版本，而 pip 找不到所需版本的 CPU 构建：请设置 "
                     "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu，或 make clean")
    stop(by_hash(LOCKS / "torch.txt"))


def app_pins() -> str:
    """The lines of constraints.txt for the packages that tools/locks/app.txt names. Errors: ValueError for one that
    is not pinned."""
    names = {line for line in (LOCKS / "app.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")}
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = {found[1]: found[0] for found in re.finditer(r"^([\w.-]+)[^\n]*(?:\n    [^\n]*)*\n", text, re.MULTILINE)}
    if lacking := names - set(pins):
        raise ValueError(f"constraints.txt has no {', '.join(sorted(lacking))}")
    return "".join(pins[name] for name in sorted(names))


def app() -> None:
    """torch, what a container needs, and the project, built by the setuptools that is among it."""
    torch()
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(app_pins())
        file.flush()
        stop(by_hash(Path(file.name)))
    stop(install("--no-build-isolation", "."))
    stop(pip("check"))
    compiled()


def main() -> None:
    if sys.prefix == sys.base_prefix:
        sys.exit("kb: this Python is not in a virtual environment: make setup makes one\n"
                 "kb：此 Python 不在虚拟环境中：make setup 会建立一个")
    if sys.argv[1:] == ["tools"]:
        stop(by_hash(LOCKS / "tools.txt"))
        return
    if sys.argv[1:] == ["app"]:
        app()
        return
    torch()
    stop(by_hash(ROOT / "constraints.txt"))
    # setuptools, which builds the project, was installed by its hash too: so without a build environment of pip's own.
    stop(install("--no-build-isolation", "-e", "."))
    stop(pip("check"))
    compiled()


if __name__ == "__main__":
    main()
