"""Drains the renderer of a visitor who turns all the time, so that each picture that is missing would be seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.gateway_process import Fleet
from bench.recovery.visitor import Visitor
from bench.watched_picture import watch_picture

BEFORE_S = 3.0
AFTER_S = 2.0
DARK = 30.0


@dataclass(frozen=True, slots=True)
class HandOver:
    """Milliseconds."""

    usual_gap: float
    """Between two pictures in the time before, the longest one of these."""
    longest_gap: float
    """From the drain until the visitor was at the other renderer for a while."""
    dark_pictures: int
    """Of what the browser drew meanwhile."""
    without_loss: bool
    """The page was live all the time."""


def drain_renderers(fleet: Fleet, visitor: Visitor, times: int) -> Iterator[HandOver]:
    """One after the other; each is there again before the next one goes."""
    pictures = watch_picture(visitor.page)
    for _ in range(times):
        visitor.stand()
        reference = visitor.reference
        renderer = fleet.renderer_of(reference)
        began_ms = time.time() * 1e3
        with visitor.turning():
            visitor.page.wait_for_timeout(BEFORE_S * 1e3)
            drained_ms = time.time() * 1e3
            renderer.stop()
            visitor.wait_for_another_visit(reference)
            visitor.page.wait_for_timeout(AFTER_S * 1e3)
            gaps_ms, gaps_since_drain_ms = pictures.gaps_ms(began_ms), pictures.gaps_ms(drained_ms)
        seen = [one for one in pictures.seen() if one.at_ms >= drained_ms]
        yield HandOver(
            usual_gap=max(gaps_ms[5 : len(gaps_ms) - len(gaps_since_drain_ms)]),
            longest_gap=max(gaps_since_drain_ms),
            dark_pictures=sum(one.brightest < DARK for one in seen),
            without_loss=all(one.state == "live" for one in seen),
        )
        renderer.start()
        fleet.wait_until_known(renderer)
