"""What a receiver tells the sender of the packets that came and of those that are missing. Pure; bytes out.

Transport-wide feedback: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Which packets to ask for
again, and how often, is as in libwebrtc's NackRequester: at once, then once a round trip, ten times at most.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bench.visitors.access_units import SEQUENCE_BITS, unwrap
from stream.link.transport_feedback import DELTA_UNIT_US, REFERENCE_BITS, RTCP_RTPFB, TRANSPORT_CC_FMT

TICKS_PER_S = 1_000_000 // DELTA_UNIT_US
TICKS_PER_REFERENCE = 256
"""The reference time counts in 64 ms, an arrival in 250 us."""
STATUSES_MAX = 400
"""In one RTCP packet, so that it stays far below the path's MTU."""
LATE_MAX = 500
"""A packet that is further behind was told to be lost long ago."""
DELTA_MIN, DELTA_MAX = -0x8000, 0x7FFF
_NOT_RECEIVED, _SMALL, _LARGE = 0, 1, 2
_VECTOR_LENGTH = 7


class TransportFeedbackWriter:
    """Notes when each packet came, and packs the notes."""

    def __init__(self, ssrc: int, media_ssrc: int) -> None:
        self._ssrc, self._media_ssrc = ssrc, media_ssrc
        self._highest: int | None = None
        self._next: int | None = None
        """The first number that no feedback has told of."""
        self._arrivals: dict[int, int] = {}
        """Ticks by number, since the last feedback."""
        self._count = 0
        self._base: int | None = None
        self.received = 0

    @property
    def expected(self) -> int:
        """Packets that were sent to this receiver, as their numbers say."""
        return 0 if self._highest is None or self._base is None else self._highest - self._base + 1

    @property
    def lost(self) -> int:
        """Packets that the link has lost so far."""
        return max(0, self.expected - self.received)

    def on_packet(self, sequence: int, arrived_s: float) -> None:
        """A packet came with this transport-wide number (16 bits)."""
        if self._highest is None:
            self._highest = self._base = sequence
        number = unwrap(sequence, self._highest, SEQUENCE_BITS)
        if number < self._highest - LATE_MAX or number in self._arrivals:
            return
        assert self._base is not None, "it is set with the first packet"
        self._highest, self._base = max(self._highest, number), min(self._base, number)
        self.received += 1
        self._arrivals[number] = round(arrived_s * TICKS_PER_S)

    def take(self) -> list[bytes]:
        """RTCP packets that tell of all that came since the last call; none where nothing came."""
        if not self._arrivals:
            return []
        first, last = min(self._arrivals), max(self._arrivals)
        begin = first if self._next is None else min(first, self._next)
        arrivals = [self._arrivals.get(number) for number in range(begin, last + 1)]
        self._arrivals.clear()
        self._next = max(self._next or 0, last + 1)
        return list(self._pack(begin, arrivals))

    def _pack(self, begin: int, arrivals: list[int | None]) -> Iterator[bytes]:
        """In several packets where one would be too long, or where a difference does not fit."""
        position = 0
        while position < len(arrivals):
            first = next((ticks for ticks in arrivals[position:] if ticks is not None), None)
            if first is None:
                return
            reference = first // TICKS_PER_REFERENCE
            before = reference * TICKS_PER_REFERENCE
            deltas: list[int | None] = []
            for ticks in arrivals[position : position + STATUSES_MAX]:
                delta = None if ticks is None else ticks - before
                if delta is not None and ticks is not None:
                    if not DELTA_MIN <= delta <= DELTA_MAX:
                        break
                    before = ticks
                deltas.append(delta)
            if any(delta is not None for delta in deltas):
                yield self._packet(begin + position, reference, deltas)
            position += len(deltas)

    def _packet(self, begin: int, reference: int, deltas: list[int | None]) -> bytes:
        statuses = [_status(delta) for delta in deltas]
        body = struct.pack(
            "!LLHHL",
            self._ssrc,
            self._media_ssrc,
            begin & 0xFFFF,
            len(statuses),
            (reference & (1 << REFERENCE_BITS) - 1) << 8 | self._count & 0xFF,
        )
        self._count += 1
        body += b"".join(struct.pack("!H", chunk) for chunk in _chunks(statuses))
        for status, delta in zip(statuses, deltas, strict=True):
            if status != _NOT_RECEIVED:
                body += struct.pack("!B" if status == _SMALL else "!h", delta)
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        return struct.pack("!BBH", 0x80 | bool(padding) << 5 | TRANSPORT_CC_FMT, RTCP_RTPFB, len(body) // 4) + body


def _status(delta: int | None) -> int:
    if delta is None:
        return _NOT_RECEIVED
    return _SMALL if 0 <= delta <= 0xFF else _LARGE


def _chunks(statuses: list[int]) -> Iterator[int]:
    """Runs (section 3.1.3) where they are long, else vectors of two bits each (section 3.1.4)."""
    position = 0
    while position < len(statuses):
        run = sum(1 for _ in next(groupby(statuses[position:]))[1])
        if run >= _VECTOR_LENGTH:
            yield statuses[position] << 13 | run
            position += run
            continue
        vector = statuses[position : position + _VECTOR_LENGTH]
        yield 0xC000 | sum(status << 12 - 2 * at for at, status in enumerate(vector))
        position += len(vector)


NACK_TRIES_MAX = 10
NACK_AGE_MAX_S = 1.0
NACK_GAP_MAX = 1000
NACK_REPEAT_MIN_S = 0.02


@dataclass(slots=True)
class _Missing:
    since_s: float
    asked_s: float = -float("inf")
    tries: int = 0


@dataclass(frozen=True, slots=True)
class NackRequest:
    """What to ask the sender for."""

    lost: list[int]
    """Sequence numbers, 16 bits."""
    key_frame: bool
    """Too much is missing: only a key frame helps (PLI, RFC 4585, section 6.3.1)."""


class MissingPackets:
    """Which packets of one stream are worth asking for again, now."""

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}

    def on_packet(self, sequence: int, now_s: float) -> None:
        """A packet came, first or again."""
        if self._highest is None:
            self._highest = sequence
        number = unwrap(sequence, self._highest, SEQUENCE_BITS)
        for gap in range(max(self._highest + 1, number - NACK_GAP_MAX), number):
            self._missing[gap] = _Missing(now_s)
        self._missing.pop(number, None)
        self._highest = max(self._highest, number)

    def on_key_frame(self) -> None:
        """A key frame is shown: nothing older is needed."""
        self._missing.clear()

    def request(self, round_trip_s: float, now_s: float) -> NackRequest:
        """What is to be asked for now."""
        lost, key_frame = [], len(self._missing) > NACK_GAP_MAX
        for number, missing in list(self._missing.items()):
            if missing.tries >= NACK_TRIES_MAX or now_s - missing.since_s > NACK_AGE_MAX_S:
                del self._missing[number]
                key_frame = True
            elif now_s - missing.asked_s >= max(NACK_REPEAT_MIN_S, round_trip_s):
                missing.asked_s = now_s
                missing.tries += 1
                lost.append(number & 0xFFFF)
        if key_frame:
            self._missing.clear()
            lost = []
        return NackRequest(lost, key_frame)
