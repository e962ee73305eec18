"""Values on which two engines may differ: each in an otherwise good row of a delivery."""

from __future__ import annotations

import csv
from pathlib import Path

INSTANTS = [
    *("2024-11-03 01:30:00", "2024-03-10 02:30:00", "2024-11-03T01:30:00Z", "2024-11-03 01:30-04"),
    *("2024-11-03 01:30:00.9999999+0530", "2024-11-03T01:30:00+05:75", "2024-01-01T00:00:00+19:00"),
    *("2024-11-03 01:30:00 Z", "2024-11-03 01:30:00 UTC", "2024-11-03 1:30", "2024-11-03T24:00:00"),
    *("2024-11-03 23:59:60", "2024-02-29", "2023-02-29", "2024-2-3", "20240203", "2024-06-01T12"),
    *("0000-01-01", "0001-01-01 00:00:00", "1989-12-31T23:59:59Z", "9999-12-31 23:59:59.999999"),
    *("2567-06-01", "1717200000", "01/06/2024", "June 1, 2024", "now", "infinity", "epoch"),
    *("2024-06-01\n", " 2024-06-01", "2024-06-01\u00a0", "\uff12024-06-01", "\u0e52567-06-01"),
]
AMOUNTS = [
    *("10", "10.", ".5", "+10.50", "1e2", "1E-2", "5e-5", "10.00005", "10.0000", "0.00004"),
    *("1,000", "1_000", "1 000", " 10", "10\t", "\u00a010", "\uff11\uff10", "\u0e51\u0e50", "0x1F"),
    *(
        "NaN",
        "\u0130nf",
        "inf",
        "-Infinity",
        "1e309",
        "1e999",
        "9999999999.9999",
        "1e14",
        "-0",
        "--1",
    ),
    *("$10", "10 USD", "1/2", "true", "\u0661\u0660", "10\u2009000"),
]
BOOLEANS = [
    *(
        "true",
        "TRUE",
        "t",
        "Yes",
        "n",
        "0",
        "1",
        "2",
        "on",
        "\u0130",
        "tru\u0435",
        "true\n",
        " true",
    ),
    *("\u212a", "no\u200b"),
]
CURRENCIES = ["USD", "usd", "US", "USDT", "USD ", "USD\n", "U\u0421D", "\uff35\uff33\uff24", "THB"]
IDS = ["\u00a0", "\t", "a\\b", "a'b", 'a"b', "a\nb", "\U0001f600", "e\u0301", "\u00e9", "%", "null"]


def deliver_hostile(folder: Path) -> None:
    """Writes shop_orders.csv and crm_customers.csv to `folder`, one row for each value above."""
    folder.mkdir()
    good = {
        "customer_id": "hostile-customer",
        "ordered_at": "2024-06-01T12:00:00Z",
        "status": "paid",
        "currency": "USD",
        "gross_amount": "10.00",
        "is_test": "false",
        "updated_at": "2024-06-02T12:00:00Z",
    }
    orders = [
        {**good, "order_id": f"hostile-{column}-{number}", column: value}
        for column, values in {
            "ordered_at": INSTANTS,
            "updated_at": INSTANTS,
            "gross_amount": AMOUNTS,
            "discount_amount": AMOUNTS,
            "is_test": BOOLEANS,
            "currency": CURRENCIES,
            "customer_id": IDS,
        }.items()
        for number, value in enumerate(values)
    ]
    orders += [{**good, "order_id": value} for value in IDS]
    customer = {"created_at": "2024-01-01T00:00:00Z", "country_code": "US"}
    customers = [{**customer, "customer_id": "hostile-customer"}]
    customers += [{**customer, "customer_id": value} for value in IDS]
    customers += [
        {**customer, "customer_id": f"hostile-birth-{number}", "birth_date": value}
        for number, value in enumerate(INSTANTS)
    ]
    for table, rows in {"shop_orders": orders, "crm_customers": customers}.items():
        names = sorted({name for row in rows for name in row})
        with (folder / f"{table}-hostile.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
