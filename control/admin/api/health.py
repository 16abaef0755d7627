"""For who runs the admin: whether it lives, whether it can work, and its figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel
from sqlalchemy import text

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.errors import Unavailable
from control.admin.parts import AdminParts, Parts
from control.admin.request_counts import RequestCounts
from control.admin.state_figures import state_figures

router = APIRouter(tags=["health"])
_NO_BLOB: Final = "0" * 64
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "In Prometheus' text format."}
}


class Alive(BaseModel):
    """That the process lives."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """What it needs to work; ``ok``, or why not."""

    database: str
    blobs: str


@router.get("/healthz")
async def health() -> Alive:
    """That the process lives."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "One of them can't be used."}})
def readiness(parts: Parts, response: Response) -> Readiness:
    """Whether the database and the blob store answer."""
    found = Readiness(database=_database(parts), blobs=_blobs(parts))
    if (found.database, found.blobs) != ("ok", "ok"):
        response.status_code = 503
    return found


@router.get("/metrics", response_class=Response, responses=_TEXT)
def metrics(actor: CurrentActor, request: Request, parts: Parts) -> Response:
    """Figures for Prometheus, which sends an API token of a viewer: they name sites."""
    actor.need(Role.VIEWER)
    counts: RequestCounts = request.app.state.request_counts
    with parts.database.reading() as session:
        read = _Read(state_figures(session, parts.now()))
    return Response(generate_latest(counts.registry) + generate_latest(read), media_type=CONTENT_TYPE_LATEST)


class _Read(Collector):
    """Metrics that were read just now."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _database(parts: AdminParts) -> str:
    try:
        with parts.database.reading() as session:
            session.execute(text("SELECT 1"))
    except Unavailable as error:
        return str(error)
    return "ok"


def _blobs(parts: AdminParts) -> str:
    try:
        parts.blobs.exists(_NO_BLOB)
    except Unavailable as error:
        return str(error)
    return "ok"
