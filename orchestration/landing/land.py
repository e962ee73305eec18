"""The landing of one folder: all of it, or nothing."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import read_contract
from orchestration.dbt_arguments import all_variables, read_variables
from orchestration.errors import HoldfastError, lacks_memory, told
from orchestration.landing import book
from orchestration.landing.csv_rows import land_csv
from orchestration.landing.delivery import Delivery, plan
from orchestration.landing.parquet_rows import land_parquet
from orchestration.landing.rejection import Limit
from orchestration.landing.report import FileReport, LandingReport
from orchestration.landing.rotation import finish_rotation
from orchestration.landing.rows import RowWriter
from orchestration.landing.store import FileStore
from orchestration.landing.tokens import Tokens, token_key
from orchestration.landing.vault import Vault
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

# Of DuckDB alone; with what is read at a time a landing stays under 1 GB.
MEMORY_LIMIT = "400MB"


def land(
    folder: Path | str, settings: Settings, say: Callable[[str], None] = lambda line: None
) -> LandingReport:
    """Lands every .csv, .csv.gz and .parquet file of `folder` as one batch, in one transaction.

    Each file is first copied into the vault's store and landed from there, so that what raw holds
    can be traced to bytes that nobody changes. The inbox is emptied of the files landed, once all
    is committed; any other folder is left as it is. Files whose bytes were
    landed before in the same table are recognised and skipped; where all are, nothing is written.
    Of a table in the var snapshot_tables all files of the folder are one delivery, which lands
    whole unless it is the newest one again: an older one that returns brings back what it holds.
    `say` receives a line now and then while a long file is read. Raises HoldfastError, with schema
    raw exactly as it was, for anything that is wrong.
    """
    folder = Path(folder).absolute()
    deliveries, ignored = plan(folder, contract := read_contract(settings.project))
    variables = all_variables(settings.project, read_variables(settings.vars_text))
    settings.home.mkdir(parents=True, exist_ok=True)
    finish_rotation(settings)
    report = LandingReport(settings.warehouse, ignored=ignored)
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    batch_id = f"{loaded_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"

    store = FileStore(settings.stored_files)
    limit = Limit(settings.max_rejected_share)
    newly_stored: list[Path] = []

    with open_warehouse(settings.warehouse) as connection, Vault(settings) as vault:
        # Read now that nobody else can write: the key may have been changed meanwhile.
        tokens = Tokens(token_key(settings), vault.keep)
        # What does not fit in memory may be plain personal data: it belongs in the vault.
        spill = settings.vault / "spill"
        connection.execute("set temp_directory = ?", [str(spill)])
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.begin()
        try:
            identities = [(delivery.table.name, delivery.sha256()) for delivery in deliveries]
            known = _known(connection, identities, variables["snapshot_tables"])
            for delivery, identity in zip(deliveries, identities, strict=True):
                if identity in known:
                    report.files.append(_already_landed(delivery))
                    continue
                if report.batch_id is None:
                    report.batch_id = batch_id
                    book.complete_tables(connection, contract.values())
                stored = store.path_of(identity[1])
                if not stored.exists():
                    newly_stored.append(stored)
                _store(store, delivery, identity[1])
                origin = book.Origin(batch_id, delivery.source_file, loaded_at)
                writer = RowWriter(connection, delivery, origin, tokens)
                file_report = _land_file(writer, delivery, stored, spill, limit, say)
                book.add_file(connection, origin, file_report, identity[1], stored.stat().st_size)
                delivery.check_unchanged()
                known.add(identity)
                report.files.append(file_report)
            # The vault first: a token in raw always has its text there.
            vault.commit()
            # From here on the files belong to rows: whatever happens now, they stay.
            newly_stored = []
            connection.commit()
        except BaseException as error:
            with contextlib.suppress(duckdb.Error):
                connection.rollback()
            for path in newly_stored:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            if isinstance(error, duckdb.Error):
                text = f"{settings.warehouse} cannot be written: {told(error)}"
                raise HoldfastError(text) from error
            raise
    if folder.resolve() == settings.inbox.resolve():
        _clear_inbox(deliveries)
    return report


def _clear_inbox(deliveries: list[Delivery]) -> None:
    """Takes away what the store holds now; what changed meanwhile is a delivery of its own."""
    for delivery in deliveries:
        try:
            delivery.check_unchanged()
            delivery.path.unlink()
        except HoldfastError:
            continue
        except OSError as error:
            raise HoldfastError(
                f"{delivery.path} was landed and cannot be removed: {error.strerror}: remove it,"
                " so that the inbox keeps no plain personal data"
            ) from error


def _known(
    connection: duckdb.DuckDBPyConnection,
    offered: list[tuple[str, str]],
    snapshot_tables: list[str] | None,
) -> set[tuple[str, str]]:
    """(raw table, sha256) of what need not land again."""
    known, newest = book.known_files(connection), book.newest_deliveries(connection)
    for table in snapshot_tables or []:
        if {sha256 for name, sha256 in offered if name == table} != newest.get(table):
            known -= {identity for identity in known if identity[0] == table}
    return known


def _store(store: FileStore, delivery: Delivery, sha256: str) -> None:
    """Copies the file into the store, whose copy is what lands."""
    try:
        stored_sha256 = store.put(delivery.path)
    except OSError as error:
        raise HoldfastError(
            f"{delivery.path} cannot be copied to {store.folder}: {error.strerror}"
        ) from error
    delivery.check_unchanged(stored_sha256 == sha256)


def _land_file(
    writer: RowWriter,
    delivery: Delivery,
    stored: Path,
    spill: Path,
    limit: Limit,
    say: Callable[[str], None],
) -> FileReport:
    try:
        if delivery.is_parquet:
            return land_parquet(writer, delivery, stored, spill)
        return land_csv(writer, delivery, stored, limit, say)
    except OSError as error:
        raise HoldfastError(f"{delivery.path} cannot be read: {error.strerror}") from error
    except (duckdb.Error, pa.ArrowException) as error:
        if lacks_memory(error):  # which says nothing of the file
            raise
        # DuckDB quotes offending values, which may be personal data: then neither the text nor
        # the cause is passed on.
        if delivery.table.has_pii:
            kind = type(error).__name__
            raise HoldfastError(
                f"{delivery.path} cannot be landed ({kind}): deliver it again"
            ) from None
        text = str(error).splitlines()[0]
        raise HoldfastError(
            f"{delivery.path} cannot be landed: {text}: deliver it again"
        ) from error


def _already_landed(delivery: Delivery) -> FileReport:
    return FileReport(
        delivery.source_file,
        delivery.table.name,
        unknown_columns=delivery.unknown_columns,
        is_already_landed=True,
    )
