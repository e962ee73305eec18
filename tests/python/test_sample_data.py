"""The sample company: deterministic, true to its contract, dirty in exactly the counted ways."""

import csv
import json
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from sample_data.generate import KEYS, main

ROOT = Path(__file__).parents[2]
UNKNOWN_COLUMNS = {"shop_products": {"shelf_code"}}  # planted: reported, never fatal


def contract() -> dict[str, list[str]]:
    """Columns by raw table, from the sources of staging."""
    tables = {}
    for path in sorted(ROOT.glob("models/staging/*/_*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                if "key" in table.get("config", {}).get("meta", {}):  # not the loader's own
                    tables[table["name"]] = [column["name"] for column in table["columns"]]
    return tables


def run(folder: Path, *arguments: str) -> dict:
    """Generate into `folder`/raw and return the truth."""
    done = CliRunner().invoke(main, ["--out", str(folder / "raw"), *arguments])
    assert done.exit_code == 0, done.output
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(files)}


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    """The readable rows of one CSV file: neither ragged nor undecodable."""
    data = (folder / "raw" / f"{table}.csv").read_bytes().decode("utf-8", errors="replace")
    lines = list(csv.reader(data.splitlines(keepends=True)))
    header = lines[0]
    sound = [x for x in lines[1:] if len(x) == len(header) and "\ufffd" not in "".join(x)]
    return [dict(zip(header, line, strict=True)) for line in sound]


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> tuple[Path, dict]:
    """The sample at its default size."""
    folder = tmp_path_factory.mktemp("sample")
    return folder, run(folder)


def test_same_arguments_give_same_bytes(sample, tmp_path):
    run(tmp_path)
    assert contents(tmp_path) == contents(sample[0])


def test_other_seed_differs(sample, tmp_path):
    run(tmp_path, "--seed", "7")
    other, mine = contents(tmp_path), contents(sample[0])
    for table in ("crm_customers", "shop_orders", "billing_subscription_terms"):
        assert other[f"raw/{table}.csv"] != mine[f"raw/{table}.csv"]


def test_every_table_has_contract_columns_only(sample):
    known = contract()
    assert sorted(known) == sorted(KEYS)
    files = sorted((sample[0] / "raw").iterdir())
    assert [p.stem for p in files] == sorted(known)
    for path in files:
        header = path.open("rb").readline().decode().strip().split(",")
        assert set(header) - set(known[path.stem]) == UNKNOWN_COLUMNS.get(path.stem, set())
        assert not any(name.startswith("_") for name in header)
        assert len(header) == len(set(header))


def test_sample_is_small(sample):
    assert sum(len(data) for data in contents(sample[0] / "raw").values()) <= 5_000_000


def test_rows_and_rejected_lines_match_the_truth(sample):
    folder, truth = sample
    for table, count in truth["rows"].items():
        assert len(rows(folder, table)) == count["total"], table
    shop = (folder / "raw" / "shop_orders.csv").read_bytes().splitlines()
    assert sum(line.startswith(b"DIRT-RAGGED") for line in shop) == 1
    with pytest.raises(UnicodeDecodeError):
        (folder / "raw" / "crm_customers.csv").read_bytes().decode("utf-8")


def test_counted_dirt_is_in_the_files(sample):
    folder, truth = sample
    orders, responses = rows(folder, "shop_orders"), rows(folder, "voice_survey_responses")
    customers = {row["customer_id"] for row in rows(folder, "crm_customers")}
    dirt = truth["dirt"]["shop_orders"]
    amounts = [row["gross_amount"] for row in orders]
    assert sum(x in ("1e309", "NaN") for x in amounts) == dirt["not_finite"]
    assert amounts.count("9.99999") == dirt["too_many_decimals"]
    assert sum(row["ordered_at"][:4] in ("2567", "2568") for row in orders) == dirt["buddhist_era"]
    known = customers | {""}
    assert sum(row["customer_id"] not in known for row in orders) == dirt["orphan"]
    dirt = truth["dirt"]["voice_survey_responses"]
    scale = {"nps": range(11), "csat": range(1, 6), "ces": range(1, 8)}
    judged = [r for r in responses if r["survey_type"] in scale and r["score"].isdigit()]
    outside = sum(int(r["score"]) not in scale[r["survey_type"]] for r in judged)
    assert outside == dirt["outside_scale"]
    copies = sum(n - 1 for n in Counter(tuple(row.values()) for row in orders).values())
    assert copies == truth["dirt"]["shop_orders"]["exact_duplicate"]
    refunds = rows(folder, "shop_refunds")
    neither = sum(not row["order_id"] and not row["customer_id"] for row in refunds)
    assert neither == truth["dirt"]["shop_refunds"]["names_neither"]


def test_clean_references_and_line_totals(tmp_path):
    truth = run(tmp_path, "--no-dirt")
    assert truth["dirt"] == {}
    for path in (tmp_path / "raw").iterdir():
        path.read_bytes().decode("utf-8")
    lines: defaultdict = defaultdict(Decimal)
    for row in rows(tmp_path, "shop_order_items"):
        lines[row["order_id"]] += Decimal(row["quantity"]) * Decimal(row["unit_price"])
    orders = rows(tmp_path, "shop_orders")
    assert {row["order_id"] for row in orders} == set(lines)
    assert all(Decimal(row["gross_amount"]) == lines[row["order_id"]] for row in orders)
    assert any(row["ordered_at"].startswith("2024-02-29") for row in orders)
    guests = {row["order_id"] for row in orders if not row["customer_id"]}
    assert 0.03 < len(guests) / len(lines) < 0.05
    assert all(bool(row["customer_id"]) != bool(row["guest_email"]) for row in orders)
    customers = rows(tmp_path, "crm_customers")
    deleted = {row["customer_id"] for row in customers if row["is_deleted"] == "true"}
    living = {row["customer_id"] for row in customers} - deleted
    for table in KEYS:
        if table == "crm_erasure_requests":  # of deleted customers, and of somebody unknown
            continue
        named = {row["customer_id"] for row in rows(tmp_path, table) if row.get("customer_id")}
        assert not (named - living if table != "crm_customers" else set()), table
    spent: defaultdict = defaultdict(Decimal)
    for row in rows(tmp_path, "shop_refunds"):
        spent[row["order_id"]] += Decimal(row["amount"])
    net = {r["order_id"]: Decimal(r["gross_amount"]) - Decimal(r["discount_amount"] or 0)
           for r in orders}  # fmt: skip
    assert all(0 < spent[order] <= net[order] for order in spent if order)


def test_terms_share_their_boundary(tmp_path):
    run(tmp_path, "--no-dirt", "--customers", "300")
    latest = {row["term_id"]: row for row in rows(tmp_path, "billing_subscription_terms")}
    by_subscription = defaultdict(list)
    for row in latest.values():
        by_subscription[row["subscription_id"]].append(row)
    for terms in by_subscription.values():
        for before, after in pairwise(terms):
            shared = before["ended_at"] == after["started_at"]
            assert shared or after["change_cause"] == "reactivation"
        assert all(term["ended_at"] for term in terms[:-1])


def test_true_process_shows_in_the_totals(sample):
    totals = sample[1]["totals"]
    good, late = totals["nps_responses_good"], totals["nps_responses_late"]
    assert good["detractors"] / sum(good.values()) < late["detractors"] / sum(late.values())
    events = totals["subscription_events"]
    assert all(events[name] for name in ("upgrade", "downgrade", "pause", "saved", "price_rise"))


@pytest.mark.parametrize("customers", ["20", "60"])
def test_very_small_company(tmp_path, customers):
    run(tmp_path, "--customers", customers)
    assert len(list((tmp_path / "raw").iterdir())) == len(KEYS)


def test_truth_may_not_be_landed(tmp_path):
    truth = tmp_path / "raw" / "truth.json"
    done = CliRunner().invoke(main, ["--out", str(tmp_path / "raw"), "--truth", str(truth)])
    assert done.exit_code == 2
    assert not (tmp_path / "raw").exists()


def test_scale_in_parquet_over_several_blocks(sample, tmp_path, monkeypatch):
    monkeypatch.setattr("sample_data.generate.BLOCK", 8_000)
    truth = run(tmp_path, "--customers", "20000", "--format", "parquet")
    for table, count in truth["rows"].items():
        file = pq.ParquetFile(tmp_path / "raw" / f"{table}.parquet")
        assert file.metadata.num_rows == count["total"]
        assert set(map(str, file.schema_arrow.types)) == {"string"}
        header = (sample[0] / "raw" / f"{table}.csv").open("rb").readline().decode().strip()
        assert file.schema_arrow.names == header.split(",")
    ids = pq.read_table(tmp_path / "raw" / "shop_order_items.parquet")["order_item_id"]
    lost = truth["dirt"]["shop_order_items"]["exact_duplicate"]
    assert len(ids.unique()) == len(ids) - lost
    assert not list(tmp_path.glob(".sample-*"))
