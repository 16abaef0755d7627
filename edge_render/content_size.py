"""About how much of the GPU's memory content will take: known before it is loaded."""

from __future__ import annotations

from edge_render.geometry.batches import Batch, PreparedScene
from edge_render.panorama.content import Panorama
from edge_render.panorama.pyramid import BORDER_PX
from edge_render.renderer import Content
from edge_render.scene import Scene
from edge_render.video.sphere import VideoSphere

_TEXEL_BYTES = 4
_HDR_TEXEL_BYTES = 8
_VIDEO_BYTES = 4096 * 2048 * 3 // 2 * 4 // 3
"""Of a video: planes of a usual size, with mipmaps. The real size is known with its first picture."""


def content_gpu_bytes(content: Content) -> int:
    """Bytes, with mipmaps; what all scenes share (targets, programs, the pool of tiles) is not counted."""
    match content:
        case PreparedScene():
            textures_bytes = sum(one.size_bytes for one in content.mipmaps.values())
            return textures_bytes + sum(_batch_bytes(batch) for batch in content.batches)
        case Scene():
            return _textures_bytes(content) + _meshes_bytes(content)
        case Panorama():
            shape = content.tiles.shape
            edge_px = shape.base_px + 2 * BORDER_PX
            return 6 * shape.eyes * edge_px * edge_px * _HDR_TEXEL_BYTES
        case VideoSphere():
            return _VIDEO_BYTES


def _textures_bytes(scene: Scene) -> int:
    texels = sum(int(texture.pixels.shape[0]) * int(texture.pixels.shape[1]) for texture in scene.textures)
    return texels * _TEXEL_BYTES * 4 // 3


def _meshes_bytes(scene: Scene) -> int:
    """As if every node were merged: a vertex has a position, a normal and texture coordinates."""
    vertex_bytes, index_bytes = 32, 4
    return sum(
        len(scene.meshes[node.mesh].positions) * vertex_bytes + scene.meshes[node.mesh].triangles.size * index_bytes
        for node in scene.nodes
    )


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
