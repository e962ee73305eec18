"""Tests of the tests: each way of breaking the warehouse makes a named test fail.

Lost, doubled, wrong and late data are in test_faults.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.python.warehouses import Warehouse

AMOUNTS = "assert_amounts_reach_the_marts"
BROKEN = {
    "rows of a staging table doubled": (
        "insert into staging.base_shop__orders select * from staging.base_shop__orders",
        {"unique_key_stg_shop__orders_order_id", AMOUNTS},
    ),
    "one value of a segment lost": (
        "delete from marts.repeat_purchase_by_period where segment_value = 'VN'",
        {"segments_add_up_repeat_purchase_by_period"},
    ),
    "two columns of a mart swapped": (
        "update marts.retention_by_period"
        " set new_customers = lost_customers, lost_customers = new_customers",
        {"assert_retention_bridge"},
    ),
    "two columns of a fact swapped": (
        "update marts.fct_orders set gross_amount_local = discount_amount_local,"
        " discount_amount_local = gross_amount_local",
        {AMOUNTS},
    ),
    "two movements of MRR swapped": (
        "update marts.revenue_retention_by_period set new_mrr = churned_mrr, churned_mrr = new_mrr",
        {"assert_mrr_bridge"},
    ),
    "an exchange rate lost": (
        "update intermediate.int_order_amounts set rate = null where currency = 'THB'",
        {"assert_every_amount_has_a_rate"},
    ),
    "a person split in two": (
        "update intermediate.int_customer_identities set customer_id = record_id",
        {"assert_identities_are_whole"},
    ),
    "spells that overlap": (
        "update marts.fct_customer_spells set ended_on = null where basis = 'purchase'",
        {"assert_spells_in_order"},
    ),
    "personal data in clear": (
        "update staging.base_crm__customers set email = 'somchai@example.com'"
        " where email is not null",
        {"assert_personal_data_is_tokens"},
    ),
    "rows that no book counts": (
        "update marts.data_quality set is_balanced = false where raw_table = 'shop_orders'",
        {"assert_raw_book_balances"},
    ),
}


def test_nothing_fails_on_a_good_warehouse(built_sample: Warehouse, tmp_path: Path) -> None:
    assert built_sample.copy(tmp_path / "good").failing_tests() == set()


@pytest.mark.parametrize("breakage", BROKEN)
def test_breakage_is_noticed(built_sample: Warehouse, tmp_path: Path, breakage: str) -> None:
    sql, expected = BROKEN[breakage]
    broken = built_sample.copy(tmp_path / "broken")
    broken.execute(sql)
    failing = broken.failing_tests(*(f"{name}*" for name in expected))
    for name in expected:
        assert any(test.startswith(name) for test in failing), (name, failing)


def test_lost_rows_unbalance_the_book_when_built_on(
    built_sample: Warehouse, tmp_path: Path
) -> None:
    """A staging table that lost and doubled rows stops the build at the book, marts unpublished."""
    broken = built_sample.copy(tmp_path / "broken")
    broken.execute("delete from staging.base_voice__product_reviews where rating = 5")
    statuses = broken.dbt("build", "--select", "int_raw_book+")
    assert statuses["assert_raw_book_balances"] == "fail"
