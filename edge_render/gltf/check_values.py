"""What the bytes of accessors say: numbers are numbers, indices name what is there, bounds are true (glTF 2.0, sections
3.6.2 and 3.7). Draco's data is not looked at here; it gives no more than its accessors say.

Reading is cheap: arrays are views of the file's bytes, and the loader needs them anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.findings import FindingLog
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format import AnimationPart
from edge_render.gltf.format_data import Accessor
from edge_render.gltf.format_meshes import Primitive
from edge_render.gltf.usage import drawn_primitives

Values = NDArray[Any]

_UNUSED_MAX_BYTES: Final = 16 * 1024 * 1024
"""Accessors that nothing uses are looked at as well, as long as that is quick."""
_UNIT_TOLERANCE: Final = 0.02
_SUM_TOLERANCE: Final = 0.02
_BOUND_TOLERANCE: Final = 1e-6
_SIGNS: Final = (-1.0, 1.0)


def check_values(checked: CheckedGltf, accessors: AccessorReader, log: FindingLog) -> None:
    """Log what is wrong with the values of accessors. Raises ModelError where packed bytes can't be unpacked."""
    gltf, usage = checked.gltf, checked.usage
    budget = _UNUSED_MAX_BYTES
    for index, accessor in enumerate(gltf.accessors):
        used_by = usage.accessors.get(index)
        if used_by is None:
            if index in usage.reads or not accessor.is_known or not _has_bytes(checked, accessor):
                continue
            budget -= accessor.count * accessor.stride_bytes
            if budget < 0:
                continue
        place = f"accessors[{index}]"
        try:
            values = accessors.raw(index)
        except ModelError:
            if used_by is not None:
                raise
            log.defect(place, "can't be read; nothing uses it", "ACCESSOR_UNREADABLE")
            continue
        if not _check_numbers(place, values, used_by, log):
            continue
        if accessor.buffer_view is not None or accessor.sparse is not None:
            _check_bounds(place, accessor, values, log)
    if log.refused:
        return
    for place, primitive in drawn_primitives(gltf):
        if primitive.extensions.draco is None:
            _check_primitive(place, primitive, accessors, log)
    _check_skinning(checked, accessors, log)
    for index, animation in enumerate(gltf.animations):
        _check_animation(f"animations[{index}]", animation, accessors, log)


def _has_bytes(checked: CheckedGltf, accessor: Accessor) -> bool:
    """Whether the buffers that it needs are there; for what is used, the check of the structure has seen to it."""
    views = [] if accessor.buffer_view is None else [accessor.buffer_view]
    if accessor.sparse is not None:
        views += [accessor.sparse.indices.buffer_view, accessor.sparse.values.buffer_view]
    sources = [(view.meshopt or view).buffer for view in (checked.gltf.buffer_views[index] for index in views)]
    return all(len(checked.buffers[source]) > 0 for source in sources)


def _check_numbers(place: str, values: Values, used_by: str | None, log: FindingLog) -> bool:
    """Whether all are numbers."""
    if values.dtype.kind != "f":
        return True
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        message = f"{len(bad)} of {len(values)} elements have values that are no numbers, the first is {bad[0]}"
        used = f" (used by {used_by})" if used_by else "; nothing uses them"
        (log.error if used_by else log.defect)(place, message + used, "ACCESSOR_INVALID_FLOAT")
    return not len(bad)


def _check_bounds(place: str, accessor: Accessor, values: Values, log: FindingLog) -> None:
    sides: tuple[tuple[str, tuple[float, ...] | None, Callable[[Values], Any], Callable[[Any, Any], Any]], ...] = (
        ("min", accessor.min, lambda array: array.min(axis=0), np.less),
        ("max", accessor.max, lambda array: array.max(axis=0), np.greater),
    )
    for name, declared, extreme, beyond in sides:
        if declared is None or len(declared) != accessor.components:
            continue
        actual = np.asarray(extreme(values), np.float64)
        # Bounds are written as decimal numbers of the single precision that the values have.
        with np.errstate(over="ignore", invalid="ignore"):
            said = np.asarray(declared, np.float64).astype(np.float32).astype(np.float64)
        if values.dtype.kind != "f":
            said = np.asarray(declared, np.float64)
        wrong = np.abs(actual - said) > _BOUND_TOLERANCE * np.maximum(np.abs(actual), np.abs(said))
        if not wrong.any():
            continue
        outside = bool((beyond(actual, said) & wrong).any())
        code = f"ACCESSOR_ELEMENT_OUT_OF_{name.upper()}_BOUND" if outside else f"ACCESSOR_{name.upper()}_MISMATCH"
        message = f"says {_told(said)}, but the values have {_told(actual)}; the values count"
        log.defect(f"{place}.{name}", message, code)


def _told(values: NDArray[np.float64]) -> str:
    return f"[{', '.join(f'{value:g}' for value in values)}]"


def _check_primitive(place: str, primitive: Primitive, accessors: AccessorReader, log: FindingLog) -> None:
    vertices = len(accessors.raw(primitive.attributes["POSITION"]))
    if primitive.indices is not None and (highest := int(accessors.raw(primitive.indices).max())) >= vertices:
        message = f"names vertex {highest}, but there are {vertices}"
        log.error(f"{place}.indices", message, "ACCESSOR_INDEX_OOB")
    for name, index in primitive.attributes.items():
        at = f"{place}.attributes.{name}"
        if name == "NORMAL":
            _check_unit(at, accessors.floats(index), "ACCESSOR_VECTOR3_NON_UNIT", log)
        elif name == "TANGENT":
            tangents = accessors.floats(index)
            _check_unit(at, tangents[:, :3], "ACCESSOR_VECTOR3_NON_UNIT", log)
            wrong = int(np.count_nonzero(~np.isin(tangents[:, 3], _SIGNS)))
            if wrong:
                message = f"{wrong} of {len(tangents)} have a w that is neither 1 nor -1; drawn by its sign"
                log.defect(at, message, "ACCESSOR_INVALID_SIGN")
    _check_weights(place, primitive, accessors, log)


def _check_unit(place: str, vectors: NDArray[np.float32], code: str, log: FindingLog) -> None:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    wrong = int(np.count_nonzero(np.abs(lengths - 1.0) > _UNIT_TOLERANCE))
    if wrong:
        message = f"{wrong} of {len(vectors)} do not have length 1; drawn as if they had"
        log.defect(place, message, code)


def _check_weights(place: str, primitive: Primitive, accessors: AccessorReader, log: FindingLog) -> None:
    sets = [index for name, index in primitive.attributes.items() if name.startswith("WEIGHTS_")]
    if not sets:
        return
    weights = np.concatenate([accessors.floats(index) for index in sets], axis=1)
    negative = int(np.count_nonzero((weights < 0.0).any(axis=1)))
    if negative:
        message = f"{negative} of {len(weights)} vertices have negative weights; taken as 0"
        log.defect(f"{place}.attributes.WEIGHTS_0", message, "ACCESSOR_NEGATIVE_WEIGHTS")
    wrong = int(np.count_nonzero(np.abs(weights.sum(axis=1) - 1.0) > _SUM_TOLERANCE))
    if wrong:
        message = f"of {wrong} of {len(weights)} vertices they do not add up to 1; drawn as if they did"
        log.defect(f"{place}.attributes.WEIGHTS_0", message, "ACCESSOR_WEIGHTS_NON_NORMALIZED")


def _check_skinning(checked: CheckedGltf, accessors: AccessorReader, log: FindingLog) -> None:
    """Joints that hold a vertex are joints of the skin."""
    gltf = checked.gltf
    highest: dict[tuple[int, int], int] = {}
    pairs = {(node.mesh, node.skin) for node in gltf.nodes if node.mesh is not None and node.skin is not None}
    for mesh, skin in sorted(pairs):
        joints = len(gltf.skins[skin].joints)
        for number, primitive in enumerate(gltf.meshes[mesh].primitives):
            if "POSITION" not in primitive.attributes or primitive.extensions.draco is not None:
                continue
            for name, index in primitive.attributes.items():
                weights = primitive.attributes.get(f"WEIGHTS_{name.removeprefix('JOINTS_')}")
                if not name.startswith("JOINTS_") or weights is None:
                    continue
                if (index, weights) not in highest:
                    held = accessors.floats(weights) > 0.0
                    highest[index, weights] = int(np.where(held, accessors.raw(index), 0).max())
                if highest[index, weights] >= joints:
                    message = f"names joint {highest[index, weights]}, but skins[{skin}] has {joints}"
                    at = f"meshes[{mesh}].primitives[{number}].attributes.{name}"
                    log.error(at, message, "ACCESSOR_JOINTS_INDEX_OOB")


def _check_animation(place: str, animation: AnimationPart, accessors: AccessorReader, log: FindingLog) -> None:
    for number, sampler in enumerate(animation.samplers):
        times_s = accessors.raw(sampler.input)[:, 0]
        at = f"{place}.samplers[{number}].input"
        steps_s = np.diff(times_s)
        if (steps_s < 0.0).any():
            log.error(at, "its times do not ascend", "ACCESSOR_ANIMATION_INPUT_NON_INCREASING")
        elif repeated := int(np.count_nonzero(steps_s == 0.0)):
            message = f"{repeated} of {len(times_s)} times are that of the key before; of such keys the last counts"
            log.defect(at, message, "ACCESSOR_ANIMATION_INPUT_NON_INCREASING")
        if times_s[0] < 0.0:
            message = f"begins at {times_s[0]:g} s, before the animation; played from 0 on"
            log.defect(at, message, "ACCESSOR_ANIMATION_INPUT_NEGATIVE")
    for number, channel in enumerate(animation.channels):
        sampler = animation.samplers[channel.sampler]
        if channel.target.path == "rotation" and channel.target.node is not None:
            rotations = accessors.floats(sampler.output)
            if sampler.interpolation == "CUBICSPLINE":
                rotations = rotations[1::3]
            code = "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION"
            _check_unit(f"{place}.channels[{number}].sampler", rotations, code, log)
