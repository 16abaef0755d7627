"""Wakes the long polls of edges when their order is a newer one.

What this process changes wakes them at once, by a bell. What other replicas change on the same database is found by
one small query a second, for all polls together and only while there are any. PostgreSQL's LISTEN/NOTIFY would save
that second, but wants a connection of its own that reconnects by itself, does not go through the usual poolers, and
does not exist on SQLite; with it or without, the polls would have to look now and then in case that it is lost.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy import func, select

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.sites.change_bell import ChangeBell
from control.admin.tables import Site

RECHECK_S: Final = 1.0
_UNTIL_RUNG_S: Final = 3600.0
_LOG = structlog.get_logger()


class OrderWatch:
    """The serial of every site's order, as of a moment ago, and those who wait for a newer one."""

    def __init__(self, database: Database, bell: ChangeBell, recheck_s: float = RECHECK_S) -> None:
        self._database = database
        self._bell = bell
        self._recheck_s = recheck_s
        self._serials: dict[str, int] = {}
        self._sum: int | None = None
        self._waiting = 0
        self._news = asyncio.Event()
        self._closing = False

    async def run(self) -> None:
        """Look whenever the bell rings, and every second while somebody waits; ends by cancellation."""
        with self._bell:
            while True:
                try:
                    if await asyncio.to_thread(self._look):
                        self._tell()
                except Unavailable as error:
                    _LOG.warning("orders-not-looked-at", reason=str(error))
                await self._bell.heard(self._recheck_s if self._waiting else _UNTIL_RUNG_S)

    async def newer(self, site: str, after: int, wait_s: float) -> bool:
        """Whether the site's order has a higher serial than ``after``, at once or within that time. False at once where
        the admin stops."""
        self._waiting += 1
        if self._waiting == 1:
            self._bell.ring()  # it sleeps without a limit
        try:
            async with asyncio.timeout(wait_s):
                while self._serials.get(site, 0) <= after:
                    if self._closing:
                        return False
                    await self._news.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    def close(self) -> None:
        """Let all go who wait, and nobody wait any more: the server stops when it has answered them."""
        self._closing = True
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _look(self) -> bool:
        """Read the serials where any has changed. They only grow, so their sum tells."""
        with self._database.reading() as session:
            total = int(session.scalar(select(func.coalesce(func.sum(Site.order_serial), 0))) or 0)
            if total == self._sum:
                return False
            self._sum = total
            found = session.execute(select(Site.slug, Site.order_serial))
            self._serials = {row.slug: row.order_serial for row in found}
        return True
