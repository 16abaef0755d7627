"""What of a file is drawn: a broken part that nothing shows is no reason to refuse the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from edge_render.findings import place_of
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_meshes import Primitive


@dataclass(frozen=True, slots=True)
class Usage:
    """By index, the first place that uses it: ``accessors`` whose values are read, ``views`` whose bytes are read as
    they are, ``images`` that are shown. ``reads`` counts how often an accessor is used, by Draco's data as well."""

    accessors: dict[int, str]
    reads: Counter[int]
    views: dict[int, str]
    images: dict[int, str]


def usage_of(gltf: Gltf) -> Usage:
    """What the nodes of the file show. Every reference must resolve."""
    usage = Usage({}, Counter(), {}, {})
    for place, accessor in _accessors(gltf):
        usage.accessors.setdefault(accessor, place)
        usage.reads[accessor] += 1
    for place, primitive in drawn_primitives(gltf):
        if (draco := primitive.extensions.draco) is not None:
            usage.views.setdefault(draco.buffer_view, f"{place}.extensions.KHR_draco_mesh_compression.bufferView")
            usage.reads.update(accessor for name, accessor in primitive.attributes.items() if name in draco.attributes)
    for index, place in usage.accessors.items():
        accessor_part = gltf.accessors[index]
        if accessor_part.buffer_view is not None:
            usage.views.setdefault(accessor_part.buffer_view, place)
        if (sparse := accessor_part.sparse) is not None:
            usage.views.setdefault(sparse.indices.buffer_view, f"{place} (sparse indices)")
            usage.views.setdefault(sparse.values.buffer_view, f"{place} (sparse values)")
    for place, image in _images(gltf):
        usage.images.setdefault(image, place)
        if (view := gltf.images[image].buffer_view) is not None:
            usage.views.setdefault(view, place)
    return usage


def drawn_primitives(gltf: Gltf) -> Iterator[tuple[str, Primitive]]:
    """The primitives of meshes that a node has, by place; those without positions are not drawn (section 3.7.2.1)."""
    for index in sorted({node.mesh for node in gltf.nodes if node.mesh is not None}):
        for number, primitive in enumerate(gltf.meshes[index].primitives):
            if "POSITION" in primitive.attributes:
                yield f"meshes[{index}].primitives[{number}]", primitive


def _accessors(gltf: Gltf) -> Iterator[tuple[str, int]]:
    for place, primitive in drawn_primitives(gltf):
        packed = primitive.extensions.draco.attributes if primitive.extensions.draco is not None else None
        if primitive.indices is not None and packed is None:
            yield f"{place}.indices", primitive.indices
        for name, accessor in primitive.attributes.items():
            if not name.startswith("_") and (packed is None or name not in packed):
                yield f"{place}.attributes.{place_of([name])}", accessor
        for number, target in enumerate(primitive.targets):
            for name, accessor in target.items():
                if name in ("POSITION", "NORMAL", "TANGENT"):
                    yield f"{place}.targets[{number}].{name}", accessor
    for skin in sorted({node.skin for node in gltf.nodes if node.skin is not None}):
        if (matrices := gltf.skins[skin].inverse_bind_matrices) is not None:
            yield f"skins[{skin}].inverseBindMatrices", matrices
    for index, node in enumerate(gltf.nodes):
        if (instancing := node.extensions.instancing) is not None and node.mesh is not None:
            for name, accessor in instancing.attributes.items():
                if not name.startswith("_"):
                    yield f"nodes[{index}].extensions.EXT_mesh_gpu_instancing.attributes.{place_of([name])}", accessor
    for index, animation in enumerate(gltf.animations):
        for number, sampler in enumerate(animation.samplers):
            yield f"animations[{index}].samplers[{number}].input", sampler.input
            yield f"animations[{index}].samplers[{number}].output", sampler.output
        # Keys are laid out for each channel, even if it shares its sampler with others.
        for channel in animation.channels:
            sampler = animation.samplers[channel.sampler]
            yield f"animations[{index}].samplers[{channel.sampler}].input", sampler.input
            yield f"animations[{index}].samplers[{channel.sampler}].output", sampler.output


def _images(gltf: Gltf) -> Iterator[tuple[str, int]]:
    materials: dict[int, None] = {}
    for _, primitive in drawn_primitives(gltf):
        if primitive.material is not None:
            materials.setdefault(primitive.material)
        if (variants := primitive.extensions.variants) is not None:
            materials.update(dict.fromkeys(mapping.material for mapping in variants.mappings))
    for material in materials:
        for role, info in gltf.materials[material].textures().items():
            for image in gltf.textures[info.index].sources().values():
                yield f"materials[{material}].{role}", image
