"""What the tests of the command share: an encoder that needs no file, a library that is not there yet, a paper."""

import pytest

from kb.cli.main import main


@pytest.fixture(autouse=True)
def _hashing(monkeypatch, tmp_path):
    monkeypatch.setenv("KB_ENCODER", "hashing")
    monkeypatch.setenv("KB_HOME", str(tmp_path / "library"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "论文 one.md"
    path.write_text(
        "---\ntitle: LoRA\nauthors: [Edward Hu, Yelong Shen]\nyear: 2021\n---\n# LoRA\n\nLoRA is a method that adds "
        "low-rank matrices. 它冻结原有权重。\n"
    )
    return path


@pytest.fixture
def shown(capfd, monkeypatch):
    """Runs a command in a terminal of 80 columns: (exit code, stdout, stderr)."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run
