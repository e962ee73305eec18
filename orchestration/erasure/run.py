"""Carrying out requests to be forgotten, so that it can be killed at any point and run again.

What is outstanding is noted in <home>/vault/erasure.json before anything is changed, and the note
goes last: it is the only place that still knows the persons. Between the two, each step gives the
same result when it is done twice.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable, read_contract
from orchestration.erasure.files import Identifiers, blank_records
from orchestration.erasure.marks import Hashes
from orchestration.erasure.persons import book_searched_batches, count_late_orders, find_persons
from orchestration.erasure.raw_rows import erase_rows
from orchestration.erasure.search import Needles, search
from orchestration.errors import HoldfastError, lacks_memory
from orchestration.landing import book, vault
from orchestration.landing.rotation import finish_rotation
from orchestration.landing.store import FileStore, sync
from orchestration.landing.tokens import normalise
from orchestration.publication.generations import served_name, tidy
from orchestration.rewrite import drop_built_schemas, rewrite
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

PAST_TOTALS = ("restate", "keep_anonymous")


@dataclass
class Outcome:
    """What one run did. `traces` are files that still hold something of a person."""

    requests: int = 0
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    texts: int = 0
    files: int = 0
    records_in_files: int = 0
    files_searched: int = 0
    traces: dict[str, int] = field(default_factory=dict)
    still_served: str | None = None

    def lines(self) -> list[str]:
        """Lines for a person; none of them names anybody."""
        erased = sum(rows for rows, _ in self.rows.values())
        kept = sum(rows for _, rows in self.rows.values())
        lines = [
            f"erased: {self.requests:,} requests, {erased:,} rows of raw removed,"
            f" {kept:,} kept without their person, {self.texts:,} plain texts,"
            f" {self.records_in_files:,} records in {self.files:,} stored files"
        ]
        found = ", ".join(f"{name} ({count})" for name, count in self.traces.items())
        lines.append(
            f"searched {self.files_searched:,} files: "
            + (f"STILL FOUND in {found}" if found else "0 traces found")
        )
        if self.still_served:
            lines.append(
                f"the publication {self.still_served} was made before: it goes with the next one"
            )
        return lines


def is_due(settings: Settings) -> bool:
    """Whether requests wait, an erasure was interrupted, or erased ids may have come again."""
    if _note(settings).exists():
        return True
    if not settings.warehouse.is_file():
        return False
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        present = {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'raw'"
                " and table_name in ('crm_erasure_requests', 'landing_erased_ids')"
            ).fetchall()
        }
        return any(
            connection.execute(f"select 1 from raw.{name} limit 1").fetchall() for name in present
        )


def erase(
    settings: Settings,
    variables: Mapping[str, Any],
    say: Callable[[str], None] = lambda line: None,
) -> Outcome | None:
    """Carries out what is due; None where nothing was.

    `variables` are dbt's: merge_on_shared_tokens and erasure_past_totals. What dbt has built is
    dropped, for the next build to make anew. Raises HoldfastError for an unknown choice, where a
    file is in use, or where raw cannot be changed; raw is as it was then.
    """
    past_totals = str(variables["erasure_past_totals"])
    if past_totals not in PAST_TOTALS:
        raise HoldfastError(
            f"erasure_past_totals is {past_totals!r}: make it one of {', '.join(PAST_TOTALS)}"
        )
    finish_rotation(settings)
    contract = read_contract(settings.project)
    hashes = Hashes(settings)
    with open_warehouse(settings.warehouse) as connection:
        name = str(connection.execute("select current_database()").fetchall()[0][0])
        spill = str(settings.vault / "spill").replace("'", "''")
        connection.execute(f"set temp_directory = '{spill}'")
        vault.attach(connection, settings)
        book.complete_tables(connection, contract.values())
        find_persons(connection, contract, hashes, bool(variables["merge_on_shared_tokens"]))
        note = _read_note(settings)
        found = connection.execute("select count(*) from erasing_customers").fetchall()[0][0]
        found += count_late_orders(connection, hashes)
        if not found and not note:
            book_searched_batches(connection)
            return None
        say(f"erasing: {found:,} records and orders found")
        erasure_id = secrets.token_hex(8)
        outcome = Outcome()
        note = _noted(connection, contract, note, erasure_id)
        if found:
            _in_one_transaction(
                connection, settings, contract, hashes, erasure_id, past_totals, note
            )
        _count(connection, note, outcome)
        _blank_files(connection, settings, contract, note, outcome)
        drop_built_schemas(connection, settings.project)
        outcome.texts = _forget_texts(connection, contract)
        rewrite(connection, "vault", vault.people_file(settings))
        connection.execute("detach vault")
        rewrite(connection, name, settings.warehouse)
    _remove_leftovers(settings)
    # What readers have open stays until there is a publication without the persons; nobody can go
    # back to the others.
    tidy(settings, erased_at=datetime.now(UTC))
    outcome.still_served = served_name(settings)
    _prove(settings, note, outcome)
    _note(settings).unlink()
    sync(settings.vault)
    return outcome


def _in_one_transaction(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Mapping[str, RawTable],
    hashes: Hashes,
    erasure_id: str,
    past_totals: str,
    note: dict[str, Any],
) -> None:
    requests = connection.execute(
        "select requested_at, count(distinct landed.customer_id) from erasing_requests"
        " inner join found on erasing_requests.customer_id = found.requested_by"
        " left join raw.crm_customers as landed"
        " on cast(landed.customer_id as varchar) = found.customer_id"
        " group by found.requested_by, requested_at"
    ).fetchall()
    connection.begin()
    try:
        erase_rows(connection, contract, hashes, erasure_id, past_totals, _identifiers(note))
        book_searched_batches(connection)
        keys = connection.execute("select raw_table, id from erasing_keys").fetchall()
        for table, key in keys:
            note["keys"].setdefault(table, []).append(key)
        for requested_at, records in requests:
            connection.execute(
                "insert into raw.landing_erasures by name select ? as request_id,"
                " ? as erasure_id, ? as requested_at, ?::timestamp as erased_at,"
                " ? as past_totals, ?::bigint as customer_records",
                [
                    secrets.token_hex(8),
                    erasure_id,
                    requested_at,
                    datetime.now(UTC).replace(tzinfo=None),
                    past_totals,
                    records,
                ],
            )
        # Written before the rows are gone for good.
        _write_note(settings, note)
        connection.commit()
    except BaseException as error:
        connection.rollback()
        if isinstance(error, duckdb.Error):
            raise HoldfastError(
                f"{settings.warehouse}: raw cannot be changed ({type(error).__name__}); rows of"
                " raw must lie in tables, and with keep_anonymous ids must be text"
            ) from None
        raise


def _noted(
    connection: duckdb.DuckDBPyConnection,
    contract: Mapping[str, RawTable],
    earlier: dict[str, Any] | None,
    erasure_id: str,
) -> dict[str, Any]:
    """The note: what an interrupted run had written, and what was found now."""
    note = earlier or {"erasures": [], "customers": [], "tokens": [], "texts": [], "keys": {}}
    customers = connection.execute("select customer_id from erasing_customers").fetchall()
    tokens = connection.execute("select token from erasing_tokens").fetchall()
    texts = connection.execute(
        "select kind, plain from vault.texts semi join erasing_tokens using (token)"
    ).fetchall()
    note["erasures"].append(erasure_id)
    note["customers"] += [row[0] for row in customers]
    note["tokens"] += [row[0] for row in tokens]
    note["texts"] += [list(row) for row in texts]
    return note


def _count(connection: duckdb.DuckDBPyConnection, note: dict[str, Any], outcome: Outcome) -> None:
    for table, erased, kept in connection.execute(
        "select raw_table, sum(rows_erased)::bigint, sum(rows_anonymised)::bigint"
        " from raw.landing_erased_rows where list_contains(?::varchar[], erasure_id)"
        " group by raw_table order by raw_table",
        [note["erasures"]],
    ).fetchall():
        outcome.rows[table] = (erased, kept)
    outcome.requests = connection.execute(
        "select count(*) from raw.landing_erasures where list_contains(?::varchar[], erasure_id)",
        [note["erasures"]],
    ).fetchall()[0][0]


def _blank_files(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    contract: Mapping[str, RawTable],
    note: dict[str, Any],
    outcome: Outcome,
) -> None:
    """Every stored file: also those that only name a person in passing, and those of no landing.

    A file blanked gets its new digest and place, then the book leads there, then the old one goes.
    """
    store, who = FileStore(settings.stored_files), _identifiers(note)
    store.clear()
    for path in store.files():
        landed = connection.execute(
            "select distinct raw_table, sha256 from raw.landing_files"
            " where coalesce(stored_sha256, sha256) = ? order by all",
            [path.name],
        ).fetchall()
        tables = [contract[table] for table, _ in landed if table in contract]
        with store.new_file() as new:
            try:
                records = blank_records(path, new, tables if landed else contract.values(), who)
            except (HoldfastError, pa.ArrowException, duckdb.Error) as error:
                # which says nothing of the file
                if lacks_memory(error) or lacks_memory(error.__cause__):
                    raise
                if not landed:  # it could not land, and cannot be searched
                    store.remove(path.name)
                    continue
                raise HoldfastError(
                    f"{path}, a stored file of raw.{landed[0][0]}, cannot be read"
                    f" ({type(error).__name__}): put the file with this SHA-256 back, or remove"
                    " it, then erase again"
                ) from None
            if not records:
                continue
            stored_sha256 = store.adopt(new)
        outcome.files += 1
        outcome.records_in_files += records
        connection.begin()
        connection.execute(
            "update raw.landing_files set stored_sha256 = ?"
            " where coalesce(stored_sha256, sha256) = ?",
            [stored_sha256, path.name],
        )
        for table, sha256 in landed:
            connection.execute(
                "insert into raw.landing_erased_files by name select ? as erasure_id,"
                " ? as raw_table, ? as sha256, ? as stored_sha256, ?::bigint as records_erased,"
                " ?::timestamp as erased_at",
                [
                    note["erasures"][-1],
                    table,
                    sha256,
                    stored_sha256,
                    records,
                    datetime.now(UTC).replace(tzinfo=None),
                ],
            )
        connection.commit()
        store.remove(path.name)


def _identifiers(note: dict[str, Any]) -> Identifiers:
    texts: dict[str, set[str]] = {}
    for kind, plain in note["texts"]:
        texts.setdefault(kind, set()).add(normalise(plain, kind))
    keys = {table: set(keys) for table, keys in note["keys"].items()}
    return Identifiers(set(note["customers"]), keys, texts)


def _forget_texts(connection: duckdb.DuckDBPyConnection, contract: Mapping[str, RawTable]) -> int:
    """Texts whose token raw does not hold any more; those of failed landings go with them."""
    columns = {
        table.name: [c.name for c in table.columns if c.contains_pii] for table in contract.values()
    }
    gone = connection.execute(
        f"delete from vault.texts where token not in (select token from"
        f" ({vault.tokens_in_raw(columns)}) where token is not null)"
    )
    return int(gone.fetchall()[0][0])


def _remove_leftovers(settings: Settings) -> None:
    """What DuckDB spilled and did not take away, as after a kill."""
    shutil.rmtree(settings.vault / "spill", ignore_errors=True)
    shutil.rmtree(settings.warehouse.with_name("warehouse.duckdb.tmp"), ignore_errors=True)


def _prove(settings: Settings, note: dict[str, Any], outcome: Outcome) -> None:
    """Searches every file while the persons are still known, and books the result."""
    people = vault.people_file(settings)
    served = [path for path in settings.published.rglob("*") if path.is_file()]
    with open_warehouse(settings.warehouse) as connection:
        name = str(connection.execute("select current_database()").fetchall()[0][0])
        vault.attach(connection, settings)
        values = {*note["customers"], *note["tokens"]}
        texts = {plain for _, plain in note["texts"]} | set(note["tokens"])
        texts |= {normalise(plain, kind) for kind, plain in note["texts"]}
        files, traces = search(
            connection,
            settings.home,
            Needles(values, texts),
            skipped=(_note(settings), *_secrets(settings), *served),
            attached=((name, settings.warehouse), ("vault", people)),
            others=tuple(folder for folder in (settings.vault, settings.inbox)),
        )
        outcome.files_searched, outcome.traces = files, traces
        connection.execute(
            "update raw.landing_erasures set files_searched = ?, traces_found = ?,"
            " texts_erased = ? where list_contains(?::varchar[], erasure_id)",
            [files, sum(traces.values()), outcome.texts, note["erasures"]],
        )


def _secrets(settings: Settings) -> tuple[Path, ...]:
    return (settings.token_key_file, settings.vault / "erased.key")


def _note(settings: Settings) -> Path:
    return settings.vault / "erasure.json"


def _read_note(settings: Settings) -> dict[str, Any] | None:
    path = _note(settings)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _write_note(settings: Settings, note: dict[str, Any]) -> None:
    path = _note(settings)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(note, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(settings.vault)
