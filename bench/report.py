"""Writes the tables and the plot of docs/benchmark.md and docs/scale.md from what was measured.

    python bench/report.py

What stands between the marks `<!-- name -->` and `<!-- /name -->` is replaced; the rest is written
by hand.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from operator import itemgetter
from typing import Any

import altair as alt
import pandas as pd
from installation import PROJECT, found
from scale import STAGES

PAGES = (PROJECT / "docs" / "benchmark.md", PROJECT / "docs" / "scale.md")
PLOT = PROJECT / "docs" / "assets" / "benchmark.svg"
GIB, MIB = 2**30, 2**20
# Customers to which docs/scale.md extrapolates, and the models that it shows.
EXTRAPOLATED, SHOWN = 100_000_000, 15
# The stages in which nothing but models is built.
MODELS = ("staging", "facts", "marts")
NOTHING = {"seconds": 0.0, "cpu": 0.0, "peak": 0}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; every column but the first is of numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def cost(one: Mapping[str, float]) -> list[str]:
    """Seconds on the wall, seconds of processors, memory."""
    return [f"{one['seconds']:,.1f}", f"{one['cpu']:,.1f}", f"{one['peak'] / GIB:.1f}"]


def by_size(results: Mapping[str, Any], part: str) -> list[tuple[int, Any]]:
    """What was measured of a part by number of customers, the least first."""
    return sorted(((int(size), one) for size, one in results[part].items()), key=itemgetter(0))


def of_sizes(results: Mapping[str, Any]) -> dict[str, str]:
    """What each stage costs at each size, and how fast that grows."""
    ordered = by_size(results, "sizes")
    columns = ["", *(f"{size:,} customers" for size, _ in ordered)]
    rows: list[list[object]] = [
        ["rows delivered", *(f"{one['rows_in']:,}" for _, one in ordered)],
        ["rows published", *(f"{one['rows_out']:,}" for _, one in ordered)],
        ["Parquet delivered, MiB", *(f"{one['raw_bytes'] / MIB:,.0f}" for _, one in ordered)],
        ["warehouse, MiB", *(f"{one['warehouse_bytes'] / MIB:,.0f}" for _, one in ordered)],
        ["published, MiB", *(f"{one['published_bytes'] / MIB:,.0f}" for _, one in ordered)],
        ["statements of SQL", *(f"{one['statements']:,}" for _, one in ordered)],
        [
            "seconds in them, both threads",
            *(f"{one['statement_seconds']:,.1f}" for _, one in ordered),
        ],
        ["runs", *(one["runs"] for _, one in ordered)],
    ]
    stages = [
        [stage, *(" / ".join(cost(one["stages"].get(stage, NOTHING))) for _, one in ordered)]
        for stage in STAGES
    ]
    stages.append(["**all**", *(" / ".join(cost(one["total"])) for _, one in ordered)])
    growth = [
        [
            f"{smaller:,} to {larger:,}",
            *(
                f"{exponent(one['rows_in'], other['rows_in'], *pair):.2f}"
                for pair in (
                    (one["total"]["seconds"], other["total"]["seconds"]),
                    (one["total"]["cpu"], other["total"]["cpu"]),
                )
            ),
        ]
        for (smaller, one), (larger, other) in pairwise(ordered)
    ]
    return {
        "sizes": table(columns, rows),
        "stages": table(columns, stages),
        "growth": table(["customers", "wall", "processors"], growth),
    }


def exponent(rows: float, more_rows: float, before: float, after: float) -> float:
    """By which power of the rows a cost grows."""
    return math.log(after / before) / math.log(more_rows / rows)


def of_sides(results: Mapping[str, Any]) -> dict[str, str]:
    """Each way to the same marts, against the floor; and what all of Holdfast costs beside them."""
    blocks = []
    for customers, one in by_size(results, "sides"):
        floor = one["seconds_of_each"]["floor"]
        ways = [(way, spent, one["seconds_of_each"][way]) for way, spent in one["ways"].items()]
        size = str(customers)
        if size in results.get("sizes", {}):
            whole = results["sizes"][size]
            ways.append(
                ("holdfast, everything, with landing", whole["total"], whole["seconds_of_each"])
            )
        if size in results.get("nightly", {}):
            night = results["nightly"][size]
            ways.append(
                ("holdfast, everything, each night", night["total"], night["seconds_of_each"])
            )
        rows = []
        for way, spent, seconds in ways:
            # in pairs; what ran another number of times, against every run of the floor
            pairs = zip if len(seconds) == len(floor) else product
            ratios = sorted(a / b for a, b in pairs(seconds, floor))
            spread = f"{ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            rows.append([way, *cost(spent), len(seconds), spread])
        head = ["", "wall s", "processors s", "memory GiB", "runs", "times the floor"]
        agreed = "all answers equal" if not one["differing"] else f"differ: {one['differing']}"
        blocks.append(f"{customers:,} customers, {agreed}:\n\n{table(head, rows)}")
    return {"sides": "\n\n".join(blocks)}


def of_targets(results: Mapping[str, Any]) -> dict[str, str]:
    """What was wanted at the largest size, and what was measured."""
    (before, smaller), (customers, largest) = by_size(results, "sizes")[-2:]
    size = str(customers)
    sides, night = results["sides"][size], results["nightly"][size]
    seconds = {way: one["seconds"] for way, one in sides["ways"].items()}
    peaks = {way: one["peak"] for way, one in sides["ways"].items()}
    grown = (smaller["total"]["seconds"], largest["total"]["seconds"])
    refresh = night.get("refresh")
    fastest = min(seconds["polars"], seconds["pandas"])
    nights_agree = night.get("differing", "not compared") or "all"
    middle = sorted(night["ratios"])[len(night["ratios"]) // 2]
    wanted = [
        (
            f"cost grows from {before:,} to {customers:,} customers by this power of the rows",
            "at most 1.05",
            exponent(smaller["rows_in"], largest["rows_in"], *grown) <= 1.05,
            f"{exponent(smaller['rows_in'], largest['rows_in'], *grown):.2f}",
        ),
        (
            "the six marts against the floor",
            "at most 1.3 times",
            seconds["holdfast"] <= 1.3 * seconds["floor"],
            f"{seconds['holdfast'] / seconds['floor']:.1f} times",
        ),
        (
            "everything against the floor",
            "at most 6 times",
            largest["total"]["seconds"] <= 6 * seconds["floor"],
            f"{largest['total']['seconds'] / seconds['floor']:.1f} times",
        ),
        (
            "the six marts against pandas",
            "half its time",
            seconds["holdfast"] <= seconds["pandas"] / 2,
            f"{seconds['holdfast'] / seconds['pandas']:.1f} times its time",
        ),
        (
            "the six marts against Polars",
            "no more time",
            seconds["holdfast"] <= seconds["polars"],
            f"{seconds['holdfast'] / seconds['polars']:.1f} times its time",
        ),
        (
            "memory for the six marts",
            "less than both",
            peaks["holdfast"] < min(peaks["polars"], peaks["pandas"]),
            " / ".join(f"{peaks[way] / GIB:.1f}" for way in ("holdfast", "polars", "pandas"))
            + " GiB",
        ),
        (
            "everything each night against the faster of both",
            "a fifth of its time",
            night["total"]["seconds"] <= fastest / 5,
            f"{night['total']['seconds'] / fastest:.1f} times its time",
        ),
        ("a night against a full build", "at most 10 %", middle <= 0.1, f"{middle:.1%}"),
        (
            "memory of a full build",
            "at most 8 GB",
            any(
                one["peak"] <= 8e9
                for one in [largest["total"], *([refresh["total"]] if refresh else [])]
            ),
            ", ".join(
                f"{one['total']['peak'] / 1e9:.1f} GB within a limit of {one['memory_limit']}"
                for one in (largest, refresh)
                if one
            ),
        ),
        (
            "equal answers",
            "all",
            not sides["differing"] and night.get("differing") == [],
            f"side by side {sides['differing'] or 'all'}, nights {nights_agree}",
        ),
    ]
    rows = [
        [what, bound, measured, "met" if is_met else "**missed**"]
        for what, bound, is_met, measured in wanted
    ]
    return {"targets": table(["wanted", "", "measured", ""], rows)}


def of_nights(results: Mapping[str, Any]) -> dict[str, str]:
    """A build that goes on after a day's delivery against a full one."""
    blocks = []
    for customers, one in by_size(results, "nightly"):
        builds = [
            {stage: run[stage] for stage in STAGES if stage in run and stage != "land"}
            for run in (one["stages"], one["full_stages"])
        ]
        going, whole = builds
        rows = [compared(stage, going.get(stage, NOTHING), whole[stage]) for stage in whole]
        for name, stages in (("**models**", MODELS), ("**all**", STAGES)):
            costs = (added(run[stage] for stage in stages if stage in run) for run in builds)
            rows.append(compared(name, *costs))
        ratios = sorted(one["ratios"])
        spread = f"{ratios[len(ratios) // 2]:.1%}** ({ratios[0]:.1%} to {ratios[-1]:.1%})"
        agreed = "not made" if "refresh" not in one else one["differing"] or "equal marts"
        blocks.append(
            f"{customers:,} customers; the delivery has {one['rows_in_delivery']:,} rows of"
            f" {one['customers_in_delivery']:,} customers, and lands in"
            f" {one['landing']['seconds']:.0f} s. The build that goes on takes **{spread} of a"
            f" full one; a full one of all then: {agreed}.\n\n"
            + table(["", "goes on", "full", "ratio"], rows)
        )
    return {"nightly": "\n\n".join(blocks)}


def compared(stage: str, going: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    """A row: what a stage costs in a build that goes on, in a full one, and their ratio."""
    costs = (" / ".join(cost(one)) for one in (going, whole))
    return [stage, *costs, f"{going['seconds'] / whole['seconds']:.1%}"]


def added(costs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What several stages cost together."""
    listed = list(costs)
    return {
        "seconds": sum(one["seconds"] for one in listed),
        "cpu": sum(one["cpu"] for one in listed),
        "peak": max((one["peak"] for one in listed), default=0),
    }


def of_memory(results: Mapping[str, Any]) -> dict[str, str]:
    """Whole builds within less memory: those of bench/scale.py, and those after a night."""
    builds = by_size(results, "sizes")
    nights = by_size(results, "nightly")
    builds += [(size, one["refresh"]) for size, one in nights if "refresh" in one]
    rows = [
        [f"{customers:,}", one["memory_limit"] or "80 % of the machine's", *cost(one["total"])]
        for customers, one in builds
    ]
    head = ["customers", "memory_limit", "wall s", "processors s", "memory of all processes GiB"]
    return {"memory": table(head, rows)}


def of_clusters(results: Mapping[str, Any]) -> dict[str, str]:
    """Builds on a Spark cluster beside DuckDB's, and what its models shuffle."""
    clusters = sorted(results["cluster"].values(), key=itemgetter("customers", "workers"))
    rows = []
    for one in clusters:
        for what, here, there in (
            ("one killed" if one["was_killed"] else "none killed", "duckdb", "spark"),
            ("a day more, none killed", "duckdb_next", "spark_next"),
        ):
            if there in one:
                spent = total(one[there])
                rows.append(
                    [
                        f"{one['customers']:,}, workers: {one['workers']}, {what}",
                        f"{one[here]['seconds']:,.0f}",
                        f"{one[here]['cpu']:,.0f}",
                        f"{one[there]['seconds']:,.0f}",
                        f"{spent['executor_ms'] / 1000:,.0f}",
                        f"{spent['shuffle_bytes'] / GIB:.2f}",
                        f"{spent['spilled_bytes'] / GIB:.2f}",
                    ]
                )
    head = ["customers", "DuckDB wall s", "its processors s", "Spark wall s", "its executors s"]
    blocks = {"cluster": table([*head, "shuffled GiB", "spilled GiB"], rows)}
    large = clusters[-1]
    # with more workers each task takes longer: they share processors
    small = next(one for one in clusters if one["workers"] == large["workers"])
    if small["customers"] == large["customers"]:
        # of one size alone, in proportion
        small = {"customers": 0, "spark": {"models": {}}}
    return blocks | of_shuffles(small, large)


def of_shuffles(small: Mapping[str, Any], large: Mapping[str, Any]) -> dict[str, str]:
    """What each model would cost at EXTRAPOLATED customers, by the line through two sizes."""
    # of each size the build that no killed worker disturbed
    before, after = (one.get("spark_next", one["spark"]) for one in (small, large))
    customers = large["customers"]
    steps = (EXTRAPOLATED - customers) / (customers - small["customers"])

    def row(name: str, few: Mapping[str, int], many: Mapping[str, int]) -> list[str]:
        line = {what: many[what] + steps * (many[what] - few.get(what, 0)) for what in many}
        scaled = {what: max(0, value) for what, value in line.items()}
        return [
            name,
            f"{many['shuffle_bytes'] / MIB:,.1f}",
            f"{scaled['shuffle_bytes'] / GIB:,.0f}",
            f"{many['executor_ms'] / 1000:,.1f}",
            f"{scaled['executor_ms'] / 3.6e6:,.1f}",
            f"{scaled['output_bytes'] / GIB:,.0f}",
        ]

    by_bytes = sorted(after["models"].items(), key=lambda item: -item[1]["shuffle_bytes"])
    rows = [row(f"`{m}`", before["models"].get(m, {}), one) for m, one in by_bytes[:SHOWN]]
    rows.append(row("**all models**", total(before), total(after)))
    here, there = f"at {customers:,}", f"at {EXTRAPOLATED:,}"
    head = ["", f"MiB shuffled {here}", f"GiB shuffled {there}", f"executors s {here}"]
    return {"shuffles": table([*head, f"core-hours {there}", f"GiB written {there}"], rows)}


def total(build: Mapping[str, Any]) -> Counter[str]:
    """Of all models of a build."""
    found: Counter[str] = Counter()
    for model in build["models"].values():
        found.update(model)
    return found


def plot(results: Mapping[str, Any]) -> alt.LayerChart:
    """Processor time of each stage by rows delivered, both axes logarithmic."""
    points = pd.DataFrame(
        [
            {"rows": one["rows_in"], "stage": stage, "seconds": one["stages"][stage]["cpu"]}
            for _, one in by_size(results, "sizes")
            for stage in STAGES
            if stage in one["stages"]
        ]
    )
    base = alt.Chart(points).encode(
        x=alt.X("rows:Q", scale=alt.Scale(type="log"), title="rows delivered"),
        y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds of processors"),
        color=alt.Color("stage:N", sort=list(STAGES), title=None),
    )
    return (base.mark_line() + base.mark_point(filled=True)).properties(width=640, height=360)


PARTS = {
    "sizes": of_sizes,
    "sides": of_sides,
    "nightly": lambda results: of_nights(results) | of_memory(results) | of_targets(results),
    "cluster": of_clusters,
}


def main() -> None:
    """Writes."""
    results = found()
    machine = ", ".join(f"{what} {value}" for what, value in results["machine"].items())
    blocks = {"machine": machine}
    for part, write in PARTS.items():
        if part in results:
            blocks |= write(results)
    texts = {page: page.read_text(encoding="utf-8") for page in PAGES}
    for name, block in blocks.items():
        marks = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
        if not any(marks.search(text) for text in texts.values()):
            raise SystemExit(f"no page has <!-- {name} --> and <!-- /{name} -->")
        new = f"\n{block}\n\n".replace("\\", "\\\\")
        texts = {page: marks.sub(new, text) for page, text in texts.items()}
    for page, text in texts.items():
        page.write_text(text, encoding="utf-8")
    if "sizes" in results:
        plot(results).save(PLOT)


if __name__ == "__main__":
    main()
