"""Forecasts: published figures, generated customers whose truth is known, and whatever is odd."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from orchestration.prediction import fallback
from orchestration.prediction.fallback import (
    AverageHazard,
    PurchaseAverages,
    SpendAverage,
    hazard_forecast,
    purchase_forecast,
    spend_forecast,
)
from orchestration.prediction.hazard import fit_base_hazard, left_within, survival
from orchestration.prediction.likelihood import least_loss
from orchestration.prediction.purchases import (
    WEEKS_OF_A_MONTH,
    Buyers,
    PurchaseModel,
    fit_purchases,
    group_buyers,
)
from orchestration.prediction.quadrature import beta_points
from orchestration.prediction.season import NO_SEASON, Season, season
from orchestration.prediction.signals import FEWEST, SignalModel, fit_signals
from orchestration.prediction.spend import fit_spend, spend_interval
from tests.python import simulated

Array = NDArray[np.float64]

# Three in `make test-variants`; each takes a minute of a processor.
SEEDS = list(range(1, 1 + int(os.environ.get("HOLDFAST_SEEDS") or 1)))
SEASONS = {1: [(0.0, 0.0), (0.3, 0.0)], 2: [(0.0, 0.0), (0.3, 0.25)], 3: [(0.0, 0.0), (0.3, 0.75)]}
CUSTOMERS = 100_000
# Parameters that `simulated.shop` draws by, where a test does not say otherwise.
TRUTH = PurchaseModel(0.6, 8.0, 0.8, 2.5, log_likelihood=0.0, is_converged=True)
MODEL = PurchaseModel(0.243, 4.414, 0.793, 2.426, log_likelihood=0.0, is_converged=True)


def one(repeats: float, recency: float, age: float) -> Buyers:
    """One buyer."""
    return Buyers(*(np.array([value]) for value in (repeats, recency, age, 1.0)))


# CDNOW: 2,357 buyers of the first quarter of 1997, fitted on 39 weeks, judged on the next 39.


@pytest.fixture(scope="module")
def cdnow(real_data: Path) -> dict[str, Array]:
    with (real_data / "cdnow" / "truth" / "cdnow_sample_cbs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows]) for name in ("x", "t", "T", "m", "x_h")
    }


@pytest.mark.real_data
def test_cdnow_purchases(cdnow: dict[str, Array]) -> None:
    """The parameters that Fader, Hardie and Lee publish."""
    buyers = Buyers(cdnow["x"], cdnow["t"], cdnow["T"], np.ones(2357))
    model = fit_purchases(buyers)
    found = (model.r, model.alpha, model.a, model.b, model.log_likelihood)
    assert found == pytest.approx((0.2426, 4.414, 0.793, 2.426, -9582.43), rel=1e-3)
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    assert model.is_converged

    bought = cdnow["x_h"]
    expected, p_buy = model.within(buyers, 39).expected, model.p_buy(buyers, 39)
    assert expected.sum() == pytest.approx(1653, abs=0.5)
    assert np.abs(expected - bought).mean() <= 0.786
    assert np.sqrt(((expected - bought) ** 2).mean()) <= 1.61
    assert round(((p_buy - (bought > 0)) ** 2).mean(), 3) <= 0.161
    assert round(roc_auc_score(bought > 0, p_buy), 3) >= 0.757
    top_tenth = np.argsort(-expected, kind="stable")[:236]
    assert bought[top_tenth].sum() / bought.sum() >= 0.47


@pytest.mark.real_data
def test_cdnow_spend(cdnow: dict[str, Array]) -> None:
    """The parameters that Fader and Hardie publish for the 946 buyers with a repeat."""
    is_repeat = cdnow["x"] > 0
    model = fit_spend(cdnow["x"][is_repeat], cdnow["m"][is_repeat], np.ones(946))
    assert (model.p, model.q, model.v) == pytest.approx((6.25, 3.744, 15.44), rel=1e-3)
    assert model.is_converged


# Online Retail II: a wholesaler whose autumn is busy; order days of two years, the last weeks held
# out. Its season is known from the same weeks of the year before.

CLOSED = date(2011, 12, 10)


@pytest.fixture(scope="module")
def order_days(real_data: Path) -> duckdb.DuckDBPyConnection:
    """Table order_days: customer, day."""
    connection = duckdb.connect()
    path = real_data / "online_retail_ii" / "raw" / "shop_orders.csv"
    connection.execute(
        "create table order_days as"
        " select distinct customer_id as customer, ordered_at::date as day"
        " from read_csv(?) where customer_id is not null",
        [str(path)],
    )
    return connection


def summaries(order_days: duckdb.DuckDBPyConnection, on: date, weeks: int) -> list[Array]:
    """Repeats, recency and age in days, and order days of the coming weeks, of each customer."""
    found = order_days.execute(
        "select count(*) filter (day < $on) - 1, max(day) filter (day < $on) - min(day),"
        " $on - min(day), count(*) filter (day >= $on and day < $until)"
        " from order_days group by customer having min(day) < $on order by customer",
        {"on": on, "until": on + timedelta(weeks=weeks)},
    ).fetchnumpy()
    return [np.asarray(column, dtype=float) for column in found.values()]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("weeks", "rmse", "brier", "capture"), [(26, 1.77, 0.177, 0.434), (13, 1.13, 0.18, 0.41)]
)
def test_online_retail(
    order_days: duckdb.DuckDBPyConnection, weeks: int, rmse: float, brier: float, capture: float
) -> None:
    """Without the season: RMSE 1.776, Brier .1769, total .978 of 26 weeks; 1.200, .1858, .770 of
    13."""
    on = CLOSED - timedelta(weeks=weeks)
    *summary, bought = summaries(order_days, on, weeks)
    buyers, group = group_buyers(*summary)
    *summary, bought_before = summaries(order_days, on - timedelta(weeks=52), weeks)
    before, group_before = group_buyers(*summary)
    of_horizon = season(
        fit_purchases(before).expected(before, weeks),
        np.bincount(group_before, bought_before),
        np.bincount(group_before, bought_before**2),
        before.buyers,
    )
    assert of_horizon.is_used
    model = fit_purchases(buyers)
    expected = model.expected(buyers, weeks * of_horizon.pace)[group]
    p_buy = model.p_buy(buyers, weeks * of_horizon.pace)[group]
    assert 0.95 <= expected.sum() / bought.sum() <= 1.05
    assert np.sqrt(((expected - bought) ** 2).mean()) <= rmse
    assert ((p_buy - (bought > 0)) ** 2).mean() <= brier
    top_tenth = np.argsort(-expected, kind="stable")[: -(-len(expected) // 10)]
    assert bought[top_tenth].sum() / bought.sum() >= capture


# Generated buyers.


@dataclass(frozen=True)
class Forecast:
    """Customers as seen on a day, grouped, and the model of that day."""

    seen: simulated.Seen
    buyers: Buyers
    group: NDArray[np.intp]
    model: PurchaseModel


def forecast(shop: simulated.Shop, on: int) -> Forecast:
    seen = simulated.seen(shop, on)
    buyers, group = group_buyers(seen.repeats, seen.recency_days, seen.age_days)
    return Forecast(seen, buyers, group, fit_purchases(buyers))


def errors_by_bin(said: Array, truth: Array, fewest: int = 500) -> tuple[Array, Array]:
    """Of each tenth of probability with `fewest` customers or more: mean of what was said less the
    mean of the truth, and the standard error that chance alone gives that."""
    tenth = np.minimum((said * 10).astype(int), 9)
    size = np.bincount(tenth, minlength=10)
    error = np.bincount(tenth, said - truth, minlength=10)
    variance = np.bincount(tenth, said * (1 - said), minlength=10)
    counts = size >= fewest
    return error[counts] / size[counts], np.sqrt(variance[counts]) / size[counts]


@pytest.mark.parametrize("seed", SEEDS)
def test_probabilities_are_calibrated(seed: int) -> None:
    """P(alive) and P(buy) are within 0.01 of the truth in every tenth.

    The truth that is known without chance is the probability under the parameters that the
    customers were drawn by. Who is alive and who buys is chance on top: a bin of 500 has a standard
    error of 0.02, and even the true parameters miss it by more than 0.01.
    """
    shop = simulated.shop(seed, CUSTOMERS)
    of = forecast(shop, 0)
    bought = simulated.bought(shop, 0, 90)[of.seen.customer] > 0
    for said, truth, happened in (
        (of.model.p_alive(of.buyers), TRUTH.p_alive(of.buyers), of.seen.is_alive),
        (of.model.p_buy(of.buyers, 90 / 7), TRUTH.p_buy(of.buyers, 90 / 7), bought),
    ):
        error, _ = errors_by_bin(said[of.group], truth[of.group])
        assert len(error) >= 9 and np.abs(error).max() <= 0.01
        error, chance = errors_by_bin(said[of.group], happened)
        assert (np.abs(error) <= 0.01 + 2.5 * chance).all()


@pytest.mark.parametrize(
    ("seed", "amplitude", "phase"),
    [(seed, *season) for seed in SEEDS for season in SEASONS[seed]],
)
def test_totals_with_and_without_a_season(seed: int, amplitude: float, phase: float) -> None:
    """A season shapes the fits too: two full years before the one that is looked up are needed for
    them to be shaped alike. After one alone the totals of this test are off by up to 8 %."""
    shop = simulated.shop(
        seed, CUSTOMERS, amplitude=amplitude, phase=phase, past_days=simulated.THREE_YEARS
    )
    today, year_ago = forecast(shop, 0), forecast(shop, -365)
    for days in (30, 90, 365):
        made = simulated.bought(shop, -365, days)[year_ago.seen.customer]
        of_horizon = season(
            expected=year_ago.model.expected(year_ago.buyers, days / 7),
            purchases=np.bincount(year_ago.group, made),
            squares=np.bincount(year_ago.group, made**2),
            buyers=year_ago.buyers.buyers,
        )
        expected = today.model.expected(today.buyers, days / 7 * of_horizon.pace)
        bought = simulated.bought(shop, 0, days)[today.seen.customer].sum()
        assert 0.95 <= (expected * today.buyers.buyers).sum() / bought <= 1.05, days
        if not amplitude:
            assert of_horizon.multiplier == pytest.approx(1, abs=0.05)
        elif days == 90:
            assert of_horizon.is_used and abs(of_horizon.multiplier - 1) > 0.05


def test_season_is_used_only_where_it_is_sure() -> None:
    ones = np.ones(1)
    sure = season(expected=ones, purchases=1300 * ones, squares=2600 * ones, buyers=1000 * ones)
    assert sure.multiplier == pytest.approx(1.3)
    # Of each: 2.6 - 2 * 1.3 * 1.3 + 1.3 * 1.3 = 0.91; sqrt(910) / 1300 = 0.0232.
    assert sure.standard_error == pytest.approx(0.02320, abs=1e-5)
    assert sure.is_used and sure.pace == sure.multiplier
    unsure = season(expected=ones, purchases=1030 * ones, squares=2600 * ones, buyers=1000 * ones)
    assert not unsure.is_used and unsure.pace == 1
    few = season(expected=ones, purchases=99 * ones, squares=99 * ones, buyers=50 * ones)
    none = season(expected=0 * ones, purchases=200 * ones, squares=200 * ones, buyers=ones)
    assert few == none == NO_SEASON == Season(1.0, NO_SEASON.standard_error, False)


def test_intervals_cover_what_they_say() -> None:
    """80 % intervals of purchases and spend, of buyers frequent enough to have one.

    Where no purchase has a probability of 0.1 or more the lower limit is 0, so that the interval
    holds 0.9 or more; counts are whole, so that theirs hold a little more than 0.8 too.
    """
    p, q, v = 8.0, 8.0, 30.0
    shop = simulated.shop(5, 40_000, r=3, alpha=6, a=0.2, b=6)
    of = forecast(shop, 0)
    number = len(shop.first_day)
    own_mean = simulated.own_mean_value(6, number, p, q, v)
    repeats = of.seen.repeats.astype(float)
    total = simulated.spent(7, of.seen.repeats, own_mean, p)
    mean_value = np.divide(total, repeats, out=np.full(number, np.nan), where=repeats > 0)
    spend = spend_forecast(repeats, mean_value, np.ones(number))
    assert spend.variation == pytest.approx(1 / p, rel=0.1)
    assert spend.mean == pytest.approx(p * v / (q - 1), rel=0.02)
    for days, most_of_counts in ((90, 0.87), (365, 0.86)):
        bought = simulated.bought(shop, 0, days)
        grouped = of.model.within(of.buyers, days / 7)
        purchases = replace(
            grouped, **{f.name: getattr(grouped, f.name)[of.group] for f in fields(grouped)}
        )
        is_likely = purchases.p_buy > 0.9
        assert is_likely.mean() > 0.5
        covered = (purchases.lower <= bought) & (bought <= purchases.upper)
        assert 0.78 <= covered[is_likely].mean() <= most_of_counts
        assert covered[~is_likely].mean() >= 0.88

        lower, upper = spend_interval(
            purchases,
            spend.expected_value(repeats, mean_value),
            spend.expected_square(repeats, mean_value),
            spend.variation,
        )
        amount = simulated.spent(days, bought, own_mean, p)
        covered = (lower <= amount) & (amount <= upper)
        assert 0.78 <= covered[is_likely].mean() <= 0.86
        assert covered[~is_likely].mean() >= 0.88
        assert (lower[purchases.p_buy <= 0.9] == 0).all()
        assert (upper[purchases.p_buy <= 0.1] == 0).all()
        expected = (purchases.expected * spend.expected_value(repeats, mean_value)).sum()
        assert expected == pytest.approx(amount.sum(), rel=0.03)


# What the models compute.


def test_number_of_purchases_against_draws() -> None:
    """Moments and percentiles of one buyer, against buyers drawn from what is known of him."""
    buyer, horizon, draws = one(12, 40, 45), 52.0, 400_000
    chance = np.random.default_rng(1)
    rate = chance.gamma(MODEL.r + 12, 1 / (MODEL.alpha + 45), draws)
    leaves = chance.geometric(chance.beta(MODEL.a, MODEL.b + 12, draws))
    is_alive = chance.random(draws) < MODEL.p_alive(buyer)
    drawn = np.where(is_alive, np.minimum(chance.poisson(rate * horizon), leaves), 0)
    found = MODEL.within(buyer, horizon)
    assert found.p_buy[0] == pytest.approx((drawn > 0).mean(), abs=0.003)
    assert found.expected[0] == pytest.approx(drawn.mean(), rel=0.005)
    assert found.expected_square[0] == pytest.approx((drawn**2).mean(), rel=0.01)
    assert [found.lower[0], found.upper[0]] == list(np.quantile(drawn, [0.1, 0.9]))


@pytest.mark.parametrize("model", [MODEL, TRUTH, replace(MODEL, a=1.0), replace(MODEL, a=2e-4)])
def test_expected_purchases_two_ways(model: PurchaseModel) -> None:
    """Added up count by count, and as a mean over chances to leave."""
    buyers, _ = group_buyers(*np.array([[0, 0, 3], [1, 5, 5], [2, 300, 400], [90, 700, 729]]).T)
    for horizon in (0.5, 30 / 7, 52.0):
        within = model.within(buyers, horizon)
        assert within.expected == pytest.approx(model.expected(buyers, horizon), rel=1e-6)
        assert (within.expected_square >= within.expected**2).all()
        assert (within.expected >= within.p_buy).all()
        assert (within.lower <= within.upper).all()


def test_discounted_purchases() -> None:
    buyers, _ = group_buyers(*np.array([[0, 0, 30], [3, 50, 70], [20, 300, 330]]).T)
    for of in (MODEL, PurchaseAverages(0.01, 0.2, "few")):
        until = [of.expected(buyers, month * WEEKS_OF_A_MONTH * 1.1) for month in range(13)]
        worth = [1.2 ** (-(month + 0.5) / 12) for month in range(12)]
        by_hand = sum(worth[month] * (until[month + 1] - until[month]) for month in range(12))
        assert of.discounted(buyers, 0.2, pace=1.1) == pytest.approx(by_hand, rel=1e-9)
        assert of.discounted(buyers, 0.0) == pytest.approx(of.expected(buyers, 365 / 7), rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 1), (0.79, 2.4), (2e-4, 9000), (3, 5000)])
def test_points_of_a_beta_distribution(a: float, b: float) -> None:
    points, weights = beta_points(np.array([a]), np.array([b]), 24)
    assert weights.sum() == pytest.approx(1)
    for power in (1, 2, 5):
        moment = np.exp(betaln(a + power, b) - betaln(a, b))
        assert (weights * points**power).sum() == pytest.approx(moment, rel=1e-8)
    by_quadrature = quad(lambda share: 1 / (1 + 5 * beta.ppf(share, a, b)), 0, 1, limit=200)[0]
    assert (weights / (1 + 5 * points)).sum() == pytest.approx(by_quadrature, abs=1e-6)


def test_groups_hold_every_buyer() -> None:
    chance = np.random.default_rng(1)
    repeats, recency, age = chance.integers(0, [[3], [9], [11]], (3, 500))
    buyers, group = group_buyers(repeats, recency, age)
    assert buyers.buyers.sum() == 500 and len(set(zip(repeats, recency, age, strict=True))) == len(
        buyers.repeats
    )
    assert (buyers.repeats[group] == repeats).all()
    assert buyers.recency[group] * 7 == pytest.approx(recency)
    assert buyers.age[group] * 7 == pytest.approx(age)


# Subscribers.


def test_published_base_hazard() -> None:
    """Fader and Hardie: 1,000 high end and 1,000 regular customers over seven years."""
    for stayed, parameters in (
        ([1000, 869, 743, 653, 593, 551, 517, 491], (0.668, 3.806)),
        ([1000, 631, 468, 382, 326, 289, 262, 241], (0.704, 1.182)),
    ):
        there = np.array(stayed, dtype=float)
        model = fit_base_hazard(np.arange(7.0), there[:-1], there[:-1] - there[1:])
        assert (model.a, model.b) == pytest.approx(parameters, abs=0.001)
        assert model.is_converged
        # 14 steps on, in closed form.
        closed = np.exp(betaln(model.a, model.b + 2 + np.arange(15)) - betaln(model.a, model.b + 2))
        assert survival(model, np.array([2.0]), np.zeros(1))[0] == pytest.approx(closed, rel=1e-12)


def test_leaving_within_a_horizon() -> None:
    base = AverageHazard(0.2, "few")
    stays = survival(base, np.array([0.0, 5.0]), np.array([0.0, np.log(1.5)]))
    # Odds of 0.25 times 1.5 are those of 0.375 / 1.375.
    for row, hazard in enumerate((0.2, 0.375 / 1.375)):
        for steps in (0, 0.5, 1, 90 / 28, 365 / 28, 14):
            assert left_within(stays, steps)[row] == pytest.approx(1 - (1 - hazard) ** steps)
    never = survival(base, np.zeros(1), np.array([-1e6]))
    at_once = survival(base, np.zeros(1), np.array([1e6]))
    assert left_within(never, 14) == 0
    assert left_within(at_once, 1) == left_within(at_once, 365 / 28) == 1


@dataclass(frozen=True)
class Signalled:
    """A signal model of simulated subscribers, and those it is asked about."""

    model: SignalModel
    base: Array
    now: simulated.Subscribers

    @property
    def probability(self) -> Array:
        return self.model.probability(self.base, self.now.signals)


def expected_auc(score: Array, hazard: Array) -> float:
    """AUC of a score on average over what may happen: everyone leaves and stays, by his hazard."""
    left = np.repeat([True, False], len(score))
    weight = np.concatenate([hazard, 1 - hazard])
    return roc_auc_score(left, np.tile(score, 2), sample_weight=weight)


def signalled(seed: int, a: float, b: float) -> Signalled:
    past, now = simulated.subscribers(seed, 20_000, a=a, b=b)
    at_risk, left = np.bincount(past.tenure), np.bincount(past.tenure, past.left)
    base = hazard_forecast(np.arange(len(at_risk), dtype=float), at_risk, left)
    powers = 2 ** np.arange(len(simulated.SIGNALS))
    key = past.tenure * 2 * powers[-1] + (past.signals @ powers).astype(int)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    model = fit_signals(
        base.log_odds(past.tenure[first].astype(float)),
        past.signals[first],
        np.bincount(group),
        np.bincount(group, past.left),
        list(simulated.SIGNALS),
    )
    return Signalled(model, base.log_odds(now.tenure.astype(float)), now)


@pytest.mark.parametrize("seed", SEEDS)
def test_subscribers_against_their_true_hazard(seed: int) -> None:
    """95 % of the AUC of the true hazard, and of what can be known of it.

    The chance that each one has of his own is hidden. Where it differs little (as between 0.03
    and 0.12) the true hazard is nearly reached; where it differs much, nobody can, and what can
    be known is the mean of the hazard over all who had the same signals and stayed as long.
    """
    little = signalled(seed, 10.0, 140.0)
    said = expected_auc(little.probability, little.now.hazard)
    assert said >= 0.95 * expected_auc(little.now.hazard, little.now.hazard)
    much = signalled(seed, 1.0, 14.0)
    said = expected_auc(much.probability, much.now.hazard)
    assert said >= 0.95 * expected_auc(much.now.knowable, much.now.hazard)
    assert said >= 0.85 * expected_auc(much.now.hazard, much.now.hazard)
    assert much.probability.sum() == pytest.approx(much.now.hazard.sum(), rel=0.1)
    effects = [effect for _, effect in simulated.SIGNALS.values()]
    assert little.model.weights == pytest.approx(np.array(effects), abs=0.25)
    assert little.model.reason is None


def test_reasons_add_up_and_move_the_score() -> None:
    of = signalled(1, 1.0, 14.0)
    model, signals = of.model, of.now.signals
    parts = model.contributions(of.base, signals)
    log_odds = model.log_odds(of.base, signals)
    probability = of.probability
    assert parts.shape == (len(of.base), 2 + len(model.names))
    assert np.abs(parts.sum(axis=1) - log_odds).max() <= 1e-12
    assert np.abs(np.log(probability / (1 - probability)) - log_odds).max() <= 1e-9
    for column, weight in enumerate(model.weights):
        without = signals.copy()
        without[:, column] = 0
        is_present = signals[:, column] == 1
        change = model.probability(of.base, without) - probability
        assert (np.sign(change[is_present]) == -np.sign(weight)).all()
        assert (change[~is_present] == 0).all()
        lost = log_odds - model.log_odds(of.base, without)
        assert lost[is_present] == pytest.approx(parts[is_present, 2 + column], abs=1e-12)


def test_signals_that_say_too_little_or_all() -> None:
    """Rare signals weigh nothing; one whose subscribers all left gets a finite weight."""
    groups = np.array(
        [
            # at risk, left, rare, few left, all left
            [1000, 50, 0, 0, 0],
            [FEWEST - 1, 10, 1, 0, 0],
            [100, 4, 0, 1, 0],
            [40, 40, 0, 0, 1],
        ],
        dtype=float,
    )
    base = np.full(4, -3.0)
    model = fit_signals(base, groups[:, 2:], groups[:, 0], groups[:, 1], ["rare", "few", "all"])
    assert model.weights[0] == model.weights[1] == 0
    assert 4 < model.weights[2] < 10 and model.reason is None
    # A base that is the same for all keeps its weight.
    assert model.base_weight == 1
    none_left = fit_signals(base, groups[:, 2:], groups[:, 0], np.zeros(4), ["rare", "few", "all"])
    assert none_left.reason == f"fewer than {FEWEST} left or stayed"
    assert (none_left.log_odds(base, groups[:, 2:]) == base).all()


# What is odd.


def test_same_input_same_output_in_any_order() -> None:
    """To 1e-9, whatever order the rows come in."""
    shop = simulated.shop(1, 20_000)
    of = forecast(shop, 0)
    order = np.random.default_rng(1).permutation(len(of.buyers.repeats))
    shuffled = Buyers(*(getattr(of.buyers, f.name)[order] for f in fields(Buyers)))
    again = fit_purchases(shuffled)
    assert fit_purchases(of.buyers) == of.model
    for name in ("r", "alpha", "a", "b"):
        assert getattr(again, name) == pytest.approx(getattr(of.model, name), rel=1e-9)
    one_way, other = of.model.within(of.buyers, 13), again.within(shuffled, 13)
    for field in fields(one_way):
        first, second = getattr(one_way, field.name), getattr(other, field.name)
        assert second == pytest.approx(first[order], abs=1e-9)

    repeats = of.seen.repeats[of.seen.repeats > 0].astype(float)
    means = np.random.default_rng(2).gamma(6.0, 5.0, len(repeats))
    turn = np.random.default_rng(3).permutation(len(repeats))
    spend = fit_spend(repeats, means, np.ones(len(repeats)))
    spend_again = fit_spend(repeats[turn], means[turn], np.ones(len(repeats)))
    assert spend.expected_value(repeats, means) == pytest.approx(
        spend_again.expected_value(repeats, means), rel=1e-9
    )


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(0, 0, 100)], "fewer than 50 buyers came back"),
        ([(3, 40, 100)], "fewer than 50 buyers came back"),
        ([(0, 0, age) for age in range(1, 500)], "fewer than 50 buyers came back"),
        ([(1, 3, 9)] * 49 + [(0, 0, 9)] * 900, "fewer than 50 buyers came back"),
        ([(5, 100, 200)] * 1000, None),
        ([(700, 720, 725)] + [(0, 0, 300)] * 300 + [(1, 60, 200)] * 100, None),
    ],
)
def test_odd_buyers(rows: list[tuple[int, int, int]], reason: str | None) -> None:
    """One customer, only one-time buyers, all alike, one who buys every day: finite, flagged."""
    buyers, _ = group_buyers(*np.array(rows).T)
    found = purchase_forecast(buyers)
    assert found.reason == reason
    assert isinstance(found, PurchaseModel if reason is None else PurchaseAverages)
    within = found.within(buyers, 365 / 7)
    for field in fields(within):
        values = getattr(within, field.name)
        assert np.isfinite(values).all() and (values >= 0).all()
    assert (within.p_buy <= 1).all()
    assert np.isfinite(found.discounted(buyers, 0.1)).all()
    assert np.isnan(found.p_alive(buyers)).all() == (reason is not None)


def test_averages_of_two_groups() -> None:
    """Worked by hand: ten one-time buyers of 70 days, two who came back twice in 84."""
    buyers, _ = group_buyers(*np.array([(0, 0, 70)] * 10 + [(2, 56, 84)] * 2).T)
    found = purchase_forecast(buyers)
    # Until the second purchase: 10 x 10 weeks, 2 x 4 weeks. After it: 2 x 8 weeks, 2 purchases.
    assert isinstance(found, PurchaseAverages)
    assert found.one_time_rate == pytest.approx(2.5 / 108)
    assert found.repeat_rate == pytest.approx(2.5 / 16)
    assert found.p_buy(buyers, 4) == pytest.approx(1 - np.exp([-10 / 108, -10 / 16]))
    within = found.within(buyers, 20)
    assert within.expected[1] == pytest.approx(3.125)
    assert within.expected_square[1] == pytest.approx(3.125 + 3.125**2)
    assert (within.lower[1], within.upper[1]) == (1, 5)


def test_no_buyers_and_no_subscribers() -> None:
    nobody, group = group_buyers(*np.empty((3, 0), dtype=int))
    assert len(nobody.repeats) == len(group) == 0
    found = purchase_forecast(nobody)
    assert found.reason and len(found.within(nobody, 4).expected) == 0
    assert np.isnan(found.p_buy(one(0, 0, 1), 4)).all()
    spend = spend_forecast(np.zeros(3), np.full(3, np.nan), np.ones(3))
    assert spend.reason == "nobody bought twice"
    assert np.isnan(spend.expected_value(np.zeros(3), np.full(3, np.nan))).all()
    hazard = hazard_forecast(np.empty(0), np.empty(0), np.empty(0))
    assert hazard.reason and np.isnan(hazard.log_odds(np.zeros(2))).all()


def test_odd_spend() -> None:
    chance = np.random.default_rng(1)
    number = 2000
    repeats, ones = chance.integers(1, 8, number).astype(float), np.ones(number)

    few = spend_forecast(repeats[:49], ones[:49] * 7, ones[:49])
    assert (few.reason, few.variation) == ("fewer than 50 buyers came back", 0)
    same = spend_forecast(repeats, ones * 20, ones)
    assert isinstance(same, SpendAverage) and same.reason == "all spend the same"
    assert (same.expected_value(repeats, ones) == 20).all()
    assert (same.expected_square(repeats, ones) == 400).all()
    wild = spend_forecast(repeats, 1 / chance.gamma(0.8, 1, number), ones)
    assert wild.reason == "spend varies too much for a mean"

    # Each always spends the same: what he spent is what he will spend.
    own = 20 / chance.gamma(4, 0.25, number)
    constant = spend_forecast(repeats, own, ones)
    assert constant.reason is None and constant.variation < 0.001
    assert constant.expected_value(repeats, own) == pytest.approx(own, rel=0.02)

    # A value a million times the others, one of 0, one below 0, one unknown.
    means = chance.gamma(6 * repeats) / (6 * repeats) * own
    usual = spend_forecast(repeats, means, ones)
    odd = means.copy()
    odd[:4] = [1e8, 0, -5, np.nan]
    outlier = spend_forecast(repeats, odd, ones)
    assert outlier.reason is None
    assert outlier.expected_value(repeats, means)[4:] == pytest.approx(
        usual.expected_value(repeats, means)[4:], rel=0.15
    )
    scored = outlier.expected_value(repeats, odd)[:3]
    assert np.isfinite(scored).all() and (scored > 0).all()
    # In any currency.
    in_yen = spend_forecast(repeats, means * 160, ones)
    assert in_yen.expected_value(repeats, means * 160) == pytest.approx(
        160 * usual.expected_value(repeats, means), rel=1e-9
    )


def test_fits_that_do_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = least_loss(lambda logs: (float("nan"), np.full(2, np.nan)), np.zeros(2))
    assert not lost.is_converged
    downhill = least_loss(lambda logs: (-float(logs[0]), np.array([-1.0])), np.zeros(1))
    assert downhill.is_converged and downhill.parameters[0] == pytest.approx(np.exp(9))

    def not_converged(fit):  # type: ignore[no-untyped-def]
        return lambda *of: replace(fit(*of), is_converged=False)

    for name in ("fit_purchases", "fit_spend", "fit_base_hazard"):
        monkeypatch.setattr(fallback, name, not_converged(getattr(fallback, name)))
    of = forecast(simulated.shop(1, 2000), 0)
    repeats = of.seen.repeats.astype(float)
    means = np.random.default_rng(1).gamma(6.0, 5.0, len(repeats))
    tenure = np.arange(5.0)
    for found in (
        purchase_forecast(of.buyers),
        spend_forecast(repeats, means, np.ones(len(repeats))),
        hazard_forecast(tenure, np.full(5, 100.0), np.full(5, 10.0)),
    ):
        assert found.reason == "the fit did not converge"
    averages = purchase_forecast(of.buyers)
    assert averages.within(of.buyers, 13).expected.max() < 5


def test_hazard_of_too_few() -> None:
    found = hazard_forecast(np.arange(3.0), np.array([10.0, 6.0, 4.0]), np.array([1.0, 0.0, 1.0]))
    assert found == AverageHazard(2.5 / 21, "fewer than 20 subscribers left")
    assert left_within(survival(found, np.zeros(1), np.zeros(1)), 1) == pytest.approx(2.5 / 21)
    everyone = hazard_forecast(np.zeros(1), np.array([100.0]), np.array([100.0]))
    assert everyone.reason is None and everyone.log_odds(np.zeros(1)) > 5
