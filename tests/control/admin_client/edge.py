"""An edge's part over HTTP."""

from __future__ import annotations

import httpx2

from bench.admin_process import AdminProcess
from control.content.edge_api import Disk, NodeReport, OrderReply, ReleaseState, ShownRelease
from control.content.release import SiteOrder


class Edge:
    """The node of a site, that says what a test wants it to say."""

    def __init__(self, admin: AdminProcess, site: str, token: str | None = None) -> None:
        """``token``: of a site that there is; without it the site is made."""
        self._url = admin.url
        self.site = site
        self._headers = {"Authorization": f"Bearer {token or admin.make_site(site)}"}

    def order(self) -> SiteOrder:
        """What the site is to show."""
        answer = httpx2.get(f"{self._url}/edge/v1/order", headers=self._headers)
        answer.raise_for_status()
        return SiteOrder.model_validate_json(OrderReply.model_validate_json(answer.content).order.payload_bytes())

    def report(self, state: ReleaseState, error: str | None = None) -> None:
        """Say of all that was ordered that it is so far."""
        order = self.order()
        shown = tuple(
            ShownRelease(
                showroom=item.showroom,
                version=item.version,
                release=item.release,
                state=state,
                fetched_bytes=1_500_000,
                to_fetch_bytes=3_000_000,
                switch_ms=1800.0 if state == "showing" else None,
                error=error,
            )
            for item in order.showrooms
        )
        disk = Disk(used_bytes=1, budget_bytes=2, free_bytes=3)
        report = NodeReport(
            node="node-1",
            software="test",
            order_serial=order.serial,
            showrooms=shown,
            disk=disk,
            visits=2,
            visits_max=4,
        )
        headers = {**self._headers, "Content-Type": "application/json"}
        httpx2.post(
            f"{self._url}/edge/v1/reports", headers=headers, content=report.model_dump_json()
        ).raise_for_status()
