"""The GL renderer and pyrender draw the same scene; their pictures must agree within a stated tolerance.

Tolerance: the outlines differ in at most 0.5 % of the pixels (pyrender always smooths edges), and inside
the outlines the colours differ by at most 4 of 255 on average. pyrender has no tone mapping, so ours is applied
to its picture first. The counter-cases show that the tolerance would notice a real difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.loading import finish
from edge_render.pose import Pose
from edge_render.pyrender_renderer import PyrenderRenderer
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Renderer, View
from edge_render.scene import Ambient, Material, Mesh, Node, Scene, Sun, Texture, TextureUse
from edge_render.tone import srgb_from_linear, tone_map

OUTLINE_SHARE_MAX = 0.005
COLOR_DIFFERENCE_MAX = 4.0
VIEWS = (
    View(Pose.from_yaw_pitch((0.0, 1.4, 3.5), 0.0, -0.2), 1.0, 480, 320),
    View(Pose.from_yaw_pitch((2.4, 2.0, 2.2), 0.75, -0.45), 1.0, 480, 320),
)


def cube(material: int, size_m: float) -> Mesh:
    """A cube with flat faces around the origin."""
    positions, normals, uvs, triangles = [], [], [], []
    for axis in range(3):
        for sign in (1.0, -1.0):
            normal = np.zeros(3)
            normal[axis] = sign
            right = np.roll(normal, 1) if sign > 0 else -np.roll(normal, 1)
            up = np.cross(normal, right)
            first = len(positions)
            for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                positions.append((normal + u * right + v * up) * size_m / 2)
                normals.append(normal)
                uvs.append(((u + 1) / 2, (1 - v) / 2))
            triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return Mesh(
        np.array(positions, np.float32),
        np.array(normals, np.float32),
        np.array(triangles, np.uint32),
        material,
        np.array(uvs, np.float32),
    )


def letter() -> Texture:
    """A picture that shows whether it is mirrored or upside down: an F in white on blue."""
    pixels = np.full((64, 64, 4), (40, 70, 150, 255), np.uint8)
    for rows, columns in ((slice(8, 56), slice(14, 24)), (slice(8, 18), slice(14, 50)), (slice(28, 38), slice(14, 42))):
        pixels[rows, columns] = (235, 235, 225, 255)
    return Texture("letter", pixels)


def stage() -> Scene:
    def at(x: float, y: float, z: float) -> np.ndarray:
        matrix = np.eye(4)
        matrix[:3, 3] = (x, y, z)
        return matrix

    def matte(name: str, *color: float, texture: TextureUse | None = None) -> Material:
        red, green, blue = color
        return Material(
            name, (red, green, blue, 1.0), metallic_factor=0.0, roughness_factor=0.9, base_color_texture=texture
        )

    return Scene(
        name="stage",
        meshes=(cube(0, 6.0), cube(1, 0.9), cube(2, 0.7), cube(3, 1.1)),
        nodes=(
            Node("floor", 0, at(0, -3.0, 0)),
            Node("red", 1, at(-1.2, 0.45, 0.2)),
            Node("green", 2, at(0.1, 0.35, 0.9)),
            Node("letter", 3, at(1.2, 0.55, -0.3)),
        ),
        materials=(
            matte("floor", 0.4, 0.4, 0.38),
            matte("red", 0.55, 0.08, 0.06),
            matte("green", 0.1, 0.4, 0.12),
            matte("letter", 1.0, 1.0, 1.0, texture=TextureUse(0)),
        ),
        textures=(letter(),),
        sun=Sun((-0.4, -0.8, -0.45), (1.0, 1.0, 1.0), 1.6),
        ambient=Ambient((0.22, 0.22, 0.22), (0.22, 0.22, 0.22)),
        background=(0.9, 0.05, 0.6),
    )


@dataclass(frozen=True)
class Difference:
    outline_share: float
    color: float

    @property
    def tolerable(self) -> bool:
        return self.outline_share <= OUTLINE_SHARE_MAX and self.color <= COLOR_DIFFERENCE_MAX


def with_our_curve(reference: np.ndarray) -> np.ndarray:
    """pyrender's picture (linear light to the power of 1/2.2), tone mapped and in sRGB as ours is; 0..255."""
    linear = (reference[..., :3] / 255.0) ** 2.2
    return srgb_from_linear(tone_map(linear)) * 255.0


def difference(ours: np.ndarray, reference: np.ndarray) -> Difference:
    backgrounds = [np.abs(image[..., :3].astype(int) - image[0, 0, :3]).max(axis=2) < 24 for image in (ours, reference)]
    both = ~backgrounds[0] & ~backgrounds[1]
    colors = np.abs(ours[..., :3].astype(float) - with_our_curve(reference))[both]
    return Difference(float((backgrounds[0] != backgrounds[1]).mean()), float(colors.mean()))


def draw(renderer: Renderer, scene: Scene, view: View) -> np.ndarray:
    handle = finish(renderer.begin_load(scene, lambda: None))
    pixels = renderer.draw(handle, view).pixels
    renderer.unload(handle)
    return pixels


@pytest.fixture(scope="module")
def ours() -> Iterator[GlRenderer]:
    renderer = GlRenderer(GlContext.open("software"), PixelFormat.RGBA, RenderQuality(shadow_size=2048))
    yield renderer
    renderer.close()


@pytest.fixture(scope="module")
def reference() -> Iterator[PyrenderRenderer]:
    renderer = PyrenderRenderer()
    yield renderer
    renderer.close()


@pytest.mark.parametrize("view", VIEWS)
def test_both_renderers_draw_the_same_picture(ours: GlRenderer, reference: PyrenderRenderer, view: View) -> None:
    seen = difference(draw(ours, stage(), view), draw(reference, stage(), view))
    assert seen.tolerable, seen


def changed_view() -> tuple[Scene, View]:
    return stage(), replace(VIEWS[0], pose=Pose.from_yaw_pitch((0.12, 1.4, 3.5), 0.0, -0.2))


def changed_texture() -> tuple[Scene, View]:
    scene = stage()
    mirrored = replace(scene.textures[0], pixels=np.ascontiguousarray(scene.textures[0].pixels[:, ::-1]))
    return replace(scene, textures=(mirrored,)), VIEWS[0]


def changed_material() -> tuple[Scene, View]:
    scene = stage()
    materials = (scene.materials[0], scene.materials[2], scene.materials[1], scene.materials[3])
    return replace(scene, materials=materials), VIEWS[0]


def changed_light() -> tuple[Scene, View]:
    scene = stage()
    return replace(scene, sun=replace(scene.sun, direction=(0.8, -0.3, 0.4))), VIEWS[0]


@pytest.mark.parametrize("change", [changed_view, changed_texture, changed_material, changed_light])
def test_the_tolerance_notices_a_real_difference(
    ours: GlRenderer, reference: PyrenderRenderer, change: Callable[[], tuple[Scene, View]]
) -> None:
    scene, view = change()
    seen = difference(draw(ours, scene, view), draw(reference, stage(), VIEWS[0]))
    assert not seen.tolerable, seen
