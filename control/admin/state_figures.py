"""What the database says of the admin's work, as Prometheus' metrics: read anew whenever it asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from control.admin.publishing.version_state import VersionState
from control.admin.sites.rollout_plan import RolloutState
from control.admin.sites.site_views import site_views
from control.admin.tables import Blob, Rollout, Upload, Version

_PREFIX = "edge_render_admin"
_ROLLOUT_STATES: tuple[RolloutState, ...] = get_args(RolloutState)
_CONDITIONS = ("absent", "failed", "behind", "current")


def state_figures(session: Session, now: float) -> Iterator[Metric]:
    """All of them. Sites that are retired are left out."""
    yield _by_state(session, "versions", "Versions in each state", Version, tuple(VersionState))
    yield _by_state(session, "rollouts", "Roll-outs in each state", Rollout, _ROLLOUT_STATES)
    uploads = session.execute(
        select(func.count(), func.coalesce(func.sum(Upload.size_bytes - Upload.offset_bytes), 0))
    ).one()
    yield _one("uploads", "Uploads that are not whole yet", uploads[0])
    yield _one("uploads_missing_bytes", "What they lack", uploads[1])
    blobs = session.execute(select(func.count(), func.coalesce(func.sum(Blob.size_bytes), 0)).select_from(Blob)).one()
    yield _one("blobs", "Blobs in the store", blobs[0])
    yield _one("blobs_bytes", "Their size", blobs[1])
    yield from _of_sites(session, now)


def _of_sites(session: Session, now: float) -> Iterator[Metric]:
    condition = GaugeMetricFamily(
        f"{_PREFIX}_site_condition", "1 for the condition that it is in", labels=["site", "condition"]
    )
    age = GaugeMetricFamily(
        f"{_PREFIX}_site_report_age_seconds", "Since a node of the site last reported", labels=["site"]
    )
    serial = GaugeMetricFamily(f"{_PREFIX}_site_order_serial", "Of the site's newest order", labels=["site"])
    for site in site_views(session, now):
        if site.condition == "retired":
            continue
        for one in _CONDITIONS:
            condition.add_metric([site.slug, one], float(site.condition == one))
        serial.add_metric([site.slug], site.order_serial)
        if site.nodes:
            age.add_metric([site.slug], now - max(node.reported_at for node in site.nodes))
    yield from (condition, age, serial)


def _by_state(
    session: Session, name: str, text: str, table: type[Version] | type[Rollout], states: Sequence[str]
) -> Metric:
    counts = {row.state: row[1] for row in session.execute(select(table.state, func.count()).group_by(table.state))}
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=["state"])
    for state in states:
        family.add_metric([state], counts.get(state, 0))
    return family


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", text, value=float(value))
