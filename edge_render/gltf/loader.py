"""A model file becomes a Scene: what its parts are is read by the modules beside this one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import CheckedGltf, read_gltf
from edge_render.gltf.draco import decode_primitives
from edge_render.gltf.drawn_nodes import Placer, shown_nodes, shown_primitives, used_materials
from edge_render.gltf.geometry import GeometryReader
from edge_render.gltf.lights_cameras import read_cameras, read_lights
from edge_render.gltf.materials import read_materials
from edge_render.gltf.rig_reader import read_rig
from edge_render.placement import morphed, moved, world_matrices
from edge_render.scene import Scene


def load_model(path: Path, *, name: str) -> Scene:
    """Load a .glb or .gltf file. Raises ModelError, which names the file and the place in it.

    The light from outside the file (sun, ambient, environment) and the exposure are the Scene's defaults. Nodes
    keep their names of the file; a node of several primitives gives several nodes of the same name.
    """
    return read_scene(read_gltf(path), name=name)


def read_scene(checked: CheckedGltf, *, name: str) -> Scene:
    """Decode a file whose structure is sound. Raises ModelError."""
    file = checked.path.name
    views = BufferViews(checked)
    accessors = AccessorReader(checked, views)
    rig = read_rig(checked, accessors)
    with np.errstate(over="ignore", invalid="ignore"):
        world = world_matrices(rig)
    broken = np.flatnonzero(~np.isfinite(world).all(axis=(1, 2)))
    if len(broken):
        raise ModelError(f"{file}: nodes[{broken[0]}]: its place is not finite")
    shown = shown_nodes(checked)
    primitives = list(shown_primitives(checked, shown))
    materials, textures = read_materials(checked, used_materials(checked, (part for _, part in primitives)))
    geometry = GeometryReader(accessors, decode_primitives(checked, views, primitives))
    every_clip = tuple(range(len(rig.clips)))
    carried = moved(rig, every_clip)
    placer = Placer(checked, accessors, geometry, rig, world, carried, morphed(rig, every_clip))
    nodes = tuple(node for index in shown for node in placer.place(index))
    if not nodes:
        raise ModelError(f"{file}: its scene has nothing to draw")

    def rig_node(index: int) -> int | None:
        return index if carried[index] else None

    return Scene(
        name=name,
        meshes=tuple(placer.meshes),
        nodes=nodes,
        materials=materials,
        textures=textures,
        rig=rig if any(node.rig_node is not None for node in nodes) or carried.any() else None,
        lights=read_lights(checked, shown, world, rig_node),
        cameras=read_cameras(checked, shown, world, rig_node),
        variants=tuple(variant.name for variant in checked.gltf.variants()),
    )
