"""Test data that lies beside the repository, in ``shared/assets``; tests that need it skip where it is not there."""

from __future__ import annotations

from pathlib import Path


def shared_assets() -> Path | None:
    """The folder, in the nearest folder above this one that has it."""
    return next((found for above in Path(__file__).parents if (found := above / "shared" / "assets").is_dir()), None)


def shared_models(folder: str) -> list[Path]:
    """The glTF files in a folder of it; none where it is not there."""
    assets = shared_assets()
    found = [] if assets is None else (assets / folder).rglob("*.gl*")
    return sorted(path for path in found if path.suffix in (".glb", ".gltf"))
