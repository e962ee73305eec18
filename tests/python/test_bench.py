"""What the benchmarks stand on: the sharing out of a build's time, and the pages they write."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from orchestration.settings import Settings

BENCH = Settings.from_env({}).project / "bench"


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)


def test_stages_of_a_build() -> None:
    from measured import Stages

    stages = Stages()
    told = [
        ("erasing: 3 records and orders found", ["erase"]),
        ("00:00  Running with dbt=1.11.16", ["dbt"]),
        ("00:01  1 of 9 START sql table model staging.base_crm__customers ... [RUN]", ["staging"]),
        ("00:01  2 of 9 START sql table model marts.fct_orders .... [RUN]", ["staging", "facts"]),
        ("00:02  1 of 9 OK created sql table model staging.base_crm__customers [OK]", ["facts"]),
        ("00:02  3 of 9 START test unique_key_fct_orders_order_id [RUN]", ["facts", "tests"]),
        ("00:03  \x1b[0m2 of 9 OK created sql table model marts.fct_orders [OK]", ["tests"]),
        ("00:03  3 of 9 PASS unique_key_fct_orders_order_id [PASS in 1s]", ["dbt"]),
        ("00:03  4 of 9 START sql incremental model intermediate.int_losses [RUN]", ["facts"]),
        ("00:04  4 of 9 ERROR creating sql incremental model intermediate.int_losses", ["dbt"]),
        ("00:04  Done. PASS=3 WARN=0 ERROR=1", ["forecast"]),
        ("fitted on 3 cuts", ["forecast"]),
        ("00:05  Running with dbt=1.11.16", ["dbt"]),
        ("00:05  1 of 1 START sql table model marts.forecast_totals ..... [RUN]", ["marts"]),
        ("00:06  Done. PASS=1 WARN=0", ["publish"]),
    ]
    assert [(line, stages(line)) for line, _ in told] == told


def test_stages_share_out_what_is_spent() -> None:
    from measured import measured

    script = "import time\nfor w in 'ab': print(w, flush=True); time.sleep(0.4)"
    found = measured([sys.executable, "-c", script], {}, BENCH, lambda line: [line.strip(), "both"])
    assert found.lines == ["a", "b"]
    assert set(found.stages) == {"a", "b", "both"}
    shared = sum(cost.seconds for cost in found.stages.values())
    assert 0 < found.stages["both"].seconds < shared <= found.total.seconds
    assert found.total.peak > 1_000_000


def test_a_command_that_fails_is_told() -> None:
    from measured import measured

    with pytest.raises(SystemExit, match=r"exit\('no luck'\) failed:\nno luck"):
        measured([sys.executable, "-c", "exit('no luck')"], {}, BENCH)


def test_growth_is_the_power_of_the_rows() -> None:
    from report import exponent

    assert exponent(1_000, 10_000, 5, 50) == pytest.approx(1)
    assert exponent(1_000, 10_000, 5, 500) == pytest.approx(2)


def test_all_that_is_measured_comes_into_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever measured for hours must not find out then that no page takes it."""
    import report

    ways = ("floor", "holdfast", "polars", "pandas")
    cost = {"seconds": 2.0, "cpu": 3.0, "peak": 2**30}
    size = {
        **dict.fromkeys(("rows_in", "rows_out", "raw_bytes", "statements", "runs"), 10),
        **dict.fromkeys(("warehouse_bytes", "published_bytes", "statement_seconds"), 10),
        "memory_limit": None,
        "stages": dict.fromkeys(report.STAGES, cost),
        "total": cost,
        "seconds_of_each": [2.0],
    }
    nights = {"rows_in_delivery": 5, "customers_in_delivery": 2, "landing": cost, "differing": []}
    nights |= {key: size[key] for key in ("stages", "total", "seconds_of_each")}
    nights |= {"ratios": [0.1, 0.3, 0.2], "full_stages": size["stages"]}
    moved = ("shuffle_bytes", "spilled_bytes", "executor_ms", "output_bytes")
    build = {**cost, "models": {"fct_orders": dict.fromkeys(moved, 2**30)}}
    cluster = {"workers": 2, "was_killed": True, "duckdb": cost, "spark": build}
    results = {
        "machine": {"memory": "1 GiB"},
        "sizes": {"10": size, "100": {**size, "rows_in": 100}},
        "sides": {"100": {"ways": dict.fromkeys(ways, cost)}},
        "nightly": {"100": {**nights, "refresh": {"memory_limit": "2GB", "total": cost}}},
        "cluster": {"a": {**cluster, "customers": 10}, "b": {**cluster, "customers": 100}},
    }
    results["sides"]["100"] |= {"differing": [], "seconds_of_each": {way: [1.0] for way in ways}}
    pages = tuple(tmp_path / page.name for page in report.PAGES)
    for page, copy in zip(report.PAGES, pages, strict=True):
        emptied = re.sub(r"(<!-- (\w+) -->\n).*?(?=<!-- /\2)", r"\1", page.read_text(), flags=re.S)
        assert "<!-- /" in emptied
        copy.write_text(emptied)
    monkeypatch.setattr(report, "PAGES", pages)
    monkeypatch.setattr(report, "PLOT", tmp_path / "plot.svg")
    monkeypatch.setattr(report, "found", lambda: results)
    report.main()
    text = "".join(page.read_text() for page in pages)
    assert re.findall(r"<!-- (\w+) -->\n<!-- /", text) == []
    assert "| **models** | 6.0 / 9.0 / 1.0 | 6.0 / 9.0 / 1.0 | 100.0% |" in text
    assert "takes **20.0%** (10.0% to 30.0%) of a full one" in text
    assert "| 100 | 2GB | 2.0 | 3.0 | 1.0 |" in text
    assert "| the six marts against the floor | at most 1.3 times | 1.0 times | met |" in text
    assert "| a night against a full build | at most 10 % | 20.0% | **missed** |" in text
    assert "| holdfast, everything, each night | 2.0 | 3.0 | 1.0 | 1 | 2.00" in text
    assert "| **all models** | 1,024.0 | 1 | 1,073,741.8 | 298.3" in text
    assert (tmp_path / "plot.svg").stat().st_size > 0
