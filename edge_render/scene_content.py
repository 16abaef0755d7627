"""A scene of a package as renderers take it: its model, with the light that the manifest gives it."""

from __future__ import annotations

from edge_render.derived_cache import DerivedCache
from edge_render.errors import PackageError
from edge_render.gltf.loader import load_model
from edge_render.package import MANIFEST_NAME, ModelScene, Package
from edge_render.scene import Scene
from edge_render.scene_choices import with_clips, with_variant
from edge_render.scene_light import light_scene


def load_scene(package: Package, scene_name: str, cache: DerivedCache | None = None) -> Scene:
    """Load a scene, what takes long to make from ``cache`` if it is there. Raises PackageError or ModelError."""
    spec = package.model_scene(scene_name)
    model = load_model(package.content_path(scene_name), name=scene_name)
    model = choose(model, spec, f"{MANIFEST_NAME}: scenes.{scene_name}")
    return light_scene(model, package, scene_name, cache)


def choose(model: Scene, spec: ModelScene, place: str) -> Scene:
    """The model with the animations and the variant that the manifest chooses. Raises PackageError, which begins with
    ``place``."""
    names = {"all": None, "none": ()}[spec.animations] if isinstance(spec.animations, str) else spec.animations
    try:
        model = with_clips(model, names)
    except ValueError as error:
        raise PackageError(f"{place}.animations: {error}") from error
    if spec.variant is None:
        return model
    try:
        return with_variant(model, spec.variant)
    except ValueError as error:
        raise PackageError(f"{place}.variant: {error}") from error
