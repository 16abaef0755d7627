"""Resumable uploads of blobs, after draft-ietf-httpbis-resumable-upload: parts are appended by PATCH at an offset. Many
small ones go faster in a batch (``POST blobs``)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from control.admin.access.authentication import CurrentActor
from control.admin.api.request_body import whole_body
from control.admin.http_errors import ErrorBody, error_reply
from control.admin.parts import Parts
from control.admin.storage.uploads import PART_MAX_BYTES, OffsetConflict, Progress
from control.content.names import Digest, SizeBytes

router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

UploadId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
PART_TYPE: Final = "application/partial-upload"
_OFFSET: Final = {"Upload-Offset": {"description": "The next byte that is wanted.", "schema": {"type": "integer"}}}
_PART_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": f"The bytes from there on, at most {PART_MAX_BYTES}.",
        "content": {PART_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class NewUpload(BaseModel):
    """A blob to be: its SHA-256 and its size."""

    model_config = ConfigDict(extra="forbid")
    digest: Digest
    size_bytes: SizeBytes


class UploadView(BaseModel):
    """An upload. Where the blob is stored, ``stored`` is true, and there is nothing to send and no ``id``."""

    id: str | None
    digest: Digest
    size_bytes: SizeBytes
    offset_bytes: SizeBytes
    """The next byte that is wanted."""
    stored: bool


@router.post("", status_code=201, responses={200: {"model": UploadView, "description": "It is there, or goes on."}})
def begin_upload(body: NewUpload, response: Response, actor: CurrentActor, parts: Parts) -> UploadView:
    """Begin the upload of a blob; or learn that it is stored already, or how far your upload of it came."""
    progress, is_new = parts.uploads.begin(actor, body.digest, body.size_bytes, parts.now())
    response.status_code = 201 if is_new else 200
    _tell(response, progress)
    if progress.id is not None:
        response.headers["Location"] = f"{router.prefix}/{progress.id}"
    return _view(progress)


@router.get("")
def list_uploads(actor: CurrentActor, parts: Parts) -> list[UploadView]:
    """Your uploads that are on their way."""
    return [_view(progress) for progress in parts.uploads.all_of(actor)]


@router.get("/{upload_id}", responses={200: {"headers": _OFFSET}})
def show_upload(upload_id: UploadId, response: Response, actor: CurrentActor, parts: Parts) -> UploadView:
    """How far it is. 404 also where it has become a blob: begin it again, and you are told."""
    progress = parts.uploads.progress(actor, upload_id)
    _tell(response, progress)
    return _view(progress)


@router.head("/{upload_id}", status_code=204, responses={204: {"headers": _OFFSET}})
def show_offset(upload_id: UploadId, response: Response, actor: CurrentActor, parts: Parts) -> None:
    """How far it is, in ``Upload-Offset``."""
    _tell(response, parts.uploads.progress(actor, upload_id))


@router.patch("/{upload_id}", status_code=204, responses={204: {"headers": _OFFSET}}, openapi_extra=_PART_BODY)
async def append_part(
    upload_id: UploadId,
    request: Request,
    upload_offset: Annotated[int, Header(ge=0, le=2**46)],
    actor: CurrentActor,
    parts: Parts,
) -> Response:
    """Send the next part. With the last one it becomes a blob, and 422 tells that it has another digest than it was
    said to have: then it is given up. 409 has the right offset in ``Upload-Offset``; where that is the size, the blob
    is just being checked."""
    data = await whole_body(request, PART_MAX_BYTES, "a part")
    try:
        progress = await run_in_threadpool(parts.uploads.append, actor, upload_id, upload_offset, data, parts.now())
    except OffsetConflict as error:
        told = ErrorBody(code=error.code, message=str(error), field="Upload-Offset")
        return error_reply(error.status, told, {"Upload-Offset": str(error.offset_bytes)})
    response = Response(status_code=204)
    _tell(response, progress)
    return response


@router.delete("/{upload_id}", status_code=204)
def discard_upload(upload_id: UploadId, actor: CurrentActor, parts: Parts) -> None:
    """Give it up."""
    parts.uploads.discard(actor, upload_id)


def _tell(response: Response, progress: Progress) -> None:
    response.headers["Upload-Offset"] = str(progress.offset_bytes)
    response.headers["Upload-Length"] = str(progress.size_bytes)
    response.headers["Cache-Control"] = "no-store"


def _view(progress: Progress) -> UploadView:
    return UploadView(
        id=progress.id,
        digest=progress.digest,
        size_bytes=progress.size_bytes,
        offset_bytes=progress.offset_bytes,
        stored=progress.is_stored,
    )
