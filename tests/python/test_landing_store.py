"""What a landing keeps: delivered files, complete and private, and no more memory than needed."""

from __future__ import annotations

import hashlib
import stat
import sys
from datetime import datetime

import duckdb
import pyarrow as pa
import pytest

from orchestration.contract import read_contract
from orchestration.errors import HoldfastError
from orchestration.landing import land
from orchestration.landing.book import Origin, add_rejected, complete_tables
from orchestration.landing.records import RejectedRecord
from orchestration.landing.store import FileStore
from orchestration.warehouse import open_warehouse

REFUNDS = "refund_id,order_id,refunded_at,amount\n"


def stored(settings) -> list[str]:
    return sorted(path.name for path in settings.stored_files.rglob("*") if path.is_file())


def test_a_file_lies_under_its_digest_for_its_owner_alone(tmp_path):
    source = tmp_path / "source.csv"
    source.write_bytes(b"x" * 9_000_000)
    store = FileStore(tmp_path / "vault" / "files")
    sha256 = store.put(source)
    place = store.path_of(sha256)
    assert sha256 == hashlib.sha256(source.read_bytes()).hexdigest() == place.name
    assert place.relative_to(store.folder).parts == (sha256[:2], sha256)
    assert place.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    for folder in (place.parent, store.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # a copy of its own: what is written to the delivered file later does not reach it
    source.write_bytes(b"y")
    assert hashlib.sha256(place.read_bytes()).hexdigest() == sha256


def test_what_a_crash_left_is_replaced_and_cleared_away(tmp_path):
    source = tmp_path / "source.csv"
    source.write_bytes(b"whole")
    store = FileStore(tmp_path / "files")
    place = store.path_of(store.put(source))
    place.write_bytes(b"who")
    (store.folder / ".new-crashed").write_bytes(b"half")
    store.put(source)
    assert place.read_bytes() == b"whole"
    assert [p.name for p in store.folder.rglob("*") if p.is_file()] == [place.name]


def test_a_copy_that_fails_leaves_nothing(tmp_path, monkeypatch):
    source = tmp_path / "source.csv"
    source.write_bytes(b"x")
    store = FileStore(tmp_path / "files")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orchestration.landing.store.os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        store.put(source)
    assert [p for p in store.folder.rglob("*") if p.is_file()] == []


def test_every_landed_file_is_stored_and_the_folder_left_as_it_is(settings, folder, query):
    (folder / "shop_refunds.csv").write_text(REFUNDS + "r1,o1,2025-01-01,5\n")
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    land(folder, settings)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert stored(settings) == [
        sha for (sha,) in query("select sha256 from raw.landing_files order by 1")
    ]
    assert len(stored(settings)) == 2


def test_a_file_is_stored_before_its_rows_are_inserted(settings, folder, monkeypatch):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    seen = []

    def look(writer, tables):
        seen.append(len(stored(settings)))
        raise HoldfastError("stop here")

    monkeypatch.setattr("orchestration.landing.rows.RowWriter.insert", look)
    with pytest.raises(HoldfastError, match="stop here"):
        land(folder, settings)
    assert seen == [1]


def test_a_refused_landing_takes_its_copies_away_but_no_others(settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    land(folder, settings)
    before = stored(settings)
    (folder / "billing_plans-2.csv").write_text("plan_id\np2\n")
    (folder / "shop_refunds.csv").write_text(REFUNDS + "ragged\n" * 100)
    with pytest.raises(HoldfastError, match="HOLDFAST_MAX_REJECTED_SHARE"):
        land(folder, settings)
    assert stored(settings) == before


def test_a_commit_whose_outcome_is_unknown_keeps_the_files(settings, folder, monkeypatch):
    """Rows without their file would be worse than a file without rows."""
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")

    class Connection:
        def __init__(self, real):
            self.real = real

        def __getattr__(self, name):
            return getattr(self.real, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.real.close()

        def commit(self):
            self.real.commit()
            raise duckdb.IOException("the power went")

    # the package's name `land` is the function
    module = sys.modules["orchestration.landing.land"]
    monkeypatch.setattr(module, "open_warehouse", lambda path: Connection(open_warehouse(path)))
    with pytest.raises(HoldfastError, match="cannot be written"):
        land(folder, settings)
    assert len(stored(settings)) == 1


def test_a_vault_that_cannot_be_written_is_one_clear_line(settings, folder):
    (folder / "billing_plans.csv").write_text("plan_id\np1\n")
    settings.vault.mkdir(parents=True)
    settings.stored_files.write_text("in the way")
    with pytest.raises(HoldfastError, match="cannot be copied to") as error:
        land(folder, settings)
    assert "\n" not in str(error.value)


def test_refused_lines_are_not_held_in_memory_until_the_commit(settings):
    table = read_contract(settings.project)["billing_plans"]
    lines = [RejectedRecord(n, n, 1, "ragged", "x" * 1000) for n in range(1000)]
    with duckdb.connect() as connection:
        complete_tables(connection, [table])
        connection.begin()
        before = pa.total_allocated_bytes()
        for n in range(5):
            origin = Origin("b", f"f{n}", datetime(2025, 1, 1))
            add_rejected(connection, origin, table, lines)
        assert pa.total_allocated_bytes() - before < 1_000_000
