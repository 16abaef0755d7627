"""What being one of many costs a renderer: ``python -m bench.renderer_face`` prints a table.

Passes are checked for each visitor who comes, lines are made when something changes: both on the event loop, which also
sends the pictures. So the figures are times of that loop; "late" is how much later than asked a timer runs beside it.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from control.fleet.states import RendererState, ShownShowroom, guide_digest
from control.fleet.tokens import Pass, new_signing_key
from control.node.fleet_face import FleetFace
from control.node.gateway_keys import GatewayKeys
from control.node.pass_check import PassCheck

CHECKS: Final = 2000
WATCHERS: Final = 8
BURST_PER_S: Final = 200
"""Visitors who come and go: far more than one renderer has."""
BURST_S: Final = 3.0
TIMER_S: Final = 0.005


def pass_checks_us(folder: Path) -> list[float]:
    """Each check of a pass, and using its token up, in microseconds."""
    key = new_signing_key()
    (folder / "keys").write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
    check = PassCheck("renderer", GatewayKeys(folder / "keys"), lambda _code: None, time.time)
    headers = [
        f"Bearer {Pass(aud='renderer', act='enter', spends=str(n)).sign(key, time.time())}" for n in range(CHECKS)
    ]

    def one(header: str) -> None:
        check.spend(check.check(header, "enter"))

    return [_took_us(lambda header=header: one(header)) for header in headers]  # type: ignore[misc]


def _took_us(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e6


def _states() -> Iterator[RendererState]:
    """As of a renderer with much to tell, each another one."""
    rooms = tuple(
        ShownShowroom(name=f"room-{n}", release="a" * 64, scenes=tuple(f"scene-{m}" for m in range(8)))
        for n in range(8)
    )
    guides = tuple(guide_digest(str(n)) for n in range(16))
    visits = 0
    while True:
        visits = (visits + 1) % 500
        yield RendererState(
            name="renderer",
            ready=True,
            draining=False,
            visits=visits,
            capacity=500,
            followers=0,
            follower_capacity=50,
            showrooms=rooms,
            guides=guides,
        )


def lines_made_us() -> list[float]:
    """Making a line, in microseconds; it is made once for all watchers."""
    states = _states()
    face = FleetFace(lambda: next(states))
    return [_took_us(face.renew) for _ in range(CHECKS)]


async def lateness_ms(changes_per_s: int) -> tuple[list[float], int]:
    """How late a timer runs while so many visitors come and go, in milliseconds, and how many lines that makes."""
    states, late, lines, changes = _states(), list[float](), 0, 0

    def read() -> RendererState:
        nonlocal lines
        lines += 1
        return next(states)

    face = FleetFace(read)
    with ExitStack() as watched:
        for _ in range(WATCHERS):
            watched.enter_context(face.watched())
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + BURST_S:
            while changes < changes_per_s * (now - began):
                face.changed()
                changes += 1
            await asyncio.sleep(TIMER_S)
            late.append((time.perf_counter() - now - TIMER_S) * 1e3)
    return late, lines


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        _print("a pass checked, its token spent", pass_checks_us(Path(folder)), "us")
    _print("a line made, of 8 showrooms and 16 guides", lines_made_us(), "us")
    for changes_per_s in (0, BURST_PER_S):
        late, lines = asyncio.run(lateness_ms(changes_per_s))
        _print(f"event loop late, {changes_per_s} changes a second", late, "ms")
        print(f"    {round(changes_per_s * BURST_S)} changes made {lines} lines for {WATCHERS} watchers")


def _print(what: str, values: list[float], unit: str) -> None:
    p50, p99 = statistics.median(values), statistics.quantiles(values, n=100)[98]
    print(f"{what:<44} median {p50:8.3f} {unit}   p99 {p99:8.3f} {unit}")


if __name__ == "__main__":
    main()
