"""Retention, cohorts, RFM, CLV, MRR and NPS of Parquet files with Polars, from nothing.

    python bench/sides/polars_side.py <out folder> <raw folder> <first day> <as-of date> <seeds>

The same rows as marts.sql, as Parquet in the out folder. Money is counted in ten-thousandths, as
whole numbers, because doubles would not be equal to the marts.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from same_person import link_ends, persons

RAW, OUT, FIRST, AS_OF, SEEDS = (
    Path(sys.argv[2]),
    Path(sys.argv[1]),
    date.fromisoformat(sys.argv[3]),
    date.fromisoformat(sys.argv[4]),
    Path(sys.argv[5]),
)
FOREVER = date(9999, 12, 31)
GRAINS = {"month": "1mo", "quarter": "3mo", "year": "1y"}


def raw(table: str, *columns: str) -> pl.LazyFrame:
    return pl.scan_parquet(RAW / f"{table}.parquet").select(columns)


def latest(table: str, key: str, *columns: str) -> pl.LazyFrame:
    """The last version of each row, without what is deleted."""
    rows = pl.scan_parquet(RAW / f"{table}.parquet", row_index_name="line")
    return (
        rows.select(key, *columns, "is_deleted", "line", at=instant("updated_at"))
        .sort("at", "line", nulls_last=[False, False])
        .unique(key, keep="last", maintain_order=True)
        .filter(pl.col("is_deleted").fill_null("false") != "true")
        .drop("is_deleted", "line", "at")
    )


def instant(column: str) -> pl.Expr:
    """UTC; without an offset it is UTC already."""
    text = pl.col(column)
    clock = text.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us")
    offset = text.str.slice(19)
    hours = offset.str.slice(1, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = offset.str.slice(4, 2).cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    return clock - pl.duration(minutes=sign * (hours * 60 + minutes))


def day(column: str) -> pl.Expr:
    zoned = instant(column).dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Bangkok")
    return zoned.dt.date()


def units(column: str, scale: int = 4) -> pl.Expr:
    return pl.col(column).str.to_decimal(scale=scale).cast(pl.Decimal(38, scale)).to_physical()


def money(amount: pl.Expr, rate: pl.Expr) -> pl.Expr:
    """Ten-thousandths in reporting currency, half away from nothing."""
    product = amount.cast(pl.Int128) * rate.cast(pl.Int128)
    return ((product + 5 * 10**11) // 10**12).cast(pl.Int64)


def divided(values: pl.Expr, number: float) -> pl.Expr:
    """By one number Polars does not divide, it multiplies by the reciprocal, which gives other last
    digits: so by a column of it."""
    return values / pl.when(values.is_not_null()).then(number)


def at_rate(rows: pl.LazyFrame, day_column: str, currency: str = "currency") -> pl.LazyFrame:
    """With column rate, of the day."""
    return rows.with_columns(pl.col(currency).fill_null("USD")).join(
        RATES, left_on=[day_column, currency], right_on=["day", "currency"], how="left"
    )


DAYS = pl.date_range(date(2020, 1, 1), AS_OF, eager=True).alias("day").to_frame()
known = (
    raw("finance_exchange_rates", "rate_date", "from_currency", "to_currency", "rate")
    .filter(pl.col("to_currency") == "USD")
    .select(
        day=pl.col("rate_date").str.to_date(),
        currency="from_currency",
        rate=units("rate", 12).cast(pl.Int64),
    )
    .collect()
)
RATES = pl.concat(
    [
        DAYS.sort("day")
        .join_asof(known.filter(pl.col("currency") == code).sort("day"), on="day")
        .drop_nulls("rate")
        for code in known["currency"].unique()
    ]
    + [DAYS.with_columns(currency=pl.lit("USD"), rate=pl.lit(10**12, pl.Int64))]
).lazy()


def people() -> pl.DataFrame:
    """record_id, person_id, email, created_at, is_test."""
    columns = ("email", "phone", "created_at", "is_test")
    records = (
        latest("crm_customers", "customer_id", *columns)
        .select(
            "customer_id",
            email=pl.col("email").str.strip_chars().str.to_lowercase(),
            phone=pl.col("phone").str.replace_all("[^0-9]", "").str.strip_prefix("00"),
            created_at=instant("created_at"),
            is_test=(pl.col("is_test") == "true").fill_null(False),
        )
        .collect()
    )
    links = raw("crm_customer_links", "customer_id", "merged_into_customer_id").collect()
    into = dict(links.iter_rows())
    ends, shared_by = link_ends(into), []
    for column, letter in (("email", "e"), ("phone", "p")):
        shared = records.filter(
            pl.col(column).is_not_null() & (pl.col(column) != "") & pl.col(column).is_duplicated()
        )
        shared_by += [
            (letter + text, one) for text, one in shared[[column, "customer_id"]].iter_rows()
        ]
    created = dict(records[["customer_id", "created_at"]].iter_rows())
    found = pl.DataFrame(
        list(persons(ends, shared_by, created).items()),
        schema={"customer_id": pl.String, "person_id": pl.String},
        orient="row",
    )
    ids = pl.concat(
        [
            records.drop("phone"),
            pl.DataFrame({"customer_id": [one for one in ends if one not in created]}).cast(
                pl.String
            ),
        ],
        how="diagonal",
    )
    return ids.join(found, on="customer_id", how="left").select(
        record_id="customer_id",
        person_id=pl.coalesce("person_id", "customer_id"),
        email="email",
        created_at="created_at",
        is_test=pl.col("is_test")
        .fill_null(False)
        .max()
        .over(pl.coalesce("person_id", "customer_id")),
    )


PEOPLE = people()
WHO = PEOPLE.lazy().select("record_id", "person_id")
OWNERS = (
    PEOPLE.lazy()
    .filter(pl.col("email").is_not_null())
    .sort("created_at", "record_id", nulls_last=True)
    .unique("email", keep="first", maintain_order=True)
    .select("email", owner_id="person_id")
)
TESTS = PEOPLE.lazy().filter("is_test").select("person_id").unique()

ORDERS = (
    at_rate(
        latest(
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
        ).with_columns(ordered_on=day("ordered_at")),
        "ordered_on",
    )
    .with_columns(guest=pl.col("guest_email").str.strip_chars().str.to_lowercase())
    .join(WHO, left_on="customer_id", right_on="record_id", how="left")
    .join(OWNERS, left_on="guest", right_on="email", how="left")
    .select(
        "order_id",
        "ordered_on",
        "currency",
        "rate",
        person_id=pl.coalesce(
            "person_id",
            pl.when(pl.col("customer_id").is_null()).then(pl.coalesce("owner_id", "guest")),
        ),
        gross=money(units("gross_amount"), pl.col("rate")),
        discount=money(units("discount_amount").fill_null(0), pl.col("rate")),
        may_count=pl.col("status").is_in(["paid", "fulfilled"])
        & (pl.col("is_test").fill_null("false") != "true"),
    )
    .collect()
)

REFUNDS = (
    at_rate(
        raw("shop_refunds", "order_id", "customer_id", "refunded_at", "amount", "currency")
        .with_columns(refunded_on=day("refunded_at"))
        .filter(pl.col("refunded_on") < AS_OF),
        "refunded_on",
    )
    .join(
        ORDERS.lazy().select(
            "order_id", of_order="person_id", order_currency="currency", order_rate="rate"
        ),
        on="order_id",
        how="left",
    )
    .join(WHO, left_on="customer_id", right_on="record_id", how="left")
    .select(
        "order_id",
        "refunded_on",
        person_id=pl.coalesce("of_order", "person_id"),
        amount=money(units("amount"), pl.col("rate")),
        off_order=money(
            units("amount"),
            pl.when(pl.col("currency") == pl.col("order_currency"))
            .then("order_rate")
            .otherwise("rate"),
        ),
    )
    .collect()
)

COSTS = (
    pl.scan_parquet(RAW / "shop_order_items.parquet")
    .filter(pl.col("is_deleted").fill_null("false") != "true")
    .select("order_id", "product_id", "quantity", "unit_cost")
    .join(ORDERS.lazy().select("order_id", "ordered_on", "rate"), on="order_id")
    .join(
        latest("shop_products", "product_id", "unit_cost", "currency").select(
            "product_id",
            product_cost=units("unit_cost"),
            product_currency=pl.col("currency").fill_null("USD"),
        ),
        on="product_id",
        how="left",
    )
    .join(
        RATES.rename({"rate": "product_rate"}),
        left_on=["ordered_on", "product_currency"],
        right_on=["day", "currency"],
        how="left",
    )
    .select(
        "order_id",
        cost=pl.coalesce(
            money(
                pl.col("quantity").cast(pl.Int64) * units("unit_cost").cast(pl.Int64),
                pl.col("rate"),
            ),
            money(
                pl.col("quantity").cast(pl.Int64) * pl.col("product_cost").cast(pl.Int64),
                pl.col("product_rate"),
            ),
            pl.lit(0),
        ),
    )
    .group_by("order_id")
    .agg(pl.col("cost").sum())
)

VALID = (
    ORDERS.lazy()
    .filter(
        "may_count",
        pl.col("gross") >= 100,
        pl.col("ordered_on") < AS_OF,
        pl.col("person_id").is_not_null(),
    )
    .join(TESTS, on="person_id", how="anti")
    .join(
        REFUNDS.lazy()
        .drop_nulls("order_id")
        .group_by("order_id")
        .agg(refunded=pl.col("off_order").sum()),
        on="order_id",
        how="left",
    )
    .join(COSTS, on="order_id", how="left")
    .with_columns(
        net=pl.col("gross") - pl.col("discount"), refunded=pl.col("refunded").fill_null(0)
    )
    .filter(~((pl.col("refunded") > 0) & (pl.col("refunded") >= pl.col("net"))))
    .select(
        "order_id",
        "person_id",
        "ordered_on",
        "net",
        kept=pl.col("net") - pl.col("refunded"),
        cost=pl.col("cost").fill_null(0),
    )
    .collect(engine="streaming")
)
COUNTED = (
    REFUNDS.lazy()
    .filter(pl.col("person_id").is_not_null())
    .join(TESTS, on="person_id", how="anti")
    .join(VALID.lazy().select("order_id", "ordered_on", is_known=True), on="order_id", how="left")
    .filter(pl.col("order_id").is_null() | pl.col("is_known"))
    .collect()
)

TERMS = (
    at_rate(
        latest(
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
        ).with_columns(
            started_on=day("started_at"), last_on=day("ended_at"), at=instant("started_at")
        ),
        "started_on",
    )
    .join(
        PEOPLE.lazy().select("record_id", "person_id", "is_test"),
        left_on="customer_id",
        right_on="record_id",
    )
    .filter(
        units("amount") > 0,
        ~pl.col("is_test"),
        pl.col("started_on") < AS_OF,
        pl.col("last_on").is_null() | (pl.col("last_on") > pl.col("started_on")),
    )
    .with_columns(
        times=pl.col("billing_interval").replace_strict(
            {"year": 1, "quarter": 4, "week": 52}, default=12
        ),
        ended_on=pl.when(pl.col("last_on") < AS_OF).then("last_on"),
    )
    .with_columns(
        mrr=((money(units("amount"), pl.col("rate")) * pl.col("times") * 2 + 12) // 24).cast(
            pl.Int64
        )
    )
    .collect()
)


def spells() -> pl.DataFrame:
    order_days = (
        VALID.lazy().select("person_id", "ordered_on").unique().sort("person_id", "ordered_on")
    )
    before = pl.col("ordered_on").shift(1).over("person_id")
    purchase = (
        order_days.with_columns(
            number=(before.is_null() | (pl.col("ordered_on") > before + timedelta(days=90)))
            .cast(pl.Int64)
            .cum_sum()
            .over("person_id")
        )
        .group_by("person_id", "number")
        .agg(
            started_on=pl.col("ordered_on").min(),
            last_on=pl.col("ordered_on").max() + timedelta(days=90),
        )
        .with_columns(basis=pl.lit("purchase"))
    )
    terms = TERMS.lazy().select(
        "person_id", "started_on", last_on=pl.col("ended_on").fill_null(FOREVER)
    )
    reached = pl.col("last_on").cum_max().shift(1).over("person_id")
    subscription = (
        terms.sort("person_id", "started_on", "last_on")
        .with_columns(
            number=(reached.is_null() | (pl.col("started_on") > reached))
            .cast(pl.Int64)
            .cum_sum()
            .over("person_id")
        )
        .group_by("person_id", "number")
        .agg(pl.col("started_on").min(), pl.col("last_on").max())
        .with_columns(basis=pl.lit("subscription"))
    )
    return (
        pl.concat([purchase, subscription], how="diagonal")
        .with_columns(ended_on=pl.when(pl.col("last_on") < AS_OF).then("last_on"))
        .collect()
    )


SPELLS = spells()
PERIODS = pl.concat(
    DAYS.filter(pl.col("day") >= FIRST, pl.col("day") < AS_OF)
    .select(
        grain=pl.lit(grain),
        period_start=pl.col("day").dt.truncate(width),
    )
    .unique()
    .with_columns(period_end=pl.col("period_start").dt.offset_by(width))
    for grain, width in GRAINS.items()
).with_columns(until=pl.min_horizontal("period_end", pl.lit(AS_OF)))

STATES = (
    SPELLS.lazy()
    .join_where(
        PERIODS.lazy(),
        pl.col("started_on") < pl.col("until"),
        pl.col("ended_on").fill_null(FOREVER) >= pl.col("period_start"),
    )
    .group_by("basis", "person_id", "grain", "period_start")
    .agg(
        at_start=(pl.col("started_on") < pl.col("period_start")).any(),
        at_end=(pl.col("ended_on").fill_null(FOREVER) >= pl.col("until")).any(),
        inside=(pl.col("ended_on").fill_null(FOREVER) > pl.col("period_start")).any(),
        first=((pl.col("number") == 1) & (pl.col("started_on") >= pl.col("period_start"))).any(),
    )
    .collect(engine="streaming")
)


def in_periods(rows: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """Each row in the month, the quarter and the year of its day."""
    return pl.concat(
        rows.with_columns(grain=pl.lit(grain), period_start=pl.col(column).dt.truncate(width))
        for grain, width in GRAINS.items()
    )


BOUGHT_DAYS = pl.concat(
    [
        VALID.lazy()
        .group_by("person_id", happened_on="ordered_on")
        .agg(orders=pl.len().cast(pl.Int64), net=pl.col("net").sum()),
        COUNTED.lazy()
        .group_by("person_id", happened_on="refunded_on")
        .agg(orders=pl.lit(0, pl.Int64), net=-pl.col("amount").sum()),
    ]
)
PURCHASES = (
    in_periods(BOUGHT_DAYS, "happened_on")
    .group_by("person_id", "grain", "period_start")
    .agg(pl.col("orders").sum(), net_revenue=pl.col("net").sum())
    .collect(engine="streaming")
)


def counted(condition: pl.Expr, name: str) -> pl.Expr:
    return condition.sum().cast(pl.Int64).alias(name)


def rate(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) != 0).then(
        pl.col(part).cast(pl.Float64) / pl.col(whole).cast(pl.Float64)
    )


def written(name: str, rows: pl.LazyFrame | pl.DataFrame) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    rows.lazy().sink_parquet(OUT / f"{name}.parquet")


START, END, NEW = pl.col("at_start"), pl.col("at_end"), pl.col("first")
RETENTION = (
    STATES.lazy()
    .group_by(period_grain="grain", period_start="period_start", basis="basis")
    .agg(
        counted(START, "customers_at_start"),
        counted(~START & END & NEW, "new_customers"),
        counted(~START & END & ~NEW, "reactivated_customers"),
        counted(START & ~END, "lost_customers"),
        counted(END, "customers_at_end"),
        counted(~START & NEW, "acquired_customers"),
        counted(~START & ~END & NEW, "joined_and_lost_customers"),
    )
    .with_columns(kept=pl.col("customers_at_end") - pl.col("new_customers"))
    .with_columns(
        retention_rate=rate("kept", "customers_at_start"),
        churn_rate=rate("lost_customers", "customers_at_start"),
    )
    .drop("kept")
    .collect()
)
written("retention_by_period", RETENTION)

ACTIVE = (
    STATES.lazy()
    .filter(pl.col("grain") == "month")
    .join(
        PURCHASES.lazy()
        .filter(pl.col("grain") == "month")
        .select("person_id", "period_start", "orders"),
        on=["person_id", "period_start"],
        how="left",
    )
    .select(
        "basis",
        "person_id",
        "at_end",
        month="period_start",
        is_active=pl.when(pl.col("basis") == "purchase")
        .then(pl.col("orders").fill_null(0) > 0)
        .otherwise("inside"),
    )
)
FIRSTS = (
    SPELLS.lazy()
    .filter(pl.col("number") == 1)
    .select("basis", "person_id", cohort_month=pl.col("started_on").dt.truncate("1mo"))
)
SIZES = (
    FIRSTS.join(
        ACTIVE.filter("is_active")
        .group_by("basis", "person_id")
        .agg(last_month=pl.col("month").max()),
        on=["basis", "person_id"],
    )
    .group_by("basis", "cohort_month", "last_month")
    .agg(customers=pl.len().cast(pl.Int64))
)
MONTHS = (
    PERIODS.lazy()
    .filter(pl.col("grain") == "month", pl.col("period_end") <= AS_OF)
    .select(month="period_start")
)
CELL = ["basis", "cohort_month", "month"]
cells = (
    SIZES.join_where(MONTHS, pl.col("month") >= pl.col("cohort_month"))
    .group_by(CELL)
    .agg(
        cohort_customers=pl.col("customers").sum(),
        on_or_after_customers=pl.col("customers")
        .filter(pl.col("last_month") >= pl.col("month"))
        .sum(),
    )
    .join(
        FIRSTS.join(ACTIVE, on=["basis", "person_id"])
        .group_by(CELL)
        .agg(
            counted(pl.col("is_active"), "active_customers"),
            counted(pl.col("at_end"), "current_customers"),
        ),
        on=CELL,
        how="left",
    )
    .join(
        FIRSTS.filter(pl.col("basis") == "purchase")
        .join(PURCHASES.lazy().filter(pl.col("grain") == "month"), on="person_id")
        .group_by("basis", "cohort_month", month="period_start")
        .agg(pl.col("net_revenue").sum()),
        on=CELL,
        how="left",
    )
    .with_columns(pl.col("active_customers", "current_customers").fill_null(0))
    .select(
        "basis",
        "cohort_month",
        *(f"{name}_customers" for name in ("cohort", "active", "current", "on_or_after")),
        months_since_start=(pl.col("month").dt.year() - pl.col("cohort_month").dt.year()) * 12
        + pl.col("month").dt.month().cast(pl.Int32)
        - pl.col("cohort_month").dt.month().cast(pl.Int32),
        active_rate=rate("active_customers", "cohort_customers"),
        net_revenue=pl.when(pl.col("basis") == "purchase").then(pl.col("net_revenue").fill_null(0)),
    )
)
written("cohort_retention", cells)

WINDOW = AS_OF - timedelta(days=365)
scores = (
    pl.concat(
        [
            VALID.lazy().select("person_id", "ordered_on", orders=pl.lit(1, pl.Int64), value="net"),
            COUNTED.lazy().select(
                "person_id", "ordered_on", orders=pl.lit(0, pl.Int64), value=-pl.col("off_order")
            ),
        ]
    )
    .filter(pl.col("ordered_on") >= WINDOW)
    .group_by("person_id")
    .agg(
        recency_days=(pl.lit(AS_OF) - pl.col("ordered_on").max()).dt.total_days(),
        frequency=pl.col("orders").sum(),
        monetary=pl.col("value").sum(),
    )
    .filter(pl.col("frequency") > 0)
    .collect()
)


def passed(column: str) -> pl.Expr:
    """How many of the four cuts a value lies above; a cut times 5 is a whole number."""
    ordered, last = scores[column].sort(), len(scores) - 1
    total = pl.lit(0, pl.Int64)
    for cut in range(1, 5):
        low, fifths = divmod(last * cut, 5)
        times_5 = ordered[low] * (5 - fifths) + (ordered[low + 1] * fifths if fifths else 0)
        total = total + (pl.col(column) * 5 > times_5).cast(pl.Int64)
    return total


names = pl.read_csv(SEEDS / "rfm_segments.csv").cast(
    {"recency_score": pl.Int64, "value_score": pl.Int64}
)
rfm = scores.with_columns(
    recency_score=5 - passed("recency_days"),
    frequency_score=1 + passed("frequency"),
    monetary_score=1 + passed("monetary"),
).with_columns(value_score=(pl.col("frequency_score") + pl.col("monetary_score") + 1) // 2)
written(
    "rfm_by_customer",
    rfm.join(names, on=["recency_score", "value_score"])
    .drop("value_score")
    .rename({"person_id": "customer_id"}),
)

earlier = ["person_id", "subscription_id"]
terms = TERMS.lazy().sort("person_id", "subscription_id", "at", "term_id")
steps = pl.concat(
    [
        terms.select(
            *earlier,
            "at",
            "term_id",
            "mrr",
            moved_on="started_on",
            cause=pl.when(pl.col("change_cause").is_in(["plan", "quantity", "price", "discount"]))
            .then("change_cause")
            .when(pl.col("term_id").shift(1).over(earlier).is_null())
            .then(pl.lit("plan"))
            .when(
                pl.col("plan_id").fill_null("")
                != pl.col("plan_id").shift(1).over(earlier).fill_null("")
            )
            .then(pl.lit("plan"))
            .when(
                pl.col("quantity").fill_null("1")
                != pl.col("quantity").shift(1).over(earlier).fill_null("1")
            )
            .then(pl.lit("quantity"))
            .otherwise(pl.lit("price")),
        ),
        terms.filter(pl.col("ended_on").is_not_null()).select(
            *earlier,
            "at",
            "term_id",
            mrr=-pl.col("mrr"),
            moved_on="ended_on",
            cause=pl.lit(None, pl.String),
        ),
    ]
)
CHANGES = (
    steps.sort("at", "term_id", descending=True)
    .group_by(*earlier, "moved_on", maintain_order=True)
    .agg(pl.col("mrr").sum(), cause=pl.col("cause").drop_nulls().first())
    .filter(pl.col("mrr") != 0)
    .with_columns(pl.col("cause").fill_null("plan"))
    .collect()
)
starts = SPELLS.lazy().filter(pl.col("basis") == "subscription")
TURNS = (
    CHANGES.lazy()
    .group_by("person_id", "moved_on")
    .agg(pl.col("mrr").sum())
    .join(
        starts.select("person_id", moved_on="started_on", begun="number"),
        on=["person_id", "moved_on"],
        how="left",
    )
    .join(
        starts.select("person_id", moved_on="ended_on", over="number"),
        on=["person_id", "moved_on"],
        how="left",
    )
    .with_columns(
        movement=pl.when(pl.col("begun") == 1)
        .then(pl.lit("new"))
        .when(pl.col("begun") > 1)
        .then(pl.lit("reactivation"))
        .when(pl.col("over").is_not_null())
        .then(pl.lit("churn"))
    )
    .collect()
)
MOVEMENTS = pl.concat(
    [
        TURNS.lazy()
        .filter(pl.col("movement").is_not_null())
        .select("person_id", "moved_on", "movement", "mrr"),
        CHANGES.lazy()
        .group_by("person_id", "moved_on", "cause")
        .agg(pl.col("mrr").sum())
        .filter(pl.col("mrr") != 0)
        .join(
            TURNS.lazy().filter(pl.col("movement").is_null()).select("person_id", "moved_on"),
            on=["person_id", "moved_on"],
        )
        .select(
            "person_id",
            "moved_on",
            movement=pl.when(pl.col("mrr") > 0)
            .then(pl.lit("expansion"))
            .otherwise(pl.lit("contraction")),
            mrr="mrr",
        ),
    ]
).collect()
KINDS = ("new", "expansion", "contraction", "churn", "reactivation")
moved = (
    in_periods(MOVEMENTS.lazy(), "moved_on")
    .group_by("person_id", "grain", "period_start")
    .agg(
        pl.col("mrr").sum().alias("change"),
        *(pl.col("mrr").filter(pl.col("movement") == kind).sum().alias(kind) for kind in KINDS),
    )
)
levels = (
    MOVEMENTS.lazy()
    .group_by("person_id", "moved_on")
    .agg(pl.col("mrr").sum())
    .sort("moved_on")
    .select(
        "person_id",
        "moved_on",
        opening=pl.col("mrr").cum_sum().over("person_id", order_by="moved_on"),
    )
)
mrr = (
    STATES.lazy()
    .filter(pl.col("basis") == "subscription")
    .select("person_id", "grain", "period_start")
    .sort("period_start")
    .join_asof(
        levels,
        left_on="period_start",
        right_on="moved_on",
        by="person_id",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    .join(moved, on=["person_id", "grain", "period_start"], how="left")
    .with_columns(pl.col("opening", "change", *KINDS).fill_null(0))
    .with_columns(closing=pl.col("opening") + pl.col("change"))
    .group_by(period_grain="grain", period_start="period_start")
    .agg(
        opening_mrr=pl.col("opening").sum(),
        new_mrr=pl.col("new").sum(),
        expansion_mrr=pl.col("expansion").sum(),
        contraction_mrr=-pl.col("contraction").sum(),
        churned_mrr=-pl.col("churn").sum(),
        reactivation_mrr=pl.col("reactivation").sum(),
        closing_mrr=pl.col("closing").sum(),
        retained=pl.col("closing").filter(pl.col("opening") > 0).sum(),
        kept=pl.min_horizontal("opening", "closing").filter(pl.col("opening") > 0).sum(),
    )
    .with_columns(
        net_revenue_retention=rate("retained", "opening_mrr"),
        gross_revenue_retention=rate("kept", "opening_mrr"),
    )
    .drop("retained", "kept")
)
written("revenue_retention_by_period", mrr)

EARNED = 32876712329
recurring = (
    TERMS.lazy()
    .with_columns(days=(pl.col("ended_on").fill_null(AS_OF) - pl.col("started_on")).dt.total_days())
    .group_by("person_id")
    .agg(
        recurring=((pl.col("mrr").cast(pl.Int128) * pl.col("days") * EARNED + 5 * 10**11) // 10**12)
        .cast(pl.Int64)
        .sum(),
        mrr=pl.col("mrr").filter(pl.col("ended_on").is_null()).sum(),
    )
)
this_month = AS_OF.replace(day=1)
year_ago = this_month.replace(year=this_month.year - 1)
churned = RETENTION.filter(
    pl.col("basis") == "subscription",
    pl.col("period_grain") == "month",
    pl.col("period_start") >= year_ago,
    pl.col("period_start") < this_month,
)
churn = churned["lost_customers"].sum() / churned["customers_at_start"].sum()
clv = (
    pl.concat([PEOPLE.lazy().select("person_id"), ORDERS.lazy().select("person_id").drop_nulls()])
    .unique()
    .join(TESTS, on="person_id", how="anti")
    .join(
        VALID.lazy()
        .group_by("person_id")
        .agg(
            orders=pl.len().cast(pl.Int64),
            net=pl.col("net").sum(),
            kept=pl.col("kept").sum(),
            cost=pl.col("cost").sum(),
            first_on=pl.col("ordered_on").min(),
        ),
        on="person_id",
        how="left",
    )
    .join(
        COUNTED.lazy().group_by("person_id").agg(back=pl.col("amount").sum()),
        on="person_id",
        how="left",
    )
    .join(recurring, on="person_id", how="left")
    .with_columns(
        bought="orders",
        paid="mrr",
        years=pl.max_horizontal((pl.lit(AS_OF) - pl.col("first_on")).dt.total_days(), pl.lit(365)),
    )
    .with_columns(pl.col("orders", "net", "cost", "back", "recurring", "mrr").fill_null(0))
    .select(
        "orders",
        "mrr",
        customer_id="person_id",
        net_revenue=pl.col("net") - pl.col("back"),
        net_margin=pl.col("net") - pl.col("back") - pl.col("cost") + pl.col("recurring"),
        average_order_value=divided(pl.col("kept").cast(pl.Float64), 1e4)
        / pl.col("bought").cast(pl.Float64),
        purchase_frequency=(pl.col("bought") * 365).cast(pl.Float64)
        / pl.col("years").cast(pl.Float64),
        clv_arpa=divided(divided(pl.col("paid").cast(pl.Float64), 1e4), churn),
    )
)
written("customer_lifetime_value", clv)

asked = PEOPLE.lazy().filter(~pl.col("is_test")).select("record_id", "person_id")
responses = (
    raw(
        "voice_survey_responses",
        "response_id",
        "customer_id",
        "survey_type",
        "score",
        "responded_at",
    )
    .filter(pl.col("survey_type") == "nps")
    .join(asked, left_on="customer_id", right_on="record_id")
    .select(
        "person_id",
        "response_id",
        score=pl.col("score").cast(pl.Int64),
        at=instant("responded_at"),
        on=day("responded_at"),
    )
)
invited = (
    raw("voice_survey_invitations", "customer_id", "survey_type", "sent_at")
    .filter(pl.col("survey_type") == "nps")
    .join(asked, left_on="customer_id", right_on="record_id")
    .group_by(on=day("sent_at"))
    .agg(invitations=pl.len().cast(pl.Int64))
)
windows = pl.concat(
    [
        PERIODS.lazy().select(
            "grain", "period_start", "until", window_name=pl.lit("period"), since="period_start"
        ),
        PERIODS.lazy().select(
            "grain",
            "period_start",
            "until",
            window_name=pl.lit("rolling_90d"),
            since=pl.col("until") - timedelta(days=90),
        ),
    ]
)
WINDOW_KEYS = ["window_name", "grain", "period_start"]
inside = [pl.col("on") >= pl.col("since"), pl.col("on") < pl.col("until")]
nps = (
    responses.join_where(windows, *inside)
    .sort("at", "response_id")
    .group_by(*WINDOW_KEYS, "person_id", maintain_order=True)
    .agg(pl.col("score").last())
    .group_by(WINDOW_KEYS)
    .agg(
        responses=pl.len().cast(pl.Int64),
        promoters=counted(pl.col("score") >= 9, "promoters"),
        passives=counted(pl.col("score").is_between(7, 8), "passives"),
        detractors=counted(pl.col("score") <= 6, "detractors"),
    )
    .join(
        invited.join_where(windows, *inside).group_by(WINDOW_KEYS).agg(pl.col("invitations").sum()),
        on=WINDOW_KEYS,
        how="full",
        coalesce=True,
    )
    .with_columns(points=100 * (pl.col("promoters") - pl.col("detractors")))
    .with_columns(nps=rate("points", "responses"))
    .drop("points")
    .with_columns(
        pl.col("responses", "promoters", "passives", "detractors", "invitations").fill_null(0)
    )
    .rename({"grain": "period_grain"})
)
written("nps_by_period", nps)
