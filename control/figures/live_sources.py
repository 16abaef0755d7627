"""The video sources of a node, read when Prometheus asks; the label ``scene`` is the scene's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from edge_render.video.status import SourceFigures, SourceState

Family = CounterMetricFamily | GaugeMetricFamily


class LiveSources(Collector):
    """Empty until the showroom is open."""

    def __init__(self) -> None:
        self.read: Callable[[], Mapping[str, SourceFigures]] = dict

    def collect(self) -> Iterator[Family]:
        """See prometheus_client's Collector."""
        prefix, labels = "edge_render_source", ["scene"]
        state = GaugeMetricFamily(f"{prefix}_state", "1 for the state that it is in", labels=["scene", "state"])
        decoded = CounterMetricFamily(f"{prefix}_pictures_decoded", "Pictures decoded", labels=labels)
        dropped = CounterMetricFamily(f"{prefix}_pictures_dropped", "Decoded, and replaced unseen", labels=labels)
        reconnects = CounterMetricFamily(f"{prefix}_reconnects", "Times that it was tried again", labels=labels)
        decode = CounterMetricFamily(f"{prefix}_decode_seconds", "Time spent in the decoder", labels=labels)
        width = GaugeMetricFamily(f"{prefix}_width", "Of its picture", labels=labels)
        height = GaugeMetricFamily(f"{prefix}_height", "Of its picture", labels=labels)
        for name, figures in self.read().items():
            for one in SourceState:
                state.add_metric([name, one.value], float(figures.state is one))
            decoded.add_metric([name], figures.pictures_decoded)
            dropped.add_metric([name], figures.pictures_dropped)
            reconnects.add_metric([name], figures.reconnects)
            decode.add_metric([name], figures.decode_s)
            width.add_metric([name], figures.width)
            height.add_metric([name], figures.height)
        yield from (state, decoded, dropped, reconnects, decode, width, height)
