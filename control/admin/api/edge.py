"""What edges ask: ``control.content.edge_api`` has the contract. Who asks is a site, by its token."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select

from control.admin.errors import TooLarge
from control.admin.http_errors import ErrorReply
from control.admin.parts import AdminParts, Parts
from control.admin.sites.asking import AskingSite, asking_site
from control.admin.sites.edge_limits import Traffic
from control.admin.sites.grants import check_blob_granted, granted_blobs, granted_envelope
from control.admin.sites.node_reports import store_report
from control.admin.sites.rollout_rows import is_waited_for
from control.admin.sites.visits import count_visits
from control.admin.storage.blob_response import blob_response
from control.admin.tables import SignedKeyRing, Site
from control.content.blob_batch import BATCH_MAX_BYTES, BATCH_TYPE, pack_batch
from control.content.edge_api import WAIT_MAX_S, NodeReport, OrderReply, VisitReport, WantedBlobs
from control.content.envelope import Envelope
from control.content.names import SERIAL_MAX, Digest

router = APIRouter(prefix="/edge/v1", tags=["edge"])
_LOG = structlog.get_logger()
_TOKEN: Final = HTTPBearer(auto_error=False, scheme_name="SiteToken", description="A site's token: ers_…")
_NOTHING: Final[dict[int | str, dict[str, Any]]] = {204: {"description": "Nothing newer within the time."}}
_BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_BLOB: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "All of it.", "content": _BYTES},
    206: {"description": "The range that was asked for.", "content": _BYTES},
    304: {"description": "The node has it: its ETag is the digest."},
    416: {"description": "It has no byte of that range.", "model": ErrorReply},
}
_BATCH: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "All of them, in any order.",
        "content": {BATCH_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    },
}


def _asking(
    request: Request, parts: Parts, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_TOKEN)]
) -> AskingSite:
    return asking_site(request, parts, "" if given is None else given.credentials)


Asking = Annotated[AskingSite, Depends(_asking)]


@router.get("/order", response_model=OrderReply, responses=_NOTHING)
async def order(
    parts: Parts,
    site: Asking,
    after: Annotated[int, Query(ge=0, le=SERIAL_MAX, description="The newest serial that the node has.")] = 0,
    wait_s: Annotated[float, Query(ge=0, le=WAIT_MAX_S, allow_inf_nan=False)] = 0.0,
) -> Response:
    """What the site is to show, where it is newer than serial ``after``; else waits for that, and then answers 204.
    409 where ``after`` can't be a serial of the site's."""
    parts.sites.edge_limits.count(site.slug, Traffic.MESSAGE)
    if site.order_serial < after:
        parts.sites.edge_limits.count(site.slug, Traffic.CATCH_UP)
        await asyncio.to_thread(_catch_up, parts, site.slug, after)
    elif site.order_serial == after and not await parts.sites.order_watch.newer(site.slug, after, wait_s):
        return Response(status_code=204)
    reply = await asyncio.to_thread(_order_reply, parts, site.slug)
    return Response(reply, media_type="application/json")


def _catch_up(parts: AdminParts, slug: str, after: int) -> None:
    with parts.database.session() as session:
        parts.sites.orders.catch_up(session, slug, after, parts.now())


def _order_reply(parts: AdminParts, slug: str) -> str:
    with parts.database.reading() as session:
        order_envelope = session.scalars(select(Site.order_envelope).where(Site.slug == slug)).one()
        keyring = session.scalars(select(SignedKeyRing.envelope).order_by(SignedKeyRing.serial.desc()).limit(1)).first()
    return OrderReply(
        order=Envelope.model_validate_json(order_envelope),
        keyring=None if keyring is None else Envelope.model_validate_json(keyring),
    ).model_dump_json()


@router.get("/releases/{digest}", response_model=Envelope)
def release(parts: Parts, site: Asking, digest: Digest) -> Response:
    """The signed manifest of a release that the site was ordered."""
    parts.sites.edge_limits.count(site.slug, Traffic.BLOB)
    with parts.database.reading() as session:
        envelope = granted_envelope(session, site.slug, digest)
    return Response(envelope, media_type="application/json")


@router.get("/blobs/{digest}", response_class=Response, responses=_BLOB)
def blob(
    parts: Parts,
    site: Asking,
    digest: Digest,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    """A blob of a release that the site was ordered, or the range of it that is asked for (RFC 9110, section 14)."""
    parts.sites.edge_limits.count(site.slug, Traffic.BLOB)
    with parts.database.reading() as session:
        check_blob_granted(session, site.slug, digest)
    return blob_response(parts.blobs, digest, range_, if_range=if_range, if_none_match=if_none_match)


@router.post("/blobs", response_class=Response, responses=_BATCH)
def blobs(parts: Parts, site: Asking, wanted: WantedBlobs) -> Response:
    """Many small blobs of releases that the site was ordered, in one body: of each its SHA-256 (32 bytes), its size (4
    bytes, the highest first) and its bytes."""
    parts.sites.edge_limits.count(site.slug, Traffic.BLOB)
    with parts.database.reading() as session:
        sizes_bytes = granted_blobs(session, site.slug, wanted.digests)
    if sum(sizes_bytes.values()) > BATCH_MAX_BYTES:
        raise TooLarge(f"these blobs have more than {BATCH_MAX_BYTES} bytes: ask for fewer at once")
    return Response(pack_batch(parts.blobs.read_many(sizes_bytes).items()), media_type=BATCH_TYPE)


@router.post("/reports", status_code=204)
def report(parts: Parts, site: Asking, report: NodeReport) -> None:
    """A node's state; it takes the place of the node's last one."""
    parts.sites.edge_limits.count(site.slug, Traffic.MESSAGE)
    with parts.database.session() as session:
        store_report(session, site.slug, report, parts.now())
        if is_waited_for(session, site.slug):
            parts.sites.rollout_bell.ring_after(session)


@router.post("/visits", status_code=204)
def visits(parts: Parts, site: Asking, report: VisitReport) -> None:
    """What a node counted of visits. The same ``report_id`` again changes nothing."""
    parts.sites.edge_limits.count(site.slug, Traffic.MESSAGE)
    with parts.database.session() as session:
        counted = count_visits(session, site.slug, report, parts.now())
    if counted.left_out:
        _LOG.warning("visits-left-out", site=site.slug, node=report.node, totals=counted.left_out)
