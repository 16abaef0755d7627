"""A validation's report as a page shows it: findings by file, and what there is against what a budget allows; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from control.admin.publishing.report import DrawnCost, Finding, PictureFacts, Report, Severity
from control.content.names import EdgeClass
from control.content.release import FileEntry

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "defect", "warning")
NEAR: Final = 0.8
"""From this share on it is told as near the budget, as validation does."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of a budget is used. ``what`` is one of triangles, texture_bytes, texture_px, file_bytes, package_bytes;
    ``where`` the scene, or empty for the whole package."""

    what: str
    where: str
    value: int
    most: int

    @property
    def percent(self) -> int:
        return round(100 * self.value / self.most)

    @property
    def level(self) -> Literal["fine", "near", "over"]:
        if self.value > self.most:
            return "over"
        # A texture of just the longest side is the usual one.
        return "near" if self.value > NEAR * self.most and self.what != "texture_px" else "fine"


@dataclass(frozen=True, slots=True)
class ClassFit:
    """Whether a class of edges can show it: ``tightest`` is the gauge that is fullest there."""

    edge_class: EdgeClass
    tightest: Gauge


@dataclass(frozen=True, slots=True)
class FileFindings:
    """All that is wrong in one file, the worst first."""

    file: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """``drawn``: what drawing each scene cost, by scene."""

    report: Report
    counts: dict[Severity, int]
    files: tuple[FileFindings, ...]
    gauges: tuple[Gauge, ...]
    fits: tuple[ClassFit, ...]
    drawn: tuple[tuple[str, DrawnCost], ...]
    pictures: tuple[PictureFacts, ...]


def view_report(report: Report, files: Sequence[FileEntry]) -> ReportView:
    """``files`` are those of the revision that the report is of."""
    return ReportView(
        report=report,
        counts={severity: report.count(severity) for severity in SEVERITIES},
        files=tuple(_by_file(report.findings)),
        gauges=tuple(_gauges(report, files, report.budget)),
        fits=tuple(_fits(report, files)),
        drawn=tuple((cost.scene, cost.drawn) for cost in report.costs if cost.drawn is not None),
        pictures=report.pictures,
    )


def _by_file(findings: Iterable[Finding]) -> Iterable[FileFindings]:
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    groups = [FileFindings(file, tuple(sorted(found, key=_rank))) for file, found in by_file.items()]
    return sorted(groups, key=lambda group: (_rank(group.findings[0]), group.file))


def _rank(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _fits(report: Report, files: Sequence[FileEntry]) -> Iterable[ClassFit]:
    for edge_class, budget in report.budgets.items():
        gauges = list(_gauges(report, files, budget))
        if gauges:
            yield ClassFit(edge_class, max(gauges, key=lambda gauge: gauge.value / gauge.most))


def _gauges(report: Report, files: Sequence[FileEntry], budget: Mapping[str, int]) -> Iterable[Gauge]:
    whole = {
        "package_bytes": sum(entry.size_bytes for entry in files),
        "file_bytes": max((entry.size_bytes for entry in files), default=0),
    }
    yield from (Gauge(what, "", value, budget[what]) for what, value in whole.items() if what in budget)
    for cost in report.costs:
        spent = {"triangles": cost.triangles, "texture_bytes": cost.texture_bytes, "texture_px": cost.texture_px_max}
        yield from (
            Gauge(what, cost.scene, value, budget[what]) for what, value in spent.items() if value and what in budget
        )
