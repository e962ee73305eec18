import os
import time

import dagster as dg
import pytest

from orchestration.errors import HoldfastError
from orchestration.sensors import inbox_sensor, settle_seconds


@pytest.fixture
def tick(settings, monkeypatch):
    """Runs the sensor once, from where the last tick that asked for a run left it."""
    monkeypatch.setenv("HOLDFAST_HOME", str(settings.home))
    for name in ("HOLDFAST_INBOX", "HOLDFAST_INBOX_SETTLE_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    sensor = inbox_sensor(dg.define_asset_job("land_and_build"))
    cursor = [None]

    def run():
        with dg.build_sensor_context(cursor=cursor[0]) as context:
            result = sensor(context)
        if isinstance(result, dg.SensorResult):
            cursor[0] = result.cursor
        return result

    return run


@pytest.fixture
def deliver(settings):
    """Writes a file that was last changed `age` seconds ago."""

    def write(name, text="plan_id\np1\n", age=3600):
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        changed = time.time_ns() - age * 1_000_000_000
        os.utime(path, ns=(changed, changed))
        return path

    return write


def key(result):
    [request] = result.run_requests
    return request.run_key


def test_no_inbox_and_an_empty_one_are_skipped(tick, settings):
    assert tick().skip_message == f"nothing new in {settings.inbox}"
    assert not settings.home.exists()
    settings.inbox.mkdir(parents=True)
    assert tick().skip_message == f"nothing new in {settings.inbox}"


def test_new_files_ask_for_one_run(tick, deliver):
    deliver("billing_plans.csv")
    deliver("2025/shop_orders.parquet")
    deliver("2025/shop_refunds.csv.gz")
    result = tick()
    assert key(result).startswith("inbox-")
    assert result.run_requests[0].tags == {"holdfast/new_files": "3"}
    assert "nothing new" in tick().skip_message


def test_each_change_asks_once_more(tick, deliver):
    deliver("billing_plans.csv")
    keys = [key(tick())]
    deliver("billing_plans.csv", "plan_id\np1\np2\n")
    keys.append(key(tick()))
    deliver("billing_plans.csv", "plan_id\np1\np3\n", age=1800)
    keys.append(key(tick()))
    deliver("shop_orders.csv")
    keys.append(key(tick()))
    assert len(set(keys)) == 4
    assert "nothing new" in tick().skip_message


def test_the_same_inbox_has_the_same_run_key(tick, deliver, settings, monkeypatch):
    path = deliver("billing_plans.csv")
    stamp = path.stat().st_mtime_ns
    first = key(tick())
    path.unlink()
    assert "nothing new" in tick().skip_message
    other = inbox_sensor(dg.define_asset_job("land_and_build"))
    path.write_text("plan_id\np1\n")
    os.utime(path, ns=(stamp, stamp))
    with dg.build_sensor_context() as context:
        assert key(other(context)) == first


def test_a_file_being_written_holds_all_back(tick, deliver, monkeypatch):
    deliver("billing_plans.csv")
    deliver("shop_orders.csv", age=1)
    assert tick().skip_message == "waiting: shop_orders.csv changed within the last 60 seconds"
    for n in range(4):
        deliver(f"shop_orders-{n}.csv", age=1)
    assert "and 2 more" in tick().skip_message
    monkeypatch.setenv("HOLDFAST_INBOX_SETTLE_SECONDS", "0")
    assert tick().run_requests[0].tags == {"holdfast/new_files": "6"}


def test_a_time_in_the_far_future_does_not_wait_for_ever(tick, deliver):
    deliver("billing_plans.csv", age=-86_400)
    assert key(tick())


def test_what_no_landing_reads_is_no_delivery(tick, deliver, settings):
    deliver(".shop_orders.csv.x7Gz")
    deliver(".partial/shop_orders.csv")
    deliver("notes.txt")
    (settings.inbox / "folder.csv").mkdir()
    assert "nothing new" in tick().skip_message


def test_wrong_settle_seconds_are_refused():
    assert settle_seconds({}) == 60
    with pytest.raises(HoldfastError, match="whole seconds"):
        settle_seconds({"HOLDFAST_INBOX_SETTLE_SECONDS": "1.5"})
