"""What is missing is sent again where that helps, and never more than the link has room for."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket
from hypothesis import given
from hypothesis import strategies as st

from stream.rtp.retransmission import (
    AGE_MAX_S,
    BUDGET_BYTES,
    BUDGET_S,
    BUDGET_SHARE,
    HISTORY_MAX,
    Answer,
    Retransmission,
    StoredPacket,
)

LINK_BPS = 3e6
ROUND_TRIP_S = 0.04


def packet(sequence: int, sent_s: float = 10.0, size_bytes: int = 1000) -> StoredPacket:
    return StoredPacket(sequence & 0xFFFF, 0, False, bytes(size_bytes), sent_s, 102, 103, 0, 0)


def sent(sequences: Sequence[int], sent_s: float = 10.0) -> Retransmission:
    """Packets that were sent ten seconds after the stream began: the budget is full."""
    history = Retransmission(0.0)
    for sequence in sequences:
        history.keep(packet(sequence, sent_s))
    return history


def ask(history: Retransmission, lost: Sequence[int], now_s: float, *, copies: bool = False) -> Answer:
    return history.on_nack(lost, ROUND_TRIP_S, LINK_BPS, now_s, copies=copies)


def sequences(answer: Answer) -> list[int]:
    return [one.sequence for one in answer.again]


def test_packets_that_are_missing_are_sent_again_in_the_order_in_which_they_are_asked_for() -> None:
    answer = ask(sent(range(10)), [3, 4, 7], 10.05)
    assert sequences(answer) == [3, 4, 7]
    assert not answer.key_frame


def test_numbers_wrap_around() -> None:
    history = sent(range(65_530, 65_546))
    assert sequences(ask(history, [65_535, 0, 9], 10.05)) == [65_535, 0, 9]
    assert sequences(ask(history, [10], 10.05)) == []


def test_one_request_may_ask_for_packets_on_both_sides_of_the_wrap_around() -> None:
    following = 0b11  # of 65,535: 0 and 1 (RFC 4585, section 6.2.1)
    lost = RtcpRtpfbPacket.parse(struct.pack("!LLHH", 1, 2, 65_535, following), RTCP_RTPFB_NACK).lost
    assert sequences(ask(sent(range(65_530, 65_546)), lost, 10.05)) == [65_535, 0, 1]


def test_what_was_sent_again_is_given_a_round_trip_to_arrive() -> None:
    history = sent(range(10))
    assert sequences(ask(history, [3], 10.05)) == [3]
    assert sequences(ask(history, [3, 4], 10.06)) == [4]
    assert sequences(ask(history, [3], 10.05 + ROUND_TRIP_S)) == [3], "the answer was lost as well"


def test_a_packet_is_sent_once_however_often_one_request_names_it() -> None:
    assert sequences(ask(sent(range(10)), [3, 3, 3], 10.05)) == [3]


def test_a_packet_that_would_come_too_late_is_answered_by_a_key_frame_alone() -> None:
    history = sent(range(10))
    history.keep(packet(10, 10.0 + AGE_MAX_S))
    assert ask(history, [3, 10], 10.01 + AGE_MAX_S) == Answer([], True)


def test_on_a_long_way_packets_may_be_older() -> None:
    assert sequences(sent([3]).on_nack([3], 0.3, LINK_BPS, 10.8)) == [3]


def test_of_before_a_key_frame_nothing_is_sent_again_and_no_other_key_frame_asked_for() -> None:
    history = sent(range(10))
    history.begin_key_frame()
    history.keep(packet(10))
    assert ask(history, [2, 3], 10.05) == Answer([], False)
    assert sequences(ask(history, [9, 10], 10.05)) == [10]


def test_half_of_a_hole_is_not_filled() -> None:
    history = sent(range(100))
    assert ask(history, range(100), 10.05) == Answer([], True), "more than the link has room for"
    assert sequences(ask(history, [99], 10.05)) == [99], "and costs nothing"


def test_copies_of_answers_are_taken_out_of_the_same_budget() -> None:
    budget_packets = int(BUDGET_SHARE * LINK_BPS / 8 * BUDGET_S + BUDGET_BYTES) // 1000
    assert ask(sent(range(100)), range(budget_packets // 2), 10.05, copies=True).copies
    answer = ask(sent(range(100)), range(budget_packets), 10.05, copies=True)
    assert len(answer.again) == budget_packets
    assert not answer.copies, "there is room for each once"


def test_the_latest_packets_are_known_in_their_order() -> None:
    history = sent(range(10))
    assert [one.sequence for one in history.latest(3)] == [7, 8, 9]
    assert Retransmission(0.0).latest(3) == []


def test_the_history_is_bounded() -> None:
    history = sent(range(3 * HISTORY_MAX))
    assert len(history.latest(10 * HISTORY_MAX)) == HISTORY_MAX
    assert ask(history, [0], 10.05) == Answer([], False)


@pytest.mark.parametrize("copies", [False, True])
def test_a_flood_of_requests_gets_no_more_than_the_budget(copies: bool) -> None:
    history, sent_again_bytes, now_s = sent([]), 0, 10.0
    for step in range(2000):
        now_s = 10.0 + step * 0.005
        history.keep(packet(step, now_s))
        answer = ask(history, [step - 20 + back & 0xFFFF for back in range(21)] * 50, now_s, copies=copies)
        sent_again_bytes += sum(len(one.payload) for one in answer.again) * (2 if answer.copies else 1)
    assert 8 * sent_again_bytes <= BUDGET_SHARE * LINK_BPS * (now_s - 10.0 + BUDGET_S) + 8 * BUDGET_BYTES


@given(
    st.lists(
        st.tuples(
            st.floats(0, 0.3),
            st.sampled_from(["send", "key", "nack"]),
            st.lists(st.integers(0, 40) | st.integers(0, 0xFFFF), max_size=60),
            st.floats(-1.0, 3.0),
            st.floats(0, 2e7),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_is_asked_for_the_budget_holds(
    events: list[tuple[float, str, list[int], float, float, bool]],
) -> None:
    history, now_s, asked_s, number = Retransmission(0.0), 0.0, 0.0, 0
    spent_bytes, earned_bytes = 0.0, float(BUDGET_BYTES)
    known = set[int]()
    for pause_s, what, asked, round_trip_s, link_bps, copies in events:
        now_s += pause_s
        if what == "key":
            history.begin_key_frame()
            known.clear()
        elif what == "send":
            history.keep(packet(number, now_s))
            known.add(number)
            number += 1
        else:
            per_s = BUDGET_SHARE * link_bps / 8
            earned_bytes, asked_s = earned_bytes + per_s * (now_s - asked_s), now_s
            answer = history.on_nack(asked, round_trip_s, link_bps, now_s, copies=copies)
            cost_bytes = sum(len(one.payload) for one in answer.again) * (2 if answer.copies else 1)
            spent_bytes += cost_bytes
            assert cost_bytes <= per_s * BUDGET_S + BUDGET_BYTES + 1e-6
            assert spent_bytes <= earned_bytes + 1e-6
            assert set(sequences(answer)) <= known & set(asked)
            assert len(set(sequences(answer))) == len(answer.again)
            assert not (answer.again and answer.key_frame)
