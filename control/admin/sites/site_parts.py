"""What works on sites, and the tasks that do it without being asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.settings import AdminSettings
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.edge_limits import EdgeLimits
from control.admin.sites.order_watch import OrderWatch
from control.admin.sites.orders import Orders
from control.admin.sites.rollout_clock import RolloutClock
from control.admin.sites.rollouts import Rollouts
from control.admin.sites.visits import VisitKeeper


@dataclass(frozen=True, slots=True)
class SiteParts:
    """A field of AdminParts."""

    orders: Orders
    order_watch: OrderWatch
    rollouts: Rollouts
    rollout_bell: ChangeBell
    """Rung when a roll-out may have something to do."""
    edge_limits: EdgeLimits


@asynccontextmanager
async def open_site_parts(
    database: Database, keys: SigningKeys, settings: AdminSettings, now: Callable[[], float]
) -> AsyncIterator[SiteParts]:
    """The parts, with their tasks running."""
    order_bell, rollout_bell = ChangeBell(), ChangeBell()
    orders = Orders(keys, order_bell)
    order_watch = OrderWatch(database, order_bell)
    rollouts = Rollouts(orders, rollout_bell, settings.healthy_s)
    clock = RolloutClock(database, rollouts, rollout_bell, now)
    keeper = VisitKeeper(database, settings.visits_keep_days, now)
    async with asyncio.TaskGroup() as group:
        tasks = (
            group.create_task(order_watch.run(), name="order-watch"),
            group.create_task(clock.run(), name="rollout-clock"),
            group.create_task(keeper.run(), name="visit-keeper"),
        )
        try:
            yield SiteParts(orders, order_watch, rollouts, rollout_bell, EdgeLimits())
        finally:
            for task in tasks:
                task.cancel()
