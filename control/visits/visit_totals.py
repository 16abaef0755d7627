"""What is counted of visits: sums by showroom, version and hour, and nothing of a person. Pure: times are arguments.

No identifier, no address and no time of a single visit is kept: once a visit has ended, its counts are in the sums of
the hours that it was in, and nothing tells them from those of others. Times are Unix seconds; hours are UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from control.content.edge_api import DeviceClass, Language, Quality, SceneInterest, VisitTotals
from control.figures.visit_quality import VisitQuality

HOUR_S: Final = 3600.0
TOTALS_MAX: Final = 1000
"""Of one report; what is more goes into the next one."""
SPAN_MAX_S: Final = 86400.0
"""Sums are taken every minute: where so much time has gone by since, it was the clock that was set, as on a machine
that knows the time only once it has a network."""


@dataclass(slots=True)
class _Scene:
    entered: int = 0
    dwell_s: float = 0.0
    taps: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Hour:
    visits: int = 0
    visit_s: float = 0.0
    devices: Counter[DeviceClass] = field(default_factory=Counter)
    languages: Counter[Language] = field(default_factory=Counter)
    scenes: dict[str, _Scene] = field(default_factory=dict)
    quality: Quality = field(default_factory=Quality)

    def scene(self, name: str) -> _Scene:
        return self.scenes.setdefault(name, _Scene())


class VisitRecord:
    """A visit while it lasts. Made by :meth:`VisitLedger.begin`; ``end`` ends it."""

    def __init__(self, ledger: VisitLedger, showroom: str, version: int, now_s: float) -> None:
        self._ledger = ledger
        self._showroom, self._version = showroom, version
        self._scene: str | None = None
        self._counted_to_s = now_s

    def enter(self, scene: str, now_s: float) -> None:
        """The visitor comes into a scene."""
        self.catch_up(now_s)
        if scene != self._scene:
            self._scene = scene
            self._hour(now_s).scene(scene).entered += 1

    def tap(self, hotspot: str, now_s: float) -> None:
        """They open a hotspot of the scene that they are in: its card, or the way to another scene."""
        if self._scene is not None:
            self._hour(now_s).scene(self._scene).taps[hotspot] += 1

    def end(self, quality: VisitQuality, now_s: float) -> None:
        """They leave."""
        self.catch_up(now_s)
        hour = self._hour(now_s)
        hour.quality = _added(hour.quality, quality)
        self._ledger.forget(self)

    def catch_up(self, now_s: float) -> None:
        """Count the time since it was counted last, in the hours that it lies in; none where the clock was set."""
        if now_s - self._counted_to_s > SPAN_MAX_S:
            self._counted_to_s = now_s
        for from_s, until_s in hours_between(self._counted_to_s, now_s):
            hour = self._hour(from_s)
            hour.visit_s += until_s - from_s
            if self._scene is not None:
                hour.scene(self._scene).dwell_s += until_s - from_s
        self._counted_to_s = now_s

    def _hour(self, at_s: float) -> _Hour:
        return self._ledger.hour(self._showroom, self._version, at_s)


class VisitLedger:
    """Sums over all visits since they were taken last."""

    def __init__(self) -> None:
        self._hours: dict[tuple[str, int, int], _Hour] = {}
        self._lasting: set[VisitRecord] = set()

    def begin(
        self,
        showroom: str,
        version: int,
        device: DeviceClass,
        language: Language,
        now_s: float,
        *,
        goes_on: bool = False,
    ) -> VisitRecord:
        """Somebody comes. ``goes_on``: after a lost connection, so that they are no other visitor."""
        record = VisitRecord(self, showroom, version, now_s)
        self._lasting.add(record)
        if not goes_on:
            hour = self.hour(showroom, version, now_s)
            hour.visits += 1
            hour.devices[device] += 1
            hour.languages[language] += 1
        return record

    def take(self, now_s: float) -> tuple[VisitTotals, ...]:
        """What was counted since the last call, also of visits that last; the oldest hours first."""
        for record in self._lasting:
            record.catch_up(now_s)
        keys = sorted(self._hours, key=lambda key: (key[2], key))[:TOTALS_MAX]
        return tuple(_totals(*key, self._hours.pop(key)) for key in keys)

    def hour(self, showroom: str, version: int, at_s: float) -> _Hour:
        """The sums of an hour, for its visits' records."""
        return self._hours.setdefault((showroom, version, int(at_s // HOUR_S)), _Hour())

    def forget(self, record: VisitRecord) -> None:
        """It has ended."""
        self._lasting.discard(record)


def hours_between(from_s: float, until_s: float) -> Iterator[tuple[float, float]]:
    """A span of time cut where hours begin; none where a clock was set back."""
    while from_s < until_s:
        next_hour_s = (from_s // HOUR_S + 1.0) * HOUR_S
        cut_s = min(until_s, next_hour_s)
        yield from_s, cut_s
        from_s = cut_s


def _added(sums: Quality, quality: VisitQuality) -> Quality:
    """Only visits of which all is known count, so that each sum is over the same ones. Where nothing moved, nothing
    froze."""
    round_trip_s, delay_s, loss = quality.round_trip_s, quality.input_to_photon_s, quality.loss_ratio
    if round_trip_s is None or delay_s is None or loss is None:
        return sums
    return Quality(
        visits_measured=sums.visits_measured + 1,
        round_trip_ms_sum=sums.round_trip_ms_sum + round_trip_s * 1e3,
        input_to_photon_ms_sum=sums.input_to_photon_ms_sum + min(delay_s, HOUR_S) * 1e3,
        loss_ratio_sum=sums.loss_ratio_sum + loss,
        freeze_ratio_sum=sums.freeze_ratio_sum + (quality.freeze_ratio or 0.0),
    )


def _totals(showroom: str, version: int, number: int, hour: _Hour) -> VisitTotals:
    scenes = (
        SceneInterest(scene=name, entered=scene.entered, dwell_s=scene.dwell_s, taps=dict(scene.taps))
        for name, scene in sorted(hour.scenes.items())
    )
    return VisitTotals(
        showroom=showroom,
        version=version,
        hour=number,
        visits=hour.visits,
        visit_s=hour.visit_s,
        devices=dict(hour.devices),
        languages=dict(hour.languages),
        scenes=tuple(scenes),
        quality=hour.quality,
    )
