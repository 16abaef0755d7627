"""What plots of visits are made of: sums over a time range, for one or all sites and showrooms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json
from sqlalchemy import Select, Text, cast, func, select, tuple_
from sqlalchemy.orm import Session

from control.admin.errors import BadRequest
from control.admin.sites.visits import HOUR_S
from control.admin.tables import VisitHour
from control.content.edge_api import DeviceClass, Language
from control.content.names import Slug

Step: TypeAlias = Literal["hour", "day"]
STEP_HOURS: Final[Mapping[Step, int]] = {"hour": 1, "day": 24}
STEPS_MAX: Final = 1500
"""Two months of hours, four years of days."""
ROWS_MAX: Final = 200_000
"""Some seconds of work."""
Key = TypeVar("Key", bound=str)
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
_QUALITY: Final = ("round_trip_ms", "input_to_photon_ms", "loss_ratio", "freeze_ratio")


@dataclass(frozen=True, slots=True)
class VisitRange:
    """Which visits: those in hours from ``first_hour`` on and before ``end_hour``, both since 1970 in UTC."""

    first_hour: int
    end_hour: int
    showroom: str | None = None
    site: str | None = None

    @classmethod
    def between(cls, since: float, until: float, showroom: str | None = None, site: str | None = None) -> VisitRange:
        """Of Unix seconds; the hours that have a part in it. Raises BadRequest where it ends before it begins."""
        if until <= since:
            raise BadRequest("until: must be after since")
        return cls(int(since // HOUR_S), -int(-until // HOUR_S), showroom, site)


class QualityMeans(BaseModel):
    """Of the stream, as means over the visits that were measured; None where there were none."""

    visits_measured: int
    round_trip_ms: float | None
    input_to_photon_ms: float | None
    loss_ratio: float | None
    freeze_ratio: float | None


class StepSums(BaseModel):
    """One point in time of a plot. ``mean_visit_s``: None without visits."""

    starts_at: float
    """Unix seconds; below zero where 1970 began within a day."""
    visits: int
    mean_visit_s: float | None
    quality: QualityMeans


class SceneSums(BaseModel):
    """Interest in a scene."""

    showroom: Slug
    scene: str
    entered: int
    mean_dwell_s: float | None
    taps: dict[str, int]
    """By hotspot, the most tapped first."""


class VisitSums(BaseModel):
    """Visits within a time range. There is nothing of a person in any of it."""

    visits: int
    mean_visit_s: float | None
    steps: list[StepSums]
    """All of the range, also those without a visit."""
    scenes: list[SceneSums]
    """Those that were entered most first."""
    devices: dict[DeviceClass, int]
    languages: dict[Language, int]
    sites: dict[Slug, int]
    """Visits at each."""
    showrooms: dict[Slug, int]
    """Visits to each."""
    quality: QualityMeans


def visit_sums(session: Session, asked: VisitRange, step: Step, utc_offset_hours: int = 0) -> VisitSums:
    """The sums. Days begin at midnight of a clock that is ``utc_offset_hours`` before UTC. Raises BadRequest where that
    would be too much at once."""
    step_hours = STEP_HOURS[step]
    shift = utc_offset_hours % step_hours
    first = (asked.first_hour + shift) // step_hours
    end = -(-(asked.end_hour + shift) // step_hours)
    if end - first > STEPS_MAX:
        raise BadRequest(f"since, until: {end - first} {step}s; at most {STEPS_MAX}")
    _check_count(session, asked)
    whole, steps = _Sums(), defaultdict[int, _Sums](_Sums)
    scenes, by_site, by_showroom = defaultdict[tuple[str, str], _Scene](_Scene), Counter[str](), Counter[str]()
    devices, languages = Counter[DeviceClass](), Counter[Language]()
    # The text as it is: Pydantic reads it in half the time that the driver takes.
    wanted = select(VisitHour.site, VisitHour.showroom, VisitHour.hour, cast(VisitHour.totals, Text))
    for site, showroom, hour, text in session.execute(_within(wanted, asked), execution_options={"yield_per": 1000}):
        totals: Mapping[str, Any] = from_json(text)
        whole.add(totals)
        steps[(hour + shift) // step_hours].add(totals)
        by_site[site] += totals["visits"]
        by_showroom[showroom] += totals["visits"]
        _add(devices, totals["devices"])
        _add(languages, totals["languages"])
        for scene in totals["scenes"]:
            scenes[showroom, scene["scene"]].add(scene)
    return VisitSums(
        visits=whole.visits,
        mean_visit_s=whole.mean_visit_s,
        steps=[steps[number].step((number * step_hours - shift) * HOUR_S) for number in range(first, end)],
        scenes=[
            item.sums(showroom, scene)
            for (showroom, scene), item in sorted(scenes.items(), key=lambda pair: (-pair[1].entered, pair[0]))
        ],
        devices=dict(devices.most_common()),
        languages=dict(languages.most_common()),
        sites=dict(by_site.most_common()),
        showrooms=dict(by_showroom.most_common()),
        quality=whole.quality(),
    )


def visit_rows(session: Session, asked: VisitRange, limit: int, after: VisitHour | None) -> list[VisitHour]:
    """The sums as they are kept, by hour, site, showroom and version; a page of them, from behind ``after``."""
    key = (VisitHour.hour, VisitHour.site, VisitHour.showroom, VisitHour.version)
    rows = _within(select(VisitHour), asked).order_by(*key).limit(limit)
    if after is not None:
        rows = rows.where(tuple_(*key) > tuple_(after.hour, after.site, after.showroom, after.version))
    return list(session.scalars(rows))


def _within(rows: Query, asked: VisitRange) -> Query:
    rows = rows.where(VisitHour.hour >= asked.first_hour, VisitHour.hour < asked.end_hour)
    if asked.showroom is not None:
        rows = rows.where(VisitHour.showroom == asked.showroom)
    if asked.site is not None:
        rows = rows.where(VisitHour.site == asked.site)
    return rows


def _check_count(session: Session, asked: VisitRange) -> None:
    count = session.scalar(_within(select(func.count()).select_from(VisitHour), asked)) or 0
    if count > ROWS_MAX:
        raise BadRequest(
            f"since, until: there are {count} sums; at most {ROWS_MAX}: ask for less time, or for one site",
            text="error.visits-range",
        )


def _add(sums: Counter[Key], counts: Mapping[Key, int]) -> None:
    for key, count in counts.items():  # Counter.update takes three times as long for so few
        sums[key] += count


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None


@dataclass(slots=True)
class _Sums:
    visits: int = 0
    visit_s: float = 0.0
    measured: int = 0
    quality_sums: list[float] = field(default_factory=lambda: [0.0] * len(_QUALITY))

    def add(self, totals: Mapping[str, Any]) -> None:
        quality = totals["quality"]
        self.visits += totals["visits"]
        self.visit_s += totals["visit_s"]
        self.measured += quality["visits_measured"]
        for place, name in enumerate(_QUALITY):
            self.quality_sums[place] += quality[f"{name}_sum"]

    @property
    def mean_visit_s(self) -> float | None:
        return _mean(self.visit_s, self.visits)

    def quality(self) -> QualityMeans:
        means = {name: _mean(total, self.measured) for name, total in zip(_QUALITY, self.quality_sums, strict=True)}
        return QualityMeans(visits_measured=self.measured, **means)

    def step(self, starts_at: float) -> StepSums:
        return StepSums(starts_at=starts_at, visits=self.visits, mean_visit_s=self.mean_visit_s, quality=self.quality())


@dataclass(slots=True)
class _Scene:
    entered: int = 0
    dwell_s: float = 0.0
    taps: Counter[str] = field(default_factory=Counter)

    def add(self, scene: Mapping[str, Any]) -> None:
        self.entered += scene["entered"]
        self.dwell_s += scene["dwell_s"]
        _add(self.taps, scene["taps"])

    def sums(self, showroom: str, scene: str) -> SceneSums:
        return SceneSums(
            showroom=showroom,
            scene=scene,
            entered=self.entered,
            mean_dwell_s=_mean(self.dwell_s, self.entered),
            taps=dict(self.taps.most_common()),
        )
