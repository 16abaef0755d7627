"""Reads the structure of a glTF 2.0 file and tells all that is wrong with it, before any other code sees it.

In a file that is let through every reference resolves, every range that is used lies inside its buffer, the nodes are
a forest, accessors are of the formats that their users want, and other files lie in the folder of the model. What the
bytes of accessors say is checked by ``check_values``, which needs them unpacked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from edge_render.findings import Finding, FindingLog, printable
from edge_render.gltf.check_animations import check_animations
from edge_render.gltf.check_data import check_accessors, check_views, read_buffers
from edge_render.gltf.check_images import check_images
from edge_render.gltf.check_meshes import check_meshes
from edge_render.gltf.check_nodes import check_nodes
from edge_render.gltf.check_references import check_references
from edge_render.gltf.container import read_container
from edge_render.gltf.extensions import SUPPORTED_EXTENSIONS
from edge_render.gltf.format import Asset, Gltf
from edge_render.gltf.schema import check_properties, to_gltf
from edge_render.gltf.uris import is_remote, resource_path
from edge_render.gltf.usage import Usage, usage_of
from edge_render.gltf.version_1 import is_version_1, upgraded
from edge_render.json_text import parse_json

_MAJOR: Final = 2
_MINOR: Final = 0


@dataclass(frozen=True, slots=True)
class CheckedGltf:
    """A sound file: its structure, and the bytes of each buffer, none for buffers that nothing reads."""

    path: Path
    gltf: Gltf
    buffers: tuple[memoryview, ...] = field(repr=False)
    usage: Usage = field(repr=False)
    image_files: Mapping[int, bytes] = field(repr=False)
    """By index, the coded bytes of images with a URI that are shown."""

    def view_bytes(self, index: int) -> bytes:
        """The bytes of a buffer view as they are stored."""
        return _view_bytes(self.gltf, self.buffers, index)

    def files(self) -> tuple[Path, ...]:
        """The other files that it names."""
        parts = [*(part.uri for part in self.gltf.buffers), *(part.uri for part in self.gltf.images)]
        uris = (uri for uri in parts if uri is not None and not uri.startswith("data:") and not is_remote(uri))
        return tuple(resource_path(self.path.parent, uri) for uri in uris)

    def image_bytes(self, index: int) -> bytes:
        """The coded bytes of an image that is shown."""
        view = self.gltf.images[index].buffer_view
        return self.image_files[index] if view is None else self.view_bytes(view)


def examine_gltf(path: Path) -> tuple[CheckedGltf | None, tuple[Finding, ...]]:
    """All that is wrong with a file; and the file itself, unless there are errors."""
    log = FindingLog(printable(path.name))
    checked = _examine(path, log)
    return (None if log.refused else checked), log.findings()


def _examine(path: Path, log: FindingLog) -> CheckedGltf | None:
    container = read_container(path, log)
    if container is None or (tree := parse_json(container.text, log)) is None:
        return None
    if is_version_1(tree):
        log.warning("asset.version", "is glTF 1.0, read as the glTF 2.0 that it is nearest to", "GLTF_1")
        try:
            tree = upgraded(tree)
        except ValueError as error:
            log.error("", printable(str(error)), "GLTF_1_UNREADABLE")
            return None
    if (gltf := to_gltf(tree, log)) is None:
        return None
    check_properties(tree, log)
    del tree
    _check_asset(gltf.asset, log)
    _check_extensions(gltf, log)
    check_references(gltf, log)
    if log.refused:
        return None
    usage = usage_of(gltf)
    buffers = read_buffers(path, gltf, container, log)
    check_views(gltf, buffers, usage, log)
    check_accessors(gltf, usage, log)
    check_meshes(gltf, log)
    check_nodes(gltf, log)
    check_animations(gltf, log)
    if log.refused:
        return None
    view_bytes = partial(_view_bytes, gltf, buffers)
    image_files = check_images(path, gltf, container.is_glb, view_bytes, usage, log)
    return CheckedGltf(path, gltf, buffers, usage, image_files)


def _view_bytes(gltf: Gltf, buffers: tuple[memoryview, ...], index: int) -> bytes:
    view = gltf.buffer_views[index]
    return bytes(buffers[view.buffer][view.byte_offset : view.byte_offset + view.byte_length])


def _check_asset(asset: Asset, log: FindingLog) -> None:
    version = _version(asset.version)
    if version[0] != _MAJOR:
        message = f"is {asset.version}; only version {_MAJOR} is supported"
        log.error("asset.version", message, "UNKNOWN_ASSET_MAJOR_VERSION")
    elif version[1] > _MINOR:
        message = f"is {asset.version}; read as {_MAJOR}.{_MINOR}"
        log.warning("asset.version", message, "UNKNOWN_ASSET_MINOR_VERSION")
    if asset.min_version is None:
        return
    least = _version(asset.min_version)
    if least[0] > _MAJOR:
        message = f"is {asset.min_version}; only version {_MAJOR} is supported"
        log.error("asset.minVersion", message, "UNKNOWN_ASSET_MAJOR_VERSION")
    elif least > version:
        message = f"{asset.min_version} is more than version, {asset.version}; read as {_MAJOR}.{_MINOR}"
        log.defect("asset.minVersion", message, "ASSET_MIN_VERSION_GREATER_THAN_VERSION")


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _check_extensions(gltf: Gltf, log: FindingLog) -> None:
    for name in dict.fromkeys(gltf.extensions_required):
        if name not in SUPPORTED_EXTENSIONS:
            log.error("extensionsRequired", f"{printable(name)} is not supported", "UNSUPPORTED_EXTENSION")
        if name not in gltf.extensions_used:
            message = f"{printable(name)} is not listed in extensionsUsed; read all the same"
            log.defect("extensionsRequired", message, "UNDECLARED_EXTENSION")
    for name in dict.fromkeys(gltf.extensions_used):
        if name not in SUPPORTED_EXTENSIONS and name not in gltf.extensions_required:
            log.warning("extensionsUsed", f"{printable(name)} is not known, and ignored", "UNSUPPORTED_EXTENSION")
