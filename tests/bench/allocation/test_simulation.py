"""Visits that come and go at a fleet, in simulated time."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean

import pytest

from bench.allocation.dwell import Dwell
from bench.allocation.growth import growth_by_log, log_fit, quantile
from bench.allocation.policies import POLICIES
from bench.allocation.simulation import Setup, Simulation

SMALL = {"pods": 30, "visits": 300}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("load", [0.5, 1.05])
def test_nobody_waits_while_their_gateway_knows_of_a_place(policy: str, load: float) -> None:
    outcome = Simulation(Setup(load, delay_s=0.5, **SMALL), POLICIES[policy]).run()

    assert outcome.missed == 0
    assert len(outcome.tries) + outcome.waits == SMALL["visits"]
    assert (outcome.waits > 0) == (load > 1)


def test_two_choices_spread_visits_better_than_chance() -> None:
    two, any_free = (
        Simulation(Setup(0.5, delay_s=0.05, pods=100, visits=1000), POLICIES[name]).run().mean_spread
        for name in ("two choices", "random")
    )

    assert two < 0.8 * any_free


def test_the_same_seed_gives_the_same_outcome() -> None:
    setup = Setup(0.95, delay_s=1.0, **SMALL)

    assert Simulation(setup, POLICIES["two choices"]).run() == Simulation(setup, POLICIES["two choices"]).run()


def test_visits_last_as_long_in_the_mean_as_was_asked_for() -> None:
    random, dwell = Random(1), Dwell(mean_s=100.0)

    assert fmean(dwell.of_a_new_visit_s(random) for _ in range(20_000)) == pytest.approx(100.0, rel=0.05)
    # The renewal theorem: what is left of a running visit is half the second moment by the mean.
    second = dwell.scale_s**2 * math.gamma(1 + 2 / dwell.shape)
    left = fmean(dwell.left_of_a_running_visit_s(random) for _ in range(20_000))
    assert left == pytest.approx(second / 200.0, rel=0.1)


def test_a_logarithm_is_found_and_told_from_what_grows_faster() -> None:
    points = [(float(x), 3.0 + 2.0 * math.log2(x)) for x in (10, 100, 1000)]

    fit = log_fit(points)

    assert (fit.base, fit.per_doubling) == (pytest.approx(3.0), pytest.approx(2.0))
    assert fit.at(64) == pytest.approx(15.0)
    assert growth_by_log(points) < 1.0 < growth_by_log([(10.0, 1.0), (1000.0, 100.0)])


def test_quantiles() -> None:
    assert (quantile([3.0, 1.0, 2.0], 0.5), quantile([1.0], 0.99)) == (2.0, 1.0)
    assert math.isnan(quantile([], 0.5))
