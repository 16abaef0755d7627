"""Models that show one feature of glTF each, made in code; without a folder of its own, the bench shows these."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.fidelity.model_file import ModelFile
from bench.fidelity.shots import SIDECAR_SUFFIX
from bench.gltf_file import Tree

SPACING_M = 2.4
_FRONT: Tree = {"position": [0.0, 0.6, 13.0], "target": [0.0, 0.0, 0.0], "fovYDeg": 30.0}
Floats = NDArray[np.float64]


def write_sample_models(folder: Path) -> None:
    """Write them all, each called after what it shows, with its sidecar."""
    for name, (make, shot) in _MODELS.items():
        file = ModelFile()
        make(file)
        file.write(folder / f"{name}.glb")
        (folder / f"{name}{SIDECAR_SUFFIX}").write_text(json.dumps({"shots": [shot]}), "utf-8")


# --- shapes ----------------------------------------------------------------------------------------


def _sphere(file: ModelFile, rings: int = 32) -> Tree:
    """Attributes and indices of a sphere of radius 1, with texture coordinates and tangents."""
    v, u = np.meshgrid(np.linspace(0.0, 1.0, rings + 1), np.linspace(0.0, 1.0, 2 * rings + 1), indexing="ij")
    polar, around = np.pi * v, 2.0 * np.pi * u
    points = np.stack([np.sin(polar) * np.cos(around), np.cos(polar), -np.sin(polar) * np.sin(around)], axis=-1)
    tangents = np.stack([-np.sin(around), 0.0 * u, -np.cos(around), np.ones_like(u)], axis=-1)
    at = np.arange((rings + 1) * (2 * rings + 1)).reshape(rings + 1, -1)
    corners = np.stack([at[:-1, :-1], at[1:, :-1], at[:-1, 1:], at[:-1, 1:], at[1:, :-1], at[1:, 1:]], axis=-1)
    positions = file.accessor(points.reshape(-1, 3))
    return {
        "attributes": {
            "POSITION": positions,
            "NORMAL": positions,
            "TANGENT": file.accessor(tangents.reshape(-1, 4)),
            "TEXCOORD_0": file.accessor(np.stack([u, v], axis=-1).reshape(-1, 2)),
        },
        "indices": file.accessor(corners.reshape(-1), "uint32"),
    }


def _plate(file: ModelFile, columns: int = 1, rows: int = 1) -> Tree:
    """A plate of 2 x 2 metres that faces +Z, with two sets of texture coordinates (the second turned by 90°)."""
    v, u = np.meshgrid(np.linspace(0.0, 1.0, rows + 1), np.linspace(0.0, 1.0, columns + 1), indexing="ij")
    points = np.stack([2.0 * u - 1.0, 1.0 - 2.0 * v, 0.0 * u], axis=-1).reshape(-1, 3)
    at = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, -1)
    corners = np.stack([at[:-1, :-1], at[1:, :-1], at[:-1, 1:], at[:-1, 1:], at[1:, :-1], at[1:, 1:]], axis=-1)
    return {
        "attributes": {
            "POSITION": file.accessor(points),
            "NORMAL": file.accessor(np.tile([0.0, 0.0, 1.0], (len(points), 1))),
            "TEXCOORD_0": file.accessor(np.stack([u, v], axis=-1).reshape(-1, 2)),
            "TEXCOORD_1": file.accessor(np.stack([v, 1.0 - u], axis=-1).reshape(-1, 2)),
        },
        "indices": file.accessor(corners.reshape(-1), "uint32"),
    }


def _letter_f() -> NDArray[np.uint8]:
    """A picture whose every turn and mirroring looks different, with a coloured edge on each side."""
    pixels = np.full((64, 64, 3), 235, np.uint8)
    pixels[:4], pixels[-4:], pixels[:, :4], pixels[:, -4:] = (200, 30, 30), (30, 160, 30), (30, 30, 200), (220, 180, 0)
    pixels[12:52, 16:26] = pixels[12:20, 16:46] = pixels[28:36, 16:40] = (20, 20, 20)
    return pixels


def _stripes() -> NDArray[np.uint8]:
    return np.where(np.arange(64)[:, None, None] // 8 % 2, np.uint8(255), np.uint8(60)) * np.ones((1, 64, 3), np.uint8)


def _row(file: ModelFile, shape: Tree, materials: list[Tree], *, y_m: float = 0.0) -> None:
    for index, material in enumerate(materials):
        x_m = (index - (len(materials) - 1) / 2.0) * SPACING_M
        mesh = file.mesh(shape["attributes"], file.add("materials", material), indices=shape["indices"])
        file.node(mesh=mesh, translation=[x_m, y_m, 0.0])


def _pbr(color: tuple[float, float, float], metallic: float, roughness: float, **more: Any) -> Tree:
    factors = {"baseColorFactor": [*color, 1.0], "metallicFactor": metallic, "roughnessFactor": roughness}
    return {"pbrMetallicRoughness": factors, **more}


# --- models ----------------------------------------------------------------------------------------


def _metal_rough(file: ModelFile) -> None:
    sphere = _sphere(file)
    for row, metallic in enumerate((1.0, 0.0)):
        steps = [_pbr((0.9, 0.7, 0.4), metallic, step / 4.0) for step in range(5)]
        _row(file, sphere, steps, y_m=1.2 - 2.4 * row)


def _sphere_row(name: str, variants: list[Tree], base: Tree) -> Callable[[ModelFile], None]:
    """Spheres of one material, each with other values of an extension."""

    def make(file: ModelFile) -> None:
        materials = [{**base, "extensions": file.extend(f"KHR_materials_{name}", values)} for values in variants]
        _row(file, _sphere(file), materials)

    return make


def _emissive(file: ModelFile) -> None:
    dark = _pbr((0.02, 0.02, 0.02), 0.0, 1.0, emissiveFactor=[1.0, 0.4, 0.1])
    strengths = (0.25, 0.5, 1.0, 2.0)
    extension = "KHR_materials_emissive_strength"
    materials = [{**dark, "extensions": file.extend(extension, {"emissiveStrength": value})} for value in strengths]
    _row(file, _sphere(file), materials)


def _textured(file: ModelFile, texture: int, **info: Any) -> Tree:
    material = _pbr((1.0, 1.0, 1.0), 0.0, 1.0)
    material["pbrMetallicRoughness"]["baseColorTexture"] = {"index": texture, **info}
    return material


def _texture_transform(file: ModelFile) -> None:
    texture = file.texture(_letter_f())
    transforms: list[Tree] = [
        {},
        {"offset": [0.25, 0.0]},
        {"rotation": math.pi / 6},
        {"scale": [2.0, 0.5]},
        {"offset": [0.1, 0.2], "rotation": -0.5, "scale": [1.5, 1.5]},
    ]
    extension = "KHR_texture_transform"
    _row(file, _plate(file), [_textured(file, texture, extensions=file.extend(extension, one)) for one in transforms])


def _uv_sets(file: ModelFile) -> None:
    texture = file.texture(_letter_f())
    both = _textured(file, texture, texCoord=0)
    both["emissiveTexture"], both["emissiveFactor"] = {"index": texture, "texCoord": 1}, [0.5, 0.5, 0.5]
    _row(file, _plate(file), [_textured(file, texture), _textured(file, texture, texCoord=1), both])


def _samplers(file: ModelFile) -> None:
    wraps = {"repeat": 10497, "mirror": 33648, "clamp": 33071}
    plate = _plate(file)
    uvs = file.accessor(np.array([[-1.0, -1.0], [2.0, -1.0], [-1.0, 2.0], [2.0, 2.0]]))
    plate["attributes"]["TEXCOORD_0"] = uvs
    for row, magnify in enumerate((9729, 9728)):
        coarse = _letter_f()[::8, ::8].copy()
        textures = [file.texture(coarse, wrapS=wrap, wrapT=wrap, magFilter=magnify) for wrap in wraps.values()]
        _row(file, plate, [_textured(file, texture) for texture in textures], y_m=1.2 - 2.4 * row)


def _normal_map(file: ModelFile) -> None:
    v, u = np.meshgrid(np.linspace(-1.0, 1.0, 128), np.linspace(-1.0, 1.0, 128), indexing="ij")
    inside = np.clip(1.0 - u * u - v * v, 0.0, None)
    dome = np.stack([u, -v, np.sqrt(inside)], axis=-1) * 0.6 + np.array([0.0, 0.0, 0.4])
    normals = np.where(inside[..., None] > 0.0, dome, [0.0, 0.0, 1.0])
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    texture = file.texture(np.rint((normals * 0.5 + 0.5) * 255.0).astype(np.uint8))
    materials = [
        _pbr((0.8, 0.8, 0.8), 0.0, 0.4, normalTexture={"index": texture, "scale": scale}) for scale in (0.5, 1.0)
    ]
    materials.append({**materials[1], "doubleSided": True})
    _row(file, _plate(file), materials)
    file.tree["nodes"][1]["scale"] = [-1.0, 1.0, 1.0]
    file.tree["nodes"][2]["rotation"] = [0.0, 1.0, 0.0, 0.0]


def _vertex_colors(file: ModelFile) -> None:
    plate = _plate(file, 2, 2)
    colors = np.random.default_rng(5).integers(0, 256, (9, 4)).astype(np.uint8)
    colors[:, 3] = 255
    plate["attributes"]["COLOR_0"] = file.accessor(colors, "uint8", normalized=True)
    _row(file, plate, [_pbr((1.0, 1.0, 1.0), 0.0, 1.0), _pbr((1.0, 0.5, 0.5), 0.0, 1.0)])


def _alpha_modes(file: ModelFile) -> None:
    v, u = np.meshgrid(np.linspace(-1.0, 1.0, 128), np.linspace(-1.0, 1.0, 128), indexing="ij")
    faded = np.zeros((128, 128, 4), np.uint8)
    faded[..., :3] = (40, 90, 200)
    faded[..., 3] = np.clip(255.0 * (1.2 - np.hypot(u, v)), 0.0, 255.0)
    texture = file.texture(faded)
    modes: list[Tree] = [{}, {"alphaMode": "MASK", "alphaCutoff": 0.5}, {"alphaMode": "BLEND"}]
    _row(file, _plate(file), [{**_textured(file, texture), **mode} for mode in modes])
    wall = file.mesh(_plate(file)["attributes"], file.add("materials", _textured(file, file.texture(_stripes()))))
    file.tree["meshes"][wall]["primitives"][0]["indices"] = file.accessor([0, 2, 1, 1, 2, 3], "uint32")
    file.node(mesh=wall, translation=[0.0, 0.0, -0.5], scale=[3.6, 1.0, 1.0])


def _unlit(file: ModelFile) -> None:
    extension = file.extend("KHR_materials_unlit", {})
    colors = ((0.8, 0.1, 0.1), (0.1, 0.6, 0.1), (0.18, 0.18, 0.18))
    _row(file, _sphere(file), [_pbr(color, 0.0, 1.0, extensions=extension) for color in colors])


def _morph(file: ModelFile) -> None:
    sphere = _sphere(file)
    rings = 32
    positions = np.zeros((33 * 65, 3))
    v = np.repeat(np.linspace(0.0, 1.0, rings + 1), 2 * rings + 1)
    positions[:, 1] = np.cos(np.pi * v) * 0.6
    target = {"POSITION": file.accessor(positions)}
    material = file.add("materials", _pbr((0.7, 0.3, 0.3), 0.0, 0.5))
    mesh = file.mesh(sphere["attributes"], material, indices=sphere["indices"], targets=[target])
    for index, weight in enumerate((0.0, 0.5)):
        file.node(mesh=mesh, translation=[(index - 1.0) * SPACING_M, 0.0, 0.0], weights=[weight])
    moved = file.node(mesh=mesh, translation=[SPACING_M, 0.0, 0.0])
    times, weights = file.accessor([0.0, 1.0]), file.accessor([0.0, 1.0])
    _animate(file, moved, "weights", times, weights)


def _animate(file: ModelFile, node: int, path: str, times: int, values: int, interpolation: str = "LINEAR") -> None:
    animations = file.tree.setdefault("animations", [{"samplers": [], "channels": []}])
    samplers = animations[0]["samplers"]
    animations[0]["channels"].append({"sampler": len(samplers), "target": {"node": node, "path": path}})
    samplers.append({"input": times, "output": values, "interpolation": interpolation})


def _skin(file: ModelFile) -> None:
    """A flat bar that bends at its middle, with a tip that follows."""
    plate = _plate(file, 1, 16)
    height = np.repeat(np.linspace(1.0, -1.0, 17), 2)
    upper = np.clip(height * 2.0 + 0.5, 0.0, 1.0)
    weights = np.stack([1.0 - upper, upper, 0.0 * upper, 0.0 * upper], axis=1)
    plate["attributes"]["JOINTS_0"] = file.accessor(np.tile([0, 1, 0, 0], (len(height), 1)), "uint8")
    plate["attributes"]["WEIGHTS_0"] = file.accessor(weights)
    material = file.add("materials", {**_textured(file, file.texture(_letter_f())), "doubleSided": True})
    mesh = file.mesh(plate["attributes"], material, indices=plate["indices"])
    tip = file.node(shown=False, name="tip")
    base = file.node(name="base", children=[tip])
    skin = file.add("skins", {"joints": [base, tip]})
    file.node(mesh=mesh, skin=skin)
    turns = [[0.0, 0.0, 0.0, 1.0], [0.0, math.sin(0.3), 0.0, math.cos(0.3)], [0.0, 0.0, math.sin(0.4), math.cos(0.4)]]
    _animate(file, tip, "rotation", file.accessor([0.0, 0.5, 1.0]), file.accessor(turns))


def _interpolations(file: ModelFile) -> None:
    sphere = _sphere(file)
    times = file.accessor([0.0, 1.0])
    straight = file.accessor([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
    zero = [0.0, 0.0, 0.0]
    curve = file.accessor([zero, [0.0, -1.0, 0.0], [0.0, 6.0, 0.0], zero, [0.0, 1.0, 0.0], zero])
    material = file.add("materials", _pbr((0.3, 0.5, 0.8), 0.0, 0.5))
    mesh = file.mesh(sphere["attributes"], material, indices=sphere["indices"])
    for index, interpolation in enumerate(("STEP", "LINEAR", "CUBICSPLINE")):
        moved = file.node(shown=False, mesh=mesh)
        file.node(translation=[(index - 1.0) * SPACING_M, 0.0, 0.0], children=[moved])
        values = curve if interpolation == "CUBICSPLINE" else straight
        _animate(file, moved, "translation", times, values, interpolation)


def _instancing(file: ModelFile) -> None:
    sphere = _sphere(file, 12)
    places = np.array([[x, y, 0.0] for x in np.linspace(-4.0, 4.0, 9) for y in np.linspace(-2.0, 2.0, 5)])
    scales = np.repeat(np.linspace(0.15, 0.45, 9), 5)[:, None] * np.ones(3)
    attributes = {"TRANSLATION": file.accessor(places), "SCALE": file.accessor(scales)}
    material = file.add("materials", _pbr((0.2, 0.6, 0.5), 0.0, 0.4))
    mesh = file.mesh(sphere["attributes"], material, indices=sphere["indices"])
    file.node(mesh=mesh, extensions=file.extend("EXT_mesh_gpu_instancing", {"attributes": attributes}))


def _variants(file: ModelFile) -> None:
    colors = {"red": (0.8, 0.1, 0.1), "blue": (0.1, 0.2, 0.8)}
    extension = "KHR_materials_variants"
    file.tree["extensions"] = file.extend(extension, {"variants": [{"name": name} for name in colors]})
    _row(file, _sphere(file), [_pbr((0.5, 0.5, 0.5), 0.0, 0.6), _pbr((0.5, 0.5, 0.5), 0.0, 0.6)])
    others = [file.add("materials", _pbr(color, 0.0, 0.6)) for color in colors.values()]
    mappings = [{"material": material, "variants": [index]} for index, material in enumerate(others)]
    file.tree["meshes"][0]["primitives"][0]["extensions"] = file.extend(extension, {"mappings": mappings})


def _lights(file: ModelFile) -> None:
    lights: list[Tree] = [
        {"type": "point", "color": [1.0, 0.6, 0.3], "intensity": 12.0},
        {"type": "spot", "intensity": 60.0, "spot": {"innerConeAngle": 0.15, "outerConeAngle": 0.4}},
        {"type": "point", "color": [0.3, 0.5, 1.0], "intensity": 12.0, "range": 3.0},
    ]
    extension = "KHR_lights_punctual"
    file.tree["extensions"] = file.extend(extension, {"lights": lights})
    plate = _plate(file)
    mesh = file.mesh(
        plate["attributes"], file.add("materials", _pbr((0.8, 0.8, 0.8), 0.0, 0.7)), indices=plate["indices"]
    )
    file.node(mesh=mesh, scale=[4.0, 2.0, 1.0])
    for index in range(len(lights)):
        place = [(index - 1.0) * 2.6, 0.0, 1.5]
        file.node(translation=place, extensions={extension: {"light": index}})


def _lines_points(file: ModelFile) -> None:
    around = np.linspace(0.0, 2.0 * math.pi, 33)[:-1]
    ring = np.stack([np.cos(around), np.sin(around), 0.0 * around], axis=1)
    material = file.add("materials", _pbr((0.9, 0.7, 0.1), 0.0, 1.0, extensions=file.extend("KHR_materials_unlit", {})))
    positions = file.accessor(ring)
    for index, mode in enumerate((0, 1, 2, 3)):
        mesh = file.mesh({"POSITION": positions}, material, mode=mode)
        file.node(mesh=mesh, translation=[(index - 1.5) * SPACING_M, 0.0, 0.0])


def _mirrored(file: ModelFile) -> None:
    plate = _plate(file)
    mesh = file.mesh(plate["attributes"], file.add("materials", _textured(file, file.texture(_letter_f()))))
    file.tree["meshes"][mesh]["primitives"][0]["indices"] = plate["indices"]
    for index, scale in enumerate(([1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -0.5, 1.0])):
        file.node(mesh=mesh, translation=[(index - 1.0) * SPACING_M, 0.0, 0.0], scale=scale)


_SMOOTH = _pbr((0.6, 0.05, 0.05), 0.0, 0.6)
_GLASS = _pbr((0.8, 0.95, 0.9), 0.0, 0.1)
_WIDE: Tree = {**_FRONT, "position": [0.0, 0.6, 17.0]}
_DARK_SHOT: Tree = {**_FRONT, "environmentIntensity": 0.1}
_MODELS: dict[str, tuple[Callable[[ModelFile], None], Tree]] = {
    "metal-rough": (_metal_rough, _WIDE),
    "clearcoat": (
        _sphere_row(
            "clearcoat",
            [
                {"clearcoatFactor": 0.0},
                {"clearcoatFactor": 1.0},
                {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.4},
            ],
            _SMOOTH,
        ),
        _FRONT,
    ),
    "sheen": (
        _sphere_row(
            "sheen",
            [
                {"sheenColorFactor": [0.0, 0.0, 0.0]},
                {"sheenColorFactor": [0.9, 0.9, 1.0], "sheenRoughnessFactor": 0.3},
                {"sheenColorFactor": [0.9, 0.9, 1.0], "sheenRoughnessFactor": 0.8},
            ],
            _pbr((0.05, 0.05, 0.25), 0.0, 1.0),
        ),
        _FRONT,
    ),
    "specular": (
        _sphere_row(
            "specular",
            [{"specularFactor": 0.0}, {"specularFactor": 1.0}, {"specularColorFactor": [1.0, 0.3, 0.0]}],
            _pbr((0.1, 0.1, 0.1), 0.0, 0.2),
        ),
        _FRONT,
    ),
    "ior": (_sphere_row("ior", [{"ior": 1.0}, {"ior": 1.5}, {"ior": 2.4}], _pbr((0.1, 0.1, 0.1), 0.0, 0.15)), _FRONT),
    "transmission": (
        _sphere_row("transmission", [{"transmissionFactor": step / 2.0} for step in range(3)], _GLASS),
        {
            **_FRONT,
            "environmentShown": True,
            "bounds": {
                "ssimMin": 0.96,
                "flipMax": 0.06,
                "reason": "The environment behind is drawn from the cube of reflections, coarser than the file.",
            },
        },
    ),
    "emissive-strength": (_emissive, _DARK_SHOT),
    "texture-transform": (_texture_transform, _WIDE),
    "uv-sets": (_uv_sets, _FRONT),
    "samplers": (_samplers, _FRONT),
    "normal-map": (_normal_map, _FRONT),
    "vertex-colors": (_vertex_colors, _FRONT),
    "alpha-modes": (_alpha_modes, _FRONT),
    "unlit": (_unlit, _FRONT),
    "morph": (_morph, {**_FRONT, "timeS": 0.75}),
    "skin": (_skin, {**_FRONT, "position": [1.0, 0.6, 6.0], "timeS": 0.8}),
    "interpolations": (_interpolations, {**_FRONT, "timeS": 0.3}),
    "instancing": (_instancing, _FRONT),
    "variants": (_variants, {**_FRONT, "variant": "blue"}),
    "lights": (
        _lights,
        {
            **_DARK_SHOT,
            "position": [0.0, 0.0, 9.0],
            "bounds": {
                "ssimMin": 0.98,
                "flipMax": 0.11,
                "reason": "three.js has other curves for the range of a light and the edge of a spot than glTF 2.0.",
            },
        },
    ),
    "lines-points": (_lines_points, _FRONT),
    "mirrored": (_mirrored, _FRONT),
}
