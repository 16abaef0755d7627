"""What a package chooses of what a model offers: which animations run, and which variant of its materials is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge_render.placement import morphed, moved
from edge_render.scene import Mesh, Node, Scene


def with_clips(scene: Scene, names: Sequence[str] | None) -> Scene:
    """The animations of these names run, all others don't; None: those that the loader chose.

    Nodes that nothing moves any more are still from then on. Raises ValueError where no animation has a name.
    """
    rig = scene.rig
    if rig is None:
        if names:
            raise ValueError(f"the model has no animation '{names[0]}', nor any other")
        return scene
    if names is not None:
        index_of: dict[str, int] = {}
        for index, clip in enumerate(rig.clips):
            index_of.setdefault(clip.name, index)
        for name in names:
            if name not in index_of:
                raise ValueError(f"the model has no animation '{name}', but {_list(index_of)}")
        rig = replace(rig, playing=tuple(dict.fromkeys(index_of[name] for name in names)))
    carried, changed = moved(rig, rig.playing), morphed(rig, rig.playing)

    def settled(node: Node) -> Node:
        index = node.rig_node
        if index is None or node.skin is not None or carried[index]:
            return node
        if changed[index] and scene.meshes[node.mesh].morphs is not None:
            return node
        return replace(node, rig_node=None)

    nodes = tuple(settled(node) for node in scene.nodes)
    still = all(node.rig_node is None for node in nodes) and not rig.playing
    return replace(
        scene,
        rig=None if still else rig,
        nodes=nodes,
        lights=tuple(
            light if light.rig_node is None or carried[light.rig_node] else replace(light, rig_node=None)
            for light in scene.lights
        ),
        cameras=tuple(
            camera if camera.rig_node is None or carried[camera.rig_node] else replace(camera, rig_node=None)
            for camera in scene.cameras
        ),
    )


def with_variant(scene: Scene, name: str) -> Scene:
    """The scene in the materials of that variant. Raises ValueError where the model has none of that name."""
    if name not in scene.variants:
        raise ValueError(f"the model has no variant '{name}', but {_list(scene.variants)}")
    variant = scene.variants.index(name)
    meshes: list[Mesh] = list(scene.meshes)
    places: dict[tuple[int, int], int] = {}

    def dressed(node: Node) -> Node:
        if not node.variant_materials:
            return node
        material = node.variant_materials[variant]
        if material == scene.meshes[node.mesh].material:
            return node
        key = node.mesh, material
        if key not in places:
            places[key] = len(meshes)
            meshes.append(replace(scene.meshes[node.mesh], material=material))
        return replace(node, mesh=places[key])

    nodes = tuple(dressed(node) for node in scene.nodes)
    return replace(scene, nodes=nodes, meshes=tuple(meshes))


def _list(names: Sequence[str] | dict[str, int]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"
