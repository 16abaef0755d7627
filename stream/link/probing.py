"""Does the link carry more? A short burst at a higher rate tells, where waiting for slow growth would take long.

When and how hard to probe, and what a probe has shown. Pure. The idea is libwebrtc's (probe clusters, in
draft-ietf-rmcat-gcc-02 not described); what is sent in them is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass

PROBE_S = 0.025
"""Long enough for several packets, short enough not to fill the smallest of buffers."""
PROBE_PACKETS_MIN = 5
PROBE_BYTES_MIN = 5500
"""So many packets even on a narrow link, else no probe would ever tell that it has widened."""
GROWTH = 2.0
INTERVAL_S = 2.0
"""Between two probes while there is a sign that the link carries more; grows where they show nothing."""
INTERVAL_MAX_S = 12.0
"""Without such a sign."""
ANSWER_WITHIN_S = 1.0
SATURATED = 0.9
"""A cluster that arrives at less than this share of the rate at which it was sent has filled the link."""
SATURATED_MARGIN = 0.87
"""Of the link's full rate, as much as the estimate keeps after it has found a queue: more would make one."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Send this now: packets of ``size_bytes`` in all, at ``rate_bps``, marked with ``cluster``."""

    cluster: int
    rate_bps: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The rate that the link was shown to carry; ``saturated``: and it carries no more."""

    bps: float
    saturated: bool


@dataclass(slots=True)
class _Cluster:
    number: int
    sent_at_s: float
    first_sent_s: float = 0.0
    last_sent_s: float = 0.0
    first_arrived_s: float = 0.0
    last_arrived_s: float = 0.0
    bytes_after_first: int = 0
    bytes_before_last: int = 0
    last_bytes: int = 0
    other_bytes: int = 0
    """Of packets that were sent since the last one of the cluster: a picture's, which share the link with it."""
    packets: int = 0
    lost: int = 0


class Prober:
    """One probe at a time. Seconds of the sender's clock, but ``arrived_s``."""

    def __init__(self) -> None:
        self._number = 0
        self._cluster: _Cluster | None = None
        self._probed_at_s = float("-inf")
        self._not_before_s = 0.0
        self._interval_s = INTERVAL_S

    def next(self, estimate_bps: float, max_bps: float, now_s: float, *, eager: bool) -> Probe | None:
        """The probe to send now, if it is time for one; ``eager``: there is a sign that the link carries more."""
        if self._cluster is not None:
            if now_s - self._cluster.sent_at_s < ANSWER_WITHIN_S:
                return None
            self._cluster = None
        due_s = max(self._not_before_s, self._probed_at_s + (self._interval_s if eager else INTERVAL_MAX_S))
        if now_s < due_s or estimate_bps >= 0.98 * max_bps:
            return None
        rate_bps = min(estimate_bps * GROWTH, 1.1 * max_bps)
        self._number += 1
        self._cluster = _Cluster(self._number, now_s)
        self._probed_at_s = now_s
        return Probe(self._number, rate_bps, max(PROBE_BYTES_MIN, round(rate_bps * PROBE_S / 8)))

    def on_packet(self, probe: int | None, sent_s: float, arrived_s: float | None, size_bytes: int) -> None:
        """The fate of any packet, in the order of sending: of a cluster (``probe``), or of another that was sent beside
        it and counts for what the link carried meanwhile."""
        cluster = self._cluster
        if cluster is None:
            return
        if probe != cluster.number:
            if cluster.packets > 0 and arrived_s is not None:
                cluster.other_bytes += size_bytes
            return
        if arrived_s is None:
            cluster.lost += 1
            return
        if cluster.packets == 0:
            cluster.first_sent_s, cluster.first_arrived_s = sent_s, arrived_s
        else:
            cluster.bytes_after_first += cluster.other_bytes + size_bytes
            cluster.bytes_before_last += cluster.other_bytes + cluster.last_bytes
        cluster.packets += 1
        cluster.other_bytes = 0
        cluster.last_bytes = size_bytes
        cluster.last_sent_s = sent_s
        cluster.last_arrived_s = max(cluster.last_arrived_s, arrived_s)

    def result(self) -> ProbeResult | None:
        """What the open cluster has shown; None where too little of it has arrived. Asked after each feedback."""
        cluster = self._cluster
        if cluster is None or cluster.packets < PROBE_PACKETS_MIN:
            return None
        sent_s = cluster.last_sent_s - cluster.first_sent_s
        arrived_s = cluster.last_arrived_s - cluster.first_arrived_s
        if sent_s <= 0 or arrived_s <= 0:
            return None
        sent_bps = 8 * cluster.bytes_before_last / sent_s
        arrived_bps = 8 * cluster.bytes_after_first / arrived_s
        if arrived_bps < SATURATED * sent_bps or cluster.lost > cluster.packets // 4:
            return ProbeResult(SATURATED_MARGIN * min(sent_bps, arrived_bps), saturated=True)
        return ProbeResult(min(sent_bps, arrived_bps), saturated=False)

    def succeeded(self, result: ProbeResult) -> None:
        """The estimate was raised by the probe: where the link was not full, try for more at once."""
        self._cluster = None
        self._interval_s = INTERVAL_S
        if not result.saturated:
            self._probed_at_s = float("-inf")

    def failed(self) -> None:
        """The link carries no more; ask more rarely."""
        self._cluster = None
        self._interval_s = min(INTERVAL_MAX_S, 1.5 * self._interval_s)

    def release(self) -> None:
        """Probe at once: what held it back was a mistake."""
        self._interval_s = INTERVAL_S
        self._probed_at_s = self._not_before_s = float("-inf")

    def hold(self, until_s: float) -> None:
        """No probe before that time: the link has just turned out to be narrower."""
        self._cluster = None
        self._not_before_s = max(self._not_before_s, until_s)
