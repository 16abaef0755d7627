"""The matrices and weights that place what is not fixed in the world: one palette for a whole scene. Pure numpy, no GL.

A row of the palette is a 3x4 matrix to world space: that of a node that moves, of a joint of a skin, or of an instance.
A slot holds the weights of one node's morph targets. All rows and slots of a time are made at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_render.animation import Animator, RigPose
from edge_render.geometry.posed import at_rest
from edge_render.scene import Mesh, Node, Scene

MORPH_ACTIVE_MAX = 64
"""Targets of one node that have any weight at one time; of more, the weakest are left out."""
SWEEP_MOMENTS = 65
SLOT_TEXELS = 1 + MORPH_ACTIVE_MAX // 2

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes ``low``..``high`` (n, 3), each in the space of one palette row ``rows`` (n,)."""

    rows: NDArray[np.int64] = field(repr=False)
    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MorphSlot:
    """Where a node's weights are in ``RigPose.weights``, and how its mesh's deltas lie in ``Movement.deltas``."""

    weight_first: int
    targets: int
    stride: int
    """Texels from one target to the next."""
    normal_at: int
    """Texels from a position's delta to the normal's; 0: there is none."""
    tangent_at: int


class Movement:
    """What a scene's palette holds. Made by MovementPlan."""

    def __init__(
        self,
        animator: Animator | None,
        row_nodes: NDArray[np.int64],
        row_matrices: NDArray[np.float64],
        slots: Sequence[MorphSlot],
        deltas: Floats32,
    ) -> None:
        self.animator = animator
        self.deltas = deltas
        """(texels, 4): of each mesh and target, what each vertex is moved by."""
        self._row_nodes, self._row_matrices = row_nodes, row_matrices
        moves = np.zeros(len(row_nodes), np.bool_)
        if animator is not None and len(row_nodes):
            moves = (row_nodes >= 0) & animator.moves[np.maximum(row_nodes, 0)]
        self.row_moves: NDArray[np.bool_] = moves
        """(rows,): which ever change."""
        moving = np.flatnonzero(moves)
        self._moving = moving
        self.moving_rows = (int(moving[0]), int(moving[-1]) + 1) if len(moving) else (0, 0)
        """All rows that ever change are from the first up to the second."""
        self._slots = tuple(slots)
        self._palette = self._matrices(np.arange(len(row_nodes)), None if animator is None else animator.rest)

    @property
    def rows(self) -> int:
        return len(self._row_nodes)

    @property
    def slots(self) -> int:
        return len(self._slots)

    def palette(self, pose: RigPose | None) -> Floats32:
        """(rows, 3, 4) at a pose; it is changed by the next call."""
        if len(self._moving) and pose is not None:
            self._palette[self._moving] = self._matrices(self._moving, pose)
        return self._palette

    def morph_weights(self, pose: RigPose) -> Floats32:
        """(slots, SLOT_TEXELS, 4) at a pose: how many targets have weight, and how deltas lie; then target and weight
        by turns."""
        texels = np.zeros((len(self._slots), SLOT_TEXELS * 4), np.float32)
        for texel, slot in zip(texels, self._slots, strict=True):
            weights = pose.weights[slot.weight_first : slot.weight_first + slot.targets]
            active = np.flatnonzero(weights)
            if len(active) > MORPH_ACTIVE_MAX:
                active = active[np.argsort(-np.abs(weights[active]), kind="stable")[:MORPH_ACTIVE_MAX]]
            texel[:4] = len(active), slot.stride, slot.normal_at, slot.tangent_at
            texel[4 : 4 + 2 * len(active) : 2] = active
            texel[5 : 5 + 2 * len(active) : 2] = weights[active]
        return texels.reshape(-1, SLOT_TEXELS, 4)

    def swept(self, boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Between which corners, (n, 3) low and high, each of the boxes is in the course of all clips: at some moments
        of them, each with a margin for what happens in between."""
        lows, highs = zip(*self._moments(boxes), strict=True)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def _moments(self, boxes: Boxes) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        animator = self.animator
        if animator is None or not len(self._moving):
            yield world_boxes(self.palette(None), boxes)
            return
        before: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        for time_s in np.linspace(0.0, max(animator.duration_s, 1e-3), SWEEP_MOMENTS):
            low, high = world_boxes(self.palette(animator.pose_at(float(time_s))), boxes)
            if before is None:
                yield low, high
            else:
                margin = 0.5 * np.maximum(np.abs(low - before[0]), np.abs(high - before[1]))
                yield low - margin, high + margin
            before = low, high

    def _matrices(self, rows: NDArray[np.int64], pose: RigPose | None) -> Floats32:
        matrices = self._row_matrices[rows]
        if pose is not None:
            nodes = self._row_nodes[rows]
            placed = nodes >= 0
            matrices[placed] = pose.world[nodes[placed]] @ matrices[placed]
        return matrices[:, :3].astype(np.float32)


def world_boxes(palette: Floats32, boxes: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The boxes (n, 3) in world space that just hold boxes in the space of rows of a palette."""
    matrices = palette[boxes.rows].astype(np.float64)
    center, extent = (boxes.low + boxes.high) * 0.5, (boxes.high - boxes.low) * 0.5
    middle = np.einsum("nij,nj->ni", matrices[:, :, :3], center) + matrices[:, :, 3]
    reach = np.einsum("nij,nj->ni", np.abs(matrices[:, :, :3]), extent)
    return middle - reach, middle + reach


class MovementPlan:
    """Gives out rows and slots while batches are built."""

    def __init__(self, scene: Scene) -> None:
        self.animator = None if scene.rig is None else Animator(scene.rig)
        self._scene = at_rest(scene, self.animator)
        self._nodes: list[int] = []
        self._matrices: list[NDArray[np.float64]] = []
        self._rigid: dict[int, int] = {}
        self._skins: dict[int, int] = {}
        self._slots: dict[int, int] = {}
        self._slot_parts: list[MorphSlot] = []
        self._meshes: dict[int, tuple[int, MorphSlot]] = {}
        self._deltas: list[Floats32] = []
        self._texels = 0
        bounds = None if self.animator is None else self.animator.weight_bounds()
        self._weight_bounds = bounds

    @property
    def scene(self) -> Scene:
        """The scene with everything where it rests."""
        return self._scene

    def node_moves(self, node: Node) -> bool:
        """Whether its matrix does; of a skin, whether one of its joints does."""
        if self.animator is None:
            return False
        return self.animator.moves_node(node.rig_node, node.skin)

    def morph_moves(self, node: Node) -> bool:
        if self.animator is None or self._scene.meshes[node.mesh].morphs is None:
            return False
        return self.animator.reshapes_node(node.rig_node)

    def rest_weights(self, node: Node) -> NDArray[np.float64]:
        """Of its mesh's targets, (t,)."""
        morphs = self._scene.meshes[node.mesh].morphs
        weights = np.zeros(0 if morphs is None else len(morphs.positions))
        if self.animator is not None and node.rig_node is not None:
            first, end = self.animator.weight_first[node.rig_node : node.rig_node + 2]
            told = self.animator.rest.weights[first:end][: len(weights)]
            weights[: len(told)] = told
        return weights

    def rigid_row(self, node: Node) -> int:
        """The row of a node's own matrix."""
        if node.rig_node is None:
            return self._add(-1, node.matrix)
        if node.rig_node not in self._rigid:
            self._rigid[node.rig_node] = self._add(node.rig_node, np.eye(4))
        return self._rigid[node.rig_node]

    def skin_row(self, skin: int) -> int:
        """The row of a skin's first joint; the others follow."""
        if skin not in self._skins:
            assert self._scene.rig is not None, "a skin belongs to a rig"
            self._skins[skin] = len(self._nodes)
            part = self._scene.rig.skins[skin]
            for joint, inverse in zip(part.joints, part.inverse_bind, strict=True):
                self._add(int(joint), inverse)
        return self._skins[skin]

    def instance_rows(self, node: Node, instances: NDArray[np.float64]) -> NDArray[np.int64]:
        """Rows of placements (k, 4, 4) within a node."""
        moves = self.node_moves(node) and node.rig_node is not None
        matrices = instances if moves else node.matrix @ instances
        rig_node = node.rig_node if moves and node.rig_node is not None else -1
        return np.array([self._add(rig_node, matrix) for matrix in matrices], np.int64)

    def morph_slot(self, index: int) -> tuple[int, int]:
        """The slot of a node's weights, and the texel of its mesh's first delta; that of vertex v lies v times the
        texels of a vertex further on."""
        node = self._scene.nodes[index]
        assert self.animator is not None, "only what a rig moves has slots"
        assert node.rig_node is not None, "only what a rig moves has slots"
        first, layout = self._mesh_deltas(node.mesh)
        if index not in self._slots:
            begin, end = self.animator.weight_first[node.rig_node : node.rig_node + 2]
            self._slots[index] = len(self._slot_parts)
            targets = min(layout.targets, int(end - begin))
            self._slot_parts.append(MorphSlot(int(begin), targets, layout.stride, layout.normal_at, layout.tangent_at))
        return self._slots[index], first

    def morph_reach(self, node: Node) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """By how much, (3,), morphing ever moves any vertex towards smaller and towards larger coordinates."""
        morphs = self._scene.meshes[node.mesh].morphs
        low, high = np.zeros(3), np.zeros(3)
        if morphs is None or self._weight_bounds is None or self.animator is None or node.rig_node is None:
            return low, high
        first, end = self.animator.weight_first[node.rig_node : node.rig_node + 2]
        for target, least, most in zip(
            morphs.positions, self._weight_bounds[0][first:end], self._weight_bounds[1][first:end], strict=False
        ):
            corners = np.array([target.min(axis=0, initial=0.0), target.max(axis=0, initial=0.0)])
            moved = np.concatenate([corners * least, corners * most])
            low, high = low + moved.min(axis=0), high + moved.max(axis=0)
        return low, high

    def finish(self) -> Movement:
        return Movement(
            self.animator,
            np.array(self._nodes, np.int64),
            np.array(self._matrices, np.float64).reshape(-1, 4, 4),
            self._slot_parts,
            np.concatenate(self._deltas) if self._deltas else np.zeros((0, 4), np.float32),
        )

    def texels_a_vertex(self, mesh: Mesh) -> int:
        """How many deltas each vertex has for one target."""
        assert mesh.morphs is not None, "it has targets"
        return 1 + (mesh.morphs.normals is not None) + (mesh.morphs.tangents is not None)

    def _add(self, rig_node: int, matrix: NDArray[np.float64]) -> int:
        self._nodes.append(rig_node)
        self._matrices.append(matrix)
        return len(self._nodes) - 1

    def _mesh_deltas(self, mesh_index: int) -> tuple[int, MorphSlot]:
        if mesh_index not in self._meshes:
            mesh = self._scene.meshes[mesh_index]
            morphs = mesh.morphs
            assert morphs is not None, "it has targets"
            kinds = [part for part in (morphs.positions, morphs.normals, morphs.tangents) if part is not None]
            targets, vertices = morphs.positions.shape[:2]
            deltas = np.zeros((targets, vertices, len(kinds), 4), np.float32)
            for place, part in enumerate(kinds):
                deltas[:, :, place, :3] = part
            normal_at = 0 if morphs.normals is None else 1
            tangent_at = 0 if morphs.tangents is None else 1 + normal_at
            layout = MorphSlot(0, targets, vertices * len(kinds), normal_at, tangent_at)
            self._meshes[mesh_index] = (self._texels, layout)
            self._deltas.append(deltas.reshape(-1, 4))
            self._texels += targets * vertices * len(kinds)
        return self._meshes[mesh_index]
