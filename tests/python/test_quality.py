"""`holdfast quality`: the book, what was refused, and how to mend it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.contract import read_contract
from orchestration.landing import records
from tests.python.warehouses import Warehouse

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def lines(built_sample: Warehouse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HOLDFAST_HOME", str(built_sample.home))
    done = CliRunner().invoke(main, ["quality", "--most", "1000"])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_the_book_of_every_table(lines: list[str], built_sample: Warehouse) -> None:
    book = built_sample.query(
        "select raw_table, rows_landed, lines_rejected from marts.data_quality order by raw_table"
    )
    assert [table for table, _, _ in book] == sorted(read_contract(PROJECT))
    for (table, landed, rejected), line in zip(book, lines[1:], strict=False):
        fields = line.split()
        assert (fields[0], fields[1], fields[7]) == (table, f"{landed:,}", f"{rejected:,}")
        assert fields[-1] == "balanced"


def test_every_refusal_is_shown_with_what_to_do(lines: list[str], built_sample: Warehouse) -> None:
    shown = sum(int(found[1]) for line in lines if (found := re.search(r", (\d+) times: ", line)))
    rows = built_sample.query("select count(*) from quarantine.quarantined_rows")[0][0]
    rejected = built_sample.query("select count(*) from raw.landing_rejected_lines")[0][0]
    assert shown == rows + rejected > 90
    at = next(i for i, line in enumerate(lines) if line.startswith("shop_orders.ordered_at: budd"))
    assert "a Thai Buddhist-era date, 543 years ahead" in lines[at]
    assert re.fullmatch(r"    such as '25.*' in shop_orders.csv, line [\d,]+", lines[at + 1])
    assert lines[at + 2] == "    export with Gregorian years (Buddhist year less 543)"


def test_a_snapshot_with_rejected_lines_is_named(
    built_sample: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = built_sample.copy(tmp_path / "home")
    folder = tmp_path / "snapshot"
    folder.mkdir()
    head = "customer_id,created_at,updated_at\n"
    (folder / "crm_customers.csv").write_text(head + "a,2024-01-01,2024-01-01\nb,ragged\n")
    warehouse.land(folder)
    monkeypatch.setenv("HOLDFAST_HOME", str(warehouse.home))
    monkeypatch.setenv("HOLDFAST_VARS", "snapshot_tables: [crm_customers, billing_plans]")
    lines = CliRunner().invoke(main, ["quality"]).output.splitlines()
    named = [line for line in lines if "deletes nothing" in line]
    assert len(named) == 1 and named[0].startswith("crm_customers: the newest snapshot has 1 ")


def test_nothing_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path))
    done = CliRunner().invoke(main, ["quality"])
    assert done.exit_code == 1
    assert "there is no warehouse" in done.output and "holdfast build" in done.output


def test_every_reason_is_explained() -> None:
    """Reasons that the code can give, of rows and of lines, and none besides."""
    with (PROJECT / "seeds" / "quarantine_reasons.csv").open(newline="") as file:
        explained = {(row["refused"], row["reason"]) for row in csv.DictReader(file)}
    macros = (PROJECT / "macros" / "raw_rows.sql").read_text()
    of_rows = set(re.findall(r"then '([a-z0-9_]+):", macros))
    of_rows |= set(re.findall(r"'(not_an?_[a-z_]+)'", macros))
    of_rows |= set(re.findall(r"\{\{ '([a-z_]+)' if .* else '[a-z_]+' \}\}", macros))
    of_rows |= set(re.findall(r"\{\{ '[a-z_]+' if .* else '([a-z_]+)' \}\}", macros))
    for path in (PROJECT / "models" / "staging").rglob("base_*.sql"):
        text = path.read_text()
        of_rows |= set(re.findall(r"\('([a-z_]+)', '[a-z_]+', ", text))
        of_rows |= set(re.findall(r"'([a-z_]+):[a-z_]+'", text))
    of_lines = {
        value for name, value in vars(records).items() if name.isupper() and isinstance(value, str)
    }
    assert len(of_rows) > 15
    assert explained == {("row", r) for r in of_rows} | {("line", r) for r in of_lines}
