"""What a gateway knows of one renderer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.allocation.simulated_renderer import SimulatedRenderer
from control.gateway.renderer import Phase, Renderer
from control.kube.cluster import Member

MEMBER = Member("r1", "renderer-1", "http://10.0.0.1:8080")
SERVING = SimulatedRenderer("r1", 1).state
DRAINING = SERVING.model_copy(update={"draining": True})


def test_its_life() -> None:
    renderer = Renderer(MEMBER)
    phases = [renderer.phase]
    for step in (
        lambda: renderer.told(SERVING),
        lambda: renderer.told(SERVING),
        lambda: renderer.told(DRAINING),
        lambda: renderer.lost("its stream has ended"),
        lambda: renderer.lost("connection refused"),
        lambda: renderer.told(SERVING),
        lambda: renderer.placed(replace(MEMBER, leaving=True)),
        lambda: renderer.told(SERVING),
    ):
        step()
        phases.append(renderer.phase)

    assert [str(phase) for phase in phases] == [
        "connecting",
        "known",
        "known",
        "draining",
        "gone",
        "gone",
        "known",
        "draining",
        "draining",
    ]


def test_one_that_was_never_heard_does_not_drain() -> None:
    renderer = Renderer(MEMBER)

    renderer.placed(replace(MEMBER, leaving=True))

    assert renderer.phase is Phase.CONNECTING


def test_a_way_that_there_is_not_is_a_mistake_of_ours() -> None:
    renderer = Renderer(MEMBER)
    renderer.told(SERVING)

    with pytest.raises(AssertionError, match="from known to connecting"):
        renderer._set_phase(Phase.CONNECTING, "")
