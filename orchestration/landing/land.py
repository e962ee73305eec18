"""The landing of one folder: all of it, or nothing."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.contract import read_contract
from orchestration.errors import HoldfastError
from orchestration.landing import book
from orchestration.landing.csv_rows import land_csv
from orchestration.landing.delivery import Delivery, plan
from orchestration.landing.parquet_rows import land_parquet
from orchestration.landing.report import FileReport, LandingReport
from orchestration.landing.tokens import Tokens, token_key
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse


def land(
    folder: Path | str, settings: Settings, say: Callable[[str], None] = lambda line: None
) -> LandingReport:
    """Lands every .csv and .parquet file of `folder` as one batch, in one transaction.

    Files whose bytes were landed before in the same table are recognised and skipped; where all
    are, nothing is written. `say` receives a line now and then while a long file is read.
    Raises HoldfastError, with schema raw exactly as it was, for anything that is wrong.
    """
    folder = Path(folder).absolute()
    deliveries, ignored = plan(folder, contract := read_contract(settings.project))
    settings.home.mkdir(parents=True, exist_ok=True)
    tokens = Tokens(token_key(settings))
    report = LandingReport(settings.warehouse, ignored=ignored)
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    batch_id = f"{loaded_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"

    with open_warehouse(settings.warehouse) as connection:
        # What does not fit in memory may be plain personal data: it belongs in the vault.
        spill = str(settings.vault / "spill").replace("'", "''")
        connection.execute(f"set temp_directory = '{spill}'")
        connection.begin()
        try:
            known = book.known_files(connection)
            for delivery in deliveries:
                identity = (delivery.table.name, delivery.sha256())
                if identity in known:
                    report.files.append(_already_landed(delivery))
                    continue
                if report.batch_id is None:
                    report.batch_id = batch_id
                    book.complete_tables(connection, contract.values())
                origin = book.Origin(batch_id, delivery.source_file, loaded_at)
                file_report = _land_file(connection, delivery, origin, tokens, say)
                book.add_file(
                    connection,
                    origin,
                    delivery.table,
                    sha256=identity[1],
                    size_bytes=delivery.stamp[0],
                    rows_landed=file_report.rows_landed,
                    lines_rejected=file_report.lines_rejected,
                    unknown_columns=delivery.unknown_columns,
                )
                delivery.check_unchanged()
                known.add(identity)
                report.files.append(file_report)
            connection.commit()
        except BaseException as error:
            with contextlib.suppress(duckdb.Error):
                connection.rollback()
            if isinstance(error, duckdb.Error):
                text = str(error).splitlines()[0]
                raise HoldfastError(f"{settings.warehouse} cannot be written: {text}") from error
            raise
    return report


def _land_file(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    origin: book.Origin,
    tokens: Tokens,
    say: Callable[[str], None],
) -> FileReport:
    try:
        if delivery.is_parquet:
            return land_parquet(connection, delivery, origin, tokens)
        return land_csv(connection, delivery, origin, tokens, say)
    except OSError as error:
        raise HoldfastError(f"{delivery.path} cannot be read: {error.strerror}") from error
    except duckdb.Error as error:
        # DuckDB quotes offending values, which may be personal data: then neither the text nor
        # the cause is passed on.
        if delivery.table.has_pii:
            kind = type(error).__name__
            raise HoldfastError(f"{delivery.path} cannot be landed ({kind})") from None
        text = str(error).splitlines()[0]
        raise HoldfastError(f"{delivery.path} cannot be landed: {text}") from error


def _already_landed(delivery: Delivery) -> FileReport:
    return FileReport(
        delivery.source_file,
        delivery.table.name,
        unknown_columns=delivery.unknown_columns,
        is_already_landed=True,
    )
