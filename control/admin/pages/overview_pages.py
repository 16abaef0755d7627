"""Page: where one comes in: what needs attention, and the newest visits."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from control.admin.errors import BadRequest
from control.admin.pages.attention import attention, paused_rollouts, waiting_versions
from control.admin.pages.page import CurrentPage
from control.admin.pages.site_rows import site_counts
from control.admin.pages.visit_plots import visits_over_time
from control.admin.sites.site_views import site_views
from control.admin.sites.visit_queries import VisitRange, VisitSums, visit_sums

router = APIRouter(prefix="/overview", include_in_schema=False)

_WEEK_S = 7 * 86400.0


@router.get("")
def show(page: CurrentPage, live: Annotated[Literal["yes", "no"], Query()] = "no") -> Response:
    """The overview. ``live``: for its script, every few seconds: what changes meanwhile, which the visits' plot does
    not, so that a week of visits is not added up for nothing."""
    now = page.parts.now()
    with page.parts.database.reading() as session:
        sites = site_views(session, now)
        paused = paused_rollouts(session)
        waiting = waiting_versions(session, page.text, page.actor, page.parts.settings.four_eyes)
        sums = None if live == "yes" else _last_week(session, now)
    return page.show(
        "overview.html",
        items=attention(page.text, sites, paused, waiting),
        counts=site_counts(sites),
        visits=None if sums is None or not sums.visits else visits_over_time(page.text, sums, "hour", 0),
    )


def _last_week(session: Session, now: float) -> VisitSums | None:
    try:
        return visit_sums(session, VisitRange.between(now - _WEEK_S, now), "hour")
    except BadRequest:  # more than can be added up for a page that everybody sees first
        return None
