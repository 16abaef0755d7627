"""Showrooms: what versions are of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict, NotFound
from control.admin.tables import Showroom, Version
from control.content.names import Slug, Title


def create_showroom(session: Session, actor: Actor, now: float, slug: Slug, title: Title) -> Showroom:
    """Make a showroom without versions. Raises Conflict where there is one of that name."""
    actor.need(Role.EDITOR)
    if session.get(Showroom, slug) is not None:
        raise Conflict(f"there is a showroom {slug!r} already")
    showroom = Showroom(slug=slug, title_en=title.en, title_zh=title.zh, last_number=0, created_at=now)
    session.add(showroom)
    session.flush()
    audit.append(session, now, actor.audit_name, "showroom.create", f"showroom:{slug}", {"title": title.model_dump()})
    return showroom


def find_showroom(session: Session, slug: Slug) -> Showroom:
    """The showroom of that name. Raises NotFound."""
    showroom = session.get(Showroom, slug)
    if showroom is None:
        raise NotFound(f"there is no showroom {slug!r}")
    return showroom


def all_showrooms(session: Session) -> Sequence[Showroom]:
    """By name."""
    return session.scalars(select(Showroom).order_by(Showroom.slug)).all()


def versions_of(session: Session, slug: Slug) -> Sequence[Version]:
    """The versions of a showroom, newest first. Raises NotFound."""
    find_showroom(session, slug)
    return session.scalars(select(Version).where(Version.showroom == slug).order_by(Version.number.desc())).all()
