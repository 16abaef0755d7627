"""The scenes on the GPU, read when Prometheus asks; the label ``scene`` is the scene's name."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from control.showroom.scene_residency import SceneResidency


class LoadedScenes(Collector):
    """Empty until there is a residency to watch."""

    def __init__(self) -> None:
        self._residency: SceneResidency | None = None

    def watch(self, residency: SceneResidency) -> None:
        self._residency = residency

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client's Collector."""
        sizes = GaugeMetricFamily(
            "edge_render_scene_gpu_bytes", "About what a scene takes, or several share", labels=["scene"]
        )
        budget = GaugeMetricFamily("edge_render_gpu_budget_bytes", "What all scenes together may take")
        if self._residency is not None:
            budget.add_metric([], self._residency.budget_bytes)
            for name, size_bytes in self._residency.sizes().items():
                sizes.add_metric([name], size_bytes)
        yield from (sizes, budget)
