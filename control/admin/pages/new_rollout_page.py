"""Page: a new roll-out, from a published version to sites in waves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Response
from sqlalchemy.orm import Session

from control.admin.access.actor import Role
from control.admin.errors import AdminError, BadRequest
from control.admin.pages.content_rows import listed_versions
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.wave_proposal import WAVES_OFFERED, SiteChoice, propose, waves_of
from control.admin.publishing.showrooms import find_showroom
from control.admin.sites.rollout_plan import OnFailure
from control.admin.sites.site_views import site_views
from control.admin.tables import Version
from control.content.names import UNIX_SECONDS_MAX, Slug

router = APIRouter(prefix="/rollouts/new", include_in_schema=False)

VersionId = Annotated[int, Query(ge=1, le=2**31 - 1)]
_SITE_AND_WAVE = r"^([a-z0-9][a-z0-9-]{0,62}:[1-9])?$"
Chosen = Annotated[list[Annotated[str, Form(pattern=_SITE_AND_WAVE)]], Form(max_length=1000)]


@router.get("")
def show(page: CurrentPage, version: VersionId | None = None, site: Slug | None = None) -> Response:
    """The form; ``site``: for that one alone."""
    page.actor.need(Role.PUBLISHER)
    return _form(page, version, site)


@router.post("")
def start(
    page: CurrentPage,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    wave: Chosen,
    when: Annotated[Literal["at-once", "at-time"], Form()] = "at-once",
    time: Annotated[str, Form(max_length=32)] = "",
    time_unix_s: Annotated[str, Form(max_length=20)] = "",
    on_failure: Annotated[OnFailure, Form()] = "pause",
    skip_absent: Annotated[Literal["yes", "no"], Form()] = "no",
    healthy_s: Annotated[float | None, Form(ge=0, le=86400, allow_inf_nan=False)] = None,
) -> Response:
    """Begin it. ``time`` is by the UTC clock; where a script has read it by the browser's, ``time_unix_s`` says so."""
    page.actor.need(Role.PUBLISHER)
    chosen = [_site_and_wave(text) for text in wave if text]
    parts = page.parts
    try:
        starts_at = None if when == "at-once" else _moment(time, time_unix_s)
        with parts.database.session() as session:
            made = parts.sites.rollouts.create(
                session,
                page.actor,
                parts.now(),
                version,
                waves_of(chosen),
                starts_at,
                on_failure,
                skip_absent == "yes",
                healthy_s,
            )
            rollout_id = made.id
    except AdminError as error:
        typed = {"when": when, "time": time, "on_failure": on_failure, "skip_absent": skip_absent == "yes"}
        return _form(page, version, None, error, dict(chosen), healthy_s=healthy_s, **typed)
    return page.go(f"/rollouts/{rollout_id}", "rollout.made")


def _site_and_wave(text: str) -> tuple[str, int]:
    site, _, number = text.partition(":")
    return site, int(number)


def _moment(time: str, time_unix_s: str) -> float:
    """Unix seconds. Raises BadRequest where it is none."""
    try:
        moment = float(time_unix_s) if time_unix_s else datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp()
        if not 0 <= moment <= UNIX_SECONDS_MAX:
            raise ValueError("out of range")
    except (ValueError, OverflowError) as error:
        raise BadRequest("the time at which it begins can't be read", text="error.start-time") from error
    return moment


def _form(
    page: Page,
    version_id: int | None,
    only: str | None,
    error: AdminError | None = None,
    chosen: dict[str, int] | None = None,
    *,
    healthy_s: float | None = None,
    when: object = "at-once",
    time: object = "",
    on_failure: object = "pause",
    skip_absent: object = False,
) -> Response:
    with page.parts.database.reading() as session:
        options = _options(session, page)
        version = None if version_id is None else session.get(Version, version_id)
        if version is None and options:
            version = session.get_one(Version, options[0][0])
        choices: list[SiteChoice] = []
        if version is not None:
            sites = site_views(session, page.parts.now())
            choices = propose(sites, version.showroom, version.id, version.edge_class, only)
    if chosen is not None:
        choices = [replace(one, wave=chosen.get(one.site.slug, 0)) for one in choices]
    return page.show(
        "rollout_new.html",
        error=error,
        options=options,
        version=version,
        only=only,
        choices=choices,
        waves=range(1, min(len(choices), WAVES_OFFERED) + 1),
        healthy_s=page.parts.settings.healthy_s if healthy_s is None else healthy_s,
        when=when,
        time=time,
        on_failure=on_failure,
        skip_absent=skip_absent,
    )


def _options(session: Session, page: Page) -> list[tuple[int, str]]:
    """Id and name of all versions that may be rolled out: the newest first."""
    rows = session.scalars(
        listed_versions()
        .where(Version.state == "published")
        .order_by(Version.published_at.desc(), Version.id.desc())
        .limit(200)
    )
    named = []
    for row in rows:
        showroom = find_showroom(session, row.showroom)
        title = showroom.title_zh if page.language == "zh" else showroom.title_en
        named.append((row.id, page.text("new-rollout.version-of", title=title, number=row.number)))
    return named
