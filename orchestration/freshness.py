"""How old the newest delivery of each raw table is, against the ages that its source states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.contract import RawTable


@dataclass(frozen=True)
class Age:
    """Age of one raw table's newest delivery. `state`: fresh, warn or error."""

    raw_table: str
    hours: float
    state: str

    @property
    def text(self) -> str:
        """Such as `30 hours` or `9 days`."""
        return f"{self.hours:.0f} hours" if self.hours < 72 else f"{self.hours / 24:.0f} days"


def ages(
    newest: Mapping[str, datetime | None],
    contract: Mapping[str, RawTable],
    now: datetime | None = None,
) -> Iterator[Age]:
    """Ages of tables of which deliveries are expected and one came. `newest`: instants in UTC."""
    now = now or datetime.now(UTC)
    for name, at in newest.items():
        table = contract.get(name)
        if at is None or table is None or table.warn_hours is None or table.error_hours is None:
            continue
        hours = (now - at.replace(tzinfo=UTC)).total_seconds() / 3600
        state = "error" if hours > table.error_hours else "fresh"
        if state == "fresh" and hours > table.warn_hours:
            state = "warn"
        yield Age(name, hours, state)
