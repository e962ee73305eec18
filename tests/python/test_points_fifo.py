"""Points, first in, first out: sums in SQL against a ledger that is walked entry by entry."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.python.warehouses import Warehouse

FIRST = datetime(2025, 1, 1)
AS_OF = datetime(2026, 1, 1)
WAITING_DAYS = 31
IN_TURN = "assert_lots_are_spent_in_turn"
ACCOUNTS = 400
VARS = {"as_of_date": f"{AS_OF:%Y-%m-%d}", "loyalty_expiry_posting_days": WAITING_DAYS}


@dataclass
class Lot:
    """A positive entry, and what became of it."""

    points: int
    left: int
    ends_at: datetime | None
    waits_until: datetime | None = None
    redeemed: int = 0
    expired: int = 0
    adjusted: int = 0

    def is_over(self, instant: datetime) -> bool:
        """Whether nothing can be taken any more by an entry of this instant."""
        if self.waits_until is not None:
            return instant > self.waits_until
        return self.ends_at is not None and instant >= self.ends_at

    def gives(self, kind: str, points: int) -> int:
        """Takes up to `points` off, and returns how many."""
        taken = min(points, self.left)
        self.left -= taken
        setattr(self, kind, getattr(self, kind) + taken)
        return taken


@dataclass
class Walk:
    """One account, walked in order of time."""

    lots: dict[str, Lot] = field(default_factory=dict)
    debts: list[list] = field(default_factory=list)

    def earn(self, entry_id: str, lot: Lot) -> None:
        """A new lot pays first what the account took before without having it."""
        self.lots[entry_id] = lot
        for debt in self.debts:
            debt[1] -= lot.gives(*debt)
        self.debts = [debt for debt in self.debts if debt[1]]

    def take(self, kind: str, points: int, instant: datetime) -> None:
        """Takes points off the oldest lots that have not expired; the rest is overdrawn."""
        for lot in self.lots.values():
            if points and not lot.is_over(instant):
                points -= lot.gives(kind, points)
        if points:
            self.debts.append([kind, points])


def undo(entries: list[dict]) -> dict[str, int]:
    """Points of each entry that a reversal of the same order undoes, as if never earned."""
    settled: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry["points"] > 0 or not entry["order_id"] or entry["entry_type"] == "adjust":
            continue
        if entry["entry_type"] in ("redeem", "expire"):
            continue
        lots = [e for e in entries if e["points"] > 0 and e["order_id"] == entry["order_id"]]
        for lot in sorted(lots, key=lambda e: e["entry_type"] != "earn"):
            points = min(
                lot["points"] - settled[lot["entry_id"]],
                -entry["points"] - settled[entry["entry_id"]],
            )
            settled[lot["entry_id"]] += points
            settled[entry["entry_id"]] += points
    return settled


def walk(entries: list[dict]) -> dict[str, tuple]:
    """What becomes of each lot, and of what no lot covers, by lot id."""
    account = Walk()
    entries = sorted(entries, key=lambda e: (e["occurred_at"], e["entry_id"]))
    settled = undo(entries)
    posted = [e["occurred_at"] for e in entries if e["entry_type"] == "expire"]
    for entry in entries:
        instant, points = entry["occurred_at"], entry["points"]
        if points > 0:
            ends_at = entry["expires_at"] and max(entry["expires_at"], instant)
            undone = settled[entry["entry_id"]]
            lot = Lot(points, points - undone, ends_at, adjusted=undone)
            later = [t for t in posted if ends_at and t >= ends_at]
            if later and (min(later).date() - ends_at.date()).days <= WAITING_DAYS:
                lot.waits_until = min(later)
            account.earn(entry["entry_id"], lot)
        else:
            kind = {"redeem": "redeemed", "expire": "expired"}.get(entry["entry_type"], "adjusted")
            account.take(kind, -points - settled[entry["entry_id"]], instant)
    result = {}
    for name, lot in account.lots.items():
        if lot.ends_at is not None and lot.ends_at < AS_OF:
            lot.gives("expired", lot.left)
        result[name] = (lot.points, lot.redeemed, lot.expired, lot.adjusted, lot.left)
    if account.debts:
        owed: dict[str, int] = defaultdict(int)
        for kind, points in account.debts:
            owed[kind] += points
        kinds = ("redeemed", "expired", "adjusted")
        result["overdrawn"] = (0, *(owed[kind] for kind in kinds), -sum(owed.values()))
    return result


def ledger(rng: random.Random, account: str) -> list[dict]:
    """A random ledger: lots of many lives, orders undone, expiries posted late, early or never."""
    lives = rng.choice([(90,), (30, 90, None), (None,), (5, 40, 200, None)])
    posts_expiries = rng.random() < 0.4
    entries = []
    for number in range(rng.randint(1, 45)):
        # half days, so that things happen at one instant
        instant = FIRST + timedelta(hours=12 * rng.randint(0, 2 * 364))
        kind = rng.choices(
            ["earn", "redeem", "adjust", "reversal", "expire"],
            [8, 5, 1, 2, 2 if posts_expiries else 0],
        )[0]
        positive = kind == "earn" or (kind in ("adjust", "reversal") and rng.random() < 0.4)
        life = rng.choice(lives)
        size = rng.randint(1, 100) if positive else -rng.randint(1, 180)
        ends_at = instant + timedelta(days=life, hours=rng.choice([0, 12])) if life else None
        has_order = kind in ("earn", "reversal") and rng.random() < 0.7
        entries.append(
            {
                "entry_id": f"{account}-{number:03}",
                "account_id": account,
                "entry_type": kind,
                "points": size,
                "occurred_at": instant,
                "expires_at": ends_at if positive else None,
                "order_id": f"O{rng.randint(1, 8)}" if has_order else None,
            }
        )
    return entries


def write(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    with (folder / f"{table}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def ledgers() -> dict[str, list[dict]]:
    rng = random.Random(20)
    return {f"A{number:04}": ledger(rng, f"A{number:04}") for number in range(ACCOUNTS)}


@pytest.fixture(scope="module")
def built(ledgers: dict[str, list[dict]], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("ledgers")
    created = {"created_at": "2024-12-01"}
    write(folder, "crm_customers", [{"customer_id": f"C{a}", **created} for a in ledgers])
    order = {"order_id": "1", "customer_id": "CA0000", "status": "paid", "gross_amount": 5}
    write(folder, "shop_orders", [{**order, "ordered_at": "2025-01-01T00:00:00"}])
    kind = {"programme_id": "P", "programme_type": "points"}
    write(folder, "loyalty_programmes", [{**kind, "currency_per_point": "0.01"}])
    accounts = [{"account_id": a, "customer_id": f"C{a}", "programme_id": "P"} for a in ledgers]
    write(folder, "loyalty_accounts", [{**row, "joined_at": "2024-12-31"} for row in accounts])
    write(folder, "loyalty_ledger", [entry for rows in ledgers.values() for entry in rows])
    return (
        Warehouse(tmp_path_factory.mktemp("home"))
        .land(folder)
        .build(VARS, "--select", "+fct_loyalty_lots", "int_loyalty_movements", IN_TURN)
    )


def test_lots_are_what_a_walk_through_the_ledger_leaves(
    built: Warehouse, ledgers: dict[str, list[dict]]
) -> None:
    lots: dict[str, dict[str, tuple]] = defaultdict(dict)
    for account, lot, *points in built.query(
        "select account_id, lot_id, points, redeemed_points, expired_points, adjusted_points,"
        " outstanding_points from marts.fct_loyalty_lots"
    ):
        lots[account][lot.removeprefix(f"{account} ")] = tuple(points)
    expected = {account: walk(entries) for account, entries in ledgers.items()}
    wrong = {name: (lots[name], rows) for name, rows in expected.items() if lots[name] != rows}
    assert wrong == {}
    # all that the walk can meet was met
    all_rows = [row for rows in expected.values() for row in rows.values()]
    assert any("overdrawn" in rows for rows in expected.values())
    assert all(sum(1 for row in all_rows if row[column] > 0) > 100 for column in range(1, 5))


def test_movements_add_up_to_the_lots(built: Warehouse) -> None:
    moved = (
        "select account_id, sum(case when kind in ('redeemed', 'expired') then -points"
        " else points end) as points from intermediate.int_loyalty_movements"
        f" where moved_on < date '{AS_OF:%Y-%m-%d}' group by account_id"
    )
    left = (
        "select account_id, sum(outstanding_points) as points"
        " from marts.fct_loyalty_lots group by account_id"
    )
    both = f"({moved}) as a full join ({left}) as b using (account_id)"
    assert built.query(f"select * from {both} where a.points is distinct from b.points") == []
    assert built.query(f"select sum(points) from ({left})")[0][0] != Decimal(0)
