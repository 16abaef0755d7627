"""Showrooms, and drafts of their versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from control.admin.access.authentication import CurrentActor
from control.admin.parts import Parts
from control.admin.publishing.showrooms import all_showrooms, create_showroom, find_showroom, versions_of
from control.admin.publishing.version_view import ShowroomView, VersionView, showroom_view, version_view
from control.admin.texts import Line, Paragraphs
from control.content.names import Digest, EdgeClass, Slug, Title
from control.content.release import FILES_MAX, FileList

router = APIRouter(prefix="/api/v1/showrooms", tags=["showrooms"])
VersionId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Note = Annotated[Paragraphs, Field(max_length=2000)]


class TitleText(Title):
    """A title as somebody types it."""

    en: Annotated[Line, Field(min_length=1, max_length=200)]
    zh: Annotated[Line, Field(min_length=1, max_length=200)]


class NewShowroom(BaseModel):
    """A showroom to be."""

    model_config = ConfigDict(extra="forbid")
    slug: Slug
    title: TitleText


class NewDraft(FileList):
    """The files of a draft; their blobs may be uploaded before or after."""

    note: Note = ""
    edge_class: EdgeClass = "software"


class DraftFromArchive(BaseModel):
    """A zip that was uploaded as a blob."""

    model_config = ConfigDict(extra="forbid")
    digest: Digest
    note: Note = ""
    edge_class: EdgeClass = "software"


class DraftFromVersion(BaseModel):
    """A version to copy."""

    model_config = ConfigDict(extra="forbid")
    version_id: VersionId
    note: Note = ""


@router.get("")
def list_showrooms(who: CurrentActor, parts: Parts) -> list[ShowroomView]:
    """All, by name."""
    with parts.database.reading() as session:
        return [showroom_view(session, showroom) for showroom in all_showrooms(session)]


@router.post("", status_code=201)
def new_showroom(body: NewShowroom, who: CurrentActor, parts: Parts) -> ShowroomView:
    """Make one, without versions. Needs the role editor."""
    with parts.database.session() as session:
        return showroom_view(session, create_showroom(session, who, parts.now(), body.slug, body.title))


@router.get("/{slug}")
def get_showroom(slug: Slug, who: CurrentActor, parts: Parts) -> ShowroomView:
    """One of them."""
    with parts.database.reading() as session:
        return showroom_view(session, find_showroom(session, slug))


@router.get("/{slug}/versions")
def list_versions(slug: Slug, who: CurrentActor, parts: Parts) -> list[VersionView]:
    """Its versions, the newest first."""
    with parts.database.reading() as session:
        return [version_view(session, version) for version in versions_of(session, slug)]


@router.post("/{slug}/drafts", status_code=201, description=f"Make a draft of at most {FILES_MAX} files.")
def new_draft(slug: Slug, body: NewDraft, response: Response, who: CurrentActor, parts: Parts) -> VersionView:
    """Its ``missing`` tells which blobs are to be uploaded before it can be validated. Needs the role editor."""
    with parts.database.session() as session:
        version = parts.publishing.drafts.create(
            session, who, parts.now(), slug, body, note=body.note, edge_class=body.edge_class
        )
        return _made(version_view(session, version), response)


@router.post("/{slug}/drafts/from-archive", status_code=201)
def new_draft_from_archive(
    slug: Slug, body: DraftFromArchive, response: Response, who: CurrentActor, parts: Parts
) -> VersionView:
    """Unpack an uploaded zip and make a draft of what is in it. It takes as long as unpacking; one at a time. Needs the
    role editor."""
    version = parts.publishing.packing.from_archive(who, parts.now(), slug, body.digest, body.note, body.edge_class)
    with parts.database.reading() as session:
        return _made(version_view(session, version), response)


@router.post("/{slug}/drafts/from-version", status_code=201)
def new_draft_from_version(
    slug: Slug, body: DraftFromVersion, response: Response, who: CurrentActor, parts: Parts
) -> VersionView:
    """Make a draft of the files of another version, such as a published one. Needs the role editor."""
    with parts.database.session() as session:
        version = parts.publishing.drafts.copy(session, who, parts.now(), slug, body.version_id, note=body.note)
        return _made(version_view(session, version), response)


def _made(view: VersionView, response: Response) -> VersionView:
    response.headers["Location"] = f"/api/v1/versions/{view.id}"
    response.headers["ETag"] = f'"{view.revision}"'
    return view
