"""The report of what was published."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.publication import PUBLICATION
from orchestration.assets.translator import DEFAULT_OWNER
from orchestration.publication.reports import can_report, write_report
from orchestration.resources import POOL, Holdfast, Writer

REPORT = dg.AssetKey(["published", "report"])


def report_assets() -> list[dg.AssetsDefinition]:
    """One op that writes the report; none where the packages that draw it are not installed."""
    if not can_report():
        return []
    spec = dg.AssetSpec(
        key=REPORT,
        deps=[PUBLICATION],
        description=(
            "The last month on one page, for readers without the dashboard: HTML, and PDF where"
            " there is a Chromium. <home>/reports/current leads to it."
        ),
        group_name="publication",
        owners=[DEFAULT_OWNER],
        kinds={"html"},
    )

    # In the run's turn, so that nothing is published meanwhile; but the journal does not take its
    # failure for one of the build: what was published stays, and is to be trusted.
    @dg.multi_asset(name="report", specs=[spec], pool=POOL)
    def report(
        context: dg.AssetExecutionContext, holdfast: Holdfast, writer: Writer
    ) -> Iterator[dg.MaterializeResult]:
        written = write_report(holdfast.settings())
        for line in written.lines():
            context.log.info(line)
        yield dg.MaterializeResult(
            asset_key=REPORT,
            metadata={
                "generation": written.generation,
                "period": written.period,
                "html": dg.MetadataValue.path(str(written.html)),
                "pdf": dg.MetadataValue.path(str(written.pdf or "")),
            },
        )

    return [report]
