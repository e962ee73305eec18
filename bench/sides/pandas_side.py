"""Retention, cohorts, RFM, CLV, MRR and NPS of Parquet files with pandas, from nothing.

    python bench/sides/pandas_side.py <out folder> <raw folder> <first day> <as-of date> <seeds>

The same rows as marts.sql, as Parquet in the out folder. Money is counted in ten-thousandths, as
whole numbers, because doubles would not be equal to the marts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from same_person import link_ends, persons

OUT, RAW, SEEDS = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[5])
FIRST, AS_OF = pd.Timestamp(sys.argv[3]), pd.Timestamp(sys.argv[4])
GRAINS = {"month": "M", "quarter": "Q", "year": "Y"}
FOREVER = pd.Timestamp("2200-01-01")


def raw(table: str, *columns: str) -> pd.DataFrame:
    return pd.read_parquet(RAW / f"{table}.parquet", columns=list(columns))


def instant(texts: pd.Series) -> pd.Series:
    """UTC; without an offset it is UTC already."""
    return pd.to_datetime(texts, utc=True, format="ISO8601")


def day(texts: pd.Series) -> pd.Series:
    zoned = instant(texts).dt.tz_convert("Asia/Bangkok")
    return zoned.dt.tz_localize(None).dt.normalize()


def latest(table: str, key: str, *columns: str) -> pd.DataFrame:
    """The last version of each row, without what is deleted."""
    rows = raw(table, key, *columns, "updated_at", "is_deleted")
    rows["updated_at"] = instant(rows["updated_at"])
    rows = rows.sort_values("updated_at", kind="stable", na_position="first")
    rows = rows.drop_duplicates(key, keep="last")
    return rows[rows["is_deleted"].fillna("false") != "true"].drop(
        columns=["updated_at", "is_deleted"]
    )


def units(texts: pd.Series, scale: int = 4) -> pd.Series:
    """Decimal text in units of 10 ** -scale; nothing is 0."""
    parts = texts.fillna("0").str.partition(".")
    tail = parts[2].str.pad(scale, "right", "0")
    return parts[0].astype("int64") * 10**scale + tail.where(tail != "", "0").astype("int64")


def money(amount: pd.Series, rate: pd.Series) -> pd.Series:
    """Ten-thousandths in reporting currency, half up; the rate, in 10 ** -12, is split to fit."""
    high, low = np.divmod(rate.to_numpy(), 10**6)
    amount = amount.to_numpy()
    total = amount * high + (amount * low) // 10**6
    return pd.Series((total + 500_000) // 10**6)


def share(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole != 0)


def written(name: str, rows: pd.DataFrame) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(OUT / f"{name}.parquet", index=False)


DAYS = pd.date_range("2020-01-01", AS_OF)
known = raw("finance_exchange_rates", "rate_date", "from_currency", "to_currency", "rate")
known = known[known["to_currency"] == "USD"]
known = known.assign(day=pd.to_datetime(known["rate_date"]), rate=units(known["rate"], 12))
by_day = known.pivot(index="day", columns="from_currency", values="rate").reindex(
    DAYS, method="ffill"
)
by_day["USD"] = 10**12
RATES = by_day.stack().dropna().astype("int64").rename("rate").reset_index()
RATES.columns = ["day", "currency", "rate"]


def rate_of(days: pd.Series, currencies: pd.Series) -> pd.Series:
    keys = pd.DataFrame({"day": days.to_numpy(), "currency": currencies.fillna("USD").to_numpy()})
    return keys.merge(RATES, on=["day", "currency"], how="left")["rate"].fillna(0).astype("int64")


def people() -> pd.DataFrame:
    """record_id, person_id, email, created_at, is_test."""
    records = latest("crm_customers", "customer_id", "email", "phone", "created_at", "is_test")
    records["email"] = records["email"].str.strip().str.lower()
    records["phone"] = records["phone"].str.replace("[^0-9]", "", regex=True).str.removeprefix("00")
    records["created_at"] = instant(records["created_at"])
    records["is_test"] = records["is_test"].fillna("false") == "true"
    links = raw("crm_customer_links", "customer_id", "merged_into_customer_id")
    into = dict(zip(links["customer_id"], links["merged_into_customer_id"], strict=True))
    ends, shared_by = link_ends(into), []
    for column, letter in (("email", "e"), ("phone", "p")):
        filled = records[records[column].notna() & (records[column] != "")]
        shared = filled[filled[column].duplicated(keep=False)]
        shared_by += list(zip(letter + shared[column], shared["customer_id"], strict=True))
    created = dict(zip(records["customer_id"], records["created_at"], strict=True))
    person = persons(ends, shared_by, created)
    alone = pd.DataFrame(
        {"customer_id": [one for one in ends if one not in created], "is_test": False}
    )
    ids = pd.concat([records.drop(columns="phone"), alone])
    ids["person_id"] = ids["customer_id"].map(person).fillna(ids["customer_id"])
    ids["is_test"] = ids.groupby("person_id")["is_test"].transform("max").astype(bool)
    return ids.rename(columns={"customer_id": "record_id"})


PEOPLE = people()
WHO = PEOPLE.set_index("record_id")["person_id"]
OWNERS = (
    PEOPLE.dropna(subset="email")
    .sort_values(["created_at", "record_id"])
    .drop_duplicates("email")
    .set_index("email")["person_id"]
)
TESTS = set(PEOPLE.loc[PEOPLE["is_test"], "person_id"])


def orders() -> pd.DataFrame:
    rows = latest(
        "shop_orders",
        "order_id",
        "customer_id",
        "guest_email",
        "ordered_at",
        "status",
        "currency",
        "gross_amount",
        "discount_amount",
        "is_test",
    ).reset_index(drop=True)
    ordered_on, currency = day(rows["ordered_at"]), rows["currency"].fillna("USD")
    rate = rate_of(ordered_on, currency)
    guest = rows["guest_email"].str.strip().str.lower()
    guest = guest.map(OWNERS).fillna(guest).where(rows["customer_id"].isna())
    return pd.DataFrame(
        {
            "order_id": rows["order_id"],
            "ordered_on": ordered_on,
            "currency": currency,
            "rate": rate,
            "person_id": rows["customer_id"].map(WHO).fillna(guest),
            "gross": money(units(rows["gross_amount"]), rate),
            "discount": money(units(rows["discount_amount"]), rate),
            "may_count": rows["status"].isin(["paid", "fulfilled"])
            & (rows["is_test"].fillna("false") != "true"),
        }
    )


ORDERS = orders()


def refunds() -> pd.DataFrame:
    rows = raw("shop_refunds", "order_id", "customer_id", "refunded_at", "amount", "currency")
    rows["refunded_on"] = day(rows["refunded_at"])
    rows = rows[rows["refunded_on"] < AS_OF].reset_index(drop=True)
    rate = rate_of(rows["refunded_on"], rows["currency"])
    of_order = ORDERS[["order_id", "person_id", "currency", "rate"]].set_index("order_id")
    of_order = of_order.reindex(rows["order_id"]).reset_index(drop=True)
    is_same = rows["currency"].fillna("USD") == of_order["currency"]
    amount = units(rows["amount"])
    return pd.DataFrame(
        {
            "order_id": rows["order_id"],
            "refunded_on": rows["refunded_on"],
            "person_id": of_order["person_id"].fillna(rows["customer_id"].map(WHO)),
            "amount": money(amount, rate),
            "off_order": money(amount, of_order["rate"].where(is_same, rate).astype("int64")),
        }
    )


REFUNDS = refunds()


def costs() -> pd.Series:
    items = raw("shop_order_items", "order_id", "product_id", "quantity", "unit_cost", "is_deleted")
    items = items[items["is_deleted"].fillna("false") != "true"].drop(columns="is_deleted")
    items = items.merge(ORDERS[["order_id", "ordered_on", "rate"]], on="order_id")
    products = latest("shop_products", "product_id", "unit_cost", "currency").set_index(
        "product_id"
    )
    product_cost, product_currency = (
        units(products["unit_cost"]),
        products["currency"].fillna("USD"),
    )
    quantity = items["quantity"].astype("int64")
    own = money(quantity * units(items["unit_cost"]), items["rate"])
    listed = items["product_id"].map(product_cost).fillna(0).astype("int64")
    at = rate_of(items["ordered_on"], items["product_id"].map(product_currency))
    cost = own.where(items["unit_cost"].notna().to_numpy(), money(quantity * listed, at))
    return cost.groupby(items["order_id"].to_numpy()).sum()


def valid_orders() -> pd.DataFrame:
    rows = ORDERS[
        ORDERS["may_count"]
        & (ORDERS["gross"] >= 100)
        & (ORDERS["ordered_on"] < AS_OF)
        & ORDERS["person_id"].notna()
        & ~ORDERS["person_id"].isin(TESTS)
    ]
    refunded = (
        rows["order_id"]
        .map(REFUNDS.groupby("order_id")["off_order"].sum())
        .fillna(0)
        .astype("int64")
    )
    net = rows["gross"] - rows["discount"]
    rows = rows[["order_id", "person_id", "ordered_on"]].assign(net=net, kept=net - refunded)
    rows = rows[~((refunded > 0) & (refunded >= net))]
    return rows.assign(cost=rows["order_id"].map(costs()).fillna(0).astype("int64"))


VALID = valid_orders()
COUNTED = REFUNDS[REFUNDS["person_id"].notna() & ~REFUNDS["person_id"].isin(TESTS)]
COUNTED = COUNTED.assign(
    ordered_on=COUNTED["order_id"].map(VALID.set_index("order_id")["ordered_on"])
)
COUNTED = COUNTED[COUNTED["order_id"].isna() | COUNTED["ordered_on"].notna()]


def terms() -> pd.DataFrame:
    rows = latest(
        "billing_subscription_terms",
        "term_id",
        "subscription_id",
        "customer_id",
        "plan_id",
        "billing_interval",
        "quantity",
        "amount",
        "currency",
        "started_at",
        "ended_at",
        "change_cause",
    ).reset_index(drop=True)
    rows["started_on"], rows["last_on"], rows["at"] = (
        day(rows["started_at"]),
        day(rows["ended_at"]),
        instant(rows["started_at"]),
    )
    rows["amount"] = units(rows["amount"])
    rows["person_id"] = rows["customer_id"].map(WHO)
    rows = rows[
        (rows["amount"] > 0)
        & rows["person_id"].notna()
        & ~rows["person_id"].isin(TESTS)
        & (rows["started_on"] < AS_OF)
        & (rows["last_on"].isna() | (rows["last_on"] > rows["started_on"]))
    ].reset_index(drop=True)
    times = (
        rows["billing_interval"]
        .map({"year": 1, "quarter": 4, "week": 52})
        .fillna(12)
        .astype("int64")
    )
    amount = money(rows["amount"], rate_of(rows["started_on"], rows["currency"]))
    rows["mrr"] = (amount * times * 2 + 12) // 24
    rows["ended_on"] = rows["last_on"].where(rows["last_on"] < AS_OF)
    return rows


TERMS = terms()


def spells() -> pd.DataFrame:
    days = (
        VALID[["person_id", "ordered_on"]]
        .drop_duplicates()
        .sort_values(["person_id", "ordered_on"])
    )
    before = days.groupby("person_id")["ordered_on"].shift()
    is_new = (before.isna() | (days["ordered_on"] > before + pd.Timedelta(days=90))).astype("int64")
    days["number"] = is_new.groupby(days["person_id"]).cumsum()
    purchase = days.groupby(["person_id", "number"])["ordered_on"].agg(["min", "max"]).reset_index()
    purchase["max"] += pd.Timedelta(days=90)
    spans = TERMS[["person_id", "started_on"]].assign(last_on=TERMS["ended_on"].fillna(FOREVER))
    spans = spans.sort_values(["person_id", "started_on", "last_on"])
    reached = spans.groupby("person_id")["last_on"].cummax().groupby(spans["person_id"]).shift()
    is_new = (reached.isna() | (spans["started_on"] > reached)).astype("int64")
    spans["number"] = is_new.groupby(spans["person_id"]).cumsum()
    subscription = spans.groupby(["person_id", "number"]).agg(
        min=("started_on", "min"), max=("last_on", "max")
    )
    both = pd.concat(
        [purchase.assign(basis="purchase"), subscription.reset_index().assign(basis="subscription")]
    )
    both["ended_on"] = both["max"].where(both["max"] < AS_OF)
    return both.rename(columns={"min": "started_on"}).drop(columns="max").reset_index(drop=True)


SPELLS = spells()
PERIODS = []
for grain, code in GRAINS.items():
    for period in pd.period_range(FIRST, AS_OF - pd.Timedelta(days=1), freq=code):
        begin, end = period.start_time, (period + 1).start_time
        PERIODS.append((grain, begin, end, min(end, AS_OF)))


def states() -> pd.DataFrame:
    found = []
    last = SPELLS["ended_on"].fillna(FOREVER)
    for grain, begin, _, until in PERIODS:
        touched = SPELLS[(SPELLS["started_on"] < until) & (last >= begin)]
        ended, is_later = last[touched.index], touched["started_on"] >= begin
        flags = pd.DataFrame(
            {
                "basis": touched["basis"],
                "person_id": touched["person_id"],
                "at_start": ~is_later,
                "at_end": ended >= until,
                "inside": ended > begin,
                "first": (touched["number"] == 1) & is_later,
            }
        )
        flags = flags.groupby(["basis", "person_id"], as_index=False).max()
        found.append(flags.assign(grain=grain, period_start=begin))
    return pd.concat(found, ignore_index=True)


STATES = states()


def starts_of(days: pd.Series, code: str) -> pd.Series:
    return days.dt.to_period(code).dt.start_time


def purchases() -> pd.DataFrame:
    bought = VALID.groupby(["person_id", "ordered_on"])["net"].agg(["size", "sum"]).reset_index()
    bought.columns = ["person_id", "on", "orders", "net_revenue"]
    back = -COUNTED.groupby(["person_id", "refunded_on"])["amount"].sum()
    back = back.reset_index().set_axis(["person_id", "on", "net_revenue"], axis=1).assign(orders=0)
    days = pd.concat([bought, back])
    found = []
    for grain, code in GRAINS.items():
        rows = days.assign(period_start=starts_of(days["on"], code))
        rows = rows.groupby(["person_id", "period_start"], as_index=False)[
            ["orders", "net_revenue"]
        ].sum()
        found.append(rows.assign(grain=grain))
    return pd.concat(found, ignore_index=True)


PURCHASES = purchases()

start, end, first = STATES["at_start"], STATES["at_end"], STATES["first"]
retention = (
    STATES[["basis", "period_start"]]
    .assign(
        period_grain=STATES["grain"],
        customers_at_start=start,
        new_customers=~start & end & first,
        reactivated_customers=~start & end & ~first,
        lost_customers=start & ~end,
        customers_at_end=end,
        acquired_customers=~start & first,
        joined_and_lost_customers=~start & ~end & first,
    )
    .groupby(["period_grain", "period_start", "basis"], as_index=False)
    .sum()
)
retention["retention_rate"] = share(
    retention["customers_at_end"] - retention["new_customers"], retention["customers_at_start"]
)
retention["churn_rate"] = share(retention["lost_customers"], retention["customers_at_start"])
written("retention_by_period", retention)

# cohorts
CELL = ["basis", "cohort_month", "month"]
monthly = PURCHASES[PURCHASES["grain"] == "month"].rename(columns={"period_start": "month"})
active = STATES[STATES["grain"] == "month"].rename(columns={"period_start": "month"})
active = active.merge(
    monthly[["person_id", "month", "orders"]], on=["person_id", "month"], how="left"
)
active["is_active"] = (active["orders"] > 0).where(active["basis"] == "purchase", active["inside"])
firsts = SPELLS[SPELLS["number"] == 1]
firsts = firsts[["basis", "person_id"]].assign(cohort_month=starts_of(firsts["started_on"], "M"))
lasts = active[active["is_active"]].groupby(["basis", "person_id"], as_index=False)["month"].max()
sizes = firsts.merge(lasts.rename(columns={"month": "last_month"}), on=["basis", "person_id"])
sizes = sizes.groupby(["basis", "cohort_month", "last_month"], as_index=False).size()
months = pd.DataFrame(
    {"month": [one[1] for one in PERIODS if one[0] == "month" and one[2] <= AS_OF]}
)
cells = sizes.merge(months, how="cross")
cells = cells[cells["month"] >= cells["cohort_month"]]
cells = cells.assign(later=cells["size"].where(cells["last_month"] >= cells["month"], 0))
cells = cells.groupby(CELL, as_index=False)[["size", "later"]].sum()
counted = (
    firsts.merge(active, on=["basis", "person_id"])
    .groupby(CELL, as_index=False)[["is_active", "at_end"]]
    .sum()
)
revenue = firsts[firsts["basis"] == "purchase"].merge(monthly, on="person_id")
revenue = revenue.groupby(CELL, as_index=False)["net_revenue"].sum()
cells = cells.merge(counted, on=CELL, how="left").merge(revenue, on=CELL, how="left")
cells[["is_active", "at_end"]] = cells[["is_active", "at_end"]].fillna(0).astype("int64")
age = (
    (cells["month"].dt.year - cells["cohort_month"].dt.year) * 12
    + cells["month"].dt.month
    - cells["cohort_month"].dt.month
)
written(
    "cohort_retention",
    pd.DataFrame(
        {
            "basis": cells["basis"],
            "cohort_month": cells["cohort_month"],
            "months_since_start": age,
            "cohort_customers": cells["size"],
            "active_customers": cells["is_active"],
            "current_customers": cells["at_end"],
            "on_or_after_customers": cells["later"],
            "active_rate": share(cells["is_active"], cells["size"]),
            "net_revenue": cells["net_revenue"]
            .fillna(0)
            .where(cells["basis"] == "purchase")
            .astype("Int64"),
        }
    ),
)

# RFM, and the summary that the package lifetimes makes of transactions
window = AS_OF - pd.Timedelta(days=365)
events = pd.concat(
    [
        VALID[["person_id", "ordered_on"]].assign(orders=1, value=VALID["net"]),
        COUNTED[["person_id", "ordered_on"]].assign(orders=0, value=-COUNTED["off_order"]),
    ]
)
events = events[events["ordered_on"] >= window]
rfm = events.groupby("person_id").agg(
    last_on=("ordered_on", "max"), frequency=("orders", "sum"), monetary=("value", "sum")
)
rfm = rfm[rfm["frequency"] > 0].reset_index()
rfm["recency_days"] = (AS_OF - rfm["last_on"]).dt.days


def passed(values: pd.Series) -> np.ndarray:
    """How many of the four cuts a value lies above; a cut times 5 is a whole number."""
    ordered, last = np.sort(values.to_numpy()), len(values) - 1
    total = np.zeros(len(values), "int64")
    for cut in range(1, 5):
        low, fifths = divmod(last * cut, 5)
        times_5 = ordered[low] * (5 - fifths) + (ordered[low + 1] * fifths if fifths else 0)
        total += values.to_numpy() * 5 > times_5
    return total


rfm["recency_score"] = 5 - passed(rfm["recency_days"])
rfm["frequency_score"] = 1 + passed(rfm["frequency"])
rfm["monetary_score"] = 1 + passed(rfm["monetary"])
rfm["value_score"] = (rfm["frequency_score"] + rfm["monetary_score"] + 1) // 2
rfm = rfm.merge(pd.read_csv(SEEDS / "rfm_segments.csv"), on=["recency_score", "value_score"])
written(
    "rfm_by_customer",
    rfm.drop(columns=["value_score", "last_on"]).rename(columns={"person_id": "customer_id"}),
)

# MRR
own = TERMS.sort_values(["person_id", "subscription_id", "at", "term_id"])
earlier = own.groupby(["person_id", "subscription_id"])
cause = pd.Series("price", own.index)
cause = cause.mask(
    own["quantity"].fillna("1") != earlier["quantity"].shift().fillna("1"), "quantity"
)
cause = cause.mask(own["plan_id"].fillna("") != earlier["plan_id"].shift().fillna(""), "plan")
cause = cause.mask(earlier["term_id"].shift().isna(), "plan")
cause = own["change_cause"].where(
    own["change_cause"].isin(["plan", "quantity", "price", "discount"]), cause
)
columns = ["person_id", "subscription_id", "at", "term_id", "mrr"]
ends = own[own["ended_on"].notna()]
steps = pd.concat(
    [
        own[columns].assign(moved_on=own["started_on"], cause=cause),
        ends[columns].assign(moved_on=ends["ended_on"], mrr=-ends["mrr"], cause=None),
    ]
).sort_values(["at", "term_id"], ascending=False)
changes = steps.groupby(["person_id", "subscription_id", "moved_on"], sort=False).agg(
    mrr=("mrr", "sum"), cause=("cause", "first")
)
changes = changes[changes["mrr"] != 0].reset_index()
changes["cause"] = changes["cause"].fillna("plan")
turns = changes.groupby(["person_id", "moved_on"], as_index=False)["mrr"].sum()
own_spells = SPELLS[SPELLS["basis"] == "subscription"]
for name, column in (("begun", "started_on"), ("over", "ended_on")):
    at = own_spells[["person_id", column, "number"]].dropna(subset=column)
    turns = turns.merge(
        at.set_axis(["person_id", "moved_on", name], axis=1),
        on=["person_id", "moved_on"],
        how="left",
    )
turns["movement"] = pd.Series(None, turns.index, dtype="object")
turns.loc[turns["over"].notna(), "movement"] = "churn"
turns.loc[turns["begun"] > 1, "movement"] = "reactivation"
turns.loc[turns["begun"] == 1, "movement"] = "new"
by_cause = changes.groupby(["person_id", "moved_on", "cause"], as_index=False)["mrr"].sum()
by_cause = by_cause[by_cause["mrr"] != 0]
plain = turns.loc[turns["movement"].isna(), ["person_id", "moved_on"]]
by_cause = by_cause.merge(plain, on=["person_id", "moved_on"])
by_cause["movement"] = np.where(by_cause["mrr"] > 0, "expansion", "contraction")
kept = ["person_id", "moved_on", "movement", "mrr"]
movements = pd.concat([turns.loc[turns["movement"].notna(), kept], by_cause[kept]])
KINDS = ["new", "expansion", "contraction", "churn", "reactivation"]
moved = []
for grain, code in GRAINS.items():
    rows = movements.assign(period_start=starts_of(movements["moved_on"], code))
    rows = rows.pivot_table("mrr", ["person_id", "period_start"], "movement", "sum", fill_value=0)
    moved.append(rows.reindex(columns=KINDS, fill_value=0).reset_index().assign(grain=grain))
levels = (
    movements.groupby(["person_id", "moved_on"], as_index=False)["mrr"]
    .sum()
    .sort_values("moved_on", kind="stable")
)
levels["opening"] = levels.groupby("person_id")["mrr"].cumsum()
mrr = STATES.loc[
    STATES["basis"] == "subscription", ["person_id", "grain", "period_start"]
].sort_values("period_start")
mrr = pd.merge_asof(
    mrr,
    levels[["person_id", "moved_on", "opening"]],
    left_on="period_start",
    right_on="moved_on",
    by="person_id",
    allow_exact_matches=False,
)
mrr = mrr.merge(pd.concat(moved), on=["person_id", "grain", "period_start"], how="left")
mrr[["opening", *KINDS]] = mrr[["opening", *KINDS]].fillna(0).astype("int64")
mrr["closing"] = mrr["opening"] + mrr[KINDS].sum(axis=1)
mrr["retained"] = mrr["closing"].where(mrr["opening"] > 0, 0)
mrr["kept"] = mrr[["opening", "closing"]].min(axis=1).where(mrr["opening"] > 0, 0)
mrr = mrr.groupby(["grain", "period_start"], as_index=False)[
    ["opening", *KINDS, "closing", "retained", "kept"]
].sum()
written(
    "revenue_retention_by_period",
    pd.DataFrame(
        {
            "period_grain": mrr["grain"],
            "period_start": mrr["period_start"],
            "opening_mrr": mrr["opening"],
            "new_mrr": mrr["new"],
            "expansion_mrr": mrr["expansion"],
            "contraction_mrr": -mrr["contraction"],
            "churned_mrr": -mrr["churn"],
            "reactivation_mrr": mrr["reactivation"],
            "closing_mrr": mrr["closing"],
            "net_revenue_retention": share(mrr["retained"], mrr["opening"]),
            "gross_revenue_retention": share(mrr["kept"], mrr["opening"]),
        }
    ),
)

# CLV
spent = VALID.groupby("person_id").agg(
    orders=("net", "size"),
    net=("net", "sum"),
    kept=("kept", "sum"),
    cost=("cost", "sum"),
    first_on=("ordered_on", "min"),
)
back = COUNTED.groupby("person_id")["amount"].sum()
days = (TERMS["ended_on"].fillna(AS_OF) - TERMS["started_on"]).dt.days
mrr_days = TERMS["mrr"] * days
whole, rest = np.divmod(mrr_days, 10**6)
earned = whole * 32876712329 + (rest * 32876712329 + 5 * 10**5) // 10**6
recurring = ((earned + 5 * 10**5) // 10**6).groupby(TERMS["person_id"]).sum()
paid = TERMS["mrr"].where(TERMS["ended_on"].isna(), 0).groupby(TERMS["person_id"]).sum()
everybody = pd.Index(pd.concat([PEOPLE["person_id"], ORDERS["person_id"].dropna()]).unique())
everybody = everybody[~everybody.isin(TESTS)]
clv = spent.reindex(everybody)
months_back = retention[
    (retention["basis"] == "subscription")
    & (retention["period_grain"] == "month")
    & (retention["period_start"] >= AS_OF.replace(day=1) - pd.DateOffset(months=12))
    & (retention["period_start"] < AS_OF.replace(day=1))
]
churn = months_back["lost_customers"].sum() / months_back["customers_at_start"].sum()
years = np.maximum((AS_OF - clv["first_on"]).dt.days, 365)
whole_numbers = {
    "orders": clv["orders"],
    "net_revenue": clv["net"].fillna(0) - back.reindex(everybody).fillna(0),
    "mrr": paid.reindex(everybody),
    "net_margin": clv["net"].fillna(0)
    - back.reindex(everybody).fillna(0)
    - clv["cost"].fillna(0)
    + recurring.reindex(everybody).fillna(0),
}
written(
    "customer_lifetime_value",
    pd.DataFrame(
        {
            "customer_id": everybody,
            **{
                name: column.fillna(0).astype("int64").to_numpy()
                for name, column in whole_numbers.items()
            },
            "average_order_value": (clv["kept"] / 1e4 / clv["orders"]).to_numpy(),
            "purchase_frequency": (clv["orders"] * 365 / years).to_numpy(),
            "clv_arpa": (paid.reindex(everybody) / 1e4 / churn).to_numpy(),
        }
    ),
)

# NPS
answers = raw(
    "voice_survey_responses", "response_id", "customer_id", "survey_type", "score", "responded_at"
)
answers = answers[answers["survey_type"] == "nps"]
answers = answers.assign(
    person_id=answers["customer_id"].map(WHO),
    at=instant(answers["responded_at"]),
    on=day(answers["responded_at"]),
    score=answers["score"].astype("int64"),
)
answers = answers[answers["person_id"].notna() & ~answers["person_id"].isin(TESTS)].sort_values(
    ["at", "response_id"]
)
asked = raw("voice_survey_invitations", "customer_id", "survey_type", "sent_at")
asked = asked[asked["survey_type"] == "nps"]
person = asked["customer_id"].map(WHO)
asked_on = day(asked.loc[person.notna() & ~person.isin(TESTS), "sent_at"])
found = []
for grain, begin, _, until in PERIODS:
    for window_name, since in (("period", begin), ("rolling_90d", until - pd.Timedelta(days=90))):
        score = answers[(answers["on"] >= since) & (answers["on"] < until)].drop_duplicates(
            "person_id", keep="last"
        )["score"]
        invitations = int(((asked_on >= since) & (asked_on < until)).sum())
        counts = (
            len(score),
            int((score >= 9).sum()),
            int(score.between(7, 8).sum()),
            int((score <= 6).sum()),
        )
        if len(score) or invitations:
            found.append((window_name, grain, begin, *counts, invitations))
nps = pd.DataFrame(
    found,
    columns=[
        "window_name",
        "period_grain",
        "period_start",
        "responses",
        "promoters",
        "passives",
        "detractors",
        "invitations",
    ],
)
written(
    "nps_by_period",
    nps.assign(nps=share(100 * (nps["promoters"] - nps["detractors"]), nps["responses"])),
)
