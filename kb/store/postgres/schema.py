"""What a server must have before the tables of a library can be there: a schema of its own with SQLite's functions and
its notes of which numbers were given."""

from __future__ import annotations

from kb.store.postgres.dialect import PATHS
from kb.store.postgres.kept import TABLE as KEPT

SCHEMA = "kb"
FORM = "1"  # of what stands below; a later one is made over it
_FUNCTION = "CREATE OR REPLACE FUNCTION {} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ {} $$"

HELPERS = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    *(_FUNCTION.format(head, body) for head, body in (
        ("json_extract(saved text, place text) RETURNS text", "SELECT saved::json ->> substr(place, 3)"),
        ("json_array_length(saved text) RETURNS bigint", "SELECT pg_catalog.json_array_length(saved::json)::bigint"),
        ("instr(whole text, part text) RETURNS bigint", "SELECT strpos(whole, part)::bigint"),
        ("instr(whole bytea, part bytea) RETURNS bigint", "SELECT position(part IN whole)::bigint"),
        ("substr(whole text, first bigint, n bigint) RETURNS text",
         "SELECT pg_catalog.substr(whole, first::int, n::int)"),
        ("substr(whole bytea, first bigint, n bigint) RETURNS bytea",
         "SELECT pg_catalog.substr(whole, first::int, n::int)"),
        ("typeof(value text) RETURNS text", "SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'text' END"),
        ("typeof(value bytea) RETURNS text", "SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'blob' END"),
        ("typeof(value bigint) RETURNS text", "SELECT CASE WHEN value IS NULL THEN 'null' ELSE 'integer' END"),
        ("kb_blob(value text) RETURNS bytea", "SELECT convert_to(value, 'UTF8')"),
        ("kb_blob(value bytea) RETURNS bytea", "SELECT value"),
        ("kb_blob(value bigint) RETURNS bytea", "SELECT convert_to(value::text, 'UTF8')"),
    )),
    KEPT,
    'CREATE TABLE IF NOT EXISTS sqlite_sequence(name TEXT COLLATE "C" PRIMARY KEY, seq BIGINT)',
    """CREATE OR REPLACE FUNCTION kb_given() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last bigint;
    BEGIN
        EXECUTE format('SELECT max(%I) FROM made', TG_ARGV[1]) INTO last;
        IF last IS NOT NULL THEN
            INSERT INTO sqlite_sequence VALUES (TG_ARGV[0], last)
            ON CONFLICT (name) DO UPDATE SET seq = greatest(sqlite_sequence.seq, excluded.seq);
        END IF;
        RETURN NULL;
    END $$""",
    f"""CREATE OR REPLACE VIEW sqlite_master AS SELECT 'table'::text AS type,
            CASE c.relname WHEN '{PATHS}' THEN 'paths' ELSE c.relname::text END AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = '{SCHEMA}' AND c.relkind = 'r' AND c.relname NOT LIKE 'sqlite%' AND c.relname <> 'kept'""",
    f"COMMENT ON SCHEMA {SCHEMA} IS 'a library of kb, form {FORM}'",
)
IS_READY = f"""SELECT coalesce(obj_description(to_regnamespace('{SCHEMA}')::oid, 'pg_namespace'), '')
    = 'a library of kb, form {FORM}'"""
# (place, name, type in SQLite's words, whether it may not be null, its default, its place in the key) of each column
COLUMNS = f"""SELECT a.attnum::bigint - 1, a.attname::text, CASE a.atttypid WHEN 'text'::regtype THEN 'TEXT'
        WHEN 'bytea'::regtype THEN 'BLOB' ELSE 'INTEGER' END, a.attnotnull::int::bigint, NULL::text,
        coalesce(array_position(i.indkey::int2[], a.attnum), -1)::bigint + 1
    FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = to_regclass('{SCHEMA}.' || $1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'rowid'
        AND (a.attname <> 'instance' OR $1 <> '{PATHS}')
    ORDER BY a.attnum"""
