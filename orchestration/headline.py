"""The headline figures of the last complete month, as lines for a person."""

from __future__ import annotations

from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse, relations, rows_of


def headline(settings: Settings) -> list[str]:
    """Lines with the last complete month's figures and the state of the book, where they exist."""
    lines: list[str] = []
    with open_warehouse(settings.warehouse, read_only=True) as connection:
        marts = relations(connection, "marts")
        if "retention_by_period" in marts:
            for row in rows_of(connection, RETENTION):
                lines.append(
                    f"{row['period_start']:%Y-%m} {row['basis']}: "
                    f"{row['customers_at_start']:,} customers at start"
                    f" + {row['new_customers']:,} new"
                    f" + {row['reactivated_customers']:,} reactivated"
                    f" - {row['lost_customers']:,} lost"
                    f" = {row['customers_at_end']:,} at end;"
                    f" retention {_share(row['retention_rate'])},"
                    f" churn {_share(row['churn_rate'])}"
                )
        if "nps_by_period" in marts:
            for row in rows_of(connection, NPS):
                lines.append(
                    f"{row['period_start']:%Y-%m} NPS {_number(row['nps'])}"
                    f" (95% {_number(row['lower_95'])} to {_number(row['upper_95'])},"
                    f" {row['responses']:,} responses)"
                )
        if "data_quality" in marts:
            book = rows_of(connection, "select raw_table, is_balanced from marts.data_quality")
            wrong = sorted(row["raw_table"] for row in book if not row["is_balanced"])
            state = f"not balanced: {', '.join(wrong)}" if wrong else "all balanced"
            lines.append(f"book of {len(book)} raw tables: {state} (marts.data_quality)")
    return lines


RETENTION = """
select * from marts.retention_by_period
where period_grain = 'month' and is_complete and segment_name = 'all'
qualify row_number() over (partition by basis order by period_start desc) = 1
order by basis
"""
NPS = """
select * from marts.nps_by_period
where
    period_grain = 'month' and is_complete and segment_name = 'all'
    and window_name = 'period' and responses > 0
order by period_start desc limit 1
"""


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1f}"
