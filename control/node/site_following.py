"""What a node shows by its site's orders: the follower as a task of the node, and what operators are told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from control.content.stage import Stage
from control.sync.follow_config import FollowConfig
from control.sync.follower import SiteFollower
from control.sync.progress import Progress
from control.sync.site_content import SiteContent

NO_ORDER = "nothing is ordered for this site yet"


class SiteFollowing(Collector):
    """Of one node. ``content`` is open for as long as the node runs."""

    def __init__(self, config: FollowConfig, content: SiteContent) -> None:
        self._config, self._content = config, content
        self._progress = Progress()

    @property
    def node(self) -> str:
        """What the admin calls it."""
        return self._config.node

    async def run(self, stage: Stage) -> None:
        """Follow the site until this is cancelled."""
        follower = SiteFollower(self._config, self._content, stage)
        self._progress = follower.progress
        await follower.run()

    def told(self) -> dict[str, Any]:
        """For /readyz: the order, how far each release is, and what operators have to be warned of."""
        progress = self._progress
        return {
            "site": self._config.site,
            "order_serial": None if progress.order is None else progress.order.serial,
            "ordered": [
                release.model_dump(include={"showroom", "version", "state", "error"}) for release in progress.report()
            ],
            "warning": progress.warning,
        }

    def reason(self) -> str:
        """Why nothing is shown yet."""
        if self._progress.warning is not None:
            return self._progress.warning
        states = [
            f"{release.showroom} {release.version}: {release.error or release.state}"
            for release in self._progress.report()
        ]
        return "; ".join(states) or NO_ORDER

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client's Collector."""
        progress, prefix = self._progress, "edge_render_site"
        serial = GaugeMetricFamily(f"{prefix}_order_serial", "Of the order that is followed")
        if progress.order is not None:
            serial.add_metric((), progress.order.serial)
        contact = GaugeMetricFamily(f"{prefix}_last_contact_timestamp_seconds", "When the admin answered last")
        if progress.contact_at is not None:
            contact.add_metric((), progress.contact_at)
        labels = ("showroom", "version")
        state = GaugeMetricFamily(f"{prefix}_release_state", "1 for how far a release is", labels=(*labels, "state"))
        moved = GaugeMetricFamily(f"{prefix}_fetched_bytes", "Moved over the network for a release", labels=labels)
        lacked = GaugeMetricFamily(f"{prefix}_to_fetch_bytes", "That it lacked when its fetching began", labels=labels)
        switch = GaugeMetricFamily(f"{prefix}_switch_seconds", "From the order until new visits saw it", labels=labels)
        for release in progress.report():
            values = (release.showroom, str(release.version))
            state.add_metric((*values, release.state), 1.0)
            moved.add_metric(values, release.fetched_bytes)
            lacked.add_metric(values, release.to_fetch_bytes)
            if release.switch_ms is not None:
                switch.add_metric(values, release.switch_ms / 1e3)
        disk = GaugeMetricFamily(f"{prefix}_disk_bytes", "Of the content, by what it is", labels=("kind",))
        if progress.disk is not None:
            disk.add_metric(("used",), progress.disk.used_bytes)
            disk.add_metric(("budget",), progress.disk.budget_bytes)
            disk.add_metric(("free",), progress.disk.free_bytes)
        warned = GaugeMetricFamily(f"{prefix}_warnings", "What operators are warned of now")
        warned.add_metric((), len(progress.warnings))
        yield from (serial, contact, state, moved, lacked, switch, disk, warned)
