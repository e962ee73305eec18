"""The landing of folders, on real files and a real DuckDB warehouse."""

import csv
import datetime
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contract import LOADER_COLUMNS, read_contract
from orchestration.errors import HoldfastError
from orchestration.landing import land
from orchestration.landing.csv_reader import CsvReader
from orchestration.warehouse import open_warehouse

REFUNDS = "refund_id,order_id,refunded_at,amount\n"
CUSTOMERS = "customer_id,full_name,email,phone,created_at\n"


def content(settings):
    """Every row of every table of schema raw: what must not change when a landing fails."""
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'raw' order by 1"
        ).fetchall()
        return {
            table: connection.execute(f"select * from raw.{table} order by all").fetchall()
            for (table,) in tables
        }


# --- files and tables -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "shop_refunds.csv",
        "shop_refunds.2025-01.csv",
        "shop_refunds-part3.csv",
        "Shop_Refunds.CSV",
        "shop_refunds/part-00001.csv",
        "shop_refunds/2025/x.csv",
        "2025/shop_refunds.csv",
        "we[i]rd *?/shop_refunds.csv",
    ],
)
def test_the_table_of_a_file(settings, folder, query, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(REFUNDS + "r1,o1,2025-01-01,5\n")
    report = land(folder, settings)
    assert report.files[0].raw_table == "shop_refunds"
    assert query("select refund_id, _source_file from raw.shop_refunds") == [("r1", name)]


def test_all_files_of_a_folder_are_one_batch_at_one_instant(settings, folder, query):
    (folder / "shop_refunds.csv").write_text(REFUNDS + "r1,o1,2025-01-01,5\n")
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    before = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    report = land(folder, settings)
    both = query(
        "select _batch_id, _loaded_at from raw.shop_refunds"
        " union select _batch_id, _loaded_at from raw.billing_plans"
        " union select batch_id, loaded_at from raw.landing_files"
    )
    assert [batch for batch, _ in both] == [report.batch_id]
    assert before <= both[0][1] <= datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def test_other_files_are_named_as_ignored(settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    for name in ("notes.txt", ".billing_plans.csv", "shop_orders.csv.zip", "_SUCCESS"):
        (folder / name).write_text("x")
    assert land(folder, settings).ignored == [
        ".billing_plans.csv",
        "_SUCCESS",
        "notes.txt",
        "shop_orders.csv.zip",
    ]


def test_every_table_of_the_contract_is_made(settings, folder, query):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    made = {}
    for table, column, kind in query(
        "select table_name, column_name, lower(data_type) from information_schema.columns"
        " where table_schema = 'raw'"
    ):
        made.setdefault(table, {})[column] = kind
    for table in read_contract(settings.project).values():
        assert made[table.name] == {c.name: "varchar" for c in table.columns} | LOADER_COLUMNS


def test_missing_columns_are_added_to_an_existing_table(settings, folder, query):
    settings.home.mkdir()
    with open_warehouse(settings.warehouse) as connection:
        connection.execute("create schema raw")
        connection.execute("create table raw.billing_plans (PLAN_ID varchar, extra integer)")
        connection.execute("insert into raw.billing_plans values ('old', 7)")
    (folder / "billing_plans.csv").write_text("plan_id,tier\np1,gold\n")
    land(folder, settings)
    assert query("select plan_id, extra, tier, _source_line from raw.billing_plans order by 1") == [
        ("old", 7, None, None),
        ("p1", None, "gold", 2),
    ]


# --- columns --------------------------------------------------------------------------------


def test_columns_are_mapped_by_name_whatever_order_and_case(settings, folder, query):
    (folder / "shop_refunds.csv").write_text(
        "Amount, REFUNDED_AT ,refund_id,order_id\n5,2025-01-01,r1,\n"
    )
    land(folder, settings)
    assert query(
        "select refund_id, order_id, refunded_at, amount, currency from raw.shop_refunds"
    ) == [("r1", "", "2025-01-01", "5", None)]


def test_unknown_columns_are_reported_and_not_landed(settings, folder, query):
    (folder / "billing_plans.csv").write_text("plan_id,colour,Note\np1,red,x\n")
    report = land(folder, settings)
    assert report.files[0].unknown_columns == ("colour", "Note")
    assert "colour, Note" in "\n".join(report.lines())
    assert query("select unknown_columns from raw.landing_files") == [("colour, Note",)]
    assert "red" not in str(content(settings))


def test_text_lands_as_delivered(settings, folder, query):
    (folder / "billing_plans.csv").write_bytes(
        b'plan_id,plan_name,tier\n 007 ,"a ""b"", c\r\nd",\n\xe0\xb8\x81,NULL,""\n'
    )
    land(folder, settings)
    assert query(
        "select plan_id, plan_name, tier, _source_line from raw.billing_plans order by _source_line"
    ) == [(" 007 ", 'a "b", c\r\nd', "", 2), ("ก", "NULL", "", 4)]


# --- errors leave everything as it was ---------------------------------------------------------


BAD_FILES = {
    "shop_trousers.csv": (b"a\n1\n", "shop_trousers is no table of the raw contract"),
    "shop_refunds.csv": (b"refund_id,amount\nr1,5\n", "required column refunded_at missing"),
    "shop_refunds.2.csv": (b"refund_id;refunded_at;amount\n", "separate the fields with commas"),
    "shop_products.csv": (b"product_id,category,Category\n", "column 'category' stands twice"),
    "shop_products-empty.csv": (b"", "there is no header"),
    "shop_products-utf16.csv": ("product_id\n1".encode("utf-16-le"), "save the file as UTF-8"),
    "shop_products-no_header.csv": (b"p1,Tea,9\n", "is the header missing?"),
    "shop_order_items.parquet": (b"PAR1 nonsense", "cannot be read"),
    "crm_customers/shop_products.csv": (b"product_id\n1\n", "name different tables"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_leaves_raw_as_it_was(settings, folder, tmp_path, name):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    before = content(settings)
    second = tmp_path / "second"
    bad = second / name
    bad.parent.mkdir(parents=True)
    (second / "billing_plans.csv").write_text("plan_id\np2\n")
    bytes_, message = BAD_FILES[name]
    bad.write_bytes(bytes_)
    with pytest.raises(HoldfastError, match=re.escape(message)) as error:
        land(second, settings)
    assert bad.name in str(error.value)
    assert "\n" not in str(error.value)
    assert content(settings) == before


def test_a_failure_in_the_midst_of_reading_leaves_raw_as_it_was(settings, folder, tmp_path):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    before = content(settings)
    second = tmp_path / "second"
    second.mkdir()
    (second / "billing_plans.csv").write_text("plan_id\np2\n")
    (second / "shop_refunds.csv").write_text(REFUNDS + "r,o,2025-01-01,5\n" * 100_000)
    path = second / "shop_order_items.parquet"
    table = pa.table({n: ["x" * 50] * 5000 for n in ("order_item_id", "order_id", "unit_price")})
    pq.write_table(
        table.append_column("quantity", pa.array(range(5000))), path, compression="snappy"
    )
    damaged = bytearray(path.read_bytes())
    damaged[8:400] = b"\xff" * 392
    path.write_bytes(damaged)
    with pytest.raises(HoldfastError, match=r"shop_order_items\.parquet cannot be landed"):
        land(second, settings)
    assert content(settings) == before


def test_a_first_landing_that_fails_leaves_no_raw(settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    (folder / "nonsense.csv").write_text("a\n")
    with pytest.raises(HoldfastError):
        land(folder, settings)
    assert not settings.warehouse.exists()


def test_a_file_that_changes_while_it_is_read(settings, folder, monkeypatch):
    path = folder / "billing_plans.csv"
    path.write_text("plan_id\np1\n")

    batches = CsvReader.batches

    def read_and_append(*arguments):
        yield from batches(*arguments)
        with path.open("a") as file:
            file.write("p2\n")

    monkeypatch.setattr(CsvReader, "batches", read_and_append)
    with pytest.raises(HoldfastError, match="changed while it was read"):
        land(folder, settings)
    assert content(settings) == {}


@pytest.mark.parametrize("step", ["delivery._delivery", "csv_reader.CsvReader.batches"])
def test_missing_memory_is_no_fault_of_a_file(settings, folder, monkeypatch, step):
    """Which would be asked for again."""
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")

    def fails(*_):
        raise pa.lib.ArrowMemoryError("malloc of size 64 failed")

    monkeypatch.setattr(f"orchestration.landing.{step}", fails)
    with pytest.raises(MemoryError):
        land(folder, settings)
    assert not settings.warehouse.exists() or content(settings) == {}


def test_a_raw_relation_that_cannot_be_completed_is_one_clear_line(settings, folder):
    settings.home.mkdir()
    with open_warehouse(settings.warehouse) as connection:
        connection.execute("create schema raw")
        connection.execute("create view raw.billing_plans as select 'p0' as plan_id")
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    with pytest.raises(HoldfastError, match="cannot be written") as error:
        land(folder, settings)
    assert "\n" not in str(error.value)
    assert content(settings) == {"billing_plans": [("p0",)]}


def test_a_folder_that_is_missing_or_holds_nothing(settings, folder):
    with pytest.raises(HoldfastError, match="is not a folder"):
        land(folder / "none", settings)
    (folder / "notes.txt").write_text("x")
    with pytest.raises(HoldfastError, match=r"holds no file to land"):
        land(folder, settings)


def test_another_process_that_holds_the_warehouse_is_one_clear_line(settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        holder.stdout.readline()
        with pytest.raises(HoldfastError, match=rf"in use by .*PID {holder.pid}") as error:
            land(folder, settings)
        assert "\n" not in str(error.value)
        holder.communicate(b"\n")


# --- the same bytes again ---------------------------------------------------------------------


def test_the_same_bytes_change_nothing(settings, folder, tmp_path):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    before = content(settings)
    other = tmp_path / "other"
    other.mkdir()
    (other / "billing_plans-again.csv").write_text("plan_id\np1\n")
    report = land(other, settings)
    assert report.batch_id is None
    assert report.files[0].is_already_landed
    assert "already landed" in report.lines()[0]
    assert content(settings) == before


def test_only_new_files_land(settings, folder, query):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    (folder / "billing_plans-2.csv").write_text("plan_id\np2\n")
    (folder / "billing_plans-copy.csv").write_text("plan_id\np2\n")
    report = land(folder, settings)
    assert [f.is_already_landed for f in report.files] == [False, True, True]
    assert query("select plan_id from raw.billing_plans order by 1") == [("p1",), ("p2",)]
    assert query("select count(distinct batch_id) from raw.landing_files") == [(2,)]


# --- rejected lines and the book ----------------------------------------------------------------


def test_rejected_lines_are_kept_and_the_book_balances(settings, folder, query):
    lines = [
        REFUNDS.encode(),
        b"r1,o1,2025-01-01,5\n",
        b"r2,o2,2025-01-01\n",
        b"\n",
        b"r3,\xe9,2025-01-01,5\n",
        b'r4,"o\n4",2025-01-01,5\n',
        b'r5,"o"5,2025-01-01,5\n',
        b"r6,o6,2025-01-01,5\n",
    ]
    (folder / "shop_refunds.csv").write_bytes(b"".join(lines))
    report = land(folder, settings)
    assert query("select refund_id, _source_line from raw.shop_refunds order by 2") == [
        ("r1", 2),
        ("r4", 6),
        ("r6", 9),
    ]
    offsets = [sum(map(len, lines[:n])) for n in range(len(lines))]
    assert query(
        "select raw_table, source_file, source_line, byte_offset, reason, line_text"
        " from raw.landing_rejected_lines order by source_line"
    ) == [
        ("shop_refunds", "shop_refunds.csv", line, offsets[n], reason, text)
        for line, n, reason, text in [
            (3, 2, "ragged", "r2,o2,2025-01-01"),
            (4, 3, "empty_line", ""),
            (5, 4, "undecodable", "r3,\\xe9,2025-01-01,5"),
            (8, 6, "malformed_quotes", 'r5,"o"5,2025-01-01,5'),
        ]
    ]
    data = b"".join(lines)
    assert query(
        "select batch_id, sha256, size_bytes, rows_landed, lines_rejected from raw.landing_files"
    ) == [(report.batch_id, hashlib.sha256(data).hexdigest(), len(data), 3, 4)]
    assert len(lines) == 1 + report.rows_landed + report.lines_rejected
    assert "ragged: 1" in report.lines()[0]


@pytest.mark.parametrize(
    ("good", "bad", "share", "is_refused"),
    [
        (1, 5, 0.1, False),
        (1, 6, 0.1, True),
        (54, 6, 0.1, False),
        (53, 6, 0.1, True),
        (9, 1, 0, True),
        (10, 0, 0, False),
        (1, 99, 1, False),
        (50, 50, 0.5, False),
        (49, 51, 0.5, True),
    ],
)
def test_the_share_of_rejected_lines(settings, folder, query, good, bad, share, is_refused):
    (folder / "billing_plans.csv").write_text("plan_id\np0\n")
    land(folder, settings)
    before = content(settings)
    (folder / "shop_refunds.csv").write_text(
        REFUNDS + "r,o,2025-01-01,5\n" * good + "ragged\n" * bad
    )
    settings = replace(settings, max_rejected_share=share)
    if is_refused:
        with pytest.raises(HoldfastError) as error:
            land(folder, settings)
        for part in ("shop_refunds.csv", f"{bad:,} of {good + bad:,}", f"line {good + 2}", "mend"):
            assert part in str(error.value)
        assert content(settings) == before
    else:
        report = land(folder, settings)
        assert (report.rows_landed, report.lines_rejected) == (good, bad)


def test_bytes_that_are_not_booked_are_an_error(settings, folder, monkeypatch):
    (folder / "shop_refunds.csv").write_text(REFUNDS + "r1,o1,2025-01-01,5\n")
    batches = CsvReader.batches

    def losing_one(*arguments):
        for batch in batches(*arguments):
            batch.row_bytes -= 1
            yield batch

    monkeypatch.setattr(CsvReader, "batches", losing_one)
    with pytest.raises(HoldfastError, match="57 bytes read, but 56 of records and 0 of rejected"):
        land(folder, settings)
    assert content(settings) == {}


def test_a_header_alone_is_booked(settings, folder, query):
    (folder / "billing_plans.csv").write_text("plan_id\n")
    assert land(folder, settings).batch_id
    assert query("select rows_landed, lines_rejected from raw.landing_files") == [(0, 0)]


def test_many_batches_balance(settings, folder, query):
    with (folder / "shop_refunds.csv").open("w") as file:
        file.write(REFUNDS)
        for n in range(120_000):
            file.write(f"r{n},o,2025-01-01,5\n" if n % 1000 else "ragged\n")
    said = []
    report = land(folder, settings, said.append)
    assert (report.rows_landed, report.lines_rejected) == (119_880, 120)
    assert query(
        "select count(*), count(distinct _source_line), min(_source_line), max(_source_line),"
        " count(*) filter (refund_id <> 'r' || (_source_line - 2)) from raw.shop_refunds"
    ) == [(119_880, 119_880, 3, 120_001, 0)]


def test_progress_is_said_every_million_rows(monkeypatch):
    from orchestration.landing.report import Progress

    said = []
    progress = Progress(said.append, "x.csv")
    for rows in range(0, 2_500_000, 50_000):
        progress.at(rows)
    assert said == ["x.csv: 1,000,000 rows so far", "x.csv: 2,000,000 rows so far"]


# --- Parquet ----------------------------------------------------------------------------------


@pytest.mark.parametrize("writer", ["csv module", "DuckDB"])
def test_the_same_text_lands_the_same_from_csv_and_parquet(tmp_path, writer):
    """Row by row and line by line, nulls included: CSV knows none."""
    from orchestration.settings import Settings

    names = ["customer_id", "full_name", "email", "phone", "created_at", "city"]
    rows = [
        ("c1", "An", "AN@x.vn", "+84 90", "2025-01-01", "a,b"),
        ("c2", "", "", "", "2025-01-02", ""),
        ("c3", "An", "an@x.vn ", "0084 90", "2025-01-03", 'ก\nข "x"'),
        ("c4", None, None, None, "2025-01-03", None),
        *((f"d{n}", "", f"{n % 500}@x.vn", "", " NULL ", "\r\n") for n in range(20_000)),
    ]
    table = pa.table(
        {
            name: pa.array(values, pa.string())
            for name, values in zip(names, zip(*rows, strict=True), strict=True)
        }
    )
    landed = []
    for suffix in ("csv", "parquet"):
        home = Settings.from_env({"HOLDFAST_HOME": str(tmp_path / suffix)})
        settings = replace(home, token_key="k" * 32)
        inbox = tmp_path / f"in_{suffix}"
        inbox.mkdir()
        path = inbox / f"crm_customers.{suffix}"
        if suffix == "parquet":
            pq.write_table(table, path, row_group_size=3000)
        elif writer == "DuckDB":
            with duckdb.connect() as connection:
                connection.register("rows_given", table)
                connection.execute(f"copy (from rows_given) to '{path}'")
        else:
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([names, *rows])
        land(inbox, settings)
        with open_warehouse(settings.warehouse, read_only=True) as connection:
            landed.append(
                connection.execute(
                    "select * exclude (_batch_id, _loaded_at, _source_file, _source_line)"
                    " from raw.crm_customers order by _source_line"
                ).fetchall()
            )
    assert landed[0] == landed[1]
    assert len(landed[0]) == len(rows)
    assert landed[0][0][1:4] == landed[0][2][1:4]


def test_typed_parquet_values_become_text(settings, folder, query):
    utc = datetime.UTC
    values = {
        "ordered_at": (
            [datetime.datetime(2025, 1, 1), datetime.datetime(2025, 1, 1, 10, 0, 0, 500000), None],
            pa.timestamp("us"),
            ["2025-01-01T00:00:00", "2025-01-01T10:00:00.5", ""],
        ),
        "updated_at": (
            [datetime.datetime(2025, 1, 1, 7, tzinfo=utc)] * 3,
            pa.timestamp("us", "Asia/Bangkok"),
            ["2025-01-01T07:00:00+00:00"] * 3,
        ),
        "gross_amount": ([0.1, 100.0, 1e20], pa.float64(), ["0.1", "100", "100000000000000000000"]),
        "tax_amount": ([1e-7, -0.00012, None], pa.float64(), ["0.0000001", "-0.00012", ""]),
        "discount_amount": (
            [Decimal("1.50"), Decimal("-2.00"), None],
            pa.decimal128(10, 2),
            ["1.50", "-2.00", ""],
        ),
        "shipping_amount": ([float("nan"), float("inf"), 0.3], pa.float32(), ["nan", "inf", "0.3"]),
        "is_test": ([True, False, None], pa.bool_(), ["true", "false", ""]),
        "order_id": ([1, 2, 3], pa.int64(), ["1", "2", "3"]),
        "customer_id": ([b"c1", "ก".encode(), b""], pa.binary(), ["c1", "ก", ""]),
        "status": (["paid", "", None], pa.dictionary(pa.int8(), pa.string()), ["paid", "", ""]),
    }
    table = pa.table({n: pa.array(v, t) for n, (v, t, _) in values.items()})
    pq.write_table(table, folder / "shop_orders.parquet")
    land(folder, settings)
    for name, (_, _, expected) in values.items():
        found = query(f"select {name} from raw.shop_orders order by _source_line")
        assert [value for (value,) in found] == expected, name
    assert query("select list(_source_line order by _source_line) from raw.shop_orders") == [
        ([1, 2, 3],)
    ]


def test_parquet_with_personal_data_keeps_rows_and_lines(settings, folder, query):
    n = 20_000
    table = pa.table(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "created_at": ["2025-01-01"] * n,
            "email": [None if i % 3 == 0 else f"user{i % 500}@x.vn" for i in range(n)],
            "phone": pa.array([None if i % 5 else 84_000 + i for i in range(n)], pa.int64()),
            "Unknown": ["x"] * n,
        }
    )
    pq.write_table(table, folder / "we[i]rd.parquet")
    (folder / "we[i]rd.parquet").rename(folder / "crm_customers-[1]*?.parquet")
    report = land(folder, settings)
    assert (report.rows_landed, report.files[0].unknown_columns) == (n, ("Unknown",))
    assert query(
        "select count(*), count(nullif(email, '')), count(nullif(phone, '')),"
        " count(distinct nullif(email, '')),"
        " count(*) filter (customer_id <> 'c' || (_source_line - 1)),"
        " max(length(email)), max(length(phone)) from raw.crm_customers"
    ) == [(n, n - 6667, 4000, 500, 0, 64, 64)]


def test_duplicate_and_missing_parquet_columns_are_errors(settings, folder):
    path = folder / "billing_plans.parquet"
    pq.write_table(pa.table({"plan_id": ["1"], "Plan_ID": ["2"]}), path)
    with pytest.raises(HoldfastError, match=r"billing_plans\.parquet: schema: column 'plan_id'"):
        land(folder, settings)
    pq.write_table(pa.table({"tier": ["1"]}), path)
    with pytest.raises(HoldfastError, match=r"schema: required column plan_id missing"):
        land(folder, settings)


# --- personal data ------------------------------------------------------------------------------


SECRETS = ("Somchai", "somchai@secret.example", "0812345678", "Ragged Person")


def test_no_plain_personal_data_anywhere(settings, folder, query, capfd):
    (folder / "crm_customers.csv").write_text(
        CUSTOMERS
        + "c1,Somchai Jaidee,somchai@secret.example,0812345678,2025-01-01\n"
        + "c2,Ragged Person,somchai@secret.example,0812345678\n"
        + 'c3,"Ragged Person"x,somchai@secret.example,0812345678,2025-01-01\n'
    )
    pq.write_table(
        pa.table(
            {
                "order_id": ["o1"],
                "customer_id": [""],
                "ordered_at": ["2025-01-01"],
                "status": ["paid"],
                "gross_amount": ["5"],
                "guest_email": ["somchai@secret.example"],
            }
        ),
        folder / "shop_orders.parquet",
    )
    report = land(folder, settings, print)
    print("\n".join(report.lines()))
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in files if settings.vault not in path.parents]
    texts += [part.encode() for part in capfd.readouterr()] + [str(content(settings)).encode()]
    for text in texts:
        for secret in SECRETS:
            assert secret.encode() not in text
            assert hashlib.md5(secret.encode()).hexdigest().encode() not in text
            assert hashlib.sha256(secret.encode()).hexdigest().encode() not in text
    assert query("select line_text, reason from raw.landing_rejected_lines order by 2") == [
        (None, "malformed_quotes"),
        (None, "ragged"),
    ]
    assert query(
        "select c.email = o.guest_email, length(c.full_name), length(c.phone)"
        " from raw.crm_customers as c cross join raw.shop_orders as o"
    ) == [(True, 64, 64)]


def test_errors_about_files_with_personal_data_quote_no_values(settings, folder):
    path = folder / "crm_customers.csv"
    path.write_text("c1,Somchai Jaidee,somchai@secret.example,0812345678,2025-01-01\n" * 2)
    with pytest.raises(HoldfastError) as error:
        land(folder, settings)
    assert not any(secret in str(error.value) for secret in SECRETS)
    path.unlink()
    names = pa.array([b"Somchai \xff"], pa.binary())
    table = pa.table({"customer_id": ["1"], "created_at": ["2025-01-01"], "full_name": names})
    pq.write_table(table, folder / "crm_customers.parquet")
    with pytest.raises(HoldfastError, match="cannot be landed") as error:
        land(folder, settings)
    assert "Somchai" not in str(error.value)
    assert error.value.__cause__ is None


def test_tokens_are_stable_between_landings_and_differ_between_keys(settings, folder, query):
    path = folder / "crm_customers.csv"
    path.write_text(CUSTOMERS + "c1,An,an@x.vn,84,2025-01-01\n")
    land(folder, settings)
    path.write_text(CUSTOMERS + "c2,AN,AN@X.VN,+84,2025-01-01\n")
    land(folder, settings)
    assert query("select count(distinct (full_name, email, phone)) from raw.crm_customers") == [
        (1,)
    ]
    path.write_text(CUSTOMERS + "c3,An,an@x.vn,84,2025-01-02\n")
    land(folder, replace(settings, token_key="another key of thirty-two characters"))
    assert query("select count(distinct email) from raw.crm_customers") == [(2,)]
