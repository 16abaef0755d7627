"""Prometheus figures of an edge node. One object owns the registry, so tests can make their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from control.figures.live_sources import LiveSources
from control.figures.live_visits import LiveVisits
from control.figures.loaded_scenes import LoadedScenes
from control.figures.media_port import MediaPortFigures
from control.figures.shown_releases import ShownReleases
from control.figures.visit_quality import VisitQuality

_SHARE_BUCKETS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_STAGE_BUCKETS_S = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.012, 0.016, 0.024, 0.033, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0)


class NodeMetrics:
    """All metrics of one node; names follow the Prometheus conventions (base units, _total)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.live = LiveVisits()
        self.registry.register(self.live)
        self.sources = LiveSources()
        self.registry.register(self.sources)
        self.scenes = LoadedScenes()
        self.registry.register(self.scenes)
        self.releases = ShownReleases()
        self.registry.register(self.releases)
        self.media_port = MediaPortFigures()
        self.registry.register(self.media_port)
        self.scene_loads = Histogram(
            "edge_render_scene_load_seconds",
            "Time until a scene was on the GPU, by what came of it",
            ["result"],
            buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
            registry=self.registry,
        )
        self.scene_evictions = Counter(
            "edge_render_scene_evictions_total", "Scenes that made room for others", registry=self.registry
        )
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
        self.encoder_fallbacks = Counter(
            "edge_render_encoder_fallbacks_total",
            "Encoders that failed at run time and were replaced",
            ["failed", "by"],
            registry=self.registry,
        )
        self.visits = Gauge("edge_render_visits", "Visits at present", registry=self.registry)
        self.capacity = Gauge(
            "edge_render_visit_capacity", "Visits that this node takes: none while it drains", registry=self.registry
        )
        self.load = Gauge(
            "edge_render_visit_load_ratio", "Visits by capacity: 1 while it drains", registry=self.registry
        )
        self.followers = Gauge("edge_render_followers", "Followers of guided visits at present", registry=self.registry)
        self.draining = Gauge(
            "edge_render_draining", "1 when the node is to go, and takes nobody new", registry=self.registry
        )
        self.hand_overs = Counter(
            "edge_render_hand_overs_total",
            "Visits that were told to go elsewhere as the node goes, by what came of it",
            ["result"],
            registry=self.registry,
        )
        self.ended = Counter("edge_render_visits_ended_total", "Ended visits", ["reason"], registry=self.registry)
        self.refusals = Counter("edge_render_refusals_total", "Refused visits", ["reason"], registry=self.registry)
        self.passes_refused = Counter(
            "edge_render_passes_refused_total",
            "Requests without a gateway's pass that allows them, by the reason",
            ["reason"],
            registry=self.registry,
        )
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
        self.duration = Histogram(
            "edge_render_visit_duration_seconds",
            "From the visitor's offer to the end of the visit",
            buckets=(10, 30, 60, 120, 300, 600, 1200, 3600),
            registry=self.registry,
        )
        self.freezes = self._share("edge_render_visit_freeze_ratio", "Share of a visit in which a moving picture stood")
        self.loss = self._share("edge_render_visit_loss_ratio", "Share of a visit's packets that were lost")
        self.repeats = self._share("edge_render_visit_retransmitted_ratio", "Share of a visit's packets sent again")
        self.input_to_photon = Histogram(
            "edge_render_visit_input_to_photon_seconds",
            "Median delay of a visit from an input to the display of a picture that shows it",
            buckets=(0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0),
            registry=self.registry,
        )
        self.round_trip = Histogram(
            "edge_render_visit_round_trip_seconds",
            "Mean round trip of a visit",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5),
            registry=self.registry,
        )
        for result in ("moved", "lost", "cut"):
            self.hand_overs.labels(result)
        for event in ("drawn", "refined", "skipped", "sent", "followed", "dropped", "failed"):
            self.frames.labels(event)

    def _share(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, buckets=_SHARE_BUCKETS, registry=self.registry)

    def count_stays(self, visits: int, followers: int, *, capacity: int, draining: bool) -> None:
        """Who is here now. A node that drains has no places: its visits will need some elsewhere."""
        self.visits.set(visits)
        self.followers.set(followers)
        self.capacity.set(0 if draining else capacity)
        self.load.set(1.0 if draining else visits / capacity)
        self.draining.set(draining)

    def count_visit(self, quality: VisitQuality) -> None:
        """A visit ended: its figures go into the histograms, for the long term."""
        self.duration.observe(quality.duration_s)
        for histogram, value in (
            (self.repeats, quality.retransmitted_ratio),
            (self.loss, quality.loss_ratio),
            (self.round_trip, quality.round_trip_s),
            (self.freezes, quality.freeze_ratio),
            (self.input_to_photon, quality.input_to_photon_s),
        ):
            if value is not None:
                histogram.observe(value)

    def exposition(self) -> bytes:
        """The text that /metrics serves."""
        return generate_latest(self.registry)
