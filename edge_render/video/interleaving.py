"""Packets of picture and sound in the order of their time, whatever the order in which a file has them. Pure.

Files may have a second of one and then a second of the other, and libav hands them out as they lie.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Protocol, TypeVar

PACKETS_MAX = 600
BYTES_MAX = 64 * 1024 * 1024


class _Packet(Protocol):
    @property
    def size(self) -> int: ...


Packet = TypeVar("Packet", bound=_Packet)


def interleaved(packets: Iterable[tuple[Hashable, int | None, Packet]], streams: int) -> Iterator[Packet]:
    """``packets``: each with its stream and its time, None where that is not known, as at the end of a file: all before
    it go first. Reads on until every one of so many streams has a packet waiting, within PACKETS_MAX and BYTES_MAX."""
    waiting: dict[Hashable, deque[tuple[int, Packet]]] = {}
    count = size = 0

    def earliest() -> Packet:
        nonlocal count, size
        queue = min((queue for queue in waiting.values() if queue), key=lambda one: one[0][0])
        _, packet = queue.popleft()
        count, size = count - 1, size - packet.size
        return packet

    for stream, at, packet in packets:
        if at is None:
            while count:
                yield earliest()
            yield packet
            continue
        waiting.setdefault(stream, deque()).append((at, packet))
        count, size = count + 1, size + packet.size
        while sum(map(bool, waiting.values())) == streams or count > PACKETS_MAX or size > BYTES_MAX:
            yield earliest()
    while count:
        yield earliest()
