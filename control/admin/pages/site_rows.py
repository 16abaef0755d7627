"""What the pages of sites show of each node and showroom. Pure: reports and the time in, what is said out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from control.admin.sites.site_views import NodeView, ShowroomAtSite, SiteView
from control.content.edge_api import Disk, NodeReport, ReleaseState, ShownRelease
from control.content.names import VersionNumber


@dataclass(frozen=True, slots=True)
class ShowroomRow:
    """A showroom at a site. ``showing``: the versions that new visits see at its live nodes meanwhile, where that is
    another one than what was ordered."""

    ordered: ShowroomAtSite
    states: tuple[ReleaseState, ...]
    showing: tuple[VersionNumber, ...]
    is_shown: bool
    """At all live nodes, of which there is at least one."""


def showroom_rows(site: SiteView) -> list[ShowroomRow]:
    """In the site's order."""
    live = [node.report for node in site.nodes if node.live]
    return [_row(ordered, [_told(report, ordered) for report in live]) for ordered in site.showrooms]


def _told(report: NodeReport, ordered: ShowroomAtSite) -> ShownRelease | None:
    return next((item for item in report.showrooms if item.release == ordered.release), None)


def _row(ordered: ShowroomAtSite, told: Sequence[ShownRelease | None]) -> ShowroomRow:
    known = [item for item in told if item is not None]
    others = {item.showing for item in known if item.state != "showing" and item.showing is not None}
    return ShowroomRow(
        ordered=ordered,
        states=tuple(sorted({item.state for item in known})),
        showing=tuple(sorted(others)),
        is_shown=bool(told) and all(item is not None and item.state == "showing" for item in told),
    )


def disk_wants(disk: Disk) -> int:
    """Bytes that the content may still take."""
    return max(0, disk.budget_bytes - disk.used_bytes)


def free_room_is_short(disk: Disk) -> bool:
    """Whether the disk would be full before the content has its budget."""
    return disk.free_bytes < disk_wants(disk)


def visits_now(nodes: Sequence[NodeView]) -> tuple[int, int]:
    """Visits at live nodes, and how many they can take."""
    live = [node.report for node in nodes if node.live]
    return sum(report.visits for report in live), sum(report.visits_max for report in live)


def site_counts(sites: Sequence[SiteView]) -> dict[str, int]:
    """How many sites are in each condition; ``all`` without those that are retired."""
    counts = dict.fromkeys(("current", "behind", "failed", "absent", "retired"), 0)
    for site in sites:
        counts[site.condition] += 1
    return {**counts, "all": len(sites) - counts["retired"]}
