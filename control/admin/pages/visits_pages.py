"""Page: visits and interest, as plots."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, TypeAlias, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from control.admin.errors import AdminError, BadRequest
from control.admin.pages.page import CurrentPage
from control.admin.pages.visit_plots import all_figures, clock_name, length_text
from control.admin.sites.visit_queries import Step, VisitRange, visit_sums
from control.admin.sites.visits import HOUR_S
from control.admin.tables import Showroom, Site
from control.content.names import Slug

router = APIRouter(prefix="/visits", include_in_schema=False)

Days: TypeAlias = Literal["1", "7", "30", "90", "365"]
_HOURLY_DAYS = 7
"""Up to so many days are shown by the hour."""
CLOCKS = range(-12, 15)


@router.get("")
def show(
    page: CurrentPage,
    days: Days = "7",
    until: Annotated[str, Query(max_length=10)] = "",
    showroom: Slug | Literal[""] = "",
    site: Slug | Literal[""] = "",
    clock: Annotated[int, Query(ge=-12, le=14)] = 0,
) -> Response:
    """Sums of the last ``days``, or of those before the end of a day; ``clock``: hours that days begin before UTC."""
    step: Step = "hour" if int(days) <= _HOURLY_DAYS else "day"
    error, figures, sums, files = None, [], None, {}
    try:
        end = _end(until, clock, page.parts.now())
        asked = VisitRange.between(end - int(days) * 86400.0, end, showroom or None, site or None)
        with page.parts.database.reading() as session:
            sums = visit_sums(session, asked, step, clock)
        figures = all_figures(page.text, sums, step, clock)
        files = {of: _csv(asked, of) for of in ("visits", "scenes", "taps")}
    except AdminError as refused:
        error = refused
    with page.parts.database.reading() as session:
        showrooms = ["", *list(session.scalars(select(Showroom.slug).order_by(Showroom.slug)))]
        sites = ["", *list(session.scalars(select(Site.slug).order_by(Site.slug)))]
    return page.show(
        "visits.html",
        error=error,
        sums=sums,
        figures=figures,
        files=files,
        mean=None if sums is None else length_text(page.text, sums.mean_visit_s),
        days=days,
        days_options=[(value, page.text(f"visits.days-{value}")) for value in get_args(Days)],
        until=until,
        showroom=showroom,
        showrooms=[(slug, slug or page.text("visits.all")) for slug in showrooms],
        site=site,
        sites=[(slug, slug or page.text("visits.all")) for slug in sites],
        clock=clock,
        clocks=[(hours, clock_name(hours)) for hours in CLOCKS],
    )


def _end(until: str, clock: int, now: float) -> float:
    """Unix seconds of the end of the day ``until`` by the clock; now, where it is empty."""
    if not until:
        return now
    try:
        midnight = datetime.combine(date.fromisoformat(until) + timedelta(days=1), datetime.min.time(), UTC)
        if midnight.year < 1971:
            raise ValueError("before Unix time began there were no visits")
    except (ValueError, OverflowError) as error:
        raise BadRequest("until: it must be a day, as in 2026-11-25", text="error.visits-until") from error
    return midnight.timestamp() - clock * HOUR_S


def _csv(asked: VisitRange, of: str) -> str:
    since, end = asked.first_hour * HOUR_S, asked.end_hour * HOUR_S
    query = {"since": int(max(0, since)), "until": int(max(1, end)), "of": of}
    limits = {name: value for name, value in (("showroom", asked.showroom), ("site", asked.site)) if value}
    return f"/api/v1/visits/table.csv?{urlencode({**query, **limits})}"
