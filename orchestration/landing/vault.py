"""Plain texts of personal data: <home>/vault/people.duckdb, which only its owner may read.

One row per kind, token and text as delivered. The warehouse holds the token alone; whoever may
enter the vault finds the text to it, and a new token key can be applied to all of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.errors import HoldfastError
from orchestration.landing.book import quoted
from orchestration.landing.store import make_private_folder
from orchestration.settings import Settings

MEMORY_LIMIT = "200MB"
# Compared at a time, so that memory suffices for any number of texts.
ROWS_AT_ONCE = 4_000_000
TEXTS = "kind varchar, token varchar, plain varchar"


def people_file(settings: Settings) -> Path:
    """The DuckDB file of the plain texts."""
    return settings.vault / "people.duckdb"


def attach(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Attaches the texts as database `vault`, with table `vault.texts`, made where missing.

    Raises HoldfastError where another process holds the file, or where it cannot be opened.
    """
    make_private_folder(settings.vault)
    path = people_file(settings)
    place = str(path).replace("'", "''")
    before = os.umask(0o077)
    try:
        connection.execute(f"attach '{place}' as vault")
    except duckdb.Error as error:
        what = "is in use by another process" if "lock" in str(error) else "cannot be opened"
        raise HoldfastError(f"{path} {what}: try again when nothing else runs") from error
    finally:
        os.umask(before)
    path.chmod(0o600)
    connection.execute(f"create table if not exists vault.texts ({TEXTS})")


class Vault:
    """Takes texts in batches during one landing; `commit` keeps them, before raw is committed.

    A landing that fails afterwards leaves texts without a token in raw; the next erasure takes
    them away.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = duckdb.connect()
        spill = str(settings.vault / "spill").replace("'", "''")
        self._connection.execute(f"set temp_directory = '{spill}'")
        self._connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        self._connection.execute("set preserve_insertion_order = false")
        attach(self._connection, settings)
        self._connection.execute(f"create temp table arrivals ({TEXTS})")

    def keep(self, kind: str, tokens: Mapping[str | None, str | None]) -> None:
        """Notes texts with their tokens; empty ones are left out."""
        batch = pa.table(
            {
                "plain": pa.array(tokens.keys(), pa.string()),
                "token": pa.array(tokens.values(), pa.string()),
            }
        )
        self._connection.register("batch", batch)
        self._connection.execute(
            "insert into arrivals select ?, token, plain from batch"
            " where plain <> '' and token <> ''",
            [kind],
        )
        self._connection.unregister("batch")

    def commit(self) -> None:
        """Writes what is new, on disk when this returns."""
        counted = "select (select count(*) from arrivals) + (select count(*) from vault.texts)"
        parts = 1 + self._connection.execute(counted).fetchall()[0][0] // ROWS_AT_ONCE
        self._connection.execute("begin")
        for part in range(parts):
            self._connection.execute(
                f"insert into vault.texts select distinct kind, token, plain from arrivals"
                f" anti join (from vault.texts where hash(token) % {parts} = {part}) as known"
                f" using (kind, token, plain) where hash(token) % {parts} = {part}"
            )
        self._connection.execute("commit")
        self._connection.execute("delete from arrivals")
        self._connection.execute("checkpoint vault")

    def __enter__(self) -> Vault:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()


def tokens_in_raw(pii_columns: Mapping[str, list[str]]) -> str:
    """Query of the tokens that raw holds: column `token`. Keys are tables, values their columns."""
    parts = [
        f"select cast({quoted(column)} as varchar) as token from raw.{quoted(table)}"
        for table, columns in pii_columns.items()
        for column in columns
    ]
    return " union ".join(parts)
