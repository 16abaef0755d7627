"""A model file becomes a Scene: what its parts are is read by the modules beside this one."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from edge_render.errors import ModelError
from edge_render.findings import Finding, FindingLog, first_error, printable
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.approximations import tell_approximations
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import CheckedGltf, examine_gltf
from edge_render.gltf.check_values import check_values
from edge_render.gltf.draco import DracoGeometry, decode_primitives
from edge_render.gltf.drawn_nodes import Placer, shown_nodes, shown_primitives, used_materials
from edge_render.gltf.geometry import GeometryReader
from edge_render.gltf.lights_cameras import read_cameras, read_lights
from edge_render.gltf.materials import read_materials, textures_of
from edge_render.gltf.rig_reader import read_rig
from edge_render.gltf.textures import TextureReader
from edge_render.mesh_files.reader import read_mesh_file
from edge_render.mesh_files.suffixes import MESH_SUFFIXES
from edge_render.placement import morphed, moved, world_matrices
from edge_render.scene import Scene

log = structlog.get_logger(__name__)

UNEXPECTED: Final = "UNEXPECTED_FAILURE"
"""The code of an error that no check foresaw: the file is hostile, or the loader is wrong."""


@dataclass(frozen=True, slots=True)
class ExaminedModel:
    """What a file shows, None where it is refused; and what is wrong with it."""

    scene: Scene | None
    findings: tuple[Finding, ...]
    extensions: tuple[str, ...] = ()
    """Those that the file uses."""
    files: tuple[Path, ...] = ()
    """The other files that it names."""


def load_model(path: Path, *, name: str) -> Scene:
    """Load a model file, and log what is wrong with it though it is drawn. Raises ModelError, which names the
    file and the place of the first error, and says how many more there are.

    The light from outside the file (sun, ambient, environment) and the exposure are the Scene's defaults. Nodes
    keep their names of the file; a node of several primitives gives several nodes of the same name.
    """
    examined = examine_model(path, name=name)
    if examined.scene is None:
        raise ModelError(first_error(examined.findings))
    for finding in examined.findings:
        log.warning("model_finding", model=name, **finding.told())
    return examined.scene


def examine_model(path: Path, *, name: str) -> ExaminedModel:
    """All that is wrong with a file, and what it shows, unless there are errors. This is what loading it does."""
    try:
        return _examine(path, name)
    except Exception as error:  # noqa: BLE001 - told as an error of the file, with the line of ours that it led to
        where = traceback.extract_tb(error.__traceback__)[-1]
        found = FindingLog(printable(path.name))
        message = f"can't be read: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}"
        found.error("", printable(message), UNEXPECTED)
        return ExaminedModel(None, found.findings())


def _examine(path: Path, name: str) -> ExaminedModel:
    scene, checked = None, None
    files: tuple[Path, ...] = ()
    found = FindingLog(printable(path.name))
    if path.suffix.lower() not in MESH_SUFFIXES:
        checked, findings = examine_gltf(path)
        if checked is None:
            return ExaminedModel(None, findings)
        found = FindingLog(printable(path.name), findings)
    try:
        if checked is None:
            scene, files = read_mesh_file(path, name=name)
        else:
            scene, files = _read_gltf(checked, found, name), checked.files()
            # Another format's reader looks for files by itself, and what it did not find is not known.
            scene = None if scene is None else replace(scene, sources=(path, *files))
    except ModelError as error:
        found.raised(error, "DECODING_FAILED")
    if scene is not None and not scene.nodes:
        found.warning("", "its scene has nothing to draw", "NOTHING_TO_DRAW")
    return ExaminedModel(scene, found.findings(), () if checked is None else checked.gltf.extensions_used, files)


def _read_gltf(checked: CheckedGltf, found: FindingLog, name: str) -> Scene | None:
    """Decode a file whose structure is sound; None where its numbers aren't. Raises ModelError."""
    views = BufferViews(checked)
    accessors = AccessorReader(checked, views)
    shown = shown_nodes(checked)
    primitives = list(shown_primitives(checked, shown))
    used = used_materials(checked, (part for _, part in primitives))
    with TextureReader(checked) as textures:
        # Images take the longest, and need the interpreter the least.
        textures.start(textures_of(checked, used))
        check_values(checked, accessors, found)
        if found.refused:
            return None
        tell_approximations(checked, primitives, used, found)
        scene = _read_scene(checked, accessors, decode_primitives(checked, views, primitives), shown, name)
        materials = read_materials(checked, used, textures)
        return replace(scene, materials=materials, textures=textures.textures)


def _read_scene(
    checked: CheckedGltf, accessors: AccessorReader, unpacked: Mapping[str, DracoGeometry], shown: list[int], name: str
) -> Scene:
    """All but materials and textures of a file that is sound. Raises ModelError."""
    file = checked.path.name
    rig = read_rig(checked, accessors)
    with np.errstate(over="ignore", invalid="ignore"):
        world = world_matrices(rig)
    broken = np.flatnonzero(~np.isfinite(world).all(axis=(1, 2)))
    if len(broken):
        raise ModelError(f"{file}: nodes[{broken[0]}]: its place is not finite")
    geometry = GeometryReader(accessors, unpacked)
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
        materials=(),
        textures=(),
        rig=rig if any(node.rig_node is not None for node in nodes) or carried.any() else None,
        lights=read_lights(checked, shown, world, rig_node),
        cameras=read_cameras(checked, shown, world, rig_node),
        variants=tuple(variant.name for variant in checked.gltf.variants()),
    )
