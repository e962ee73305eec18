"""Dirt: extra rows and lines that are bad in exactly one known way.

Each bad row is a copy of a clean row with an id of its own (DIRT-...) and one thing wrong, so no
clean row loses its meaning; a bad newer version keeps the id of the clean row that it spoils.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BUDDHIST = "2567-03-05T10:30:00+07:00"
FUTURE = "2099-12-31T12:00:00Z"
ANCIENT = "1970-01-01T00:00:00Z"
NOWHERE = "NO-SUCH-ID"

# What becomes of a row of each kind; every other kind is quarantined.
OUTCOMES = {
    "exact_duplicate": "superseded",
    "ragged_line": "rejected",
    "invalid_utf8_line": "rejected",
}
DUPLICATES = {
    "crm_customers": 2, "shop_products": 1, "shop_orders": 3, "shop_order_items": 3,
    "shop_refunds": 1, "billing_subscription_terms": 2, "voice_survey_responses": 1,
    "finance_exchange_rates": 1,
}  # fmt: skip
UNTIED = {"email": None, "phone": None}  # so that a bad record is tied to nobody
RATE_DAYS = ("2024-05-01", "2024-05-02", "2024-05-03", "2024-05-04", "2024-05-05")

# table: (kind, column, what is changed in a copy of a clean row)
BAD_ROWS: dict[str, tuple] = {
    "crm_customers": (
        ("empty_required", "customer_id", {"customer_id": None, **UNTIED}),
        ("empty_required", "created_at", {"created_at": None, **UNTIED}),
        ("unparsable_instant", "created_at", {"created_at": "yesterday", **UNTIED}),
        ("unparsable_date", "birth_date", {"birth_date": "1990-31-31", **UNTIED}),
        ("unparsable_boolean", "marketing_consent", {"marketing_consent": "maybe", **UNTIED}),
        ("unparsable_country", "country_code", {"country_code": "THA", **UNTIED}),
        ("unknown_code", "customer_type", {"customer_type": "robot", **UNTIED}),
        ("before_1990", "created_at", {"created_at": ANCIENT, **UNTIED}),
        ("far_future", "created_at", {"created_at": FUTURE, **UNTIED}),
        ("buddhist_era", "created_at", {"created_at": BUDDHIST, **UNTIED}),
        ("buddhist_era", "birth_date", {"birth_date": "2530-06-01", **UNTIED}),
    ),
    "crm_customer_links": (
        ("empty_required", "merged_into_customer_id", {"merged_into_customer_id": None}),
        ("unparsable_instant", "linked_at", {"linked_at": "n/a"}),
    ),
    "crm_erasure_requests": (
        ("empty_required", "customer_id", {"customer_id": None}),
        ("unparsable_instant", "requested_at", {"requested_at": "soon"}),
    ),
    "shop_products": (
        ("empty_required", "product_id", {"product_id": None}),
        ("unparsable_amount", "unit_cost", {"unit_cost": "n/a"}),
        ("negative_amount", "unit_cost", {"unit_cost": "-3.00"}),
    ),
    "shop_orders": (
        ("empty_required", "order_id", {"order_id": None}),
        ("empty_required", "ordered_at", {"ordered_at": None}),
        ("empty_required", "status", {"status": None}),
        ("empty_required", "gross_amount", {"gross_amount": None}),
        ("unparsable_amount", "gross_amount", {"gross_amount": "12,50 ฿"}),
        ("unparsable_amount", "tax_amount", {"tax_amount": "seven"}),
        ("unparsable_instant", "ordered_at", {"ordered_at": "2024-13-45T99:00:00Z"}),
        ("unparsable_currency", "currency", {"currency": "BAHT"}),
        ("unparsable_boolean", "is_test", {"is_test": "perhaps"}),
        ("not_finite", "gross_amount", {"gross_amount": "1e309"}),
        ("not_finite", "gross_amount", {"gross_amount": "NaN"}),
        ("negative_amount", "gross_amount", {"gross_amount": "-5.00"}),
        ("negative_amount", "discount_amount", {"discount_amount": "-1.00"}),
        ("too_many_decimals", "gross_amount", {"gross_amount": "9.99999"}),
        ("unknown_code", "status", {"status": "shipped_maybe"}),
        ("before_1990", "ordered_at", {"ordered_at": ANCIENT}),
        ("far_future", "ordered_at", {"ordered_at": FUTURE}),
        ("buddhist_era", "ordered_at", {"ordered_at": BUDDHIST}),
        ("buddhist_era", "ordered_at", {"ordered_at": "2568-02-28T23:10:00+07:00"}),
        ("orphan", "customer_id", {"customer_id": NOWHERE}),
        ("orphan", "customer_id", {"customer_id": NOWHERE + "-2"}),
    ),
    "shop_order_items": (
        ("empty_required", "quantity", {"quantity": None}),
        ("unparsable_number", "quantity", {"quantity": "two"}),
        ("not_finite", "unit_price", {"unit_price": "Infinity"}),
        ("negative_amount", "unit_price", {"unit_price": "-2.00"}),
        ("too_many_decimals", "unit_price", {"unit_price": "9.99999"}),
        ("orphan", "order_id", {"order_id": NOWHERE}),
    ),
    "shop_refunds": (
        ("empty_required", "amount", {"amount": None}),
        ("unparsable_amount", "amount", {"amount": "all of it"}),
        ("not_finite", "amount", {"amount": "NaN"}),
        ("negative_amount", "amount", {"amount": "-10.00"}),
        ("too_many_decimals", "amount", {"amount": "9.99999"}),
        ("far_future", "refunded_at", {"refunded_at": FUTURE}),
        ("buddhist_era", "refunded_at", {"refunded_at": BUDDHIST}),
        ("orphan", "order_id", {"order_id": NOWHERE, "customer_id": None}),
        ("names_neither", "order_id", {"order_id": None, "customer_id": None}),
    ),
    "billing_plans": (("empty_required", "plan_id", {"plan_id": None}),),
    "billing_subscription_terms": (
        ("empty_required", "customer_id", {"customer_id": None}),
        ("unparsable_number", "quantity", {"quantity": "a few"}),
        ("not_finite", "amount", {"amount": "1e309"}),
        ("negative_amount", "amount", {"amount": "-290.00"}),
        ("too_many_decimals", "amount", {"amount": "9.99999"}),
        ("unknown_code", "billing_interval", {"billing_interval": "fortnight"}),
        ("unknown_code", "change_cause", {"change_cause": "mood"}),
        (
            "end_before_start",
            "ended_at",
            {"started_at": "2024-06-02T00:00:00Z", "ended_at": "2024-06-01T00:00:00Z"},
        ),
        ("before_1990", "started_at", {"started_at": ANCIENT}),
        ("buddhist_era", "started_at", {"started_at": BUDDHIST, "ended_at": None}),
    ),
    "billing_cancellations": (
        ("empty_required", "effective_at", {"effective_at": None}),
        ("unparsable_boolean", "is_voluntary", {"is_voluntary": "partly"}),
        ("buddhist_era", "effective_at", {"effective_at": BUDDHIST}),
    ),
    "voice_survey_invitations": (
        ("empty_required", "sent_at", {"sent_at": None}),
        ("unknown_code", "survey_type", {"survey_type": "quiz"}),
        ("far_future", "sent_at", {"sent_at": FUTURE}),
    ),
    "voice_survey_responses": (
        ("empty_required", "score", {"score": None}),
        ("unparsable_number", "score", {"score": "ten"}),
        ("unparsable_number", "score", {"score": "7.5", "survey_type": "nps"}),
        ("outside_scale", "score", {"score": "11", "survey_type": "nps"}),
        ("outside_scale", "score", {"score": "0", "survey_type": "csat"}),
        ("outside_scale", "score", {"score": "8", "survey_type": "ces"}),
        ("unknown_code", "survey_type", {"survey_type": "quiz"}),
        ("buddhist_era", "responded_at", {"responded_at": BUDDHIST}),
        ("orphan", "customer_id", {"customer_id": NOWHERE, "invitation_id": None}),
    ),
    "voice_product_reviews": (
        ("outside_scale", "rating", {"rating": "6"}),
        ("outside_scale", "rating", {"rating": "0"}),
        ("unparsable_number", "rating", {"rating": "five"}),
    ),
    "finance_exchange_rates": (
        ("empty_required", "rate", {"rate_date": RATE_DAYS[0], "rate": None}),
        ("not_finite", "rate", {"rate_date": RATE_DAYS[1], "rate": "NaN"}),
        ("negative_amount", "rate", {"rate_date": RATE_DAYS[2], "rate": "-0.03"}),
        ("unparsable_currency", "from_currency",
         {"rate_date": RATE_DAYS[3], "from_currency": "BAHT"}),
        ("unparsable_amount", "rate", {"rate_date": RATE_DAYS[4], "rate": "1:35"}),
        ("buddhist_era", "rate_date", {"rate_date": "2567-03-05"}),
    ),
}  # fmt: skip

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
    id_column = {"shop_refunds": "refund_id", "crm_customer_links": "customer_id"}.get(
        name, table.column_names[0]
    )
    for number, (kind, column, change) in enumerate(BAD_ROWS.get(name, ())):
        row = sound.slice(number % len(sound), 1).to_pylist()[0] if len(sound) else empty
        own = {} if name == "finance_exchange_rates" else {id_column: f"DIRT-{number + 1:02d}"}
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
