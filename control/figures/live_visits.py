"""The visits of now, read when Prometheus asks. A visit's series vanish with it.

The label ``visit`` is a small number, the lowest that no other visit of now has: the visit's own identifier is a secret
(who knows it steers the visit), and numbers that are used again keep the count of series bounded for ever.

Names are the standard's (W3C webrtc-stats) in snake_case, behind the kind of statistics and before the unit:
``totalEncodeTime`` of an outbound-rtp is ``edge_render_outbound_rtp_total_encode_time_seconds_total``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from control.wire import Stats
from stream.peer_stats import PeerStats

Family = CounterMetricFamily | GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class VisitFigures:
    """What is known of one visit."""

    peer: PeerStats
    received: Stats | None
    """What the visitor's page said last of its own statistics."""


@dataclass(frozen=True, slots=True)
class _Series:
    field: str
    unit: str = ""
    counter: bool = True

    def name(self, group: str) -> str:
        """Without the ``_total`` that counters get."""
        parts = ("edge_render", group, self.field, self.unit)
        return "_".join(part for part in parts if part)


def _counters(*fields: str, unit: str = "") -> tuple[_Series, ...]:
    return tuple(_Series(field, unit) for field in fields)


def _gauges(*fields: str, unit: str = "") -> tuple[_Series, ...]:
    return tuple(_Series(field, unit, counter=False) for field in fields)


_SERIES: Mapping[str, tuple[_Series, ...]] = {
    "outbound_rtp": (
        *_counters("packets_sent", "bytes_sent", "retransmitted_packets_sent", "retransmitted_bytes_sent"),
        *_counters("frames_encoded", "key_frames_encoded", "frames_sent", "nack_count", "pli_count", "fir_count"),
        *_counters("total_encode_time", "total_packet_send_delay", unit="seconds"),
        *_gauges("target_bitrate", unit="bits_per_second"),
        *_gauges("frame_width", "frame_height", "frames_per_second"),
    ),
    "remote_inbound_rtp": (
        *_gauges("packets_lost", "fraction_lost"),
        *_gauges("jitter", "round_trip_time", unit="seconds"),
        *_counters("total_round_trip_time", unit="seconds"),
        *_counters("round_trip_time_measurements"),
    ),
    "candidate_pair": (
        *_gauges("available_outgoing_bitrate", unit="bits_per_second"),
        *_gauges("current_round_trip_time", unit="seconds"),
    ),
    "sender": (
        *_counters("frames_dropped", "copied_packets_sent", "repair_packets_sent", "probe_packets_sent"),
        *_gauges("queue_delay", unit="seconds"),
        *_gauges("feedback_loss"),
        *_gauges("remb", unit="bits_per_second"),
    ),
    "page": (
        *_counters("frames_shown", "motion_freeze_count"),
        *_counters("motion_freezes_duration", unit="seconds"),
        *_gauges("input_to_photon_median", "input_to_photon_p95", unit="seconds"),
    ),
    "inbound_rtp": (
        *_counters("packets_received", "bytes_received", "nack_count", "pli_count"),
        *_gauges("packets_lost"),
        *_gauges("jitter", unit="seconds"),
        *_counters("jitter_buffer_delay", unit="seconds"),
        *_counters("jitter_buffer_emitted_count"),
        *_counters("frames_received", "frames_decoded", "key_frames_decoded", "frames_dropped"),
        *_counters("freeze_count", "pause_count"),
        *_counters("total_freezes_duration", "total_pauses_duration", "total_decode_time", unit="seconds"),
        *_gauges("frames_per_second"),
        *_counters("total_samples_received", "concealed_samples", "silent_concealed_samples", "concealment_events"),
    ),
}
_LABELS: Mapping[str, tuple[str, ...]] = {
    "outbound_rtp": ("visit", "kind"),
    "remote_inbound_rtp": ("visit", "kind"),
    "candidate_pair": ("visit",),
    "sender": ("visit",),
    "page": ("visit",),
    "inbound_rtp": ("visit", "kind"),
}
_LIMITATION = "edge_render_outbound_rtp_quality_limitation_durations_seconds"
_INFO = "edge_render_outbound_rtp_info"


class LiveVisits(Collector):
    """Used on the event loop alone, scrapes among it."""

    def __init__(self) -> None:
        self._visits: dict[int, Callable[[], VisitFigures]] = {}

    @contextmanager
    def watched(self, read: Callable[[], VisitFigures]) -> Iterator[int]:
        """Show a visit while the context lasts; gives the number that it is shown under."""
        number = next(number for number in range(1, len(self._visits) + 2) if number not in self._visits)
        self._visits[number] = read
        try:
            yield number
        finally:
            del self._visits[number]

    def collect(self) -> Iterator[Family]:
        """See prometheus_client.Collector."""
        families = {
            (group, series): _family(series, group) for group, of_group in _SERIES.items() for series in of_group
        }
        limitation = CounterMetricFamily(_LIMITATION, "W3C webrtc-stats, in seconds", labels=("visit", "reason"))
        info_labels = ("visit", "kind", "mime_type", "encoder_implementation", "quality_limitation_reason")
        info = GaugeMetricFamily(
            _INFO, "What the newest of a stream was encoded with, and what limits it: 1", labels=info_labels
        )
        for number, read in self._visits.items():
            figures = read()
            visit = str(number)
            for group, labels, values in _groups(figures):
                for series in _SERIES[group]:
                    value = getattr(values, series.field, None)
                    if value is not None:
                        families[group, series].add_metric((visit, *labels), value)
            video, audio = figures.peer.video, figures.peer.audio
            for reason, duration_s in video.quality_limitation_durations.items():
                limitation.add_metric((visit, reason), duration_s)
            parts = (video.mime_type, video.encoder_implementation, video.quality_limitation_reason)
            info.add_metric((visit, "video", *parts), 1.0)
            if audio is not None:
                info.add_metric((visit, "audio", audio.mime_type, audio.encoder_implementation, ""), 1.0)
        yield from families.values()
        yield from (limitation, info)


def _family(series: _Series, group: str) -> Family:
    kind = CounterMetricFamily if series.counter else GaugeMetricFamily
    source = "Of edge-render" if group in ("sender", "page") else "W3C webrtc-stats"
    text = f"{source}: {group.replace('_', '-')} {series.field} of a visit of now"
    return kind(series.name(group), text, labels=_LABELS[group])


def _groups(figures: VisitFigures) -> Iterator[tuple[str, tuple[str, ...], object]]:
    """Kind of statistics, the labels after ``visit``, values."""
    peer, received = figures.peer, figures.received
    streams = (
        ("video", peer.video, peer.remote_video, received and received.video),
        ("audio", peer.audio, peer.remote_audio, received and received.audio),
    )
    for kind, outbound, remote, inbound in streams:
        for group, values in (("outbound_rtp", outbound), ("remote_inbound_rtp", remote), ("inbound_rtp", inbound)):
            if values is not None:
                yield group, (kind,), values
    yield "sender", (), peer.sender
    if received is not None and received.page is not None:
        yield "page", (), received.page
    if peer.candidate_pair is not None:
        yield "candidate_pair", (), peer.candidate_pair
