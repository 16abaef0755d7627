"""How each node of a scene comes into a batch: fixed in the world, or moved by rows of the palette. Pure numpy, no GL.

A node that never moves is put into world space once and for all, with its skin and its morph targets as they are at
rest. One that moves stays in the space of its mesh. A mesh that is placed often is kept once and drawn by instances
where copies of it would take too much memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.movement import Boxes, MovementPlan
from edge_render.geometry.posed import joint_matrices
from edge_render.geometry.tangents import unit, vertex_tangents
from edge_render.scene import Mesh, Node, Scene, TextureUse, UvTransform

INSTANCED_FROM_BYTES = 16 * 1024**2
"""What the copies of a mesh may take in all before it is drawn by instances: copies are merged with what lies around
them, and draw faster; a scene of some hundred meshes must not take gigabytes for it."""

Floats = NDArray[np.float32]
_Number = TypeVar("_Number", bound=np.generic)


class Primitive(StrEnum):
    """What indices make."""

    TRIANGLES = "triangles"
    LINES = "lines"
    POINTS = "points"

    @property
    def corners(self) -> int:
        return {Primitive.TRIANGLES: 3, Primitive.LINES: 2, Primitive.POINTS: 1}[self]


class Placing(StrEnum):
    """What says where a vertex is. The values are the shaders' names for it."""

    FIXED = ""
    """It is in world space."""
    RIGID = "RIGID"
    """One row of the palette for each vertex."""
    SKIN_4 = "SKIN_4"
    SKIN_8 = "SKIN_8"
    INSTANCED = "INSTANCED"
    """One row of the palette for each drawing of all vertices."""


@dataclass(frozen=True, slots=True, order=True)
class BatchKey:
    """What must be the same for all that is drawn in one call."""

    material: int
    primitive: Primitive
    placing: Placing
    morphs: bool
    both_sides: bool
    """Its front may become its back, as a scale passes zero: nothing is culled."""
    unlit: bool
    lightmap: int
    """Index into ``Scene.lightmaps``; -1: none."""
    mesh: int
    """Of instances, which share a mesh; else -1."""
    mirrored: bool
    """Of instances: all have their winding turned."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One node's primitive on its way into a batch. Attributes are (n, …); ``indices``: (m, corners)."""

    node: int
    key: BatchKey
    shown: int
    """Index into the table of which variants show it."""
    positions: Floats = field(repr=False)
    normals: Floats = field(repr=False)
    indices: NDArray[np.uint32] = field(repr=False)
    uvs: Floats | None = field(default=None, repr=False)
    uvs_1: Floats | None = field(default=None, repr=False)
    tangents: Floats | None = field(default=None, repr=False)
    colors: Floats | None = field(default=None, repr=False)
    rows: NDArray[np.uint32] | None = field(default=None, repr=False)
    """(n, 1, 4 or 8): rows of the palette."""
    weights: Floats | None = field(default=None, repr=False)
    """(n, 4 or 8)."""
    morph: NDArray[np.int32] | None = field(default=None, repr=False)
    """(n, 2): texel of the first delta, and slot of the weights."""
    boxes: Boxes | None = field(default=None, repr=False)
    """Of what moves: together they hold it at any time. Of instances: one for each."""


class Placer:
    """Makes the parts of a scene's nodes, and gathers what its palette must hold."""

    def __init__(self, scene: Scene) -> None:
        self.plan = MovementPlan(scene)
        self.shown: dict[tuple[bool, ...], int] = {}
        self._scene = scene = self.plan.scene
        self._uses = [texture_uses(material) for material in scene.materials]
        self._tangents: dict[tuple[int, int, UvTransform | None], Floats] = {}
        self._instanced = _worth_instances(scene, self.plan)

    def parts(self) -> Iterator[Part]:
        """All parts, in order of nodes."""
        for index, node in enumerate(self._scene.nodes):
            mesh = self._scene.meshes[node.mesh]
            for primitive, indices in _primitives(mesh):
                for material, shown in self._materials(node, mesh):
                    yield from self._node_parts(index, material, shown, primitive, indices)

    def _materials(self, node: Node, mesh: Mesh) -> list[tuple[int, int]]:
        """Its materials, each with which variants show it."""
        if not node.variant_materials:
            return [(mesh.material, self._shown_index((True,) * (1 + len(self._scene.variants))))]
        choices = (mesh.material, *node.variant_materials)
        return [
            (material, self._shown_index(tuple(choice == material for choice in choices)))
            for material in dict.fromkeys(choices)
        ]

    def _shown_index(self, shown: tuple[bool, ...]) -> int:
        return self.shown.setdefault(shown, len(self.shown))

    def _node_parts(
        self, index: int, material: int, shown: int, primitive: Primitive, indices: NDArray[np.uint32]
    ) -> Iterator[Part]:
        node = self._scene.nodes[index]
        mesh = self._scene.meshes[node.mesh]
        moves, morphs = self.plan.node_moves(node), self.plan.morph_moves(node)
        attributes = self._attributes(node, mesh, material)
        matrices = np.eye(4)[None] if node.instances is None or node.skin is not None else node.instances
        if node.mesh in self._instanced and primitive is Primitive.TRIANGLES:
            yield from self._instances(index, material, shown, indices, attributes, matrices)
            return
        skinned = node.skin is not None and mesh.joints is not None and mesh.weights is not None
        if not moves and not morphs:
            shape = attributes.morphed(mesh, self.plan.rest_weights(node))
            key = self._key(index, material, primitive, Placing.FIXED)
            if skinned:
                places = self._joint_matrices(node, mesh)
                yield shape.placed(places).part(index, key, shown, indices, turned=_turned(places[0]))
                return
            for matrix in matrices:
                place = node.matrix @ matrix
                yield shape.placed(place[None]).part(index, key, shown, indices, turned=_turned(place))
            return
        shape = attributes
        morph = None
        if morphs:
            slot, first = self.plan.morph_slot(index)
            vertices = np.arange(len(mesh.positions)) * self.plan.texels_a_vertex(mesh)
            morph = np.stack([first + vertices, np.full(len(vertices), slot)], axis=1).astype(np.int32)
        else:
            shape = shape.morphed(mesh, self.plan.rest_weights(node))
        if skinned:
            yield self._skinned(index, material, shown, primitive, indices, shape, morph)
            return
        rows = (
            np.array([self.plan.rigid_row(node)])
            if node.instances is None
            else self.plan.instance_rows(node, node.instances)
        )
        below, above = self.plan.morph_reach(node)
        low, high = shape.positions.min(axis=0) + below, shape.positions.max(axis=0) + above
        key = self._key(index, material, primitive, Placing.RIGID, morphs=morphs)
        for row, matrix in zip(rows, matrices, strict=True):
            yield shape.part(
                index,
                key,
                shown,
                indices,
                turned=_turned(node.matrix @ matrix),
                rows=np.full((len(shape.positions), 1), row, np.uint32),
                morph=morph,
                boxes=Boxes(np.array([row], np.int64), low[None].astype(np.float64), high[None].astype(np.float64)),
            )

    def _skinned(
        self,
        index: int,
        material: int,
        shown: int,
        primitive: Primitive,
        indices: NDArray[np.uint32],
        shape: _Shape,
        morph: NDArray[np.int32] | None,
    ) -> Part:
        node = self._scene.nodes[index]
        mesh = self._scene.meshes[node.mesh]
        assert node.skin is not None, "it is skinned"
        assert mesh.joints is not None, "it is skinned"
        assert mesh.weights is not None, "it is skinned"
        first = self.plan.skin_row(node.skin)
        placing = Placing.SKIN_4 if mesh.joints.shape[1] <= 4 else Placing.SKIN_8
        width = 4 if placing is Placing.SKIN_4 else 8
        joints, weights = _padded(mesh.joints, width), _padded(mesh.weights, width)
        below, above = self.plan.morph_reach(node)
        # A vertex lies between where its joints would put it, so that the boxes of all joints hold it.
        used = np.unique(joints[weights > 0.0]).astype(np.int64)
        low, high = np.zeros((len(used), 3)), np.zeros((len(used), 3))
        for place, joint in enumerate(used):
            held = shape.positions[((joints == joint) & (weights > 0.0)).any(axis=1)]
            low[place], high[place] = held.min(axis=0) + below, held.max(axis=0) + above
        return shape.part(
            index,
            self._key(index, material, primitive, placing, morphs=morph is not None),
            shown,
            indices,
            turned=_turned(self._joint_matrices(node, mesh)[0]),
            rows=(joints.astype(np.uint32) + np.uint32(first)),
            weights=weights.astype(np.float32),
            morph=morph,
            boxes=Boxes(first + used, low, high),
        )

    def _instances(
        self,
        index: int,
        material: int,
        shown: int,
        indices: NDArray[np.uint32],
        shape: _Shape,
        matrices: NDArray[np.float64],
    ) -> Iterator[Part]:
        node = self._scene.nodes[index]
        turned = np.linalg.det((node.matrix @ matrices)[:, :3, :3]) < 0.0
        low, high = shape.positions.min(axis=0), shape.positions.max(axis=0)
        for mirrored in (False, True):
            chosen = matrices[turned == mirrored]
            if not len(chosen):
                continue
            rows = self.plan.instance_rows(node, chosen)
            key = self._key(index, material, Primitive.TRIANGLES, Placing.INSTANCED, mesh=node.mesh, mirrored=mirrored)
            boxes = Boxes(
                rows, np.tile(low, (len(rows), 1)).astype(np.float64), np.tile(high, (len(rows), 1)).astype(np.float64)
            )
            yield shape.part(index, key, shown, indices, turned=mirrored, boxes=boxes)

    def _key(
        self,
        index: int,
        material: int,
        primitive: Primitive,
        placing: Placing,
        *,
        morphs: bool = False,
        mesh: int = -1,
        mirrored: bool = False,
    ) -> BatchKey:
        node = self._scene.nodes[index]
        source = self._scene.meshes[node.mesh]
        lightmap = next(
            (
                place
                for place, entry in enumerate(self._scene.lightmaps)
                if source.uvs_1 is not None and (not entry.nodes or node.name in entry.nodes)
            ),
            -1,
        )
        both_sides = placing is not Placing.FIXED and self._may_turn(node)
        return BatchKey(material, primitive, placing, morphs, both_sides, source.unlit, lightmap, mesh, mirrored)

    def _may_turn(self, node: Node) -> bool:
        animator, rig = self.plan.animator, self._scene.rig
        return animator is not None and rig is not None and animator.may_mirror(node.rig_node)

    def _joint_matrices(self, node: Node, mesh: Mesh) -> NDArray[np.float64]:
        """Each vertex's own matrix (n, 4, 4) by its joints at rest; mesh space to world space."""
        rig, animator = self._scene.rig, self.plan.animator
        assert rig is not None, "a skin belongs to a rig"
        assert animator is not None, "a skin belongs to a rig"
        assert node.skin is not None, "it is skinned"
        return joint_matrices(mesh, rig.skins[node.skin], animator.rest.world)

    def _attributes(self, node: Node, mesh: Mesh, material: int) -> _Shape:
        uses = self._uses[material]
        sets = {use.uv_set for use, _ in uses}
        bump = next((use for use, is_normal in uses if is_normal), None)
        tangents = None
        if bump is not None:
            uvs = mesh.uvs if bump.uv_set == 0 else mesh.uvs_1
            tangents = mesh.tangents
            if tangents is None and uvs is not None and len(mesh.triangles):
                # Along the picture's own edges: a transform that turns or mirrors it does so to its normals.
                key = (node.mesh, bump.uv_set, bump.transform)
                if key not in self._tangents:
                    rows = (bump.transform or UvTransform()).rows
                    self._tangents[key] = vertex_tangents(mesh, (uvs @ rows[:, :2].T).astype(np.float32))
                tangents = self._tangents[key]
        return _Shape(
            mesh.positions,
            mesh.normals,
            tangents,
            uvs=mesh.uvs if 0 in sets else None,
            uvs_1=mesh.uvs_1 if 1 in sets or self._scene.lightmaps else None,
            colors=mesh.colors,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """A mesh's attributes, in whichever space."""

    positions: Floats
    normals: Floats
    tangents: Floats | None
    uvs: Floats | None
    uvs_1: Floats | None
    colors: Floats | None

    def morphed(self, mesh: Mesh, weights: NDArray[np.float64]) -> _Shape:
        """With targets of these weights added."""
        morphs, active = mesh.morphs, np.flatnonzero(weights)
        if morphs is None or not len(active):
            return self
        positions, normals, tangents = self.positions, self.normals, self.tangents
        for target in active:
            weight = np.float32(weights[target])
            positions = positions + weight * morphs.positions[target]
            if morphs.normals is not None:
                normals = normals + weight * morphs.normals[target]
            if morphs.tangents is not None and tangents is not None:
                tangents = tangents + np.pad(weight * morphs.tangents[target], ((0, 0), (0, 1)))
        return _Shape(positions, normals, tangents, self.uvs, self.uvs_1, self.colors)

    def placed(self, matrices: NDArray[np.float64]) -> _Shape:
        """Moved by one matrix (1, 4, 4) or by one for each vertex. Normals of mirrored ones point inwards, as they do
        in the shader: see :meth:`part`."""
        linear = matrices[:, :3, :3]
        # The cofactor matrix turns normals as the inverse transpose does, and exists for flattened nodes too.
        cofactor = np.stack([np.cross(linear[:, (k + 1) % 3], linear[:, (k + 2) % 3]) for k in range(3)], axis=1)
        tangents = self.tangents
        if tangents is not None:
            turned = unit(_times(linear, tangents[:, :3]))
            tangents = np.concatenate([turned, tangents[:, 3:]], axis=1).astype(np.float32)
        return _Shape(
            (_times(linear, self.positions) + matrices[:, :3, 3]).astype(np.float32),
            unit(_times(cofactor, self.normals)).astype(np.float32),
            tangents,
            self.uvs,
            self.uvs_1,
            self.colors,
        )

    def part(
        self,
        node: int,
        key: BatchKey,
        shown: int,
        indices: NDArray[np.uint32],
        *,
        turned: bool,
        rows: NDArray[np.uint32] | None = None,
        weights: Floats | None = None,
        morph: NDArray[np.int32] | None = None,
        boxes: Boxes | None = None,
    ) -> Part:
        """``turned``: it is mirrored. Its triangles are then seen in the other winding, and culling must go on
        seeing their front as front; the cofactor matrix turns its normals inwards, so they begin inwards too."""
        tangents, normals = self.tangents, self.normals
        if turned:
            normals = -normals
            indices = indices[:, ::-1] if key.primitive is Primitive.TRIANGLES else indices
            if tangents is not None:
                tangents = tangents * np.array([1.0, 1.0, 1.0, -1.0], np.float32)
        return Part(
            node,
            key,
            shown,
            self.positions,
            normals,
            indices,
            self.uvs,
            self.uvs_1,
            tangents,
            self.colors,
            rows,
            weights,
            morph,
            boxes,
        )


def texture_uses(part: object) -> list[tuple[TextureUse, bool]]:
    """All textures that a material uses, its extensions' too; True: it holds normals."""
    assert is_dataclass(part), "materials and their extensions are"
    found: list[tuple[TextureUse, bool]] = []
    for entry in fields(part):
        value = getattr(part, entry.name)
        if isinstance(value, TextureUse):
            found.append((value, entry.name == "normal_texture"))
        elif is_dataclass(value):
            found += texture_uses(value)
    return found


def _primitives(mesh: Mesh) -> Iterator[tuple[Primitive, NDArray[np.uint32]]]:
    if not len(mesh.positions):
        return
    if len(mesh.triangles):
        yield Primitive.TRIANGLES, mesh.triangles
    if mesh.lines is not None and len(mesh.lines):
        yield Primitive.LINES, mesh.lines
    if mesh.points is not None and len(mesh.points):
        yield Primitive.POINTS, mesh.points.reshape(-1, 1)


def _worth_instances(scene: Scene, plan: MovementPlan) -> frozenset[int]:
    """The meshes whose copies would take too much. Skins and morphs are never shared: each has a shape of its own."""
    times: Counter[int] = Counter()
    for node in scene.nodes:
        times[node.mesh] += 1 if node.instances is None else len(node.instances)
    own_shape = {node.mesh for node in scene.nodes if node.skin is not None}
    return frozenset(
        index
        for index, count in times.items()
        if scene.meshes[index].morphs is None
        and index not in own_shape
        and (count - 1) * _bytes(scene.meshes[index]) > INSTANCED_FROM_BYTES
    )


def _bytes(mesh: Mesh) -> int:
    attributes = (mesh.positions, mesh.normals, mesh.uvs, mesh.uvs_1, mesh.colors, mesh.triangles)
    return sum(part.nbytes for part in attributes if part is not None)


def _turned(matrix: NDArray[np.float64]) -> bool:
    return bool(np.linalg.det(matrix[:3, :3]) < 0.0)


def _times(matrices: NDArray[np.float64], vectors: Floats) -> NDArray[np.float64]:
    """Vectors (n, 3) by matrices (1 or n, 3, 3)."""
    if len(matrices) == 1:
        turned: NDArray[np.float64] = vectors @ matrices[0].T
        return turned
    each: NDArray[np.float64] = np.einsum("nij,nj->ni", matrices, vectors)
    return each


def _padded(values: NDArray[_Number], width: int) -> NDArray[_Number]:
    """Columns of zeros to the right, up to a width."""
    return np.pad(values, ((0, 0), (0, width - values.shape[1])))
