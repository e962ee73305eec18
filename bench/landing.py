"""Time of a landing against DuckDB's own read_csv of the same file, in pairs.

    python bench/landing.py [--rows 1000000] [--pairs 5] [--customers]

Makes clean orders, or customers with a name, an e-mail and a phone each, then measures by turns:
`read_csv(..., all_varchar = true)` into a table of a new database file, and the landing of the file
into a new home: digest, stored copy, checks, tokens, vault, book. Prints each pair and the medians
of the ratios, of seconds and of processor seconds.
"""

from __future__ import annotations

import argparse
import datetime
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.landing import land
from orchestration.settings import Settings

HEADER = (
    "order_id,customer_id,guest_email,ordered_at,status,currency,gross_amount,discount_amount,"
    "shipping_amount,tax_amount,sales_channel,promotion_id,is_test,updated_at,is_deleted\n"
)


def write_orders(path: Path, rows: int) -> None:
    """Orders of 100,000 customers; one in twenty is a guest with an e-mail of its own."""
    chance = random.Random(1)
    begin = datetime.datetime(2023, 1, 1)
    with path.open("w") as file:
        file.write(HEADER)
        for n in range(rows):
            at = (begin + datetime.timedelta(minutes=n)).isoformat()
            who = f",guest{n}@example.com" if n % 20 == 0 else f"c{chance.randrange(100_000)},"
            file.write(
                f"o{n},{who},{at},paid,EUR,{chance.randrange(10_000) / 100},0,4.90,"
                f"{chance.randrange(900) / 100},web,,false,{at},false\n"
            )


def write_customers(path: Path, rows: int) -> None:
    """Customers with three personal texts of their own each: the dearest file to land."""
    with path.open("w") as file:
        file.write("customer_id,full_name,email,phone,created_at,birth_date,city,updated_at\n")
        for n in range(rows):
            file.write(
                f"c{n},Person Number{n},person{n}@example.com,+66 8{n:08d},2024-01-01,1980-01-01,"
                "Bangkok,2024-01-01\n"
            )


def seconds(run: Callable[[], None]) -> tuple[float, float]:
    """Time that `run` takes: on the clock, and of the processors."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--customers", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        delivery = place / "delivery"
        delivery.mkdir()
        path = delivery / ("crm_customers.csv" if options.customers else "shop_orders.csv")
        (write_customers if options.customers else write_orders)(path, options.rows)
        ratios = []
        for pair in range(options.pairs):
            database = place / f"{pair}.duckdb"

            def read_csv(database: Path = database) -> None:
                with duckdb.connect(str(database)) as connection:
                    connection.execute(
                        "create table landed as select * from read_csv(?, all_varchar = true)",
                        [str(path)],
                    )

            def landing(home: str = str(place / f"home{pair}")) -> None:
                report = land(delivery, Settings.from_env({"HOLDFAST_HOME": home}))
                assert report.rows_landed == options.rows

            duckdb_time, landing_time = seconds(read_csv), seconds(landing)
            ratios.append([mine / its for mine, its in zip(landing_time, duckdb_time, strict=True)])
            print(
                f"read_csv {duckdb_time[0]:.2f} s, landing {landing_time[0]:.2f} s,"
                f" ratio {ratios[-1][0]:.2f} (processor {ratios[-1][1]:.2f})"
            )
        clock, processor = (statistics.median(values) for values in zip(*ratios, strict=True))
        print(f"median of {options.pairs} pairs: ratio {clock:.2f} (processor {processor:.2f})")


if __name__ == "__main__":
    main()
