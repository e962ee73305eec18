"""Persons' records in stored CSV files: blocks of clean lines, and records one by one, alike."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from orchestration.contract import RawColumn, RawTable
from orchestration.erasure.files import Identifiers, blank_records
from orchestration.landing import csv_reader
from orchestration.landing.csv_reader import CsvReader

TABLE = RawTable(
    "shop_orders",
    ("order_id",),
    (
        RawColumn("order_id", "id", is_required=True),
        RawColumn("customer_id", "id", refers_to="crm_customers"),
        RawColumn("guest_email", "text", contains_pii="email"),
    ),
)
WHO = Identifiers({"c1", "ü7"}, {"shop_orders": {"o5"}}, {"email": {"ann@x.example"}})
CLEAN = ("c1", "ü7", "o5", "c10", "xc1", "ANN@X.example", "bob@x.example")
PIECES = (*CLEAN, "", " ", "   ", '"c1"', '"a\nb"', '"x,""ann@x.example"', '"', "\0", " c1")


def blanked(path: Path, who: Identifiers) -> tuple[int, bytes]:
    new = path.with_suffix(".new")
    new.write_bytes(b"")
    count = blank_records(path, new, [TABLE], who)
    data = new.read_bytes()
    return count, gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


@pytest.mark.parametrize("is_gzip", [False, True])
def test_blocks_and_records_are_blanked_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_gzip: bool
) -> None:
    chance = random.Random(4)
    path = tmp_path / "orders.csv"
    take_plain = CsvReader._take_plain
    taken, total = 0, 0

    def counting(*arguments):
        nonlocal taken
        taken += (rows := take_plain(*arguments)) is not None
        return rows

    for case in range(300):
        end = chance.choice(("\n", "\r\n"))
        header = chance.choice(
            ("order_id,customer_id,guest_email", "guest_email,x,ORDER_ID,customer_id", "order_id")
        )
        width = header.count(",") + 1
        odd = chance.choice((0.0, 0.0, 0.02, 0.2))
        lines = [header]
        for _ in range(chance.randrange(40)):
            fields = [
                chance.choice(PIECES if chance.random() < odd else CLEAN) for _ in range(width)
            ]
            lines.append(",".join(fields[: chance.randrange(width + 1)] if odd == 0.2 else fields))
            if chance.random() < 0.1:
                lines.append(" " * chance.randrange(1, 5))
        text = end.join(lines).encode() + chance.choice((b"", end.encode()))
        text = chance.choice((b"", b"\xef\xbb\xbf")) + text
        path.write_bytes(gzip.compress(text) if is_gzip else text)
        monkeypatch.setattr(csv_reader, "FAST_BYTES", chance.choice([64, 256, 4096]))
        monkeypatch.setattr(csv_reader, "CAREFUL_BYTES", chance.choice([8, 64]))
        monkeypatch.setattr(CsvReader, "_take_plain", counting)
        count, fast = blanked(path, WHO)
        monkeypatch.setattr(CsvReader, "_take_plain", lambda *_: None)
        assert (count, fast) == blanked(path, WHO), (case, text)
        assert len(fast) == len(text) and fast.count(b"\n") == text.count(b"\n")
        total += count
        # again over the blanks, for somebody else
        path.write_bytes(gzip.compress(fast) if is_gzip else fast)
        other = Identifiers({"c10"}, {}, {"email": {"bob@x.example"}})
        one = blanked(path, other)
        monkeypatch.setattr(CsvReader, "_take_plain", counting)
        assert one == blanked(path, other), (case, fast)
        assert blanked(path, WHO)[0] == 0
    assert taken > 600 and total > 1_000
