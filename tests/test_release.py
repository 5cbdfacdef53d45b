"""A release: version, changelog and tag agree; the wheel has every file and works where nothing else of the project
is."""

import pytest

from tests.conftest import ROOT
from tools import release

DATED = "# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- b\n\n## 0.1.0 (2026-11-28)\n\n- a\n"


def test_the_changelog_begins_with_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert release.disagreements(changelog, release.version(), {}, "") == []


@pytest.mark.parametrize(("changelog", "number", "tags", "said"), [
    (DATED, "0.2.0", {}, []),
    (DATED, "0.2.0", {"v0.2.0": "here"}, []),
    (DATED.replace("2026-12-01", "unreleased"), "0.2.0", {}, []),
    ("# Changelog\n", "0.2.0", {}, ["no section"]),
    (DATED, "0.3.0", {}, ["begins with 0.2.0"]),
    (DATED.replace("2026-12-01", "2026-11-01"), "0.2.0", {}, ["not in order"]),
    (DATED.replace("2026-11-28", "unreleased"), "0.2.0", {}, ["below the first"]),
    (DATED.replace("2026-12-01", "unreleased"), "0.2.0", {"v0.2.0": "here"}, ["has no date"]),
    (DATED, "0.2.0", {"v0.2.0": "elsewhere"}, ["another commit"])])
def test_what_does_not_agree_is_told(changelog, number, tags, said):
    found = release.disagreements(changelog, number, tags, "here")
    assert len(found) == len(said) and all(words in line for words, line in zip(said, found, strict=True))


@pytest.mark.engine
@pytest.mark.slow
def test_the_installed_wheel_adds_a_document_and_answers(tmp_path):
    """Of the commit that is checked out, as `make release` does it: built, looked into, installed, tried."""
    if not release.git("rev-parse", "HEAD"):
        pytest.skip("no clone: a release is built from a commit")
    wheel, source = release.build(tmp_path / "dist")
    assert release.faults(wheel, source) == []
    assert release.tried(release.environment(tmp_path / "environment", wheel), tmp_path) == []


def test_a_file_that_is_not_in_it_is_told(tmp_path):
    import tarfile
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
        file.writestr("kb/__init__.py", "")
        file.writestr("kb/stranger.py", "")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    found = release.faults(tmp_path / "a.whl", tmp_path / "a.tar.gz")
    assert "a.whl has no kb/version.py" in found and "a.whl has kb/stranger.py" in found
    assert "a.whl has no kb/__init__.py" not in found and "a.tar.gz has no LICENSE" in found
