"""Audit, then publish: what is refused, what readers see, what goes, and what may not be done."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt_arguments import all_variables
from orchestration.errors import HoldfastError
from orchestration.lock import writer_lock
from orchestration.publication import audit
from orchestration.publication import publish as module
from orchestration.publication.export import export_mart, safe
from orchestration.publication.generations import (
    CURRENT,
    current,
    generations,
    rollback,
    served_name,
    tidy,
)
from orchestration.publication.publish import Publication, Refused, publish
from orchestration.publication.reader import open_publication
from tests.python.crashes import readers
from tests.python.warehouses import SAMPLE_VARS, TOKEN_KEY, Warehouse

FACTS = "select count(*), sum(hash(facts)) from marts.fct_orders as facts"


@pytest.fixture
def home(built_sample: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of the built sample; its vault is that of the sample."""
    copy = built_sample.copy(tmp_path / "home")
    shutil.copytree(built_sample.settings.vault, copy.settings.vault)
    return copy


@pytest.fixture(scope="module")
def once(built_sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample, published once; tests read it, or copy it before they change anything."""
    copy = built_sample.copy(tmp_path_factory.mktemp("once") / "home")
    shutil.copytree(built_sample.settings.vault, copy.settings.vault)
    published(copy)
    return copy


@pytest.fixture
def served(once: Warehouse, tmp_path: Path) -> Warehouse:
    """A copy of it."""
    shutil.copytree(once.home, tmp_path / "served", symlinks=True)
    return Warehouse(tmp_path / "served")


def published(home: Warehouse, keep: int = 5, **choices: Any) -> Publication:
    settings = replace(home.settings, keep_generations=keep)
    return publish(settings, all_variables(settings.project, SAMPLE_VARS), **choices)


def refusal(home: Warehouse) -> dict[str, str]:
    """Names of the checks that refuse a publication, with what they found; nothing stays of it."""
    before, served = names(home), served_name(home.settings)
    with pytest.raises(Refused, match="not published, what was served before stays") as refused:
        published(home)
    assert (names(home), served_name(home.settings)) == (before, served)
    return {one.name: one.found for one in refused.value.checks if not one.passed}


def names(home: Warehouse) -> set[str]:
    folder = home.settings.published
    return {path.name for path in folder.iterdir() if path.is_dir() or path.name == CURRENT}


# --- what is published --------------------------------------------------------------------------


def test_the_marts_and_only_they(home: Warehouse) -> None:
    home.execute("create table marts.of_a_model_that_is_gone as select 1 as one")
    done = published(home)
    folder = done.generation.folder
    with open_publication(home.settings.published) as reader, duckdb.connect() as files:
        schemas = reader.execute(
            "select distinct schema_name from duckdb_tables() order by all"
        ).fetchall()
        assert schemas == [("marts",), ("publication",)]
        marts = {
            name
            for (name,) in reader.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        }
        assert "fct_orders" in marts and "of_a_model_that_is_gone" not in marts
        assert marts == set(done.generation.manifest["tables"])
        assert marts == {path.stem for path in (folder / "parquet" / "marts").iterdir()}
        for name in sorted(marts):
            count = f"select count(*), sum(hash(rows)) from marts.{name} as rows"
            assert reader.execute(count).fetchall() == home.query(count), name
            place = folder / "parquet" / "marts" / f"{name}.parquet"
            found = files.execute(
                f"select count(*), sum(hash(rows)) from '{place}' as rows"
            ).fetchall()
            assert found == home.query(count), name
        # every column that people read tells what it is
        assert reader.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name = 'marts' and comment is null"
        ).fetchall() == []  # fmt: skip
        (build_id,) = reader.execute("select build_id from publication.build").fetchall()[0]
        assert build_id == done.generation.manifest["build_id"]
        # types that every reader of Parquet knows
        kinds = {
            kind
            for name in marts
            for _, kind, *_ in files.execute(
                f"describe from '{folder / 'parquet' / 'marts' / (name + '.parquet')}'"
            ).fetchall()
        }
    plain = {"VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"}
    assert kinds - plain == {"DECIMAL(18,4)"}
    # a driver of DuckDB 1.2 can read the storage
    with duckdb.connect() as connection:
        connection.execute(f"attach '{done.generation.database}' as one (read_only)")
        tags = connection.execute(
            "select tags from duckdb_databases() where database_name = 'one'"
        ).fetchall()
    assert tags[0][0]["storage_version"].startswith("v1.2")


def test_files_cannot_be_changed_and_others_can_read_them(once: Warehouse) -> None:
    served = current(once.settings)
    assert served is not None
    for path in served.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o555 if path.is_dir() else 0o444), path
    assert stat.S_IMODE(once.settings.published.stat().st_mode) == 0o755


def test_nothing_changes_between_two_publications_of_one_build(served: Warehouse) -> None:
    first = current(served.settings)
    assert first is not None
    one = first.manifest
    other = published(served)
    assert other.changes == []
    assert other.generation.manifest["tables"] == one["tables"]
    assert other.generation.manifest["build_id"] == one["build_id"]


# --- what is refused ----------------------------------------------------------------------------


def test_what_is_no_whole_build_is_refused(served: Warehouse, tmp_path: Path) -> None:
    for change in (
        "update last_build.build set is_publishable = false",
        "drop table last_build.build",
    ):
        broken = served.copy(tmp_path / "broken")
        broken.execute(change)
        with pytest.raises(HoldfastError, match="run `holdfast build`"):
            published(broken)
        shutil.rmtree(tmp_path / "broken")


def test_a_part_built_alone_or_without_its_checks_is_no_build(home: Warehouse) -> None:
    query = "select is_publishable from last_build.build"
    assert home.query(query) == [(True,)]
    home.build(SAMPLE_VARS, "--select", "dim_dates", checked=False)
    assert home.query(query) == [(False,)]
    with pytest.raises(HoldfastError, match="not of one whole build whose checks all passed"):
        published(home)


@pytest.mark.parametrize(
    "fault, check",
    {
        # a broken bridge
        "update marts.retention_by_period set customers_at_end = customers_at_end + 1"
        " where period_grain = 'month' and period_start = date '2025-03-01'": (
            "books_and_bridges_hold"
        ),
        "update marts.fct_mrr_movements set mrr_change = mrr_change + 1"
        " where customer_id = (select min(customer_id) from marts.fct_mrr_movements)": (
            "books_and_bridges_hold"
        ),
        "delete from marts.fct_orders where ordered_on = date '2025-03-03'": (
            "books_and_bridges_hold"
        ),
        "update marts.overview_by_period set metric_value = metric_value + 1 where rowid = 9": (
            "books_and_bridges_hold"
        ),
        "delete from marts.clv_distribution where bucket_number = 1": "books_and_bridges_hold",
        # a book that does not tell of what raw holds
        "delete from raw.shop_orders where rowid % 100 = 0": "book_agrees_with_raw",
        "update marts.data_quality set rows_landed = rows_landed + 1, rows_staged = rows_staged + 1"
        " where raw_table = 'shop_orders'": "book_agrees_with_raw",
        # canaries: personal data in a column that should hold none
        "update marts.dim_customers set persona = 'canary@holdfast.example' where rowid = 7": (
            "no_personal_data"
        ),
    }.items(),
    ids=[
        *("bridge", "movements", "day lost", "overview", "bucket", "raw lost rows"),
        *("book told otherwise", "e-mail"),
    ],
)
def test_faults_are_refused(served: Warehouse, fault: str, check: str) -> None:
    served.execute(fault)
    assert check in refusal(served)
    with open_publication(served.settings.published) as reader:
        assert reader.execute("select count(*) from marts.fct_orders").fetchall()[0][0] > 0


def test_a_text_of_the_vault_is_refused_wherever_it_stands(home: Warehouse) -> None:
    people = home.settings.vault / "people.duckdb"
    with duckdb.connect(str(people), read_only=True) as vault:
        texts = dict(
            vault.execute(
                "select kind, first(plain order by plain) from texts"
                " where plain like '% %' or kind <> 'name' group by kind"
            ).fetchall()
        )
    assert set(texts) == {"email", "phone", "name"}
    home.settings.published.mkdir()
    columns = dict(zip(texts, ("category", "priority", "channel"), strict=True))
    with duckdb.connect(str(home.settings.warehouse)) as connection:
        for kind, column in columns.items():
            connection.execute(
                f"update marts.fct_tickets set {column} = ? where rowid = 3", [texts[kind].upper()]
            )
    found = refusal(home)["no_personal_data"]
    assert all(f"fct_tickets.{column}" in found for column in columns.values())
    assert not any(text.lower() in found.lower() for text in texts.values())


def test_an_erased_person_who_is_back_is_refused(served: Warehouse) -> None:
    with duckdb.connect(str(served.settings.warehouse)) as connection:
        hashes = audit.Hashes(served.settings)
        connection.execute(
            "insert into raw.landing_erased_ids select 'crm_customers',"
            f" {hashes.expression('customer_id')} from marts.dim_customers limit 1",
            hashes.values,
        )
    assert "customers who were erased" in refusal(served)["no_personal_data"]


def test_a_mixed_generation_is_refused(home: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """One table or file of another build, put into the copy before it is looked at."""
    write_parquet = module.write_parquet

    def other_rows(connection: Any, build_id: str, folder: Path) -> None:
        connection.execute("delete from publication.marts.nps_by_period where rowid = 0")
        write_parquet(connection, build_id, folder)

    def other_file(connection: Any, build_id: str, folder: Path) -> None:
        write_parquet(connection, build_id, folder)
        place = folder / "parquet" / "marts" / "dim_dates.parquet"
        connection.execute(
            f"copy publication.marts.dim_dates to '{place}' (kv_metadata {{build_id: 'other'}})"
        )

    def more(connection: Any, build_id: str, folder: Path) -> None:
        connection.execute("create table publication.marts.of_an_earlier_build as select 1 as one")
        write_parquet(connection, build_id, folder)

    for fault, check in (
        (other_rows, "copy_equals_the_build"),
        (other_file, "one_build"),
        (more, "copy_equals_the_build"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, "write_parquet", fault)
            assert check in refusal_of_first(home), fault.__name__


def refusal_of_first(home: Warehouse) -> set[str]:
    with pytest.raises(Refused) as refused:
        published(home)
    assert generations(home.settings) == [] and served_name(home.settings) is None
    return {one.name for one in refused.value.checks if not one.passed}


def test_a_landing_since_the_build_does_not_stop_it(home: Warehouse, folder: Path) -> None:
    """What the build did not see is not in its book; what it saw is still there."""
    (folder / "crm_customers.csv").write_text("customer_id,created_at\nnew-1,2025-12-30\n")
    home.land(folder)
    assert published(home).generation.is_current


# --- closed periods -----------------------------------------------------------------------------


def test_a_change_of_code_is_a_cause_of_its_own(served: Warehouse) -> None:
    served.execute(
        "update marts.nps_by_period set promoters = promoters where false;"
        "update last_build.build set fingerprint = 'other';"
        "update marts.survival_by_tenure set survival_rate = survival_rate;"
        "update marts.feedback_by_period set mean_score = mean_score + 0.001"
        " where period_grain = 'year'"
    )
    done = published(served)
    assert {change["cause"] for change in done.changes} == {"code change"}
    assert {change["mart"] for change in done.changes} == {"feedback_by_period"}


# --- generations --------------------------------------------------------------------------------


def test_rollback_and_the_last_generations(served: Warehouse) -> None:
    made = [published(served, keep=3).generation.name for _ in range(3)]
    listed = [one.name for one in generations(served.settings)]
    assert listed == made[::-1]
    assert rollback(served.settings).name == made[-2] == served_name(served.settings)
    assert rollback(served.settings).name == made[-3]
    assert rollback(served.settings, made[-1]).name == made[-1]
    with pytest.raises(HoldfastError, match="no generation 'nosuch'"):
        rollback(served.settings, "nosuch")
    for wrong in ("../../etc", "/etc", ".new-x", "current", ""):
        with pytest.raises(HoldfastError):
            rollback(served.settings, wrong)
    # one whose bytes have changed is not served again
    damaged = next(one for one in generations(served.settings) if one.name == made[-2])
    damaged.database.chmod(0o644)
    with damaged.database.open("r+b") as file:
        file.seek(20_000)
        file.write(b"\0" * 64)
    with pytest.raises(HoldfastError, match="its bytes have changed"):
        rollback(served.settings)
    assert served_name(served.settings) == made[-1]


def test_a_reader_keeps_its_generation(served: Warehouse) -> None:
    with open_publication(served.settings.published) as held:
        before = held.execute(FACTS).fetchall()
        name = held.execute("select generation from publication.build").fetchall()
        for turn in range(2):
            served.execute(f"update marts.dim_customers set city = 'turn {turn}'")
            published(served, keep=1)
            assert held.execute(FACTS).fetchall() == before
            with open_publication(served.settings.published) as fresh:
                cities = fresh.execute("select distinct city from marts.dim_customers").fetchall()
            assert cities == [(f"turn {turn}",)]
        assert held.execute("select generation from publication.build").fetchall() == name
        assert name[0][0] not in {one.name for one in generations(served.settings)}


def test_generations_do_not_outlive_an_erasure(served: Warehouse) -> None:
    settings = served.settings
    last = published(served).generation
    now = datetime.now(UTC)
    # carried out now: what could be gone back to goes, what is served stays until the next one
    assert len(tidy(settings, erased_at=now)) == 1
    assert [one.name for one in generations(settings)] == [last.name]
    served.execute(
        "update last_build.build set started_at = now()::timestamp + interval 1 minute;"
        "insert into raw.landing_erasures (request_id, erased_at)"
        " values ('r', now()::timestamp)"
    )
    following = published(served)
    assert following.removed == [last.name]
    # nobody published since, and the deadline has come: nothing is served rather than that
    long_ago = now - timedelta(days=settings.erasure_deadline_days + 1)
    assert tidy(settings, erased_at=long_ago) == []
    manifest = following.generation.folder / "manifest.json"
    manifest.chmod(0o644)
    text = json.loads(manifest.read_text())
    text["built_at"] = (long_ago - timedelta(days=1)).isoformat()
    manifest.write_text(json.dumps(text))
    assert tidy(settings, erased_at=long_ago) == [following.generation.name]
    assert served_name(settings) is None and not (settings.published / CURRENT).exists()
    with pytest.raises(HoldfastError, match="nothing is published"):
        open_publication(settings.published)


def test_generations_beyond_the_deadline_go(served: Warehouse) -> None:
    old = current(served.settings)
    assert old is not None
    manifest = old.folder / "manifest.json"
    text = json.loads(manifest.read_text())
    text["published_at"] = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    manifest.chmod(0o644)
    manifest.write_text(json.dumps(text))
    assert published(served).removed == [old.name]


# A publisher that dies before or after one of its steps.
DYING = """
import os, sys
from orchestration.dbt_arguments import all_variables
from orchestration.publication import publish as module
from orchestration.settings import Settings
step, is_done = sys.argv[1], sys.argv[2] == "after"
real = getattr(module, step)
def killed(*arguments):
    if is_done:
        real(*arguments)
    os._exit(9)
setattr(module, step, killed)
settings = Settings.from_env()
module.publish(settings, all_variables(settings.project, {}))
"""


@pytest.mark.parametrize(
    "step, moment",
    [("write_parquet", "after"), ("serve", "before"), ("serve", "after")],
)
def test_what_a_killed_publisher_leaves_is_cleaned(
    served: Warehouse, step: str, moment: str
) -> None:
    first = served_name(served.settings)
    assert first is not None
    environ = {**os.environ, "HOLDFAST_HOME": str(served.home)}
    project = served.settings.project
    with readers(served.settings.published, 2) as seen:
        died = subprocess.run(
            [sys.executable, "-c", DYING, step, moment], env=environ, cwd=project, check=False
        )
    assert died.returncode == 9
    assert (seen.errors, seen.mixed) == ([], 0) and seen.opens > 10
    is_served = (step, moment) == ("serve", "after")
    assert (served_name(served.settings) == first) != is_served
    with open_publication(served.settings.published) as reader:
        assert reader.execute(FACTS).fetchall() == served.query(FACTS)
    last = published(served).generation.name
    left = {path.name for path in served.settings.published.iterdir()}
    listed = {one.name for one in generations(served.settings)}
    assert left == listed | {CURRENT, "history.jsonl"}
    assert {first, last} <= listed and len(listed) == 2 + is_served
    assert rollback(served.settings).name in listed


def test_a_killed_build_publishes_nothing(served: Warehouse) -> None:
    """dbt is killed after its first models: the file opens, and what is served is as it was."""
    before, name = contents(served), served_name(served.settings)
    environ = {**os.environ, "HOLDFAST_HOME": str(served.home), "DO_NOT_TRACK": "1"}
    places = ["--target-path", str(served.home / "target"), "--log-path", str(served.home)]
    dbt = str(Path(sys.executable).with_name("dbt"))
    call = [dbt, "build", "--full-refresh", "--exclude-resource-type", "unit_test", *places]
    process = subprocess.Popen(
        [*call, "--vars", json.dumps(SAMPLE_VARS)], env=environ, cwd=served.settings.project,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "OK created sql table model" in line:
            break
    process.kill()
    process.communicate()
    assert (contents(served), served_name(served.settings)) == (before, name)
    with pytest.raises(HoldfastError, match="it failed, was killed, left checks out"):
        published(served)
    assert (contents(served), served_name(served.settings)) == (before, name)


def contents(home: Warehouse) -> tuple:
    with open_publication(home.settings.published) as reader:
        return tuple(reader.execute(FACTS).fetchall())


def test_a_publisher_without_room_says_so(served: Warehouse) -> None:
    """No file may grow beyond a megabyte, as on a disk that is full."""
    before, name = contents(served), served_name(served.settings)
    environ = {**os.environ, "HOLDFAST_HOME": str(served.home)}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "publish"],
        env=environ, cwd=served.settings.project, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20)),
    )  # fmt: skip
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
    assert done.stderr.startswith("holdfast: error: not published, what was served before stays")
    assert (contents(served), served_name(served.settings)) == (before, name)
    assert published(served).generation.is_current


# --- readers and exports ------------------------------------------------------------------------

ATTACKS = {
    "read a file": "select * from read_text('{secret}')",
    "read a table": "from read_csv('{secret}')",
    "write a file": "copy (select 1) to '{folder}/written.csv'",
    "export": "export database '{folder}/exported'",
    "attach": "attach '{warehouse}' as other (read_only)",
    "attach a new one": "attach '{folder}/made.duckdb' as made",
    "install": "install httpfs",
    "load": "load '{folder}/evil.duckdb_extension'",
    "list files": "from glob('{folder}/*')",
    "by a link": "select * from read_text('{link}')",
    "by ..": "select * from read_text('{published}/../vault/token.key')",
    "change settings": "set enable_external_access = true",
    "unlock": "set lock_configuration = false",
    "write a mart": "delete from marts.fct_orders",
    "make a table": "create table marts.mine as select 1",
    "secrets": "create secret one (type s3)",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_reader_cannot_leave_its_file(once: Warehouse, tmp_path: Path, attack: str) -> None:
    secret = once.settings.vault / "secret"
    secret.write_text("secret")
    link = tmp_path / "link.csv"
    link.symlink_to(secret)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    query = ATTACKS[attack].format(
        secret=secret,
        folder=folder,
        warehouse=once.settings.warehouse,
        link=link,
        published=once.settings.published,
    )
    with open_publication(once.settings.published) as reader:
        with pytest.raises(duckdb.Error):
            reader.execute(query).fetchall()
        assert reader.execute(FACTS).fetchall() == once.query(FACTS)
    assert list(folder.iterdir()) == []


HOSTILE = (
    "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1",
    "\ufeff=1", "|calc", "%0A=1", "=HYPERLINK(\"http://x\")", "\u200b=1", "\uff1d1+1", "\x00=1",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_exports_hold_no_formula(text: str) -> None:
    assert safe(text) == "'" + text


def test_exports_keep_what_is_no_formula(once: Warehouse, tmp_path: Path) -> None:
    for value in ("Bangkok", "a=b", "1-2", -5, 0.5, None, True, "", "'quoted"):
        assert safe(value) == value
    path = tmp_path / "out.csv"
    rows = export_mart(once.settings.published, "customer_next_actions", path)
    with duckdb.connect() as connection:
        found = connection.execute(f"select count(*) from read_csv('{path}')").fetchall()
    assert found == [(rows,)] == once.query("select count(*) from marts.customer_next_actions")
    for wrong in ("nosuch", "marts.fct_orders; drop table x", "../vault", '"'):
        with pytest.raises(HoldfastError, match="there is no mart"):
            export_mart(once.settings.published, wrong, path)
    assert [p.name for p in tmp_path.glob(".out*")] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_reads_the_publication_alone(home: Warehouse, tmp_path: Path) -> None:
    with writer_lock(home.settings, "test"):
        published(home)
        (home.settings.runs / "logs").mkdir()
        (home.settings.runs / "logs" / "dbt.log").write_text("x")
    (home.settings.vault / "token.key").write_text(TOKEN_KEY)
    # pytest's own folders are closed to others
    for folder in (tmp_path, *tmp_path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if folder.stat().st_uid == 0 and not mode & 0o001:
            folder.chmod(mode | 0o011)

    def reads(path: Path) -> bool:
        done = subprocess.run(
            ["head", "-c", "1", str(path)], user=65534, group=65534, extra_groups=[],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    served = home.settings.published / CURRENT
    assert reads(served / "holdfast.duckdb")
    assert reads(served / "parquet" / "marts" / "dim_dates.parquet")
    for closed in (
        home.settings.warehouse,
        home.settings.vault / "token.key",
        home.settings.vault / "people.duckdb",
        home.settings.runs / "logs" / "dbt.log",
        home.settings.runs / "journal.jsonl",
    ):
        assert closed.exists() and not reads(closed), closed
