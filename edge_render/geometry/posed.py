"""Meshes as they are at one time, for what needs their shape on the CPU: taps, the floor that can be walked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge_render.animation import Animator, RigPose
from edge_render.rig import Skin
from edge_render.scene import Mesh, Scene

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A mesh where it stands: ``positions`` (n, 3), and the ``matrix`` (4, 4) that takes them to world space."""

    node: int
    """Index into ``Scene.nodes``."""
    positions: NDArray[np.floating] = field(repr=False)
    matrix: Floats = field(repr=False)


def placements(
    scene: Scene, animator: Animator | None, pose: RigPose | None, nodes: Iterator[int]
) -> Iterator[Placement]:
    """Where some nodes are at a pose, each instance by itself. Without a pose, still nodes are where they rest."""
    for index in nodes:
        node = scene.nodes[index]
        mesh = scene.meshes[node.mesh]
        positions: NDArray[np.floating] = mesh.positions
        if pose is not None and animator is not None and node.rig_node is not None and mesh.morphs is not None:
            first, end = animator.weight_first[node.rig_node : node.rig_node + 2]
            positions = morphed(mesh, pose.weights[first:end])
        if node.skin is not None and mesh.joints is not None and pose is not None and scene.rig is not None:
            yield Placement(index, skinned(mesh, positions, scene.rig.skins[node.skin], pose.world), np.eye(4))
            continue
        matrix = node.matrix
        if (
            pose is not None
            and animator is not None
            and node.rig_node is not None
            and (animator.moves[node.rig_node] or animator.posed[node.rig_node])
        ):
            matrix = pose.world[node.rig_node]
        if node.instances is None:
            yield Placement(index, positions, matrix)
            continue
        for instance in node.instances:
            yield Placement(index, positions, matrix @ instance)


def at_rest(scene: Scene, animator: Animator | None) -> Scene:
    """With nodes that a clip holds in a place of their own put there."""
    if animator is None or not animator.posed.any():
        return scene
    nodes = tuple(
        replace(node, matrix=animator.rest.world[node.rig_node])
        if node.rig_node is not None and animator.posed[node.rig_node]
        else node
        for node in scene.nodes
    )
    return replace(scene, nodes=nodes)


def morphed(mesh: Mesh, weights: Floats) -> NDArray[np.floating]:
    """Positions (n, 3) with the targets of these weights added."""
    assert mesh.morphs is not None, "it has targets"
    targets = mesh.morphs.positions[: len(weights)]
    result: NDArray[np.floating] = mesh.positions + np.tensordot(weights[: len(targets)], targets, axes=1)
    return result


def skinned(mesh: Mesh, positions: NDArray[np.floating], skin: Skin, world: Floats) -> Floats:
    """Positions (n, 3) in world space, where the joints put them; ``world``: of all nodes of the rig."""
    matrices = joint_matrices(mesh, skin, world)
    result: Floats = np.einsum("nij,nj->ni", matrices[:, :3, :3], positions) + matrices[:, :3, 3]
    return result


def joint_matrices(mesh: Mesh, skin: Skin, world: Floats) -> Floats:
    """Of each vertex, (n, 4, 4): mesh space to world space, by its joints."""
    assert mesh.joints is not None, "it is skinned"
    assert mesh.weights is not None, "it is skinned"
    palette = world[skin.joints] @ skin.inverse_bind
    blended = np.zeros((len(mesh.joints), 4, 4))
    for joint, weight in zip(mesh.joints.T, mesh.weights.T, strict=True):
        blended += palette[joint] * weight[:, None, None]
    return blended
