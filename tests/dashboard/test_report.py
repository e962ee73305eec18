"""The report: figures of the marts and nobody's rows, in one file that asks for nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard.charts import Chart
from dashboard.pdf import browser
from dashboard.reading import Generation, Query
from dashboard.report import CHAPTERS, Collected, Drawn, Report, make_report
from dashboard.report_page import POLICY, _with_own_ids, page
from dashboard.shown import Cards, Table
from dashboard.words import Words
from orchestration.dbt_arguments import all_variables
from orchestration.errors import HoldfastError
from orchestration.publication import reports
from orchestration.publication.generations import (
    current,
    generations,
    remove,
    rollback,
    served_name,
    settle_reports,
)
from orchestration.publication.publish import publish
from orchestration.publication.reports import NO_BROWSER, write_report
from tests.dashboard.test_reading import published_home
from tests.python.warehouses import SAMPLE_VARS, Warehouse

HOSTILE = '<script>alert("1")</script>&\'<img src=http://x>'
MONTH = "period_grain = 'month' and period_start = date '2025-12-01' and segment_name = 'all'"
needs_a_browser = pytest.mark.skipif(
    browser() is None, reason="there is no Chromium on PATH, so there is no PDF to look at"
)


@pytest.fixture(scope="module")
def once(built_sample: Warehouse) -> Warehouse:
    """The sample, published. Tests only read it."""
    return published_home(built_sample.home)


@pytest.fixture(scope="module")
def folder(once: Warehouse) -> Path:
    served = current(once.settings)
    assert served
    return served.folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return make_report(Generation(folder), "en", lines=["book: `holdfast quality` lists <them>"])


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return page(report)


@pytest.fixture
def copied(once: Warehouse, tmp_path: Path) -> Warehouse:
    """A home that a test may change."""
    shutil.copytree(once.home, tmp_path / "home", symlinks=True)
    return Warehouse(tmp_path / "home")


@pytest.fixture
def without_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def mart(folder: Path, table: str, rest: str = "", columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a published file, by DuckDB alone."""
    [path] = (folder / "parquet").glob(f"*/{table}.parquet")
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{path}' {rest}").fetchall()


def panels(report: Report) -> Iterator[Drawn]:
    for chapter in report.chapters.values():
        for of_key in chapter.values():
            yield from of_key


def figures(html: str) -> list[str]:
    """Texts of the cards."""
    return [unescape(one) for one in re.findall(r'<p class="figure">(.*?)</p>', html)]


def section(html: str, key: str, of: str = "") -> str:
    """A panel of the page."""
    title = f"<h3>{Words('en')(f'panel.{key}')}{of}</h3>"
    found = [one for one in re.split(r"<section ", html) if title in one]
    assert len(found) == 1, title
    return found[0]


def texts(svg: str) -> set[str]:
    return {unescape(one) for one in re.findall(r"<text[^>]*>(.*?)</text>", svg)}


# --- figures ------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value in one form, whoever read it."""
    if value is None or value != value:
        return None
    if hasattr(value, "isoformat"):
        return str(value)[:10]
    return float(value) if not isinstance(value, str | bool) else value


def literal(value: Any) -> str:
    return f"date '{value}'" if isinstance(value, date) else repr(value)


def conditions(asked: Query) -> str:
    told = [
        f"{column} in ({', '.join(map(literal, value))})"
        if isinstance(value, tuple)
        else f"{column} = {literal(value)}"
        for column, value in asked.where
    ]
    return f"where {' and '.join(told)}" if told else ""


def test_every_row_is_a_marts(report: Report, folder: Path) -> None:
    drawn = list(panels(report))
    assert len(drawn) > 30
    for one in drawn:
        asked = one.asked
        assert not asked.at_least and asked.limit is None
        wanted = mart(folder, asked.table, conditions(asked), ", ".join(asked.columns))
        found = one.rows[list(asked.columns)].itertuples(index=False)
        assert sorted(str([plain(v) for v in row]) for row in found) == sorted(
            str([plain(v) for v in row]) for row in wanted
        ), one.key
        assert len(one.rows), one.key


def test_the_cards_say_the_figures_of_the_month(html: str, folder: Path) -> None:
    """Independently of what the pages ask for."""
    told = section(html, "figures")
    for basis in ("purchase", "subscription"):
        [(at_end, kept, lost)] = mart(
            folder,
            "retention_by_period",
            f"where basis = '{basis}' and {MONTH}",
            "customers_at_end, retention_rate, churn_rate",
        )
        [(revenue,)] = mart(
            folder,
            "revenue_retention_by_period",
            f"where basis = '{basis}' and {MONTH}",
            "net_revenue_retention",
        )
        for text in (f"{at_end:,}", f"{kept:.1%}", f"{lost:.1%}", f"{revenue:.1%}"):
            assert text in figures(told)
    [(nps,)] = mart(folder, "nps_by_period", f"where window_name = 'period' and {MONTH}", "nps")
    assert figures(told).count(f"{nps:,.1f}") == 2
    [(verdict, cac, rate)] = mart(
        folder, "growth_balance", f"where {MONTH}", "verdict, cac, retention_rate"
    )
    told = section(html, "verdict")
    assert f'<p class="headline">{verdict.capitalize()}</p>' in told
    assert {f"{cac:,.2f} USD", f"{rate:.1%}"} <= set(figures(told))


def test_the_charts_say_the_figures_of_the_month(html: str, folder: Path) -> None:
    steps = ("customers_at_start", "new_customers", "reactivated_customers", "lost_customers")
    for basis in ("purchase", "subscription"):
        [row] = mart(
            folder,
            "retention_by_period",
            f"where basis = '{basis}' and {MONTH}",
            ", ".join(steps),
        )
        svg = section(html, "bridge")
        signs = ("", "+", "+", "−")  # noqa: RUF001
        wanted = {f"{sign}{figure:,}" for sign, figure in zip(signs, row, strict=True)}
        assert wanted <= {one.replace("-", "−") for one in texts(svg)}  # noqa: RUF001
    tenths = mart(folder, "value_deciles", columns="share_of_clv_to_date")
    assert {f"{one:.1%}" for (one,) in tenths} <= texts(section(html, "deciles"))
    # The treemap, as bars: each with its count, and its share in its name.
    svg = texts(section(html, "rfm"))
    for customers, share in mart(folder, "rfm_by_segment", columns="customers, share_of_customers"):
        assert f"{customers:,}" in svg
        assert any(one.startswith(f"{share:.0%} ") for one in svg)
    cells = mart(
        folder,
        "cohort_retention",
        "where basis = 'purchase' and segment_name = 'all' and months_since_start = 12"
        " and active_rate is not null",
        "active_rate",
    )
    assert cells
    assert {f"{100 * rate:.0f}" for (rate,) in cells} <= texts(
        section(html, "cohorts", ": Purchase")
    )


def test_tables_are_the_book(html: str, folder: Path) -> None:
    told = section(html, "book")
    rows = re.findall(r"<tr>(.*?)</tr>", told.partition("<tbody>")[2])
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows]
    columns = "raw_table, rows_landed, rows_staged, rows_quarantined"
    wanted = mart(folder, "data_quality", "order by raw_table", columns)
    assert [(row[0], *row[1:4]) for row in cells] == [
        (name, *(f"{count:,}" for count in counts)) for name, *counts in wanted
    ]
    assert {row[-1] for row in cells} == {"Yes"}


def test_what_depends_on_the_basis_is_there_for_both(report: Report) -> None:
    both = {"purchase", "subscription"}
    for key in ("figures", "cohorts", "average_cohort", "bridge", "survival", "causes", "record"):
        [of_key] = [chapter[key] for chapter in report.chapters.values() if key in chapter]
        assert {one.basis for one in of_key} == both, key
    for key in ("mrr", "deciles", "rfm", "nps", "verdict", "book", "service_times", "outreach"):
        [of_key] = [chapter[key] for chapter in report.chapters.values() if key in chapter]
        assert len(of_key) == 1, key
    kinds = {type(one.shown) for one in panels(report)}
    assert {Cards, Table, Chart} <= kinds


def test_another_period(folder: Path) -> None:
    quarter = make_report(Generation(folder), "en", "2025 Q4")
    assert (quarter.period, quarter.view.grain, quarter.is_over) == ("2025 Q4", "quarter", True)
    [(customers,)] = mart(
        folder,
        "retention_by_period",
        "where basis = 'purchase' and segment_name = 'all' and period_grain = 'quarter'"
        " and period_start = date '2025-10-01'",
        "customers_at_end",
    )
    [first, *_] = quarter.chapters["overview"]["figures"]
    assert isinstance(first.shown, Cards)
    assert first.shown.cards[0].figure == f"{customers:,}"
    with pytest.raises(HoldfastError, match=r"no figures of '2031-01'; there are of .*2025-12"):
        make_report(Generation(folder), "en", "2031-01")


# --- nobody -------------------------------------------------------------------------------------


def test_no_customer_is_in_it(html: str, report: Report, folder: Path) -> None:
    known = {
        str(one)
        for table in ("customer_next_actions", "dim_customers")
        for (one,) in mart(folder, table, columns="customer_id")
    }
    assert len(known) > 1000
    assert known & set(re.findall(r"\w+", html)) == set()
    assert "customer_id" not in html
    assert {one.asked.table for one in panels(report)} & {
        one.stem
        for one in (folder / "parquet" / "marts").glob("*.parquet")
        if "customer_id" in Generation(folder).columns(one.stem)
    } == set()


def test_rows_of_customers_are_refused(report: Report) -> None:
    from dashboard.questions import contacts

    with pytest.raises(ValueError, match="customer_next_actions is about single customers"):
        contacts.customers(report.view)
    assert report.view.panel_class is Collected


# --- the file -----------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Tags with their attributes in their order, and those that are open."""

    VOID = ("meta", "br", "img", "hr", "link", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def asks_for_nothing(html: str) -> None:
    """Nothing in it is fetched or run."""
    tags = Tags(html)
    assert tags.open == []
    assert {tag for tag, _ in tags.tags} & {
        *("script", "img", "link", "iframe", "object", "embed", "base", "form", "foreignobject"),
        *("image", "use", "video", "audio", "animate", "set"),
    } == set()
    for _, attributes in tags.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "<script" not in html.lower()
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style


def test_it_is_one_file_that_asks_for_nothing(html: str) -> None:
    asks_for_nothing(html)
    assert "://" not in html and "src=" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    [policy] = [
        one for one in Tags(html).of("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy["content"] == POLICY
    assert POLICY.startswith("default-src 'none'; ") and "script" not in POLICY


def test_it_can_be_read_by_everybody(html: str, report: Report) -> None:
    tags = Tags(html)
    assert tags.of("html") == [{"lang": "en"}]
    drawings = tags.of("svg")
    assert len(drawings) > 40
    for one in drawings:
        assert one["role"] == "img" and one["aria-label"] and one["viewbox"]
        assert not {"width", "height"} & set(one)
    levels = [int(tag[1]) for tag, _ in tags.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and levels.count(2) == len(CHAPTERS)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [one["id"] for _, one in tags.tags if "id" in one]
    assert len(ids) == len(set(ids))
    for _, one in tags.tags:
        for name in ("href", "aria-labelledby"):
            assert name not in one or (one[name] or "").lstrip("#") in ids
    # parts of charts are named by their own chart alone
    for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        assert set(re.findall(r"url\(#(\w+)\)", svg)) <= set(re.findall(r' id="(\w+)"', svg))
    for one in panels(report):
        assert one.definition, one.key
    assert 'class="scroll" tabindex="0" role="group" aria-label="' in html
    stamp = report.stamp
    for text in (stamp["generation"], "2026-01-01", "Asia/Bangkok", "USD", "UTC"):
        assert f">{text}</dd>" in html or f"{text}</dd>" in html
    assert "@page" in html and "A4" in html and "break-inside: avoid" in html
    # days that charts mark are told in words
    [(noted_on, note)] = mart(folder_of(report), "annotations", "limit 1", "noted_on, note")
    assert f"▼ {noted_on}: {note}" in unescape(html)


def test_parts_of_two_charts_never_share_a_name() -> None:
    one = (
        '<svg viewBox="0"><clipPath id="clip1"/><clipPath id="clip10"/><g clip-path="url(#clip1)"/>'
    )
    told = _with_own_ids(f'<h2 id="clip1"></h2>{one}</svg>{one}</svg>')
    ids = re.findall(r' id="(\w+)"', told)
    assert len(ids) == len(set(ids)) == 5 and ids[0] == "clip1"
    for svg in re.findall(r"<svg.*?</svg>", told):
        first, _ = re.findall(r' id="(\w+)"', svg)
        assert re.findall(r"url\(#(\w+)\)", svg) == [first]


def folder_of(report: Report) -> Path:
    return report.view.generation.folder


def test_periods_that_are_not_over_say_so(copied: Warehouse) -> None:
    change(
        copied,
        {
            "overview_by_period": "select * replace (is_complete and period_start"
            " < date '2025-12-01' as is_complete) from this"
        },
    )
    served = current(copied.settings)
    assert served
    last = make_report(Generation(served.folder), "en")
    assert (last.period, last.is_over) == ("2025-11", True)
    unfinished = make_report(Generation(served.folder), "en", "2025-12")
    assert not unfinished.is_over
    assert '<p class="bad">2025-12 (not over)</p>' in page(unfinished)


def change(home: Warehouse, changes: dict[str, str]) -> None:
    """Other rows in tables of the served generation: by table, a query of `this`."""
    served = current(home.settings)
    assert served
    for path in [served.folder, *served.folder.rglob("*")]:
        path.chmod(0o755)
    with duckdb.connect() as connection:
        for path in served.folder.glob("parquet/*/*.parquet"):
            if path.stem in changes:
                old = path.with_suffix(".old")
                path.rename(old)
                this = f"read_parquet('{old}')"
                connection.execute(
                    f"copy ({changes[path.stem].replace('this', this)}) to '{path}'"
                    " (format parquet)"
                )


def test_texts_of_data_are_only_texts(copied: Warehouse) -> None:
    text = "'" + HOSTILE.replace("'", "''") + "'"
    replaced = {
        "feedback_by_period": f"if(theme = 'all', theme, theme || {text}) as theme",
        "acquisition_by_channel": f"channel || {text} as channel",
        "churn_causes_by_period": f"cause || {text} as cause",
        "growth_balance": f"{text} as rule_explained, {text} as verdict, {text} as rule_fired",
        "outreach_effect": f"action || {text} as action",
        "annotations": f"{text} as note",
        "rfm_by_segment": f"rfm_segment || {text} as rfm_segment",
        "data_quality": f"raw_table || {text} as raw_table",
        "forecast_accuracy": f"model_name || {text} as model_name",
        "columns": f"description || {text} as description",
        "build": f"{text} as business_timezone, {text} as reporting_currency",
    }
    change(copied, {name: f"select * replace ({one}) from this" for name, one in replaced.items()})
    served = current(copied.settings)
    assert served
    made = make_report(Generation(served.folder), "en", faults=[HOSTILE], lines=[HOSTILE])
    html = page(made)
    asks_for_nothing(html)
    assert html.count("&lt;script&gt;alert(") > 50
    assert "<img" not in html


def test_a_business_of_one_basis_without_answers(copied: Warehouse) -> None:
    """No second basis, no survey: what cannot be drawn is named, and no advice is given."""
    only = "select * from this where basis <> 'subscription'"
    names = ("overview_by_period", "revenue_retention_by_period", "retention_by_period")
    change(copied, {**dict.fromkeys(names, only), "nps_by_period": "from this where false"})
    served = current(copied.settings)
    assert served
    made = make_report(Generation(served.folder), "en")
    html = page(made)
    assert {one.basis for one in panels(made)} == {"purchase"}
    assert "<h4>" not in html
    assert Words("en")("panel.revenue_churn") in re.findall(r"No figures for: (.*?)</p>", html)[0]
    assert f"{Words('en')('panel.nps')}, {Words('en')('panel.nps_answers')}" in html


def test_every_language_has_it(folder: Path) -> None:
    for language, word in (("th", "รายงาน"), ("vi", "Báo cáo")):
        html = page(make_report(Generation(folder), language))
        asks_for_nothing(html)
        assert Tags(html).of("html") == [{"lang": language}]
        assert word in html


# --- writing ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_command(once: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes, in another process, zone and order of sets."""
    path = tmp_path_factory.mktemp("out") / "report.html"
    done = command(once, "--out", str(path), TZ="America/New_York", PYTHONHASHSEED="7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"report of 2025-12: {path}\n")
    return path


def command(home: Warehouse, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    holdfast = Path(sys.executable).with_name("holdfast")
    return subprocess.run(
        [str(holdfast), "report", *arguments],
        env={**os.environ, "HOLDFAST_HOME": str(home.home), **environ},
        capture_output=True,
        text=True,
    )


def test_the_same_figures_give_the_same_bytes(
    once: Warehouse, by_command: Path, copied: Warehouse
) -> None:
    written = write_report(copied.settings)
    assert written.html.read_bytes() == by_command.read_bytes()
    html = by_command.read_text(encoding="utf-8")
    assert "All checks passed." in html
    assert "rows landed" in html and "hours old" not in html
    if written.pdf:
        assert written.pdf.read_bytes() == by_command.with_suffix(".pdf").read_bytes()
    # for all to read, at its place
    settings = copied.settings
    assert written.html == settings.home / "reports" / written.generation / "report-2025-12.html"
    assert (settings.home / "reports" / "current").readlink() == Path(written.generation)
    assert oct(written.html.stat().st_mode)[-3:] == "644"
    assert oct(written.html.parent.stat().st_mode)[-3:] == "755"
    assert not [one for one in written.html.parent.iterdir() if one.name.startswith(".")]


@needs_a_browser
def test_the_paper(by_command: Path) -> None:
    text = by_command.with_suffix(".pdf").read_bytes()
    assert text.startswith(b"%PDF-") and text.rstrip().endswith(b"%%EOF")
    boxes = set(re.findall(rb"/MediaBox \[([\d .]+)\]", text))
    [(width, height)] = {tuple(map(float, one.split()[2:])) for one in boxes}
    assert (round(width), round(height)) == (595, 842)
    assert 8 <= len(re.findall(rb"/Type /Page\b", text)) <= 20
    # /Lang and a tree of tags are what screen readers ask a PDF for
    assert b"/StructTreeRoot" in text and b"/Lang (en)" in text


def test_without_a_browser_there_is_no_pdf(
    copied: Warehouse, tmp_path: Path, without_browser: None
) -> None:
    place = tmp_path / "out.html"
    place.with_suffix(".pdf").write_bytes(b"%PDF- of last month")
    written = write_report(copied.settings, out=place)
    assert written.pdf is None and written.lines()[-1] == NO_BROWSER
    assert "install chromium" in NO_BROWSER
    assert place.exists() and not place.with_suffix(".pdf").exists()
    assert not (copied.home / "reports").exists()


def test_a_browser_that_fails(copied: Warehouse, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HoldfastError, match="chromium made no PDF of"):
        write_report(copied.settings)
    [left] = (copied.home / "reports").glob("*/*")
    assert left.name == "report-2025-12.html"


def test_it_is_written_whole_or_not_at_all(copied: Warehouse, monkeypatch: Any) -> None:
    def full(*arguments: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="full"):
        write_report(copied.settings)
    assert [one for one in (copied.home / "reports").rglob("*") if one.is_file()] == []


def test_errors_say_what_to_do(once: Warehouse, tmp_path: Path, settings: Any) -> None:
    with pytest.raises(HoldfastError, match="nothing is published yet: run `holdfast build`"):
        write_report(settings)
    assert not settings.home.exists()
    with pytest.raises(HoldfastError, match=r"does not end in \.html"):
        write_report(once.settings, out=tmp_path / "report.pdf")
    done = command(once, "--period", "yesterday")
    assert done.returncode == 1
    assert done.stderr.startswith("holdfast: error: there are no figures of 'yesterday'")


def test_without_its_packages_it_says_so(once: Warehouse, monkeypatch: Any) -> None:
    monkeypatch.setattr(reports, "can_report", lambda: False)
    with pytest.raises(HoldfastError, match=r"requirements/dashboard\.txt"):
        write_report(once.settings)


# --- keeping ------------------------------------------------------------------------------------


def test_reports_go_with_their_generation(
    built_sample: Warehouse, once: Warehouse, tmp_path: Path
) -> None:
    """And the link leads to no figures newer than those served."""
    home = built_sample.copy(tmp_path / "home")
    shutil.copytree(built_sample.settings.vault, home.settings.vault)
    shutil.copytree(once.settings.published, home.settings.published, symlinks=True)
    settings = home.settings
    folder = settings.home / "reports"
    first = served_name(settings)
    reported(home)
    second = publish(settings, all_variables(settings.project, SAMPLE_VARS)).generation.name
    # its report is not made yet: the one before stays
    assert folder.joinpath("current").readlink() == Path(str(first))
    reported(home)
    assert folder.joinpath("current").readlink() == Path(second)
    rollback(settings)
    assert folder.joinpath("current").readlink() == Path(str(first))
    # forward again, and the older one is taken away, as after an erasure
    rollback(settings, second)
    assert folder.joinpath("current").readlink() == Path(second)
    remove(settings.published / str(first))
    assert [one.name for one in generations(settings)] == [second]
    settle_reports(settings)
    assert sorted(one.name for one in folder.iterdir()) == [second, "current"]
    # withdrawn: nothing is served
    (settings.published / "current").unlink()
    remove(settings.published / second)
    settle_reports(settings)
    assert list(folder.iterdir()) == []


def reported(home: Warehouse) -> None:
    """A report of what is served, without the work."""
    name = served_name(home.settings)
    assert name
    place = home.home / "reports" / name
    place.mkdir(parents=True)
    (place / "report-2025-12.html").write_text("")
    settle_reports(home.settings)
