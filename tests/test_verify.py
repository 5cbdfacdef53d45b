"""`kb verify` sees every column of every row of every table, and says which."""

import gzip
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.damage import checked, columns, copy_of, found, full_library, harm, missed_flips, missed_harms, words

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return full_library(tmp_path_factory.mktemp("full") / "library")


def test_a_full_library_is_sound(full, tmp_path):
    database = copy_of(full, tmp_path / "copy")
    with closing(sqlite3.connect(database)) as connection:
        for table in {table for table, _ in columns(database)}:
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0], table
    assert not found(checked(tmp_path / "copy"))


def test_every_table_of_the_library_keeps_a_hash_of_each_row(full):
    own = {table for table, _ in columns(full.database) if not table.startswith(("terms_", "sqlite_"))}
    assert own == {table for table, column in columns(full.database) if column == "digest"}


def test_a_change_of_any_column_of_any_table_is_found_and_named(full, tmp_path):
    rng = random.Random(19)
    missed = []
    for n, (table, column) in enumerate(columns(full.database)):
        home = tmp_path / str(n)
        database = copy_of(full, home)
        done = harm(database, table, column, rng)
        assert done, (table, column)
        findings = found(checked(home))
        if not findings:
            if not (table.startswith("terms_") and words(database) == words(full.database)):
                missed.append(done)
            continue
        if not table.startswith(("terms_", "sqlite_")):
            named = [finding for finding in findings if table in (finding.values or {}).get("table", "")]
            assert named and named[0].message, (done, findings)
            assert named[0].level == "repaired" or named[0].hint, (done, findings)
        if all(finding.level == "repaired" for finding in findings):  # and so it is
            assert not found(checked(home)), done
    assert not missed


@pytest.mark.parametrize(("statement", "column"), [
    ("UPDATE passages SET section = '[\"Another heading\"]', page = 77", ""),
    ("UPDATE passages SET text = text || '!' WHERE id = 2", "text"),
    ("UPDATE passages SET hash = 5 WHERE id = 2", "hash"),
    ("UPDATE passages SET language = x'656e' WHERE id = 2", "language"),
    ("DELETE FROM passages WHERE id = 2", ""),
    ("UPDATE paths SET size = 77", ""),
])
def test_the_column_is_named_where_it_is_known(full, tmp_path, statement, column):
    database = copy_of(full, tmp_path / "copy")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(statement)
        connection.commit()
    errors = [finding for finding in found(checked(tmp_path / "copy")) if finding.level == "error"]
    assert any(column in finding.values.get("column", "-") for finding in errors)


def test_a_library_with_a_flipped_bit_is_never_called_sound_and_never_ends_the_check(full, tmp_path):
    assert not missed_flips(full, tmp_path, 30, seed=3)


def test_a_change_of_any_row_is_found(full, tmp_path):
    assert not missed_harms(full, tmp_path, 20, seed=4)


@pytest.mark.parametrize("key", ["encoder", "index", "generation", "terms", "schema"])
@pytest.mark.parametrize("value", ["", "{", "[1]", "77"])
def test_a_damaged_value_of_the_librarys_own_is_reported_not_raised(full, tmp_path, key, value):
    database = copy_of(full, tmp_path / "copy")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))
        connection.commit()
    assert found(checked(tmp_path / "copy"))


def test_a_library_of_an_earlier_version_is_checked_as_far_as_it_is_known_and_told_so(tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    (home / "kb.sqlite3").write_bytes(gzip.decompress((ROOT / "tests/library-0.1.sqlite3.gz").read_bytes()))
    first = found(checked(home))
    assert {finding.level for finding in first} == {"warning"}
    assert any("passages" in finding.values.get("table", "") for finding in first)
    assert not found(checked(home))
    with closing(sqlite3.connect(home / "kb.sqlite3")) as connection:
        connection.execute("UPDATE passages SET page = 77 WHERE id = 1")
        connection.commit()
    assert [finding.level for finding in found(checked(home))] == ["error"]
