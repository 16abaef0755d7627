"""Pages: all showrooms, and one with its versions."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError

from control.admin.access.actor import Role
from control.admin.errors import AdminError, Refused
from control.admin.pages.content_rows import showroom_rows, version_rows
from control.admin.pages.forms import Typed
from control.admin.pages.page import CurrentPage, Page
from control.admin.publishing.showrooms import create_showroom, find_showroom
from control.admin.publishing.version_state import Step, VersionState, steps_of
from control.admin.texts import check_line
from control.content.names import Slug, Title

router = APIRouter(prefix="/showrooms", include_in_schema=False)

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


@router.get("")
def show_all(page: CurrentPage) -> Response:
    """All showrooms."""
    return _all(page)


@router.post("")
def create(page: CurrentPage, slug: Typed = "", title_en: Typed = "", title_zh: Typed = "") -> Response:
    """Make one."""
    page.actor.need(Role.EDITOR)
    slug = slug.strip().lower()
    try:
        title = _title(title_en, title_zh)
        with page.parts.database.session() as session:
            create_showroom(session, page.actor, page.parts.now(), _checked_slug(slug), title)
    except AdminError as error:
        return _all(page, slug=slug, title_en=title_en, title_zh=title_zh, error=error)
    return page.go(f"/showrooms/{slug}", "showrooms.made", name=title.zh if page.language == "zh" else title.en)


@router.get("/{slug}")
def show_one(slug: Slug, page: CurrentPage) -> Response:
    """One, with its versions."""
    with page.parts.database.reading() as session:
        showroom = find_showroom(session, slug)
        versions = version_rows(session, slug)
    return page.show(
        "showroom.html",
        showroom=showroom,
        versions=versions,
        may_edit=page.actor.role >= Role.EDITOR,
        can_delete={state for state in VersionState if Step.DELETE in steps_of(state)},
    )


def _all(
    page: Page, *, slug: str = "", title_en: str = "", title_zh: str = "", error: AdminError | None = None
) -> Response:
    with page.parts.database.reading() as session:
        rows = showroom_rows(session)
    return page.show(
        "showrooms.html",
        error=error,
        rows=rows,
        may_edit=page.actor.role >= Role.EDITOR,
        slug=slug,
        title_en=title_en,
        title_zh=title_zh,
    )


def _checked_slug(slug: str) -> str:
    try:
        return _SLUG.validate_python(slug)
    except ValidationError as error:
        raise Refused("a showroom's name has 1 to 63 of a-z, 0-9 and -", text="error.showroom-slug") from error


def _title(title_en: str, title_zh: str) -> Title:
    try:
        return Title(en=check_line(title_en), zh=check_line(title_zh))
    except ValueError as error:  # ValidationError is one
        raise Refused("a title has 1 to 200 characters in each language", text="error.showroom-title") from error
