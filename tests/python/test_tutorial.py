"""The tutorial's SQL makes raw tables of its invoice lines; what it says of refusals comes true."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orchestration.contract import read_contract
from orchestration.dbt_arguments import all_variables
from orchestration.errors import HoldfastError
from orchestration.landing import land
from orchestration.settings import Settings

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "tutorial.md").read_text(encoding="utf-8")
CUSTOMERS = [
    ("13085", "2009-12-01 07:45:00", "GB"),
    ("12682", "2009-12-01 09:28:00", "FR"),
    ("16321", "2009-12-01 10:33:00", "AU"),
]
ORDERS = [
    ("489434", "13085", "2009-12-01 07:45:00", "paid", "GBP", "184.20"),
    ("489439", "12682", "2009-12-01 09:28:00", "paid", "GBP", "17.40"),
    ("489525", "", "2009-12-01 11:49:00", "paid", "GBP", "2.95"),
]
REFUNDS = [("C489449", "16321", "2009-12-01 10:33:00", "35.40", "GBP")]


def block(language: str, holding: str = "") -> str:
    """The first block of a language that holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return next(text for text in blocks if holding in text)


def rows(path: Path) -> tuple[list[str], list[tuple[str, ...]]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    return header, [tuple(record) for record in records]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """What the page's SQL makes of the page's lines, started by the page's command."""
    (tmp_path / "invoices.csv").write_text(block("csv"), encoding="utf-8")
    (tmp_path / "shape.sql").write_text(block("sql"), encoding="utf-8")
    (tmp_path / "export").mkdir()
    line = next(line for line in block("sh", "shape.sql").splitlines() if "shape.sql" in line)
    _, *arguments, file = shlex.split(line)
    assert file == "$HOME/shape.sql"
    command = [sys.executable, *arguments, str(tmp_path / "shape.sql")]
    subprocess.run(command, env={**os.environ, "HOME": str(tmp_path)}, check=True)
    return tmp_path / "export"


@pytest.mark.parametrize(
    ("table", "expected"),
    [("crm_customers", CUSTOMERS), ("shop_orders", ORDERS), ("shop_refunds", REFUNDS)],
)
def test_shaped_rows(export: Path, table: str, expected: list[tuple[str, ...]]) -> None:
    """Gifts, bookkeeping and stock are no orders; guests stay; the columns are the contract's."""
    header, records = rows(export / f"{table}.csv")
    assert records == expected
    columns = {column.name: column for column in read_contract(PROJECT)[table].columns}
    assert set(header) <= set(columns)
    wanted = {
        name for name, column in columns.items() if column.is_required or column.is_column_required
    }
    assert wanted <= set(header)


def test_shaped_files_land(export: Path, settings: Settings) -> None:
    report = land(export, settings)
    assert {file.raw_table: file.rows_landed for file in report.files} == {
        "crm_customers": 3,
        "shop_orders": 3,
        "shop_refunds": 1,
    }
    assert report.lines_rejected == 0
    assert [file.unknown_columns for file in report.files] == [()] * 3
    assert report.ignored == []


def spoiled(export: Path, folder: Path, holding: str) -> None:
    """A copy of the orders, spoiled by the page's `sed`."""
    line = next(line for line in block("sh", holding).splitlines() if holding in line)
    command = line.replace("$HOME/export", str(export)).replace("$HOME/try", str(folder))
    subprocess.run(command, shell=True, check=True)


def test_a_wrong_header_is_refused_as_the_page_says(
    export: Path, folder: Path, settings: Settings
) -> None:
    spoiled(export, folder, "sed '1s/")
    with pytest.raises(HoldfastError) as refused:
        land(folder, settings)
    assert str(refused.value).replace(str(folder), "<home>/try") in PAGE


def test_a_decimal_comma_is_refused_as_the_page_says(
    export: Path, folder: Path, settings: Settings
) -> None:
    spoiled(export, folder, "sed '3s/")
    line = land(folder, settings).files[0].line()
    assert line == "shop_orders.csv: 2 rows landed in raw.shop_orders, 1 lines rejected (ragged: 1)"
    assert line.replace("2 rows", "40,075 rows") in PAGE


def test_vars_of_the_page_exist() -> None:
    given = yaml.safe_load(block("yaml"))
    assert set(given) <= set(all_variables(PROJECT, {}))
