"""What the link's model does to packets; all times are arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.network.impairment import BUCKET_BYTES, Capacity, Direction, Drop, Impairment, Outage, RateStep

PACKET_BYTES = 1250
"""10,000 bits: at 1 Mbit/s it takes 10 ms."""


def offered(direction: Direction, count: int, interval_s: float, seed: int = 1) -> list[float | Drop]:
    """The fate of packets sent at even intervals; deliveries as delay after sending, seconds."""
    link = Impairment(direction, seed, 100.0)
    fates: list[float | Drop] = []
    for index in range(count):
        now_s = 100.0 + index * interval_s
        fate = link.offer(PACKET_BYTES, now_s)
        fates.append(fate if isinstance(fate, Drop) else fate - now_s)
    return fates


def test_a_clean_link_delivers_at_once() -> None:
    assert offered(Direction(), 5, 0.001) == [0.0] * 5


def test_the_delay_is_one_way() -> None:
    assert offered(Direction(delay_ms=25.0), 3, 0.001) == pytest.approx([0.025] * 3)


def test_jitter_spreads_the_delay_and_keeps_the_order() -> None:
    delays_s = offered(Direction(delay_ms=10.0, jitter_ms=5.0), 2000, 0.020)
    assert min(delays_s) == pytest.approx(0.005, abs=0.001)
    assert max(delays_s) == pytest.approx(0.015, abs=0.001)
    for reorder in (False, True):
        link = Impairment(Direction(delay_ms=10.0, jitter_ms=5.0, reorder=reorder), 1, 0.0)
        arrivals_s = [link.offer(PACKET_BYTES, index * 0.001) for index in range(500)]
        assert (arrivals_s == sorted(arrivals_s)) is not reorder


def test_independent_losses_have_the_share_asked_for() -> None:
    fates = offered(Direction(loss=0.03), 20_000, 0.001)
    assert fates.count(Drop.LOSS) / len(fates) == pytest.approx(0.03, rel=0.15)
    assert runs_of_loss(fates) == pytest.approx(1.03, abs=0.05)


def test_losses_in_bursts_have_the_share_and_the_length_asked_for() -> None:
    fates = offered(Direction(loss=0.05, burst_packets=4.0), 100_000, 0.001)
    assert fates.count(Drop.LOSS) / len(fates) == pytest.approx(0.05, rel=0.15)
    assert runs_of_loss(fates) == pytest.approx(4.0, rel=0.1)


def runs_of_loss(fates: list[float | Drop]) -> float:
    """Mean length of losses in a row."""
    lost = [fate is Drop.LOSS for fate in fates]
    begun = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    return sum(lost) / begun


def test_the_same_seed_loses_the_same_packets_whatever_the_jitter() -> None:
    still, shaking = Direction(loss=0.1), Direction(loss=0.1, delay_ms=9.0, jitter_ms=3.0)
    lost = [[fate is Drop.LOSS for fate in offered(d, 500, 0.001, seed=7)] for d in (still, shaking)]
    assert lost[0] == lost[1]
    assert lost[0] != [fate is Drop.LOSS for fate in offered(still, 500, 0.001, seed=8)]


def test_a_burst_is_stretched_to_the_rate_and_what_the_buffer_does_not_hold_is_dropped() -> None:
    direction = Direction(rates=(RateStep(0.0, 1e6),), buffer_ms=100.0)
    fates = offered(direction, 20, 0.0)
    passed = [fate for fate in fates if not isinstance(fate, Drop)]
    bucket_s = BUCKET_BYTES * 8 / 1e6
    assert passed == pytest.approx([max(0.0, 0.010 * (index + 1) - bucket_s) for index in range(11)])
    assert fates[11:] == [Drop.BUFFER] * 9
    assert max(passed) <= 0.100


def test_an_idle_link_saves_no_more_than_a_bucket() -> None:
    link = Impairment(Direction(rates=(RateStep(0.0, 1e6),)), 1, 0.0)
    delays_s = [link.offer(PACKET_BYTES, 60.0) for _ in range(3)]
    assert delays_s == pytest.approx([60.0, 60.008, 60.018])


def test_what_waits_when_the_rate_falls_is_carried_at_the_new_rate() -> None:
    rates = (RateStep(0.0, 10e6), RateStep(1.0, 1e6))
    link = Impairment(Direction(rates=rates, buffer_ms=100.0), 1, 0.0)
    # 50 packets are 0.05 s at the old rate; 0.01 s before the fall, four fifths of them are left after it.
    fates = [link.offer(PACKET_BYTES, 0.99) for _ in range(50)]
    assert fates[-1] == pytest.approx(1.0 + (50 * PACKET_BYTES * 8 - BUCKET_BYTES * 8 - 0.01 * 10e6) / 1e6)


def test_nothing_passes_an_outage_and_what_is_under_way_arrives() -> None:
    link = Impairment(Direction(delay_ms=50.0, outages=(Outage(1.0, 0.4),)), 1, 10.0)
    assert link.offer(100, 10.99) == pytest.approx(11.04)
    assert [link.offer(100, at_s) for at_s in (11.0, 11.2, 11.399)] == [Drop.OUTAGE] * 3
    assert link.offer(100, 11.4) == pytest.approx(11.45)


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.0},
        {"burst_packets": 0.5},
        {"rates": (RateStep(1.0, 1e6),)},
        {"rates": (RateStep(0.0, 0.0),)},
        {"rates": (RateStep(0.0, 1e6), RateStep(2.0, 1e6), RateStep(1.0, 1e6))},
    ],
)
def test_a_link_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rate|loss"):
        Direction(**wrong)  # type: ignore[arg-type]


rate_steps = st.lists(st.tuples(st.floats(0.1, 5.0), st.floats(1e5, 1e8)), min_size=1, max_size=5).map(
    lambda gaps: tuple(RateStep(sum(gap for gap, _ in gaps[:index]), gaps[index][1]) for index in range(len(gaps)))
)


@given(rate_steps, st.floats(0.0, 30.0))
def test_capacity_and_its_inverse_agree(steps: tuple[RateStep, ...], at_s: float) -> None:
    capacity = Capacity(steps)
    assert capacity.time_s(capacity.bits(at_s)) == pytest.approx(at_s, abs=1e-6)


@given(
    rate_steps,
    st.floats(0.0, 50.0),
    st.floats(0.0, 40.0),
    st.lists(st.tuples(st.floats(0.0, 0.05), st.integers(1, 1500)), max_size=80),
)
def test_no_packet_is_early_out_of_order_or_more_than_the_link_carries(
    steps: tuple[RateStep, ...], delay_ms: float, jitter_ms: float, sent: list[tuple[float, int]]
) -> None:
    direction = Direction(delay_ms=delay_ms, jitter_ms=jitter_ms, loss=0.05, rates=steps, buffer_ms=200.0)
    link, capacity = Impairment(direction, 3, 0.0), Capacity(steps)
    now_s, last_s, bits = 0.0, 0.0, 0.0
    for gap_s, size in sent:
        now_s += gap_s
        fate = link.offer(size, now_s)
        if isinstance(fate, Drop):
            continue
        bits += size * 8.0
        assert fate >= now_s
        assert fate >= last_s
        assert bits <= capacity.bits(fate) + BUCKET_BYTES * 8.0 + 1e-3
        last_s = fate
