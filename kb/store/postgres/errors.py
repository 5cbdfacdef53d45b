"""What a server says: as SQLite's errors, which the modules of kb/store expect, and as errors a caller can act on."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from kb.errors import KBError, LibraryError, MissingPackage

_LOST = ("08", "57P", "25P")  # classes of SQLSTATE: the connection, a server that stops, a transaction that was ended
_REFUSED = ("28", "42501", "3D000")  # not this user, not allowed, no such database


class LostConnection(sqlite3.OperationalError):
    """The server does not answer any more."""


class Refused(sqlite3.OperationalError):
    """The server does not let this user do that."""


@contextlib.contextmanager
def as_sqlite() -> Iterator[None]:
    """Errors of psycopg as SQLite's."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        state, words = error.sqlstate or "", " ".join(str(error).split())
        if state.startswith(_REFUSED):
            raise Refused(words) from error
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and (
                not state or state.startswith(_LOST)):
            raise LostConnection(words) from error
        if state == "53100":
            raise sqlite3.OperationalError(f"database or disk is full: {words}") from error
        if isinstance(error, (psycopg.OperationalError, psycopg.ProgrammingError)):
            raise sqlite3.OperationalError(words) from error
        if isinstance(error, psycopg.IntegrityError):
            raise sqlite3.IntegrityError(words) from error
        raise sqlite3.DatabaseError(words) from error


@contextlib.contextmanager
def told(server: str) -> Iterator[None]:
    """Errors of a library on this server, as a caller can act on them."""
    try:
        yield
    except KBError:
        raise
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "psycopg" and "psycopg" not in str(error):
            raise
        raise MissingPackage("E_MISSING", package="psycopg", install="bilingual-kb[postgres]") from error
    except LostConnection as error:
        raise LibraryError("E_PG_LOST", server=server, detail=str(error)) from error
    except Refused as error:
        raise LibraryError("E_PG_REFUSED", server=server, detail=str(error)) from error
    except sqlite3.Error as error:
        if "disk is full" in str(error):
            raise LibraryError("E_DISK", path=server) from error
        raise LibraryError("E_DAMAGED", detail=str(error)) from error
