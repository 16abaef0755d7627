"""pyrender behind the renderer contract: the slow reference that the GL renderer is held against.

What it lacks: tone mapping and exposure (its picture is linear light to the power of 1/2.2), hemispheric
ambient light (it gets the mean of both halves) and reflections of the surroundings. It draws and reads back
in one call, so all of its time is ``draw_ms``. Its 4x multisampling can't be switched off.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.geometry.batches import PreparedScene
from edge_render.gl.context import use_egl_for_pyopengl
from edge_render.loading import LoadingAtOnce
from edge_render.renderer import FAR_M, NEAR_M, Content, Picture, Refiner, SceneHandle, View
from edge_render.room import Room
from edge_render.scene import Material, Mesh, Scene, Texture, TextureUse, Wrap

_WRAP = {Wrap.REPEAT: 10497, Wrap.CLAMP: 33071, Wrap.MIRROR: 33648}
_LINEAR_MIPMAP_LINEAR, _LINEAR, _NEAREST = 9987, 9729, 9728


class PyrenderRenderer:
    """Keeps the contract of edge_render/renderer.py. RGBA only."""

    def __init__(self, *, shadows: bool = True) -> None:
        """Raises RendererError where pyrender finds no EGL."""
        use_egl_for_pyopengl()
        try:
            import pyrender

            self._pyrender: Any = pyrender
            self._renderer: Any = pyrender.OffscreenRenderer(64, 64)
        except (ImportError, RuntimeError, OSError) as error:
            raise RendererError(f"pyrender can't draw here: {error}") from error
        self._mesh_type = _mesh_type(pyrender)
        self._flags = int(pyrender.RenderFlags.RGBA)
        if shadows:
            self._flags |= int(pyrender.RenderFlags.SHADOWS_DIRECTIONAL)
        self._scenes: dict[SceneHandle, Any] = {}
        self._handles = itertools.count(1)

    @property
    def description(self) -> str:
        return "pyrender (reference)"

    @property
    def pixel_format(self) -> PixelFormat:
        return PixelFormat.RGBA

    @property
    def memory_bytes(self) -> int | None:
        """See Renderer.memory_bytes."""
        return None

    def room(self, content: Content) -> Room:
        """See Renderer.room. It tells no memory, so nothing is refused for it."""
        return Room(0)

    @property
    def refiner(self) -> Refiner | None:
        """It does not refine: pyrender has no accumulation, and as the reference it draws what pyrender draws."""
        return None

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> LoadingAtOnce:
        """See Renderer.begin_load; nothing ever changes by itself. Raises RendererError for all but models."""
        if isinstance(content, PreparedScene):
            content = content.source
        if not isinstance(content, Scene):
            raise RendererError("pyrender draws models alone: use --renderer gl for all other scenes")
        handle = SceneHandle(next(self._handles))
        return LoadingAtOnce(handle, lambda: self._load(handle, content))

    def changing(self, handle: SceneHandle, view: View) -> bool:
        """See Renderer.changing."""
        return False

    def _load(self, handle: SceneHandle, scene: Scene) -> None:
        pyrender = self._pyrender
        sky, ground = np.asarray(scene.ambient.sky), np.asarray(scene.ambient.ground)
        ambient = (sky + ground) / 2.0 * scene.ambient.intensity * scene.exposure
        background = np.clip(np.multiply(scene.background, scene.exposure), 0.0, 1.0) ** (1.0 / 2.2)
        made = pyrender.Scene(bg_color=[*background, 1.0], ambient_light=ambient)
        textures: dict[tuple[int, str], Any] = {}
        materials = [self._material(material, scene.textures, textures) for material in scene.materials]
        primitives = [self._primitive(mesh, materials[mesh.material]) for mesh in scene.meshes]
        for node in scene.nodes:
            if len(scene.meshes[node.mesh].triangles):
                mesh = self._mesh_type(primitives=[primitives[node.mesh]])
                made.add_node(pyrender.Node(name=node.name, mesh=mesh, matrix=node.matrix))
        light = pyrender.DirectionalLight(color=scene.sun.color, intensity=scene.sun.intensity * scene.exposure)
        made.add_node(pyrender.Node(light=light, matrix=_looking_along(scene.sun.direction)))
        self._scenes[handle] = made

    def unload(self, handle: SceneHandle) -> None:
        """See Renderer.unload."""
        self._scenes.pop(handle).clear()

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        """See Renderer.draw; ``view.still`` makes no difference."""
        made = self._scenes.get(handle)
        if made is None:
            raise RendererError(f"scene {handle} is not loaded")
        camera = self._pyrender.PerspectiveCamera(
            yfov=view.fov_y_rad, aspectRatio=view.aspect, znear=NEAR_M, zfar=FAR_M
        )
        node = self._pyrender.Node(camera=camera, matrix=view.pose.world_matrix())
        made.add_node(node)
        made.main_camera_node = node
        began = time.perf_counter()
        try:
            renderer = self._renderer
            if (renderer.viewport_width, renderer.viewport_height) != (view.width, view.height):
                renderer.viewport_width, renderer.viewport_height = view.width, view.height
            color, _ = renderer.render(made, flags=self._flags)
        finally:
            made.remove_node(node)
        pixels = np.ascontiguousarray(color, dtype=np.uint8)
        pixels.flags.writeable = False
        return Picture(pixels, PixelFormat.RGBA, (time.perf_counter() - began) * 1e3, 0.0)

    def close(self) -> None:
        """See Renderer.close."""
        self._scenes.clear()
        self._renderer.delete()

    def _primitive(self, mesh: Mesh, material: Any) -> Any:
        uvs = None
        if mesh.uvs is not None:
            # pyrender turns pictures upside down when it uploads them, and expects v upwards.
            uvs = np.stack([mesh.uvs[:, 0], 1.0 - mesh.uvs[:, 1]], axis=1)
        return self._pyrender.Primitive(
            positions=mesh.positions,
            normals=mesh.normals,
            texcoord_0=uvs,
            color_0=mesh.colors,
            indices=mesh.triangles,
            material=material,
            mode=4,
        )

    def _material(self, material: Material, textures: tuple[Texture, ...], made: dict[tuple[int, str], Any]) -> Any:
        def texture(use: TextureUse | None, channels: str) -> Any:
            if use is None:
                return None
            index = use.texture
            if (index, channels) not in made:
                source = textures[index]
                sampler = self._pyrender.Sampler(
                    magFilter=_NEAREST if source.nearest else _LINEAR,
                    minFilter=_NEAREST if source.nearest else _LINEAR_MIPMAP_LINEAR,
                    wrapS=_WRAP[source.wrap_s],
                    wrapT=_WRAP[source.wrap_t],
                )
                pixels = source.pixels[..., : len(channels)]
                made[index, channels] = self._pyrender.Texture(
                    sampler=sampler, source=np.ascontiguousarray(pixels), source_channels=channels
                )
            return made[index, channels]

        return self._pyrender.MetallicRoughnessMaterial(
            name=material.name,
            alphaMode=str(material.alpha_mode),
            alphaCutoff=material.alpha_cutoff,
            doubleSided=material.double_sided,
            baseColorFactor=material.base_color_factor,
            baseColorTexture=texture(material.base_color_texture, "RGBA"),
            metallicFactor=material.metallic_factor,
            roughnessFactor=material.roughness_factor,
            metallicRoughnessTexture=texture(material.metallic_roughness_texture, "RGB"),
            normalTexture=texture(material.normal_texture, "RGB"),
            occlusionTexture=texture(material.occlusion_texture, "RGB"),
            emissiveFactor=material.emissive_factor,
            emissiveTexture=texture(material.emissive_texture, "RGB"),
        )


def _mesh_type(pyrender: Any) -> Any:
    """pyrender's Mesh with bounds that work: those of 0.1.45 read numpy.infty, which numpy 2 no longer has."""

    class BoundedMesh(pyrender.Mesh):  # type: ignore[misc] # pyrender has no types
        @property
        def bounds(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            corners = np.array([primitive.bounds for primitive in self.primitives])
            return np.stack([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])

    return BoundedMesh


def _looking_along(direction: tuple[float, float, float]) -> Any:
    """A placement (4, 4) whose -Z axis is ``direction``, as pyrender's lights shine."""
    back = -np.asarray(direction, dtype=np.float64)
    back /= np.linalg.norm(back)
    helper = np.array([0.0, 1.0, 0.0]) if abs(back[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = np.cross(helper, back)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    return matrix
