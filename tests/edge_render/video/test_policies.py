"""What a source decides without any thread: waits, clocks, what it leaves out and keeps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_render.video.catching_up import CatchingUp, Skip
from edge_render.video.interleaving import interleaved
from edge_render.video.media_time import LATE_MAX_NS, LiveTime, PacedTime
from edge_render.video.resting import BYTES_MAX, PACKETS_MAX, KeptPackets
from edge_render.video.retry import LONGEST_S, STEADY_AFTER_S, Failures, retry_delay_s

MS = 1_000_000
FRAME_NS = 40 * MS


def test_each_failure_in_a_row_doubles_the_wait_up_to_a_bound() -> None:
    failures = Failures()
    assert [failures.failed(0.0, 0.0) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S]
    assert failures.failed(STEADY_AFTER_S, 0.0) == 0.5


def test_chance_takes_up_to_half_of_the_wait_off() -> None:
    assert retry_delay_s(3, 1.0) == retry_delay_s(3, 0.0) / 2


@given(st.integers(1, 10**9), st.floats(0.0, 1.0))
def test_no_wait_is_shorter_or_longer_than_it_may_be(failures: int, chance: float) -> None:
    assert 0.25 <= retry_delay_s(failures, chance) <= LONGEST_S


def test_live_pictures_are_due_when_they_come_and_sound_goes_with_the_quickest() -> None:
    clock = LiveTime()
    assert clock.sound(0) is None
    late_ns = [30 * MS, 10 * MS, 0, 25 * MS, 5 * MS]
    for number, late in enumerate(late_ns):
        now_ns = 1_000 * MS + number * FRAME_NS + late
        assert clock.picture(number * FRAME_NS, now_ns) == now_ns
    heard_ns = clock.sound(10 * FRAME_NS)
    assert heard_ns == pytest.approx(1_000 * MS + 10 * FRAME_NS, abs=MS)
    assert clock.behind_ns == pytest.approx(5 * MS, abs=MS)


def test_a_jump_in_a_live_source_s_time_is_followed() -> None:
    clock = LiveTime()
    clock.picture(0, 1_000 * MS)
    clock.picture(3_600_000 * MS, 1_040 * MS)
    assert clock.behind_ns == 0
    assert clock.sound(3_600_000 * MS) == 1_040 * MS


def test_a_live_clock_follows_a_camera_whose_clock_is_slow() -> None:
    """100 ppm for 20 minutes are 120 ms."""
    clock = LiveTime()
    for number in range(20 * 60 * 25):
        clock.picture(number * FRAME_NS, round(number * FRAME_NS * 1.0001))
    assert clock.behind_ns < 5 * MS


def test_recorded_pictures_keep_their_distance_and_sound_goes_with_them() -> None:
    clock = PacedTime()
    assert [clock.picture(number * FRAME_NS, 500 * MS) for number in range(3)] == [500 * MS, 540 * MS, 580 * MS]
    assert clock.sound(2 * FRAME_NS) == 580 * MS


def test_a_recording_catches_up_after_a_short_stall_and_goes_on_from_a_long_one() -> None:
    clock = PacedTime()
    clock.picture(0, 0)
    assert clock.picture(FRAME_NS, 300 * MS) == FRAME_NS
    assert clock.behind_ns == 300 * MS - FRAME_NS
    stalled_ns = 2 * FRAME_NS + LATE_MAX_NS + 1
    assert clock.picture(2 * FRAME_NS, stalled_ns) == stalled_ns
    assert clock.picture(3 * FRAME_NS, stalled_ns) == stalled_ns + FRAME_NS


def test_what_is_left_out_grows_with_the_delay_and_ends_at_a_key_frame() -> None:
    catching_up = CatchingUp()
    assert catching_up.next(100 * MS, key=False) is Skip.NOTHING
    assert catching_up.next(300 * MS, key=False) is Skip.UNREFERENCED
    assert catching_up.next(150 * MS, key=False) is Skip.UNREFERENCED
    assert catching_up.next(50 * MS, key=False) is Skip.NOTHING
    assert catching_up.next(800 * MS, key=False) is Skip.ALL_BUT_KEY
    assert catching_up.next(0, key=False) is Skip.ALL_BUT_KEY, "what it refers to was left out"
    assert catching_up.next(0, key=True) is Skip.NOTHING


def test_a_file_that_has_sound_and_picture_far_apart_is_put_in_order() -> None:
    """A second of pictures, then a second of sound, as some cameras write."""
    lies = [("v", at, Packet(False)) for at in range(25)] + [("a", at, Packet(False)) for at in range(25)]
    lies += [("v", at, Packet(False)) for at in range(25, 50)] + [("a", at, Packet(False)) for at in range(25, 50)]
    at_of = {id(packet): at for _, at, packet in lies}
    last = Packet(False, 0)
    times = [at_of.get(id(packet), 99) for packet in interleaved([*lies, ("v", None, last)], 2)]
    assert times == [*sorted(at_of.values()), 99]


def test_a_stream_of_which_nothing_comes_is_not_waited_for_without_end() -> None:
    taken = itertools.islice(interleaved((("v", at, Packet(False)) for at in itertools.count()), 2), 3)
    assert len(list(taken)) == 3


@given(st.lists(st.tuples(st.sampled_from("va"), st.one_of(st.none(), st.integers(0, 1000))), max_size=60))
def test_whatever_the_order_no_packet_is_lost_or_doubled(order: list[tuple[str, int | None]]) -> None:
    packets = [(stream, at, Packet(False)) for stream, at in order]
    assert sorted(map(id, interleaved(packets, 2))) == sorted(id(packet) for _, _, packet in packets)


@dataclass
class Packet:
    is_keyframe: bool
    size: int = 1000


def test_packets_since_the_last_key_frame_are_kept() -> None:
    kept: KeptPackets[Packet] = KeptPackets()
    kept.put(Packet(False))
    assert (kept.complete, kept.take()) == (False, [])
    kept.put(Packet(True))
    inner = [Packet(False), Packet(False)]
    for packet in inner:
        kept.put(packet)
    assert kept.complete
    assert kept.take() == inner
    assert kept.take() == []


@pytest.mark.parametrize(("size", "count"), [(10, PACKETS_MAX + 1), (BYTES_MAX // 4, 5)])
def test_more_than_may_be_kept_is_given_up_until_the_next_key_frame(size: int, count: int) -> None:
    kept: KeptPackets[Packet] = KeptPackets()
    kept.put(Packet(True))
    for _ in range(count):
        kept.put(Packet(False, size))
    assert (kept.complete, kept.take()) == (False, [])
    kept.put(Packet(True))
    assert kept.complete
