"""The same answer from every side: one hash of the sorted rows of each mart."""

from __future__ import annotations

from pathlib import Path

import duckdb

# Columns by mart that every side makes; the first ones tell the rows apart.
COLUMNS = {
    "retention_by_period": (
        "period_grain, period_start, basis, customers_at_start, new_customers,"
        " reactivated_customers, lost_customers, customers_at_end, acquired_customers,"
        " joined_and_lost_customers, retention_rate, churn_rate"
    ),
    "cohort_retention": (
        "basis, cohort_month, months_since_start, cohort_customers, active_customers,"
        " current_customers, on_or_after_customers, active_rate, net_revenue"
    ),
    "rfm_by_customer": (
        "customer_id, recency_days, frequency, monetary, recency_score, frequency_score,"
        " monetary_score, rfm_segment"
    ),
    "customer_lifetime_value": (
        "customer_id, orders, net_revenue, mrr, net_margin, average_order_value,"
        " purchase_frequency, clv_arpa"
    ),
    "revenue_retention_by_period": (
        "period_grain, period_start, opening_mrr, new_mrr, expansion_mrr, contraction_mrr,"
        " churned_mrr, reactivation_mrr, closing_mrr, net_revenue_retention,"
        " gross_revenue_retention"
    ),
    "nps_by_period": (
        "window_name, period_grain, period_start, responses, promoters, passives, detractors,"
        " invitations, nps"
    ),
}
# Decimals in a warehouse, ten-thousandths in the files of Polars and pandas.
MONEY = {
    "net_revenue", "monetary", "mrr", "net_margin", "opening_mrr", "new_mrr", "expansion_mrr",
    "contraction_mrr", "churned_mrr", "reactivation_mrr", "closing_mrr",
}  # fmt: skip
SHARES = {
    "retention_rate", "churn_rate", "active_rate", "average_order_value", "purchase_frequency",
    "clv_arpa", "net_revenue_retention", "gross_revenue_retention", "nps",
}  # fmt: skip
TEXTS = {"period_grain", "basis", "customer_id", "rfm_segment", "window_name"}


def of_warehouse(path: Path) -> dict[str, str]:
    """Of Holdfast's marts. A guest has a token for an id, which nobody else can know."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {}
        for mart in COLUMNS:
            source = f"marts.{mart}"
            if "customer_id" in COLUMNS[mart]:
                source = (
                    f"(select m.* replace (case when c.is_guest then null else m.customer_id end as"
                    f" customer_id) from {source} as m inner join marts.dim_customers as c"
                    " using (customer_id))"
                )
            else:
                source = f"(select * from {source} where segment_name = 'all')"
            if mart == "revenue_retention_by_period":
                source = f"(select * from {source} where basis = 'subscription')"
            found[mart] = answer(connection, mart, source, has_units=False)
        return found


def of_database(path: Path) -> dict[str, str]:
    """Of a DuckDB file that holds the marts by name; with closing MRR by month."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {mart: answer(connection, mart, nameless(mart, mart), False) for mart in COLUMNS}
        months = "(from revenue_retention_by_period where period_grain = 'month')"
        return found | {"closing_mrr": closing(connection, months)}


def of_playbook(path: Path) -> dict[str, str]:
    """Of a DuckDB file that holds closing MRR by month alone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {"closing_mrr": closing(connection, "closing")}


def closing(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """Closing MRR of every month that has any, as one text."""
    months = connection.execute(
        f"select period_start::date::varchar, closing_mrr::decimal(18, 4)::varchar from {source}"
        " where closing_mrr > 0 order by period_start"
    ).fetchall()
    return " ".join(f"{month}:{mrr}" for month, mrr in months)


def of_files(folder: Path) -> dict[str, str]:
    """Of a folder of Parquet files, money in ten-thousandths."""
    with duckdb.connect() as connection:
        return {
            mart: answer(connection, mart, nameless(mart, f"'{folder / mart}.parquet'"), True)
            for mart in COLUMNS
        }


def nameless(mart: str, source: str) -> str:
    """Without the addresses of guests."""
    if "customer_id" not in COLUMNS[mart]:
        return source
    return (
        "(select * replace (case when customer_id not like '%@%' then customer_id end as"
        f" customer_id) from {source})"
    )


def answer(connection: duckdb.DuckDBPyConnection, mart: str, source: str, has_units: bool) -> str:
    """Number of rows, and a hash of them in their order. Shares count to 14 digits: the last ones
    of a double depend on the order in which it was divided."""
    written = []
    for column in COLUMNS[mart].split(", "):
        if column in TEXTS:
            written.append(f"coalesce({column}, '')")
        elif column in MONEY:
            written.append(f"cast({column}{'' if has_units else ' * 10000'} as bigint)")
        elif column in SHARES:
            written.append(f"format('{{:.13e}}', cast({column} as double))")
        elif column in ("period_start", "cohort_month"):
            written.append(f"cast({column} as date)")
        else:
            written.append(f"cast({column} as bigint)")
    row = (
        "concat_ws('|', "
        + ", ".join(f"coalesce(cast({one} as varchar), '-')" for one in written)
        + ")"
    )
    count, text = connection.execute(
        "select count(*), md5(string_agg(line, '\n' order by line))"
        f" from (select {row} as line from {source})"
    ).fetchone()
    return f"{count} {text}"
