"""Pin what the project installs: one version of each package, and a hash of every file that is a build of it.

    python tools/lock.py                        the same versions again, with the files that the index has of them now
    python tools/lock.py --upgrade [NAME …]     newer versions of these packages, or of all
    python tools/lock.py --add WHEEL …          a build of torch that the index does not have
    python tools/lock.py --check                only whether the pins agree with pyproject.toml; needs no network

Writes constraints.txt (what is installed), tools/locks/torch.txt (torch as the package index has it, with the CUDA
libraries that it brings on Linux), tools/locks/torch-cpu.txt (torch without them), tools/locks/tools.txt (what only
this command, `make audit` and `make sbom` use) and tools/locks/app.txt (names alone: what of constraints.txt a
container needs). tools/install.py installs them. uv resolves; without it we would have
to write a resolver that looks at all systems and Python versions at once.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "constraints.txt"
TORCH, TORCH_CPU, TOOLS = (ROOT / "tools" / "locks" / name for name in ("torch.txt", "torch-cpu.txt", "tools.txt"))
HEADERS = {
    MAIN: "The versions this project is tested with, and the hash of every file that is one of them; ranges stand in\n"
          "# pyproject.toml. torch is in tools/locks/.",
    TORCH: "torch as the package index has it; on Linux it brings CUDA.",
    TORCH_CPU: "torch without CUDA, as PyTorch's own index has it for Linux.",
    TOOLS: "What only the project's own tools use: python tools/install.py tools",
}
APP = ROOT / "tools" / "locks" / "app.txt"
APP_EXTRAS = ("login", "api", "mcp", "postgres")
CUDA = re.compile(r"torch$|triton$|nvidia-|cuda-")  # what torch's file holds


@dataclass(frozen=True)
class Pin:
    """One version of one package: `requirement` as pip reads it, the SHA-256 of each file that may be installed."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return next(iter(self.requirement.specifier)).version

    def __str__(self) -> str:
        return " \\\n".join([str(self.requirement), *(f"    --hash=sha256:{digest}" for digest in self.hashes)])


def read(path: Path) -> list[Pin]:
    """The pins of a file; none where there is no file."""
    if not path.exists():
        return []
    text = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Pin(Requirement(line.split("--hash")[0]), tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line)))
            for line in lines]


def write(path: Path, pins: Iterable[Pin]) -> None:
    text = "\n".join([f"# {HEADERS[path]} Made by tools/lock.py.",
                      *map(str, sorted(pins, key=lambda pin: pin.name))])
    path.write_text(text + "\n", encoding="utf-8")


def resolve(extras: Iterable[str], keep: Iterable[Pin]) -> list[Pin]:
    """What these extras need on any system and Python, at the kept versions where there are any."""
    with tempfile.TemporaryDirectory() as folder:
        kept, out = Path(folder) / "kept.txt", Path(folder) / "out.txt"
        kept.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in keep), encoding="utf-8")
        uv = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal",
              "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header", "--no-strip-extras",
              *(f"--extra={extra}" for extra in extras), "--constraint", str(kept), "--output-file", str(out)]
        if subprocess.run(uv, cwd=ROOT, check=False).returncode:
            sys.exit("uv could not resolve pyproject.toml. Is it installed? python tools/install.py tools")
        return read(out)


def lock(upgrade: list[str] | None) -> None:
    """upgrade: names of packages to bring up to date, none for all of them; None keeps every version."""
    now = [*read(MAIN), *read(TORCH), *read(TOOLS)]
    names = {canonicalize_name(name) for name in upgrade or []}
    keep = now if upgrade is None else [pin for pin in now if names and pin.name not in names]
    needed = resolve(["dev"], keep)
    known = {pin.name for pin in needed}
    write(MAIN, [pin for pin in needed if not CUDA.match(pin.name)])
    write(TORCH, [pin for pin in needed if CUDA.match(pin.name)])
    built_by = {canonicalize_name(Requirement(line).name) for line in project()["build-system"]["requires"]}
    names = {pin.name for pin in resolve(APP_EXTRAS, needed) if not CUDA.match(pin.name)} | built_by
    APP.write_text("".join(["# What of constraints.txt a container needs. Made by tools/lock.py.\n",
                            *(f"{name}\n" for name in sorted(names))]), encoding="utf-8")
    tools = resolve(["dev", "tools"], [*needed, *(pin for pin in keep if pin.name not in known)])
    write(TOOLS, [pin for pin in tools if pin.name not in known])
    torch = next(pin.version for pin in needed if pin.name == "torch")
    if any(pin.version.partition("+")[0] != torch for pin in read(TORCH_CPU)):
        TORCH_CPU.unlink()
        print(f"torch is {torch} now: add its CPU wheels with python tools/lock.py --add WHEEL …", file=sys.stderr)


def add(wheels: Iterable[Path]) -> None:
    """Take up builds of torch by their content."""
    torch = next(pin.version for pin in read(TORCH) if pin.name == "torch")
    for wheel in wheels:
        name, version, _, _ = parse_wheel_filename(wheel.name)
        if name != "torch" or version.public != torch or not version.local:
            sys.exit(f"{wheel.name} is not a build of torch {torch} with a name of its own, such as torch-{torch}+cpu")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        others = read(TORCH_CPU)
        same = next((pin for pin in others if pin.version == str(version)), None)
        hashes = sorted({digest, *(same.hashes if same else ())})
        write(TORCH_CPU, [*(pin for pin in others if pin is not same),
                          Pin(Requirement(f"torch=={version}"), tuple(hashes))])


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def disagreements() -> list[str]:
    """What is not as pyproject.toml wants it, in words."""
    said = project()
    name, extras = said["project"]["name"], said["project"]["optional-dependencies"]
    wanted = [*said["project"]["dependencies"], *(line for lines in extras.values() for line in lines),
              *said["build-system"]["requires"]]
    pins = [pin for path in HEADERS for pin in read(path)]
    by_name = {pin.name: pin for pin in pins}
    found = [f"{pin.name}: no hash" for pin in pins if not pin.hashes]
    found += [f"{pin.name}: not one version" for pin in pins
              if [spec.operator for spec in pin.requirement.specifier] != ["=="]]
    for requirement in map(Requirement, wanted):
        pin = by_name.get(canonicalize_name(requirement.name))
        if canonicalize_name(requirement.name) == canonicalize_name(name):
            continue
        if pin is None:
            found.append(f"{requirement.name}: not pinned")
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            found.append(f"{requirement.name}: {pin.version} is pinned, {requirement.specifier} is asked for")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upgrade", nargs="*", metavar="NAME")
    parser.add_argument("--add", nargs="+", type=Path, metavar="WHEEL")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.add:
        add(options.add)
    elif not options.check:
        lock(options.upgrade)
    if found := disagreements():
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
