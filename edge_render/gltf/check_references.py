"""Every index in a glTF file names something that is there; checked first, so that all else may follow them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from edge_render.findings import FindingLog, place_of
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_meshes import Primitive

_Reference = tuple[str, int | tuple[int, ...] | None, str]
"""Place, index or indices, and in what: the name of the file's array."""


def check_references(gltf: Gltf, log: FindingLog) -> None:
    """Log an error for each index out of range."""
    sizes = {
        "scenes": len(gltf.scenes),
        "nodes": len(gltf.nodes),
        "meshes": len(gltf.meshes),
        "skins": len(gltf.skins),
        "cameras": len(gltf.cameras),
        "lights": len(gltf.lights()),
        "variants": len(gltf.variants()),
        "materials": len(gltf.materials),
        "textures": len(gltf.textures),
        "samplers": len(gltf.samplers),
        "images": len(gltf.images),
        "accessors": len(gltf.accessors),
        "bufferViews": len(gltf.buffer_views),
        "buffers": len(gltf.buffers),
    }
    found = chain(_data(gltf), _materials(gltf), _meshes(gltf), _nodes(gltf), _animations(gltf))
    for place, index, kind in found:
        worst = max(index, default=-1) if isinstance(index, tuple) else index
        if worst is not None and worst >= sizes[kind]:
            log.error(place, f"{worst} is out of range ({sizes[kind]} {kind})", "UNRESOLVED_REFERENCE")
    _check_channels(gltf, log)


def _check_channels(gltf: Gltf, log: FindingLog) -> None:
    """A channel's sampler is one of its own animation."""
    for index, animation in enumerate(gltf.animations):
        for number, channel in enumerate(animation.channels):
            if channel.sampler >= len(animation.samplers):
                place = f"animations[{index}].channels[{number}].sampler"
                message = f"{channel.sampler} is out of range ({len(animation.samplers)} samplers)"
                log.error(place, message, "UNRESOLVED_REFERENCE")


def _data(gltf: Gltf) -> Iterator[_Reference]:
    for index, view in enumerate(gltf.buffer_views):
        yield f"bufferViews[{index}].buffer", view.buffer, "buffers"
        if view.meshopt is not None:
            yield f"bufferViews[{index}].extensions.EXT_meshopt_compression.buffer", view.meshopt.buffer, "buffers"
    for index, accessor in enumerate(gltf.accessors):
        yield f"accessors[{index}].bufferView", accessor.buffer_view, "bufferViews"
        if (sparse := accessor.sparse) is not None:
            yield f"accessors[{index}].sparse.indices.bufferView", sparse.indices.buffer_view, "bufferViews"
            yield f"accessors[{index}].sparse.values.bufferView", sparse.values.buffer_view, "bufferViews"
    for index, image in enumerate(gltf.images):
        yield f"images[{index}].bufferView", image.buffer_view, "bufferViews"


def _materials(gltf: Gltf) -> Iterator[_Reference]:
    for index, material in enumerate(gltf.materials):
        for role, info in material.textures().items():
            yield f"materials[{index}].{role}.index", info.index, "textures"
    for index, texture in enumerate(gltf.textures):
        yield f"textures[{index}].sampler", texture.sampler, "samplers"
        for role, source in texture.sources().items():
            yield f"textures[{index}].{role}", source, "images"


def _meshes(gltf: Gltf) -> Iterator[_Reference]:
    for mesh_index, mesh in enumerate(gltf.meshes):
        for index, primitive in enumerate(mesh.primitives):
            yield from _primitive(f"meshes[{mesh_index}].primitives[{index}]", primitive)


def _primitive(place: str, primitive: Primitive) -> Iterator[_Reference]:
    yield f"{place}.indices", primitive.indices, "accessors"
    yield f"{place}.material", primitive.material, "materials"
    for name, accessor in primitive.attributes.items():
        yield f"{place}.attributes.{place_of([name])}", accessor, "accessors"
    for number, target in enumerate(primitive.targets):
        for name, accessor in target.items():
            yield f"{place}.targets[{number}].{place_of([name])}", accessor, "accessors"
    if (draco := primitive.extensions.draco) is not None:
        yield f"{place}.extensions.KHR_draco_mesh_compression.bufferView", draco.buffer_view, "bufferViews"
    if (variants := primitive.extensions.variants) is not None:
        for number, mapping in enumerate(variants.mappings):
            at = f"{place}.extensions.KHR_materials_variants.mappings[{number}]"
            yield f"{at}.material", mapping.material, "materials"
            yield f"{at}.variants", mapping.variants, "variants"


def _nodes(gltf: Gltf) -> Iterator[_Reference]:
    yield "scene", gltf.scene, "scenes"
    for index, scene in enumerate(gltf.scenes):
        yield f"scenes[{index}].nodes", scene.nodes, "nodes"
    for index, part in enumerate(gltf.nodes):
        place = f"nodes[{index}]"
        yield f"{place}.mesh", part.mesh, "meshes"
        yield f"{place}.skin", part.skin, "skins"
        yield f"{place}.camera", part.camera, "cameras"
        yield f"{place}.children", part.children, "nodes"
        if (light := part.extensions.light) is not None:
            yield f"{place}.extensions.KHR_lights_punctual.light", light.light, "lights"
        if (instancing := part.extensions.instancing) is not None:
            for name, accessor in instancing.attributes.items():
                yield f"{place}.extensions.EXT_mesh_gpu_instancing.attributes.{place_of([name])}", accessor, "accessors"


def _animations(gltf: Gltf) -> Iterator[_Reference]:
    for index, skin in enumerate(gltf.skins):
        yield f"skins[{index}].inverseBindMatrices", skin.inverse_bind_matrices, "accessors"
        yield f"skins[{index}].skeleton", skin.skeleton, "nodes"
        yield f"skins[{index}].joints", skin.joints, "nodes"
    for index, animation in enumerate(gltf.animations):
        place = f"animations[{index}]"
        for number, sampler in enumerate(animation.samplers):
            yield f"{place}.samplers[{number}].input", sampler.input, "accessors"
            yield f"{place}.samplers[{number}].output", sampler.output, "accessors"
        for number, channel in enumerate(animation.channels):
            yield f"{place}.channels[{number}].target.node", channel.target.node, "nodes"
