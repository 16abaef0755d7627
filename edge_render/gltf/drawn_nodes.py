"""Which nodes the scene of a file shows, and what each of them draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_meshes import Primitive
from edge_render.gltf.geometry import GeometryReader
from edge_render.gltf.instances import instance_matrices
from edge_render.gltf.materials import UvSlots, uv_slots
from edge_render.rig import Rig
from edge_render.scene import Mesh, Node


def shown_nodes(checked: CheckedGltf) -> list[int]:
    """The nodes of the default scene, each once; of the first scene where none is the default.

    A file without scenes is a library of nodes (glTF 2.0, section 3.5.1); all of them are shown.
    """
    gltf = checked.gltf
    if gltf.scenes:
        waiting = list(reversed(gltf.scenes[gltf.scene or 0].nodes))
    else:
        children = {child for node in gltf.nodes for child in node.children}
        waiting = [index for index in reversed(range(len(gltf.nodes))) if index not in children]
    found: dict[int, None] = {}
    while waiting:
        index = waiting.pop()
        if index not in found:
            found[index] = None
            waiting.extend(reversed(gltf.nodes[index].children))
    return list(found)


def shown_primitives(checked: CheckedGltf, nodes: Iterable[int]) -> Iterator[tuple[str, Primitive]]:
    """The primitives of these nodes' meshes, each once, with its place in the file."""
    meshes = dict.fromkeys(mesh for node in nodes if (mesh := checked.gltf.nodes[node].mesh) is not None)
    for mesh in meshes:
        for index, primitive in enumerate(checked.gltf.meshes[mesh].primitives):
            if "POSITION" in primitive.attributes:
                yield primitive_place(checked, mesh, index), primitive


def primitive_place(checked: CheckedGltf, mesh: int, index: int) -> str:
    return f"{checked.path.name}: meshes[{mesh}].primitives[{index}]"


def used_materials(checked: CheckedGltf, primitives: Iterable[Primitive]) -> set[int]:
    """Indices of materials, those of variants as well; one past the last is what primitives without one get."""
    found = set()
    for primitive in primitives:
        found.add(_own_material(checked, primitive))
        found.update(variant_materials(checked, primitive))
    return found


def variant_materials(checked: CheckedGltf, primitive: Primitive) -> tuple[int, ...]:
    """KHR_materials_variants: the material in each variant; empty where none changes it."""
    part = primitive.extensions.variants
    if part is None or not part.mappings:
        return ()
    materials = [_own_material(checked, primitive)] * len(checked.gltf.variants())
    for mapping in reversed(part.mappings):  # of several for one variant the first counts
        for variant in mapping.variants:
            materials[variant] = mapping.material
    return tuple(materials)


def _own_material(checked: CheckedGltf, primitive: Primitive) -> int:
    return len(checked.gltf.materials) if primitive.material is None else primitive.material


class Placer:
    """Makes the Nodes of a Scene, and the meshes that they draw."""

    def __init__(
        self,
        checked: CheckedGltf,
        accessors: AccessorReader,
        geometry: GeometryReader,
        rig: Rig,
        world: NDArray[np.float64],
        carried: NDArray[np.bool_],
        morphed: NDArray[np.bool_],
    ) -> None:
        self._checked = checked
        self._accessors = accessors
        self._geometry = geometry
        self._rig = rig
        self._world = world
        self._carried = carried
        self._morphed = morphed
        self._slots = [uv_slots(part) for part in checked.gltf.materials]
        self._places: dict[tuple[int, int], int | None] = {}
        self._variants: dict[tuple[int, int], tuple[int, ...]] = {}
        self._highest_joints: dict[int, int] = {}
        self.meshes: list[Mesh] = []

    def place(self, index: int) -> Iterator[Node]:
        """What a node draws: a Node for each primitive. Raises ModelError."""
        node = self._checked.gltf.nodes[index]
        if node.mesh is None:
            return
        instances = None
        if node.extensions.instancing is not None:
            place = f"{self._checked.path.name}: nodes[{index}].extensions.EXT_mesh_gpu_instancing"
            instances = instance_matrices(node.extensions.instancing, self._accessors, place)
        for number, primitive in enumerate(self._checked.gltf.meshes[node.mesh].primitives):
            # Without positions nothing is drawn (section 3.7.2.1).
            mesh = self._mesh(node.mesh, number, primitive) if "POSITION" in primitive.attributes else None
            if mesh is None:
                continue
            skin = self._skin(index, node.skin, mesh)
            moves = self._carried[index] or skin is not None
            moves = moves or (self.meshes[mesh].morphs is not None and self._morphed[index])
            yield Node(
                name=self._rig.names[index],
                mesh=mesh,
                matrix=self._world[index],
                rig_node=index if moves else None,
                skin=skin,
                instances=instances,
                variant_materials=self._variant_materials(node.mesh, number, primitive),
            )

    def _variant_materials(self, mesh: int, number: int, primitive: Primitive) -> tuple[int, ...]:
        key = mesh, number
        if key not in self._variants:
            self._variants[key] = variant_materials(self._checked, primitive)
        return self._variants[key]

    def _mesh(self, mesh: int, number: int, primitive: Primitive) -> int | None:
        key = mesh, number
        if key not in self._places:
            slots = UvSlots() if primitive.material is None else self._slots[primitive.material]
            material = _own_material(self._checked, primitive)
            made = self._geometry.mesh(primitive_place(self._checked, mesh, number), primitive, material, slots)
            self._places[key] = None if made is None else len(self.meshes)
            if made is not None:
                self.meshes.append(made)
        return self._places[key]

    def _skin(self, index: int, skin: int | None, place: int) -> int | None:
        """The skin of a node whose mesh has joints to be held by (section 3.7.3.3)."""
        mesh = self.meshes[place]
        if skin is None or mesh.joints is None:
            return None
        joints = len(self._rig.skins[skin].joints)
        if place not in self._highest_joints:
            self._highest_joints[place] = int(mesh.joints.max(initial=0))
        highest = self._highest_joints[place]
        if highest >= joints:
            raise ModelError(
                f"{self._checked.path.name}: nodes[{index}].mesh: JOINTS_0 names joint {highest}, but"
                f" skins[{skin}] has {joints}"
            )
        return skin
