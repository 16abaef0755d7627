"""Prometheus figures of an edge node. One object owns the registry, so tests can make their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_STAGE_BUCKETS_S = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.033, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0)


class NodeMetrics:
    """All metrics of one node; names follow the Prometheus conventions (base units, _total)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.stage = Histogram(
            "edge_render_stage_seconds",
            "Time that a frame spent in each stage of its path",
            ["stage"],
            buckets=_STAGE_BUCKETS_S,
            registry=self.registry,
        )
        self.frames = Counter(
            "edge_render_frames_total", "Frames by what became of them", ["event"], registry=self.registry
        )
        self.sent_bytes = Counter("edge_render_video_bytes_total", "Encoded video sent", registry=self.registry)
        self.visits = Gauge("edge_render_visits", "Visits at present", registry=self.registry)
        self.capacity = Gauge("edge_render_visit_capacity", "Visits that this node takes", registry=self.registry)
        self.ended = Counter("edge_render_visits_ended_total", "Ended visits", ["reason"], registry=self.registry)
        self.refusals = Counter("edge_render_refusals_total", "Refused visits", ["reason"], registry=self.registry)
        self.messages = Counter(
            "edge_render_control_messages_total", "Messages from visitors", ["type"], registry=self.registry
        )
        self.ready = Gauge("edge_render_ready", "1 when scenes are loaded", registry=self.registry)
        self.first_frame = Histogram(
            "edge_render_first_frame_seconds",
            "From the visitor's offer to the first frame sent",
            buckets=(0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
            registry=self.registry,
        )
        for event in ("drawn", "skipped", "sent", "dropped", "failed"):
            self.frames.labels(event)

    def exposition(self) -> bytes:
        """The text that /metrics serves."""
        return generate_latest(self.registry)
