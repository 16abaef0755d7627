"""About how much of the GPU's memory content will take: known before it is loaded."""

from __future__ import annotations

from edge_render.geometry.batches import Batch, PreparedScene, prepare_scene
from edge_render.panorama.content import Panorama
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Content
from edge_render.room import Room, SharedRoom
from edge_render.scene import Scene
from edge_render.video.layout import Layout
from edge_render.video.sphere import VideoSphere

_TEXEL_BYTES = 4
_DEPTH_BYTES = 4
_VIDEO_PIXELS = 4096 * 2048
"""Of a video's picture, where there has been none yet; see video_gpu_bytes."""


def content_room(content: Content, quality: RenderQuality) -> Room:
    """With mipmaps and shadow maps; what every scene uses (targets, programs) is not counted.

    A scene that is not prepared is prepared for this, which may take seconds.
    """
    match content:
        case PreparedScene():
            scene = content.source
            textures = sum(mipmaps.size_bytes for mipmaps in content.mipmaps.values())
            geometry = sum(_batch_bytes(batch) for batch in content.batches) + content.movement.deltas.nbytes
            return Room(textures + geometry + _light_bytes(scene, quality))
        case Scene():
            return content_room(prepare_scene(content), quality)
        case Panorama():
            shape = content.tiles.shape
            own_bytes = 6 * shape.eyes * shape.base_edge_px**2 * _TEXEL_BYTES * 4 // 3
            if shape.levels == 1:
                return Room(own_bytes)
            return Room(own_bytes, SharedRoom(f"tiles of panoramas, {shape.coding}", quality.panorama_tiles_bytes))
        case VideoSphere():
            picture = content.source.newest
            return Room(video_gpu_bytes(_VIDEO_PIXELS if picture is None else picture.luma.size, content.layout))


def video_gpu_bytes(pixels: int, layout: Layout) -> int:
    """Of a video with so many pixels: the planes of one eye, with mipmaps."""
    return pixels * 3 // 2 * 4 // 3 // (1 if layout is Layout.MONO else 2)


def _light_bytes(scene: Scene, quality: RenderQuality) -> int:
    """Of the surroundings that are mirrored, and of shadow maps once visitors have been everywhere."""
    around = 0 if scene.environment is None else sum(level.nbytes for level in scene.environment.specular)
    if scene.sun.intensity <= 0.0:
        return around
    moving = 0 if scene.rig is None else (quality.shadow_size // 2) ** 2
    cells = quality.shadow_cells * quality.cascade_size**2 if quality.cascades else 0
    return around + _DEPTH_BYTES * (quality.shadow_size**2 + moving + cells)


def _batch_bytes(batch: Batch) -> int:
    attributes = (
        batch.positions,
        batch.normals,
        batch.uvs,
        batch.uvs_1,
        batch.tangents,
        batch.colors,
        batch.rows,
        batch.weights,
        batch.morph,
        batch.indices,
    )
    return sum(values.nbytes for values in attributes if values is not None)
