"""Every interpolation against values worked out by hand, and trees of nodes against a plain walk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_render.animation import Animator
from edge_render.placement import composed
from edge_render.rig import Clip, Interpolation, Rig, Track, TrackPath


def rig(*tracks: Track, nodes: int = 1, parents: list[int] | None = None, weights: int = 0) -> Rig:
    """Nodes at the origin, all tracks in one clip that plays."""
    return Rig(
        names=tuple(f"node {index}" for index in range(nodes)),
        parents=np.array(parents or [-1] * nodes, np.int32),
        matrices=np.tile(np.eye(4), (nodes, 1, 1)),
        translations=np.zeros((nodes, 3)),
        rotations=np.tile([0.0, 0.0, 0.0, 1.0], (nodes, 1)),
        scales=np.ones((nodes, 3)),
        morph_weights=((0.0,) * weights,) * nodes,
        clips=(Clip("clip", tracks),),
        playing=(0,),
    )


def track(path: TrackPath, interpolation: Interpolation, times: list[float], values: object, node: int = 0) -> Track:
    return Track(node, path, interpolation, np.array(times, np.float32), np.array(values, np.float32))


def place(animator: Animator, time_s: float, node: int = 0) -> list[float]:
    return [float(value) for value in animator.pose_at(time_s).world[node, :3, 3]]


def about_y(angle_rad: float) -> list[float]:
    return [0.0, math.sin(angle_rad / 2), 0.0, math.cos(angle_rad / 2)]


def test_steps_hold_their_value_until_the_next_key() -> None:
    animator = Animator(
        rig(track(TrackPath.TRANSLATION, Interpolation.STEP, [0, 1, 2], [[1, 0, 0], [2, 0, 0], [3, 0, 0]]))
    )
    assert [place(animator, at)[0] for at in (0.0, 0.99, 1.0, 1.5)] == [1, 1, 2, 2]


def test_lines_go_straight_from_key_to_key_and_begin_again() -> None:
    animator = Animator(rig(track(TrackPath.TRANSLATION, Interpolation.LINEAR, [0, 2], [[0, 0, 0], [4, 0, -2]])))
    assert place(animator, 0.5) == [1.0, 0.0, -0.5]
    assert place(animator, 2.5) == pytest.approx([1.0, 0.0, -0.5])


def test_before_the_first_key_it_is_where_that_says() -> None:
    animator = Animator(rig(track(TrackPath.TRANSLATION, Interpolation.LINEAR, [1, 2], [[5, 0, 0], [6, 0, 0]])))
    assert place(animator, 0.25) == [5, 0, 0]


def test_tracks_with_times_before_the_animation_leave_each_other_alone() -> None:
    early = track(TrackPath.TRANSLATION, Interpolation.LINEAR, [-50, 10], [[0, 0, 0], [60, 0, 0]])
    other = track(TrackPath.TRANSLATION, Interpolation.LINEAR, [0, 10], [[0, 0, 0], [10, 0, 0]], node=1)
    animator = Animator(rig(other, early, nodes=2))
    assert [place(animator, 5.0, node)[0] for node in (0, 1)] == [55, 5]


def test_half_way_between_two_rotations_is_half_way_whatever_their_lengths() -> None:
    keys = [[part * 3.0 for part in about_y(0.0)], [part * 0.5 for part in about_y(1.0)]]
    turned = Animator(rig(track(TrackPath.ROTATION, Interpolation.LINEAR, [0, 1], keys))).pose_at(0.5).world[0]
    assert turned == pytest.approx(composed(np.zeros((1, 3)), np.array([about_y(0.5)]), np.ones((1, 3)))[0])


def test_a_cubic_spline_follows_its_tangents() -> None:
    keys = [[[0, 0, 0], [0, 0, 0], [3, 0, 0]], [[-3, 0, 0], [1, 0, 0], [0, 0, 0]]]
    animator = Animator(rig(track(TrackPath.TRANSLATION, Interpolation.CUBIC_SPLINE, [0, 2], keys)))
    # Appendix C.4 at the middle of a step of 2 s: (v0 + v1) / 2 + 2 s * (b0 - a1) / 8.
    assert place(animator, 1.0)[0] == pytest.approx(0.5 + 2.0 * (3.0 + 3.0) / 8.0)


def test_rotations_turn_evenly_the_short_way_round() -> None:
    values = [about_y(0.0), [-part for part in about_y(math.pi / 2)]]
    animator = Animator(rig(track(TrackPath.ROTATION, Interpolation.LINEAR, [0, 3], values)))
    x = animator.pose_at(1.0).world[0, :3, 0]
    assert x == pytest.approx([math.cos(math.pi / 6), 0.0, -math.sin(math.pi / 6)], abs=1e-6)


def test_cubic_rotations_come_out_of_length_one() -> None:
    none = [0, 0, 0, 0]
    keys = [[none, about_y(0.0), none], [none, about_y(math.pi / 2), none]]
    animator = Animator(rig(track(TrackPath.ROTATION, Interpolation.CUBIC_SPLINE, [0, 1], keys)))
    linear = animator.pose_at(0.5).world[0, :3, :3]
    assert linear @ linear.T == pytest.approx(np.eye(3), abs=1e-9)
    assert linear[:, 0] == pytest.approx([math.cos(math.pi / 4), 0.0, -math.sin(math.pi / 4)], abs=1e-6)


def test_weights_move_each_by_themselves() -> None:
    made = rig(track(TrackPath.WEIGHTS, Interpolation.LINEAR, [0, 1], [[0, 1], [1, 0.5]], node=1), nodes=2, weights=2)
    animator = Animator(made)
    first = int(animator.weight_first[1])
    assert list(animator.pose_at(0.5).weights[first:]) == pytest.approx([0.5, 0.75])
    assert list(animator.pose_at(0.5).weights[:first]) == [0.0, 0.0]
    assert list(animator.weights_move) == [False, True]


def test_weights_never_leave_the_bounds_told() -> None:
    keys = [[[0], [0], [9]], [[-4], [1], [2]], [[7], [0.5], [0]]]
    animator = Animator(rig(track(TrackPath.WEIGHTS, Interpolation.CUBIC_SPLINE, [0, 1, 3], keys), weights=1))
    low, high = animator.weight_bounds()
    seen = np.array([animator.pose_at(at).weights[0] for at in np.linspace(0.0, 2.999, 400)])
    assert low[0] <= seen.min()
    assert seen.max() <= high[0]
    assert seen.max() > 1.0, "the curve overshoots its keys"


def test_the_later_of_two_clips_that_move_the_same_thing_does() -> None:
    first = track(TrackPath.TRANSLATION, Interpolation.LINEAR, [0, 1], [[1, 0, 0], [1, 0, 0]])
    second = track(TrackPath.TRANSLATION, Interpolation.STEP, [0], [[2, 0, 0]])
    made = rig(first)
    both = Rig(
        made.names, made.parents, made.matrices, made.translations, made.rotations, made.scales,
        clips=(Clip("first", (first,)), Clip("second", (second,))), playing=(1, 0),
    )  # fmt: skip
    assert place(Animator(both), 0.5) == [1, 0, 0]


def test_children_go_along_in_trees_of_any_depth_and_order() -> None:
    rng = np.random.default_rng(4)
    count = 200
    order = rng.permutation(count)
    parents = np.full(count, -1, np.int32)
    for place_in_order in range(1, count):
        # Long chains, with a branch now and then.
        above = place_in_order - 1 if rng.random() < 0.9 else int(rng.integers(place_in_order))
        parents[order[place_in_order]] = order[above]
    translations = rng.normal(size=(count, 3))
    rotations = rng.normal(size=(count, 4))
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    matrices = composed(translations, rotations, np.ones((count, 3)))
    moved = [int(order[20]), int(order[100])]
    tracks = tuple(track(TrackPath.TRANSLATION, Interpolation.LINEAR, [0, 1], [[0, 0, 0], [0, 8, 0]], n) for n in moved)
    made = Rig(
        ("",) * count, parents, matrices, translations, rotations, np.ones((count, 3)),
        clips=(Clip("up", tracks),), playing=(0,),
    )  # fmt: skip
    local = matrices.copy()
    local[moved] = composed(np.array([[0.0, 2.0, 0.0]] * 2), rotations[moved], np.ones((2, 3)))

    def world(node: int) -> NDArray[np.float64]:
        return local[node] if parents[node] < 0 else world(int(parents[node])) @ local[node]

    animator = Animator(made)
    pose = animator.pose_at(0.25)
    for node in range(count):
        assert pose.world[node] == pytest.approx(world(node), abs=1e-9)
    before = {int(order[index]) for index in range(20)}
    assert not animator.moves[list(before)].any()
    assert animator.moves[moved].all()


def test_what_a_clip_holds_in_one_place_is_there_and_does_not_move() -> None:
    held = track(TrackPath.TRANSLATION, Interpolation.LINEAR, [0, 1], [[3, 0, 0], [3, 0, 0]])
    animator = Animator(rig(held, nodes=2, parents=[-1, 0]))
    assert not animator.anything_moves
    assert animator.posed.all()
    assert place(animator, 0.5, node=1) == [3, 0, 0]
    one_key = track(TrackPath.WEIGHTS, Interpolation.LINEAR, [0], [[0.25]])
    assert list(Animator(rig(one_key, weights=1)).rest.weights) == [0.25]


def test_a_node_that_is_its_own_ancestor_is_refused() -> None:
    with pytest.raises(ValueError, match="ancestor"):
        Animator(rig(nodes=3, parents=[2, 0, 1]))


def test_nothing_moves_without_clips() -> None:
    still = Rig(
        ("a",), np.array([-1], np.int32), np.eye(4)[None], np.zeros((1, 3)), np.array([[0.0, 0, 0, 1]]), np.ones((1, 3))
    )
    animator = Animator(still)
    assert not animator.anything_moves
    assert animator.pose_at(3.0).world[0] == pytest.approx(np.eye(4))
