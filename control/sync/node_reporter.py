"""Tells the admin how the node is and what was counted of visits, whenever there is something to tell."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

import structlog

from control.content.edge_api import Disk, NodeReport, VisitReport
from control.content.stage import Stage
from control.sync.admin_api import AdminApi
from control.sync.disk_thread import DiskThread
from control.sync.errors import ApiError, Refused
from control.sync.follow_config import FollowConfig
from control.sync.progress import Progress
from control.sync.setbacks import delay_s
from control.sync.site_content import SiteContent
from control.sync.visit_outbox import VisitOutbox

MOVING_S: Final = 5.0
"""Between reports while blobs are on their way."""
_REFUSED_FOR_GOOD: Final = frozenset([400, 413, 422])
log = structlog.get_logger(__name__)


class NodeReporter:
    """Two tasks, which go on until they are cancelled."""

    def __init__(
        self,
        config: FollowConfig,
        api: AdminApi,
        disk: DiskThread,
        content: SiteContent,
        stage: Stage,
        progress: Progress,
        random: Random,
    ) -> None:
        self._config, self._api, self._disk, self._content = config, api, disk, content
        self._stage, self._progress, self._random = stage, progress, random
        self._outbox = VisitOutbox(config.folder)
        self._taken: VisitReport | None = None

    async def report_states(self) -> None:
        """At each change, and every so often without one."""
        failures = 0
        while True:
            self._progress.changed.clear()
            try:
                await self._api.report(await self._report())
            except ApiError as error:
                failures += 1
                if failures == 1:
                    log.warning("report_not_sent", reason=str(error))
                await asyncio.sleep(delay_s(failures, self._random))
                continue
            failures = 0
            every_s = self._config.report_every_s
            try:
                async with asyncio.timeout(min(MOVING_S, every_s) if self._progress.is_moving else every_s):
                    await self._progress.changed.wait()
            except TimeoutError:
                pass  # nothing changed: time to tell that the node is still there

    async def _report(self) -> NodeReport:
        try:
            disk = await self._disk.do(self._content.disk_report)
            self._progress.warn("disk", None)
        except OSError as error:
            disk = Disk(used_bytes=0, budget_bytes=self._config.budget_bytes, free_bytes=0)
            self._progress.warn("disk", f"the content folder can't be read: {error}")
        self._progress.disk = disk
        visits, visits_max = self._stage.visits
        return NodeReport(
            node=self._config.node,
            software=self._config.software,
            order_serial=0 if self._progress.order is None else self._progress.order.serial,
            ring_serial=self._content.believed.trust.ring_serial,
            showrooms=self._progress.report(),
            disk=disk,
            visits=visits,
            visits_max=visits_max,
            warning=self._progress.warning,
        )

    async def send_visits(self) -> None:
        """Keep what was counted on disk until the admin has it; also what is counted until this is cancelled."""
        try:
            while True:
                await self._keep_visits()
                await self._send_kept()
                await asyncio.sleep(self._config.report_every_s)
        finally:
            await self._keep_visits()

    async def _keep_visits(self) -> None:
        report = self._taken or self._stage.take_visits()
        if report is None:
            return
        self._taken = report  # until it is on disk
        try:
            await self._disk.do(self._outbox.put, report)
        except OSError as error:
            log.error("visit_report_not_kept", reason=str(error))
        else:
            self._taken = None

    async def _send_kept(self) -> None:
        try:
            while (report := await self._disk.do(self._outbox.oldest)) is not None:
                try:
                    await self._api.visits(report)
                except Refused as error:
                    if error.status not in _REFUSED_FOR_GOOD:
                        raise
                    log.error("visit_report_refused", report=report.report_id, reason=str(error))
                await self._disk.do(self._outbox.drop, report)
        except (ApiError, OSError) as error:
            log.warning("visit_reports_wait", reason=str(error))
