"""Previews: a version as visitors would see it, before anybody is shown it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path as FilePath
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response, WebSocket
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor, CurrentOnOwnPage, by_cookie
from control.admin.access.csrf import check_source
from control.admin.api.request_body import whole_body
from control.admin.errors import AdminError, NotFound
from control.admin.parts import Parts
from control.admin.publishing.preview import Preview, PreviewState
from control.admin.publishing.preview_proxy import BODY_MAX_BYTES, pass_socket, pass_whep

router = APIRouter(tags=["previews"])
VersionId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{32}$")]
VisitId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

_REFUSED: Final = 4403
_WEB: Final = FilePath(str(resources.files("control").joinpath("web")))
_FILES: Final = StaticFiles(directory=_WEB)
PAGE_HEADERS: Final = {
    # As a node sends it; the admin's own pages may embed it.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), xr-spatial-tracking=(self)",
    "Cache-Control": "private, no-cache",
}


class PreviewView(BaseModel):
    """A preview. ``url`` is its page, which waits until it is ready; ``opened`` how much of the entry scene is loaded,
    from 0 to 1; ``reason``: why it ended."""

    token: str
    url: str
    version_id: int
    revision: int
    state: PreviewState
    opened: float
    reason: str


@router.post("/api/v1/versions/{version_id}/preview", status_code=201)
async def start_preview(version_id: VersionId, who: CurrentActor, parts: Parts) -> PreviewView:
    """Start a renderer on its files, or join the one that is there. It ends when nobody visits it any more. Needs the
    role editor."""
    return await _view(await parts.publishing.previews.start(who, version_id))


@router.get("/api/v1/previews/{token}")
async def get_preview(token: Token, who: CurrentActor, parts: Parts) -> PreviewView:
    """How far it is."""
    return await _view(parts.publishing.previews.find(token))


@router.delete("/api/v1/previews/{token}", status_code=204)
async def end_preview(token: Token, who: CurrentActor, parts: Parts) -> None:
    """End it now. Needs the role editor."""
    who.need(Role.EDITOR)
    parts.publishing.previews.find(token).stop()


@router.get("/preview/{token}/", include_in_schema=False)
async def page(token: Token, who: CurrentOnOwnPage, parts: Parts) -> Response:
    """The viewer's page, as a node shows it."""
    parts.publishing.previews.open(token)
    return FileResponse(_WEB / "index.html", headers=PAGE_HEADERS)


@router.get("/preview/{token}/web/{path:path}", include_in_schema=False)
async def page_file(token: Token, path: str, request: Request, who: CurrentOnOwnPage) -> Response:
    """A file of the page; it is the same for all."""
    response = await _FILES.get_response(path, request.scope)
    response.headers.update(PAGE_HEADERS)
    return response


@router.post("/preview/{token}/join", status_code=204, include_in_schema=False)
async def join(token: Token, who: CurrentOnOwnPage, parts: Parts) -> None:
    """The preview's node lets in whoever comes through here; see control/node/edge_http.py."""
    parts.publishing.previews.open(token)


@router.post("/preview/{token}/whep", include_in_schema=False)
async def enter(token: Token, request: Request, who: CurrentOnOwnPage, parts: Parts) -> Response:
    """See control/node/whep.py."""
    preview = parts.publishing.previews.open(token)
    preview.wanted()
    return await _passed(preview, request, "/whep")


@router.api_route("/preview/{token}/whep/{visit_id}", methods=["PATCH", "DELETE"], include_in_schema=False)
async def go_on(token: Token, visit_id: VisitId, request: Request, who: CurrentOnOwnPage, parts: Parts) -> Response:
    """See control/node/whep.py."""
    return await _passed(parts.publishing.previews.open(token), request, f"/whep/{visit_id}")


@router.websocket("/preview/{token}/visits/{visit_id}/control")
async def control(socket: WebSocket, token: Token, visit_id: VisitId, parts: Parts) -> None:
    """See control/node/edge_http.py."""
    # Accepted first, as a browser shows a page no reason for a refused handshake.
    await socket.accept()
    try:
        check_source(socket.headers, parts.settings.public_url)
        if await run_in_threadpool(by_cookie, socket, parts) is None:
            raise NotFound("not logged in")
        preview = parts.publishing.previews.open(token)
    except AdminError as error:
        await socket.close(_REFUSED, str(error)[:100])
        return
    await pass_socket(socket, preview.port, visit_id)


async def _passed(preview: Preview, request: Request, path: str) -> Response:
    body = await whole_body(request, BODY_MAX_BYTES, "an SDP")
    prefix = f"/preview/{preview.token}"
    return await pass_whep(preview.client, prefix, request.method, path, request.url.query, request.headers, body)


async def _view(preview: Preview) -> PreviewView:
    state, opened = await preview.progress()
    return PreviewView(
        token=preview.token,
        url=f"/preview/{preview.token}/",
        version_id=preview.version_id,
        revision=preview.revision,
        state=state,
        opened=opened,
        reason=preview.reason,
    )
