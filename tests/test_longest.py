"""The list of the longest test files is of files that are there."""

from tests.conftest import LONGEST, ROOT


def test_every_file_of_the_list_is_there_once():
    assert [name for name in LONGEST if not (ROOT / "tests" / f"{name}.py").exists()] == []
    assert len(set(LONGEST)) == len(LONGEST)
