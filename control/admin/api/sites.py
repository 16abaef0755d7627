"""Sites: what they show, how their nodes are, and their tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.parts import Parts
from control.admin.sites.roll_back import roll_back_site
from control.admin.sites.site_views import SiteView, site_view, site_views
from control.admin.sites.sites import (
    arrange_showrooms,
    change_site,
    change_token,
    create_site,
    end_previous_token,
    find_site,
    remove_showroom,
    retire_site,
)
from control.content.envelope import Envelope
from control.content.names import EdgeClass, Slug

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])
SiteTitle = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewSite(BaseModel):
    """A site to be."""

    model_config = ConfigDict(extra="forbid")
    slug: Slug
    title: SiteTitle
    edge_class: EdgeClass


class SiteChange(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")
    title: SiteTitle | None = None
    edge_class: EdgeClass | None = None
    showrooms: Annotated[list[Slug], Field(max_length=64)] | None = None
    """All showrooms of the site in their new order: the first is entered without a choice."""


class SiteToken(BaseModel):
    """For the nodes of a site. It is shown this once: only its hash is kept."""

    token: str


class NewSiteView(SiteToken):
    """A site that was just made."""

    site: SiteView


@router.get("")
def list_sites(actor: CurrentActor, parts: Parts) -> list[SiteView]:
    """All sites, also retired ones, by name."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return site_views(session, parts.now())


@router.post("", status_code=201)
def make_site(body: NewSite, actor: CurrentActor, parts: Parts) -> NewSiteView:
    """Make a site, which shows nothing until something is rolled out to it."""
    with parts.database.session() as session:
        now = parts.now()
        _, token = create_site(session, parts.sites.orders, actor, now, body.slug, body.title, body.edge_class)
        return NewSiteView(site=site_view(session, body.slug, now), token=token)


@router.get("/{slug}")
def show_site(slug: Slug, actor: CurrentActor, parts: Parts) -> SiteView:
    """One site."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return site_view(session, slug, parts.now())


@router.patch("/{slug}")
def edit_site(slug: Slug, body: SiteChange, actor: CurrentActor, parts: Parts) -> SiteView:
    """Change its title or class (administrators), or the order of its showrooms (publishers)."""
    with parts.database.session() as session:
        now = parts.now()
        if body.title is not None or body.edge_class is not None:
            change_site(session, actor, now, slug, body.title, body.edge_class)
        if body.showrooms is not None:
            arrange_showrooms(session, parts.sites.orders, actor, now, slug, body.showrooms)
        return site_view(session, slug, now)


@router.post("/{slug}/token", status_code=201)
def make_token(slug: Slug, actor: CurrentActor, parts: Parts) -> SiteToken:
    """Give it a new token. The one before is good until a day after a node first uses the new one."""
    with parts.database.session() as session:
        return SiteToken(token=change_token(session, actor, parts.now(), slug))


@router.delete("/{slug}/token/previous")
def end_token_before(slug: Slug, actor: CurrentActor, parts: Parts) -> SiteView:
    """End the token before at once: 409 where none is good any more."""
    with parts.database.session() as session:
        end_previous_token(session, actor, parts.now(), slug)
        return site_view(session, slug, parts.now())


@router.post("/{slug}/retire")
def end_site(slug: Slug, actor: CurrentActor, parts: Parts) -> SiteView:
    """End it: its token opens nothing any more. What was counted of its visits stays."""
    with parts.database.session() as session:
        retire_site(session, actor, parts.now(), slug)
        return site_view(session, slug, parts.now())


@router.get("/{slug}/order")
def show_order(slug: Slug, actor: CurrentActor, parts: Parts) -> Envelope:
    """The signed order that its nodes get."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return Envelope.model_validate_json(find_site(session, slug).order_envelope)


@router.delete("/{slug}/showrooms/{showroom}")
def take_showroom_away(slug: Slug, showroom: Slug, actor: CurrentActor, parts: Parts) -> SiteView:
    """Have the site show a showroom no more."""
    with parts.database.session() as session:
        remove_showroom(session, parts.sites.orders, actor, parts.now(), slug, showroom)
        return site_view(session, slug, parts.now())


@router.post("/{slug}/showrooms/{showroom}/roll-back")
def roll_back_showroom(slug: Slug, showroom: Slug, actor: CurrentActor, parts: Parts) -> SiteView:
    """Have the site show the version of a showroom that it showed before, at once. 409 where there is none, or where
    it was retired."""
    with parts.database.session() as session:
        roll_back_site(session, parts.sites.orders, actor, parts.now(), slug, showroom)
        return site_view(session, slug, parts.now())
