"""What a live source keeps while nobody looks: the packets since the last key frame, so that who comes is shown what
is there now and not what comes with the next key frame. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

PACKETS_MAX = 1200
"""40 seconds of 30 pictures."""
BYTES_MAX = 64 * 1024 * 1024


class _Packet(Protocol):
    @property
    def is_keyframe(self) -> bool: ...

    @property
    def size(self) -> int: ...


Packet = TypeVar("Packet", bound=_Packet)


class KeptPackets(Generic[Packet]):
    """Those after the last key frame, which is decoded at once. At most PACKETS_MAX and BYTES_MAX: what would be more
    is of no use, and the next key frame is waited for."""

    def __init__(self) -> None:
        self._packets: list[Packet] = []
        self._bytes = 0
        self.complete = False
        """Nothing is missing between the last key frame and now."""

    def put(self, packet: Packet) -> None:
        """The next packet of the picture. A key frame is not kept, but those after it."""
        if packet.is_keyframe:
            self._packets, self._bytes, self.complete = [], 0, True
        elif self.complete:
            self._packets.append(packet)
            self._bytes += packet.size
            if len(self._packets) > PACKETS_MAX or self._bytes > BYTES_MAX:
                self._packets, self._bytes, self.complete = [], 0, False

    def take(self) -> Sequence[Packet]:
        """All that is kept, oldest first; nothing is kept any more."""
        packets, self._packets, self._bytes = self._packets, [], 0
        return packets
