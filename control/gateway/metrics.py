"""Prometheus figures of a gateway. One object owns the registry, so that tests can make their own."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from control.gateway.control_proxy import ControlProxy
from control.gateway.fleet_view import FleetView
from control.gateway.peers import Peers
from control.gateway.renderer import Phase
from control.gateway.waiting_room import WaitingRoom

_ALLOCATION_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Close around 20 ms, within which 99 of 100 are to be done."""


class GatewayMetrics:
    """All metrics of one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.allocation = Histogram(
            "edge_render_gateway_allocation_seconds",
            "Own time that the gateway takes for a place: without waiting for renderers or in the queue",
            ["request"],
            buckets=_ALLOCATION_BUCKETS_S,
            registry=self.registry,
        )
        self.tries = Counter(
            "edge_render_gateway_tries_total",
            "Renderers asked for a place, by what came of it",
            ["result"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "edge_render_gateway_refusals_total", "Refused requests of visitors", ["reason"], registry=self.registry
        )
        self.queued = Counter("edge_render_gateway_queued_total", "Visitors who had to wait", registry=self.registry)
        for request in ("join", "whep"):
            self.allocation.labels(request)

    def watch(self, fleet: FleetView, room: WaitingRoom, peers: Peers, control: ControlProxy) -> None:
        """Tell of these as well."""
        self.registry.register(_State(fleet, room, peers, control))

    def tried(self, result: str) -> None:
        self.tries.labels(result).inc()

    def exposition(self) -> bytes:
        """The text that /metrics serves."""
        return generate_latest(self.registry)


class _State(Collector):
    """What is true when somebody asks."""

    def __init__(self, fleet: FleetView, room: WaitingRoom, peers: Peers, control: ControlProxy) -> None:
        self._fleet, self._room, self._peers, self._control = fleet, room, peers, control

    def collect(self) -> Iterable[Metric]:
        renderers = list(self._fleet.renderers)
        phases = Tally(renderer.phase for renderer in renderers)
        known = [renderer.state for renderer in renderers if renderer.phase is Phase.KNOWN and renderer.state]
        by_phase = GaugeMetricFamily("edge_render_gateway_renderers", "Renderers by state", labels=["state"])
        for phase in Phase:
            by_phase.add_metric([phase.value], phases[phase])
        yield by_phase
        queue = GaugeMetricFamily("edge_render_gateway_queue", "Visitors who wait, here and elsewhere", labels=["at"])
        queue.add_metric(["here"], self._room.waiting_here)
        queue.add_metric(["elsewhere"], self._room.waiting_elsewhere)
        yield queue
        for name, text, value in (
            ("fleet_visits", "Visits at renderers that let visitors in", sum(state.visits for state in known)),
            ("fleet_capacity", "Visits that these take", sum(state.capacity for state in known)),
            ("peers", "Other gateways that can be heard", len(self._peers.heard)),
            ("control_channels", "Control channels that are passed on", self._control.open),
            ("cluster_reachable", "1 while the cluster can be asked", float(self._fleet.unreachable is None)),
            ("fleet_known", "1 when each renderer was heard once, or could not be", float(self._fleet.known)),
        ):
            yield GaugeMetricFamily(f"edge_render_gateway_{name}", text, value=value)
