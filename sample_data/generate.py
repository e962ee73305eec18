"""Write the sample company: `python -m sample_data.generate --out sample_data/raw`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.compute as pc

from . import (
    dirt,
    email,
    leaving,
    ledger,
    loyalty,
    marketing,
    orders,
    outreach,
    people,
    promotions,
    purchases,
    records,
    reference,
    referrals,
    refunds,
    sales,
    social,
    subscriptions,
    support,
    truth,
    visits,
    voice,
)
from .company import Company, stream
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
    "shop_promotions": "promotion_id",
    "shop_promotion_exposures": ("customer_id", "promotion_id", "exposed_at"),
    "loyalty_programmes": "programme_id", "loyalty_accounts": "account_id",
    "loyalty_tier_changes": ("account_id", "changed_at"), "loyalty_ledger": "entry_id",
    "support_tickets": "ticket_id", "engagement_email_events": "event_id",
    "engagement_web_sessions": "session_id", "engagement_social_interactions": "interaction_id",
    "marketing_spend": ("spend_date", "channel", "campaign_id", "objective"),
    "marketing_referrals": "referral_id", "marketing_outreach": "outreach_id",
}  # fmt: skip
NUMBERED = (  # tables whose ids are numbered over all blocks
    "loyalty_accounts", "loyalty_ledger", "support_tickets", "engagement_email_events",
    "engagement_web_sessions", "engagement_social_interactions", "marketing_referrals",
    "marketing_outreach",
)  # fmt: skip


def block_tables(
    c: Company, seed: int, block: int, size: int, begun: Counter, tally: Tally
) -> dict[str, pa.Table]:
    """All tables of one block of customers; `begun` counts the ids given so far.

    Each part has a random stream of its own, so that a change of one leaves the others alone.
    """
    # parts 9 to 11 are the exchange rates, the dirt and the spend
    rng = [stream(seed, block, part) for part in range(30)]
    who = people.people(rng[0], c, size, begun["customers"])
    bought = purchases.purchases(rng[1], c, who)
    held = records.records(rng[2], c, who, *purchases.first_orders(bought, len(who)))
    customers = records.customers(rng[2], c, who, held)
    o = orders.orders(rng[3], c, who, bought, held, begun["orders"])
    bought, o = sales.kept(bought, o, purchases.stays(rng[12], c, who, bought))
    sold, m, plan, shown, begun["orders"] = caused(
        rng, c, who, held, sales.Sales(bought, o, refunds.refunds(rng[7], c, bought, o)), begun,
        tally,
    )  # fmt: skip
    bought, o = sold.bought, sold.o
    s = subscriptions.club(rng[4], c, who, held)
    subscriptions.run(rng[4], c, s)
    asked_help = support.tickets(rng[17], c, who, sold, s)
    slow, worst = support.monthly(asked_help, s)
    leaving.leave(rng[18], c, who, s, slow, worst, tally)
    leaving.expect_causes(c, who, s, slow, tally)
    gone = leaving.left_at(s)[asked_help.sub]
    asked_help = asked_help.only((asked_help.sub < 0) | (asked_help.opened < gone))
    asked = voice.invitations(rng[5], c, who, bought, held, o, s)
    begin = (begun["invitations"], begun["responses"])
    sent, answered = voice.survey_tables(rng[5], c, who, held, asked, begin, tally)
    x, redeemed = ledger.lots(rng[19], c, m, sold), ledger.redemptions(rng[20], c, m)
    ledger.expect(c, who, m, x, tally)
    tables = {
        "crm_customers": customers,
        "crm_customer_links": records.links(rng[2], who, held),
        "crm_erasure_requests": records.erasure_requests(who, held),
        "shop_orders": orders.order_table(rng[6], c, who, bought, held, o),
        "shop_order_items": orders.item_table(rng[6], o, begun["items"]),
        "shop_refunds": refunds.refund_table(
            rng[7], who, held, bought, o, sold.r, begun["refunds"]
        ),
        "billing_subscription_terms": subscriptions.term_table(rng[4], who, s, begun["terms"]),
        "billing_cancellations": subscriptions.cancellation_table(
            rng[4], who, s, begun["cancellations"]
        ),
        "voice_survey_invitations": sent,
        "voice_survey_responses": answered,
        "voice_product_reviews": voice.review_table(
            rng[8], c, who, bought, held, o, begun["reviews"]
        ),
        "shop_promotion_exposures": promotions.exposure_table(rng[21], who, held, shown),
        "loyalty_accounts": loyalty.account_table(rng[22], who, held, m),
        "loyalty_tier_changes": loyalty.tier_table(rng[22], m),
        "loyalty_ledger": ledger.ledger_table(
            rng[23], c, m, sold, x, redeemed, begun["loyalty_ledger"]
        ),
        "support_tickets": support.ticket_table(
            rng[24], c, who, held, asked_help, begun["support_tickets"]
        ),
        "engagement_email_events": email.email_events(
            rng[25], c, who, held, sold, begun["engagement_email_events"], tally
        ),
        "engagement_web_sessions": visits.sessions(
            rng[26], c, who, held, sold, s, begun["engagement_web_sessions"], tally
        ),
        "engagement_social_interactions": social.interactions(
            rng[27], c, who, held, sold, begun["engagement_social_interactions"], tally
        ),
        "marketing_referrals": referrals.referral_table(
            rng[28], c, who, held, begun["marketing_referrals"], tally
        ),
        "marketing_outreach": outreach.outreach_table(
            rng[29], who, held, plan, begun["marketing_outreach"]
        ),
    }
    people.describe(tally, who)
    orders.describe(tally, bought, o)
    refunds.describe(tally, sold.r)
    subscriptions.describe(tally, s)
    support.describe(tally, asked_help)
    ledger.describe(tally, m, x, redeemed)
    tally.add("people", "customer_records", pc.count_distinct(tables["crm_customers"][0]).as_py())
    tally.add("people", "second_records", len(held.second))
    tally.add_index("second_records", held.second_kind, ("link", "same_email", "same_phone"))
    begun.update(
        customers=size, items=len(o.line_order),
        refunds=len(tables["shop_refunds"]), terms=sum(len(part[0]) for part in s.terms),
        cancellations=len(tables["billing_cancellations"]), invitations=len(sent),
        responses=len(answered), reviews=len(tables["voice_product_reviews"]),
    )  # fmt: skip
    begun.update({name: len(tables[name]) for name in NUMBERED})
    return tables


def caused(rng, c: Company, who, held, sold: sales.Sales, begun: Counter, tally: Tally):
    """What people bought on their own, and the orders that membership, outreach and promotions
    add to it, in this order; each knows those before it."""
    start = begun["orders"]
    m = loyalty.members(rng[13], c, who, held, begun["loyalty_accounts"])
    number = int(sold.o.number.max(initial=start))
    extra = loyalty.caused_orders(rng[13], c, who, m, sold)
    tally.add("caused_orders", "membership", len(extra[0]))
    batch = sales.more(rng[14], c, who, held, *extra, number)
    sold, number = sales.joined([sold, batch]), number + len(batch)
    plan, batch = outreach.contact(rng[15], c, who, held, sold, number, tally)
    tally.add("caused_orders", "outreach", len(batch))
    sold, number = sales.joined([sold, batch]), number + len(batch)
    before = len(sold)
    sold, shown = promotions.show(rng[16], c, who, held, m, sold, number, tally)
    tally.add("caused_orders", "promotions", len(sold) - before)
    return sold, m, plan, shown, number + len(sold) - before


def chunks(c: Company, customers: int, seed: int, tally: Tally) -> Iterator[dict[str, pa.Table]]:
    """All tables, block by block; the tables that no customer changes come with the first one."""
    begun: Counter = Counter()
    for block, start in enumerate(range(0, customers, BLOCK)):
        tables = block_tables(c, seed, block, min(BLOCK, customers - start), begun, tally)
        if block == 0:
            tables["shop_products"] = reference.products()
            tables["billing_plans"] = reference.plans()
            tables["finance_exchange_rates"] = rates = reference.exchange_rates(seed)
            tables["shop_promotions"] = promotions.promotion_table()
            tables["loyalty_programmes"] = loyalty.programme_table(c)
            tables["marketing_spend"] = marketing.spend_table(seed, c, customers, rates, tally)
        yield tables


def count_rows(rows: dict[str, Counter], tables: dict[str, pa.Table]) -> None:
    """Count clean rows: all, older versions, and ids whose latest version is deleted."""
    for name, table in tables.items():
        rows[name]["clean"] += len(table)
        if name != "finance_exchange_rates" and isinstance(KEYS[name], str):
            ids = pc.count_distinct(table[KEYS[name]]).as_py()
            rows[name]["older_versions"] += len(table) - ids
        if "is_deleted" in table.column_names:
            rows[name]["deleted"] += pc.sum(pc.equal(table["is_deleted"], "true")).as_py() or 0


def generate(
    out: Path, truth_path: Path, customers: int, seed: int, suffix: str, with_dirt: bool
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
        told = truth.describe(c, customers, seed, suffix, rows, planted, tally)
        landing.finish(truth_path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return {name: dict(sorted(count.items())) for name, count in sorted(rows.items())}


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              help="Folder for the raw files.")  # fmt: skip
@click.option("--truth", "truth_path", default=None,
              type=click.Path(dir_okay=False, path_type=Path),
              help="File of the true process; default: truth.json beside the folder.")  # fmt: skip
@click.option("--customers", type=click.IntRange(min=20), default=1500, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=20260101, show_default=True)
@click.option("--format", "suffix", type=click.Choice(["csv", "parquet"]), default="csv",
              show_default=True)  # fmt: skip
@click.option("--dirt/--no-dirt", "with_dirt", default=True, show_default=True,
              help="Plant bad rows and lines.")  # fmt: skip
def main(
    out: Path, truth_path: Path | None, customers: int, seed: int, suffix: str, with_dirt: bool
):
    """Write the sample company's raw tables and, outside of their folder, the truth."""
    truth_path = truth_path or out.resolve().parent / "truth.json"
    if truth_path.resolve().is_relative_to(out.resolve()):
        raise click.BadParameter("must lie outside of --out", param_hint="--truth")
    for name, count in generate(out, truth_path, customers, seed, suffix, with_dirt).items():
        click.echo(f"{name:30}{count['total']:>12,} rows")


if __name__ == "__main__":
    main()
