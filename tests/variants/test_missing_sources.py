"""A business without one of the sources builds clean, and its marts are empty, not wrong.

Each source is taken away alone. What dbt executes for a build is recorded once, models and data
tests, and replayed on what such a business lands.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import project_root
from tests.python.replays import Recorder, Replay, record
from tests.python.warehouses import SAMPLE_VARS, Warehouse

# source: how its raw tables begin, and marts that tell of nothing else
SOURCES = {
    "shop": (
        ("shop_",),
        (
            *("fct_orders", "repeat_purchase_by_period", "rfm_by_customer", "rfm_by_segment"),
            "segment_profiles",
        ),
    ),
    "promotions": (("shop_promotion",), ("fct_campaign_customers", "promotion_response")),
    "billing": (("billing_",), ("fct_mrr_movements",)),
    "loyalty": (
        ("loyalty_",),
        ("fct_loyalty_lots", "loyalty_by_period", "loyalty_member_uplift"),
    ),
    "surveys": (("voice_survey",), ("fct_survey_responses", "nps_by_period")),
    "voice": (("voice_",), ("feedback_by_period",)),
    "support": (("support_",), ("fct_tickets", "service_by_period")),
    "e-mail": (("engagement_email",), ("fct_email_messages",)),
    "web": (("engagement_web",), ("fct_sessions",)),
    "engagement": (("engagement_",), ("engagement_by_period",)),
    "referrals": (("marketing_referrals",), ("referrals_by_period",)),
    "spend": (("marketing_spend",), ()),
    "marketing": (("marketing_",), ()),
}
ALWAYS = ("dim_customers", "fct_customer_periods", "retention_by_period", "data_quality")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 150 customers of the sample company."""
    folder = tmp_path_factory.mktemp("small") / "raw"
    call = [sys.executable, "-m", "sample_data.generate", "--customers", "150", "--no-dirt"]
    subprocess.run(
        [*call, "--out", str(folder)],
        cwd=project_root(),
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def recorded(
    sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Recorder]]:
    """A warehouse with its seeds, and what dbt executed to build and test it."""
    home, project = tmp_path_factory.mktemp("recorded"), project_root()
    Warehouse(home).land(sample)
    call = ["--vars", json.dumps(SAMPLE_VARS), "--quiet", "--exclude", "path:tests/cross_db"]
    call += ["--project-dir", str(project), "--profiles-dir", str(project)]
    call += ["--log-path", str(home), "--target-path", str(home / "target")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(home))
        yield home / "warehouse.duckdb", record(*call)


def build_without(
    beginnings: tuple[str, ...], sample: Path, home: Path, recorded: tuple[Path, Recorder]
) -> tuple[dict[str, int], dict[str, int]]:
    """Rows of each mart, and of each data test that found any, without some raw tables."""
    folder = home / "delivery"
    folder.mkdir()
    for file in sample.iterdir():
        if not file.name.startswith(beginnings):
            (folder / file.name).write_bytes(file.read_bytes())
    landed = Warehouse(home).land(folder)
    source, recorder = recorded
    with duckdb.connect() as connection:
        replay = Replay(connection, "business", source)
        replay.take_raw(landed.settings.warehouse)
        replay.start_anew(recorder.statements)
        marts = {
            name.removeprefix("marts."): sum(rows.values())
            for name, rows in replay.contents("marts").items()
        }
        return marts, replay.failures(recorder.checks)


@pytest.mark.parametrize("source", SOURCES)
def test_a_business_without_one_source(
    source: str, sample: Path, tmp_path: Path, recorded: tuple[Path, Recorder]
) -> None:
    beginnings, empty = SOURCES[source]
    marts, failures = build_without(beginnings, sample, tmp_path, recorded)
    assert failures == {}
    assert {name: marts[name] for name in empty} == dict.fromkeys(empty, 0)
    assert all(marts[name] for name in ALWAYS)


def test_with_every_source_no_mart_is_empty(
    sample: Path, tmp_path: Path, recorded: tuple[Path, Recorder]
) -> None:
    marts, failures = build_without(("none of them",), sample, tmp_path, recorded)
    assert failures == {}
    # no forecast was made of it, and it holds no dirt
    empty = {"forecast_totals", "refusals_by_reason"}
    assert {name for name, rows in marts.items() if not rows} == empty
    assert len(recorded[1].checks) > 250
