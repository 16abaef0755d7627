"""Adding up what nodes counted of visits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from control.content.edge_api import Quality, SceneInterest, VisitTotals

COUNT_MAX: Final = 2**53
SECONDS_MAX: Final = 1e9
SCENES_MAX: Final = 200
TAPS_MAX: Final = 600
_QUALITY_MAX: Final = {"round_trip_ms_sum": 1e12, "input_to_photon_ms_sum": 1e12}

_Key = TypeVar("_Key", bound=str)


def add_totals(first: VisitTotals, second: VisitTotals) -> VisitTotals:
    """The sums of two of the same hour, showroom and version. What would leave the bounds of VisitTotals stays at
    them: a real showroom never gets there."""
    return VisitTotals(
        showroom=first.showroom,
        version=first.version,
        hour=first.hour,
        visits=_count(first.visits, second.visits),
        visit_s=min(first.visit_s + second.visit_s, SECONDS_MAX),
        devices=_counts(first.devices, second.devices),
        languages=_counts(first.languages, second.languages),
        scenes=add_scenes(first.scenes, second.scenes),
        quality=add_quality(first.quality, second.quality),
    )


def add_scenes(first: tuple[SceneInterest, ...], second: tuple[SceneInterest, ...]) -> tuple[SceneInterest, ...]:
    """One for each scene, in the order that they are first met."""
    sums: dict[str, SceneInterest] = {}
    for item in (*first, *second):
        before = sums.get(item.scene)
        if before is not None:
            sums[item.scene] = _add_scene(before, item)
        elif len(sums) < SCENES_MAX:
            sums[item.scene] = item
    return tuple(sums.values())


def add_quality(first: Quality, second: Quality) -> Quality:
    """Field by field."""
    return Quality(
        visits_measured=_count(first.visits_measured, second.visits_measured),
        **{
            name: min(getattr(first, name) + getattr(second, name), _QUALITY_MAX.get(name, 1e9))
            for name in Quality.model_fields
            if name != "visits_measured"
        },
    )


def _add_scene(first: SceneInterest, second: SceneInterest) -> SceneInterest:
    taps = _counts(first.taps, second.taps)
    return SceneInterest(
        scene=first.scene,
        entered=_count(first.entered, second.entered),
        dwell_s=min(first.dwell_s + second.dwell_s, SECONDS_MAX),
        taps=dict(list(taps.items())[:TAPS_MAX]),
    )


def _counts(first: Mapping[_Key, int], second: Mapping[_Key, int]) -> dict[_Key, int]:
    return {
        key: _count(first.get(key, 0), second.get(key, 0)) for key in (*first, *(k for k in second if k not in first))
    }


def _count(first: int, second: int) -> int:
    return min(first + second, COUNT_MAX)
