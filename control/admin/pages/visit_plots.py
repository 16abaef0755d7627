"""What the page of visits shows: each plot with its data as a table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from markupsafe import Markup

from control.admin.pages.plots import Line, Mark, Rank, bars, lines, ranks
from control.admin.sites.visit_queries import SceneSums, Step, StepSums, VisitSums
from control.admin.sites.visits import HOUR_S

Said: TypeAlias = Callable[..., str]
"""As ``Page.text``."""
_RANKS_MAX = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with its data. ``rows``: a heading and its cells; ``legend``: style and name of each line."""

    key: str
    title: str
    plot: Markup
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_wide: bool
    legend: Sequence[tuple[str, str]] = ()


def clock_name(utc_offset_hours: int) -> str:
    """``UTC+8``."""
    return f"UTC{utc_offset_hours:+d}" if utc_offset_hours else "UTC"


def length_text(said: Said, seconds: float | None) -> str:
    """``1 min 12 s``."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return said("visits.seconds", seconds=whole)
    return said("visits.minutes", minutes=whole // 60, seconds=whole % 60)


def visits_over_time(said: Said, sums: VisitSums, step: Step, utc_offset_hours: int) -> Figure:
    """Bars of visits."""
    title = said(f"visits.over-time-{step}")
    times = _Times(step, utc_offset_hours)
    marks = [Mark(times.short(one), one.visits, f"{times.full(one)}: {one.visits}") for one in sums.steps]
    rows = [(times.full(one), str(one.visits), length_text(said, one.mean_visit_s)) for one in sums.steps if one.visits]
    headings = (said("visits.time"), said("visits.count"), said("visits.mean"))
    return Figure("visits", title, bars(title, marks), headings, rows, True)


def all_figures(said: Said, sums: VisitSums, step: Step, utc_offset_hours: int) -> list[Figure]:
    """All plots, in the order of the page."""
    return [
        visits_over_time(said, sums, step, utc_offset_hours),
        _dwell(said, sums.scenes),
        _taps(said, sums.scenes),
        _shares(said, "devices", said("visits.device"), {said(f"device.{k}"): n for k, n in sums.devices.items()}),
        _shares(
            said,
            "languages",
            said("visits.language"),
            {said(f"visit-language.{k}"): n for k, n in sums.languages.items()},
        ),
        _shares(said, "by-site", said("visits.site"), sums.sites),
        _shares(said, "by-showroom", said("visits.showroom"), sums.showrooms),
        _quality(said, "delay", sums, _Times(step, utc_offset_hours), ("round-trip", "input-to-photon")),
        _quality(said, "loss", sums, _Times(step, utc_offset_hours), ("lost", "frozen")),
    ]


@dataclass(frozen=True, slots=True)
class _Times:
    step: Step
    utc_offset_hours: int

    def _moment(self, one: StepSums) -> datetime:
        return datetime.fromtimestamp(one.starts_at + self.utc_offset_hours * HOUR_S, UTC)

    def short(self, one: StepSums) -> str:
        """For the axis."""
        return self._moment(one).strftime("%m-%d" if self.step == "day" else "%m-%d %H:%M")

    def full(self, one: StepSums) -> str:
        """For the pointer and the table."""
        return self._moment(one).strftime("%Y-%m-%d" if self.step == "day" else "%Y-%m-%d %H:%M")


def _dwell(said: Said, scenes: Sequence[SceneSums]) -> Figure:
    title = said("visits.dwell")
    shown = [one for one in scenes if one.mean_dwell_s is not None][:_RANKS_MAX]
    items = [
        Rank(
            f"{one.showroom} · {one.scene}",
            one.mean_dwell_s or 0.0,
            said("visits.entered-times", dwell=length_text(said, one.mean_dwell_s), count=one.entered),
        )
        for one in shown
    ]
    rows = [(one.showroom, one.scene, str(one.entered), length_text(said, one.mean_dwell_s)) for one in scenes]
    headings = (said("visits.showroom"), said("visits.scene"), said("visits.entered"), title)
    return Figure("dwell", title, ranks(title, items), headings, rows, False)


def _taps(said: Said, scenes: Sequence[SceneSums]) -> Figure:
    title = said("visits.taps")
    taps = [(one.showroom, one.scene, hotspot, count) for one in scenes for hotspot, count in one.taps.items() if count]
    taps.sort(key=lambda tap: -tap[3])
    items = [
        Rank(f"{scene} · {hotspot}", count, said("visits.times", count=count))
        for _, scene, hotspot, count in taps[:_RANKS_MAX]
    ]
    rows = [(showroom, scene, hotspot, str(count)) for showroom, scene, hotspot, count in taps]
    headings = (said("visits.showroom"), said("visits.scene"), said("visits.hotspot"), title)
    return Figure("taps", title, ranks(title, items), headings, rows, False)


def _shares(said: Said, key: str, heading: str, counts: Mapping[str, int]) -> Figure:
    title, total = said(f"visits.{key}"), sum(counts.values()) or 1
    told = {
        name: said("visits.share", count=count, percent=f"{100 * count / total:.0f}") for name, count in counts.items()
    }
    items = [Rank(name, count, told[name]) for name, count in list(counts.items())[:_RANKS_MAX]]
    rows = [(name, str(count)) for name, count in counts.items()]
    return Figure(key, title, ranks(title, items), (heading, said("visits.count")), rows, False)


def _quality(said: Said, key: str, sums: VisitSums, times: _Times, names: Sequence[str]) -> Figure:
    title = said(f"visits.{key}")
    measured = [one for one in sums.steps if one.quality.visits_measured]
    drawn = []
    for style, name in zip(("first", "second"), names, strict=True):
        marks = []
        for one in sums.steps:
            value = _value(one, name)
            marks.append(Mark(times.short(one), value, f"{times.full(one)}: {_amount(value)}"))
        drawn.append(Line(said(f"visits.{name}"), style, marks))
    rows = [
        (times.full(one), *(_amount(_value(one, name)) for name in names), str(one.quality.visits_measured))
        for one in measured
    ]
    headings = (said("visits.time"), *(line.name for line in drawn), said("visits.measured"))
    legend = [(line.style, line.name) for line in drawn]
    return Figure(key, title, lines(title, drawn), headings, rows, True, legend)


def _value(one: StepSums, name: str) -> float | None:
    quality = one.quality
    ratios = {"lost": quality.loss_ratio, "frozen": quality.freeze_ratio}
    if name in ratios:
        ratio = ratios[name]
        return None if ratio is None else 100.0 * ratio
    return {"round-trip": quality.round_trip_ms, "input-to-photon": quality.input_to_photon_ms}[name]


def _amount(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
