"""What moves, is skinned, morphed, placed often or drawn in variants, by the pixels of tiny scenes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edge_render.geometry import placing
from edge_render.geometry.batches import prepare_scene
from edge_render.geometry.draw_list import ChunkTable
from edge_render.geometry.placing import Placing
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose, perspective
from edge_render.renderer import View
from edge_render.rig import Clip, Interpolation, Rig, Skin, Track, TrackPath
from edge_render.scene import AlphaMode, LightKind, Mesh, MorphTargets, Node, PunctualLight, Scene, Sun
from tests.edge_render.gl.pictures import Clock, Pixels
from tests.edge_render.tiny_scenes import BLACK, NO_AMBIENT, NO_SUN, glowing, matte, placed, quad_mesh

WIDTH, HEIGHT = 64, 48
FOV_RAD = math.radians(60.0)
FRONT = View(Pose((0.0, 0.0, 4.0), (0.0, 0.0, 0.0, 1.0)), FOV_RAD, WIDTH, HEIGHT)
RED, GREEN = glowing((1.0, 0.0, 0.0)), glowing((0.0, 1.0, 0.0))


@pytest.fixture
def film(clocked_renderer: GlRenderer, clock: Clock) -> Callable[..., list[Pixels]]:
    """Pictures of a scene at some times."""

    def shot(scene: Scene, times_s: tuple[float, ...] = (0.0,), view: View = FRONT) -> list[Pixels]:
        clock.now_s = 0.0
        handle = clocked_renderer.load(scene)
        pictures = []
        for time_s in times_s:
            clock.now_s = time_s
            pictures.append(clocked_renderer.draw(handle, view).pixels)
        clocked_renderer.unload(handle)
        return pictures

    return shot


def at(pixels: Pixels, x: float, y: float) -> str:
    """Which colour is seen at a point of the plane z = 0, from FRONT."""
    scale = HEIGHT / 2.0 / math.tan(FOV_RAD / 2.0) / 4.0
    color = pixels[round(HEIGHT / 2.0 - y * scale), round(WIDTH / 2.0 + x * scale)][:3]
    return {(True, False): "red", (False, True): "green", (False, False): "none"}.get(
        (bool(color[0] > 100), bool(color[1] > 100)), "both"
    )


def rig(
    count: int, *tracks: Track, parents: list[int] | None = None, skins: tuple[Skin, ...] = (), **more: object
) -> Rig:
    return Rig(
        names=("",) * count,
        parents=np.array(parents or [-1] * count, np.int32),
        matrices=np.tile(np.eye(4), (count, 1, 1)),
        translations=np.zeros((count, 3)),
        rotations=np.tile([0.0, 0.0, 0.0, 1.0], (count, 1)),
        scales=np.ones((count, 3)),
        skins=skins,
        clips=(Clip("clip", tracks),) if tracks else (),
        playing=(0,) if tracks else (),
        **more,  # type: ignore[arg-type]
    )


def line(node: int, path: TrackPath, *values: object, seconds: float = 1.0) -> Track:
    times = np.linspace(0.0, seconds, len(values), dtype=np.float32)
    return Track(node, path, Interpolation.LINEAR, times, np.array(values, np.float32))


def scene(meshes: tuple[Mesh, ...], nodes: tuple[Node, ...], made: Rig | None = None, **more: object) -> Scene:
    settings: dict[str, object] = {
        "materials": (RED, GREEN),
        "textures": (),
        "sun": NO_SUN,
        "ambient": NO_AMBIENT,
        "background": BLACK,
        **more,
    }
    return Scene("moving", meshes, nodes, rig=made, **settings)  # type: ignore[arg-type]


def small(material: int = 0) -> Mesh:
    return quad_mesh(material, size_m=0.6)


def test_a_node_moves_as_its_clip_says_and_begins_again(film: Callable[..., list[Pixels]]) -> None:
    moved = line(0, TrackPath.TRANSLATION, (-1.5, 0, 0), (1.5, 0, 0))
    pictures = film(
        scene((small(), small(1)), (Node("a", 0, np.eye(4), 0), Node("b", 1, placed(0, 1))), rig(1, moved)),
        (0.0, 0.5, 0.95, 1.0 + 1e-6),
    )
    assert [at(pixels, -1.5, 0.0) for pixels in pictures] == ["red", "none", "none", "red"]
    assert [at(pixels, 0.0, 0.0) for pixels in pictures] == ["none", "red", "none", "none"]
    assert [at(pixels, 1.35, 0.0) for pixels in pictures] == ["none", "none", "red", "none"]
    assert {at(pixels, 0.0, 1.0) for pixels in pictures} == {"green"}


def test_what_a_clip_only_holds_is_drawn_there_and_never_again(clocked_renderer: GlRenderer, clock: Clock) -> None:
    clock.now_s = 0.0
    held = line(0, TrackPath.TRANSLATION, (1.0, 0, 0), (1.0, 0, 0))
    handle = clocked_renderer.load(scene((small(),), (Node("a", 0, np.eye(4), 0),), rig(1, held)))
    try:
        assert at(clocked_renderer.draw(handle, FRONT).pixels, 1.0, 0.0) == "red"
        assert not clocked_renderer.changing(handle, FRONT)
    finally:
        clocked_renderer.unload(handle)


def test_children_go_along_with_what_they_hang_from(film: Callable[..., list[Pixels]]) -> None:
    turned = line(0, TrackPath.ROTATION, (0, 0, 0, 1), (0, 0, math.sin(math.pi / 4), math.cos(math.pi / 4)))
    made = rig(2, turned, parents=[-1, 0])
    made = replace(
        made, matrices=np.stack([np.eye(4), placed(1.2, 0.0)]), translations=np.array([[0, 0, 0], [1.2, 0, 0]])
    )
    pictures = film(scene((small(),), (Node("a", 0, placed(1.2, 0.0), 1),), made), (0.0, 0.9999))
    assert (at(pictures[0], 1.2, 0.0), at(pictures[0], 0.0, 1.2)) == ("red", "none")
    assert (at(pictures[1], 1.2, 0.0), at(pictures[1], 0.0, 1.2)) == ("none", "red")


@pytest.mark.parametrize("influences", [4, 8])
def test_a_skinned_mesh_is_where_numpy_puts_it(film: Callable[..., list[Pixels]], influences: int) -> None:
    """A strip of two joints, of which the second bends it upwards; its vertices are marked by small quads."""
    bind = np.stack([np.eye(4), placed(-0.5, 0.0)])
    skin = Skin(np.array([0, 1], np.int32), bind)
    bent = line(1, TrackPath.ROTATION, (0, 0, 0, 1), (0, 0, math.sin(math.pi / 4), math.cos(math.pi / 4)))
    made = rig(2, bent, parents=[-1, 0], skins=(skin,))
    made = replace(
        made, matrices=np.stack([np.eye(4), placed(0.5, 0.0)]), translations=np.array([[0, 0, 0], [0.5, 0, 0]])
    )
    centers = np.array([[-1.0, 0.0, 0.0], [0.5, 0.0, 0.0], [1.5, 0.0, 0.0]])
    share = np.array([0.0, 0.5, 1.0])
    quad = quad_mesh(size_m=0.3)
    joints = np.zeros((12, influences), np.uint16)
    weights = np.zeros((12, influences), np.float32)
    joints[:, influences - 1] = 1
    weights[:, influences - 1] = np.repeat(share, 4)
    weights[:, 0] = 1.0 - np.repeat(share, 4)
    mesh = Mesh(
        positions=np.concatenate([quad.positions + center for center in centers]).astype(np.float32),
        normals=np.tile(quad.normals, (3, 1)),
        triangles=np.concatenate([quad.triangles + 4 * index for index in range(3)]).astype(np.uint32),
        material=0,
        joints=joints,
        weights=weights,
    )
    world = np.eye(4)
    world[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]
    world[0, 3] = 0.5
    palette = np.stack([np.eye(4), world]) @ bind
    expected = [
        ((1.0 - part) * palette[0] + part * palette[1]) @ [*center, 1.0]
        for center, part in zip(centers, share, strict=True)
    ]
    # A skinned node's own matrix means nothing.
    still, bent_picture = film(scene((mesh,), (Node("arm", 0, placed(9.0), 0, skin=0),), made), (0.0, 0.9999))
    assert [at(still, x, y) for x, y, _ in centers] == ["red"] * 3
    assert [at(bent_picture, x, y) for x, y, _, _ in expected] == ["red"] * 3
    assert at(bent_picture, 1.5, 0.0) == "none"


def test_a_skin_that_never_moves_is_drawn_as_it_rests(film: Callable[..., list[Pixels]]) -> None:
    skin = Skin(np.array([0], np.int32), np.eye(4)[None])
    made = replace(rig(1, skins=(skin,)), matrices=placed(1.0, 0.5)[None])
    joints, weights = np.zeros((4, 4), np.uint16), np.tile(np.array([1, 0, 0, 0], np.float32), (4, 1))
    drawn = scene((replace(small(), joints=joints, weights=weights),), (Node("a", 0, np.eye(4), skin=0),), made)
    assert at(film(drawn)[0], 1.0, 0.5) == "red"
    assert prepare_scene(drawn).batches[0].key.placing is Placing.FIXED


def test_morph_targets_add_up_by_their_weights(film: Callable[..., list[Pixels]]) -> None:
    right, up = np.zeros((4, 3), np.float32), np.zeros((4, 3), np.float32)
    right[:, 0], up[:, 1] = 2.0, 1.0
    mesh = replace(small(), morphs=MorphTargets(np.stack([right, up])))
    moved = line(0, TrackPath.WEIGHTS, (0, 0), (0.5, 1.0))
    pictures = film(
        scene((mesh,), (Node("a", 0, np.eye(4), 0),), rig(1, moved, morph_weights=((0.0, 0.0),))), (0.0, 0.9999)
    )
    assert (at(pictures[0], 0.0, 0.0), at(pictures[0], 1.0, 1.0)) == ("red", "none")
    assert (at(pictures[1], 0.0, 0.0), at(pictures[1], 1.0, 1.0)) == ("none", "red")


def test_morph_targets_at_rest_need_no_clip(film: Callable[..., list[Pixels]]) -> None:
    right = np.zeros((1, 4, 3), np.float32)
    right[:, :, 0] = 2.0
    mesh = replace(small(), morphs=MorphTargets(right))
    pixels = film(scene((mesh,), (Node("a", 0, np.eye(4), 0),), rig(1, morph_weights=((0.5,),))))[0]
    assert (at(pixels, 0.0, 0.0), at(pixels, 1.0, 0.0)) == ("none", "red")


def test_morphed_normals_are_lit(film: Callable[..., list[Pixels]]) -> None:
    away = np.zeros((1, 4, 3), np.float32)
    away[:, :, 2] = -2.0
    mesh = replace(quad_mesh(), morphs=MorphTargets(np.zeros((1, 4, 3), np.float32), normals=away))
    moved = line(0, TrackPath.WEIGHTS, (0.0,), (1.0,))
    lit = scene(
        (mesh,),
        (Node("a", 0, np.eye(4), 0),),
        rig(1, moved, morph_weights=((0.0,),)),
        materials=(matte(),),
        sun=Sun((0.0, 0.0, -1.0), intensity=3.0),
    )
    before, after = film(lit, (0.0, 0.9999))
    assert before[24, 32, 0] > 150
    assert after[24, 32, 0] < 10


@pytest.mark.parametrize("instanced", [False, True])
def test_instances_are_drawn_where_they_are_placed(
    film: Callable[..., list[Pixels]], monkeypatch: pytest.MonkeyPatch, instanced: bool
) -> None:
    if instanced:
        monkeypatch.setattr(placing, "INSTANCED_FROM_BYTES", 0)
    places = np.stack([placed(x, y) for x, y in ((-1.0, 0.0), (1.0, 0.0), (0.0, 1.0))])
    moved = line(0, TrackPath.TRANSLATION, (0, 0, 0), (0, -1, 0))
    still = scene((small(), small(1)), (Node("a", 0, placed(0, -0.5), instances=places), Node("b", 1, placed(9))))
    moving = replace(still, nodes=(replace(still.nodes[0], matrix=np.eye(4), rig_node=0),), rig=rig(1, moved))
    assert (prepare_scene(still).batches[0].key.placing is Placing.INSTANCED) is instanced
    pixels = film(still)[0]
    assert [at(pixels, x, y - 0.5) for x, y in ((-1, 0), (1, 0), (0, 1), (0, 0))] == ["red", "red", "red", "none"]
    pictures = film(moving, (0.0, 0.9999))
    for pixels, y in zip(pictures, (0.0, -1.0), strict=True):
        assert [at(pixels, x, y) for x in (-1, 0, 1)] == ["red", "none", "red"]
        assert at(pixels, 0, y + 1.0) == "red"


def test_many_instances_are_one_call_and_only_those_in_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "INSTANCED_FROM_BYTES", 0)
    places = np.stack([placed(x, 0.0) for x in range(-50, 51)])
    prepared = prepare_scene(scene((small(),), (Node("a", 0, np.eye(4), instances=places),)))
    assert len(prepared.batches) == 1
    assert len(prepared.batches[0].positions) == 4
    assert prepared.batches[0].chunks.first.shape == (101, 1)


@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("instanced", [False, True])
def test_mirrored_nodes_show_their_front_and_are_lit_on_it(
    film: Callable[..., list[Pixels]], monkeypatch: pytest.MonkeyPatch, moving: bool, instanced: bool
) -> None:
    if instanced:
        monkeypatch.setattr(placing, "INSTANCED_FROM_BYTES", 0)
    mirror = placed(scale=(-1.0, 1.0, 1.0))
    made = None
    if moving:
        made = replace(
            rig(1, line(0, TrackPath.TRANSLATION, (0, 0, 0), (0, 0, 0.01))),
            matrices=mirror[None],
            scales=np.array([[-1.0, 1.0, 1.0]]),
        )
    nodes = (Node("a", 0, mirror, 0 if moving else None), Node("b", 0, placed(50.0)))
    lit = scene((quad_mesh(),), nodes, made, materials=(matte(),), sun=Sun((0.0, 0.0, -1.0), intensity=3.0))
    assert film(lit)[0][24, 32, 0] > 150
    behind = View(Pose((0.0, 0.0, -4.0), (0.0, 1.0, 0.0, 0.0)), FOV_RAD, WIDTH, HEIGHT)
    assert film(lit, view=behind)[0][24, 32, 0] == 0, "its back is culled"


def test_what_turns_inside_out_in_its_clip_is_lit_on_its_front_all_the_time(film: Callable[..., list[Pixels]]) -> None:
    made = rig(1, line(0, TrackPath.SCALE, (1, 1, 1), (-1, 1, 1)))
    lit = scene(
        (quad_mesh(),),
        (Node("a", 0, np.eye(4), 0),),
        made,
        materials=(matte(),),
        sun=Sun((0.0, 0.0, -1.0), intensity=3.0),
    )
    before, after = film(lit, (0.0, 0.9999))
    assert before[24, 32, 0] > 150
    assert after[24, 32, 0] == pytest.approx(int(before[24, 32, 0]), abs=2)


def test_each_visitor_sees_the_variant_that_was_chosen(clocked_renderer: GlRenderer) -> None:
    drawn = scene(
        (quad_mesh(0), small(1)),
        (Node("a", 0, np.eye(4), variant_materials=(0, 1)), Node("b", 1, placed(1.5, 0.0))),
        variants=("as it is", "green"),
    )
    handle = clocked_renderer.load(drawn)
    try:
        seen = [
            at(clocked_renderer.draw(handle, replace(FRONT, variant=variant)).pixels, 0, 0)
            for variant in (None, 0, 1, 7)
        ]
        assert seen == ["red", "red", "green", "red"]
        assert at(clocked_renderer.draw(handle, replace(FRONT, variant=1)).pixels, 1.5, 0.0) == "green"
    finally:
        clocked_renderer.unload(handle)


def test_lines_and_points_are_seen(film: Callable[..., list[Pixels]]) -> None:
    nothing = np.zeros((0, 3), np.uint32)
    ends = np.array([[-1.5, 0.5, 0], [1.5, 0.5, 0]], np.float32)
    toward = np.tile(np.array([0, 0, 1], np.float32), (2, 1))
    straight = Mesh(ends, toward, nothing, 0, lines=np.array([[0, 1]], np.uint32))
    dots = Mesh(ends - [0, 1, 0], toward, nothing, 1, points=np.array([0, 1], np.uint32))
    dots = replace(dots, positions=dots.positions.astype(np.float32))
    pixels = film(scene((straight, dots), (Node("line", 0, np.eye(4)), Node("dots", 1, np.eye(4)))))[0]
    assert (pixels[:, 32, 0] > 100).sum() == 1
    assert (pixels[:, :, 1] > 100).sum() == pytest.approx(2 * 9, abs=6)
    assert (at(pixels, -1.5, -0.5), at(pixels, 1.5, -0.5)) == ("green", "green")


def test_glass_that_moves_is_drawn_over_what_is_behind_it(film: Callable[..., list[Pixels]]) -> None:
    glass = replace(glowing((0.0, 1.0, 0.0)), base_color_factor=(0.0, 0.0, 0.0, 0.5), alpha_mode=AlphaMode.BLEND)
    red_glass = replace(glowing((1.0, 0.0, 0.0)), base_color_factor=(0.0, 0.0, 0.0, 0.5), alpha_mode=AlphaMode.BLEND)
    moved = line(0, TrackPath.TRANSLATION, (0, 0, 1), (0, 0, -1))
    drawn = scene(
        (quad_mesh(0), quad_mesh(1)),
        (Node("moves", 0, placed(0, 0, 1), 0), Node("stands", 1, np.eye(4))),
        rig(1, moved),
        materials=(glass, red_glass),
    )
    before, after = film(drawn, (0.0, 0.9999))
    assert before[24, 32, 1] > before[24, 32, 0] + 20
    assert after[24, 32, 0] > after[24, 32, 1] + 20


def test_it_changes_only_for_those_who_may_see_something_move(clocked_renderer: GlRenderer) -> None:
    moved = line(0, TrackPath.TRANSLATION, (-3, 0, 0), (-1, 0, 0))
    drawn = scene(
        (small(), small(1)),
        (Node("a", 0, np.eye(4), 0), Node("b", 1, np.eye(4))),
        rig(1, moved),
    )
    handle = clocked_renderer.load(drawn)
    try:
        aside = replace(FRONT, pose=Pose.from_yaw_pitch((3.0, 0.0, 4.0), math.radians(-30.0), 0.0))
        assert clocked_renderer.changing(handle, FRONT)
        assert not clocked_renderer.changing(handle, aside)
    finally:
        clocked_renderer.unload(handle)
    still = clocked_renderer.load(scene((small(),), (Node("a", 0, np.eye(4), 0),), rig(1)))
    assert not clocked_renderer.changing(still, FRONT)
    clocked_renderer.unload(still)


def test_it_changes_for_those_who_see_only_the_shadow_of_what_moves(clocked_renderer: GlRenderer) -> None:
    """It goes by above the picture; with the sun overhead its shadow falls into it, with the sun at its side not."""
    moved = line(0, TrackPath.TRANSLATION, (-1, 4, 0), (1, 4, 0))
    drawn = scene(
        (small(), small(1)),
        (Node("a", 0, np.eye(4), 0), Node("b", 1, placed(0, -1.5, 0))),
        rig(1, moved),
    )
    for direction, seen in (((0.0, -1.0, 0.0), True), ((-1.0, 0.0, 0.0), False)):
        handle = clocked_renderer.load(replace(drawn, sun=Sun(direction)))
        assert clocked_renderer.changing(handle, FRONT) is seen
        clocked_renderer.unload(handle)


def test_it_changes_for_all_where_a_light_is_carried_about(clocked_renderer: GlRenderer) -> None:
    moved = line(0, TrackPath.TRANSLATION, (0, 90, 0), (0, 91, 0))
    drawn = scene((small(),), (Node("stands", 0, np.eye(4)),), rig(1, moved))
    lamp = PunctualLight(LightKind.POINT, np.eye(4), intensity=100.0, rig_node=0)
    for lights, changes in (((lamp,), True), ((), False)):
        handle = clocked_renderer.load(replace(drawn, lights=lights))
        assert clocked_renderer.changing(handle, FRONT) is changes
        clocked_renderer.unload(handle)


def test_what_moves_is_left_out_where_it_is_out_of_view() -> None:
    moved = line(0, TrackPath.TRANSLATION, (0, 0, 0), (30, 0, 0))
    prepared = prepare_scene(scene((small(),), (Node("a", 0, np.eye(4), 0),), rig(1, moved)))
    assert prepared.low[0] < 0.0
    assert prepared.high[0] > 29.0
    animator = prepared.movement.animator
    assert animator is not None
    table = ChunkTable(prepared)
    clip_from_world = perspective(FOV_RAD, FRONT.aspect, 0.05, 200.0) @ FRONT.pose.view_matrix()
    drawn = []
    for time_s in (0.0, 0.05, 0.5):
        table.move(prepared.movement.palette(animator.pose_at(time_s)))
        drawn.append(table.draw_list(clip_from_world, FRONT.pose.position, None, None).triangles)
    assert drawn == [2, 2, 0]
    assert table.seen_moving(clip_from_world, None), "it comes back"


def test_instances_out_of_view_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "INSTANCED_FROM_BYTES", 0)
    places = np.stack([placed(4.0 * x, 0.0) for x in range(-50, 51)])
    table = ChunkTable(prepare_scene(scene((small(),), (Node("a", 0, np.eye(4), instances=places),))))
    clip_from_world = perspective(FOV_RAD, FRONT.aspect, 0.05, 200.0) @ FRONT.pose.view_matrix()
    draws = table.draw_list(clip_from_world, FRONT.pose.position, None, None)
    assert draws.opaque == [(0, 0, 1)]
    assert table.moving == 0
