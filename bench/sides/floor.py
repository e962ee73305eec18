"""Scripts by hand over Parquet files, one after another, into a DuckDB file.

python bench/sides/floor.py <out file> <raw folder> <first day> <as-of date> <seeds> [<script> ...]

Without scripts: the floor, which is retention, cohorts, RFM, CLV, MRR and NPS, in one go. No tests,
no history, no refusals, no segments, no forecast; the definitions are those of the marts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

FLOOR = ("people", "orders", "subscriptions", "marts")


def main() -> None:
    """Runs the scripts on a new file."""
    out, raw, first_day, as_of, seeds, *scripts = sys.argv[1:]
    Path(out).unlink(missing_ok=True)
    named = {"raw": raw, "first_day": first_day, "as_of": as_of, "seeds": seeds}
    with duckdb.connect(out, config={"threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for script in scripts or FLOOR:
            text = Path(__file__).with_name(f"{script}.sql").read_text(encoding="utf-8")
            for name, value in named.items():
                text = text.replace(f"{{{name}}}", value)
            connection.execute(text)


if __name__ == "__main__":
    main()
