"""Write the sample company: `python -m sample_data.generate --out sample_data/raw`."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import dirt, orders, people, purchases, records, reference, subscriptions, voice
from .company import EXPERIENCES, Company, stream
from .tally import Tally
from .write import Landing

BLOCK = 50_000  # customers drawn at once: bounds the memory
KEYS = {
    "crm_customers": "customer_id", "crm_customer_links": "customer_id",
    "crm_erasure_requests": "customer_id",
    "shop_products": "product_id", "shop_orders": "order_id",
    "shop_order_items": "order_item_id", "shop_refunds": "refund_id", "billing_plans": "plan_id",
    "billing_subscription_terms": "term_id", "billing_cancellations": "cancellation_id",
    "voice_survey_invitations": "invitation_id", "voice_survey_responses": "response_id",
    "voice_product_reviews": "review_id", "finance_exchange_rates": "rate_date",
}  # fmt: skip


def block_tables(
    c: Company, seed: int, block: int, size: int, begun: Counter, tally: Tally
) -> dict[str, pa.Table]:
    """All tables of one block of customers; `begun` counts the ids given so far."""
    rng = [stream(seed, block, part) for part in range(9)]
    who = people.people(rng[0], c, size, begun["customers"])
    bought = purchases.purchases(rng[1], c, who)
    held = records.records(rng[2], c, who, *purchases.first_orders(bought, len(who)))
    o = orders.orders(rng[3], c, who, bought, held, begun["orders"])
    s = subscriptions.club(rng[4], c, who, held)
    subscriptions.run(rng[4], c, s, tally)
    asked = voice.invitations(rng[5], c, who, bought, held, o, s)
    begin = (begun["invitations"], begun["responses"])
    sent, answered = voice.survey_tables(rng[5], c, who, held, asked, begin, tally)
    terms = subscriptions.term_table(rng[4], who, s, begun["terms"])
    tables = {
        "crm_customers": records.customers(rng[2], c, who, held),
        "crm_customer_links": records.links(rng[2], who, held),
        "crm_erasure_requests": records.erasure_requests(who, held),
        "shop_orders": orders.order_table(rng[6], c, who, bought, held, o),
        "shop_order_items": orders.item_table(rng[6], o, begun["items"]),
        "shop_refunds": orders.refund_table(
            rng[7], c, who, bought, held, o, begun["refunds"], tally
        ),
        "billing_subscription_terms": terms,
        "billing_cancellations": subscriptions.cancellation_table(
            rng[4], who, s, begun["cancellations"]
        ),
        "voice_survey_invitations": sent,
        "voice_survey_responses": answered,
        "voice_product_reviews": voice.review_table(
            rng[8], c, who, bought, held, o, begun["reviews"]
        ),
    }
    people.describe(tally, who)
    orders.describe(tally, bought, o)
    subscriptions.describe(tally, s)
    tally.add("people", "customer_records", pc.count_distinct(tables["crm_customers"][0]).as_py())
    tally.add("people", "second_records", len(held.second))
    tally.add_index("second_records", held.second_kind, ("link", "same_email", "same_phone"))
    begun.update(
        customers=size, orders=len(o.number), items=len(o.line_order),
        refunds=len(tables["shop_refunds"]), terms=sum(len(part[0]) for part in s.terms),
        cancellations=len(tables["billing_cancellations"]), invitations=len(sent),
        responses=len(answered), reviews=len(tables["voice_product_reviews"]),
    )  # fmt: skip
    return tables


def chunks(c: Company, customers: int, seed: int, tally: Tally) -> Iterator[dict[str, pa.Table]]:
    """All tables, block by block; the tables that no customer changes come with the first one."""
    begun: Counter = Counter()
    for block, start in enumerate(range(0, customers, BLOCK)):
        tables = block_tables(c, seed, block, min(BLOCK, customers - start), begun, tally)
        if block == 0:
            tables["shop_products"] = reference.products()
            tables["billing_plans"] = reference.plans()
            tables["finance_exchange_rates"] = reference.exchange_rates(seed)
        yield tables


def count_rows(rows: dict[str, Counter], tables: dict[str, pa.Table]) -> None:
    """Count clean rows: all, older versions, and ids whose latest version is deleted."""
    for name, table in tables.items():
        rows[name]["clean"] += len(table)
        if name != "finance_exchange_rates":
            ids = pc.count_distinct(table[KEYS[name]]).as_py()
            rows[name]["older_versions"] += len(table) - ids
        if "is_deleted" in table.column_names:
            rows[name]["deleted"] += pc.sum(pc.equal(table["is_deleted"], "true")).as_py() or 0


def generate(
    out: Path, truth: Path, customers: int, seed: int, suffix: str, with_dirt: bool
) -> dict[str, dict[str, int]]:
    """Write all files; returns the counts of rows by table."""
    c, tally = Company(), Tally()
    rows: dict[str, Counter] = {name: Counter() for name in KEYS}
    planted: list[dirt.Planted] = []
    with Landing(out, suffix) as landing:
        for block, tables in enumerate(chunks(c, customers, seed, tally)):
            count_rows(rows, tables)
            dirty = with_dirt and block == 0
            if dirty:
                planted += dirt.plant(stream(seed, 0, 10), tables)
            elif "shop_products" in tables:
                tables["shop_products"] = tables["shop_products"].drop_columns(["shelf_code"])
            if not with_dirt and "shop_refunds" in tables:
                contract = tables["shop_refunds"].column_names[::-1]
                tables["shop_refunds"] = tables["shop_refunds"].select(contract)
            for name in sorted(tables):
                table, bad = tables[name], []
                if dirty and suffix == "csv":
                    bad = dirt.lines(name, table.column_names, planted)
                landing.add(name, table, tuple(bad))
        for name in rows:
            mine = [p for p in planted if p.table == name]
            rows[name]["dirty"] = sum(dirt.OUTCOMES.get(p.kind) != "rejected" for p in mine)
            rows[name]["total"] = rows[name]["clean"] + rows[name]["dirty"]
        told = describe(c, customers, seed, suffix, rows, planted, tally)
        landing.finish(truth, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return {name: dict(sorted(count.items())) for name, count in sorted(rows.items())}


def describe(c: Company, customers, seed, suffix, rows, planted, tally: Tally) -> dict:
    """The truth: parameters, what follows from them, the process's own totals, rows and dirt."""
    by_table: dict[str, Counter] = {}
    for p in planted:
        by_table.setdefault(p.table, Counter())[p.kind] += 1
    kinds = sorted({p.kind for p in planted})
    channel_rate = np.dot(c.channel_share, c.channel_rate)
    return {
        "arguments": {"customers": customers, "seed": seed, "format": suffix},
        "parameters": asdict(c),
        "expected": {
            "mean_buying_rate_per_month": c.rate_r / c.rate_alpha * 365.25 / 12 * channel_rate,
            "mean_dropout_per_good_purchase": c.dropout_a / (c.dropout_a + c.dropout_b),
            "mean_order_value_usd": c.spend_p * c.spend_gamma / (c.spend_q - 1),
            "monthly_cancellation_of_monthly_plans": c.cancel_monthly
            * (1 - c.save_offer_share * c.save_success_share),
            "detractor_share_by_experience": {
                e: share[0] for e, share in zip(EXPERIENCES, c.nps_shares, strict=True)
            },
        },
        "totals": tally.sorted(),
        "rows": {name: dict(sorted(rows[name].items())) for name in sorted(rows)},
        "dirt": {name: dict(sorted(by_table[name].items())) for name in sorted(by_table)},
        "dirt_outcome": {kind: dirt.OUTCOMES.get(kind, "quarantined") for kind in kinds},
        "dirty_rows": sorted((asdict(p) for p in planted), key=lambda row: tuple(row.values())),
    }


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder for the raw files.")  # fmt: skip
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="File of the true process; default: truth.json beside the folder.")  # fmt: skip
@click.option("--customers", type=click.IntRange(min=20), default=1500, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20260101, show_default=True)
@click.option("--format", "suffix", type=click.Choice(["csv", "parquet"]), default="csv",
              show_default=True)  # fmt: skip
@click.option("--dirt/--no-dirt", "with_dirt", default=True, show_default=True,
              help="Plant bad rows and lines.")  # fmt: skip
def main(out: Path, truth: Path | None, customers: int, seed: int, suffix: str, with_dirt: bool):
    """Write the sample company's raw tables and, outside of their folder, the truth."""
    truth = truth or out.resolve().parent / "truth.json"
    if truth.resolve().is_relative_to(out.resolve()):
        raise click.BadParameter("must lie outside of --out", param_hint="--truth")
    for name, count in generate(out, truth, customers, seed, suffix, with_dirt).items():
        click.echo(f"{name:30}{count['total']:>12,} rows")


if __name__ == "__main__":
    main()
