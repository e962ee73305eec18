"""The dashboard: every figure that it shows is a figure of a published mart.

Pages are drawn by Streamlit's AppTest. What they show is read from the messages that a browser
would get, and compared with the Parquet files as DuckDB alone reads them.
"""

from __future__ import annotations

import ast
import base64
import csv
import functools
import io
import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import reading
from dashboard.questions import QUESTIONS
from dashboard.reading import Query
from dashboard.words import FOLDER as WORDS
from dashboard.words import LANGUAGES, Words
from orchestration import journal
from orchestration.dbt_arguments import all_variables
from orchestration.publication.export import safe
from orchestration.publication.generations import remove, rollback, serve, served_name
from orchestration.publication.publish import publish
from orchestration.settings import Settings
from tests.dashboard.test_reading import published_home
from tests.python.warehouses import SAMPLE_VARS, Warehouse

APP = Settings.from_env({}).project / "dashboard" / "app.py"
WRITTEN = [one for one in LANGUAGES if (WORDS / f"{one}.yml").is_file()]
SMALLEST, CURRENCY = 5, "USD"
FORMULA = '=HYPERLINK("http://example.com","x")'
# Who a row is about, by mart: with fewer of them, a row of a segment is not shown.
BASES = {
    "overview_by_period": "counted",
    "retention_by_period": "customers_at_start",
    "revenue_retention_by_period": "opening_customers",
    "churn_causes_by_period": "all_lost_customers",
    "cohort_retention": "cohort_customers",
    "cohort_averages": "cohort_customers",
    "nps_by_period": "responses",
    "feedback_by_period": "responses",
    "service_by_period": "tickets",
    "service_retention_link": "customers",
    "new_vs_returning_by_period": "returning_buyers",
    "engagement_by_period": "customers",
    "referrals_by_period": "customers",
    "loyalty_by_period": "members",
    "loyalty_member_uplift": "member_customers",
}
# What the columns of a query are called in the data of a chart.
RENAMED = {
    "one_interval": {"cohort_month": "period_start"},
    "record": {"forecast_on": "period_start"},
    "customers_at_end_over_time": {"metric_value": "customers_at_end"},
    "churn_rate_over_time": {"metric_value": "churn_rate"},
    "net_revenue_retention_over_time": {"metric_value": "net_revenue_retention"},
    "nps_over_time": {"metric_value": "nps"},
}
# Panels whose periods are always of one grain.
GRAIN_OF = {"one_interval": "month", "record": "day"}
# Bridges: what stands, what comes, what goes.
BRIDGES = {
    "bridge": {
        "customers_at_start": 0,
        "new_customers": 1,
        "reactivated_customers": 1,
        "lost_customers": -1,
        "customers_at_end": 0,
    },
    "mrr": {
        "opening_mrr": 0,
        "new_mrr": 1,
        "expansion_mrr": 1,
        "reactivation_mrr": 1,
        "contraction_mrr": -1,
        "churned_mrr": -1,
        "closing_mrr": 0,
    },
}
STACKED = {
    "nps_answers": ("promoters", "passives", "detractors"),
    "loyalty_points": ("points_earned", "points_redeemed", "points_expired"),
    "new_and_returning": {
        "buyers": ("new_buyers", "returning_buyers"),
        "orders": ("new_orders", "returning_orders"),
        "net_revenue": ("new_net_revenue", "returning_net_revenue"),
    },
}
# How figures are written: shares but these end or begin as `is_share` says.
SHARES = {
    "net_revenue_retention",
    "gross_revenue_retention",
    "acquisition_roi",
    "retain_to_acquire_cost",
    "aov_uplift",
    "churn_difference",
    "effect",
    "churn_probability",
    "p_buy_90d",
    "decile_capture",
}
LIMIT = re.compile(r"(^|_)(lower|upper)(_95)?$")
MONEY = {
    "lost_mrr",
    "clv_to_date_per_customer",
    "clv_predicted_12m_per_customer",
    "cac",
    "ltv",
    "cost_to_retain",
    "margin_at_risk",
    "expected_margin_365d",
    "acquire_spend",
    "net_revenue",
}
NUMBERS = {
    "ltv_to_cac",
    "payback_months",
    "mean_score",
    "total_ratio",
    "mean_absolute_error",
    "brier_score",
    "calibration_error",
}

# Addresses of each page: every basis, grain and switch, segments large, small and too small, and a
# period that is not over (2025-12, 2025 Q4, 2025).
LOOKS: dict[str, list[dict[str, str]]] = {
    "overview": [
        {},
        {"basis": "subscription", "grain": "quarter"},
        {"segment": "country", "value": "TH", "period": "2025-12"},
        {"segment": "region", "value": "Lâm Đồng", "period": "2024-08"},
        {"grain": "year", "period": "2024"},
    ],
    "retention": [
        {},
        {
            "basis": "subscription",
            "kind": "current",
            "against": "previous",
            "months": "6",
            "m_one_interval": "current_rate",
            "m_rates": "start_set_retention_rate",
        },
        {
            "segment": "country",
            "value": "LA",
            "kind": "revenue",
            "against": "figure",
            "m_rates": "reactivation_rate",
            "grain": "quarter",
        },
        {"segment": "country", "value": "LA", "kind": "on_or_after", "period": "2025-03"},
        {"kind": "revenue", "months": "12", "grain": "year", "period": "2025"},
        {"kind": "active", "against": "previous", "segment": "gender", "value": "other"},
        {"basis": "subscription", "kind": "on_or_after", "against": "figure"},
    ],
    "churn": [
        {},
        {"basis": "subscription", "m_churn": "lost_customers", "m_causes": "lost_mrr"},
        {
            "basis": "subscription",
            "grain": "quarter",
            "m_causes": "share_of_lost_mrr",
            "by": "country",
            "m_churn_by_segment": "lost_customers",
        },
        {"segment": "country", "value": "LA", "m_causes": "lost_customers", "by": "age_band"},
        {"segment": "region", "value": "Lâm Đồng", "grain": "quarter", "by": "loyalty_tier"},
    ],
    "value": [
        {},
        {
            "m_clv": "clv_predicted_12m",
            "m_deciles": "clv_to_date_per_customer",
            "m_rfm": "monetary",
            "m_new_and_returning": "orders",
            "horizon": "365",
        },
        {
            "basis": "subscription",
            "m_deciles": "clv_predicted_12m_per_customer",
            "m_new_and_returning": "net_revenue",
            "grain": "quarter",
        },
        {"segment": "country", "value": "LA", "horizon": "30"},
    ],
    "voice": [
        {},
        {
            "m_nps": "response_rate",
            "m_themes": "satisfied_rate",
            "m_service_times": "p90",
            "m_service_rates": "reopen_rate",
            "source": "csat",
            "by": "age_band",
            "channel": "email",
        },
        {
            "segment": "country",
            "value": "LA",
            "m_themes": "mean_score",
            "m_service_rates": "csat_rate",
            "grain": "quarter",
        },
        {
            "basis": "subscription",
            "grain": "year",
            "source": "review",
            "m_service_rates": "proactive_rate",
            "by": "region",
        },
    ],
    "engagement": [
        {},
        {
            "m_engagement": "person_open_rate",
            "programme": "LP-TIERED",
            "m_loyalty": "points_liability",
            "points_programme": "LP-TIERED",
            "tier": "silver",
            "m_uplift": "orders_difference",
            "m_promotions": "incremental_net_margin",
            "m_referrals": "viral_coefficient",
        },
        {
            "segment": "country",
            "value": "LA",
            "m_engagement": "click_rate",
            "m_loyalty": "active_rate",
            "m_referrals": "invitations",
            "audience": "returning",
        },
        {
            "grain": "quarter",
            "m_engagement": "interactions_per_customer",
            "m_loyalty": "redemption_rate",
            "m_uplift": "churn_difference",
            "m_referrals": "referred_net_margin",
            "comparison": "before and after joining",
        },
    ],
    "acquisition": [
        {},
        {"grain": "quarter", "m_balance": "cac", "m_channels": "cac"},
        {
            "grain": "year",
            "period": "2024",
            "m_balance": "ltv",
            "m_channels": "ltv_to_cac",
            "attribution": "first_touch",
        },
        {"m_balance": "retain_to_acquire_cost", "m_channels": "acquisition_roi"},
        {"period": "2025-12", "m_channels": "payback_months"},
    ],
    "contacts": [
        {},
        {
            "band": "high",
            "action": "win_back",
            "limit": "50",
            "m_bands": "customers",
            "outcome": "stayed",
        },
        {"consent": "False", "limit": "1000", "m_bands": "reachable_customers"},
    ],
    "quality": [{}, {"table": "shop_orders"}],
}


# --- installations ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def once(built_sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample, published once, its last periods not over yet, with a note on one figure alone
    and a text that a spreadsheet would run. Tests only read it."""
    home = published_home(built_sample.home)
    copy = Warehouse(tmp_path_factory.mktemp("dashboard") / "home")
    shutil.copytree(home.home, copy.home, symlinks=True)
    changes = {
        "annotations": "from this union all"
        " select date '2025-09-15', 'churn_rate', 'Only of churn'",
        "promotion_response": "select * replace (if(starts_on = (select max(starts_on) from this),"
        f" '{FORMULA}', promotion_name) as promotion_name) from this",
    }
    for path in served_folder(copy).glob("parquet/marts/*.parquet"):
        with duckdb.connect() as connection:
            columns = {one[0] for one in connection.execute(f"describe from '{path}'").fetchall()}
        if {"is_complete", "period_grain"} <= columns:
            changes[path.stem] = (
                "select * replace (is_complete and period_start <> case period_grain"
                " when 'month' then date '2025-12-01' when 'quarter' then date '2025-10-01'"
                " when 'year' then date '2025-01-01' end as is_complete) from this"
            )
    altered(copy, changes)
    return copy


@pytest.fixture(autouse=True)
def at_home(once: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of that installation."""
    use(monkeypatch, once.home)


@pytest.fixture
def copied(once: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A copy of it, in its place, for a test that changes something."""
    shutil.copytree(once.home, tmp_path / "copy", symlinks=True)
    use(monkeypatch, tmp_path / "copy")
    return Warehouse(tmp_path / "copy")


def use(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in ("INBOX", "VARS", "MAX_REJECTED_SHARE", "KEEP_GENERATIONS"):
        monkeypatch.delenv(f"HOLDFAST_{name}", raising=False)
    monkeypatch.setenv("HOLDFAST_HOME", str(home))


def published(home: Warehouse, accepted: str | None = None) -> str:
    variables = all_variables(home.settings.project, SAMPLE_VARS)
    return publish(home.settings, variables, accepted=accepted).generation.name


def altered(home: Warehouse, changes: dict[str, str]) -> Path:
    """A new generation of a home, served: the old one with other rows in some tables.

    `changes`: by table, a query of `this`.
    """
    settings = home.settings
    old = served_name(settings)
    assert old
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{len(list(settings.published.iterdir())):08x}"
    folder = settings.published / name
    shutil.copytree(settings.published / old, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    with duckdb.connect() as connection:
        for path in folder.glob("parquet/*/*.parquet"):
            if path.stem in changes or "*" in changes:
                this = f"'{settings.published / old / path.relative_to(folder)}'"
                sql = (changes.get(path.stem) or changes["*"]).replace("this", this)
                path.unlink()
                connection.execute(f"copy ({sql}) to '{path}'")
    serve(settings, name, "published")
    return folder


# --- pages --------------------------------------------------------------------------------------


def page(name: str, address: dict[str, Any] | None = None) -> AppTest:
    """A page, drawn in a new session."""
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.query_params.update(address or {})
    return turned_to(at, name)


def turned_to(at: AppTest, name: str) -> AppTest:
    """The page of a session, as its link would open it."""
    at._page_hash = calc_hash(name)
    return at.run()


@functools.cache
def looked_at(home: str, name: str, address: tuple[tuple[str, str], ...] = ()) -> AppTest:
    """A page that tests only look at."""
    at = page(name, dict(address))
    assert not at.exception, [one.message for one in at.exception]
    return at


def drawn(at: AppTest) -> dict[str, Query]:
    """What the panels of a page asked for."""
    return dict(at.session_state["drawn_panels"])


def panel(at: AppTest, key: str) -> Any:
    return at.get_by_key(f"panel_{key}")


def captions(node: Any) -> list[str]:
    return [one.value for one in node.get("caption")]


def messages(node: Any) -> list[str]:
    return [one.value for one in node.get("info")]


# --- what the marts hold ------------------------------------------------------------------------


def served_folder(home: Warehouse) -> Path:
    return (home.settings.published / "current").resolve()


@functools.cache
def parquet(folder: Path, table: str) -> str:
    [path] = (folder / "parquet").glob(f"*/{table}.parquet")
    return f"read_parquet('{path}')"


def mart(folder: Path, asked: Query, columns: str | None = None) -> list[dict[str, Any]]:
    """Rows that a query asks for, by DuckDB alone, with decimals as doubles."""
    conditions, values = ["true"], []
    for column, value in asked.where:
        several = value if isinstance(value, tuple) else (value,)
        conditions.append(
            "(" + " or ".join(f'"{column}" is not distinct from ?' for _ in several) + ")"
        )
        values += several
    assert not asked.at_least and not asked.distinct
    sql = f"from {parquet(folder, asked.table)} where {' and '.join(conditions)}"
    if asked.order:
        orders = (f'"{c.lstrip("-")}" {"desc" if c[0] == "-" else "asc"}' for c in asked.order)
        sql += " order by " + ", ".join(f"{order} nulls last" for order in orders)
    if asked.limit:
        sql += f" limit {asked.limit}"
    with duckdb.connect() as connection:
        cursor = connection.execute(f"select {columns or '*'} {sql}", values)
        names = [one[0] for one in cursor.description]
        rows = [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]
    return rows if columns else [{name: row[name] for name in asked.columns} for row in rows]


def plain(value: Any) -> Any:
    """A value that can be compared: doubles for decimals, days for instants at midnight, None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
        return value.date() if value.time() == datetime.min.time() else value
    return value


def is_in_a_segment(asked: Query) -> bool:
    """Whether rows of a query are about values of a segment, so that some may be too small."""
    return dict(asked.where).get("segment_name", "all") != "all"


def large_enough(asked: Query, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows about enough customers."""
    base = BASES.get(asked.table)
    if base is None or not is_in_a_segment(asked):
        return rows
    return [row for row in rows if row[base] is not None and row[base] >= SMALLEST]


def rows_of(frame: pd.DataFrame, columns: Iterable[str]) -> Counter:
    return Counter(
        tuple(plain(one) for one in row) for row in frame[list(columns)].itertuples(index=False)
    )


# --- how figures are written --------------------------------------------------------------------


def is_share(column: str) -> bool:
    return (
        column in SHARES
        or column.endswith(("_rate", "_rate_on_previous"))
        or column.startswith("share_of_")
    )


def written(column: str, value: Any, unit: str | None = None) -> str:
    """A figure as a card or a bar tells it."""
    if value is None:
        return "–"  # noqa: RUF001
    if unit == "share" or (unit is None and is_share(column)):
        return f"{value:.1%}"
    if unit == "money" or (unit is None and column in MONEY):
        return f"{value:,.2f} {CURRENCY}" if abs(value) < 100 else f"{value:,.0f} {CURRENCY}"
    if unit == "points" or (unit is None and column == "nps"):
        return f"{value:,.1f}"
    return f"{value:,.2f}" if column in NUMBERS else f"{value:,.0f}"


def period_name(grain: str, day: date) -> str:
    return {
        "day": f"{day:%Y-%m-%d}",
        "week": f"{day:%Y-%m-%d}",
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year} Q{1 + (day.month - 1) // 3}",
        "year": f"{day.year}",
    }[grain]


# --- what a page shows --------------------------------------------------------------------------


@dataclass
class Chart:
    """A Vega-Lite chart as a browser gets it."""

    spec: dict[str, Any]
    frames: dict[str, pd.DataFrame]
    alt: str

    def marks(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Each mark, with the name of its data."""
        yield from self._marks(self.spec, "")

    def _marks(self, part: dict[str, Any], name: str) -> Iterator[tuple[dict[str, Any], str]]:
        name = part.get("data", {}).get("name", name)
        if "mark" in part:
            yield part, name
        for inner in part.get("layer", []):
            yield from self._marks(inner, name)

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Every key of the spec, wherever it stands."""
        rest: list[Any] = [self.spec]
        while rest:
            one = rest.pop()
            if isinstance(one, dict):
                yield from one.items()
                rest += one.values()
            elif isinstance(one, list):
                rest += one


def charts(node: Any) -> list[Chart]:
    found = []
    for element in node.get("vega_lite_chart"):
        proto = element.proto
        frames = {
            one.name: convert_arrow_bytes_to_pandas_df(one.data.data) for one in proto.datasets
        }
        found.append(Chart(json.loads(proto.spec), frames, proto.alt))
    return found


# What would make Vega add up, divide or leave out by itself.
RECKONING = {
    "aggregate",
    "bin",
    "timeUnit",
    "calculate",
    "window",
    "joinaggregate",
    "impute",
    "regression",
    "loess",
    "density",
    "quantile",
    "pivot",
    "fold",
    "flatten",
    "lookup",
    "sample",
}


@dataclass
class Look:
    """A panel that was drawn, and what its mart holds."""

    at: AppTest
    folder: Path
    key: str
    asked: Query
    rows: list[dict[str, Any]]
    words: Words

    @property
    def kept(self) -> list[dict[str, Any]]:
        return large_enough(self.asked, self.rows)

    @property
    def where(self) -> dict[str, Any]:
        return dict(self.asked.where)

    @property
    def node(self) -> Any:
        return panel(self.at, self.key)

    @property
    def measure(self) -> str | None:
        """What its switch stands at."""
        return self.at.session_state.get(f"choice_m_{self.key}")

    def in_data(self, column: str) -> str:
        return RENAMED.get(self.key, {}).get(column, column)

    def goal(self, column: str) -> float | None:
        """Of the mart of goals: of this basis and grain, or of all."""
        if self.key == "record":
            return 1
        choices = self.at.session_state["choices"]
        basis, grain = choices.get("basis", "purchase"), choices.get("grain", "month")
        columns = ("metric_name", "basis", "period_grain", "goal_value")
        rows = mart(self.folder, Query("goals", columns))
        found = [
            row["goal_value"]
            for row in rows
            if row["metric_name"] == column
            and row["basis"] in (basis, "all")
            and row["period_grain"] in (grain, "all")
        ]
        return found[0] if found else None


# What panels without a switch are about.
ABOUT = {"nps_by_segment": "nps", "outreach": "effect", "service_link": "churn_rate"}


def check_page(at: AppTest, home: Warehouse) -> int:
    """Compares all that a page shows with the marts; returns how many figures there were."""
    folder = served_folder(home)
    words = Words(at.session_state["choices"].get("lang", "en"))
    panels = drawn(at)
    count = 0
    seen: Counter = Counter()
    for key, asked in panels.items():
        look = Look(at, folder, key, asked, mart(folder, asked), words)
        told = look.node
        kept = look.kept
        if not kept:
            assert messages(told), key
            assert not any(told.get(kind) for kind in KINDS), key
            continue
        if messages(told):
            # rows, but none that has the figure
            assert all(row[look.measure or ABOUT[key]] is None for row in kept), key
            assert not any(told.get(kind) for kind in KINDS), key
            continue
        left_out = len(look.rows) - len(kept)
        counted = [
            one for one in captions(told) if one == words("message.left_out", count=left_out)
        ]
        assert len(counted) == (1 if left_out else 0), (key, captions(told))
        for kind in KINDS:
            seen[kind] += len(told.get(kind))
        assert sum(bool(told.get(kind)) for kind in KINDS) == 1, key
        for chart in charts(told):
            count += check_chart(look, chart)
        for element in told.get("dataframe"):
            count += check_table(look, element)
        for element in told.get("plotly_chart"):
            count += check_treemap(look, element)
        if told.get("metric"):
            count += check_cards(look)
    # nothing is shown beside the panels
    for kind in KINDS:
        assert len(at.main.get(kind)) == seen[kind], kind
    return count


KINDS = ("vega_lite_chart", "plotly_chart", "dataframe", "metric")


# --- charts -------------------------------------------------------------------------------------


def check_chart(look: Look, chart: Chart) -> int:
    """Data, encodings and texts of one chart."""
    for name, value in chart.parts():
        assert name not in RECKONING or value is None, (look.key, name, value)
        if name == "transform":
            told = [one["filter"] for one in value]
            assert told in (["datum.is_complete"], ["datum.is_reached"]), (look.key, value)
        # all data comes in the messages, none stands in the spec or elsewhere
        assert name != "data" or set(value) == {"name"}, (look.key, value)
        assert name not in ("datasets", "url"), (look.key, name)
    frame = chart.frames["rows"]
    for name, other in chart.frames.items():
        if name == "goals":
            check_goal(look, other)
        elif name == "notes":
            check_notes(look, other)
        elif name == "zero":
            assert other.to_dict("records") == [{"at": 0}]
        else:
            assert name == "rows", (look.key, name)
    check_encodings(look, chart)
    columns = set(frame.columns)
    if {"low", "high"} <= columns:
        return check_bridge(look, frame)
    if "state" in columns:
        return check_heatmap(look, frame)
    if columns == {"period", "is_complete", "series", "figure"}:
        return check_stacks(look, frame)
    return check_wide(look, chart, frame)


def plotted(chart: Chart) -> list[str]:
    """Fields whose size a reader sees: of marks, from left to right and upwards."""
    found = []
    for part, data in chart.marks():
        for channel in ("y", "y2", "x", "x2"):
            one = part["encoding"].get(channel, {})
            is_figure = one.get("type") == "quantitative" or channel in ("y2", "x2")
            if data == "rows" and "field" in one and is_figure:
                found.append(one["field"])
    return list(dict.fromkeys(found))


def check_encodings(look: Look, chart: Chart) -> None:
    """Axes and tooltips name what they show, and shares are written as shares."""
    words = look.words
    columns = [look.in_data(column) for column in look.asked.columns]
    sizes = [o for o in plotted(chart) if not LIMIT.search(o) and o not in X_AXES]
    for part, data in chart.marks():
        for channel, given in part["encoding"].items():
            for one in given if isinstance(given, list) else [given]:
                if "field" not in one:
                    continue
                field, title = one["field"], one.get("title")
                assert field in chart.frames[data], (look.key, channel, field)
                if data != "rows" or one.get("type") != "quantitative":
                    continue
                told = one.get("format") or (one.get("axis") or {}).get("format")
                if field in columns:
                    named = words.column(field)
                    allowed = (None, named, f"{named} ({CURRENCY})")
                    assert channel != "tooltip" or title == named, (look.key, field, title)
                    assert title in allowed, (look.key, field, title)
                    # limits are written as what they are limits of
                    share = is_share(sizes[0] if LIMIT.search(field) else field)
                    assert told is None or ("%" in told) == share, (look.key, field, told)
                else:
                    assert field in ("figure", "start", "high", "end"), (look.key, field)
                    assert title in (None, words("message.figure"), CURRENCY), (look.key, title)
    shown = plotted(chart)
    measure = look.measure
    if measure and look.in_data(measure) in columns:
        assert look.in_data(measure) in shown, (look.key, measure, shown)
        # the other columns beside it are but its limits
        others = {one for one in shown if one != look.in_data(measure)}
        assert all(LIMIT.search(one) or one in X_AXES for one in others), (
            look.key,
            others,
        )


X_AXES = ("tenure_days", "months_since_start")


def check_goal(look: Look, frame: pd.DataFrame) -> None:
    [(goal, text)] = frame[["goal", "text"]].itertuples(index=False)
    wanted = {
        look.goal(column): column for column in (*look.asked.columns, look.in_data("metric_value"))
    }
    assert goal in wanted and goal is not None, (look.key, goal, wanted)
    column = wanted[goal] if look.key != "record" else "total_ratio"
    assert text == f"{look.words('message.goal')} {written(column, goal)}", (look.key, text)


def check_notes(look: Look, frame: pd.DataFrame) -> None:
    shown = {*look.asked.columns, look.in_data("metric_value"), "all"}
    rows = mart(look.folder, Query("annotations", ("noted_on", "metric_name", "note")))
    wanted = Counter((row["noted_on"], row["note"]) for row in rows if row["metric_name"] in shown)
    assert rows_of(frame, ("noted_on", "note")) == wanted, look.key


def check_wide(look: Look, chart: Chart, frame: pd.DataFrame) -> int:
    """A row of data for each row of the mart, or one for each row and measure."""
    words, rows = look.words, look.kept
    columns = {look.in_data(column): column for column in look.asked.columns}
    assert set(columns) <= set(frame.columns), (look.key, set(columns) - set(frame.columns))
    assert set(frame.columns) - set(columns) <= DERIVED, (look.key, set(frame.columns))
    if look.key == "themes":
        rows = [row for row in rows if row["theme"] != "all"]
    shown = plotted(chart)
    if "figure" in frame:
        # several measures: the figure is that of the measure that the line is named after
        by_name = {words.column(column): look.in_data(column) for column in look.asked.columns}
        lines = [name for name in by_name if name in set(frame["series"])]
        assert set(frame["series"]) == set(lines) and shown == ["figure"], look.key
        assert len(lines) == 2 and len(frame) == len(lines) * len(rows), look.key
        for one in frame.to_dict("records"):
            assert plain(one["figure"]) == plain(one[by_name[one["series"]]]), (look.key, one)
        rows = [row for row in rows for _ in lines]
    elif "label" in frame and look.key != "clv":
        # bars and dots: those without a figure have none
        measures = [one for one in shown if not LIMIT.search(one)]
        assert len(measures) == 1, (look.key, shown)
        rows = [row for row in rows if row[columns[measures[0]]] is not None]
    wanted = Counter(tuple(row[column] for column in columns.values()) for row in rows)
    assert rows_of(frame, columns) == wanted, (look.key, "rows")
    grain = GRAIN_OF.get(look.key) or look.where.get("period_grain", "month")
    for one in (
        {name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ):
        check_texts(look, one, grain, shown)
    return len(rows) * len(columns)


DERIVED = {"period", "series", "figure", "label", "text", "kind", "pair", "days", "is_open"}
DERIVED |= {"is_complete", "place"}
CATEGORIES = {
    "causes": "cause",
    "churn_by_segment": "segment_value",
    "nps_by_segment": "segment_value",
    "deciles": "value_decile",
    "themes": "theme",
    "service_link": "resolution_bucket",
    "channels": "channel",
    "outreach": "action",
    "promotions": "promotion_name",
}


def check_texts(look: Look, one: dict[str, Any], grain: str, shown: list[str]) -> None:
    """Texts that are made of a row say what is in the row."""
    words = look.words
    if "period" in one:
        assert one["period"] == period_name(grain, one["period_start"]), (look.key, one)
    if "text" in one:
        assert one["text"] == written(shown[0], one[shown[0]]), (look.key, one)
    if "kind" in one:
        assert one["kind"] == words.value(one["is_stated"], "is_stated"), (look.key, one)
    if "is_open" in one:
        assert one["is_open"] == (one["upper_bound"] is None), one
        low = one["lower_bound"]
        wanted = "< 0" if low is None else f"{low:,.0f}" + " +" * one["is_open"]
        assert one["label"] == wanted, one
    elif "label" in one and look.key in CATEGORIES:
        category = CATEGORIES[look.key]
        name = words.value(one[category], category)
        # a cause that is both stated and inferred has two bars
        assert one["label"] in (name, f"{name} ({one.get('kind')})"), (look.key, one)
    elif "pair" in one:
        action = words.value(one["recommended_action"], "action")
        assert one["pair"] == f"{words.value(one['risk_band'])}: {action}", one
        assert one["label"] == one["pair"]
    elif "days" in one:
        assert one["label"] == one["days"] == words("message.days", count=one["horizon_days"])
    else:
        assert "label" not in one, look.key
    if "series" in one and "figure" not in one:
        column = {"record": "model_name", "loyalty": "tier"}[look.key]
        assert one["series"] == words.value(one[column]), (look.key, one)


def check_stacks(look: Look, frame: pd.DataFrame) -> int:
    told: Any = STACKED[look.key]
    measures = told[look.measure] if isinstance(told, dict) else told
    grain = look.where["period_grain"]
    wanted = Counter(
        (
            period_name(grain, row["period_start"]),
            row["is_complete"],
            look.words.column(measure),
            row[measure],
        )
        for row in look.kept
        for measure in measures
    )
    assert rows_of(frame, ("period", "is_complete", "series", "figure")) == wanted, look.key
    return len(frame)


def check_bridge(look: Look, frame: pd.DataFrame) -> int:
    """Each bar says its column; where it begins and ends are the sums so far, up to the mart's own
    last total."""
    [row] = look.kept
    steps = BRIDGES[look.key]
    assert set(steps) <= set(look.asked.columns)
    assert frame["label"].tolist() == [look.words.column(column) for column in steps]
    assert frame["figure"].tolist() == [row[column] for column in steps]
    assert frame["place"].tolist() == list(range(len(steps)))
    # the axis may begin later than at zero: totals are cut off then, what came and went is whole
    is_total = frame["kind"] == "total"
    assert (frame["start"] == frame["low"])[~is_total].all()
    assert (frame["start"] >= frame["low"]).all() and (frame["start"] <= frame["high"]).all()
    assert frame["start"].min() == 0 or frame["start"].min() < frame["low"][~is_total].min()
    assert (frame["end"] >= frame["high"].max()).all()
    level = 0.0
    for (column, sign), one in zip(steps.items(), frame.to_dict("records"), strict=True):
        if sign == 0:
            assert math.isclose(level, row[column], abs_tol=0.01) or level == 0, (look.key, column)
            level, ends = row[column], [0.0, row[column]]
        else:
            ends = sorted((level, level + sign * row[column]))
            level += sign * row[column]
        assert [one["low"], one["high"]] == ends, (look.key, one)
        mark = {0: "", 1: "+", -1: "−"}[sign]  # noqa: RUF001
        assert one["text"] == f"{mark}{row[column]:,.0f}", (look.key, one)
        assert one["kind"] == {0: "total", 1: "gain", -1: "loss"}[sign]
    return len(steps)


def check_heatmap(look: Look, frame: pd.DataFrame) -> int:
    """A cell for each cohort and month: the mart's figure, too few, or not over yet."""
    words = look.words
    measure = look.asked.columns[-1]
    share = is_share(measure)
    known = {}
    for row in look.kept:
        cohort = f"{row['cohort_month']:%Y-%m}  ({row['cohort_customers']:,})"
        known[cohort, row["months_since_start"]] = row[measure]
    mean = words("message.average")
    asked = Query(
        "cohort_averages", ("months_since_start", "cohort_customers", measure), look.asked.where
    )
    averages = {
        (mean, row["months_since_start"]): row[measure]
        for row in large_enough(asked, mart(look.folder, asked))
    }
    known |= averages if share else {}
    months = set(range(1, 1 + max(row["months_since_start"] for row in look.kept)))
    cohorts = {cohort for cohort, _ in known}
    cells = {(one["label"], one["month"]): one for one in frame.to_dict("records")}
    assert len(cells) == len(frame) == len(cohorts) * len(months), look.key
    assert {cohort for cohort, _ in cells} == cohorts
    assert {key for key in known if key[1] > 0} <= set(cells)
    goal = look.goal(measure)
    for key, cell in cells.items():
        figure = plain(cell.get("figure"))
        if key not in known:
            told = ("open", None, "·", words("message.open"))
        elif known[key] is None:
            told = ("small", None, "–", words("message.small"))  # noqa: RUF001
        elif share:
            told = ("known", known[key], f"{100 * known[key]:.0f}", f"{known[key]:.1%}")
        else:
            text = written("net_revenue" if measure == "net_revenue" else "customers", known[key])
            told = ("known", known[key], f"{known[key]:,.0f}", text)
        assert (cell["state"], figure, cell["short"], cell["text"]) == told, (key, cell)
        is_reached = bool(
            goal is not None and key in averages and share and (known[key] or 0) >= goal
        )
        assert bool(cell["is_reached"]) == is_reached, (key, cell, goal)
    return len(cells)


# --- treemap, tables, cards ---------------------------------------------------------------------


def check_treemap(look: Look, element: Any) -> int:
    spec = json.loads(element.proto.spec)
    [data] = spec["data"]
    measure = look.measure
    share = {"customers": "share_of_customers", "monetary": "share_of_monetary"}[measure]
    told = zip(
        data["labels"],
        unpacked(data["values"]),
        *(list(column) for column in zip(*unpacked(data["customdata"]), strict=True)),
        strict=True,
    )
    columns = (measure, share, "mean_recency_days", "monetary_per_customer")
    wanted = Counter(
        (look.words.value(row["rfm_segment"]), *(row[column] for column in columns))
        for row in look.kept
    )
    assert Counter(tuple(map(plain, one)) for one in told) == wanted
    for at, column in enumerate(columns[2:], 1):
        assert f"{look.words.column(column)}: %{{customdata[{at}]" in data["hovertemplate"]
    assert "%{customdata[0]:.0%}" in data["texttemplate"] and "%{value" in data["texttemplate"]
    return len(wanted) * len(columns)


def unpacked(values: Any) -> list[Any]:
    """Numbers as Plotly packs them."""
    if not isinstance(values, dict):
        return values
    found = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
    shape = [int(one) for one in str(values.get("shape", len(found))).split(",")]
    return found.reshape(shape).tolist()


def check_table(look: Look, element: Any) -> int:
    """Every cell, rounded as it is shown, in the order of the query."""
    frame, settings = element.value, json.loads(element.proto.columns)
    rows = look.kept
    assert frame.columns.tolist() == list(look.asked.columns) and len(frame) == len(rows), look.key
    texts = {"customer_id", "raw_table", "reason", "meaning", "how_to_mend", "mart", "column_name"}
    texts |= {"reason_1", "reason_2", "reason_3"}
    for column in frame.columns:
        assert settings[column]["label"] == look.words.column(column)
        kind = settings[column].get("type_config", {})
        for cell, row in zip(frame[column], rows, strict=True):
            cell, value = plain(cell), row[column]
            if isinstance(value, str) and column not in texts:
                is_name = column == "segment_name"
                value = look.words.segment(value) if is_name else look.words.value(value, column)
            elif isinstance(value, float) and not is_share(column):
                decimals = 2 if column in MONEY | NUMBERS else 0
                assert cell is not None and abs(cell - value) <= 0.5 * 10**-decimals + 1e-9
                assert round(cell, decimals) == cell
                continue
            assert cell == value, (look.key, column, cell, value)
        if is_share(column):
            assert kind["format"] == "percent", (look.key, column)
        elif column in MONEY | NUMBERS:
            assert kind["format"] == "localized", (look.key, column)
    return frame.size


def check_cards(look: Look) -> int:
    return {"figures": check_figures, "verdict": check_verdict}[look.key](look)


def check_verdict(look: Look) -> int:
    [row] = look.kept
    words = look.words
    names = ("ltv_to_cac", "cac", "ltv", "retention_rate", "cost_to_retain")
    told = [(one.label, one.value, one.delta) for one in look.node.get("metric")]
    labels = {**dict(zip(names, names, strict=True)), "retention_rate": "start_set_retention_rate"}
    expected = [(words.column(labels[name]), written(name, row[name]), "") for name in names]
    assert told == expected
    [text] = [one.value for one in look.node.get("markdown")]
    assert words.value(row["verdict"], "verdict") in text
    assert words.value(row["rule_fired"]) in text
    return len(names)


def check_figures(look: Look) -> int:
    """Cards of the chosen period: figure, change, course, and what stands below."""
    words = look.words
    grain = look.where["period_grain"]
    chosen = look.at.session_state["choices"]["period"]
    names = [
        "customers_at_end",
        "retention_rate",
        "churn_rate",
        "net_revenue_retention",
        "nps",
        "clv_formula",
        "clv_arpa",
    ]
    names = [name for name in names if any(row["metric_name"] == name for row in look.kept)]
    cards = look.node.get("metric")
    below = [one for one in captions(look.node) if words("message.on_last_year") in one]
    assert [card.label for card in cards] == [words.column(name) for name in names]
    for card, name in zip(cards, names, strict=True):
        rows = [row for row in look.kept if row["metric_name"] == name]
        found = [row for row in rows if period_name(grain, row["period_start"]) == chosen]
        assert card.proto.help, name
        if not found:
            assert (card.value, card.delta) == ("–", ""), name  # noqa: RUF001
            continue
        [row] = found
        assert card.value == written(name, row["metric_value"], row["unit"]), name
        assert card.delta == (change(row, "previous", words) or ""), name
        course = [
            one["metric_value"]
            for one in rows
            if one["is_complete"] and one["period_start"] <= row["period_start"]
        ]
        course = [one for one in course if one is not None][-24:]
        assert list(card.proto.chart_data) == course, name
        note = below.pop(0)
        before = change(row, "last_year", words) or "–"  # noqa: RUF001
        assert note.startswith(f"{words('message.on_last_year')}: {before}"), (name, note)
        assert note.endswith(f"n = {row['counted']:,}"), (name, note)
        limits = row["lower_95"], row["upper_95"]
        assert (words("message.limits") in note) == (limits[0] is not None), name
        if limits[0] is not None:
            assert f"{limits[0]:.1f} … {limits[1]:.1f}" in note, (name, note)
    assert not below
    return len(names)


def change(row: dict[str, Any], on: str, words: Words) -> str | None:
    value, rate = row[f"change_on_{on}"], row[f"change_rate_on_{on}"]
    if value is None:
        return None
    if row["unit"] == "share":
        return f"{100 * value:+.1f} {words('message.points')}"
    if row["unit"] == "points":
        return f"{value:+.1f}"
    return f"{value:+,.0f}" + (f" ({rate:+.0%})" if rate is not None else "")


# --- every number -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, address",
    [(name, address) for name, looks in LOOKS.items() for address in looks],
    ids=[f"{name}-{at}" for name, looks in LOOKS.items() for at in range(len(looks))],
)
def test_every_figure_is_the_marts(name: str, address: dict[str, str], once: Warehouse) -> None:
    at = looked_at(str(once.home), name, tuple(address.items()))
    assert check_page(at, once) > 20
    # and the page is about what its address says: an option that there is not would be another
    shown = at.session_state["choices"]
    assert {key: shown.get(key) for key in address} == address


def test_every_panel_of_every_page_was_looked_at_with_figures(once: Warehouse) -> None:
    """What no look above fills would never have been compared."""
    filled: set[str] = set()
    for name, looks in LOOKS.items():
        for address in looks:
            at = looked_at(str(once.home), name, tuple(address.items()))
            filled |= {key for key in drawn(at) if any(panel(at, key).get(kind) for kind in KINDS)}
    every = {key.removeprefix("panel.") for key in Words("en").texts if key.startswith("panel.")}
    # what `holdfast status` says, links; and nothing of a closed period changed in the sample
    assert every - filled <= {"runs", "docs", "changes"}


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", WRITTEN)
def test_every_page_in_every_language(language: str, once: Warehouse) -> None:
    words = Words(language)
    for name in QUESTIONS:
        address = {"lang": language, "basis": "subscription"} if language != "en" else {}
        at = looked_at(str(once.home), name, tuple(address.items()))
        assert [one.value for one in at.title] == [words(f"page.{name}")]
        assert captions(at.main)[0] == words(f"question.{name}")
        for key in drawn(at):
            assert panel(at, key).get("subheader")[0].value == words(f"panel.{key}")
        # a template that was not filled in
        texts = [one.value for kind in ("caption", "markdown", "info") for one in at.get(kind)]
        assert not [text for text in texts if re.search(r"\{[a-z_]*\}", text)], texts


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_chart_and_panel_is_told_in_words(name: str, once: Warehouse) -> None:
    """Titles carry the definition of the docs, and charts are told to those who do not see them."""
    at = looked_at(str(once.home), name)
    asked_of = Query("columns", ("table_name", "column_name", "description"))
    rows = mart(served_folder(once), asked_of)
    for key, asked in drawn(at).items():
        if asked.table in ("metric_changes", "deliveries"):
            continue  # of the publication: no model describes them
        figure = key.removesuffix("_over_time")
        known = {
            " ".join((row["description"] or "").split())
            for row in rows
            if row["table_name"] in (asked.table, "customer_lifetime_value")
            or row["column_name"] == figure
        }
        [title] = panel(at, key).get("subheader")
        assert title.proto.help and title.proto.help in known, key
        told = [one.alt for one in charts(panel(at, key))]
        told += [one.proto.alt for one in panel(at, key).get("plotly_chart")]
        for alt in told:
            assert alt == f"{title.value}. {title.proto.help}", key


# --- what is too small, what is not over --------------------------------------------------------


def test_groups_too_small_are_nowhere_in_a_page(once: Warehouse) -> None:
    folder = served_folder(once)
    # a segment of one to four customers at a time, and panels with some such values
    for name, address, key in (
        ("churn", {"segment": "region", "value": "Lâm Đồng"}, "churn"),
        ("churn", {"by": "loyalty_tier"}, "churn_by_segment"),
        ("voice", {"by": "country"}, "nps_by_segment"),
    ):
        at = page(name, address)
        asked = drawn(at)[key]
        rows = mart(folder, asked)
        small = [row for row in rows if row not in large_enough(asked, rows)]
        assert small and len(small) < len(rows), key
        id_column = "segment_value" if "segment_value" in asked.columns else "period_start"
        [chart] = charts(panel(at, key))
        told = {
            plain(one)
            for frame in chart.frames.values()
            if id_column in frame
            for one in frame[id_column]
        }
        assert told and not told & {row[id_column] for row in small}, key
        base = BASES[asked.table]
        counts = [one for frame in chart.frames.values() if base in frame for one in frame[base]]
        assert min(counts) >= SMALLEST, key
        text = Words("en")("message.left_out", count=len(small))
        assert text in captions(panel(at, key)) and str(len(small)) in text
        if id_column == "segment_value":
            labels = "".join(json.dumps(c.spec) + "".join(f.to_csv() for f in c.frames.values())
                             for c in [chart])  # fmt: skip
            assert not [row for row in small if row["segment_value"] in labels]


def test_a_segment_with_too_few_customers_says_so(once: Warehouse) -> None:
    at = page("churn", {"segment": "age_band", "value": "under 18"})
    assert not at.exception
    for key in ("churn", "retained"):
        assert messages(panel(at, key)) == [Words("en")("message.small")], key
        # neither do they come as a file
        assert not panel(at, key).get("download_button"), key


def test_months_that_are_not_over_are_no_part_of_an_average(once: Warehouse) -> None:
    at = looked_at(str(once.home), "retention")
    [chart] = charts(panel(at, "cohorts"))
    [cells] = [frame for frame in chart.frames.values() if "state" in frame]
    is_open = cells["state"] == "open"
    assert is_open.sum() > 50 and cells.loc[is_open, "figure"].isna().all()
    # the average of a month is of the cohorts that have it, weighed by their customers
    asked = drawn(at)["cohorts"]
    rows = mart(served_folder(once), asked)
    means = cells[cells["label"] == Words("en")("message.average")].set_index("month")["figure"]
    for month in (1, 6, 12, 20):
        some = [row for row in rows if row["months_since_start"] == month]
        whole = [row for row in some if row["active_rate"] is not None]
        mean = np.average(
            [row["active_rate"] for row in whole],
            weights=[row["cohort_customers"] for row in whole],
        )
        newest = max(row["cohort_month"] for row in rows)
        assert len(some) < len({row["cohort_month"] for row in rows})
        assert newest not in {row["cohort_month"] for row in some}
        assert math.isclose(means[month], mean), month


def test_periods_that_are_not_over_say_so_and_are_pale(once: Warehouse) -> None:
    at = looked_at(str(once.home), "churn")
    [box] = [one for one in at.selectbox if one.key == "choice_period"]
    words = Words("en")
    assert box.options[0] == words("message.not_over", period="2025-12")
    # the newest period that is over is what a page opens with
    assert box.value == "2025-11" and box.options[1] == "2025-11"
    [chart] = charts(panel(at, "churn"))
    lines = [part for part, _ in chart.marks() if part["mark"]["type"] == "line"]
    dots = [part for part, _ in chart.marks() if part["mark"]["type"] == "point"]
    assert all(part["transform"] == [{"filter": "datum.is_complete"}] for part in lines)
    assert all(part["encoding"]["opacity"]["value"] < 1 for part in dots)
    [frame] = [frame for frame in chart.frames.values() if "is_complete" in frame]
    assert frame.loc[~frame["is_complete"], "period"].tolist() == ["2025-12"]


# --- choices and the address --------------------------------------------------------------------


def select(at: AppTest, name: str, value: Any) -> AppTest:
    """What a reader picks from a list or a switch."""
    found = [one for one in (*at.selectbox, *at.segmented_control) if one.key == f"choice_{name}"]
    found[0].set_value(value)
    at.run()
    assert not at.exception, [one.message for one in at.exception]
    return at


def test_choices_change_what_they_say(once: Warehouse) -> None:
    at = page("churn")
    assert at.query_params == {}
    base = {"segment_name": "all", "segment_value": "all", "period_grain": "month"}
    first = drawn(at)
    assert dict(first["churn"].where) == {**base, "basis": "purchase"}
    assert dict(first["causes"].where)["period_start"] == date(2025, 11, 1)

    def changed(name: str, value: Any) -> dict[str, Query]:
        before = told(at)
        select(at, name, value)
        assert told(at) != before, name
        check_page(at, once)
        return drawn(at)

    then = changed("basis", "subscription")
    assert dict(then["churn"].where) == {**base, "basis": "subscription"}
    assert at.query_params == {"basis": "subscription"}
    then = changed("grain", "quarter")
    assert {dict(one.where)["period_grain"] for one in then.values()} == {"quarter"}
    assert dict(then["causes"].where)["period_start"] == date(2025, 7, 1)
    then = changed("period", "2025 Q2")
    assert dict(then["mrr"].where)["period_start"] == date(2025, 4, 1)
    then = changed("segment", "country")
    # the first value of the segment
    assert dict(then["churn"].where)["segment_value"] == "LA"
    then = changed("value", "TH")
    assert dict(then["churn"].where) == {
        "basis": "subscription",
        "period_grain": "quarter",
        "segment_name": "country",
        "segment_value": "TH",
    }
    then = changed("m_churn", "lost_customers")
    assert then["churn"].columns[-1] == "lost_customers"
    then = changed("by", "gender")
    assert dict(then["churn_by_segment"].where)["segment_name"] == "gender"
    assert at.query_params == {
        "basis": "subscription",
        "grain": "quarter",
        "period": "2025 Q2",
        "segment": "country",
        "value": "TH",
        "m_churn": "lost_customers",
        "by": "gender",
    }
    # what is as the page opens with is not in the address
    changed("m_churn", "churn_rate")
    assert "m_churn" not in at.query_params


def told(at: AppTest) -> list[Any]:
    """All that a page shows of figures, in a form that can be compared."""
    found: list[Any] = []
    for key in drawn(at):
        node = panel(at, key)
        for chart in charts(node):
            found.append([(name, frame.to_csv()) for name, frame in sorted(chart.frames.items())])
            found.append(chart.spec)
        found += [one.value.to_csv() for one in node.get("dataframe")]
        found += [one.proto.spec for one in node.get("plotly_chart")]
        found += [(one.label, one.value, one.delta) for one in node.get("metric")]
        found += captions(node) + messages(node)
    return found


def test_choices_stay_from_page_to_page(once: Warehouse) -> None:
    at = page("overview")
    for name, value in (("basis", "subscription"), ("grain", "quarter"), ("segment", "country")):
        select(at, name, value)
    select(at, "value", "VN")
    kept = dict(at.query_params)
    # a page of Streamlit's begins with an address of its own
    for name in ("churn", "retention", "quality", "contacts", "churn"):
        at.query_params = {}
        turned_to(at, name)
        assert not at.exception
        if "segment" in QUESTIONS[name].FILTERS:
            where = dict(
                next(one for one in drawn(at).values() if "basis" in dict(one.where)).where
            )
            assert where["segment_value"] == "VN" and where["basis"] == "subscription", name
            assert {key: at.query_params.get(key) for key in kept} == kept, name
    # and of language
    if len(WRITTEN) > 1:
        select(at, "lang", WRITTEN[1])
        at.query_params = {}
        turned_to(at, "value")
        assert at.title[0].value == Words(WRITTEN[1])("page.value")
        assert at.query_params["lang"] == WRITTEN[1]


@pytest.mark.parametrize(
    "name, at_look", [("retention", 2), ("churn", 2), ("value", 1), ("engagement", 1)]
)
def test_an_address_opens_that_very_view(name: str, at_look: int, once: Warehouse) -> None:
    address = LOOKS[name][at_look]
    one = looked_at(str(once.home), name, tuple(address.items()))
    # all of it is said in the address, but what the page would open with anyway
    address = {key: text for key, text in address.items() if (key, text) != ("value", "LA")}
    assert one.query_params == address
    other = page(name, dict(one.query_params))
    assert drawn(other) == drawn(one) and told(other) == told(one)
    # picked by hand it is the same
    by_hand = page(name)
    for key, value in address.items():
        options = {str(o): o for o in (*range(1, 13), 30, 90, 365)}
        select(by_hand, key, options.get(value, value))
    assert by_hand.query_params == address
    assert drawn(by_hand) == drawn(one)


def test_an_address_with_nonsense_opens_the_page_as_it_is(once: Warehouse) -> None:
    names = {key for looks in LOOKS.values() for look in looks for key in look} | {"lang"}
    for name in ("overview", "retention", "engagement", "contacts"):
        usual = looked_at(str(once.home), name)
        for text in ("' or '1'='1", ["month", "nosuch"]):
            at = page(name, {key: text for key in names})
            assert not at.exception, (name, text)
            assert drawn(at) == drawn(usual), (name, text)
    at = page("nosuch")
    assert at.title[0].value == Words("en")("page.overview")


# --- files --------------------------------------------------------------------------------------


def files(name: str, address: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The files that a page offers, by panel: name and bytes."""
    offered: dict[str, Any] = {}

    def offer(label: str, data: Callable[[], bytes], *, key: str, **options: Any) -> None:
        offered[key.removeprefix("csv_")] = (options["file_name"], data)

    with monkeypatch.context() as patch:
        patch.setattr(st, "download_button", offer)
        at = page(name, address)
    assert not at.exception
    return {key: (file, data(), drawn(at)[key]) for key, (file, data) in offered.items()}


@pytest.mark.parametrize("name", ["overview", "churn", "engagement", "contacts", "quality"])
def test_files_hold_every_row_as_it_is(
    name: str, once: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = served_folder(once)
    offered = files(name, {}, monkeypatch)
    assert offered
    for key, (file, text, asked) in offered.items():
        assert file == f"{asked.table}-{key}-{folder.name}.csv"
        assert text.startswith("\ufeff".encode())
        header, *found = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
        assert tuple(header) == asked.columns
        names = ", ".join(f'"{column}"' for column in asked.columns)
        wanted = exact(folder, replace(asked, limit=None), names)
        # a file of text has no types: every value as Python writes it, decimals with all places
        told = [["" if value is None else str(safe(value)) for value in row] for row in wanted]
        assert found == told, key
        assert len(found) == len(wanted), key
    if name == "contacts":
        assert len(exact(folder, offered["next_actions"][2], "*")) == 200
        assert len(offered["next_actions"][1].splitlines()) > 600
    if name == "engagement":
        # as it stands in the file: a text, not what a spreadsheet would run
        assert "'=HYPERLINK(" in offered["promotions"][1].decode()
        assert ',"=' not in offered["promotions"][1].decode().replace("\n", ",")


def exact(folder: Path, asked: Query, names: str) -> list[tuple[Any, ...]]:
    """Rows of a query with DuckDB's own types."""
    where = " and ".join(
        "("
        + " or ".join(f"{column} = '{one}'" for one in (v if isinstance(v, tuple) else (v,)))
        + ")"
        for column, v in asked.where
    )
    order = ", ".join(f"{c.lstrip('-')} {'desc' if c[0] == '-' else 'asc'}" for c in asked.order)
    sql = f"select {names} from {parquet(folder, asked.table)} where {where or 'true'}"
    sql += f" order by {order} nulls last" if order else ""
    with duckdb.connect() as connection:
        connection.execute("set default_null_order = 'nulls_last'")
        return connection.execute(sql + (f" limit {asked.limit}" if asked.limit else "")).fetchall()


# --- nothing, failures, new publications --------------------------------------------------------


def test_nothing_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path / "home")
    for language in WRITTEN:
        at = page("churn", {"lang": language})
        assert not at.exception
        assert messages(at.main) == [Words(language)("message.nothing_published")]
        assert "`holdfast build`" in messages(at.main)[0]
        assert drawn(at) == {}


def test_a_page_opens_once_something_is_published(
    once: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path / "home")
    at = page("churn")
    assert drawn(at) == {}
    shutil.copytree(once.settings.published, tmp_path / "home" / "published", symlinks=True)
    at.run()
    assert not at.exception and "churn" in drawn(at)


def test_marts_without_rows_say_so(copied: Warehouse) -> None:
    kept = dict.fromkeys(("overview_by_period", "build", "columns"), "from this")
    altered(copied, {**kept, "*": "from this limit 0"})
    words = Words("en")
    for name in QUESTIONS:
        at = page(name)
        assert not at.exception, (name, [one.message for one in at.exception])
        for key, asked in drawn(at).items():
            if asked.table not in kept:
                text = "message.no_changes" if key == "changes" else "message.nothing_delivered"
                assert messages(panel(at, key)) == [words(text)], key
                assert not any(panel(at, key).get(kind) for kind in KINDS), key


def test_a_company_without_a_single_period_says_so(copied: Warehouse) -> None:
    altered(copied, {"build": "from this", "columns": "from this", "*": "from this limit 0"})
    for name in ("overview", "value", "quality"):
        at = page(name)
        assert not at.exception, (name, [one.message for one in at.exception])
        assert Words("en")("message.empty") in messages(at.main), name


def test_a_build_that_failed_is_told_above_the_figures(copied: Warehouse) -> None:
    words = Words("en")
    at = page("churn")
    assert not at.error and any(words("message.trusted") in one for one in captions(at.main))
    for outcome, why, text in (
        (journal.FAILED, "a check did not pass", "the last build failed"),
        (journal.STARTED, "", "the last build was killed"),
    ):
        journal.note(copied.settings, "holdfast build", outcome, why)
        st.cache_data.clear()
        at = page("churn")
        [error] = at.error
        assert words("message.not_trusted") in error.value and text in error.value
        # what it is about, and how old it is
        assert "Data before 2026-01-01" in error.value and "published" in error.value
        assert re.search(r"\d+\.\d hours ago", error.value)
        assert not any(words("message.trusted") in one for one in captions(at.main))
        assert check_page(at, copied) > 20
    at = turned_to(at, "quality")
    lines = [one.value for one in panel(at, "runs").get("markdown")]
    assert any("holdfast build was killed" in line for line in lines)
    journal.note(copied.settings, "holdfast build", journal.ENDED)
    st.cache_data.clear()
    assert not at.run().error


def test_what_is_old_is_told(copied: Warehouse) -> None:
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    at = f"timestamp '{long_ago:%Y-%m-%d %H:%M:%S}'"
    folder = altered(copied, {"build": f"select * replace ({at} as published_at) from this"})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["published_at"] = long_ago.isoformat()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    [error] = page("overview").error
    assert "what is served is 72 hours old" in error.value and "3 days ago" in error.value


def test_a_new_publication_is_shown_in_open_sessions(copied: Warehouse) -> None:
    settings = copied.settings
    at = page("churn", {"basis": "subscription"})
    old, first = served_folder(copied), told(at)
    copied.execute(
        "update marts.nps_by_period set response_rate = response_rate / 2;"
        "update marts.churn_causes_by_period"
        " set share_of_lost_customers = share_of_lost_customers / 2"
    )
    new = published(copied, accepted="a test")
    remove(old)
    assert served_name(settings) == new and not old.exists()
    st.cache_data.clear()
    at.run()
    assert not at.exception and served_folder(copied).name == new
    assert told(at) != first and check_page(at, copied) > 20
    # the newest period is another now, and nobody had chosen the one before
    assert at.query_params == {"basis": "subscription"}
    # on the page of quality: what changed in closed periods, and that it was accepted
    turned_to(at, "quality")
    assert check_page(at, copied) > 20
    changes = panel(at, "changes").get("dataframe")[0].value
    assert {"nps_by_period", "churn_causes_by_period"} <= set(changes["mart"])
    # back to an earlier one
    assert rollback(settings).name != new
    st.cache_data.clear()
    at.run()
    lines = [one.value for one in panel(at, "runs").get("markdown")]
    assert any(f"rolled back from {new}" in line for line in lines), lines
    assert check_page(at, copied) > 20


def test_a_generation_that_goes_while_a_page_is_drawn(
    copied: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that had begun with the old one begins again with the new one."""
    at = page("churn")
    old = served_folder(copied)
    new = altered(copied, {"goals": "from this"})
    st.cache_data.clear()
    st.cache_resource.clear()
    remove(old)
    real, asked = reading.served, []

    def served(folder: Path) -> Path | None:
        asked.append(folder)
        return old if len(asked) == 1 else real(folder)

    monkeypatch.setattr(reading, "served", served)
    at.run()
    assert len(asked) > 2 and not at.exception, [one.message for one in at.exception]
    assert check_page(at, copied) > 20 and served_folder(copied) == new


# --- one definition of each figure --------------------------------------------------------------

CODE = {
    path.relative_to(APP.parent).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(APP.parent.rglob("*.py"))
}
# What makes one figure of several, in pandas and in Python.
AGGREGATES = {
    *("groupby", "sum", "mean", "median", "agg", "aggregate", "pivot", "pivot_table", "crosstab"),
    *("cumsum", "cumprod", "cummax", "cummin", "rolling", "expanding", "ewm", "quantile", "rank"),
    *("value_counts", "nunique", "count", "size", "std", "var", "sem", "describe", "transform"),
    *("resample", "diff", "pct_change", "merge", "eval", "cut", "qcut", "prod", "fsum", "dot"),
    *("max", "min", "idxmax", "idxmin", "nlargest", "nsmallest", "first", "last", "clip"),
    *("round", "add", "sub", "mul", "div", "divide", "multiply", "subtract", "corr", "cov"),
}  # fmt: skip
# What may be reckoned with, function by function: what with (`+` is arithmetic), and why.
RECKONED = {
    "app.py:banner": "+: age of the publication",
    "charts.py:bars": "+ nunique: height of the chart",
    "charts.py:lines": "min: the first day, before which there are no notes",
    "charts.py:intervals": "+ nunique: height of the chart",
    "charts.py:waterfall": "+ min max clip: where bars stand, tested above against the mart",
    "charts.py:heatmap": "+ groupby first min max: size of each cohort, last month, colours",
    "charts.py:_cell": "+: colour; a share as a percentage",
    "charts.py:treemap": "+ min max: colours",
    "charts.py:_series": "+ min max: how the names of a legend stand",
    "panel.py:draw": "+: how many rows are left out",
    "panel.py:_cards": "+: how many cards stand in a row",
    "panel.py:_table": "round: decimals of a cell",
    "questions/overview.py:change": "+: a share as a percentage",
    "questions/voice.py:service_link": "max: the newest period",
    "reading.py:served": "+: paths",
    "report_page.py:_course": "+ min max: where a line stands",
    "report_page.py:_svg": "+: place in a text",
    "report_page.py:_with_own_ids": "count: numbers of elements",
    "view.py:period_label": "+: number of a quarter",
}
# How a mart may be named: to read its rows, and to say what they are.
READERS = {"query", "options", "definition", "Table", "Query"}
SQL = re.compile(
    r"\b(select|from|join|where|group by|order by|having|union)\s+[\w\"*({]"
    r"|\b(sum|avg|count|min|max)\s*\(",
    re.IGNORECASE,
)


def nodes(tree: ast.AST, around: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Every node with the outermost function or method around it."""
    for child in ast.iter_child_nodes(tree):
        name = around
        if not around and isinstance(child, ast.FunctionDef):
            name = child.name
        yield child, name
        yield from nodes(child, name)


def test_figures_are_not_reckoned_here() -> None:
    """Each metric has one definition, in a mart: here rows are read and shown as they are."""
    found = set()
    for file, tree in CODE.items():
        if file in ("colours.py", "server.py", "pdf.py", "words/__init__.py"):
            continue  # no row of a mart passes here
        for node, function in nodes(tree):
            name = ""
            if isinstance(node, (ast.BinOp, ast.AugAssign)) and is_arithmetic(node):
                name = "+"
            elif isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                of = getattr(getattr(node.func, "value", None), "id", "")
                name = called if called in AGGREGATES and of != "re" else ""
            if name:
                found.add((f"{file}:{function}", name))
    allowed = {
        (place, name) for place, why in RECKONED.items() for name in why.partition(":")[0].split()
    }
    assert sorted(found - allowed) == []


def is_arithmetic(node: ast.BinOp | ast.AugAssign) -> bool:
    if isinstance(node.op, (ast.BitOr, ast.BitAnd)):
        return False
    # texts are joined, paths too, sets are taken from each other
    return not any(
        isinstance(one, (ast.JoinedStr, ast.Set, ast.List))
        or (isinstance(one, ast.Constant) and isinstance(one.value, (str, bytes)))
        or (isinstance(one, ast.Name) and one.id in ("values", "layers", "told", "first", "stamp"))
        for one in ast.walk(node)
    )


def test_sql_is_written_in_one_place() -> None:
    for file, tree in CODE.items():
        docs = {
            id(node.body[0].value)
            for node in (tree, *ast.walk(tree))
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [one.name for one in node.names]
                names.append(getattr(node, "module", None) or "")
                engines = {"duckdb", "sqlite3", "numpy", "scipy", "statistics", "polars", "pyarrow"}
                assert file == "reading.py" or not {n.split(".")[0] for n in names} & engines, file
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and file != "reading.py" and id(node) not in docs:
                assert not SQL.search(node.value), (file, node.lineno, node.value)


def test_marts_are_named_only_to_be_read(once: Warehouse) -> None:
    marts = {path.stem for path in served_folder(once).glob("parquet/marts/*.parquet")}
    read = set()
    for file, tree in CODE.items():
        fine: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in READERS and node.args:
                    fine.add(id(node.args[0]))
                for keyword in node.keywords:
                    if keyword.arg == "defined" and isinstance(keyword.value, ast.Tuple):
                        fine.add(id(keyword.value.elts[0]))
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict) and file == "questions/overview.py":
                # which mart defines a figure of the overview
                fine |= {id(one) for one in node.values}
            # a chart's set of data has the name of the mart of goals
            is_mart = isinstance(node, ast.Constant) and node.value in marts
            if is_mart and (file, node.value) != ("charts.py", "goals"):
                assert id(node) in fine, (file, node.lineno, node.value)
                read.add(node.value)
    assert len(read) > 20
