"""A library that many share: its rows on a PostgreSQL server, what one instance makes of them in a folder of its own.

Everything else of kb/store asks as it asks SQLite. What differs is here, once:

    connection.py   a connection, used as SQLite's       dialect.py   statements of SQLite's in the server's words
    schema.py       functions and counters there         lexical.py   BM25 on the server's rows, as FTS5 has it
    postings.py     what its index is made of, packed
    errors.py       what a server says, as our errors    kept.py      uploads, for every instance
    store.py        the Store
"""
