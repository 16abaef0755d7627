"""Links that are worse than narrow: shared, drifting, overtaking, silent, far away. Simulated; each run is seeded."""

from __future__ import annotations

import pytest

from stream.settings import StreamSettings
from tests.stream.link.link_simulation import Bottleneck, LinkModel, simulate, simulate_together, visit


def steady(bps: float, buffer_s: float = 0.1) -> Bottleneck:
    return Bottleneck(lambda _s: bps, buffer_s)


@pytest.mark.parametrize("seeds", [(1, 11), (2, 12)])
def test_two_visitors_share_a_link_about_evenly(seeds: tuple[int, int]) -> None:
    link = steady(6e6)
    first, second = simulate_together(
        [visit(LinkModel(link), seeds[0]), visit(LinkModel(link), seeds[1], begin_s=5.0)], 60
    )
    rates_bps = [trace.rate_bps(20, 60) for trace in (first, second)]
    assert max(rates_bps) < 1.6 * min(rates_bps)
    assert 0.75 * 6e6 < sum(rates_bps) < 6e6
    assert first.mean_queue_s(20, 60) < 0.02


@pytest.mark.parametrize("seed", [1, 2])
def test_where_every_third_feedback_is_lost_the_link_is_filled_all_the_same(seed: int) -> None:
    trace = simulate(LinkModel(steady(10e6), feedback_loss=0.3), 20, seed)
    assert trace.rate_bps(5, 20) > 6e6
    assert trace.mean_queue_s(5, 20) < 0.02
    assert trace.pictures(5, 20) > 0.93 * 15 * 30


def test_where_every_third_feedback_is_lost_a_link_that_falls_is_followed() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda s: 1.5e6 if 10 <= s < 20 else 6e6), feedback_loss=0.3), 30)
    assert trace.longest_gap_s(10, 12) < 0.5
    assert 0.7 * 1.5e6 < trace.rate_bps(12, 20) < 1.5e6


@pytest.mark.parametrize("parts_per_million", [-200, 200])
def test_clocks_that_drift_apart_take_nothing_of_the_rate(parts_per_million: int) -> None:
    trace = simulate(LinkModel(steady(50e6), clock_s=lambda s: 1e4 + s * (1 + 1e-6 * parts_per_million)), 60)
    assert trace.rate_bps(5, 60) > 9e6


@pytest.mark.parametrize("jump_s", [-1.0, -0.1, 0.1, 1.0, 600.0])
def test_a_receivers_clock_that_jumps_is_got_over_in_seconds(jump_s: float) -> None:
    trace = simulate(LinkModel(steady(10e6), clock_s=lambda s: 1e4 + s + (jump_s if s > 5 else 0.0)), 14)
    assert trace.rate_bps(9, 14) > 0.75 * trace.rate_bps(3, 5)
    assert trace.longest_gap_s(5, 14) < 0.2


@pytest.mark.parametrize("longer_s", [-0.02, 0.04, 0.08])
def test_a_way_that_becomes_longer_or_shorter_is_got_over_in_seconds(longer_s: float) -> None:
    """A hand-over to another cell: it was the floor of the rate for half a minute."""
    trace = simulate(LinkModel(steady(10e6), one_way_s=lambda s: 0.03 + (longer_s if s > 5 else 0.0)), 14)
    assert trace.rate_bps(8, 14) > 0.75 * trace.rate_bps(3, 5)
    assert trace.longest_gap_s(5, 14) < 0.35


def test_packets_that_overtake_each_other_are_no_queue_and_no_loss() -> None:
    trace = simulate(LinkModel(steady(10e6), one_way_s=0.02, jitter_s=0.02), 15)
    assert trace.rate_bps(5, 15) > 7e6
    assert trace.target_bps[-1][1] > 0.8 * trace.rate_bps(5, 15), "no copies"


def test_a_radio_that_hands_on_in_bunches_is_made_use_of() -> None:
    trace = simulate(LinkModel(steady(20e6), bunch_s=(0.02, 0.05)), 20)
    assert trace.rate_bps(10, 20) > 9e6
    narrow = simulate(LinkModel(steady(4e6), bunch_s=(0.02, 0.05)), 20)
    assert 0.7 * 4e6 < narrow.rate_bps(5, 20) < 4e6
    assert narrow.mean_queue_s(5, 20) < 0.03


def test_others_who_push_in_are_given_way_and_their_place_is_taken_again() -> None:
    link = Bottleneck(lambda _s: 6e6, 0.2, others_bps=lambda s: 4e6 if 10 <= s < 15 else 0.0)
    trace = simulate(LinkModel(link), 30)
    assert trace.mean_queue_s(11.5, 15) < 0.03
    assert trace.rate_bps(11, 15) > 1.2e6
    assert trace.rate_bps(22, 30) > 0.7 * 6e6


def test_who_has_sent_little_may_send_more_at_once() -> None:
    trace = simulate(LinkModel(steady(10e6)), 20, demand_bps=lambda s: 0.5e6 if s < 15 else 1e8)
    assert trace.rate_bps(15, 16) > 5e6
    assert trace.worst_queue_s(15, 20) < 0.08


@pytest.mark.parametrize("seed", [1, 2])
def test_a_link_too_narrow_for_any_video_still_moves(seed: int) -> None:
    trace = simulate(LinkModel(steady(200e3, 0.3)), 20, seed)
    assert trace.pictures(5, 20) > 8 * 15
    assert trace.longest_gap_s(5, 20) < 0.7


def test_a_link_wider_than_most_is_made_use_of() -> None:
    trace = simulate_together([visit(LinkModel(steady(60e6)), settings=StreamSettings(max_bps=50_000_000))], 8)[0]
    assert trace.rate_bps(4, 8) > 40e6
    assert trace.worst_queue_s(4, 8) < 0.03


def test_feedback_that_takes_long_is_waited_for() -> None:
    trace = simulate(LinkModel(steady(4e6, 0.2), back_s=0.3), 20)
    assert trace.rate_bps(5, 20) > 0.7 * 4e6
    assert trace.mean_queue_s(5, 20) < 0.03
    fallen = simulate(LinkModel(Bottleneck(lambda s: 1.5e6 if 10 <= s < 20 else 6e6, 0.2), back_s=0.3), 20)
    assert fallen.longest_gap_s(10, 20) < 0.8
    assert fallen.rate_bps(12, 20) < 1.5e6


@pytest.mark.parametrize("pause_s", [0.4, 3.0])
def test_a_link_that_was_gone_is_as_good_as_before(pause_s: float) -> None:
    trace = simulate(LinkModel(steady(10e6), up=lambda s: not 5 <= s < 5 + pause_s), 14)
    back_s = 5 + pause_s
    assert trace.pictures(back_s, back_s + 0.3) >= 5, "pictures go again at once"
    assert trace.rate_bps(back_s + 1, back_s + 4) > 0.8 * trace.rate_bps(3, 5)
    targets = [bps for at_s, bps in trace.target_bps if at_s > back_s + 0.5]
    assert min(targets) > 0.6 * trace.rate_bps(3, 5), "an outage is no reason for copies"


def test_a_link_that_falls_to_almost_nothing_is_found_again_in_seconds() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda s: 0.35e6 if 10 <= s < 20 else 6e6, 0.3)), 28)
    assert trace.mean_queue_s(13, 20) < 0.05
    assert trace.rate_bps(24, 28) > 0.6 * 6e6


@pytest.mark.parametrize("policer_bytes", [10_000, 30_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_policer_is_kept_to_and_gets_no_copies(policer_bytes: float, seed: int) -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: 3e6, policer_bytes=policer_bytes)), 30, seed)
    assert 0.6 * 3e6 < trace.rate_bps(5, 30) < 3e6
    assert trace.lost < 0.04 * trace.packets
    targets = [bps for at_s, bps in trace.target_bps if at_s > 5]
    assert min(targets) > 0.5 * 3e6


@pytest.mark.parametrize("loss", [0.03, 0.08])
def test_a_radio_that_loses_packets_keeps_its_rate(loss: float) -> None:
    trace = simulate(LinkModel(steady(10e6), one_way_s=0.02, loss=loss), 30)
    assert trace.rate_bps(5, 30) > 7e6
    assert trace.target_bps[-1][1] < 0.6 * trace.rate_bps(20, 30), "half of it copies"


def test_where_others_keep_the_buffer_full_pictures_go_on_and_the_link_is_found_again() -> None:
    """As a download does: more and more until something is lost, then half."""
    greedy_bps = {"now": 0.5e6, "at_s": 10.0, "halved_s": 0.0}

    def others_bps(now_s: float) -> float:
        if not 10 <= now_s < 25:
            return 0.0
        greedy_bps["now"] += 1.5e6 * (now_s - greedy_bps["at_s"])
        greedy_bps["at_s"] = now_s
        if link.queue_s(now_s) > 0.19 and now_s - greedy_bps["halved_s"] > 0.25:
            greedy_bps["now"] = max(0.5e6, 0.5 * greedy_bps["now"])
            greedy_bps["halved_s"] = now_s
        return greedy_bps["now"]

    link = Bottleneck(lambda _s: 6e6, 0.2, others_bps=others_bps)
    trace = simulate(LinkModel(link), 34)
    assert trace.mean_queue_s(15, 25) > 0.05, "the others keep it full"
    assert trace.longest_gap_s(5, 34) < 0.3
    assert trace.rate_bps(29, 34) > 0.6 * 6e6
