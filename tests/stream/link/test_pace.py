"""How fast the packets of one picture may follow each other."""

from __future__ import annotations

from stream.link.pace import FACTOR, FACTOR_MAX, FACTOR_MIN, Pace
from stream.link.sent_packets import PacketFate


def pictures(arrival_gap_s: float, *, count: int = 3, packets: int = 5, sent_gap_s: float = 0.001) -> list[PacketFate]:
    """Each of ``packets``, sent ``sent_gap_s`` apart; on arrival they are ``arrival_gap_s`` apart."""
    return [
        PacketFate(at_s + index * sent_gap_s, 1200, at_s + 0.02 + index * arrival_gap_s, None, picture)
        for picture in range(count)
        for at_s in (picture / 30,)
        for index in range(packets)
    ]


def test_where_packets_arrive_as_they_were_sent_the_next_follow_faster_up_to_a_bound() -> None:
    pace = Pace()
    pace.on_fates(pictures(0.001))
    assert pace.factor > FACTOR
    for _ in range(50):
        pace.on_fates(pictures(0.001))
    assert pace.factor == FACTOR_MAX
    assert pace.link_seems_wider


def test_where_the_link_spreads_them_they_follow_slower_down_to_a_bound() -> None:
    pace = Pace()
    for _ in range(50):
        pace.on_fates(pictures(0.005))
    assert pace.factor == FACTOR_MIN
    assert not pace.link_seems_wider


def test_packets_that_arrive_bunched_do_not_slow_it() -> None:
    pace = Pace()
    pace.on_fates(pictures(0.0))
    assert pace.factor > FACTOR


def test_a_picture_that_comes_in_two_feedbacks_is_judged_once_and_whole() -> None:
    whole, halves = Pace(), Pace()
    fates = pictures(0.005)
    whole.on_fates(fates)
    halves.on_fates(fates[:7])
    between = halves.factor
    halves.on_fates(fates[7:])
    assert between < FACTOR
    assert halves.factor < between
    assert whole.factor == between


def test_what_is_no_picture_and_what_is_lost_says_nothing() -> None:
    pace = Pace()
    pace.on_fates([PacketFate(0.001 * n, 1200, 0.02 + 0.01 * n, None) for n in range(20)])
    pace.on_fates([PacketFate(1.0, 1200, None, None, picture) for picture in range(20)])
    pace.on_fates(pictures(0.05, packets=2))
    assert pace.factor == FACTOR
