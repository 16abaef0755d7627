"""Kills the renderer of a visitor who stands still, again and again: the hardest case, as nothing is heard of it then
but answers to pings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.gateway_process import Fleet
from bench.recovery.visitor import Visitor

POSITION_M = 0.05
ANGLE_RAD = 0.01


@dataclass(frozen=True, slots=True)
class Recovery:
    """Milliseconds after the kill."""

    suspected: float | None
    """The page missed something, and asked a gateway; None: it knew before it had to ask."""
    confirmed: float
    joined: float
    picture: float
    """Of the first picture from the other renderer."""
    same_pose: bool


def kill_renderers(fleet: Fleet, visitor: Visitor, times: int) -> Iterator[Recovery]:
    """One after the other; each is there again before the next one goes."""
    visitor.look_aside()
    for _ in range(times):
        visitor.stand()
        reference, before = visitor.reference, visitor.frame
        renderer = fleet.renderer_of(reference)
        killed_ms = time.time() * 1e3
        renderer.kill()
        visitor.wait_for_another_visit(reference)
        told = visitor.recovery
        visitor.stand()
        yield _recovery(told, killed_ms, _same_pose(before, visitor.frame))
        renderer.start()
        fleet.wait_until_known(renderer)


def _recovery(told: dict[str, float | None], killed_ms: float, same_pose: bool) -> Recovery:
    def after(name: str) -> float:
        at_ms = told[name]
        assert at_ms is not None, f"the page was lost and came back: it knows when {name} was"
        return at_ms - killed_ms

    suspected_ms = told["suspectedMs"]
    return Recovery(
        suspected=None if suspected_ms is None else suspected_ms - killed_ms,
        confirmed=after("lostMs"),
        joined=after("joinedMs"),
        picture=after("pictureMs"),
        same_pose=same_pose,
    )


def _same_pose(before: dict[str, Any], after: dict[str, Any]) -> bool:
    moved_m = max(abs(a - b) for a, b in zip(before["position"], after["position"], strict=True))
    turned_rad = max(abs(before[name] - after[name]) for name in ("yaw", "pitch"))
    return bool(moved_m < POSITION_M and turned_rad < ANGLE_RAD)
