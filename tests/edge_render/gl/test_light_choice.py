"""Of many lights, the brightest where the visitor is are taken, wherever they are carried."""

from __future__ import annotations

import numpy as np

from edge_render.gl.light_choice import LIGHTS_MAX, LightChoice
from edge_render.scene import LightKind, PunctualLight
from tests.edge_render.tiny_scenes import placed

ROW = tuple(PunctualLight(LightKind.POINT, placed(x=2.0 * index), rig_node=index) for index in range(100))
SUN = PunctualLight(LightKind.DIRECTIONAL, np.eye(4), intensity=0.01)


def test_the_nearest_of_equal_lights_are_chosen_and_a_directional_one_always() -> None:
    chosen = LightChoice((*ROW, SUN)).strongest((100.0, 0.0, 0.0), None)
    assert len(chosen) == LIGHTS_MAX
    assert chosen[0][0] is SUN
    assert {light.rig_node for light, _ in chosen[1:]} < set(range(44, 57))
    assert chosen[1][0] is ROW[50]


def test_lights_are_where_their_nodes_are_now() -> None:
    nodes = np.array([placed(x=2.0 * (99 - index)) for index in range(100)])
    light, matrix = LightChoice(ROW).strongest((0.0, 0.0, 0.0), nodes)[0]
    assert light is ROW[99]
    np.testing.assert_array_equal(matrix, np.eye(4))


def test_few_lights_are_all_taken_in_their_order() -> None:
    assert [light for light, _ in LightChoice(ROW[:3]).strongest((9.0, 0.0, 0.0), None)] == list(ROW[:3])
