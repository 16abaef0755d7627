"""The nodes of a file as a Rig: places, skins and clips, and which nodes never move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.animations import read_clips, together
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format import NodePart
from edge_render.placement import composed
from edge_render.rig import Rig, Skin


def read_rig(checked: CheckedGltf, accessors: AccessorReader) -> Rig:
    """All nodes, skins and animations; clips that don't move the same run together. Raises ModelError."""
    nodes = checked.gltf.nodes
    parents = np.full(len(nodes), -1, np.int32)
    for index, node in enumerate(nodes):
        parents[list(node.children)] = index
    translations = np.array([node.translation or (0.0, 0.0, 0.0) for node in nodes]).reshape(-1, 3)
    rotations = np.array([node.rotation or (0.0, 0.0, 0.0, 1.0) for node in nodes]).reshape(-1, 4)
    scales = np.array([(1.0, 1.0, 1.0) if node.scale is None else node.scale for node in nodes]).reshape(-1, 3)
    matrices = composed(translations, rotations, scales)
    for index, node in enumerate(nodes):
        if node.matrix is not None:
            matrices[index] = np.array(node.matrix).reshape(4, 4).T
    weights = tuple(_rest_weights(checked, node) for node in nodes)
    clips = read_clips(checked, accessors, [len(part) for part in weights])
    return Rig(
        names=tuple(node.name or f"node-{index}" for index, node in enumerate(nodes)),
        parents=parents,
        matrices=matrices,
        translations=translations,
        rotations=rotations,
        scales=scales,
        morph_weights=weights,
        skins=tuple(_skin(checked, accessors, index) for index in range(len(checked.gltf.skins))),
        clips=clips,
        playing=together(clips),
    )


def _rest_weights(checked: CheckedGltf, node: NodePart) -> tuple[float, ...]:
    """The node's own, else those of its mesh, else none of any target (section 3.7.2.2)."""
    if node.mesh is None:
        return ()
    mesh = checked.gltf.meshes[node.mesh]
    targets = max((len(primitive.targets) for primitive in mesh.primitives), default=0)
    given = node.weights or mesh.weights
    return tuple(given[index] if index < len(given) else 0.0 for index in range(targets))


def _skin(checked: CheckedGltf, accessors: AccessorReader, index: int) -> Skin:
    part = checked.gltf.skins[index]
    joints = np.array(part.joints, np.int32)
    if part.inverse_bind_matrices is None:
        return Skin(joints, np.tile(np.eye(4), (len(joints), 1, 1)))
    columns = accessors.floats(part.inverse_bind_matrices)
    if len(columns) < len(joints):
        raise ModelError(
            f"{checked.path.name}: skins[{index}].inverseBindMatrices: {len(columns)} matrices for {len(joints)} joints"
        )
    inverse_bind: NDArray[np.float64] = columns[: len(joints)].reshape(-1, 4, 4).transpose(0, 2, 1).astype(np.float64)
    return Skin(joints, inverse_bind)
