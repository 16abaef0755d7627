"""Which pods to give another deletion cost."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from control.kube.cluster import Member
from control.kube.deletion_cost import AT_ONCE, PERIOD_S, SPREAD_S, DeletionCosts, cost_of

POD = Member("u1", "renderer-1", "http://10.0.0.1:8080")


def with_cost(cost: int | None) -> Member:
    return replace(POD, deletion_cost=cost)


def test_costs_are_coarse_where_there_are_many() -> None:
    assert [cost_of(visitors) for visitors in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 100)] == [
        *(0, 1, 2, 3, 4),
        *(6, 6, 8, 8, 12, 16, 24, 128),
    ]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_costs_are_in_the_order_of_visitors_and_near_their_number(fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))

    assert cost_of(fewer) <= cost_of(more)
    assert more <= cost_of(more) <= 1.5 * more


def test_a_pod_is_told_of_after_a_moment_and_again_only_if_nothing_came_of_it() -> None:
    costs = DeletionCosts(Random(1))
    pods = [(with_cost(None), 3)]

    assert costs.due(pods, 0.0) == []
    assert costs.due(pods, SPREAD_S) == [(POD, 3)]
    assert costs.due(pods, SPREAD_S + PERIOD_S - 0.1) == []
    assert costs.due(pods, SPREAD_S + PERIOD_S) == [(POD, 3)]
    assert costs.due([(with_cost(3), 3)], 20.0) == []


def test_a_new_pod_without_visitors_costs_nothing_by_itself() -> None:
    costs = DeletionCosts(Random(1))

    assert costs.due([(POD, 0)], 0.0) == costs.due([(POD, 0)], 100.0) == []


def test_what_another_gateway_did_is_left_and_the_pod_rests_then() -> None:
    costs = DeletionCosts(Random(1))
    costs.due([(with_cost(None), 3)], 0.0)
    assert costs.due([(with_cost(3), 3)], SPREAD_S) == []

    changed = [(with_cost(3), 0)]

    assert costs.due(changed, SPREAD_S + 0.1) == []
    assert costs.due(changed, SPREAD_S + PERIOD_S - 0.1) == []
    assert costs.due(changed, 2 * SPREAD_S + PERIOD_S + 0.1) == [(with_cost(3), 0)]


def test_those_that_are_the_most_wrong_come_first_and_not_too_many_at_once() -> None:
    costs = DeletionCosts(Random(1))
    pods = [(replace(POD, uid=f"u{number}", deletion_cost=16), 12) for number in range(AT_ONCE)]
    pods.append((replace(POD, uid="empty", deletion_cost=16), 0))
    costs.due(pods, 0.0)

    first = costs.due(pods, SPREAD_S)
    then = costs.due(pods, SPREAD_S + 0.1)

    assert first[0][0].uid == "empty"
    assert (len(first), len(then)) == (AT_ONCE, 1)
