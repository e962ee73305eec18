"""Builds that go on from the last one give, row for row, what a build from nothing gives."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contract import read_contract
from orchestration.settings import project_root
from tests.python.replays import Recorder, Replay, record

SEQUENCES = int(os.environ.get("HOLDFAST_SEQUENCES", "10"))
FIRST_DAY = datetime(2026, 1, 5, 9)
# Short spells and small segments, so that a few rows make every kind of change.
VARS = {
    "business_timezone": "Asia/Bangkok",
    "reporting_currency": "USD",
    "period_grains": ["week", "month"],
    "purchase_churn_days": 12,
    "subscription_grace_days": 3,
    "rfm_window_days": 30,
    "purchase_churn_days_by_segment": {"country": {"VN": 20}},
    "snapshot_tables": ["shop_products"],
    "segments": [
        *("country", "age_band", "plan", "loyalty_tier", "rfm_segment", "value_decile"),
        "sales_channel",
    ],
    "minimum_group_size": 1,
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Scripts:
    """What dbt executes for a build from nothing and for one that goes on."""

    warehouse: Path
    anew: list[str]
    goes_on: list[str]
    decision: str


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    home = tmp_path_factory.mktemp("replayed")
    project = project_root()
    call = ["--vars", json.dumps(VARS), "--quiet", "--exclude", "resource_type:test"]
    call += ["--project-dir", str(project), "--profiles-dir", str(project)]
    call += ["--log-path", str(home), "--target-path", str(home / "target")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(home))
        anew: Recorder = record(*call)
        goes_on: Recorder = record(*call)
    assert goes_on.decision
    yield Scripts(home / "warehouse.duckdb", anew.statements, goes_on.statements, goes_on.decision)


@dataclass
class Company:
    """A small company whose systems deliver everything that a raw feed can hold."""

    random: random.Random
    today: int = 0
    batches: int = 0
    pending: list[tuple[str, Row]] = field(default_factory=list)

    def day(self, back: int = 25, ahead: int = 0) -> str:
        """An instant near today: late by up to `back` days, early by up to `ahead`."""
        shift = self.random.randint(-back, ahead) if self.random.random() < 0.6 else 0
        hours = self.random.choice([0, 7, 8, 14, 23])
        return str(FIRST_DAY + timedelta(days=self.today + shift, hours=hours))

    def some(self, *values: Any) -> Any:
        """One of the values."""
        return self.random.choice(values)

    def good(self, *values: Any, bad: tuple = (), share: float = 0.04) -> Any:
        """One of the values; rarely a bad one. Most rows must count, or no change would show."""
        return self.some(*(bad if bad and self.random.random() < share else values))

    def id(self, prefix: str, count: int) -> str | None:
        """An id out of a few, so that deliveries meet; rarely a strange one."""
        strange = (None, "", f" {prefix}1", f"{prefix}99", prefix.lower() + "1")
        return self.good(f"{prefix}{self.random.randint(1, count)}", bad=strange)

    def row(self, table: str) -> Row:
        """A row of `table`: new, a correction, a deletion, or nonsense."""
        money = lambda most: self.some(f"{self.random.randint(0, most)}.50", "10", "0")  # noqa: E731
        currency = self.some("USD", "USD", "THB", "VND", None)
        row: Row = {
            "crm_customers": lambda: {
                "customer_id": self.id("C", 7),
                "email": self.some(None, "e1", "e2", "e3"),
                "phone": self.some(None, None, "p1", "p2"),
                "created_at": self.day(60),
                "birth_date": self.some(None, "1990-01-20", "2001-02-03"),
                "country_code": self.some("TH", "VN", None),
                "is_test": self.good(None, "false", bad=("true",), share=0.1),
            },
            "crm_customer_links": lambda: {
                "customer_id": self.id("C", 7),
                "merged_into_customer_id": self.id("C", 7),
                "linked_at": self.day(),
            },
            "shop_products": lambda: {
                "product_id": self.id("P", 3),
                "unit_cost": self.good(money(8), bad=(None,), share=0.1),
                "currency": currency,
            },
            "shop_orders": lambda: {
                "order_id": self.id("O", 14),
                "customer_id": self.good(self.id("C", 7), bad=(None,), share=0.25),
                "guest_email": self.some(None, "e1", "e2", "e4"),
                "ordered_at": self.day(ahead=1),
                "sales_channel": self.some(None, "web", "store"),
                "promotion_id": self.some(None, None, self.id("M", 2)),
                "status": self.good("paid", "fulfilled", bad=("cancelled", "odd"), share=0.15),
                "currency": currency,
                "gross_amount": self.good("100", "50.25", bad=("0", "-1", "12,5"), share=0.1),
                "discount_amount": self.good(None, "5", "10", bad=("10.00001",)),
                "is_test": self.good(None, "false", bad=("true",)),
            },
            "shop_order_items": lambda: {
                "order_item_id": self.id("I", 16),
                "order_id": self.id("O", 14),
                "product_id": self.id("P", 3),
                "quantity": self.good("1", "2.5", bad=("x",)),
                "unit_price": money(20),
                "unit_cost": self.some(None, None, "3.3333"),
            },
            "shop_refunds": lambda: {
                "refund_id": self.id("R", 5),
                "order_id": self.good(self.id("O", 14), bad=(None,), share=0.3),
                "customer_id": self.some(None, self.id("C", 7)),
                "refunded_at": self.day(),
                "amount": self.some("100", "20", "3.5"),
                "currency": currency,
            },
            "billing_subscription_terms": lambda: {
                "term_id": self.id("T", 8),
                "subscription_id": self.id("S", 4),
                "customer_id": self.id("C", 7),
                "plan_id": self.some("A", "A", "B"),
                "billing_interval": self.some("month", "week"),
                "quantity": self.some("1", "2"),
                "amount": self.some("30", "60", "0"),
                "currency": currency,
                "started_at": self.day(40),
                "ended_at": self.some(None, self.day(10, ahead=20)),
            },
            "billing_cancellations": lambda: {
                "cancellation_id": self.id("X", 3),
                "subscription_id": self.id("S", 4),
                "customer_id": self.id("C", 7),
                "requested_at": self.day(),
                "effective_at": self.day(),
            },
            "voice_survey_invitations": lambda: {
                "invitation_id": self.id("N", 5),
                "customer_id": self.id("C", 7),
                "survey_type": self.good("nps", bad=("csat",), share=0.2),
                "sent_at": self.day(),
            },
            "voice_survey_responses": lambda: {
                "response_id": self.id("Q", 6),
                "invitation_id": self.some(None, self.id("N", 5)),
                "customer_id": self.id("C", 7),
                "survey_type": self.good("nps", bad=("csat",), share=0.2),
                "score": self.good("0", "5", "7", "10", bad=("11",)),
                "responded_at": self.day(),
            },
            "voice_product_reviews": lambda: {
                "review_id": self.id("W", 3),
                "customer_id": self.id("C", 7),
                "order_id": self.some(None, self.id("O", 14)),
                "rating": self.good("1", "5", bad=("6",)),
                "comment": self.some(None, "late delivery", "nice"),
                "reviewed_at": self.day(),
            },
            "shop_promotions": lambda: {
                "promotion_id": self.id("M", 2),
                "promotion_type": "percent",
                "starts_at": self.day(40),
                "ends_at": self.some(None, self.day(10, ahead=20)),
            },
            "shop_promotion_exposures": lambda: {
                "promotion_id": self.id("M", 2),
                "customer_id": self.id("C", 7),
                "exposed_at": self.day(),
                "is_holdout": self.some("true", "false", None),
            },
            "loyalty_programmes": lambda: {
                "programme_id": self.id("G", 2),
                "programme_type": self.some("points", "tiered"),
                "currency_per_point": self.some("0.01", "0.5"),
                "currency": currency,
            },
            "loyalty_accounts": lambda: {
                "account_id": self.id("L", 5),
                "customer_id": self.id("C", 7),
                "programme_id": self.id("G", 2),
                "joined_at": self.day(60),
                "left_at": self.some(None, None, self.day(5, ahead=10)),
            },
            "loyalty_tier_changes": lambda: {
                "account_id": self.id("L", 5),
                "tier": self.some("silver", "gold"),
                "changed_at": self.day(40),
            },
            "loyalty_ledger": lambda: {
                "entry_id": self.id("D", 12),
                "account_id": self.id("L", 5),
                "entry_type": self.some("earn", "earn", "redeem", "expire", "adjust", "reversal"),
                "points": self.some("100", "40", "-30", "-100"),
                "occurred_at": self.day(),
                "expires_at": self.some(None, self.day(10, ahead=20)),
                "order_id": self.some(None, self.id("O", 14)),
            },
            "support_tickets": lambda: {
                "ticket_id": self.id("K", 5),
                "customer_id": self.some(None, self.id("C", 7), self.id("C", 7)),
                "channel": self.good("chat", "email", bad=("pigeon",)),
                "opened_at": self.day(),
                "first_replied_at": self.some(None, self.day(5)),
                "solved_at": self.some(None, self.day(5)),
            },
            "engagement_email_events": lambda: {
                "event_id": self.id("E", 12),
                "customer_id": self.id("C", 7),
                "campaign_id": self.some(None, "J1", "J2"),
                "event_type": self.some("sent", "delivered", "opened", "clicked", "bounced"),
                "is_machine_open": self.some(None, "true", "false"),
                "occurred_at": self.day(),
            },
            "engagement_web_sessions": lambda: {
                "session_id": self.id("H", 8),
                "customer_id": self.some(None, self.id("C", 7), self.id("C", 7)),
                "started_at": self.day(),
                "page_views": self.some(None, "1", "5"),
                "utm_source": self.some(None, "google", "facebook"),
                "utm_medium": self.some(None, "cpc"),
            },
            "engagement_social_interactions": lambda: {
                "interaction_id": self.id("U", 5),
                "customer_id": self.id("C", 7),
                "platform": self.some("community", "line"),
                "interaction_type": self.some("like", "comment"),
                "sentiment": self.good(None, "-0.5", "1", bad=("2",)),
                "occurred_at": self.day(),
            },
            "marketing_spend": lambda: {
                "spend_date": self.day(40)[:10],
                "channel": self.some("search_ads", "referral"),
                "objective": self.some("acquire", "retain"),
                "leads": self.some(None, "3"),
                "amount": money(90),
                "currency": currency,
            },
            "marketing_referrals": lambda: {
                "referral_id": self.id("Y", 4),
                "referrer_customer_id": self.id("C", 7),
                "referred_customer_id": self.some(None, self.id("C", 7)),
                "invited_at": self.day(),
                "converted_at": self.some(None, self.day(5)),
                "reward_amount": self.some(None, "5"),
                "currency": currency,
            },
            "marketing_outreach": lambda: {
                "outreach_id": self.id("Z", 3),
                "customer_id": self.id("C", 7),
                "action": "reward",
                "planned_at": self.day(),
                "sent_at": self.some(None, self.day(5)),
                "is_holdout": self.some("true", "false"),
            },
            "finance_exchange_rates": lambda: {
                "rate_date": self.day(40)[:10],
                "from_currency": self.some("THB", "VND"),
                "to_currency": "USD",
                "rate": self.good("0.03", "0.025", "0.02", bad=("0",)),
            },
        }[table]()
        # as a rule the newest row is the newest version; now and then an older one comes late
        row["updated_at"] = self.day(self.some(0, 0, 12))
        row["is_deleted"] = self.good(None, "false", bad=("true",), share=0.12)
        return row


TABLES = {
    "shop_orders": 6,
    "crm_customers": 4,
    "shop_order_items": 3,
    "shop_refunds": 2,
    "billing_subscription_terms": 3,
    "crm_customer_links": 2,
    "finance_exchange_rates": 2,
    "voice_survey_invitations": 1,
    "voice_survey_responses": 2,
    "shop_products": 1,
    "billing_cancellations": 1,
    "voice_product_reviews": 1,
    "shop_promotions": 1,
    "shop_promotion_exposures": 2,
    "loyalty_programmes": 1,
    "loyalty_accounts": 2,
    "loyalty_tier_changes": 1,
    "loyalty_ledger": 4,
    "support_tickets": 2,
    "engagement_email_events": 3,
    "engagement_web_sessions": 2,
    "engagement_social_interactions": 1,
    "marketing_spend": 1,
    "marketing_referrals": 1,
    "marketing_outreach": 1,
}


def deliver(company: Company, warehouses: list[Replay], rows: int, contract: dict) -> list:
    """Lands one batch of random rows in each of the warehouses, and returns them.

    A delivery may favour a table or two: what only a lone rate, product or link changes must not
    hide behind an order that came with it.
    """
    tables = dict(TABLES)
    if company.batches > 0 and company.random.random() < 0.5:
        tables = dict.fromkeys(company.random.sample(list(TABLES), company.some(1, 1, 2)), 1)
    names = company.random.choices(list(tables), list(tables.values()), k=rows)
    delivered = [(name, company.row(name)) for name in names]
    land(company, warehouses, delivered, contract)
    return delivered


def land(company: Company, warehouses: list[Replay], delivered: list, contract: dict) -> None:
    """Lands rows, each with the name of its table, as the next batch in each of the warehouses."""
    company.batches += 1
    batch = f"b{company.batches:03}"
    loaded_at = FIRST_DAY + timedelta(days=company.today + 1, hours=company.random.randint(0, 9))
    for line, (name, row) in enumerate(delivered, 1):
        landed = {
            **{column.name: row.get(column.name) for column in contract[name].columns},
            "_batch_id": batch,
            "_source_file": f"{name}.csv",
            "_source_line": line,
            "_loaded_at": loaded_at,
        }
        warehouses[0].connection.execute(
            f"insert into {warehouses[0].name}.raw.{name} by name select"
            f" {', '.join(f'${column} as {column}' for column in landed)}",
            landed,
        )
    for name in {name for name, _ in delivered}:
        for warehouse in warehouses[1:]:
            warehouse.connection.execute(
                f"insert into {warehouse.name}.raw.{name}"
                f" from {warehouses[0].name}.raw.{name} where _batch_id = ?",
                [batch],
            )


def erase(company: Company, warehouses: list[Replay]) -> str:
    """Takes one customer record's rows out of raw behind the book's back, as an erasure does."""
    customer = f"C{company.random.randint(1, 7)}"
    contract = read_contract(project_root())
    for warehouse in warehouses:
        for table in TABLES:
            for column in contract[table].columns:
                if column.name.endswith("customer_id"):
                    warehouse.connection.execute(
                        f"delete from {warehouse.name}.raw.{table} where {column.name} = ?",
                        [customer],
                    )
    return customer


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_incremental_equals_full_refresh(scripts: Scripts, seed: int) -> None:
    contract = read_contract(project_root())
    company = Company(random.Random(seed))
    told = []
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        grown = Replay(connection, "grown", scripts.warehouse)
        whole = Replay(connection, "whole", scripts.warehouse)
        told.append(deliver(company, [grown, whole], company.random.randint(20, 120), contract))
        grown.start_anew(scripts.anew)
        for _ in range(company.random.randint(2, 5)):
            company.today += company.some(0, 1, 1, 3, 10, 30)
            rows = company.some(0, 1, 1, 2, 5, 12)
            told.append((company.today, deliver(company, [grown, whole], rows, contract)))
            if company.random.random() < 0.08:
                told.append(erase(company, [grown, whole]))
            if not grown.may_go_on(scripts.decision):
                grown.start_anew(scripts.anew)
            else:
                grown.run(scripts.goes_on)
        whole.start_anew(scripts.anew)
        compare(grown, whole, told)


def customer(name: str) -> tuple[str, Row]:
    """A customer's only version."""
    return "crm_customers", {
        "customer_id": name,
        "created_at": "2025-12-01 09:00:00",
        "updated_at": "2025-12-01 09:00:00",
    }


def order(name: str, customer_id: str, ordered_at: str) -> tuple[str, Row]:
    """A paid order."""
    return "shop_orders", {
        "order_id": name,
        "customer_id": customer_id,
        "ordered_at": ordered_at,
        "status": "paid",
        "currency": "USD",
        "gross_amount": "10",
        "updated_at": ordered_at,
    }


def programme(currency: str, worth: str, updated_at: str) -> tuple[str, Row]:
    """A version of the loyalty programme: what a point is worth."""
    return "loyalty_programmes", {
        "programme_id": "G1",
        "programme_type": "points",
        "currency_per_point": worth,
        "currency": currency,
        "updated_at": updated_at,
    }


def rate(day: str, worth: str, updated_at: str) -> tuple[str, Row]:
    """What a baht is worth from a day on."""
    return "finance_exchange_rates", {
        "rate_date": day,
        "from_currency": "THB",
        "to_currency": "USD",
        "rate": worth,
        "updated_at": updated_at,
    }


MEMBER = [
    customer("C1"),
    customer("C2"),
    order("O1", "C2", "2026-01-06 05:00:00"),
    (
        "loyalty_accounts",
        {
            "account_id": "L1",
            "customer_id": "C1",
            "programme_id": "G1",
            "joined_at": "2025-12-10 05:00:00",
            "updated_at": "2025-12-10 05:00:00",
        },
    ),
    (
        "loyalty_ledger",
        {
            "entry_id": "D1",
            "account_id": "L1",
            "entry_type": "earn",
            "points": "100",
            "occurred_at": "2025-12-10 05:00:00",
            "updated_at": "2025-12-10 05:00:00",
        },
    ),
]
# A buyer whose spell goes on until the day after the delivery, so that nothing else of him changes.
SERVED = [
    customer("C1"),
    customer("C2"),
    order("O1", "C1", "2026-01-01 05:00:00"),
    (
        "support_tickets",
        {
            "ticket_id": "K1",
            "customer_id": "C1",
            "channel": "chat",
            "opened_at": "2025-12-30 05:00:00",
            "updated_at": "2025-12-30 05:00:00",
        },
    ),
    order("O2", "C2", "2026-01-06 05:00:00"),
]
# What was there, what a delivery brings that is nobody's or another's, and the mart it changes.
TOUCHES_NOBODY = {
    "a programme changes": (
        [*MEMBER, programme("USD", "0.01", "2025-12-01 05:00:00")],
        [programme("USD", "0.5", "2026-01-06 05:00:00")],
        "marts.loyalty_by_period",
    ),
    "a rate changes": (
        [
            *MEMBER,
            programme("THB", "0.5", "2025-12-01 05:00:00"),
            rate("2025-12-01", "0.03", "2025-12-01 05:00:00"),
        ],
        [rate("2025-12-01", "0.02", "2026-01-06 05:00:00")],
        "marts.loyalty_by_period",
    ),
    "another day counts": (
        [
            *MEMBER,
            programme("THB", "0.5", "2025-12-01 05:00:00"),
            rate("2025-12-01", "0.03", "2025-12-01 05:00:00"),
            rate("2026-01-07", "0.02", "2025-12-01 05:00:00"),
        ],
        [order("O3", "C2", "2026-01-07 05:00:00")],
        "marts.loyalty_by_period",
    ),
    "the next period ends": (
        SERVED,
        [order("O3", "C2", "2026-01-12 05:00:00")],
        "marts.service_retention_link",
    ),
}


@pytest.mark.parametrize("case", TOUCHES_NOBODY)
def test_totals_follow_what_touches_none_of_their_customers(scripts: Scripts, case: str) -> None:
    contract = read_contract(project_root())
    company = Company(random.Random(0))
    there, brought, mart = TOUCHES_NOBODY[case]
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        grown = Replay(connection, "grown", scripts.warehouse)
        whole = Replay(connection, "whole", scripts.warehouse)
        land(company, [grown, whole], there, contract)
        grown.start_anew(scripts.anew)
        before = grown.contents("marts")[mart]
        company.today += 10
        land(company, [grown, whole], brought, contract)
        assert grown.may_go_on(scripts.decision)
        grown.run(scripts.goes_on)
        assert grown.contents("marts")[mart] != before, "the delivery changes nothing: no proof"
        whole.start_anew(scripts.anew)
        compare(grown, whole, [there, brought])


def compare(grown: Replay, whole: Replay, told: list) -> None:
    """Every row of staging, facts and marts is the same, as often."""
    layers = ("staging", "marts", "quarantine")
    one, other = grown.contents(*layers), whole.contents(*layers)
    assert set(one) == set(other)
    for table, rows in other.items():
        missing, surplus = rows - one[table], one[table] - rows
        assert not missing and not surplus, (table, list(missing)[:3], list(surplus)[:3], told)
