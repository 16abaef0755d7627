"""How far a follower is: what its tasks share, on the event loop alone."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field, replace

from control.content.edge_api import Disk, ReleaseState, ShownRelease
from control.content.release import OrderedRelease, SiteOrder
from control.content.stage import Edition
from control.sync.follow_plan import Reached, Setback, Standing
from control.sync.site_state import PlacedRelease

WARNING_MAX_CHARS = 2000


class Signal:
    """Wakes all who wait for it; who begins to wait later waits for the next time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        await self._event.wait()


@dataclass(slots=True)
class Figures:
    """Of one ordered release. ``arrived_at``: when its order came, on the follower's clock; None: before this start."""

    arrived_at: float | None
    fetched_bytes: int = 0
    to_fetch_bytes: int = 0
    switch_ms: float | None = None


@dataclass
class Progress:
    """Of what is ordered; by release, where not said otherwise."""

    order: SiteOrder | None = None
    standings: dict[str, Standing] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)
    editions: dict[str, Edition] = field(default_factory=dict)
    shown: tuple[OrderedRelease, ...] = ()
    """What new visits see, in order."""
    warmed: bool = False
    """Something was warmed since the stage was told what to show."""
    warnings: dict[str, str] = field(default_factory=dict)
    """For the operator, by what they are about."""
    contact_at: float | None = None
    """When the admin answered last, in Unix seconds."""
    disk: Disk | None = None
    """As it was reported last."""
    checks: int = 0
    """Grows when all manifests have to be checked anew."""
    reordered: Signal = field(default_factory=Signal)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """There is something to report."""

    @property
    def ordered(self) -> tuple[OrderedRelease, ...]:
        return () if self.order is None else self.order.showrooms

    def take_order(self, order: SiteOrder, arrived_at: float | None, *, recheck: bool) -> None:
        """Something else is ordered: what failed is tried again. ``recheck``: other keys count now, so that every
        manifest has to be checked anew."""
        known = {item.release for item in self.ordered}
        self.order = order
        self.standings = {
            release: Standing(standing.reached)
            for release, standing in self.standings.items()
            if self.is_ordered(release) and not recheck
        }
        self.figures = {
            item.release: self.figures[item.release] if item.release in known else Figures(arrived_at)
            for item in order.showrooms
        }
        self.checks += recheck
        self.changed.set()
        self.reordered.fire()

    def is_ordered(self, release: str) -> bool:
        return any(item.release == release for item in self.ordered)

    def reach(self, release: str, reached: Reached, checks: int | None = None) -> None:
        """It got so far; which counts only if ``checks`` is still what it was when that was begun."""
        if checks is None or checks == self.checks:
            self._stand(release, Standing(reached))

    def set_back(self, release: str, setback: Setback) -> None:
        """It did not get on."""
        before = self.standings.get(release, Standing())
        self._stand(release, Standing(before.reached, setback))

    def retry(self, release: str) -> Setback | None:
        """It is tried again now; returns the setback that it had."""
        before = self.standings.get(release, Standing())
        if before.setback is not None and before.setback.failed:
            self._stand(release, replace(before, setback=replace(before.setback, failed=False)))
        return before.setback

    def moved_bytes(self, release: str) -> int:
        """What came over the network for it."""
        return self.figures[release].fetched_bytes if release in self.figures else 0

    def note_switch(self, release: str, now: float) -> None:
        """New visits see it from now on."""
        figures = self.figures.get(release)
        if figures is not None and figures.arrived_at is not None:
            figures.switch_ms = (now - figures.arrived_at) * 1000.0

    def _stand(self, release: str, standing: Standing) -> None:
        if self.is_ordered(release):
            self.standings[release] = standing
            self.changed.set()

    def warn(self, about: str, message: str | None) -> None:
        """Tell the operator, or that it is over (None)."""
        if self.warnings.get(about) != message:
            if message is None:
                self.warnings.pop(about, None)
            else:
                self.warnings[about] = message
            self.changed.set()

    @property
    def warning(self) -> str | None:
        """All warnings, for a report."""
        return clean("; ".join(self.warnings.values())) or None

    @property
    def is_moving(self) -> bool:
        """Whether bytes are on their way, so that a report is worth more than once a minute."""
        return any(release.state == "fetching" for release in self.report())

    def report(self) -> tuple[ShownRelease, ...]:
        """How far each ordered release is."""
        shown = {item.showroom: item for item in self.shown}
        return tuple(self._report(item, shown.get(item.showroom)) for item in self.ordered)

    def _report(self, item: OrderedRelease, shown: OrderedRelease | None) -> ShownRelease:
        standing = self.standings.get(item.release, Standing())
        figures = self.figures[item.release]
        return ShownRelease(
            showroom=item.showroom,
            version=item.version,
            release=item.release,
            state=_state(standing, shown == item),
            showing=None if shown is None else shown.version,
            fetched_bytes=figures.fetched_bytes,
            to_fetch_bytes=figures.to_fetch_bytes,
            switch_ms=figures.switch_ms,
            error=None if standing.setback is None else clean(standing.setback.message),
        )


def placed(item: OrderedRelease, figures: Figures | None) -> PlacedRelease:
    """As it is remembered."""
    told = figures or Figures(None)
    return PlacedRelease(
        **item.model_dump(),
        fetched_bytes=told.fetched_bytes,
        to_fetch_bytes=told.to_fetch_bytes,
        switch_ms=told.switch_ms,
    )


def clean(text: str) -> str:
    """As a report may carry it: names of files may have what is no Unicode, and answers of others a NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")[:WARNING_MAX_CHARS]


def _state(standing: Standing, is_shown: bool) -> ReleaseState:
    setback = standing.setback
    if setback is not None and setback.failed and (setback.retry_at == math.inf or not is_shown):
        return "failed"
    if is_shown:
        return "showing"
    if standing.reached in (Reached.ORDERED, Reached.KNOWN):
        return "fetching"
    return "warming"
