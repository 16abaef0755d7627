"""The last report of each node of a site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from control.admin.tables import NodeState
from control.content.edge_api import NodeReport

NODES_MAX: Final = 64
"""Of one site: pods get new names, and their old ones are forgotten."""
FORGET_S: Final = 7 * 86400.0
LIVE_S: Final = 180.0
"""A node that has not reported for so long does not count: it reports every minute when nothing changes."""
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SeenNode:
    """What a node said last, and when."""

    reported_at: float
    report: NodeReport

    def is_live(self, now: float) -> bool:
        """Whether it reported within the last LIVE_S."""
        return now < self.reported_at + LIVE_S


def store_report(session: Session, site: str, report: NodeReport, now: float) -> None:
    """Keep it in place of the node's last one; forget nodes that are long silent, and the oldest where there are too
    many."""
    row = session.get(NodeState, (site, report.node))
    told = report.model_dump(mode="json")
    if row is not None:
        row.reported_at, row.report = now, told
        return
    session.add(NodeState(site=site, node=report.node, reported_at=now, report=told))
    session.execute(delete(NodeState).where(NodeState.site == site, NodeState.reported_at < now - FORGET_S))
    names = session.scalars(
        select(NodeState.node).where(NodeState.site == site).order_by(NodeState.reported_at.desc(), NodeState.node)
    ).all()
    session.execute(delete(NodeState).where(NodeState.site == site, NodeState.node.in_(names[NODES_MAX:])))


def seen_nodes(session: Session, sites: Iterable[str]) -> dict[str, Sequence[SeenNode]]:
    """All that is known of the nodes of each site, by name. A report that this version of the admin can't read, as
    another one kept it, is left out: the node sends a new one within a minute."""
    found: dict[str, list[SeenNode]] = {site: [] for site in sites}
    rows = session.scalars(
        select(NodeState).where(NodeState.site.in_(found)).order_by(NodeState.site, NodeState.node)
    ).all()
    for row in rows:
        try:
            report = NodeReport.model_validate(row.report)
        except ValidationError as error:
            _LOG.warning("report-not-read", site=row.site, node=row.node, reason=str(error))
            continue
        found[row.site].append(SeenNode(row.reported_at, report))
    return dict(found)
