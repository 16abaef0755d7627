"""Which lost packets are worth sending again, and when a key frame is the better answer. Pure.

A receiver asks for every packet that it misses (NACK, RFC 4585, section 6.2.1), again and again. On a narrow link the
answers are themselves what overfills it, and more is lost. So: none twice within a round trip, none that would come too
late, none of before the last key frame, and no more in all than the link has room for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

HISTORY_MAX = 1024
"""Packets that may be asked for: 0.8 s of 12 Mbit/s."""
AGE_MAX_S = 0.25
AGE_ROUND_TRIPS = 3.0
"""The larger of the two: a packet that was sent longer ago holds up a picture that a key frame replaces sooner."""
REPEAT_ROUND_TRIPS = 0.9
REPEAT_MIN_S = 0.01
"""The larger of the two: sooner than that, the receiver can't have asked because the answer was lost."""
BUDGET_SHARE = 0.35
"""Of the link's rate, at most, for what is sent again."""
BUDGET_S = 0.12
"""How much unused budget is kept: the time in which a burst of losses may be answered."""
BUDGET_BYTES = 2400
"""And two packets, so that the first of them and those of a narrow link are answered."""


@dataclass(slots=True)
class StoredPacket:
    """A packet of media as it was sent. ``payload`` is without the RTP header."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    sent_s: float
    payload_type: int
    rtx_payload_type: int | None
    """None where the receiver knows no retransmission stream (RFC 4588): then it is sent again as it was."""
    ntp_time: int
    transport_sequence: int
    """What its header extensions said: sent once more under its own number, a packet must be the same to the bit, as
    SRTP must not protect two different packets of one number (RFC 3711, section 9.1)."""
    again_s: float = -1e9
    """When it was last sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do for the packets that the receiver misses."""

    again: list[StoredPacket]
    key_frame: bool
    copies: bool = False
    """Each of them may be sent twice."""


class Retransmission:
    """The packets that may be asked for. Sequence numbers are those of RTP, 16 bits."""

    def __init__(self, now_s: float) -> None:
        self._packets: OrderedDict[int, StoredPacket] = OrderedDict()
        self._budget_bytes = float(BUDGET_BYTES)
        self._at_s = now_s

    def keep(self, packet: StoredPacket) -> None:
        """Remember a packet that was sent."""
        self._packets.pop(packet.sequence, None)
        self._packets[packet.sequence] = packet
        if len(self._packets) > HISTORY_MAX:
            self._packets.popitem(last=False)

    def begin_key_frame(self) -> None:
        """A key frame begins: nothing of before is needed any more."""
        self._packets.clear()

    def latest(self, count: int) -> list[StoredPacket]:
        """The newest packets, the newest last."""
        return list(self._packets.values())[-count:]

    def on_nack(
        self, lost: Sequence[int], round_trip_s: float, link_bps: float, now_s: float, *, copies: bool = False
    ) -> Answer:
        """The receiver misses packets. ``link_bps`` is what the link carries in all; with ``copies`` each answer is to
        be sent twice, where the budget has room for that."""
        self._refill(link_bps, now_s)
        again: list[StoredPacket] = []
        key_frame = False
        # aiortc (1.16.0) counts on beyond 16 bits where one feedback tells of numbers on both sides of the wrap-around.
        for sequence in dict.fromkeys(number & 0xFFFF for number in lost[:HISTORY_MAX]):
            packet = self._packets.get(sequence)
            if packet is None:
                continue  # of before the last key frame, too old to be kept, or never sent
            if now_s - packet.again_s < max(REPEAT_MIN_S, REPEAT_ROUND_TRIPS * round_trip_s):
                continue
            if now_s - packet.sent_s > max(AGE_MAX_S, AGE_ROUND_TRIPS * round_trip_s):
                key_frame = True
            else:
                again.append(packet)
        cost = sum(len(packet.payload) for packet in again)
        if key_frame or cost > self._budget_bytes:
            # Half of a hole is of no use: later pictures can't be decoded without all of it.
            return Answer([], True)
        copies = copies and 2 * cost <= self._budget_bytes
        self._budget_bytes -= 2 * cost if copies else cost
        for packet in again:
            packet.again_s = now_s
        return Answer(again, False, copies)

    def _refill(self, link_bps: float, now_s: float) -> None:
        per_s = BUDGET_SHARE * link_bps / 8
        self._budget_bytes = min(per_s * BUDGET_S + BUDGET_BYTES, self._budget_bytes + per_s * (now_s - self._at_s))
        self._at_s = now_s
