"""What may be installed: every pin has hashes and is as pyproject.toml wants it; other files are refused."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tools import install, lock

FILES = [lock.MAIN, lock.TORCH, lock.TORCH_CPU, lock.TOOLS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_pin_is_one_version_with_its_hashes(path):
    pins = lock.read(path)
    assert pins
    assert [pin.name for pin in pins if not pin.hashes] == []
    assert {spec.operator for pin in pins for spec in pin.requirement.specifier} == {"=="}


def test_the_pins_agree_with_the_project():
    assert lock.disagreements() == []


def test_a_floor_above_the_pin_is_seen(tmp_path, monkeypatch):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text.replace('"faiss-cpu>=1.15"', '"faiss-cpu>=99", "not-there>=1"'))
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert [line.split(":")[0] for line in lock.disagreements()] == ["faiss-cpu", "not-there"]


def test_both_builds_of_torch_are_the_same_version():
    index = next(pin for pin in lock.read(lock.TORCH) if pin.name == "torch")
    builds = lock.read(lock.TORCH_CPU)
    assert {pin.version.partition("+")[0] for pin in builds} == {index.version}
    assert not {*index.hashes} & {digest for pin in builds for digest in pin.hashes}


def test_what_is_installed_here_is_what_is_pinned():
    """Of the libraries that read foreign files and models; a development machine may have more."""
    from importlib.metadata import version

    pins = {pin.name: pin.version for path in (lock.MAIN, lock.TORCH) for pin in lock.read(path)}
    names = ["faiss-cpu", "sentence-transformers", "transformers", "torch", "onnx", "onnxruntime", "pypdf", "pypdfium2",
             "lxml", "pillow", "streamlit", "safetensors"]
    assert {name: version(name).partition("+")[0] for name in names} == {name: pins[name] for name in names}


def test_a_lock_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setitem(lock.HEADERS, tmp_path / "lock.txt", "Words.")
    pins = [lock.Pin(Requirement("b[x]==2 ; sys_platform == 'linux'"), ("0" * 64, "1" * 64)),
            lock.Pin(Requirement("a==1.5"), ("2" * 64,))]
    lock.write(tmp_path / "lock.txt", pins)
    assert lock.read(tmp_path / "lock.txt") == pins[::-1]


def wheel(folder: Path, content: str) -> Path:
    """A package that pip can install."""
    path = folder / "kb_nothing-1.0-py3-none-any.whl"
    info = "kb_nothing-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("kb_nothing.py", content)
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: kb-nothing\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: kb\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return path


@pytest.mark.slow
def test_a_file_that_is_not_listed_is_not_installed(tmp_path, monkeypatch, capfd):
    """The same name and version with other content: pip refuses it, and the words say what that means."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    site = tmp_path / "site"
    listed = lock.hashlib.sha256(wheel(tmp_path, "x = 1").read_bytes()).hexdigest()
    requirements = tmp_path / "lock.txt"
    requirements.write_text(f"kb-nothing==1.0 \\\n    --hash=sha256:{listed}\n")
    install.stop(install.install("--target", str(site), "--require-hashes", "-r", str(requirements)))
    assert (site / "kb_nothing.py").read_text() == "x = 1"

    wheel(tmp_path, "x = 2  # changed")
    errors = install.install("--target", str(tmp_path / "other"), "--require-hashes", "-r", str(requirements))
    assert not (tmp_path / "other").exists()
    with pytest.raises(SystemExit) as stopped:
        install.stop(errors)
    assert "is not one of those this version of the project was tested with" in str(stopped.value)


def test_outside_of_a_virtual_environment_nothing_is_installed():
    code = "import sys; sys.prefix = sys.base_prefix; from tools import install; install.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "make setup" in done.stderr


def test_only_a_build_of_the_pinned_torch_is_taken_up(tmp_path):
    before = lock.TORCH_CPU.read_bytes()
    for name in ("torch-1.0+cpu-cp311-cp311-linux_x86_64.whl", "numpy-2.4.6-cp311-cp311-linux_x86_64.whl"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(SystemExit):
            lock.add([tmp_path / name])
    assert lock.TORCH_CPU.read_bytes() == before
