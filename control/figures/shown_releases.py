"""Which releases a node shows, read when Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from control.showroom.editions import Editions
from control.showroom.hosted_edition import EditionState


class ShownReleases(Collector):
    """Empty until there are editions to watch, and for a package that was given by hand."""

    def __init__(self) -> None:
        self._editions: Editions | None = None

    def watch(self, editions: Editions) -> None:
        self._editions = editions

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client's Collector."""
        labels = ("showroom", "version", "release")
        info = GaugeMetricFamily("edge_render_release_info", "1 for what new visits enter", labels=labels)
        draining = GaugeMetricFamily("edge_render_editions_draining", "Older ones that somebody still is in")
        if self._editions is not None:
            for hosted in self._editions.shown:
                if hosted.version is not None:
                    info.add_metric((hosted.showroom, str(hosted.version), hosted.release), 1.0)
            states = [hosted.state for hosted in self._editions.hosted]
            draining.add_metric((), states.count(EditionState.DRAINING))
        yield from (info, draining)
