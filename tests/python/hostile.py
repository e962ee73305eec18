"""Values on which people, programs and engines disagree, with what must become of each.

The right side is the value as DuckDB shows it, or the reason for which the row is refused. The
years 0000 and 0001 parse; where an instant is asked for they lie before 1990.
"""

from __future__ import annotations

import csv
from pathlib import Path

INSTANTS = {
    "2024-11-03 01:30:00": "2024-11-03 01:30:00",
    "2024-03-10 02:30:00": "2024-03-10 02:30:00",
    "2024-11-03T01:30:00Z": "2024-11-03 01:30:00",
    "2024-11-03 01:30-04": "2024-11-03 05:30:00",
    "2024-11-03 01:30:00.9999999+0530": "2024-11-02 20:00:00.999999",
    "2024-11-03T01:30:00+05:75": "not_an_instant",
    "2024-01-01T00:00:00+19:00": "not_an_instant",
    "2024-11-03 01:30:00 Z": "not_an_instant",
    "2024-11-03 01:30:00 UTC": "not_an_instant",
    "2024-11-03 1:30": "not_an_instant",
    "2024-11-03T24:00:00": "not_an_instant",
    "2024-11-03 23:59:60": "not_an_instant",
    "2024-02-29": "2024-02-29 00:00:00",
    "2023-02-29": "not_an_instant",
    "2024-2-3": "not_an_instant",
    "20240203": "not_an_instant",
    "2024-06-01T12": "not_an_instant",
    "0000-01-01": "before_1990",
    "0001-01-01 00:00:00": "before_1990",
    "1989-12-31T23:59:59Z": "before_1990",
    "9999-12-31 23:59:59.999999": "in_future",
    "2567-06-01": "buddhist_era_date",
    "1717200000": "not_an_instant",
    "01/06/2024": "not_an_instant",
    "June 1, 2024": "not_an_instant",
    "now": "not_an_instant",
    "infinity": "not_an_instant",
    "epoch": "not_an_instant",
    "2024-06-01\n": "not_an_instant",
    " 2024-06-01": "not_an_instant",
    "2024-06-01\xa0": "not_an_instant",
    "\uff12024-06-01": "not_an_instant",
    "\u0e52567-06-01": "not_an_instant",
}
DATES = {
    "2024-11-03 01:30:00": "not_a_date",
    "2024-03-10 02:30:00": "not_a_date",
    "2024-11-03T01:30:00Z": "not_a_date",
    "2024-11-03 01:30-04": "not_a_date",
    "2024-11-03 01:30:00.9999999+0530": "not_a_date",
    "2024-11-03T01:30:00+05:75": "not_a_date",
    "2024-01-01T00:00:00+19:00": "not_a_date",
    "2024-11-03 01:30:00 Z": "not_a_date",
    "2024-11-03 01:30:00 UTC": "not_a_date",
    "2024-11-03 1:30": "not_a_date",
    "2024-11-03T24:00:00": "not_a_date",
    "2024-11-03 23:59:60": "not_a_date",
    "2024-02-29": "2024-02-29",
    "2023-02-29": "not_a_date",
    "2024-2-3": "not_a_date",
    "20240203": "not_a_date",
    "2024-06-01T12": "not_a_date",
    "0000-01-01": "0001-01-01 (BC)",
    "0001-01-01 00:00:00": "0001-01-01",
    "1989-12-31T23:59:59Z": "not_a_date",
    "9999-12-31 23:59:59.999999": "not_a_date",
    "2567-06-01": "buddhist_era_date",
    "1717200000": "not_a_date",
    "01/06/2024": "not_a_date",
    "June 1, 2024": "not_a_date",
    "now": "not_a_date",
    "infinity": "not_a_date",
    "epoch": "not_a_date",
    "2024-06-01\n": "not_a_date",
    " 2024-06-01": "not_a_date",
    "2024-06-01\xa0": "not_a_date",
    "\uff12024-06-01": "not_a_date",
    "\u0e52567-06-01": "not_a_date",
}
AMOUNTS = {
    "10": "10.0000",
    "10.": "10.0000",
    ".5": "0.5000",
    "+10.50": "10.5000",
    "1e2": "100.0000",
    "1E-2": "0.0100",
    "5e-5": "too_precise",
    "10.00005": "too_precise",
    "10.0000": "10.0000",
    "0.00004": "too_precise",
    "1,000": "not_a_number",
    "1_000": "not_a_number",
    "1 000": "not_a_number",
    " 10": "not_a_number",
    "10\t": "not_a_number",
    "\xa010": "not_a_number",
    "\uff11\uff10": "not_a_number",
    "\u0e51\u0e50": "not_a_number",
    "0x1F": "not_a_number",
    "NaN": "not_finite",
    "\u0130nf": "not_a_number",
    "inf": "not_finite",
    "-Infinity": "not_finite",
    "1e309": "not_finite",
    "1e999": "not_finite",
    "9999999999.9999": "9999999999.9999",
    "1e14": "not_finite",
    "-0": "0.0000",
    "--1": "not_a_number",
    "$10": "not_a_number",
    "10 USD": "not_a_number",
    "1/2": "not_a_number",
    "true": "not_a_number",
    "\u0661\u0660": "not_a_number",
    "10\u2009000": "not_a_number",
}
BOOLEANS = {
    "true": "True",
    "TRUE": "True",
    "t": "True",
    "Yes": "True",
    "n": "False",
    "0": "False",
    "1": "True",
    "2": "not_a_boolean",
    "on": "not_a_boolean",
    "\u0130": "not_a_boolean",
    "tru\u0435": "not_a_boolean",
    "true\n": "not_a_boolean",
    " true": "not_a_boolean",
    "\u212a": "not_a_boolean",
    "no\u200b": "not_a_boolean",
}
CURRENCIES = {
    "USD": "USD",
    "usd": "not_an_iso_code",
    "US": "not_an_iso_code",
    "USDT": "not_an_iso_code",
    "USD ": "not_an_iso_code",
    "USD\n": "not_an_iso_code",
    "U\u0421D": "not_an_iso_code",
    "\uff35\uff33\uff24": "not_an_iso_code",
    "THB": "THB",
}
# Each is an id of its own: nothing is trimmed, folded or normalised.
IDS = ["\u00a0", "a\\b", "a'b", 'a"b', "a\nb", "\U0001f600", "e\u0301", "\u00e9", "%", "null"]


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
        for number, value in enumerate(DATES)
    ]
    for table, rows in {"shop_orders": orders, "crm_customers": customers}.items():
        names = sorted({name for row in rows for name in row})
        with (folder / f"{table}-hostile.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
