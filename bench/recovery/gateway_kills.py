"""Kills the gateway while a visitor turns: media and control go from the browser straight to the renderer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.gateway_process import Fleet
from bench.recovery.visitor import Receiver, Visitor
from bench.watched_picture import watch_picture

WATCHED_S = 5.0


@dataclass(frozen=True, slots=True)
class GatewayKill:
    """What the visitor had in the seconds before and after."""

    before: Receiver
    after: Receiver
    longest_gap_before_ms: float
    longest_gap_after_ms: float
    same_visit: bool


def kill_gateway(fleet: Fleet, visitor: Visitor) -> GatewayKill:
    """Once; the gateway is there again afterwards."""
    visitor.stand()
    pictures, reference = watch_picture(visitor.page), visitor.reference
    with visitor.turning():
        visitor.page.wait_for_timeout(1000.0)
        start, start_ms = visitor.receiver(), time.time() * 1e3
        visitor.page.wait_for_timeout(WATCHED_S * 1e3)
        longest_before_ms = max(pictures.gaps_ms(start_ms))
        middle, killed_ms = visitor.receiver(), time.time() * 1e3
        fleet.gateway.kill()
        visitor.page.wait_for_timeout(WATCHED_S * 1e3)
        longest_after_ms = max(pictures.gaps_ms(killed_ms))
        end = visitor.receiver()
    same = visitor.reference == reference and visitor.page.evaluate("window.edgeRender.state") == "live"
    fleet.gateway.start()
    return GatewayKill(_between(start, middle), _between(middle, end), longest_before_ms, longest_after_ms, same)


def _between(start: Receiver, end: Receiver) -> Receiver:
    return Receiver(
        end.packets_lost - start.packets_lost, end.frames_dropped - start.frames_dropped, end.freezes - start.freezes
    )
