"""The light that the manifest gives a model's scene: sun, ambient or environment, and lightmaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from edge_render.derived_cache import DerivedCache
from edge_render.environment.loading import load_environment
from edge_render.errors import PackageError
from edge_render.gltf.images import decode_image, image_size
from edge_render.light_spec import BakedLight
from edge_render.package import MANIFEST_NAME, ModelScene, Package
from edge_render.plain_file import UnreadableFileError, read_plain_file
from edge_render.scene import Ambient, EnvironmentLight, Lightmap, Scene, Sun, Texture, Wrap

LIGHTMAP_MAX_BYTES = 256 * 1024**2
LIGHTMAP_EDGE_MAX = 8192


def light_scene(model: Scene, package: Package, scene_name: str, cache: DerivedCache | None) -> Scene:
    """The model in the light of its scene; the environment comes from ``cache`` if it is there. Raises PackageError."""
    spec = package.model_scene(scene_name)
    x, y, z = spec.sun.direction
    length = math.hypot(x, y, z)
    environment = spec.environment
    place = f"scenes.{scene_name}.lightmaps"
    textures = tuple(
        read_lightmap(package, f"{place}.{index}.image", entry) for index, entry in enumerate(spec.lightmaps)
    )
    return replace(
        with_lightmaps(model, spec, textures),
        sun=Sun((x / length, y / length, z / length), spec.sun.color, spec.sun.intensity),
        ambient=Ambient(environment.sky, environment.ground, environment.intensity),
        environment=_environment(package, scene_name, cache),
        exposure=environment.exposure,
        background=environment.background,
        ambient_occlusion=environment.ambient_occlusion,
        sources=model.sources and (*model.sources, *_pictures(package, scene_name)),
    )


def _pictures(package: Package, scene_name: str) -> Iterator[Path]:
    """The files that the light comes from. Raises PackageError."""
    spec = package.model_scene(scene_name)
    if spec.environment.image is not None:
        yield package.path(f"scenes.{scene_name}.environment.image", spec.environment.image)
    for index, lightmap in enumerate(spec.lightmaps):
        yield package.path(f"scenes.{scene_name}.lightmaps.{index}.image", lightmap.image)


def with_lightmaps(model: Scene, spec: ModelScene, textures: Sequence[Texture]) -> Scene:
    """The model with its lightmaps, whose pictures were read, in the order of the manifest."""
    return replace(
        model,
        textures=(*model.textures, *textures),
        lightmaps=tuple(
            Lightmap(len(model.textures) + index, frozenset(entry.nodes), entry.intensity)
            for index, (entry, _) in enumerate(zip(spec.lightmaps, textures, strict=True))
        ),
    )


def _environment(package: Package, scene_name: str, cache: DerivedCache | None) -> EnvironmentLight | None:
    spec = package.model_scene(scene_name).environment
    if spec.image is None:
        return None
    made = load_environment(package.path(f"scenes.{scene_name}.environment.image", spec.image), cache)
    return replace(
        made,
        intensity=spec.intensity,
        rotation_rad=math.radians(spec.rotation_deg),
        shown=spec.show_background,
    )


def read_lightmap(package: Package, field: str, entry: BakedLight) -> Texture:
    """The picture of a lightmap, which ``field`` of the manifest names. Raises PackageError."""
    path = package.path(field, entry.image)
    try:
        data = read_plain_file(path, LIGHTMAP_MAX_BYTES)
        width, height = image_size(data)
        if max(width, height) > LIGHTMAP_EDGE_MAX:
            raise ValueError(f"is {width}x{height}; at most {LIGHTMAP_EDGE_MAX} pixels on each side are taken")
        pixels = decode_image(data)
    except (UnreadableFileError, ValueError) as error:
        raise PackageError(f"{MANIFEST_NAME}: {field}: {entry.image} {error}") from error
    return Texture(path.name, pixels, Wrap.CLAMP, Wrap.CLAMP)
