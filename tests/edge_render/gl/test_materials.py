"""What glTF's material extensions, lights and light from all around do to pixels that can be told in advance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_render.environment.brdf import brdf_table
from edge_render.environment.prefilter import prefilter
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.materials import SURFACE_BYTES, surface_stride
from edge_render.gl.renderer import GlRenderer
from edge_render.gl.texture_units import given_up_for
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from edge_render.scene import (
    AlphaMode,
    Ambient,
    Clearcoat,
    EnvironmentLight,
    LightKind,
    Lightmap,
    Material,
    PunctualLight,
    Scene,
    Sheen,
    Specular,
    Sun,
    Texture,
    TextureUse,
    Transmission,
    UvTransform,
    Wrap,
)
from edge_render.tone import srgb_from_linear, tone_map
from tests.edge_render.gl.pictures import Pixels, drawn_once
from tests.edge_render.tiny_scenes import NO_SUN, four_colors, glowing, matte, placed, quads, turned_x

SIZE = 64
FRONT = View(Pose((0.0, 0.0, 1.5), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), SIZE, SIZE)
MIDDLE = (SIZE // 2, SIZE // 2)
GREY = 0.5


@pytest.fixture(scope="module", params=[True, False], ids=["a copy", "a tint"])
def each_glass(request: pytest.FixtureRequest) -> Iterator[GlRenderer]:
    """By either way in which glass shows what is behind it."""
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=4, rough_glass=request.param))
    yield made
    made.close()


def picture(renderer: GlRenderer, scene: Scene) -> Pixels:
    return drawn_once(renderer, scene, FRONT)[..., :3]


def light_at(pixels: Pixels, at: tuple[int, int] = MIDDLE) -> NDArray[np.float64]:
    """The light that a pixel was made of, by a table of what grey light comes out as; for light below 0.76."""
    light = np.linspace(0.0, 0.76, 4000)
    told = srgb_from_linear(tone_map(np.repeat(light[:, None], 3, axis=1)))[:, 0] * 255.0
    return np.interp(pixels[at].astype(np.float64), told, light)


def shown(light: tuple[float, float, float]) -> NDArray[np.float64]:
    """What light comes out as, 0 to 255."""
    return srgb_from_linear(tone_map(light)) * 255.0


def uniform(light: float = GREY) -> EnvironmentLight:
    return prefilter(np.full((128, 256, 3), light, np.float32))


def halves() -> EnvironmentLight:
    """Red before a visitor with yaw 0, green behind, blue on the left, white on the right: a quarter each."""
    colors = np.array([[0, 0.5, 0], [0, 0, 0.5], [0.5, 0, 0], [0.5, 0.5, 0.5], [0, 0.5, 0]], np.float32)
    quarter = np.clip((np.arange(256) + 32) // 64, 0, 4)
    return prefilter(np.broadcast_to(colors[quarter], (128, 256, 3)).copy())


def metal(roughness: float, color: float = 1.0) -> Material:
    return Material("metal", (color, color, color, 1.0), metallic_factor=1.0, roughness_factor=roughness)


def dark(**more: object) -> Material:
    """Black and rough, and no metal."""
    return matte((0.0, 0.0, 0.0, 1.0), **more)


# --- light from all around ------------------------------------------------------------------------


@pytest.mark.parametrize("material", [matte(), metal(0.1), metal(0.5), metal(1.0), metal(0.5, 0.6)])
@pytest.mark.parametrize("tilt", [0.0, 1.2])
def test_in_a_white_furnace_nothing_white_is_seen(renderer: GlRenderer, material: Material, tilt: float) -> None:
    """What absorbs nothing gives back the light that is all around, at any roughness and angle."""
    scene = replace(quads([(material, turned_x(-tilt))]), environment=uniform())
    expected = GREY if material.base_color_factor[0] == 1.0 else None
    got = light_at(picture(renderer, scene))
    if expected is not None:
        assert got == pytest.approx(expected, rel=0.04)
    else:
        assert 0.55 * GREY < got[0] < 0.66 * GREY


def test_a_mirror_shows_what_is_behind_the_visitor(renderer: GlRenderer) -> None:
    scene = replace(quads([(metal(0.0), np.eye(4))]), environment=halves())
    assert picture(renderer, scene)[MIDDLE] == pytest.approx(shown((0.0, 0.5, 0.0)), abs=3)


@pytest.mark.parametrize(
    ("rotation_deg", "color"),
    [(0.0, (0.5, 0.0, 0.0)), (90.0, (0.5, 0.5, 0.5)), (-90.0, (0.0, 0.0, 0.5)), (180.0, (0.0, 0.5, 0.0))],
)
def test_the_environment_is_seen_where_nothing_is_and_turns_to_the_left(
    renderer: GlRenderer, rotation_deg: float, color: tuple[float, float, float]
) -> None:
    """Turned to the left by a quarter, what was on the right lies ahead."""
    environment = replace(halves(), rotation_rad=math.radians(rotation_deg))
    scene = replace(quads([]), environment=environment)
    assert picture(renderer, scene)[MIDDLE] == pytest.approx(shown(color), abs=3)


def test_an_environment_that_is_not_shown_lights_before_the_background(renderer: GlRenderer) -> None:
    scene = replace(quads([(matte(), placed(z=-2.0))], size_m=1.0), environment=replace(uniform(), shown=False))
    pixels = picture(renderer, scene)
    assert light_at(pixels) == pytest.approx(GREY, rel=0.04)
    assert list(pixels[2, 2]) == [0, 0, 0]


def test_intensity_and_exposure_of_an_environment_multiply(renderer: GlRenderer) -> None:
    environment = replace(uniform(0.1), intensity=2.0)
    scene = replace(quads([(matte(), np.eye(4))]), environment=environment, exposure=1.5)
    assert light_at(picture(renderer, scene)) == pytest.approx(0.3, rel=0.04)


# --- punctual lights ------------------------------------------------------------------------------


def lamp(kind: LightKind = LightKind.POINT, z: float = 1.0, **more: object) -> PunctualLight:
    return PunctualLight(kind, placed(z=z), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("z", "expected"), [(1.0, 1.0), (2.0, 0.25)])
def test_a_point_light_falls_off_with_the_square_of_its_distance(
    renderer: GlRenderer, z: float, expected: float
) -> None:
    scene = replace(quads([(matte(), np.eye(4))]), lights=(lamp(z=z, intensity=1.5),))
    # A matte surface reflects albedo / pi; the rest of the dielectric's light is a few percent.
    assert light_at(picture(renderer, scene)) == pytest.approx(1.5 / math.pi * expected, rel=0.06)


def test_a_light_reaches_no_further_than_its_range(renderer: GlRenderer) -> None:
    scene = replace(quads([(matte(), np.eye(4))]), lights=(lamp(z=2.0, intensity=4.0, range_m=1.9),))
    assert not picture(renderer, scene).any()


def test_a_spot_lights_its_cone_alone(renderer: GlRenderer) -> None:
    cone = {"inner_cone_rad": 0.2, "outer_cone_rad": 0.3}
    scene = replace(quads([(matte(), np.eye(4))]), lights=(lamp(LightKind.SPOT, intensity=1.5, **cone),))
    pixels = picture(renderer, scene)
    assert light_at(pixels) == pytest.approx(1.5 / math.pi, rel=0.06)
    edge_px = int(SIZE / 2 * math.tan(0.3) / (1.5 * math.tan(math.radians(30.0))))
    assert pixels[SIZE // 2, SIZE // 2 + edge_px - 3].any()
    assert not pixels[SIZE // 2, SIZE // 2 + edge_px + 3].any()


def test_a_directional_light_is_as_a_sun(renderer: GlRenderer) -> None:
    quad = quads([(matte(), np.eye(4))])
    by_sun = replace(quad, sun=Sun((0.0, 0.0, -1.0), (1.0, 1.0, 1.0), 1.2))
    by_light = replace(quad, lights=(lamp(LightKind.DIRECTIONAL, intensity=1.2),))
    assert np.array_equal(picture(renderer, by_sun), picture(renderer, by_light))


def test_of_many_lights_those_that_are_brightest_here_shine(renderer: GlRenderer) -> None:
    far = tuple(PunctualLight(LightKind.POINT, placed(x=50.0 + k, z=50.0), intensity=2.0) for k in range(40))
    near = lamp(intensity=1.0)
    quad = quads([(matte(), np.eye(4))])
    alone = light_at(picture(renderer, replace(quad, lights=(near,))))
    among = light_at(picture(renderer, replace(quad, lights=(*far, near))))
    assert among == pytest.approx(alone, rel=0.02)


# --- materials ------------------------------------------------------------------------------------


def test_unlit_is_its_colour_whatever_the_light(renderer: GlRenderer) -> None:
    linear = (0.2, 0.5, 0.9)
    material = Material("unlit", (*linear, 1.0), unlit=True)
    scene = replace(quads([(material, np.eye(4))], sun=Sun((0.0, 0.0, -1.0)), ambient=Ambient()), exposure=3.0)
    expected = np.rint(srgb_from_linear(linear) * 255.0)
    assert np.abs(picture(renderer, scene)[MIDDLE] - expected).max() <= 1


def test_emission_may_be_stronger_than_one(renderer: GlRenderer) -> None:
    told = [picture(renderer, quads([(glowing((k, 0.0, 0.0)), np.eye(4))]))[MIDDLE] for k in (1.0, 4.0)]
    for strength, got in zip((1.0, 4.0), told, strict=True):
        expected = srgb_from_linear(tone_map((strength, 0.0, 0.0))) * 255.0
        assert np.abs(got - expected).max() <= 2


def corners(pixels: Pixels) -> str:
    """The colours at the four corners of a quad: top left, top right, bottom left, bottom right."""
    names = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (255, 255, 255): "w", (0, 0, 0): "-"}
    low, high = SIZE // 4, 3 * SIZE // 4
    at = [(low, low), (low, high), (high, low), (high, high)]
    return "".join(names[tuple(255 if value > 128 else 0 for value in pixels[place])] for place in at)


@pytest.mark.parametrize(
    ("transform", "seen"),
    [
        (None, "rgbw"),
        (UvTransform(offset=(0.5, 0.0)), "grwb"),
        (UvTransform(offset=(0.0, 0.5)), "bwrg"),
        (UvTransform(scale=(0.5, 0.5)), "rrrr"),
        (UvTransform(offset=(0.5, 0.5), scale=(0.5, 0.5)), "wwww"),
        # Texture coordinates turn counter-clockwise, so that the picture turns clockwise.
        (UvTransform(offset=(0.0, 1.0), rotation_rad=math.pi / 2), "brwg"),
    ],
)
def test_texture_coordinates_are_scaled_turned_and_moved(
    renderer: GlRenderer, transform: UvTransform | None, seen: str
) -> None:
    material = Material("m", unlit=True, base_color_texture=TextureUse(0, transform=transform))
    scene = quads([(material, np.eye(4))], textures=(four_colors(),))
    assert corners(picture(renderer, scene)) == seen


def with_second_uvs(scene: Scene) -> Scene:
    """The second set of texture coordinates is the first one, mirrored from left to right."""
    meshes = [replace(mesh, uvs_1=mesh.uvs * [-1, 1] + [1, 0]) for mesh in scene.meshes if mesh.uvs is not None]
    return replace(scene, meshes=tuple(replace(mesh, uvs_1=mesh.uvs_1.astype(np.float32)) for mesh in meshes))


def test_a_texture_may_lie_on_the_second_coordinates(renderer: GlRenderer) -> None:
    material = Material("m", unlit=True, base_color_texture=TextureUse(0, uv_set=1))
    scene = with_second_uvs(quads([(material, np.eye(4))], textures=(four_colors(),)))
    assert corners(picture(renderer, scene)) == "grwb"


def test_a_lightmap_takes_the_place_of_ambient_light(renderer: GlRenderer) -> None:
    scene = with_second_uvs(quads([(matte(), np.eye(4))], textures=(four_colors(),), ambient=Ambient()))
    scene = replace(scene, lightmaps=(Lightmap(0, frozenset(), 0.6),))
    pixels = picture(renderer, scene)
    assert corners(pixels) == "grwb"
    # Beside the light of the map there is only the reflection of a dielectric.
    assert light_at(pixels, (SIZE // 4, 3 * SIZE // 4))[0] == pytest.approx(0.6, abs=0.06)


def test_a_lightmap_lights_only_the_nodes_that_it_names(renderer: GlRenderer) -> None:
    parts = [(matte(), placed(x=-0.5)), (matte(), placed(x=0.5))]
    scene = with_second_uvs(quads(parts, textures=(four_colors(),), size_m=1.0))
    pixels = picture(renderer, replace(scene, lightmaps=(Lightmap(0, frozenset({"quad 1"})),)))
    assert not pixels[SIZE // 2, SIZE // 4].any()
    assert pixels[SIZE // 2, 3 * SIZE // 4].any()


@pytest.mark.parametrize(("ior", "expected"), [(1.5, 0.04), (2.0, 1.0 / 9.0), (1.0, 0.0)])
def test_the_index_of_refraction_says_how_much_is_reflected(renderer: GlRenderer, ior: float, expected: float) -> None:
    material = Material("m", (0.0, 0.0, 0.0, 1.0), 0.0, 0.0, ior=ior)
    scene = replace(quads([(material, np.eye(4))]), environment=uniform(0.7))
    assert light_at(picture(renderer, scene))[0] == pytest.approx(0.7 * expected, abs=0.01)


def test_specular_dims_and_tints_what_a_dielectric_reflects(renderer: GlRenderer) -> None:
    material = Material("m", (0.0, 0.0, 0.0, 1.0), 0.0, 0.0, ior=2.0, specular=Specular(0.5, None, (1.0, 0.5, 0.0)))
    scene = replace(quads([(material, np.eye(4))]), environment=uniform(0.75))
    got = picture(renderer, scene)[MIDDLE]
    expected = srgb_from_linear(tone_map(0.75 / 18.0 * np.array([1.0, 0.5, 0.0]))) * 255.0
    assert np.abs(got - expected).max() <= 6


def test_a_clearcoat_reflects_over_what_it_covers(renderer: GlRenderer) -> None:
    """Four percent of what is all around come from the coat, and so much less from below."""
    below = matte((0.5, 0.5, 0.5, 1.0))
    coated = replace(below, clearcoat=Clearcoat(factor=1.0))
    scenes = [replace(quads([(m, np.eye(4))]), environment=uniform()) for m in (below, coated)]
    bare, with_coat = (light_at(picture(renderer, scene))[0] for scene in scenes)
    assert with_coat == pytest.approx(0.96 * bare + 0.04 * GREY, abs=0.01)


def test_sheen_adds_its_albedo(renderer: GlRenderer) -> None:
    material = dark(sheen=Sheen((1.0, 1.0, 1.0), None, 0.8), specular=Specular(0.0))
    tilt = 1.0
    scene = replace(quads([(material, turned_x(-tilt))]), environment=uniform(0.7))
    table = brdf_table()
    albedo = table[int(0.8 * len(table)), int(math.cos(tilt) * len(table)), 2]
    assert light_at(picture(renderer, scene))[0] == pytest.approx(0.7 * albedo, abs=0.02)


def test_glass_shows_what_is_behind_in_its_colour(each_glass: GlRenderer) -> None:
    renderer = each_glass
    glass = Material("glass", (0.25, 1.0, 1.0, 1.0), 0.0, 0.0, transmission=Transmission(1.0))
    behind = Material("behind", (0.5, 0.5, 0.5, 1.0), unlit=True)
    scene = quads([(glass, placed(z=0.5)), (behind, np.eye(4))])
    got = picture(renderer, scene)[MIDDLE] / 255.0
    whole = srgb_from_linear(np.array([0.5 * 0.25, 0.5, 0.5]))
    # Less what the surface reflects, about four percent, and what tone mapping takes of light that is mixed before it.
    assert got == pytest.approx(whole, abs=0.07)


def test_half_transmitting_glass_is_as_bright_by_a_tint_as_by_a_copy() -> None:
    """What is sent to a screen is no light: added up as it is, half of a wall and half of it again were a brighter
    one."""
    glass = Material("glass", (1.0, 1.0, 1.0, 1.0), 0.0, 1.0, transmission=Transmission(0.5))
    behind = Material("behind", (0.3, 0.3, 0.3, 1.0), unlit=True)
    scene = replace(quads([(glass, placed(z=0.5)), (behind, np.eye(4))]), ambient=Ambient((0.4,) * 3, (0.4,) * 3))
    seen = []
    for rough_glass in (True, False):
        made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=1, rough_glass=rough_glass))
        try:
            seen.append(picture(made, scene)[MIDDLE].astype(int))
        finally:
            made.close()
    assert seen[0] == pytest.approx(seen[1], abs=8)


@pytest.mark.parametrize(("roughness", "blurred"), [(0.0, False), (0.6, True)])
def test_rough_glass_blurs_where_there_is_time_for_it(roughness: float, blurred: bool) -> None:
    """Half of what is behind is white, half is black: seen through rough glass, the edge is soft."""
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=1))
    glass = Material("glass", (1.0, 1.0, 1.0, 1.0), 0.0, roughness, transmission=Transmission(1.0))
    white = Material("white", unlit=True)
    try:
        pixels = picture(made, quads([(glass, placed(z=0.5)), (white, placed(x=1.0))]))
    finally:
        made.close()
    row = pixels[SIZE // 2, :, 0].astype(int)
    steps = int(np.abs(np.diff(row)).max())
    assert (steps < 60) if blurred else (steps > 180)


def test_glass_in_a_cut_out_and_in_a_blend_is_drawn(each_glass: GlRenderer) -> None:
    renderer = each_glass
    for mode in (AlphaMode.MASK, AlphaMode.BLEND):
        glass = Material("glass", (1.0, 1.0, 1.0, 0.8), 0.0, 0.0, alpha_mode=mode, transmission=Transmission(1.0))
        behind = Material("behind", (0.5, 0.5, 0.5, 1.0), unlit=True)
        scene = quads([(glass, placed(z=0.5)), (behind, np.eye(4))])
        assert picture(renderer, scene)[MIDDLE] == pytest.approx(srgb_from_linear(0.5) * 255.0, abs=12)


def bumps(x: float, y: float) -> Texture:
    """A normal map that leans everywhere by so much to the right (+u) and upwards (-v)."""
    normal = np.array([x, y, math.sqrt(1.0 - x * x - y * y)])
    texel = np.append(np.rint((normal + 1.0) * 127.5), 255).astype(np.uint8)
    return Texture("bumps", np.broadcast_to(texel, (4, 4, 4)).copy())


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("bump", "sun"), [((0.6, 0.0), (-1.0, 0.0, 0.0)), ((0.0, 0.6), (0.0, -1.0, 0.0))])
def test_bumps_lean_as_their_texture_says(
    renderer: GlRenderer, bump: tuple[float, float], sun: tuple[float, float, float], mirrored: bool
) -> None:
    """+X of a normal map is the way that u grows, and +Y up in the picture: there they face the light. A mirrored
    node's picture is mirrored, and its bumps with it."""
    material = matte(normal_texture=TextureUse(0))
    matrix = placed(scale=(-1.0 if mirrored else 1.0, 1.0, 1.0))
    facing = picture(renderer, quads([(material, matrix)], textures=(bumps(*bump),), sun=Sun(sun)))
    x_turns = mirrored and bump[0] != 0.0
    assert (facing[MIDDLE][0] > 60) == (not x_turns)


def test_nothing_is_lit_without_light(renderer: GlRenderer) -> None:
    every = Material(
        "all",
        (0.5, 0.5, 0.5, 1.0),
        0.5,
        0.5,
        ior=1.4,
        specular=Specular(0.5),
        clearcoat=Clearcoat(1.0),
        sheen=Sheen((1.0, 1.0, 1.0), None, 0.5),
    )
    assert not picture(renderer, quads([(every, np.eye(4))], sun=NO_SUN)).any()


@pytest.mark.parametrize("alignment", [4, 16, 64, 256])
def test_constants_of_materials_begin_where_every_device_lets_blocks_begin(alignment: int) -> None:
    """NVIDIA wants multiples of 256 bytes, llvmpipe takes 16."""
    stride = surface_stride(alignment)
    assert stride % alignment == 0
    assert SURFACE_BYTES <= stride < SURFACE_BYTES + alignment


def test_a_normal_of_no_length_faces_who_looks(renderer: GlRenderer) -> None:
    """Broken exporters write them; what is made of NaN would be black, or anything at all."""
    scene = replace(quads([(matte(), np.eye(4))]), environment=uniform())
    broken = replace(scene.meshes[0], normals=np.zeros((4, 3), np.float32))
    got = picture(renderer, replace(scene, meshes=(broken,)))
    assert got[MIDDLE] == pytest.approx(picture(renderer, scene)[MIDDLE], abs=2)


@pytest.mark.parametrize(
    ("transform", "lean"),
    [
        (UvTransform(), (0.6, 0.0)),
        (UvTransform(rotation_rad=math.pi / 2), (0.0, -0.6)),
        (UvTransform(scale=(-1.0, 1.0)), (-0.6, 0.0)),
    ],
    ids=["as it is", "turned", "mirrored"],
)
def test_a_normal_map_that_is_turned_takes_its_normals_along(
    renderer: GlRenderer, transform: UvTransform, lean: tuple[float, float]
) -> None:
    """Where the picture lies on its side, what leans to its right leans up or down."""
    turned = matte(normal_texture=TextureUse(0, transform=transform))
    scene = quads([(turned, np.eye(4))], textures=(bumps(0.6, 0.0),))
    lit = []
    for x, y in (lean, (-lean[0], -lean[1])):
        lit.append(picture(renderer, replace(scene, sun=Sun((-x, -y, -0.8))))[MIDDLE][0])
    assert int(lit[0]) > 1.5 * int(lit[1])


EVERY_MAP = ("BASE", "METAL_ROUGH", "NORMAL", "OCCLUSION", "EMISSIVE", "SPECULAR", "SPECULAR_COLOR", "COAT")
EVERY_MAP += ("COAT_ROUGH", "COAT_NORMAL", "SHEEN_COLOR", "SHEEN_ROUGH", "TRANSMISSION", "LIGHT")
EVERYTHING = frozenset({"HAS_ENVIRONMENT", "SEES_BEHIND", "SUN", "CASCADES 3", "MOVING_SHADOWS", "HAS_OPENNESS"})
EVERYTHING |= {f"HAS_{name}_MAP" for name in EVERY_MAP}


def test_what_a_device_of_few_texture_units_leaves_out_is_what_is_missed_least() -> None:
    """All of it looks up 24 textures; each step gives up no more than it must."""
    assert given_up_for(EVERYTHING, 32) == given_up_for(EVERYTHING, 24) == frozenset()
    assert given_up_for(EVERYTHING, 23) == {"HAS_OPENNESS"}
    assert given_up_for(EVERYTHING, 20) == {"HAS_OPENNESS", "CASCADES 3"}
    at_least = given_up_for(EVERYTHING, 16)
    assert at_least > given_up_for(EVERYTHING, 20)
    assert not at_least & {"HAS_BASE_MAP", "HAS_NORMAL_MAP", "HAS_METAL_ROUGH_MAP", "HAS_ENVIRONMENT", "SUN"}
    assert len(at_least) == 6


def test_reflections_of_the_nearer_level_are_close_to_those_in_between(renderer: GlRenderer) -> None:
    """As on the software rung: a roughness of 5/12 lies in the middle between two levels."""
    scene = replace(quads([(metal(5 / 12), turned_x(-0.5))]), environment=halves())
    quick = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(trilinear=False))
    try:
        near, between = (picture(one, scene)[MIDDLE].astype(int) for one in (quick, renderer))
    finally:
        quick.close()
    assert near == pytest.approx(between, abs=12)
    assert near.max() > 60


def test_a_material_with_every_map_is_drawn_with_sixteen_textures(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a device that promises no more than OpenGL 3.3 does: its program links, and looks up no more."""
    monkeypatch.setattr("edge_render.gl.materials.given_up_for", lambda features, _: given_up_for(features, 16))
    use = TextureUse(0)
    everything = Material(
        "everything",
        base_color_texture=use,
        metallic_roughness_texture=use,
        normal_texture=use,
        occlusion_texture=TextureUse(1),
        emissive_texture=use,
        clearcoat=Clearcoat(1.0, texture=use, roughness_texture=use, normal_texture=use),
        sheen=Sheen((0.1, 0.1, 0.1), color_texture=use, roughness_texture=use),
        specular=Specular(1.0, texture=use, color_texture=use),
        transmission=Transmission(0.5, texture=use),
    )
    scene = quads([(everything, np.eye(4))], textures=(bumps(0.0, 0.0), bumps(0.1, 0.0)), sun=Sun((0.0, 0.0, -1.0)))
    scene = replace(scene, environment=uniform())
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=1))
    try:
        assert picture(made, scene)[MIDDLE].min() > 20
    finally:
        made.close()


def test_anisotropy_leaves_mirrored_textures_where_they_are() -> None:
    """llvmpipe's anisotropic filter draws mirrored repeats a texel off; large texels show it."""
    texels = np.zeros((4, 4, 4), np.uint8)
    texels[:, :2, 0], texels[:, 2:, 1], texels[..., 3] = 255, 255, 255
    strip = Texture("strip", texels, Wrap.MIRROR, Wrap.MIRROR)
    glow = glowing((1.0, 1.0, 1.0), emissive_texture=TextureUse(0, transform=UvTransform(scale=(3.0, 3.0))))
    scene = quads([(glow, np.eye(4))], textures=(strip,))
    seen = []
    for anisotropy in (1.0, 16.0):
        made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality(samples=1, anisotropy=anisotropy))
        try:
            seen.append(picture(made, scene).astype(int))
        finally:
            made.close()
    assert np.abs(seen[0] - seen[1]).max() < 30
