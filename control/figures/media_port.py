"""What came and went at the media port that visits share, read when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stream import MediaNetwork


class MediaPortFigures(Collector):
    """Empty where each visit has a port of its own."""

    def __init__(self) -> None:
        self._network: MediaNetwork | None = None

    def watch(self, network: MediaNetwork) -> None:
        self._network = network

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client's Collector."""
        packets = CounterMetricFamily(
            "edge_render_media_packets", "Datagrams at the shared media port", labels=["direction"]
        )
        dropped = CounterMetricFamily(
            "edge_render_media_dropped_packets", "Datagrams at it that went to nobody, by reason", labels=["reason"]
        )
        buffer = GaugeMetricFamily("edge_render_media_receive_buffer_bytes", "What the kernel gave each socket")
        if self._network is not None and self._network.port is not None:
            counts = self._network.port.counts()
            packets.add_metric(["received"], counts.received)
            packets.add_metric(["sent"], counts.sent)
            for reason, count in counts.dropped.items():
                dropped.add_metric([reason], count)
            buffer.add_metric([], counts.receive_buffer_bytes)
        yield from (packets, dropped, buffer)
