"""Pages: one site, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Response

from control.admin.access.actor import Role
from control.admin.errors import AdminError, NotFound
from control.admin.pages.ages import age_text
from control.admin.pages.forms import Typed, class_options
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.site_forms import checked_title
from control.admin.pages.site_rows import disk_wants, free_room_is_short, showroom_rows, visits_now
from control.admin.pages.sites_pages import show_token
from control.admin.sites.roll_back import roll_back_site
from control.admin.sites.rollout_views import rollout_views
from control.admin.sites.site_views import site_view
from control.admin.sites.sites import (
    arrange_showrooms,
    change_site,
    change_token,
    end_previous_token,
    find_site,
    remove_showroom,
    retire_site,
    site_releases,
)
from control.admin.tables import Version
from control.content.names import EdgeClass, Slug

router = APIRouter(prefix="/sites/{slug}", include_in_schema=False)

_ROLLOUTS_SHOWN = 5


@router.get("")
def show(slug: Slug, page: CurrentPage) -> Response:
    """All of one site."""
    return _site(page, slug)


@router.post("/change")
def change(slug: Slug, page: CurrentPage, edge_class: Annotated[EdgeClass, Form()], title: Typed = "") -> Response:
    """Another title or class."""
    page.actor.need(Role.ADMINISTRATOR)
    try:
        with page.parts.database.session() as session:
            change_site(session, page.actor, page.parts.now(), slug, checked_title(title), edge_class)
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.changed")


@router.post("/token")
def new_token(slug: Slug, page: CurrentPage) -> Response:
    """Another token, shown this once."""
    try:
        with page.parts.database.session() as session:
            token = change_token(session, page.actor, page.parts.now(), slug)
            title = find_site(session, slug).title
    except AdminError as error:
        return _site(page, slug, error)
    return show_token(page, slug, title, token)


@router.post("/token/end-previous")
def end_token_before(slug: Slug, page: CurrentPage) -> Response:
    """For a token that was lost: nodes that still use it are shut out."""
    try:
        with page.parts.database.session() as session:
            end_previous_token(session, page.actor, page.parts.now(), slug)
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.token-ended")


@router.post("/retire")
def retire(slug: Slug, page: CurrentPage) -> Response:
    """End it."""
    try:
        with page.parts.database.session() as session:
            title = retire_site(session, page.actor, page.parts.now(), slug).title
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.is-retired", name=title)


@router.post("/showrooms/{showroom}/move-up")
def move_up(slug: Slug, showroom: Slug, page: CurrentPage) -> Response:
    """One place forward in the order that visitors see."""
    parts = page.parts
    try:
        with parts.database.session() as session:
            names = [row.showroom for row in site_releases(session, slug)]
            place = names.index(showroom) if showroom in names else 0
            if place > 0:
                names[place - 1 : place + 1] = [showroom, names[place - 1]]
                arrange_showrooms(session, parts.sites.orders, page.actor, parts.now(), slug, names)
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.moved")


@router.post("/showrooms/{showroom}/remove")
def take_away(slug: Slug, showroom: Slug, page: CurrentPage) -> Response:
    """Show it here no more."""
    parts = page.parts
    try:
        with parts.database.session() as session:
            remove_showroom(session, parts.sites.orders, page.actor, parts.now(), slug, showroom)
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.taken-away", name=showroom)


@router.post("/showrooms/{showroom}/roll-back")
def roll_back(slug: Slug, showroom: Slug, page: CurrentPage) -> Response:
    """Show what was shown here before."""
    parts = page.parts
    try:
        with parts.database.session() as session:
            row = roll_back_site(session, parts.sites.orders, page.actor, parts.now(), slug, showroom)
            number = session.get_one(Version, row.version_id).number
    except AdminError as error:
        return _site(page, slug, error)
    return page.go(f"/sites/{slug}", "site.rolled-back", name=showroom, to=number)


def _site(page: Page, slug: str, error: AdminError | None = None) -> Response:
    """The page; ``error``: why something was not done. Raises what was not done for a site that there is not."""
    now = page.parts.now()
    with page.parts.database.reading() as session:
        try:
            site = site_view(session, slug, now)
        except NotFound as missing:
            raise error or missing from None
        rollouts = rollout_views(session, None, _ROLLOUTS_SHOWN, site=slug)
    return page.show(
        "site.html",
        error=error,
        site=site,
        rows=showroom_rows(site),
        rollouts=rollouts,
        versions={item.release: item.version for item in site.showrooms},
        age=partial(age_text, page),
        visits_now=visits_now,
        disk_wants=disk_wants,
        free_room_is_short=free_room_is_short,
        classes=class_options(page),
        may_operate=page.actor.role >= Role.PUBLISHER and site.condition != "retired",
        may_change=page.actor.role >= Role.ADMINISTRATOR and site.condition != "retired",
    )
