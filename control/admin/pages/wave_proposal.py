"""Which sites a roll-out may go to, and in which waves it is proposed to: first one, then the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from control.admin.sites.edge_classes import is_weaker
from control.admin.sites.site_views import SiteView
from control.content.names import VersionNumber

WAVES_OFFERED = 9


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A site in the form. ``wave``: from 1; 0: it is left out. ``shows``: the version of the showroom there now."""

    site: SiteView
    wave: int
    shows: VersionNumber | None
    shows_it: bool
    too_weak: bool


def propose(
    sites: Sequence[SiteView], showroom: str, version_id: int, edge_class: str, only: str | None = None
) -> list[SiteChoice]:
    """All sites that are not retired, by name. Those that show the version already are left out, and those that are too
    weak; the first wave is a site that follows its orders well, where there is one. ``only``: no site but that."""
    choices = [_choice(site, showroom, version_id, edge_class) for site in sites if site.condition != "retired"]
    free = [one for one in choices if not one.too_weak and not one.shows_it and only in (None, one.site.slug)]
    # The first one should tell soon whether it works: a site whose nodes answer, with as few visitors as may be.
    first = min(free, key=lambda one: (one.site.condition != "current", _visits(one.site)), default=None)
    return [replace(one, wave=0 if one not in free else 1 if one is first else 2) for one in choices]


def waves_of(chosen: Sequence[tuple[str, int]]) -> list[list[str]]:
    """The sites by wave; numbers between that nobody chose are passed over."""
    numbers = sorted({wave for _, wave in chosen if wave > 0})
    return [[site for site, wave in chosen if wave == number] for number in numbers]


def _choice(site: SiteView, showroom: str, version_id: int, edge_class: str) -> SiteChoice:
    shown = next((item for item in site.showrooms if item.showroom == showroom), None)
    return SiteChoice(
        site=site,
        wave=0,
        shows=None if shown is None else shown.version,
        shows_it=shown is not None and shown.version_id == version_id,
        too_weak=is_weaker(site.edge_class, edge_class),
    )


def _visits(site: SiteView) -> int:
    return sum(node.report.visits for node in site.nodes if node.live)
