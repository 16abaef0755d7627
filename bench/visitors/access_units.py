"""From RTP packets to pictures, without their content: sequence numbers, timestamps and markers only. Pure.

A receiver can show a picture when all of its packets have come (RFC 6184, section 5.1: the marker bit ends an access
unit) and when it has the picture before, which this one is predicted from; a key frame needs none before. The time of
that is what counts here as the picture's arrival: on a link without loss it is the arrival of its last packet.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

SEQUENCE_BITS = 16
UNITS_MAX = 256
"""Of pictures that are not whole yet; about eight seconds."""
HISTORY_MAX = 4096
"""Of packets whose picture is known, so that a copy is not taken for news."""


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """A packet of the video stream; a retransmission (RFC 4588) is already unwrapped."""

    sequence: int
    """16 bits, wraps around."""
    timestamp: int
    marker: bool
    arrived_s: float
    size_bytes: int = 0
    begins_key_frame: bool = False
    """As its payload says, where it is the first of a key frame."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that could be shown at ``arrived_s``."""

    timestamp: int
    arrived_s: float
    key_frame: bool
    packets: int
    size_bytes: int


@dataclass(slots=True)
class _Unit:
    """What has come of one picture; numbers do not wrap."""

    timestamp: int
    first: int
    last: int
    packets: int = 0
    size_bytes: int = 0
    ended: bool = False
    key_frame_at: int | None = None

    @property
    def key_frame(self) -> bool:
        return self.key_frame_at == self.first

    @property
    def whole(self) -> bool:
        """From its first packet that has come to its marker."""
        return self.ended and self.packets == self.last - self.first + 1


def unwrap(value: int, near: int, bits: int) -> int:
    """The number that has ``value`` as its lowest ``bits`` and is nearest to ``near``."""
    half = 1 << bits - 1
    return near + ((value - near + half) & ((1 << bits) - 1)) - half


class AccessUnits:
    """Puts the packets of one video stream together, in whatever order they come."""

    def __init__(self) -> None:
        self._units: OrderedDict[int, _Unit] = OrderedDict()
        """By timestamp, those that are not shown yet."""
        self._seen: OrderedDict[int, int] = OrderedDict()
        """Timestamp by sequence number, of packets that came."""
        self._highest: int | None = None
        self._next: int | None = None
        """The first number of the picture that follows the last shown one; None until a key frame came."""
        self.pictures = 0
        self.skipped = 0
        """Pictures of which something came and that were never shown, as a key frame passed over them."""
        self.packets = 0

    @property
    def waiting(self) -> bool:
        """Whether something came that can't be shown yet."""
        return bool(self._units)

    def add(self, packet: MediaPacket) -> list[Picture]:
        """Take a packet; returns the pictures that can be shown since, the oldest first."""
        if self._highest is None:
            self._highest = packet.sequence
        sequence = unwrap(packet.sequence, self._highest, SEQUENCE_BITS)
        self._highest = max(self._highest, sequence)
        if sequence in self._seen or (self._next is not None and sequence < self._next):
            return []
        self.packets += 1
        self._seen[sequence] = packet.timestamp
        if len(self._seen) > HISTORY_MAX:
            self._seen.popitem(last=False)
        unit = self._units.get(packet.timestamp)
        if unit is None:
            unit = self._units[packet.timestamp] = _Unit(packet.timestamp, sequence, sequence)
            if len(self._units) > UNITS_MAX:
                self._units.popitem(last=False)
                self.skipped += 1
        unit.first, unit.last = min(unit.first, sequence), max(unit.last, sequence)
        unit.packets += 1
        unit.size_bytes += packet.size_bytes
        unit.ended = unit.ended or packet.marker
        if packet.begins_key_frame:
            unit.key_frame_at = sequence
        return self._take(packet.arrived_s)

    def _take(self, now_s: float) -> list[Picture]:
        shown: list[Picture] = []
        while (unit := self._showable()) is not None:
            self._pass_over(unit)
            self._next = unit.last + 1
            self.pictures += 1
            shown.append(Picture(unit.timestamp, now_s, unit.key_frame, unit.packets, unit.size_bytes))
        return shown

    def _showable(self) -> _Unit | None:
        """The next picture in turn, else the newest whole key frame."""
        following = next((unit for unit in self._units.values() if unit.first == self._next), None)
        if following is not None and following.whole:
            return following
        keys = [unit for unit in self._units.values() if unit.key_frame and unit.whole]
        return max(keys, key=lambda unit: unit.first, default=None)

    def _pass_over(self, unit: _Unit) -> None:
        """Forget the picture that is shown now, and what is older."""
        del self._units[unit.timestamp]
        for older in [one for one in self._units.values() if one.first < unit.first]:
            del self._units[older.timestamp]
            self.skipped += 1
