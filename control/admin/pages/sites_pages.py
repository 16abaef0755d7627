"""Pages: all sites, and making one."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Response

from control.admin.access.actor import Role
from control.admin.errors import AdminError
from control.admin.key_changes import trusted_keys
from control.admin.pages.ages import age_text
from control.admin.pages.forms import Typed, class_options
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.site_forms import checked_slug, checked_title, node_command
from control.admin.pages.site_rows import disk_wants, free_room_is_short, showroom_rows, site_counts, visits_now
from control.admin.sites.site_views import site_views
from control.admin.sites.sites import create_site
from control.content.names import EdgeClass

router = APIRouter(prefix="/sites", include_in_schema=False)


@router.get("")
def show_all(page: CurrentPage) -> Response:
    """All sites."""
    return _all(page)


@router.post("")
def create(
    page: CurrentPage,
    slug: Typed = "",
    title: Typed = "",
    edge_class: Annotated[EdgeClass, Form()] = "software",
) -> Response:
    """Make one, and say how to start its first node: the answer itself has the token, so that it is nowhere else."""
    parts = page.parts
    page.actor.need(Role.ADMINISTRATOR)
    try:
        name, called = checked_slug(slug), checked_title(title)
        with parts.database.session() as session:
            _, token = create_site(session, parts.sites.orders, page.actor, parts.now(), name, called, edge_class)
    except AdminError as error:
        return _all(page, slug=slug, title=title, edge_class=edge_class, error=error)
    return show_token(page, name, called, token)


def show_token(page: Page, slug: str, title: str, token: str) -> Response:
    """A site's token, this once, and the command that starts a node with it."""
    with page.parts.database.reading() as session:
        keys = trusted_keys(session)
    return page.show(
        "site_token.html",
        slug=slug,
        name=title,
        token=token,
        command=node_command(page.parts.settings.base_url, slug, keys),
    )


def _all(
    page: Page, *, slug: str = "", title: str = "", edge_class: str = "software", error: AdminError | None = None
) -> Response:
    with page.parts.database.reading() as session:
        sites = site_views(session, page.parts.now())
    return page.show(
        "sites.html",
        error=error,
        sites=[(site, showroom_rows(site)) for site in sites if site.condition != "retired"],
        retired=[site for site in sites if site.condition == "retired"],
        counts=site_counts(sites),
        age=partial(age_text, page),
        visits_now=visits_now,
        disk_wants=disk_wants,
        free_room_is_short=free_room_is_short,
        classes=class_options(page),
        may_create=page.actor.role >= Role.ADMINISTRATOR,
        slug=slug,
        title=title,
        edge_class=edge_class,
    )
