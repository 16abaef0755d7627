"""A model file becomes a Scene: what its parts are is read by the modules beside this one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import structlog

from edge_render.errors import ModelError
from edge_render.findings import Finding, FindingLog, first_error, printable
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import CheckedGltf, examine_gltf
from edge_render.gltf.check_values import check_values
from edge_render.gltf.draco import decode_primitives
from edge_render.gltf.drawn_nodes import Placer, shown_nodes, shown_primitives, used_materials
from edge_render.gltf.geometry import GeometryReader
from edge_render.gltf.lights_cameras import read_cameras, read_lights
from edge_render.gltf.materials import read_materials
from edge_render.gltf.rig_reader import read_rig
from edge_render.mesh_files import reader as mesh_files
from edge_render.placement import morphed, moved, world_matrices
from edge_render.scene import Scene

log = structlog.get_logger(__name__)


def load_model(path: Path, *, name: str) -> Scene:
    """Load a model file, and log what is wrong with it though it is drawn. Raises ModelError, which names the
    file and the place of the first error, and says how many more there are.

    The light from outside the file (sun, ambient, environment) and the exposure are the Scene's defaults. Nodes
    keep their names of the file; a node of several primitives gives several nodes of the same name.
    """
    scene, findings = examine_model(path, name=name)
    if scene is None:
        raise ModelError(first_error(findings))
    for finding in findings:
        log.warning("model_finding", model=name, **finding.told())
    return scene


def examine_model(path: Path, *, name: str) -> tuple[Scene | None, tuple[Finding, ...]]:
    """All that is wrong with a file, and what it shows, unless there are errors. This is what loading it does."""
    if path.suffix.lower() in mesh_files.SUFFIXES:
        checked, found = None, FindingLog(printable(path.name))
    else:
        checked, findings = examine_gltf(path)
        if checked is None:
            return None, findings
        found = FindingLog(printable(path.name), findings)
    scene = None
    try:
        scene = mesh_files.read_mesh_file(path, name=name) if checked is None else _read_gltf(checked, found, name)
    except ModelError as error:
        found.raised(error, "DECODING_FAILED")
    if scene is not None and not scene.nodes:
        found.warning("", "its scene has nothing to draw", "NOTHING_TO_DRAW")
    return scene, found.findings()


def _read_gltf(checked: CheckedGltf, found: FindingLog, name: str) -> Scene | None:
    """Decode a file whose structure is sound; None where its numbers aren't. Raises ModelError."""
    views = BufferViews(checked)
    accessors = AccessorReader(checked, views)
    check_values(checked, accessors, found)
    return None if found.refused else _read_scene(checked, views, accessors, name)


def _read_scene(checked: CheckedGltf, views: BufferViews, accessors: AccessorReader, name: str) -> Scene:
    """Decode a file that is sound. Raises ModelError."""
    file = checked.path.name
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
