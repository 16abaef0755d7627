"""Nodes are a forest, and what hangs on them fits: cameras, lights and instances (glTF 2.0, section 3.5)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from edge_render.findings import FindingLog, place_of
from edge_render.gltf.format import Gltf, NodePart
from edge_render.gltf.format_data import BYTE, FLOAT, SHORT
from edge_render.gltf.format_meshes import TRIANGLES, Primitive
from edge_render.gltf.limits import DRAWN_PRIMITIVES_MAX, DRAWN_TRIANGLES_MAX, INSTANCES_MAX

_UNIT_TOLERANCE: Final = 0.005
_INSTANCE_FORMATS: Final = {
    "TRANSLATION": ("VEC3", (FLOAT,)),
    "ROTATION": ("VEC4", (FLOAT, BYTE, SHORT)),
    "SCALE": ("VEC3", (FLOAT,)),
}


def check_nodes(gltf: Gltf, log: FindingLog) -> None:
    """Log what is wrong with scenes, nodes, cameras and lights. Every reference must resolve."""
    _check_tree(gltf, log)
    instances = 0
    for index, node in enumerate(gltf.nodes):
        place = f"nodes[{index}]"
        _check_placement(place, node, log)
        _check_mesh(gltf, place, node, log)
        instances += _check_instances(gltf, place, node, log)
    if instances > INSTANCES_MAX:
        log.error("nodes", f"{instances} instances are more than {INSTANCES_MAX}", "TOO_MUCH_DATA")
    _check_amount(gltf, log)
    _check_cameras(gltf, log)
    _check_lights(gltf, log)


def _check_tree(gltf: Gltf, log: FindingLog) -> None:
    parents: dict[int, int] = {}
    for index, node in enumerate(gltf.nodes):
        for child in node.children:
            if child in parents:
                message = f"node {child} has the parent {parents[child]} already"
                log.error(f"nodes[{index}].children", message, "NODE_PARENT_OVERRIDE")
            parents.setdefault(child, index)
    # With one parent each, the nodes that no root leads to are those of circles and below.
    reached = [index for index in range(len(gltf.nodes)) if index not in parents]
    left = set(parents)
    while reached:
        for child in gltf.nodes[reached.pop()].children:
            if child in left:
                left.remove(child)
                reached.append(child)
    if left:
        first = min(left)
        log.error(f"nodes[{first}].children", "the nodes form a circle", "NODE_LOOP")
    for index, scene in enumerate(gltf.scenes):
        place = f"scenes[{index}].nodes"
        if len(set(scene.nodes)) < len(scene.nodes):
            log.error(place, "names a node twice", "DUPLICATE_ELEMENTS")
        for root in scene.nodes:
            if root in parents:
                message = (
                    f"node {root} is a child of node {parents[root]}, so it is no root; drawn where that places it"
                )
                log.defect(place, message, "SCENE_NON_ROOT_NODE")


def _check_placement(place: str, node: NodePart, log: FindingLog) -> None:
    parts = (node.translation, node.rotation, node.scale)
    if node.matrix is not None:
        if any(part is not None for part in parts):
            message = "has translation, rotation or scale as well, which are ignored"
            log.defect(f"{place}.matrix", message, "NODE_MATRIX_TRS")
        if not _is_affine(node.matrix):
            log.error(f"{place}.matrix", "its last row must be 0 0 0 1", "NODE_MATRIX_NON_TRS")
    if node.rotation is not None:
        length = math.hypot(*node.rotation)
        if length < 1e-6 or not math.isfinite(length):
            log.error(f"{place}.rotation", "is no rotation: its length is 0 or without bound", "ROTATION_NON_UNIT")
        elif abs(length - 1.0) > _UNIT_TOLERANCE:
            message = f"has length {length:.4g}, must have 1; taken as if it had"
            log.defect(f"{place}.rotation", message, "ROTATION_NON_UNIT")


def _is_affine(matrix: tuple[float, ...]) -> bool:
    return all(abs(matrix[at] - wanted) < 1e-4 for at, wanted in ((3, 0.0), (7, 0.0), (11, 0.0), (15, 1.0)))


def _check_mesh(gltf: Gltf, place: str, node: NodePart, log: FindingLog) -> None:
    if node.mesh is None:
        if node.skin is not None:
            log.defect(f"{place}.skin", "without a mesh it says nothing; ignored", "UNSATISFIED_DEPENDENCY")
        if node.weights:
            log.defect(f"{place}.weights", "without a mesh they say nothing; ignored", "UNSATISFIED_DEPENDENCY")
        return
    primitives = gltf.meshes[node.mesh].primitives
    targets = len(primitives[0].targets) if primitives else 0
    if node.weights and len(node.weights) != targets:
        message = f"{len(node.weights)} weights for {targets} morph targets of mesh {node.mesh}; what is missing is 0"
        log.defect(f"{place}.weights", message, "NODE_WEIGHTS_INVALID")
    if node.skin is not None and not any("JOINTS_0" in primitive.attributes for primitive in primitives):
        message = f"mesh {node.mesh} has no joints; drawn without the skin"
        log.defect(f"{place}.skin", message, "NODE_SKIN_WITH_NON_SKINNED_MESH")
    if node.skin is None and any("JOINTS_0" in primitive.attributes for primitive in primitives):
        message = f"mesh {node.mesh} has joints, but the node has no skin; drawn at rest"
        log.warning(place, message, "NODE_SKINNED_MESH_WITHOUT_SKIN")


def _instancing_place(place: str, name: str) -> str:
    return f"{place}.extensions.EXT_mesh_gpu_instancing.attributes.{place_of([name])}"


def _check_instances(gltf: Gltf, place: str, node: NodePart, log: FindingLog) -> int:
    """How many there are."""
    if node.extensions.instancing is None:
        return 0
    counts = set()
    for name, index in node.extensions.instancing.attributes.items():
        accessor = gltf.accessors[index]
        counts.add(accessor.count)
        if name.startswith("_"):
            continue
        if name not in _INSTANCE_FORMATS:
            log.defect(_instancing_place(place, name), "there is no such attribute; ignored", "INVALID_ATTRIBUTE")
            continue
        kind, components = _INSTANCE_FORMATS[name]
        if accessor.type != kind or accessor.component_type not in components:
            message = f"must be {kind} of FLOAT{' or normalized integers' if len(components) > 1 else ''}"
            log.error(_instancing_place(place, name), message, "EXT_MESH_GPU_INSTANCING_INVALID_FORMAT")
    if len(counts) > 1:
        at = f"{place}.extensions.EXT_mesh_gpu_instancing.attributes"
        log.error(at, "must all have the same count", "EXT_MESH_GPU_INSTANCING_UNEQUAL_COUNT")
    return max(counts, default=0)


def _check_amount(gltf: Gltf, log: FindingLog) -> None:
    """Each placement is drawn; a small file may place a mesh very often."""
    costs = [sum(_triangles(gltf, primitive) for primitive in mesh.primitives) for mesh in gltf.meshes]
    total, primitives = 0, 0
    for node in gltf.nodes:
        if node.mesh is not None:
            primitives += len(gltf.meshes[node.mesh].primitives)
            instancing = node.extensions.instancing
            used = () if instancing is None else instancing.attributes.values()
            total += costs[node.mesh] * max((gltf.accessors[index].count for index in used), default=1)
    if total > DRAWN_TRIANGLES_MAX:
        log.error("nodes", f"{total} triangles are more than {DRAWN_TRIANGLES_MAX}", "TOO_MUCH_DATA")
    if primitives > DRAWN_PRIMITIVES_MAX:
        log.error("nodes", f"show {primitives} primitives, more than {DRAWN_PRIMITIVES_MAX}", "TOO_MUCH_DATA")


def _triangles(gltf: Gltf, primitive: Primitive) -> int:
    source = primitive.attributes.get("POSITION") if primitive.indices is None else primitive.indices
    count = 0 if source is None else gltf.accessors[source].count
    return max(1, count // 3 if primitive.mode == TRIANGLES else count)


def _check_cameras(gltf: Gltf, log: FindingLog) -> None:
    for index, camera in enumerate(gltf.cameras):
        place = f"cameras[{index}]"
        view = camera.perspective if camera.type == "perspective" else camera.orthographic
        if view is None:
            log.error(f"{place}.{camera.type}", "is missing", "UNDEFINED_PROPERTY")
            continue
        if camera.perspective is not None and camera.orthographic is not None:
            log.defect(place, f"has two kinds; the one that counts is {camera.type}", "ONE_OF_MISMATCH")
        positive: Iterable[str] = ("yfov", "znear") if camera.type == "perspective" else ("xmag", "ymag", "zfar")
        for name in positive:
            if not getattr(view, name) > 0.0:
                log.error(f"{place}.{camera.type}.{name}", "must be more than 0", "VALUE_NOT_IN_RANGE")
        if view.zfar is not None and view.zfar <= view.znear:
            message = "zfar must be more than znear; ignored"
            log.defect(f"{place}.{camera.type}", message, "CAMERA_ZFAR_LEQUAL_ZNEAR")


def _check_lights(gltf: Gltf, log: FindingLog) -> None:
    for index, light in enumerate(gltf.lights()):
        place = f"extensions.KHR_lights_punctual.lights[{index}]"
        if light.type == "spot":
            if light.spot is None:
                log.defect(f"{place}.spot", "is missing; taken as its defaults", "UNDEFINED_PROPERTY")
            elif not light.spot.inner_cone_angle < light.spot.outer_cone_angle <= math.pi / 2 + 1e-6:
                message = "innerConeAngle must be less than outerConeAngle, and that at most a quarter turn; drawn so"
                log.defect(f"{place}.spot", message, "KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES")
        if light.range == 0.0:
            log.defect(f"{place}.range", "must be more than 0; taken as without bound", "VALUE_NOT_IN_RANGE")
