"""Skins and animations: their accessors are of the right formats and lengths (glTF 2.0, sections 3.7.3 and 3.11)."""

from __future__ import annotations

from typing import Final

from edge_render.findings import FindingLog, printable
from edge_render.gltf.format import AnimationPart, AnimationSampler, Channel, Gltf
from edge_render.gltf.format_data import BYTE, FLOAT, SHORT, UNSIGNED_BYTE, UNSIGNED_SHORT, Accessor
from edge_render.gltf.limits import JOINTS_MAX

_OUTPUT_TYPES: Final = {"translation": "VEC3", "rotation": "VEC4", "scale": "VEC3", "weights": "SCALAR"}
_NORMALIZED: Final = (BYTE, UNSIGNED_BYTE, SHORT, UNSIGNED_SHORT)


def check_animations(gltf: Gltf, log: FindingLog) -> None:
    """Log what is wrong with skins and animations. Every reference must resolve."""
    _check_skins(gltf, log)
    for index, animation in enumerate(gltf.animations):
        place = f"animations[{index}]"
        for number, sampler in enumerate(animation.samplers):
            _check_sampler(gltf, f"{place}.samplers[{number}]", sampler, log)
        _check_targets(place, animation, log)
        for number, channel in enumerate(animation.channels):
            sampler = animation.samplers[channel.sampler]
            _check_channel(gltf, f"{place}.channels[{number}]", channel, sampler, log)


def _check_skins(gltf: Gltf, log: FindingLog) -> None:
    for index, skin in enumerate(gltf.skins):
        place = f"skins[{index}]"
        if not skin.joints:
            log.error(f"{place}.joints", "a skin needs joints", "EMPTY_ENTITY")
        if len(skin.joints) > JOINTS_MAX:
            log.error(f"{place}.joints", f"{len(skin.joints)} are more than {JOINTS_MAX}", "TOO_MUCH_DATA")
        if len(set(skin.joints)) < len(skin.joints):
            log.defect(f"{place}.joints", "names a node twice; drawn so", "DUPLICATE_ELEMENTS")
        if skin.inverse_bind_matrices is None:
            continue
        at = f"{place}.inverseBindMatrices"
        accessor = gltf.accessors[skin.inverse_bind_matrices]
        if accessor.type != "MAT4" or accessor.component_type != FLOAT:
            log.error(at, "must be MAT4 of FLOAT", "SKIN_IBM_INVALID_FORMAT")
        if accessor.count < len(skin.joints):
            message = f"{accessor.count} matrices for {len(skin.joints)} joints"
            log.error(at, message, "INVALID_IBM_ACCESSOR_COUNT")


def _check_sampler(gltf: Gltf, place: str, sampler: AnimationSampler, log: FindingLog) -> None:
    times = gltf.accessors[sampler.input]
    at = f"{place}.input"
    if times.type != "SCALAR" or times.component_type != FLOAT:
        log.error(at, "must be SCALAR of FLOAT", "ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT")
    if times.min is None or times.max is None:
        message = "must have min and max; they are computed"
        log.defect(at, message, "ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS")
    if sampler.interpolation == "CUBICSPLINE" and times.count < 2:
        message = "a cubic spline must have two keys; it stands still"
        log.defect(at, message, "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS")


def _check_targets(place: str, animation: AnimationPart, log: FindingLog) -> None:
    seen: set[tuple[int, str]] = set()
    for number, channel in enumerate(animation.channels):
        if channel.target.node is None:
            continue
        target = channel.target.node, channel.target.path
        if target in seen:
            message = f"node {target[0]} has a channel of {printable(target[1])} already; the last counts"
            log.defect(f"{place}.channels[{number}].target", message, "ANIMATION_DUPLICATE_TARGETS")
        seen.add(target)


def _check_channel(gltf: Gltf, place: str, channel: Channel, sampler: AnimationSampler, log: FindingLog) -> None:
    path, node_index = channel.target.path, channel.target.node
    if path not in _OUTPUT_TYPES:
        message = f"'{printable(path)}' can't be animated here; it stands still"
        log.warning(f"{place}.target.path", message, "VALUE_NOT_IN_LIST")
        return
    if node_index is None:
        return
    node = gltf.nodes[node_index]
    elements = 1
    if path == "weights":
        primitives = () if node.mesh is None else gltf.meshes[node.mesh].primitives
        elements = len(primitives[0].targets) if primitives else 0
        if not elements:
            message = f"node {node_index} has no morph targets"
            log.error(f"{place}.target", message, "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS")
            return
    elif node.matrix is not None:
        message = f"node {node_index} has a matrix, which gives way to translation, rotation and scale"
        log.defect(f"{place}.target", message, "ANIMATION_CHANNEL_TARGET_NODE_MATRIX")
    output = gltf.accessors[sampler.output]
    at = f"{place}.sampler"
    if output.type != _OUTPUT_TYPES[path] or not _may_be_output(output, path):
        message = f"its output must be {_OUTPUT_TYPES[path]} of FLOAT"
        log.error(at, message, "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT")
    keys = gltf.accessors[sampler.input].count
    wanted = keys * elements * (3 if sampler.interpolation == "CUBICSPLINE" else 1)
    if output.count != wanted:
        message = f"its output has {output.count} elements, but {keys} keys need {wanted}"
        log.error(at, message, "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT")


def _may_be_output(accessor: Accessor, path: str) -> bool:
    if accessor.component_type == FLOAT:
        return True
    return path in ("rotation", "weights") and accessor.normalized and accessor.component_type in _NORMALIZED
