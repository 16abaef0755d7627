"""When a container is started again, and how many answers to a probe make a change."""

from __future__ import annotations

from bench.cluster.container import RestartPolicy
from bench.cluster.probes import AnswerCounter
from bench.cluster.restart_delay import RestartDelay


def test_a_container_that_keeps_ending_waits_longer_and_longer() -> None:
    delay = RestartDelay()
    assert [delay.ended(ran_s=1.0) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]


def test_one_that_ran_well_is_started_at_once_again() -> None:
    delay = RestartDelay()
    delay.ended(ran_s=1.0)
    assert delay.ended(ran_s=700.0) == 0


def test_only_so_many_answers_in_a_row_make_a_change() -> None:
    counter = AnswerCounter(successes=1, failures=3, good=True)
    changes = [counter.count(good) for good in (False, False, True, False, False, False, False, True)]
    assert changes == [False, False, False, False, False, True, False, True]


def test_a_job_is_started_again_only_when_it_failed() -> None:
    assert RestartPolicy.ALWAYS.restarts(0)
    assert RestartPolicy.ON_FAILURE.restarts(1)
    assert not RestartPolicy.ON_FAILURE.restarts(0)
    assert not RestartPolicy.NEVER.restarts(1)
