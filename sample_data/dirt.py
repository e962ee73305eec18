"""Dirt: extra rows and lines that are bad in exactly one known way.

Each bad row is a copy of a clean row with an id of its own (DIRT-...) and one thing wrong, so no
clean row loses its meaning; a bad newer version keeps the id of the clean row that it spoils.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .bad_rows import BAD_ROWS

# What becomes of a row of each kind; every other kind is quarantined.
OUTCOMES = {
    "exact_duplicate": "superseded",
    "ragged_line": "rejected",
    "invalid_utf8_line": "rejected",
}
DUPLICATES = {
    "crm_customers": 2, "shop_products": 1, "shop_orders": 3, "shop_order_items": 3,
    "shop_refunds": 1, "billing_subscription_terms": 2, "voice_survey_responses": 1,
    "finance_exchange_rates": 1, "shop_promotions": 1, "shop_promotion_exposures": 2,
    "loyalty_accounts": 1, "loyalty_tier_changes": 1, "loyalty_ledger": 2, "support_tickets": 2,
    "engagement_email_events": 2, "engagement_web_sessions": 2,
    "engagement_social_interactions": 1, "marketing_spend": 1, "marketing_referrals": 1,
    "marketing_outreach": 1,
}  # fmt: skip
# Columns that carry a bad row's own id, where the first column does not.
ID_COLUMNS = {
    "shop_refunds": "refund_id", "crm_customer_links": "customer_id",
    "marketing_spend": "campaign_id",
}  # fmt: skip
NO_OWN_ID = ("finance_exchange_rates", "loyalty_tier_changes")

# Lines that never become rows: table, kind, and the line made from the header's columns.
BAD_LINES = (
    ("shop_orders", "ragged_line", lambda columns: b"DIRT-RAGGED,too,few\n"),
    ("shop_order_items", "ragged_line", lambda columns: b"x," * len(columns) + b"many,many\n"),
    ("crm_customers", "invalid_utf8_line",
     lambda columns: b"DIRT-BYTES,Caf\xe9 \xff" + b"," * (len(columns) - 2) + b"\n"),
)  # fmt: skip


@dataclass
class Planted:
    """One bad row or line."""

    table: str
    kind: str
    column: str
    row_id: str


def plant(rng: np.random.Generator, tables: dict[str, pa.Table]) -> list[Planted]:
    """Add every kind of bad row to the tables (in place), at random lines."""
    planted: list[Planted] = []
    for name in sorted(tables):
        table = tables[name]
        rows = _bad_rows(name, table, planted)
        if name == "crm_customer_links":
            rows += _cycle(table, tables["crm_customers"], planted)
        copies = _sound(table).slice(3, DUPLICATES.get(name, 0)).to_pylist()
        rows += copies
        key = table.column_names[-1] if name == "shop_refunds" else table.column_names[0]
        planted += [Planted(name, "exact_duplicate", "", row[key]) for row in copies]
        if not rows:
            continue
        extra = pa.Table.from_pylist(rows, schema=table.schema)
        place = np.concatenate([np.arange(len(table)), rng.integers(0, len(table) + 1, len(rows))])
        order = np.lexsort((np.arange(len(place)), place))
        tables[name] = pa.concat_tables([table, extra]).take(pa.array(order))
    return planted


def lines(name: str, columns: list[str], planted: list[Planted]) -> list[bytes]:
    """The bad lines of one CSV file; adds them to the list of what was planted."""
    found = [(kind, line(columns)) for table, kind, line in BAD_LINES if table == name]
    planted += [Planted(name, kind, "", "") for kind, _ in found]
    return [line for _, line in found]


def _sound(table: pa.Table) -> pa.Table:
    """Rows that are neither deleted nor tests nor nameless, to be copied."""
    keep = np.ones(len(table), dtype=bool)
    for column, bad in (("is_deleted", "true"), ("is_test", "true"), ("status", "pending")):
        if column in table.column_names:
            keep &= ~pc.fill_null(pc.equal(table[column], bad), False).to_numpy()
    for column in ("customer_id", "order_id"):
        if column in table.column_names:
            keep &= pc.is_valid(table[column]).to_numpy()
    return table.filter(pa.array(keep))


def _bad_rows(name: str, table: pa.Table, planted: list[Planted]) -> list[dict]:
    sound = _sound(table)
    empty = dict.fromkeys(table.column_names)
    rows = []
    id_column = ID_COLUMNS.get(name, table.column_names[0])
    for number, (kind, column, change) in enumerate(BAD_ROWS.get(name, ())):
        row = sound.slice(number % len(sound), 1).to_pylist()[0] if len(sound) else empty
        own = {} if name in NO_OWN_ID else {id_column: f"DIRT-{number + 1:02d}"}
        if name in ("billing_subscription_terms", "billing_cancellations"):
            own["subscription_id"] = f"DIRT-{number + 1:02d}"
        rows.append({**row, **own, **change})
        planted.append(Planted(name, kind, column, rows[-1][id_column] or ""))
    if name == "crm_customers" and len(sound):  # a newer version that is bad: the older one counts
        row = sound.slice(5 % len(sound), 1).to_pylist()[0]
        change = {"created_at": "n/a", "updated_at": "2025-12-31T16:00:00Z"}
        rows.append({**row, **change})
        planted.append(Planted(name, "bad_newer_version", "created_at", row["customer_id"]))
    return rows


def _cycle(links: pa.Table, customers: pa.Table, planted: list[Planted]) -> list[dict]:
    """Two customers, otherwise without links, that are merged into each other."""
    linked = pa.concat_arrays([c.combine_chunks() for c in links.columns[:2]])
    ids = pc.unique(_sound(customers)["customer_id"])
    free = ids.filter(pc.invert(pc.is_in(ids, linked)))[:2].to_pylist()
    if len(free) < 2:
        return []
    planted += [Planted("crm_customer_links", "merge_cycle", "customer_id", one) for one in free]
    when = {"linked_at": "2025-01-05T03:00:00Z"}
    return [
        {"customer_id": one, "merged_into_customer_id": other, **when}
        for one, other in (free, free[::-1])
    ]
