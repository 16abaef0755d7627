"""Follows a site: asks the admin what to show, fetches it, and has the node switch. What is shown goes on meanwhile.

What is remembered on disk changes as a whole, just before the node switches: whoever is killed at any moment shows
either what was shown before or what is ordered, when it starts again, and goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from dataclasses import asdict
from random import Random, SystemRandom
from typing import Final

import structlog

from control.content.edge_api import OrderReply
from control.content.errors import SignatureRefused
from control.content.release import OrderedRelease
from control.content.stage import Edition, EditionRefused, Stage
from control.sync.admin_api import AdminApi
from control.sync.disk_thread import DiskThread
from control.sync.errors import ApiError, NoRoom, OrderRefused
from control.sync.follow_config import FollowConfig
from control.sync.follow_plan import Preparation, Reached, Rest, Show, next_step
from control.sync.node_reporter import NodeReporter
from control.sync.pace import Pace
from control.sync.progress import Progress, placed
from control.sync.release_preparer import ReleasePreparer
from control.sync.setbacks import FAILURES, delay_s, setback_of
from control.sync.site_content import SiteContent
from control.sync.site_state import PlacedRelease

STATE_RETRY_S: Final = 30.0
log = structlog.get_logger(__name__)


class SiteFollower:
    """One per node. ``content`` comes of ``open_site_content``; a node that wants to open something at once, before
    this runs, finds it in ``content.first_editions()``, and is told to warm and to show the same again by ``run``."""

    def __init__(
        self, config: FollowConfig, content: SiteContent, stage: Stage, *, random: Random | None = None
    ) -> None:
        self._config, self._content, self._stage = config, content, stage
        self._random = random or SystemRandom()
        self.progress = Progress()

    async def run(self) -> None:
        """Show what was shown last, then follow the site until this is cancelled. Whatever the admin, the network or
        the disk does is reported, and never raised."""
        with DiskThread() as disk:
            # on a thread, as it reads the system's certificates, which takes a tenth of a second
            async with await asyncio.to_thread(AdminApi, self._config.admin_url, self._config.site_token) as api:
                self._remember()
                reporter = NodeReporter(
                    self._config, api, disk, self._content, self._stage, self.progress, self._random
                )
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(api, disk), name="follow-orders")
                    group.create_task(self._work(api, disk), name="follow-releases")
                    group.create_task(reporter.report_states(), name="report-states")
                    group.create_task(reporter.send_visits(), name="report-visits")

    # --- what was shown last ----------------------------------------------------------------------

    def _remember(self) -> None:
        progress, believed = self.progress, self._content.believed
        if believed.warning is not None:
            log.error("remembered_order_refused", reason=believed.warning)
            progress.warn("order", believed.warning)
        if believed.order is not None:
            progress.take_order(believed.order, None, recheck=False)
        for edition in self._content.first_editions():
            progress.editions[edition.release] = edition
            progress.reach(edition.release, Reached.LAID_OUT)
        for item in self._content.state.active:
            figures = progress.figures.get(item.release)
            if figures is not None:
                figures.fetched_bytes, figures.to_fetch_bytes = item.fetched_bytes, item.to_fetch_bytes
                figures.switch_ms = item.switch_ms

    async def _show_remembered(self) -> None:
        """Before anything that is ordered, and whatever that is: it is here already."""
        progress, checks = self.progress, self.progress.checks
        warm: list[Edition] = []
        for edition in self._content.first_editions():
            try:
                await self._stage.warm(edition)
            except EditionRefused as error:
                log.error("remembered_edition_refused", showroom=edition.showroom, reason=str(error))
                progress.set_back(edition.release, setback_of(error, None, False, time.monotonic(), self._random))
                continue
            warm.append(edition)
            if progress.checks == checks:
                progress.reach(edition.release, Reached.WARM)
        if warm:
            self._stage.show(warm)
            progress.shown = tuple(
                OrderedRelease(showroom=edition.showroom, version=edition.version, release=edition.release)
                for edition in warm
            )
            progress.changed.set()
            log.info("showing_remembered", showrooms=_names(progress.shown))

    # --- orders -----------------------------------------------------------------------------------

    async def _listen(self, api: AdminApi, disk: DiskThread) -> None:
        failures = 0
        while True:
            asked_at = time.monotonic()
            try:
                reply = await api.order(self._content.believed.serial, self._config.wait_s)
                self.progress.contact_at = time.time()
                news = reply is not None and await self._take(reply, disk)
                self.progress.warn("admin", None)
                if news or time.monotonic() - asked_at >= min(1.0, self._config.wait_s):
                    failures = 0
                    continue
                # it has nothing new, and did not wait
            except (ApiError, SignatureRefused, OrderRefused, OSError) as error:
                if failures == 0:
                    log.warning("order_not_followed", reason=str(error))
                about = "admin" if isinstance(error, ApiError) else "order"
                self.progress.warn(about, str(error))
            failures += 1
            await asyncio.sleep(delay_s(failures, self._random))

    async def _take(self, reply: OrderReply, disk: DiskThread) -> bool:
        arrived_at, before = time.monotonic(), self._content.believed
        now = await disk.do(self._content.accept, reply)
        self.progress.warn("order", now.warning)
        if now.order is None or (now.order == before.order and now.trust == before.trust):
            return False
        log.info("ordered", serial=now.serial, showrooms=_names(now.order.showrooms))
        self.progress.take_order(now.order, arrived_at, recheck=now.trust != before.trust)
        return True

    # --- releases ---------------------------------------------------------------------------------

    async def _work(self, api: AdminApi, disk: DiskThread) -> None:
        progress = self.progress
        preparer = ReleasePreparer(api, disk, self._content, self._stage, progress, Pace(self._config.max_bytes_per_s))
        await self._show_remembered()
        await self._trim(disk)
        while True:
            if progress.order is None:
                await progress.reordered.wait()
            step = next_step(
                progress.ordered, progress.standings, progress.shown, time.monotonic(), warmed=progress.warmed
            )
            match step:
                case Rest(until):
                    await self._rest(until)
                case Show(releases):
                    await self._show(releases, disk)
                case _:
                    await self._prepare(step, preparer)

    async def _rest(self, until: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if until == math.inf else max(until - time.monotonic(), 0.0)):
                await self.progress.reordered.wait()

    async def _prepare(self, step: Preparation, preparer: ReleasePreparer) -> None:
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self._attempt(step, preparer), name="prepare-release")
            watch = group.create_task(self._cancel_unwanted(step.ordered.release, work), name="watch-order")
            work.add_done_callback(lambda _: watch.cancel())

    async def _attempt(self, step: Preparation, preparer: ReleasePreparer) -> None:
        progress, release = self.progress, step.ordered.release
        before = progress.retry(release)
        moved_before = progress.moved_bytes(release)
        try:
            await preparer.do(step)
        except FAILURES as error:
            moved = progress.moved_bytes(release) > moved_before
            setback = setback_of(error, before, moved, time.monotonic(), self._random)
            progress.set_back(release, setback)
            log.warning("release_set_back", showroom=step.ordered.showroom, step=type(step).__name__, **asdict(setback))

    async def _cancel_unwanted(self, release: str, work: asyncio.Task[None]) -> None:
        checks = self.progress.checks
        while self.progress.is_ordered(release) and self.progress.checks == checks:
            await self.progress.reordered.wait()
        work.cancel()

    async def _show(self, releases: tuple[OrderedRelease, ...], disk: DiskThread) -> None:
        progress = self.progress
        editions = [progress.editions[item.release] for item in releases]
        try:
            await disk.do(self._content.switch, self._placed(releases))
        except OSError as error:
            progress.warn("state", f"the content folder can't be written: {error}")
            await self._rest(time.monotonic() + STATE_RETRY_S)
            return
        self._stage.show(editions)
        now = time.monotonic()
        for item in set(releases) - set(progress.shown):
            progress.note_switch(item.release, now)
        progress.shown, progress.warmed = releases, False
        progress.editions = {
            release: edition
            for release, edition in progress.editions.items()
            if edition in editions or progress.is_ordered(release)
        }
        progress.warn("state", None)
        progress.changed.set()
        log.info("showing", showrooms=_names(releases))
        try:
            await disk.do(self._content.switch, self._placed(releases))  # with the time that it took
        except OSError as error:
            progress.warn("state", f"the content folder can't be written: {error}")
        await self._trim(disk)

    def _placed(self, releases: tuple[OrderedRelease, ...]) -> tuple[PlacedRelease, ...]:
        before = {item.release: item for item in self._content.state.active}
        figures = self.progress.figures
        return tuple(
            placed(item, figures.get(item.release))
            if item.release in figures
            else before.get(item.release) or placed(item, None)
            for item in releases
        )

    async def _trim(self, disk: DiskThread) -> None:
        try:
            await disk.do(self._content.touch, [item.release for item in self.progress.shown])
            await disk.do(self._content.make_room, 0, self._stage.in_use())
        except (NoRoom, OSError) as error:
            self.progress.warn("budget", str(error))
        else:
            self.progress.warn("budget", None)


def _names(releases: tuple[OrderedRelease, ...]) -> list[str]:
    return [f"{item.showroom}/{item.version}" for item in releases]
