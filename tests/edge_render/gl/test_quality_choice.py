"""The rung of the quality ladder is the highest that a budget allows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge_render.gl.context import GlContext
from edge_render.gl.quality_choice import choose_rung
from edge_render.render_quality import RenderQuality, Rung


@pytest.mark.parametrize(("budget_ms", "rung"), [(1e-6, Rung.SOFTWARE), (1e6, Rung.BIG_GPU)])
def test_no_time_makes_the_lowest_rung_and_all_time_the_highest(budget_ms: float, rung: Rung) -> None:
    assert choose_rung(GlContext.open, budget_ms, 160, 90) is rung


def test_each_rung_asks_for_no_less_than_the_one_below() -> None:
    ladder = [RenderQuality.of(rung) for rung in Rung]
    for below, above in pairwise(ladder):
        for field in ("samples", "anisotropy", "shadow_size", "cascades", "shadow_taps", "motion_scale"):
            assert getattr(below, field) <= getattr(above, field)
