"""The sample company: deterministic, true to its contract, dirty in exactly the counted ways."""

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow.compute as pc
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
    assert sum(len(data) for data in contents(sample[0] / "raw").values()) <= 9_000_000


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


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> tuple[Path, dict]:
    """The sample at its default size, without dirt."""
    folder = tmp_path_factory.mktemp("clean")
    return folder, run(folder, "--no-dirt")


def instant(text: str) -> datetime:
    """A raw instant; without an offset it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def test_keys_are_unique(clean):
    folder, truth = clean
    for table, key in KEYS.items():
        if table in ("crm_erasure_requests", "finance_exchange_rates"):
            continue
        columns = (key,) if isinstance(key, str) else key
        found = [tuple(row[column] for column in columns) for row in rows(folder, table)]
        older = truth["rows"][table].get("older_versions", 0)
        assert len(set(found)) == len(found) - older, table


def test_new_tables_refer_to_what_is_there(clean):
    folder, _ = clean
    customers = {row["customer_id"] for row in rows(folder, "crm_customers")}
    orders = {row["order_id"] for row in rows(folder, "shop_orders")}
    promotions = {row["promotion_id"] for row in rows(folder, "shop_promotions")}
    programmes = {row["programme_id"] for row in rows(folder, "loyalty_programmes")}
    accounts = {row["account_id"]: row for row in rows(folder, "loyalty_accounts")}
    for table, column, known in (
        ("shop_orders", "promotion_id", promotions),
        ("shop_promotion_exposures", "promotion_id", promotions),
        ("loyalty_accounts", "programme_id", programmes),
        ("loyalty_tier_changes", "account_id", set(accounts)),
        ("loyalty_ledger", "account_id", set(accounts)),
        ("loyalty_ledger", "order_id", orders),
        ("engagement_web_sessions", "converted_order_id", orders),
        ("marketing_referrals", "referrer_customer_id", customers),
        ("marketing_referrals", "referred_customer_id", customers),
    ):
        named = {row[column] for row in rows(folder, table)} - {""}
        assert named and named <= known, (table, column)
    types = {row["programme_type"] for row in rows(folder, "loyalty_programmes")}
    assert types == {"points", "tiered", "paid", "value", "partner"}
    friends = [row["referred_customer_id"] for row in rows(folder, "marketing_referrals")]
    named = [friend for friend in friends if friend]
    assert len(named) == len(set(named))
    channels = {r["customer_id"]: r["acquisition_channel"] for r in rows(folder, "crm_customers")}
    assert {channels[friend] for friend in named} == {"referral"}


def test_ends_follow_starts(clean):
    folder, _ = clean
    for table, start, ends in (
        ("shop_promotions", "starts_at", ("ends_at",)),
        ("loyalty_accounts", "joined_at", ("left_at",)),
        ("loyalty_ledger", "occurred_at", ("expires_at",)),
        ("support_tickets", "opened_at", ("first_replied_at", "solved_at")),
        ("engagement_web_sessions", "started_at", ("ended_at",)),
        ("marketing_referrals", "invited_at", ("converted_at",)),
        ("marketing_outreach", "planned_at", ("sent_at",)),
    ):
        for row in rows(folder, table):
            late = [row[end] for end in ends if row[end]]
            assert all(instant(row[start]) < instant(end) for end in late), row
    last = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7)))
    for table, column in (
        ("loyalty_ledger", "occurred_at"), ("support_tickets", "solved_at"),
        ("engagement_email_events", "occurred_at"), ("engagement_web_sessions", "ended_at"),
        ("engagement_social_interactions", "occurred_at"), ("marketing_referrals", "converted_at"),
    ):  # fmt: skip
        assert all(instant(r[column]) < last for r in rows(folder, table) if r[column]), table


def test_promotions_agree_with_orders(clean):
    folder, truth = clean
    promotions = {row["promotion_id"]: row for row in rows(folder, "shop_promotions")}
    held_out = {(row["customer_id"], row["promotion_id"])
                for row in rows(folder, "shop_promotion_exposures")
                if row["is_holdout"] == "true"}  # fmt: skip
    assert held_out
    for row in rows(folder, "shop_orders"):
        if row["promotion_id"]:
            assert (row["customer_id"], row["promotion_id"]) not in held_out
            promotion = promotions[row["promotion_id"]]
            begins, ends = instant(promotion["starts_at"]), instant(promotion["ends_at"])
            assert begins <= instant(row["ordered_at"]) < ends
    for promotion in truth["effects"]["promotions"].values():
        for group in ("all", "new", "returning"):
            assert 0 < (promotion[group]["rate"] or 0.01) < 0.16
        assert promotion["all"]["customers"] == sum(
            promotion[group]["customers"] for group in ("new", "returning")
        )


def test_no_balance_falls_below_zero(clean):
    entries = sorted(rows(clean[0], "loyalty_ledger"), key=lambda row: instant(row["occurred_at"]))
    balance: Counter = Counter()
    for row in entries:
        balance[row["account_id"]] += int(row["points"])
        assert balance[row["account_id"]] >= 0
        assert (row["entry_type"] in ("earn", "adjust")) == (int(row["points"]) > 0)
    expiring = {row["account_id"] for row in entries if row["entry_type"] == "expire"}
    tiered = {row["account_id"] for row in rows(clean[0], "loyalty_accounts")
              if row["programme_id"] == "LP-TIERED"}  # fmt: skip
    assert expiring and expiring <= tiered


def test_expected_effects_are_plausible(clean):
    effects, parameters = clean[1]["effects"], clean[1]["parameters"]
    for month in effects["service"].values():
        if month["difference"] is not None:
            assert 0 < month["slow_churn_rate"] < 0.4
    rates = [rate for rate in effects["referral_conversion_rate"].values() if rate]
    assert 0 < min(rates) <= max(rates) <= parameters["invitation_conversion"]
    later = [effects["loyalty"][f"2025-Q{quarter}"] for quarter in (1, 2, 3, 4)]
    assert all(0.3 < quarter["redemption_rate"] < 1.2 for quarter in later)
    assert all(0 < quarter["breakage_rate"] < 0.5 for quarter in later)
    assert all(-30 < nps < 70 for nps in effects["nps"].values() if nps is not None)
    assert all(
        effects["cac"]["social_ads"][quarter]["last_touch"] > cost["last_touch"]
        for quarter, cost in effects["cac"]["search_ads"].items()
    )
    for causes in effects["churn_causes"].values():
        shares = [share for cause, share in causes.items() if cause != "lost" and share]
        assert 0 <= sum(shares) < 1
    totals = clean[1]["totals"]
    assert all(totals["caused_orders"].values())
    assert totals["subscription_events"]["service_cancel"]


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
    for table in ("shop_order_items", "support_tickets", "loyalty_ledger", "loyalty_accounts"):
        ids = pq.read_table(tmp_path / "raw" / f"{table}.parquet")[KEYS[table]]
        lost = truth["dirt"][table]["exact_duplicate"]
        assert len(ids.unique()) == len(ids) - lost, table
    orders = pq.read_table(tmp_path / "raw" / "shop_orders.parquet")["order_id"]
    count = truth["rows"]["shop_orders"]
    assert len(orders.drop_null().unique()) >= count["clean"] - count["older_versions"]
    shown = truth["effects"]["promotions"]["PROMO-202412"]["all"]["customers"]
    exposed = pq.read_table(tmp_path / "raw" / "shop_promotion_exposures.parquet")
    mine = exposed.filter(pc.equal(exposed["promotion_id"], "PROMO-202412"))["customer_id"]
    assert 0.97 < shown / len(mine.unique()) <= 1
    assert not list(tmp_path.glob(".sample-*"))
