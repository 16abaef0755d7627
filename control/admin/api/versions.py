"""Versions of showrooms: their files, validation, publishing, and their end."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from control.admin.access.authentication import CurrentActor
from control.admin.api.request_body import whole_body
from control.admin.errors import NotFound
from control.admin.parts import AdminParts, Parts
from control.admin.publishing.drafts import MANIFEST_MAX_BYTES
from control.admin.publishing.report import Report
from control.admin.publishing.version_view import VersionView, version_view
from control.admin.publishing.versions import file_of, files_of, find_version
from control.admin.storage.blob_response import blob_response
from control.admin.tables import Version, VersionPicture
from control.content.names import EdgeClass
from control.content.release import MANIFEST_PATH, FileEntry, FileList

router = APIRouter(prefix="/api/v1/versions", tags=["versions"])

VersionId = Annotated[int, Path(ge=1, le=2**31 - 1)]
IfMatch = Annotated[str, Header(pattern=r'^"[1-9][0-9]{0,8}"$', description='The revision that was seen, as in "3".')]
PictureName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}\.[a-z0-9-]{1,64}\.webp$")]

_SHOWN_AS: Final = {
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
}
"""All else is downloaded: what others have uploaded is never run as a page of the admin."""
_FILE_TYPES: Final[dict[str, dict[str, str]]] = {kind: {} for kind in ("application/octet-stream", *_SHOWN_AS.values())}
_UNTRUSTED: Final = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Target(BaseModel):
    """Which edges it is meant for."""

    model_config = ConfigDict(extra="forbid")
    edge_class: EdgeClass


@router.get("/{version_id}")
def get_version(version_id: VersionId, response: Response, who: CurrentActor, parts: Parts) -> VersionView:
    """A version; its ETag is its revision."""
    with parts.database.reading() as session:
        return _with_tag(version_view(session, find_version(session, version_id)), response)


@router.get("/{version_id}/files")
def list_files(version_id: VersionId, who: CurrentActor, parts: Parts) -> list[FileEntry]:
    """Its files by path."""
    with parts.database.reading() as session:
        return list(files_of(session, find_version(session, version_id)))


@router.put("/{version_id}/files")
def replace_files(
    version_id: VersionId, body: FileList, if_match: IfMatch, response: Response, who: CurrentActor, parts: Parts
) -> VersionView:
    """Have it made of these files; it is a draft then. Needs the role editor."""
    with parts.database.session() as session:
        version = parts.publishing.drafts.replace_files(
            session, who, parts.now(), version_id, _revision(if_match), body
        )
        return _with_tag(version_view(session, version), response)


@router.get(
    "/{version_id}/files/{path:path}",
    response_class=Response,
    responses={
        200: {"content": _FILE_TYPES, "description": "The file."},
        206: {"content": _FILE_TYPES, "description": "The range that was asked for."},
        304: {"description": "The client has it."},
        416: {"description": "No byte of the range is there."},
    },
)
def get_file(
    version_id: VersionId,
    path: Annotated[str, Path(max_length=255)],
    who: CurrentActor,
    parts: Parts,
    range: Annotated[str | None, Header()] = None,  # noqa: A002 - the header's name
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A file of it, or a range of one."""
    with parts.database.reading() as session:
        entry = file_of(session, find_version(session, version_id), path)
    suffix = PurePosixPath(entry.path).suffix.lower()
    response = blob_response(
        parts.blobs,
        entry.digest,
        range,
        if_range=if_range,
        if_none_match=if_none_match,
        media_type=_SHOWN_AS.get(suffix, "application/octet-stream"),
    )
    response.headers.update(_UNTRUSTED)
    # A path names another blob after a change: asked again, it costs a 304.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = "inline" if suffix in _SHOWN_AS else "attachment"
    return response


async def _manifest_text(request: Request) -> bytes:
    return await whole_body(request, MANIFEST_MAX_BYTES, MANIFEST_PATH)


@router.put(
    "/{version_id}/manifest",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
    },
)
def replace_manifest(
    version_id: VersionId,
    text: Annotated[bytes, Depends(_manifest_text)],
    if_match: IfMatch,
    response: Response,
    who: CurrentActor,
    parts: Parts,
) -> VersionView:
    """Have the body as its showroom.json, as it was written; it is a draft then. Needs the role editor."""
    version = parts.publishing.packing.replace_manifest(who, parts.now(), version_id, _revision(if_match), text)
    return _shown(parts, version, response)


@router.put("/{version_id}/target")
def set_target(
    version_id: VersionId, body: Target, if_match: IfMatch, response: Response, who: CurrentActor, parts: Parts
) -> VersionView:
    """Mean it for another class of edges; it is a draft then. Needs the role editor."""
    with parts.database.session() as session:
        version = parts.publishing.drafts.set_target(
            session, who, parts.now(), version_id, _revision(if_match), body.edge_class
        )
        return _with_tag(version_view(session, version), response)


@router.post("/{version_id}/validate", status_code=202)
def validate(version_id: VersionId, response: Response, who: CurrentActor, parts: Parts) -> VersionView:
    """Have it loaded and drawn: it is ``validating`` until it is ``validated`` or ``rejected``, with a report. Needs
    the role editor."""
    with parts.database.session() as session:
        version = parts.publishing.validations.ask(session, who, parts.now(), version_id)
        return _with_tag(version_view(session, version), response)


@router.get("/{version_id}/report")
def get_report(version_id: VersionId, who: CurrentActor, parts: Parts) -> Report:
    """What its validation found; 404 where it was not validated since its last change."""
    with parts.database.reading() as session:
        report = find_version(session, version_id).report
    if report is None:
        raise NotFound("it was not validated since its last change")
    return Report.model_validate(report)


@router.get(
    "/{version_id}/pictures/{name}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, 304: {"description": "The client has it."}},
)
def get_picture(
    version_id: VersionId,
    name: PictureName,
    who: CurrentActor,
    parts: Parts,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A picture of its report."""
    with parts.database.reading() as session:
        picture = session.get(VersionPicture, (version_id, name))
    if picture is None:
        raise NotFound("there is no such picture")
    tag = f'"{hashlib.sha256(picture.data).hexdigest()}"'
    headers = {**_UNTRUSTED, "ETag": tag, "Cache-Control": "private, no-cache"}
    if if_none_match == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture.data, headers=headers, media_type=picture.media_type)


@router.post("/{version_id}/publish")
def publish(
    version_id: VersionId, if_match: IfMatch, response: Response, who: CurrentActor, parts: Parts
) -> VersionView:
    """Sign what was validated: it can be rolled out then, and never changes again. Needs the role publisher."""
    with parts.database.session() as session:
        version = parts.publishing.publisher.publish(session, who, parts.now(), version_id, _revision(if_match))
        return _with_tag(version_view(session, version), response)


@router.post("/{version_id}/retire")
def retire(version_id: VersionId, response: Response, who: CurrentActor, parts: Parts) -> VersionView:
    """Have it never rolled out again; not as long as a site shows it. Needs the role publisher."""
    with parts.database.session() as session:
        return _with_tag(
            version_view(session, parts.publishing.publisher.retire(session, who, parts.now(), version_id)), response
        )


@router.delete("/{version_id}", status_code=204)
def delete(version_id: VersionId, who: CurrentActor, parts: Parts) -> None:
    """Throw away what was never published. Needs the role editor."""
    with parts.database.session() as session:
        parts.publishing.drafts.delete(session, who, parts.now(), version_id)


def _revision(if_match: str) -> int:
    return int(if_match.strip('"'))


def _shown(parts: AdminParts, version: Version, response: Response) -> VersionView:
    with parts.database.reading() as session:
        return _with_tag(version_view(session, version), response)


def _with_tag(view: VersionView, response: Response) -> VersionView:
    response.headers["ETag"] = f'"{view.revision}"'
    return view
