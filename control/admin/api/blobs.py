"""Which blobs need not be uploaded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.parts import Parts
from control.admin.storage.blob_records import stored
from control.content.names import Digest
from control.content.release import FILES_MAX

router = APIRouter(prefix="/api/v1/blobs", tags=["uploads"])


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
