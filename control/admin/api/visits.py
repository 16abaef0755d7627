"""Visits and interest: sums, without anything of a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.parts import Parts
from control.admin.sites.visit_export import Table, csv_chunks
from control.admin.sites.visit_queries import Step, VisitRange, VisitSums, visit_sums
from control.content.names import UNIX_SECONDS_MAX, Slug

router = APIRouter(prefix="/api/v1/visits", tags=["visits"])
Moment = Annotated[float, Query(ge=0, le=UNIX_SECONDS_MAX, allow_inf_nan=False)]
Since = Annotated[Moment, Query(description="Begin of the range, in Unix seconds.")]
Until = Annotated[Moment, Query(description="Its end, in Unix seconds; the hour that it is in counts in full.")]


@router.get("")
def show_visits(
    actor: CurrentActor,
    parts: Parts,
    since: Since,
    until: Until,
    step: Step = "day",
    utc_offset_hours: Annotated[int, Query(ge=-12, le=14, description="Where days begin: 8 in China.")] = 0,
    showroom: Slug | None = None,
    site: Slug | None = None,
) -> VisitSums:
    """Sums over a time range, by hour or by day."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return visit_sums(session, VisitRange.between(since, until, showroom, site), step, utc_offset_hours)


@router.get(
    "/table.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "One line for each."}},
)
def export_visits(
    actor: CurrentActor,
    parts: Parts,
    since: Since,
    until: Until,
    of: Table = "visits",
    showroom: Slug | None = None,
    site: Slug | None = None,
) -> StreamingResponse:
    """The sums of each hour as a table for spreadsheets: visits, scenes, or taps of hotspots."""
    actor.need(Role.VIEWER)
    asked = VisitRange.between(since, until, showroom, site)
    return StreamingResponse(
        csv_chunks(parts.database, asked, of),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{of}.csv"'},
    )
