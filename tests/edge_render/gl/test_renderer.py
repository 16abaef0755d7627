"""Pictures of tiny scenes whose pixels can be told in advance, drawn by real OpenGL."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.gl.capture import PLANES_MAX
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Fade, SceneHandle, View
from edge_render.scene import AlphaMode, Ambient, Material, Scene, Sun, TextureUse
from edge_render.tone import srgb_from_linear, tone_map
from tests.edge_render.gl.pictures import Pixels, drawn_once
from tests.edge_render.tiny_scenes import four_colors, glowing, matte, one_quad, placed, quads, turned_x

WIDTH, HEIGHT = 64, 48
FRONT = View(Pose((0.0, 0.0, 1.5), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), WIDTH, HEIGHT)
"""A quad of 2 m at the origin more than fills the picture from top to bottom."""
CENTER = (HEIGHT // 2, WIDTH // 2)


def picture(renderer: GlRenderer, scene: Scene, view: View = FRONT) -> Pixels:
    return drawn_once(renderer, scene, view)


def rgb(pixels: Pixels, at: tuple[int, int] = CENTER) -> list[int]:
    return [int(value) for value in pixels[at][:3]]


QUARTERS = {"red": (12, 20), "green": (12, 44), "blue": (36, 20), "white": (36, 44)}


def test_emitted_light_comes_out_as_srgb(renderer: GlRenderer) -> None:
    pixels = picture(renderer, quads([(glowing((0.5, 0.25, 0.0)), np.eye(4))]))
    # The sRGB curve of 0.5, 0.25 and 0, from the standard's table.
    assert rgb(pixels) == pytest.approx([188, 137, 0], abs=1)
    assert pixels.shape == (HEIGHT, WIDTH, 4)
    assert not pixels.flags.writeable


@pytest.mark.parametrize("size", [0.005, 1.0, 1000.0])
def test_models_of_a_centimetre_and_of_kilometres_are_seen_as_others(renderer: GlRenderer, size: float) -> None:
    scene = quads([(glowing((0.5, 0.25, 0.0)), placed(scale=(size, size, size)))])
    view = replace(FRONT, pose=Pose((0.0, 0.0, 1.5 * size), FRONT.pose.orientation))
    assert rgb(picture(renderer, scene, view)) == pytest.approx([188, 137, 0], abs=1)


def test_matte_surface_under_a_sun_that_shines_straight_at_it(renderer: GlRenderer) -> None:
    base = np.array([0.4, 0.2, 0.1])
    sun = Sun((0.0, 0.0, -1.0), color=(1.0, 1.0, 1.0), intensity=math.pi)
    pixels = picture(renderer, quads([(matte((0.4, 0.2, 0.1, 1.0)), np.eye(4))], sun=sun))
    # Looking along the light: Fresnel is 0.04, GGX of roughness 1 is 1/pi and the visibility term 1/4.
    light = base * 0.96 + 0.04 * 0.25
    assert rgb(pixels) == pytest.approx(255.0 * srgb_from_linear(tone_map(light)), abs=2)


def test_a_surface_that_faces_away_from_the_sun_gets_none_of_it(renderer: GlRenderer) -> None:
    pixels = picture(renderer, quads([(matte(), np.eye(4))], sun=Sun((0.0, 0.0, 1.0), intensity=10.0)))
    assert rgb(pixels) == [0, 0, 0]


def test_more_light_comes_from_the_sky_than_from_the_ground(renderer: GlRenderer) -> None:
    ambient = Ambient(sky=(0.6, 0.6, 0.6), ground=(0.1, 0.1, 0.1))
    above = View(Pose.from_yaw_pitch((0.0, 1.5, 0.0), 0.0, -math.pi / 2), FRONT.fov_y_rad, WIDTH, HEIGHT)
    below = View(Pose.from_yaw_pitch((0.0, -1.5, 0.0), 0.0, math.pi / 2), FRONT.fov_y_rad, WIDTH, HEIGHT)
    floor = quads([(matte(), turned_x(-math.pi / 2))], ambient=ambient)
    ceiling = quads([(matte(), turned_x(math.pi / 2))], ambient=ambient)
    assert rgb(picture(renderer, floor, above))[0] > rgb(picture(renderer, ceiling, below))[0] + 60


def test_first_row_is_the_top_and_textures_stand_upright(renderer: GlRenderer) -> None:
    material = glowing((1.0, 1.0, 1.0), emissive_texture=TextureUse(0))
    pixels = picture(renderer, quads([(material, np.eye(4))], textures=(four_colors(),)))
    for name, high in (("red", [0]), ("green", [1]), ("blue", [2]), ("white", [0, 1, 2])):
        color = rgb(pixels, QUARTERS[name])
        assert [channel for channel in range(3) if color[channel] > 150] == high, name


def test_a_mirrored_node_shows_its_front_mirrored(renderer: GlRenderer) -> None:
    material = glowing((1.0, 1.0, 1.0), emissive_texture=TextureUse(0))
    scene = quads([(material, placed(scale=(-1.0, 1.0, 1.0)))], textures=(four_colors(),))
    pixels = picture(renderer, scene)
    # What stands right in the texture is seen left, and the other way round.
    assert rgb(pixels, QUARTERS["red"])[1] > 150
    assert rgb(pixels, QUARTERS["green"])[0] > 150
    assert rgb(pixels, QUARTERS["red"])[0] < 50


@pytest.mark.parametrize("double_sided", [False, True])
def test_only_double_sided_surfaces_are_seen_from_behind(renderer: GlRenderer, double_sided: bool) -> None:
    behind = placed(scale=(-1.0, 1.0, -1.0))  # turned about Y by half a turn
    pixels = picture(renderer, quads([(glowing((0.5, 0.5, 0.5), double_sided=double_sided), behind)]))
    assert (rgb(pixels)[0] > 100) == double_sided


def test_a_double_sided_surface_is_lit_on_the_side_that_is_seen(renderer: GlRenderer) -> None:
    behind = placed(scale=(-1.0, 1.0, -1.0))
    front = quads([(matte(), np.eye(4))], sun=Sun((0.0, 0.0, -1.0), intensity=1.0))
    back = quads([(matte(double_sided=True), behind)], sun=Sun((0.0, 0.0, -1.0), intensity=1.0))
    assert rgb(picture(renderer, back)) == pytest.approx(rgb(picture(renderer, front)), abs=3)


def test_mask_cuts_holes(renderer: GlRenderer) -> None:
    cut = glowing((1.0, 1.0, 1.0), alpha_mode=AlphaMode.MASK, base_color_texture=TextureUse(0))
    pixels = picture(renderer, quads([(cut, np.eye(4))], textures=(four_colors(alpha_left=0),)))
    assert rgb(pixels, QUARTERS["red"]) == [0, 0, 0]
    assert rgb(pixels, QUARTERS["green"])[1] > 150


def glass(color: tuple[float, float, float], alpha: float) -> Material:
    return replace(glowing(color), base_color_factor=(0.0, 0.0, 0.0, alpha), alpha_mode=AlphaMode.BLEND)


def test_blend_lets_through_what_lies_behind(renderer: GlRenderer) -> None:
    wall = (glowing((0.0, 0.5, 0.0)), placed(z=-0.5))
    pane = (
        glass((0.5, 0.0, 0.0), 0.5),
        np.eye(4),
    )
    red, green, blue = rgb(picture(renderer, quads([pane, wall])))
    assert (red, green, blue) == pytest.approx((94, 94, 0), abs=2)


def test_the_order_of_nodes_does_not_matter(renderer: GlRenderer) -> None:
    """Near before far, glass before walls: the picture is the same."""

    def pane(color: tuple[float, float, float], z: float) -> tuple[Material, NDArray[np.float64]]:
        return glass(color, 0.5), placed(z=z)

    parts = [
        pane((0.6, 0.0, 0.0), 0.4),
        pane((0.0, 0.0, 0.6), 0.2),
        (glowing((0.0, 0.5, 0.0)), placed(z=-0.2)),
        (glowing((0.5, 0.5, 0.0)), placed(z=-0.6)),
    ]
    scenes = [quads(order) for order in (parts, parts[::-1], parts[2:] + parts[:2])]
    first, *others = (picture(renderer, scene) for scene in scenes)
    assert rgb(first)[0] > rgb(first)[2] > 0  # the nearest pane counts most
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_a_shadow_lies_where_the_sun_throws_it_and_nowhere_else(renderer: GlRenderer) -> None:
    slanted = Sun((math.sqrt(0.5), -math.sqrt(0.5), 0.0), intensity=3.0)
    floor = turned_x(-math.pi / 2) @ placed(scale=(4.0, 4.0, 1.0))
    shade = turned_x(-math.pi / 2, y=1.0) @ placed(scale=(0.25, 0.25, 1.0))
    above = View(Pose.from_yaw_pitch((0.0, 6.0, 0.0), 0.0, -math.pi / 2), math.radians(60.0), 240, 240)
    pixels = picture(renderer, quads([(matte(), floor), (matte(), shade)], sun=slanted), above)
    pixels_per_m = 240 / (2 * 6.0 * math.tan(math.radians(30.0)))

    def brightness(x_m: float) -> int:
        return rgb(pixels, (120, round(120 + x_m * pixels_per_m)))[0]

    lit = brightness(-2.0)
    assert lit > 100
    assert brightness(1.0) == 0  # 1 m high, 45 degrees: 1 m aside
    for x_m in (-1.0, -0.6, 0.6, 1.4, 2.0):  # no acne on lit floor, and a shadow that is not too wide
        assert brightness(x_m) == pytest.approx(lit, abs=2), x_m


def test_a_shadow_begins_where_things_stand(renderer: GlRenderer) -> None:
    """No light leaks under a wall that stands on the floor."""
    toward_wall = Sun((0.0, -math.sqrt(0.5), -math.sqrt(0.5)), intensity=3.0)
    floor = turned_x(-math.pi / 2) @ placed(scale=(3.0, 3.0, 1.0))
    wall = placed(y=0.5, scale=(1.0, 0.5, 1.0))
    above = View(Pose.from_yaw_pitch((0.0, 6.0, 0.0), 0.0, -math.pi / 2), math.radians(60.0), 480, 480)
    pixels = picture(renderer, quads([(matte(), floor), (matte(), wall)], sun=toward_wall), above)
    pixels_per_m = 480 / (2 * 6.0 * math.tan(math.radians(30.0)))
    shadow = [rgb(pixels, (round(240 - z_m * pixels_per_m), 240))[0] for z_m in (0.06, 0.1, 0.3, 0.6, 0.9)]
    assert shadow == [0, 0, 0, 0, 0]


def test_still_pictures_of_a_gpu_smooth_their_edges() -> None:
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=1))
    half_turned = np.eye(4)
    half_turned[:2, :2] = [[math.cos(0.3), -math.sin(0.3)], [math.sin(0.3), math.cos(0.3)]]
    scene = quads([(glowing((0.7, 0.7, 0.7)), half_turned @ placed(scale=(0.4, 0.4, 1.0)))])
    live = picture(renderer, scene)
    still = picture(renderer, scene, replace(FRONT, still=True))
    renderer.close()
    assert len(np.unique(still[..., 0])) > len(np.unique(live[..., 0]))
    assert rgb(still) == rgb(live)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (66, 50), (70, 46)])
def test_i420_is_the_same_picture(renderer: GlRenderer, width: int, height: int) -> None:
    material = glowing((0.8, 0.6, 0.4), emissive_texture=TextureUse(0))
    scene = quads([(material, np.eye(4))], textures=(four_colors(),))
    view = replace(FRONT, width=width, height=height)
    red, green, blue = (picture(renderer, scene, view)[..., channel].astype(float) for channel in range(3))
    planar = GlRenderer(GlContext.open(), PixelFormat.I420)
    try:
        planes = picture(planar, scene, view).reshape(-1).astype(float)
    finally:
        planar.close()
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    area = width * height

    def halved(values: NDArray[np.float64]) -> NDArray[np.float64]:
        averaged: NDArray[np.float64] = values.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        return averaged

    expected_u = 128.0 + halved(blue - luma) / 1.8556 * 224.0 / 255.0
    expected_v = 128.0 + halved(red - luma) / 1.5748 * 224.0 / 255.0
    assert len(planes) == area * 3 // 2
    np.testing.assert_allclose(planes[:area].reshape(height, width), 16.0 + luma * 219.0 / 255.0, atol=1.5)
    np.testing.assert_allclose(planes[area : area * 5 // 4].reshape(height // 2, -1), expected_u, atol=1.5)
    np.testing.assert_allclose(planes[area * 5 // 4 :].reshape(height // 2, -1), expected_v, atol=1.5)


def test_however_many_sizes_are_drawn_in_no_more_is_kept_than_for_a_few() -> None:
    planar = GlRenderer(GlContext.open(), PixelFormat.I420)
    try:
        handle = planar.load(one_quad())
        first = planar.draw(handle, FRONT).pixels
        for step in range(1, 2 * PLANES_MAX):
            planar.draw(handle, replace(FRONT, width=WIDTH + 2 * step))
        assert len(planar._capture._planes) == PLANES_MAX
        np.testing.assert_array_equal(planar.draw(handle, FRONT).pixels, first)
    finally:
        planar.close()


def test_two_scenes_live_side_by_side_and_one_can_go(renderer: GlRenderer) -> None:
    red = renderer.load(quads([(glowing((0.5, 0.0, 0.0)), np.eye(4))]))
    blue = renderer.load(quads([(glowing((0.0, 0.0, 0.5)), np.eye(4))]))
    assert rgb(renderer.draw(red, FRONT).pixels) == pytest.approx([188, 0, 0], abs=1)
    kept = renderer.draw(blue, FRONT).pixels
    renderer.unload(red)
    with pytest.raises(RendererError, match="not loaded"):
        renderer.draw(red, FRONT)
    assert rgb(renderer.draw(blue, FRONT).pixels) == rgb(kept) == pytest.approx([0, 0, 188], abs=1)
    renderer.unload(blue)


@pytest.mark.parametrize("quality", [RenderQuality(), RenderQuality.for_software()])
def test_a_fade_lays_the_old_picture_over_the_new_one(quality: RenderQuality) -> None:
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, quality)
    try:
        red = renderer.load(quads([(glowing((0.5, 0.0, 0.0)), np.eye(4))]))
        blue = renderer.load(quads([(glowing((0.0, 0.0, 0.5)), np.eye(4))]))
        for share in (0.0, 0.25, 1.0):
            view = replace(FRONT, fade=Fade(red, FRONT.pose, FRONT.fov_y_rad, share))
            mixed = [188 * (1.0 - share), 0, 188 * share]
            assert rgb(renderer.draw(blue, view).pixels) == pytest.approx(mixed, abs=1)
        renderer.unload(red)
        assert rgb(renderer.draw(blue, view).pixels) == pytest.approx([0, 0, 188], abs=1), "there is nothing to fade"
    finally:
        renderer.close()


def test_a_load_that_is_cancelled_leaves_the_others_as_they_are(renderer: GlRenderer) -> None:
    red = renderer.load(quads([(glowing((0.5, 0.0, 0.0)), np.eye(4))]))
    loading = renderer.begin_load(quads([(glowing((0.0, 0.0, 0.5)), np.eye(4))]), lambda: None)
    assert loading.step() < 1.0
    loading.cancel()
    assert rgb(renderer.draw(red, FRONT).pixels) == pytest.approx([188, 0, 0], abs=1)
    with pytest.raises(RendererError, match="not loaded"):
        renderer.draw(loading.handle, FRONT)
    renderer.unload(red)


def test_pictures_belong_to_the_caller(renderer: GlRenderer) -> None:
    red = renderer.load(quads([(glowing((0.5, 0.0, 0.0)), np.eye(4))]))
    first = renderer.draw(red, FRONT).pixels
    before = first.copy()
    renderer.draw(red, replace(FRONT, pose=Pose((50.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))))
    np.testing.assert_array_equal(first, before)
    renderer.unload(red)


@pytest.mark.parametrize(("width", "height"), [(63, 48), (64, 47), (0, 0)])
def test_odd_or_empty_pictures_are_refused(renderer: GlRenderer, width: int, height: int) -> None:
    handle = renderer.load(one_quad())
    with pytest.raises(RendererError, match="even"):
        renderer.draw(handle, replace(FRONT, width=width, height=height))
    renderer.unload(handle)


def test_an_empty_scene_shows_its_background(renderer: GlRenderer) -> None:
    empty = Scene("empty", (), (), (), (), background=(0.5, 0.25, 0.0))
    assert rgb(picture(renderer, empty)) == pytest.approx([188, 137, 0], abs=1)


def test_a_model_without_anything_to_draw_shows_its_background_alone(renderer: GlRenderer) -> None:
    """It is no reason to fail."""
    empty = Scene(name="empty", meshes=(), nodes=(), materials=(Material("default"),), textures=())
    view = View(Pose((0.0, 1.6, 0.0), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), 32, 24)
    pixels = picture(renderer, empty, view)
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) == 1
    assert pixels[0, 0, 2] > pixels[0, 0, 0], "the background is a light blue"


def test_other_threads_run_while_a_picture_is_drawn(renderer: GlRenderer) -> None:
    """The event loop sends video meanwhile: drawing must not hold the interpreter lock."""
    layers = [(glass((0.1, 0.1, 0.1), 0.1), placed(z=-0.01 * layer)) for layer in range(60)]
    handle: SceneHandle = renderer.load(quads(layers))
    large = replace(FRONT, width=1280, height=720)
    renderer.draw(handle, large)
    drawing, done = threading.Event(), threading.Event()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        drawing.wait()
        # Waiting lets go of the lock and must get it back for each tick, as an event loop does.
        while not done.wait(0.0005):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    drawing.set()
    renderer.draw(handle, large)
    done.set()
    ticker.join()
    renderer.unload(handle)
    # A drawing of hundreds of milliseconds that kept the lock would leave room for a handful.
    assert ticks >= 20
