"""The published figures of real data sets, from raw files to marts."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.python.warehouses import Warehouse

# Of each data set one build, whichever tests ask.
pytestmark = [pytest.mark.real_data, pytest.mark.xdist_group("real_data")]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


ONLINE_RETAIL = {
    "reporting_currency": "GBP",
    "purchase_churn_days": 90,
    "as_of_date": "2011-12-10",
}


@pytest.fixture(scope="module")
def online_retail(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("online_retail"))
    return warehouse.land(real_data / "online_retail_ii" / "raw").build(ONLINE_RETAIL)


@pytest.fixture(scope="module")
def mrr_playbook(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("mrr_playbook"))
    return warehouse.land(real_data / "mrr_playbook" / "raw").build({"as_of_date": "2020-04-01"})


def test_online_retail_orders_and_refunds(online_retail: Warehouse) -> None:
    orders = online_retail.row(
        "select count(*) as orders, count(distinct customer_id) as customers,"
        " sum(gross_amount) as gross, avg(gross_amount) as average"
        " from marts.fct_orders where is_valid and customer_id is not null"
    )
    assert orders["orders"] == 36969
    assert orders["customers"] == 5878
    assert orders["gross"] == Decimal("17431551.16")
    assert round(orders["average"], 2) == 471.52
    refunds = online_retail.row("select sum(amount) as amount from marts.fct_refunds")
    assert refunds["amount"] == Decimal("1087882.14")
    recent = online_retail.row(
        "select count(*) as customers from marts.fct_customer_spells where ended_on is null"
    )
    assert online_retail.query("select count(*) from marts.fct_orders") == [(40076,)]
    assert online_retail.query("select count(*) from marts.dim_customers") == [(5942,)]
    assert recent["customers"] == 2889


def test_online_retail_retention_by_month(online_retail: Warehouse, real_data: Path) -> None:
    truth = rows_of(real_data / "online_retail_ii" / "truth" / "or2_monthly.csv")
    compared = 0
    for month in truth:
        mart = online_retail.row(
            "select * from marts.retention_by_period where basis = 'purchase'"
            " and period_grain = 'month' and segment_name = 'all'"
            f" and period_start = date '{month['month']}-01'"
        )
        if not mart["is_complete"]:
            continue
        compared += 1
        for column, published in {
            "customers_at_start": "live90_start_S",
            "customers_at_end": "live90_end_E",
            "new_customers": "live90_new_N",
            "reactivated_customers": "live90_reactivated",
            "lost_customers": "live90_lost",
        }.items():
            assert mart[column] == int(month[published]), (month["month"], column)
        for column, published in {
            "retention_rate": "live90_retention_EN_S",
            "start_set_retention_rate": "live90_retention_kept_S",
            "churn_rate": "live90_churn",
        }.items():
            expected = float(month[published]) if month[published] else None
            # published to six decimals
            assert mart[column] == (
                expected if expected is None else pytest.approx(expected, abs=5.1e-7)
            ), (month["month"], column)
    assert compared == 24


def test_online_retail_buyers_by_month(online_retail: Warehouse, real_data: Path) -> None:
    for month in rows_of(real_data / "online_retail_ii" / "truth" / "or2_monthly.csv"):
        mart = online_retail.row(
            "select * from marts.new_vs_returning_by_period"
            " where period_grain = 'month' and segment_name = 'all'"
            f" and period_start = date '{month['month']}-01'"
        )
        assert mart["new_buyers"] == int(month["new"])
        assert mart["returning_buyers"] == int(month["returning"])
        assert mart["new_orders"] + mart["returning_orders"] == int(month["orders"])
        net_revenue = mart["new_net_revenue"] + mart["returning_net_revenue"]
        # published from lines that were not rounded; the invoices are, to the penny
        assert float(net_revenue) == pytest.approx(float(month["net_revenue"]), abs=0.05)


def cohort_cells(warehouse: Warehouse) -> dict[tuple[str, int], tuple[int, int]]:
    return {
        (cohort, month): (active, size)
        for cohort, month, active, size in warehouse.query(
            "select strftime(cohort_month, '%Y-%m'), months_since_start, active_customers,"
            " cohort_customers from marts.cohort_retention"
            " where basis = 'purchase' and segment_name = 'all'"
        )
    }


def published_cells(real_data: Path) -> dict[tuple[str, int], tuple[int, int]]:
    return {
        (row["cohort_month"], int(row["month_n"])): (int(row["customers"]), int(row["cohort_size"]))
        for row in rows_of(real_data / "online_retail_ii" / "truth" / "or2_cohorts.csv")
    }


def test_online_retail_cohorts(online_retail: Warehouse, real_data: Path) -> None:
    """Every published cell of a complete month, and no other: December 2011 is not complete."""
    complete = {
        (cohort, month): cell
        for (cohort, month), cell in published_cells(real_data).items()
        if 12 * int(cohort[:4]) + int(cohort[5:]) + month < 12 * 2011 + 12
    }
    assert len(complete) == 300
    assert cohort_cells(online_retail) == complete


def test_online_retail_cohorts_as_of_the_next_month(
    online_retail: Warehouse, real_data: Path, tmp_path: Path
) -> None:
    """As of 2012 December counts as complete, and all 325 published cells are there."""
    later = online_retail.copy(tmp_path / "later")
    later.build({**ONLINE_RETAIL, "as_of_date": "2012-01-01"}, "--select", "+cohort_retention")
    published = published_cells(real_data)
    assert len(published) == 325
    assert cohort_cells(later) == published


def test_online_retail_rfm_over_the_whole_history(online_retail: Warehouse, tmp_path: Path) -> None:
    whole = online_retail.copy(tmp_path / "whole")
    whole.build(
        {**ONLINE_RETAIL, "rfm_window_days": 36500}, "--select", "int_as_of", "+rfm_by_customer"
    )
    cuts = dict(
        whole.query(
            "select measure, list(round(cut_times_5 / 5, 2) order by cut_number)"
            " from intermediate.int_rfm_cuts"
            " where scored_on = (select as_of_date from intermediate.int_as_of) group by measure"
        )
    )
    assert cuts == {
        "recency": [20, 59, 190, 411],
        "frequency": [1, 2, 4, 8],
        "monetary": [287.31, 612.12, 1231.76, 2916.44],
    }
    assert whole.query(
        "select count(*) from marts.rfm_by_customer"
        " where recency_score = 5 and frequency_score = 5 and monetary_score = 5"
    ) == [(467,)]


def test_online_retail_lifetime_repeat(online_retail: Warehouse) -> None:
    last = online_retail.row(
        "select * from marts.repeat_purchase_by_period where segment_name = 'all'"
        " and period_grain = 'year' and period_start = date '2011-01-01'"
    )
    assert last["lifetime_customers"] == 5878
    assert round(last["lifetime_repeat_order_rate"], 4) == 0.7239
    assert round(last["lifetime_repeat_rate"], 4) == 0.7127


def test_mrr_playbook_movements(mrr_playbook: Warehouse, real_data: Path) -> None:
    truth = rows_of(real_data / "mrr_playbook" / "truth" / "movements.csv")
    months = {
        month: {kind: (amount, customers) for m, kind, amount, customers in rows if m == month}
        for rows in [
            mrr_playbook.query(
                "select cast(date_trunc('month', moved_on) as date) as month, movement_type,"
                " sum(mrr_change), count(distinct customer_id)"
                " from marts.fct_mrr_movements group by all"
            )
        ]
        for month in {row[0] for row in rows}
    }
    by_text = {str(month): kinds for month, kinds in months.items()}
    assert set(by_text) <= {row["date_month"] for row in truth}
    for row in truth:
        kinds = by_text.get(row["date_month"], {})
        for kind, published in {
            "new": "new_mrr",
            "reactivation": "reactivation_mrr",
            "expansion": "expansion_mrr",
            "contraction": "contraction_mrr",
            "churn": "churn_mrr",
        }.items():
            amount = kinds.get(kind, (Decimal(0), 0))[0]
            assert amount == Decimal(row[published]), (row["date_month"], kind)
        for kind, published in {
            "new": "n_new",
            "reactivation": "n_react",
            "churn": "n_churn",
        }.items():
            customers = kinds.get(kind, (Decimal(0), 0))[1]
            assert customers == int(row[published]), (row["date_month"], kind)
        mart = mrr_playbook.row(
            "select r.customers_at_end, m.closing_mrr from marts.retention_by_period as r"
            " join marts.revenue_retention_by_period as m"
            " using (basis, period_grain, period_start, segment_name)"
            " where basis = 'subscription' and period_grain = 'month' and segment_name = 'all'"
            f" and period_start = date '{row['date_month']}'"
        )
        assert mart["customers_at_end"] == int(row["active"])
        assert mart["closing_mrr"] == Decimal(row["mrr"])


def test_mrr_playbook_totals(mrr_playbook: Warehouse) -> None:
    totals = {
        kind: (rows, amount)
        for kind, rows, amount in mrr_playbook.query(
            "select movement_type, count(*), sum(mrr_change)"
            " from marts.fct_mrr_movements group by movement_type"
        )
    }
    assert totals == {
        "new": (55, 2295),
        "reactivation": (3, 150),
        "expansion": (30, 660),
        "contraction": (27, -555),
        "churn": (58, -2550),
    }


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (
            "2019-12-01",
            {
                "customers_at_start": 42,
                "customers_at_end": 28,
                "opening_mrr": 1840,
                "new_mrr": 100,
                "expansion_mrr": 50,
                "contraction_mrr": 30,
                "churned_mrr": 705,
                "closing_mrr": 1255,
                "retention_rate": 0.5952,
                "churn_rate": 0.4048,
                "gross_revenue_retention": 0.6005,
                "net_revenue_retention": 0.6277,
            },
        ),
        (
            "2019-07-01",
            {
                "retention_rate": 1.0455,
                "start_set_retention_rate": 1.0,
                "gross_revenue_retention": 0.9648,
                "net_revenue_retention": 0.9648,
            },
        ),
    ],
)
def test_mrr_playbook_published_months(
    mrr_playbook: Warehouse, month: str, expected: dict[str, float]
) -> None:
    mart = mrr_playbook.row(
        "select r.*, m.* from marts.retention_by_period as r"
        " join marts.revenue_retention_by_period as m"
        " using (basis, period_grain, period_start, segment_name)"
        " where basis = 'subscription' and period_grain = 'month' and segment_name = 'all'"
        f" and period_start = date '{month}'"
    )
    for column, value in expected.items():
        assert float(round(mart[column], 4)) == value, column


def test_cdnow_sample(real_data: Path, tmp_path: Path) -> None:
    """Purchases of value 0 count; days with several purchases count once for the spells."""
    warehouse = Warehouse(tmp_path).land(real_data / "cdnow" / "raw")
    warehouse.build({"as_of_date": "1997-10-01", "valid_order_minimum_gross": 0})
    truth = rows_of(real_data / "cdnow" / "truth" / "cdnow_sample_cbs.csv")
    days = dict(
        warehouse.query(
            "select customer_id, count(distinct ordered_on) - 1 from marts.fct_orders"
            " where is_valid group by customer_id"
        )
    )
    assert days == {row["customer_id"]: int(row["x"]) for row in truth}
    last = warehouse.row(
        "select * from marts.repeat_purchase_by_period where segment_name = 'all'"
        " and period_grain = 'year' and period_start = date '1997-01-01'"
    )
    assert last["lifetime_customers"] == 2357
    assert last["lifetime_repeat_customers"] == 946
    assert round(last["lifetime_repeat_rate"], 4) == 0.4014
