"""Survival and its limits, computed once more in Python: for five spells and for the sample."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from tests.python.warehouses import Warehouse


def kaplan_meier(spells: list[tuple[int, bool]]) -> dict[int, tuple[float, float, float, int]]:
    """(survival, lower, upper, at risk) by days at which a spell ended.

    `spells` holds (days, whether it ended). The limits have Greenwood's variance and lie on the
    log-log scale, as Kalbfleisch and Prentice give them.
    """
    survival, variance = Fraction(1), 0.0
    result = {}
    for days in sorted({days for days, ended in spells if ended}):
        at_risk = sum(1 for other, _ in spells if other >= days)
        ended = sum(1 for other, has_ended in spells if has_ended and other == days)
        survival *= Fraction(at_risk - ended, at_risk)
        if ended == at_risk:
            result[days] = (0.0, math.nan, math.nan, at_risk)
            continue
        variance += ended / (at_risk * (at_risk - ended))
        margin = 1.96 * math.sqrt(variance) / math.log(survival)
        lower, upper = (float(survival) ** math.exp(way * margin) for way in (-1, 1))
        result[days] = (float(survival), lower, upper, at_risk)
    return result


def test_five_spells() -> None:
    """The figures of the unit test survival_of_five_spells, and their limits."""
    spells = [(10, True), (20, True), (20, False), (30, True), (40, False)]
    assert kaplan_meier(spells) == {
        10: (pytest.approx(0.8), pytest.approx(0.203797564), pytest.approx(0.969180884), 5),
        20: (pytest.approx(0.6), pytest.approx(0.125723471), pytest.approx(0.881759264), 4),
        30: (pytest.approx(0.3), pytest.approx(0.012300242), pytest.approx(0.719223664), 2),
    }


@pytest.mark.parametrize("basis", ["purchase", "subscription"])
def test_survival_of_the_sample(built_sample: Warehouse, basis: str) -> None:
    spells = built_sample.query(
        "select date_diff('day', started_on, coalesce(ended_on, as_of_date)), ended_on is not null"
        " from marts.fct_customer_spells cross join intermediate.int_as_of"
        f" where spell_number = 1 and basis = '{basis}'"
    )
    expected = kaplan_meier(spells)
    rows = built_sample.query(
        "select tenure_days, survival_rate, lower_95, upper_95, at_risk_customers,"
        " median_tenure_days from marts.survival_by_tenure"
        f" where segment_name = 'all' and basis = '{basis}'"
    )
    assert {row[0] for row in rows} == set(expected) and len(rows) > 100
    for days, survival, lower, upper, at_risk, _ in rows:
        found = (survival, lower, upper)
        assert found == pytest.approx(expected[days][:3], rel=1e-9), (basis, days)
        assert at_risk == expected[days][3]
    median = min((days for days, row in expected.items() if row[0] <= 0.5), default=None)
    assert {row[5] for row in rows} == {median}
