"""A blob as the answer to a GET, or the part of it that is wanted."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import StreamingResponse

from control.admin.http_errors import ErrorBody, error_reply
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.byte_range import NotSatisfiable, parse_range

_FOR_EVER = "private, max-age=31536000, immutable"


def blob_response(
    blobs: BlobStore,
    digest: str,
    range_header: str | None,
    *,
    if_range: str | None = None,
    if_none_match: str | None = None,
    media_type: str = "application/octet-stream",
) -> Response:
    """200 with all of it, 206 with the wanted range, 304 where the client has it, 416 where no byte of the range
    is there (RFC 9110, sections 13 to 15). What a digest names never changes, so it is kept for ever. Raises NotFound
    where the blob is not there; it blocks for one look at the store."""
    size = blobs.size(digest)
    tag = f'"{digest}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": _FOR_EVER,
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match is not None and _names(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    if if_range is not None and if_range.strip() != tag:
        range_header = None
    try:
        wanted = parse_range(range_header, size)
    except NotSatisfiable:
        body = ErrorBody(code="range-not-satisfiable", message=f"there are {size} bytes", field="Range")
        return error_reply(416, body, {"Content-Range": f"bytes */{size}"})
    if wanted is None:
        headers["Content-Length"] = str(size)
        return StreamingResponse(blobs.read(digest), 200, headers, media_type)
    headers["Content-Length"] = str(wanted.end - wanted.start)
    headers["Content-Range"] = wanted.content_range(size)
    return StreamingResponse(blobs.read(digest, wanted.start, wanted.end), 206, headers, media_type)


def _names(header: str, tag: str) -> bool:
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in header.split(","))
