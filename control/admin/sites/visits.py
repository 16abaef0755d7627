"""Visits: what nodes counted, added up by site, showroom, version and hour. There is nothing of a person in it, so that
small counts need not be hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.sites.grants import granted_versions
from control.admin.sites.visit_sums import add_totals
from control.admin.tables import VisitHour, VisitReportSeen
from control.content.edge_api import VisitReport, VisitTotals

HOUR_S: Final = 3600
REPORT_MAX_AGE_S: Final = 35 * 86400.0
"""A node that was cut off for longer has lost what it counted: the reports that were counted are not known for ever."""
SEEN_KEEP_S: Final = 40 * 86400.0
"""Longer than a report may be old, so that none is counted twice."""
CLOCK_ERROR_S: Final = 2 * 3600.0
"""How far a node's clock may be ahead."""
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a report's totals: those of releases that the site never had, or of a time that can't be, are left
    out, so that a node that is wrong can't fill the database."""

    counted: int
    left_out: int


def count_visits(session: Session, site: str, report: VisitReport, now: float) -> Counted:
    """Add a report to the sums, once: a ``report_id`` that is known changes nothing."""
    if session.get(VisitReportSeen, report.report_id) is not None:
        return Counted(0, 0)
    if not now - REPORT_MAX_AGE_S < report.made_at < now + CLOCK_ERROR_S:
        return Counted(0, len(report.totals))
    session.add(VisitReportSeen(report_id=report.report_id, received_at=now))
    kept = list(_possible(report.totals, granted_versions(session, site), now))
    for totals in kept:
        _add(session, site, totals)
    return Counted(len(kept), len(report.totals) - len(kept))


def _possible(totals: Iterable[VisitTotals], granted: set[tuple[str, int]], now: float) -> Iterable[VisitTotals]:
    # The hour is when a visit was, which may be before the report was made: by a node that was cut off.
    first, last = (now - REPORT_MAX_AGE_S) // HOUR_S, (now + CLOCK_ERROR_S) // HOUR_S
    return (item for item in totals if first <= item.hour <= last and (item.showroom, item.version) in granted)


def _add(session: Session, site: str, totals: VisitTotals) -> None:
    row = session.get(VisitHour, (site, totals.showroom, totals.version, totals.hour))
    if row is None:
        session.add(
            VisitHour(
                site=site,
                showroom=totals.showroom,
                version=totals.version,
                hour=totals.hour,
                totals=totals.model_dump(mode="json"),
            )
        )
        session.flush()  # the same hour may come twice in a report
    else:
        row.totals = add_totals(VisitTotals.model_validate(row.totals), totals).model_dump(mode="json")


class VisitKeeper:
    """Forgets, hour by hour, what was kept for long enough: see ``run``."""

    def __init__(self, database: Database, keep_days: int, now: Callable[[], float]) -> None:
        self._database = database
        self._keep_days = keep_days
        self._now = now

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self._forget)
            except Unavailable as error:
                _LOG.warning("visits-not-forgotten", reason=str(error))
            await asyncio.sleep(HOUR_S)

    def _forget(self) -> None:
        with self._database.session() as session:
            forget_visits(session, self._keep_days, self._now())


def forget_visits(session: Session, keep_days: int, now: float) -> None:
    """Remove sums that are older than they are kept, and the identifiers of reports that can't come again."""
    session.execute(delete(VisitHour).where(VisitHour.hour < int(now - keep_days * 86400) // HOUR_S))
    session.execute(delete(VisitReportSeen).where(VisitReportSeen.received_at < now - SEEN_KEEP_S))
