"""Personal data: nowhere outside the vault, tokens nobody guesses, and after erasure nowhere."""

from __future__ import annotations

import csv
import gzip
import hashlib
import hmac
import io
import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contract import read_contract
from orchestration.dbt_arguments import all_variables
from orchestration.erasure import Outcome, erase, is_due
from orchestration.errors import HoldfastError
from orchestration.landing import land
from orchestration.landing.rotation import rotate_key
from orchestration.landing.store import FileStore
from orchestration.landing.tokens import Tokens
from orchestration.raw_export import export_raw
from orchestration.settings import Settings
from tests.python.warehouses import TOKEN_KEY, Warehouse, _place

# Twenty identifiers of one person, in the spellings that deliveries have.
NAMES = (
    "Zdeňka Kanárková",
    "ZDEŇKA KANÁRKOVÁ",
    "zdeňka kanárková",
    "Zdenka Canaryová",
    "Żółta Ptaszyńska",
    "Trần Thị Hoàng Yến",
    "TRẦN THỊ HOÀNG YẾN",
)
EMAILS = (
    "zdenka.kanarkova@canary.example",
    "ZDENKA.KANARKOVA@CANARY.EXAMPLE",
    "žlutá@canary.example",
    "ŽLUTÁ@CANARY.EXAMPLE",
    "guest.canary@canary.example",
    "Guest.Canary@Canary.Example",
    "ragged.canary@canary.example",
)
PHONES = (
    "+420 777 123 456",
    "00420777123456",
    "+420-777-123-456",
    "๐๘๙๑๒๓๔๕๖๗",
    "0891234567",
    "+66 89 765 4321",
)
CANARIES = (*NAMES, *EMAILS, *PHONES)

CUSTOMERS = "customer_id,full_name,email,phone,created_at,birth_date,city,updated_at\n"
ORDERS = "order_id,customer_id,guest_email,ordered_at,status,gross_amount\n"


def deliver(folder: Path) -> Path:
    """A delivery with every canary, and with somebody who stays."""
    folder.mkdir(parents=True)
    people = [
        ("p1", NAMES[0], EMAILS[0], PHONES[0], "2025-01-01"),
        ("p1", NAMES[1], EMAILS[1], PHONES[1], "2025-01-02"),
        ("p1", NAMES[3], EMAILS[1], PHONES[2], "2025-01-03"),
        ("p2", NAMES[2], EMAILS[2], PHONES[2], "2025-01-03"),
        ("p3", NAMES[4], EMAILS[3], PHONES[3], "2025-01-03"),
        ("p4", NAMES[5], EMAILS[4], PHONES[4], "2025-01-03"),
        ("p5", NAMES[6], EMAILS[6], PHONES[5], "2025-01-03"),
    ]
    lines = [f"{a},{b},{c},{d},2025-01-01,1980-01-01,Brno,{e}\n" for a, b, c, d, e in people]
    lines.append("s1,Somebody Else,else@stays.example,+49 30 1234567,2025-01-01,,,\n")
    # ragged: too few fields, too many, an open quote within
    lines += [
        f"p1,{NAMES[0]},{EMAILS[6]},{PHONES[5]}\n",
        f"x9,{NAMES[5]},{EMAILS[0].upper()},{PHONES[0]},,,,,,,,\n",
        f'x8,"{NAMES[4]}"x,{EMAILS[2]},{PHONES[3]},2025-01-01,,,\n',
    ]
    (folder / "crm_customers.csv").write_text(CUSTOMERS + "".join(lines))
    (folder / "crm_customer_links.csv").write_text(
        "customer_id,merged_into_customer_id,linked_at\n"
        "p3,p1,2025-01-05\np4,p3,2025-01-05\np5,p4,2025-01-05\n"
    )
    (folder / "shop_orders.csv").write_text(
        ORDERS
        + "o1,p1,,2025-01-10,paid,100\n"
        + f"o2,,{EMAILS[0].upper()},2025-02-10,paid,50\n"
        + f"o3,,{EMAILS[4]},2025-03-10,paid,25\n"
        + f"o4,,{EMAILS[5]},2025-03-11,paid,25\n"
        + "o5,s1,,2025-03-12,paid,7\n"
        + f"o6,,{EMAILS[5]},2025\n"
    )
    (folder / "shop_order_items.csv").write_text(
        "order_item_id,order_id,quantity,unit_price\ni1,o1,1,100\ni5,o5,1,7\n"
    )
    (folder / "voice_survey_responses.csv").write_text(
        "response_id,customer_id,survey_type,score,comment,responded_at\n"
        "r1,p2,nps,10,I am the yellow bird,2025-03-01\nr2,s1,nps,0,,2025-03-01\n"
    )
    return folder


def ask(folder: Path, *customers: str) -> Path:
    """A delivery of requests to be forgotten."""
    folder.mkdir(parents=True)
    rows = "".join(f"{customer},2025-04-01T10:00:00Z\n" for customer in customers)
    (folder / "crm_erasure_requests.csv").write_text("customer_id,requested_at\n" + rows)
    return folder


def erased(warehouse: Warehouse, **variables: object) -> Outcome:
    """One erasure; every file under the home is clean afterwards."""
    outcome = erase(warehouse.settings, all_variables(warehouse.settings.project, variables))
    assert outcome is not None
    return outcome


def spellings(canary: str) -> set[bytes]:
    """The canary as bytes, in the cases that a program might write."""
    return {
        text.encode(encoding)
        for text in (canary, canary.lower(), canary.upper(), canary.casefold())
        for encoding in ("utf-8", "utf-16-le")
    }


def traces(files: Iterator[Path]) -> list[tuple[str, str]]:
    """Files that hold a canary's bytes."""
    needles = {canary: spellings(canary) for canary in CANARIES}
    return [
        (path.name, canary)
        for path in files
        for data in [path.read_bytes()]
        for canary, ways in needles.items()
        if any(way in data for way in ways)
    ]


def files_under(*folders: Path) -> list[Path]:
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]


@pytest.fixture
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every DuckDB file of this process is written so that its texts can be read as bytes."""
    connect = duckdb.connect

    def plain(*arguments: object, **options: object) -> duckdb.DuckDBPyConnection:
        connection = connect(*arguments, **options)
        connection.execute("set global force_compression = 'uncompressed'")
        return connection

    monkeypatch.setattr(duckdb, "connect", plain)


def test_canaries(tmp_path: Path, uncompressed: None) -> None:
    check_canaries(tmp_path, "restate")


def check_canaries(tmp_path: Path, past_totals: str) -> None:
    """Delivers, builds, publishes and exports people with canaries, and erases them: none is left
    where it may not be, whatever becomes of past totals."""
    assert len(set(CANARIES)) == 20
    warehouse = Warehouse(tmp_path / "home")
    settings = warehouse.settings
    warehouse.land(deliver(settings.inbox)).build({}).forecast({})
    people = "select count(*) from forecasts.customer_forecasts where customer_id like 'p%'"
    assert warehouse.query(people)[0][0] > 0
    lake = tmp_path / "lake"
    export_raw(settings, lake)
    # what is uncompressed shows: the test can fail
    assert traces(iter([settings.vault / "people.duckdb"]))
    assert b"i5" in settings.warehouse.read_bytes()
    assert b"else@stays.example" not in settings.warehouse.read_bytes()
    outside = [p for p in files_under(warehouse.home) if not p.is_relative_to(settings.vault)]
    written = [*outside, *files_under(_place(), lake)]
    assert len(written) > 50
    assert traces(iter(written)) == []

    warehouse.land(ask(tmp_path / "requests", "p2"))
    tokens = {row[0].encode() for row in warehouse.query(
        "select unnest([email, phone]) from raw.crm_customers where customer_id like 'p%'"
    )}  # fmt: skip
    assert all(token in settings.warehouse.read_bytes() for token in tokens)
    outcome = erased(warehouse, erasure_past_totals=past_totals)
    assert outcome.traces == {}
    assert outcome.files == (6 if past_totals == "restate" else 5)
    for _ in ("erased", "built"):
        assert traces(iter(files_under(warehouse.home, _place()))) == []
        assert not any(token in settings.warehouse.read_bytes() for token in tokens)
        left = warehouse.query(
            "select count(*) from raw.crm_customers where customer_id in ('p1', 'p2', 'p3')"
        )
        assert left == [(0,)]
        warehouse.build({})
    book = dict(
        warehouse.query(
            "select raw_table, rows_erased from marts.data_quality where rows_landed > 0"
        )
    )
    totals = warehouse.query("select sum(gross_amount) from marts.fct_orders")
    if past_totals == "restate":
        assert (book["crm_customers"], book["shop_orders"], book["shop_order_items"]) == (7, 4, 1)
        assert (book["voice_survey_responses"], book["crm_customer_links"]) == (1, 3)
    else:
        assert {name: n for name, n in book.items() if n} == {"crm_erasure_requests": 1}
    assert totals == [(7,)] if past_totals == "restate" else [(207,)]


# --- stored files and the inbox ---------------------------------------------------------------

QUOTED = (
    f'q1,"Kanárková, ""Zdeňka""\n{NAMES[0]}",{EMAILS[0]},{PHONES[0]},2025-01-01,,,\r\n'
    f's1,"Else, Somebody\nof two lines",else@stays.example,+49 30 1234567,2025-01-01,,,\r\n'
    f'q1,"{NAMES[0]},{EMAILS[1]}\n'  # a quote that is never closed
)


def write_customers(path: Path) -> None:
    """The customers of QUOTED, in the format that the name says."""
    text = CUSTOMERS + QUOTED
    if path.suffix == ".parquet":
        rows = list(csv.reader(io.StringIO(text)))
        columns = zip(rows[0], zip(*rows[1:3], strict=True), strict=True)
        pq.write_table(pa.table({name: list(values) for name, values in columns}), path)
        return
    encoding = "utf-16" if "utf16" in path.name else "utf-8-sig" if "bom" in path.name else "utf-8"
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked."""
    data = path.read_bytes()
    if data.startswith(b"PAR1"):
        return str(pq.read_table(path).to_pylist()).encode() + data
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


FORMATS = (".csv", "-bom.csv", "-utf16.csv", ".csv.gz", "-utf16.csv.gz", ".parquet")


@pytest.mark.parametrize("ending", FORMATS)
def test_stored_files_of_every_format(tmp_path: Path, ending: str) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    delivered = folder / f"crm_customers{ending}"
    write_customers(delivered)
    warehouse = Warehouse(tmp_path / "home").land(folder).land(ask(tmp_path / "ask", "q1"))
    store = FileStore(warehouse.settings.stored_files)
    before = {path.name for path in store.files()}
    encoding = "utf-16-le" if "utf16" in ending else "utf-8"
    assert EMAILS[0].encode(encoding) in b"".join(map(content, store.files()))
    outcome = erased(warehouse)
    assert outcome.traces == {}
    assert outcome.records_in_files == (2 if ending == ".parquet" else 3)
    left = b"".join(content(path) for path in files_under(warehouse.home) if path.is_file())
    assert not [canary for canary in CANARIES if any(s in left for s in spellings(canary))]
    assert "else@stays.example".encode(encoding) in left
    # each file lies where the book says, under the digest of what it holds now
    named = {name for (name,) in warehouse.query("select stored_sha256 from raw.landing_files")}
    assert named == {path.name for path in store.files()} and not named & before
    assert all(hashlib.sha256(p.read_bytes()).hexdigest() == p.name for p in store.files())
    assert {p.stat().st_mode & 0o777 for p in store.files()} == {0o600}
    if ending == ".parquet":
        return
    ((stored, offset, size),) = warehouse.query(
        "select stored_sha256, byte_offset, lines.size_bytes from raw.landing_files as files"
        " join raw.landing_rejected_lines as lines using (batch_id, raw_table)"
        " where raw_table = 'crm_customers'"
    )
    # the stayer's bytes and every offset are as delivered; the rejected line is blank
    one, two = content(delivered), content(store.path_of(stored))
    line = QUOTED.splitlines(keepends=True)[2:4]
    kept = "".join(line).encode(encoding)
    assert len(one) == len(two) and one.index(kept) == two.index(kept)
    assert two[offset : offset + size].decode(encoding).strip() == ""


def test_a_file_of_no_landing_is_searched_as_well(tmp_path: Path) -> None:
    """As a crash in the midst of a landing leaves it, or half of one."""
    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c1"))
    store = FileStore(warehouse.settings.stored_files)
    for text in (
        "customer_id,created_at,email\nc1,2025-01-01,\nc3,2025-01-01,joann@x.example\n",
        "order_id,guest_email\no7,ANN@x.example\n",
        "\0 no header: ann@x.example",
    ):
        path = tmp_path / "orphan"
        path.write_text(text)
        store.put(path)
    (store.folder / ".new-crashed").write_text("ann@x.example")
    assert erased(warehouse).traces == {}
    left = b"".join(path.read_bytes() for path in files_under(store.folder))
    assert b"c3,2025-01-01,joann@x.example" in left
    assert b"ann@x.example" not in left.lower().replace(b"joann@x.example", b"")
    assert b"o7," not in left and b"order_id,guest_email" in left and b"no header" not in left


@pytest.mark.parametrize("landed", [True, False])
def test_missing_memory_is_no_fault_of_a_stored_file(
    tmp_path: Path, landed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which would be removed, or whose owner would be told to put it back."""
    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c1"))
    store = FileStore(warehouse.settings.stored_files)
    if not landed:
        for path in store.files():
            store.remove(path.name)
        (tmp_path / "orphan").write_text("order_id,guest_email\no7,ann@x.example\n")
        store.put(tmp_path / "orphan")
    before = list(store.files())

    def fails(*arguments: object) -> int:
        raise pa.lib.ArrowMemoryError("malloc of size 64 failed")

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.erasure.run.blank_records", fails)
        with pytest.raises(MemoryError):
            erased(warehouse)
    assert list(store.files()) == before
    if not landed:
        assert erased(warehouse).traces == {}


def test_a_rejected_line_of_any_table_loses_its_text(tmp_path: Path) -> None:
    warehouse = small(tmp_path)
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "voice_survey_responses.csv").write_text(
        "response_id,customer_id,survey_type,score,responded_at\n"
        "r1,c3,nps,9,2025-01-01\nr2,call me at +49 111111111\nr3,ann@X.example, please\nr4,c3\n"
    )
    outcome = erased(warehouse.land(folder).land(ask(tmp_path / "ask", "c1")))
    assert outcome.traces == {}
    texts = "select line_text from raw.landing_rejected_lines order by source_line"
    assert warehouse.query(texts) == [(None,), (None,), ("r4,c3",)]


def test_the_inbox_is_moved_into_the_store_and_other_folders_are_not(tmp_path: Path) -> None:
    settings = Settings.from_env({"HOLDFAST_HOME": str(tmp_path / "home")})
    folder = deliver(tmp_path / "delivery")
    inbox = settings.inbox / "today"
    inbox.parent.mkdir(parents=True)
    shutil.copytree(folder, inbox)
    (settings.inbox / "notes.txt").write_text("no delivery")
    land(settings.inbox, settings)
    assert [path.name for path in files_under(settings.inbox)] == ["notes.txt"]
    stored = {path.read_bytes() for path in FileStore(settings.stored_files).files()}
    assert stored == {path.read_bytes() for path in folder.iterdir()}
    # what was landed before, or by a landing killed before it could move the file, goes too
    shutil.copy(folder / "shop_orders.csv", settings.inbox)
    assert land(settings.inbox, settings).batch_id is None
    assert [path.name for path in files_under(settings.inbox)] == ["notes.txt"]


def test_an_inbox_that_cannot_be_landed_stays(tmp_path: Path) -> None:
    settings = Settings.from_env({"HOLDFAST_HOME": str(tmp_path / "home")})
    settings.inbox.mkdir(parents=True)
    (settings.inbox / "billing_plans.csv").write_text("plan_id\np1\n")
    (settings.inbox / "shop_refunds.csv").write_text("refund_id\n")
    with pytest.raises(HoldfastError, match="required column"):
        land(settings.inbox, settings)
    assert len(files_under(settings.inbox)) == 2


# --- erasure, case by case --------------------------------------------------------------------


def small(tmp_path: Path, **variables: object) -> Warehouse:
    """c1 and c2 share an e-mail, c3 another; c1 ordered o1, and as a guest o2; c3 ordered o3."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "crm_customers.csv").write_text(
        "customer_id,full_name,email,phone,created_at\n"
        "c1,Ann Other,ann@x.example,+49111111111,2025-01-01\n"
        "c2,Ann Other,ANN@x.example,,2025-01-02\n"
        "c3,Ann Other,joann@x.example,+49222222222,2025-01-03\n"
    )
    (folder / "shop_orders.csv").write_text(
        ORDERS + "o1,c1,,2025-01-10,paid,10\no2,,ann@x.example,2025-01-11,paid,20\n"
        "o3,c3,,2025-01-12,paid,40\n"
    )
    warehouse = Warehouse(tmp_path / "home").land(folder)
    return warehouse


def test_who_shares_nothing_stays_and_names_are_shared(tmp_path: Path) -> None:
    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c2"))
    outcome = erased(warehouse)
    assert outcome.traces == {}
    assert outcome.rows["crm_customers"] == (2, 0)
    assert outcome.rows["shop_orders"] == (2, 0)
    assert warehouse.query("select customer_id from raw.crm_customers") == [("c3",)]
    assert warehouse.query(
        "select customer_records, files_searched > 0, traces_found from raw.landing_erasures"
    ) == [(2, True, 0)]
    with duckdb.connect(str(warehouse.settings.vault / "people.duckdb")) as people:
        kept = people.execute("select kind, plain from texts order by all").fetchall()
    assert kept == [
        ("email", "joann@x.example"),
        ("name", "Ann Other"),
        ("phone", "+49222222222"),
    ]
    # the stored file keeps length and lines under its new digest, and the first one is recognised
    original = (tmp_path / "small" / "crm_customers.csv").read_bytes()
    ((sha256, place),) = warehouse.query(
        "select sha256, stored_sha256 from raw.landing_files where raw_table = 'crm_customers'"
    )
    assert sha256 == hashlib.sha256(original).hexdigest() != place
    store = FileStore(warehouse.settings.stored_files)
    assert not store.path_of(sha256).exists()
    stored = store.path_of(place).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == place
    assert len(stored) == len(original)
    assert [bool(line.strip()) for line in stored.splitlines()] == [True, False, False, True]
    assert stored.splitlines()[3] == original.splitlines()[3]
    warehouse.land(tmp_path / "small")
    assert warehouse.query("select count(*) from raw.crm_customers") == [(1,)]


def test_without_merging_on_tokens_only_the_record_goes(tmp_path: Path) -> None:
    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c1"))
    outcome = erased(warehouse, merge_on_shared_tokens=False)
    assert outcome.traces == {}
    assert warehouse.query("select customer_id from raw.crm_customers order by 1") == [
        ("c2",),
        ("c3",),
    ]
    # the guest's e-mail is also c2's
    assert warehouse.query("select order_id from raw.shop_orders order by 1") == [("o2",), ("o3",)]


@pytest.mark.parametrize("past_totals", ["restate", "keep_anonymous"])
def test_what_is_delivered_again_is_erased_again(tmp_path: Path, past_totals: str) -> None:
    """The same ids; but a person who comes back under a new id is a new customer."""
    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c1"))
    choice = {"erasure_past_totals": past_totals}
    erased(warehouse, **choice)
    assert is_due(warehouse.settings)  # something may come again: looked after at every build
    assert erase(warehouse.settings, all_variables(warehouse.settings.project, choice)) is None
    searched = "from raw.landing_searched_batches order by all"
    assert warehouse.query(searched) == warehouse.query(
        "select distinct batch_id from raw.landing_files order by all"
    )
    again = tmp_path / "again"
    again.mkdir()
    (again / "crm_customers.csv").write_text(
        "customer_id,full_name,email,phone,created_at\n"
        "c1,Ann Other,ann@x.example,+49111111111,2025-01-01\n"
        "c9,Ann Other,ann@x.example,,2025-06-01\n"
    )
    (again / "shop_orders.csv").write_text(
        ORDERS + "o1,c1,,2025-01-10,paid,11\no2,,ann@x.example,2025-01-11,paid,20\n"
        "o9,c9,,2025-06-10,paid,80\no8,,ann@x.example,2025-06-11,paid,160\n"
    )
    warehouse.land(again)
    outcome = erased(warehouse, **choice)
    assert outcome.rows["crm_customers"] == (1, 0)
    assert outcome.rows["shop_orders"] == (2, 0)
    warehouse.build({})
    orders = dict(warehouse.query("select order_id, customer_id from marts.fct_orders"))
    assert {name for name in orders if orders[name] == "c9"} == {"o8", "o9"}
    assert ("o1" in orders) == (past_totals == "keep_anonymous")
    assert warehouse.query("select bool_and(is_balanced) from marts.data_quality") == [(True,)]


def test_an_unknown_customer_is_no_error_and_a_bad_request_waits(tmp_path: Path) -> None:
    warehouse = small(tmp_path)
    folder = ask(tmp_path / "ask", "nobody")
    path = folder / "crm_erasure_requests.csv"
    path.write_text(path.read_text() + "c3,soon\n")
    warehouse.land(folder).build({})
    assert warehouse.query("select reason from quarantine.quarantined_rows") == [
        ("not_an_instant",)
    ]
    outcome = erased(warehouse)
    assert outcome.rows == {"crm_erasure_requests": (1, 0)}
    assert warehouse.query("select customer_records from raw.landing_erasures") == [(0,)]
    warehouse.build({})
    assert warehouse.row(
        "select rows_landed, rows_staged, rows_quarantined, rows_erased from marts.data_quality"
        " where raw_table = 'crm_erasure_requests'"
    ) == {"rows_landed": 2, "rows_staged": 0, "rows_quarantined": 1, "rows_erased": 1}


STEPS = ("_in_one_transaction", "_blank_files", "_forget_texts", "_remove_leftovers", "_prove")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_killed_erasure_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool
) -> None:
    from orchestration.erasure import run as module

    warehouse = small(tmp_path).land(ask(tmp_path / "ask", "c1"))
    real = getattr(module, step)

    def killed(*arguments: object) -> None:
        if is_done:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            erased(warehouse)
    assert is_due(warehouse.settings)
    outcome = erased(warehouse)
    assert outcome.traces == {}
    assert warehouse.query("select customer_id from raw.crm_customers") == [("c3",)]
    assert warehouse.query("select sum(rows_erased) from raw.landing_erased_rows") == [(5,)]
    assert not (warehouse.settings.vault / "erasure.json").exists()
    assert sorted(p.name for p in warehouse.home.iterdir()) == ["vault", "warehouse.duckdb"]
    for path in files_under(warehouse.home):
        assert b"ann@x.example" not in path.read_bytes().replace(b"joann@x.example", b"")


def test_what_is_left_somewhere_is_found(tmp_path: Path) -> None:
    """The search can fail: a copy that somebody made under the home."""
    warehouse = small(tmp_path)
    (warehouse.home / "notes.txt").write_text("call Ann: ann@x.example, +49111111111")
    outcome = erased(warehouse.land(ask(tmp_path / "ask", "c1")))
    assert outcome.traces == {"notes.txt": 2}
    assert "STILL FOUND in notes.txt" in "\n".join(outcome.lines())


# --- tokens -------------------------------------------------------------------------------------


def test_a_phone_number_is_not_guessed_without_the_key(tmp_path: Path) -> None:
    """A dictionary of a million numbers, the true one among them, against the token in raw."""
    true = "66810123456"
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "crm_customers.csv").write_text(
        f"customer_id,phone,created_at\nc1,+{true},2025-01-01\n"
    )
    warehouse = Warehouse(tmp_path / "home").land(folder)
    ((token,),) = warehouse.query("select phone from raw.crm_customers")
    candidates = (str(number).encode() for number in range(66810000000, 66811000000))
    public = [b"", b"0" * 32, b"key", b"secret", b"holdfast", b"phone"]
    blocks = [(key.ljust(64, b"\0")) for key in public]
    inner = [hashlib.sha256(bytes(byte ^ 0x36 for byte in block)) for block in blocks]
    outer = [hashlib.sha256(bytes(byte ^ 0x5C for byte in block)) for block in blocks]
    prefixes = [hashlib.sha256(key) for key in (b"", b"phone:", b"+")]
    wanted, seen = bytes.fromhex(token), 0
    for candidate in candidates:
        seen += 1
        for prefix in prefixes:
            plain = prefix.copy()
            plain.update(candidate)
            assert plain.digest() != wanted
        keyed_in, keyed_out = inner[seen % 6].copy(), outer[seen % 6].copy()
        keyed_in.update(candidate)
        keyed_out.update(keyed_in.digest())
        assert keyed_out.digest() != wanted
    assert seen == 1_000_000
    for key in public:
        assert hmac.new(key, true.encode(), hashlib.sha256).hexdigest() != token
    for name in ("md5", "sha1", "sha224", "sha256", "sha512", "blake2b", "blake2s"):
        assert hashlib.new(name, true.encode()).hexdigest()[:64] != token
    # with the key the same dictionary finds it
    tokens = Tokens(TOKEN_KEY.encode())
    near = (str(number) for number in range(66810123000, 66810124000))
    assert [number for number in near if tokens.of(number, "phone") == token] == [true]


def test_personal_data_is_marked_along_the_lineage(built_sample: Warehouse) -> None:
    """What a marked column of raw becomes, up to the marts: a token, or nothing.

    The names of marked columns may stand in staging alone, marked there as well; and no text
    column of any model holds anything that a person delivered as name, e-mail or phone.
    """
    settings = built_sample.settings
    contract = read_contract(settings.project)
    marked = {
        (table.name, column.name): column.contains_pii
        for table in contract.values()
        for column in table.columns
        if column.contains_pii
    }
    assert {name for _, name in marked} == {"full_name", "email", "phone", "guest_email"}
    names = {name for _, name in marked}
    manifest = json.loads((built_sample.target() / "manifest.json").read_text())
    sources = {
        (node["name"], name): column["config"]["meta"].get("contains_pii")
        for node in manifest["sources"].values()
        for name, column in node["columns"].items()
        if name in names
    }
    assert sources == marked
    # down the lineage: every model that descends from a table with personal data
    children = manifest["child_map"]
    reached = {
        key
        for key, node in manifest["sources"].items()
        if node["name"] in {table for table, _ in marked}
    }
    waiting = list(reached)
    while waiting:
        for child in children[waiting.pop()]:
            if child.startswith("model.") and child not in reached:
                reached.add(child)
                waiting.append(child)
    models = [manifest["nodes"][key] for key in reached if key.startswith("model.")]
    assert len(models) > 50
    for model in models:
        held = names & {
            name
            for (name,) in built_sample.query(
                "select column_name from information_schema.columns where table_schema ="
                f" '{model['schema']}' and table_name = '{model['name']}'"
            )
        }
        assert model["schema"] == "staging" or held <= {"guest_email"}, model["name"]
        if model["name"].startswith("stg_"):
            for name in held:
                assert model["columns"][name]["config"]["meta"].get("contains_pii"), model["name"]
        for name in held:
            assert built_sample.query(
                f"select count(*) from {model['schema']}.{model['name']} where {name} <> ''"
                f" and not regexp_full_match({name}, '[0-9a-f]{{64}}')"
            ) == [(0,)], (model["name"], name)
    # and by value: no text of the vault stands in any text column of what was built
    with duckdb.connect() as connection:
        people, warehouse = settings.vault / "people.duckdb", settings.warehouse
        connection.execute(f"attach '{people}' as vault (read_only)")
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where database_name = 'warehouse' and data_type = 'VARCHAR'"
        ).fetchall()
        assert len(columns) > 300
        for schema, table, column in columns:
            assert connection.execute(
                f"select count(*) from warehouse.{schema}.{table} as one"
                f" semi join vault.texts on one.{column} = texts.plain"
            ).fetchall() == [(0,)], (schema, table, column)


# --- another key --------------------------------------------------------------------------------


def rotating(tmp_path: Path) -> Settings:
    """A landed home whose key lies in its vault."""
    settings = Settings.from_env({"HOLDFAST_HOME": str(tmp_path / "home")})
    land(deliver(tmp_path / "delivery"), settings)
    return settings


def tokens_of(settings: Settings) -> list[tuple]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return connection.execute(
            "select customer_id, full_name, email, phone, _source_line from raw.crm_customers"
            " union all select order_id, null, guest_email, null, _source_line"
            " from raw.shop_orders order by all"
        ).fetchall()


def test_another_key_and_equal_people_stay_equal(tmp_path: Path) -> None:
    settings = rotating(tmp_path)
    before, old_key = tokens_of(settings), settings.token_key_file.read_text()
    rotate_key(settings)
    after, key = tokens_of(settings), settings.token_key_file.read_text()
    assert key != old_key and len(after) == len(before)
    pairs = {(a, b) for x, y in zip(sorted(before, key=line), sorted(after, key=line), strict=True)
             for a, b in zip(x[1:4], y[1:4], strict=True) if a}  # fmt: skip
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    assert Tokens(key.strip().encode()).of(EMAILS[0], "email") in {b for _, b in pairs}
    assert not {a for a, _ in pairs} & {b for _, b in pairs}
    for path in files_under(settings.home):
        data = path.read_bytes()
        assert old_key.strip().encode() not in data
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or "vault" not in path.parts
    # what is landed next has the same tokens, and the vault holds no former one
    assert land(tmp_path / "delivery", settings).batch_id is None
    with duckdb.connect(str(settings.vault / "people.duckdb")) as people:
        kept = {row[0] for row in people.execute("select token from texts").fetchall()}
    assert kept == {b for _, b in pairs}


def line(row: tuple) -> tuple:
    return row[0], row[4]


@pytest.mark.parametrize(
    "step", ["_make_tokens", "_replace_in_raw", "drop_built_schemas", "rewrite"]
)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_a_killed_rotation_is_finished_by_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool
) -> None:
    from orchestration.landing import rotation as module

    settings = rotating(tmp_path)
    real, old_key = getattr(module, step), settings.token_key_file.read_text()

    def killed(*arguments: object) -> None:
        if is_done:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(settings)
    assert settings.token_key_file.read_text() == old_key
    coming = (settings.vault / "token.key.next").read_text()
    more = tmp_path / "more"
    more.mkdir()
    (more / "crm_customers.csv").write_text(
        f"customer_id,email,created_at\nx1,{EMAILS[1]},2025-01-01\n"
    )
    land(more, settings)
    assert settings.token_key_file.read_text() == coming
    assert not (settings.vault / "token.key.next").exists()
    by_id: dict[str, set] = {}
    for row in tokens_of(settings):
        by_id.setdefault(row[0], set()).add(row[2])
    assert by_id["x1"] == by_id["o2"] == by_id["p1"]
    assert by_id["x1"] == {Tokens(coming.strip().encode()).of(EMAILS[0], "email")}


def test_no_rotation_where_a_token_has_no_text_or_the_key_lies_elsewhere(tmp_path: Path) -> None:
    settings = rotating(tmp_path)
    key = settings.token_key_file.read_text()
    with pytest.raises(HoldfastError, match=r"HOLDFAST_TOKEN_KEY: write its text to"):
        rotate_key(replace(settings, token_key="k" * 40))
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(f"insert into raw.crm_customers (email) values ('{'a' * 64}')")
    before = tokens_of(settings)
    with pytest.raises(HoldfastError, match=r"raw\.crm_customers\.email: 1 tokens have no plain"):
        rotate_key(settings)
    assert (tokens_of(settings), settings.token_key_file.read_text()) == (before, key)
    assert not (settings.vault / "token.key.next").exists()


def test_the_vault_is_its_owners_alone(tmp_path: Path) -> None:
    settings = rotating(tmp_path)
    assert stat.S_IMODE(settings.vault.stat().st_mode) == 0o700
    for path in files_under(settings.vault):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
