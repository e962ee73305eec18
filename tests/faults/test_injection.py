"""What sources deliver is text, whatever it says: nothing of it is executed, here or in a
spreadsheet."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

from orchestration.publication.export import export_mart, safe
from tests.python.crashes import Home
from tests.python.warehouses import TOKEN_KEY

TEXTS = (
    "'; drop table raw.shop_orders; --",
    "x'); attach '/tmp/pwned.duckdb' as pwned; --",
    "{{ 7 * 7 }}",
    "{% do exceptions.raise_compiler_error('pwned') %}",
    "$(touch pwned)",
    "`touch pwned`",
    "../../../etc/passwd",
    "%s%n%x",
    "=1+1",
    "=HYPERLINK(\"http://127.0.0.1/\"&A1)",
    "=cmd|'/c touch pwned'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "=\u202e1+1",
    "<script>alert(1)</script>",
    "\u0001=1",
    "'=1+1",
)  # fmt: skip
NAMES = (
    "shop_orders-'; drop table x; --.csv",
    "shop_orders-$(touch pwned).csv",
    "shop_orders-{{ 7 * 7 }}.csv",
    "shop_orders-=1+1.csv",
)
# Read as by somebody who opens a file: numbers are numbers, and formulas are evaluated.
OPENED = "CSV:44,34,76,1,,1033,false,true,false,false,false,-1,true"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company in which every id, name, text and file name is hostile, published."""
    folder = tmp_path_factory.mktemp("hostile")
    raw = folder / "raw"
    raw.mkdir()
    ids = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    with (raw / "crm_customers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "full_name", "email", "city", "region", "created_at"])
        for number, (key, text) in enumerate(zip(ids, TEXTS, strict=True)):
            mail = f"p{number}@x.example"
            name = f"Person {number} {text}"
            writer.writerow([key, name, mail, text, text, "2025-01-01T00:00:00Z"])
    for part, name in enumerate(NAMES):
        with (raw / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            head = ["order_id", "customer_id", "ordered_at", "status", "currency", "gross_amount"]
            writer.writerow([*head, "sales_channel"])
            for number, (key, text) in enumerate(zip(ids, TEXTS, strict=True)):
                day = f"2025-{1 + (number + part) % 12:02d}-03T10:00:00Z"
                writer.writerow([f"{text} {part}", key, day, "paid", "USD", "10", text])
    with (raw / "support_tickets.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ticket_id", "customer_id", "opened_at", "category", "channel"])
        for key, text in zip(ids, TEXTS, strict=True):
            writer.writerow([text, key, "2025-06-01T10:00:00Z", text, "email"])
    home = Home(folder / "home")
    home.done("land", str(raw))
    home.done("build")
    return home


def test_nothing_was_executed(home: Home) -> None:
    with duckdb.connect(str(home.settings.warehouse), read_only=True) as connection:
        count = "select count(*) from raw.shop_orders"
        assert connection.execute(count).fetchall() == [(len(TEXTS) * len(NAMES),)]
        databases = connection.execute("select database_name from duckdb_databases()").fetchall()
        assert ("pwned",) not in databases
        cities = {
            city
            for (city,) in connection.execute("select city from marts.dim_customers").fetchall()
        }
    assert "{{ 7 * 7 }}" in cities and "$(touch pwned)" in cities
    places = (home.settings.project, home.folder, Path.cwd())
    assert [path for place in places for path in place.glob("pwned*")] == []
    assert not Path("/tmp/pwned.duckdb").exists()


def test_no_secret_is_written(home: Home) -> None:
    """The key that the environment holds is in no file of the installation: raw, logs, targets."""
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert [path for path in files if TOKEN_KEY.encode() in path.read_bytes()] == []
    # nor does any text of a person stand outside the vault
    outside = [path for path in files if home.settings.vault not in path.parents]
    assert [path for path in outside if b"p3@x.example" in path.read_bytes()] == []


def formulas(path: Path, folder: Path) -> list[str]:
    """Formulas that LibreOffice finds in a CSV file."""
    call = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile"]
    call += [f"--infilter={OPENED}", "--convert-to", "fods", "--outdir", str(folder), str(path)]
    subprocess.run(call, check=True, capture_output=True, timeout=180)
    text = (folder / f"{path.stem}.fods").read_text(encoding="utf-8")
    return re.findall(r'table:formula="([^"]*)"', text)


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="soffice (LibreOffice) is not installed"
)
def test_a_spreadsheet_finds_no_formula(home: Home, tmp_path: Path) -> None:
    # without care it finds them, so the reading can fail
    careless = tmp_path / "careless.csv"
    with careless.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([text] for text in TEXTS)])
    assert len(formulas(careless, tmp_path)) >= 3
    everything = tmp_path / "everything.csv"
    with everything.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([safe(text)] for text in TEXTS)])
    assert formulas(everything, tmp_path) == []
    for mart in ("dim_customers", "fct_orders", "fct_tickets", "customer_next_actions"):
        path = tmp_path / f"{mart}.csv"
        assert export_mart(home.settings.published, mart, path) > 0
        assert formulas(path, tmp_path) == [], mart
