"""What is known of one visitor's link, and what may be sent on it now. Pure; ``now_s`` is a monotonic time.

Where the receiver sends transport-wide feedback, the sender estimates the link itself (stream/link/link_estimate.py):
that is the one that runs with browsers. Where it does not, the receiver's own estimate (REMB) and its reports are used
(stream/link/congestion.py).
"""

from __future__ import annotations

from collections import deque

from stream.link.congestion import RateController
from stream.link.link_estimate import LinkEstimate
from stream.link.pace import FACTOR
from stream.link.probing import Probe
from stream.link.protection import Protection
from stream.link.sent_packets import SentPackets
from stream.link.transport_feedback import TransportFeedback
from stream.settings import StreamSettings

WINDOW_S = 0.15
"""How much more than a round trip may be on its way: the receiver's pause between two feedbacks, and some patience."""
WINDOW_MIN_BYTES = 6000
"""Five packets: however narrow the link is, a picture or two may be on their way."""
UNKNOWN_ROUND_TRIP_S = 0.05
ROUND_TRIP_MAX_S = 3.0
"""A receiver may claim anything; nobody walks with more than that."""
SILENCE_S = 0.15
"""A visitor who is heard again after that long, while nothing was acknowledged, was cut off."""
STARVED_S = 0.2
"""However full the way is, a visitor who is heard gets a picture after that long: where others keep the buffer full, it
would never be found free."""
RATE_WINDOW_S = 1.0
PACKET_BYTES = 1200
PICTURES_SHARE = 0.9
"""Of the link: a picture that took all of its time would arrive when the next one leaves."""


class Link:
    """One owner of all that is known: estimate, packets in flight, losses."""

    def __init__(self, settings: StreamSettings, now_s: float) -> None:
        self._estimate = LinkEstimate(settings.min_bps, settings.start_bps, settings.max_bps, now_s)
        self._receivers_estimate = RateController(settings.min_bps, settings.start_bps, settings.max_bps, now_s)
        self._packets = SentPackets()
        self._protection = Protection()
        self._protects = settings.protection != "none"
        self._repair = False
        self._fps = settings.max_fps
        self._min_bps = settings.min_bps
        self._sender_side = False
        self._round_trip_s: float | None = None
        self._recent: deque[tuple[float, int]] = deque()
        self._recent_again: deque[tuple[float, int]] = deque()
        """When how many bytes were sent in the last second; and of them, what the receiver had asked for."""
        self._heard_s = now_s
        self._picture_s = now_s
        """When a picture's packet was sent last."""
        self.remb_bps: int | None = None
        self.reported_loss: float | None = None

    # --- what is sent --------------------------------------------------------------------------------

    def on_sent(
        self,
        size_bytes: int,
        now_s: float,
        *,
        again: bool = False,
        probe: int | None = None,
        picture: int | None = None,
    ) -> int:
        """A packet leaves; returns its transport-wide sequence number. ``again``: because the receiver asked for it.
        ``picture`` tells those of one picture from those of another."""
        self._recent.append((now_s, size_bytes))
        if picture is not None:
            self._picture_s = now_s
        if again:
            self._recent_again.append((now_s, size_bytes))
        return self._packets.add(size_bytes, now_s, probe, picture)

    # --- what is heard -------------------------------------------------------------------------------

    def on_feedback(self, feedback: TransportFeedback, now_s: float) -> None:
        """Transport-wide feedback came."""
        self._sender_side = True
        fates = self._packets.on_feedback(feedback, now_s)
        if self._estimate.on_feedback(fates, self.round_trip_s, now_s):
            self._packets.least_round_trip_s = None
        since_overuse_s = now_s - self._estimate.overused_at_s
        for fate in fates:
            if fate.told:
                self._protection.on_packet(fate.number, fate.sent_s, fate.arrived_s is None, since_overuse_s)

    def on_remb(self, estimate_bps: int, now_s: float) -> None:
        """The receiver's estimate came (draft-alvestrand-rmcat-remb)."""
        self.remb_bps = estimate_bps
        self._receivers_estimate.on_remb(estimate_bps, self.sent_bps(now_s), now_s)

    def on_report(self, loss_fraction: float, round_trip_s: float | None, now_s: float) -> None:
        """A receiver report came (RFC 3550, section 6.4). The round trip is reckoned with what the receiver says, and
        with wall clocks: it may be anything."""
        self.reported_loss = loss_fraction
        self._receivers_estimate.on_loss(loss_fraction, now_s)
        if round_trip_s is not None:
            round_trip_s = self._round_trip_s = min(ROUND_TRIP_MAX_S, max(0.0, round_trip_s))
            self._receivers_estimate.on_round_trip(round_trip_s, now_s)

    def on_heard(self, now_s: float) -> bool:
        """Anything came from the visitor. True where the link was gone and is back: then what was in flight is lost."""
        silence_s, self._heard_s = now_s - self._heard_s, now_s
        if silence_s < SILENCE_S or self._has_room(now_s):
            return False
        self._packets.forget_all()
        return True

    # --- what may be sent ----------------------------------------------------------------------------

    def may_send(self, now_s: float) -> bool:
        """Whether another picture is to be sent now."""
        if self._has_room(now_s):
            return True
        return now_s - self._picture_s > STARVED_S and now_s - self._heard_s < SILENCE_S

    def _has_room(self, now_s: float) -> bool:
        """Whether there is room on the way. Whatever feedback is lost, there is again within FORGOTTEN_AFTER_S."""
        if not self._sender_side:
            return True
        self._packets.forget_old(now_s)
        round_trip_s = self._packets.least_round_trip_s or UNKNOWN_ROUND_TRIP_S
        window_bytes = self._estimate.send_bps / 8 * (round_trip_s + WINDOW_S)
        return self._packets.in_flight_bytes <= max(WINDOW_MIN_BYTES, window_bytes)

    @property
    def link_bps(self) -> int:
        """For all packets together."""
        return self._estimate.send_bps if self._sender_side else self._receivers_estimate.target_bps

    @property
    def pace_bps(self) -> float:
        """How fast the packets of one picture may follow each other."""
        return self.link_bps * (self._estimate.pace.factor if self._sender_side else FACTOR)

    def use_repair(self) -> None:
        """The receiver knows repair packets: they take the place of copies."""
        self._repair = True

    @property
    def loses_packets(self) -> bool:
        """Whether packets are lost, and not for want of room."""
        return self._protection.active and not self._losses_are_ours

    @property
    def copies_share(self) -> float:
        """How many copies for each packet of a picture, 0 to 1."""
        return 0.0 if self._repair or self._losses_are_ours else self._protection.share(self.link_bps)

    def repairs(self, packets: int) -> int:
        """How many repair packets for a picture of so many packets."""
        if not self._repair or self._losses_are_ours:
            return 0
        return self._protection.repairs(packets, self.link_bps)

    @property
    def _losses_are_ours(self) -> bool:
        """Whether more packets would make more losses, or the node is not to send any."""
        return not self._protects or (self._sender_side and self._estimate.loss_is_ours)

    @property
    def _protection_share(self) -> float:
        """How much is added to a picture."""
        if not self._repair:
            return self.copies_share
        packets = max(1, round(self.link_bps / 8 / self._fps / PACKET_BYTES))
        return self.repairs(packets) / packets

    def picture_bps(self, now_s: float) -> int:
        """For pictures: what copies, and packets that are sent again, leave of the link."""
        self._forget_old(now_s)
        pictures_bps = PICTURES_SHARE * self.link_bps / (1.0 + self._protection_share)
        again_bps = 8 * sum(size for _, size in self._recent_again) / RATE_WINDOW_S
        return max(self._min_bps, int(max(0.5 * pictures_bps, pictures_bps - again_bps)))

    def next_probe(self, now_s: float) -> Probe | None:
        """A burst that shows whether the link carries more, where it is time for one."""
        return self._estimate.next_probe(now_s) if self._sender_side else None

    # --- what it is like -----------------------------------------------------------------------------

    @property
    def estimate_bps(self) -> int:
        """What the link carries, by whichever estimate runs."""
        return self._estimate.estimate_bps if self._sender_side else self._receivers_estimate.target_bps

    @property
    def round_trip_s(self) -> float:
        """By the receiver's reports; before the first, a guess."""
        return UNKNOWN_ROUND_TRIP_S if self._round_trip_s is None else self._round_trip_s

    @property
    def queue_s(self) -> float:
        """How long packets wait on the way, where the sender's own estimate runs."""
        return self._estimate.queue_s

    @property
    def loss_fraction(self) -> float | None:
        """Of late; None before anything was said of it."""
        return self._estimate.loss_fraction if self._sender_side else self.reported_loss

    @property
    def in_flight_bytes(self) -> int:
        return self._packets.in_flight_bytes

    def sent_bps(self, now_s: float) -> float:
        """Mean of the last second."""
        self._forget_old(now_s)
        return 8.0 * sum(size for _, size in self._recent) / RATE_WINDOW_S

    def _forget_old(self, now_s: float) -> None:
        for packets in (self._recent, self._recent_again):
            while packets and packets[0][0] < now_s - RATE_WINDOW_S:
                packets.popleft()
