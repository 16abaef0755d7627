"""Carries roll-outs on: woken by reports, by what people change, and when time alone changes something.

Every replica has one. Those who write take turns, and each looks anew at what is in the database: what one has ordered,
the other finds ordered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.rollout_rows import clocked_rollouts
from control.admin.sites.rollouts import Rollouts

LOOK_AGAIN_S: Final = 30.0
"""For what another replica began and could not carry on, as it is gone."""
RETRY_S: Final = 5.0
_LOG = structlog.get_logger()


class RolloutClock:
    """One task: see ``run``."""

    def __init__(self, database: Database, rollouts: Rollouts, bell: ChangeBell, now: Callable[[], float]) -> None:
        self._database = database
        self._rollouts = rollouts
        self._bell = bell
        self._now = now

    async def run(self) -> None:
        """Until it is cancelled."""
        with self._bell:
            while True:
                await self._bell.heard(await self._next())

    async def _next(self) -> float:
        try:
            return await asyncio.to_thread(self.advance_all)
        except Unavailable as error:
            _LOG.warning("rollouts-wait", reason=str(error), retry_s=RETRY_S)
            return RETRY_S

    def advance_all(self) -> float:
        """Do all that is to be done now; returns in how many seconds to look again at the latest."""
        wait_s = LOOK_AGAIN_S
        with self._database.reading() as session:
            waiting = clocked_rollouts(session)
        for rollout_id in waiting:
            with self._database.reading() as session:
                due_at = self._rollouts.quiet_until(session, rollout_id, self._now())
            if due_at is None:
                with self._database.session() as session:
                    due_at = self._rollouts.advance(session, rollout_id, self._now())
            wait_s = min(wait_s, due_at - self._now())
        return max(wait_s, 0.0)
