"""The packets that are on their way: what was sent when, and what the receiver says became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from stream.link.transport_feedback import REFERENCE_BITS, REFERENCE_UNIT_US, TransportFeedback

FORGOTTEN_AFTER_S = 3.0
"""No feedback on a packet comes that late: it was lost, or its feedback was."""


@dataclass(frozen=True, slots=True)
class PacketFate:
    """A packet that the receiver has told of. Seconds: ``sent_s`` of the sender's clock, ``arrived_s`` of the
    receiver's, so that only differences of the two have a meaning."""

    sent_s: float
    size_bytes: int
    arrived_s: float | None
    """None: lost, where ``told``."""
    probe: int | None
    """The probe cluster that the packet belongs to."""
    picture: int | None = None
    """The picture that the packet is of, for the first time: not one that is sent again, or a copy."""
    told: bool = True
    """False: the feedback on it was lost, and nothing is known."""
    number: int = 0
    """In the order of sending; goes on where the number on the wire wraps around."""


@dataclass(slots=True)
class _Sent:
    sent_s: float
    size_bytes: int
    probe: int | None
    picture: int | None
    missing: bool = False
    """The receiver had not got it when it told of it last."""


class SentPackets:
    """Numbers packets (transport-wide, 16 bits on the wire) and keeps them until their fate is known."""

    def __init__(self) -> None:
        self._next = 0
        self._oldest = 0
        """No packet before it is kept."""
        self._sent: dict[int, _Sent] = {}
        self._reference: int | None = None
        self.in_flight_bytes = 0
        self.least_round_trip_s: float | None = None
        """The shortest time from sending a packet to its feedback."""

    def add(self, size_bytes: int, now_s: float, probe: int | None = None, picture: int | None = None) -> int:
        """Note a packet that leaves now; returns its transport-wide sequence number."""
        self.forget_old(now_s)
        number = self._next
        self._next += 1
        self._sent[number] = _Sent(now_s, size_bytes, probe, picture)
        self.in_flight_bytes += size_bytes
        return number & 0xFFFF

    def on_feedback(self, feedback: TransportFeedback, now_s: float) -> list[PacketFate]:
        """The fates of packets, in the order in which they were sent, but for what arrived late.

        A packet that the receiver lacks may only be late: it is lost when the receiver begins to tell after it, as it
        goes back to a late one. Packets before the ones told of, of which nothing was said, are in feedback that was
        lost: they are no longer in flight, and nothing is known of them (``told`` is False).
        """
        self.forget_old(now_s)
        first = self._unwrap(feedback.base_sequence)
        reference_us = self._unwrap_reference(feedback.reference) * REFERENCE_UNIT_US
        fates = [
            PacketFate(sent.sent_s, sent.size_bytes, None, sent.probe, sent.picture, sent.missing, number)
            for number, sent in self._take_before(min(first, self._next))
        ]
        # Only of what was sent: the receiver may claim much more, which must cost nothing.
        begin, end = max(first, self._oldest), min(first + len(feedback.arrivals_us), self._next)
        for number in range(begin, end):
            arrival_us = feedback.arrivals_us[number - first]
            if arrival_us is None:
                self._mark_missing(number)
            elif (sent := self._take(number)) is not None:
                arrived_s = (reference_us + arrival_us) / 1e6
                fates.append(
                    PacketFate(sent.sent_s, sent.size_bytes, arrived_s, sent.probe, sent.picture, True, number)
                )
                round_trip_s = now_s - sent.sent_s
                if self.least_round_trip_s is None or round_trip_s < self.least_round_trip_s:
                    self.least_round_trip_s = round_trip_s
        return fates

    def forget_all(self) -> None:
        """The link was gone: what was on it has not arrived."""
        self._sent.clear()
        self._oldest = self._next
        self.in_flight_bytes = 0

    def forget_old(self, now_s: float) -> None:
        """Packets that nobody will tell of any more are no longer in flight."""
        while self._oldest < self._next:
            sent = self._sent.get(self._oldest)
            if sent is not None and now_s - sent.sent_s <= FORGOTTEN_AFTER_S:
                return
            self._take(self._oldest)
            self._oldest += 1

    def _take_before(self, first: int) -> list[tuple[int, _Sent]]:
        taken = []
        while self._oldest < first:
            number, sent = self._oldest, self._take(self._oldest)
            self._oldest += 1
            if sent is not None:
                taken.append((number, sent))
        return taken

    def _take(self, number: int) -> _Sent | None:
        sent = self._sent.pop(number, None)
        if sent is not None and not sent.missing:
            self.in_flight_bytes -= sent.size_bytes
        return sent

    def _mark_missing(self, number: int) -> None:
        sent = self._sent.get(number)
        if sent is not None and not sent.missing:
            sent.missing = True
            self.in_flight_bytes -= sent.size_bytes

    def _unwrap(self, sequence: int) -> int:
        """The number nearest to the newest one that has these 16 bits; may be one that was never sent."""
        newest = self._next - 1
        return newest - ((newest - sequence + 0x8000 & 0xFFFF) - 0x8000)

    def _unwrap_reference(self, reference: int) -> int:
        half = 1 << REFERENCE_BITS - 1
        if self._reference is None:
            self._reference = reference
        else:
            self._reference += (reference - self._reference + half & (1 << REFERENCE_BITS) - 1) - half
        return self._reference
