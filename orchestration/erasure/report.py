"""What was erased, from the book, and whether anything erased has come back."""

from __future__ import annotations

from orchestration.contract import read_contract
from orchestration.erasure.marks import Hashes
from orchestration.erasure.persons import count_late_orders, find_persons
from orchestration.errors import HoldfastError
from orchestration.landing import book
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse


def report_lines(settings: Settings) -> list[str]:
    """Lines for a person: requests carried out, rows per raw table, files, and the search."""
    if not settings.warehouse.is_file():
        raise HoldfastError(f"there is no warehouse at {settings.warehouse}: nothing was erased")
    contract, hashes = read_contract(settings.project), Hashes(settings)
    with open_warehouse(settings.warehouse) as connection:
        book.complete_tables(connection, contract.values())
        requests = connection.execute(
            "select request_id, requested_at, strftime(erased_at, '%Y-%m-%dT%H:%M:%SZ'),"
            " past_totals, customer_records, files_searched, traces_found"
            " from raw.landing_erasures order by erased_at, request_id"
        ).fetchall()
        tables = connection.execute(
            "select raw_table, sum(rows_erased)::bigint, sum(rows_anonymised)::bigint"
            " from raw.landing_erased_rows group by raw_table order by raw_table"
        ).fetchall()
        files = connection.execute(
            "select count(distinct sha256), coalesce(sum(records_erased), 0)::bigint"
            " from raw.landing_erased_files"
        ).fetchall()[0]
        find_persons(connection, contract, hashes, False)
        waiting = connection.execute("select count(*) from erasing_requests").fetchall()[0][0]
        late = connection.execute(
            "select count(*) from erasing_customers where is_late"
        ).fetchall()[0][0] + count_late_orders(connection, hashes)
    lines = [
        f"request {request_id}: asked {asked}, carried out {done} ({mode}),"
        f" {records} customer records; {_searched(searched, traces)}"
        for request_id, asked, done, mode, records, searched, traces in requests
    ]
    lines += [
        f"raw.{table}: {erased:,} rows removed, {kept:,} kept without their person"
        for table, erased, kept in tables
    ]
    lines.append(f"stored files: {files[1]:,} records blanked in {files[0]:,} files")
    lines.append(f"{waiting:,} requests waiting, {late:,} erased ids delivered again")
    return lines


def _searched(files: int | None, traces: int | None) -> str:
    if files is None:
        return "not searched yet: run `holdfast erase` again"
    return f"{traces:,} traces found in {files:,} files"
