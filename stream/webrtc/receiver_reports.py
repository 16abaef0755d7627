"""What a receiver's reports say of one stream (RFC 3550, section 6.4). Pure; seconds of one monotonic clock."""

from __future__ import annotations

from collections import OrderedDict

from aiortc.rtp import RtcpReceiverInfo

from stream.peer_stats import RemoteInboundRtpStats

REPORTS_KEPT = 16
"""Of ours: some ten seconds. A report that answers an older one says nothing of the link as it is."""
SMOOTHING = 0.85
"""The share of what was known before in the smoothed round trip."""
DLSR_UNIT_HZ = 65536
"""RFC 3550, section 6.4.1."""


class ReceiverReports:
    """Takes both sides' reports, and measures the round trip between them."""

    def __init__(self, clock_hz: int) -> None:
        """``clock_hz`` is the stream's RTP clock."""
        self._clock_hz = clock_hz
        self._sent_s: OrderedDict[int, float] = OrderedDict()
        self._newest: RtcpReceiverInfo | None = None
        self._round_trip_s: float | None = None
        self._total_round_trip_s = 0.0
        self._measurements = 0
        self.smoothed_round_trip_s: float | None = None

    def on_sent(self, ntp_time: int, now_s: float) -> None:
        """A sender report left; ``ntp_time`` is the 64-bit one that it carries."""
        self._sent_s[_middle(ntp_time)] = now_s
        if len(self._sent_s) > REPORTS_KEPT:
            self._sent_s.popitem(last=False)

    def on_report(self, report: RtcpReceiverInfo, now_s: float) -> None:
        """A report on this stream came."""
        self._newest = report
        sent_s = self._sent_s.get(report.lsr)
        if sent_s is None:
            return
        round_trip_s = now_s - sent_s - report.dlsr / DLSR_UNIT_HZ
        if round_trip_s <= 0.0:
            return  # the receiver claims to have waited longer than the answer took
        self._round_trip_s = round_trip_s
        self._total_round_trip_s += round_trip_s
        self._measurements += 1
        before_s = self.smoothed_round_trip_s
        self.smoothed_round_trip_s = (
            round_trip_s if before_s is None else SMOOTHING * before_s + (1.0 - SMOOTHING) * round_trip_s
        )

    @property
    def stats(self) -> RemoteInboundRtpStats | None:
        """None before the first report."""
        if self._newest is None:
            return None
        return RemoteInboundRtpStats(
            packets_lost=self._newest.packets_lost,
            fraction_lost=self._newest.fraction_lost / 256.0,
            jitter=self._newest.jitter / self._clock_hz,
            round_trip_time=self._round_trip_s,
            total_round_trip_time=self._total_round_trip_s,
            round_trip_time_measurements=self._measurements,
        )


def _middle(ntp_time: int) -> int:
    """The middle 32 bits, by which a report names the one that it answers."""
    return ntp_time >> 16 & 0xFFFFFFFF
