"""A glTF file that has some of everything, for tests that spoil a part of it."""

from __future__ import annotations

import numpy as np

from tests.edge_render.gltf.gltf_files import TRIANGLE, GltfFile, png


def rich_model() -> GltfFile:
    """A textured, lit, skinned, morphed and animated triangle, instances of another, a camera, and variants."""
    file = GltfFile()
    for extension in ("KHR_lights_punctual", "KHR_materials_variants", "EXT_mesh_gpu_instancing", "KHR_materials_ior"):
        file.use(extension)
    texture = file.texture(png(np.full((4, 4, 3), 200, np.uint8)), sampler=file.add("samplers", {"wrapS": 33071}))
    painted = file.add(
        "materials",
        {
            "name": "painted",
            "pbrMetallicRoughness": {"baseColorTexture": {"index": texture}, "metallicFactor": 0.5},
            "normalTexture": {"index": texture, "scale": 0.5},
            "extensions": {"KHR_materials_ior": {"ior": 1.4}},
        },
    )
    plain = file.add("materials", {"alphaMode": "MASK", "emissiveFactor": [0.1, 0.2, 0.3]})
    file.tree["extensions"] = {
        "KHR_materials_variants": {"variants": [{"name": "red"}]},
        "KHR_lights_punctual": {"lights": [{"type": "spot", "spot": {"innerConeAngle": 0.1, "outerConeAngle": 0.4}}]},
    }
    uvs = file.accessor([[0, 0], [1, 0], [0, 1]])
    body = file.triangle(
        attributes={
            "TEXCOORD_0": uvs,
            "JOINTS_0": file.accessor([[0, 1, 0, 0]] * 3, dtype="uint8"),
            "WEIGHTS_0": file.accessor([[0.5, 0.5, 0, 0]] * 3),
        },
        indices=file.accessor([0, 1, 2], dtype="uint16"),
        material=painted,
        targets=[{"POSITION": file.positions(TRIANGLE + 1.0)}],
        extensions={"KHR_materials_variants": {"mappings": [{"material": plain, "variants": [0]}]}},
    )
    joints = [file.node(shown=False, translation=[0, 1, 0]), file.node(shown=False)]
    file.node(children=joints)
    matrices = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (2, 1))
    skin = file.add("skins", {"joints": joints, "inverseBindMatrices": file.accessor(matrices)})
    body_node = file.show(body, name="body", skin=skin)
    file.tree["meshes"][0]["weights"] = [0.25]
    copies = {"TRANSLATION": file.accessor([[0, 0, 0], [2, 0, 0]]), "SCALE": file.accessor([[1, 1, 1], [2, 2, 2]])}
    file.show(
        file.triangle(material=plain), name="copies", extensions={"EXT_mesh_gpu_instancing": {"attributes": copies}}
    )
    camera = file.add("cameras", {"type": "perspective", "perspective": {"yfov": 1.0, "znear": 0.1}})
    file.node(camera=camera, extensions={"KHR_lights_punctual": {"light": 0}})
    times = file.accessor([0.0, 1.0], min=[0.0], max=[1.0])
    half = float(np.sqrt(0.5))
    samplers = [
        {"input": times, "output": file.accessor([[0, 0, 0, 1], [0, half, 0, half]])},
        {"input": times, "output": file.accessor([0.0, 1.0]), "interpolation": "STEP"},
        {"input": times, "output": file.accessor([[0, 0, 0]] * 6), "interpolation": "CUBICSPLINE"},
    ]
    channels = [
        {"sampler": 0, "target": {"node": joints[0], "path": "rotation"}},
        {"sampler": 1, "target": {"node": body_node, "path": "weights"}},
        {"sampler": 2, "target": {"node": joints[1], "path": "translation"}},
    ]
    file.add("animations", {"name": "wave", "samplers": samplers, "channels": channels})
    return file
