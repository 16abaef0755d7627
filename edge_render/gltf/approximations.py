"""What of a sound file is not shown as it says, because a Scene has no place for it: told as warnings."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from edge_render.findings import FindingLog
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.drawn_nodes import variant_materials
from edge_render.gltf.format_meshes import Primitive
from edge_render.gltf.influences import INFLUENCES_MAX
from edge_render.gltf.materials import UvSlots, uv_slots

_MORPHED = ("POSITION", "NORMAL", "TANGENT")


def tell_approximations(
    checked: CheckedGltf, primitives: Iterable[tuple[str, Primitive]], used: Collection[int], log: FindingLog
) -> None:
    """Look at what is shown: these primitives, by place, and the materials that they use, by index."""
    materials = checked.gltf.materials
    for index in sorted(used):
        if index == len(materials):
            continue
        part, place = materials[index], f"materials[{index}]"
        if dropped := uv_slots(part).dropped:
            sets = ", ".join(f"TEXCOORD_{number}" for number in dropped)
            log.warning(
                place, f"uses more than two sets of texture coordinates; textures on {sets} are left out", "UV_SETS"
            )
        if part.extensions.transmission is not None and part.extensions.transmission.transmission_factor > 0.0:
            place = f"{place}.extensions.KHR_materials_transmission"
            log.warning(place, "what is seen through it is not bent, and only roughly blurred", "TRANSMISSION")
    for place, primitive in primitives:
        _tell_primitive(checked, place.removeprefix(f"{checked.path.name}: "), primitive, log)


def _tell_primitive(checked: CheckedGltf, place: str, primitive: Primitive, log: FindingLog) -> None:
    if f"JOINTS_{INFLUENCES_MAX // 4}" in primitive.attributes:
        message = f"more than {INFLUENCES_MAX} joints hold a vertex; the strongest are kept"
        log.warning(f"{place}.attributes", message, "JOINT_SETS")
    others = {name for target in primitive.targets for name in target if name not in _MORPHED and name[0] != "_"}
    if others:
        log.warning(f"{place}.targets", f"{', '.join(sorted(others))} do not morph", "MORPHED_ATTRIBUTES")
    own = UvSlots() if primitive.material is None else uv_slots(checked.gltf.materials[primitive.material])
    for material in variant_materials(checked, primitive):
        if material < len(checked.gltf.materials) and uv_slots(checked.gltf.materials[material]) != own:
            message = f"materials[{material}] wants other texture coordinates than the primitive's own material has"
            log.warning(f"{place}.extensions.KHR_materials_variants", message, "VARIANT_UV_SETS")
            return
