"""What the sender makes of links: simulated, so that a minute of a link takes a second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.link import SILENCE_S, STARVED_S, Link
from stream.link.sent_packets import FORGOTTEN_AFTER_S
from stream.link.transport_feedback import TransportFeedback
from stream.settings import StreamSettings
from tests.stream.link.link_simulation import Bottleneck, LinkModel, simulate, simulate_together, visit


def test_a_wide_link_is_made_use_of_within_a_second() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: 50e6)), 3)
    assert trace.rate_bps(1, 3) > 9e6
    assert trace.worst_queue_s(0, 3) < 0.01


@pytest.mark.parametrize("cap_bps", [1.5e6, 3e6])
@pytest.mark.parametrize("buffer_s", [0.1, 0.3])
def test_a_narrow_link_is_filled_but_not_its_buffer(cap_bps: float, buffer_s: float) -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: cap_bps, buffer_s)), 20)
    assert trace.rate_bps(3, 20) < cap_bps, "the rate that is sent is under the cap"
    assert trace.rate_bps(3, 20) > 0.75 * cap_bps
    assert trace.mean_queue_s(3, 20) < 0.03
    assert trace.worst_queue_s(3, 20) < 0.1
    assert trace.lost <= 0.01 * trace.packets


@pytest.mark.parametrize("seed", [1, 3, 5])
@pytest.mark.parametrize(("buffer_s", "held_back"), [(0.1, 8), (0.3, 15)])
def test_a_link_that_falls_to_a_quarter_is_followed_at_once_and_found_again(
    buffer_s: float, held_back: int, seed: int
) -> None:
    trace = simulate(LinkModel(Bottleneck(lambda s: 1.5e6 if 10 <= s < 20 else 6e6, buffer_s)), 30, seed=seed)
    assert trace.frames_held_back <= held_back, "half a second of pictures at most"
    assert trace.worst_queue_s(11, 20) < 0.1
    before_bps, after_bps = trace.rate_bps(5, 10), trace.rate_bps(24, 27)
    assert before_bps > 4e6
    assert after_bps > 0.8 * before_bps


def test_loss_without_a_queue_is_the_radios_and_is_answered_by_copies_not_by_a_lower_rate() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: 50e6), loss=0.03), 10)
    assert trace.rate_bps(2, 10) > 9e6
    assert trace.target_bps[-1][1] < 0.6 * trace.rate_bps(2, 10), "pictures pay for the copies"


def test_jitter_is_not_taken_for_a_queue() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: 50e6), one_way_s=0.02, jitter_s=0.01), 10)
    assert trace.rate_bps(2, 10) > 8e6


def test_a_link_that_is_gone_gets_no_pictures_and_is_used_again_when_it_is_back() -> None:
    trace = simulate(LinkModel(Bottleneck(lambda _s: 20e6), up=lambda s: not 5 <= s < 5.4), 8)
    assert trace.frames_held_back > 0
    assert trace.rate_bps(6, 8) > 8e6


def test_repair_packets_cost_a_receiver_that_knows_them_less_than_copies() -> None:
    shares = []
    for repair in (False, True):
        lossy = visit(LinkModel(Bottleneck(lambda _s: 50e6), loss=0.03))
        if repair:
            lossy.link.use_repair()
        simulate_together([lossy], 6)
        link = lossy.link
        shares.append(link.picture_bps(6.0) / link.link_bps)
        assert (link.repairs(18) > 0) == repair
        assert (link.copies_share > 0) != repair
    assert shares[1] > 1.4 * shares[0]


def filled(now_s: float = 0.0) -> Link:
    """A link on which more is on its way than it takes."""
    link = Link(StreamSettings(), now_s)
    link.on_sent(1200, now_s, picture=1)
    link.on_feedback(TransportFeedback(0, 1, (0,)), now_s + 0.05)
    link.on_heard(now_s + 0.05)
    for _ in range(100):
        link.on_sent(1200, now_s + 0.1, picture=2)
    assert not link.may_send(now_s + 0.1)
    return link


def test_before_the_first_feedback_nothing_is_held_back() -> None:
    link = Link(StreamSettings(), 0.0)
    for _ in range(500):
        link.on_sent(1200, 0.0, picture=1)
    assert link.may_send(0.0)


def test_a_full_link_gets_a_picture_now_and_then_as_long_as_the_visitor_is_heard() -> None:
    link = filled()
    for now_s in (0.15, 0.25):
        assert not link.on_heard(now_s)
    assert not link.may_send(0.1 + 0.9 * STARVED_S)
    assert link.may_send(0.1 + 1.1 * STARVED_S)
    assert not link.may_send(0.25 + 1.1 * SILENCE_S), "a link that is gone gets none"


def test_a_visitor_who_is_heard_after_a_silence_was_cut_off_and_what_was_on_its_way_is_lost() -> None:
    link = filled()
    assert not link.on_heard(0.15), "that was no silence"
    assert link.on_heard(0.15 + 1.1 * SILENCE_S)
    assert link.in_flight_bytes == 0
    assert link.may_send(0.4)
    assert not link.on_heard(0.4 + 1.1 * SILENCE_S), "nothing was on its way"


EVENTS = (
    st.none()
    | st.integers(1, 100)
    | st.builds(
        TransportFeedback,
        st.integers(0, 200) | st.integers(0, 0xFFFF),
        st.integers(0, 2**24 - 1),
        st.lists(st.none() | st.integers(-(10**8), 10**8), max_size=40).map(tuple),
    )
)
"""The visitor is heard; so many packets are sent; feedback comes."""


@given(st.lists(st.tuples(st.floats(0, 0.5), EVENTS), max_size=40))
def test_whatever_feedback_is_lost_or_invented_the_link_opens_again(
    events: list[tuple[float, int | TransportFeedback | None]],
) -> None:
    link, now_s, limits = Link(StreamSettings(), 0.0), 0.0, StreamSettings()
    for pause_s, value in events:
        now_s += pause_s
        if isinstance(value, int):
            for _ in range(value):
                link.on_sent(1200, now_s, picture=1)
        elif isinstance(value, TransportFeedback):
            link.on_feedback(value, now_s)
        else:
            link.on_heard(now_s)
        assert link.in_flight_bytes >= 0
        assert limits.min_bps <= link.picture_bps(now_s) <= limits.max_bps
        assert link.pace_bps > 0
    assert link.may_send(now_s + FORGOTTEN_AFTER_S + 0.1)
