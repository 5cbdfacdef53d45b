"""Statements in SQLite's words, in the words of PostgreSQL: the only place that knows where the two differ.

Reads: a statement as the modules of kb/store write them.  Gives: the statements to run instead. What SQLite has as a
function (json_extract, instr, typeof …) the schema of the library has as well: see schema.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

Columns = Callable[[str], tuple[list[str], list[str]]]  # table -> (its key, all its columns)

_CAST = re.compile(r"CAST\(([^()]+) AS BLOB\)")
# A text is left as it is; `end` is a column wherever it is written small.
_TOKEN = re.compile(r"""[xX]'(?P<hex>[0-9a-fA-F]*)'|(?P<text>'(?:[^']|'')*'|"[^"]*")|(?P<mark>\?)|(?<![.\w])end\b|"""
                    r"\bmain\.(?=sqlite_master)")
_INSERT = re.compile(r"INSERT OR (REPLACE|IGNORE) INTO (\w+)\s*(?:\(([^)]*)\))?")
_TABLE = re.compile(r"CREATE TABLE (\w+)\(")
_COUNTED = re.compile(r"(\w+) INTEGER PRIMARY KEY AUTOINCREMENT")
_LIST = re.compile(r"\b(NOT )?IN \(\?(?:, ?\?)*\)")
_TYPES = {"TEXT": 'TEXT COLLATE "C"', "INTEGER": "BIGINT", "BLOB": "BYTEA"}  # C: in the order of their bytes, as SQLite
# Each instance sees the paths of its own files: the same path is another file on another machine.
PATHS, _OWN = "paths_of_all", "current_setting('kb.instance')"
_BEGIN = {"BEGIN": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN IMMEDIATE": "BEGIN"}


def translated(sql: str, columns: Columns) -> tuple[str, ...]:
    """The statements that do on the server what this one does in SQLite; the first takes the values."""
    if sql in _BEGIN:
        return (_BEGIN[sql],)
    sql = _tokens(_CAST.sub(r"kb_blob(\1)", sql)).replace(" IN ()", " IN (NULL)")
    if made := _TABLE.match(sql):
        return _paths(sql) if made[1] == "paths" else _table(sql, made[1])
    if sql.startswith("CREATE INDEX"):
        return (sql.replace(" ON paths(", f" ON {PATHS}("),)
    if insert := _INSERT.match(sql):
        return (_insert(sql, insert, columns),)
    return (sql,)


def in_lists(sql: str, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """A statement with each list of values as one: it is the same for any number of them, so that the server has read
    and planned it before."""
    if (found := _LIST.search(sql)) is None or sql.count("?") != len(values):
        return sql, values
    parts, taken, done, rest = [], [], 0, list(values)
    while found is not None:
        before = sql[done:found.start()]
        n_before, n_in = before.count("?"), found[0].count("?")
        taken += [*rest[:n_before], rest[n_before:n_before + n_in]]
        rest = rest[n_before + n_in:]
        parts += [before, "<> ALL(?)" if found[1] else "= ANY(?)"]
        done = found.end()
        found = _LIST.search(sql, done)
    return "".join((*parts, sql[done:])), [*taken, *rest]


def _tokens(sql: str) -> str:
    n = 0

    def token(found: re.Match[str]) -> str:
        nonlocal n
        if found["hex"] is not None:
            return rf"'\x{found['hex']}'::bytea"
        if found["text"] is not None:
            return found["text"]
        if found["mark"]:
            n += 1
            return f"${n}"
        return '"end"' if found[0] == "end" else ""

    return _TOKEN.sub(token, sql)


def _table(sql: str, name: str) -> tuple[str, ...]:
    """A table; with the number of each row where SQLite's order of rows is asked for, and with its counter."""
    counted = _COUNTED.search(sql)
    sql = sql.replace(" AUTOINCREMENT", "").replace(" WITHOUT ROWID", "").rstrip()
    sql = re.sub(r"\b(TEXT|INTEGER|BLOB)\b", lambda kind: _TYPES[kind[0]], sql)
    if name == "documents":
        sql = f"{sql.removesuffix(')')}, rowid BIGINT GENERATED ALWAYS AS IDENTITY)"
    if counted is None:
        return (sql,)
    return (sql, f"""CREATE TRIGGER {name}_given AFTER INSERT ON {name} REFERENCING NEW TABLE AS made
        FOR EACH STATEMENT EXECUTE FUNCTION kb_given('{name}', '{counted[1]}')""")


def _paths(sql: str) -> tuple[str, ...]:
    """The paths of all instances, of which each sees its own."""
    names = re.findall(r"[(,]\s*(\w+) (?:TEXT|INTEGER|BLOB)", sql)
    table, = _table(sql.replace("path BLOB PRIMARY KEY", "path BLOB NOT NULL"), "paths")
    table = table.replace("CREATE TABLE paths(", f"CREATE TABLE {PATHS}(").removesuffix(")")
    return (f"""{table}, instance TEXT COLLATE "C" NOT NULL DEFAULT {_OWN}, PRIMARY KEY(path, instance))""",
            f"CREATE VIEW paths AS SELECT {', '.join(names)} FROM {PATHS} WHERE instance = {_OWN}")


def _insert(sql: str, insert: re.Match[str], columns: Columns) -> str:
    how, table, named = insert.groups()
    key, every = columns(table)
    given = [name.strip().strip('"') for name in named.split(",")] if named else every
    rest = [f'"{name}" = excluded."{name}"' for name in given if name not in key]
    sql = sql.replace(f"INSERT OR {how}", "INSERT", 1)
    then = f"UPDATE SET {', '.join(rest)}" if how == "REPLACE" and rest else "NOTHING"
    if table == "paths":
        sql = sql.replace("INSERT INTO paths", f"INSERT INTO {PATHS}({', '.join(given)})", 1)
        key = [*key, "instance"]
    return f"{sql} ON CONFLICT ({', '.join(key)}) DO {then}"
