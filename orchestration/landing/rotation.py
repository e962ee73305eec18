"""A new token key: every token in raw is made anew from the plain texts in the vault.

The new key lies in token.key.next until everything is done. Whatever is killed in between, the
old key is still there, and the next run goes on with the same new key: each step gives the same
result when it is done twice. Landing, erasing and rotating finish such a rotation first.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable, read_contract
from orchestration.errors import HoldfastError
from orchestration.landing import book, vault
from orchestration.landing.book import quoted
from orchestration.landing.store import sync
from orchestration.landing.tokens import ANONYMOUS_TOKEN, Tokens
from orchestration.rewrite import drop_built_schemas, rewrite
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

BATCH = 100_000


def next_key_file(settings: Settings) -> Path:
    """The key of a rotation that is under way."""
    return settings.token_key_file.with_name("token.key.next")


def finish_rotation(settings: Settings) -> None:
    """Ends a rotation that was interrupted; does nothing where none was."""
    if next_key_file(settings).exists():
        rotate_key(settings)


def rotate_key(settings: Settings) -> int:
    """Makes a new key and new tokens in raw; returns how many distinct tokens there are.

    What dbt has built is dropped, for the next build to make anew. Raises HoldfastError, with
    everything as it was, where HOLDFAST_TOKEN_KEY is set, where there is nothing to rotate, or
    where a token has no plain text in the vault.
    """
    if settings.token_key is not None:
        raise HoldfastError(
            "the key is HOLDFAST_TOKEN_KEY: write its text to "
            f"{settings.token_key_file} (mode 0600), unset the variable, run `holdfast rotate-key`,"
            " and set the variable to the new text of that file"
        )
    if not settings.token_key_file.exists() or not settings.warehouse.is_file():
        raise HoldfastError(f"{settings.vault} holds no key yet: land files first")
    contract = read_contract(settings.project)
    with open_warehouse(settings.warehouse) as connection:
        name = str(connection.execute("select current_database()").fetchall()[0][0])
        spill = str(settings.vault / "spill").replace("'", "''")
        connection.execute(f"set temp_directory = '{spill}'")
        vault.attach(connection, settings)
        book.complete_tables(connection, contract.values())
        _check_texts(connection, contract)
        new = Tokens(_next_key(settings))
        _make_tokens(connection, new)
        connection.execute(
            "insert into vault.texts select kind, new, plain from renewed where new <> token"
            " except select kind, token, plain from vault.texts"
        )
        connection.execute("checkpoint vault")
        _replace_in_raw(connection, contract)
        drop_built_schemas(connection, settings.project)
        connection.execute(
            "delete from vault.texts where (kind, token, plain) not in"
            " (select (kind, new, plain) from renewed)"
        )
        tokens = connection.execute("select count(distinct token) from vault.texts").fetchall()
        rewrite(connection, "vault", vault.people_file(settings))
        connection.execute("detach vault")
        rewrite(connection, name, settings.warehouse)
        next_key_file(settings).replace(settings.token_key_file)
        sync(settings.vault)
    return int(tokens[0][0])


def _check_texts(connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable]) -> None:
    for table, column in _pii(contract):
        missing = connection.execute(
            f"select count(*) from (select distinct cast({quoted(column)} as varchar) as token"
            f" from raw.{quoted(table)}) anti join vault.texts using (token)"
            f" where token <> '' and token not like '{ANONYMOUS_TOKEN}%'"
        ).fetchall()[0][0]
        if missing:
            raise HoldfastError(
                f"raw.{table}.{column}: {missing:,} tokens have no plain text in the vault, as"
                " where another tool fills raw: rotate its key there, or land these rows from files"
            )


def _pii(contract: Mapping[str, RawTable]) -> list[tuple[str, str]]:
    return [
        (table.name, column.name)
        for table in contract.values()
        for column in table.columns
        if column.contains_pii
    ]


def _next_key(settings: Settings) -> bytes:
    path = next_key_file(settings)
    if not path.exists():
        partial = path.with_name(path.name + ".new")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync(settings.vault)
    return path.read_text(encoding="ascii").strip().encode()


def _make_tokens(connection: duckdb.DuckDBPyConnection, new: Tokens) -> None:
    """Temporary table `renewed` (kind, token, plain, new)."""
    connection.execute(
        "create temp table renewed (kind varchar, token varchar, plain varchar, new varchar)"
    )
    reader = connection.cursor()
    reader.execute("select kind, token, plain from vault.texts")
    while rows := reader.fetchmany(BATCH):
        batch = pa.table(
            {
                "kind": pa.array([row[0] for row in rows], pa.string()),
                "token": pa.array([row[1] for row in rows], pa.string()),
                "plain": pa.array([row[2] for row in rows], pa.string()),
                "new": pa.array([new.of(row[2], row[0]) for row in rows], pa.string()),
            }
        )
        connection.register("batch", batch)
        connection.execute("insert into renewed from batch")
        connection.unregister("batch")
    reader.close()


def _replace_in_raw(
    connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable]
) -> None:
    connection.execute(
        "create temp table replaced as select distinct token, new from renewed where token <> new"
    )
    connection.begin()
    try:
        for table, column in _pii(contract):
            connection.execute(
                f"update raw.{quoted(table)} set {quoted(column)} = replaced.new from replaced"
                f" where {quoted(column)} = replaced.token"
            )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
