"""The console command `holdfast`."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import duckdb

from dashboard.words import LANGUAGES
from orchestration.build import (
    build_everything,
    build_on_spark,
    check_raw_data,
    erase_what_is_due,
    make_profile,
    run_dbt,
)
from orchestration.dbt_arguments import (
    all_variables,
    dbt_environment,
    read_variables,
    register_arguments,
)
from orchestration.erasure import report_lines
from orchestration.errors import HoldfastError, lacks_memory, told
from orchestration.headline import headline
from orchestration.lake import Lake
from orchestration.landing import land
from orchestration.landing.rotation import rotate_key
from orchestration.lock import writer_lock
from orchestration.publication.export import export_mart
from orchestration.publication.generations import generations, read_history, rollback
from orchestration.publication.publish import publish
from orchestration.publication.reports import write_report
from orchestration.quality import quality_lines
from orchestration.raw_export import export_raw
from orchestration.settings import Settings
from orchestration.spark_server import SparkServer

VARIABLES = click.option(
    "--vars",
    "variables",
    metavar="YAML_OR_@FILE",
    help="dbt vars as YAML text or @file, on top of those of HOLDFAST_VARS.",
)


class _Group(click.Group):
    """Shows errors that the user can put right as one line; with -v a traceback stands before."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            known = isinstance(error, HoldfastError | OSError | duckdb.Error)
            if isinstance(error, BrokenPipeError) or not (known or lacks_memory(error)):
                raise
            if ctx.params.get("verbose"):
                traceback.print_exc()
            click.echo(f"holdfast: error: {' '.join(told(error).splitlines())}", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Show more detail, and tracebacks of errors.")
@click.pass_context
def main(ctx: click.Context, verbose: bool) -> None:
    """Customer retention warehouse: land files, build everything."""
    ctx.obj = verbose


@main.command("land")
@click.argument("folder", type=click.Path(path_type=Path))
def land_command(folder: Path) -> None:
    """Land the .csv and .parquet files of FOLDER in schema raw: all of them, or nothing."""
    with writing("land") as settings:
        report = land(folder, settings, say=lambda line: click.echo(line, err=True))
    for line in report.lines():
        click.echo(line)


@main.command("build")
@VARIABLES
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models from nothing.")
@click.option("--select", multiple=True, help="dbt selection; may be given several times.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads of dbt.")
@click.option(
    "--on-spark", is_flag=True, help="By Spark (`holdfast spark up`); DuckDB checks and publishes."
)
@click.pass_obj
def build_command(
    verbose: bool,
    variables: str | None,
    full_refresh: bool,
    select: tuple[str, ...],
    threads: int | None,
    on_spark: bool,
) -> None:
    """Build and test every model from schema raw, publish the marts, show the headline figures.

    What is built of a part (--select) or of a past day (as_of_date) is not published by itself.
    """
    given = read_given(variables)
    if on_spark and select:
        raise HoldfastError("--select is for DuckDB; on Spark: dbt build --target spark --select")
    with writing("build") as settings:
        check_raw_data(settings)
        say, tell = click.echo, saying(verbose)
        if on_spark:
            settings = build_on_spark(settings, given, say, tell, threads)
        else:
            build_everything(settings, given, say, tell, full_refresh, select, threads)
        click.echo(f"\nbuilt: schema marts of {settings.warehouse}")
        show(headline(settings))
        wanted = all_variables(settings.project, given)
        if select:
            click.echo("not published: a part was built; `holdfast build` builds and publishes all")
        elif read_variables(variables).get("as_of_date"):
            command = f"holdfast publish{' --on-spark' if on_spark else ''}"
            click.echo(f"not published: as_of_date is a past day; `{command}` would serve it")
        else:
            show(publish(settings, wanted, say=saying(verbose)).lines())


@main.command("publish")
@VARIABLES
@click.option(
    "--accept", metavar="WHY", help="Why unexplained changes of closed periods are right."
)
@click.option("--on-spark", is_flag=True, help="What was built on Spark.")
@click.pass_obj
def publish_command(
    verbose: bool, variables: str | None, accept: str | None, on_spark: bool
) -> None:
    """Audit the last build, and serve its marts: all of them, or what was served before."""
    given = read_given(variables)
    with writing("publish") as settings:
        if on_spark:
            settings = Lake(settings).reading
        wanted = all_variables(settings.project, given)
        show(publish(settings, wanted, say=saying(verbose), accepted=accept).lines())


@main.command("rollback")
@click.argument("generation", required=False)
def rollback_command(generation: str | None) -> None:
    """Serve an earlier GENERATION again; without a name, the one before the served one."""
    with writing("rollback") as settings:
        served = rollback(settings, generation)
    click.echo(f"served: {served.line()[2:]}")
    click.echo("the next build publishes again: mend what was wrong before it runs")


@main.command("generations")
@click.option("--history", is_flag=True, help="Also show what was served when.")
def generations_command(history: bool) -> None:
    """List what is published; * is served."""
    settings = Settings.from_env()
    listed = generations(settings)
    show([one.line() for one in listed] or ["nothing is published yet: run `holdfast build`"])
    if history:
        for entry in read_history(settings):
            click.echo(json.dumps(entry, ensure_ascii=False))


@main.command("status")
def status_command() -> None:
    """Say in ten lines whether the figures can be trusted; status 1 where they cannot."""
    # Takes a second to import, which other commands need not wait for.
    from orchestration.status import status

    found = status(Settings.from_env())
    show(found.text())
    if found.faults:
        raise SystemExit(1)


@main.command("dashboard")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8501, show_default=True, help="Port to listen on.")
def dashboard_command(address: str, port: int) -> None:
    """Show what is published in the browser, until Ctrl-C.

    It has no login: before it listens on another address, read docs/dashboard.md.
    """
    if find_spec("streamlit") is None:
        raise HoldfastError("the dashboard is not installed: `make dashboard` installs and runs it")
    server = Settings.from_env().project / "dashboard" / "server.py"
    options = ["--server.address", address, "--server.port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(server), *options])


@main.command("report")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An .html FILE; the PDF stands beside it. Without one: <home>/reports/current/.",
)
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.option("--period", help="Such as 2025-12; without one, the last month that is over.")
def report_command(out: Path | None, language: str, period: str | None) -> None:
    """Write what is served as one page, HTML and PDF, for readers without the dashboard."""
    show(write_report(Settings.from_env(), language, period, out).lines())


@main.command("export")
@click.argument("mart")
@click.argument("file", type=click.Path(path_type=Path))
def export_mart_command(mart: str, file: Path) -> None:
    """Write a published MART to a CSV FILE in which no spreadsheet finds a formula."""
    rows = export_mart(Settings.from_env().published, mart, file)
    click.echo(f"{rows:,} rows of {mart} in {file}")


def read_given(variables: str | None) -> dict[str, Any]:
    """The vars set: those of --vars before those of HOLDFAST_VARS.

    Raises HoldfastError for a var that dbt_project.yml does not know: it would do nothing.
    """
    settings = Settings.from_env()
    given = {**read_variables(settings.vars_text), **read_variables(variables)}
    unknown = sorted(set(given) - set(all_variables(settings.project, {})))
    if unknown:
        raise HoldfastError(f"there is no var {unknown[0]!r}: dbt_project.yml lists them all")
    return given


@contextlib.contextmanager
def writing(what: str) -> Iterator[Settings]:
    """Settings of this installation, which this process alone writes within. What it makes is for
    its owner alone; the publication is opened to all when it is whole."""
    settings = Settings.from_env()
    with writer_lock(settings, f"holdfast {what}", say=lambda line: click.echo(line, err=True)):
        yield settings


def show(lines: Sequence[str]) -> None:
    """Prints lines."""
    for line in lines:
        click.echo(line)


def saying(verbose: bool) -> Callable[[str], None]:
    """Prints what is said under -v."""
    return lambda line: click.echo(line, err=True) if verbose else None


@main.command("erase")
@VARIABLES
@click.option("--report", is_flag=True, help="Also list everything that was ever erased.")
def erase_command(variables: str | None, report: bool) -> None:
    """Carry out requests to be forgotten (table crm_erasure_requests), and prove it.

    What was built from raw is dropped: run `holdfast build` afterwards.
    """
    given = read_given(variables)
    with writing("erase") as settings:
        check_raw_data(settings)
        outcome = erase_what_is_due(settings, given, say=click.echo)
        if outcome is None:
            click.echo("nobody to erase")
        else:
            click.echo("build the marts anew: holdfast build")
        if report:
            show(report_lines(settings))
    if outcome is not None and outcome.traces:
        raise HoldfastError("something of an erased person is still there: see the files above")


@main.command("rotate-key")
def rotate_command() -> None:
    """Make a new token key and give every token in raw anew from the texts in the vault."""
    with writing("rotate-key") as settings:
        tokens = rotate_key(settings)
    click.echo(f"{tokens:,} tokens made anew with the new key; the old key is gone")
    click.echo("build the marts anew: holdfast build")


@main.command("quality")
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True)
def quality_command(most: int) -> None:
    """Show the book of every raw table, and what was refused, with how to mend it."""
    for line in quality_lines(Settings.from_env(), most):
        click.echo(line)


@main.command("export-raw")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--register", is_flag=True, help="Also register them as schema raw of target spark.")
def export_command(folder: Path, register: bool) -> None:
    """Write schema raw to FOLDER as Parquet: FOLDER/<table>/part-0.parquet."""
    settings = Settings.from_env()
    rows = export_raw(settings, folder)
    for table, count in rows.items():
        click.echo(f"{table}: {count:,} rows")
    arguments = register_arguments(settings, folder, list(rows), read_variables(settings.vars_text))
    if register:
        make_profile(settings.project)
        (settings.runs / "logs").mkdir(parents=True, exist_ok=True)
        os.environ.update(dbt_environment(settings))
        run_dbt(arguments, settings)
    else:
        click.echo(f"register them in Spark: dbt {shlex.join(arguments)}")


@main.group("spark")
def spark_group() -> None:
    """A Spark Thrift server on this machine, for target spark."""


def _server(port: int, master: str, memory: str, conf: tuple[str, ...]) -> SparkServer:
    for setting in conf:
        if "=" not in setting:
            raise HoldfastError(f"--conf {setting}: write it as name=value")
    folder = Settings.from_env().home / "spark"
    return SparkServer(folder, port, master, memory, dict(c.split("=", 1) for c in conf))


@spark_group.command("up")
@click.option("--port", envvar="HOLDFAST_SPARK_PORT", default=10000, show_default=True)
@click.option("--master", envvar="HOLDFAST_SPARK_MASTER", default="local[*]", show_default=True)
@click.option("--memory", envvar="HOLDFAST_SPARK_MEMORY", default="2g", show_default=True)
@click.option("--conf", multiple=True, metavar="NAME=VALUE", help="Setting of Spark; repeatable.")
def spark_up_command(port: int, master: str, memory: str, conf: tuple[str, ...]) -> None:
    """Start it and wait until it answers."""
    server = _server(port, master, memory, conf)
    started = server.start()
    state = "is up" if started else "was up already"
    click.echo(f"Spark {state} on 127.0.0.1:{port}; its tables lie in {server.warehouse}")


@spark_group.command("down")
@click.option("--port", envvar="HOLDFAST_SPARK_PORT", default=10000, show_default=True)
def spark_down_command(port: int) -> None:
    """End it; its tables stay."""
    stopped = _server(port, "", "", ()).stop()
    click.echo("Spark is down" if stopped else "Spark was not up")


if __name__ == "__main__":
    main()
