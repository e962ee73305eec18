"""How the dashboard reads: published rows as they are, and nothing else of the machine."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard.reading import Generation, Gone, Query, query, served
from orchestration.dbt_arguments import all_variables
from orchestration.publication.generations import CURRENT, remove
from orchestration.publication.publish import publish
from tests.python.warehouses import SAMPLE_VARS, Warehouse

# Texts that would do something where names or values were put into SQL as they are.
HOSTILE = (
    "'",
    '"',
    "';--",
    "' or '1'='1",
    'x" from goals; drop table goals; --',
    "goals; drop table goals",
    "goals union all select * from annotations",
    "(select 1)",
    "count(*)",
    "*",
    "read_text('/etc/passwd')",
    "../build",
    "../publication/build",
    "/etc/passwd",
    "marts.goals",
    "{0}",
    "%s",
    "?",
    "",
    " ",
    "goals\x00",
    "ก",
)


def published_home(built: Path) -> Warehouse:
    """A copy of a built home beside it, published once for all who read it."""
    copy = Warehouse(built.with_name(f"{built.name}-published"))
    if not copy.home.exists():
        source = Warehouse(built)
        source.copy(copy.home)
        shutil.copytree(source.settings.vault, copy.settings.vault)
        publish(copy.settings, all_variables(copy.settings.project, SAMPLE_VARS))
    return copy


@pytest.fixture(scope="module")
def once(built_sample: Warehouse) -> Warehouse:
    """The sample, published. Tests only read it."""
    return published_home(built_sample.home)


@pytest.fixture(scope="module")
def folder(once: Warehouse) -> Path:
    """Folder of the generation that is served."""
    found = served(once.settings.published)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def generation(folder: Path) -> Generation:
    return Generation(folder)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A generation that a test may take away."""
    shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path / folder.name


def plain(folder: Path, table: str, rest: str = "", columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a published file, by DuckDB alone."""
    [path] = (folder / "parquet").glob(f"*/{table}.parquet")
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{path}' {rest}").fetchall()


# --- names --------------------------------------------------------------------------------------


def test_tables_that_are_not_published_are_refused(generation: Generation) -> None:
    for name in (*HOSTILE, "fct_orders.parquet", "int_as_of", "crm_customers", "GOALS "):
        for call in (generation.columns, lambda one: generation.read(query(one, ["nps"]))):
            with pytest.raises(KeyError):
                call(name)
        with pytest.raises(KeyError):
            list(generation.rows(query(name, ["nps"])))
        assert not generation.has(name), name


def test_columns_that_are_not_published_are_refused(generation: Generation) -> None:
    for name in (*HOSTILE, "rowid", "filename", "goal_value, explanation", "GOAL_VALUE"):
        for asked in (
            query("goals", [name]),
            query("goals", ["goal_value", name]),
            query("goals", ["goal_value"], {name: 1}),
            query("goals", ["goal_value"], {name: None}),
            query("goals", ["goal_value"], {name: (1, 2)}),
            query("goals", ["goal_value"], at_least={name: 1}),
            query("goals", ["goal_value"], order=(name,)),
            query("goals", ["goal_value"], order=(f"-{name}",)),
            query("goals", ["goal_value"], order=(f"{name} desc",)),
        ):
            with pytest.raises(KeyError):
                generation.read(asked)
            with pytest.raises(KeyError):
                list(generation.rows(asked))
    # neither does a limit take a text
    with pytest.raises(ValueError):
        generation.read(query("goals", ["goal_value"], limit="1; drop table goals"))  # type: ignore[arg-type]


def test_values_are_only_values(generation: Generation, folder: Path) -> None:
    before = plain(folder, "goals", "order by all")
    for value in HOSTILE:
        for where in ({"metric_name": value}, {"metric_name": (value, value + "x")}):
            assert generation.read(query("goals", ["metric_name"], where)).empty
            assert list(generation.rows(query("goals", ["metric_name"], where))) == []
    with_one = {"metric_name": ("'", "nps", "' or '1'='1")}
    assert generation.read(query("goals", ["metric_name"], with_one))["metric_name"].tolist() == [
        "nps"
    ]
    everything = query("goals", generation.columns("goals"))
    assert sorted(generation.rows(everything)) == before == plain(folder, "goals", "order by all")


def test_a_text_that_stands_in_a_mart_is_found_as_it_is(copied: Path) -> None:
    path = copied / "parquet" / "marts" / "goals.parquet"
    path.parent.chmod(0o755)
    path.unlink()
    with duckdb.connect() as connection:
        connection.execute("create table goals (metric_name varchar, goal_value double)")
        rows = [(text, float(at)) for at, text in enumerate(HOSTILE) if "\x00" not in text]
        connection.executemany("insert into goals values (?, ?)", rows)
        connection.execute(f"copy goals to '{path}'")
    one = Generation(copied)
    for text, figure in rows:
        asked = query("goals", ["metric_name", "goal_value"], {"metric_name": text})
        assert list(one.rows(asked)) == [(text, figure)], text


# --- nothing but what is published --------------------------------------------------------------


def test_its_engine_sees_no_file(generation: Generation, folder: Path, tmp_path: Path) -> None:
    secret, out = tmp_path / "secret.csv", tmp_path / "out"
    secret.write_text("one\n1\n")
    parquet = folder / "parquet" / "marts" / "goals.parquet"
    database = folder / "holdfast.duckdb"
    generation.columns("goals")
    # Python's own variables are no tables either
    frame = generation.read(query("goals", ["goal_value"]))
    assert len(frame)
    with generation._cursor("goals") as cursor:
        for statement in (
            f"from '{secret}'",
            f"from '{parquet}'",
            f"from read_csv('{secret}')",
            f"from read_text('{secret}')",
            f"from glob('{tmp_path}/*')",
            f"attach '{database}' (read_only)",
            f"attach '{tmp_path / 'new.duckdb'}'",
            f"copy goals to '{out}'",
            f"copy (select 1) to '{out}'",
            f"export database '{out}'",
            "install httpfs",
            "load httpfs",
            "from 'https://example.com/x.parquet'",
            "set enable_external_access = true",
            "set lock_configuration = false",
            f"set temp_directory = '{tmp_path}'",
            "reset enable_external_access",
            "from frame",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(statement)
        assert cursor.execute("select count(*) from goals").fetchall() == [(len(frame),)]
    assert not out.exists() and [one.name for one in tmp_path.iterdir()] == ["secret.csv"]


def test_a_query_sees_the_table_that_it_names_and_no_other(generation: Generation) -> None:
    generation.columns("goals")
    generation.columns("annotations")
    with generation._cursor("goals") as cursor, pytest.raises(duckdb.Error):
        cursor.execute("from annotations")


# --- the same rows as in the file ---------------------------------------------------------------


def test_every_table_reads_as_duckdb_reads_it(generation: Generation, folder: Path) -> None:
    """`rows` exactly, decimals and all; `read` the same as doubles."""
    decimals = 0
    paths = sorted((folder / "parquet").glob("*/*.parquet"))
    assert len(paths) > 40
    for path in paths:
        table = path.stem
        columns = generation.columns(table)
        asked = query(table, columns, order=columns, limit=1000)
        order = ", ".join(f'"{column}" nulls last' for column in columns)
        expected = plain(folder, table, f"order by {order} limit 1000")
        found = list(generation.rows(asked))
        assert found == expected, table
        for one, other in zip(found, expected, strict=True):
            assert [type(value) for value in one] == [type(value) for value in other], table
        frame = generation.read(asked)
        assert frame.columns.tolist() == columns and len(frame) == len(expected), table
        for at, column in enumerate(columns):
            wanted = [row[at] for row in expected]
            told = frame[column].astype(object).where(frame[column].notna(), None).tolist()
            if any(isinstance(value, Decimal) for value in wanted):
                decimals += 1
                assert frame[column].dtype == "float64", (table, column)
            assert [_plain(value) for value in told] == [_plain(value) for value in wanted], (
                table,
                column,
            )
    assert decimals > 50


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if isinstance(value, date):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return value


def test_what_rows_there_are(generation: Generation, folder: Path) -> None:
    def both(asked: Query) -> list[tuple[Any, ...]]:
        found = list(generation.rows(asked))
        assert len(generation.read(asked)) == len(found)
        return found

    table = "customer_next_actions"
    columns = ["customer_id", "margin_at_risk", "reason_3"]
    names = ", ".join(columns)
    # nulls are last whichever way
    for way in ("", "-"):
        asked = query(table, columns, order=(f"{way}reason_3", "customer_id"))
        order = f"reason_3 {'desc' if way else 'asc'} nulls last, customer_id"
        found = both(asked)
        assert found == plain(folder, table, f"order by {order}", names)
        assert found[0][2] is not None and found[-1][2] is None
    # a null, one of several, at least, not more than
    order = ("customer_id",)
    for asked, rest in (
        (query(table, columns, {"reason_3": None}, order=order), "where reason_3 is null"),
        (
            query(table, columns, {"risk_band": ("high", "low")}, order=order),
            "where risk_band in ('high', 'low')",
        ),
        (query(table, columns, {"risk_band": ()}, order=order), "where false"),
        (query(table, columns, {"has_consent": True}, order=order), "where has_consent"),
        (
            query(table, columns, {"has_consent": False, "risk_band": "high"}, order=order),
            "where not has_consent and risk_band = 'high'",
        ),
        (
            query(table, columns, at_least={"margin_at_risk": 100}, order=order),
            "where margin_at_risk >= 100",
        ),
        (
            query(table, columns, {"risk_band": "high"}, at_least={"p_buy_90d": 0.1}, order=order),
            "where p_buy_90d >= 0.1 and risk_band = 'high'",
        ),
    ):  # fmt: skip
        assert both(asked) == plain(folder, table, f"{rest} order by customer_id", names), rest
    whole = both(query(table, columns, order=("customer_id",)))
    assert both(query(table, columns, order=("customer_id",), limit=7)) == whole[:7]
    assert both(query(table, columns, order=("customer_id",), limit=0)) == []
    # each value once
    asked = query(table, ["risk_band"], order=("risk_band",), distinct=True)
    assert both(asked) == plain(
        folder, table, "order by risk_band nulls last", "distinct risk_band"
    )
    assert len(both(query(table, ["risk_band"]))) == len(whole)
    # days
    asked = query("retention_by_period", ["customers_at_start"], {"period_start": date(2025, 3, 1)})
    told = plain(
        folder, "retention_by_period", "where period_start = '2025-03-01'", "customers_at_start"
    )
    assert sorted(both(asked)) == sorted(told) and told


def test_eight_readers_at_once_read_the_same(folder: Path) -> None:
    one = Generation(folder)
    tables = ("retention_by_period", "cohort_retention", "overview_by_period", "nps_by_period")
    alone = {}
    for table in tables:
        columns = Generation(folder).columns(table)
        alone[table] = Generation(folder).read(query(table, columns, order=columns))
    start = threading.Barrier(8)

    def reads(turn: int) -> None:
        start.wait(timeout=30)
        for at in range(4):
            table = tables[(turn + at) % len(tables)]
            columns = one.columns(table)
            found = one.read(query(table, columns, order=columns))
            assert found.equals(alone[table]), table
            exact = list(one.rows(query(table, columns[:3], order=columns, limit=20)))
            assert len(exact) == 20

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(reads, range(8)))


# --- generations that go ------------------------------------------------------------------------


def test_a_generation_that_was_taken_away_is_gone(copied: Path) -> None:
    untouched, opened = Generation(copied), Generation(copied)
    asked = query("goals", ["metric_name", "goal_value"], order=("metric_name",))
    before = opened.read(asked)
    remove(copied)
    for generation in (untouched, opened):
        with pytest.raises(Gone):
            list(generation.rows(asked))
        with pytest.raises(Gone):
            generation.read(query("annotations", ["note"]))
    with pytest.raises(Gone):
        untouched.read(asked)
    # what was read is kept
    assert len(before) and opened.read(asked).equals(before)
    # a name that is wrong stays wrong where its table was known
    with pytest.raises(KeyError):
        opened.read(query("goals", ["nosuch"]))


def test_what_one_reader_changes_is_his_own(folder: Path) -> None:
    one, asked = Generation(folder), query("goals", ["metric_name", "goal_value"])
    rows, whole = one.read(asked), one.read(asked)
    rows["metric_name"] = "another"
    rows.loc[0, "goal_value"] = -1
    rows.drop(rows.index[1:], inplace=True)
    assert one.read(asked).equals(whole) and not whole.equals(rows)
    assert set(whole["metric_name"]) != {"another"} and (whole["goal_value"] >= 0).all()


def test_what_is_served(tmp_path: Path, copied: Path) -> None:
    published = tmp_path / "published"
    assert served(published) is None
    published.mkdir()
    assert served(published) is None
    # a link that leads nowhere, to a file, or no link at all
    (published / CURRENT).symlink_to("20250101T000000Z-00000000")
    assert served(published) is None
    (published / "file").write_text("")
    (published / CURRENT).unlink()
    (published / CURRENT).symlink_to("file")
    assert served(published) is None
    (published / CURRENT).unlink()
    (published / CURRENT).mkdir()
    assert served(published) is None
    (published / CURRENT).rmdir()
    shutil.move(copied, published / copied.name)
    (published / CURRENT).symlink_to(copied.name)
    found = served(published)
    assert found is not None
    assert found == (published / copied.name).resolve()
    assert Generation(found).name == copied.name
