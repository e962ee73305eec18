"""Deliveries that change closed periods: each change has its cause, and one without is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.contract import read_contract
from orchestration.dbt_arguments import all_variables
from orchestration.publication import changes
from orchestration.publication.generations import read_history, served_name
from orchestration.publication.publish import Refused, publish
from orchestration.publication.reader import open_publication
from orchestration.settings import Settings
from tests.python.warehouses import SAMPLE_VARS, Warehouse


@pytest.fixture(scope="module")
def nights(
    sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, Path]]:
    """A warehouse published on 5 December, and what came after, as a second delivery."""
    folder = tmp_path_factory.mktemp("nights")
    contract = read_contract(Settings.from_env({}).project)
    parts = [folder / "before", folder / "after"]
    for part in parts:
        part.mkdir()
    for path in sorted(sample.glob("*.csv")):
        table = contract[path.stem]
        head, *lines = path.read_bytes().splitlines(keepends=True)
        columns = head.decode("utf-8-sig").strip().replace('"', "").split(",")
        places = [columns.index(c) for c in table.happened_at if c in columns]
        late = [line for line in lines if is_after(line.decode(errors="replace"), places)]
        early = [line for line in lines if line not in set(late)]
        parts[0].joinpath(path.name).write_bytes(b"".join([head, *early]))
        if late:
            parts[1].joinpath(path.name).write_bytes(b"".join([head, *late]))
    variables = {**SAMPLE_VARS, "feed_pause_days": 400}
    home = Warehouse(folder / "home").land(parts[0])
    home.build(variables).forecast(variables)
    publish(home.settings, all_variables(home.settings.project, variables))
    yield home, parts[1]


def is_after(line: str, places: list[int]) -> bool:
    fields = line.split(",")
    days = [fields[at].strip('"')[:10] for at in places if at < len(fields)]
    return any(day[:3] == "202" and day >= "2025-12-05" for day in days)


def test_changes_of_closed_periods_have_causes(
    nights: tuple[Warehouse, Path], folder: Path
) -> None:
    home, after = nights
    variables = {**SAMPLE_VARS, "feed_pause_days": 400}
    wanted = all_variables(home.settings.project, variables)
    # a late order, a correction, and a customer who turns out to be another one
    (first, second), (order,) = (
        home.query(
            "select customer_id from marts.dim_customers where not is_guest and not is_test"
            " and customer_id in (select customer_id from marts.fct_orders where ordered_on"
            " between date '2025-05-01' and date '2025-05-31') order by customer_id limit 2"
        ),
        home.query(
            "select order_id from raw.shop_orders where ordered_at like '2025-06-1%'"
            " and status = 'paid' order by order_id limit 1"
        ),
    )
    for path in after.iterdir():
        shutil.copyfile(path, folder / path.name)
    more = folder / "more"
    more.mkdir()
    (more / "shop_orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,currency,gross_amount,updated_at\n"
        f"late-1,{first[0]},2025-03-03T10:00:00Z,paid,USD,50,2025-12-20T00:00:00Z\n"
        f"{order[0]},{first[0]},2025-06-15T10:00:00Z,cancelled,USD,50,2025-12-20T00:00:00Z\n"
    )
    (more / "crm_customer_links.csv").write_text(
        "customer_id,merged_into_customer_id,linked_at\n"
        f"{first[0]},{second[0]},2025-12-20T00:00:00Z\n"
    )
    home.land(folder)
    home.build(variables).forecast(variables)
    done = publish(home.settings, wanted)
    causes = {change["cause"] for change in done.changes}
    single = {one for cause in causes for one in cause.split(", ")}
    assert {"late rows", "correction", "merge"} <= single
    assert changes.UNEXPLAINED not in single and "code change" not in single
    march = [
        change
        for change in done.changes
        if change["mart"] == "new_vs_returning_by_period"
        and str(change["period_start"]) == "2025-03-01"
        and change["period_grain"] == "month"
    ]
    assert march and all("late rows" in change["cause"] for change in march)
    # what is published says it too
    with open_publication(home.settings.published) as reader:
        (rows,) = reader.execute("select count(*) from publication.metric_changes").fetchall()[0]
    assert rows == len(done.changes)
    # an order that comes late keeps a customer whom the next quarter had lost: the quarter before
    # has no new row, but its link of service and losses looks ahead
    (stayed,) = home.query(
        "select customer_id from marts.fct_customer_spells inner join marts.dim_customers"
        " using (customer_id) where basis = 'purchase' and not is_guest and ended_on between"
        " date '2025-11-05' and date '2025-12-25' order by customer_id limit 1"
    )
    (folder / "shop_orders.csv").write_text(
        "order_id,customer_id,ordered_at,status,currency,gross_amount,updated_at\n"
        f"late-2,{stayed[0]},2025-11-02T10:00:00Z,paid,USD,50,2025-12-21T00:00:00Z\n"
    )
    home.land(folder)
    home.build(variables).forecast(variables)
    assert {
        change["cause"]
        for change in publish(home.settings, wanted).changes
        if change["mart"] == "service_retention_link"
        and change["period_grain"] == "quarter"
        and str(change["period_start"]) == "2025-07-01"
    } == {"later activity"}
    # nothing came since: whoever changes a closed period now has no excuse, however small
    home.execute(
        "update marts.nps_by_period set response_rate = response_rate + 0.001"
        " where period_grain = 'month' and period_start = date '2025-02-01'"
    )
    with pytest.raises(
        Refused, match=r"nothing explains, such as nps_by_period\.response_rate of month 2025-02-01"
    ):
        publish(home.settings, wanted)
    served = served_name(home.settings)
    accepted = publish(home.settings, wanted, accepted="the survey tool lost answers")
    assert served_name(home.settings) == accepted.generation.name != served
    assert read_history(home.settings)[-1]["why"] == "the survey tool lost answers"
