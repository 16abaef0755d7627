"""A real gateway before a few simulated renderers."""

from __future__ import annotations

from bench.allocation.gateway_run import measure


def test_visitors_come_in_and_what_it_costs_is_known() -> None:
    measured = measure(renderers=3, visits=10, per_second=20.0, rest_s=0.2)

    assert len(measured.entering_s) + measured.queued == 10
    assert set(measured.own_s) == {"join", "whep"}
    assert measured.own_at(0.5) <= measured.own_at(0.99)
    assert measured.memory_mb > 0
