"""The load's visitors suspect and lose a renderer as the page does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.visitors import loss_watch
from bench.visitors.loss_watch import Due, LossWatch

PAGE = Path(__file__).parents[3] / "control" / "web" / "loss_watch.js"


def ticks(watch: LossWatch, until_ms: int) -> list[tuple[int, Due]]:
    """What is due at each tick, where nothing is heard after 0."""
    return [(at_ms, watch.tick(at_ms, heard_ms=0)) for at_ms in range(0, until_ms + 1, loss_watch.TICK_MS)]


def test_a_ping_is_due_every_other_tick() -> None:
    assert [at_ms for at_ms, due in ticks(LossWatch(), 1200) if due.ping] == [0, 400, 800, 1200]


def test_a_short_silence_makes_it_ask_and_a_long_one_is_a_loss() -> None:
    told = ticks(LossWatch(), 3200)
    assert [at_ms for at_ms, due in told if due.ask] == [800, 1200, 1600, 2000, 2400, 2800, 3200]
    assert [at_ms for at_ms, due in told if due.lost] == [3200]


@pytest.mark.parametrize(
    ("name", "milliseconds"),
    [
        ("TICK_MS", loss_watch.TICK_MS),
        ("SUSPECTED_MS", loss_watch.SUSPECTED_MS),
        ("ASK_AGAIN_MS", loss_watch.ASK_AGAIN_MS),
        ("LOST_MS", loss_watch.LOST_MS),
    ],
)
def test_its_times_are_those_of_the_page(name: str, milliseconds: int) -> None:
    found = re.search(rf"const {name} = (\d+);", PAGE.read_text())
    assert found is not None
    assert int(found[1]) == milliseconds
