"""Which blobs need not be uploaded, and many small ones at once."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.api.request_body import whole_body
from control.admin.errors import BadRequest, Refused
from control.admin.parts import AdminParts, Parts
from control.admin.storage.blob_records import store_batch, stored
from control.content.blob_batch import BATCH_MAX_BLOBS, BATCH_MAX_BYTES, BATCH_TYPE, read_batch
from control.content.errors import BatchRefused
from control.content.names import Digest
from control.content.release import FILES_MAX

router = APIRouter(prefix="/api/v1/blobs", tags=["uploads"])

_BATCH_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": (
            f"At most {BATCH_MAX_BLOBS} blobs, one after the other: of each its SHA-256 (32 bytes), its size (4 bytes, "
            f"the highest first) and its bytes. All together at most {BATCH_MAX_BYTES} bytes."
        ),
        "required": True,
        "content": {BATCH_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Wanted(BaseModel):
    """The blobs of a package."""

    model_config = ConfigDict(extra="forbid")
    digests: Annotated[list[Digest], Field(max_length=FILES_MAX)]


class Missing(BaseModel):
    """Those that the store lacks, in the order in which they were named, each once."""

    missing: list[Digest]


@router.post("/missing")
def find_missing(body: Wanted, actor: CurrentActor, parts: Parts) -> Missing:
    """Say which of these blobs are to be uploaded before a draft can be made of them. The others stay for a day at
    least."""
    actor.need(Role.EDITOR)
    wanted = list(dict.fromkeys(body.digests))
    found = stored(parts.database, wanted, parts.now())
    return Missing(missing=[digest for digest in wanted if digest not in found])


class StoredBatch(BaseModel):
    """How many blobs of a batch are stored now, which is all of them."""

    blobs: int


@router.post("", openapi_extra=_BATCH_BODY)
async def add_blobs(request: Request, actor: CurrentActor, parts: Parts) -> StoredBatch:
    """Upload many small blobs at once: all are stored, or none is where one of them has another digest (422). To send
    a batch again does no harm."""
    actor.need(Role.EDITOR)
    body = await whole_body(request, BATCH_MAX_BYTES, "a batch")
    if not body:
        raise BadRequest("the batch is empty: it needs a body with at least one blob")
    return StoredBatch(blobs=await run_in_threadpool(_store, parts, body))


def _store(parts: AdminParts, body: bytes) -> int:
    try:
        batch = read_batch(body)
    except BatchRefused as error:
        raise Refused(str(error)) from error
    store_batch(parts.database, parts.blobs, batch, parts.now())
    return len(batch)
