"""Pictures are found in packets by numbers, timestamps and markers alone, whatever the order in which they come."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bench.visitors.access_units import AccessUnits, MediaPacket, Picture, unwrap

START = 65_530
"""So that the numbers wrap around."""


def stream(sizes: list[int], keys: frozenset[int] = frozenset({0})) -> list[MediaPacket]:
    """Pictures of so many packets each, 0.1 s apart; each packet comes a millisecond after the one before."""
    packets: list[MediaPacket] = []
    for index, size in enumerate(sizes):
        for part in range(size):
            packets.append(
                MediaPacket(
                    sequence=(START + len(packets)) & 0xFFFF,
                    timestamp=(2**32 - 9000 + 9000 * index) % 2**32,
                    marker=part == size - 1,
                    arrived_s=0.1 * index + 0.001 * part,
                    size_bytes=1000 + part,
                    begins_key_frame=part == 0 and index in keys,
                )
            )
    return packets


def shown(packets: list[MediaPacket]) -> tuple[list[Picture], AccessUnits]:
    units = AccessUnits()
    return [picture for packet in packets for picture in units.add(packet)], units


def test_a_picture_comes_with_its_last_packet() -> None:
    pictures, units = shown(stream([3, 1, 2]))
    assert [(one.timestamp, one.packets, one.key_frame) for one in pictures] == [
        (2**32 - 9000, 3, True),
        (0, 1, False),
        (9000, 2, False),
    ]
    assert [round(one.arrived_s, 3) for one in pictures] == [0.002, 0.1, 0.201]
    assert pictures[0].size_bytes == 3003
    assert not units.waiting
    assert (units.pictures, units.skipped) == (3, 0)


def test_a_late_packet_holds_up_what_follows_it() -> None:
    packets = stream([2, 2, 2])
    late = replace(packets.pop(2), arrived_s=0.35)
    pictures, _ = shown([*packets, late])
    assert [round(one.arrived_s, 3) for one in pictures] == [0.001, 0.35, 0.35], "the third needs the second"


def test_a_key_frame_passes_over_what_was_lost() -> None:
    packets = stream([2, 2, 2, 2], keys=frozenset({0, 3}))
    del packets[3]
    pictures, units = shown(packets)
    assert [one.timestamp for one in pictures] == [2**32 - 9000, 18_000]
    assert units.skipped == 2
    late = replace(stream([2, 2])[3], arrived_s=0.9)
    assert units.add(late) == [], "what was passed over is not shown any more"


def test_a_copy_is_no_news() -> None:
    packets = stream([2, 2])
    pictures, units = shown([packet for packet in packets for _ in range(2)])
    assert len(pictures) == 2
    assert units.packets == 4


def test_nothing_is_shown_before_a_key_frame() -> None:
    pictures, units = shown(stream([1, 2, 1], keys=frozenset()))
    assert pictures == []
    assert units.waiting


def test_a_key_frame_without_its_beginning_is_not_shown() -> None:
    pictures, _ = shown(stream([3])[1:])
    assert pictures == []


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_pictures(sizes: list[int], randomness: object) -> None:
    packets = stream(sizes)
    shuffled = packets[1:]
    randomness.shuffle(shuffled)  # type: ignore[attr-defined]
    # The first packet comes first: a later one would set where the numbers are counted from, all the same.
    pictures, units = shown([packets[0], *shuffled])
    assert [one.packets for one in pictures] == sizes
    assert (units.skipped, units.waiting) == (0, False)


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=25),
    st.sets(st.integers(0, 99)),
    st.sets(st.integers(0, 24)),
)
def test_only_whole_pictures_in_their_order_are_shown(sizes: list[int], lost: set[int], keys: set[int]) -> None:
    packets = stream(sizes, frozenset(keys | {0}))
    pictures, _ = shown([packet for index, packet in enumerate(packets) if index not in lost])
    order = [packet.timestamp for packet in packets]
    places = [order.index(picture.timestamp) for picture in pictures]
    assert places == sorted(set(places))
    for before, picture in zip([None, *pictures], pictures, strict=False):
        index = list(dict.fromkeys(order)).index(picture.timestamp)
        assert picture.packets == sizes[index]
        follows = before is not None and list(dict.fromkeys(order)).index(before.timestamp) == index - 1
        assert picture.key_frame or follows, "a picture needs the one before"


@given(st.integers(0, 2**40), st.integers(-(2**15) + 1, 2**15 - 1))
def test_numbers_are_unwrapped_to_the_nearest(near: int, difference: int) -> None:
    value = near + difference
    assert unwrap(value % 2**16, near, 16) == value
