"""What needs somebody's attention. Pure but for the two lists that are read from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor
from control.admin.pages.content_rows import WITHOUT_LARGE, listed_versions
from control.admin.pages.site_rows import disk_wants, free_room_is_short
from control.admin.pages.templating import size_text
from control.admin.sites.site_views import SiteCondition, SiteView
from control.admin.tables import Rollout, Version

Weight: TypeAlias = Literal["bad", "warn", "plain"]
Said: TypeAlias = Callable[..., str]
"""As ``Page.text``."""
_WEIGHTS: Final[dict[SiteCondition, Weight]] = {"failed": "bad", "absent": "bad", "behind": "warn"}
_ORDER: Final[dict[Weight, int]] = {"bad": 0, "warn": 1, "plain": 2}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the list, the page that it leads to, and what kind it is in a word."""

    weight: Weight
    kind: str
    text: str
    path: str


def attention(
    said: Said, sites: Sequence[SiteView], paused: Sequence[tuple[Rollout, Version]], waiting: Sequence[Item]
) -> list[Item]:
    """All of it, the worst first."""
    items = [*_of_sites(said, sites), *_of_rollouts(said, paused), *waiting]
    return sorted(items, key=lambda item: _ORDER[item.weight])


def paused_rollouts(session: Session) -> list[tuple[Rollout, Version]]:
    """The newest first."""
    asked = select(Rollout, Version).join(Version, Version.id == Rollout.version_id).where(Rollout.state == "paused")
    rows = session.execute(asked.options(*WITHOUT_LARGE).order_by(Rollout.id.desc()))
    return [(rollout, version) for rollout, version in rows]


def waiting_versions(session: Session, said: Said, actor: Actor, four_eyes: bool) -> list[Item]:
    """Those that are validated: for whoever may publish them, which with four eyes is nobody who had a hand in it."""
    asked = listed_versions().where(Version.state == "validated")
    items = []
    for version in session.scalars(asked.order_by(Version.changed_at.desc()).limit(50)):
        own = four_eyes and actor.account_id in version.editors
        key = "overview.waits-for-others" if own else "overview.waits"
        text = said(key, showroom=version.showroom, number=version.number)
        items.append(Item("plain", said("state.validated"), text, f"/versions/{version.id}"))
    return items


def _of_sites(said: Said, sites: Sequence[SiteView]) -> Iterator[Item]:
    for site in sites:
        path, weight = f"/sites/{site.slug}", _WEIGHTS.get(site.condition)
        if weight is not None:
            means = said(f"condition.{site.condition}-means")
            text = said("overview.site", site=site.title, means=means)
            yield Item(weight, said(f"condition.{site.condition}"), text, path)
        if site.condition == "retired":
            continue
        for node in site.nodes:
            report = node.report
            if node.live and report.warning is not None:
                text = said("overview.node-says", site=site.title, node=report.node, said=report.warning)
                yield Item("warn", said("site.node"), text, path)
            if node.live and free_room_is_short(report.disk):
                amounts = {"free": size_text(report.disk.free_bytes), "wanted": size_text(disk_wants(report.disk))}
                yield Item(
                    "warn",
                    said("sites.disk"),
                    said("overview.disk", site=site.title, node=report.node, **amounts),
                    path,
                )


def _of_rollouts(said: Said, paused: Sequence[tuple[Rollout, Version]]) -> Iterator[Item]:
    for rollout, version in paused:
        text = said("overview.paused", showroom=version.showroom, number=version.number)
        yield Item("warn", said("rollout-state.paused"), text, f"/rollouts/{rollout.id}")
